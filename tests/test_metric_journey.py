"""The metrics of the journey once more from plain rows, which SQL written by hand reads from the same files."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import segdsl
from segdsl.metrics.result import Metrics
from segdsl.metrics.template import shipped
from tests.cases import same
from tests.journey_reference import connect
from tests.reference import metrics as reference
from tests.test_metric_values import params_of

JOURNEY = Path(__file__).parent.parent / "examples" / "journey"
SEGMENTS = ["lost_vips", "value_tier"]
AS_OF = dt.datetime(2018, 1, 1)
THEN = "2017-10-03"  # ninety days before


@pytest.fixture(scope="module")
def people() -> dict[str, reference.Person]:
    with connect() as connection:
        sql = "SELECT CAST(hh AS VARCHAR), t, CAST(cents AS BIGINT), CAST(coupon AS BIGINT) FROM baskets"
        rows = connection.execute(sql).fetchall()
    orders: dict[str, list[dict[str, Any]]] = {}
    for key, at, cents, coupon in rows:
        orders.setdefault(key, []).append({"at": at, "amount": Decimal(cents) / 100, "coupon": coupon})
    return {key: reference.Person(key, {"order": found}) for key, found in orders.items()}


@pytest.fixture(scope="module")
def memberships() -> dict[str, dict[str, set[str]]]:
    """Who is in which segment, now and ninety days before."""
    catalog = segdsl.load(JOURNEY)
    found: dict[str, dict[str, set[str]]] = {}
    for when, as_of in (("now", None), ("then", THEN)):
        with catalog.run(SEGMENTS, as_of=as_of) as result:
            for row in result.members.to_pylist():
                found.setdefault(row["segment"], {"now": set(), "then": set()})[when].add(str(row["household_id"]))
    return found


@pytest.fixture(scope="module")
def measured() -> Metrics:
    return segdsl.load(JOURNEY).metrics(segments=SEGMENTS, min_size=1)


def test_every_metric_of_the_journey_is_that_of_its_rows(
    measured: Metrics, people: dict[str, reference.Person], memberships: dict[str, dict[str, set[str]]]
) -> None:
    everybody = list(people.values())
    assert "coupon_redemption_rate" in measured.names
    assert len(measured.names) >= 17
    assert {item.metric for item in measured} - reference.METRICS.keys() == {"mailing_response"}  # the catalog's own
    for item in (item for item in measured if item.metric in reference.METRICS):
        who = memberships.get(item.segment or "", {"now": set(people), "then": set(people)})
        params = params_of(shipped()[item.metric], {}, AS_OF)
        if "period" in params and "then" in (shipped()[item.metric].over, "either"):
            assert item.period == "90d"
        groups = [[people[key] for key in sorted(who[when])] for when in ("now", "then")]
        expected = reference.METRICS[item.metric](reference.Asked(groups[0], groups[1], everybody, AS_OF, params))
        wanted = None if expected is None else float(expected)
        assert same(wanted, item.value), f"{item.metric} of {item.segment}: {item.value}, not {wanted}"
