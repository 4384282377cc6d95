"""What a report shows, from what was found."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING

from segdsl.evaluator import Evaluator
from segdsl.options import Period
from segdsl.plan.about import listed, title_of
from segdsl.report.content import Report
from segdsl.report.gather import Found, gather
from segdsl.report.measures import measures
from segdsl.report.overview import overview, past
from segdsl.report.page.write import bundle, html
from segdsl.report.personas import personas
from segdsl.report.rules import rules
from segdsl.report.splits import splits
from segdsl.report.together import together
from segdsl.report.words import counted, day

if TYPE_CHECKING:
    from segdsl.engines.handed import Data


def page(
    evaluator: Evaluator,
    names: Sequence[str],
    as_of: dt.datetime,
    period: Period,
    min_size: int,
    data: Data | None,
    version: str,
) -> str:
    """The report about definitions as HTML, written by a version of segdsl; raises SegdslError."""
    bundle()  # what is missing is told before anything is evaluated
    return html(report(evaluator, gather(evaluator, names, as_of, period, min_size, data)), version)


def report(evaluator: Evaluator, found: Found) -> Report:
    """The whole page, section by section."""
    model = evaluator.catalog.model
    definitions = evaluator.catalog.definitions
    about = {output.name: definitions[output.name] for output in found.outputs if output.name in definitions}
    descriptions = {name: listed(definition).description for name, definition in about.items()}
    titles = {name: title for name, definition in about.items() if (title := title_of(definition))}
    people = ", ".join(counted(count, entity) for entity, count in found.populations.items())
    sections = (
        overview(found),
        splits(found, descriptions),
        past(found) if found.trend.sizes else None,
        measures(found),
        together(found),
        personas(found, titles, descriptions),
        rules(evaluator, found.outputs),
    )
    return Report(
        f"Segments of {model.name}",
        f"{people}, as of {day(found.as_of)} in {model.timezone}",
        "It loads nothing: everything that it shows is in this file.",
        tuple(section for section in sections if section is not None),
    )
