"""Files that hold a catalog to being right: a workflow for GitHub Actions, hooks for pre-commit."""

from __future__ import annotations

from pathlib import Path

from segdsl.draft.write import scalar

WORKFLOW_FILE = ".github/workflows/segdsl.yaml"
HOOKS_FILE = ".pre-commit-config.yaml"

_WORKFLOW = """\
# Checks the segments at every push, and tells in the pull request what a change means.
name: segments
on:
  push: {branches: [main]}
  pull_request:
permissions:
  contents: read
  pull-requests: write
jobs:
  segments:
    runs-on: ubuntu-latest
    defaults:
      run: {working-directory: FOLDER}
    steps:
      - uses: actions/checkout@v5
        with: {fetch-depth: 0}    # the diff reads the version that the branch started from
      - uses: actions/setup-python@v6
        with: {python-version: "3.13"}
      - run: pip install 'segdsl[prove]'
      - run: segdsl fmt --check
      - run: segdsl check --format github
      - run: segdsl test
      - name: what changed
        if: github.event_name == 'pull_request'
        env:
          GH_TOKEN: ${{ github.token }}
          BASE: ${{ github.event.pull_request.base.sha }}
          NUMBER: ${{ github.event.pull_request.number }}
        run: |
          segdsl diff "$(git merge-base HEAD "$BASE")" --format markdown > "$RUNNER_TEMP/diff.md"
          cat "$RUNNER_TEMP/diff.md" >> "$GITHUB_STEP_SUMMARY"
          # a pull request from a fork may not write comments; the summary has it then
          gh pr comment "$NUMBER" --edit-last --create-if-none --body-file "$RUNNER_TEMP/diff.md" || true
"""
_HOOKS = """\
repos:
  - repo: local
    hooks:
"""
_COMMANDS = (("fmt", "fmt --check"), ("check", "check"), ("test", "test"), ("diff", "diff HEAD"))


def ci_files(catalog: Path, repository: Path) -> dict[str, str]:
    """The files by their paths in the repository."""
    folder = catalog.resolve().relative_to(repository.resolve()).as_posix()
    hooks = [_HOOKS]
    for name, command in _COMMANDS:
        hooks.append(f"      - id: segdsl-{name}\n        name: segdsl {command}\n")
        entry = f"segdsl -C {_quoted(folder)} {command}"
        hooks.append(f"        entry: {scalar(entry)}\n        language: system\n        pass_filenames: false\n")
        hooks.append("        verbose: true\n" if name == "diff" else "")
    return {WORKFLOW_FILE: _WORKFLOW.replace("FOLDER", scalar(folder)), HOOKS_FILE: "".join(hooks)}


def repository_of(folder: Path) -> Path:
    """The folder of the git repository that a folder is in; the folder itself where it is in none."""
    start = folder.resolve()
    return next((each for each in (start, *start.parents) if (each / ".git").exists()), start)


def _quoted(folder: str) -> str:
    from shlex import quote

    return quote(folder)
