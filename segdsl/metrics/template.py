"""Metric templates: what the head of a `NAME.sql.j2` says, and the text below it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Literal, cast, get_args

from yaml.nodes import MappingNode, ScalarNode

from segdsl import problems
from segdsl.catalog import Catalog
from segdsl.diagnostics import Diagnostic, Source, Span
from segdsl.model.nodes import Entry, Reader, compose
from segdsl.texts import Texts

ENDING = ".sql.j2"
FOLDER = "metrics"
MAX_BYTES = 1_000_000

Unit = Literal["percent", "currency", "count", "days", "score"]
Better = Literal["better", "worse", "neither"]
Over = Literal["now", "then", "either"]
TYPES = ("duration", "number", "text", "bool", "date")

_HEAD = re.compile(r"\A---[ \t]*\r?\n(.*?)^---[ \t]*(?:\r?\n|\Z)", re.DOTALL | re.MULTILINE)
_KEYS = ("title", "description", "unit", "higher_is", "needs", "params", "over", "any_size", "adds_up")
_NAME = re.compile(r"[^\W\d]\w*")


@dataclass(frozen=True)
class Param:
    """A param of a template: its default as the language writes it, its type where one is stated, and its place."""

    name: str
    default: str
    type: str | None
    description: str
    span: Span


@dataclass(frozen=True)
class Template:
    """A metric as its file states it.

    `needs` are events, fields of them and values of these (`order`, `message.kind`, `message.kind = opened`) without
    which it means nothing. `over` says over
    whom it goes: those who are members now, those who were one period ago (`then`), or both together (`either`).
    `any_size`: it tells nothing of single members, so it is shown for groups of any size. `adds_up`: it grows with the
    number of members, so that a profile does not compare it.
    """

    name: str
    source: Source
    body: str
    body_line: int
    title: str
    description: str
    unit: Unit
    higher_is: Better
    needs: tuple[str, ...] = ()
    params: Mapping[str, Param] = field(default_factory=dict)
    over: Over = "now"
    any_size: bool = False
    adds_up: bool = False
    is_own: bool = False

    def line_span(self, line: int) -> Span:
        """Where a line of the body (counted from 1) stands in the file."""
        number = min(self.body_line + line - 1, len(self.source.line_starts))
        start = self.source.line_starts[number - 1]
        text = self.source.line(number)
        indent = len(text) - len(text.lstrip())
        return Span(self.source, start + indent, max(start + len(text.rstrip()), start + indent + 1))

    @property
    def span(self) -> Span:
        """The begin of its file."""
        return Span(self.source, 0, 3)


def read_template(name: str, source: Source, is_own: bool = False) -> tuple[Template | None, list[Diagnostic]]:
    """A template out of its text, or what is wrong with its head."""
    size = len(source.text.encode("utf-8", "surrogatepass"))
    start = Span(source, 0, min(1, len(source.text)))
    if size > MAX_BYTES:
        return None, [problems.too_large("a metric template", size, MAX_BYTES, start)]
    found = _HEAD.match(source.text)
    if found is None:
        return None, [problems.template_without_head(start)]
    # the head alone, so that places in it are those in the file
    head = Source(source.path, source.text[: found.end(1)], source.file)
    root, problem = compose(head, "the head of the metric")
    if problem is not None:
        return None, [problem]
    reader = _Head(head)
    if root is None:
        return None, [problems.missing_key("title", f"metric `{name}`", start)]
    keys = reader.section((start, root), f"metric `{name}`", _KEYS, ("title", "unit"))
    template = Template(
        name=name,
        source=source,
        body=source.text[found.end() :],
        body_line=source.position(found.end())[0],
        title=reader.optional_text(keys, "title", name),
        description=reader.optional_text(keys, "description", name),
        unit=cast(Unit, reader.word(keys, "unit", name, get_args(Unit), "count")),
        higher_is=cast(Better, reader.word(keys, "higher_is", name, get_args(Better), "neither")),
        needs=reader.needs(keys, name),
        params=reader.params(keys, name),
        over=cast(Over, reader.word(keys, "over", name, get_args(Over), "now")),
        any_size="any_size" in keys and reader.truth(keys["any_size"], "`any_size`"),
        adds_up="adds_up" in keys and reader.truth(keys["adds_up"], "`adds_up`"),
        is_own=is_own,
    )
    return (None if reader.diagnostics else template), reader.diagnostics


class _Head(Reader):
    """Takes the head of a template apart."""

    def optional_text(self, keys: dict[str, Entry], key: str, name: str) -> str:
        found = self.text(keys[key], f"`{key}` of metric `{name}`") if key in keys else None
        return " ".join((found or "").split())

    def word(self, keys: dict[str, Entry], key: str, name: str, known: tuple[str, ...], otherwise: str) -> str:
        if key not in keys:
            return otherwise
        found = self.text(keys[key], f"`{key}` of metric `{name}`")
        if found is None or found in known:
            return found or otherwise
        what = f"`{key}` of metric `{name}`"
        self.report(
            problems.wrong_shape(what, " or ".join(f"`{word}`" for word in known), f"`{found}`", self.place(keys[key]))
        )
        return otherwise

    def needs(self, keys: dict[str, Entry], name: str) -> tuple[str, ...]:
        if "needs" not in keys:
            return ()
        return tuple(text for text, _ in self.texts(keys["needs"], f"`needs` of metric `{name}`"))

    def params(self, keys: dict[str, Entry], name: str) -> dict[str, Param]:
        if "params" not in keys:
            return {}
        found: dict[str, Param] = {}
        for param, entry in self.mapping(keys["params"], f"`params` of metric `{name}`").items():
            what = f"param `{param}` of metric `{name}`"
            if not _NAME.fullmatch(param) or param in RESERVED:
                self.report(problems.bad_param_name(param, entry[0]))
                continue
            type_: str | None = None
            description = ""
            place, value = entry, entry
            if isinstance(entry[1], MappingNode):
                inner = self.section(entry, what, ("type", "default", "description"), ("default",))
                type_ = self.word(inner, "type", param, TYPES, "") or None
                description = self.optional_text(inner, "description", param)
                if "default" not in inner:
                    continue
                value = inner["default"]
                place = value
            text = self.text(value, what)
            if text is not None:
                quoted = isinstance(value[1], ScalarNode) and value[1].style in ("'", '"')
                default = _as_text(text) if quoted else text
                found[param] = Param(param, default, type_, description, self.place(place))
        return found


# what a template's text can use besides its own params
RESERVED = frozenset(("rule", "population", "has", "now", "then", "range", "loop", "true", "false", "none", "days"))


def _as_text(words: str) -> str:
    escaped = words.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    return f'"{escaped}"'


# in the order in which they are shown
SHIPPED = (
    "size", "share", "growth", "entered", "left", "retention_rate", "churn_rate", "revenue", "revenue_share", "arpu",
    "average_order_value", "orders_per_customer", "repeat_purchase_rate", "purchase_frequency", "days_between_orders",
    "historic_clv", "projected_clv", "open_rate", "click_rate", "click_to_open_rate", "conversion_rate",
    "unsubscribe_rate", "bounce_rate", "complaint_rate", "nps", "average_rating", "average_sentiment", "campaign_roi",
    "cost_per_retained_customer", "tickets_per_customer", "coupon_redemption_rate",
)  # fmt: skip


@cache
def shipped() -> Mapping[str, Template]:
    """The metrics that ship with segdsl, by their names."""
    found: dict[str, Template] = {}
    for name in SHIPPED:
        text = (files("segdsl.metrics") / "shipped" / f"{name}{ENDING}").read_text("utf-8")
        template, diagnostics = read_template(name, Source(f"<metric>/{name}{ENDING}", text))
        assert template is not None, "\n".join(one.render() for one in diagnostics)
        found[name] = template
    return found


def own(of: Catalog | Texts) -> tuple[dict[str, Template], list[Diagnostic]]:
    """The templates of a catalog's own folder `metrics`, and what is wrong with their heads."""
    found: dict[str, Template] = {}
    sources, diagnostics = _read(of.root) if of.metrics is None else (of.metrics, [])
    for shown, source in sources.items():
        name = shown.removeprefix(f"{FOLDER}/").removesuffix(ENDING)
        if not _NAME.fullmatch(name):
            diagnostics.append(problems.bad_metric_name(name, Span(source, 0, min(1, len(source.text)))))
            continue
        template, wrong = read_template(name, source, is_own=True)
        diagnostics.extend(wrong)
        if template is not None:
            found[name] = template
    return found, diagnostics


def _read(root: Path | None) -> tuple[dict[str, Source], list[Diagnostic]]:
    """The files of the folder `metrics` by their paths, and which of them cannot be read."""
    found: dict[str, Source] = {}
    diagnostics: list[Diagnostic] = []
    for path in _files(root):
        shown = f"{FOLDER}/{path.name}"
        try:
            text = path.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
        except UnicodeDecodeError as error:
            diagnostics.append(problems.not_utf8(shown, error.start))
        except OSError as error:
            diagnostics.append(problems.cannot_read(shown, error.strerror or "unknown reason"))
        else:
            found[shown] = Source(shown, text, path)
    return found, diagnostics


def _files(root: Path | None) -> Iterator[Path]:
    if root is not None and (root / FOLDER).is_dir():
        yield from (path for path in sorted((root / FOLDER).glob(f"*{ENDING}")) if path.is_file())
