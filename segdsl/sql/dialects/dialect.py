"""A dialect as data: its types, how it writes what it writes otherwise than DuckDB, and what it lacks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

from segdsl.types import Kind

# executed: the whole spec runs on the engine · emulated: on a stand-in of it · parsed: its SQL is read, not run
Trust = Literal["executed", "emulated", "parsed"]
Allowed = Literal["any", "basic", "plain"]
# what was saved of earlier runs lies beside the catalog, and no engine but DuckDB reads it
NO_HISTORY: Mapping[str, str] = MappingProxyType({"history": "earlier runs lie beside the catalog, out of its reach"})
# what cannot be said where a text is equal to one with blanks behind it
_PADDED = "it takes texts for equal that differ in blanks at their end alone"
PADDED: Mapping[str, str] = MappingProxyType(
    {f"{word} of text": _PADDED for word in ("min", "max", "mode", "least", "greatest", "same")}
)
# a number of few digits times a count, in dialects whose `*` is exact
COUNT_TIMES = ":edge * NULLIF(:n, 0)"
# how a text ends that has a zone behind its clock: `Z`, an offset or a name; whatever else stands apart there is taken
# for one as well, as a cast would drop it
ZONE_AT_END = "[T :][0-9]{2,6}([.][0-9]+)?( *([Zz]|[-+][0-9:]+|[A-Za-z]{3,}[A-Za-z0-9_/+-]*)| +[^ 0-9].*) *$"
NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Dialect:
    """One dialect. Every piece of SQL in it is a template in that very dialect, with `:name` where an argument goes.

    `reads` is sqlglot's name for it. `overrides` hold the rows of functions that it writes otherwise, by their keys, or
    by a key and the type of the result (`+ of int`);
    `structures` what is no function (STRUCTURES in duckdb.py names all there are). How a query is put together:

    - `nearest`: the latest earlier and the earliest later event is found in the union of both by a window for each key,
      or by one sort, whose rows are read in their order (see nearest.py). `scores`: a rank is worked out for each of
      the rows, or for each of the different values and joined to the rows. `mixes_in`: whether a value may
      be looked for IN values of another type.
    - `stars`: whether `t.*` stands for the columns of a table by their own names, in a join too.
    - `words`: whether the conditions of a saved run are held as the bits of whole numbers, which a view shows.
    - `decimals`: how many of the whole numbers that stand for decimals make one, in dialects without decimals.
    - `arrays`: whether there are lists; where not, a list is a JSON text, and each item is looked for by itself.
    - `name_limit`: how many bytes a name may have; `names`: what characters they may have, letters, digits
      and `_` alone (`plain`), or those of the basic plane (`basic`), without a blank at the end.
    - `truths`: whether a condition is a value as others are.
    - `variables`: how a variable begins that it replaces inside of texts; these are written in parts.
    - `escapes`: a setting of a session says what a backslash in a text is, so that such a text is written as `e'…'`.
    - `folds`: names without quotes are capital letters there, and so are plain names of the model until the tables
      are looked at.
    - `regex` names how it writes regular expressions (see regex.py).
    - `own_select`: whether it is the dialect of the `sql` of models; `keeps` names what of that, beyond what all
      dialects have in common, means the same in it (see engines/translate): functions, comparisons and sums of
      `floating` numbers, and `strict`, that no text is taken for a number where the types of columns are unknown.
    - `steps`: what holds an evaluation, a temporary table, rows that its driver holds, a view, or nothing, so that each
      question is asked as a whole; `inlines`: a WITH is worked
      out anew wherever it is named, so that each step is made by itself. `replaces`: a table takes the place of another
      at once, in a transaction, by one statement, or by new names for both; `table_engine`: what keeps it, where that
      has to be said.

    - `collated` is a SELECT that gives a row where columns of some table may have an order of their own, which their
      types do not tell: texts of tables are then read by the structure `text of table`.
    - `lock` is a SELECT that makes others who write `:name` wait until the transaction ends, where `rows` are replaced.

    `lacks` says for a construct why it cannot be said: the key of a function's row, a kind of value such as
    `list(text)`, or both, as `mode of text`. `session` are the settings of a session in which its SQL means what it
    should.
    """

    name: str
    types: Mapping[Kind, str]
    overrides: Mapping[str, str] = field(default_factory=lambda: NOTHING)
    title: str = ""
    reads: str = ""
    structures: Mapping[str, str] = field(default_factory=lambda: NOTHING)
    nearest: Literal["sort", "window"] = "window"
    scores: Literal["rows", "values"] = "rows"
    name_limit: int | None = None
    names: Allowed = "any"
    truths: bool = True
    variables: str = ""
    escapes: bool = False
    folds: Literal["upper"] | None = None
    mixes_in: bool = True
    stars: bool = False
    words: bool = False
    decimals: int | None = None
    arrays: bool = True
    regex: str = "re2"
    keeps: frozenset[str] = frozenset()
    own_select: bool = False
    lacks: Mapping[str, str] = field(default_factory=lambda: NOTHING)
    steps: Literal["table", "held", "view", "none"] = "table"
    inlines: bool = False
    replaces: Literal["transaction", "rows", "statement", "rename"] | None = None
    lock: str = ""
    table_engine: str = ""
    collated: str = ""
    session: Mapping[str, str] = field(default_factory=lambda: NOTHING)
    trust: Trust = "parsed"

    @property
    def grammar(self) -> str:
        """sqlglot's name of the dialect."""
        return self.reads or self.name
