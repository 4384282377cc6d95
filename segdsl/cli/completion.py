"""What a shell is told when the tabulator is pressed: names out of the catalog, and out of its repository.

Nothing is told where the catalog cannot be read: completion never prints a mistake.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable
from typing import TYPE_CHECKING, TypeAlias

import click

if TYPE_CHECKING:
    from segdsl.api import Catalog

Complete: TypeAlias = Callable[[click.Context, click.Parameter, str], list[str]]

EVALUATED = frozenset(("trait", "segment", "segmentation"))
MEMBERS = frozenset(("segment", "segmentation"))
_CLAIMS = ("never", "always", "disjoint", "same", "covers")


def _catalog(ctx: click.Context) -> Catalog | None:
    from segdsl.api import SegdslError, load

    try:
        return load(ctx.params.get("folder") or ctx.find_root().params.get("folder") or ".")
    except SegdslError:
        return None


def _names(catalog: Catalog | None, kinds: Container[str]) -> list[str]:
    if catalog is None:
        return []
    left_out = {item.name for item in catalog.definitions if item.kind not in kinds}
    return [name for name in catalog.names if name not in left_out]


def complete(kinds: Container[str]) -> Complete:
    """Completion of the catalog's names of some kinds, with the labels of segmentations."""

    def names(ctx: click.Context, _: click.Parameter, start: str) -> list[str]:
        return _begun(_names(_catalog(ctx), kinds), start)

    return names


def complete_list(ctx: click.Context, _: click.Parameter, start: str) -> list[str]:
    """Completion of the last of several names of what has members, with commas between."""
    before, comma, last = start.rpartition(",")
    given = set(before.split(","))
    names = (name for name in _names(_catalog(ctx), MEMBERS) if name not in given)
    return [f"{before}{comma}{name}" for name in _begun(names, last)]


def complete_metrics(ctx: click.Context, _: click.Parameter, start: str) -> list[str]:
    """Completion of the names of metrics."""
    catalog = _catalog(ctx)
    return [] if catalog is None else _begun((item.name for item in catalog.metric_templates), start)


def complete_tags(ctx: click.Context, _: click.Parameter, start: str) -> list[str]:
    catalog = _catalog(ctx)
    return [] if catalog is None else _begun({tag for item in catalog.definitions for tag in item.tags}, start)


def complete_owners(ctx: click.Context, _: click.Parameter, start: str) -> list[str]:
    catalog = _catalog(ctx)
    return [] if catalog is None else _begun({item.owner for item in catalog.definitions if item.owner}, start)


def complete_refs(ctx: click.Context, _: click.Parameter, start: str) -> list[str]:
    """Completion of the branches and tags of the repository that the catalog is in."""
    from segdsl.api import SegdslError
    from segdsl.versions.git import Repository

    catalog = _catalog(ctx)
    try:
        return [] if catalog is None else _begun(Repository(catalog.root).refs(), start)
    except SegdslError:
        return []


def complete_claim(ctx: click.Context, _: click.Parameter, start: str) -> list[str]:
    """Completion of the words of a claim: `never A`, `disjoint A B`, `A inside B` …"""
    said: tuple[str, ...] = ctx.params.get("claim") or ()
    names = _names(_catalog(ctx), MEMBERS)
    if not said:
        return _begun([*_CLAIMS, *names], start)
    if len(said) == 1 and said[0] not in _CLAIMS:
        return _begun(["inside"], start)
    return _begun(names, start) if len(said) < 3 else []


def _begun(words: Iterable[str], start: str) -> list[str]:
    found = [word for word in words if word.startswith(start)]
    return sorted(found) if isinstance(words, set) else found
