"""What an evaluation gives: sizes, members and values."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from segdsl import problems
from segdsl.engines import cells
from segdsl.engines.spent import spent, stage
from segdsl.error import SegdslError, raised
from segdsl.model.model import Model
from segdsl.options import Layout, read_options_of
from segdsl.problems import stages
from segdsl.problems.history import not_evaluated, result_closed
from segdsl.program import Output

if TYPE_CHECKING:
    import pyarrow

    from segdsl.engines.engine import Engine
    from segdsl.engines.results import Held, Stage
    from segdsl.engines.spent import Spent
    from segdsl.history.record import Saved
    from segdsl.refresh.refresh import Refreshed
    from segdsl.sql import Query
    from segdsl.sql.words import Places


@dataclass(frozen=True, slots=True)
class Size:
    """How many members a segment has: `segment` is its name, or `segmentation.label`."""

    segment: str
    entity: str
    members: int
    population: int

    @property
    def share(self) -> float | None:
        """Members per population, from 0 to 1; None where there is nobody."""
        return self.members / self.population if self.population else None


class Sizes:
    """The sizes of segments in the order asked for; a table too: whatever takes Arrow streams takes it."""

    def __init__(self, sizes: Iterable[Size]) -> None:
        self._sizes = tuple(sizes)

    def __iter__(self) -> Iterator[Size]:
        return iter(self._sizes)

    def __len__(self) -> int:
        return len(self._sizes)

    def __getitem__(self, index: int) -> Size:
        return self._sizes[index]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sizes) and self._sizes == other._sizes

    def __hash__(self) -> int:
        return hash(self._sizes)

    def __repr__(self) -> str:
        return f"Sizes({list(self._sizes)!r})"

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        import pyarrow

        columns = {
            "segment": pyarrow.string(),
            "entity": pyarrow.string(),
            "members": pyarrow.int64(),
            "population": pyarrow.int64(),
            "share": pyarrow.float64(),
        }
        table = pyarrow.table(
            {name: pyarrow.array([getattr(size, name) for size in self], kind) for name, kind in columns.items()}
        )
        return table.__arrow_c_stream__(requested_schema)


@read_options_of
class Result:
    """An evaluation: sizes, members and values, held on the engine until closed.

    `saved` says what saving it changed, `refreshed` what it went on from, `spent` what its stages took, where that was
    asked for.
    """

    def __init__(
        self,
        model: Model,
        root: Path,
        engine: Engine,
        query: Query,
        outputs: Sequence[Output],
        as_of: dt.datetime,
        parts: Callable[[str], Stage] | None = None,
        bits: Mapping[str, Places] | None = None,
        held: Mapping[str, Held] | None = None,
    ) -> None:
        from segdsl.engines.results import Evaluation

        self.as_of = as_of
        self.outputs = tuple(outputs)
        self._engine = engine
        self._model = model
        self._root = root
        self.saved: Saved | None = None
        self.refreshed: Refreshed | None = None
        self._is_closed = False
        self._sizes: Sizes | None = None
        self._members: pyarrow.Table | None = None
        self._wide: pyarrow.Table | None = None
        self.evaluation = Evaluation(engine, query, self.outputs, parts, bits, held)

    def __enter__(self) -> Result:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Lets go of the engine; sizes, members and values that have been read stay."""
        self._is_closed = True
        self._engine.close()

    @contextmanager
    def _asking(self) -> Iterator[None]:
        """What is asked of the engine inside; raises SegdslError."""
        if self._is_closed:
            raise SegdslError([result_closed()])
        with raised():
            yield

    def __repr__(self) -> str:
        return f"<Result of {len(self.outputs)} definitions as of {self.as_of}>"

    def _repr_html_(self) -> str:
        """The sizes as a table; the first rows where there is nothing to count."""
        from segdsl.notebook import paragraph, table

        return paragraph(self._gone) if self._is_gone else table(*self._shown)

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """The same as text, for notebooks in a terminal."""
        from segdsl.notebook import lines

        printer.text(repr(self) if cycle else self._gone if self._is_gone else lines(*self._shown))

    @property
    def _is_gone(self) -> bool:
        """Whether nothing was read that could be shown before it was closed."""
        return self._is_closed and (self._sizes if self._has_sizes else self._wide) is None

    @property
    def _has_sizes(self) -> bool:
        return any(output.kind != "trait" for output in self.outputs)

    @property
    def _gone(self) -> str:
        told = result_closed()
        return f"{self!r}: {told.message}; {told.help}"

    @property
    def _shown(self) -> tuple[Sequence[str], list[Sequence[str]], Sequence[bool], str]:
        """Headers, rows, which columns are numbers, and a caption."""
        caption = f"as of {self.as_of} in {self._model.timezone}"
        if self._has_sizes:
            rows: list[Sequence[str]] = [
                (
                    size.segment,
                    f"{size.members:,}",
                    f"{size.population:,}",
                    "" if (s := size.share) is None else f"{s:.1%}",
                )
                for size in self.sizes
            ]
            return ("segment", "members", "population", "share"), rows, (False, True, True, True), caption
        wide = self.wide
        shown: list[Sequence[str]] = [
            ["" if value is None else str(value) for value in row.values()] for row in cells.rows(wide.slice(0, 10))
        ]
        first = "" if wide.num_rows <= len(shown) else f"the first of {wide.num_rows:,} rows "
        return wide.column_names, shown, (), f"{first}{caption}"

    @property
    def spent(self) -> list[Spent]:
        """What each stage of the run took so far, writing and saving included; nothing where it was not profiled."""
        return spent(self._engine)

    @property
    def sizes(self) -> Sizes:
        """The number of members of every segment and label, in the order asked for."""
        if self._sizes is None:
            with self._asking(), stage(self._engine, stages.COUNTING):
                self._sizes = Sizes(Size(*row) for row in self.evaluation.sizes())
        return self._sizes

    def counts(self, outputs: Sequence[Output]) -> dict[str, tuple[int, int]]:
        """Members and population of conditions that were evaluated, by their names. Raises SegdslError for others."""
        missing = [output.name for output in outputs if output.name not in self.evaluation.query.columns]
        if missing:
            raise SegdslError([not_evaluated(missing, [output.name for output in self.outputs])])
        with self._asking():
            return self.evaluation.counts(outputs)

    @property
    def members(self) -> pyarrow.Table:
        """A row per (segment, key): column `segment` (labels as `tier.gold`) and the entity's key; sorted. Traits,
        which a wide run has too, are left out; SegdslError is raised where there is nothing else."""
        if self._members is None:
            with self._asking():
                self._members = self.evaluation.members()
        return self._members

    @property
    def wide(self) -> pyarrow.Table:
        """A row per member of the entity: its key, and a column per definition; sorted by key. Durations are
        `duration[us]`, distances metres."""
        if self._wide is None:
            with self._asking():
                self._wide = self.evaluation.wide(one_entity(self.outputs))
        return self._wide

    def write(self, path: str | Path, layout: Layout = "members") -> int:
        """Writes members or values to a .csv, .parquet, .duckdb or .json file, whole or not at all; gives the number of
        rows. Durations are texts in CSV and JSON, whole microseconds in Parquet.

        Raises SegdslError, for a file that the catalog needs too.
        """
        from segdsl.engines.write import write
        from segdsl.history.spared import spare

        with raised():
            spare(Path(path), self._model, self._root)
        entity = None if layout == "members" else one_entity(self.outputs)
        with self._asking(), stage(self._engine, stages.writing(str(path))):
            return write(self.evaluation, Path(path), entity)

    def write_into(self, schema: str, layout: Layout = "members") -> tuple[str, int]:
        """Writes members or values as a table of the engine that evaluated them, in the place of the one before.

        Readers see the old rows or the new ones. Gives the table's name and the number of rows. Raises SegdslError.
        """
        from segdsl.engines.into import write_into

        entity = None if layout == "members" else one_entity(self.outputs)
        with self._asking():
            return write_into(self.evaluation, schema, entity, self._model.entities)


def one_entity(outputs: Sequence[Output]) -> str:
    """The entity that outputs are of; raises where they are of several."""
    entities = list(dict.fromkeys(output.entity for output in outputs))
    if len(entities) > 1:
        raise SegdslError([problems.several_entities(entities)])
    return entities[0]
