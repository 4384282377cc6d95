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

from segdsl.catalog import assemble
from segdsl.check import check
from segdsl.diagnostics import Fix
from segdsl.editor.actions import actions, edit_of
from segdsl.editor.marks import marks
from segdsl.editor.project import Outcome, Project
from segdsl.editor.rename import mentions, why_not, written
from segdsl.plan.meaning import meanings
from segdsl.syntax.formatter import format_source
from tests.cases import default_model
from tests.editor_client import applied
from tests.laws.catalogs import RandomCatalog, catalogs
from tests.laws.test_meaning_laws import DEVELOPING, law

NEW = ("renamed", "neu 😀", "größer", "名", "and", "x y", "p.x", "a.b.c")
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
    catalog = assemble(snapshot.model, [project._parse(source) for source in snapshot.sources])
    project.take(Outcome(snapshot.version, catalog))
    checked = check(catalog)
    assert not checked.has_errors, "\n".join(item.render() for item in checked.diagnostics)
    outputs = checked.program.outputs
    found = meanings(checked.program, [item.instance for item in outputs.values()])
    return {name: found[item.instance] for name, item in outputs.items()}


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
    # a rename of a definition or a parameter
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
        fixes = [Fix(item.span, written(new)) for item in mentions(index, thing)]
        _edit(project, edit_of(project, fixes).changes)  # type: ignore[arg-type]
        # what is said at once of the renamed texts is no error, as what is said later
        assert not [item for path in ("a.seg", "b.seg") for item in project.at_once(path) or ()]
        after = _meanings(project)
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


RENAMED: list[str] = []
FIXED: list[str] = []


def test_the_law_was_put_to_use() -> None:
    least = int(os.environ.get("SEGDSL_LAWS", "40"))
    assert RENAMED.count("definition") > least // 5
    assert RENAMED.count("parameter") > least // 50
    assert len(FIXED) > least // 2
