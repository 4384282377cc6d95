"""Debian's Chromium without a head and without a network, for pages that have to work in one."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # there is nobody to ask where anything is
    "--host-resolver-rules=MAP * ~NOTFOUND",
)


@contextmanager
def chromium(folder: Path, size: tuple[int, int] = (1280, 900)) -> Iterator[Chrome]:
    """A browser with a new profile in a folder, cut off from the network. Without one the test is skipped, in CI it
    fails."""
    browser, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if browser is None or driver is None:
        if os.environ.get("CI"):
            pytest.fail("chromium and chromedriver are missing")
        pytest.skip("chromium and chromedriver are missing")
    options = Options()
    options.binary_location = browser
    for flag in (*FLAGS, f"--user-data-dir={folder / 'profile'}", f"--window-size={size[0]},{size[1]}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    found = Chrome(options=options, service=Service(executable_path=driver))
    try:
        found.execute_cdp_cmd("Network.enable", {})
        offline = {"offline": True, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
        found.execute_cdp_cmd("Network.emulateNetworkConditions", offline)
        yield found
    finally:
        found.quit()
