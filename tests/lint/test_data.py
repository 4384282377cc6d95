"""Lint that looks at the data."""

from __future__ import annotations

from pathlib import Path

import pytest

from segdsl import load
from tests.lint.told import check, folder

__all__ = ["folder"]


def test_the_data_show_more(folder: Path) -> None:
    (folder / "a.seg").write_text('segment s = country = "de" or renewal < 30d\nsegment t = renewal within 30d\n')
    assert check().output.startswith("2 segments: no problems")
    found = load().check_data()
    assert [(item.code, item.span.text if item.span else "") for item in found] == [
        ("SEG807", '"de"'),
        ("SEG806", "renewal < 30d"),
    ]
    assert found[0].help == 'did you mean `"DE"`?'
    # an allowed one is not told, and without the data its comment is not told of as unused
    (folder / "a.seg").write_text("# segdsl: allow(SEG806)\nsegment s = renewal < 30d\n")
    assert load().check_data() == []
    assert load().check() == []


FUTURE = """\
as_of: 2026-03-31
entities:
  customer:
    table: customers.csv
    key: id
    parent: {entity: company, key: company}
    attributes: {country: text, due: date, tags: list(text)}
  company: {table: companies.csv, key: id, attributes: {renewal: date}}
events:
  plan:
    of: customer
    table: plans.csv
    key: id
    time: at
    fields: {ends: date, ended: date, status: text, product: {lookup: product}}
lookups:
  product: {table: products.csv, key: id, fields: {name: text}}
"""


@pytest.fixture
def ahead(folder: Path) -> Path:
    files = {
        "segdsl.yaml": FUTURE,
        "companies.csv": "id,renewal\nc,2027-01-01\n",
        "customers.csv": "id,company,country,due,tags\n1,c,DE,2027-01-01,\"['vip', 'new']\"\n2,c,FR,2026-01-01,\n",
        # the plan that begins later is seen by nobody yet
        "plans.csv": "id,at,ends,ended,status,product\n"
        "1,2026-03-01,2027-03-01,2026-03-03,paid,p\n1,2026-05-01,2026-06-01,2026-06-01,paid,p\n",
        "products.csv": "id,name\np,Basic\n",
    }
    for name, text in files.items():
        (folder / name).write_text(text)
    return folder


def of_data(folder: Path, rules: str, code: str) -> list[str]:
    """What is told of rules where their data are at hand, of one code: the texts that it points at."""
    (folder / "a.seg").write_text(rules)
    return [item.span.text for item in load().check_data() if item.code == code and item.span is not None]


@pytest.mark.parametrize(
    "condition",
    [
        "company.renewal < 30d",
        "r < 30d",
        "30d > age(due)",
        "any(plan where ends < 30d)",
        "any(plan where customer.due < 30d)",
        "last(plan.ends) < 30d",
        "any(plan where ends < customer_age)",
        "max(plan.ends) < 1y",
        "bands(due, 365d, 30d) = 2",
    ],
)
def test_an_age_in_the_future_is_told_wherever_it_stands(ahead: Path, condition: str) -> None:
    rules = f"trait r = due\nparam customer_age = 30d\nsegment s = {condition}\n"
    (found,) = of_data(ahead, rules, "SEG806")
    assert found in condition


@pytest.mark.parametrize(
    "condition",
    [
        "company.renewal within 30d",
        "any(plan where ends < 30d and ends within 90d)",
        "any(plan where ended < 30d)",
        "last(plan.ended) < 30d",
        "last(plan.at) < 30d",
        "due < 30d and due within 90d",
        "age(due) < 30d and age(due) >= 0d",
    ],
)
def test_an_age_of_the_past_is_told_nowhere(ahead: Path, condition: str) -> None:
    assert of_data(ahead, f"segment s = {condition}\n", "SEG806") == []


@pytest.mark.parametrize(
    ("condition", "text"),
    [
        ('lower(country) = "dee"', '"dee"'),
        ('tags contains "VIP"', '"VIP"'),
        ('tags has any ("vip", "New")', '"New"'),
        ('last(plan.status) = "Paid"', '"Paid"'),
        ('first_status in ("paid", "due")', '"due"'),
        ('mode(plan.product.name) != "basic"', '"basic"'),
        ('any(plan where upper(product.name) = "BASE")', '"BASE"'),
    ],
)
def test_a_text_that_no_row_has_is_told_wherever_it_stands(ahead: Path, condition: str, text: str) -> None:
    rules = f"trait first_status = first(plan.status)\nsegment s = {condition}\n"
    assert of_data(ahead, rules, "SEG807") == [text]


@pytest.mark.parametrize(
    ("condition", "told"),
    [
        ('country = "dee"', 'no row of `country` has "dee"'),
        ('lower(country) = "DE"', 'no row of `lower(country)` has "DE"'),
        ('upper(trim(country)) in ("de", "FR")', 'no row of `upper(trim(country))` has "de"'),
        ('small = "DE"', 'no row of `lower(country)` has "DE"'),
    ],
)
def test_the_functions_around_a_column_are_told(ahead: Path, condition: str, told: str) -> None:
    (ahead / "a.seg").write_text(f"trait small = lower(country)\nsegment s = {condition}\n")
    assert [item.message for item in load(ahead).check_data() if item.code == "SEG807"] == [told]


@pytest.mark.parametrize(
    "condition",
    [
        'lower(country) = "de"',
        'tags contains "vip"',
        'country contains "D"',
        'last(plan.status) = "paid"',
        'upper(trim(country)) in ("DE", "FR")',
        'coalesce(country, "none") = "none"',
    ],
)
def test_a_text_that_a_row_has_is_not_told(ahead: Path, condition: str) -> None:
    assert of_data(ahead, f"segment s = {condition}\n", "SEG807") == []


@pytest.mark.parametrize("zone", ["UTC", "America/New_York"])
def test_the_future_begins_by_the_clocks_of_the_model(ahead: Path, zone: str) -> None:
    # 2026-03-31T02:00Z is still the 30th in New York
    (ahead / "segdsl.yaml").write_text(f"timezone: {zone}\n{FUTURE.replace('due: date', 'due: timestamp')}")
    (ahead / "customers.csv").write_text("id,company,country,due,tags\n1,c,DE,2026-03-31T02:00:00Z,\n")
    assert of_data(ahead, "segment s = due < 30d", "SEG806") == (["due < 30d"] if zone == "UTC" else [])
