"""What is different between two versions of a catalog, by meaning."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from segdsl.catalog import Catalog, Definition
from segdsl.check import Checker
from segdsl.check.context import Context
from segdsl.functions import operator
from segdsl.history.reading import ZONE, Read, Stated, reads_of
from segdsl.logic.formula import Formula, atoms, every, opposite
from segdsl.logic.reading import Reader
from segdsl.plan.meaning import meanings
from segdsl.plan.nodes import descend
from segdsl.plan.uses import Uses
from segdsl.program import Apply, Constant, InstanceKey, Moment, Output, Program, Reference
from segdsl.proving.prove import is_refuted
from segdsl.syntax import tree
from segdsl.syntax.printer import print_definition
from segdsl.types import BOOL

Kind = Literal["added", "removed", "renamed", "changed", "through"]
Direction = Literal["", "same", "narrower", "wider", "unknown"]


@dataclass(frozen=True)
class Change:
    """A definition that is different.

    `kind`: added, removed, renamed (from `before_name`, with the same meaning), changed in itself, or changed through
    what it reads (`through`: those definitions, params and parts of the model; what is renamed may have such too).
    `direction` says how the members changed: proved to be the same, narrower or wider; `unknown` where neither was
    proved; empty for what has no members to compare. `labels` has a direction for each label that changed. `before`
    and `after` are the texts of what changed in itself; of a param that a `use` line sets, this line.
    """

    name: str
    word: str
    kind: Kind
    direction: Direction = ""
    through: tuple[str, ...] = ()
    before_name: str = ""
    before: str = ""
    after: str = ""
    labels: tuple[tuple[str, Direction], ...] = ()

    @property
    def has_members(self) -> bool:
        """Whether it is about what has members: a segment or a segmentation."""
        return self.word in ("segment", "segmentation")


_WORDS = {tree.Param: "param", tree.Trait: "trait", tree.Segment: "segment", tree.Segmentation: "segmentation"}


def compare(before: Checker, after: Checker) -> list[Change]:
    """The changes from one version to another; both are without errors. What means the same is none."""
    return list(_Comparison(_Version(before), _Version(after)).changes())


class _Version:
    """A version with what its definitions mean."""

    def __init__(self, checker: Checker) -> None:
        self.checker = checker
        self.catalog: Catalog = checker.catalog
        self.program: Program = checker.done().program
        outputs = self.program.outputs
        keys = [output.instance for output in outputs.values()]
        found = meanings(self.program, keys)
        self.meanings = {name: found[output.instance] for name, output in outputs.items()}
        self.stated = Stated(self.catalog.model)
        self._reads = reads_of(self.program, keys)
        self.reader = Reader(self.program.instances)
        self.uses = Uses(checker)

    def means(self, definition: Definition) -> object:
        """What a definition means: a hash; of a param its value, of what needs arguments its text."""
        if definition.is_param:
            ctx = Context(definition.scope, definition.entity, Moment())
            before = len(self.checker.diagnostics)
            value = self.checker.refer(ctx, definition, None, definition.tree.name.span)
            del self.checker.diagnostics[before:]
            return value
        return self.meanings.get(definition.name) or self.body(definition)

    def body(self, definition: Definition) -> object:
        """A definition without its head and its name; of a param that is given a value, that."""
        node = definition.tree
        given = self.catalog.settings.get(definition.name)
        return given or replace(node, head=tree.Head("", ()), name=tree.Identifier("_", node.name.span))

    def text(self, definition: Definition) -> str:
        """A definition without its head; of a param that a `use` line sets, the line."""
        used, node = self.catalog.used.get(definition.scope.alias), definition.tree
        use = None if used is None or not definition.is_param else used.use
        given = () if use is None else [each.name.text for each in use.args if each.name is not None]
        shown: tree.Definition = use if use is not None and node.name.text in given else node
        return print_definition(replace(shown, head=tree.Head("", ())))

    def reads(self, name: str) -> frozenset[Read]:
        """What a definition reads of the model; of a param and the like, the time zone that its constants are of."""
        output = self.program.outputs.get(name)
        return frozenset({ZONE}) if output is None else self._reads[output.instance]


class _Comparison:
    def __init__(self, before: _Version, after: _Version) -> None:
        self.before, self.after = before, after
        read = frozenset().union(*map(before.reads, before.meanings), *map(after.reads, after.meanings), {ZONE})
        # what either version reads of the model, and the model says otherwise now
        self.moved = {item for item in read if before.stated.of(item) != after.stated.of(item)}

    def changes(self) -> Iterator[Change]:
        old, new = self.before.catalog.definitions, self.after.catalog.definitions
        own = [name for name, item in (*old.items(), *new.items()) if self._is_concerned(item)]
        names = list(dict.fromkeys(own))
        removed = [name for name in names if name not in new]
        added = [name for name in names if name not in old]
        renamed = self._renamed(removed, added)
        different = [name for name in names if name in old and name in new and self._is_different(name)]
        changed = {*different, *removed, *added}
        for name in names:
            if name in renamed.values():
                continue
            if name in removed:
                yield Change(name, _word(old[name]), "removed", before=self.before.text(old[name]))
            elif name in added:
                origin = renamed.get(name, "")
                moved = sorted(self._moved(origin, name)) if origin else []
                yield Change(
                    name,
                    _word(new[name]),
                    "renamed" if origin else "added",
                    "" if not origin else "unknown" if moved else "same",
                    tuple(moved),
                    before_name=origin,
                    before=self.before.text(old[origin]) if origin else "",
                    after=self.after.text(new[name]),
                )
            elif name in different:
                yield self._change(name, self._reasons(name, changed))

    def _is_concerned(self, item: Definition) -> bool:
        """Own definitions, those of libraries that have a value, and the params of libraries in use all along."""
        if not item.scope.alias or item.name in self.before.meanings or item.name in self.after.meanings:
            return True
        return item.is_param and all(item.name in each.catalog.definitions for each in (self.before, self.after))

    def _renamed(self, removed: Sequence[str], added: Sequence[str]) -> dict[str, str]:
        """For each new name the old one that meant the same."""
        found: dict[str, str] = {}
        for name in added:
            definition = self.after.catalog.definitions[name]
            for origin in removed:
                other = self.before.catalog.definitions[origin]
                is_free = origin not in found.values() and type(other.tree) is type(definition.tree)
                same = is_free and other.entity == definition.entity and not definition.is_param
                if same and self.before.means(other) == self.after.means(definition):
                    found[name] = origin
                    break
        return found

    def _is_different(self, name: str) -> bool:
        old, new = self.before.catalog.definitions[name], self.after.catalog.definitions[name]
        if type(old.tree) is not type(new.tree) or old.entity != new.entity:
            return True
        if self.before.means(old) != self.after.means(new):
            return True
        return name in self.before.meanings and bool(self._moved(name, name))

    def _moved(self, old: str, new: str) -> set[str]:
        """The parts of which both read something that is said otherwise now. What one alone reads is in no rule of the
        other: that rule is another one, and says so."""
        return {item.part for item in self.moved & self.before.reads(old) & self.after.reads(new)}

    def _reasons(self, name: str, changed: Container[str]) -> list[str]:
        """What a definition reads that changed it, if not its own text."""
        old, new = self.before.catalog.definitions[name], self.after.catalog.definitions[name]
        used = dict.fromkeys((*self.before.uses.of(name), *self.after.uses.of(name)))
        found = [each for each in used if each in changed]
        found.extend(sorted(self._moved(name, name)))
        if not found:  # its names mean something else now
            found.extend(
                sorted({item.part for item in self.moved & (self.before.reads(name) | self.after.reads(name))})
            )
        return found or ([f"entity {new.entity}"] if old.entity != new.entity else [])

    def _change(self, name: str, through: list[str]) -> Change:
        old, new = self.before.catalog.definitions[name], self.after.catalog.definitions[name]
        is_own = self.before.body(old) != self.after.body(new) or not through
        direction, labels = self._direction(name)
        return Change(
            name,
            _word(new),
            "changed" if is_own else "through",
            direction,
            () if is_own else tuple(through),
            before=self.before.text(old) if is_own else "",
            after=self.after.text(new) if is_own else "",
            labels=labels,
        )

    # ------------------------------------------------------------ narrower or wider

    def _direction(self, name: str) -> tuple[Direction, tuple[tuple[str, Direction], ...]]:
        old, new = (version.program.outputs.get(name) for version in (self.before, self.after))
        if old is None or new is None or old.kind != new.kind or old.kind == "trait" or old.entity != new.entity:
            return "", ()
        if self._moved(name, name):
            return "unknown", ()
        if old.kind == "segment":
            one, other = _condition(self.before, old), _condition(self.after, new)
            return self._of(one, other), ()
        labels: list[tuple[str, Direction]] = []
        for label in dict.fromkeys((*old.labels, *new.labels)):
            one, other = _is_label(self.before, old, label), _is_label(self.after, new, label)
            found = self._of(one, other)
            if found != "same":
                labels.append((label, found))
        return "unknown" if labels else "same", tuple(labels)

    def _of(self, old: Formula, new: Formula) -> Direction:
        if not self._comparable(old, new):
            return "unknown"
        narrower = is_refuted(every((new, opposite(old))), self.after.reader)
        wider = is_refuted(every((old, opposite(new))), self.after.reader)
        if narrower and wider:
            return "same"
        return "narrower" if narrower else "wider" if wider else "unknown"

    def _comparable(self, old: Formula, new: Formula) -> bool:
        """Whether what both speak of is the same: no name is left in them that means something else now."""
        left = [key for formula in (old, new) for key in _references(formula)]
        for key in left:
            programs = (self.before.program, self.after.program)
            if any(key not in program.instances for program in programs):
                return False
            if len({meanings(program, [key])[key] for program in programs}) > 1:
                return False
        return True


def _condition(version: _Version, output: Output) -> Formula:
    return version.reader.condition(version.program.instances[output.instance].value)


def _is_label(version: _Version, output: Output, label: str) -> Formula:
    reference = Reference(output.instance, output.entity, output.type, False)
    return version.reader.condition(Apply(operator("="), (reference, Constant(label, output.type)), BOOL))


def _references(formula: Formula) -> Iterable[InstanceKey]:
    for atom in atoms(formula):
        for name in ("term", "left", "right"):
            term = getattr(atom, name, None)
            if term is not None:
                yield from (node.instance for node in descend(term) if isinstance(node, Reference))


def _word(definition: Definition) -> str:
    return _WORDS[type(definition.tree)]
