"""Names: of tables and columns as people write them, to names of the language; and what they hint at."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from segdsl.syntax.grammar import RESERVED

# what stands in front of the name of a table for reasons of housekeeping
_PREFIXES = ("raw", "stg", "staging", "src", "dim", "fct", "fact", "tbl", "vw", "dwh", "dbo", "t", "v")
_SUFFIXES = (
    "table",
    "data",
    "dataset",
    "dim",
    "fact",
    "raw",
    "export",
    "extract",
    "dump",
    "final",
    "clean",
    "full",
    "csv",
)
_KEY_WORDS = ("id", "key", "no", "nr", "number", "code", "uuid", "guid", "uid", "pk", "fk", "sk", "ref", "num")
_IRREGULAR = {"people": "person", "children": "child", "men": "man", "women": "woman", "news": "news"}
_WHOM = frozenset((
    "customer", "user", "client", "member", "person", "household", "contact", "subscriber", "shopper", "buyer",
    "guest", "patient", "visitor", "player", "consumer", "donor", "student", "passenger", "kunde", "kunden",
    "cliente", "clientes",
))  # fmt: skip
_GROUPS = frozenset((
    "account", "company", "organization", "organisation", "tenant", "workspace", "team", "family", "business",
))  # fmt: skip
_THINGS = frozenset((
    "product", "item", "article", "sku", "category", "brand", "store", "shop", "branch", "campaign", "country",
    "city", "region", "channel", "plan", "currency", "warehouse", "supplier", "vendor", "department", "coupon",
    "promotion", "status", "type", "device", "calendar", "date", "discount", "voucher", "promo", "gift", "tax",
    "zip", "postal", "post", "tracking", "error", "language", "state", "sort", "line", "row", "lineitem", "group",
    "segment", "tier", "level",
))  # fmt: skip
# what the address or the telephone of somebody is called beside that
_OF_WHOM = _WHOM | {"address", "billing", "bill", "to", "details", "receipt", "associated", "primary", "order"}
_PHONES = frozenset(("phone", "telephone", "mobile", "tel"))
# the usual names of events, which libraries look for, and what else they are called
_EVENTS = {
    "order": ["purchase", "transaction", "sale", "invoice", "booking", "receipt", "basket", "checkout"],
    "message": ["email", "mail", "email_event", "message_event", "send", "notification"],
    "session": ["visit", "web_session", "app_session"],
    "survey": ["nps", "survey_answer", "survey_response", "nps_response", "nps_score"],
    "review": ["rating", "product_review"],
    "ticket": ["support_ticket", "case", "complaint", "support_case"],
    "touch": ["ad_click", "touchpoint", "ad_touch", "marketing_touch"],
}
_AMOUNTS = (
    "amount", "total_amount", "total", "order_total", "grand_total", "order_total_amount", "grand_total_purchased",
    "grand_total_base", "order_total_inc_tax", "total_inc_tax", "order_amount", "net_amount", "gross_amount",
    "sales_value", "revenue", "value", "price", "amt", "sum", "paid", "total_price", "order_value", "betrag",
    "umsatz",
)  # fmt: skip


def words_of(name: str) -> list[str]:
    """The words of a name, in lower case: `CustomerID`, `Customer ID` and `customer_id` are the same two."""
    apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", name)
    return [word.lower() for word in re.findall(r"[^\W_]+", apart)]


def snake(name: str) -> str:
    """A name that needs no backticks."""
    found = "_".join(words_of(name)) or "value"
    if found[0].isdigit():
        found = f"n{found}"
    if not re.fullmatch(r"[^\W\d]\w*", found):
        found = "value"
    return f"{found}_" if found in RESERVED else found


def free(name: str, taken: Collection[str]) -> str:
    """The name, with a number behind it where it is taken."""
    folded = {other.casefold() for other in taken}
    if name.casefold() not in folded:
        return name
    return next(found for number in range(2, len(folded) + 3) if (found := f"{name}_{number}").casefold() not in folded)


def singular(word: str) -> str:
    """One of many, in English."""
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if len(word) > 4 and word.endswith("ies"):
        return f"{word[:-3]}y"
    if len(word) > 4 and re.search(r"(ss|sh|ch|x|z)es$", word):
        return word[:-2]
    if len(word) > 3 and word.endswith("s") and not re.search(r"(ss|us|is)$", word):
        return word[:-1]
    return word


def thing(table: str) -> str:
    """What a row of a table is: `raw_orders_2024` holds orders."""
    words = [word for word in words_of(table.rpartition(".")[2]) if not word.isdigit()]
    while len(words) > 1 and words[0] in _PREFIXES:
        words = words[1:]
    while len(words) > 1 and words[-1] in _SUFFIXES:
        words = words[:-1]
    return snake("_".join([*words[:-1], singular(words[-1])])) if words else snake(table)


def stem(column: str) -> str:
    """Whose key a column is, by its name: `customer` of `customer_id`; nothing of `id`."""
    words = words_of(column)
    while words and words[-1] in _KEY_WORDS:
        words = words[:-1]
    if words == words_of(column) and len(words) == 1 and re.fullmatch(r".{3,}id", words[0]):
        words = [words[0][:-2]]  # customerid
    return "_".join([*words[:-1], singular(words[-1])]) if words else ""


def is_key_name(column: str) -> bool:
    """Whether a name says that it is a key: `id`, `customer_id`, `CustomerNo`, `userid`."""
    words = words_of(column)
    return bool(words) and (words[-1] in _KEY_WORDS or bool(re.fullmatch(r".{3,}id", words[-1])))


def is_whom(name: str) -> bool:
    """Whether a thing is somebody, as segments hold them."""
    return bool(_WHOM & set(name.split("_")))


def is_email(column: str) -> bool:
    """Whether a name says that it is the address of whoever something is about: `Email`, `Customer E-Mail`, `Email
    (Billing)`."""
    words = set(words_of(re.sub("e-mail", "email", column, flags=re.IGNORECASE)))
    return "email" in words and words - {"email", "id"} <= _OF_WHOM


def is_phone(column: str) -> bool:
    """Whether a name says that somebody can be called there: `Phone`, `Customer Phone Number`, `Phone (Billing)`."""
    words = set(words_of(column))
    return bool(words & _PHONES) and words - _PHONES - {"number", "no"} <= _OF_WHOM


def is_whose(column: str) -> bool:
    """Whether a name is that of somebody alone, as in the `customer` of a payment."""
    return snake(column) in _WHOM


def is_group(name: str) -> bool:
    """Whether a thing is what somebody belongs to."""
    return bool(_GROUPS & set(name.split("_")))


def is_thing(name: str) -> bool:
    """Whether a thing is rather looked up than asked about."""
    return name in _THINGS or name.rpartition("_")[2] in _THINGS


def usual_event(name: str) -> str | None:
    """The usual name of an event: `order` for purchases."""
    return next((usual for usual, others in _EVENTS.items() if name == usual or name in others), None)


def is_of_order(name: str) -> bool:
    """Whether a thing is an order, by whatever shop or desk: `order`, `invoice`, `amazon_order`."""
    return usual_event(name) == "order" or name.rpartition("_")[2] == "order"


def is_amount(column: str) -> int:
    """How much a name speaks of the money of an order; 0 for not at all."""
    name = snake(column)
    return len(_AMOUNTS) - _AMOUNTS.index(name) if name in _AMOUNTS else 0


def counts_time(column: str) -> bool:
    """Whether a name says that numbers may count a time: `created_ms`, or `created` alone."""
    return words_of(column)[-1:] in (["ms"], ["us"], ["millis"], ["micros"], ["epoch"], ["unix"], ["created"])


def time_score(column: str) -> int:
    """How much a name speaks of the time at which something happened, rather than of another time."""
    words = words_of(column)
    joined = "_".join(words)
    score = 0
    if words and words[-1] in ("at", "time", "timestamp", "ts", "date", "datetime", "day", "on"):
        score += 2
    if joined in (
        "at",
        "time",
        "timestamp",
        "ts",
        "occurred_at",
        "event_time",
        "event_timestamp",
        "event_date",
        "date",
    ):
        score += 2
    if set(words) & {
        "ordered",
        "purchased",
        "purchase",
        "order",
        "occurred",
        "event",
        "sent",
        "transaction",
        "invoice",
    }:
        score += 1
    if set(words) & {"updated", "modified", "deleted", "changed", "loaded", "ingested", "synced", "etl", "exported"}:
        score -= 4
    if any(word.startswith(("birth", "geburt", "dob")) for word in words):
        score -= 5
    if set(words) & {
        "expires",
        "expiry",
        "due",
        "until",
        "end",
        "ended",
        "closed",
        "shipped",
        "shipping",
        "delivery",
        "delivered",
        "estimated",
        "limit",
    }:
        score -= 3
    return score


def without_common_words(names: Sequence[str]) -> list[str]:
    """Names without the words that all of them start with: of what system they were exported."""
    if len(names) < 3:
        return list(names)
    parts = [words_of(name) for name in names]
    shared = 0
    while all(len(words) > shared + 1 and words[shared] == parts[0][shared] for words in parts):
        shared += 1
    found = [snake(" ".join(words[shared:])) for words in parts]
    return found if shared and len(set(found)) == len(found) else list(names)
