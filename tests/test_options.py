"""What the methods of the API are given: every wrong word, number or moment is told, by the one exception."""

from __future__ import annotations

import datetime as dt
import inspect
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

import segdsl
from segdsl import SegdslError
from segdsl.history.history import History
from segdsl.metrics.result import Metrics
from segdsl.session import Session

MODEL = """
as_of: 2026-03-31
entities:
  customer: {table: customers.csv, key: id, attributes: {visits: int, country: text}}
events:
  order: {of: customer, table: orders.csv, key: id, time: at_, fields: {amount: decimal}}
"""
RULES = """
param least = 3
segment busy = visits >= least
segmentation size {
  big when busy
  small otherwise
}
example in busy: visits = 3
"""
OWNERS = (segdsl.Catalog, segdsl.Result, Session, History, Metrics)
# what a method needs besides, in the order of its parameters
NEEDED: Mapping[str, Any] = {
    "name": "busy", "key": "1", "out": "out.csv", "path": "out.csv", "schema": "main", "keep": "30d",
    "events": {"order": []}, "segment": "busy", "metric": "arpu", "version": "1", "now": dt.datetime(2026, 3, 31),
}  # fmt: skip
# what is wrong, by what an annotation says without its ` | None`
WRONG: Mapping[str, tuple[object, ...]] = {
    "Layout": ("bogus", 3, ["wide"]),
    "Period": ("fortnight", 3),
    "By": ("bogus", True),
    "int": ("x", "(SELECT 3)", -1, 1.5, True, [3]),
    "str | dt.date": ("yesterday", 3, ["2026-03-31"], dt.timedelta(1)),
    "dt.datetime": ("2026-03-31", 3, dt.datetime(2026, 3, 31, tzinfo=dt.UTC)),
    "str": (3, ["busy"]),
    "Sequence[str]": (3, [3], [None], b"busy", {"busy": 1}),
    "str | Sequence[str]": (3, [3]),
    "str | Path": (3, "a\0b"),
    "Settings": ("least", {3: 3}),
    "Mapping[str, str]": ("vip", {"vip": 3}),
    "Data": (3, "orders.csv"),
    "Progress": ("x",),
}
# flags are as true as Python has it, keys are texts whatever they are, the rest is made by the API itself
HELD_ELSEWHERE = {"bool", "Self", "Trial", "Events", "Length", "Sequence[Output]", "str | Source"}


@pytest.fixture(scope="module")
def objects(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[type, object]]:
    """One of each class whose methods are public."""
    folder = tmp_path_factory.mktemp("catalog")
    (folder / "segdsl.yaml").write_text(MODEL)
    (folder / "customers.csv").write_text("id,visits,country\n1,2,DE\n2,3,DE\n3,9,AT\n")
    (folder / "orders.csv").write_text("id,at_,amount\n1,2026-03-01,5\n")
    (folder / "rules.seg").write_text(RULES)
    catalog = segdsl.load(folder)
    metrics = catalog.metrics(["arpu"], segments=["busy"])
    with catalog.run(["busy"], save=True) as result, catalog.session(["busy"]) as session:
        yield {
            segdsl.Catalog: catalog, segdsl.Result: result, Session: session,
            History: catalog.history, Metrics: metrics,
        }  # fmt: skip


def _methods() -> Iterator[tuple[type | None, str, Callable[..., Any]]]:
    yield None, "load", segdsl.load
    for owner in OWNERS:
        for name, member in inspect.getmembers(owner, inspect.isfunction):
            if not name.startswith("_"):
                yield owner, name, member


def _said(parameter: inspect.Parameter) -> str:
    return str(parameter.annotation).removesuffix(" | None")


PARAMETERS = [
    (owner, name, parameter)
    for owner, name, method in _methods()
    for parameter in inspect.signature(method).parameters.values()
    if parameter.name not in ("self", "key")
]
CASES = [(*case, wrong) for case in PARAMETERS for wrong in WRONG.get(_said(case[2]), ())]
IDS = [f"{owner.__name__ if owner else ''}.{name}-{item.name}-{wrong!r}" for owner, name, item, wrong in CASES]


@pytest.mark.parametrize(("owner", "name", "parameter", "wrong"), CASES, ids=IDS)
def test_a_wrong_option_is_told(
    objects: dict[type, object],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    owner: type | None,
    name: str,
    parameter: inspect.Parameter,
    wrong: object,
) -> None:
    monkeypatch.chdir(tmp_path)
    if owner is None:
        (tmp_path / "segdsl.yaml").write_text(MODEL)
    method: Callable[..., Any] = segdsl.load if owner is None else getattr(objects[owner], name)
    if parameter.kind is parameter.VAR_POSITIONAL:
        with pytest.raises(SegdslError):
            method(wrong)
        return
    needed = [item for item in inspect.signature(method).parameters.values() if item.default is item.empty]
    before = {"before": objects[segdsl.Catalog], "trial": None, "outputs": ()}
    given = {item.name: {**NEEDED, **before}[item.name] for item in needed}
    with pytest.raises(SegdslError) as raised:
        method(**{**given, parameter.name: wrong})
    found = raised.value.diagnostics[0]
    is_named = found.code in ("SEG781", "SEG782") and f"`{parameter.name}`" in found.message
    assert is_named or found.code == ("SEG759" if parameter.name == "threads" else "SEG714"), raised.value
    assert not list(tmp_path.glob("out*"))


def test_every_parameter_is_held() -> None:
    said = {_said(parameter) for _, _, parameter in PARAMETERS}
    assert said == {*WRONG, *HELD_ELSEWHERE}


def test_what_is_nearly_a_word_is_guessed(objects: dict[type, object]) -> None:
    catalog = objects[segdsl.Catalog]
    assert isinstance(catalog, segdsl.Catalog)
    with pytest.raises(SegdslError) as raised:
        catalog.trend(["busy"], period="weeks")  # type: ignore[arg-type]
    assert raised.value.diagnostics[0].message == (
        "`period` has to be `day`, `week`, `month`, `quarter` or `year`, found `weeks`"
    )
    assert raised.value.diagnostics[0].help == "did you mean `week`?"
    for language in ("fr", "DE"):
        with pytest.raises(SegdslError, match="`language` has to be `en` or `de`"):
            catalog.say("busy", language)


def test_there_are_no_periods_before_the_first_year(objects: dict[type, object]) -> None:
    catalog = objects[segdsl.Catalog]
    assert isinstance(catalog, segdsl.Catalog)
    for periods, period in ((3_000, "year"), (1_000_000, "day")):
        with pytest.raises(SegdslError, match="`periods` has to be"):
            catalog.trend(["busy"], periods=periods, period=period)  # type: ignore[arg-type]


def test_one_name_is_a_list_of_one(objects: dict[type, object]) -> None:
    catalog = objects[segdsl.Catalog]
    assert isinstance(catalog, segdsl.Catalog)
    assert [size.segment for size in catalog.overlap("size").sizes] == ["size.big", "size.small"]
    assert catalog.sample("busy", 0).num_rows == 0
    assert catalog.sample("busy", 10**30).num_rows == 2


def test_what_was_not_measured_is_told(objects: dict[type, object]) -> None:
    metrics = objects[Metrics]
    assert isinstance(metrics, Metrics)
    assert metrics.template("arpu").name == "arpu"
    for ask in (
        lambda: metrics.template("size"),
        lambda: metrics.value("busy", "size"),
        lambda: metrics.value("bussy", "arpu"),
    ):
        with pytest.raises(SegdslError):
            ask()


def test_positions_and_too_many_of_them(objects: dict[type, object]) -> None:
    catalog = objects[segdsl.Catalog]
    assert isinstance(catalog, segdsl.Catalog)
    with pytest.raises(SegdslError, match="`count` has to be a whole number from 0"):
        catalog.sample("busy", "3")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="positional"):
        catalog.sample("busy", 3, (), "2026-03-31")  # type: ignore[call-arg]


@pytest.mark.parametrize("wrong", ["no", 1, None])
def test_what_is_neither_true_nor_false_is_told(objects: dict[type, object], wrong: object) -> None:
    catalog = objects[segdsl.Catalog]
    assert isinstance(catalog, segdsl.Catalog)
    with pytest.raises(SegdslError, match="`save` has to be `True` or `False`"):
        catalog.run(["busy"], save=wrong)  # type: ignore[arg-type]
