"""Reads a text by the parse table, and says what could have stood where it cannot go on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias, cast

from segdsl.syntax.table import END, Rule, Table

# where a token starts and ends in the text
Token: TypeAlias = tuple[int, int]
# makes a value of what a rule hands on; the first argument is whom it is made for
Make: TypeAlias = Callable[..., Any]
# lies under the first state
_BOTTOM = -1


class Refused(Exception):  # noqa: N818 - it is what the parser says of a text
    """Ends the reading of a text that the grammar does not have; never leaves the parser.

    `found` is what stands at `position`, None where it is no token at all, and empty at the end of the text.
    """

    def __init__(self, position: int, found: str | None, expected: frozenset[str]) -> None:
        super().__init__(found)
        self.position = position
        self.found = found
        self.expected = expected


class TooDeep(Exception):  # noqa: N818 - as above
    """Ends the reading of a text that nests deeper than it may."""


class Makers:
    """What is made of each rule of a table, by its number; `nests` says which rules are a level (1), and which only
    where they stand directly in one of their own kind (2)."""

    def __init__(self, rules: Sequence[Rule], makes: Sequence[Make], nests: Sequence[int]) -> None:
        # all that a reduction asks of a rule, side by side: the loop below looks at each some ten thousand times
        self.steps = [
            (rule.size, rule.origin, nest, rule.is_plain and not rule.is_list, make, rule)
            for rule, make, nest in zip(rules, makes, nests, strict=True)
        ]


def read(  # noqa: PLR0915 - one loop, which all reading goes through
    table: Table, makers: Makers, owner: object, text: str, start: int, end: int, goal: str, depth: int
) -> Any:
    """What is made of the stretch of a text that is a `goal`. Raises Refused, TooDeep, and what a maker raises."""
    states_of, scans, decisions, steps = table.states, table.scans, table.decisions, makers.steps
    last = table.ends[goal]
    state = table.starts[goal]
    states = [_BOTTOM, state]
    values: list[Any] = []
    # how deep each value nests, doubled; odd for what counts only within its own kind
    levels: list[int] = []
    most = 2 * depth + 1
    position = start
    while True:
        match = (scans.get(state) or table.scan(state))(text, position, end)
        if match is None:
            raise _no_token(table, states, text, position, end)
        kind = cast(str, match.lastgroup)
        while True:
            way = (states[-2], state, kind)
            decision = decisions.get(way)
            if decision is None:
                decision = decisions[way] = _decision(table, *way)
            states[-1], action = decision
            if action is None:
                if states[-1] == last and kind == END:
                    return values[-1]
                raise Refused(match.start(1), text[match.start(1) : match.end()], _accepted(table, states))
            if action >= 0:
                position = match.end()
                token: Token = (match.start(1), position)
                states.append(action)
                values.append(token)
                levels.append(0)
                state = action
                break
            size, origin, nest, is_plain, make, rule = steps[-1 - action]
            if size == 1 and is_plain and not nest:
                values[-1] = make(owner, values[-1])
                levels[-1] &= ~1
                state = states[-1] = states_of[states[-2]][origin]
                continue
            children: list[Any] = []
            level = 0
            if size:
                children = values[-size:]
                deepest = max(levels[-size:])
                del values[-size:], states[-size:]
                if nest == 2:  # what is inside stands between two brackets
                    inner = levels[-2]
                    level = ((inner >> 1) + (inner & 1)) << 1 | 1
                else:
                    level = (deepest & ~1) + 2 * nest
                del levels[-size:]
                if level > most:
                    raise TooDeep
            if is_plain:
                value = make(owner, *children)
            else:
                value = _handed_on(rule, children)
                if not rule.is_list:
                    value = value[0] if rule.is_single and len(value) == 1 else make(owner, *value)
            state = states_of[states[-1]][origin]
            states.append(state)
            values.append(value)
            levels.append(level)


def accepted_after(table: Table, text: str, goal: str) -> frozenset[str]:
    """The terminals that can stand behind a text which is the beginning of a `goal`; none where it is not one."""
    states = [table.starts[goal]]
    position = 0
    while True:
        match = table.scan(states[-1])(text, position, len(text))
        if match is None:
            return frozenset()
        kind = cast(str, match.lastgroup)
        if kind == END:
            return _accepted(table, states)
        if not _advance(table, states, kind):
            return frozenset()
        position = match.end()


def _handed_on(rule: Rule, children: list[Any]) -> list[Any]:
    if rule.picked is not None:
        return [children[index] for index in rule.picked]
    out: list[Any] = []
    for index, is_list, missing in rule.kept:
        if missing:
            out.extend([None] * missing)
        if is_list:
            out.extend(children[index])
        else:
            out.append(children[index])
    out.extend([None] * rule.missing)
    return out


def _decision(table: Table, below: int, state: int, kind: str) -> tuple[int, int | None]:
    """The state after all reductions that only hand on one value, from a state that lies on another; and what it does
    with a terminal."""
    while True:
        action = table.states[state].get(kind)
        if action is None or action >= 0 or not table.rules[-1 - action].is_same:
            return state, action
        state = table.states[below][table.rules[-1 - action].origin]


def _advance(table: Table, states: list[int], kind: str) -> bool:
    """Takes a terminal; whether it can stand here."""
    while True:
        action = table.states[states[-1]].get(kind)
        if action is None:
            return kind == END and states[-1] in table.ends.values()
        if action >= 0:
            states.append(action)
            return True
        rule = table.rules[-1 - action]
        if rule.size:
            del states[-rule.size :]
        states.append(table.states[states[-1]][rule.origin])


def _accepted(table: Table, states: list[int]) -> frozenset[str]:
    kinds = [kind for kind in table.states[states[-1]] if kind.isupper()]
    return frozenset(kind for kind in kinds if _advance(table, list(states), kind))


def _no_token(table: Table, states: list[int], text: str, position: int, end: int) -> Refused:
    """What is refused where none of the terminals stands that are looked for: another one, or no terminal at all."""
    match = table.scan_any(text, position, end)
    expected = _accepted(table, states)
    if match is not None:
        return Refused(match.start(1), text[match.start(1) : match.end()], expected)
    blank = table.skip(text, position, end)
    return Refused(position if blank is None else blank.end(), None, expected)
