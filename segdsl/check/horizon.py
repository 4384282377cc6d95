"""What an `as of` inside another one can see."""

from __future__ import annotations

from segdsl.program import Floor, Length, Moment


def inside(moment: Moment, around: Moment) -> Moment:
    """A moment as the as-of of something that stands inside what has another as-of: nothing after either is seen."""
    outer = (Moment(around.base, around.steps), *around.limits)
    limits = (limit for limit in outer if limit != Moment() and not never_after(moment, limit))
    return Moment(moment.base, moment.steps, limits=tuple(dict.fromkeys(limits)))


def never_after(moment: Moment, other: Moment) -> bool:
    """Whether a moment is at or before another in every run, as far as that is plain to see."""
    if moment.base is not None or other.base is not None:
        return moment.base is not None and other.base is not None and moment.base <= other.base
    steps, known = moment.steps, len(other.steps)
    if 0 < known <= len(steps):
        own, last = steps[known - 1], other.steps[-1]
        if isinstance(own, Length) and isinstance(last, Length) and own.months == last.months:
            # neighbouring fixed lengths are joined
            same = steps[: known - 1] == other.steps[:-1] and own.micros <= last.micros
            return same and all(map(_is_back, steps[known:]))
    return steps[:known] == other.steps and all(map(_is_back, steps[known:]))


def _is_back(step: Length | Floor) -> bool:
    return isinstance(step, Floor) or (step.months <= 0 and step.micros <= 0)
