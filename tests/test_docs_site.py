"""The pages of a catalog: what they say, that their texts stay texts, and that they work in a browser without a
network."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from click.testing import CliRunner
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from segdsl import Catalog, SegdslError, load
from segdsl.cli.commands import segdsl
from segdsl.site.names import file_name
from tests.browser import chromium
from tests.test_report import NASTY, make
from tests.test_report_browser import log, until

RULES = f"""
## How much is **a lot**.
param much = 300
## Bought at least once. {NASTY}
@title("{NASTY}") @owner("{NASTY}") @tags(base, {"`" + NASTY + "`"})
segment buyers = orders > 0 and `{NASTY}` = "{NASTY}"
trait `{NASTY}` = case when orders > 3 then "{NASTY}" else "b" end
trait spent(window = 365d) = sum(order.amount within window)
@owner("crm") @deprecated("use buyers")
segment Rich = spent(90d) >= much and any(order where amount > customer.orders)
segment rich = customer.spent >= much
@owner("crm")
segmentation stage among orders > 0 {{
  fresh when last_purchase < 30d
  `{NASTY}` when rich
  stale otherwise
}}
segment gone = buyers as of 90d ago and not stage.fresh
example in Rich: order(10d ago, amount: 900)
example in stage.fresh: order(10d ago)
expect rich inside orders > 0
"""


class Links(HTMLParser):
    """The ids of a page, where its links lead, and its elements."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.links: list[str] = []
        self.tags: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        for name, value in attrs:
            assert not name.startswith("on")
            if name == "id":
                self.ids.add(value or "")
            elif name in ("href", "src") and value and not value.startswith("data:"):
                self.links.append(value)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A catalog with texts that are no friends of HTML, and its site with sizes in `site`."""
    found = tmp_path_factory.mktemp("docs")
    catalog = make(found, RULES, name=NASTY)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("segdsl.site.past.PERIODS", 3)
        written = catalog.docs(found / "site", sizes=True, min_size=5)
    assert written.definitions == len(catalog.definitions)
    assert written.files == len([path for path in (found / "site").rglob("*") if path.is_file()]) - 1
    return found


def page(folder: Path, name: str) -> str:
    return (folder / "site" / "definitions" / file_name(name)).read_text("utf-8")


def test_who_is_not_counted_back_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The catalog's own come before those of libraries, which may be larger."""
    monkeypatch.setattr("segdsl.site.gather.FOLLOWED", 2)
    monkeypatch.setattr("segdsl.site.past.PERIODS", 2)
    catalog = make(
        tmp_path, "use rfm\nsegment none_ = orders > 99\nsegment one = orders = 1\nsegment many = orders > 0\n"
    )
    catalog.docs(tmp_path / "site", sizes=True)
    for name in ("one", "many", "none_", "rfm.buyers"):
        text = page(tmp_path, name)
        assert ("Its sizes are not counted back: those of 2 definitions" in text) is (name in ("none_", "rfm.buyers"))
        assert ("Over time" in text) is True


def test_every_link_leads_somewhere(folder: Path) -> None:
    site = (folder / "site").resolve()
    pages = {path.resolve(): Links(path.read_text("utf-8")) for path in site.rglob("*.html")}
    assert len(pages) > 20
    for path, found in pages.items():
        assert "img" not in found.tags
        for link in found.links:
            target, _, anchor = link.partition("#")
            there = (path.parent / target).resolve() if target else path
            assert there.is_file(), (path, link)
            assert there.is_relative_to(site)
            assert not anchor or anchor in pages[there].ids or anchor == "main", (path, link)


def test_a_page_says_what_a_definition_is(folder: Path) -> None:
    text = page(folder, "Rich")
    assert "Deprecated: use buyers" in text
    assert 'owner <a href="../owners.html#crm">crm</a>' in text
    assert 'href="spent.html">spent</a>(' in text
    assert f'href="{file_name("much")}">much</a>' in text
    # in `where` a bare name is a field, whatever else has that name; behind `customer.` it is not
    assert 'amount &gt; <a class="name" href="orders.html">customer.orders</a>' in text
    assert "A <code>customer</code> is in <code>Rich</code> if: <code>spent</code> with 90 days" in text
    assert "example in</span>" not in text
    assert re.search(r'example</span> <span class="keyword">in</span> <a class="name" [^>]*>Rich</a>', text)
    assert "SELECT" in text.partition('aria-label="the SQL of Rich"')[2]
    assert "rules.seg:" in text


def test_an_example_stands_with_its_own_definition(tmp_path: Path) -> None:
    """Not with another one whose name its target's begins with."""
    (tmp_path / "libraries").mkdir()
    (tmp_path / "libraries" / "mood.seg").write_text(
        "segmentation mood { some when orders > 1  none otherwise }\nsegment fan = orders > 2\n"
    )
    examples = "example in mood.fan: order(1d ago), order(2d ago), order(3d ago)\nexample in mood.none: order(1d ago)\n"
    make(tmp_path, f"use mood\n{examples}").docs(tmp_path / "site")
    assert 'aria-label="the tests of mood.fan"' in page(tmp_path, "mood.fan")
    tests = page(tmp_path, "mood").partition('aria-label="the tests of mood"')[2].partition("</section>")[0]
    assert "mood.none" in re.sub("<[^>]*>", "", tests)
    assert "mood.fan" not in re.sub("<[^>]*>", "", tests)


def test_sizes_that_are_too_small_are_not_told(folder: Path) -> None:
    assert "<dd>45</dd>" in page(folder, "buyers") or "<dd>0</dd>" in page(folder, "buyers")
    stage = page(folder, "stage")
    with load(folder).run(["stage"]) as result:
        sizes = {size.segment: size.members for size in result.sizes}
    for name, members in sizes.items():
        shown = f"{members:,}" if members == 0 or members >= 5 else "&lt;5"
        assert f'<th scope="row">{name}</th><td class="number">{shown}</td>'.replace(NASTY, _escaped(NASTY)) in stage
    assert "as a run at each would have given" in stage


def test_sizes_of_saved_runs_need_no_data(tmp_path: Path) -> None:
    catalog = make(tmp_path, "segment buyers = orders > 0\n")
    for moment in ("2026-02-01", "2026-03-01"):
        catalog.run(as_of=moment, save=True).close()
    (tmp_path / "orders.csv").unlink()
    load(tmp_path).docs(tmp_path / "site", min_size=0)
    text = page(tmp_path, "buyers")
    assert "As the saved runs found it." in text
    assert '<th scope="row">2026-02-01</th>' in text
    # without the files nobody knows what the SQL would be
    assert "There is no SQL: " in text


@pytest.mark.parametrize("sizes", [False, True])
def test_sizes_of_saved_runs_on_other_clocks_are_left_out(tmp_path: Path, sizes: bool) -> None:
    make(tmp_path, "segment buyers = orders > 0\n").run(as_of="2026-02-01", save=True).close()
    model = tmp_path / "segdsl.yaml"
    model.write_text("timezone: Asia/Tokyo\n" + re.sub(r"(?m)^timezone:.*\n", "", model.read_text()))
    load(tmp_path).docs(tmp_path / "site", sizes=sizes, min_size=0)
    text = page(tmp_path, "buyers")
    assert "What saved runs have found is left out: the runs of the history are in the time zone `UTC`" in text
    assert "As the saved runs found it." not in text
    assert ("as a run at each would have given" in text) == sizes


def test_sizes_of_saved_runs_say_so_beside_counted_ones(tmp_path: Path) -> None:
    """What was saved is shown as saved, what was not is counted back, each under its own words; and of neither
    anything after as-of."""
    rules = "segment buyers = orders > 0\nsegment others = orders = 0\n"
    catalog = make(tmp_path, rules)
    for moment in ("2026-01-15", "2026-02-15", "2026-03-31"):
        catalog.run(["buyers"], as_of=moment, save=True).close()
    catalog.docs(tmp_path / "site", sizes=True, as_of="2026-03-01", min_size=0)
    saved, counted = page(tmp_path, "buyers"), page(tmp_path, "others")
    assert "As the saved runs found it." in saved
    assert re.findall(r'<th scope="row">(2026-\d\d-\d\d)', saved) == ["2026-01-15", "2026-02-15"]
    assert "others at the ends of 12 months up to then, as a run at each would have given" in counted
    # of runs that are all later than as-of nothing is left
    catalog.docs(tmp_path / "site", sizes=True, as_of="2026-01-10", min_size=0)
    assert "buyers at the ends of 12 months up to then" in page(tmp_path, "buyers")


def test_another_rule_is_marked_in_the_sizes_of_saved_runs(tmp_path: Path) -> None:
    make(tmp_path, "segment buyers = orders > 0\n").run(as_of="2026-01-15", save=True).close()
    make(tmp_path, "segment buyers = orders > 1\n").run(as_of="2026-02-15", save=True).close()
    load(tmp_path).docs(tmp_path / "site", min_size=0)
    text = page(tmp_path, "buyers")
    assert '<th scope="row">2026-01-15</th>' in text
    assert '<th scope="row">2026-02-15 <span class="tag">new rule</span></th>' in text
    assert "The rule has changed since" not in text
    make(tmp_path, "segment buyers = orders > 2\n").docs(tmp_path / "site", min_size=0)
    assert "As the saved runs found it. The rule has changed since the last of them." in page(tmp_path, "buyers")


def test_a_run_of_any_label_has_its_row(tmp_path: Path) -> None:
    """Labels that came later, or are gone, leave the sizes of the others where they are."""
    rule = "segmentation kind {{\n  {0}gold when total_spend >= 300\n  rest otherwise\n}}\n"
    for added, moment in (("", "2026-01-15"), ("bronze when orders > 1\n  ", "2026-02-15"), ("", "2026-03-15")):
        make(tmp_path, rule.format(added)).run(as_of=moment, save=True).close()
    load(tmp_path).docs(tmp_path / "site", min_size=0)
    text = page(tmp_path, "kind")
    table = text[text.index("kind over time as a table") :]
    names = re.findall(r'<th scope="col" class="number">(.*?)</th>', table)
    rows = re.findall(r'<tr><th scope="row">(2026-\d\d-\d\d).*?</th>(.*?)</tr>', table)
    found = {
        (day, name): cell
        for day, cells in rows
        for name, cell in zip(names, re.findall(r">([^<]*)</td>", cells), strict=True)
    }
    history = {(f"{size.as_of:%Y-%m-%d}", size.segment): size.members for size in load(tmp_path).history.sizes("kind")}
    days = ("2026-01-15", "2026-02-15", "2026-03-15")
    assert set(names) == {"kind.bronze", "kind.gold", "kind.rest"}
    assert found == {(day, name): f"{history[day, name]:,}" if (day, name) in history else "–"
                     for day in days for name in names}  # fmt: skip
    # who is in no run's last size is not shown with an older one
    assert "<figcaption>kind.bronze <strong>–</strong></figcaption>" in text


def test_the_least_size_goes_for_saved_runs_too(tmp_path: Path) -> None:
    make(tmp_path, "segment buyers = orders > 0\n").run(as_of="2026-03-01", save=True).close()
    for least, shown in (("0", True), ("1000", False)):
        words = ["docs", "-C", str(tmp_path), "--out", str(tmp_path / "site"), "--min-size", least]
        done = CliRunner().invoke(segdsl, words, prog_name="segdsl")
        assert done.exit_code == 0, done.output
        assert ("&lt;1000" not in page(tmp_path, "buyers")) is shown


def test_names_are_those_of_files_on_every_disk() -> None:
    names = ["rich", "Rich", "RICH", "con", "a.b", "a b", "ü", "Ü", "x" * 300, "../x", NASTY]
    files = [file_name(name) for name in names]
    assert len({file.casefold() for file in files}) == len(names)
    assert files[0] == "rich.html"
    assert files[4] == "a.b.html"
    for file in files:
        assert re.fullmatch(r"[a-z0-9_][a-z0-9_.-]*\.html|-[0-9a-f]+\.html", file)
        assert len(file) < 128


def test_a_folder_is_replaced_as_a_whole_or_left_alone(tmp_path: Path) -> None:
    catalog = make(tmp_path, "segment a = orders > 0\nsegment b = orders > 1\n")
    out = tmp_path / "site"
    catalog.docs(out)
    make(tmp_path, "segment a = orders > 0\n").docs(out)
    assert not (out / "definitions" / "b.html").exists()
    (out / "CNAME").write_text("example.org")
    before = sorted(out.rglob("*"))
    with pytest.raises(SegdslError) as caught:
        catalog.docs(out)
    assert [item.code for item in caught.value.diagnostics] == ["SEG660"]
    assert sorted(out.rglob("*")) == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["customers.csv", "orders.csv", "rules.seg",
                                                               "segdsl.yaml", "site"]  # fmt: skip
    (tmp_path / "file").write_text("")
    found = CliRunner().invoke(segdsl, ["-C", str(tmp_path), "docs", "--out", str(tmp_path / "file")])
    assert (found.exit_code, "SEG660" in found.output) == (1, True)


# ---------------------------------------------------------------- in a browser


@pytest.fixture(scope="module")
def browser(folder: Path) -> Iterator[Chrome]:
    with chromium(folder) as found:
        found.get((folder / "site" / "index.html").as_uri())
        yield found


def test_the_search_finds_by_keyboard_and_leads_there(browser: Chrome, folder: Path) -> None:
    browser.find_element(By.TAG_NAME, "body").send_keys("/")
    field = browser.switch_to.active_element
    assert field.get_attribute("id") == "search"
    field.send_keys("crm ri")
    until(browser, "return document.querySelectorAll('#found [role=option]').length")
    found = [item.text for item in browser.find_elements(By.CSS_SELECTOR, "#found strong")]
    assert found[0] == "Rich"
    field.send_keys(Keys.BACKSPACE * 6, "nothing of the kind")
    until(browser, "return document.getElementById('found').textContent === 'Nothing was found.'")
    field.send_keys(Keys.BACKSPACE * 30, "ric")
    until(browser, "return document.querySelectorAll('#found [role=option]').length === 2")
    field.send_keys(Keys.ARROW_DOWN, Keys.ENTER)
    until(browser, "return document.querySelector('h1').textContent === 'rich'")
    # and from there, another folder down
    browser.find_element(By.ID, "search").send_keys("gone")
    until(browser, "return !!document.querySelector('#found [role=option]')")
    browser.find_element(By.ID, "search").send_keys(Keys.ENTER)
    until(browser, "return document.querySelector('h1').textContent === 'gone'")


def test_the_graph_leads_on(browser: Chrome, folder: Path) -> None:
    browser.get((folder / "site" / "definitions" / "gone.html").as_uri())
    boxes = {item.text for item in browser.find_elements(By.CSS_SELECTOR, ".graph g text")}
    assert {"gone", "buyers", "stage"} <= boxes
    link = browser.find_element(By.CSS_SELECTOR, '.graph a[href="stage.html"]')
    browser.execute_script("arguments[0].focus()", link)
    browser.switch_to.active_element.send_keys(Keys.ENTER)
    until(browser, "return document.querySelector('h1').textContent === 'stage'")
    assert browser.execute_script("return document.querySelectorAll('.lines svg path.line').length") == 3


def test_texts_stay_texts_and_the_console_is_silent(browser: Chrome, folder: Path) -> None:
    for path in (
        f"definitions/{file_name(NASTY)}",
        "definitions/buyers.html",
        "owners.html",
        "tags.html",
        "model.html",
    ):
        browser.get((folder / "site" / path).as_uri())
        assert browser.find_elements(By.CSS_SELECTOR, "img, [onerror]") == []
        assert NASTY in browser.page_source.replace("&lt;", "<").replace("&gt;", ">")
    browser.find_element(By.ID, "search").send_keys("onerror")
    until(browser, "return document.querySelectorAll('#found [role=option]').length >= 2")
    assert browser.find_elements(By.CSS_SELECTOR, "#found img") == []
    assert [entry for entry in log(browser, "browser") if entry["level"] in ("SEVERE", "WARNING")] == []
    messages = [json.loads(entry["message"])["message"] for entry in log(browser, "performance")]
    sent = [item["params"] for item in messages if item["method"] == "Network.requestWillBeSent"]
    urls = [item["request"]["url"] for item in sent if item["documentURL"].startswith("file:")]
    assert urls
    assert all(url.startswith(("file:", "data:")) for url in urls), urls


def test_a_phone_does_not_scroll_sideways_and_colours_follow_the_reader(browser: Chrome, folder: Path) -> None:
    browser.get((folder / "site" / "definitions" / "stage.html").as_uri())
    size = {"width": 390, "height": 844, "deviceScaleFactor": 2, "mobile": True}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    dark = {"features": [{"name": "prefers-color-scheme", "value": "dark"}]}
    try:
        assert browser.execute_script("return document.documentElement.scrollWidth") <= 390
        paper = "return getComputedStyle(document.body).backgroundColor"
        assert browser.execute_script(paper) == "rgb(255, 255, 255)"
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", dark)
        assert browser.execute_script(paper) != "rgb(255, 255, 255)"
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print", "features": []})
        assert not browser.find_element(By.ID, "search").is_displayed()
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "", "features": []})


# words of a usual length in tables that do not stand in one line, and cells that are not on the screen
_BROKEN = """
const broken = [];
for (const cell of document.querySelectorAll('main td, main th')) {
  const walker = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) for (const word of walker.currentNode.data.matchAll(/\\S{1,14}/g)) {
    const range = document.createRange();
    range.setStart(walker.currentNode, word.index);
    range.setEnd(walker.currentNode, word.index + word[0].length);
    if (/^\\w+$/.test(word[0]) && range.getClientRects().length > 1) broken.push(word[0]);
  }
  if (cell.closest('tbody') && cell.getBoundingClientRect().right > innerWidth) broken.push(cell.textContent);
}
return broken;
"""


def test_a_phone_shows_tables_whole_and_words_in_one_piece(browser: Chrome, folder: Path) -> None:
    try:
        browser.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": 375, "height": 800, "deviceScaleFactor": 2, "mobile": True},
        )
        for name in ("model", "index", "types", "owners"):
            browser.get((folder / "site" / f"{name}.html").as_uri())
            assert browser.execute_script(_BROKEN) == [], name
            assert browser.execute_script("return document.documentElement.scrollWidth") <= 375
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_lists_show_the_code_and_emphasis_of_descriptions(tmp_path: Path) -> None:
    rules = '## A sum of `order.amount`, **not** <b>.\ntrait a = total_spend\n@title("a `b` *c*")\ntrait b = orders\n'
    make(tmp_path, rules).docs(tmp_path / "site")
    index = (tmp_path / "site" / "index.html").read_text("utf-8")
    assert "A sum of <code>order.amount</code>, <strong>not</strong> &lt;b&gt;." in index
    assert "a `b` *c*" in index  # a title is no Markdown


def _escaped(text: str) -> str:
    return text.replace("<", "&lt;").replace(">", "&gt;")


def test_the_catalog_needs_no_definitions(tmp_path: Path) -> None:
    catalog: Catalog = make(tmp_path, "")
    catalog.docs(tmp_path / "site")
    assert "The catalog defines nothing yet." in (tmp_path / "site" / "owners.html").read_text("utf-8")
