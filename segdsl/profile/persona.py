"""A persona: plain sentences out of the strongest differences of a profile."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from segdsl.metrics.words import shown

if TYPE_CHECKING:
    from segdsl.profile.profile import Comparison, Profile

# sentences about differences: of each sort at most so many
MOST = {"attribute": 3, "trait": 2, "segment": 2, "metric": 3}
LEAST_EFFECT = 0.2  # a small one, by Cohen's usual reading


def sentences(profile: Profile) -> Iterator[str]:
    """What a persona says, a sentence after the other; deterministic."""
    others = "everybody" if profile.against is None else profile.against
    share = profile.members / profile.others if profile.against is None and profile.others else None
    of_all = f", {shown(share, 'percent')} of the population" if share is not None else ""
    yield f"{profile.segment} has {profile.members:,} members{of_all}."
    chosen = strongest(profile.comparisons)
    if not chosen:
        yield f"They do not surely differ from {others} in anything that is known."
    for item in chosen:
        yield _sentence(item, others)


def strongest(comparisons: Sequence[Comparison]) -> list[Comparison]:
    """The strongest differences that are sure, large enough to matter, and nothing that the rule itself reads: one of
    each name, rather what there is more of, and no two that say the same numbers."""
    more = {item.name for item in comparisons if item.is_sure and item.effect >= LEAST_EFFECT}
    found: list[Comparison] = []
    names: set[str] = set()
    said: set[tuple[str, float, float]] = set()
    sorts: Counter[str] = Counter()
    for item in comparisons:
        is_new = item.name not in names and said.isdisjoint(_says(item))
        if item.value is not None and item.effect < 0 and item.name in more:
            continue
        if not is_new or not item.is_sure or item.in_rule or abs(item.effect) < LEAST_EFFECT:
            continue
        if sorts[item.sort] < MOST[item.sort]:
            sorts[item.sort] += 1
            names.add(item.name)
            said |= _says(item)
            found.append(item)
    return found


def _says(item: Comparison) -> set[tuple[str, float, float]]:
    """What another one may say too: its numbers, whichever of two sides they are (retention is what churn is not), and
    of a metric how they compare, as a sum of money is given times this or that."""
    found = {
        ("numbers", round(item.members, 6), round(item.others, 6)),
        ("numbers", round(1 - item.members, 6), round(1 - item.others, 6)),
    }
    if item.sort == "metric" and item.index is not None:
        found.add(("ratio", item.unit == "currency", round(item.index, 1)))
    return found


def _sentence(item: Comparison, others: str) -> str:
    members, rest = shown(item.members, item.unit), shown(item.others, item.unit)
    if item.value is None:
        if item.sort == "attribute" and item.unit == "days":
            return f"Their {item.name} lies {members} back on the average, against {rest}."
        title = f"{item.title[:1].lower()}{item.title[1:]}" if item.sort == "metric" else item.title
        return f"{_their(title)} {_times(item)}: {members} against {rest}."
    return f"{'None' if not item.members else members} {_have(item)}, against {rest} of {others}."


def _their(title: str) -> str:
    is_plural = title.startswith(("orders ", "tickets ", "days "))
    return f"Their {title} {'are' if is_plural else 'is'}"


def _have(item: Comparison) -> str:
    if item.sort == "segment":
        return f"are in {f'{item.name}.{item.value}' if item.relation else item.name}"
    if not item.relation:
        return f"have {item.name}"
    if item.relation == "has":
        return f"have {item.value} among their {item.name}"
    return f"have the {item.name} {item.value}"


def _times(item: Comparison) -> str:
    """`1.9 times as high`, `30% lower`: how two numbers compare."""
    if not item.index or item.others <= 0:
        return "higher" if item.difference > 0 else "lower"
    ratio = item.index / 100
    if ratio >= 1.95:
        return f"{ratio:,.1f} times as high"
    return f"{100 * (ratio - 1):.0f}% higher" if ratio > 1 else f"{100 * (1 - ratio):.0f}% lower"
