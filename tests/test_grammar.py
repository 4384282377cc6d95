"""The grammar is free of conflicts, and every list of its words says the same."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from zlib import crc32

import pytest
from lark import Lark, Tree
from lark.exceptions import UnexpectedCharacters, UnexpectedToken

from segdsl.diagnostics import Source
from segdsl.syntax.grammar import RESERVED, STARTS, grammar
from segdsl.syntax.machine import Makers, Refused, read
from segdsl.syntax.parser import is_plain_name, parse, parse_value
from segdsl.syntax.scanner import STARTERS, cut
from segdsl.syntax.table import END, _lark, table
from segdsl.syntax.tokens import CALENDAR_UNITS, UNITS
from tests.laws.mutations import Mutator

ROOT = Path(__file__).parents[1]
COLOURS = json.loads((ROOT / "grammar" / "vscode" / "syntaxes" / "segdsl.tmLanguage.json").read_text("utf-8"))
# as the language reference lists them: the words that start definitions, and these
LISTED = "and or not in is as of between when then else end otherwise among per case sequence true false"


def test_the_grammar_has_no_conflict() -> None:
    pytest.importorskip("interegular")
    Lark(grammar(), parser="lalr", lexer="contextual", start=list(STARTS), maybe_placeholders=True, strict=True)


def test_the_grammar_that_is_used_is_the_only_copy() -> None:
    assert grammar() == (ROOT / "grammar" / "segdsl.lark").read_text("utf-8")
    assert [path.relative_to(ROOT).as_posix() for path in ROOT.glob("segdsl/**/*.lark")] == []


def test_the_reserved_words_are_those_of_the_reference() -> None:
    assert STARTERS | set(LISTED.split()) == RESERVED


def test_the_reserved_words_are_those_that_a_name_looks_ahead_for() -> None:
    found = re.search(r"^NAME: /\(\?!\(\?:([a-z|]+)\)", grammar(), re.MULTILINE)
    assert found is not None
    assert set(found.group(1).split("|")) == RESERVED


def test_a_label_looks_ahead_for_the_same_words_and_for_ago() -> None:
    found = re.search(r"^LABEL\.3: /\(\?:\(\?!\(\?:([a-z|]+)\)", grammar(), re.MULTILINE)
    assert found is not None
    # a word that starts a definition ends the segmentation before it can be a label
    assert set(found.group(1).split("|")) == (RESERVED - STARTERS) | {"ago"}


def _keywords() -> set[str]:
    """Every word that the grammar has a terminal for."""
    return set(re.findall(r"^[A-Z_]+(?:\.\d)?: /([a-z]+)\(\?!\\w\)/$", grammar(), re.MULTILINE))


def test_every_reserved_word_is_a_keyword() -> None:
    assert _keywords() >= RESERVED


@pytest.mark.parametrize("word", [*sorted(_keywords() - RESERVED), "next", "no", "ever", "day", "count", "order"])
def test_a_word_that_is_not_reserved_can_be_a_name(word: str) -> None:
    assert is_plain_name(word)
    assert parse_value(Source("value", f"{word} + 1 > {word}"))[1] == ()
    assert (
        parse(Source("definition", f"trait {word} = f({word}, {word}: {word} where {word}.{word})")).diagnostics == ()
    )


@pytest.mark.parametrize("word", sorted(RESERVED))
def test_a_reserved_word_is_a_name_in_backticks_only(word: str) -> None:
    assert not is_plain_name(word)
    assert parse(Source("definition", f"trait `{word}` = `{word}`")).diagnostics == ()
    refused = parse(Source("definition", f"trait {word} = 1")).diagnostics
    assert [each.code for each in refused] == ["SEG104"]


# ---------------------------------------------------------------- the table kept from one start to the next


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where the table is kept now; in the tests after this one it is where it was before."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path))
    table.cache_clear()
    yield tmp_path / "segdsl" / f"grammar-{crc32(grammar().encode()):08x}.json"
    table.cache_clear()


def test_the_table_is_kept_in_the_users_cache_folder(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = table()
    whole = kept.read_bytes()
    assert [path.name for path in kept.parent.iterdir()] == [kept.name]
    monkeypatch.setitem(sys.modules, "lark", None)  # not needed again
    table.cache_clear()
    assert (table().states, table().rules) == (first.states, first.rules)
    assert parse(Source("definition", "segment a = b")).diagnostics == ()
    monkeypatch.undo()
    monkeypatch.setenv("XDG_CACHE_HOME", str(kept.parents[1]))
    other = json.dumps({**json.loads(whole), "grammar": "of another version"}).encode()
    for content in (whole[:2000], other):
        kept.write_bytes(content)
        table.cache_clear()
        assert table().rules == first.rules
        assert json.loads(kept.read_bytes())["grammar"] == grammar()


def test_two_versions_of_the_grammar_keep_their_tables_side_by_side(
    kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = table().rules
    monkeypatch.setattr("segdsl.syntax.table.grammar", lambda: grammar() + "// another version\n")
    table.cache_clear()
    assert table().rules == first
    assert len(list(kept.parent.iterdir())) == 2
    monkeypatch.undo()
    assert kept.exists()


def test_a_cache_folder_that_cannot_be_written_is_done_without(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept.parents[1].joinpath("file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(kept.parents[1] / "file"))
    monkeypatch.setenv("LOCALAPPDATA", str(kept.parents[1] / "file"))
    assert parse(Source("definition", "segment a = b")).diagnostics == ()


def test_reading_by_the_table_is_what_larks_parser_does() -> None:
    """The same tokens, the same rules with the same parts, and the same refusals at the same places."""
    lark = _lark()
    accepted = refused = 0
    mutator = Mutator(5, list(_definitions()))
    for text in (*_definitions(), *(mutator.text() for _ in range(300))):
        found = shape_of(text)
        try:
            parsed: Any = _plain(lark.parse(text, start="definition"))
        except UnexpectedToken as error:
            parsed = (error.accepts, "" if error.token.type == "$END" else str(error.token))
        except UnexpectedCharacters as error:
            interactive: Any = error.interactive_parser
            parsed = (interactive.accepts(), None)
        accepted, refused = accepted + isinstance(found, list), refused + isinstance(found, tuple)
        assert found == parsed, text
    assert min(accepted, refused) > 100


def _definitions() -> Iterator[str]:
    for path in sorted((ROOT / "examples").rglob("*.seg")):
        source = Source(path.name, path.read_text("utf-8"))
        yield from (source.text[chunk.start : chunk.end] for chunk in cut(source)[0])


def _plain(node: Any) -> Any:
    """A tree of Lark as a list: the name of the rule, and its parts."""
    return [str(node.data), *map(_plain, node.children)] if isinstance(node, Tree) else node and str(node)


def shape_of(text: str) -> Any:
    """The same as `_plain` of Lark's tree, read by the table; what could stand, and what does, where it is refused."""

    def make(name: str) -> Callable[..., list[Any]]:
        return lambda _, *parts: [name, *(text[slice(*part)] if isinstance(part, tuple) else part for part in parts)]

    rules = table().rules
    makers = Makers(rules, [make(rule.name) for rule in rules], [0] * len(rules))
    try:
        return read(table(), makers, None, text, 0, len(text), "definition", len(text))
    except Refused as error:
        return {"$END" if kind == END else kind for kind in error.expected}, error.found


# ---------------------------------------------------------------- editor colours


def _patterns(node: Any) -> list[str]:
    if isinstance(node, dict):
        own = [node[key] for key in ("match", "begin", "end") if key in node]
        return own + [found for value in node.values() for found in _patterns(value)]
    if isinstance(node, list):
        return [found for value in node for found in _patterns(value)]
    return []


def _coloured(scope: str) -> set[str]:
    """The words of the alternatives that have a scope."""
    (found,) = [each["match"] for each in _repository() if each.get("name") == scope]
    inner = re.search(r"\(\?:([a-z|]+)\)", found)
    assert inner is not None
    return set(inner.group(1).split("|"))


def _repository() -> list[dict[str, Any]]:
    return [pattern for group in COLOURS["repository"].values() for pattern in group["patterns"]]


def test_every_keyword_of_the_grammar_has_a_colour_and_no_other_word() -> None:
    definitions = _coloured("keyword.declaration.segdsl")
    constants = _coloured("constant.language.segdsl")
    logic = _coloured("keyword.operator.word.segdsl")
    control = _coloured("keyword.control.segdsl")
    assert definitions == STARTERS
    assert constants == {"true", "false"}
    # these are keywords by what follows, or by where they stand: their terminals are no plain words
    by_place = {"next", "no", "ever"}
    assert definitions | constants | logic | control == _keywords() | by_place
    assert not logic & control


def test_the_units_with_a_colour_are_those_of_the_language() -> None:
    (found,) = [each["match"] for each in _repository() if each.get("name") == "constant.numeric.quantity.segdsl"]
    inner = re.search(r"\(\?:([a-z|]+)\)", found)
    assert inner is not None
    assert set(inner.group(1).split("|")) | {"%"} == UNITS
    assert CALENDAR_UNITS < UNITS


def test_the_patterns_of_the_colours_are_regular_expressions() -> None:
    for pattern in _patterns(COLOURS["repository"]):
        re.compile(pattern)


@pytest.mark.parametrize(
    ("text", "scope"),
    [
        ("## a description", "comment.line.documentation.segdsl"),
        ("# a comment", "comment.line.number-sign.segdsl"),
        ("2026-01-31T18:30:00Z", "constant.numeric.date.segdsl"),
        ("2026-Q1", "constant.numeric.date.segdsl"),
        ("90d", "constant.numeric.quantity.segdsl"),
        ("10%", "constant.numeric.quantity.segdsl"),
        ("1_000.5", "constant.numeric.segdsl"),
        ("segment", "keyword.declaration.segdsl"),
        ("within", "keyword.control.segdsl"),
        ("and", "keyword.operator.word.segdsl"),
        ("`a name`", "variable.other.quoted.segdsl"),
        ("@owner", "entity.name.tag.annotation.segdsl"),
    ],
)
def test_a_text_gets_its_colour(text: str, scope: str) -> None:
    order = [each["include"].removeprefix("#") for each in COLOURS["patterns"]]
    patterns = [pattern for group in order for pattern in COLOURS["repository"][group]["patterns"]]
    first = next(each for each in patterns if re.match(each.get("match", each.get("begin")), text))
    assert first["name"] == scope
    assert first.get("begin") or re.fullmatch(first["match"], text)
