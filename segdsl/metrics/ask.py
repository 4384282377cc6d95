"""What is asked for: names of metrics and values for their params, to what has to be measured."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from segdsl import problems
from segdsl.catalog import Catalog
from segdsl.check import Checker
from segdsl.diagnostics import Diagnostic, Source
from segdsl.engines.problem import EngineProblem
from segdsl.error import raised
from segdsl.evaluator import Evaluator
from segdsl.metrics.asked import Asked, path_node
from segdsl.metrics.measure import Measuring
from segdsl.metrics.result import Metrics
from segdsl.metrics.template import Template, own, shipped
from segdsl.program import Output
from segdsl.syntax import tree
from segdsl.syntax.parser import parse_value
from segdsl.texts import Texts

if TYPE_CHECKING:
    from segdsl.engines.handed import Data

# rules stand in texts of a template, so that its words are looked at as they are
_WORD = re.compile(r"`[^`]+`|\w+")
Settings = Mapping[str, Mapping[str, str]]


def templates(of: Catalog | Texts) -> dict[str, Template]:
    """All metrics by name; the catalog's own win over shipped ones. Raises EngineProblem for heads that are wrong."""
    found, diagnostics = own(of)
    _refuse(diagnostics)
    return {**found, **{name: template for name, template in shipped().items() if name not in found}}


def words_of_own(of: Catalog | Texts, names: Sequence[str] = ()) -> list[str]:
    """The words of the catalog's own metrics (of those named) and of values for params, which may name definitions.
    What is wrong with the heads of metrics is told where they are measured."""
    found, _ = own(of)
    read = [template for name, template in found.items() if not names or name in names]
    texts = [template.body for template in read]
    texts.extend(param.default for template in read for param in template.params.values())
    texts.extend(value for values in of.model.metrics.params.values() for value in values.values())
    return [word for text in texts for word in _WORD.findall(text)]


def settings_of(catalog: Catalog, params: Mapping[str, str], period: str | None) -> dict[str, dict[str, str]]:
    """Values for params by metric: the model's, then `period` for all that have one, then those given as
    `metric.param`. Raises EngineProblem for names that are unknown."""
    known = templates(catalog)
    found: dict[str, dict[str, str]] = {name: {} for name in known}
    unknown: list[Diagnostic] = []
    for name, values in catalog.model.metrics.params.items():
        if name not in known:
            unknown.append(problems.unknown_metric(name, known, catalog.model.metrics.span("params")))
        found[name] = dict(values)
    for name, template in known.items():
        if period is not None and "period" in template.params:
            found[name]["period"] = period
    for path, value in params.items():
        name, dot, param = path.partition(".")
        if name not in known or not dot:
            unknown.append(problems.unknown_metric(name, known))
        else:
            found[name][param] = value
    _refuse(unknown)
    return found


def measured(
    evaluator: Evaluator,
    outputs: Sequence[Output],
    names: Sequence[str] = (),
    *,
    as_of: str | dt.date | None = None,
    period: str | None = None,
    params: Mapping[str, str] | None = None,
    min_size: int | None = None,
    data: Data | None = None,
) -> Metrics:
    """Metrics of outputs, as `Catalog.metrics` describes them; what asks for a history before it begins is unknown.
    Raises SegdslError."""
    catalog = evaluator.catalog
    moment = evaluator.moment(as_of)
    with raised():
        settings = settings_of(catalog, params or {}, period)
        measuring = ask(evaluator.checked(), outputs, names, settings, moment)
        unknown = evaluator.unknown(measuring.outputs, moment)
        with evaluator.open(data) as engine:
            past = partial(evaluator.provide_past, engine=engine, as_of=None)
            _, query = evaluator.query(measuring.outputs, engine, moment, check_keys=True, past=past)
            cells = measuring.evaluate(engine, query, catalog.model.metrics.min_size if min_size is None else min_size)
    cells, asking = measuring.known(cells, unknown)
    begins = {name: item.begins for name, item in asking.items()}
    return Metrics(measuring.rendered, cells, measuring.left_out, moment, begins)


def ask(
    checker: Checker, outputs: Sequence[Output], names: Sequence[str], settings: Settings, as_of: dt.datetime
) -> Measuring:
    """What has to be measured: the metrics named (all that can be, where none is) of the segments given.

    Raises EngineProblem for names that are unknown, metrics that the model lacks something for, and wrong templates.
    """
    known = templates(checker.catalog)
    _refuse([problems.unknown_metric(name, known) for name in names if name not in known])
    measuring = Measuring(checker, [Asked(output, expression_of(checker, output)) for output in outputs], as_of)
    diagnostics: list[Diagnostic] = []
    for name in dict.fromkeys(names or known):
        diagnostics.extend(measuring.add(known[name], settings.get(name, {}), is_required=name in names))
    _refuse(diagnostics)
    return measuring


def expression_of(checker: Checker, output: Output) -> tree.Expr:
    """The expression that an output's value is of: its name, or its own text where no definition has that name."""
    definitions = checker.catalog.definitions
    if output.name in definitions or output.name.rpartition(".")[0] in definitions:
        return path_node(output.name.split("."))
    node, _ = parse_value(Source("-e", output.name))
    assert node is not None
    return node


def check_templates(evaluator: Evaluator) -> list[Diagnostic]:
    """What is wrong with the catalog's own templates, as far as its model can give them; and with values for params."""
    checker, as_of = evaluator.checked(), evaluator.moment(None)
    found, diagnostics = own(checker.catalog)
    model = checker.model
    segments = [item for item in checker.outputs.values() if item.kind == "segment"]
    by_entity = {item.entity: item for item in reversed(segments)}
    asked = [Asked(output, expression_of(checker, output)) for output in by_entity.values()]
    for name, template in found.items():
        measuring = Measuring(checker, asked, as_of)
        diagnostics.extend(measuring.add(template, model.metrics.params.get(name, {}), is_required=False))
    return diagnostics


def _refuse(diagnostics: Iterable[Diagnostic]) -> None:
    found = list(diagnostics)
    if found:
        raise EngineProblem(found)
