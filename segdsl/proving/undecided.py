"""Why a claim was left open."""

from __future__ import annotations

from segdsl.model.model import Model
from segdsl.plan import Plan
from segdsl.problems import proofs
from segdsl.program import ChildAggregate, KeyOf, LookupField, ParentValue, Past, Score


def why_open(model: Model, plan: Plan, entity: str, was_tried: bool) -> str:
    """What the values of a claim's conditions depend on that an example cannot give, or else that nobody was found;
    `was_tried` where customers were tried at all."""
    leaves = list(plan.leaves)
    if not was_tried:
        if any(isinstance(leaf, Past) for leaf in leaves):
            return proofs.open_of_history()
        if any(isinstance(leaf, Score) for leaf in leaves):
            return proofs.open_of_others()
        if any(isinstance(leaf, KeyOf) for leaf in leaves):
            return proofs.open_of_key()
    for fields in plan.fields.values():
        for field in fields:
            if isinstance(field, LookupField):
                return proofs.open_of_lookup(f"{field.event}.{field.field}", field.name)
    if any(isinstance(leaf, ParentValue) for leaf in leaves):
        parent = model.parent_of(entity)
        return proofs.open_of_parent(parent.name if parent is not None else entity)
    for leaf in leaves:
        if isinstance(leaf, ChildAggregate):
            return proofs.open_of_children(leaf.entity, leaf.child)
    return proofs.open_of_all()
