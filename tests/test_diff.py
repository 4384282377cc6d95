"""Differences between versions: a real repository with a history of changes, each compared with the one before."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from segdsl import SegdslError, load
from segdsl.cli.changes_shown import MOST, as_markdown
from segdsl.cli.commands import segdsl

MODEL = """\
as_of: 2026-03-31
entities:
  customer: {table: customers.csv, key: id, attributes: {country: text, kids: int}}
events:
  order: {of: customer, table: orders.csv, key: id, time: at, fields: {amount: decimal}}
"""
FIRST = """\
param recent = 90d
## Buys.
segment loyal = orders >= 3 and last_purchase < recent
segment fans = loyal and kids >= 1
trait spend(window = 365d) = sum(order.amount within window)
segmentation tier among orders > 0 { gold when spend >= 100  rest otherwise }
"""
CUSTOMERS = "id,country,kids\n" + "".join(f"{n},DE,{n % 3}\n" for n in range(1, 9))
ORDERS = "id,at,amount\n" + "".join(
    f"{n},2026-0{month}-10,{n * 10}\n"
    for n in range(1, 9)
    for month in (1, 2, 3)
    for _ in range(n % 3 + 1)
    if n > month
)

# what is replaced by what, and what is told: kind, name, direction, through
HISTORY: tuple[tuple[str, str, str, list[tuple[str, str, str, tuple[str, ...]]]], ...] = (
    ("words and layout", "segment loyal = orders >= 3 and last_purchase < recent",
     "# who stays\nsegment loyal =\n  orders >= 3\n  and last_purchase < recent  # lately", []),
    ("a param's name", "recent", "lately", [("removed", "recent", "", ()), ("added", "lately", "", ())]),
    ("narrower", "orders >= 3", "orders >= 4",
     [("changed", "loyal", "narrower", ()), ("through", "fans", "narrower", ("loyal",))]),
    ("wider, by a param", "= 90d", "= 120d",
     [("changed", "lately", "", ()), ("through", "loyal", "wider", ("lately",)),
      ("through", "fans", "wider", ("loyal",))]),
    ("neither", "kids >= 1", "country = \"DE\"", [("changed", "fans", "unknown", ())]),
    ("said otherwise", "orders >= 4\n", "not orders < 4\n", [("changed", "loyal", "same", ()),
                                                            ("through", "fans", "same", ("loyal",))]),
    ("a label", "spend >= 100 ", "spend >= 50 ", [("changed", "tier", "unknown", ())]),
    ("a new name", "segment fans", "segment germans", [("renamed", "germans", "same", ())]),
    ("one more", "trait spend", "segment rich = spend >= 1_000\ntrait spend", [("added", "rich", "", ())]),
    ("one less", "segment rich = spend >= 1_000\n", "", [("removed", "rich", "", ())]),
)  # fmt: skip


def git(folder: Path, *args: str) -> str:
    """A real git, that knows nothing of who runs the tests."""
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"]
    done = subprocess.run(["git", *identity, *args], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository whose catalog lies in a folder of it."""
    folder = tmp_path / "segments"
    folder.mkdir()
    for name, text in (("segdsl.yaml", MODEL), ("customers.csv", CUSTOMERS), ("orders.csv", ORDERS)):
        (folder / name).write_text(text)
    (folder / "a.seg").write_text(FIRST)
    git(tmp_path, "init", "-q", "-b", "main")
    commit(tmp_path, "first")
    monkeypatch.chdir(folder)
    return tmp_path


def commit(folder: Path, message: str) -> None:
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", message)


def call(*args: str) -> Result:
    return CliRunner().invoke(segdsl, ["diff", *args], prog_name="segdsl")


def test_a_history_of_ten_changes_step_by_step(repository: Path) -> None:
    file = repository / "segments" / "a.seg"
    git(repository, "switch", "-q", "-c", "work")
    for message, old, new, told in HISTORY:
        text = file.read_text()
        assert old in text, message
        file.write_text(text.replace(old, new))
        before = git(repository, "status", "--porcelain")
        found = load().diff("HEAD")
        assert git(repository, "status", "--porcelain") == before
        assert [(item.kind, item.name, item.direction, item.through) for item in found.changes] == told, message
        commit(repository, message)
        assert load().diff("HEAD").changes == ()
        again = load().diff("HEAD~1")
        assert [(item.kind, item.name) for item in again.changes] == [(kind, name) for kind, name, _, _ in told]
    # all of it at once, against the last commit shared with the main branch
    whole = load().diff()
    assert whole.version == git(repository, "rev-parse", "main")
    assert {(item.kind, item.name) for item in whole.changes} == {
        ("removed", "recent"), ("added", "lately"), ("changed", "loyal"), ("changed", "tier"),
        ("removed", "fans"), ("added", "germans"),
    }  # fmt: skip


def test_a_param_of_a_library_is_what_its_definitions_changed_through(repository: Path) -> None:
    file = repository / "segments" / "a.seg"
    file.write_text(f"use rfm\n{FIRST}")
    commit(repository, "a library")
    file.write_text(f"use rfm(scale: 4)\n{FIRST}")
    found = {item.name: item for item in load().diff("HEAD").changes}
    scale = found.pop("rfm.scale")
    assert (scale.kind, scale.word, scale.before, scale.after) == (
        "changed", "param", "param scale = 5", "use rfm(scale: 4)",
    )  # fmt: skip
    assert found
    assert all(item.kind == "through" for item in found.values())
    assert found["rfm.recency"].through[:1] == ("rfm.scale",)
    lines = call("HEAD").output.splitlines()
    assert lines[:3] == ["~ param rfm.scale", "    - param scale = 5", "    + use rfm(scale: 4)"]
    commit(repository, "four")
    file.write_text(f"param parts = 3\nuse rfm(scale: parts)\n{FIRST}")
    scale = {item.name: item for item in load().diff("HEAD").changes}["rfm.scale"]
    assert (scale.before, scale.after) == ("use rfm(scale: 4)", "use rfm(scale: parts)")
    commit(repository, "a param of its own")
    file.write_text(f"param parts = 6\nuse rfm(scale: parts)\n{FIRST}")
    found = {item.name: item for item in load().diff("HEAD").changes}
    assert (found["parts"].kind, found["rfm.scale"].kind, found["rfm.scale"].through) == (
        "changed", "through", ("parts",),
    )  # fmt: skip
    commit(repository, "six")
    file.write_text(f"param parts = 6\nuse rfm(grid: shopify, scale: parts)\n{FIRST}")
    found = {item.name: item for item in load().diff("HEAD").changes}
    assert found["rfm.grid"].after == "use rfm(grid: shopify, scale: parts)"
    assert "rfm.scale" not in found


def test_members_and_metrics_before_and_after(repository: Path) -> None:
    file = repository / "segments" / "a.seg"
    file.write_text(
        FIRST.replace("orders >= 3", "orders >= 6").replace("segment fans", "segment parents").replace("100", "50")
    )
    before = set(load().run(["loyal"]).members["id"].to_pylist())
    found = load().diff("HEAD", members=True, metrics=["size"])
    moves = {each.segment: each for each in found.members}
    git(repository, "stash", "-q")
    then = set(load().run(["loyal"]).members["id"].to_pylist())
    git(repository, "stash", "pop", "-q")
    assert (moves["loyal"].kept, moves["loyal"].gained, moves["loyal"].lost) == (
        len(then & before), len(before - then), len(then - before),
    )  # fmt: skip
    assert moves["loyal"].lost > 0
    assert moves["tier.gold"].gained > 0
    sizes = {(each.segment, each.is_after): each.text for each in found.metrics}
    assert ("loyal", False) in sizes
    assert ("loyal", True) in sizes


HEAD = "---\ntitle: Mine\nunit: count\nany_size: true\n{more}---\n"


def metric(repository: Path, body: str, more: str = "") -> None:
    file = repository / "segments" / "metrics" / "mine.sql.j2"
    file.parent.mkdir(exist_ok=True)
    file.write_text(HEAD.format(more=more) + body + "\n")


def test_a_version_is_measured_by_its_own_metrics(repository: Path) -> None:
    metric(repository, "count(*)")
    commit(repository, "a metric")
    metric(repository, "1000 + count(*)")
    (repository / "segments" / "a.seg").write_text(FIRST.replace("orders >= 3", "orders >= 4"))
    found = load().diff("HEAD", metrics=["mine", "size"])
    told = {(each.segment, each.metric, each.is_after): float(each.text.replace(",", "")) for each in found.metrics}
    assert told["loyal", "mine", False] == told["loyal", "size", False]
    assert told["loyal", "mine", True] == 1000 + told["loyal", "size", True]
    assert found.notes == ()
    (repository / "segments" / "metrics" / "mine.sql.j2").unlink()
    gone = load().diff("HEAD", metrics=["mine"])
    assert {each.is_after for each in gone.metrics} == {False}
    assert gone.notes == ("mine cannot be measured now: unknown metric `mine` (SEG624)",)
    with pytest.raises(SegdslError, match="unknown metric `yours`"):
        load().diff("HEAD", metrics=["yours"])
    metric(repository, 'avg({{ rule("nothing") }})')  # what is wrong now is an error
    with pytest.raises(SegdslError, match="unknown name `nothing`"):
        load().diff("HEAD", metrics=["mine"])


@pytest.mark.parametrize("lacks", ["metric", "definition", "event", "good head"])
def test_what_the_version_before_lacks_for_a_metric_is_said(repository: Path, lacks: str) -> None:
    folder = repository / "segments"
    metric(repository, 'avg({{ rule("kids") }})')
    reason = "unknown metric `mine` (SEG624)"
    if lacks == "definition":
        metric(repository, 'avg({{ rule("fresh") }})')
        reason = "unknown name `fresh` (SEG201)"
    elif lacks == "event":
        metric(repository, 'sum({{ rule("count(visit)") }})', "needs: [visit]\n")
        reason = "metric `mine` needs the event `visit`, which `customer` has not (SEG625)"
    elif lacks == "good head":
        (folder / "metrics" / "mine.sql.j2").write_text("count(*)")
        reason = "the metric has no head (SEG618)"
    if lacks != "metric":
        commit(repository, "a metric too early")
    if lacks == "good head":
        metric(repository, "count(*)")
    (folder / "visits.csv").write_text("id,at\n1,2026-03-01\n")
    (folder / "segdsl.yaml").write_text(f"{MODEL}  visit: {{of: customer, table: visits.csv, key: id, time: at}}\n")
    (folder / "a.seg").write_text(f"{FIRST.replace('orders >= 3', 'orders >= 4')}trait fresh = kids + 1\n")
    version = git(repository, "rev-parse", "HEAD")
    found = load().diff("HEAD", metrics=["mine", "size"])
    told = {(each.segment, each.metric, each.is_after) for each in found.metrics}
    assert ("loyal", "mine", False) not in told
    assert {("loyal", "mine", True), ("loyal", "size", True)} <= told
    # where one template is wrong there was no metric at all
    assert (("loyal", "size", False) in told) == (lacks != "good head")
    note = f"mine cannot be measured at {version[:10]}: {reason}"
    assert found.notes[0] == note
    assert len(found.notes) == (2 if lacks == "good head" else 1)
    words = ("HEAD", "--metric", "mine")
    assert "mine: – → " in call(*words).output
    assert note in call(*words).output.splitlines()
    assert note in call(*words, "--format", "markdown").output.splitlines()
    assert json.loads(call(*words, "--format", "json").output)["notes"] == [note]


def test_a_label_that_is_taken_out_has_no_members_any_more(repository: Path) -> None:
    file = repository / "segments" / "a.seg"
    labels = FIRST.replace("rest otherwise", "some when spend >= 50")
    file.write_text(labels)
    commit(repository, "a label by a rule")
    file.write_text(labels.replace("  some when spend >= 50", ""))
    (found,) = load().diff("HEAD").changes
    assert (found.name, found.direction, found.labels) == ("tier", "unknown", (("some", "narrower"),))
    assert "some: narrower" in call("HEAD").output


def test_labels_of_a_renamed_segmentation_are_measured_by_their_new_names(repository: Path) -> None:
    file = repository / "segments" / "a.seg"
    file.write_text(FIRST.replace("segmentation tier", "segmentation level"))
    found = load().diff("HEAD", members=True, metrics=["size"])
    assert [(item.kind, item.name) for item in found.changes] == [("renamed", "level")]
    sizes = {(each.segment, each.is_after): each.text for each in found.metrics}
    gold = {each.segment: each for each in found.members}["level.gold"]
    assert sizes[("level.gold", False)] == str(gold.before)
    assert sizes[("level.gold", True)] == str(gold.after)
    assert {segment for segment, _ in sizes} == {"level.gold", "level.rest"}


def test_the_same_keys_of_two_entities_are_not_the_same_members(repository: Path) -> None:
    folder = repository / "segments"
    (folder / "segdsl.yaml").write_text(
        MODEL.replace("events:", "  account: {table: accounts.csv, key: id, attributes: {plan: text}}\nevents:")
    )
    (folder / "accounts.csv").write_text("id,plan\n1,pro\n2,pro\n3,free\n")
    file = folder / "a.seg"
    file.write_text("segment big = kids = 1\nsegmentation half { one when kids = 1  rest otherwise }\n")
    commit(repository, "of customers")
    file.write_text(
        'segment big of account = plan = "pro"\n'
        'segmentation half of account { one when plan = "pro"  rest otherwise }\n'
    )
    found = {each.segment: each for each in load().diff("HEAD", members=True).members}
    # customers 1, 4, 7 of eight; accounts 1 and 2 of three
    assert {name: (each.kept, each.gained, each.lost) for name, each in found.items()} == {
        "big": (0, 2, 3),
        "half.one": (0, 2, 3),
        "half.rest": (0, 1, 5),
    }


def test_the_command(repository: Path) -> None:
    assert call("HEAD").output.startswith("no meaning changed since ")
    assert call("HEAD", "--exit-code").exit_code == 0
    file = repository / "segments" / "a.seg"
    file.write_text(FIRST.replace("orders >= 3", "orders >= 4"))
    assert call("HEAD", "--exit-code").exit_code == 1
    version = git(repository, "rev-parse", "HEAD")[:10]
    shown = call("HEAD", "--data")
    assert shown.exit_code == 0
    lines = shown.output.splitlines()
    assert lines[:3] == [
        "~ segment loyal: narrower: nobody new can get in",
        "    - segment loyal = orders >= 3 and last_purchase < recent",
        "    + segment loyal = orders >= 4 and last_purchase < recent",
    ]
    assert lines[3].endswith(" lost")
    assert lines[4] == "  ~ segment fans: narrower: nobody new can get in"
    assert lines[-1] == f"1 changed, 1 changed through others since {version}"
    comment = call("HEAD", "--data", "--format", "markdown").output
    assert comment.startswith(f"**Segments:** 1 changed, 1 changed through others since `{version}`.\n\n| definition |")
    assert "| `fans` | through `loyal` | narrower |" in comment
    assert "```diff\n- segment loyal = orders >= 3" in comment
    values = json.loads(call("HEAD", "--format", "json").output)
    assert [item["name"] for item in values["changes"]] == ["loyal", "fans"]


def test_a_comment_is_no_longer_than_github_takes(repository: Path) -> None:
    assert MOST < 65_536
    file = repository / "segments" / "a.seg"
    many = [f"segment reads_{number} = loyal and kids >= {number}" for number in range(60)]
    long = [f'segment long_{number} = orders >= 4 and country != "{"x" * 800}"' for number in range(10)]
    file.write_text("\n".join([FIRST, *many]))
    commit(repository, "many")
    file.write_text("\n".join([FIRST.replace("orders >= 3", "orders >= 4"), *many, *long]))
    found = load().diff("HEAD")
    assert call("HEAD", "--format", "markdown").output == as_markdown(found) + "\n"
    assert "Left out" not in as_markdown(found)
    for most in (6_000, 2_500):
        comment = as_markdown(found, most)
        assert most - 1_000 < len(comment) <= most
        lines = comment.splitlines()
        rows = [line.split("`")[1] for line in lines if line.startswith("| `")]
        texts = sum(line.startswith("<details>") for line in lines)
        said = [f"{72 - len(rows)} rows of the table"] * (len(rows) < 72) + [f"{11 - texts} texts"]
        told = f"Left out, as a comment has not the room for them: {', '.join(said)}. `segdsl diff` shows all."
        assert told in lines
        # what changed in itself is there before all that changed through it
        assert {"loyal", *(f"long_{number}" for number in range(10))} <= set(rows)
        assert (len(rows) < 72) == (most == 2_500)


def told(ref: str | None = None) -> str:
    with pytest.raises(SegdslError) as caught:
        load().diff(ref)
    return caught.value.diagnostics[0].render()


def test_what_git_does_not_have(repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "SEG652" in told("nothing")
    assert "SEG652" in told("--output=x")
    commit(tmp_path, "nothing") if git(repository, "status", "--porcelain") else None
    (repository / "segments" / "b.seg").write_text("segment other = orders > 1\n")
    commit(repository, "second")
    shallow = tmp_path / "shallow"
    git(tmp_path, "clone", "-q", "--depth", "1", f"file://{repository}", str(shallow))
    monkeypatch.chdir(shallow / "segments")
    assert "fetch-depth: 0" in told("HEAD~1")
    monkeypatch.chdir(repository / "segments")
    git(repository, "checkout", "-q", "--orphan", "apart")
    commit(repository, "a beginning of its own")
    assert "SEG653" in told()
    git(repository, "checkout", "-q", "main")
    git(repository, "branch", "-q", "-m", "main", "trunk")
    monkeypatch.chdir(repository / "segments")
    assert "SEG654" in told()
    (repository / "segments" / "a.seg").write_text("segment loyal = ")
    commit(repository, "broken")
    (repository / "segments" / "a.seg").write_text(FIRST)
    assert "SEG658" in told("HEAD")
    other = tmp_path / "elsewhere"
    other.mkdir()
    (other / "segdsl.yaml").write_text(MODEL)
    git(repository, "mv", "segments", "moved")
    monkeypatch.chdir(repository / "moved")
    assert "SEG657" in told("HEAD")
    assert "there was one in `segments`, which has none now" in told("HEAD")


def test_outside_of_a_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "segdsl.yaml").write_text(MODEL)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert "SEG655" in told()
    monkeypatch.setenv("PATH", "")
    assert "SEG656" in told()


# ---------------------------------------------------------------- CI


def test_the_files_for_ci_run(repository: Path) -> None:
    made = CliRunner().invoke(segdsl, ["init", ".", "--ci"], prog_name="segdsl")
    assert made.exit_code == 0, made.output
    workflow = yaml.safe_load((repository / ".github/workflows/segdsl.yaml").read_text())
    job = workflow["jobs"]["segments"]
    assert job["defaults"]["run"]["working-directory"] == "segments"
    runs = [step["run"] for step in job["steps"] if step.get("run", "").startswith("segdsl ")]
    hooks = yaml.safe_load((repository / ".pre-commit-config.yaml").read_text())["repos"][0]["hooks"]
    assert [hook["id"] for hook in hooks] == ["segdsl-fmt", "segdsl-check", "segdsl-test", "segdsl-diff"]
    CliRunner().invoke(segdsl, ["fmt"])
    for line in runs:
        if "\n" not in line:
            result = CliRunner().invoke(segdsl, shlex.split(line)[1:])
            assert result.exit_code == 0, (line, result.output)
    os.chdir(repository)
    for hook in hooks:
        result = CliRunner().invoke(segdsl, shlex.split(hook["entry"])[1:])
        assert result.exit_code == 0, (hook, result.output)
    # what is there is not written over
    assert "SEG" in CliRunner().invoke(segdsl, ["init", "segments", "--ci"]).output


@pytest.mark.parametrize("is_first", [True, False])
def test_all_is_new_where_there_was_no_catalog_yet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_first: bool
) -> None:
    """Before the first commit, and on a branch that brings it into a repository that has others: the hooks and the
    workflow take what brings them."""
    git(tmp_path, "init", "-q", "-b", "main")
    folder = tmp_path / "segments"
    if not is_first:
        for name in ("readme", "others/segdsl.yaml"):
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_text(MODEL)
        commit(tmp_path, "something else")
        git(tmp_path, "checkout", "-q", "-b", "segments")
    folder.mkdir()
    for name, text in (("segdsl.yaml", MODEL), ("customers.csv", CUSTOMERS), ("orders.csv", ORDERS)):
        (folder / name).write_text(text)
    (folder / "a.seg").write_text(FIRST)
    monkeypatch.chdir(folder)
    for given in ([], ["HEAD"], ["HEAD", "--data", "--set", "recent=30d", "--metric", "arpu"]):
        done = CliRunner().invoke(segdsl, ["diff", *given], prog_name="segdsl")
        assert done.exit_code == 0, done.output
        assert "+ segment loyal: added" in done.output
        assert ("there is no commit yet" if is_first else "there was no catalog here yet") in done.output
    done = CliRunner().invoke(segdsl, ["diff", "HEAD", "--format", "markdown"], prog_name="segdsl")
    assert "all of it is new" in done.output
    assert "SEG652" in told("HEAD~1")
    if not is_first:
        commit(tmp_path, "the segments")
        found = load().diff()
        assert {item.kind for item in found.changes} == {"added"}
        assert [item.name for item in found.changes][:2] == ["recent", "loyal"]


def test_a_new_catalog_with_ci(tmp_path: Path) -> None:
    result = CliRunner().invoke(segdsl, ["init", str(tmp_path / "shop"), "--ci"])
    assert result.exit_code == 0, result.output
    assert (tmp_path / "shop" / ".github" / "workflows" / "segdsl.yaml").is_file()
    assert load(tmp_path / "shop").check() == []
