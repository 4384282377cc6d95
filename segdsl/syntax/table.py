"""The parse table: the grammar as Lark's analysis has it, as plain data that is kept from one start to the next.

Lark reads the grammar, finds its conflicts and makes the LALR table; nothing here knows how. That takes half a second,
and only importing Lark takes longer than reading a small catalog. So what comes out is kept as JSON in the user's own
cache folder, beside the text of the grammar that it was made from: another grammar, or a file that cannot be read, and
it is made anew.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING, Any
from zlib import crc32

from segdsl.syntax.grammar import grammar

if TYPE_CHECKING:
    from lark import Lark
    from lark.grammar import Rule as LarkRule

END = "END_"  # what the end of a text is called beside the terminals
_LARK_END = "$END"
_FORMAT = 1

Scan = Callable[[str, int, int], "re.Match[str] | None"]


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of the grammar as it is reduced: what it makes, how many symbols it takes, and which it hands on.

    `kept` are the symbols handed on, by their places: whether one is a list to be spread, and how many optional ones
    are missing before it; `missing` how many are at the end. `is_single` says that one symbol by itself is handed on
    as it is, `is_list` that the rule only collects for another one, `is_plain` that all symbols are handed on, each as
    one, and `is_same` that its only symbol is all that it is. `picked` are the places of `kept` where nothing else is
    to be done, else None.
    """

    origin: str
    size: int
    name: str
    kept: tuple[tuple[int, bool, int], ...]
    missing: int
    is_single: bool
    is_list: bool
    is_plain: bool
    is_same: bool
    picked: tuple[int, ...] | None


@dataclass(frozen=True, eq=False)
class Table:
    """An LALR table. `states` hold by terminal the state to go to (not negative) or the rule to reduce (-1 - its
    number), and by the name of a rule the state after it."""

    starts: Mapping[str, int]
    ends: Mapping[str, int]
    states: Sequence[Mapping[str, int]]
    rules: tuple[Rule, ...]
    patterns: Mapping[str, str]  # of terminals
    ignored: Sequence[str]
    orders: Sequence[Sequence[str]]  # the terminals that are looked for, first ones first; the last are all there are
    order_of: Sequence[int]  # by state
    # found while reading: how a state scans; and what is done in a state that lies on another when a terminal comes:
    # the state after all reductions that only hand on what they get, and what that one does (None: it refuses)
    scans: dict[int, Scan] = field(default_factory=dict)
    decisions: dict[tuple[int, int, str], tuple[int, int | None]] = field(default_factory=dict)

    def scan(self, state: int) -> Scan:
        """What finds the next token in a state: a match from which its first group, an empty one, is the start of the
        token, and whose last group is called like its terminal, or END."""
        found = self.scans.get(state)
        if found is None:
            number = self.order_of[state]
            same = next((other for other in self.scans if self.order_of[other] == number), None)
            found = self.scans[state] = self.scans[same] if same is not None else self._scan(self.orders[number])
        return found

    @cached_property
    def scan_any(self) -> Scan:
        """The same for all terminals, wherever they stand."""
        return self._scan(self.orders[-1])

    @cached_property
    def skip(self) -> Scan:
        """What finds the blanks and comments at a place, if there are any."""
        return re.compile(self._between).match

    @property
    def _between(self) -> str:
        return f"(?:{'|'.join(self.patterns[name] for name in self.ignored)})*+"

    def _scan(self, order: Sequence[str]) -> Scan:
        names = [name for name in order if name not in self.ignored]
        # a group's mark stands behind its terminal: `re` passes over an alternative by its first character only where
        # the alternative begins with that
        patterns = [*((name, self.patterns[name]) for name in names), (END, r"\Z")]
        terminals = "|".join(f"{_grouped(pattern)}(?P<{name}>)" for name, pattern in patterns)
        return re.compile(f"{self._between}()(?:{terminals})").match


def _grouped(pattern: str) -> str:
    """A pattern that something can stand behind."""
    return f"(?:{pattern})" if "|" in pattern else pattern


@cache
def table() -> Table:
    """The table of the grammar, as it was kept or made now."""
    text = grammar()
    file = _cache_file(text)
    if file is not None:
        try:
            kept = json.loads(file.read_text("utf-8"))
            if kept["grammar"] == text and kept["format"] == _FORMAT:
                return _from_json(kept["table"])
        except (OSError, ValueError, KeyError, TypeError, IndexError):
            pass
    made = _as_json(_lark())
    if file is not None:
        _keep(file, json.dumps({"format": _FORMAT, "grammar": text, "table": made}, separators=(",", ":")))
    return _from_json(made)


def _lark() -> Lark:
    """The grammar, analysed; that it has no conflict is checked by a test, which builds it in Lark's strict mode."""
    from lark import Lark

    from segdsl.syntax.grammar import STARTS

    return Lark(grammar(), parser="lalr", lexer="contextual", start=list(STARTS), maybe_placeholders=True)


def _as_json(lark: Lark) -> dict[str, Any]:
    from lark.parsers.lalr_analysis import Shift

    parser: Any = lark.parser
    parsed: Any = parser.parser._parse_table
    numbers = {rule: number for number, rule in enumerate(lark.rules)}
    states: list[dict[str, int]] = [{} for _ in parsed.states]
    for state, actions in parsed.states.items():
        for symbol, (action, target) in actions.items():
            name = END if symbol == _LARK_END else str(symbol)
            states[state][name] = target if action is Shift else -1 - numbers[target]
    orders: list[list[str]] = []
    order_of = []
    for state in range(len(states)):
        order = _order(parser.lexer.lexers[state])
        if order not in orders:
            orders.append(order)
        order_of.append(orders.index(order))
    return {
        "starts": parsed.start_states,
        "ends": parsed.end_states,
        "states": states,
        "rules": [_rule(rule) for rule in lark.rules],
        "patterns": {item.name: item.pattern.to_regexp() for item in lark.terminals},
        "ignored": list(lark.ignore_tokens),
        "orders": [*orders, [item.name for item in parser.lexer.root_lexer.terminals]],
        "order_of": order_of,
    }


def _order(lexer: Any) -> list[str]:
    found = [str(item.name) for item in lexer.scanner.terminals]
    if lexer.callback:  # a text that is one of two terminals of the same rank; then Lark chooses after it has matched
        raise AssertionError(f"terminals that look alike: {sorted(lexer.callback)}")
    return found


def _rule(rule: LarkRule) -> list[Any]:
    """What Lark's tree builder does with a rule: tokens without a name are dropped, lists are spread, what is optional
    and missing becomes None."""
    size = len(rule.expansion)
    empty = "".join(str(int(is_empty)) for is_empty in rule.options.empty_indices) or "0" * size
    missing_before = [len(ones) for ones in empty.split("0")]
    kept: list[list[Any]] = []
    waiting = 0
    for index, symbol in enumerate(rule.expansion):
        waiting += missing_before[index]
        if not (symbol.is_term and getattr(symbol, "filter_out", False)):
            kept.append([index, not symbol.is_term and symbol.name.startswith("_"), waiting])
            waiting = 0
    name = str(rule.alias or rule.origin.name)
    is_single = bool(rule.options.expand1 and not rule.alias)
    return [str(rule.origin.name), size, name, kept, waiting + missing_before[size], is_single]


def _from_json(made: Mapping[str, Any]) -> Table:
    rules: list[Rule] = []
    for origin, size, name, kept, missing, is_single in made["rules"]:
        handed = tuple((index, spread, before) for index, spread, before in kept)
        is_plain = not missing and handed == tuple((index, False, 0) for index in range(size))
        is_same = is_single and is_plain and size == 1
        is_picked = not missing and not any(spread or before for _, spread, before in handed)
        picked = tuple(index for index, _, _ in handed) if is_picked else None
        is_list = origin.startswith("_")
        rules.append(Rule(origin, size, name, handed, missing, is_single, is_list, is_plain, is_same, picked))
    parts = {name: made[name] for name in ("starts", "ends", "states", "patterns", "ignored", "orders", "order_of")}
    return Table(rules=tuple(rules), **parts)


def _cache_file(text: str) -> Path | None:
    """Where the table of a grammar is kept, in the user's own cache folder; None where that cannot be.

    Each grammar has a file of its own: who works with two versions in turn would else wait for the table each time.
    """
    try:
        root = os.environ.get("LOCALAPPDATA" if os.name == "nt" else "XDG_CACHE_HOME")
        folder = (Path(root) if root else Path.home() / ".cache") / "segdsl"
        folder.mkdir(parents=True, exist_ok=True)
    except (OSError, RuntimeError):
        return None
    return folder / f"grammar-{crc32(text.encode()):08x}.json"


def _keep(file: Path, text: str) -> None:
    """Writes a file whole or not at all; where it cannot be, the table is made again next time."""
    try:
        with NamedTemporaryFile("w", encoding="utf-8", dir=file.parent, prefix=".grammar-", delete=False) as beside:
            beside.write(text)
        os.replace(beside.name, file)
    except OSError:
        pass
