"""The definitions behind the numbers, with their text in coloured pieces that lead to what they name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from segdsl.evaluator import Evaluator
from segdsl.plan.about import About, about
from segdsl.plan.uses import Uses
from segdsl.program import Output
from segdsl.report.content import Note, Rule, Section
from segdsl.syntax.grammar import RESERVED
from segdsl.syntax.scanner import pieces

MOST = 300  # definitions on a page


def rules(evaluator: Evaluator, outputs: Sequence[Output]) -> Section:
    """The definitions of outputs and everything that these name, those asked for first."""
    found: dict[str, About] = {}
    uses = Uses(evaluator.checked())
    waiting = [output.name if output.name in evaluator.catalog.definitions else output.name.rpartition(".")[0]
               for output in outputs]  # fmt: skip
    while waiting and len(found) < MOST:
        name, *waiting = waiting
        definition = evaluator.catalog.definitions.get(name)
        if name not in found and definition is not None:
            found[name] = about(evaluator.checked(), definition, uses)
            waiting.extend(found[name].uses)
    parts: list[Rule | Note] = [rule(item, found) for item in found.values()]
    if any(name not in found for name in waiting):
        parts.append(Note(f"Definitions after the first {MOST} are left out."))
    intro = "What the numbers are of, in the language of the catalog, and the traits and params that these rules use."
    return Section("rules", "Definitions", intro, tuple(parts))


def rule(item: About, known: dict[str, About]) -> Rule:
    """A definition as the report shows it; its description stands above its text."""
    text = "\n".join(line for line in item.text.split("\n") if not line.startswith(("##", "@")))
    listed = item.listed
    return Rule(
        f"rule-{listed.name}",
        listed.name,
        item.title,
        item.heading.partition(":")[0] if listed.kind == "segmentation" else item.heading,
        listed.description,
        listed.owner,
        listed.tags,
        tuple(_coloured(text, listed.name, known)),
    )


def _coloured(text: str, own: str, known: dict[str, About]) -> Iterator[tuple[str, str, str]]:
    """The pieces of a rule with their kinds, and where names lead."""
    for kind, piece in pieces(text):
        if kind == "word" and piece in RESERVED:
            yield "keyword", piece, ""
        elif kind == "word" and piece in known and piece != own:
            yield "name", piece, f"rule-{piece}"
        elif kind == "other" and piece[0].isdigit():
            yield "number", piece, ""
        elif kind in ("text", "comment"):
            yield kind, piece, ""
        else:
            yield "", piece, ""
