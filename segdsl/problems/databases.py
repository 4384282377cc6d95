"""Why a database cannot do what it should, and what to do."""

from __future__ import annotations

from collections.abc import Sequence

NO_DATABASE = "it is no DuckDB database"
OPEN_HERE = "this process has it open already"
CLOSE_IT = "close what has it open: a result is closed by `with` or `close()`"
END_IT = "end that process, or give a copy of the file"
PUT_BACK = "put a copy of before there, or move it away"
BEGIN_ANEW = "put a copy of before there, or move it away: the next `segdsl run --save` begins a new one"
RENAME = "give it another name: DuckDB finds it before its own, and rules would mean something else"
MORE_MEMORY = "give it more by `--memory-limit`, and a folder with room by `--temp-dir`"
SMALLER = (
    "leave out what makes it so large, as a divisor near zero: `case when x > 0.01 then 12h / x end`; "
    "`segdsl run NAME` tells of one definition whether it is that one"
)


def locked(holder: str) -> str:
    return f"another process is writing to it: {holder}" if holder else "another process is writing to it"


def openable(write: bool) -> str:
    what = "read and write" if write else "read"
    return f"see that whoever runs this can {what} it there; nothing in it has changed, so leave it where it is"


def damaged(reason: str) -> str:
    return f"it is damaged: {reason}"


def held_by_result(reason: str) -> str:
    return f"an open result of an earlier run still reads it, and cannot let go of it: {reason}"


def outgrown(reason: str) -> str:
    """What kind of value was too large; of whole numbers and lengths of time a database knows no difference."""
    of_decimals = "DECIMAL" in reason or "HUGEINT" in reason
    kind = "a number with more digits than fit" if of_decimals else "a whole number or a length of time beyond 64 bits"
    return f"{kind}: {reason}"


def replaced(names: Sequence[str]) -> str:
    """What is wrong with macros that are called as functions of DuckDB's."""
    which = ", ".join(f"`{name}`" for name in names)
    return f"it has {'a macro' if len(names) == 1 else 'macros'} called as a function of DuckDB's own: {which}"
