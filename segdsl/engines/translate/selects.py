"""The SELECTs of a model's `sql:` in another dialect, with the tables that they read."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sqlglot import exp
from sqlglot.errors import SqlglotError

from segdsl import problems
from segdsl.diagnostics import Span
from segdsl.engines.problem import EngineProblem
from segdsl.engines.sources import Relation, SelectRelation, TableRelation
from segdsl.engines.translate.frames import Columns, Frame, Told, Untranslatable, only, strange
from segdsl.engines.translate.operands import INT_AS_READ, READ_AS, UNSEEN, Operand, Sort, Unlike, of_native, unified
from segdsl.engines.translate.values import Values
from segdsl.model.model import Model
from segdsl.model.schema import PartName, Schema, folded
from segdsl.model.schema import Rows as Described
from segdsl.plan import make_plan
from segdsl.program import Program
from segdsl.sql import Dialect, build, sql_text
from segdsl.sql.expressions import Expressions
from segdsl.sql.rows import Rows

# the columns of a table of the engine, with their types as DuckDB writes them
Describe = Callable[[TableRelation], Mapping[str, str]]
_JOINS = ("", "INNER", "OUTER", "CROSS")
_ROWS = "rows"
_BASE = "segdsl base"
_TABLE: PartName = ("entity", "")


def translated_name(relation: Relation, dialect: Dialect) -> Relation:
    """The name of a table as a dialect reads it; every other relation as it is."""
    if isinstance(relation, TableRelation) and dialect.folds is not None:
        return TableRelation(tuple(map(folded, relation.parts)))
    return relation


def translated(
    relation: Relation, dialect: Dialect, model: Model, what: str, span: Span | None, describe: Describe | None = None
) -> Relation:
    """A relation as a dialect can read it; raises EngineProblem for a SELECT that might mean something else there.

    `describe` tells the columns of a table; where it is left out, nobody knows of what types they are.
    """
    if not isinstance(relation, SelectRelation) or dialect.own_select:
        return translated_name(relation, dialect)
    named = {name: translated_name(inner, dialect) for name, inner in relation.named.items()}
    natives: dict[str, Mapping[str, str]] = {}
    if describe is not None:
        natives = {name: describe(inner) for name, inner in named.items() if isinstance(inner, TableRelation)}
    try:
        select = _Selects(dialect, model, natives).translated(relation.select)
        sql_text(select, dialect)
    except (Untranslatable, SqlglotError) as error:
        reason = next(iter(str(error).strip().splitlines()), "")
        raise EngineProblem([problems.not_translatable(what, dialect.name, reason, span)]) from None
    return SelectRelation(select, named)


class _Selects:
    """The SELECTs of one `sql:`."""

    def __init__(self, dialect: Dialect, model: Model, natives: Mapping[str, Mapping[str, str]]) -> None:
        self.dialect, self.model, self.natives = dialect, model, natives
        self.plan = make_plan(Program({}, {}), [])
        self.expressions = Expressions(self.plan, dialect, None, model.timezone)
        self.values = Values(self.expressions, self._rows(None), self._inner)
        # the types of the columns of each table where it stands; a node notes which it is, and so do its copies
        self.bases: list[Mapping[str, str]] = []
        self.withs: dict[str, Columns] = {}
        self.unnamed = 0

    def _rows(self, natives: Mapping[str, str] | None) -> Rows:
        tables = {} if natives is None else {_TABLE: Described(natives, build.table(_ROWS))}
        return Rows(self.model, Schema(tables), self.plan, self.expressions)

    def translated(self, select: exp.Query) -> exp.Query:
        """The whole; raises Untranslatable."""
        select = select.copy()
        for each in list(select.find_all(exp.Select)):
            _spell_groups(each)
        self._query(select, None)
        for table in list(select.find_all(exp.Table)):
            if _BASE in table.meta:
                self._read_columns(table)
        return select

    # ------------------------------------------------------------ base tables

    def _read_columns(self, table: exp.Table) -> None:
        """Has a table stand as a SELECT in which columns that are looked at are read as the language reads them."""
        number = table.meta[_BASE]
        natives = self.bases[number]
        read = {name: self._read(natives, name) for name in natives if (number, name) in self.values.uses.used}
        if all(isinstance(value, exp.Column) for value in read.values()):
            return
        found = [build.alias(read.get(name, build.column(name, _ROWS)), name) for name in natives]
        inner = table.copy()
        inner.set("alias", exp.TableAlias(this=build.name(_ROWS)))
        alias = table.args.get("alias") or exp.TableAlias(this=table.this.copy())
        table.replace(exp.Subquery(this=build.select(*found).from_(inner, copy=False), alias=alias.copy()))

    def _read(self, natives: Mapping[str, str], name: str) -> exp.Expr:
        sort = of_native(natives[name], self.dialect).sort
        type_ = INT_AS_READ if sort is Sort.INT and self.dialect.decimals is not None else READ_AS.get(sort)
        if type_ is None:
            return build.column(name, _ROWS)
        value = self._rows(natives).typed(_TABLE, name, _ROWS, type_)
        # a type that is seen from outside as well
        return self.expressions.cast(value, type_.kind) if type_ is INT_AS_READ else value

    # ------------------------------------------------------------ queries

    def _inner(self, node: exp.Expr, outer: Frame) -> tuple[exp.Expr, Columns]:
        return node, self._query(node, outer)

    def _query(self, node: exp.Expr, outer: Frame | None) -> Columns:
        """Writes a query anew in its place; the columns that it gives."""
        before = dict(self.withs)
        try:
            match node:
                case exp.Subquery():
                    only(node, "this", "alias")
                    return self._query(node.this, outer)
                case exp.Union():
                    only(node, "this", "expression", "distinct", "with_", "order", "limit")
                    return self._union(node, outer)
                case exp.Select():
                    only(
                        node, "expressions", "distinct", "with_", "from_", "joins", "where", "group", "having", "order",
                        "limit",
                    )  # fmt: skip
                    return self._select(node, outer)
                case _:
                    raise strange(node)
        finally:
            self.withs = before

    def _with(self, node: exp.Expr, outer: Frame | None) -> None:
        around = node.args.get("with_")
        if around is None:
            return
        only(around, "expressions")
        for each in around.expressions:
            only(each, "this", "alias", "materialized")
            _no_columns(each)
            self.withs[each.alias.casefold()] = self._query(each.this, outer)

    def _union(self, node: exp.Union, outer: Frame | None) -> Columns:
        self._with(node, outer)
        both = [self._query(side, outer) for side in (node.this, node.expression)]
        is_open = any(each.is_open for each in both)
        found: dict[str, Operand] = {}
        rows = zip(*(each.names.items() for each in both), strict=False)
        for (name, one), (_, other) in () if is_open else rows:
            try:
                found[name] = unified((one, other))
            except Unlike as unlike:
                raise Untranslatable(f"{unlike} stand in one column `{name}` of a UNION") from None
            self.values.uses.used |= one.bases | other.bases
        columns = Columns(found, is_open)
        if node.args.get("distinct"):
            self._distinct(columns)
        self._end(node, Frame({"": columns}))
        return columns

    def _select(self, node: exp.Select, outer: Frame | None) -> Columns:
        self._with(node, outer)
        frame = Frame(outer=outer)
        if node.args.get("from_") is not None:
            only(node.args["from_"], "this")
            self._source(node.args["from_"].this, frame)
        for join in node.args.get("joins") or ():
            self._join(join, frame)
        if (where := node.args.get("where")) is not None:
            where.set("this", self.values.condition(where.this, frame))
        self._group(node, frame)
        columns = self._projections(node, frame)
        if (having := node.args.get("having")) is not None:
            having.set("this", self.values.condition(having.this, frame))
        if (distinct := node.args.get("distinct")) is not None:
            if distinct.args.get("on"):
                raise Untranslatable("`DISTINCT ON` may mean something else there")
            self._distinct(columns)
        self._end(node, frame)
        return columns

    def _end(self, node: exp.Expr, frame: Frame) -> None:
        """ORDER BY and LIMIT."""
        if (order := node.args.get("order")) is not None:
            only(order, "expressions")
            for each in order.expressions:
                self._order(each, frame, is_union=isinstance(node, exp.Union))
        limit = node.args.get("limit")
        if limit is not None and not isinstance(limit.expression, exp.Literal):
            raise strange(limit)

    def _order(self, node: exp.Expr, frame: Frame, is_union: bool) -> None:
        of = node.this
        own = frame.results.get(of.name.casefold()) if isinstance(of, exp.Column) and not of.table else None
        if own is None and not isinstance(of, exp.Column):
            raise Untranslatable(f"`ORDER BY {of.sql(dialect='duckdb')}`: order by a column")
        if own is None:
            node.replace(self.values.order(node, frame))
        elif self.values.uses.ordered(own) is not own.tree and not (is_union or isinstance(own.tree, exp.Column)):
            node.set("this", self.values.uses.ordered(own).copy())

    def _distinct(self, columns: Columns) -> None:
        for name, operand in columns.names.items():
            self.values.uses.grouped(Told(exp.column(name), operand))
        if columns.is_open:
            self.values.uses.grouped(Told(exp.column("*"), UNSEEN))

    # ------------------------------------------------------------ tables

    def _join(self, node: exp.Join, frame: Frame) -> None:
        if node.method or node.side not in ("", "LEFT") or node.kind not in _JOINS:
            raise strange(node)
        only(node, "this", "on", "side", "kind")
        self._source(node.this, frame)
        if (on := node.args.get("on")) is not None:
            node.set("on", self.values.condition(on, frame))

    def _source(self, node: exp.Expr, frame: Frame) -> None:
        match node:
            case exp.Table(this=exp.Identifier()):
                only(node, "this", "db", "catalog", "alias")
                _no_columns(node)
                frame.sources[node.alias_or_name.casefold()] = self._table(node)
            case exp.Subquery():
                _no_columns(node)
                if not node.alias:  # some engines ask for a name
                    self.unnamed += 1
                    node.set("alias", exp.TableAlias(this=build.name(f"unnamed_{self.unnamed}")))
                frame.sources[node.alias.casefold()] = self._query(node, frame.outer)
            case _:
                raise strange(node)

    def _table(self, node: exp.Table) -> Columns:
        if len(node.parts) == 1 and node.name.casefold() in self.withs:
            return self.withs[node.name.casefold()]
        natives = self.natives.get(".".join(part.name for part in node.parts))
        if natives is None:
            return Columns(is_open=True)
        number = node.meta[_BASE] = len(self.bases)
        self.bases.append(natives)
        return Columns({name.casefold(): self._column(number, name, native) for name, native in natives.items()})

    def _column(self, number: int, name: str, native: str) -> Operand:
        found = of_native(native, self.dialect)
        return Operand(found.sort, frozenset({(number, name)}), found.scale, native)

    # ------------------------------------------------------------ what a SELECT gives

    def _projections(self, node: exp.Select, frame: Frame) -> Columns:
        columns = Columns()
        written: list[exp.Expr] = []
        results: dict[str, Told] = {}
        for item in node.expressions:
            of = item.unalias()
            star = of.this if isinstance(of, exp.Column) else of
            if isinstance(star, exp.Star):
                _add_star(of, star, frame, columns)
                written.append(item)
                continue
            told = self.values.of(of, frame)
            name = item.alias_or_name
            if isinstance(item, exp.Alias):
                written.append(exp.Alias(this=told.tree, alias=item.args["alias"].copy()))
            else:
                keeps_name = isinstance(of, exp.Column) and isinstance(told.tree, exp.Column)
                written.append(told.tree if keeps_name or not name else build.alias(told.tree, name))
            columns.names.setdefault(name.casefold(), told.is_)
            results[name.casefold()] = told
        node.set("expressions", written)
        frame.results = results
        return columns

    def _group(self, node: exp.Select, frame: Frame) -> None:
        group = node.args.get("group")
        if group is None:
            return
        only(group, "expressions")
        items = {item.alias.casefold(): item.this for item in node.expressions if isinstance(item, exp.Alias)}
        found: list[exp.Expr] = []
        for each in group.expressions:
            named = items.get(each.name.casefold()) if isinstance(each, exp.Column) and not each.table else None
            if isinstance(each, exp.Literal):
                named = _at_place(node, each)
            elif named is not None and isinstance(named, exp.Column) and named.name.casefold() == each.name.casefold():
                named = None
            elif named is not None and frame.column(each.name.casefold(), "") is not None:
                raise Untranslatable(
                    f"`GROUP BY {each.name}` may be a column or the result of that name: give the result another name"
                )
            found.append(self.values.uses.grouped(self.values.of(each if named is None else named, frame)))
        group.set("expressions", found)


def _no_columns(node: exp.Expr) -> None:
    """Raises Untranslatable for `AS name (column, …)`, which some engines have not."""
    alias = node.args.get("alias")
    if alias is not None and alias.args.get("columns"):
        raise Untranslatable("names of columns in brackets behind a table are not said everywhere: use AS")


def _add_star(of: exp.Expr, star: exp.Star, frame: Frame, columns: Columns) -> None:
    if any(star.args.values()):
        raise Untranslatable("`* EXCLUDE` and `* REPLACE` are not said in every dialect: name the columns")
    table = of.table.casefold() if isinstance(of, exp.Column) else ""
    for name, source in frame.sources.items():
        if not table or name == table:
            columns.is_open |= source.is_open
            for column, operand in source.names.items():
                columns.names.setdefault(column, operand)


def _at_place(node: exp.Select, place: exp.Literal) -> exp.Expr:
    """The value that `GROUP BY 1` means."""
    number = int(place.this) if not place.is_string and place.this.isdecimal() else 0
    if not 0 < number <= len(node.expressions) or any(item.is_star for item in node.expressions):
        raise strange(place)
    found: exp.Expr = node.expressions[number - 1].unalias()
    return found


def _spell_groups(select: exp.Select) -> None:
    """`GROUP BY ALL` as what it stands for."""
    group = select.args.get("group")
    if group is None or not group.args.get("all"):
        return
    plain = [item.unalias().copy() for item in select.expressions if item.find(exp.AggFunc) is None]
    if any(isinstance(item, exp.Star) or item.find(exp.Window) for item in plain):
        raise Untranslatable("`GROUP BY ALL` beside `*` or a window")
    select.set("group", exp.Group(expressions=plain) if plain else None)
