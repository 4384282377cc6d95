"""Files that a merge has left in two versions: said once, and nothing else because of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from segdsl import SegdslError, load
from segdsl.cli.commands import segdsl
from segdsl.diagnostics import Source
from segdsl.editor.index import SourceIndex

MODEL = """\
as_of: 2026-03-31
entities:
  customer: {table: customers.csv, key: id, attributes: {country: text, visits: int}}
"""
BODY = """\
segment a = visits > 1
segment b =
<<<<<<< HEAD
  visits > 2
=======
  visits > 3
>>>>>>> stricter
segment c = a and b
"""
DEFINITIONS = """\
segment a = visits > 1
<<<<<<< HEAD
segment b = visits > 2
||||||| 12ab34c
segment b = visits > 1
=======
segment b = visits > 3
segment d = b
>>>>>>> stricter
segment c = a and b

<<<<<<< HEAD
=======
segment e = c
>>>>>>> stricter
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "segdsl.yaml").write_text(MODEL)
    (tmp_path / "customers.csv").write_text("id,country,visits\n1,DE,3\n")
    return tmp_path


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (BODY, 3),
        (DEFINITIONS, 2),
        (f"<<<<<<< HEAD\n=======\n>>>>>>> x\n{BODY.partition('<')[0]} visits > 1\n", 1),
        ("segment a = visits > 1\n=======\nsegment b = a\n", 2),
        ("segment a = visits > 1\n>>>>>>> stricter\nsegment b = a\n", 2),
    ],
    ids=["body", "definitions", "top", "half", "end"],
)
def test_a_conflict_is_said_once_where_it_begins(root: Path, text: str, line: int) -> None:
    (root / "rules.seg").write_text(text)
    (found,) = load(root).check()
    assert (found.code, found.span and found.span.line) == ("SEG112", line)
    (in_editor,) = SourceIndex(Source("rules.seg", text)).whole.diagnostics
    assert (in_editor.code, in_editor.span and in_editor.span.line) == ("SEG112", line)


def test_other_mistakes_are_told_at_their_places(root: Path) -> None:
    (root / "rules.seg").write_text(BODY + "segment d = vists > 1\n")
    found = load(root).check()
    assert [(item.code, item.span and item.span.line) for item in found] == [("SEG112", 3), ("SEG201", 9)]


def test_nothing_in_a_conflict_runs_and_what_is_elsewhere_does(root: Path) -> None:
    (root / "rules.seg").write_text(BODY)
    (root / "other.seg").write_text("segment fine = visits > 2\n")
    for name in ("b", "c"):
        with pytest.raises(SegdslError, match="SEG112"):
            load(root).run([name])
    with load(root).run(["fine"]) as result:
        assert [size.members for size in result.sizes] == [1]


def test_files_in_a_conflict_are_not_formatted(root: Path) -> None:
    (root / "rules.seg").write_text(BODY)
    result = CliRunner().invoke(segdsl, ["-C", str(root), "fmt"], prog_name="segdsl")
    assert (result.exit_code, result.output.count("SEG")) == (1, 1)
    assert (root / "rules.seg").read_text() == BODY


def test_a_conflict_in_the_model_is_said(root: Path) -> None:
    (root / "segdsl.yaml").write_text(f"<<<<<<< HEAD\nname: a\n=======\nname: b\n>>>>>>> x\n{MODEL}")
    with pytest.raises(SegdslError) as caught:
        load(root)
    assert [(item.code, item.span and item.span.line) for item in caught.value.diagnostics] == [("SEG112", 1)]
