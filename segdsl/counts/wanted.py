"""What is counted: names as segments, the same definitions at other moments, and the evaluation of all of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from segdsl import problems
from segdsl.check.context import Context
from segdsl.check.population import of_then
from segdsl.error import SegdslError, raised
from segdsl.evaluator import Evaluator
from segdsl.functions import operator
from segdsl.program import Apply, Constant, Moment, Output, Reference
from segdsl.types import BOOL

if TYPE_CHECKING:
    from segdsl.engines.handed import Data
    from segdsl.engines.results import Evaluation


@contextmanager
def evaluated(
    evaluator: Evaluator,
    outputs: Sequence[Output],
    as_of: dt.datetime,
    data: Data | None = None,
    *,
    check_keys: bool = True,
    there: str | None = None,
    unknown_too: bool = False,
) -> Iterator[Evaluation]:
    """The evaluation of outputs in one plan, while its connection is open, on the engine of a URL where one is given
    (`there`); raises SegdslError, also for outputs that nobody knows, as the history that they ask for begins later:
    with `unknown_too` that is left to who asks."""
    from segdsl.engines.results import Evaluation

    with raised(), evaluator.session(data, there) as engine:
        past = partial(evaluator.provide_past, engine=engine, as_of=None) if unknown_too else None
        _, query = evaluator.query(outputs, engine, as_of, check_keys, past)
        yield Evaluation(engine, query, outputs)


def segments(evaluator: Evaluator, names: Sequence[str]) -> list[Output]:
    """The segments and labels that names mean, all of one entity; a segmentation is all of its labels.

    Without names the segments of the catalog and the libraries in use: those of the model's default entity, or of the
    first that has some. Raises SegdslError.
    """
    evaluator.without_errors()
    if not names:
        found = [output for output in evaluator.outputs if output.kind == "segment"]
        if not found:
            raise SegdslError([problems.nothing_to_run()])
        default = evaluator.catalog.model.default_entity.name
        entity = default if any(output.entity == default for output in found) else found[0].entity
        return [output for output in found if output.entity == entity]
    out: dict[str, Output] = {}
    for name in names:
        output = evaluator.named(name)
        if output.kind == "trait":
            raise SegdslError([problems.not_counted(name, output.kind)])
        if output.kind == "segmentation":
            for label in output.labels:
                out.setdefault(f"{name}.{label}", evaluator.named(f"{name}.{label}"))
        else:
            out.setdefault(name, output)
    entities = list(dict.fromkeys(output.entity for output in out.values()))
    if len(entities) > 1:
        raise SegdslError([problems.not_compared(entities)])
    return list(out.values())


def at(evaluator: Evaluator, output: Output, moment: Moment, tag: str) -> Output:
    """A definition or label as a run as of another moment has it, attributes apart: as `x as of …`, where nobody is
    in, and no score ranks, who was not there by then. `tag` tells its name from others."""
    checker = evaluator.checked()
    definition = evaluator.catalog.definitions.get(output.name)
    label = None
    if definition is None:
        owner, _, label = output.name.rpartition(".")
        definition = evaluator.catalog.definitions[owner]
    ctx = Context(definition.scope, definition.entity, Moment()).at(moment)
    value = checker.refer(ctx, definition, None, definition.tree.name.span)
    checker.work_off()
    name = f"{output.name}{tag}"
    if label is not None:
        has_label = Apply(operator("="), (value, Constant(label, value.type)), BOOL)
        return checker.hold(name, output.entity, of_then(checker, output.entity, moment, has_label))
    value = of_then(checker, output.entity, moment, value)
    # what is the same at every moment is a constant
    instance = value.instance if isinstance(value, Reference) else checker.hold(name, output.entity, value).instance
    return replace(output, name=name, instance=instance)
