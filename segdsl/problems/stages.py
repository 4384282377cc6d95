"""What the stages of a run are called."""

from __future__ import annotations

from collections.abc import Sequence

# what a failing question was about, and what the bar replaces by what is read
EVALUATION = "the evaluation"

OPENING = "reading the model's columns and keys"
COUNTING = "counting members"
SAVING = "saving in the history"
WAITING = "waiting until another process has saved in the history"
TOTALS_KEPT = "bringing totals up to date"
CONCERNED = "rules for whoever may be elsewhere now"


def totals(event: str, count: int) -> str:
    return f"{event}: {_number(count, 'total')} in one scan"


def ranked(event: str, kinds: Sequence[str], order: str) -> str:
    return f"{event}: {_list(kinds)}, {_ORDERS[order]}"


def of_children(child: str, count: int) -> str:
    return f"{child}: {_number(count, 'total')} per parent"


def of_parent(parent: str, count: int) -> str:
    return f"{parent}: {_number(count, 'value')} for its members"


def scores(entity: str, value: str) -> str:
    return f"{entity}: scores over {value}"


def sequence(steps: Sequence[tuple[str, bool]]) -> str:
    return f"sequence: {' then '.join(f'no {event}' if no else event for event, no in steps)}"


def past(definition: str) -> str:
    return f"the history of {definition}"


def conditions(entity: str, count: int) -> str:
    return f"{entity}: {_number(count, 'definition')}" if count else f"{entity}: values put side by side"


def outputs(entity: str) -> str:
    return f"{entity}: what was asked for, put side by side"


def reading(parts: Sequence[str]) -> str:
    more = len(parts) - _MOST
    return f"reading {', '.join(parts[:_MOST])} and {more} more" if more > 0 else f"reading {_list(parts)}"


def writing(target: str) -> str:
    return f"writing {target}"


# parts of the model that are named
_MOST = 4
_ORDERS = {
    "time": "in the order of time",
    "value": "in the order of values",
    "frequency": "by how often each value is there",
    "gap": "between neighbours in time",
}


def _number(count: int, word: str) -> str:
    return f"{count:,} {word}{'s' * (count != 1)}"


def _list(words: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))
