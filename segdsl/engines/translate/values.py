"""The values of a model's `sql:` in another dialect: each is written by what its operands are, or refused."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

from sqlglot import exp

from segdsl.engines.translate.casts import Casts
from segdsl.engines.translate.comparisons import Comparisons
from segdsl.engines.translate.frames import Frame, Inner, Told, Untranslatable, only, quoted, strange
from segdsl.engines.translate.operands import MOMENTS, NULL, TRUTH, UNSEEN, WHOLE, Operand, Sort, Unlike, unified
from segdsl.engines.translate.uses import Uses
from segdsl.functions import DIGITS, operator
from segdsl.sql import build
from segdsl.sql.expressions import Expressions
from segdsl.sql.rows import Rows
from segdsl.types import DECIMAL, Kind

COMPARISONS = (exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE)
CONDITIONS = (*COMPARISONS, exp.And, exp.Or, exp.Not, exp.Is, exp.In, exp.Between, exp.Exists)
_RANKS = (exp.RowNumber, exp.Rank, exp.DenseRank)
_LONGEST = 18  # digits of a whole number


class Values:
    """The values of one `sql:`; `inner` writes a SELECT inside it."""

    def __init__(self, expressions: Expressions, rows: Rows, inner: Inner) -> None:
        self.expressions, self.inner = expressions, inner
        self.dialect = expressions.dialect
        self.uses = Uses(expressions)
        self.casts = Casts(self.uses, rows)
        self.comparisons = Comparisons(self.uses, self.casts)

    def of(self, node: exp.Expr, frame: Frame) -> Told:
        """A value; raises Untranslatable."""
        match node:
            case exp.Paren():
                inner = self.of(node.this, frame)
                return Told(exp.Paren(this=inner.tree), inner.is_)
            case exp.Column():
                return self._column(node, frame)
            case exp.Literal():
                return self._literal(node)
            case exp.Null():
                return Told(exp.Null(), NULL)
            case exp.Boolean():
                return Told(node.copy(), TRUTH)
            case exp.Neg() | exp.Abs():
                only(node, "this")
                return self._signed(node, self.of(node.this, frame))
            case exp.Add() | exp.Sub() | exp.Mul():
                only(node, "this", "expression")
                return self._arithmetic(node, self.of(node.this, frame), self.of(node.expression, frame))
            case exp.Date() | exp.Cast() if not isinstance(node, exp.TryCast):
                return self.casts.cast(node, self.of(node.this, frame))
            case exp.Case() | exp.If():
                return self._case(node, frame)
            case exp.Coalesce():
                only(node, "this", "expressions")
                told = self._together([self.of(item, frame) for item in (node.this, *node.expressions)])
                return Told(build.coalesce(*(each.tree for each in told)), _one(told))
            case exp.Nullif():
                one, other = self.of(node.this, frame), self.of(node.expression, frame)
                left, right = self.comparisons.aligned(one, other, exp.EQ)
                return Told(exp.Nullif(this=self.uses.grouped(left), expression=right.tree), left.is_)
            case exp.Count() | exp.Sum() | exp.Min() | exp.Max():
                return self._narrow(node, self._aggregate(node, frame))
            case exp.Window():
                return self._window(node, frame)
            case exp.DPipe() | exp.Trim() | exp.Length() | exp.Extract() | exp.Year() | exp.Month() | exp.Day():
                return self._function(node, frame)
        if not isinstance(node, CONDITIONS):
            raise strange(node)
        if not self.dialect.truths:
            raise Untranslatable(f"{quoted(node)} is a condition, which is no value there: write CASE WHEN")
        return Told(self.condition(node, frame, holds=False), TRUTH)

    def _column(self, node: exp.Column, frame: Frame) -> Told:
        only(node, "this", "table")
        if isinstance(node.this, exp.Star):
            raise strange(node)
        name, table = node.name.casefold(), node.table.casefold()
        around: Frame | None = frame
        while around is not None:
            own = around.results.get(name) if not table else None
            found = around.column(name, table)
            if own is not None and (found is None or found is UNSEEN):
                return Told(build.wrap(own.tree.copy()), own.is_)
            if found is not None:
                return Told(node.copy(), found)
            around = around.outer
        raise Untranslatable(f"no table in it has a column {quoted(node)}, and the name of a result is not read there")

    def _literal(self, node: exp.Literal) -> Told:
        if node.is_string:
            return Told(build.text(node.this), Operand(Sort.TEXT))
        if not re.fullmatch(r"\d*\.?\d*", node.this) or len(node.this) > _LONGEST:
            raise Untranslatable(f"{quoted(node)} is a floating-point number, or longer than {_LONGEST} digits")
        value = Decimal(node.this)
        scale = -int(value.as_tuple().exponent)
        if "." not in node.this:
            return Told(build.number(int(value)), WHOLE)
        if self.dialect.decimals is not None or scale > DIGITS:
            raise Untranslatable(f"{quoted(node)} is no exact number there")
        return Told(self.expressions.decimal(value), Operand(Sort.DECIMAL, scale=scale))

    def _signed(self, node: exp.Expr, told: Told) -> Told:
        self.uses.number(told)
        return Told(type(node)(this=build.wrap(told.tree)), Operand(told.is_.sort, scale=told.is_.scale))

    def _arithmetic(self, node: exp.Expr, left: Told, right: Told) -> Told:
        sorts = {self.uses.number(told).is_.sort for told in (left, right)}
        one, other = left.is_.scale, right.is_.scale
        is_product = isinstance(node, exp.Mul)
        if one is None or other is None:
            scale = None
        else:
            scale = one + other if is_product else max(one, other)
        if scale is not None and scale > DIGITS:
            raise Untranslatable(f"{quoted(node)} has more than {DIGITS} digits after the point")
        sort = Sort.INT if sorts == {Sort.INT} else Sort.DECIMAL
        word = "*" if is_product else "+" if isinstance(node, exp.Add) else "-"
        row = operator(word, "int" if is_product and sort is Sort.INT else "")
        trees = (
            [left.tree, right.tree] if sort is Sort.DECIMAL else [self.uses.wide(left.tree), self.uses.wide(right.tree)]
        )
        found = exp.Paren(this=self.expressions.filled(row, trees, DECIMAL if sort is Sort.DECIMAL else None))
        return Told(self.uses.narrow(found) if sort is Sort.INT else found, Operand(sort, scale=scale))

    def _function(self, node: exp.Expr, frame: Frame) -> Told:
        """Functions of texts and moments, in dialects where they were tried."""
        if isinstance(node, exp.DPipe) and "concatenation" in self.dialect.keeps:
            left, right = (
                self.uses.of_sort(self.of(item, frame), {Sort.TEXT}) for item in (node.this, node.expression)
            )
            return Told(build.wrap(self.expressions.structure("joined", a=left, b=right)), Operand(Sort.TEXT))
        if isinstance(node, exp.Trim | exp.Length):
            only(node, "this", "position")
            word = "trim" if isinstance(node, exp.Trim) else "length"
            if word in self.dialect.keeps and str(node.args.get("position") or "BOTH") == "BOTH":
                value = self.uses.of_sort(self.of(node.this, frame), {Sort.TEXT})
                found = self.uses.function(word, value)
                return Told(found, Operand(Sort.TEXT) if word == "trim" else WHOLE)
        elif "extract" in self.dialect.keeps:
            is_extract = isinstance(node, exp.Extract)
            word = node.name.lower() if is_extract else node.key
            if word in ("year", "month", "day"):
                of = node.expression if is_extract else node.this
                value = self.uses.of_sort(self.of(of, frame), MOMENTS)
                return Told(self.uses.function(word, value), WHOLE)
        raise strange(node)

    # ------------------------------------------------------------ choices

    def _case(self, node: exp.Expr, frame: Frame) -> Told:
        if isinstance(node, exp.If):
            only(node, "this", "true", "false")
            ifs, otherwise, of = [node], node.args.get("false"), None
        else:
            only(node, "this", "ifs", "default")
            ifs, otherwise, of = node.args["ifs"], node.args.get("default"), node.args.get("this")
        if of is None:
            conditions = [self.condition(each.this, frame) for each in ifs]
        else:
            told_of = self.of(of, frame)
            conditions = [self.comparisons.told(exp.EQ, told_of, self.of(each.this, frame)) for each in ifs]
        values = [self.of(each.args["true"], frame) for each in ifs]
        values += [] if otherwise is None else [self.of(otherwise, frame)]
        told = self._together(values)
        branches = zip(conditions, (each.tree for each in told), strict=False)
        return Told(build.case(branches, None if otherwise is None else told[-1].tree), _one(told))

    def _together(self, told: Sequence[Told]) -> list[Told]:
        """Values of which one is chosen: of one sort, whole numbers among decimals as such."""
        try:
            sort = unified(each.is_ for each in told).sort
        except Unlike as unlike:
            raise Untranslatable(f"{unlike} stand for one value") from None
        if sort is Sort.TRUTH and not self.dialect.truths:
            raise Untranslatable(f"{quoted(told[0].tree)} is a truth, which is no value there")
        found = [self.uses.use(each) if each.is_.sort is not Sort.OTHER or len(told) > 1 else each for each in told]
        if sort is not Sort.DECIMAL:
            return found
        return [
            Told(self.expressions.cast(each.tree, Kind.DECIMAL), each.is_) if each.is_.sort is Sort.INT else each
            for each in found
        ]

    # ------------------------------------------------------------ aggregates and windows

    def _aggregate(self, node: exp.Expr, frame: Frame) -> Told:
        only(node, "this", "big_int")
        of = node.this
        if isinstance(node, exp.Count) and isinstance(of, exp.Star):
            return Told(build.count_all(), WHOLE)
        is_distinct = isinstance(of, exp.Distinct)
        if is_distinct:
            only(of, "expressions")
            if len(of.expressions) != 1:
                raise strange(node)
            of = of.expressions[0]
        told = self.of(of, frame)
        value, result = self._summed(node, told) if not isinstance(node, exp.Count) else (told.tree, WHOLE)
        if is_distinct:
            self.uses.grouped(told)
            value = exp.Distinct(expressions=[value])
        return Told(type(node)(this=value, **({"big_int": True} if isinstance(node, exp.Count) else {})), result)

    def _summed(self, node: exp.Expr, told: Told) -> tuple[exp.Expr, Operand]:
        result = Operand(told.is_.sort, scale=told.is_.scale)
        if isinstance(node, exp.Min | exp.Max):
            return self.uses.ordered(told), result
        if told.is_.sort is Sort.UNSEEN:
            if not self.uses.is_strict:
                raise self.uses.unseen(told)
            return told.tree, result
        if told.is_.sort is Sort.FLOATING:
            # some engines sum short ones up as such
            return build.cast(self.uses.use(told).tree, "DOUBLE"), result
        tree = self.uses.number(told).tree
        return self.uses.wide(tree) if told.is_.sort is Sort.INT else tree, result

    def _narrow(self, node: exp.Expr, told: Told) -> Told:
        """A sum of whole numbers as one of their length."""
        is_sum = isinstance(node, exp.Sum) and told.is_.sort is Sort.INT
        return Told(self.uses.narrow(told.tree), told.is_) if is_sum else told

    def _window(self, node: exp.Window, frame: Frame) -> Told:
        only(node, "this", "partition_by", "order", "spec", "over")
        inner = node.this
        if isinstance(inner, _RANKS):
            only(inner)
            told = Told(inner.copy(), WHOLE)
        elif isinstance(inner, exp.Count | exp.Sum | exp.Min | exp.Max):
            told = self._aggregate(inner, frame)
        else:
            raise strange(node)
        partition = [self.uses.grouped(self.of(each, frame)) for each in node.args.get("partition_by") or ()]
        order = node.args.get("order")
        spec = node.args.get("spec")
        if spec is not None and any(isinstance(part, exp.Expr) for part in spec.args.values()):
            raise strange(spec)
        found = exp.Window(
            this=told.tree, partition_by=partition, over="OVER", spec=None if spec is None else spec.copy()
        )
        if order is not None:
            only(order, "expressions")
            found.set("order", exp.Order(expressions=[self.order(each, frame) for each in order.expressions]))
        return self._narrow(inner, Told(found, told.is_))

    def order(self, node: exp.Expr, frame: Frame) -> exp.Expr:
        """One of the values that rows are put in order by."""
        only(node, "this", "desc", "nulls_first")
        found = node.copy()
        found.set("this", self.uses.ordered(self.of(node.this, frame)))
        return found

    # ------------------------------------------------------------ conditions

    def condition(self, node: exp.Expr, frame: Frame, holds: bool = True) -> exp.Expr:
        """A condition; where it is only asked whether it `holds`, unknown is as good as false."""
        match node:
            case exp.Paren():
                return exp.Paren(this=self.condition(node.this, frame, holds))
            case exp.And() | exp.Or():
                sides = (self.condition(side, frame, holds) for side in (node.this, node.expression))
                left, right = (exp.Paren(this=side) if isinstance(side, exp.Connector) else side for side in sides)
                return type(node)(this=left, expression=right)
            case exp.Not():
                return exp.Not(this=build.wrap(self.condition(node.this, frame, holds=False)))
            case exp.Is(expression=exp.Null()):
                return build.is_null(self.of(node.this, frame).tree)
            case exp.Between():
                only(node, "this", "low", "high")
                told, low, high = (self.of(node.args[word], frame) for word in ("this", "low", "high"))
                above = self.comparisons.told(exp.GTE, told, low)
                return exp.Paren(this=build.and_([above, self.comparisons.told(exp.LTE, told, high)]))
            case exp.In():
                return self._in(node, frame, holds)
            case exp.Exists():
                only(node, "this")
                return exp.Exists(this=self.inner(node.this, frame)[0])
        if isinstance(node, COMPARISONS):
            return self.comparisons.told(type(node), self.of(node.this, frame), self.of(node.expression, frame))
        if isinstance(node, CONDITIONS):
            raise strange(node)
        return self._truth(self.of(node, frame))

    def _truth(self, told: Told) -> exp.Expr:
        match told.is_.sort:
            case Sort.TRUTH if self.dialect.truths or isinstance(told.tree, exp.Boolean):
                return self.uses.use(told).tree
            case Sort.NULL:
                return told.tree
            case Sort.INT:
                return exp.NEQ(this=build.wrap(self.uses.use(told).tree), expression=build.number(0))
            case Sort.UNSEEN if self.uses.is_strict and "read bool of number" not in self.dialect.structures:
                return told.tree
        raise Untranslatable(f"{quoted(told.tree)} is {told.is_.sort.value}, and no condition there")

    def _in(self, node: exp.In, frame: Frame, holds: bool) -> exp.Expr:
        only(node, "this", "expressions", "query")
        told = self.of(node.this, frame)
        query = node.args.get("query")
        if query is None:
            items = [self.of(item, frame) for item in node.expressions]
            if any(item.is_.sort is Sort.NULL for item in items):
                raise Untranslatable("`IN (…, NULL)` is unknown or false, which differs there")
            tests = [self.comparisons.told(exp.EQ, told, item) for item in items]
            is_one_sort = len({told.is_.sort, *(item.is_.sort for item in items)}) == 1
            if is_one_sort or (self.dialect.mixes_in and all(test.this == tests[0].this for test in tests)):
                return exp.In(this=tests[0].this.copy(), expressions=[test.expression.copy() for test in tests])
            return exp.Paren(this=build.or_(tests))
        if not holds:
            raise Untranslatable("`NOT IN (SELECT …)` treats NULL otherwise there: write NOT EXISTS")
        tree, columns = self.inner(query, frame)
        found = list(columns.names.values())
        if columns.is_open or len(found) != 1:
            raise Untranslatable("`IN (SELECT …)` has one column, by its name")
        self.uses.grouped(told)
        self.uses.grouped(Told(exp.column("v"), found[0]))
        if told.is_.sort is not found[0].sort:
            raise Untranslatable(f"{quoted(node.this)} is {told.is_.sort.value}, and is looked for among others")
        rows = tree if isinstance(tree, exp.Subquery) else exp.Subquery(this=tree)
        return exp.In(this=build.wrap(told.tree), query=rows)


def _one(told: Sequence[Told]) -> Operand:
    return unified(each.is_ for each in told)
