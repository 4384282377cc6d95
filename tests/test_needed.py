"""What is named is answered out of what it needs, with params set, and whatever is wrong elsewhere."""

from __future__ import annotations

import datetime as dt
import inspect
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from click.testing import CliRunner

from segdsl.api import Catalog, SegdslError, load
from segdsl.check import Checker
from segdsl.cli.commands import segdsl
from segdsl.plan.meaning import meanings

EXAMPLES = Path(__file__).parents[1] / "examples"
MODEL = """
as_of: 2026-03-31
entities:
  customer:
    table: customers.csv
    key: id
    attributes: {visits: int, country: text}
events:
  order: {of: customer, table: orders.csv, key: id, time: at_, fields: {amount: decimal}}
"""
RULES = """
param least = 3
param lands = "DE"
param open = true
param day = 2026-01-01
segment busy = visits >= least and open
segment german = country = lands and busy
segmentation size {
  big when busy
  small otherwise
}
trait twice = visits * 2
example in busy: visits = 3
expect busy between 1 and 2
"""
BROKEN = """
segment wrong = vists > 3
segment not_finished = visits >
segment uses_wrong = wrong or busy
expect wrong between 1 and 2
example in wrong: visits = 3
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "segdsl.yaml").write_text(MODEL)
    (tmp_path / "customers.csv").write_text("id,visits,country\n1,2,DE\n2,3,DE\n3,9,AT\n")
    (tmp_path / "orders.csv").write_text("id,at_,amount\n1,2026-03-01,5\n")
    (tmp_path / "rules.seg").write_text(RULES)
    return tmp_path


def sizes(catalog: Catalog, *names: str, **options: object) -> dict[str, int]:
    with catalog.run(names, **options) as result:  # type: ignore[arg-type]
        return {size.segment: size.members for size in result.sizes}


# ---------------------------------------------------------------- params


def test_params_can_be_set_for_one_question(folder: Path) -> None:
    catalog = load(folder, {"lands": '"AT"'})
    assert sizes(catalog, "busy", "german") == {"busy": 2, "german": 1}
    assert sizes(catalog, "busy", "german", set={"least": "2", "lands": '"DE"'}, expect=False) == {
        "busy": 3,
        "german": 2,
    }
    assert sizes(catalog, set={"least": 10}, expect=False)["size.big"] == 0
    assert "10" in catalog.compile(["busy"], set={"least": Decimal(10)})
    assert catalog.explain("busy", "1", set={"least": 2}).value is True
    assert catalog.sample("busy", set={"least": 2}).num_rows == 3
    assert [trial.passed for trial in catalog.test(set={"least": 4})] == [False]
    assert [item.code for item in catalog.check_data(set={"least": 2}) if item.is_error] == ["SEG719"]
    # and is forgotten then
    assert sizes(catalog, "busy") == {"busy": 2}
    assert not any(item.is_error for item in catalog.check_data())


def test_a_param_is_set_as_the_language_or_python_writes_it(folder: Path) -> None:
    catalog = load(folder)
    for least in (2, 2.0, Decimal(2), "2", "1 + 1"):
        assert sizes(catalog, "busy", set={"least": least}, expect=False) == {"busy": 3}
    assert sizes(catalog, "busy", set={"open": False}, expect=False) == {"busy": 0}
    assert (
        sizes(catalog, expression="last_purchase >= day", set={"day": dt.date(2026, 3, 2)})["last_purchase >= day"] == 0
    )


@pytest.mark.parametrize(
    ("set_", "says"),
    [
        ({"lest": 2}, "unknown param `lest`, expected `least`"),
        ({"least": "x y"}, "expected"),
        ({"least": "'x'"}, "text"),
        ({"least": float("nan")}, "SEG217"),
        ({"least": None}, "SEG217"),
    ],
)
def test_a_param_that_cannot_be_set_so_is_told(folder: Path, set_: dict[str, object], says: str) -> None:
    catalog = load(folder)
    for ask in (catalog.run, catalog.compile, catalog.test, lambda names, set: catalog.explain("busy", "1", set=set)):
        with pytest.raises(SegdslError) as raised:
            ask(["busy"], set=set_)  # type: ignore[arg-type]
        assert says in str(raised.value)


# ---------------------------------------------------------------- errors elsewhere


def test_errors_in_what_is_not_needed_stop_nothing(folder: Path) -> None:
    (folder / "draft.seg").write_text(BROKEN)
    catalog = load(folder)
    assert sizes(catalog, "busy", "size.big", expression="busy and visits > 3") == {
        "busy": 2,
        "size.big": 2,
        "busy and visits > 3": 1,
    }
    assert "busy" in catalog.compile(["busy"])
    assert catalog.explain("busy", "1").value is False
    assert catalog.sample("busy", columns=["twice"]).num_rows == 2
    assert [trial.passed for trial in catalog.test(["busy"])] == [True]
    assert {item.code for item in catalog.check()} == {"SEG101", "SEG201"}
    # after a check too
    assert sizes(catalog, "busy") == {"busy": 2}


def test_errors_in_what_is_needed_do(folder: Path) -> None:
    (folder / "draft.seg").write_text(BROKEN)
    for name in ("wrong", "uses_wrong", "not_finished"):
        with pytest.raises(SegdslError, match="unknown name `vists`"):
            load(folder).run([name])
    with pytest.raises(SegdslError, match="unknown name `vists`"):
        load(folder).run()


def test_labels_of_a_segmentation_whose_name_is_no_word(folder: Path) -> None:
    (folder / "more.seg").write_text("segmentation `my plan` { `high end` when visits > 5  basic otherwise }\n")
    catalog = load(folder)
    assert sizes(catalog, "my plan.high end", "my plan.basic") == {"my plan.high end": 1, "my plan.basic": 2}
    assert catalog.explain("my plan.basic", "1").value is True
    assert catalog.sample("my plan.high end").num_rows == 1
    assert "my plan" in catalog.compile(["my plan.basic"])


@pytest.mark.parametrize("command", ["run", "flow", "profile", "show", "explain", "sample", "trend", "overlap"])
def test_a_label_that_cannot_be_one_is_told_where_it_is_asked_for(folder: Path, command: str) -> None:
    (folder / "more.seg").write_text("segmentation `price plan` { `v1.5` when visits > 5  basic otherwise }\n")
    done = CliRunner().invoke(segdsl, ["-C", str(folder), command, "price plan.v1.5"])
    assert done.exit_code == (0 if command == "show" else 1), done.output
    assert "segmentation `price plan`" in done.output
    assert command == "show" or "`v1.5` cannot be the name of a label" in done.output


def test_a_name_is_given_without_backticks(folder: Path) -> None:
    (folder / "more.seg").write_text("segmentation `my plan` { pro when visits > 5  basic otherwise }\n")
    for name in ("`my plan`", "`my plan`.pro"):
        with pytest.raises(SegdslError) as raised:
            load(folder).run([name])
        assert f"outside of rules a name stands without backticks: '{name.replace('`', '')}'" in str(raised.value)


@pytest.mark.parametrize(
    "text",
    [
        "segment busy = visits > 100",  # twice
        "segment = visits > 3",  # whose name is to come
        "use nothing_known",
        "trait orders = count(order",  # would stand before that of commerce
        "segment `x y` = vists > 3\nsegment busier = busy\nexpect disjoint(busy, `x y`)",
    ],
)
def test_what_may_be_meant_stops_too(folder: Path, text: str) -> None:
    (folder / "draft.seg").write_text(text)
    with pytest.raises(SegdslError):
        load(folder).run(["busy"], expression="orders > 3")


def test_an_error_that_only_an_expectation_reads_says_how_to_do_without(folder: Path) -> None:
    (folder / "draft.seg").write_text("segment half = vists > 3\nsegment other = more\nexpect disjoint(busy, half)")
    with pytest.raises(SegdslError) as raised:
        load(folder).run(["busy"])
    assert "unknown name `vists`" in str(raised.value)
    assert "`--no-expect`" in str(raised.value)
    assert "more" not in str(raised.value)
    assert sizes(load(folder), "busy", expect=False) == {"busy": 2}


def test_a_wrong_question_is_told_with_all_names_at_hand(folder: Path) -> None:
    (folder / "draft.seg").write_text(BROKEN)
    catalog = load(folder)
    for names, expression, says in (
        (["germn"], None, "did you mean `german`"),
        (["busy"], "germn", "perhaps `german`"),
        (["twice"], None, "`twice` is a trait"),
        (["least"], None, "is a param"),
    ):
        with pytest.raises(SegdslError) as raised:
            catalog.run(names, expression=expression)
        assert says in str(raised.value)
        assert "vists" not in str(raised.value)


def test_the_command_line_goes_by_what_is_needed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "draft.seg").write_text(BROKEN)
    monkeypatch.chdir(folder)
    for arguments, code in ((["run", "busy"], 0), (["explain", "busy", "--id", "1"], 0), (["run"], 1)):
        assert CliRunner().invoke(segdsl, arguments).exit_code == code, arguments


# every question that names definitions: as a method, and as a command
ASKED: dict[str, Callable[[Catalog], object]] = {
    "compile": lambda catalog: catalog.compile(["busy"]),
    "run": lambda catalog: sizes(catalog, "busy"),
    "test": lambda catalog: [trial.passed for trial in catalog.test(["busy"])],
    "explain": lambda catalog: catalog.explain("busy", "1"),
    "sample": lambda catalog: catalog.sample("busy"),
    "prove": lambda catalog: catalog.prove("never busy", "busy inside visits > 1"),
    "say": lambda catalog: catalog.say("busy", "de"),
    "funnel": lambda catalog: catalog.funnel("busy"),
    "next_flip": lambda catalog: catalog.next_flip("busy", "1"),
    "coverage": lambda catalog: [(item.text, item.true, item.false) for item in catalog.coverage(["busy"])],
    "suggest": lambda catalog: catalog.suggest("busy"),
    "session": lambda catalog: catalog.session(["busy"]).member("2"),
    "overlap": lambda catalog: repr(catalog.overlap(["busy", "size"], min_size=0)),
    "flow": lambda catalog: catalog.flow("size", min_size=0),
    "trend": lambda catalog: catalog.trend(["size"], periods=2).sizes,
    "metrics": lambda catalog: list(catalog.metrics(segments=["busy"], expression="visits > 3", min_size=0)),
    "metrics of one": lambda catalog: list(catalog.metrics(["size", "double"], segments=["busy"], min_size=0)),
    "report": lambda catalog: catalog.report(["busy", "size"], min_size=0),
    "profile": lambda catalog: catalog.profile("busy", min_size=1).comparisons,
    "profile of two": lambda catalog: catalog.profile("busy", "german", min_size=1).comparisons,
    "text": lambda catalog: catalog.text("busy"),
    "about": lambda catalog: catalog.about("busy").uses,
}
COMMANDS = (
    "compile busy", "run busy", "test busy", "test busy --coverage", "test --suggest busy", "explain busy --id 1",
    "sample busy", "prove busy inside busy", "show busy", "show busy --sql", "show busy --say", "explain busy",
    "overlap busy size", "flow size", "trend busy", "metrics size --segments busy", "profile busy --min-size 1",
    "report --segments busy --out report.html",
)  # fmt: skip
DOUBLE = """---
title: Visits twice
unit: count
---
coalesce(sum({{ rule("twice") }}), 0)
"""


@pytest.fixture
def measured(folder: Path) -> Path:
    """The catalog with a metric of its own."""
    (folder / "metrics").mkdir()
    (folder / "metrics" / "double.sql.j2").write_text(DOUBLE)
    return folder


@pytest.mark.parametrize("question", ASKED)
def test_a_draft_beside_changes_no_answer(measured: Path, question: str) -> None:
    folder = measured
    ask = ASKED[question]
    expected = ask(load(folder))
    (folder / "draft.seg").write_text(BROKEN)
    for catalog in (load(folder), load(folder).adding("segment worse = vists")):
        assert ask(catalog) == expected
        catalog.check()
        assert ask(catalog) == expected


def test_every_method_that_names_definitions_is_asked() -> None:
    naming = {
        name
        for name, method in inspect.getmembers(Catalog, inspect.isfunction)
        if not name.startswith("_") and {"name", "names", "claims"} & inspect.signature(method).parameters.keys()
    }
    assert naming == {question.partition(" ")[0] for question in ASKED} | {"library"}


@pytest.mark.parametrize("command", COMMANDS)
def test_a_draft_beside_stops_no_command(folder: Path, monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    monkeypatch.chdir(folder)
    before = CliRunner().invoke(segdsl, command.split())
    (folder / "draft.seg").write_text(BROKEN)
    after = CliRunner().invoke(segdsl, command.split())
    assert after.exit_code == 0, after.output
    # `show` names what else reads it
    assert after.output.replace("uses_wrong, ", "") == before.output


@pytest.mark.parametrize("question", ["prove", "say", "coverage", "overlap", "flow", "trend", "metrics", "profile"])
def test_a_draft_that_is_needed_stops_it(folder: Path, question: str) -> None:
    (folder / "rules.seg").write_text(RULES.replace("busy = visits", "busy = vists"))
    with pytest.raises(SegdslError, match="unknown name `vists`"):
        ASKED[question](load(folder))


@pytest.mark.parametrize("name", ["journey", "shop"])
def test_what_is_needed_means_what_it_means_in_the_whole(name: str) -> None:
    texts = load(EXAMPLES / name)._questions.texts
    whole = Checker(texts.catalog)
    whole.check_definitions()
    for own in texts.catalog.own():
        output = whole.output(own.name)
        if output is None:
            continue
        part = Checker(texts.needed([own.name]))
        part.check_definitions()
        found = part.output(own.name)
        assert found is not None
        assert not part.done().has_errors
        hashes = [
            meanings(checker.done().program, [item.instance])[item.instance]
            for checker, item in ((whole, output), (part, found))
        ]
        assert hashes[0] == hashes[1], own.name
