"""Writes docs/python.md: the public names of segdsl, from their docstrings and signatures.

Run it in the root of the repository with `python docs/generate_python.py`; a test holds the page against what it gives.
"""

from __future__ import annotations

import dataclasses
import inspect
import json
import re
from collections.abc import Iterator
from pathlib import Path

import segdsl

PAGE = Path(__file__).parent / "python.md"
MAIN = ("load", "Catalog", "Diagnostic", "Result", "SegdslError", "Size")
# what methods take, apart from texts and numbers
TAKEN = {
    "Layout": "What `run`, `compile` and `write` give: rows of members, or a row per customer.",
    "Period": "The time between two sizes of `trend`, `report` and `docs`.",
    "By": "How `dbt` puts definitions together.",
    "Settings": "Values of params, by their names.",
    "Data": "Tables in place of the model's: data frames by name, or an open connection of DuckDB.",
    "Events": "New events for `Session.update`: rows by the event's name.",
    "Progress": "What is called while DuckDB works.",
}
GIVEN = (
    "Sizes", "Overlap", "Pair", "Intersection", "Flow", "Move", "Trend", "Point", "Points", "Metrics", "Metric",
    "Template", "Profile", "Comparison", "Saved", "Refreshed", "Way", "Spent",
    "History", "SavedRun", "PastSize", "Stay", "Changes", "Erased", "Session", "Member", "Movement", "Listed", "About",
    "Library", "Output", "Trial", "Explained", "Funnel", "Passed", "Verdict", "Seen", "Suggestion", "Diff", "Change",
    "Moved", "Measure", "Written",
)  # fmt: skip
# parts of a catalog that some of these are about; what else they can do is for segdsl itself
PARTS = ("Model", "Source", "Span", "Length")
_INTRO = """# From Python

<!-- written by docs/generate_python.py -->

The same catalog, the same answers, as Arrow tables. In a folder where the shop is:

```console
$ segdsl init shop && cd shop
…
```

```pycon
>>> import segdsl
>>> catalog = segdsl.load(".")
>>> catalog.check()
[]
>>> with catalog.run(["loyal", "tier"]) as result:
...     sizes = {size.segment: size.members for size in result.sizes}
...     members = result.members
>>> sizes
{'loyal': 72, 'tier.gold': 18, 'tier.silver': 67, 'tier.bronze': 66}
>>> members.slice(0, 2).to_pylist()
[{'segment': 'loyal', 'customer_id': 'c003'}, {'segment': 'loyal', 'customer_id': 'c004'}]
```

`members` is a `pyarrow.Table`: `.to_pandas()`, `polars.DataFrame(members)` and DuckDB's `FROM members` take it as it
is. Traits are columns of the wide layout, a row per customer:

```pycon
>>> with catalog.run(["orders", "loyal"], layout="wide") as result:
...     wide = result.wide
>>> wide.column_names, wide.num_rows
(['customer_id', 'orders', 'loyal'], 200)
```

Data frames, or an open DuckDB connection, can stand in for the files of the model, by the names that it uses.
Whatever speaks Arrow will do, pandas and Polars too; what is read of a stream is kept
for as long as the stream is there, as it can be read once. What if everybody had paid double?

```pycon
>>> import duckdb
>>> doubled = duckdb.sql("SELECT * REPLACE (2 * amount AS amount) FROM 'data/orders.csv'").to_arrow_table()
>>> with catalog.run(["tier.gold"], data={"data/orders.csv": doubled}) as result:
...     [(size.segment, size.members) for size in result.sizes]
[('tier.gold', 54)]
```

What can be mended is raised as one exception, with the diagnostics that the command line shows:

```pycon
>>> try:
...     catalog.run(["loyl"])
... except segdsl.SegdslError as error:
...     print(error.diagnostics[0].code, error.diagnostics[0].message)
SEG215 the catalog defines no `loyl`
```

In a notebook a catalog shows its definitions and a result its sizes, and a cell can be written in the language itself
([notebooks](how-to/notebooks.md)).
Separate catalogs can be used from separate threads.
"""


def python() -> str:
    """docs/python.md, from the public names."""
    return "\n".join([_INTRO, *_names(), *_taken(), *_given()])


def public(owner: type) -> Iterator[tuple[str, object]]:
    """The public members that a class and its own bases define, properties and methods, in the order of the source."""
    parts = [part for part in owner.__mro__ if part.__module__.startswith("segdsl")]
    for name, member in (item for part in parts for item in vars(part).items()):
        if not name.startswith("_") and (inspect.isfunction(member) or isinstance(member, property)):
            yield name, member


def _names() -> Iterator[str]:
    for name in MAIN:
        item = getattr(segdsl, name)
        if inspect.isclass(item):
            yield from _class(name, item)
        else:
            yield from (f"## `segdsl.{name}`", "", *_signature(name, item), *_doc(item))


def _class(name: str, item: type) -> Iterator[str]:
    yield from (f"## `segdsl.{name}`", "", *_doc(item), *_fields(item), *_members(name, item, "###"))


def _members(name: str, item: type, level: str) -> Iterator[str]:
    for member_name, member in public(item):
        yield from (f"{level} `{name}.{member_name}`", "")
        if isinstance(member, property):
            given = inspect.signature(member.fget).return_annotation if member.fget else "object"
            yield from ("```python", f"{member_name}: {given}", "```", "")
        else:
            yield from _signature(member_name, member)
        yield from _doc(member)


def _taken() -> Iterator[str]:
    yield from ("## What methods take", "", "To annotate with: `from segdsl import Layout`.", "")
    for name, said in TAKEN.items():
        shown = re.sub(r"\b(typing|collections\.abc|decimal)\.", "", str(getattr(segdsl, name)))
        shown = re.sub(r"ForwardRef\('(.*?)'\)", r"\1", shown).replace("datetime.", "dt.").replace("'", '"')
        yield from (f"### `segdsl.{name}`", "", said, "", "```python", f"{name} = {shown}", "```", "")


def _given() -> Iterator[str]:
    yield from ("## What methods give", "", "To annotate with, too: `from segdsl import Overlap`.", "")
    for name in GIVEN:
        item = getattr(segdsl, name)
        yield from (f"### `segdsl.{name}`", "", *_doc(item), *_fields(item), *_members(name, item, "####"))
    yield from ("## Parts of a catalog", "", "What some of these are about.", "")
    for name in PARTS:
        item = getattr(segdsl, name)
        yield from (f"### `segdsl.{name}`", "", *_doc(item), *_fields(item))


def _signature(name: str, item: object) -> Iterator[str]:
    assert callable(item)
    signature = inspect.signature(item)
    parts: list[str] = []
    for param in signature.parameters.values():
        if param.kind is param.KEYWORD_ONLY and "*" not in parts:
            parts.append("*")
        if param.name != "self":
            parts.append(f"{param.name}: {param.annotation}{_default(param.default)}")
    line = f"{name}({', '.join(parts)}) -> {signature.return_annotation}"
    if len(line) > 90:
        rows = "".join(f"    {part},\n" for part in parts)
        line = f"{name}(\n{rows}) -> {signature.return_annotation}"
    yield from ("```python", line, "```", "")


def _default(value: object) -> str:
    if value is inspect.Parameter.empty:
        return ""
    return f" = {json.dumps(value) if isinstance(value, str) else repr(value)}"


def _fields(item: type) -> Iterator[str]:
    if dataclasses.is_dataclass(item):
        shown = [field for field in dataclasses.fields(item) if not field.name.startswith("_")]
        yield from ("```python", *(f"{field.name}: {field.type}" for field in shown), "```", "")


def _doc(item: object) -> Iterator[str]:
    yield from (inspect.getdoc(item) or "", "")


if __name__ == "__main__":
    PAGE.write_text(python(), encoding="utf-8")
