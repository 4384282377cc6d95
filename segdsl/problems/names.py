"""SEG2xx: names that nothing has, or too much."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from segdsl.diagnostics import Diagnostic, Fix, Label, Span
from segdsl.problems.words import did_you_mean, either, nearest, replacement


def unknown_name(
    name: str, known: Iterable[str], span: Span, help: str | None = None, fitting: Sequence[str] = ()
) -> Diagnostic:
    near = nearest(name, known, fitting=fitting)
    seen = f", perhaps {either(near)}" if near else ""
    if not near and help is None and 0 < len(fitting) <= 8:
        help = f"what fits here is {either(fitting)}"
    fix = Fix(span, near[0]) if near else None
    return Diagnostic("SEG201", f"unknown name `{name}`{seen}", span, help, fix=fix)


def defined_twice(name: str, first: Span, span: Span) -> Diagnostic:
    return Diagnostic(
        "SEG202",
        f"`{name}` is defined twice, first at {first.place}",
        span,
        "a name is defined once in a catalog",
        labels=(Label(first, "first defined here"),),
    )


def unknown_event(name: str, known: Iterable[str], span: Span, help: str | None = None) -> Diagnostic:
    names = list(known)
    near = nearest(name, names) or names
    return Diagnostic(
        "SEG203", f"unknown event `{name}`, expected {either(near) or 'an event of the model'}", span, help
    )


def unknown_field(
    event: str,
    name: str,
    known: Iterable[str],
    span: Span,
    help: str | None = None,
    fitting: Sequence[str] = (),
) -> Diagnostic:
    names = list(known)
    near = nearest(name, names, fitting=fitting)
    fix = Fix(span, near[0]) if near else None
    expected = either(near or fitting or names)
    return Diagnostic(
        "SEG204", f"`{event}` has no field `{name}`{f', expected {expected}' if expected else ''}", span, help, fix=fix
    )


def outer_name(name: str, entity: str, span: Span) -> Diagnostic:
    return Diagnostic(
        "SEG205",
        f"bare names in `where` are fields of the event, `{name}` is written `{entity}.{name}` there",
        span,
        fix=Fix(span, f"{entity}.{name}"),
    )


def unknown_function(name: str, known: Iterable[str], span: Span, help: str | None = None) -> Diagnostic:
    near = nearest(name, known) if help is None else []
    seen = f", perhaps {either(near)}" if near else ""
    return Diagnostic("SEG206", f"unknown function `{name}`{seen}", span, help)


def attribute_name(name: str, entity: str, span: Span) -> Diagnostic:
    return Diagnostic("SEG207", f"`{name}` is already an attribute of `{entity}`", span, "choose another name")


def unknown_label(name: str, segmentation: str, labels: Iterable[str], span: Span) -> Diagnostic:
    names = list(labels)
    near = nearest(name, names) or names
    return Diagnostic(
        "SEG208",
        f"`{segmentation}` has no label `{name}`, expected {either(near)}",
        span,
        fix=replacement(name, names, span),
    )


def unknown_entity(name: str, known: Iterable[str], span: Span | None) -> Diagnostic:
    names = list(known)
    return Diagnostic("SEG209", f"unknown entity `{name}`, expected {either(nearest(name, names) or names)}", span)


def unknown_argument(name: str, target: str, known: Sequence[str], span: Span) -> Diagnostic:
    expected = f"expected {either(nearest(name, known) or list(known))}" if known else "it has none"
    return Diagnostic("SEG210", f"`{target}` has no parameter `{name}`, {expected}", span)


def unknown_library(name: str, known: Sequence[str], span: Span | None) -> Diagnostic:
    expected = f", expected {either(nearest(name, known) or list(known))}" if known else ""
    return Diagnostic("SEG211", f"unknown library `{name}`{expected}", span, "`segdsl library` lists them")


def library_needs(library: str, missing: str, span: Span, name: str | None = None) -> Diagnostic:
    what = f"`{name}` of the library `{library}`" if name else f"the library `{library}`"
    return Diagnostic("SEG212", f"{what} reads {missing}, which the model does not have", span)


def library_is_own(name: str, path: str) -> Diagnostic:
    return Diagnostic("SEG233", f"the library `{name}` is the catalog's own already: `{path}`", None, "edit that file")


def left_out(name: str, lacks: Sequence[str], of_model: bool, span: Span | None) -> Diagnostic:
    needed = " and ".join(dict.fromkeys(lacks))
    seen = ", which the model does not have" if of_model else ""
    return Diagnostic("SEG230", f"`{name}` is left out, it needs {needed}{seen}", span)


def unknown_word(name: str, param: str, words: Sequence[str], span: Span) -> Diagnostic:
    expected = either(nearest(name, words) or list(words))
    fix = replacement(name, words, span)
    return Diagnostic("SEG231", f"`{param}` cannot be `{name}`, expected {expected}", span, fix=fix)


def bad_need(span: Span) -> Diagnostic:
    return Diagnostic(
        "SEG232",
        f"`@needs` does not know what `{span.text}` is",
        span,
        "it takes an event, a field, an attribute, an entity, or the word that a param is: `@needs(grid = klaviyo)`",
    )


def other_entity(name: str, owner: str, entity: str, span: Span, help: str) -> Diagnostic:
    return Diagnostic("SEG213", f"`{name}` belongs to `{owner}`, here values of `{entity}` are expected", span, help)


def unknown_param(name: str, known: Sequence[str], span: Span | None) -> Diagnostic:
    near = nearest(name, known) or list(known)
    expected = f", expected {either(near)}" if near else ", the catalog has none"
    return Diagnostic("SEG214", f"unknown param `{name}`{expected}", span)


def no_setting(option: str, name: str, found: str) -> Diagnostic:
    return Diagnostic(
        "SEG217",
        f"`{option}` gives the param `{name}` a value of the type {found}, expected a text, a number, a bool or a date",
        None,
        'write it as in a .seg file: `"60d"`, `"30%"`',
    )


def built_in_call(name: str, span: Span) -> Diagnostic:
    return Diagnostic(
        "SEG216",
        f"calls of `{name}` are built in, a definition with parameters cannot have this name",
        span,
        "choose another name, or leave the parameters out",
    )


def unknown_definition(name: str, known: Iterable[str]) -> Diagnostic:
    names = list(known)
    help = did_you_mean(name, names)
    if (bare := name.replace("`", "")) != name and bare in names:
        help = f"outside of rules a name stands without backticks: '{bare}'"
    if re.search(r"[<>=()+*/]|\b(?:and|or|not|is|in)\b", name):
        quoted = name.replace("'", "'\\''")
        help = f"an expression is evaluated by `segdsl run -e '{quoted}'`; without `-e` stand names"
    if chosen := re.fullmatch(r"(tag|owner)[:=](\S+)", name):
        help = f"what has a tag or an owner is chosen by an option: `--{chosen[1]} {chosen[2]}`"
    return Diagnostic("SEG215", f"the catalog defines no `{name}`", None, help)


def no_variable(name: str, known: Iterable[str], else_: str) -> Diagnostic:
    also = f" and {else_} of this name" if else_ else ""
    return Diagnostic("SEG234", f"the notebook has no variable `{name}`{also}", None, did_you_mean(name, known))


def not_in_notebook(name: str, found: str, expected: str) -> Diagnostic:
    return Diagnostic("SEG235", f"the variable `{name}` is a {found}, expected {expected}", None)


def text_without_quotes(name: str, known: Iterable[str], span: Span) -> Diagnostic:
    found = unknown_name(name, known, span)
    return replace(found, help=f'a text stands in quotes: `"{name}"`', fix=found.fix or Fix(span, f'"{name}"'))
