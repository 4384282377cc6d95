"""A report as one HTML file: templates filled, styles and scripts put in, and nothing that is fetched from anywhere."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from segdsl import problems
from segdsl.error import SegdslError
from segdsl.report.content import Card, Chart, Facts, Group, Report, Rule, Section, Table

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markupsafe import Markup

CHARTS = "vl-convert-python"
_TESTS = {
    "table_part": Table,
    "chart_part": Chart,
    "rule_part": Rule,
    "facts_part": Facts,
    "card_part": Card,
    "group_part": Group,
}


def html(report: Report, version: str) -> str:
    """The text of the file, written by a version of segdsl; every text of the report is escaped.

    Raises SegdslError where the extra is missing.
    """
    from jinja2 import Environment, StrictUndefined
    from markupsafe import Markup

    folder = files(__package__)
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=False)
    environment.filters["anchor"] = anchor
    environment.filters["markdown"] = markdown()
    for name, kind in _TESTS.items():
        environment.tests[name] = lambda item, kind=kind: isinstance(item, kind)
    template = environment.from_string((folder / "report.html.j2").read_text("utf-8"))
    scripts = [bundle(), (folder / "report.js").read_text("utf-8")]
    return template.render(
        report=report,
        version=version,
        specs={anchor(chart.id): {**chart.spec, "description": chart.takeaway} for chart in charts(report.sections)},
        style=Markup(style()),
        scripts=[Markup(script) for script in scripts],
        # scripts that are not these do not run, whatever a text may have smuggled in
        hashes=Markup(" ".join(f"'sha256-{_hash(script)}'" for script in scripts)),
    )


def style() -> str:
    """How pages look: on paper and on a screen, in light and in dark."""
    return (files(__package__) / "style.css").read_text("utf-8")


def charts(sections: tuple[Section, ...]) -> list[Chart]:
    """All charts of a report, in order."""
    found: list[Chart] = []
    for section in sections:
        for part in section.parts:
            inner = part.parts if isinstance(part, Group) else (part,)
            found.extend(item for item in inner if isinstance(item, Chart))
    return found


def anchor(text: str) -> str:
    """A name as an id that HTML and links take as it is; different names have different ones."""
    return re.sub(r"[^A-Za-z0-9-]", lambda match: f"_{ord(match.group()):x}_", text)


@cache
def bundle() -> str:
    """The library that draws, as one script; raises SegdslError where it is not installed."""
    try:
        import vl_convert
    except ImportError:
        raise SegdslError([problems.report_needs_charts(CHARTS)]) from None
    text = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;")
    # no script may hold what ends it
    return re.sub(r"</(?=script)", r"<\\/", str(text), flags=re.IGNORECASE)


def markdown() -> Callable[[str], Markup]:
    """Descriptions as HTML: paragraphs, lists, emphasis and code. Tags in them stay text, and there are no links."""
    from markupsafe import Markup

    parser = _parser()
    return lambda text: Markup(parser.render(text))


def inline() -> Callable[[str], Markup]:
    """A line of a description as HTML, within a paragraph or cell."""
    from markupsafe import Markup

    parser = _parser()
    return lambda text: Markup(parser.renderInline(text))


def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt

    return MarkdownIt("zero").enable(["backticks", "emphasis", "list", "newline", "escape"])


def _hash(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
