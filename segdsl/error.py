"""The one thing that is raised: what was found, as diagnostics."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from segdsl.diagnostics import Diagnostic


class SegdslError(Exception):
    """Something a user can mend; `diagnostics` say what, where and how."""

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics = tuple(diagnostics)
        super().__init__("\n\n".join(item.render() for item in self.diagnostics))

    def __reduce__(self) -> tuple[type[SegdslError], tuple[tuple[Diagnostic, ...]]]:
        # it comes back from another process as what it was made of, not of its text
        return type(self), (self.diagnostics,)


@contextmanager
def raised() -> Iterator[None]:
    """What an engine could not do, or no calendar has, as the one thing that is raised."""
    from segdsl.engines.problem import EngineProblem
    from segdsl.moment import OutsideCalendar
    from segdsl.problems.meaning import outside_calendar

    try:
        yield
    except EngineProblem as problem:
        raise SegdslError(problem.diagnostics) from None
    except OutsideCalendar as beyond:
        raise SegdslError([outside_calendar(beyond.definitions, beyond.as_of)]) from None
