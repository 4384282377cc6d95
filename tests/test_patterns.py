"""Patterns of `matches`: what the check takes and refuses is what DuckDB's own RE2 takes and refuses."""

from __future__ import annotations

import random
import re

import duckdb
import pytest

from segdsl.check.re2 import fault
from segdsl.sql.regex import written

# pieces that mean something in some kind of regular expression
_WRITTEN = r"""
a b . \d \w \s \D \W \S \b \B \A \z \Z ^ $ ( ( ) ) (?: (?i) (?i: (?s) (?U) (?-i) (?x) (?u) (?im-s: (?P<n> (?<n>
(?P=n) (?= (?! (?<= (?<! (?> (?#x) (?(1)a) [ [^ ] [a-z] [^a] [z-a] [[:alpha:]] [[:^digit:]] [[:foo:]] [:alpha:] [\d]
[\d-z] [a-\d] []] []a] [^]a] [a [\]] [[a] * + ? *? +? ?? *+ ++ ?+ ** {2} {2,} {2,3} {,3} {3,2} {1000} {1001} {2}{3}
{a} { } {} \pL \p{L} \p{Greek} \p{greek} \P{^Lu} \p{Foo} \pX \1 \12 \0 \01 \08 \x41 \x{41} \x{110000} \xg \x4 \u0041
\N{DASH} \Qa*b\E \Q( \E \C \R \X \h \v \f \a \n \t \r \e \cA \k<n> \g1 \. \- \_ \/ \" \' \@ \é é 😀 \😀 - # \ \\ \y \K
\G \< (?<1a>x) (?P<é>x) (?P<²>x) () (? x{0} x{0,0} (a{500}){500} ((a{9}){9}){9} ((a{9}){9}){19} (?z) (?i-) (?-) (?)
(?:) (?^i) [\b] [\A] [\Q] [\pL] [\x{41}-\x{5a}] [\1] [\0] [\w-a] [a-\w] [-a] [a-] [a-b-c] [--a] [+--] | || (?m)
"""
PIECES = [*_WRITTEN.split(), "\\ ", " ", "(?P<a b>x)", "\n", "\\\n", "\u200b"]


def accepts(connection: duckdb.DuckDBPyConnection, pattern: str) -> bool:
    try:
        connection.execute("SELECT regexp_matches('abc', $1)", [pattern]).fetchall()
    except duckdb.Error:
        return False
    return True


def test_the_check_and_the_engine_agree() -> None:
    chance = random.Random(1)
    patterns = [*PIECES, *(f"a{piece}" for piece in PIECES), *(f"({piece})" for piece in PIECES)]
    patterns += [f"[{piece}]" for piece in PIECES]
    patterns += ["".join(chance.choices(PIECES, k=chance.choice((1, 2, 2, 3, 3, 4, 6, 9)))) for _ in range(6000)]
    with duckdb.connect() as connection:
        for pattern in patterns:
            found = fault(pattern)
            assert (found is None) is accepts(connection, pattern), (pattern, found)


@pytest.mark.parametrize(
    "pattern",
    [r"\pL{1000}", r"(?:\pL{100}){10}", r"[\pL\pN]{1000}", "a" * 200_000, "(" * 2000 + ")" * 2000, "a{1000}" * 1000],
    ids=lambda pattern: pattern[:12],
)
def test_what_is_too_large_is_refused(pattern: str) -> None:
    assert fault(pattern) is not None


@pytest.mark.parametrize(
    "pattern", [r"\pL{90}", ".{1000}", "[^a]{1000}", "(?i)" + "é" * 2000, "(a|b|c|é){500}", r"\W{1000}", "(a?){1000}"]
)
def test_what_is_large_is_taken(pattern: str) -> None:
    with duckdb.connect() as connection:
        assert fault(pattern) is None
        assert accepts(connection, pattern)


# classes that are negated within or around, by all the kinds of names that there are
_CLASSES = r"""
i I ı İ k ß µ θ \d \D \s \S \w \W \pL \PL \p{Lu} \P{Lu} \p{Ll} \P{Ll} \p{^Lu} \P{^Lu} \PN [^a-z] [^k] [a-z]
[\W] [^\W] [^\W_] [\Wk] [^\Wk] [\D] [\P{Lu}] [^\P{Lu}] [^\P{Ll}k] [[:alpha:]] [[:^alpha:]] [^[:^alpha:]]
[^[:^upper:]] [[:^lower:]] [^[:^word:]s] [[:^ascii:]] [^[:^ascii:]] [^[:^alnum:]] [\x{131}] [^\x{130}-\x{132}]
[h-j]
"""


@pytest.mark.parametrize("flag", ["", "(?i)"])
def test_a_class_holds_what_re2_has_in_it(flag: str) -> None:
    """Latin, Greek and Cyrillic with all that is a letter case of theirs, and a digit and a blank of each kind."""
    codes = [*range(1, 0x530), *range(0x1C80, 0x1C90), *range(0x1E00, 0x2030), *range(0x2100, 0x2140), 0xA64A, 0x1F600]
    texts = [chr(code) for code in codes]
    with duckdb.connect() as connection:
        for pattern in _CLASSES.split():
            asked = "SELECT regexp_matches(c, $1) FROM unnest($2::VARCHAR[]) AS t(c)"
            held = [row[0] for row in connection.execute(asked, [flag + pattern, texts]).fetchall()]
            found = re.compile(written(flag + pattern, "python"))
            assert [text for text in texts if found.search(text)] == [
                text for text, holds in zip(texts, held, strict=True) if holds
            ], pattern
