"""Jinja2, narrowed to what a template needs: text, conditions, bounded loops, and the calls that are handed in.

Templates come with catalogs, from whoever. What can be written is a list of node types and filters, none of which can
reach an attribute of a Python value, call anything else, or build a text that is larger than the output may be.
"""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal, localcontext
from functools import lru_cache
from types import CodeType
from typing import Any, Protocol

from jinja2 import StrictUndefined, TemplateSyntaxError, UndefinedError, nodes
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment
from sqlglot import exp

from segdsl.metrics.value import QUOTIENTS, Value

MAX_TURNS = 1_000
MAX_OUTPUT = 256_000
MAX_SECONDS = 2.0
MAX_NODES = 20_000

_ALLOWED = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Const, nodes.Assign, nodes.If, nodes.For,
    nodes.CondExpr, nodes.Concat, nodes.Compare, nodes.Operand, nodes.And, nodes.Or, nodes.Not, nodes.Add, nodes.Sub,
    nodes.Mul, nodes.Div, nodes.Neg, nodes.List, nodes.Tuple, nodes.Call, nodes.Filter, nodes.Test, nodes.Keyword,
)  # fmt: skip
_CALLS = ("rule", "population", "has", "range")
_FILTERS = ("default", "join", "length", "lower", "round", "upper")
_TESTS = ("defined", "divisibleby", "even", "odd")


class TemplateProblem(Exception):  # noqa: N818  a problem, as everywhere here, is what makes a diagnostic
    """What is wrong with a template: a reason, the line of its body, and what to do."""

    def __init__(self, reason: str, line: int = 1, advice: str | None = None) -> None:
        super().__init__(reason)
        self.reason, self.line, self.advice = reason, line, advice


class Fragment(Protocol):
    """What a call in a template gives: text of the language or of SQL that stands for it."""

    def sql(self) -> exp.Expr: ...


class _Sandbox(ImmutableSandboxedEnvironment):
    """Parses with a list of what is allowed; loops and joined texts are counted."""

    intercepted_binops = frozenset(("+", "-", "*", "/"))

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = super()._parse(source, name, filename)
        _check(tree)
        for loop in list(tree.find_all(nodes.For)):
            loop.iter = nodes.Filter(loop.iter, "turns", [], [], None, None, lineno=loop.lineno, environment=self)
        return _with_joined(tree, self)

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        left, right = _number(left, operator), _number(right, operator)
        if operator == "/" and not right:
            raise TemplateProblem("division by 0")
        return super().call_binop(context, operator, left, right)


def _number(value: Any, operator: str) -> Any:
    if isinstance(value, Value) and value.type in ("number", "duration"):
        return value._plain()
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise TemplateProblem(f"`{operator}` needs two numbers", advice="texts are joined by `~`")
    return Decimal(str(value)) if isinstance(value, float) else value


def _check(tree: nodes.Template) -> None:
    """Raises TemplateProblem for anything that a template does not need."""
    count = 0
    stack: list[tuple[nodes.Node, int]] = [(tree, 1)]
    while stack:
        node, line = stack.pop()
        line = node.lineno or line
        count += 1
        if count > MAX_NODES:
            raise TemplateProblem("the template is too large", line)
        match node:
            case nodes.Getattr(node=nodes.Name(name="loop")):
                continue
            case nodes.Call():
                called = node.node.name if isinstance(node.node, nodes.Name) else None
                if called not in _CALLS:
                    known = ", ".join(f"`{name}`" for name in _CALLS)
                    raise TemplateProblem(
                        "a template calls nothing but what segdsl gives it", line, f"there is {known}"
                    )
                if node.dyn_args is not None or node.dyn_kwargs is not None or node.kwargs:
                    raise TemplateProblem(f"`{called}` takes plain arguments", line)
            case nodes.Filter():
                if node.name not in _FILTERS:
                    raise TemplateProblem(f"no filter `{node.name}`", line, f"there is {', '.join(_FILTERS)}")
            case nodes.Test():
                if node.name not in _TESTS:
                    raise TemplateProblem(f"no test `{node.name}`", line, f"there is {', '.join(_TESTS)}")
            case nodes.For() if node.recursive:
                raise TemplateProblem("a recursive loop", line)
            case _ if not isinstance(node, _ALLOWED):
                word = type(node).__name__.lower()
                advice = "a template is text with `{{ … }}`, `{% set %}`, `{% if %}` and `{% for %}`"
                raise TemplateProblem(f"`{word}` has no place in a metric", line, advice)
        stack.extend((child, line) for child in node.iter_child_nodes())


def _with_joined(tree: nodes.Template, environment: _Sandbox) -> nodes.Template:
    """Every `a ~ b` as a filter that looks at the length."""

    def visit(node: nodes.Node) -> nodes.Node:
        for name, value in list(node.iter_fields()):
            if isinstance(value, list):
                setattr(node, name, [visit(item) if isinstance(item, nodes.Node) else item for item in value])
            elif isinstance(value, nodes.Node):
                setattr(node, name, visit(value))
        if isinstance(node, nodes.Concat):
            first, *rest = node.nodes
            return nodes.Filter(first, "joined", rest, [], None, None, lineno=node.lineno, environment=environment)
        return node

    found = visit(tree)
    assert isinstance(found, nodes.Template)
    return found


def render(body: str, names: dict[str, Any], calls: dict[str, Callable[..., Any]]) -> str:
    """The text that a template makes; raises TemplateProblem for what it may not do, and for its mistakes."""
    budget = _Budget()
    environment = _environment(budget, calls)
    try:
        template = environment.template_class.from_code(environment, _compiled(body), environment.make_globals(None))
        pieces: list[str] = []
        size = 0
        with localcontext(QUOTIENTS):  # the operators are a template's, on whatever it has
            for piece in template.generate(names):
                budget.look()
                size += len(piece)
                if size > MAX_OUTPUT:
                    raise TemplateProblem(f"the SQL is longer than {MAX_OUTPUT:,} characters")
                pieces.append(piece)
        return "".join(pieces)
    except TemplateProblem as problem:
        raise TemplateProblem(problem.reason, _line(problem, problem.line), problem.advice) from None
    except TemplateSyntaxError as error:
        raise TemplateProblem(_sentence(error.message), error.lineno) from None
    except UndefinedError as error:
        advice = "a template knows its params, `rule(…)`, `population(…)`, `now` and `then`"
        raise TemplateProblem(_sentence(error.message).replace("'", "`"), _line(error, 1), advice) from None
    except RecursionError:
        raise TemplateProblem("it is nested too deep") from None
    except (TypeError, ValueError, ArithmeticError, OverflowError) as error:
        raise TemplateProblem(_sentence(str(error)), _line(error, 1)) from None


def _environment(budget: _Budget, calls: dict[str, Callable[..., Any]]) -> _Sandbox:
    environment = _Sandbox(undefined=StrictUndefined, finalize=_final, autoescape=False, keep_trailing_newline=False)
    environment.filters = {
        **{name: environment.filters[name] for name in _FILTERS},
        "join": budget.join,
        "joined": budget.joined,
        "turns": budget.turns,
    }
    environment.tests = {name: environment.tests[name] for name in (*_TESTS, "in")}
    environment.globals = {**calls, "range": budget.range}
    return environment


@lru_cache(maxsize=256)
def _compiled(body: str) -> CodeType:
    """A report renders a template once for every persona, and compiling takes longer than rendering."""
    return _environment(_Budget(), {}).compile(body)


class _Budget:
    """What one rendering may use: turns of loops, length of texts, time."""

    def __init__(self) -> None:
        self.left = MAX_TURNS
        self.until = time.monotonic() + MAX_SECONDS

    def look(self) -> None:
        if time.monotonic() > self.until:
            raise TemplateProblem(f"it takes longer than {MAX_SECONDS:g} seconds")

    def turns(self, items: Iterable[Any]) -> Iterator[Any]:
        if isinstance(items, str | Value) or not isinstance(items, Iterable):
            raise TemplateProblem("a loop goes over a list or a `range(…)`")
        for item in items:
            self.left -= 1
            if self.left < 0:
                raise TemplateProblem(f"its loops turn more than {MAX_TURNS:,} times")
            self.look()
            yield item

    def range(self, *bounds: Any) -> range:
        numbers = [
            int(value.raw) if isinstance(value, Value) and isinstance(value.raw, Decimal) else value for value in bounds
        ]
        if not 1 <= len(numbers) <= 3 or not all(isinstance(item, int) for item in numbers):
            raise TemplateProblem("`range` takes one to three whole numbers")
        found = range(*numbers)
        if len(found) > MAX_TURNS:
            raise TemplateProblem(f"its loops turn more than {MAX_TURNS:,} times")
        return found

    def joined(self, *parts: Any) -> str:
        self.look()
        texts = [str(part) for part in parts]
        if sum(map(len, texts)) > MAX_OUTPUT:
            raise TemplateProblem(f"a text is longer than {MAX_OUTPUT:,} characters")
        return "".join(texts)

    def join(self, items: Iterable[Any], between: str = "") -> str:
        texts = [str(item) for item in items]
        return self.joined(*texts, between * max(len(texts) - 1, 0)) and between.join(texts)


def _final(value: Any) -> Any:
    """What stands in `{{ … }}`, as SQL: literals for values, names for rules."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float | Decimal):
        return format(Decimal(str(value)), "f")
    if value is None or isinstance(value, list | tuple | dict):
        raise TemplateProblem("`{{ … }}` needs one value", advice="a list is written by a loop, or by `| join`")
    found = getattr(value, "sql", None)
    return found().sql(dialect="duckdb") if callable(found) else value


def _line(error: BaseException, otherwise: int) -> int:
    """The line of the template's body that an error arose at."""
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == "<template>"]
    return next((line for line in reversed(lines) if line), otherwise)


def _sentence(text: str | None) -> str:
    words = (text or "it cannot be read").strip().rstrip(".")
    return words[:1].lower() + words[1:]
