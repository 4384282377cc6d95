"""Lint as a command: what the model and comments allow, fixes, SARIF."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from segdsl import load
from segdsl.diagnostics import Source
from segdsl.syntax.formatter import format_source
from tests.lint.told import MODEL, check, folder, told

__all__ = ["folder"]


def test_comments_allow() -> None:
    rule = 'segment {} = visits > 1 and\n  country != "DE"\n'
    assert told(rule.format("a")) == [("SEG805", 'country != "DE"')]
    assert told(f"# segdsl: allow(SEG805)\n{rule.format('a')}") == []
    assert told(f'# segdsl: allow(SEG805)\n## About it.\n@owner("x")\n{rule.format("a")}') == []
    assert told(rule.format("a").rstrip() + "  # segdsl: allow(SEG805, SEG803)\n") == [
        ("SEG816", "# segdsl: allow(SEG805, SEG803)")
    ]
    assert [code for code, _ in told(f"# segdsl: allow(SEG805)\n{rule.format('a')}\n{rule.format('b')}")] == [
        "SEG811",
        "SEG805",
    ]
    assert told("# segdsl: allow(SEG999)\n# segdsl: alow(SEG801)\nsegment a = visits > 1") == [
        ("SEG817", "# segdsl: allow(SEG999)"),
        ("SEG817", "# segdsl: alow(SEG801)"),
    ]


LONG = (
    "count(order within 90d where amount > 10) > 3 and signup < 2y and visits < 1_000"
    ' and country != "DE" and credit in (1, 2) and visits > 3'
)


@pytest.mark.parametrize(
    "text",
    [
        f"segment a = {LONG} # segdsl: allow(SEG805)\n",
        f'@owner("x") segment a = {LONG} # segdsl: allow(SEG805)\n',
        f"trait a = case when {LONG} then 1 else 2 end # segdsl: allow(SEG805)\n",
        f"segmentation a {{\n  x when {LONG} # segdsl: allow(SEG805)\n  y otherwise\n}}\n",
        f"segmentation a {{\n  # segdsl: allow(SEG805)\n  x when {LONG}\n  y otherwise\n}}\n",
        f"segmentation a {{ y when visits > 1  x when {LONG} }} # segdsl: allow(SEG805)\n",
        f"segmentation a among {LONG} {{ y when visits > 1  x otherwise }} # segdsl: allow(SEG805)\n",
    ],
)
def test_what_a_comment_allows_stays_so_when_formatted(text: str) -> None:
    formatted = format_source(Source("a.seg", text)).text
    assert formatted.count("\n") > text.count("\n")
    assert (told(text, "SEG805", "SEG816"), told(formatted, "SEG805", "SEG816")) == ([], [])


def test_a_comment_within_a_definition_speaks_of_its_line_or_rule() -> None:
    rules = 'x when visits > 1 and{}\n    country != "DE"{}\n  y when visits > 2 and\n    country != "FR"'
    allow = "  # segdsl: allow(SEG805)"
    for first, last, expected in (("", allow, ["SEG805"]), (allow, "", ["SEG805", "SEG805", "SEG816"])):
        found = told(f"segmentation a {{\n  {rules.format(first, last)}\n}}\n", "SEG805", "SEG816")
        assert sorted(code for code, _ in found) == expected


def test_warnings_alone_end_with_0_unless_strict(folder: Path) -> None:
    (folder / "a.seg").write_text('segment abroad = country != "DE"\n')
    assert check().exit_code == 0
    assert check("--strict").exit_code == 1
    assert "`segdsl rule SEG805` explains" in check().output
    assert check("--format", "concise").output == (
        "a.seg:1:18: SEG805 this holds for those whose `country` is unknown too\n"
    )


def test_the_model_says_what_is_told(folder: Path) -> None:
    (folder / "a.seg").write_text('segment abroad = country != "DE"\n')
    for lint, codes in (
        ("ignore: [SEG805]", []),
        ("extend: [SEG813]", ["SEG813", "SEG805"]),
        ("select: [SEG812]", ["SEG812"]),
        ("{select: [all], ignore: [SEG812]}", ["SEG813", "SEG805"]),
    ):
        said = lint if lint.startswith("{") else f"{{{lint}}}"
        (folder / "segdsl.yaml").write_text(f"{MODEL}lint: {said}\n")
        assert [item.code for item in load().check()] == codes, lint
    (folder / "segdsl.yaml").write_text(f"{MODEL}lint: {{select: [SEG5]}}\n")
    assert "expected a code as `SEG801` for a member of `select` of `lint`, found `SEG5`" in check().output


def test_fixes_change_no_meaning(folder: Path) -> None:
    text = (
        "segment a = orders > 1  # one\r\n"
        "# segdsl: allow(SEG801)\r\n"
        "segment b = last_purchase < 180d and last_purchase < 90d ago  # two\r\n"
        'segment c = (country = "DE") as of 90d ago\r\n'
        '@deprecated("use a")\r\nsegment d = orders > 1\r\n'
        "segment e = d and renewal is known\r\n"
    )
    (folder / "a.seg").write_bytes(text.encode())
    done = check("--fix")
    assert "4 fixes made" in done.output
    assert (folder / "a.seg").read_bytes().decode() == (
        "segment a = orders > 1  # one\r\n"
        "segment b = last_purchase < 180d and last_purchase before 90d ago  # two\r\n"
        'segment c = (country = "DE")\r\n'
        '@deprecated("use a")\r\nsegment d = orders > 1\r\n'
        "segment e = a and renewal is known\r\n"
    )
    assert "fix" not in check("--fix").stderr


def test_sarif_is_what_its_standard_says(folder: Path) -> None:
    from tests.sarif import problems_of

    (folder / "a.seg").write_text(
        'segment abroad = country != "DE"\nsegment b = last_purchase < 9d or last_purchase < 9d ago\n'
    )
    found = json.loads(check("--format", "sarif").output)
    assert problems_of(found) == []
    assert [item["ruleId"] for item in found["runs"][0]["results"]] == ["SEG805", "SEG814"]
    place = found["runs"][0]["results"][0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": "a.seg"}
    assert place["region"] == {"startLine": 1, "startColumn": 18, "endLine": 1, "endColumn": 33}
    assert problems_of({"version": "2.1.0"})


@pytest.mark.parametrize("name", ["shop", "journey"])
def test_the_examples_are_clean(name: str) -> None:
    assert load(Path("examples") / name).check() == []
