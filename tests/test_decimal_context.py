"""The caller's decimal context has no say: what a rule means and who is in it are the same in every one."""

from __future__ import annotations

import datetime as dt
import decimal
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Context, Decimal, localcontext
from functools import cache
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import segdsl
from segdsl import Catalog
from segdsl.exact import EXACT, of_digits

ROOT = Path(__file__).parent.parent
MODEL = """
timezone: UTC
as_of: 2026-03-31
metrics: {min_size: 0}
tables: {customers: customers.parquet, orders: orders.parquet}
entities:
  customer: {table: customers, key: id, attributes: {balance: decimal, lat: decimal, lon: decimal, points: int}}
events:
  order: {of: customer, table: orders, key: customer, time: at, fields: {amount: decimal}}
"""
RULES = """\
param least = 1_234_567.891
trait spend = sum(order.amount)
trait in_seventh = spend / 7.000_001
trait part = quantile(7, spend)
trait score = quintile(balance)
trait rounded = round(balance, 2)

# Rich by what lies there.
segment rich = balance >= 1_234_567.89
segment richer = balance > least * 1.000_000_1 and points >= 12
segment near = distance(lat, lon, 52.520_006_6, 13.404_954) < 0.005_123_4km
segment far = distance(lat, lon, 48.135_125_3, 11.581_980_6) > 312.694_337_51mi
segment buyer = avg(order.amount) > 12.345_678_91 + 0.000_000_001
segment recent = last(order.at) >= 1_234_567.123_456s ago
segment upper = percentile(spend) >= 33.333_333%
segment half = percentile(spend) > 50%
segment lot = sample(12.345_678_9%, "x")
segment seventh = part = 3 and in_seventh < 176_366.123_456_78
segment between_them = balance between 1_234_567.000_000_1 and 1_234_568.000_000_1
segment many = count(order) >= 3 and points > 1_234_567 and points < 1_234_569
segmentation size {
  large when spend >= 1_000_000.5
  middle when spend >= 123.456_789_1
  small otherwise
}
expect rich between 0.000_1% and 99.999_999_9%
expect richer between 0 and 1_234_567

example in rich: balance = 1_234_567.890_000_000_1
example not in rich: balance = 1_234_567.889_999_999_9
example in size.large: order(10d ago, amount: 1_000_000.500_000_000_1)
"""
TEMPLATE = """\
---
title: Apart
unit: count
higher_is: better
needs: [order.amount]
params:
  share: {default: 12.345_678_9%, description: a share}
  window: {default: 100h, description: a length}
---
sum({{ rule("sum(order.amount)") }}) + {{ share / 7 }} + {{ window / 3 }} - {{ window }} + {{ (share * 3) | round(3) }}
"""


def _decimals(*texts: str | None) -> pa.Array:
    return pa.array([None if text is None else Decimal(text) for text in texts], pa.decimal128(38, 10))


COUNT = 40
AT = dt.datetime(2026, 3, 1, 12)
DATA = {
    "customers": pa.table(
        {
            "id": [f"c{n:02}" for n in range(COUNT)],
            "balance": _decimals("1234567.5", "1234568", None, *(f"1234567.89{n:08}" for n in range(COUNT - 3))),
            "lat": _decimals(*(None if n % 7 == 6 else f"52.52{n:08}" for n in range(COUNT))),
            "lon": _decimals(*(None if n % 7 == 6 else "13.404954" for n in range(COUNT))),
            "points": pa.array([1_234_560 + n for n in range(COUNT)], pa.int64()),
        }
    ),
    "orders": pa.table(
        {
            "customer": [f"c{n % COUNT:02}" for n in range(3 * COUNT)],
            "at": pa.array([AT + dt.timedelta(hours=5 * n) for n in range(3 * COUNT)], pa.timestamp("us")),
            "amount": _decimals(*(f"{12 + n * n * n}.3456789{n:03}" for n in range(3 * COUNT))),
        }
    ),
}

ALL = [
    *(decimal.Clamped, decimal.DivisionByZero, decimal.FloatOperation, decimal.Inexact, decimal.InvalidOperation),
    *(decimal.Overflow, decimal.Rounded, decimal.Subnormal, decimal.Underflow),
]
CONTEXTS = {
    "six digits": Context(prec=6),
    "nine digits, rounded up": Context(prec=9, rounding=decimal.ROUND_UP),
    "one digit and every trap": Context(prec=1, traps=ALL),
    "no traps, small letters": Context(prec=3, rounding=decimal.ROUND_UP, capitals=0, traps=[]),
}


def _compiled(catalog: Catalog) -> object:
    without_hash = ["rich", "richer", "near", "buyer", "seventh", "upper", "half", "size"]
    found = [catalog.compile(dialect=dialect) for dialect in ("duckdb", "postgres", "clickhouse")]
    return [*found, catalog.compile(without_hash, dialect="sqlite")]


def _members(catalog: Catalog) -> object:
    with catalog.run(expect=False) as result:
        return result.members.to_pylist(), [str(size) for size in result.sizes]


def _wide(catalog: Catalog) -> object:
    with catalog.run(layout="wide") as result:
        return result.wide.to_pylist()


def _updated(catalog: Catalog) -> object:
    with catalog.session() as session:
        rows = [{"at": AT, "amount": amount} for amount in (Decimal("1234567.123456789"), 0.1, 7, Decimal("1e-10"))]
        return session.update("c01", {"order": rows}), session.member("c01")


def _docs(catalog: Catalog) -> object:
    out = catalog.root / "site"
    catalog.docs(out, sizes=True)
    return {path.name: path.read_bytes() for path in sorted(out.rglob("*.html"))}


def _proofs(catalog: Catalog) -> object:
    pytest.importorskip("z3")
    return catalog.prove("rich inside balance > 1_234_567.889_999_999", "richer inside rich", "upper inside half")


QUESTIONS: dict[str, Callable[[Catalog], object]] = {
    "compile": _compiled,
    "run": _members,
    "run, wide": _wide,
    "session": _updated,
    "docs": _docs,
    "prove": _proofs,
    "check": lambda catalog: [str(item) for item in catalog.check()],
    "check_data": lambda catalog: [str(item) for item in catalog.check_data()],
    "test": lambda catalog: catalog.test(),
    "coverage": lambda catalog: catalog.coverage(),
    "suggest": lambda catalog: [catalog.suggest(name) for name in ("rich", "near")],
    "profile": lambda catalog: catalog.profile("buyer", min_size=1),
    "metrics": lambda catalog: list(catalog.metrics(segments=["buyer", "rich"])),
    "say": lambda catalog: [
        catalog.say(item.name, language) for item in catalog.definitions for language in ("en", "de")
    ],
    "funnel": lambda catalog: catalog.funnel("richer"),
    "explain": lambda catalog: [str(catalog.explain(item.name, "c05")) for item in catalog.outputs],
    "next_flip": lambda catalog: catalog.next_flip("recent", "c05"),
    "sample": lambda catalog: catalog.sample("rich").to_pylist(),
    "overlap": lambda catalog: str(catalog.overlap(["rich", "buyer", "upper"])),
    "trend": lambda catalog: catalog.trend(["rich", "size"]),
    "flow": lambda catalog: catalog.flow("size"),
}


def _answer(folder: Path, question: str) -> str:
    # by one thread, as a mean of floating numbers is another in its last digit where rows come in another order
    return repr(QUESTIONS[question](segdsl.load(folder, threads=1)))


def _catalog_in(folder: Path) -> Path:
    (folder / "metrics").mkdir()
    (folder / "segdsl.yaml").write_text(MODEL)
    (folder / "rules.seg").write_text(RULES)
    (folder / "metrics" / "apart.sql.j2").write_text(TEMPLATE)
    for name, table in DATA.items():
        pq.write_table(table, folder / f"{name}.parquet")
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _catalog_in(tmp_path_factory.mktemp("catalog"))


@pytest.fixture(scope="module")
def usual(folder: Path) -> Callable[[str], str]:
    """What a question is answered in Python's own context."""

    @cache
    def answer(question: str) -> str:
        with localcontext(Context(prec=28, rounding=decimal.ROUND_HALF_EVEN)):
            return _answer(folder, question)

    return answer


@pytest.mark.parametrize("context", CONTEXTS)
@pytest.mark.parametrize("question", QUESTIONS)
def test_the_callers_context_has_no_say(question: str, context: str, folder: Path, usual: Callable[[str], str]) -> None:
    expected = usual(question)
    with localcontext(CONTEXTS[context]) as own:
        assert _answer(folder, question) == expected
        assert (own.prec, own.rounding) == (CONTEXTS[context].prec, CONTEXTS[context].rounding)


@pytest.fixture
def default(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What every thread begins with is narrow, and traps what is rounded."""
    monkeypatch.setattr(decimal.DefaultContext, "prec", 2)
    monkeypatch.setattr(decimal.DefaultContext, "rounding", decimal.ROUND_UP)
    traps = dict(decimal.DefaultContext.traps)
    decimal.DefaultContext.traps.update({decimal.Inexact: True, decimal.Rounded: True, decimal.InvalidOperation: False})
    yield
    decimal.DefaultContext.traps.update(traps)


@pytest.mark.usefixtures("default")
@pytest.mark.parametrize("question", ["compile", "run", "session", "metrics", "coverage"])
def test_nor_has_that_of_another_thread(question: str, folder: Path, usual: Callable[[str], str]) -> None:
    expected = usual(question)
    with ThreadPoolExecutor(2) as threads:
        assert threads.submit(lambda: decimal.getcontext().prec).result() == 2
        assert set(threads.map(lambda _: _answer(folder, question), range(2))) == {expected}


@pytest.mark.usefixtures("default")
def test_a_context_of_our_own_has_nothing_from_anybody() -> None:
    made = of_digits(120)
    assert (made.prec, made.rounding, made.traps) == (EXACT.prec, EXACT.rounding, EXACT.traps)
    assert made.rounding == decimal.ROUND_HALF_EVEN
    assert not made.traps[decimal.Inexact]


def test_all_digits_of_a_rule_and_of_data_are_kept() -> None:
    """38 digits times what a rule may have, and times the ten digits that some engines have as whole numbers."""
    with localcontext(EXACT) as own:
        own.traps[decimal.Inexact] = True
        largest = Decimal("9" * 28 + "." + "9" * 10)
        assert largest * Decimal("9" * 18 + "." + "9" * 10) * 10**10 + Decimal("1e-20")


USES = """\
from collections.abc import Iterator
from decimal import Context, Decimal
from segdsl.exact import EXACT as own
def used(a: Decimal, b: Decimal | int, c: list[Decimal], n: int) -> Iterator[object]:
    yield a + 1
    yield n * a
    yield b - 1
    yield -a
    yield abs(a)
    yield sum(c)
    yield a.normalize()
    yield a.quantize(Decimal("0.1"))
    yield Context(prec=3)
    yield own.add(a, 1), a < b, int(a), f"{a:f}", a.copy_abs(), a.normalize(own), abs(n), sum([n]), n + n
    yield a.quantize(Decimal("0.1"), context=own)
"""


def test_the_type_checker_refuses_what_goes_by_the_callers_context(tmp_path: Path) -> None:
    (tmp_path / "segdsl").mkdir()
    (tmp_path / "segdsl" / "exact.py").write_text((ROOT / "segdsl" / "exact.py").read_text("utf-8"))
    (tmp_path / "segdsl" / "uses.py").write_text(USES)
    (tmp_path / "mypy.ini").write_text(f"[mypy]\nplugins = {ROOT / 'tests' / 'decimal_plugin.py'}\n")
    found = subprocess.run(
        [sys.executable, "-m", "mypy", "--cache-dir", str(tmp_path / "cache"), "segdsl/uses.py", "segdsl/exact.py"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    lines = {int(line.split(":")[1]) for line in found.stdout.splitlines() if "error:" in line}
    assert lines == set(range(5, 14)), found.stdout + found.stderr
