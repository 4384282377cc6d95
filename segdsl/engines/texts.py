"""What columns of files are that nobody states: told by their first rows, and read strictly in all.

DuckDB's own reader decides once for a column what its values are, and takes all later ones for the same: the zeros of
`007` are gone, `1.5` is 2, the offset of a time is dropped. So the values are texts, and each is made what the column
is by itself; one that cannot be is an error.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from sqlglot import exp

from segdsl.engines.engine import Engine
from segdsl.engines.sources import SAMPLE, FileRelation, ReadAs, relation_tree
from segdsl.sql import build
from segdsl.sql.dialects.dialect import ZONE_AT_END
from segdsl.sql.dialects.duckdb import DUCKDB, READ_INSTANT
from segdsl.sql.wrong import NO_DAY, NO_ISO, NO_WHOLE, wrong

_WHOLE = r"^ *-?(0|[1-9][0-9]*) *$"
# a key that is stated as a number may have zeros in front, or a point without digits behind it
_STATED_WHOLE = r"^ *[+-]?[0-9]+([.]0*)? *$"
# what a DOUBLE holds without a loss
_POINTED_WHOLE = r"^ *-?(0|[1-9][0-9]{0,14})([.]0*)? *$"
_DAY = r"^ *[0-9]{4}-[0-9]{1,2}-[0-9]{1,2} *$"
_ZONE = r"( ?([Zz]|[+-]\d\d(:?\d\d)?|[A-Z]{3,4}|[A-Z][A-Za-z]+/[A-Za-z_/+-]+))?"
MOMENT = rf"^ *\d{{4}}-\d\d?-\d\d?([ T]\d\d?:\d\d(:\d\d([.]\d+)?)?{_ZONE})? *$"
_FITTING = "CASE WHEN NOT REGEXP_MATCHES(:x, :form) THEN CAST(:wrong || :x AS {type}) ELSE CAST(:x AS {type}) END"
_INSTANT = "TIMESTAMP WITH TIME ZONE"
# a day that is stated to be one: a clock behind it is cut off
STATED_DAY = "day"
TEMPORAL = ("DATE", "TIMESTAMP", _INSTANT)
_INTEGERS = ("BIGINT", "HUGEINT")


def value_of(column: str, type_: str, zone: str, form: str | None = None) -> exp.Expr:
    """The value of a type of DuckDB that the text of a column is, strictly; `zone` is that of times without one."""
    holes: dict[str, exp.Expr] = {"x": build.column(column), "zone": build.text(zone)}
    match type_:
        case "TIMESTAMP":
            template, why = DUCKDB.structures["read timestamp of text"], NO_ISO
        case "TIMESTAMP WITH TIME ZONE":
            template, why = READ_INSTANT, NO_ISO
        case "day":
            template, why, form = DUCKDB.structures["read date of text"], NO_ISO, None
        case "DATE":
            template, why, form = _FITTING.format(type=type_), NO_DAY, _DAY
        case _ if form is not None:
            template, why = _FITTING.format(type=type_), NO_WHOLE
        case _:
            return build.cast(build.column(column), type_, DUCKDB.grammar)
    holes["wrong"] = build.text(wrong(column, why))
    if form is not None:
        holes["form"] = build.text(form)
    return build.fill(template, holes)


def stated_key(column: str) -> exp.Expr:
    """The whole number that the text of a key is, which is stated to be one."""
    return value_of(column, "BIGINT", "", _STATED_WHOLE)


def values_of(
    file: FileRelation,
    natives: Mapping[str, str],
    keys: frozenset[str],
    zone: str,
    engine: Engine,
    types: Mapping[str, str] = MappingProxyType({}),
) -> dict[str, exp.Expr]:
    """The values of those columns of a file that are no texts, by their first rows; `natives` is what DuckDB takes them
    for, `keys` are those that hold keys, `types` is as what JSON is read. Raises EngineProblem."""
    forms = {name: _forms(native, name in keys) for name, native in natives.items()}
    fitting = _fitting(file, {name: form for name, form in forms.items() if form}, engine, types)
    found: dict[str, exp.Expr] = {}
    for name, native in natives.items():
        if not fitting.get(name, (native != "VARCHAR",))[0]:
            continue
        type_, form = native, None
        if forms[name][:1] == (MOMENT,):
            type_ = _INSTANT if fitting[name][1] else "TIMESTAMP"
        elif forms[name]:
            form = forms[name][0]
        found[name] = value_of(name, type_, zone, form)
    return found


def _forms(native: str, is_key: bool) -> tuple[str, ...]:
    """The forms that the first values of a column are asked for: the first is one that all of them need to have."""
    if native in _INTEGERS:
        return (_WHOLE,)
    if native in ("DATE", STATED_DAY):
        return (_DAY,)
    # a column with some offsets is a text for DuckDB
    if native in TEMPORAL or (native == "VARCHAR" and not is_key):
        return (MOMENT, ZONE_AT_END)
    return (_POINTED_WHOLE,) if is_key and native == "DOUBLE" else ()


def _fitting(
    file: FileRelation, forms: Mapping[str, tuple[str, ...]], engine: Engine, types: Mapping[str, str]
) -> dict[str, tuple[bool, ...]]:
    """Whether the first values of columns all have forms."""
    asked = [(name, form) for name, of_column in forms.items() for form in of_column]
    if not asked:
        return {}
    first = exp.select(*map(build.column, forms)).from_(relation_tree(file, lambda _: ReadAs(types))).limit(SAMPLE)
    tests: list[exp.Expr] = [
        exp.LogicalAnd(this=exp.RegexpLike(this=build.column(name), expression=build.text(form)))
        for name, form in asked
    ]
    select = exp.select(*(build.alias(test, f"v{number}") for number, test in enumerate(tests)))
    select = select.from_(first.subquery("first"))
    (row,) = engine.fetch(select.sql(dialect=DUCKDB.grammar), f"file `{file.paths[0]}`")
    found: dict[str, tuple[bool, ...]] = dict.fromkeys(forms, ())
    for (name, _), value in zip(asked, row, strict=True):
        found[name] = (*found[name], bool(value))
    return found
