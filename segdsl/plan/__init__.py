"""Program to plan: which events are read, which aggregates are shared, in which order."""

from segdsl.plan.plan import Plan
from segdsl.plan.planner import make_plan

__all__ = ["Plan", "make_plan"]
