"""What is said about the name under the pointer."""

from __future__ import annotations

from segdsl.editor.index import Index
from segdsl.editor.marks import Thing
from segdsl.editor.project import Outcome
from segdsl.functions import AGGREGATES, BANDS, FUNCTION_ROWS, SAMPLE, SCORES
from segdsl.syntax import tree
from segdsl.syntax.printer import print_definition


def hover(index: Index, outcome: Outcome, thing: Thing) -> str | None:
    """Markdown about a thing; None for what needs no words."""
    model = index.model
    match thing.kind:
        case "definition":
            return _definition(index, outcome, thing.name)
        case "label":
            return _joined(f"label of `{thing.owner}`", _count(outcome, f"{thing.owner}.{thing.name}"))
        case "parameter":
            return f"parameter of `{thing.owner}`"
        case "attribute":
            found = model.entities[thing.owner].attributes.get(thing.name)
            values = f"one of {', '.join(found.type.values)}" if found and found.type.values else ""
            return _joined(f"attribute of {thing.owner}: `{found.type}`", values) if found else None
        case "event":
            event = model.events[thing.name]
            return _joined(
                f"event of {event.of}", "fields: " + ", ".join(f"`{name}`" for name in ("at", *event.fields))
            )
        case "field":
            owner = model.events.get(thing.owner) or model.lookups.get(thing.owner)
            field = owner.fields.get(thing.name) if owner else None
            return f"field of {thing.owner}: `{field.type if field else 'timestamp'}`"
        case "function":
            return _function(thing.name)
        case "library":
            return f"library `{index.aliases.get(thing.name, thing.name)}`"
    return None


def _definition(index: Index, outcome: Outcome, name: str) -> str | None:
    node = index.definition(name)
    if node is None or isinstance(node, tree.Use | tree.Example | tree.Expect):
        return None
    starter = index.starter(name)
    found = outcome.types.get(name)
    of = "" if starter == "param" else f" of {index.entity_of(node, name)}"
    type_ = f": `{found}`" if found is not None and starter in ("trait", "param") else ""
    text = print_definition(node)
    code = text if len(text) <= 1_500 else f"{text[:1_500]}\n…"
    return _joined(
        f"{starter}{of}{type_}", node.head.description, _count(outcome, name), f"```segdsl\n{code.strip()}\n```"
    )


def _count(outcome: Outcome, name: str) -> str:
    if name not in outcome.counts:
        return ""
    day, members = outcome.counts[name]
    return f"{members:,} {'member' if members == 1 else 'members'} as of {day}, the last saved run"


def _function(name: str) -> str | None:
    rows = FUNCTION_ROWS.get(name)
    if rows:
        form = f"{name}({', '.join(f'{item.name}: {item.word}' for item in rows[0].params)}): {rows[0].result}"
        return _joined(f"`{form}`", rows[0].doc, *(f"`{example}`" for example in rows[0].examples))
    row = AGGREGATES.get(name) or SCORES.get(name) or {"bands": BANDS, "sample": SAMPLE}.get(name)
    return _joined(f"`{row.form}`", row.doc) if row is not None else None


def _joined(*parts: str) -> str:
    return "\n\n".join(part for part in parts if part)
