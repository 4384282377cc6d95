"""Names that a draft gives, and how they are written in YAML."""

from __future__ import annotations

import pytest

from segdsl.diagnostics import Source
from segdsl.draft.names import is_key_name, singular, snake, stem, thing, words_of
from segdsl.draft.write import scalar
from segdsl.model.loader import load_model


@pytest.mark.parametrize(
    ("name", "plain", "of", "key"),
    [
        ("CustomerID", "customer_id", "customer", True),
        ("customer id", "customer_id", "customer", True),
        ("customerid", "customerid", "customer", True),
        ("paid", "paid", "paid", False),
        ("id", "id", "", True),
        ("order_no", "order_no", "order", True),
        ("KundenNr", "kunden_nr", "kunden", True),
        ("as", "as_", "as", False),
        ("2024 total", "n2024_total", "2024_total", False),
        ("größe", "größe", "größe", False),
        ("$$$", "value", "", False),
    ],
)
def test_names_of_columns(name: str, plain: str, of: str, key: bool) -> None:
    assert (snake(name), stem(name), is_key_name(name)) == (plain, of, key)


@pytest.mark.parametrize(
    ("name", "one"),
    [
        ("orders", "order"),
        ("raw_orders_2024", "order"),
        ("dim_Categories", "category"),
        ("crm.Addresses", "address"),
        ("status", "status"),
        ("People", "person"),
        ("fct_page_views", "page_view"),
        ("2024", "n2024"),
    ],
)
def test_names_of_tables(name: str, one: str) -> None:
    assert thing(name) == one


def test_words_and_singulars() -> None:
    assert words_of("HTTPServerID2") == ["http", "server", "id2"]
    assert [singular(word) for word in ("boxes", "glass", "analysis", "bus", "days")] == [
        "box", "glass", "analysis", "bus", "day",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        *(
            "a",
            "a b",
            "a:b",
            "a: b",
            "- a",
            "no",
            "null",
            "1",
            "1.5",
            "2026-01-01",
            "a#b",
            "a #b",
            "'",
            '"',
            "é",
            "{a}",
        ),
        *(
            "*a",
            "&a",
            "../a/b*.csv",
            "a.csv",
            " a",
            "a ",
            "\t",
            "a\nb",
            "?",
            "~",
            "@x",
            "%x",
            "1e5",
            "0x1f",
            "=",
            "[x]",
        ),
    ],
)
def test_any_text_stands_in_yaml(text: str) -> None:
    written = f"entities: {{c: {{table: {scalar(text)}, key: {scalar(text)}}}}}\n"
    model, found = load_model(Source("segdsl.yaml", written))
    if not text.strip():
        assert model is None
        return
    assert found == []
    assert model is not None
    assert (model.default_entity.table, model.default_entity.key.column) == (text, text)
