"""What is counted of earlier moments is what runs as of then find, where populations come from events."""

from __future__ import annotations

import datetime as dt
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from segdsl.counts.wanted import at
from segdsl.evaluator import Evaluator
from segdsl.metrics.asked import Asked, earlier_output, path_node
from segdsl.program import Moment
from tests.engine import Compiled
from tests.laws.test_meaning_laws import assert_alike, law
from tests.laws.worlds import Picker, picker
from tests.world import Row, World, named_tables

_AS_OF = dt.datetime(2026, 3, 31)
_DAYS = (0, 1, 10, 20, 30, 40, 60)
# whoever has events is a guest or a team; users are rows of a table, whose team may be of later, or of never
_MODEL = named_tables(
    {
        "timezone": "UTC",
        "entities": {
            "guest": {"key": "id", "from_events": True},
            "team": {"key": "id", "from_events": True},
            "user": {"key": "id", "parent": {"entity": "team", "key": "team"}, "attributes": {"size": "int"}},
        },
        "events": {
            "visit": {"of": "guest", "key": "id", "time": "t", "fields": {"n": "int"}},
            "buy": {"of": "guest", "key": "id", "time": "t", "fields": {"n": "int"}},
            "bill": {"of": "team", "key": "id", "time": "t", "fields": {"n": "int"}},
            "login": {"of": "user", "key": "id", "time": "t", "fields": {"n": "int"}},
        },
    }
)
_EVENTS = {"guest": ("visit", "buy"), "team": ("bill",), "user": ("login",)}


class _Rules:
    """Definitions of each entity, most of which rank its members, each made of those before it."""

    def __init__(self, pick: Picker) -> None:
        self.pick = pick
        self.traits: dict[str, list[str]] = {entity: [] for entity in _EVENTS}
        self.segments: dict[str, list[str]] = {entity: [] for entity in _EVENTS}
        self.lines: list[str] = []
        self.names: list[str] = []
        for number in range(pick.number(3, 8)):
            self._add(pick.one(("guest", "team", "user", "guest")), number)

    def _add(self, entity: str, number: int) -> None:
        pick, name = self.pick, f"x{number}"
        match pick.number(0, 4):
            case 0 | 1:
                self.lines.append(f"trait {name} of {entity} = {self._value(entity, 3)}")
                self.traits[entity].append(name)
            case 2 | 3:
                self.lines.append(f"segment {name} of {entity} = {self._condition(entity, 3)}")
                self.segments[entity].append(name)
            case _:
                first, second = self._condition(entity, 2), self._condition(entity, 1)
                self.lines.append(f"segmentation {name} of {entity} {{ a when {first}  b when {second} }}")
                self.segments[entity].append(f"{name} = a")
        self.names.append(name)

    def _value(self, entity: str, depth: int) -> str:
        pick, event = self.pick, self.pick.one(_EVENTS[entity])
        deeper = depth > 0
        choice = pick.number(0, 9)
        if choice <= 3 and deeper:
            rest = self._value(entity, depth - 1)
            rest += f" among {self._condition(entity, depth - 1)}" if pick.chance(30) else ""
            rest += f" per {self._value(entity, 0)}" if pick.chance(30) else ""
            return pick.one((f"rank({rest})", f"percentile({rest})", f"quantile(3, {rest})"))
        if choice == 4 and deeper:
            return f"({self._value(entity, depth - 1)}) as of {pick.one(('20d', '5d', '1mo'))} ago"
        if choice == 5 and deeper:
            yes, no = self._value(entity, depth - 1), self._value(entity, depth - 1)
            return f"case when {self._condition(entity, depth - 1)} then {yes} else {no} end"
        if choice == 6 and self.traits[entity]:
            return pick.one(self.traits[entity])
        if choice == 7 and entity == "user" and self.traits["team"]:
            return f"team.{pick.one(self.traits['team'])}"
        if choice == 8 and self.traits[entity]:
            return f"count({event} where n >= {entity}.{pick.one(self.traits[entity])})"
        return pick.one((f"count({event})", f"sum({event}.n)", f"count({event} within 20d)", f"max({event}.n)"))

    def _condition(self, entity: str, depth: int) -> str:
        pick = self.pick
        choice, deeper = pick.number(0, 7), depth > 0
        if choice <= 1 and deeper:
            share = pick.one(("50%", "20%", "70%", "0%"))
            return f"percentile({self._value(entity, depth - 1)}) {pick.one(('>=', '<', '>', '<='))} {share}"
        if choice == 2 and deeper:
            word = pick.one(("and", "or"))
            return f"({self._condition(entity, depth - 1)} {word} {self._condition(entity, depth - 1)})"
        if choice == 3 and deeper:
            return f"not ({self._condition(entity, depth - 1)})"
        if choice == 4 and deeper:
            return f"({self._condition(entity, depth - 1)}) as of {pick.one(('20d', '5d', '1mo'))} ago"
        if choice == 5 and self.segments[entity]:
            return f"({pick.one(self.segments[entity])})"
        if choice == 6 and entity == "user":
            named = [one for one in self.segments["team"] if "=" not in one]
            if named:
                return f"team.{pick.one(named)}"
        return f"{self._value(entity, max(depth - 1, 0))} {pick.one(('>=', '<', '=', '>'))} {pick.number(0, 3)}"


def _world(pick: Picker) -> World:
    def rows(keys: str) -> list[Row]:
        found = []
        for _ in range(pick.one((6, 0, 3, 9))):
            back = dt.timedelta(days=pick.one(_DAYS), microseconds=pick.one((0, 0, 1, -1)))
            found.append({"id": pick.one(keys), "t": _AS_OF - back, "n": pick.maybe((0, 1, 2, 3, 5))})
        return found

    users: list[Row] = [
        {"id": key, "team": pick.maybe(("s", "t", "u", "never")), "size": 1} for key in "xyz"[: pick.number(0, 3)]
    ]
    tables = {"visit": rows("abcde"), "buy": rows("abcde"), "bill": rows("stu"), "login": rows("xyz"), "user": users}
    return World(_MODEL, tables, _AS_OF)


@st.composite
def _cases(draw: st.DrawFn) -> tuple[World, list[str], list[str], int]:
    pick = picker(draw)
    rules = _Rules(pick)
    return _world(pick), rules.lines, rules.names, pick.one(_DAYS[1:])


@law(0.3)
@given(_cases())
def test_what_was_is_what_a_run_as_of_then_finds(found: tuple[World, list[str], list[str], int]) -> None:
    world, lines, names, back = found
    text = "\n".join(lines)
    compiled = Compiled(world, text)
    evaluator = Evaluator(compiled.catalog)
    compiled.checker = evaluator.checked()
    moment = _AS_OF - dt.timedelta(days=back)
    period = f"{back}d"
    now: dict[str, str] = {}
    for name in names:
        output = evaluator.named(name)
        earlier = at(evaluator, output, Moment(moment), " then")
        asked, wrong = earlier_output(compiled.checker, Asked(output, path_node([name])), period)
        assert asked is not None, wrong
        compiled.checker.outputs[earlier.name] = earlier
        now |= {earlier.name: name, asked.name: name}
    expected = compiled.run(names, as_of=moment)
    values = compiled.run(now)
    assert_alike(
        {one: _filled(expected[name], values[one]) for one, name in now.items()},
        {one: {key: _told(value) for key, value in of.items()} for one, of in values.items()},
        world,
        text,
    )


def _filled(expected: dict[str, Any], found: dict[str, Any]) -> dict[str, Any]:
    """A run as of then, in which nobody was who came later: they have no value, and are in no segment."""
    assert expected.keys() <= found.keys()
    return {key: _told(expected.get(key)) for key in found}


def _told(value: Any) -> Any:
    """A value where it says something: who is in no segment is out of it, as those are who were not there."""
    return None if value is False else value
