"""The folder of the VS Code extension holds what packing it asks for; `.ci/run` packs it by vsce."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from segdsl import __version__

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "grammar" / "vscode"
MANIFEST: dict[str, Any] = json.loads((FOLDER / "package.json").read_text("utf-8"))


def _files(node: Any) -> Iterator[str]:
    """Every file that the manifest names."""
    if isinstance(node, dict):
        for value in node.values():
            yield from _files(value)
    elif isinstance(node, list):
        for value in node:
            yield from _files(value)
    elif isinstance(node, str) and node.startswith("./"):
        yield node


def test_the_manifest_has_what_vsce_demands() -> None:
    for key in ("name", "publisher", "version", "license", "displayName", "description"):
        assert MANIFEST[key], key
    assert re.fullmatch(r"[a-z0-9-]+", MANIFEST["name"])
    assert MANIFEST["version"] == __version__
    assert re.fullmatch(r"\^\d+\.\d+\.\d+", MANIFEST["engines"]["vscode"])
    # what is bundled from src by esbuild is there once it is packed
    assert MANIFEST["main"] == "./dist/extension.js"
    assert "src/extension.js --bundle" in MANIFEST["scripts"]["build"]
    assert MANIFEST["scripts"]["vscode:prepublish"] == "npm run license && npm run build"


def test_every_file_that_is_named_is_there() -> None:
    found = set(_files(MANIFEST["contributes"]))
    assert len(found) == 2
    for name in found:
        json.loads((FOLDER / name).read_text("utf-8"))
    assert (FOLDER / "README.md").is_file()
    assert (FOLDER / "src" / "extension.js").is_file()
    assert (ROOT / "LICENSE").is_file()


def test_what_is_for_development_is_left_out_of_the_package() -> None:
    ignored = set((FOLDER / ".vscodeignore").read_text("utf-8").split())
    assert {"src/**", "test/**", "node_modules/**"} <= ignored
    # a licence that was copied there to be packed is no second one in the repository
    assert "LICENSE" in (FOLDER / ".gitignore").read_text("utf-8").split()


def test_ci_packs_it() -> None:
    assert "npm run package" in (ROOT / ".ci" / "run").read_text("utf-8")


def test_the_client_starts_the_command_of_its_setting() -> None:
    source = (FOLDER / "src" / "extension.js").read_text("utf-8")
    setting = MANIFEST["contributes"]["configuration"]["properties"]["segdsl.command"]
    assert setting["default"] == "segdsl"
    assert 'getConfiguration("segdsl").get("command")' in source
    assert 'args: ["lsp"]' in source
