"""How two groups differ, and how surely: groups may overlap, as a segment and the population that holds it do."""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass

Z = 1.959964  # the 97.5% quantile of the normal distribution
BUCKETS = 20
ROUNDED = 1e-12  # of an estimate: what summing floats in another order may change


@dataclass(frozen=True, slots=True)
class Sums:
    """A variable over a group: how many know it, and of how far it lies above `origin` the sum and the sum of squares.

    Squares of numbers that are large against their spread hold nothing of it, so `origin` is to be near the mean. Sums
    that are compared have the same. `mean` is of the variable itself: worked out of a sum about some other number, that
    of people who all have nothing would be a little more or less.
    """

    n: float
    total: float
    squares: float
    origin: float = 0.0
    mean: float = 0.0


@dataclass(frozen=True, slots=True)
class Difference:
    """The difference of two means with its 95% interval, and as a number of standard deviations."""

    value: float
    low: float
    high: float
    effect: float

    @property
    def is_sure(self) -> bool:
        """Whether the interval leaves 0 out."""
        return self.low > 0 or self.high < 0


def of_means(group: Sums, other: Sums, both: Sums) -> Difference | None:
    """The difference of the means of two groups, `both` being those who are in each.

    Its variance is that of the sum over customers of what each adds to it, (y - mean) / n in one group less the same in
    the other, so overlap is accounted for. The effect is the difference in standard deviations of the other group
    (Glass's delta).
    """
    if group.n < 2 or other.n < 2:
        return None
    here, there = group.total / group.n, other.total / other.n
    shared = both.squares - both.total * (here + there) + both.n * here * there
    variance = (
        (group.squares / group.n - here**2) / group.n
        + (other.squares / other.n - there**2) / other.n
        - 2 * shared / (group.n * other.n)
    )
    deviation = math.sqrt(max(other.squares / other.n - there**2, 0.0))
    difference = here - there
    if abs(difference) <= sys.float_info.epsilon * abs(other.origin + there):
        difference = 0.0  # less than floats of that size can tell
    return _difference(difference, max(variance, 0.0), deviation, min(group.n, other.n) - 1)


def of_shares(group: Sums, other: Sums, both: Sums) -> Difference | None:
    """The difference of two shares. The interval is Newcombe's of Wilson intervals, which holds for small groups and
    for shares of 0 and 1 as well; where one group holds the other, it is that against the rest, brought to scale.
    Groups that overlap in part are taken as if they did not, which makes it wider. The effect is Cohen's h, the
    difference of the arcsines of their roots, doubled.

    R. Newcombe, Interval estimation for the difference between independent proportions, Statistics in Medicine 17
    (1998), method 10. J. Cohen, Statistical Power Analysis for the Behavioral Sciences, 2nd edition 1988, chapter 6.
    """
    if not group.n or not other.n:
        return None
    if both.n == other.n != group.n:
        mirrored = of_shares(other, group, both)
        assert mirrored is not None
        return Difference(-mirrored.value, -mirrored.high, -mirrored.low, -mirrored.effect)
    here, there = group.total / group.n, other.total / other.n
    effect = 2 * math.asin(math.sqrt(here)) - 2 * math.asin(math.sqrt(there))
    if both.n == group.n:
        rest = Sums(other.n - group.n, other.total - group.total, other.squares - group.squares)
        if not rest.n:
            return Difference(0.0, 0.0, 0.0, 0.0)
        low, high = _newcombe(group, rest)
        scale = rest.n / other.n
        return Difference(here - there, low * scale, high * scale, effect)
    return Difference(here - there, *_newcombe(group, other), effect)


def _newcombe(group: Sums, other: Sums) -> tuple[float, float]:
    here, there = group.total / group.n, other.total / other.n
    (low, high), (other_low, other_high) = _wilson(here, group.n), _wilson(there, other.n)
    return (
        here - there - math.hypot(here - low, other_high - there),
        here - there + math.hypot(high - here, there - other_low),
    )


def _wilson(share: float, n: float) -> tuple[float, float]:
    """The 95% score interval of a share (E. Wilson, 1927)."""
    middle = share + Z**2 / (2 * n)
    half = Z * math.sqrt(share * (1 - share) / n + Z**2 / (4 * n**2))
    return max((middle - half) / (1 + Z**2 / n), 0.0), min((middle + half) / (1 + Z**2 / n), 1.0)


def of_estimates(
    group: float,
    other: float,
    leaving_out: Sequence[tuple[float | None, float | None]],
    size: int,
    other_size: int,
) -> Difference | None:
    """The difference of any two estimates, by leaving out one bucket of customers after the other.

    `leaving_out` holds both estimates without each bucket. The delete-a-group jackknife (P. Kott, Using the
    Delete-A-Group Jackknife Variance Estimator in Practice, 1998): the variance is (G - 1) / G of the sum of squared
    deviations. A group whose members are all alike is given the spread of the other one. The effect is the difference
    in standard deviations of one customer of the other group: the standard error of its estimate times the root of its
    size.
    """
    known = [(a, b) for a, b in leaving_out if a is not None and b is not None]
    if len(known) < BUCKETS / 2:
        return None
    factor = (len(known) - 1) / len(known)
    variance = factor * sum((a - b - (group - other)) ** 2 for a, b in known)
    spread = factor * sum((b - other) ** 2 for _, b in known) * other_size
    if all(math.isclose(a, group, rel_tol=ROUNDED) for a, _ in known):
        variance = max(variance, spread / size)
    difference = 0.0 if math.isclose(group, other, rel_tol=ROUNDED) else group - other
    return _difference(difference, variance, math.sqrt(spread), len(known) - 1)


def _difference(value: float, variance: float, deviation: float, freedom: float) -> Difference:
    half = _t(freedom) * math.sqrt(variance)
    return Difference(value, value - half, value + half, value / deviation if deviation else 0.0)


def _t(freedom: float) -> float:
    """The 97.5% quantile of Student's t: the expansion around the normal one (Abramowitz and Stegun, 26.7.5)."""
    return (
        Z
        + (Z**3 + Z) / (4 * freedom)
        + (5 * Z**5 + 16 * Z**3 + 3 * Z) / (96 * freedom**2)
        + (3 * Z**7 + 19 * Z**5 + 17 * Z**3 - 15 * Z) / (384 * freedom**3)
    )
