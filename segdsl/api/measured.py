"""What a catalog can count and measure of its segments."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from segdsl import __version__
from segdsl.api.described import Described
from segdsl.error import raised
from segdsl.options import Period, read_options_of
from segdsl.texts import Settings, as_texts

if TYPE_CHECKING:
    from segdsl.counts.flow import Flow
    from segdsl.counts.overlap import Overlap
    from segdsl.counts.trend import Trend
    from segdsl.engines.handed import Data
    from segdsl.metrics.result import Metrics
    from segdsl.metrics.template import Template
    from segdsl.profile.profile import Profile
    from segdsl.site.site import Written


@read_options_of
class Measured(Described):
    """Numbers about segments: how they overlap, move and grow, and metrics of them."""

    def overlap(
        self,
        names: Sequence[str] = (),
        *,
        as_of: str | dt.date | None = None,
        min_size: int | None = None,
        data: Data | None = None,
    ) -> Overlap:
        """How segments and labels overlap: of every two how many are in both, and how many are in exactly these and in
        no other. A segmentation is all of its labels; without names it is all segments of the default entity, or of the
        first that has some.

        Numbers of fewer than `min_size` members (the model's, else 10) are None. Raises SegdslError.
        """
        from segdsl.counts.overlap import overlap
        from segdsl.counts.wanted import segments

        evaluator, conditions = self._questions.ask(lambda evaluator: (evaluator, segments(evaluator, names)), names)
        return overlap(evaluator, conditions, evaluator.moment(as_of), self._least(min_size), data)

    def flow(
        self,
        name: str,
        start: str | dt.date | None = None,
        end: str | dt.date | None = None,
        *,
        min_size: int | None = None,
        data: Data | None = None,
    ) -> Flow:
        """Who moved between the labels of a segmentation (or in and out of a segment) from one moment to a later one,
        everybody without a label included. The end is the model's as-of or now where it is not given, the start three
        months before.

        Moves of fewer than `min_size` members (the model's, else 10) are None. Raises SegdslError.
        """
        from segdsl.counts.flow import flow, moving

        begin, until = None if start is None else self._questions.moment(start), self._questions.moment(end)
        evaluator, asked = self._questions.ask(
            lambda evaluator: (evaluator, moving(evaluator, name, begin, until)), [name]
        )
        return flow(evaluator, asked, until, self._least(min_size), data)

    def trend(
        self,
        names: Sequence[str] = (),
        *,
        period: Period = "month",
        periods: int = 12,
        as_of: str | dt.date | None = None,
        data: Data | None = None,
    ) -> Trend:
        """The sizes of segments and segmentations as of the ends of the last periods (day, week, month, quarter, year),
        the latest of which is as-of: each as a run as of then would give it, attributes apart. A size is unknown (None)
        where its rule asks for a history that begins later. Raises SegdslError, as a run does for such a name.
        """
        from segdsl.counts.trend import trend

        evaluator, outputs = self._questions.select(names, None, None)
        moment = evaluator.moment(as_of)
        if names:
            evaluator.see_that_known(outputs, moment)
        return trend(evaluator, outputs, period, periods, moment, data)

    def metrics(
        self,
        names: Sequence[str] = (),
        *,
        segments: Sequence[str] = (),
        as_of: str | dt.date | None = None,
        period: str | None = None,
        params: Settings | None = None,
        expression: str | Sequence[str] | None = None,
        min_size: int | None = None,
        data: Data | None = None,
    ) -> Metrics:
        """Metrics of segments and labels: a number each, all out of one evaluation.

        `names` are metrics, shipped ones or templates of the catalog's folder `metrics`; all that the model can give,
        where none is named. `segments` are names as for `run`, `expression` rules besides. `period` (`"90d"`) sets the
        param `period` of every metric that has one, `params` others: `{"projected_clv.margin": "30%"}`, or a plain
        number, truth or day as for `set`. What goes over fewer than `min_size` customers (the model's, else 10) is not
        shown; what asks for a history that begins later is unknown. Raises SegdslError, as a run does for a name that
        asks so.
        """
        from segdsl.metrics.ask import measured, words_of_own

        expressions = (expression,) if isinstance(expression, str) else expression or ()
        asked = [*segments, *expressions]
        values = as_texts(params or {}, "params")
        besides = [*words_of_own(self._questions.texts, names), *values.values()] if asked else ()
        evaluator, outputs = self._questions.ask(
            lambda evaluator: (evaluator, evaluator.select(segments, None, expressions)), [*asked, *besides]
        )
        moment = evaluator.moment(as_of)
        if asked:
            evaluator.see_that_known(outputs, moment)
        return measured(
            evaluator, outputs, names, as_of=moment, period=period, params=values, min_size=min_size, data=data
        )

    def report(
        self,
        names: Sequence[str] = (),
        *,
        period: Period = "month",
        as_of: str | dt.date | None = None,
        min_size: int | None = None,
        data: Data | None = None,
    ) -> str:
        """A page about segments and segmentations, all where none is named: one HTML file as text, with its charts
        inside. What goes over fewer than `min_size` customers (the model's, else 10) is not told. Needs the extra
        `segdsl[report]`. Raises SegdslError.
        """
        from segdsl.metrics.ask import words_of_own
        from segdsl.report.sections import page

        evaluator = self._questions.around([*names, *words_of_own(self._questions.texts)] if names else ())
        moment = evaluator.moment(as_of)
        return page(evaluator, names, moment, period, self._least(min_size), data, __version__)

    def docs(
        self,
        out: str | Path,
        *,
        sizes: bool = False,
        period: Period = "month",
        as_of: str | dt.date | None = None,
        min_size: int | None = None,
        data: Data | None = None,
    ) -> Written:
        """Writes the documentation of the catalog as a folder of HTML pages that work without a network; the folder is
        new, empty, or an earlier one of these, which is replaced as a whole.

        With `sizes` the members of every segment and label are counted, and those of the largest at the ends of the
        last periods. Of what was saved the sizes of saved runs are shown instead, and without `sizes` too. What goes
        over fewer than `min_size` customers (the model's, else 10) is not told. Raises SegdslError.
        """
        from segdsl.site.site import write

        moment = self._evaluator.moment(as_of) if sizes or as_of is not None else None
        return write(self._evaluator, Path(out), moment, period, self._least(min_size), data, __version__)

    def _least(self, given: int | None) -> int:
        return self.model.metrics.min_size if given is None else given

    def profile(
        self,
        name: str,
        against: str | None = None,
        *,
        as_of: str | dt.date | None = None,
        min_size: int | None = None,
        data: Data | None = None,
    ) -> Profile:
        """What is special about a segment or label: its attributes, traits, labels and metrics against those of the
        population, or of another segment, ordered by how much they differ; and a persona in plain sentences.

        What asks for a history that begins later is left out of it. Raises SegdslError, also where either has fewer
        than `min_size` members (the model's, else 10), or asks so itself.
        """
        from segdsl.metrics.ask import words_of_own
        from segdsl.profile.profile import profile

        both = [name] if against is None else [name, against]
        evaluator = self._questions.around([*both, *words_of_own(self._questions.texts)])
        return profile(evaluator, name, against, as_of, min_size, data)

    @property
    def metric_templates(self) -> list[Template]:
        """The metrics there are: the catalog's own, then those shipped. Raises SegdslError for a file that is wrong."""
        from segdsl.metrics.ask import templates

        with raised():
            return list(templates(self._questions.texts).values())
