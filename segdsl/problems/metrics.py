"""SEG618–SEG639: metric templates, and what is asked of metrics."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from segdsl.diagnostics import Diagnostic, Span
from segdsl.problems.words import did_you_mean, either


def template_without_head(span: Span) -> Diagnostic:
    help = "a metric starts with a line `---`, YAML that names at least `title` and `unit`, and a line `---`"
    return Diagnostic("SEG618", "the metric has no head", span, help)


def bad_param_name(name: str, span: Span) -> Diagnostic:
    help = "letters, digits and underscores; no word that templates have a meaning for"
    return Diagnostic("SEG618", f"`{name}` cannot be the name of a metric's param", span, help)


def bad_metric_name(name: str, span: Span) -> Diagnostic:
    help = "the name of the file is that of the metric: letters, digits and underscores"
    return Diagnostic("SEG618", f"`{name}` cannot be the name of a metric", span, help)


def bad_template(name: str, reason: str, span: Span, advice: str | None) -> Diagnostic:
    return Diagnostic("SEG619", f"the template of metric `{name}`: {reason}", span, advice)


def not_an_aggregate(name: str, reason: str, span: Span, advice: str | None) -> Diagnostic:
    return Diagnostic("SEG620", f"the SQL of metric `{name}`: {reason}", span, advice)


def metric_without_period(name: str, span: Span) -> Diagnostic:
    help = "`params: {period: 90d}` says how far back"
    return Diagnostic("SEG621", f"metric `{name}` looks back, and has no param `period`", span, help)


def bad_metric_param(what: str, found: str, expected: str, span: Span | None) -> Diagnostic:
    return Diagnostic("SEG622", f"expected {_article(expected)} for {what}, found `{found}`", span)


def unknown_metric_param(name: str, metric: str, known: Iterable[str]) -> Diagnostic:
    names = list(known)
    help = did_you_mean(name, names, f"it has {either(names)}" if names else "it has none")
    return Diagnostic("SEG623", f"metric `{metric}` has no param `{name}`", None, help)


def unknown_metric(name: str, known: Iterable[str], span: Span | None = None) -> Diagnostic:
    help = did_you_mean(name, known, "`segdsl metrics --list` shows those there are")
    return Diagnostic("SEG624", f"unknown metric `{name}`", span, help)


def metric_needs(
    name: str, missing: Sequence[str], whose: str, span: Span | None = None, elsewhere: Sequence[tuple[str, str]] = ()
) -> Diagnostic:
    help = f"the model can say where it is, or a file `metrics/{name}.sql.j2` of the catalog's own reads something else"
    if elsewhere:
        help = f"{events_elsewhere(elsewhere)}; {help}"
    return Diagnostic("SEG625", f"metric `{name}` needs {' and '.join(missing)}, which {whose} has not", span, help)


def events_elsewhere(elsewhere: Sequence[tuple[str, str]]) -> str:
    """Whose events are, that are not an entity's own: `order` is of `customer`."""
    return ", ".join(f"`{event}` is of `{entity}`" for event, entity in elsewhere)


def too_few_to_profile(name: str, size: int, least: int) -> Diagnostic:
    help = f"what is said of fewer than {least} is said of persons; the limit is `min_size` in the model's `metrics`"
    return Diagnostic("SEG626", f"`{name}` has {size} members, too few for a profile", None, help)


def _article(expected: str) -> str:
    return expected if " " in expected else f"a {expected}"
