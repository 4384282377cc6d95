"""The Pygments lexer: found by its name, with the words of the grammar, and nothing of the language left uncoloured."""

from __future__ import annotations

from pathlib import Path

import pytest
from pygments.lexers import get_lexer_by_name, get_lexer_for_filename
from pygments.token import Comment, Error, Keyword, Literal, Name, Number, Operator, String

from segdsl.syntax.keywords import KEYWORDS, LOGIC
from tests.test_grammar import _coloured, _keywords

ROOT = Path(__file__).parents[1]


def test_the_table_of_words_is_that_of_the_grammar_and_of_the_editor_colours() -> None:
    assert _keywords() | {"next", "no", "ever"} == KEYWORDS
    assert _coloured("keyword.operator.word.segdsl") == LOGIC


@pytest.mark.parametrize("path", sorted(ROOT.glob("examples/**/*.seg")), ids=lambda path: path.stem)
def test_every_text_is_coloured_without_an_error_and_comes_out_as_it_was(path: Path) -> None:
    tokens = list(get_lexer_for_filename(path.name).get_tokens(path.read_text("utf-8")))
    assert not [text for kind, text in tokens if kind is Error]
    assert "".join(text for _, text in tokens).strip("\n") == path.read_text("utf-8").strip("\n")


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("## a description", String.Doc),
        ("# a comment", Comment.Single),
        ("2026-01-31T18:30:00Z", Literal.Date),
        ("90d", Number),
        ("10%", Number),
        ("segment", Keyword.Declaration),
        ("within", Keyword),
        ("last", Keyword),
        ("and", Operator.Word),
        ("true", Keyword.Constant),
        ("`a name`", Name),
        ("@owner", Name.Decorator),
    ],
)
def test_a_text_gets_its_colour(text: str, kind: object) -> None:
    assert next(iter(get_lexer_by_name("segdsl").get_tokens(text))) == (kind, text)


def test_a_word_before_a_bracket_is_a_call_and_one_behind_a_dot_a_name() -> None:
    found = list(get_lexer_by_name("seg").get_tokens("last(order.last) in last month"))
    assert [kind for kind, text in found if text == "last"] == [Name.Builtin, Name, Keyword]
