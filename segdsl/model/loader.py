"""Reads `segdsl.yaml`: text to model, with everything that is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from typing import TypeVar
from zoneinfo import ZoneInfo, available_timezones

from yaml.nodes import MappingNode, ScalarNode

from segdsl import problems
from segdsl.diagnostics import Diagnostic, Source, Span
from segdsl.model.clocks import clock_time
from segdsl.model.coherence import find_contradictions
from segdsl.model.model import Entity, Event, Field, HistoryStore, Key, Lint, Lookup, Metrics, Model, Parent
from segdsl.model.nodes import Entry, Reader, compose
from segdsl.model.secrets import lines_with_secrets
from segdsl.syntax.scanner import is_name
from segdsl.types import BOOL, LIST, STATED, TEXT, Kind, Type

_MODEL = (
    "name",
    "timezone",
    "as_of",
    "database",
    "tables",
    "entities",
    "events",
    "lookups",
    "metrics",
    "lint",
    "history",
)
_ENTITY = ("table", "sql", "key", "attributes", "parent", "from_events")
_EVENT = ("of", "table", "sql", "key", "time", "fields")
_LOOKUP = ("table", "sql", "key", "fields")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)?)?")
_OF_COMPUTER = re.compile(r"localtime$|posix/|right/")  # in a system's list of zones, but not in IANA's
_CODE = re.compile(r"SEG8\d\d")

_Part = TypeVar("_Part")


def load_model(source: Source) -> tuple[Model | None, list[Diagnostic]]:
    """The model that a text describes, and all that is wrong with it: no model where something is."""
    secret = lines_with_secrets(source.text)
    if secret:  # before all else, for what is told of a line shows it
        return None, [problems.secret_in_catalog(secret)]
    root, problem = compose(source)
    if problem is not None:
        return None, [problem]
    start = Span(source, 0, min(1, len(source.text)))
    if root is None:
        return None, [problems.missing_key("entities", "the model", start)]
    loader = _Loader(source)
    model = loader.model((start, root))
    return (None if loader.diagnostics else model), loader.diagnostics


class _Loader(Reader):
    """Builds the parts of the model; what cannot be built is reported and left out."""

    def __init__(self, source: Source) -> None:
        super().__init__(source)
        self.unread: set[str] = set()  # names of parts that could not be built: nobody is told that those are unknown
        self.lookups: dict[str, Lookup] = {}

    def model(self, entry: Entry) -> Model:
        keys = self.section(entry, "the model", _MODEL, ("entities",))
        timezone = self.timezone(keys["timezone"]) if "timezone" in keys else "UTC"
        entities = self.parts(keys, "entities", "entity", self.entity)
        if "entities" in keys and not entities and not self.diagnostics:
            self.report(problems.missing_key("an entity", "`entities`", keys["entities"][0]))
        self.lookups = self.parts(keys, "lookups", "lookup", self.lookup)
        events = self.parts(keys, "events", "event", self.event)
        model = Model(
            name=self.optional_text(keys, "name", "the model") or "catalog",
            timezone=timezone or "UTC",
            as_of=self.as_of(keys["as_of"], timezone) if "as_of" in keys else None,
            database=self.optional_text(keys, "database", "the model"),
            tables=self.tables(keys),
            entities=entities,
            events=events,
            lookups=self.lookups,
            metrics=self.metrics(keys["metrics"]) if "metrics" in keys else Metrics(),
            lint=self.lint(keys["lint"]) if "lint" in keys else Lint(),
            history=self.history(keys["history"]) if "history" in keys else None,
            spans=self.places(entry[0], keys),
        )
        self.diagnostics.extend(find_contradictions(model, frozenset(self.unread)))
        return model

    def parts(
        self, keys: dict[str, Entry], section: str, word: str, build: Callable[[str, Entry], _Part | None]
    ) -> dict[str, _Part]:
        """The named parts of a section, those that could be built."""
        if section not in keys:
            return {}
        parts: dict[str, _Part] = {}
        for name, entry in self.mapping(keys[section], f"`{section}`").items():
            self.check_name(name, word, entry[0])
            part = build(name, entry)
            if part is None:
                self.unread.add(name)
            else:
                parts[name] = part
        return parts

    def entity(self, name: str, entry: Entry) -> Entity | None:
        what = f"entity `{name}`"
        keys = self.section(entry, what, _ENTITY, ("key",))
        key = self.key(keys["key"], f"`key` of {what}") if "key" in keys else None
        attributes = self.fields(keys, "attributes", what, with_lookups=False)
        parent = self.parent(keys["parent"], what) if "parent" in keys else None
        from_events = "from_events" in keys and self.truth(keys["from_events"], f"`from_events` of {what}")
        rowless = not (keys.keys() & {"table", "sql"})
        if from_events and not rowless:
            self.report(problems.table_beside_events(what, self.place(keys["from_events"])))
        elif rowless and (keys.keys() & {"attributes", "parent"}):
            self.report(problems.no_rows(what, entry[0], "its attributes and its parent are columns of a table"))
        if key is None:
            return None
        table, sql = self.rows(keys, what, entry[0], required=False)
        places = self.places(entry[0], keys)
        return Entity(name=name, table=table, sql=sql, key=key, attributes=attributes, parent=parent, spans=places)

    def event(self, name: str, entry: Entry) -> Event | None:
        what = f"event `{name}`"
        keys = self.section(entry, what, _EVENT, ("of", "key", "time"))
        of = self.optional_text(keys, "of", what)
        key = self.key(keys["key"], f"`key` of {what}") if "key" in keys else None
        time = self.optional_text(keys, "time", what)
        fields = self.fields(keys, "fields", what, with_lookups=True)
        table, sql = self.rows(keys, what, entry[0])
        if "at" in fields:
            self.report(problems.field_named_at(what, fields["at"].spans[""]))
        if of is None or key is None or time is None:
            return None
        places = self.places(entry[0], keys)
        return Event(name=name, of=of, table=table, sql=sql, key=key, time=time, fields=fields, spans=places)

    def lookup(self, name: str, entry: Entry) -> Lookup | None:
        what = f"lookup `{name}`"
        keys = self.section(entry, what, _LOOKUP, ("key",))
        key = self.key(keys["key"], f"`key` of {what}") if "key" in keys else None
        fields = self.fields(keys, "fields", what, with_lookups=False)
        table, sql = self.rows(keys, what, entry[0])
        if key is None:
            return None
        return Lookup(name=name, table=table, sql=sql, key=key, fields=fields, spans=self.places(entry[0], keys))

    def rows(
        self, keys: dict[str, Entry], what: str, name: Span, required: bool = True
    ) -> tuple[str | None, str | None]:
        """Where the rows are: `table` or `sql`, of which one must be there."""
        table = self.optional_text(keys, "table", what)
        sql = self.optional_text(keys, "sql", what)
        if "table" in keys and "sql" in keys:
            self.report(problems.table_and_sql(what, keys["sql"][0], keys["table"][0]))
        elif required and not (keys.keys() & {"table", "sql"}):
            self.report(problems.no_rows(what, name))
        if sql is not None:
            from segdsl.model.select import SelectError, parse_select

            try:
                parse_select(sql)
            except SelectError as problem:
                self.report(problems.not_one_select(what, str(problem), problem.advice, self.place(keys["sql"])))
        return table, sql

    def key(self, entry: Entry, what: str) -> Key | None:
        """A key column: its name, or a mapping that states its type too."""
        if not isinstance(entry[1], MappingNode):
            column = self.text(entry, what)
            return None if column is None else Key(column=column, spans={"": self.place(entry)})
        keys = self.section(entry, what, ("column", "type"), ("column",))
        column = self.optional_text(keys, "column", what)
        type_ = self.type(keys["type"], what) if "type" in keys else None
        if type_ in (LIST, BOOL):
            self.report(problems.not_a_key(str(type_), self.place(keys["type"])))
        places = self.places(self.place(keys.get("column", entry)), keys)
        return None if column is None else Key(column=column, type=type_, spans=places)

    def parent(self, entry: Entry, what: str) -> Parent | None:
        what = f"`parent` of {what}"
        keys = self.section(entry, what, ("entity", "key"), ("entity", "key"))
        entity = self.optional_text(keys, "entity", what)
        key = self.key(keys["key"], f"`key` of {what}") if "key" in keys else None
        if entity is None or key is None:
            return None
        return Parent(entity=entity, key=key, spans=self.places(entry[0], keys))

    def fields(self, keys: dict[str, Entry], section: str, what: str, with_lookups: bool) -> dict[str, Field]:
        fields: dict[str, Field] = {}
        if section in keys:
            word = "attribute" if section == "attributes" else "field"
            for name, entry in self.mapping(keys[section], f"`{section}` of {what}").items():
                self.check_name(name, word, entry[0])
                fields[name] = self.field(name, entry, f"{word} `{name}` of {what}", with_lookups)
        return fields

    def field(self, name: str, entry: Entry, what: str, with_lookups: bool) -> Field:
        """A field: its type, or a mapping that says more."""
        if not isinstance(entry[1], MappingNode):
            type_ = self.type(entry, what)
            return Field(name=name, column=name, type=type_ or TEXT, spans={"": entry[0], "type": self.place(entry)})
        known = ("column", "type", "values", "lookup") if with_lookups else ("column", "type", "values")
        keys = self.section(entry, what, known)
        column = self.optional_text(keys, "column", what) or name
        stated = self.type(keys["type"], what) if "type" in keys else None
        lookup = self.optional_text(keys, "lookup", what)
        type_ = stated or TEXT
        if "values" in keys:
            type_ = self.closed_set(keys, type_, what)
        elif stated is None and lookup in self.lookups:
            type_ = self.lookups[lookup].key.type or TEXT
        elif "type" not in keys and "lookup" not in keys:
            self.report(problems.missing_key("type", what, entry[0]))
        places = self.places(entry[0], keys)
        return Field(name=name, column=column, type=type_, lookup=lookup, spans=places)

    def closed_set(self, keys: dict[str, Entry], type_: Type, what: str) -> Type:
        found = self.texts(keys["values"], f"`values` of {what}")
        if type_ != TEXT:
            self.report(problems.values_not_text(what, str(type_), self.place(keys["type"])))
        seen: dict[str, Span] = {}
        for value, span in found:
            if value in seen:
                self.report(problems.duplicate_key(value, span, seen[value]))
            seen.setdefault(value, span)
        if not found and not self.diagnostics:
            self.report(problems.wrong_shape(f"`values` of {what}", "at least one text", "none", keys["values"][0]))
        return Type(Kind.TEXT, values=tuple(seen))

    def type(self, entry: Entry, what: str) -> Type | None:
        word = self.text(entry, f"the type of {what}")
        if word is None:
            return None
        found = STATED.get("".join(word.split()))
        if found is None:
            self.report(problems.unknown_type(word, STATED, self.place(entry)))
        return found

    def optional_text(self, keys: dict[str, Entry], key: str, what: str) -> str | None:
        return self.text(keys[key], f"`{key}` of {what}") if key in keys else None

    def tables(self, keys: dict[str, Entry]) -> dict[str, str]:
        if "tables" not in keys:
            return {}
        entries = self.mapping(keys["tables"], "`tables`")
        texts = {name: self.text(entry, f"table `{name}`") for name, entry in entries.items()}
        return {name: text for name, text in texts.items() if text is not None}

    def metrics(self, entry: Entry) -> Metrics:
        keys = self.section(entry, "`metrics`", ("min_size", "params"))
        min_size = self.whole(keys["min_size"], "`min_size`", 0) if "min_size" in keys else 10
        params: dict[str, dict[str, str]] = {}
        for metric, of_metric in (self.mapping(keys["params"], "`params`") if "params" in keys else {}).items():
            entries = self.mapping(of_metric, f"`{metric}`")
            texts = {name: self.text(item, f"`{name}` of metric `{metric}`") for name, item in entries.items()}
            params[metric] = {name: text for name, text in texts.items() if text is not None}
        return Metrics(min_size=min_size, params=params, spans=self.places(entry[0], keys))

    def lint(self, entry: Entry) -> Lint:
        """Which warnings are told, by their codes."""
        keys = self.section(entry, "`lint`", ("select", "extend", "ignore"))
        chosen: dict[str, tuple[str, ...]] = {}
        for name in keys:
            found = self.texts(keys[name], f"`{name}` of `lint`")
            for code, span in found:
                if not (_CODE.fullmatch(code) or (name == "select" and code == "all")):
                    what = f"a member of `{name}` of `lint`"
                    self.report(problems.wrong_shape(what, "a code as `SEG801`", f"`{code}`", span))
            chosen[name] = tuple(code for code, _ in found)
        return Lint(**chosen, spans=self.places(entry[0], keys))

    def history(self, entry: Entry) -> HistoryStore | None:
        """Where runs are saved, if not in a file."""
        keys = self.section(entry, "`history`", ("engine", "schema"), ("engine",))
        engine = self.optional_text(keys, "engine", "`history`")
        schema = self.optional_text(keys, "schema", "`history`") or "segdsl"
        if engine is None:
            return None
        return HistoryStore(engine=engine, schema_name=schema, spans=self.places(entry[0], keys))

    def timezone(self, entry: Entry) -> str | None:
        name = self.text(entry, "`timezone`")
        if name is None:
            return None
        try:
            ZoneInfo(name)
            is_zone = not _OF_COMPUTER.match(name)
        except (KeyError, ValueError, OSError):
            is_zone = False
        if not is_zone:
            known = [zone for zone in available_timezones() if not _OF_COMPUTER.match(zone)]
            self.report(problems.unknown_time_zone(name, known, self.place(entry)))
            return None
        return name

    def as_of(self, entry: Entry, timezone: str | None) -> datetime | date | None:
        """A date, or a wall-clock time of the model's zone."""
        node = entry[1]
        text = node.value.strip() if isinstance(node, ScalarNode) else ""
        if _MOMENT.fullmatch(text):
            try:
                if len(text) == len("2026-01-31"):
                    return date.fromisoformat(text)
                moment = datetime.fromisoformat(text)
                if moment.tzinfo is not None:
                    moment = clock_time(moment, timezone or "UTC")
                return moment
            except (ValueError, OverflowError):
                pass
        self.report(problems.bad_as_of(text, self.place(entry)))
        return None

    def check_name(self, name: str, word: str, span: Span) -> None:
        if not is_name(name):
            self.report(problems.invalid_name(name, word, span))
