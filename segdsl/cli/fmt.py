"""`segdsl fmt`: the one canonical print of `.seg` files."""

from __future__ import annotations

import difflib
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from segdsl.cli.options import catalog_option

if TYPE_CHECKING:
    from segdsl.diagnostics import Diagnostic

STDIN = "-"


@click.command("fmt")
@click.argument("paths", nargs=-1, type=click.Path(exists=True, allow_dash=True))
@click.option("--check", is_flag=True, help="Write nothing; end with 1 where a file would change.")
@click.option("--diff", is_flag=True, help="Write nothing; show what would change.")
@catalog_option
@click.pass_context
def command(ctx: click.Context, paths: tuple[str, ...], check: bool, diff: bool, folder: str) -> None:
    """Print .seg files the one canonical way, in place.

    PATHS are files and folders, `-` is stdin; left out, it is the whole catalog. Comments are kept.

    \b
    Example:
      segdsl fmt
      segdsl fmt --check --diff segments/value.seg
    """
    from segdsl.cli.findings import count

    run = _Run(check, diff)
    for path in _files(paths, folder):
        run.format(path)
    if not (len(paths) == 1 and paths[0] == STDIN):
        changed = f"{count(run.changed, 'file')} {'would be formatted' if check or diff else 'formatted'}"
        parts = [changed] if run.changed else []
        if run.same:
            parts.append(f"{count(run.same, 'file')} {'is' if run.same == 1 else 'are'} fine")
        if run.failed:
            parts.append(f"{count(run.failed, 'file')} with errors")
        click.echo(", ".join(parts) if run.changed or run.same or run.failed else "no .seg files", err=True)
    if run.broken:
        ctx.exit(2)
    ctx.exit(1 if run.failed or (check and run.changed) else 0)


class _Run:
    """Formats one file after the other, and counts."""

    def __init__(self, check: bool, diff: bool) -> None:
        self.check = check
        self.diff = diff
        self.changed = self.same = self.failed = 0
        self.broken = False

    def format(self, path: Path) -> None:
        from segdsl import problems
        from segdsl.diagnostics import Source
        from segdsl.syntax.formatter import FormatterError, format_source

        stdin = str(path) == STDIN
        shown = "<stdin>" if stdin else path.as_posix()
        try:
            before = sys.stdin.buffer.read() if stdin else path.read_bytes()
            text = before.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            return self._fail([problems.not_utf8(shown, error.start)])
        except OSError as error:
            return self._fail([problems.cannot_read(shown, error.strerror or "unknown reason")])
        # a file keeps its kind of line ends, that of its first line
        end = "\r\n" if text.partition("\n")[0].endswith("\r") else "\n"
        try:
            formatted = format_source(Source(shown, text.replace("\r\n", "\n")))
        except FormatterError as error:
            click.echo(str(error), err=True)
            self.broken = True
            return None
        if formatted.diagnostics:
            return self._fail(formatted.diagnostics)
        after = formatted.text.replace("\n", end).encode()
        if after == before:
            self.same += 1
        else:
            self.changed += 1
        if self.diff:
            self._show(text, formatted.text, shown)
        if stdin and not (self.check or self.diff):
            sys.stdout.buffer.write(after)
        elif after != before and not stdin:
            self._write(path, after)
        return None

    def _write(self, path: Path, content: bytes) -> None:
        from segdsl import problems
        from segdsl.cli.replace import replace_file

        if self.check or self.diff:
            if not self.diff:
                click.echo(f"would format {path.as_posix()}")
            return
        try:
            replace_file(path, content)
        except OSError as error:
            self.changed -= 1
            self._fail([problems.cannot_write(path.as_posix(), error.strerror or "unknown reason")])
        else:
            click.echo(f"formatted {path.as_posix()}")

    def _fail(self, diagnostics: list[Diagnostic] | tuple[Diagnostic, ...]) -> None:
        from segdsl.cli.findings import show_findings

        if self.failed:
            click.echo(err=True)
        self.failed += 1
        show_findings(diagnostics)

    def _show(self, before: str, after: str, shown: str) -> None:
        colours = {"+": "green", "-": "red", "@": "cyan"}
        lines = difflib.unified_diff(
            before.splitlines(), after.splitlines(), shown, f"{shown} (formatted)", lineterm=""
        )
        for line in lines:
            click.secho(line, fg=None if line.startswith(("+++", "---")) else colours.get(line[0]))


def _files(paths: tuple[str, ...], folder: str) -> list[Path]:
    """The files meant, each once, their paths as seen from the current folder."""
    from segdsl.catalog import find_root, no_root, seg_files
    from segdsl.diagnostics import Source

    if not paths:
        root = find_root(Path(folder).resolve())
        if root is None:
            from segdsl.api import SegdslError

            raise SegdslError([no_root(Path(folder).resolve())])
        here = Path.cwd()
        return [Path(Source("", "", path).seen_from(here)) for path in seg_files(root)]
    found: dict[Path, None] = {}
    for text in paths:
        path = Path(text)
        if text != STDIN and path.is_dir():
            found.update(dict.fromkeys(seg_files(path)))
        elif text == STDIN or path.suffix == ".seg":
            found[path] = None
        else:
            raise click.BadParameter(f"`{text}` is no .seg file", param_hint="PATHS")
    return list(found)
