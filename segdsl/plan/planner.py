"""Program to plan."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence

from segdsl.garbage import uncollected
from segdsl.plan.nodes import descend, nodes_needed, references_in
from segdsl.plan.pasts import pasts_in
from segdsl.plan.plan import (
    ChildTotals,
    Leaf,
    ParentRelation,
    PastRelation,
    Plan,
    Ranked,
    Relation,
    Scores,
    SequenceRelation,
    Stage,
    Totals,
)
from segdsl.plan.ratios import only_compared
from segdsl.plan.shares import with_shares
from segdsl.plan.twins import with_shared_instances
from segdsl.program import (
    Aggregate,
    Apply,
    Attribute,
    ChildAggregate,
    Constant,
    Field,
    InstanceKey,
    KeyOf,
    LookupField,
    Moment,
    Node,
    Outer,
    Output,
    ParentValue,
    Past,
    Program,
    Reference,
    Score,
    children,
)
from segdsl.program import Sequence as SequenceNode

# a value used in one place only is computed there, unless that makes an expression larger than this many nodes
INLINE_SIZE = 24
# so many outputs that no further stage reads, with so many stages still to come, are left where they are
PARKED_TOGETHER = 16
PARKED_BEFORE = 8
# So many outputs that nothing reads are computed after a stage that is held, where the columns that they are computed
# of, which are so many bytes wide, take less room.
PUT_OFF = 250
WIDTH = 10
# aggregates that need the events in order, and in which
RANKED = {
    "first": "time",
    "last": "time",
    "nth": "time",
    "mode": "frequency",
    "median_low": "value",
    "median_high": "value",
    "max_gap": "gap",
    "last_gap": "gap",
}
_LEAVES = (Attribute, KeyOf, Aggregate, ChildAggregate, Score, SequenceNode, Past, ParentValue)

Column = Leaf | InstanceKey
Parked = dict[str, dict[int, tuple[Column, ...]]]


@uncollected()
def make_plan(program: Program, outputs: Sequence[Output], apart: Callable[[Aggregate], bool] | None = None) -> Plan:
    """The one plan that evaluates all outputs; each distinct leaf is worked out once. Aggregates that `apart` holds for
    get relations of their own."""
    return _Planner(program, outputs, apart).plan()


class _Planner:
    def __init__(self, program: Program, outputs: Sequence[Output], apart: Callable[[Aggregate], bool] | None) -> None:
        self.apart = apart
        self.outputs = with_shared_instances(program, outputs)
        nodes = nodes_needed(program, (output.instance for output in self.outputs))
        self.order = list(nodes)
        self.meant, self.program = program, with_shares(program, self.order)
        for key in self.order:
            if (value := self.program.instances[key].value) is not nodes[key][0]:
                nodes[key] = descend(value)
        self.nodes = nodes
        self.leaves: dict[Leaf, int] = {}
        self.computed: dict[InstanceKey, int] = {}
        self.inlined = self._inlined()
        self.fields: dict[str, dict[Field | LookupField, None]] = defaultdict(dict)
        self.events: dict[str, None] = {}
        self.read: dict[InstanceKey, list[Column]] = {}

    def _inlined(self) -> set[InstanceKey]:
        """Instances that need no column: constants, bare leaves, small values with one use, or that are compared."""
        read = {key: references_in(self.nodes[key]) for key in self.order}
        uses = Counter(key for keys in read.values() for key in keys)
        wanted = {output.instance for output in self.outputs}
        compared = only_compared(self.program, self.nodes)
        size: dict[InstanceKey, int] = {}
        out: set[InstanceKey] = set()
        for key in self.order:
            instance = self.program.instances[key]
            size[key] = len(self.nodes[key]) + sum(size[item] for item in read[key] if item in out)
            if key in wanted or (instance.shared and key not in compared and not _is_bare(instance.value)):
                continue
            if _is_bare(instance.value) or ((uses[key] == 1 or key in compared) and size[key] <= INLINE_SIZE):
                out.add(key)
        return out

    # ------------------------------------------------------------ stages

    def plan(self) -> Plan:
        for key in self.order:
            value = self.program.instances[key].value
            if key not in self.inlined:
                self.computed[key] = self._stage(value)
            else:
                self._stage(value)
        relations = list(self._relations())
        uses = self._last_uses(relations)
        self._put_off(relations, uses)
        stages, parked = self._stages(relations, uses)
        attributes: dict[str, list[Attribute]] = defaultdict(list)
        for leaf in self.leaves:
            if isinstance(leaf, Attribute):
                attributes[leaf.entity].append(leaf)
        last: dict[str, int] = {}
        for stage in stages:
            last[stage.entity] = stage.number
        return Plan(
            self.meant,
            self.outputs,
            tuple(dict.fromkeys(stage.entity for stage in stages)),
            {name: tuple(found) for name, found in attributes.items()},
            {name: tuple(found) for name, found in self.fields.items()},
            tuple(self.events),
            tuple(stages),
            self.leaves,
            self.computed,
            last,
            parked,
            pasts_in({key: self.nodes[key] for key in self.order}),
            self.program.instances,
            self.nodes,
        )

    def _stage(self, node: Node) -> int:
        """The stage at which a value of an entity can be computed."""
        match node:  # the usual ones first: each case is tried in turn
            case Apply():
                return max([self._stage(child) for child in node.args], default=0)
            case Constant():
                return 0
            case Reference(instance=key):
                if key in self.inlined:
                    return self._stage(self.program.instances[key].value)
                return self.computed[key] + 1
            case _ if isinstance(node, _LEAVES):
                return self._leaf(node)
            case _:
                return max([self._stage(child) for child in children(node)], default=0)

    def _reads(self, nodes: Iterable[Node]) -> int | None:
        """The stage that has all values of an entity as columns that these are computed of; None for constants."""
        found: int | None = None
        for node in nodes:
            part: int | None
            if isinstance(node, Reference):
                if node.instance in self.inlined:
                    part = self._reads((self.program.instances[node.instance].value,))
                else:
                    part = self.computed[node.instance]
            elif isinstance(node, _LEAVES):
                part = self._leaf(node)
            else:
                part = self._reads(children(node))
            if part is not None and (found is None or part > found):
                found = part
        return found

    def _leaf(self, leaf: Leaf) -> int:
        """The stage at which a leaf is joined."""
        known = self.leaves.get(leaf)
        if known is not None:
            return known
        match leaf:
            case Attribute() | KeyOf() | Past():
                stage = 0
            case Aggregate():
                self._read_rows(leaf.event, (leaf.value, leaf.condition))
                reads = self._reads(_of_entity(leaf))
                stage = 0 if reads is None else reads + 1
            case SequenceNode():
                for step in leaf.steps:
                    self._read_rows(step.event, (step.condition, step.same))
                reads = self._reads(_of_entity(leaf))
                stage = 0 if reads is None else reads + 1
            case ChildAggregate() | ParentValue() | Score():
                stage = (self._reads(children(leaf)) or 0) + 1
        self.leaves[leaf] = stage
        return stage

    def _read_rows(self, event: str, nodes: Iterable[Node | None]) -> None:
        self.events.setdefault(event)
        for node in nodes:
            if node is not None:
                for item in _of_rows(node):
                    if isinstance(item, Field | LookupField):
                        self.fields[event].setdefault(item)

    # ------------------------------------------------------------ relations

    def _relations(self) -> Iterator[tuple[int, Relation]]:
        """The relations of each stage: leaves grouped by what can be worked out together."""
        groups: dict[Hashable, list[Leaf]] = defaultdict(list)
        for leaf, stage in self.leaves.items():
            match leaf:
                case Aggregate(kind=kind) if kind in RANKED:
                    of_value = (leaf.entity, leaf.event, leaf.value, leaf.condition, leaf.bounds)
                    groups[("ranked", RANKED[kind], stage, of_value)].append(leaf)
                case Aggregate():
                    is_apart = self.apart is not None and stage == 0 and self.apart(leaf)
                    groups[("totals", stage, leaf.entity, leaf.event, is_apart)].append(leaf)
                case ChildAggregate(kind=kind) if kind in RANKED:
                    of_child = (leaf.entity, leaf.child, leaf.value, leaf.condition)
                    groups[("children", RANKED[kind], stage, of_child)].append(leaf)
                case ChildAggregate():
                    groups[("children", stage, leaf.entity, leaf.child)].append(leaf)
                case Score():
                    groups[("scores", stage, leaf.entity, leaf.value, leaf.among, leaf.per)].append(leaf)
                case SequenceNode():
                    groups[("sequence", stage, leaf)].append(leaf)
                case Past():
                    groups[("past", leaf.entity, leaf.definition, leaf.label, leaf.moment)].append(leaf)
                case ParentValue():
                    groups[("parent", stage, leaf.child, leaf.parent)].append(leaf)
                case _:
                    continue
        for found in groups.values():
            stage = self.leaves[found[0]]
            yield stage, self._relation(found, stage)

    def _relation(self, found: list[Leaf], stage: int) -> Relation:
        reads = stage - 1 if stage else None
        first = found[0]
        match first:
            case Aggregate():
                leaves = tuple(leaf for leaf in found if isinstance(leaf, Aggregate))
                if first.kind in RANKED:
                    return Ranked(first.entity, first.event, reads, leaves, RANKED[first.kind])
                return Totals(first.entity, first.event, reads, leaves)
            case ChildAggregate():
                of_child = tuple(leaf for leaf in found if isinstance(leaf, ChildAggregate))
                return ChildTotals(first.entity, first.child, stage - 1, of_child, RANKED.get(first.kind))
            case Score():
                return Scores(first.entity, stage - 1, tuple(leaf for leaf in found if isinstance(leaf, Score)))
            case SequenceNode():
                return SequenceRelation(first.entity, reads, first)
            case Past():
                return PastRelation(first.entity, tuple(leaf for leaf in found if isinstance(leaf, Past)))
            case ParentValue():
                of_parent = tuple(leaf for leaf in found if isinstance(leaf, ParentValue))
                return ParentRelation(first.child, first.parent, stage - 1, of_parent)
            case _:
                raise AssertionError(first)

    def _stages(self, relations: list[tuple[int, Relation]], uses: Mapping[Column, int]) -> tuple[list[Stage], Parked]:
        """Every stage that makes a column, in an order in which each comes after those it reads; and the outputs that
        stay in one before the last, by entity and stage: carried on through all that follow, the many values of a
        long chain would make as many columns as the square of their number. `uses` are the last ones of values.
        """
        at: dict[tuple[int, str], tuple[list[Relation], list[InstanceKey]]] = {}

        def slot(number: int, entity: str) -> tuple[list[Relation], list[InstanceKey]]:
            return at.setdefault((number, entity), ([], []))

        entities: dict[str, None] = {}
        for output in self.outputs:
            entities.setdefault(output.entity)
        for leaf in self.leaves:
            entities.setdefault(_entity(leaf))
        for _, relation in relations:
            if isinstance(relation, ChildTotals):
                entities.setdefault(relation.child)
            if isinstance(relation, ParentRelation):
                entities.setdefault(relation.parent)
        for entity in entities:
            slot(0, entity)
        for number, relation in relations:
            slot(number, relation.entity)[0].append(relation)
        for key, number in self.computed.items():
            slot(number, self.program.instances[key].entity)[1].append(key)
        numbers: dict[str, list[int]] = defaultdict(list)
        for number, entity in sorted(at):
            numbers[entity].append(number)
        wanted: set[Column] = {output.instance for output in self.outputs}
        parked: Parked = defaultdict(dict)
        # what the stages made so far have, and something still needs
        held: dict[str, list[Column]] = defaultdict(list)
        out: list[Stage] = []
        for number, entity in sorted(at):
            joined, instances = at[(number, entity)]
            before = max((item for item in numbers[entity] if item < number), default=None)
            resting = tuple(column for column in held[entity] if column in wanted and uses.get(column, -1) < number)
            to_come = len(numbers[entity]) - numbers[entity].index(number)
            if before is not None and len(resting) >= PARKED_TOGETHER and to_come >= PARKED_BEFORE:
                parked[entity][before] = resting
                wanted.difference_update(resting)
            carried = tuple(column for column in held[entity] if uses.get(column, -1) >= number or column in wanted)
            fresh: list[Column] = [leaf for relation in joined for leaf in relation.leaves]
            fresh.extend(instances)
            if number == 0:
                fresh.extend(
                    leaf for leaf in self.leaves if isinstance(leaf, Attribute | KeyOf) and leaf.entity == entity
                )
            kept = frozenset(column for column in fresh if uses.get(column, -1) >= number or column in wanted)
            held[entity] = [*carried, *(column for column in fresh if column in kept)]
            out.append(Stage(entity, number, before, tuple(joined), tuple(instances), carried, kept))
        return out, parked

    def _put_off(self, relations: list[tuple[int, Relation]], uses: dict[Column, int]) -> None:
        """Moves outputs that nothing reads to the stage that comes after one that relations read: such a stage is held
        in memory as a whole, and the columns that very many outputs are computed of take less of it than they do. What
        these are computed of has other last `uses` then."""
        read = {(relation.entity, relation.reads) for _, relation in relations if isinstance(relation, Scores)}
        ready = Counter((self.program.instances[key].entity, number) for key, number in self.computed.items())
        if not any(ready[stage] >= PUT_OFF for stage in read):
            return
        wanted = {output.instance for output in self.outputs}
        for entity, number in read:
            late = [
                key
                for key, made in self.computed.items()
                if made == number and key in wanted and key not in uses and self.program.instances[key].entity == entity
            ]
            needed = {column for key in late for column in self._columns_of(key)}
            if len(late) >= PUT_OFF and len(needed) * WIDTH <= len(late):
                self.computed.update(dict.fromkeys(late, number + 1))
                uses.update((column, max(uses.get(column, -1), number)) for column in needed)

    def _last_uses(self, relations: list[tuple[int, Relation]]) -> dict[Column, int]:
        """The last stage whose columns have to hold each value, for the stages and relations that read it."""
        uses: dict[Column, int] = {}

        def use(column: Column, stage: int) -> None:
            uses[column] = max(uses.get(column, -1), stage)

        def use_all(nodes: Iterable[Node], stage: int) -> None:
            for column in self._columns(nodes):
                use(column, stage)

        for key, number in self.computed.items():
            # what is joined in the same stage is read from there, so only earlier columns count
            for column in self._columns_of(key):
                made = self.computed[column] if isinstance(column, InstanceKey) else self.leaves[column]
                if made < number:
                    use(column, number - 1)
        for _, relation in relations:
            reads = relation.reads
            if reads is None:
                continue
            for leaf in relation.leaves:
                nodes = _of_entity(leaf) if isinstance(leaf, Aggregate | SequenceNode) else children(leaf)
                use_all(nodes, reads)
        return uses

    def _columns_of(self, key: InstanceKey) -> list[Column]:
        """The leaves and instances with columns that the value of an instance is computed of."""
        found = self.read.get(key)
        if found is None:
            found = self.read[key] = self._columns((self.program.instances[key].value,))
        return found

    def _columns(self, nodes: Iterable[Node]) -> list[Column]:
        """The same for any values of an entity."""
        found: list[Column] = []
        stack = [*nodes][::-1]
        while stack:
            node = stack.pop()
            if isinstance(node, Apply):  # most are that or a constant
                stack.extend(node.args[::-1])
            elif isinstance(node, Constant):
                continue
            elif isinstance(node, Reference):
                if node.instance in self.inlined:
                    stack.append(self.program.instances[node.instance].value)
                else:
                    found.append(node.instance)
            elif isinstance(node, _LEAVES):
                found.append(node)
            elif below := children(node):
                stack.extend(below[::-1])
        return found


def _is_bare(node: Node) -> bool:
    """Whether a value is as good as a column: the same cost and length wherever it is read."""
    if isinstance(node, Apply) and node.function.name == "midnight":
        node = node.args[0]
    return isinstance(node, Constant | Moment | Attribute)


def _entity(leaf: Leaf) -> str:
    return leaf.child if isinstance(leaf, ParentValue) else leaf.entity


def _of_entity(leaf: Aggregate | SequenceNode) -> Iterator[Node]:
    """The values of the entity that windows and conditions on its events read."""
    parts: Iterable[Node | None]
    if isinstance(leaf, Aggregate):
        yield from (bound.value for bound in leaf.bounds)
        parts = (leaf.condition,)  # a value is a field, or the time: nothing of the entity
    else:
        parts = children(leaf)
    for part in parts:
        for node in _of_rows(part) if part is not None else ():
            if isinstance(node, Outer):
                yield node.value


def _of_rows(node: Node) -> Iterator[Node]:
    """A node of rows and what is below it, down to the values of the entity."""
    stack = [node]
    while stack:
        item = stack.pop()
        yield item
        if not isinstance(item, Outer | Reference):
            stack.extend(children(item))
