"""Words shared by several sentences: names nearest to one, lists of names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher, get_close_matches

from segdsl.diagnostics import Fix, Label, Span

Labels = tuple[Label, ...]


def nearest(name: str, known: Iterable[str], most: int = 3, fitting: Iterable[str] = ()) -> list[str]:
    """The known names nearest to one that is not; of equally near ones those that fit the place come first."""
    names = list(dict.fromkeys(known))
    folded = {candidate.casefold(): candidate for candidate in reversed(names)}
    if name.casefold() in folded:
        return [folded[name.casefold()]]
    fits = frozenset(fitting)
    scores = {
        candidate: SequenceMatcher(None, candidate, name).ratio() + (0.1 if candidate in fits else 0)
        for candidate in get_close_matches(name, names, n=10, cutoff=0.65)
    }
    best = sorted(scores, key=lambda candidate: -scores[candidate])[:most]
    return [candidate for candidate in best if scores[candidate] > scores[best[0]] - 0.15]


def either(names: Sequence[str], most: int = 8) -> str:
    shown = [f"`{name}`" for name in names[:most]]
    if len(names) > most:
        return ", ".join(shown) + " …"
    if len(shown) < 2:
        return "".join(shown)
    return f"{', '.join(shown[:-1])} or {shown[-1]}"


def did_you_mean(name: str, known: Iterable[str], otherwise: str | None = None) -> str | None:
    near = nearest(name, known)
    return f"did you mean {either(near)}?" if near else otherwise


def replacement(name: str, known: Iterable[str], span: Span) -> Fix | None:
    """The nearest name in place of one that is not there, in backticks where it needs them."""
    near = nearest(name, known)
    if not near:
        return None
    return Fix(span, near[0] if re.fullmatch(r"[\w.]+", near[0]) else f"`{near[0]}`")
