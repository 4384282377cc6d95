"""A catalog looked at as code: whether it is right, and how it can be made better."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Self

from segdsl import problems
from segdsl.api.remembered import Remembered
from segdsl.check import Checker
from segdsl.diagnostics import Diagnostic, sort
from segdsl.error import SegdslError, raised
from segdsl.evaluator import Evaluator
from segdsl.options import read_options_of
from segdsl.problems.options import not_one_of
from segdsl.program import Output
from segdsl.texts import Files

if TYPE_CHECKING:
    from segdsl.counts.funnel import Funnel
    from segdsl.engines.handed import Data
    from segdsl.metrics.result import Metric
    from segdsl.proving.prove import Verdict
    from segdsl.testing.coverage import Seen
    from segdsl.testing.explain import Explained
    from segdsl.testing.suggest import Suggestion
    from segdsl.versions.diff import Change
    from segdsl.versions.members import Diff, Members, Moved


@read_options_of
class Reviewed(Remembered):
    """The part of `Catalog` that looks at definitions more than at data."""

    def check(self) -> list[Diagnostic]:
        """Everything that is wrong with the catalog, by file and place, and where there are no errors the warnings of
        lint; never raises."""
        from segdsl.lint import lint

        found = self._wrong()
        if not any(item.is_error for item in found):
            found.extend(lint(self._evaluator.checked()))
        return sort(found)

    def _wrong(self) -> list[Diagnostic]:
        """What is wrong with the definitions, and with the catalog's own templates of metrics."""
        found = list(self._evaluator.checked().done().diagnostics)
        if any(self.root.glob("metrics/*.sql.j2")) and not any(item.is_error for item in found):
            from segdsl.metrics.ask import check_templates

            found.extend(check_templates(self._evaluator))
        return found

    def fixed(self) -> tuple[dict[str, str], list[Diagnostic]]:
        """The texts of files, by their paths in the catalog, with those warnings mended that can be without changing
        what any definition means; and these warnings. Writes nothing, never raises."""
        from segdsl.lint.fix import fixed

        found = self.check()
        return ({}, []) if any(item.is_error for item in found) else fixed(self._catalog, found)

    # ------------------------------------------------------------ proofs

    def prove(self, *claims: str) -> list[Verdict]:
        """What becomes of claims about all customers: `never A`, `always A`, `disjoint A B`, `A inside B`, `same A B`,
        `covers SEGMENTATION`; without any, of the `expect` lines that are such claims. Raises SegdslError.
        """
        from segdsl.proving.claims import Claim, expected_claims, read_claim
        from segdsl.proving.prove import has_prover, prove

        def asked(evaluator: Evaluator) -> tuple[Checker, list[Claim]]:
            checker = evaluator.without_errors()
            if not has_prover():
                raise SegdslError([problems.prover_missing()])
            read = [read_claim(checker, claim, number) for number, claim in enumerate(claims)]
            return checker, read or expected_claims(checker)

        checker, read = self._questions.ask(asked, claims)
        with raised():
            return prove(checker, read)

    # ------------------------------------------------------------ rules and their members

    def say(self, name: str, language: str = "en") -> str:
        """A definition in plain words, in English (`en`) or German (`de`): the same for the same text; a label is told
        with its segmentation. Raises SegdslError for errors in the catalog and unknown names.
        """
        from segdsl.say import LANGUAGES, say

        if language not in LANGUAGES:
            raise SegdslError([not_one_of("language", language, tuple(LANGUAGES))])
        words = LANGUAGES[language]

        def said(evaluator: Evaluator) -> str:
            checker = evaluator.without_errors()
            return say(checker, evaluator.definition(name), words)

        return self._questions.ask(said, [name])

    def funnel(
        self,
        name: str,
        *,
        as_of: str | dt.date | None = None,
        data: Data | None = None,
        engine: str | None = None,
    ) -> Funnel:
        """How many customers each part of a segment's or segmentation's rule lets through: how many hold it, hold it
        and all before it, and would be members without it; in one evaluation. `engine` is as for `run`. Raises
        SegdslError.
        """
        from segdsl.counts.funnel import funnel

        evaluator, part, outputs = self._questions.parts(name)
        if outputs[0].kind == "trait":
            raise SegdslError([problems.not_a_segment(name, "trait")])
        return funnel(evaluator, part, evaluator.moment(as_of), data, engine)

    def next_flip(
        self,
        name: str,
        key: str,
        *,
        as_of: str | dt.date | None = None,
        data: Data | None = None,
        quickly: bool = False,
    ) -> Explained | None:
        """The explanation of a definition's value for a member at the next moment at which that is another by time
        alone, without anything more happening; None where none was found in the next three years, or where the value
        depends on other members. `quickly`, only rules that know no calendar are looked at, in a few evaluations of
        one customer. Raises SegdslError.
        """
        from segdsl.testing.explain import explained
        from segdsl.testing.flip import next_change, rows_of
        from segdsl.testing.soon import is_unmoved, soon
        from segdsl.testing.trial import is_alone_anyway

        evaluator, part, outputs = self._questions.parts(name)
        moment, model = evaluator.moment(as_of), self.model
        with raised(), evaluator.open(data) as engine:
            plan, query = evaluator.query(outputs, engine, moment, check_keys=not quickly)
            if not is_alone_anyway(plan) or model.entities[outputs[0].entity].from_events:
                return None
            is_quick = is_unmoved(plan, outputs[0])
            if quickly and not is_quick:
                return None
            alone = rows_of(model, query.schema, plan, outputs[0].entity, str(key), moment, engine)
            at = soon(model, plan, alone, outputs[0], moment, quickly) if is_quick else None
            if quickly and at is None:
                return None
            # what is found quickly is tried once more as it is
            found = next_change(model, plan, alone, outputs[0], outputs, moment, at)
        return None if found is None else explained(part, found[1], found[0])

    # ------------------------------------------------------------ tests

    def coverage(self, names: Sequence[str] = ()) -> list[Seen]:
        """Which conditions of the catalog's own rules (of those named) its examples have found true, and which false.
        An example looks at the definition that it names, and at those that this one reads. Raises SegdslError.
        """
        from segdsl.testing.coverage import coverage

        evaluator = self._questions.around(names, examples=True)
        checker = evaluator.without_errors()
        wanted = [evaluator.named(name).name for name in names]
        with raised():
            return coverage(checker, checker.done().program.examples, wanted)

    def suggest(self, name: str) -> list[Suggestion]:
        """Example lines on the borders of a segment or label: just inside, just outside, unknown; each comes out as it
        says. None, where nobody was found or the rule depends on other customers. Raises SegdslError.
        """
        from segdsl.lint.room import Room
        from segdsl.plan.nodes import needed
        from segdsl.testing.suggest import suggest, told
        from segdsl.testing.trial import as_of_standing

        def asked(evaluator: Evaluator) -> tuple[Checker, Output]:
            return evaluator.without_errors(), evaluator.named(name)

        checker, output = self._questions.ask(asked, [name])
        if output.kind == "segmentation":
            return [line for label in output.labels for line in self.suggest(f"{name}.{label}")]
        if output.kind != "segment":
            raise SegdslError([problems.not_a_segment(name, output.kind)])
        read = {key.definition for key in needed(checker.done().program, [output.instance])}
        with raised():
            return suggest(checker, output, name, as_of_standing(self.model), told(Room(checker, read)))

    # ------------------------------------------------------------ versions

    def diff(
        self,
        ref: str | None = None,
        *,
        members: bool = False,
        metrics: Sequence[str] = (),
        as_of: str | dt.date | None = None,
        data: Data | None = None,
    ) -> Diff:
        """What is different from an earlier version of the catalog, by meaning: the commit that git knows by `ref`,
        without one the last that is shared with the main branch. Read out of git's objects, nothing is checked out.
        Where there was no catalog yet, all of it is new.

        With `members` both versions are evaluated on the data as they are now, and the members of every changed segment
        compared; with `metrics`, names of metrics, these too. Raises SegdslError.
        """
        from segdsl.versions.git import Repository

        moment = self._evaluator.moment(as_of)  # what is wrong with it is told before git is asked
        repository = Repository(self.root)
        commit = repository.commit(ref)
        now = self._questions.texts
        then = None if commit is None else repository.texts(commit)
        texts = replace(now, files=Files(()), settings={}, metrics={}) if then is None else then.setting(now.settings)
        before = type(self)(texts, self._questions.progress)
        found = self.compared(before, commit or "nothing", members=members, metrics=metrics, as_of=moment, data=data)
        if then is not None:
            return found
        when = "there is no commit" if commit is None else f"at {commit[:10]} there was no catalog here"
        return replace(found, notes=(f"{when} yet: all of it is new", *found.notes))

    def compared(
        self,
        before: Self,
        version: str,
        *,
        members: bool = False,
        metrics: Sequence[str] = (),
        as_of: str | dt.date | None = None,
        data: Data | None = None,
    ) -> Diff:
        """The same as `diff`, against a catalog that is at hand; `version` is what it is called."""
        from segdsl.versions.diff import compare
        from segdsl.versions.members import Diff, Measure, moved, name_now

        try:
            old = before._evaluator.without_errors()
        except SegdslError as error:
            first = error.diagnostics[0]
            raise SegdslError([problems.broken_then(version[:10], f"{first.code}, {first.message}")]) from None
        there_now = [template.name for template in self.metric_templates] if metrics else []
        known = list(dict.fromkeys([*there_now, *(_metrics_of(before) if metrics else ())]))
        unknown = [problems.unknown_metric(name, known) for name in metrics if name not in known]
        if unknown:
            raise SegdslError(unknown)
        changes = compare(old, self._evaluator.without_errors())
        moves: list[Moved] = []
        measures: list[Measure] = []
        notes: list[str] = []
        moment = self._evaluator.moment(as_of)
        if members or metrics:
            concerned = [item for item in changes if item.has_members]
            gone = [item.before_name or item.name for item in concerned if item.kind not in ("added",)]
            there = [item.name for item in concerned if item.kind != "removed"]
            names = {item.before_name: item.name for item in concerned if item.kind == "renamed"}
            if members:
                tables = [
                    _members(catalog, wanted, moment, data) for catalog, wanted in ((before, gone), (self, there))
                ]
                labels = [name for item in concerned for name in _segments(self, before, item)]
                moves = moved(tables[0], tables[1], labels, names)
            if metrics:
                for is_after, catalog, wanted in ((False, before, gone), (True, self, there)):
                    found, reasons = _measured(catalog, metrics, wanted, moment, data, there_now if is_after else ())
                    when = "now" if is_after else f"at {version[:10]}"
                    notes.extend(f"{name} cannot be measured {when}: {reason}" for name, reason in reasons.items())
                    for item in found:
                        name = item.segment
                        if name is not None:
                            measures.append(Measure(name_now(name, names), item.metric, is_after, item.text))
        return Diff(version, moment, tuple(changes), tuple(moves), tuple(measures), tuple(notes))


def _members(catalog: Reviewed, names: Sequence[str], moment: dt.datetime, data: Data | None) -> Members | None:
    from segdsl.versions.members import Members

    if not names:
        return None
    with catalog.run(names, as_of=moment, expect=False, data=data) as result:  # type: ignore[attr-defined]
        return Members(result.members, {output.name: output.entity for output in result.outputs})


def _metrics_of(catalog: Reviewed) -> list[str]:
    """The metrics that a version has; none where one of its own is wrong, which is told where they are measured."""
    try:
        return [template.name for template in catalog.metric_templates]
    except SegdslError:
        return []


def _measured(
    catalog: Reviewed,
    metrics: Sequence[str],
    names: Sequence[str],
    moment: dt.datetime,
    data: Data | None,
    required: Sequence[str],
) -> tuple[list[Metric], dict[str, str]]:
    """The metrics of segments of a version, and why it cannot give others; raises SegdslError for those `required`."""
    found: list[Metric] = []
    reasons: dict[str, str] = {}
    for metric in dict.fromkeys(metrics) if names else ():
        try:
            found.extend(catalog.metrics([metric], segments=names, as_of=moment, data=data))
        except SegdslError as error:
            if metric in required:
                raise
            reasons[metric] = f"{error.diagnostics[0].message} ({error.diagnostics[0].code})"
    return found, reasons


def _segments(after: Reviewed, before: Reviewed, change: Change) -> list[str]:
    """The names under which the members of a changed definition stand, labels as `tier.gold`."""
    if change.word == "segment":
        return [change.name]
    found: list[str] = []
    for catalog, name in ((before, change.before_name or change.name), (after, change.name)):
        output = catalog._evaluator.checked().output(name)
        found.extend(f"{change.name}.{label}" for label in (output.labels if output else ()))
    return list(dict.fromkeys(found))
