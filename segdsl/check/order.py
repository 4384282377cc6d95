"""In which order definitions are checked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from segdsl import library
from segdsl.catalog import Catalog, Definition


def in_order(catalog: Catalog, without: Iterable[str] = ()) -> Iterator[Definition]:
    """All definitions but those `without`, those that others name first, without recursion; of commerce only params and
    what is named.

    What is named is guessed from the text alone, so this order only keeps checking from nesting; true cycles are
    found while checking.
    """
    definitions = catalog.definitions
    state: dict[str, bool] = dict.fromkeys(without, True)
    for root in definitions:
        stack: list[tuple[str, Iterator[str]]] = []
        is_usual = definitions[root].scope.library == library.COMMERCE and not definitions[root].is_param
        if root not in state and not is_usual:
            state[root] = False
            stack.append((root, _named(definitions[root])))
        while stack:
            name, rest = stack[-1]
            following = next((item for item in rest if item in definitions and item not in state), None)
            if following is None:
                state[name] = True
                stack.pop()
                yield definitions[name]
            else:
                state[following] = False
                stack.append((following, _named(definitions[following])))


def _named(definition: Definition) -> Iterator[str]:
    """What the names in a definition may be names of, if there is such a definition."""
    scope = definition.scope
    for name in definition.names:
        head = name.parts[0].text
        yield head
        if scope.alias:
            yield scope.qualify(head)
        if len(name.parts) > 1:
            # also behind the name of an entity: `account.plan`, `customer.spend`
            yield f"{head}.{name.parts[1].text}"
            yield name.parts[1].text
