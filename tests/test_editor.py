"""The editor's server, asked over its real protocol: one process for all tests, on a small shop."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from lsprotocol import types
from pygls.exceptions import JsonRpcException

from segdsl import load
from segdsl.cli.commands import segdsl
from segdsl.editor.complete import complete
from segdsl.editor.marks import Thing
from segdsl.editor.project import Project
from segdsl.editor.rename import mentions
from segdsl.editor.turns import Turns
from tests.cases import default_model
from tests.editor_client import Editor, applied

TIER = """\
segmentation tier among total_spend > 0 {
  gold   when total_spend >= 1_000
  silver otherwise
}

## How long ago counts as lately.
param recent = 90d
"""
MODEL = """\
name: shop
as_of: 2026-03-31
entities:
  customer:
    table: customers.csv
    key: id
    attributes: {country: text, city: text, channel: {type: text, values: [web, store]}, signup: date, visits: int}
events:
  order:
    of: customer
    table: orders.csv
    key: id
    time: at
    fields:
      amount: decimal
      channel: text
      kind: {type: text, values: [sent, opened]}
      customer: {column: channel, type: text}
"""


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("shop")
    (root / "segdsl.yaml").write_text(MODEL)
    (root / "tier.seg").write_text(TIER)
    (root / "customers.csv").write_text(
        "id,country,city,channel,signup,visits\n1,DE,Bonn,web,2026-01-01,3\n2,FR,Nice,web,2025-01-01,1\n"
    )
    (root / "orders.csv").write_text(
        "id,at,amount,channel,kind\n1,2026-03-01,1200,web,sent\n2,2026-02-01,20,web,sent\n"
    )
    load(root).run(save=True)
    return root


@pytest.fixture(scope="module")
def editor(root: Path) -> Iterator[Editor]:
    editor = Editor(root)
    yield editor
    editor.close()


@pytest.fixture
def file(root: Path, editor: Editor) -> Iterator[Path]:
    yield root / "mine.seg"
    editor.shut(root / "mine.seg")


def test_mistakes_are_told_while_typing_and_are_gone_when_mended(editor: Editor, file: Path) -> None:
    editor.write(file, 'segment 𝒜 = country = "😀" and last_purchas < 90d\nsegment b = last_purchase < recent')
    (found,) = editor.findings(file)
    assert (found.code, found.severity) == ("SEG201", types.DiagnosticSeverity.Error)
    # columns count UTF-16: the letter and the face are two each
    assert (found.range.start.character, found.range.end.character) == (32, 44)
    editor.write(file, "segment b = last_purchase < recent")
    assert editor.findings(file) == []


def test_what_is_wrong_elsewhere_hides_no_warning_and_all_moves_with_the_text(editor: Editor, file: Path) -> None:
    text = "segment a = ordrs > 3\n\nsegment b = orders > 3 and orders > 2\nsegment c = a and orders > 3 and orders > 2"
    editor.write(file, text)
    # of `c` nothing can be said while `a` is wrong
    assert [(item.code, item.range.start.line) for item in editor.findings(file)] == [("SEG201", 0), ("SEG803", 2)]
    editor.write(file, f"segment new = orders > 1\n{text.replace('ordrs', 'orders')}")
    assert [(item.code, item.range.start.line) for item in editor.findings(file)] == [("SEG803", 3), ("SEG803", 4)]
    # an error below: what lint found in `b` stays
    editor.write(file, f"{text.replace('ordrs', 'orders')}.gold\nexpect a inside b\nexample in b: oder(1d ago)")
    found = [(item.code, item.range.start.line) for item in editor.findings(file)]
    assert ("SEG803", 2) in found
    assert [line for code, line in found if code != "SEG803"] == [3, 5]


def test_a_file_s_name_may_have_blanks_and_any_letters(editor: Editor, root: Path) -> None:
    file = root / "a b é.seg"
    for text in ("segment a = ordrs > 1", "segment a = ordrs > 1 "):  # told again of each version
        editor.write(file, text)
        assert [item.code for item in editor.findings(file)] == ["SEG201"]
        assert editor.told_of[file.as_uri()] == editor.versions[file.as_uri()]
    editor.shut(file)


def test_what_was_told_is_taken_back_where_the_model_is_gone(editor: Editor, root: Path) -> None:
    folder = root / "apart"
    folder.mkdir()
    file, model = folder / "a.seg", folder / "segdsl.yaml"
    model.write_text(MODEL)
    editor.write(file, "segment a = ordrs > 1")
    assert [item.code for item in editor.findings(file)] == ["SEG201"]
    model.unlink()
    editor.touched(model, types.FileChangeType.Deleted)
    assert editor.told_next(file) == []
    model.write_text(MODEL)
    editor.touched(model, types.FileChangeType.Created)
    assert [item.code for item in editor.told_next(file)] == ["SEG201"]
    editor.shut(file)
    shutil.rmtree(folder)


def test_one_broken_definition_hides_nothing_in_the_next(editor: Editor, file: Path) -> None:
    editor.write(file, "segment a = orders >\n\nsegment b = ordrs > 3")
    assert [item.code for item in editor.findings(file)][-1] == "SEG201"
    assert len(editor.findings(file)) == 2


def test_lint_is_told_and_mended_with_the_meaning_kept(editor: Editor, file: Path) -> None:
    text = '# segdsl: allow(SEG801)\nsegment abroad = country != "DE"'
    at = editor.write(file, text)
    codes = {item.code for item in editor.findings(file)}
    assert codes == {"SEG805", "SEG816"}
    whole = types.Range(types.Position(0, 0), types.Position(9, 0))
    params = types.CodeActionParams(at.text_document, whole, types.CodeActionContext([]))
    actions: Any = editor.run(editor.client.text_document_code_action_async(params))
    made = {item.title: applied(text, item.edit.changes[file.as_uri()]) for item in actions}
    assert made["Allow SEG805 here"].endswith('# segdsl: allow(SEG805)\nsegment abroad = country != "DE"')
    assert made["Remove this"] == 'segment abroad = country != "DE"'
    assert made["Mend all that keeps its meaning"] == made["Remove this"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("## About.\n## More.\n{}", "# segdsl: allow(SEG805)\n## About.\n## More.\n{}"),
        ('## About.\n@owner("x")\n{}', '## About.\n@owner("x")\n# segdsl: allow(SEG805)\n{}'),
        ('## About.\n@owner("x") {}', '# segdsl: allow(SEG805)\n## About.\n@owner("x") {}'),
        ("segmentation t {{\n  ## no description\n  a when visits > 1 and\n    {}\n}}", ""),
    ],
)
def test_allowing_a_finding_leaves_the_description(editor: Editor, file: Path, text: str, expected: str) -> None:
    rule = 'country != "DE"'
    definition = rule if not expected else f"segment abroad = {rule}"
    expected = expected or text.replace("    {}", "    # segdsl: allow(SEG805)\n    {}")
    text = text.format(definition)
    at = editor.write(file, text)
    assert [item.code for item in editor.findings(file)] == ["SEG805"]
    whole = types.Range(types.Position(0, 0), types.Position(9, 0))
    params = types.CodeActionParams(at.text_document, whole, types.CodeActionContext([]))
    actions: Any = editor.run(editor.client.text_document_code_action_async(params))
    (made,) = (applied(text, item.edit.changes[file.as_uri()]) for item in actions if item.title.startswith("Allow"))
    assert made == expected.format(definition)
    editor.write(file, made)
    assert editor.findings(file) == []


def test_a_fix_of_an_error_is_the_near_name(editor: Editor, file: Path) -> None:
    at = editor.write(file, "segment a = last_purchas < 90d")
    editor.findings(file)
    params = types.CodeActionParams(
        at.text_document, types.Range(types.Position(0, 13), types.Position(0, 13)), types.CodeActionContext([])
    )
    actions: Any = editor.run(editor.client.text_document_code_action_async(params))
    (action,) = actions
    assert (
        applied("segment a = last_purchas < 90d", action.edit.changes[file.as_uri()])
        == "segment a = last_purchase < 90d"
    )


@pytest.mark.parametrize(
    ("text", "first", "none"),
    [
        ("segment a = cou|", {"count", "country"}, set()),
        ("segment a = visits |", {"between", "in", "is"}, {"segment", "where", "then"}),
        ("segment a = count(|", {"order"}, {"country", "and"}),
        ("segment a = count(order |", {"within", "where", "since"}, {"then"}),
        ("segment a = count(order where |", {"amount", "at", "channel"}, {"country", "tier"}),
        ("segment a = count(order where customer.|", {"country", "total_spend"}, {"amount"}),
        ("segment a = sum(order.|", {"amount", "at"}, {"country"}),
        ("segment a = channel = |", {'"web"', '"store"'}, set()),
        ('segment a = channel = "|', {"web", "store"}, {"country"}),
        ('segment a = channel in ("web", |', {'"store"'}, set()),
        ("segment a = tier = |", {"gold", "silver"}, set()),
        ("segment a = tier.|", {"gold", "silver"}, {"country"}),
        ("segment a(minimum = 3) = orders > minimum\nsegment b = a(|", {"minimum:"}, set()),
        ("use |", {"rfm", "lifecycle"}, {"country", "commerce"}),
        ("segment a of |", {"customer"}, {"order"}),
        ("@|\nsegment a = newsletter", {"owner", "tags"}, {"country"}),
        ("seg|", {"segment", "segmentation"}, {"country"}),
        ("segment a = signup in |", {"this", "last", "next"}, set()),
        ("segment a = sequence(|", {"order"}, {"country"}),
        ("# a comment |", set(), {"country", "segment"}),
        ("use rfm(grid: |", {"shopify", "klaviyo"}, {"country", "orders", "count", "abs", "recent"}),
        ("use rfm(window: |", {"recent"}, {"country", "orders", "count", "shopify"}),
        ("use rfm(|", {"grid:", "window:"}, {"country", "orders"}),
        ("segment mine_ = |", {"country", "tier"}, {"mine_"}),
        ("segmentation mine_ {\n  a_ when |", {"country", "tier"}, {"mine_"}),
        ("example in |", {"tier"}, {"country", "recent", "last_purchase", "count"}),
        ("example in tier.|", {"gold", "silver"}, {"country"}),
        ("example in tier.gold: |", {"country", "order"}, {"tier", "last_purchase", "count", "recent"}),
        ("example in tier.gold: order(10d ago, |", {"channel:", "amount:"}, {"country", "count", "abs", "tier"}),
        ("example in tier.gold: order(|", {"recent"}, {"country", "count", "abs", "tier"}),
        ('example in tier.gold: channel = "|', {"web", "store"}, {"country"}),
        ("example in tier.gold: channel = |", {'"web"'}, {"country", "tier"}),
        ('example in tier.gold: order(3d ago, kind: "|', {"sent", "opened"}, {"web"}),
        ("example in tier.gold: order(3d ago, kind: |", {'"sent"'}, {"country", "tier", "abs"}),
        ('segment a = count(order where kind = "|', {"sent", "opened"}, {"web"}),
    ],
)
def test_what_fits_is_offered_in_an_unfinished_line(
    editor: Editor, file: Path, text: str, first: set[str], none: set[str]
) -> None:
    found = editor.completions(file, text)
    assert first <= set(found)
    assert not none & set(found)


def test_of_an_entity_is_offered_what_belongs_to_it(tmp_path: Path) -> None:
    model = default_model()
    (tmp_path / "segdsl.yaml").write_text(yaml.safe_dump(model, sort_keys=False))
    kept = "param few = 3\nsegment large of account = seats > 3\nsegment loyal = visits > 3\n"
    (tmp_path / "a.seg").write_text(kept)
    project = Project(tmp_path)

    def offered(text: str) -> set[str]:
        project.write("b.seg", text)
        index = project.index()
        assert index is not None
        return {item.label for item in complete(index, project.outcome, "b.seg", len(text)).items}

    for _ in range(2):  # before anything has been checked, and then
        found = offered("segment mine = account.")
        assert {"plan", "large"} <= found
        assert not {"few", "loyal", "mine", "country", "count"} & found
        assert {"few", "large"} <= (found := offered("segment mine of account = "))
        assert not {"loyal", "mine"} & found
        assert {"loyal", "few"} <= (found := offered("segment mine of account = count(customer where "))
        assert "large" not in found
        assert "large" not in (found := offered("segment mine = count(order where customer."))
        assert {"loyal", "country"} <= found
        # before a dot it is the entity, whatever has its name
        found = offered("use demographics as account\nsegment mine = account.")
        assert {"plan", "large"} <= found
        assert "generation" not in found
        snapshot = project.snapshot()
        assert snapshot is not None
        project.take(project.check(snapshot))


def test_names_whose_type_fits_come_first(editor: Editor, file: Path) -> None:
    editor.write(file, "segment a = visits > 1")
    assert editor.findings(file) == []
    found = editor.completions(file, "segment a = signup < |")
    assert found.index("recent") < found.index("country")
    assert found.index("last_purchase") < found.index("visits")


def _ask(editor: Editor, at: types.TextDocumentPositionParams, what: str, *args: object) -> Any:
    kinds = {"hover": types.HoverParams, "definition": types.DefinitionParams, "rename": types.RenameParams}
    if what == "references":
        params: Any = types.ReferenceParams(types.ReferenceContext(True), at.text_document, at.position)
    else:
        params = kinds[what](at.text_document, at.position, *args)
    return editor.run(getattr(editor.client, f"text_document_{what}_async")(params))


def test_hover_tells_the_type_the_description_and_the_last_count(editor: Editor, file: Path) -> None:
    at = editor.write(file, "segment a = signup < rec|ent and tier.gold")
    editor.findings(file)
    said = _ask(editor, at, "hover").contents.value
    assert "param: `duration`" in said
    assert "How long ago counts as lately." in said
    at = editor.write(file, "segment a = signup < recent and tier.go|ld")
    editor.findings(file)
    assert "1 member as of 2026-03-31" in _ask(editor, at, "hover").contents.value
    assert "count(event" in _ask(editor, editor.write(file, "segment a = cou|nt(order) > 1"), "hover").contents.value
    assert (
        "attribute of customer: `text`"
        in _ask(editor, editor.write(file, 'segment a = coun|try = "DE"'), "hover").contents.value
    )


def test_definitions_are_found_in_other_files_and_in_the_model(editor: Editor, root: Path, file: Path) -> None:
    (found,) = _ask(editor, editor.write(file, "segment a = tie|r = gold"), "definition")
    assert found.uri == (root / "tier.seg").as_uri()
    assert (found.range.start.line, found.range.start.character) == (0, 13)
    (found,) = _ask(editor, editor.write(file, "segment a = tier = gol|d"), "definition")
    assert found.range.start.line == 1
    (found,) = _ask(editor, editor.write(file, 'segment a = coun|try = "DE"'), "definition")
    assert found.uri == (root / "segdsl.yaml").as_uri()
    assert found.range.start.line == 6
    # though the event has a field `customer`
    (found,) = _ask(editor, editor.write(file, 'segment a = any(order where customer.coun|try = "DE")'), "definition")
    assert found.range.start.line == 6


def test_a_rename_goes_through_all_files_and_no_other_name(editor: Editor, root: Path, file: Path) -> None:
    text = "segment a(recent = 3) = visits > recent\nsegment b = signup < rec|ent\nexample in b: signup = 2026-03-30"
    at = editor.write(file, text)
    places = [(item.uri, item.range.start.line) for item in _ask(editor, at, "references")]
    assert places == [(file.as_uri(), 1), ((root / "tier.seg").as_uri(), 6)]
    changes = _ask(editor, at, "rename", "lately").changes
    assert applied(text.replace("|", ""), changes[file.as_uri()]).splitlines()[:2] == [
        "segment a(recent = 3) = visits > recent",
        "segment b = signup < lately",
    ]
    assert "param lately = 90d" in applied(TIER, changes[(root / "tier.seg").as_uri()])


def test_a_rename_looks_at_files_that_changed_unseen(editor: Editor, root: Path, file: Path) -> None:
    other = root / "other.seg"
    other.write_text("segment inner = loyal and visits > 3\n")
    at = editor.write(file, "segment loy|al = visits > 1")
    editor.findings(file)
    other.write_text("# a line from a pull\nsegment inner = loyal and visits > 3\n")
    places = [(item.uri, item.range.start.line) for item in _ask(editor, at, "references")]
    assert (other.as_uri(), 1) in places
    other.write_text("# two lines\n# from a pull\nsegment inner = loyal and visits > 3\n")
    changes = _ask(editor, at, "rename", "faithful").changes
    assert applied(other.read_text(), changes[other.as_uri()]).endswith("segment inner = faithful and visits > 3\n")
    other.write_bytes(b"segment inner = loyal \xff\n")
    with pytest.raises(JsonRpcException, match=r"other\.seg.*SEG640"):
        _ask(editor, at, "rename", "faithful")
    other.unlink()


@pytest.fixture(scope="module")
def able(root: Path) -> Iterator[Editor]:
    """An editor that watches files when asked to, and takes edits of versions."""
    workspace = types.WorkspaceClientCapabilities(
        workspace_edit=types.WorkspaceEditClientCapabilities(document_changes=True),
        did_change_watched_files=types.DidChangeWatchedFilesClientCapabilities(dynamic_registration=True),
    )
    editor = Editor(root, types.ClientCapabilities(workspace=workspace))
    yield editor
    editor.close()


def test_an_editor_that_watches_files_is_asked_to(able: Editor, editor: Editor, root: Path, file: Path) -> None:
    asked = able.registration()
    options: Any = asked.register_options
    assert asked.method == types.WORKSPACE_DID_CHANGE_WATCHED_FILES
    assert [item["globPattern"] for item in options["watchers"]] == ["**/*.seg", "**/segdsl.yaml"]
    editor.write(file, "segment a = visits > 1")
    editor.findings(file)
    assert not editor.registered  # that editor has not said that it can


def test_edits_are_of_the_versions_that_they_were_made_for(able: Editor, root: Path) -> None:
    file = root / "able.seg"
    able.write(file, "segment a = signup < recent")
    at = able.write(file, "segment b = signup < rec|ent")
    edit = _ask(able, at, "rename", "lately")
    assert edit.changes is None
    versions = {item.text_document.uri: item.text_document.version for item in edit.document_changes}
    assert versions == {file.as_uri(): 2, (root / "tier.seg").as_uri(): None}
    able.write(file, 'segment abroad = country != "DE"')
    able.findings(file)
    whole = types.Range(types.Position(0, 0), types.Position(9, 0))
    params = types.CodeActionParams(at.text_document, whole, types.CodeActionContext([]))
    actions: Any = able.run(able.client.text_document_code_action_async(params))
    (action,) = actions
    assert [item.text_document.version for item in action.edit.document_changes] == [3]
    able.shut(file)


def test_a_parameter_is_renamed_in_every_call(editor: Editor, file: Path) -> None:
    rule = "count(order where customer.s(far: 9d) > 1) + s(far: 1d)"
    text = f"trait s(far = 3d) = count(order within f|ar)\ntrait t = {rule}"
    changes = _ask(editor, editor.write(file, text), "rename", "reach").changes
    assert applied(text.replace("|", ""), changes[file.as_uri()]) == text.replace("|", "").replace("far", "reach")


def test_a_param_is_renamed_in_what_a_definition_needs(editor: Editor, file: Path) -> None:
    needs = "@needs(not shop_kind = store or shop_kind in (web))"
    text = f"param |shop_kind in (web, store) = web\n{needs}\nsegment a = orders > 1\n"
    at = editor.write(file, text)
    edit: Any = editor.run(
        editor.client.text_document_rename_async(types.RenameParams(at.text_document, at.position, "new_kind"))
    )
    renamed = applied(text.replace("|", ""), edit.changes[file.as_uri()])
    assert renamed == text.replace("|", "").replace("shop_kind", "new_kind")


def test_a_rename_goes_into_what_a_deprecation_names(editor: Editor, file: Path) -> None:
    notes = '@deprecated("old: use `regulars`, not fans")\n@title("regulars")\nsegment loyal = orders >= 3'
    text = f"segment fans = visits > 3\nsegment regul|ars = orders >= 3\n{notes}"
    at, plain = editor.write(file, text), text.replace("|", "")
    made = applied(plain, _ask(editor, at, "rename", "steady").changes[file.as_uri()])
    assert made == plain.replace("segment regulars", "segment steady").replace("`regulars`", "`steady`")
    made = applied(plain, _ask(editor, at, "rename", "my own").changes[file.as_uri()])
    assert made == plain.replace("segment regulars", "segment `my own`")  # no word of a note


LABELLED = """\
segmentation level among orders > 0 {
  |top   when total_spend >= 1_000 or city = "top"
  lower_ otherwise
}
segment a = level = top or level in (top, lower_) or level.top or level != "top"
segment b = level was top or level was "top" or entered(level.top) < 9d or (level as of 30d ago) = top
trait kept = level
segment c = kept = top and percentile(visits per level) > 50%
segment d = count(order where customer.level = top) > 1
segment top = visits > 1 and city != "top"
example in level.top: order(3d ago, amount: 2_000)
expect level.top inside a
expect level = top inside a
"""
RELABELLED = LABELLED.replace("|", "").replace("level.top", "level.best").replace("was top", "was best")
RELABELLED = RELABELLED.replace("  top ", "  best ").replace('was "top"', 'was "best"').replace("= top", "= best")
RELABELLED = RELABELLED.replace("(top", "(best").replace('level != "top"', 'level != "best"')


def test_a_label_is_renamed_wherever_it_is_compared(editor: Editor, file: Path) -> None:
    at = editor.write(file, LABELLED)
    assert not [item for item in editor.findings(file) if item.severity == types.DiagnosticSeverity.Error]
    changes = _ask(editor, at, "rename", "best").changes
    assert applied(LABELLED.replace("|", ""), changes[file.as_uri()]) == RELABELLED
    changes = _ask(editor, at, "rename", 'the "best"').changes
    renamed = applied(LABELLED.replace("|", ""), changes[file.as_uri()])
    assert 'level != "the \\"best\\""' in renamed
    assert 'level in (`the "best"`, lower_)' in renamed
    # in quotes it is found too
    at = editor.write(file, 'segment a = tier = "go|ld"')
    editor.findings(file)
    assert "label of `tier`" in _ask(editor, at, "hover").contents.value


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("segment a = tier = go|ld\nsegment b = ordrs > 1", "finds no error, and it finds: unknown name `ordrs`"),
        ("segment a = tier = go|ld\nsegment b = tier = city", "`b` compares labels of `tier` with texts of the data"),
        (
            "segment a = tier = go|ld\nsegment b = (case when visits > 1 then tier end) = gold",
            "not every place that speaks of the label is known",
        ),
        ("param p in (one_, two_) = one|_", "the words that the param `p` can be are set from outside too"),
        ("use lifecycle\nsegment a = lifecycle = act|ive", "`active` of `lifecycle` is not named by a definition"),
    ],
)
def test_a_label_of_which_not_all_is_known_is_not_renamed(editor: Editor, file: Path, text: str, why: str) -> None:
    at = editor.write(file, text)
    editor.findings(file)
    with pytest.raises(JsonRpcException, match=re.escape(why)):
        _ask(editor, at, "rename", "renamed_")


def test_a_name_that_a_metric_speaks_of_is_not_renamed(editor: Editor, root: Path, file: Path) -> None:
    folder = root / "metrics"
    folder.mkdir()
    (folder / "golden.sql.j2").write_text("-- tier.gold\n")
    at = editor.write(file, "segment a = tier = go|ld")
    editor.findings(file)
    with pytest.raises(JsonRpcException, match=r"`metrics/golden.sql.j2` speaks of `gold`"):
        _ask(editor, at, "rename", "renamed_")
    shutil.rmtree(folder)


def test_a_definition_is_found_behind_its_entity_too(tmp_path: Path) -> None:
    (tmp_path / "segdsl.yaml").write_text(yaml.safe_dump(default_model(), sort_keys=False))
    calls = "min(customer.s(far: 1d)) + sum(customer.s(2d)) + max(customer.s) + count(customer where s(far: 2d) > 1)"
    (tmp_path / "a.seg").write_text(f"trait s(far = 3d) = count(order within far)\ntrait x of account = {calls}")
    index = Project(tmp_path).index()
    assert index is not None
    assert len(list(mentions(index, Thing("definition", "s")))) == 5
    assert len(list(mentions(index, Thing("parameter", "far", "s")))) == 4
    # before a dot it is the entity, whatever has its name
    (tmp_path / "a.seg").write_text(
        "trait account = visits\ntrait s = account.seats + account.t\ntrait t of account = 1"
    )
    index = Project(tmp_path).index()
    assert index is not None
    assert len(list(mentions(index, Thing("definition", "account")))) == 1
    assert len(list(mentions(index, Thing("definition", "t")))) == 2


def test_a_name_in_backticks_stays_one_name(editor: Editor, file: Path) -> None:
    text = "param `p-x` = 3\nsegment p = visits > `p|-x` and tier.gold\nsegment q = p and orders < `p-x`"
    at = editor.write(file, text)
    assert editor.findings(file) == []
    assert len(_ask(editor, at, "references")) == 3
    made = applied(text.replace("|", ""), _ask(editor, at, "rename", "lowest").changes[file.as_uri()])
    assert made == "param lowest = 3\nsegment p = visits > lowest and tier.gold\nsegment q = p and orders < lowest"
    # and a plain name becomes one
    made = applied(
        text.replace("|", ""),
        _ask(
            editor, editor.write(file, text.replace("|", "").replace("segment p", "segment p|")), "rename", "a-b"
        ).changes[file.as_uri()],
    )
    assert made.splitlines()[1:] == [
        "segment `a-b` = visits > `p-x` and tier.gold",
        "segment q = `a-b` and orders < `p-x`",
    ]


@pytest.mark.parametrize("new", ["country", "gold", "orders", "order", "count", "a`b", "a.b", " a", ""])
def test_a_name_that_is_in_use_is_refused(editor: Editor, file: Path, new: str) -> None:
    at = editor.write(file, "segment mi|ne = tier = gold")
    with pytest.raises(JsonRpcException, match="SEG640"):
        _ask(editor, at, "rename", new)


def test_formatting_symbols_tokens_counts_and_lenses(editor: Editor, root: Path, file: Path) -> None:
    at = editor.write(file, "segment a=visits>3 # why")
    options = types.FormattingOptions(2, True)
    edits: Any = editor.run(
        editor.client.text_document_formatting_async(types.DocumentFormattingParams(at.text_document, options))
    )
    assert edits[0].new_text == "segment a = visits > 3  # why\n"
    asked = editor.write(root / "tier.seg", TIER).text_document
    editor.findings(root / "tier.seg")
    tree: Any = editor.run(editor.client.text_document_document_symbol_async(types.DocumentSymbolParams(asked)))
    assert [(item.name, [each.name for each in item.children]) for item in tree] == [
        ("tier", ["gold", "silver"]),
        ("recent", []),
    ]
    found: Any = editor.run(editor.client.workspace_symbol_async(types.WorkspaceSymbolParams("REC")))
    assert [item.name for item in found] == ["recent"]
    tokens: Any = editor.run(editor.client.text_document_semantic_tokens_full_async(types.SemanticTokensParams(asked)))
    provider = editor.capabilities.semantic_tokens_provider
    assert provider is not None
    legend = provider.legend.token_types
    assert [legend[kind] for kind in tokens.data[3::5]][:5] == ["keyword", "enum", "keyword", "variable", "operator"]
    everything = types.Range(types.Position(0, 0), types.Position(99, 0))
    hints: Any = editor.run(editor.client.text_document_inlay_hint_async(types.InlayHintParams(asked, everything)))
    assert [item.label for item in hints] == ["1 member", "1 member"]
    lenses: Any = editor.run(editor.client.text_document_code_lens_async(types.CodeLensParams(asked)))
    assert [item.command.title for item in lenses] == ["Run", "Explain", "SQL"]
    for lens, parts in zip(
        lenses, (("gold", "population"), ("hold it", "of 2 in the population"), ("SELECT", "-- ")), strict=True
    ):
        asked_ = types.ExecuteCommandParams(lens.command.command, lens.command.arguments)
        done: Any = editor.run(editor.client.workspace_execute_command_async(asked_))
        said = done["text"] if isinstance(done, dict) else done.text
        assert all(part in said for part in parts), said
    editor.shut(root / "tier.seg")


def test_an_unsaved_model_wins_over_the_file(editor: Editor, root: Path, file: Path) -> None:
    editor.write(file, 'segment a = size = "big"')
    assert [item.code for item in editor.findings(file)] == ["SEG201"]
    editor.published.clear()
    editor.write(root / "segdsl.yaml", MODEL.replace("country: text", "country: text, size: text"))
    assert editor.findings(file) == []
    assert editor.findings(root / "segdsl.yaml") == []
    editor.write(root / "segdsl.yaml", MODEL.replace("country: text", "country: txt"))
    assert [item.code for item in editor.findings(root / "segdsl.yaml")]
    editor.shut(root / "segdsl.yaml")


def test_without_pygls_the_command_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("segdsl.cli.lsp.find_spec", lambda _: None)
    result = CliRunner().invoke(segdsl, ["lsp"], prog_name="segdsl")
    assert result.exit_code == 1
    assert "SEG641" in result.output


def test_a_check_gives_way_while_a_message_is_answered() -> None:
    turns = Turns()
    order: list[str] = []

    def check() -> None:
        turns.give_way()
        order.append("check")

    thread = Thread(target=check)
    with turns:
        thread.start()
        thread.join(0.05)
        order.append("answer")
    thread.join()
    assert order == ["answer", "check"]


def test_a_check_can_give_way_at_every_definition(tmp_path: Path) -> None:
    (tmp_path / "segdsl.yaml").write_text(MODEL)
    (tmp_path / "all.seg").write_text("".join(f"segment s{n} = visits > {n}\n" for n in range(50)))
    project = Project(tmp_path)
    called: list[None] = []
    snapshot = project.snapshot()
    assert snapshot is not None
    project.check(snapshot, lambda: called.append(None))
    assert len(called) > 100  # once where it is checked, once where it is linted


@pytest.mark.parametrize("is_shut_down", [True, False])
def test_the_server_ends_as_the_protocol_has_it_and_writes_no_log_of_refusals(root: Path, is_shut_down: bool) -> None:
    at = {"textDocument": {"uri": (root / "tier.seg").as_uri()}, "position": {"line": 0, "character": 14}}
    asked: list[dict[str, Any]] = [
        {"id": 1, "method": "initialize", "params": {"processId": None, "rootUri": None, "capabilities": {}}},
        {"method": "initialized", "params": {}},
        {"id": 2, "method": "textDocument/rename", "params": {**at, "newName": "country"}},
        *([{"id": 3, "method": "shutdown"}] if is_shut_down else []),
        {"method": "exit"},
    ]
    bodies = [json.dumps({"jsonrpc": "2.0", **message}).encode() for message in asked]
    said = b"".join(b"Content-Length: %d\r\n\r\n%s" % (len(body), body) for body in bodies)
    command = [sys.executable, "-m", "segdsl", "lsp"]
    done = subprocess.run(command, input=said, capture_output=True, timeout=60, check=False)
    assert b"SEG640" in done.stdout
    assert (done.returncode, done.stderr.decode()) == (0 if is_shut_down else 1, "")
