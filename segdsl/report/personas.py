"""A card per segment: who its members are, in sentences, and the differences that these are made of."""

from __future__ import annotations

from segdsl.metrics.words import shown
from segdsl.profile.persona import strongest
from segdsl.profile.profile import Profile
from segdsl.report.content import Card, Cell, Note, Section, Table
from segdsl.report.gather import CARDS, Found

ROWS = 8


def personas(found: Found, titles: dict[str, str], descriptions: dict[str, str]) -> Section | None:
    """The cards of the largest segments; None where nobody is in any."""
    if not found.profiles:
        return None
    parts: list[Card | Note] = [_card(item, titles, descriptions) for item in found.profiles]
    enough = sum(size.members >= found.min_size for size in found.segments)
    if enough > CARDS:
        left = enough - CARDS
        parts.append(Note(f"The {CARDS} largest segments have a card; {left} smaller ones are left out here."))
    about = "Who the members are, against everybody: the strongest differences that are surely none of chance, without "
    about += "what the rule itself asks for. An index of 100 is the average."
    return Section("personas", "Personas", about, tuple(parts))


def _card(profile: Profile, titles: dict[str, str], descriptions: dict[str, str]) -> Card:
    rows = tuple(
        (
            Cell(item.title),
            Cell(shown(item.members, item.unit)),
            Cell(shown(item.others, item.unit)),
            Cell("–" if item.index is None else f"{item.index:,.0f}"),
        )
        for item in strongest(profile.comparisons)[:ROWS]
    )
    headers = ("what", "members", "everybody", "index")
    name = profile.segment
    table = Table(headers, (False, True, True, True), rows, f"What is special about {name}") if rows else None
    return Card(f"card-{name}", titles.get(name) or name, descriptions.get(name, ""), profile.persona, table)
