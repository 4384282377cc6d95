"""Metrics beside their values: templates and what these may not do, small groups, what is left out, how it is shown."""

from __future__ import annotations

import json
import re
import shutil
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars
import pyarrow
import pytest
from click.testing import CliRunner, Result

import segdsl
from segdsl import SegdslError
from segdsl.cli.commands import segdsl as command
from segdsl.metrics.template import SHIPPED, shipped

SHOP = Path(__file__).parent.parent / "examples" / "shop"
HEAD = "---\ntitle: Mine\nunit: {unit}\nparams: {{period: 90d, wide: 3, word: 'a b', on: true}}\n---\n"


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    shutil.copytree(SHOP, tmp_path / "shop")
    (tmp_path / "shop" / "metrics").mkdir()
    return tmp_path / "shop"


def write(shop: Path, body: str, unit: str = "count", name: str = "mine", head: str | None = None) -> None:
    text = (HEAD.format(unit=unit) if head is None else head) + body
    (shop / "metrics" / f"{name}.sql.j2").write_text(text)


def measured(shop: Path, body: str, segment: str | None = None) -> float | None:
    write(shop, body)
    return segdsl.load(shop).metrics(["mine"], segments=["tier"]).value(segment, "mine")


def call(folder: Path, *args: str) -> Result:
    return CliRunner().invoke(command, ["-C", str(folder), *args], prog_name="segdsl")


# ---------------------------------------------------------------- templates of one's own


def test_a_template_of_the_catalog_takes_the_place_of_a_shipped_one(shop: Path) -> None:
    shipped_value = segdsl.load(shop).metrics(["arpu"], segments=["vip"]).value("vip", "arpu")
    write(shop, 'sum({{ rule("spend(" ~ period ~ ")") }})', name="arpu")
    assert segdsl.load(shop).metrics(["arpu"], segments=["vip"]).value("vip", "arpu") != shipped_value


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("count(*)", 200),
        ("count(*) filter (where {{ rule('orders > 0') }})", 170),
        ("sum({{ rule('orders') }}) filter (where {{ rule('orders > 0') }}) / sum({{ rule('orders') }})", 1),
        ("count(case when {{ rule('orders = 0') }} then 1 end)", 30),
        ("count(*) filter (where ({{ rule('orders > 0') }} and {{ now }}) and not {{ rule('orders = 0') }})", 170),
        ("count({{ rule('orders') }}) filter (where {{ rule('orders > 0') }} or not {{ now }})", 170),
        ("count(distinct {{ rule('orders > 0') }})", 2),
        ("sum(distinct case when {{ rule('orders > 0') }} then 3 end) + count(*)", 203),
        ("median(case when {{ rule('orders > 0') }} then 1 else 0 end)", 1),
        ("min({{ rule('orders') }}) + avg(case when {{ rule('orders > 0') }} then 2.5 end)", 2.5),
        ("max({{ wide }}) + {{ wide }} * 2", 9),
        ("max({{ period }})", 90),
        ("count(case when 'a b' = {{ word }} then 1 end)", 200),
        ("{% if on and wide > 2 %}count(*){% else %}max(0){% endif %}", 200),
        ("{% for n in range(wide) %}count(*){{ ' + ' if not loop.last else '' }}{% endfor %}", 600),
        ("{% set w = ['7d', '30d'] %}{% for d in w %}{{ loop.index }} * sum(case when "
         "{{ rule('any(order within ' ~ d ~ ')') }} then 0 else 0 end) + {% endfor %}count(*)", 200),
        ("count(*) / {{ population('count(*)') }}", 1),
        ("count(*) / 0", None),
        ("sum(1e300) * 1e300 * 1e300", None),
        ("avg({{ rule('age(signup)') }}) / avg({{ rule('age(signup)') }} + 0)", 1),
    ],
)  # fmt: skip
def test_a_template_is_sql_over_rules(shop: Path, body: str, expected: float | None) -> None:
    assert measured(shop, body) == pytest.approx(expected)


def test_metrics_of_members_now_and_then_do_not_disturb_one_another(shop: Path) -> None:
    for over, period in (("now", "30d"), ("then", "30d"), ("either", "30d"), ("then", "200d")):
        head = f"---\ntitle: Mine\nunit: count\nover: {over}\nparams: {{period: {period}}}\n---\n"
        body = "count(*) + sum({{ rule('orders') }}) filter (where {{ then }} or {{ rule('orders > 2') }}) / 1000"
        write(shop, body, name=f"{over}_{period}", head=head)
    names = ["now_30d", "then_30d", "either_30d", "then_200d", "size"]
    catalog = segdsl.load(shop)
    together = catalog.metrics(names, segments=["tier", "vip"], min_size=1)
    for name in names:
        alone = catalog.metrics([name], segments=["tier", "vip"], min_size=1)
        for segment in ("tier.gold", "tier.silver", "vip", None):
            assert together.value(segment, name) == alone.value(segment, name) is not None
    assert len({together.value("tier.gold", name) for name in names}) > 2


def test_more_groups_than_a_number_has_bits_for(shop: Path) -> None:
    rules = {f"more_{n:03}": f"total_spend >= {n * 7}" for n in range(130)}
    (shop / "many.seg").write_text("".join(f"segment {name} = {rule}\n" for name, rule in rules.items()))
    catalog = segdsl.load(shop)
    names = list(rules)
    asked = ["size", "entered", "revenue"]
    together = catalog.metrics(asked, segments=names)
    assert len(set(map(together.value, names, ["size"] * 130))) > 50
    for name in (names[0], names[58], names[59], names[60], names[119], names[129]):
        alone = catalog.metrics(asked, segments=[name])
        assert [together.value(name, metric) for metric in asked] == [alone.value(name, metric) for metric in asked]


def test_a_duration_is_a_number_of_days(shop: Path) -> None:
    days = measured(shop, "min({{ rule('days_since(signup)') }})")
    exact = measured(shop, "min({{ rule('age(signup)') }})")
    assert days is not None
    assert exact is not None
    assert days <= exact < days + 1


@pytest.mark.parametrize(
    ("body", "code", "says"),
    [
        ("", "SEG620", "empty"),
        ("count(*) from customers", "SEG620", ""),
        ("(select count(*) from customers)", "SEG620", "a SELECT"),
        ("count(*); drop table x", "SEG620", ""),
        ("count(*) over ()", "SEG620", "window function"),
        ("sum(amount)", "SEG620", "unknown name"),
        ("sum(sum({{ rule('orders') }}))", "SEG620", "inside another aggregate"),
        ("{{ rule('orders') }}", "SEG620", ""),
        ("max(getenv('HOME'))", "SEG620", "getenv"),
        ("max(1) AS x", "SEG620", ""),
        ("sum({{ rule('ordres') }})", "SEG201", "ordres"),
        ("sum({{ rule('orders >') }})", "SEG101", ""),
        ("sum({{ unknown }})", "SEG619", "unknown"),
        ("{{ rule }", "SEG619", ""),
        ("{% include 'x' %}", "SEG619", "include"),
        ("{% macro m() %}{% endmacro %}count(*)", "SEG619", "macro"),
        ("{{ ''.__class__ }}", "SEG619", "getattr"),
        ("{{ rule.__globals__ }}", "SEG619", "getattr"),
        ("{{ [].append(1) }}", "SEG619", "calls nothing"),
        ("{{ cycler(1) }}", "SEG619", "calls nothing"),
        ("{{ 'x' | attr('y') }}", "SEG619", "filter"),
        ("{{ 'a' * 1000000000 }}", "SEG619", "two numbers"),
        ("{{ 'x' | center(100000000) }}", "SEG619", "filter"),
        ("{% for a in range(100) %}{% for b in range(100) %}x{% endfor %}{% endfor %}", "SEG619", "1,000 times"),
        ("{% for a in range(100000000) %}x{% endfor %}", "SEG619", "1,000 times"),
        ("{% set x = 'aaaaaaaaaaaaaaaa' %}" + "{% set x = x ~ x ~ x ~ x %}" * 40 + "{{ x }}", "SEG619", "256,000"),
        ("{% for a in range(900) %}" + "x" * 400 + "{% endfor %}", "SEG619", "256,000"),
        ("{% for a in 'abc' %}{% endfor %}", "SEG619", "list"),
        ("(" * 5000 + "count(*)" + ")" * 5000, "SEG620", "nested"),
    ],
)  # fmt: skip
def test_what_a_template_may_not_be(shop: Path, body: str, code: str, says: str) -> None:
    write(shop, body)
    started = time.monotonic()
    found = [item for item in segdsl.load(shop).check() if item.is_error]
    assert time.monotonic() - started < 20
    assert found[0].code == code, found[0].render()
    assert says in found[0].render()


def test_a_mistake_is_shown_at_its_line(shop: Path) -> None:
    write(shop, "\n{% set a = 1 %}\nsum({{ b }})")
    (found,) = segdsl.load(shop).check()
    assert found.span is not None
    assert found.span.place == "metrics/mine.sql.j2:8:1"


@pytest.mark.parametrize(
    ("head", "code"),
    [
        ("", "SEG618"),
        ("---\n---\n", "SEG605"),
        ("---\ntitle: x\n---\n", "SEG605"),
        ("---\ntitle: x\nunit: metres\n---\n", "SEG603"),
        ("---\ntitle: x\nunit: count\nextra: 1\n---\n", "SEG604"),
        ("---\ntitle: [\n---\n", "SEG601"),
        ("---\ntitle: x\nunit: count\nparams: {rule: 3}\n---\n", "SEG618"),
        ("---\ntitle: x\nunit: count\nparams: {a: {type: date, default: 3}}\n---\n", "SEG622"),
        ("---\ntitle: x\nunit: count\nover: then\n---\n", "SEG621"),
    ],
)
def test_what_a_head_may_not_be(shop: Path, head: str, code: str) -> None:
    write(shop, "count(*)", head=head)
    assert code in {item.code for item in segdsl.load(shop).check()}
    assert call(shop, "check").exit_code == 1


# ---------------------------------------------------------------- groups


def test_groups_that_are_too_small_are_not_shown(shop: Path) -> None:
    catalog = segdsl.load(shop)
    found = {item.metric: item for item in catalog.metrics(["size", "arpu"], segments=["birthday_soon"])}
    assert found["size"].segment is None  # the population comes last
    rows = {item.metric: item for item in catalog.metrics(["size", "arpu"], segments=["birthday_soon"])
            if item.segment}  # fmt: skip
    assert rows["size"].value == 8
    assert (rows["arpu"].value, rows["arpu"].too_small, rows["arpu"].text) == (None, True, "too small")
    open_ = catalog.metrics(["arpu"], segments=["birthday_soon"], min_size=8)
    assert open_.value("birthday_soon", "arpu") is not None
    model = shop / "segdsl.yaml"
    model.write_text(model.read_text() + "\nmetrics: {min_size: 5}\n")
    assert segdsl.load(shop).metrics(["arpu"], segments=["birthday_soon"]).value("birthday_soon", "arpu") is not None


def test_a_least_size_of_nothing_shows_all(shop: Path) -> None:
    model = shop / "segdsl.yaml"
    asked = ["metrics", "arpu", "--segments", "birthday_soon"]
    assert "too small" in call(shop, *asked).output
    every = call(shop, *asked, "--min-size", "0")
    assert (every.exit_code, "too small" in every.output) == (0, False)
    profile = ["profile", "birthday_soon"]
    assert call(shop, *profile).exit_code == 1
    assert call(shop, *profile, "--min-size", "0").exit_code == 0
    model.write_text(model.read_text() + "\nmetrics: {min_size: 0}\n")
    assert call(shop, *asked).output == every.output
    assert call(shop, *profile).exit_code == 0
    model.write_text(model.read_text().replace("min_size: 0", "min_size: -1"))
    assert "expected a whole number from 0 for `min_size`" in call(shop, *asked).output


def test_what_the_model_lacks_is_left_out_and_said_once(shop: Path) -> None:
    found = segdsl.load(shop).metrics(segments=["vip", "tier"])
    assert found.names == [name for name in SHIPPED if name != "coupon_redemption_rate"]
    assert [item.metric for item in found.left_out] == ["coupon_redemption_rate"]
    with pytest.raises(SegdslError, match="SEG625"):
        segdsl.load(shop).metrics(["coupon_redemption_rate"])


def test_params_come_from_the_model_the_period_and_the_call(shop: Path) -> None:
    model = shop / "segdsl.yaml"
    model.write_text(model.read_text() + "\nmetrics: {params: {projected_clv: {margin: 50%}, arpu: {period: 30d}}}\n")
    catalog = segdsl.load(shop)
    full = segdsl.load(SHOP).metrics(["projected_clv"], segments=["vip"]).value("vip", "projected_clv")
    assert full is not None
    half = catalog.metrics(["projected_clv"], segments=["vip"]).value("vip", "projected_clv")
    assert half == pytest.approx(full / 2)
    quarter = catalog.metrics(["projected_clv"], segments=["vip"], params={"projected_clv.margin": "25%"})
    assert quarter.value("vip", "projected_clv") == pytest.approx(full / 4)
    unwritten: Any = {"projected_clv.margin": None}
    for margin in (0.25, Decimal("0.25")):
        found = catalog.metrics(["projected_clv"], segments=["vip"], params={"projected_clv.margin": margin})
        assert list(found) == list(quarter)
    with pytest.raises(segdsl.SegdslError, match="`params` gives the param `projected_clv"):
        catalog.metrics(["projected_clv"], segments=["vip"], params=unwritten)
    assert [item.period for item in catalog.metrics(["arpu"], segments=["vip"])] == ["30d", "30d"]
    assert [item.period for item in catalog.metrics(["arpu"], segments=["vip"], period="7d")] == ["7d", "7d"]


def test_a_param_may_be_below_nothing(few: Path) -> None:
    head = "---\ntitle: Mine\nunit: count\nparams: {by: -10%, often: -3}\n---\n"
    for param, value in (("by", -0.1), ("often", -3)):
        write(few, f"sum({{{{ rule('n') }}}}) * {{{{ {param} }}}}", head=head)
        catalog = segdsl.load(few)
        plain = catalog.metrics(["mine"], segments=["low"], params={f"mine.{param}": 1}).value("low", "mine")
        assert plain is not None
        assert catalog.metrics(["mine"], segments=["low"]).value("low", "mine") == pytest.approx(plain * value)


def test_rules_besides_are_measured_too(shop: Path) -> None:
    found = segdsl.load(shop).metrics(["size", "entered"], expression="orders >= 3", segments=["vip"])
    assert found.segments == ["vip", "orders >= 3"]


def test_segments_of_several_entities(tmp_path: Path) -> None:
    (tmp_path / "segdsl.yaml").write_text(
        "as_of: 2026-03-31\nentities:\n"
        "  customer: {table: c.csv, key: id, parent: {entity: account, key: account}, attributes: {n: int}}\n"
        "  account: {table: a.csv, key: id, attributes: {plan: text}}\n"
        "events:\n  order: {of: customer, table: o.csv, key: id, time: at, fields: {amount: decimal}}\n"
    )
    (tmp_path / "c.csv").write_text("id,account,n\n1,1,5\n2,1,3\n")
    (tmp_path / "a.csv").write_text("id,plan\n1,pro\n2,free\n")
    (tmp_path / "o.csv").write_text("id,at,amount\n1,2026-03-01 00:00:00,5\n")
    (tmp_path / "r.seg").write_text('segment b = orders > 0\nsegment p of account = plan = "pro"\n')
    found = segdsl.load(tmp_path).metrics(["size", "arpu"], min_size=1)
    assert [(item.entity, item.segment, item.metric, item.value) for item in found] == [
        ("customer", "b", "size", 1),
        ("customer", "b", "arpu", 5),
        ("customer", None, "size", 2),
        ("customer", None, "arpu", 2.5),
        ("account", "p", "size", 1),
        ("account", None, "size", 2),
    ]
    assert [(item.metric, item.entity) for item in found.left_out] == [("arpu", "account")]
    shown = call(tmp_path, "metrics", "arpu", "tickets_per_customer", "campaign_roi", "size", "--segments", "p").output
    assert "SEG625" in shown
    assert "needs the event `order`, which `account` has not" in shown
    assert "help: `order` is of `customer`" in shown
    shown = call(tmp_path, "metrics", "--segments", "p").output
    assert "arpu" in (of_order := next(line for line in shown.splitlines() if "left out" in line and "arpu" in line))
    assert of_order.endswith("(`account` has not the event `order`; `order` is of `customer`)")
    assert "(`account` has not the event `touch` or the event `order`; `order` is of `customer`)" in shown
    assert "(the model has not the event `ticket`)" in shown
    assert "population of account" in call(tmp_path, "metrics", "size").output


# ---------------------------------------------------------------- shown


def test_metrics_are_a_table_for_others(shop: Path) -> None:
    found = segdsl.load(shop).metrics(["size", "churn_rate"], segments=["tier"])
    table = pyarrow.table(found)
    assert table.column_names[:4] == ["segment", "entity", "metric", "value"]
    assert polars.DataFrame(found).height == len(found) == 8
    assert '<td style="text-align: left">tier.gold</td>' in found._repr_html_()


def test_json_is_a_list_of_objects(shop: Path) -> None:
    result = call(shop, "metrics", "size", "churn_rate", "--segments", "vip,stage.churned", "--format", "json")
    assert result.exit_code == 0
    rows = json.loads(result.output)
    assert [(row["segment"], row["metric"]) for row in rows] == [
        ("vip", "size"), ("vip", "churn_rate"), ("stage.churned", "size"), ("stage.churned", "churn_rate")
    ]  # fmt: skip
    wanted = {"segment", "metric", "value", "unit", "as_of", "period"}
    assert wanted <= rows[0].keys()
    assert rows[3] | {"members": 0} == {
        "segment": "stage.churned", "metric": "churn_rate", "value": None, "unit": "percent",
        "as_of": "2026-03-31T00:00:00", "period": "90d", "entity": "customer", "members": 0, "too_small": False,
    }  # fmt: skip


def test_a_table_says_what_is_unknown_and_what_too_small(shop: Path) -> None:
    output = call(shop, "metrics", "size", "churn_rate", "arpu", "--segments", "stage,birthday_soon,vip").output
    assert "stage.churned" in output
    line = next(line for line in output.splitlines() if line.startswith("birthday_soon"))
    assert re.split(" {2,}", line.strip()) == ["birthday_soon", "8", "too small", "too small"]
    assert "  –  " in next(line for line in output.splitlines() if line.startswith("stage.churned"))


@pytest.mark.parametrize("format_", ["table", "csv", "markdown"])
def test_every_format_has_every_segment(shop: Path, format_: str) -> None:
    output = call(shop, "metrics", "size", "share", "--format", format_).output
    for name in ("vip", "tier.gold", "abandoned_cart"):
        assert name in output


def test_templates_are_listed_and_copied(shop: Path) -> None:
    assert all(name in call(shop, "metrics", "--list").output for name in SHIPPED)
    assert call(shop, "metrics", "arpu", "--eject").exit_code == 0
    assert (shop / "metrics" / "arpu.sql.j2").read_text() == shipped()["arpu"].source.text
    assert "SEG731" in call(shop, "metrics", "arpu", "--eject").output
    assert call(shop, "check").exit_code == 0


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["metrics", "arpuu"], "did you mean `arpu`"),
        (["metrics", "arpu", "--period", "3"], "a duration"),
        (["metrics", "arpu", "--param", "arpu"], "METRIC.PARAM=VALUE"),
        (["metrics", "--segments", "spend"], "expected a segment"),
        (["metrics", "--eject"], "that are named"),
    ],
)
def test_a_wrong_call_is_told(shop: Path, args: list[str], says: str) -> None:
    result = call(shop, *args)
    assert result.exit_code in (1, 2)
    assert says in result.output


# ---------------------------------------------------------------- of how many customers a number is


@pytest.fixture
def few(tmp_path: Path) -> Path:
    """A hundred customers, the first of whom ordered and the first two of whom answered a survey."""
    (tmp_path / "segdsl.yaml").write_text(
        "as_of: 2026-03-31\n"
        "entities: {customer: {table: c.csv, key: id, attributes: {n: int}}}\n"
        "events:\n"
        "  order: {of: customer, table: o.csv, key: id, time: at, fields: {amount: decimal}}\n"
        "  survey: {of: customer, table: s.csv, key: id, time: at, fields: {score: int}}\n"
    )
    (tmp_path / "c.csv").write_text("id,n\n" + "".join(f"{n},{n}\n" for n in range(1, 101)))
    (tmp_path / "o.csv").write_text("id,at,amount\n1,2025-12-01,10\n1,2026-03-01,14\n")
    (tmp_path / "s.csv").write_text("id,at,score\n1,2026-03-01,10\n2,2026-03-01,9\n")
    (tmp_path / "r.seg").write_text("segment low = n <= 50\n")
    (tmp_path / "metrics").mkdir()
    return tmp_path


@pytest.mark.parametrize(
    ("metric", "base"),
    [
        ("nps", 2),
        ("repeat_purchase_rate", 1),
        ("purchase_frequency", 1),
        ("days_between_orders", 1),
        ("average_order_value", 1),
        ("retention_rate", 1),
        ("churn_rate", 1),
        ("arpu", 50),
        ("revenue", 50),
        ("orders_per_customer", 50),
        ("growth", 50),
        ("size", 50),
    ],
)
def test_a_number_is_of_those_whose_values_it_is_made_of(few: Path, metric: str, base: int) -> None:
    for segment in ("low", None):
        every = base if segment or base < 50 else 100
        shown, hidden = (
            next(item for item in segdsl.load(few).metrics([metric], min_size=least) if item.segment == segment)
            for least in (every, every + 1)
        )
        assert (shown.members, shown.too_small, shown.value is None) == (every, False, False)
        assert (hidden.members, hidden.too_small, hidden.value is None) == (
            (every, True, True) if metric != "size" else (every, False, False)
        )


@pytest.mark.parametrize(
    ("body", "base"),
    [
        ("avg({{ rule('last(survey.score)') }})", 2),
        ("avg({{ rule('last(survey.score)') }}) filter (where {{ rule('n') }} = 1)", 1),
        ("avg(distinct {{ rule('last(survey.score)') }})", 2),
        ("median({{ rule('last(survey.score)') }})", 2),
        ("max({{ rule('last(survey.score)') }}) - min({{ rule('n') }})", 2),
        ("corr({{ rule('n') }}, {{ rule('last(survey.score)') }})", 2),
        ("sum({{ rule('n') }}) / sum({{ rule('count(survey)') }})", 2),
        ("sum({{ rule('n') }}) / (sum({{ rule('count(survey)') }}) + sum({{ rule('count(order)') }}))", 2),
        ("sum({{ rule('n') }}) / (sum({{ rule('count(order)') }}) + sum({{ rule('count(survey)') }}))", 2),
        ("sum({{ rule('n') }}) / coalesce(nullif(sum({{ rule('count(order)') }}), 0), sum({{ rule('n') }}))", 1),
        ("sum({{ rule('n') }}) / coalesce(nullif(sum({{ rule('0 * n') }}), 0), sum({{ rule('n') }}))", 50),
        ("sum({{ rule('n') }}) / count(distinct {{ rule('last(survey.score)') }})", 2),
        ("sum({{ rule('n') }}) / count(*) filter (where {{ rule('n') }} <= 3)", 3),
        ("sum({{ rule('n') }}) / count_if({{ rule('n') }} <= 3)", 3),
        ("avg({{ rule('n') }}) / avg({{ rule('last(order.amount)') }})", 1),
        ("avg({{ rule('last(survey.score)') }}) / count(*)", 2),
        ("avg({{ rule('n') }}) + coalesce(avg({{ rule('last(survey.score where score > 11)') }}), 0)", 50),
        ("sum({{ rule('n') }}) / (count(*) - count({{ rule('last(survey.score)') }}))", 48),
        ("avg({{ rule('n') }}) / 7", 50),
        ("sum({{ rule('n') }})", 50),
        ("avg(case when {{ then }} then {{ rule('last(survey.score)') }} end)", 2),
    ],
)
def test_a_template_is_of_the_fewest_that_a_mean_or_divisor_is_of(few: Path, body: str, base: int) -> None:
    write(few, body)
    found = segdsl.load(few).metrics(["mine"], segments=["low"], min_size=base)
    assert [(item.members, item.too_small) for item in found if item.segment] == [(base, False)]
    assert found.value("low", "mine") is not None
    found = segdsl.load(few).metrics(["mine"], segments=["low"], min_size=base + 1)
    assert [(item.value, item.too_small) for item in found if item.segment] == [(None, True)]


def test_nobody_is_not_too_few(few: Path) -> None:
    (few / "r.seg").write_text("segment high = n > 50\n")
    found = next(item for item in segdsl.load(few).metrics(["nps"]) if item.segment)
    assert (found.members, found.too_small, found.text) == (0, False, "–")


def test_a_profile_tells_nothing_of_few_customers_either(few: Path) -> None:
    (few / "segdsl.yaml").write_text((few / "segdsl.yaml").read_text().replace("{n: int}", "{n: int, rare: int}"))
    (few / "c.csv").write_text("id,n,rare\n" + "".join(f"{n},{n},{n if n <= 9 else ''}\n" for n in range(1, 101)))
    catalog = segdsl.load(few)
    named = {item.name for item in catalog.profile("low").comparisons}
    assert {"n", "arpu"} <= named
    assert not named & {"rare", "nps", "average_order_value", "repeat_purchase_rate"}
    assert "rare" in {item.name for item in catalog.profile("low", min_size=9).comparisons}
