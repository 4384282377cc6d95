"""`segdsl metrics`: numbers about every segment."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from segdsl.cli import moment as moments
from segdsl.cli.bar import bar
from segdsl.cli.completion import complete_list, complete_metrics
from segdsl.cli.options import (
    LIMITS,
    as_of_option,
    catalog_option,
    expression_option,
    goes_without,
    limits_options,
    set_option,
    words,
)

if TYPE_CHECKING:
    from segdsl.api import Catalog
    from segdsl.metrics.result import Metric, Metrics
    from segdsl.metrics.template import Template

WIDTH = 100  # of what is printed where there is no terminal


@click.command("metrics")
@click.argument("names", nargs=-1, type=words, metavar="[METRIC]...", shell_complete=complete_metrics)
@click.option(
    "--segments",
    type=words,
    multiple=True,
    metavar="A,B,…",
    shell_complete=complete_list,
    help="Segments, segmentations or labels; all by default.",
)
@expression_option
@as_of_option("The moment to look at, as 2026-03-31 or 2026-03-31T18:30; else the model's, else now.")
@click.option("--period", type=words, metavar="90d", help="The period of every metric that has one.")
@click.option(
    "--param",
    "params",
    type=words,
    multiple=True,
    metavar="METRIC.PARAM=VALUE",
    help="Another value for a metric's param.",
)
@set_option
@click.option("--min-size", type=click.IntRange(0), help="Numbers over fewer customers are not shown; 10 by default.")
@click.option(
    "--format",
    "format_",
    type=click.Choice(["table", "json", "csv", "markdown"]),
    default="table",
    help="A table by default.",
)
@click.option("--list", "list_", is_flag=True, help="The metrics there are, instead of numbers.")
@click.option("--eject", is_flag=True, help="Copy the metrics named into the catalog's folder metrics, to change them.")
@limits_options
@catalog_option
def command(
    names: tuple[str, ...],
    segments: tuple[str, ...],
    expression: tuple[str, ...],
    as_of: str | None,
    period: str | None,
    params: tuple[str, ...],
    settings: dict[str, str],
    min_size: int | None,
    format_: str,
    list_: bool,
    eject: bool,
    limits: dict[str, Any],
    folder: str,
) -> None:
    """Measure segments: size, churn, revenue, lifetime value, opens and clicks, and what the catalog adds.

    \b
    Example:
      segdsl metrics
      segdsl metrics arpu churn_rate --segments vip,tier --period 180d
      segdsl metrics projected_clv --param projected_clv.margin=30% --format markdown
      segdsl metrics --list
    """
    from segdsl.api import load

    for other in [name for name, is_asked in (("--list", list_), ("--eject", eject)) if is_asked]:
        goes_without(other, "segments", "expression", "as_of", "period", "params", "min_size", *LIMITS)
    if eject:
        goes_without("--eject", "list_", "format_")
    values = _settings(params)
    catalog = load(folder, settings)
    if list_:
        _list(_templates(catalog, names).values(), format_)
        return
    if eject:
        _eject(catalog, names)
        return
    for metric in dict.fromkeys(key.partition(".")[0] for key in values):
        if names and metric not in names and any(template.name == metric for template in catalog.metric_templates):
            raise click.UsageError(
                f"--param {metric}.… goes with the metric `{metric}`, which is not among those named"
            )
    with bar() as progress:
        found = load(folder, settings, progress, **limits).metrics(
            names,
            segments=[part.strip() for text in segments for part in text.split(",") if part.strip()],
            as_of=as_of,
            period=period,
            params=values,
            expression=expression,
            min_size=min_size,
        )
    if format_ in ("json", "csv"):
        _values(found, format_)
        for line in moments.begins(found.begins):
            click.secho(line, err=True, dim=True)
    elif format_ == "markdown":
        _markdown(catalog, found)
    else:
        _show(catalog, found)
    for line in left_out(found):
        click.secho(line, err=True, dim=True)


def _settings(params: tuple[str, ...]) -> dict[str, str]:
    found: dict[str, str] = {}
    for text in params:
        name, equals, value = text.partition("=")
        if not equals or "." not in name or not value.strip():
            raise click.BadParameter(f"expected METRIC.PARAM=VALUE as in `projected_clv.margin=30%`, found `{text}`")
        found[name.strip()] = value.strip()
    return found


def caption(catalog: Catalog, found: Metrics) -> str:
    """`as of 2026-03-31 in Europe/Berlin`."""
    return moments.caption(catalog.model.timezone, found.as_of)


def left_out(found: Metrics) -> list[str]:
    """What could not be measured, and why: a line per reason."""
    from segdsl.problems.metrics import events_elsewhere

    reasons: dict[tuple[str, str], list[str]] = {}
    for item in found.left_out:
        lacks = " or ".join(item.missing)
        reason = f"the model has not {lacks}"
        if item.elsewhere:
            reason = f"`{item.entity}` has not {lacks}; {events_elsewhere(item.elsewhere)}"
        reasons.setdefault((item.entity, reason), []).append(item.metric)
    entities = {item.entity for item in found} | {item.entity for item in found.left_out}
    return [
        f"left out{f' for {entity}' if len(entities) > 1 else ''}: {', '.join(metrics)} ({reason})"
        for (entity, reason), metrics in reasons.items()
    ]


# ---------------------------------------------------------------- tables


def _show(catalog: Catalog, found: Metrics) -> None:
    """Segments down, metrics across, in as many tables as the width asks for; one segment alone the other way round."""
    from segdsl.cli.grid import Grid, show, visible

    rows = [(visible(name), cells) for name, cells in found.rows()]
    below = [*moments.begins(found.begins), caption(catalog, found)]
    if len(found.segments) <= 2:
        headers = ("metric", *(name for name, _ in rows))
        lines = [(metric, *(cells[index] for _, cells in rows)) for index, metric in enumerate(_headers(found))]
        show(Grid(headers, (False, *(True for _ in rows)), [lines], below, whole=True))
        return
    population = [name.startswith("population") for name, _ in rows]
    sections = [
        [(name, *cells) for (name, cells), is_all in zip(rows, population, strict=True) if is_all is below_line]
        for below_line in (False, True)
    ]
    right = (False, *(True for _ in found.names))
    show(Grid(("segment", *_headers(found)), right, sections, below, whole=True, room=WIDTH))


def _headers(found: Metrics) -> list[str]:
    """The metrics, each with its period where it has one."""
    periods = {item.metric: item.period for item in found}
    return [f"{name} {period}" if (period := periods[name]) else name for name in found.names]


def _markdown(catalog: Catalog, found: Metrics) -> None:
    headers = ["segment", *_headers(found)]
    lines = ["| " + " | ".join(headers) + " |", "| --- |" + " ---: |" * len(found.names)]
    lines.extend("| " + " | ".join(_cell(text) for text in (name, *cells)) + " |" for name, cells in found.rows())
    below = [line for text in moments.begins(found.begins) for line in (_cell(text), "")]
    _emit("\n".join([*lines, "", *below, f"_{caption(catalog, found)}_", ""]))


def _cell(text: str) -> str:
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("\n", " ")


# ---------------------------------------------------------------- for programs


def _as_dict(item: Metric) -> dict[str, object]:
    return {
        "segment": item.segment,
        "metric": item.metric,
        "value": item.value,
        "unit": item.unit,
        "as_of": item.as_of.isoformat(),
        "period": item.period,
        "entity": item.entity,
        "members": item.members,
        "too_small": item.too_small,
    }


def _values(found: Metrics, format_: str) -> None:
    from segdsl.cli.records import show_values

    rows = [_as_dict(item) for item in found if item.segment is not None]
    show_values(list(rows[0]) if rows else ["segment"], [tuple(row.values()) for row in rows], format_)


def _emit(text: str) -> None:
    """Writes what programs read: UTF-8 whatever the terminal's encoding is."""
    sys.stdout.flush()
    sys.stdout.buffer.write(text.encode())


# ---------------------------------------------------------------- templates


def _templates(catalog: Catalog, names: tuple[str, ...]) -> dict[str, Template]:
    """The metrics named, all where none is. Raises SegdslError for names that are unknown."""
    from segdsl import problems
    from segdsl.error import SegdslError

    known = {template.name: template for template in catalog.metric_templates}
    wrong = [problems.unknown_metric(name, known) for name in names if name not in known]
    if wrong:
        raise SegdslError(wrong)
    return {name: known[name] for name in names or known}


def _list(templates: Iterable[Template], format_: str) -> None:
    from segdsl.cli.records import show_cells, show_values

    headers = ("metric", "title", "unit", "params", "needs")
    if format_ == "json":
        values = [
            (each.name, each.title, each.unit, _params(each), list(each.needs)) for each in templates
        ]  # fmt: skip
        show_values(headers, values, format_)
        return
    rows = []
    for each in templates:
        params = ", ".join(f"{name}: {value}" for name, value in _params(each).items())
        rows.append((each.name, each.title, each.unit, params, ", ".join(each.needs)))
    if format_ == "csv":
        show_values(headers, rows, format_)
    else:
        show_cells(headers, (False,) * 5, rows, format_)


def _params(template: Template) -> dict[str, str]:
    return {param.name: str(param.default) for param in template.params.values()}


def _eject(catalog: Catalog, names: tuple[str, ...]) -> None:
    from segdsl import problems
    from segdsl.cli.replace import replace_file
    from segdsl.error import SegdslError

    if not names:
        raise click.UsageError("--eject copies the metrics that are named")
    known = _templates(catalog, names)
    files = {name: catalog.root / "metrics" / f"{name}.sql.j2" for name in names}
    there = [file.name for file in files.values() if file.exists()]
    if there:
        raise SegdslError([problems.files_in_the_way("metrics", there)])
    for name, file in files.items():
        shown = (Path("metrics") / file.name).as_posix()
        try:
            file.parent.mkdir(exist_ok=True)
            replace_file(file, known[name].source.text.encode())
        except OSError as error:
            raise SegdslError([problems.cannot_write(shown, error.strerror or "unknown reason")]) from None
        click.echo(f"wrote {shown}: from now on it takes the place of the shipped metric", err=True)
