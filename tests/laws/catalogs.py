"""Random well-typed catalogs over the model of the conformance cases."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import strategies as st

from tests.laws.phrases import Known, Phrases, Place
from tests.laws.vocabulary import Kind
from tests.laws.worlds import Picker, picker

_NAMES = (
    "a", "b", "spend", "Abc", "abc", "größe", "`vip 😀`", "`it's \"q\"`", "last", "count_", "orders", "total_spend",
    "`--`", "gold", "value", "c", "key", "`p-x`", "`select`", "loyal", "名前", "d",
)  # fmt: skip
_LABELS = ("gold", "silver", "`x y`", "größe", "low")
_KINDS: tuple[str, ...] = ("number", "number", "text", "time", "date", "duration", "bool", "list")
_COMMERCE = (
    Known("orders", "number", "customer"),
    Known("first_purchase", "time", "customer"),
    Known("last_purchase", "time", "customer"),
    Known("total_spend", "number", "customer"),
    Known("purchase_gap", "duration", "customer"),
    Known("spend_trend", "number", "customer"),
    Known("orders_90d", "number", "customer"),
    Known("median_order_value", "number", "customer"),
)
_SEASONS = ("summer", "winter", "autumn")
# what definitions can need of the model, some of which it lacks, each with its opposite
_NEEDS = (
    ("order.amount", "not order.amount"), ("order.discount", "not order.discount"), ("refund", "not refund"),
    ("account", "not account"), ('message.channel = "web"', 'not message.channel = "web"'),
    ("order.amount or refund", "not order.amount, not refund"), ("order, view.brand", "not order or not view.brand"),
)  # fmt: skip
_PARAMETERS: tuple[tuple[str, Kind], ...] = (
    ("window", "duration"), ("n", "number"), ("far", "length"), ("text", "text"), ("amount", "number"),
    ("visits", "text"), ("day_", "date"), ("from_", "time"), ("some", "texts"), ("steps", "numbers"),
)  # fmt: skip


@dataclass(frozen=True)
class Made:
    """A definition that was made: as text, and what a segment without parameters asks for."""

    name: str
    name_text: str
    kind: str
    entity: str
    text: str
    condition: str | None
    is_output: bool


@dataclass(frozen=True)
class RandomCatalog:
    """A catalog: its params, its definitions, each made of those before it, and the params that a run sets."""

    params: tuple[str, ...]
    definitions: tuple[Made, ...]
    settings: tuple[tuple[str, str], ...]

    @property
    def text(self) -> str:
        """Backwards, so that no definition stands before it is used."""
        return "\n".join([*(one.text for one in reversed(self.definitions)), *self.params]) + "\n"

    @property
    def outputs(self) -> list[Made]:
        """What can be asked for."""
        return [one for one in self.definitions if one.is_output]

    @property
    def names(self) -> list[str]:
        return [one.name for one in self.outputs]


@st.composite
def catalogs(draw: st.DrawFn, least: int = 5, most: int = 12) -> RandomCatalog:
    return make_catalog(picker(draw), least, most)


def make_catalog(pick: Picker, least: int = 5, most: int = 12) -> RandomCatalog:
    """Definitions of every kind."""
    count = pick.number(least, most)
    names = pick.shuffled(_NAMES)[:count]
    own = set(names)
    phrases = Phrases(pick, [one for one in _COMMERCE if one.name not in own])
    params, settings = _params(pick, phrases)
    made: list[Made] = []
    for name in names:
        made.append(_definition(pick, phrases, name))
    return RandomCatalog(params, tuple(made), settings)


def _params(pick: Picker, phrases: Phrases) -> tuple[tuple[str, ...], tuple[tuple[str, str], ...]]:
    texts: list[str] = []
    settings: list[tuple[str, str]] = []
    for name, kind in (
        ("recent", "length"), ("limit", "number"), ("short", "duration"), ("word", "text"), ("ours", "texts"),
        ("limits", "numbers"), ("ages", "durations"),
    ):  # fmt: skip
        if pick.chance(40):
            texts.append(f"param {name} = {phrases.constant(Place(), kind)}")
            if pick.chance(30):
                settings.append((name, phrases.constant(Place(), kind)))
            phrases.constants.append((name, kind))
    if pick.chance(40):
        texts.append(f"param season in ({', '.join(_SEASONS)}) = {pick.one(_SEASONS)}")
        if pick.chance(30):
            settings.append(("season", pick.one(_SEASONS)))
        phrases.words = ("season", _SEASONS)
    return tuple(texts), tuple(settings)


def _definition(pick: Picker, phrases: Phrases, name: str) -> Made:
    entity = "account" if pick.chance(20) else "customer"
    parameters: list[tuple[str, Kind, bool]] = []
    heads: list[str] = []
    if name != "last" and pick.chance(25):  # with parameters it would take the place of the aggregate
        wanted = pick.shuffled(_PARAMETERS)[: pick.number(1, 2)]
        # those with defaults come last, so that what is given by place fits
        defaults = sorted(pick.chance(70) for _ in wanted)
        for (parameter, of), has_default in zip(wanted, defaults, strict=True):
            heads.append(f"{parameter} = {phrases.constant(Place(), of)}" if has_default else parameter)
            parameters.append((parameter, of, has_default))
    place = Place(entity, params=tuple((parameter, of) for parameter, of, _ in parameters))
    given = f"({', '.join(heads)})" if heads else ""
    head = f"{name}{given}{' of account' if entity == 'account' else ''}"
    depth = pick.one((2, 1, 3, 3, 4))
    condition: str | None = None
    kind: Kind
    match pick.number(0, 5):
        case 0 | 1 | 2:
            word, kind = "segment", "bool"
            condition = phrases.condition(place, depth)
            text = f"segment {head} = {condition}"
        case 3 | 4:
            word = "trait"
            kind = pick.one(_KINDS[:-1] if entity == "account" else _KINDS)
            text = f"trait {head} = {phrases.value(place, kind, depth)}"
        case _:
            word = "segmentation"
            labels = tuple(pick.shuffled(_LABELS)[: pick.number(1, 3)])
            kind = labels
            among = f" among {phrases.condition(place, 1)}" if pick.chance(40) else ""
            rules = [f"  {label} when {phrases.condition(place, min(depth, 2))}" for label in labels]
            if pick.chance(50):
                rules[-1] = f"  {labels[-1]} otherwise"
            text = f"segmentation {head}{among} {{\n" + "\n".join(rules) + "\n}"
    if word != "segmentation" and pick.chance(12):
        other = phrases.condition(place, depth) if word == "segment" else phrases.value(place, kind, depth)
        text = _one_of_two(pick, phrases, text, f"{word} {head} = {other}")
        condition = None
    is_output = all(has_default for _, _, has_default in parameters)
    phrases.known.append(Known(name, kind, entity, tuple(parameters)))
    if parameters:
        condition = None
    return Made(name.strip("`"), name, word, entity, text, condition, is_output)


def _one_of_two(pick: Picker, phrases: Phrases, one: str, other: str) -> str:
    """Two definitions of one name, of which what they need leaves one."""
    needs = list(_NEEDS)
    if phrases.words is not None:
        name, words = phrases.words
        needs += [(f"{name} = {word}", f"not {name} = {word}") for word in words]
        needs.append((f"{name} in ({words[0]}, {words[1]})", f"{name} = {words[2]}"))
    need, opposite = pick.one(needs)
    return "\n".join(f"@needs({what})\n{text}" for what, text in pick.shuffled(((need, one), (opposite, other))))
