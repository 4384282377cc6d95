"""The metrics of all segments, by what they are about, in tables that can be sorted."""

from __future__ import annotations

from collections.abc import Sequence

from segdsl.metrics.result import Metric, Metrics
from segdsl.report.content import Cell, Group, Note, Part, Section, Table
from segdsl.report.gather import Found
from segdsl.report.words import counted, listed

# shipped metrics by what they are about, as many as a table has room for; a catalog's own ones come first
THEMES = {
    "Movement": ("size", "growth", "entered", "left", "retention_rate", "churn_rate"),
    "Money": ("revenue", "revenue_share", "arpu", "average_order_value", "historic_clv", "projected_clv"),
    "Buying": ("orders_per_customer", "repeat_purchase_rate", "purchase_frequency", "days_between_orders",
               "coupon_redemption_rate"),
    "Messages": ("open_rate", "click_rate", "click_to_open_rate", "conversion_rate"),
    "Trouble with messages": ("unsubscribe_rate", "bounce_rate", "complaint_rate"),
    "Voice and service": ("nps", "average_rating", "average_sentiment", "tickets_per_customer", "campaign_roi",
                          "cost_per_retained_customer"),
}  # fmt: skip
COLUMNS = 7  # of a table of a catalog's own metrics
_DIRECTION = {"better": "Higher is better.", "worse": "Lower is better.", "neither": ""}


def measures(found: Found) -> Section | None:
    """The metrics that the model can give; None where there are none."""
    metrics = found.metrics
    if not metrics.names:
        return None
    # what is unknown for everybody says nothing
    known = [name for name in metrics.names if any(item.value is not None for item in metrics if item.metric == name)]
    themed = {name for names in THEMES.values() for name in names}
    own = [name for name in known if name not in themed and name not in ("size", "share")]
    groups: list[tuple[str, Sequence[str]]] = []
    for start in range(0, len(own), COLUMNS):
        groups.append(("More" if start else "Own metrics", own[start : start + COLUMNS]))
    for title, shipped in THEMES.items():
        chosen = [name for name in shipped if name in known]
        if set(chosen) - {"size"}:
            groups.append((title, chosen))
    parts: list[Part | Group] = [
        Group(f"metrics-{number}", title, (_table(metrics, names, title, number),))
        for number, (title, names) in enumerate(groups, start=1)
    ]
    nothing = [name for name in metrics.names if name not in known]
    if nothing:
        parts.append(Note(f"Left out, as no value is known: {listed(nothing, 12)}."))
    entities = dict.fromkeys(item.entity for item in (*metrics, *metrics.left_out))
    for entity in entities:
        names = list(dict.fromkeys(item.metric for item in metrics.left_out if item.entity == entity))
        if names:
            text = f"Left out, as the model does not have what they need of {entity}"
            parts.append(Note(f"{text}: {listed(names, 12)}."))
    if metrics.begins:
        text = "Where numbers are not known, the history that is asked for begins later"
        parts.append(Note(f"{text}: {listed(list(metrics.begins), 12)}."))
    if found.unfollowed:
        parts.append(Note(found.unfollowed.sentence("measured", "left out here")))
    parts.append(_meaning(metrics, [name for _, names in groups for name in names]))
    about = f"{counted(len(known), 'metric')} of the segments and labels; the last row is everybody. A bar compares a "
    about += "number with the largest of its column."
    if found.min_size:
        about += f" Over fewer than {found.min_size} customers a number is too small to be told."
    return Section("metrics", "Metrics", about, tuple(parts))


def _table(metrics: Metrics, names: Sequence[str], title: str, number: int) -> Table:
    cells = {(item.entity, item.segment, item.metric): item for item in metrics}
    owners = list(dict.fromkeys((item.entity, item.segment) for item in metrics))
    most = {
        name: max((item.value or 0 for item in metrics if item.metric == name and item.segment), default=0)
        for name in names
    }
    several = len({entity for entity, _ in owners}) > 1
    rows, foot = [], []
    for entity, segment in owners:
        values = [_cell(cells.get((entity, segment, name)), most[name]) for name in names]
        if segment is None:
            foot.append((Cell(f"everybody of {entity}" if several else "everybody"), *values))
        else:
            rows.append((Cell(segment), *values))
    return Table(
        ("segment or label", *(metrics.template(name).title for name in names)),
        (False, *([True] * len(names))),
        tuple(rows),
        f"Metrics: {title}",
        sortable=True,
        id=f"metrics-table-{number}",
        foot=tuple(foot),
    )


def _cell(item: Metric | None, most: float) -> Cell:
    if item is None or item.value is None:
        return Cell("–" if item is None else item.text)
    share = item.value / most if most > 0 and item.segment is not None else None
    return Cell(item.text, item.value, None if share is None else min(max(share, 0), 1))


def _meaning(metrics: Metrics, names: Sequence[str]) -> Group:
    """What each metric is, and how far back it looks."""
    rows = []
    for name in dict.fromkeys(names):
        template = metrics.template(name)
        period = next((item.period for item in metrics if item.metric == name), None)
        sentences = [f"{template.description.rstrip('.')}.", _DIRECTION[template.higher_is]]
        rows.append(
            (Cell(template.title), Cell(period or ""), Cell(" ".join(filter(None, sentences)).replace("`", "")))
        )
    table = Table(("metric", "period", "what it is"), (False, False, False), tuple(rows), "What the metrics are")
    return Group("metrics-meaning", "What the metrics are", (table,))
