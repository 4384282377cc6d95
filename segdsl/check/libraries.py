"""The tests that libraries bring along."""

from __future__ import annotations

from segdsl.check import examples, expectations
from segdsl.check.checker import Checker
from segdsl.syntax import tree


def check_libraries(checker: Checker) -> None:
    """Adds the examples and expectations of the libraries in use: they are about the params of their files."""
    catalog = checker.catalog
    for used in catalog.used.values():
        for example in catalog.kept(used.module, used.scope, tree.Example):
            checker.examples.extend(examples.example(checker, example, used.scope))
        for expectation in catalog.kept(used.module, used.scope, tree.Expect):
            number = len(checker.expectations) + len(catalog.expectations) + 1
            checker.expectations.extend(expectations.expectation(checker, expectation, number, used.scope))
    checker.work_off()
