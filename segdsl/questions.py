"""Questions to a catalog, answered out of the part of it that they need."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

from segdsl.diagnostics import Diagnostic
from segdsl.engines.limits import UNLIMITED, Limits
from segdsl.error import SegdslError
from segdsl.evaluator import Evaluator
from segdsl.options import Layout
from segdsl.program import Output
from segdsl.texts import Settings, Texts, as_texts

if TYPE_CHECKING:
    from segdsl.engines.watch import Progress
    from segdsl.testing.explain import Part

T = TypeVar("T")


def of_an_expectation(error: Diagnostic) -> Diagnostic:
    """An error that stands in the way of a question for what is expected of its answer alone."""
    advice = "what is expected of what is asked for reads this; `--no-expect` leaves it unasked"
    return replace(error, help=f"{error.help}; {advice}" if error.help else advice)


class Questions:
    """The texts of a catalog, and what questions to them begin with. Raises SegdslError alone."""

    def __init__(self, texts: Texts, progress: Progress | None = None, limits: Limits = UNLIMITED) -> None:
        self.texts = texts
        self.progress = progress
        self.limits = limits

    @cached_property
    def everything(self) -> Evaluator:
        """The whole catalog's evaluator, for questions that are about all of it."""
        return Evaluator(self.texts.catalog, progress=self.progress, limits=self.limits)

    def setting(self, set: Settings | None) -> Questions:
        """The same with params set; no file is read or parsed again."""
        return Questions(self.texts.setting(as_texts(set)), self.progress, self.limits) if set else self

    def ask(
        self,
        question: Callable[[Evaluator], T],
        asked: Sequence[str],
        *,
        examples: bool = False,
        expectations: bool = False,
    ) -> T:
        """The answer to a question about names and expressions, out of the part of the catalog that they need.

        Errors in that part are raised with all others of the catalog; those in the rest stop nothing.
        """
        is_checked = "everything" in vars(self) and not self.everything.has_errors
        if not asked or is_checked:
            return question(self.everything)
        part = Evaluator(self.texts.needed(asked, examples, expectations), progress=self.progress, limits=self.limits)
        if part.has_errors:
            if expectations and not Evaluator(self.texts.needed(asked, examples)).has_errors:
                raise SegdslError([of_an_expectation(item) for item in part.checked().diagnostics if item.is_error])
            return question(self.everything)
        try:
            return question(part)
        except SegdslError:
            # the question itself is wrong; that is told with all names at hand
            question(Evaluator(self.texts.catalog, in_spite_of_errors=True))
            raise

    def select(
        self,
        names: Sequence[str],
        layout: Layout | None,
        expression: str | Sequence[str] | None,
        expectations: bool = False,
    ) -> tuple[Evaluator, list[Output]]:
        """The outputs that names and expressions ask for, and what evaluates them."""
        names = (names,) if isinstance(names, str) else names
        expressions = (expression,) if isinstance(expression, str) else expression or ()
        return self.ask(
            lambda evaluator: (evaluator, evaluator.select(names, layout, expressions)),
            [*names, *expressions],
            expectations=expectations,
        )

    def around(self, asked: Sequence[str], *, examples: bool = False) -> Evaluator:
        """What answers a question about names for which all others matter too: to compare with, or as they read them.

        Errors in what the names need are raised with all others of the catalog; those in the rest stop nothing, and
        what has them is left out.
        """
        if not asked or not self.everything.has_errors:
            return self.everything
        if Evaluator(self.texts.needed(asked, examples)).has_errors:
            self.everything.without_errors()
        return Evaluator(self.texts.catalog, in_spite_of_errors=True, progress=self.progress, limits=self.limits)

    def moment(self, given: str | dt.date | None) -> dt.datetime:
        """A moment as `Evaluator.moment` has it; the model knows it without any definition."""
        return Evaluator(self.texts.needed(())).moment(given)

    def parts(self, name: str) -> tuple[Evaluator, Part, list[Output]]:
        """A rule taken apart, the outputs of its parts, and what evaluates them."""
        return self.ask(lambda evaluator: (evaluator, *evaluator.parts(name)), [name])
