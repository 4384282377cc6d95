"""The law of formulas: what is said to hold for nobody, or for everybody, does so in the reference evaluator."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from segdsl.logic.formula import opposite
from segdsl.logic.free import Freedom
from segdsl.logic.reading import Reader
from segdsl.logic.solver import implies, is_always, is_never
from segdsl.proving.encode import is_refuted
from tests.engine import Compiled
from tests.laws.catalogs import RandomCatalog, catalogs
from tests.laws.phrases import Phrases, Place
from tests.laws.test_meaning_laws import beside, law
from tests.laws.vocabulary import Kind
from tests.laws.worlds import Picker, picker, worlds
from tests.reference.evaluator import Reference
from tests.world import World

# how often lint spoke, so that a law that says nothing is seen
_SPOKEN: list[str] = []


@st.composite
def rules(draw: st.DrawFn, count: int = 14) -> list[str]:
    """Conditions of one or two subjects, each compared several times: many are never true, or always."""
    pick = picker(draw)
    return [_condition(pick) for _ in range(count)]


def _condition(pick: Picker) -> str:
    phrases = Phrases(pick)
    subjects = [_subject(pick, phrases) for _ in range(pick.one((1, 1, 2)))]
    word = pick.one((" and ", " and ", " or "))
    tests = []
    for _ in range(pick.number(2, 4)):
        subject, kind = pick.one(subjects)
        tests.append(_test(pick, phrases, subject, kind))
    return f"({word.join(tests)})"


def _subject(pick: Picker, phrases: Phrases) -> tuple[str, Kind]:
    kind = pick.one(("number", "number", "text", "time", "time", "date", "duration"))
    many = (
        "count(order within 30d)", "count(order)", "count(order within 90d)", "rank(visits)", "month(signup)",
        "count(order within 90d where amount > 1)", "distinct(order.channel)", "orders", "length(city)",
        "count(order from 30d to 90d ago)", "sum(order.items in next month)", "max(order.items within 0d)",
    )  # fmt: skip
    if kind == "number" and pick.chance(50):
        return pick.one(many), kind
    if kind == "time" and pick.chance(50):
        times = (
            "last_purchase", "first_purchase", "min(order.at within 90d)", "renewal", "max(order.at in this month)",
            "last(order.at from 30d ago to 90d ago)",
        )  # fmt: skip
        return pick.one(times), kind
    return phrases.value(Place(), kind, pick.one((0, 1, 2))), kind


def _test(pick: Picker, phrases: Phrases, subject: str, kind: Kind) -> str:
    op = pick.one(("<", "<=", "=", ">=", ">", "!="))
    if pick.chance(10):
        text = f"{subject} is {pick.one(('known', 'unknown'))}"
    elif kind in ("time", "date") and pick.chance(60):
        way = pick.one(
            (f"{op} <length>", "in <period>", "within <length>", f"{op} (<length> ago)", "since <length> ago")
        )
        text = phrases.fill(f"{subject} {way}", Place(), 0)
    else:
        text = f"{subject} {op} {phrases.constant(Place(), kind)}"
    return f"not ({text})" if pick.chance(25) else f"({text})"


@law(0.25)
@given(worlds(), rules())
def test_what_is_said_of_everybody_holds(world: World, conditions: list[str]) -> None:
    _hold(world, RandomCatalog((), (), ()), conditions)


@law(0.1)
@given(worlds(), catalogs())
def test_what_is_said_of_random_rules_holds(world: World, catalog: RandomCatalog) -> None:
    conditions = [
        one.condition for one in catalog.definitions if one.condition is not None and one.entity == "customer"
    ]
    _hold(world, catalog, [*conditions, *(f"{one} and not {two}" for one in conditions for two in conditions)][:12])


def _hold(world: World, catalog: RandomCatalog, conditions: list[str]) -> None:
    lines = [f"segment rule_{index} of customer = {one}" for index, one in enumerate(conditions)]
    text = beside(catalog, lines)
    compiled = Compiled(world, text, dict(catalog.settings))
    program = compiled.checker.done().program
    reader, freedom = Reader(program.instances), Freedom(program.instances)
    reference = Reference(world, text, dict(catalog.settings))
    values = {}
    formulas = []
    for index, condition in enumerate(conditions):
        name = f"rule_{index}"
        value = program.instances[program.outputs[name].instance].value
        formula = reader.condition(value)
        formulas.append(formula)
        if freedom.is_free(formula, reader):
            _SPOKEN.append("free")
            assert not is_refuted(formula, reader), condition
            assert not is_refuted(opposite(formula), reader), condition
        if freedom.is_plain(value, reader):
            _SPOKEN.append("plain")
            assert freedom.is_free(formula, reader), condition
        values[index] = reference.values(name)
        if is_never(formula, reader):
            _SPOKEN.append("never")
            assert not any(values[index].values()), (condition, values[index], world.as_of)
        elif is_refuted(formula, reader):
            _SPOKEN.append("never, by z3")
            assert not any(values[index].values()), (condition, values[index], world.as_of)
        if is_always(formula, reader):
            _SPOKEN.append("always")
            assert all(values[index].values()), (condition, values[index], world.as_of)
    for index, one in enumerate(formulas[:6]):
        for other, two in enumerate(formulas[:6]):
            if index != other and implies(one, two, reader):
                _SPOKEN.append("implies")
                for key, value in values[index].items():
                    assert not value or values[other][key], (conditions[index], conditions[other], key, world.as_of)


def test_the_laws_were_put_to_use() -> None:
    assert {"never", "always", "implies", "free", "plain"} <= set(_SPOKEN) or not _SPOKEN
