"""segdsl: customer segments as text.

`load` reads a catalog; what it gives checks, compiles and runs it. The other names are what its methods take and give,
to annotate with.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from segdsl.api import Catalog, Result, SegdslError, Size, load
    from segdsl.counts.flow import Flow, Move
    from segdsl.counts.funnel import Funnel, Passed
    from segdsl.counts.overlap import Intersection, Overlap, Pair
    from segdsl.counts.trend import Point, Points, Trend
    from segdsl.diagnostics import Diagnostic, Source, Span
    from segdsl.engines.handed import Data
    from segdsl.engines.spent import Spent
    from segdsl.engines.watch import Progress
    from segdsl.history.asked import PastSize, SavedRun, Stay
    from segdsl.history.erase import Erased
    from segdsl.history.history import Changes, History
    from segdsl.history.record import Saved
    from segdsl.metrics.result import Metric, Metrics
    from segdsl.metrics.template import Template
    from segdsl.model.model import Model
    from segdsl.moment import Length
    from segdsl.options import By, Layout, Period
    from segdsl.plan.about import About, Library, Listed
    from segdsl.profile.profile import Comparison, Profile
    from segdsl.program import Output
    from segdsl.proving.prove import Verdict
    from segdsl.refresh.refresh import Refreshed, Way
    from segdsl.result import Sizes
    from segdsl.session import Events, Member, Movement, Session
    from segdsl.site.site import Written
    from segdsl.testing.coverage import Seen
    from segdsl.testing.explain import Explained
    from segdsl.testing.suggest import Suggestion
    from segdsl.testing.trial import Trial
    from segdsl.texts import Settings
    from segdsl.versions.diff import Change
    from segdsl.versions.members import Diff, Measure, Moved

__version__ = "0.1.0"

__all__ = [
    "About",
    "By",
    "Catalog",
    "Change",
    "Changes",
    "Comparison",
    "Data",
    "Diagnostic",
    "Diff",
    "Erased",
    "Events",
    "Explained",
    "Flow",
    "Funnel",
    "History",
    "Intersection",
    "Layout",
    "Length",
    "Library",
    "Listed",
    "Measure",
    "Member",
    "Metric",
    "Metrics",
    "Model",
    "Move",
    "Moved",
    "Movement",
    "Output",
    "Overlap",
    "Pair",
    "Passed",
    "PastSize",
    "Period",
    "Point",
    "Points",
    "Profile",
    "Progress",
    "Refreshed",
    "Result",
    "Saved",
    "SavedRun",
    "Seen",
    "SegdslError",
    "Session",
    "Settings",
    "Size",
    "Sizes",
    "Source",
    "Span",
    "Spent",
    "Stay",
    "Suggestion",
    "Template",
    "Trend",
    "Trial",
    "Verdict",
    "Way",
    "Written",
    "__version__",
    "load",
]

# the same for when the program runs: where each name is, in modules that are imported when one of theirs is asked for
_PLACES = {
    "segdsl.api": (
        "Catalog",
        "Result",
        "SegdslError",
        "Size",
        "load",
    ),
    "segdsl.counts.flow": (
        "Flow",
        "Move",
    ),
    "segdsl.counts.funnel": (
        "Funnel",
        "Passed",
    ),
    "segdsl.counts.overlap": (
        "Intersection",
        "Overlap",
        "Pair",
    ),
    "segdsl.counts.trend": (
        "Point",
        "Points",
        "Trend",
    ),
    "segdsl.diagnostics": (
        "Diagnostic",
        "Source",
        "Span",
    ),
    "segdsl.engines.handed": ("Data",),
    "segdsl.engines.spent": ("Spent",),
    "segdsl.engines.watch": ("Progress",),
    "segdsl.history.asked": (
        "PastSize",
        "SavedRun",
        "Stay",
    ),
    "segdsl.history.erase": ("Erased",),
    "segdsl.history.history": (
        "Changes",
        "History",
    ),
    "segdsl.history.record": ("Saved",),
    "segdsl.metrics.result": (
        "Metric",
        "Metrics",
    ),
    "segdsl.metrics.template": ("Template",),
    "segdsl.model.model": ("Model",),
    "segdsl.moment": ("Length",),
    "segdsl.options": (
        "By",
        "Layout",
        "Period",
    ),
    "segdsl.plan.about": (
        "About",
        "Library",
        "Listed",
    ),
    "segdsl.profile.profile": (
        "Comparison",
        "Profile",
    ),
    "segdsl.program": ("Output",),
    "segdsl.proving.prove": ("Verdict",),
    "segdsl.refresh.refresh": (
        "Refreshed",
        "Way",
    ),
    "segdsl.result": ("Sizes",),
    "segdsl.session": (
        "Events",
        "Member",
        "Movement",
        "Session",
    ),
    "segdsl.site.site": ("Written",),
    "segdsl.testing.coverage": ("Seen",),
    "segdsl.testing.explain": ("Explained",),
    "segdsl.testing.suggest": ("Suggestion",),
    "segdsl.testing.trial": ("Trial",),
    "segdsl.texts": ("Settings",),
    "segdsl.versions.diff": ("Change",),
    "segdsl.versions.members": (
        "Diff",
        "Measure",
        "Moved",
    ),
}


def __getattr__(name: str) -> object:
    # read when first asked for, so that `import segdsl` and `segdsl --help` load nothing heavy
    from importlib import import_module

    for place, names in _PLACES.items():
        if name in names:
            return getattr(import_module(place), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def load_ipython_extension(shell: InteractiveShell) -> None:
    """What `%load_ext segdsl` calls: makes `%%segments` known."""
    from importlib import import_module

    # by name: whatever imports `segdsl` would else import what stands above it all
    shell.register_magics(import_module("segdsl.magics").SegmentsMagics)
