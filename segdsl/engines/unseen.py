"""A model's rows without a look at them: what SQL is compiled for an engine that is not at hand."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from segdsl.diagnostics import Diagnostic
from segdsl.engines.describe import part_of, resolve_part
from segdsl.engines.problem import EngineProblem
from segdsl.engines.sources import Scope, relation_tree
from segdsl.engines.translate import translated
from segdsl.model.model import Model
from segdsl.model.schema import PartName, Rows, Schema
from segdsl.sql import Dialect


def unseen_schema(
    model: Model, folder: Path, dialect: Dialect, wanted: Iterable[PartName]
) -> tuple[Schema, list[Diagnostic]]:
    """The rows of parts, every column of a type that nobody knows, so that all are cast to what the model states."""
    scope = Scope(folder, {}, frozenset(), None, has_files=False, place=dialect.name)
    found: dict[PartName, Rows] = {}
    diagnostics: list[Diagnostic] = []
    for name in wanted:
        part = part_of(model, name)
        what, span = f"{name[0]} `{part.name}`", part.span("table", "sql")
        try:
            relation = translated(resolve_part(part, scope, what, span), dialect, model, what, span)
        except EngineProblem as problem:
            diagnostics.extend(problem.diagnostics)
            continue
        found[name] = Rows({}, relation_tree(relation), dialect.folds is not None)
    return Schema(found), diagnostics
