"""Random well-typed expressions, as text. Everything that is put together stands in parentheses."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from tests.laws.vocabulary import (
    ATTRIBUTES,
    CALENDAR,
    CONDITIONS,
    CONSTANTS,
    DATES,
    EVENTS,
    FIELDS,
    FIXED,
    OF_CUSTOMER,
    OF_LISTS,
    OF_SET,
    OF_TEXTS,
    OUTSIDE,
    PATTERNS,
    TIMES,
    WORDS,
    Kind,
)
from tests.laws.worlds import Picker

_HOLE = re.compile(r"<([a-z]+[.!]?)>")


@dataclass(frozen=True)
class Known:
    """A definition that expressions can name: its kind, its entity, and its parameters (name, kind, has a default)."""

    name: str
    kind: Kind
    entity: str
    parameters: tuple[tuple[str, Kind, bool], ...] = ()


@dataclass(frozen=True)
class Place:
    """Where an expression stands: of which entity, inside the `where` of which event, with which parameters."""

    entity: str = "customer"
    row: str | None = None
    params: tuple[tuple[str, Kind], ...] = ()
    child: bool = False
    moments: int = 2  # how many `as of` may still nest

    @property
    def me(self) -> str:
        """What stands before the names of the entity."""
        return f"{self.entity}." if self.row is not None else ""


@dataclass
class Phrases:
    """Makes expressions of each kind out of what a catalog has so far. `depth` is how far one may still branch."""

    pick: Picker
    known: list[Known] = field(default_factory=list)
    constants: list[tuple[str, Kind]] = field(default_factory=list)
    words: tuple[str, tuple[str, ...]] | None = None  # a param that is one of some words

    # ------------------------------------------------------------ names and constants

    def names(self, place: Place, kind: Kind) -> list[Callable[[], str]]:
        """Everything with a value of a kind that can be named here."""
        params = self._params(place)
        hidden = {name for name, _ in params} if place.row is None else set()
        texts = [name for name, of in params if of == kind]
        if place.row is not None:
            texts += [name for name, of in FIELDS[place.row].items() if of == kind]
        texts += [
            f"{place.me}{name}" for name, of in ATTRIBUTES[place.entity].items() if of == kind and name not in hidden
        ]
        if place.entity == "customer":
            texts += [f"{place.me}account.{name}" for name, of in ATTRIBUTES["account"].items() if of == kind]
        texts += [name for name, of in self._constants(place) if of == kind]
        out: list[Callable[[], str]] = [lambda text=text: text for text in texts]  # type: ignore[misc]
        for one in self.known:
            if one.kind == kind and one.name not in hidden:
                if one.entity == place.entity:
                    out.append(lambda one=one: self.reference(place, one, place.me))  # type: ignore[misc]
                elif place.entity == "customer":
                    out.append(lambda one=one: self.reference(place, one, f"{place.me}account."))  # type: ignore[misc]
        return out

    def _params(self, place: Place) -> list[tuple[str, Kind]]:
        """The parameters that nothing nearer hides."""
        if place.child:
            return [one for one in place.params if one[0] not in ATTRIBUTES[place.entity]]
        return [one for one in place.params if place.row is None or one[0] not in FIELDS[place.row]]

    def _constants(self, place: Place) -> list[tuple[str, Kind]]:
        hidden = {name for name, _ in self._params(place)}
        return [one for one in self.constants if one[0] not in hidden]

    def reference(self, place: Place, one: Known, prefix: str = "") -> str:
        """A definition by name, with some of its parameters given."""
        given: list[str] = []
        named = False
        for name, kind, has_default in one.parameters:
            if has_default and self.pick.chance(50):
                named = True
                continue
            named = named or self.pick.chance(50)
            value = self.constant(place, kind)
            given.append(f"{name}: {value}" if named else value)
        return f"{prefix}{one.name}({', '.join(given)})" if given else f"{prefix}{one.name}"

    def constant(self, place: Place, kind: Kind) -> str:
        """A constant of a kind, as parameters take it."""
        passed = [name for name, of in (*self._params(place), *self._constants(place)) if of == kind]
        if passed and self.pick.chance(30):
            return self.pick.one(passed)
        assert isinstance(kind, str)
        return self.pick.one(CONSTANTS[kind])

    def length(self, place: Place) -> str:
        """A constant length of time, of days or of months."""
        named = [name for name, of in (*self._params(place), *self._constants(place)) if of in ("duration", "length")]
        if named and self.pick.chance(25):
            return self.pick.one(named)
        return self.pick.one(FIXED if self.pick.chance(70) else CALENDAR)

    def moment(self, place: Place) -> str:
        """A constant moment, as `as of` takes it."""
        if self.pick.chance(50):
            return f"{self.length(place)} ago"
        return self.pick.one((*DATES, *TIMES))

    # ------------------------------------------------------------ patterns

    def fill(self, pattern: str, place: Place, depth: int) -> str:
        """A pattern with its holes filled."""
        return _HOLE.sub(lambda match: self.hole(match.group(1), place, depth), pattern)

    def hole(self, word: str, place: Place, depth: int) -> str:
        if word.endswith("."):
            word, depth = word[:-1], 0
        if word.endswith("!"):
            return self.constant(place, self.pick.one(("date", "time")) if word == "moment!" else word[:-1])
        if word in WORDS:
            return self.pick.one(WORDS[word])
        match word:
            case "moment":
                return self.value(place, self.pick.one(("time", "date")), depth)
            case "condition":
                return self.condition(place, depth)
            case "length":
                return self.length(place)
            case "window":
                return self.window(place, depth)
            case "anchor":
                return self._anchor(place, min(depth, 1))
            case "events":
                return self._events(place, depth)
            case "me":
                return place.me
            case _:
                return self.value(place, word, depth)

    def value(self, place: Place, kind: Kind, depth: int) -> str:
        """An expression of a kind."""
        assert isinstance(kind, str)
        if depth <= 0 or self.pick.chance(12):
            return self._leaf(place, kind)
        ways: list[Callable[[Place, int], str]] = [
            lambda place, depth: self.fill(self.pick.one(PATTERNS[kind]), place, depth),
            lambda place, depth: self.fill(self.pick.one(PATTERNS[kind]), place, depth),
            lambda place, depth: self._case(place, kind, depth),
            lambda place, depth: self._coalesce(place, kind, depth),
        ]
        if place.row is None:
            if place.moments:
                ways.append(lambda place, depth: self._as_of(place, kind, depth))
            if kind != "list":
                ways += [lambda place, depth: self._aggregate(place, kind, depth)] * (6 if kind == "number" else 3)
            if kind == "number":
                ways += [self._score] * 2
        return self.pick.one(ways)(place, depth - 1)

    def _leaf(self, place: Place, kind: str) -> str:
        if kind == "number" and place.row is None and self.pick.chance(30):
            return self._aggregate(place, kind, 0)
        names = self.names(place, kind)
        if names and (kind == "list" or self.pick.chance(88)):
            return self.pick.one(names)()
        if kind == "time" and self.pick.chance(30):
            return f"({self.length(place)} ago)"
        return self.constant(place, kind)

    def _part(self, place: Place, kind: str, depth: int) -> str:
        """A part of a `case` or `coalesce`: among times also a date."""
        return self.value(place, "date" if kind == "time" and self.pick.chance(20) else kind, depth)

    def _case(self, place: Place, kind: str, depth: int) -> str:
        parts = [
            f"when {self.condition(place, depth)} then {self._part(place, kind, depth)}"
            for _ in range(self.pick.number(1, 2))
        ]
        other = f" else {self._part(place, kind, depth)}" if self.pick.chance(70) else ""
        return f"(case {' '.join(parts)}{other} end)"

    def _coalesce(self, place: Place, kind: str, depth: int) -> str:
        parts = [self._part(place, kind, depth) for _ in range(self.pick.number(1, 2))]
        return f"coalesce({', '.join([self.value(place, kind, depth), *parts])})"

    def _as_of(self, place: Place, kind: str, depth: int) -> str:
        inner = self.value(replace(place, moments=place.moments - 1), kind, depth)
        return f"({inner} as of {self.moment(place)})"

    def window(self, place: Place, depth: int) -> str:
        return self.fill(self.pick.one(PATTERNS["window"]), place, depth)

    def _anchor(self, place: Place, depth: int) -> str:
        if self.pick.chance(40):
            return self.moment(place)
        return self.value(place, self.pick.one(("time", "date")), depth)

    # ------------------------------------------------------------ aggregates, scores

    def _events(self, place: Place, depth: int) -> str:
        """What `any` and `none` look at."""
        if place.entity == "account":
            return f"customer{self._of_children(place, depth)}"
        event = self.pick.one(EVENTS)
        return f"{event}{self._of_events(place, event, depth)}"

    def _of_events(self, place: Place, event: str, depth: int) -> str:
        """Sometimes a window, sometimes a condition of the events."""
        window = f" {self.window(place, depth)}" if self.pick.chance(50) else ""
        if self.pick.chance(55):
            return window
        return f"{window} where {self.condition(replace(place, row=event, child=False), min(depth, 2))}"

    def _of_children(self, place: Place, depth: int) -> str:
        inner = Place("customer", None, place.params, True, place.moments)
        return f" where {self.condition(inner, depth)}" if self.pick.chance(50) else ""

    def _aggregate(self, place: Place, kind: str, depth: int) -> str:
        """An aggregate with a value of a kind."""
        names = ["min", "max", "mode"]
        if place.entity == "customer":
            names += ["first", "last", "nth"]
        if kind == "number":
            names += ["sum", "sum", "avg", "median", "distinct", "count", "count", "count"]
            names += ["days", "weeks", "months"] if place.entity == "customer" else []
        if kind == "duration":
            names = ["avg_gap", "max_gap", "last_gap"]
        name = self.pick.one(names)
        if place.entity == "account":
            return self._leaf(place, kind) if kind == "duration" else self._child_aggregate(place, name, kind, depth)
        if name in ("count", "days", "weeks", "months") or kind == "duration":
            event = self.pick.one(EVENTS)
            return f"{name}({event}{self._of_events(place, event, depth)})"
        fields = [
            (event, path)
            for event, paths in FIELDS.items()
            for path, of in paths.items()
            if of == kind or name == "distinct"
        ]
        event, path = self.pick.one(fields)
        n = f"{self.pick.one(('1', '2', '3'))}, " if name == "nth" else ""
        return f"{name}({n}{event}.{path}{self._of_events(place, event, depth)})"

    def _child_aggregate(self, place: Place, name: str, kind: str, depth: int) -> str:
        where = self._of_children(place, depth)
        if name == "count":
            return f"count(customer{where})"
        of = self.pick.one(("number", "text", "date", "time")) if name == "distinct" else kind
        fields: list[Callable[[], str]] = [
            lambda text=text: text  # type: ignore[misc]
            for text, one in ATTRIBUTES["customer"].items()
            if one == of
        ]
        fields += [
            lambda one=one: self.reference(place, one)  # type: ignore[misc]
            for one in self.known
            if one.entity == "customer" and one.kind == of
        ]
        return f"{name}(customer.{self.pick.one(fields)()}{where})" if fields else self._leaf(place, kind)

    def _score(self, place: Place, depth: int) -> str:
        pick = self.pick
        name = pick.one(("percentile", "quintile", "decile", "rank", "quantile", "bands"))
        kind = pick.one(("number", "duration", "time", "text", "date"))
        value = self.value(place, kind, depth)
        if name == "bands":
            by_age = kind in ("time", "date") and pick.chance(50)
            bounds = [self.length(place) if by_age else self.value(place, kind, 0) for _ in range(pick.number(1, 3))]
            return f"bands({value}, {', '.join(bounds)})"
        among = f" among {self.condition(place, min(depth, 1))}" if pick.chance(40) else ""
        count = pick.number(1, 2) if pick.chance(40) else 0
        kinds = [pick.one(("text", "number", "bool", "date")) for _ in range(count)]
        keys = [self.value(place, one, 0) for one in kinds]
        tiers = [one for one in self.known if isinstance(one.kind, tuple) and one.entity == place.entity]
        if tiers and pick.chance(25):
            keys.append(self.reference(place, pick.one(tiers)))
        per = f" per {', '.join(keys)}" if keys else ""
        n = f"{pick.one(('2', '3', '4', '7'))}, " if name == "quantile" else ""
        return f"{name}({n}{value}{among}{per})"

    # ------------------------------------------------------------ conditions

    def condition(self, place: Place, depth: int) -> str:
        """A condition, in parentheses."""
        if depth <= 0:
            return f"({self.fill(self.pick.one(('<bool.>', '<number.> <op> <number.>')), place, 0)})"
        ways: list[Callable[[Place, int], str]] = [self._plain_condition] * 8
        if any(isinstance(one.kind, tuple) and one.entity == place.entity for one in self.known):
            ways += [self._label]
        if place.row is None:
            ways += [lambda place, depth: self.fill(self.pick.one(OUTSIDE), place, depth)]
            if place.entity == "customer":
                ways += [self._sequence]
        return f"({self.pick.one(ways)(place, depth - 1)})"

    def _of_word(self) -> str:
        """What the one param with words says."""
        assert self.words is not None
        name, words = self.words
        one, other = self.pick.one(words), self.pick.one(words)
        return self.pick.one((f"{name} = {one}", f"{name} != {one}", f"{name} in ({one}, {other})"))

    def _of_list(self, place: Place, depth: int) -> str | None:
        """A condition with a list that has a name, where there is one."""
        named = [(name, of) for name, of in (*self._params(place), *self._constants(place)) if of in OF_LISTS]
        if not named:
            return None
        name, of = self.pick.one(named)
        assert isinstance(of, str)
        patterns = OF_LISTS[of]
        if of == "texts" and place.entity == "customer":
            patterns += OF_TEXTS
        return self.fill(self.pick.one(patterns).replace("N", name), place, depth)

    def _plain_condition(self, place: Place, depth: int) -> str:
        if self.words is not None and self.pick.chance(8):
            return self._of_word()
        if self.pick.chance(12):
            found = self._of_list(place, depth)
            if found is not None:
                return found
        patterns = CONDITIONS
        if place.entity == "customer" and self.pick.chance(10):
            patterns = OF_CUSTOMER
            if place.row is not None or "channel" not in dict(place.params):
                patterns += OF_SET
        return self.fill(self.pick.one(patterns), place, depth)

    def _label(self, place: Place, depth: int) -> str:
        tier = self.pick.one([one for one in self.known if isinstance(one.kind, tuple) and one.entity == place.entity])
        name = self.reference(place, tier, place.me)
        label, other = self.pick.one(tier.kind), self.pick.one(tier.kind)
        plain = label.strip("`")
        ways = [
            f"{name} = {label}",
            f"{name} != {label}",
            f"{name} in ({label}, {other})",
            f'{name} = "{plain}"',
            f"{label} = {name}",
            f"{name} is known",
        ]
        if "(" not in name:
            ways.append(f"{name}.{label}")
            if place.row is None and place.moments:
                ways.append(f"({name} as of {self.moment(place)}) = {label}")
        return self.pick.one(ways)

    def _sequence(self, place: Place, depth: int) -> str:
        pick = self.pick
        same = pick.chance(25)
        steps: list[str] = []
        no = True
        count = pick.number(1, 4)
        for index in range(count):
            event = pick.one(("order", "view", "cart_add") if same else EVENTS)
            no = not no and pick.chance(40)
            within = f" within {self.length(place)}" if pick.chance(50) or (no and index == count - 1) else ""
            where = ""
            if pick.chance(25):
                where = f" where {self.condition(replace(place, row=event, child=False), min(depth, 1))}"
            steps.append(f"{'no ' if no else ''}{event}{within}{where}")
        return f"sequence({' then '.join(steps)}{' same product' if same else ''})"
