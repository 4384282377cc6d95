"""Where rows are: the text of a `table:` or `sql:` to a typed value, and that to what stands in FROM."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property, reduce
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from segdsl import problems
from segdsl.diagnostics import Diagnostic, Span
from segdsl.engines.files import expand_variables, find_files, is_file_like, literal
from segdsl.engines.heads import Form, Head, heads_of
from segdsl.engines.problem import EngineProblem

if TYPE_CHECKING:
    from sqlglot import exp

# the rows of a CSV that tell what its columns are, where nobody says so
SAMPLE = 100_000
_ALL = 2**31 - 1

Format = Literal["csv", "parquet", "json"]


@dataclass(frozen=True)
class FileRelation:
    """Files of one format, as absolute paths and globs that DuckDB understands."""

    paths: tuple[str, ...]
    format: Format
    many: bool = False

    @cached_property
    def heads(self) -> tuple[tuple[str, Head], ...]:
        """The CSV files among them that have a line, and what their first lines say."""
        return tuple(heads_of(self.paths)) if self.format == "csv" else ()

    @cached_property
    def forms(self) -> Mapping[Form, Sequence[str]]:
        """The forms of CSV files, each with its files: most often one, none where no file has a line."""
        found: dict[Form, list[str]] = {}
        for file, head in self.heads:
            found.setdefault(head.form, []).append(file)
        return found


@dataclass(frozen=True)
class TableRelation:
    """A table or view of the engine: its name, with its schema before it where that is not the usual one."""

    parts: tuple[str, ...]


@dataclass(frozen=True)
class SelectRelation:
    """One SELECT, and what the names in it stand for that are not tables of the engine."""

    select: exp.Query
    named: Mapping[str, Relation] = field(default_factory=dict)


Relation = FileRelation | TableRelation | SelectRelation


@dataclass(frozen=True)
class ReadAs:
    """As what the columns of a file are read. Those of a CSV are texts; those of JSON are what `types` say of all of
    them, or else what DuckDB takes them for, by all rows where it `is_searched`. Files that say nothing, as they have
    no rows, are read as empty, with the columns of `types`. In place of some columns stand `values`, which are made of
    them."""

    types: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, exp.Expr] = field(default_factory=dict)
    is_searched: bool = False
    is_empty: bool = False


SEARCHED = ReadAs(is_searched=True)

# for a file as what its columns are read; None where DuckDB is to guess what they are
Types = Callable[[FileRelation], ReadAs | None]


@dataclass(frozen=True)
class Scope:
    """Where names are looked up: the catalog's folder, the model's `tables`, the engine's tables, the environment."""

    folder: Path
    tables: Mapping[str, str] = field(default_factory=dict)
    registered: frozenset[str] = frozenset()
    database: Iterable[tuple[str, str]] | None = ()  # schema and name; None where nobody can say
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ)
    has_files: bool = True  # whether a name may stand for a file
    place: str = ""  # what the engine is called that has tables of its own alone

    def find_table(self, parts: tuple[str, ...]) -> TableRelation | None:
        """The engine's table of a name, in whatever letter case."""
        if len(parts) == 1 and parts[0] in self.registered:
            return TableRelation(parts)
        if self.database is None:
            return TableRelation(parts)
        folded = tuple(part.casefold() for part in (("main", *parts) if len(parts) == 1 else parts))
        for schema, name in self.database:
            if (schema.casefold(), name.casefold()) == folded:
                return TableRelation((name,) if schema == "main" else (schema, name))
        return None

    @property
    def known(self) -> list[str]:
        """All names that can stand for a table."""
        in_database = [name if schema == "main" else f"{schema}.{name}" for schema, name in self.database or ()]
        return [*self.tables, *sorted(self.registered), *in_database]


def resolve_table(text: str, scope: Scope, what: str, span: Span | None = None) -> Relation:
    """What a `table:` names; raises `EngineProblem` where it is not there."""
    if text in scope.registered:
        return TableRelation((text,))
    if text in scope.tables:
        return _resolve_place(scope.tables[text], scope, f"table `{text}`", span)
    return _resolve_place(text, scope, what, span)


def resolve_select(text: str, scope: Scope, what: str, span: Span | None = None) -> SelectRelation:
    """The SELECT of a `sql:` with its names looked up; raises `EngineProblem` for all that are not there."""
    from segdsl.model.select import SelectError, parse_select

    try:
        select = parse_select(text)
    except SelectError as error:
        raise EngineProblem([problems.not_one_select(what, str(error), error.advice, span)]) from None
    named: dict[str, Relation] = {}
    found: dict[str, Diagnostic] = {}
    tables = {name.casefold(): name for name in reversed(list(scope.tables))}
    for table in free_tables(select):
        parts = tuple(part.name for part in table.parts)
        shown = ".".join(parts)
        if shown in named or shown in found:
            continue
        try:
            if len(parts) == 1 and parts[0] not in scope.registered and parts[0].casefold() in tables:
                named[shown] = resolve_table(tables[parts[0].casefold()], scope, what, span)
            elif (relation := scope.find_table(parts)) is not None:
                named[shown] = relation
            else:
                found[shown] = problems.unknown_table(shown, what, scope.known, span)
        except EngineProblem as problem:
            found[shown] = problem.diagnostics[0]
    if found:
        raise EngineProblem(found.values())
    return SelectRelation(select, named)


def files_of(relation: Relation) -> list[FileRelation]:
    """The files that a relation reads."""
    match relation:
        case FileRelation():
            return [relation]
        case SelectRelation(named=named):
            return [file for inner in named.values() for file in files_of(inner)]
        case TableRelation():
            return []


def paths_named(names: Iterable[str], scope: Scope) -> Iterator[tuple[str, str]]:
    """The names of tables that are files, each with its absolute path or glob; those that cannot be found are left out,
    as that is told where they are needed."""
    for name in names:
        with suppress(EngineProblem):
            for file in files_of(resolve_table(name, scope, f"table `{name}`")):
                yield from ((name, path) for path in file.paths)


def relation_tree(relation: Relation, types: Types = lambda _: None) -> exp.Expr:
    """What stands in FROM for a relation; `types` says as what the columns of its files are read."""
    from sqlglot import exp

    match relation:
        case FileRelation():
            return _file_tree(relation, types(relation))
        case TableRelation(parts=parts):
            names = [exp.to_identifier(part, quoted=True) for part in parts]
            return exp.Table(**dict(zip(("this", "db", "catalog"), reversed(names), strict=False)))
        case SelectRelation(select=select, named=named):
            select = select.copy()
            for table in free_tables(select):
                parts = tuple(part.name for part in table.parts)
                alias = table.args.get("alias") or exp.TableAlias(this=exp.to_identifier(parts[-1], quoted=True))
                filled = relation_tree(named[".".join(parts)], types)
                for arg in ("this", "db", "catalog"):
                    table.set(arg, filled.args.get(arg))
                table.set("alias", alias)
            return exp.Subquery(this=select)


def _resolve_place(text: str, scope: Scope, what: str, span: Span | None) -> Relation:
    """A file, a glob, or a table of the engine."""
    expanded = expand_variables(text, scope.environment, span)
    if scope.place and is_file_like(expanded, scope.folder):
        raise EngineProblem([problems.file_elsewhere(text, what, scope.place, span)])
    parts = _table_parts(expanded)
    if not scope.has_files or not is_file_like(expanded, scope.folder):
        relation = scope.find_table((expanded,)) or scope.find_table(parts)
        if relation is not None and (scope.database is not None or parts == relation.parts):
            return relation
        if scope.database is None:
            return TableRelation(parts)
        raise EngineProblem([problems.unknown_table(expanded, what, scope.known, span)])
    paths, format_, many = find_files(expanded, scope.folder, what, span)
    return FileRelation(paths, format_, many)


def _table_parts(text: str) -> tuple[str, ...]:
    """A dotted name in parts; dots inside double quotes stay."""
    if re.fullmatch(r'(?:"(?:[^"]|"")+"|[^".]+)(?:\.(?:"(?:[^"]|"")+"|[^".]+))*', text):
        found = re.findall(r'"((?:[^"]|"")+)"|([^".]+)', text)
        return tuple(quoted.replace('""', '"') if quoted else plain for quoted, plain in found)
    return (text,)


def free_tables(select: exp.Expr) -> list[exp.Table]:
    """The tables in a SELECT that are neither functions nor its own WITH names."""
    from sqlglot import exp

    return [
        table
        for table in select.find_all(exp.Table)
        if isinstance(table.this, exp.Identifier) and not (len(table.parts) == 1 and _is_with_name(table))
    ]


def _is_with_name(table: exp.Table) -> bool:
    """Whether a name means the query that a WITH around it gives that name."""
    from sqlglot import exp

    name = table.name.casefold()
    inside: exp.Expr = table
    while (around := inside.parent) is not None:
        if isinstance(around, exp.With):
            # a WITH query sees those before it, and itself only where it is recursive
            index = next(i for i, cte in enumerate(around.expressions) if cte is inside)
            visible = around.expressions[: index + 1 if around.recursive else index]
            if name in {cte.alias.casefold() for cte in visible}:
                return True
            inside = around.parent or around
            continue
        if name in {cte.alias.casefold() for cte in getattr(around, "ctes", ())}:
            return True
        inside = around
    return False


def _file_tree(relation: FileRelation, read_as: ReadAs | None) -> exp.Table:
    """The rows of files, with values in place of some columns."""
    from sqlglot import exp

    reader = exp.Table(this=_reader(relation, read_as))
    if read_as is None or not read_as.values:
        return reader
    replaced = [exp.alias_(value.copy(), name, quoted=True) for name, value in read_as.values.items()]
    select = exp.select(exp.Star(replace=replaced)).from_(reader)
    return exp.Table(this=exp.Subquery(this=select))


def _reader(relation: FileRelation, read_as: ReadAs | None) -> exp.Expr:
    """The table function that reads files, or the rows of several, where not all are of one form."""
    from sqlglot import exp

    if relation.format != "csv":
        return _function(relation, relation.paths, read_as)
    if len(relation.forms) < 2:
        form = next(iter(relation.forms), Form())
        return _function(relation, relation.paths, read_as, _csv_form(form))
    readers: list[exp.Query] = [
        exp.select("*").from_(exp.Table(this=_function(relation, tuple(map(literal, files)), read_as, _csv_form(form))))
        for form, files in relation.forms.items()
    ]
    return exp.Subquery(this=reduce(_with_rows_of, readers[1:], readers[0]))


def _with_rows_of(rows: exp.Query, others: exp.Query) -> exp.Query:
    from sqlglot import exp

    return exp.Union(this=rows, expression=others, distinct=False, by_name=True)


def _function(
    relation: FileRelation, paths: Iterable[str], read_as: ReadAs | None, form: Iterable[exp.Expr] = ()
) -> exp.Expr:
    from sqlglot import exp

    arguments: list[exp.Expr] = [exp.Array(expressions=[exp.Literal.string(path) for path in paths])]
    if relation.many:
        arguments.append(named("union_by_name", exp.true()))
    arguments.extend(form)
    if relation.format == "csv":
        guessed = named("sample_size", exp.Literal.number(SAMPLE))
        arguments.append(guessed if read_as is None else named("all_varchar", exp.true()))
    if read_as is not None and read_as.types:
        entries = [
            exp.PropertyEQ(this=exp.to_identifier(name, quoted=True), expression=exp.Literal.string(type_))
            for name, type_ in read_as.types.items()
        ]
        arguments.append(named("columns", exp.Struct(expressions=entries)))
        if relation.format == "csv":
            arguments.append(named("auto_detect", exp.false()))
        elif read_as.is_empty:
            arguments.append(named("records", exp.true()))  # else `{}` is a text, where there is one column
    if read_as is not None and read_as.is_searched:
        # many keys that are alike would be one column, a MAP
        for name in ("sample_size", "maximum_sample_files", "map_inference_threshold"):
            arguments.append(named(name, exp.Literal.number(_ALL if name == "maximum_sample_files" else -1)))
    return exp.Anonymous(this=f"read_{relation.format}", expressions=arguments)


def with_values(file: FileRelation) -> exp.Query:
    """A row, if JSON files hold anything but objects without keys."""
    from sqlglot import exp

    paths = exp.Array(expressions=[exp.Literal.string(path) for path in file.paths])
    keys, type_ = (exp.Anonymous(this=name, expressions=[exp.column("json")]) for name in ("json_keys", "json_type"))
    has_keys = exp.GT(this=exp.Anonymous(this="len", expressions=[keys]), expression=exp.Literal.number(0))
    is_object = exp.In(this=type_, expressions=[exp.Literal.string("OBJECT"), exp.Literal.string("NULL")])
    rows = exp.Table(this=exp.Anonymous(this="read_json_objects", expressions=[paths]))
    return exp.select("1").from_(rows).where(exp.or_(exp.not_(is_object), has_keys)).limit(1)


def _csv_form(form: Form) -> Iterator[exp.Expr]:
    """What a CSV is like that DuckDB would else tell from its first rows: later ones may have the first quotes, `#` at
    their start, which is no comment, or other columns, which then are an error. The model names columns, so there is a
    first line that names them too."""
    from sqlglot import exp

    quote = exp.Literal.string('"')
    yield named("header", exp.true())
    yield named("quote", quote)
    yield named("escape", quote.copy())
    yield named("comment", exp.Literal.string(""))
    yield named("skip", exp.Literal.number(form.skipped))
    yield named("strict_mode", exp.true())
    yield named("null_padding", exp.false())
    if form.delimiter is not None:
        yield named("delim", exp.Literal.string(form.delimiter))


def named(name: str, value: exp.Expr) -> exp.Expr:
    """An argument of a function by its name."""
    from sqlglot import exp

    return exp.EQ(this=exp.column(name), expression=value)
