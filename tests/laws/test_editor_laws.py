"""Renaming, formatting and fixing as the editor does them leave the meaning of every definition as it was.

`SEGDSL_LAWS=1000` tries that many catalogs."""

from __future__ import annotations

import os
import random
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from segdsl.catalog import assemble
from segdsl.check import check
from segdsl.diagnostics import Source
from segdsl.editor.actions import actions, edit_of
from segdsl.editor.index import SourceIndex
from segdsl.editor.kept import Kept, checked
from segdsl.editor.marks import marks
from segdsl.editor.project import Outcome, Project
from segdsl.editor.rename import renamed, why_no_label, why_not
from segdsl.plan.meaning import meanings
from segdsl.syntax.formatter import format_source
from segdsl.syntax.parser import parse
from tests.cases import default_model
from tests.editor_client import applied
from tests.laws.catalogs import RandomCatalog, catalogs
from tests.laws.mutations import Mutator
from tests.laws.test_meaning_laws import DEVELOPING, law

NEW = ("renamed", "neu 😀", "größer", "名", "otherwise", "x y", "p.x", "a.b.c")
# a warning that can be mended, in each catalog
MENDED = "# segdsl: allow(SEG801)\n"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    root = tmp_path_factory.mktemp("catalog")
    (root / "segdsl.yaml").write_text(yaml.safe_dump(default_model(), sort_keys=False))
    return Project(root)


def _meanings(project: Project) -> dict[str, str]:
    """What each output means, by its name, with all texts as they are."""
    snapshot = project.snapshot()
    assert snapshot is not None
    catalog = assemble(snapshot.model, [index.whole for index in snapshot.indexes])
    project.take(Outcome(snapshot.version, checked(catalog, None, with_lint=False)))
    fresh = check(catalog)
    assert not fresh.has_errors, "\n".join(item.render() for item in fresh.diagnostics)
    outputs = fresh.program.outputs
    found = meanings(fresh.program, [item.instance for item in outputs.values()])
    return {name: found[item.instance] for name, item in outputs.items()}


def _made(project: Project) -> list[str]:
    """The program of what `_meanings` has checked, an instance a line."""
    assert project.outcome.kept is not None
    return [repr(item) for item in project.outcome.kept.checker.instances.values()]


def _edit(project: Project, changes: Mapping[str, list[object]] | None) -> None:
    for uri, edits in (changes or {}).items():
        path = Path(uri).name
        source = project.source(path)
        assert source is not None
        project.write(path, applied(source.text, edits))  # type: ignore[arg-type]


# at the thousand it is all of SEGDSL_LAWS, else forty
@law(1 if DEVELOPING else 0.4)
@given(catalogs())
def test_an_editor_changes_no_meaning(project: Project, catalog: RandomCatalog) -> None:
    lines = catalog.text.splitlines(keepends=True)
    half = len(catalog.definitions) // 2
    texts = [one.text for one in reversed(catalog.definitions)]
    project.write("a.seg", "\n".join(texts[:half]) + "\n" + MENDED)
    project.write("b.seg", "# segdsl: allow(SEG802)\n" + "\n".join([*texts[half:], *catalog.params]) + "\n")
    before = _meanings(project)
    chance = random.Random("".join(lines))
    # a rename of a definition, a parameter or a label
    index = project.index()
    assert index is not None
    given_ = [
        mark.thing
        for source, stretch in index.everything()
        if (node := source.parsed(stretch)) is not None
        for mark in marks(index, node)
        if mark.is_definition
    ]
    for thing in chance.sample(given_, min(2, len(given_))):
        index = project.index()
        assert index is not None
        new = chance.choice(NEW)
        if why_not(index, thing, new):
            continue
        fixes = renamed(index, thing, new)
        if thing.kind == "label" and (why := why_no_label(project, thing, fixes)):
            assert "with texts of the data" in why or "is known" in why, why
            RENAMED.append("refused")
            continue
        made = _made(project)
        _edit(project, edit_of(project, fixes).changes)  # type: ignore[arg-type]
        after = _meanings(project)
        if thing.kind == "label":
            # but for the word itself, which is nowhere else, the program is the same
            assert sorted(line.replace(repr(new), repr(thing.name)) for line in _made(project)) == sorted(made)
            before = after
        names = {thing.name: new} if thing.kind == "definition" else {}
        assert after == {names.get(name, name): value for name, value in before.items()}
        before = after
        RENAMED.append(thing.kind)
        break
    # fixes by themselves, and all of a file; of comments that allow something one
    snapshot = project.snapshot()
    assert snapshot is not None
    outcome = project.check(snapshot)
    for path in ("a.seg", "b.seg"):
        source = project.source(path)
        assert source is not None
        project.take(outcome)
        found = list(actions(project, path, 0, len(source.text)))
        allowing = [action for action in found if action.title.startswith("Allow")]
        mending = [action for action in found if action not in allowing]
        # in each run some, in a long one every one
        mending = mending if DEVELOPING else chance.sample(mending, min(2, len(mending)))
        for action in [*mending, *allowing[:1]]:
            assert action.edit is not None
            _edit(project, action.edit.changes)  # type: ignore[arg-type]
            assert _meanings(project) == before, action.title
            FIXED.append(action.title)
            project.write(path, source.text)
    # the formatter
    for path in ("a.seg", "b.seg"):
        source = project.source(path)
        assert source is not None
        project.write(path, format_source(source).text)
    assert _meanings(project) == before


LINES = (
    "", "# nothing\n", "## What it is.\n", "# segdsl: allow(SEG805)\n", "# segdsl: allow(SEG801, SEG812)\n",
    "# segdsl: allow(SEG999)\n", '@deprecated("use a")\n', '@deprecated("use spend, abc")\n', '@owner("crm")\n',
    "@owned\n", "example a: visits = 1\n", "example not in b: order(3d ago, amount = 2)\n", "expect a inside b\n",
    "expect c between 1 and 5\n", "expect disjoint(a, loyal)\n", "use rfm\n", "use rfm as r(window = 30d)\n",
    "segment extra = a or loyal\n", "segment two = a\n", "trait more = spend\n", "param limit = 7\n",
    "trait orders = 3\n", "segment never = visits > 3 and visits < 2\n",
    "segment t = signup < 90d ago or signup < 3d\n",
    "segment u = (visits > 3) as of 3d ago and visits != limit\n", "segment typed = nobody_knows(",
)  # fmt: skip


class _Writer:
    """Somebody who changes the files of a catalog: what is there goes, comes back, moves, and is broken."""

    def __init__(self, chance: random.Random, texts: list[str]) -> None:
        self.chance = chance
        half = len(texts) // 2
        self.files = {"a.seg": texts[:half], "b.seg": texts[half:]}
        self.mutator = Mutator(chance.randrange(10**9), texts)

    def change(self) -> str:
        """One change; the file that was written to last."""
        path = self.chance.choice(tuple(self.files))
        pieces = self.files[path]
        at = self.chance.randrange(len(pieces) + 1)
        match self.chance.choice(("line", "line", "line", "space", "drop", "move", "twice", "other", "mutate", "swap")):
            case "line":
                pieces.insert(at, self.chance.choice(LINES))
            case "space" if at < len(pieces):
                pieces[at] = pieces[at].replace(" = ", self.chance.choice((" =  ", " =\n  ", " = # why\n  ")), 1)
            case "drop" if at < len(pieces):
                pieces.pop(at)
            case "move" if at < len(pieces):
                self.files[self.chance.choice(tuple(self.files))].append(pieces.pop(at))
            case "twice" if at < len(pieces):
                pieces.append(pieces[at])
            case "other" if at < len(pieces):
                pieces[at] = self.chance.choice((*self.files["a.seg"], *self.files["b.seg"]))
            case "swap":
                self.chance.shuffle(pieces)
            case "mutate":
                pieces.insert(at, self.mutator.text().encode("utf-8", "ignore").decode())
        return path


# each example is a dozen checks
@law(1 if DEVELOPING else 0.3)
@given(catalogs(), st.integers(0, 2**32))
def test_what_is_kept_is_what_a_fresh_check_finds(
    project: Project, tmp_path_factory: pytest.TempPathFactory, catalog: RandomCatalog, seed: int
) -> None:
    chance = random.Random(seed)
    writer = _Writer(chance, [f"{one.text}\n" for one in catalog.definitions] + [f"{one}\n" for one in catalog.params])
    model = project.snapshot().model  # type: ignore[union-attr]
    kept: Kept | None = None
    sources = {path: Source(path, "\n".join(pieces)) for path, pieces in writer.files.items()}
    parsed = {path: SourceIndex(source).whole for path, source in sources.items()}
    for number in range(8):
        if number:
            path = writer.change()
            text = "\n".join(writer.files[path])
            parsed[path] = SourceIndex(Source(path, text)).whole
            if chance.random() < 0.3:
                continue
        kept = checked(assemble(model, parsed.values()), kept)
        again = [parse(Source(path, file.module.source.text)) for path, file in parsed.items()]
        fresh = checked(assemble(model, again), None)
        assert _told(kept) == _told(fresh)
        assert kept.meanings == fresh.meanings
        assert {name: item.type for name, item in kept.checker.outputs.items()} == {
            name: item.type for name, item in fresh.checker.outputs.items()
        }
        KEPT.append("errors" if kept.has_errors else "warnings" if kept.diagnostics else "nothing")


def _told(kept: Kept) -> list[str]:
    return [f"{item.render()} {item.as_dict().get('fix')}" for item in kept.diagnostics]


KEPT: list[str] = []
RENAMED: list[str] = []
FIXED: list[str] = []


def test_the_law_was_put_to_use() -> None:
    least = int(os.environ.get("SEGDSL_LAWS", "40"))
    assert RENAMED.count("definition") > least // 5
    assert RENAMED.count("parameter") > least // 50
    assert RENAMED.count("label") > least // 50
    assert len(FIXED) > least // 2
    assert KEPT.count("warnings") > least // 2
    assert KEPT.count("errors") > least // 2
