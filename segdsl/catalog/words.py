"""The words that params are, as far as definitions need one: `param grid in (eleven, klaviyo) = eleven`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from segdsl.catalog.catalog import CATALOG, Scope
from segdsl.syntax import tree

MAX_STEPS = 64


class Words:
    """Knows the params with words; `given` are the values that `use` lines and settings give, by the params' names in
    the catalog. A word that a param cannot be is left to the checker: its default counts here."""

    def __init__(self, given: Mapping[str, tree.Expr]) -> None:
        self.given = given
        self.params: dict[str, tree.Param] = {}

    def learn(self, scope: Scope, items: Iterable[tree.Definition]) -> None:
        for item in items:
            if isinstance(item, tree.Param) and item.words:
                self.params.setdefault(scope.qualify(item.name.text), item)

    def of(self, scope: Scope, name: str) -> str | None:
        """The word that a param of a scope is; None where there is no such param."""
        qualified = scope.qualify(name)
        if qualified not in self.params:
            return None
        own = self.params[qualified]
        words = [word.text for word in own.words]
        for _ in range(MAX_STEPS):  # a word can be that of another param, and so on
            param = self.params[qualified]
            given = self.given.get(qualified)
            found = _written(given if given is not None else param.value)
            if found in words:
                return found
            inner = CATALOG if given is not None else scope
            if found is None or inner.qualify(found) not in self.params:
                break
            qualified = inner.qualify(found)
        return _written(own.value)


def _written(value: tree.Expr) -> str | None:
    match value:
        case tree.Name():
            return value.text
        case tree.Text(value=text):
            return text
        case _:
            return None
