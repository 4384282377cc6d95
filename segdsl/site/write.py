"""The pages of a site as texts: templates filled, every text of the catalog escaped."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from importlib.resources import files

from segdsl.report.page.write import anchor, inline, markdown, style
from segdsl.site.entries import Entry, Site
from segdsl.site.gather import how_many, summary
from segdsl.site.graph import HEIGHT, WIDTH, graph
from segdsl.site.line import drawn
from segdsl.site.names import file_name

FOLDER = "definitions"
# how a group is called in which nothing was said
_NOBODY = "none stated"
_KINDS = ("segment", "segmentation", "trait", "param")
_CODE = re.compile(r'"(?:\\.|[^"\\])*"|`([^`]*)`')


def pages(site: Site, least: int, version: str) -> Iterator[tuple[str, str]]:
    """Every file of a site by its path, one after the other: they need not all be held."""
    from jinja2 import DictLoader, Environment, StrictUndefined

    folder = files(__package__) / "page"
    names = ("layout", "index", "groups", "model", "definition", "parts")
    loader = DictLoader({f"{name}.html.j2": (folder / f"{name}.html.j2").read_text("utf-8") for name in names})
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, loader=loader, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {"anchor": anchor, "markdown": markdown(), "inline": inline(), "words": words}
    links = {name: entry.file for name, entry in site.entries.items()}
    kinds = {name: entry.about.listed.kind for name, entry in site.entries.items()}
    environment.globals |= {"site": site, "version": version, "folder": FOLDER, "links": links, "kinds": kinds}

    def page(template: str, **values: object) -> str:
        return environment.get_template(f"{template}.html.j2").render(**values)

    yield "site.css", style() + (folder / "site.css").read_text("utf-8")
    yield "site.js", (folder / "site.js").read_text("utf-8")
    yield (
        "names.js",
        f"window.segdslNames = {json.dumps(list(map(_found_by, site.entries.values())), ensure_ascii=False)};\n",
    )
    own = [entry for entry in site.entries.values() if not entry.about.listed.library]
    lists = [(kind, [entry for entry in own if entry.about.listed.kind == kind]) for kind in _KINDS]
    from_libraries = [entry for entry in site.entries.values() if entry.about.listed.library]
    yield (
        "index.html",
        page("index", root="", here="index", lists=lists, libraries=from_libraries, how_many=how_many(site)),
    )
    for here, title, groups in (
        ("owners", "By owner", _grouped(own, lambda entry: (entry.about.listed.owner or _NOBODY,))),
        ("tags", "By tag", _grouped(own, lambda entry: entry.about.listed.tags or (_NOBODY,))),
        ("types", "By type", _grouped(own, _type)),
    ):
        yield f"{here}.html", page("groups", root="", here=here, title=title, groups=groups)
    yield "model.html", page("model", root="", here="model")
    events = {
        f"event {part.name}": f"../model.html#{anchor(part.anchor)}" for part in site.model if part.kind == "event"
    }
    for entry in site.entries.values():
        attributes = {f"attribute {name}": _attribute(entry, name) for name in entry.about.attributes}
        used = graph(entry, kinds, links | events | attributes)
        past = None if entry.past is None else drawn(entry.past, least)
        yield (
            f"{FOLDER}/{entry.file}",
            page("definition", root="../", here="", entry=entry, graph=used, box=(WIDTH, HEIGHT), past=past),
        )


def words(text: str) -> list[list[tuple[bool, str]]]:
    """A sentence as lines of pieces, each with whether it is a name: those in backticks."""
    return [list(_pieces(row)) for row in text.split("\n")]


def _pieces(row: str) -> Iterator[tuple[bool, str]]:
    position = 0
    for match in _CODE.finditer(row):
        if match[1] is None:  # a text in quotes, whatever is in it
            continue
        yield False, row[position : match.start()]
        yield True, match[1]
        position = match.end()
    yield False, row[position:]


def _attribute(entry: Entry, name: str) -> str:
    """Where an attribute stands in the page of the model."""
    head, dot, _ = name.partition(".")
    return f"../model.html#{anchor(f'entity-{head if dot else entry.about.listed.entity}')}"


def _found_by(entry: Entry) -> tuple[str, str, str, str, str]:
    """What the search knows of a definition: its name, what it is, its title, other words, and its page."""
    listed = entry.about.listed
    more = [summary(entry), listed.owner, *listed.tags, *(label.name for label in entry.labels)]
    kind = f"{listed.kind} of {listed.library}" if listed.library else listed.kind
    return (
        listed.name,
        kind,
        entry.about.title,
        " · ".join(dict.fromkeys(filter(None, more))).replace("`", ""),
        file_name(listed.name),
    )


def _type(entry: Entry) -> Sequence[str]:
    """What a definition's value is: of a trait its type, else what it is."""
    listed = entry.about.listed
    type_ = entry.about.type
    return (f"{listed.kind}: {type_}" if type_ and listed.kind in ("trait", "param") else listed.kind,)


def _grouped(entries: Sequence[Entry], keys: Callable[[Entry], Sequence[str]]) -> list[tuple[str, list[Entry]]]:
    """Entries by what they have, the groups by name; what has nothing stands last."""
    found: dict[str, list[Entry]] = {}
    for entry in entries:
        for key in keys(entry):
            found.setdefault(key, []).append(entry)
    return sorted(found.items(), key=lambda item: (item[0] == _NOBODY, item[0].casefold(), item[0]))
