"""Did you mean: one-letter typos of the names of the journey catalog."""

from __future__ import annotations

import random
from pathlib import Path

from segdsl.catalog import build_catalog
from segdsl.check import check
from segdsl.diagnostics import Source
from segdsl.model.loader import load_model
from segdsl.syntax import tree
from segdsl.syntax.parser import is_plain_name

JOURNEY = Path(__file__).parents[1] / "examples" / "journey"
LETTERS = "abcdefghijklmnopqrstuvwxyz_"


def typo(name: str, chance: random.Random) -> str:
    """A name with a letter left out, put in, taken for another, or changed with its neighbour."""
    at = chance.randrange(len(name))
    match chance.randrange(4):
        case 0:
            return name[:at] + name[at + 1 :]
        case 1:
            return name[:at] + chance.choice(LETTERS) + name[at:]
        case 2:
            return name[:at] + chance.choice(LETTERS) + name[at + 1 :]
        case _:
            return name[:at] + name[at : at + 2][::-1] + name[at + 2 :]


def test_the_right_name_is_told_first_for_nine_of_ten() -> None:
    file = JOURNEY / "segdsl.yaml"
    model, _ = load_model(Source("segdsl.yaml", file.read_text("utf-8")))
    assert model is not None
    sources = [Source(path.name, path.read_text("utf-8")) for path in sorted(JOURNEY.rglob("*.seg"))]
    catalog = build_catalog(model, sources)
    entity = model.default_entity
    traits = [name for name, item in catalog.definitions.items() if "." not in name and not item.is_param]
    known = {*traits, *entity.attributes, *catalog.definitions}
    chance = random.Random(1)
    lines: list[str] = []
    meant: list[str] = []
    for name in sorted({*traits, *entity.attributes}):
        segment = name in catalog.definitions and isinstance(catalog.definitions[name].tree, tree.Segment)
        for _ in range(6):
            wrong = typo(name, chance)
            if wrong in known or not is_plain_name(wrong):
                continue
            number = len(meant)
            lines.append(f"segment zz{number}__ = {wrong}{'' if segment else ' is known'}")
            meant.append(name)
    found = check(build_catalog(model, [*sources, Source("typos.seg", "\n".join(lines))])).diagnostics
    told = {
        item.span.line: item.fix.replacement
        for item in found
        if item.span and item.fix and item.span.source.path == "typos.seg"
    }
    right = sum(told.get(number) == name for number, name in enumerate(meant, start=1))
    assert len(meant) > 200
    assert right >= 0.9 * len(meant), f"{right} of {len(meant)}"
