"""The report: what it says, that every text is escaped, and that it stays readable with nobody, one and many."""

from __future__ import annotations

import html
import json
import math
import re
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from segdsl import Catalog, SegdslError, load
from segdsl.cli.commands import segdsl
from segdsl.report.gather import gather
from segdsl.report.page.write import anchor

ROOT = Path(__file__).parent.parent
MODEL = """
name: {name}
as_of: 2026-03-31
entities:
  customer: {{table: customers.csv, key: {{column: id, type: text}}, attributes: {{country: text}}}}
events:
  order: {{of: customer, table: orders.csv, key: {{column: id, type: text}}, time: at, fields: {{amount: decimal}}}}
"""
CUSTOMERS = "id,country\n" + "".join(f"{n},{'DE' if n % 3 else 'FR'}\n" for n in range(60))
ORDERS = "id,at,amount\n" + "".join(f"{n},2026-0{1 + n % 3}-{1 + n % 28:02},{10 * n}\n" for n in range(60) if n % 4)
NASTY = "</script><img src=x onerror=alert(1)>"


def make(folder: Path, rules: str, name: str = "small", customers: str = CUSTOMERS, orders: str = ORDERS) -> Catalog:
    for file, text in (
        ("segdsl.yaml", MODEL.format(name=json.dumps(name))),
        ("customers.csv", customers),
        ("orders.csv", orders),
        ("rules.seg", rules),
    ):
        (folder / file).write_text(text)
    return load(folder)


def specs(page: str) -> dict[str, dict[str, object]]:
    """The specifications of the page's charts."""
    found = re.search(r'<script type="application/json" id="specs">(.*?)</script>', page, re.DOTALL)
    assert found
    return json.loads(found[1])  # type: ignore[no-any-return]


def headings(page: str) -> list[str]:
    return re.findall(r"<h2>(.*?)</h2>", shown(page))


def shown(page: str) -> str:
    """The page without what its scripts hold."""
    return page.partition("<script")[0]


@pytest.fixture(autouse=True)
def _few_periods(monkeypatch: pytest.MonkeyPatch) -> None:
    # what is left out would be shown in the same way
    monkeypatch.setattr("segdsl.report.gather.PERIODS", 3)
    monkeypatch.setattr("segdsl.report.gather.CARDS", 1)


def test_a_report_has_its_parts(tmp_path: Path) -> None:
    catalog = make(
        tmp_path,
        '## Buys a lot.\nsegment rich = total_spend >= 300\nsegment german = country = "DE"\n'
        "segmentation stage among orders > 0 {\n  fresh when last_purchase < 30d\n  stale otherwise\n}\n",
    )
    page = catalog.report()
    assert headings(page) == ["Overview", "Segmentations", "Over time", "Metrics", "Overlap", "Personas", "Definitions"]
    assert set(specs(page)) == {"sizes", "labels-stage", "flow-stage", "past", "combinations", "matrix"}
    assert "The largest of 2 segments is german with 40 members, 66.7% of all." in page
    assert "Buys a lot." in page
    assert '<span class="keyword">segment</span> rich = ' in page
    assert re.search(r'<a class="name" href="#rule-total_5f_spend">total_spend</a>', page)
    # nothing is fetched from anywhere
    assert not re.search(r"""(?:src|href)=["']?(?:https?:)?//""", shown(page))
    assert len(page.encode()) < 1_500_000


def test_texts_are_escaped(tmp_path: Path) -> None:
    catalog = make(
        tmp_path,
        f'## {NASTY}\n@title("{NASTY}") @owner("{NASTY}") @tags("{NASTY}")\n'
        f'segment `{NASTY}` = country = "{NASTY}"\nsegment other = country = "DE"\nsegment third = orders > 0\n'
        f"segmentation `{NASTY} b` {{\n  `{NASTY} c` when orders > 1\n  rest otherwise\n}}\n",
        name=NASTY,
    )
    page = catalog.report()
    assert "<img" not in shown(page)
    assert page.count("</script>") == 3  # those of the page: specifications, library, drawing
    assert "&lt;/script&gt;&lt;img src=x onerror=alert(1)&gt;" in page
    assert any(NASTY in json.dumps(spec) for spec in specs(page).values())
    ids = re.findall(r' id="([^"]*)"', shown(page))
    assert len(ids) == len(set(ids))


def test_anchors_are_plain_and_differ() -> None:
    names = ["a b", "a-b", "a_b", "a.b", "ä", '"', "a_20_b"]
    anchors = [anchor(name) for name in names]
    assert len(set(anchors)) == len(names)
    assert all(re.fullmatch(r"[A-Za-z0-9_-]+", item) for item in anchors)


def test_links_lead_to_what_is_there(tmp_path: Path) -> None:
    page = make(tmp_path, "segment one = orders > 0\nsegment two = one and total_spend > 100\n").report()
    ids = set(re.findall(r' id="([^"]*)"', shown(page)))
    assert set(re.findall(r'href="#([^"]*)"', shown(page))) <= ids


def test_a_size_leads_to_its_own_rule(tmp_path: Path) -> None:
    """Not to that of another one whose name its own begins with."""
    (tmp_path / "libraries").mkdir()
    (tmp_path / "libraries" / "mood.seg").write_text(
        "segmentation mood { some when orders > 1  none otherwise }\n"
        "segment fan = orders > 1\nsegmentation kind { good when fan  bad otherwise }\n"
    )
    page = shown(make(tmp_path, "use mood\n").report(min_size=0))
    table = page[page.index("All sizes") :]
    table = table[: table.index("</table>")]
    found = {name: rule for rule, name in re.findall(r'<a href="#(rule-[^"]*)">([^<]*)</a>', table)}
    rules = {"mood.some": "mood", "mood.none": "mood", "mood.fan": "mood.fan", "mood.kind.good": "mood.kind",
             "mood.kind.bad": "mood.kind"}  # fmt: skip
    assert found == {name: anchor(f"rule-{rule}") for name, rule in rules.items()}


def test_buyers_stand_in_a_grid_of_their_scores(tmp_path: Path) -> None:
    catalog = make(tmp_path, "use rfm\n")
    evaluator = catalog._evaluator
    found = gather(evaluator, ["rfm"], evaluator.moment(None), "month", 0)
    (grid,) = found.grids
    assert (grid.recencies, grid.means) == (5, 5)
    with catalog.run(["rfm.recency", "rfm.frequency", "rfm.monetary", "rfm"], layout="wide") as result:
        rows = [list(row.values())[1:] for row in result.wide.to_pylist() if row["rfm"] is not None]
    expected: dict[tuple[int, int], int] = {}
    groups: dict[tuple[int, int], set[str]] = {}
    for recency, frequency, monetary, group in rows:
        cell = recency, math.floor((frequency + monetary) / 2)
        expected[cell] = expected.get(cell, 0) + 1
        groups.setdefault(cell, set()).add(group)
    assert grid.members == expected
    assert {cell: set(names) for cell, names in grid.groups.items()} == groups
    # the borders of these groups are whole scores, so a cell is of one
    assert all(len(names) == 1 for names in groups.values())
    page = catalog.report(["rfm"], min_size=0)
    assert "Of 45 buyers" in page
    assert "grid-rfm" in specs(page)


@pytest.mark.parametrize(
    ("use", "highest", "best", "worst"),
    [
        ("scale: 2", (2, 2), {(2, 2)}, {(1, 1)}),
        ("scale: 3", (3, 3), {(3, 3)}, {(1, 1)}),
        ("scale: 9", (9, 9), {(r, fm) for r in (7, 8, 9) for fm in (7, 8, 9)},
         {(r, fm) for r in (1, 2, 3) for fm in (1, 2, 3)}),
        ("grid: klaviyo", (3, 3), {(3, 3)}, {(1, 1)}),
        # nobody has the highest of these scores
        ("scores: bands, recency_bands: (60d, 30d, 2h, 1h), frequency_bands: (1, 2, 3, 4)", (5, 5),
         {(r, fm) for r in (4, 5) for fm in (4, 5)}, {(r, fm) for r in (1, 2) for fm in (1, 2)}),
        # a mean of scores of two scales is on the longer one
        ("scores: bands, recency_bands: (60d, 30d), frequency_bands: (1, 2)", (3, 5), {(3, 4), (3, 5)},
         {(1, 1), (1, 2)}),
    ],
)  # fmt: skip
def test_the_grid_is_on_the_scale_that_was_declared(
    tmp_path: Path, use: str, highest: tuple[int, int], best: set[tuple[int, int]], worst: set[tuple[int, int]]
) -> None:
    catalog = make(tmp_path, f"use rfm({use})\n")
    evaluator = catalog._evaluator
    (grid,) = gather(evaluator, ["rfm"], evaluator.moment(None), "month", 0).grids
    assert (grid.recencies, grid.means) == highest
    assert sum(grid.members.values()) == 45
    share = [sum(grid.members.get(cell, 0) for cell in corner) / 45 for corner in (best, worst)]
    page = catalog.report(["rfm"], min_size=0)
    assert f"Of 45 buyers {share[0]:.1%} are in the best corner" in page
    assert f", {share[1]:.1%} in the worst" in page


def test_another_library_of_that_name_has_no_grid(tmp_path: Path) -> None:
    (tmp_path / "libraries").mkdir()
    (tmp_path / "libraries" / "rfm.seg").write_text("segmentation rfm { some when orders > 1  none otherwise }\n")
    page = make(tmp_path, "use rfm\n").report(min_size=0)
    assert "split-rfm" in page
    assert "grid-rfm" not in specs(page)


def test_a_grid_without_buyers_says_so(tmp_path: Path) -> None:
    page = make(tmp_path, "use rfm(grid: shopify, window: 1h)\n").report(["rfm"], min_size=0)
    assert "Nobody has bought within the window." in page
    assert "recency 5" in page


def test_metrics_are_measured_for_every_segment(tmp_path: Path) -> None:
    catalog = make(tmp_path, 'segment rich = total_spend >= 300\nsegment german = country = "DE"\n')
    page = shown(catalog.report())
    assert "Metrics" in headings(page)
    money = page[page.index(">Money</h3>") :]
    row = re.search(r'<tr><th scope="row">rich</th>(.*?)</tr>', money)
    assert row
    value = catalog.metrics(["revenue"], segments=["rich"]).value("rich", "revenue")
    assert f'data-value="{value}"' in row[1]
    assert re.search(r'<tfoot>\s*<tr><th scope="row">everybody</th>', money)
    assert "Left out, as the model does not have what they need of customer: open_rate" in page


def test_a_card_says_who_the_members_are(tmp_path: Path) -> None:
    catalog = make(
        tmp_path, '## Germans.\n@title("The Germans")\nsegment german = country = "DE"\nsegment few = orders > 99\n'
    )
    page = shown(catalog.report())
    card = page[page.index('<article class="card" id="card-german">') :].partition("</article>")[0]
    assert "<h3>The Germans</h3>" in card
    assert f"<p>{catalog.profile('german').persona}</p>" in card
    assert 'id="card-few"' not in page


def test_a_single_segment(tmp_path: Path) -> None:
    page = make(tmp_path, "segment only = orders > 0\n").report()
    assert headings(page) == ["Overview", "Over time", "Metrics", "Personas", "Definitions"]
    assert "only with 45 members, 75.0% of all." in page


def test_an_empty_population(tmp_path: Path) -> None:
    empty = {"customers": "id,country\n", "orders": "id,at,amount\n"}
    rules = "segment a = orders > 0\nsegment b = orders > 1\nsegmentation s {\n  x when orders > 1\n  y otherwise\n}\n"
    page = make(tmp_path, rules, **empty).report()
    assert "Nobody is in any of the segments." in page
    assert "Nobody has a label." in page
    assert headings(page) == ["Overview", "Segmentations", "Over time", "Metrics", "Definitions"]


def test_many_segments_stay_readable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("segdsl.report.gather.FOLLOWED", 5)
    rules = "".join(f"segment s{n:03} = total_spend >= {n}\n" for n in range(200))
    page = make(tmp_path, rules).report()
    assert "Shown are the 25 largest; the table below has all." in page
    assert "The 5 largest segments are followed; 195 smaller ones are left out here." in page
    assert "The 5 largest segments are measured; 195 smaller ones are left out here." in page
    assert (
        "– stands where no change was looked for. The 5 largest segments are followed; 195 smaller ones are not."
        in page
    )
    assert "largest change in a month of those followed" in page
    assert "The 24 largest segments are compared; 176 smaller ones are left out here." in page
    assert len(re.findall(r'<article class="rule"', page)) > 200
    assert len(page.encode()) < 2_000_000


def test_the_catalogs_own_segments_are_followed_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a library in use a segment may hold more, or nobody by its nature."""
    monkeypatch.setattr("segdsl.report.gather.FOLLOWED", 2)
    shop = make(tmp_path, "use rfm\nsegment none_ = orders > 99\nsegment one = orders = 1\nsegment many = orders > 0\n")
    page = html.unescape(shown(shop.report()))
    order = "2 segments are followed, the catalog's own first, then the largest"
    assert f"{order}; 2 are left out here." in page
    assert f"– stands where no change was looked for. {order}; 2 are not." in page
    past = page[page.index('<section id="past"') :]
    past = past[: past.index("</section>")]
    followed = re.findall(r'<tr><th scope="row">([\w.]+)', past)
    assert [name for name in followed if name in ("none_", "one", "many", "rfm.buyers")] == ["one", "many"]
    # what was named is meant like one's own
    assert "The 2 largest segments are followed; 1 smaller ones are left out here." in shop.report(
        ["rfm.buyers", "none_", "one"]
    )


@pytest.mark.parametrize(("number", "words"), [(4, "Of 4 segments, the"), (12, "Of the 8 largest segments, the"),
                                              (60, "Of the 3 largest segments, the")])  # fmt: skip
def test_combinations_say_of_how_many_segments_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, words: str
) -> None:
    """Of many each is rare, so those of fewer are drawn."""
    if number == 60:
        monkeypatch.setattr("segdsl.report.gather.TOLD", 1.1)
    rules = "".join(f"segment s{n:03} = total_spend >= {n}\n" for n in range(number))
    assert words in make(tmp_path, rules).report()


def test_small_cells_are_not_told(tmp_path: Path) -> None:
    rules = 'segment rich = total_spend >= 550\nsegment german = country = "DE"\n'
    page = make(tmp_path, rules).report()
    rich = re.search(r'<th scope="row">rich \(\d+\)</th>(.*?)</tr>', page, re.DOTALL)
    assert rich
    assert re.findall(r">([^<]*)</td>", rich[1]) == ["&lt;10", "–"]


def test_of_two_entities_each_is_compared(tmp_path: Path) -> None:
    catalog = make(tmp_path, 'segment a = orders > 0\nsegment b = country = "DE"\n')
    model = (tmp_path / "segdsl.yaml").read_text()
    (tmp_path / "shops.csv").write_text("id,town\n" + "".join(f"{n},{'A' if n % 2 else 'B'}\n" for n in range(40)))
    shop = "  shop: {table: shops.csv, key: {column: id, type: text}, attributes: {town: text}}\n"
    (tmp_path / "segdsl.yaml").write_text(model.replace("events:", f"{shop}events:"))
    (tmp_path / "shops.seg").write_text('segment in_a of shop = town = "A"\nsegment all_shops of shop = true or in_a\n')
    catalog = load(tmp_path)
    page = catalog.report()
    assert "60 customers, 40 shops, as of 31 March 2026" in page
    assert {"matrix-customer", "matrix-shop"} <= set(specs(page))
    # what a shop has no orders for is measured of customers
    left_out = re.findall(r"Left out, as the model does not have what they need( of \w+): (.*?)\.<", shown(page))
    assert [of for of, _ in left_out] == [" of customer", " of shop"]
    names = [item.metric for item in catalog.metrics().left_out if item.entity == "customer"]
    assert left_out[0][1].startswith(", ".join(names[:11]))
    assert "revenue" in left_out[1][1]
    assert "revenue" not in left_out[0][1]
    assert all(len(set(found)) == len(found) for found in (text.split(", ") for _, text in left_out))


def test_one_evaluation_serves_the_present(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    catalog = make(tmp_path, "segment a = orders > 0\nsegmentation s {\n  x when orders > 1\n  y otherwise\n}\n")
    made: list[int] = []
    from segdsl.engines import results

    plain = results.Evaluation.__init__

    def counting(self: results.Evaluation, *args: object) -> None:
        made.append(1)
        plain(self, *args)  # type: ignore[arg-type]

    monkeypatch.setattr(results.Evaluation, "__init__", counting)
    evaluator = catalog._evaluator
    gather(evaluator, [], evaluator.moment(None), "month", 10)
    assert len(made) == 3  # one for now, one for the past, one for the personas; metrics are a SELECT by themselves


def test_the_command_writes_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(tmp_path, "segment a = orders > 0\nsegment b = orders > 1\n")
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(segdsl, ["report", "--segments", "a, b", "--out", "a.html"], prog_name="segdsl")
    assert result.exit_code == 0
    assert re.fullmatch(r"wrote a.html: \d\.\d MB, opens in any browser without a network\n", result.output)
    assert (tmp_path / "a.html").read_text().startswith("<!DOCTYPE html>")
    result = CliRunner().invoke(segdsl, ["report", "--out", "nowhere/a.html"], prog_name="segdsl")
    assert result.exit_code == 1
    assert "SEG716" in result.output


def test_without_the_extra_it_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from segdsl.report.page.write import bundle

    bundle.cache_clear()
    monkeypatch.setitem(sys.modules, "vl_convert", None)
    with pytest.raises(SegdslError, match=r"SEG763.*\n.*pip install 'segdsl\[report\]'"):
        make(tmp_path, "segment a = orders > 0\n").report()
