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
    ('country != "DE"', '`country` is not "DE", or is unknown', '`country` ist nicht "DE" oder unbekannt'),
    ("not newsletter", "not (`newsletter` is true)", "nicht (`newsletter` ist wahr)"),
    ("not loyal or tier.high", "it is not in `loyal` or it is in `tier.high`",
     "nicht Mitglied von `loyal` oder Mitglied von `tier.high`"),
    ("signup within next 1mo", "`signup` lies within the next 1 month", "`signup` liegt in den nächsten 1 Monat"),
    ('any(order in last month where channel = "web")',
     'there is an event `order` in last month (only those where `channel` is "web")',
     'es gibt ein Ereignis `order` in letzter Zeitraum (Monat) (nur solche, für die gilt: `channel` ist "web")'),
    ("loyal as of 90d ago", "(90 days ago: it is in `loyal`)", "(vor 90 Tagen galt: Mitglied von `loyal`)"),
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
    assert found[1] == f"In `s` ist ein `customer` genau dann, wenn gilt: {german}."


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
