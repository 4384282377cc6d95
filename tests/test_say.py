"""Rules in plain words: the sentence of each construct, and one for whatever can be written."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from click.testing import CliRunner

from segdsl import SegdslError, load
from segdsl.check import Checker
from segdsl.cli.commands import segdsl
from segdsl.say import LANGUAGES, say
from segdsl.say.english import ENGLISH
from segdsl.say.german import GERMAN
from tests import engine
from tests.cases import default_model
from tests.laws.catalogs import make_catalog
from tests.laws.worlds import Picker

AROUND = """
param recent = 90d
segment loyal = orders >= 3
segmentation tier { high when visits > 10  low otherwise }
"""
SENTENCES = (
    ("orders >= 3 and last_purchase < recent",
     "`orders` is at least 3 and `last_purchase` is less than 90 days (`recent`) ago",
     "`orders` ist mindestens 3 und `last_purchase` liegt weniger als 90 Tage (`recent`) zurück"),
    ('country != "DE"', '`country` is not "DE", or is unknown', '`country` ist nicht "DE" (oder unbekannt)'),
    ("not newsletter", "`newsletter` is not true, or is unknown", "`newsletter` trifft nicht zu (oder ist unbekannt)"),
    ("not loyal or tier.high", "it is not in `loyal` or it is in `tier.high`",
     "er gehört nicht zu `loyal` oder er gehört zu `tier.high`"),
    ("signup within next 1mo", "`signup` lies within the next month", "`signup` liegt im nächsten Monat"),
    ("signup within 6w", "`signup` lies within the last 6 weeks", "`signup` liegt in den letzten 6 Wochen"),
    ('any(order in last month where channel = "web")',
     '`order` happened in the previous month (only those where `channel` is "web")',
     '`order` kam vor im vorigen Monat (nur solche, für die gilt: `channel` ist "web")'),
    ("count(order within 30d) >= 3", "`order` happened at least 3 times within the last 30 days",
     "`order` kam mindestens dreimal vor in den letzten 30 Tagen"),
    ("count(order) = 0 and count(view since 2026-01-31) < 20",
     "`order` never happened and `view` happened less than 20 times since 2026-01-31",
     "`order` kam kein einziges Mal vor und `view` kam weniger als 20-mal vor seit 31.1.2026"),
    ("count(order within 1w after first_purchase) > 1",
     "`order` happened more than once within 1 week after `first_purchase`",
     "`order` kam mehr als einmal vor innerhalb von einer Woche nach `first_purchase`"),
    ('country in ("DE", "AT", "CH")', '`country` is "DE", "AT" or "CH"', '`country` ist "DE", "AT" oder "CH"'),
    ('country not in ("DE", "AT")', '`country` is neither "DE" nor "AT", or is unknown',
     '`country` ist weder "DE" noch "AT" (oder unbekannt)'),
    ('interests has all ("a", "b")', '`interests` has "a" and "b"', '`interests` enthält "a" und "b"'),
    ("avg_gap(order) < 30d", "the mean time between `order` events is shorter than 30 days",
     "die mittlere Zeit zwischen Ereignissen `order` ist kürzer als 30 Tage"),
    ("percentile(visits) >= 90%", "the percentile of `visits` is at least 90%",
     "das Perzentil von `visits` ist mindestens 90%"),
    ("loyal as of 90d ago and not loyal", "it was in `loyal` 90 days ago and it is not in `loyal`",
     "er gehörte vor 90 Tagen zu `loyal` und er gehört nicht zu `loyal`"),
    ("loyal for 30d", "it has been in `loyal` for 30 days without a break",
     "er gehört schon 30 Tage ohne Unterbrechung zu `loyal`"),
    ("not loyal for 1mo", "not (it has been in `loyal` for 1 month without a break)",
     "es gilt nicht (er gehört schon 1 Monat ohne Unterbrechung zu `loyal`)"),
    ("ever tier.high or entered(loyal) is known",
     "it is in `tier.high`, or was in some run or `entered` of `loyal` is known",
     "er gehört zu `tier.high` oder gehörte schon einmal dazu oder `entered` von `loyal` ist bekannt"),
    ("tier was high", "its label of `tier` before the present one was `high`",
     "sein Label von `tier` vor dem jetzigen war `high`"),
    ("loyal as of 2026-01-01", "it was in `loyal` on 2026-01-01", "er gehörte am 1.1.2026 zu `loyal`"),
    ("sequence(view within 7d then no order within 24h)",
     "these happened in turn: `view` within the last 7 days, then no `order` within 24 hours",
     "nacheinander kamen vor: `view` in den letzten 7 Tagen, dann kein `order` innerhalb von 24 Stunden"),
    ("any(order where month(at) = 12)", "`order` happened (only those where `month` of its time is 12)",
     "`order` kam vor (nur solche, für die gilt: `month` von dem Zeitpunkt ist 12)"),
    ("first(order.at) < 2026-01-01", "the first time over its `order` events is before 2026-01-01",
     "der erste Wert von dem Zeitpunkt aus `order` liegt vor 1.1.2026"),
    ("round(max(order.amount)) > 3", "`round` of the greatest `amount` over its `order` events is more than 3",
     "`round` von dem größten Wert von `amount` aus `order` ist größer als 3"),
    ("percentile(count(order)) > 50%", "the percentile of the number of events `order` is more than 50%",
     "das Perzentil von der Anzahl der Ereignisse `order` ist größer als 50%"),
    ("signup > first(order.at)", "`signup` is after the first time over its `order` events",
     "`signup` liegt nach dem ersten Wert von dem Zeitpunkt aus `order`"),
    ("visits / avg(order.amount) > 2",
     "`visits` divided by the mean of `amount` over its `order` events is more than 2",
     "`visits` geteilt durch den Mittelwert von `amount` aus `order` ist größer als 2"),
)  # fmt: skip
OF_ACCOUNTS = (
    ("count(customer where loyal) >= 3",
     "the number of its `customer` (only those where it is in `loyal`) is at least 3",
     "die Anzahl seiner `customer` (nur solche, für die gilt: er gehört zu `loyal`) ist mindestens 3"),
    ("any(customer where visits > 3) and none(customer)",
     "it has a `customer` (only those where `visits` is more than 3) and it has no `customer`",
     "er hat einen `customer` (nur solche, für die gilt: `visits` ist größer als 3) und er hat keinen `customer`"),
    ("sum(customer.visits) > 9", "the sum of `visits` over all of its `customer` is more than 9",
     "die Summe von `visits` über alle seine `customer` ist größer als 9"),
    ("max(customer.spend(30d)) > 9", "the greatest `spend` with 30 days over all of its `customer` is more than 9",
     "der größte Wert von `spend` mit 30 Tagen über alle seine `customer` ist größer als 9"),
)  # fmt: skip


def said(rules: str, name: str) -> tuple[str, str]:
    checker = Checker(engine.catalog_of(default_model(), rules))
    checker.check_definitions()
    definition = checker.catalog.definitions[name]
    return say(checker, definition, ENGLISH), say(checker, definition, GERMAN)


@pytest.mark.parametrize(("condition", "english", "german"), SENTENCES)
def test_a_condition_as_a_sentence(condition: str, english: str, german: str) -> None:
    found = said(f"{AROUND}segment s = {condition}", "s")
    assert found[0] == f"A `customer` is in `s` if: {english}."
    assert found[1] == f"Zu `s` gehört ein `customer`, wenn gilt: {german}."


@pytest.mark.parametrize(("condition", "english", "german"), OF_ACCOUNTS)
def test_children_are_no_events(condition: str, english: str, german: str) -> None:
    spend = "trait spend(window = 1y) = sum(order.amount within window)\n"
    found = said(f"{AROUND}{spend}segment s of account = {condition}", "s")
    assert found[0] == f"A `account` is in `s` if: {english}."
    assert found[1] == f"Zu `s` gehört ein `account`, wenn gilt: {german}."


def test_both_languages_have_a_phrase_for_everything() -> None:
    assert ENGLISH.phrases.keys() == GERMAN.phrases.keys()
    assert ENGLISH.units.keys() == GERMAN.units.keys()
    for key, phrase in ENGLISH.phrases.items():
        holes = {part[:1] for part in phrase.split("{")[1:]}
        assert holes == {part[:1] for part in GERMAN.phrases[key].split("{")[1:]}, key


def test_whatever_can_be_written_can_be_said() -> None:
    numbers = random.Random(3)
    for _ in range(25):
        catalog = make_catalog(Picker(numbers.randint))
        checker = Checker(engine.catalog_of(default_model(), catalog.text))
        checker.check_definitions()
        for definition in list(checker.catalog.own()):
            for language in LANGUAGES.values():
                first = say(checker, definition, language)
                assert first == say(checker, definition, language)
                assert len(first) > 10


def test_the_command() -> None:
    folder = str(Path("examples") / "shop")
    result = CliRunner().invoke(segdsl, ["-C", folder, "show", "loyal", "--say"])
    english, german = result.output.split("\n\n")
    held = "`orders` is at least 3 and `last_purchase` is less than 90 days (`recent`) ago"
    assert english == f"A `customer` is in `loyal` if: {held}."
    assert german.endswith("`last_purchase` liegt weniger als 90 Tage (`recent`) zurück.\n")
    with pytest.raises(SegdslError, match="SEG215"):
        load(folder).say("loyl")
