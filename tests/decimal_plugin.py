"""Has mypy refuse what the caller's decimal context has a say in: `segdsl` works out its numbers by one of its own.

An operator between Decimals rounds to the precision of whatever context the thread is in, which is the caller's own:
a rule would have other members where somebody works with six digits. So does a method that is given no context. What
is of no known type escapes: test_decimal_context.py asks every question in strange contexts.
"""

from __future__ import annotations

from collections.abc import Callable

from mypy.errorcodes import OPERATOR
from mypy.plugin import FunctionContext, MethodContext, Plugin
from mypy.types import Instance, Type, UnionType, get_proper_type

DECIMAL = "decimal.Decimal"
_BINARY = ("add", "sub", "mul", "truediv", "floordiv", "mod", "divmod", "pow")
OPERATORS = {f"__{side}{name}__" for name in _BINARY for side in ("", "r")}
OPERATORS |= {"__neg__", "__pos__", "__abs__", "__round__"}
# those of `abs(x)`, which mypy sees as calls of functions
FUNCTIONS = frozenset({"builtins.abs", "builtins.sum", "builtins.round", "builtins.divmod", "builtins.pow"})
# methods with a `context` that compare or look at digits, and so do the same in every one
FREE = frozenset({"compare_total", "compare_total_mag", "is_normal", "is_subnormal"})
# a context made elsewhere would have its rounding and its traps from anybody
MADE = {"decimal.Context": "segdsl/exact.py"}


class DecimalPlugin(Plugin):
    def get_method_hook(self, fullname: str) -> Callable[[MethodContext], Type] | None:
        owner, _, name = fullname.rpartition(".")
        if owner != DECIMAL or name in FREE:
            return None
        return lambda ctx: _refused(ctx, name, name in OPERATORS or _is_without_context(ctx))

    def get_function_hook(self, fullname: str) -> Callable[[FunctionContext], Type] | None:
        if fullname in MADE:
            return lambda ctx: _refused(ctx, fullname, ctx.api.path != MADE[fullname])
        if fullname not in FUNCTIONS:
            return None
        return lambda ctx: _refused(ctx, fullname, any(_is_decimal(one) for types in ctx.arg_types for one in types))


def _refused(ctx: MethodContext | FunctionContext, name: str, is_wrong: bool) -> Type:
    if is_wrong and ctx.api.path.startswith("segdsl"):
        ctx.api.fail(f"`{name}` goes by the caller's decimal context: use EXACT", ctx.context, code=OPERATOR)
    return ctx.default_return_type


def _is_without_context(ctx: MethodContext) -> bool:
    return any(name == "context" and not given for name, given in zip(ctx.callee_arg_names, ctx.args, strict=True))


def _is_decimal(type_: Type) -> bool:
    found = get_proper_type(type_)
    if isinstance(found, UnionType):
        return any(_is_decimal(item) for item in found.items)
    return isinstance(found, Instance) and (
        found.type.has_base(DECIMAL) or any(_is_decimal(inner) for inner in found.args)
    )


def plugin(version: str) -> type[Plugin]:
    return DecimalPlugin
