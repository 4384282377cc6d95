"""The report in a browser that has no network: every chart is drawn, tables are sorted by keyboard, nothing runs that
is not the page's own."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from tests.browser import chromium
from tests.test_report import NASTY, make

RULES = f"""
## Bought at least once. {NASTY}
@title("{NASTY}") @owner("crm")
segment buyers = orders > 0
segment german = country = "DE"
segment rich = total_spend >= 300
segment `{NASTY}` = total_spend >= 100
segmentation stage among orders > 0 {{
  fresh when last_purchase < 30d
  `{NASTY}` when last_purchase < 60d
  stale otherwise
}}
"""


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    """The browser with a report of some segments open, all charts drawn."""
    folder = tmp_path_factory.mktemp("report")
    (folder / "report.html").write_text(make(folder, RULES, name=NASTY).report(min_size=0), "utf-8")
    with chromium(folder) as browser:
        browser.get((folder / "report.html").as_uri())
        until(browser, "return document.documentElement.dataset.drawn")
        yield browser


def log(browser: Chrome, kind: str) -> list[Any]:
    """What was logged since it was last asked for."""
    found = browser.get_log(kind)  # type: ignore[no-untyped-call]
    assert isinstance(found, list)
    return found


def until(browser: Chrome, script: str, seconds: float = 20) -> object:
    """What a script gives as soon as that is something."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = browser.execute_script(script)
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError(f"never true: {script}")


# how many marks of each chart have a place on the page
_DRAWN = """
return [...document.querySelectorAll('.drawing')].map(place => [place.dataset.chart,
  [...place.querySelectorAll('svg path, svg rect, svg text')].filter(mark => {
    const box = mark.getBoundingClientRect(); return box.width > 0 && box.height > 0;
  }).length])
"""


def test_every_chart_is_drawn(page: Chrome) -> None:
    drawn = dict(page.execute_script(_DRAWN))
    assert set(drawn) == {"sizes", "labels-stage", "flow-stage", "past", "combinations", "matrix"}
    assert all(marks >= 8 for marks in drawn.values()), drawn


def test_the_console_is_silent(page: Chrome) -> None:
    assert [entry for entry in log(page, "browser") if entry["level"] in ("SEVERE", "WARNING")] == []


def test_nothing_is_fetched(page: Chrome) -> None:
    messages = [json.loads(entry["message"])["message"] for entry in log(page, "performance")]
    sent = [item["params"] for item in messages if item["method"] == "Network.requestWillBeSent"]
    # the browser's own first page aside
    urls = [item["request"]["url"] for item in sent if item["documentURL"].startswith("file:")]
    assert urls
    assert all(url.startswith(("file:", "data:")) for url in urls), urls


def test_texts_of_the_catalog_stay_texts(page: Chrome) -> None:
    assert page.find_elements(By.CSS_SELECTOR, "img, [onerror]") == []
    assert page.title == f"Segments of {NASTY}"
    # and if one were no text, it would not run
    page.execute_script("document.body.insertAdjacentHTML('beforeend', '<b id=x onclick=\"window.hacked = 1\">x</b>')")
    page.execute_script("document.getElementById('x').click(); document.getElementById('x').remove()")
    assert page.execute_script("return window.hacked") is None
    assert any("Content Security Policy" in entry["message"] for entry in log(page, "browser"))


def test_a_table_is_sorted_by_keyboard(page: Chrome) -> None:
    table = page.find_element(By.CSS_SELECTOR, "table.sortable")
    members = table.find_elements(By.CSS_SELECTOR, "thead th")[1]
    button = members.find_element(By.TAG_NAME, "button")

    def column() -> list[int]:
        cells = table.find_elements(By.CSS_SELECTOR, "tbody td:nth-child(2)")
        return [int(cell.text.replace(",", "")) for cell in cells]

    before = column()
    assert members.get_attribute("aria-sort") == "none"
    button.send_keys(Keys.ENTER)
    assert members.get_attribute("aria-sort") == "descending"
    assert column() == sorted(before, reverse=True) != before
    button.send_keys(Keys.SPACE)
    assert members.get_attribute("aria-sort") == "ascending"
    assert column() == sorted(before)
    name = table.find_element(By.CSS_SELECTOR, "thead th button")
    name.send_keys(Keys.ENTER)
    assert members.get_attribute("aria-sort") == "none"
    names = [cell.text for cell in table.find_elements(By.CSS_SELECTOR, "tbody th")]
    assert names == page.execute_script("return arguments[0].sort((a, b) => a.localeCompare(b))", names)


def test_the_first_key_leads_past_the_contents(page: Chrome) -> None:
    page.refresh()
    until(page, "return document.documentElement.dataset.drawn")
    page.find_element(By.TAG_NAME, "body").send_keys(Keys.TAB)
    focused = page.switch_to.active_element
    assert focused.text == "Skip to the report"
    focused.send_keys(Keys.ENTER)
    assert page.switch_to.active_element.get_attribute("id") == "main"


def test_every_chart_says_in_words_what_it_shows(page: Chrome) -> None:
    for place in page.find_elements(By.CSS_SELECTOR, "figure.chart"):
        drawing = place.find_element(By.CSS_SELECTOR, ".drawing")
        assert len(drawing.get_attribute("aria-label") or "") > 30
        assert place.find_elements(By.CSS_SELECTOR, "details table tbody tr")


def test_a_phone_shows_all_without_scrolling_sideways(page: Chrome) -> None:
    size = {"width": 390, "height": 844, "deviceScaleFactor": 2, "mobile": True}
    page.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    try:
        wide = "return Math.max(...[...document.querySelectorAll('.drawing')].map(place => +place.dataset.width))"
        until(page, f"{wide.replace('return ', 'return 500 > ')}")
        assert all(marks >= 8 for _, marks in page.execute_script(_DRAWN))
        assert page.execute_script("return document.documentElement.scrollWidth") <= 390
    finally:
        page.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_colours_follow_the_reader(page: Chrome) -> None:
    paper = "return getComputedStyle(document.body).backgroundColor"
    bar = "return getComputedStyle(document.querySelector('[data-chart=sizes] .mark-rect path')).fill"
    light = page.execute_script(paper), page.execute_script(bar)
    dark_media = {"features": [{"name": "prefers-color-scheme", "value": "dark"}]}
    page.execute_cdp_cmd("Emulation.setEmulatedMedia", dark_media)
    try:
        dark = page.execute_script(paper), page.execute_script(bar)
        assert light[0] == "rgb(255, 255, 255)"
        assert dark[0] != light[0]
        assert dark[1] != light[1]
    finally:
        page.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
