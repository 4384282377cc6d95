"""Trees to sentences. Names stay names: they are what the catalog's people call things."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from segdsl.catalog import Definition
from segdsl.check import Checker
from segdsl.check.names import find
from segdsl.exact import EXACT
from segdsl.functions import AGGREGATES, SCORES
from segdsl.lint.sites import Walker
from segdsl.say.english import ENGLISH
from segdsl.say.german import GERMAN
from segdsl.say.language import Language
from segdsl.syntax import literals, tree
from segdsl.syntax.printer import print_expr
from segdsl.types import Kind

LANGUAGES: Mapping[str, Language] = {"en": ENGLISH, "de": GERMAN}
_OF_EVENTS = ("count", "any", "none", "days", "weeks", "months", "avg_gap", "max_gap", "last_gap")


def say(checker: Checker, definition: Definition, language: Language) -> str:
    """A definition as a sentence; a segmentation with a line for each label."""
    return _Saying(checker, definition, language).sentence()


class _Saying:
    def __init__(self, checker: Checker, definition: Definition, language: Language) -> None:
        self.checker, self.definition, self.language = checker, definition, language
        walker = Walker(checker)
        sites = [site for root in walker.sites(definition) for site in root.walk()]
        self.kinds = {id(site.node): site.value.type.kind for site in sites}
        self.contexts = {id(site.node): site.ctx for site in sites}
        checker.work_off()

    def sentence(self) -> str:
        node, name, entity = self.definition.tree, self.definition.name, self.definition.entity
        match node:
            case tree.Param(value=value):
                return self._("param", entity, name, self.value(value))
            case tree.Trait(value=value):
                return self._("trait", entity, name, self.value(value))
            case tree.Segment(value=value):
                return self._("segment", entity, name, self.condition(value))
            case tree.Segmentation(among=among, rules=rules):
                lines = [] if among is None else [self._("among", self.condition(among))]
                for rule in rules:
                    label = rule.label.text
                    is_last = rule.condition is None
                    said = "" if rule.condition is None else self.condition(rule.condition)
                    lines.append(self._("otherwise", label) if is_last else self._("rule", label, said))
                return self._("segmentation", entity, name, "".join(f"\n- {line}" for line in lines))

    def _(self, key: str, *parts: str) -> str:
        return self.language.phrase(key, *parts)

    # ------------------------------------------------------------ conditions

    def condition(self, node: tree.Expr, is_inside: bool = False) -> str:
        """A condition as a clause; joined ones in brackets where they stand in another."""
        match node:
            case tree.Operation(op="and" | "or" as op, args=args):
                said = self._joined(op, [self.condition(arg, True) for arg in args])
                return f"({said})" if is_inside else said
            case tree.Operation(op="not", args=(tree.Name() as name,)) if self._is_segment(name):
                return self._("no member", name.text)
            case tree.Operation(op="not", args=(tree.AsOf(value=tree.Name() as name, moment=moment),)) if (
                self._is_segment(name)
            ):
                return self._("was no member", name.text, self._moment(moment))
            case tree.AsOf(value=tree.Name() as name, moment=moment) if self._is_segment(name):
                return self._("was member", name.text, self._moment(moment))
            case tree.Operation(op="not", args=(tree.Name() as name,)):
                return self._("is not true", self._name(name))
            case tree.AsOf(value=value, moment=moment) if self.kinds.get(id(node)) is Kind.BOOL:
                return f"({self._('then it held', self.condition(value), self._moment(moment))})"
            case tree.Operation(op="not", args=args):
                return self._("not", self.condition(args[0]))
            case tree.Comparison():
                return self._comparison(node)
            case tree.InWindow(subject=subject, window=window):
                return self._("in window", self.value(subject), self.window(window))
            case tree.Operation(op="in" | "not in" | "has any" | "has all" as op, args=args):
                return self._(op, self.value(args[0]), self._listed(op, [self.value(arg) for arg in args[1:]]))
            case tree.Operation(op=op, args=args) if self.language.has(op) and op not in ("+", "-", "*", "/", "ago"):
                return self._(op, *(self.value(arg) for arg in args))
            case tree.Name():
                return self._named(node)
            case tree.Call(name=name) if name.text in ("any", "none", "sample"):
                return self.value(node)
            case tree.Sequence() | tree.Bool():
                return self.value(node)
            case _:
                return self._("is true", self.value(node))

    def _named(self, node: tree.Name) -> str:
        return self._("member", node.text) if self._is_segment(node) else self._("is true", self._name(node))

    def _is_segment(self, node: tree.Name) -> bool:
        ctx = self.contexts.get(id(node))
        found = None if ctx is None or ctx.row is not None else find(self.checker, ctx, node.parts)[0]
        return found is not None and isinstance(found.tree, tree.Segment | tree.Segmentation)

    def _moment(self, node: tree.Expr) -> str:
        """The moment of an `as of`, as an adverb: a length of time ago, or a day."""
        said = self.value(node)
        return said if isinstance(node, tree.Operation) else self._("on", said)

    def _listed(self, op: str, parts: Sequence[str]) -> str:
        """Values in a row: `a, b or c`, `a nor b nor c`; many of them with commas alone but for the last."""
        if op == "not in":
            return self._("nor list").join(parts)
        *first, last = parts
        return f"{', '.join(first)}{self._('and list' if op == 'has all' else 'or list')}{last}" if first else last

    def _joined(self, op: str, parts: Sequence[str]) -> str:
        said = parts[0]
        for part in parts[1:]:
            said = self._(op, said, part)
        return said

    def _comparison(self, node: tree.Comparison) -> str:
        said = []
        for op, left, right in zip(node.ops, node.args, node.args[1:], strict=False):
            kinds = [self._kind(side) for side in (left, right)]
            counted = self._times(op, left, right)
            if counted is not None:
                said.append(counted)
            elif kinds[0] is Kind.DURATION and kinds[1] in (Kind.TIME, Kind.DATE):
                flipped = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}.get(op, op)
                said.append(self._(f"age {flipped}", self.value(right), self.value(left)))
            elif kinds[1] is Kind.DURATION and kinds[0] in (Kind.TIME, Kind.DATE):
                said.append(self._(f"age {op}", self.value(left), self.value(right)))
            elif op in ("<", "<=", ">", ">=") and kinds[0] in (Kind.TIME, Kind.DATE):
                said.append(self._(f"time {op}", self.value(left), self.value(right)))
            elif op in ("<", "<=", ">", ">=") and kinds[0] is Kind.DURATION:
                said.append(self._(f"length {op}", self.value(left), self.value(right)))
            else:
                said.append(self._(op, self.value(left), self.value(right)))
        return self._joined("and", said)

    def _times(self, op: str, left: tree.Expr, right: tree.Expr) -> str | None:
        """How often something happened, where a count of events is compared with a whole number."""
        match left, right:
            case tree.Call(name=name) as call, tree.Number(value=value) if name.text == "count" and value == int(value):
                source, tail = self._source(call)
                if not isinstance(source, tree.Name) or source.text not in self.checker.model.events:
                    return None
                number, words = int(value), self.language.times
                if number == 0 and op in ("=", "<="):
                    return self._("never happened", source.text, tail)
                if number == 0 and op == ">":
                    op, number = ">=", 1
                times = words[number - 1] if 1 <= number <= len(words) else self._("times", self._number(value))
                return self._(f"times {op}", source.text, times, tail)
        return None

    def _kind(self, node: tree.Expr) -> Kind | None:
        if isinstance(node, tree.Quantity) and node.unit in ("s", "min", "h", "d", "w", "mo", "q", "y"):
            return Kind.DURATION
        return self.kinds.get(id(node))

    # ------------------------------------------------------------ values

    def value(self, node: tree.Expr) -> str:
        """A value as a noun."""
        match node:
            case tree.Name():
                return self._name(node)
            case tree.Quantity(value=value, unit=unit):
                singular, plural = self.language.units[unit]
                gap = "" if unit == "%" else " "
                return f"{self._number(value)}{gap}{singular if value == 1 else plural}"
            case tree.Number(value=value):
                return self._number(value)
            case tree.Text(value=text):
                return literals.quoted(text)
            case tree.Date(value=day) if self.language.name == "de":
                return f"{day.day}.{day.month}.{day.year}"
            case tree.Bool(value=truth):
                return self._("true" if truth else "false")
            case tree.Operation(op="ago", args=args):
                return self._("ago", self._behind(self.value(args[0])))
            case tree.Operation(op="-", args=(only,)):
                return self._("negative", self.value(only))
            case tree.Operation(op="+" | "-" | "*" | "/" as op, args=args):
                parts = [f"({self.value(arg)})" if _is_sum(arg) else self.value(arg) for arg in args]
                return self._(op, *parts)
            case tree.AsOf(value=value, moment=moment):
                key = "as of" if isinstance(moment, tree.Operation) else "as of day"
                return self._(key, self.value(value), self.value(moment))
            case tree.Case(branches=branches, otherwise=otherwise):
                said = [self._("when", self.condition(each.condition), self.value(each.value)) for each in branches]
                said.extend([] if otherwise is None else [self._("else", self.value(otherwise))])
                return f"({'; '.join(said)})"
            case tree.Call():
                return self._call(node)
            case tree.Sequence():
                return self._sequence(node)
            case tree.Operation() | tree.Comparison() | tree.InWindow():
                return f"({self.condition(node)})"
            case _:
                return print_expr(node)

    def _name(self, node: tree.Name) -> str:
        ctx = self.contexts.get(id(node))
        if node.text == "at":
            return self._("at")
        if ctx is not None and ctx.row is None and ctx.param(node.text) is None:
            found, rest = find(self.checker, ctx, node.parts)
            if found is not None and isinstance(found.tree, tree.Param) and not rest:
                # a param by its value, and its name for those who know it
                return f"{self.value(found.tree.value)} (`{node.text}`)"
        return f"`{node.text}`"

    def _behind(self, length: str) -> str:
        """A length of time behind a preposition: German has another plural there."""
        if length in self.language.behind:
            return self.language.behind[length]
        head, gap, unit = length.rpartition(" ")
        return f"{head}{gap}{self.language.behind.get(unit, unit)}"

    def _number(self, value: Decimal) -> str:
        text = f"{EXACT.normalize(value):,f}"
        return text.translate(str.maketrans(",.", ".,")) if self.language.name == "de" else text

    def window(self, window: tree.Window) -> str:
        if window.kind == "in":
            period = window.args[0]
            assert isinstance(period, tree.Period)
            if period.start is not None:
                return self._("in period", literals.period(period))
            return self.language.periods[period.unit][period.offset + 1]
        args = [self.value(arg) for arg in window.args if not isinstance(arg, tree.Period)]
        if window.kind == "from" and isinstance(window.args[0], tree.Quantity):
            args[0] = self._("ago", self._behind(args[0]))
        length = window.args[0]
        if window.kind in ("within", "within next") and isinstance(length, tree.Quantity) and length.value == 1:
            return self.language.spans[length.unit][window.kind == "within next"]
        if window.kind.startswith("within"):
            args[0] = self._behind(args[0])
        return self._(window.kind, *args)

    def _call(self, node: tree.Call) -> str:
        name = node.name.text
        if name in AGGREGATES and node.args:
            return self._aggregate(node)
        args = [argument.value for argument in node.args]
        if name in SCORES and args:
            among = "" if node.among is None else self._("score among", self.condition(node.among))
            per = "" if not node.per else self._("score per", ", ".join(self.value(key) for key in node.per))
            if len(args) == 1 and self.language.has(name):
                return self._("ranked", self._(name), self.value(args[-1]), among + per)
            word = f"`{name}`" if len(args) == 1 else f"`{name} {self.value(args[0])}`"
            return self._("score", word, self.value(args[-1]), among + per)
        if name == "sample" and len(args) == 2:
            return self._("sample", self.value(args[0]), self.value(args[1]))
        ctx = self.contexts.get(id(node))
        found = None if ctx is None else find(self.checker, ctx, node.name.parts)[0]
        if found is not None or len(node.name.parts) > 1:
            return self._with(self._name(node.name), node.args)
        return self._("call", f"`{name}`", ", ".join(self.value(each.value) for each in node.args))

    def _with(self, name: str, args: Sequence[tree.Argument]) -> str:
        """A definition with what it is given."""
        given = [(f"{each.name.text} " if each.name else "", self._behind(self.value(each.value))) for each in args]
        return self._("with", name, ", ".join(parameter + value for parameter, value in given))

    def _aggregate(self, node: tree.Call) -> str:
        name = node.name.text
        source, tail = self._source(node)
        key = "last value" if name == "last" else name
        if self._is_child(node):
            return self._children(key, source, tail)
        if name in _OF_EVENTS or not isinstance(source, tree.Name) or len(source.parts) < 2:
            return self._(key, source.text if isinstance(source, tree.Name) else self.value(source), tail, "")
        first, *rest = source.parts
        number = self.value(node.args[0].value) if name == "nth" else ""
        if rest[0].text == "at":
            return self._(key, self._("of time", first.text), tail, number)
        return self._(key, self._("of field", first.text, _path(rest)), tail, number)

    def _is_child(self, node: tree.Call) -> bool:
        """Whether an aggregate is over children, in place of events."""
        source = self._source(node)[0]
        name = source.name if isinstance(source, tree.Call) else source
        model = self.checker.model
        first = name.parts[0].text if isinstance(name, tree.Name) else ""
        return first in model.entities and first not in model.events

    def _children(self, key: str, source: tree.Expr, tail: str) -> str:
        name = source.name if isinstance(source, tree.Call) else source
        assert isinstance(name, tree.Name)
        first, *rest = name.parts
        if not rest:
            return self._(f"{key} of children", first.text, tail)
        of = self._with(_path(rest), source.args) if isinstance(source, tree.Call) else _path(rest)
        return self._(key, self._("of child", first.text, of), tail, "")

    def _source(self, node: tree.Call) -> tuple[tree.Expr, str]:
        """What an aggregate is of, and which of it: its window and its `where` as the end of a phrase."""
        source: tree.Expr = node.args[-1].value
        tail = ""
        if isinstance(source, tree.InWindow):
            tail = f" {self.window(source.window)}"
            source = source.subject
        if node.where is not None:
            tail += self._("where", self.condition(node.where))
        return source, tail

    def _sequence(self, node: tree.Sequence) -> str:
        steps = []
        for step in node.steps:
            length = "" if step.within is None else self._behind(self.value(step.within))
            within = self._("step within", length) if length else ""
            if step is node.steps[0] and length:
                within = f" {self._('within', length)}"
            where = "" if step.where is None else self._("where", self.condition(step.where))
            steps.append(self._("no step" if step.no else "step", step.event.text, within, where))
        same = "" if node.same is None else self._("same", node.same.text)
        return self._("sequence", self._("then").join(steps) + same)


def _path(parts: Sequence[tree.Identifier]) -> str:
    return f"`{'.'.join(part.text for part in parts)}`"


def _is_sum(node: tree.Expr) -> bool:
    return isinstance(node, tree.Operation) and node.op in ("+", "-", "*", "/") and len(node.args) == 2
