"""In which order definitions are checked."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator

from segdsl import library
from segdsl.catalog import Catalog, Definition
from segdsl.syntax import tree
from segdsl.syntax.walk import descend


def in_order(catalog: Catalog, without: Iterable[str] = ()) -> Iterator[Definition]:
    """All definitions but those `without`, those that others name first, without recursion; of commerce only params and
    what is named.

    What is named is guessed from the text alone, so this order only keeps checking from nesting; true cycles are
    found while checking.
    """
    definitions = catalog.definitions
    usual = library.COMMERCE
    roots = (name for name, item in definitions.items() if item.scope.library != usual or item.is_param)
    return _after_named(catalog, roots, frozenset(without))


def params_in_order(catalog: Catalog, definition: Definition, without: Container[str]) -> Iterator[Definition]:
    """The params that a param may name, directly or through others, those that others name first, and itself last."""
    return (item for item in _after_named(catalog, [definition.name], without) if item.is_param)


def _after_named(catalog: Catalog, roots: Iterable[str], without: Container[str]) -> Iterator[Definition]:
    """Some definitions and all that they name but for those `without`, each after what it names."""
    definitions = catalog.definitions
    seen: set[str] = set()
    for root in roots:
        stack: list[tuple[str, Iterator[str]]] = []
        if root not in seen and root not in without:
            seen.add(root)
            stack.append((root, _named(catalog, definitions[root])))
        while stack:
            name, rest = stack[-1]
            named = (item for item in rest if item in definitions and item not in seen and item not in without)
            following = next(named, None)
            if following is None:
                stack.pop()
                yield definitions[name]
            else:
                seen.add(following)
                stack.append((following, _named(catalog, definitions[following])))


def _named(catalog: Catalog, definition: Definition) -> Iterator[str]:
    """What the names in a definition may be names of, if there is such a definition; of a param also those in the value
    that a `use` line or `--set` gives it."""
    scope = definition.scope
    given = catalog.settings.get(definition.name)
    if given is not None:
        yield from (name.parts[0].text for name in descend(given) if isinstance(name, tree.Name))
    for name in definition.names:
        head = name.parts[0].text
        yield head
        if scope.alias:
            yield scope.qualify(head)
        if len(name.parts) > 1:
            # also behind the name of an entity: `account.plan`, `customer.spend`
            yield f"{head}.{name.parts[1].text}"
            yield name.parts[1].text
