"""Findings as an editor shows them, and what can be done about them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeAlias

from lsprotocol import types
from pygls import uris

from segdsl.diagnostics import Diagnostic, Fix, Span
from segdsl.editor.positions import position, range_of
from segdsl.editor.project import Project
from segdsl.syntax.scanner import cut, description_lines

# the version of a text by its address, None for one that is not open
Versions: TypeAlias = Callable[[str], int | None]


def uri_of(project: Project, path: str) -> str:
    return str(uris.from_fs_path(str(project.root / path)))


def shown(project: Project, item: Diagnostic) -> types.Diagnostic:
    """A finding in the protocol's form: the sentence with its help, the code, further places."""
    span = item.span
    assert span is not None
    related = [
        types.DiagnosticRelatedInformation(
            types.Location(uri_of(project, label.span.source.path), range_of(label.span)), label.message
        )
        for label in item.labels
        if project.source(label.span.source.path) is not None
    ]
    severity = types.DiagnosticSeverity.Error if item.is_error else types.DiagnosticSeverity.Warning
    message = f"{item.message}\n{item.help}" if item.help else item.message
    return types.Diagnostic(
        range_of(span), message, severity, item.code, source="segdsl", related_information=related or None
    )


def actions(
    project: Project, path: str, first: int, last: int, versions: Versions | None = None
) -> Iterator[types.CodeAction]:
    """What mends the findings between two offsets: of errors the fix, of warnings one that changes no meaning."""
    outcome = project.outcome
    for item in outcome.diagnostics:
        span = item.span
        if span is None or span.source.path != path or span.end < first or span.start > last:
            continue
        source = project.source(path)
        if source is None or source.text != span.source.text:
            continue  # of a text that is no more
        found = [shown(project, item)]
        fix = item.fix
        if fix is not None and (item.is_error or item in outcome.mended):
            title = f"Replace by `{fix.replacement}`" if fix.replacement else "Remove this"
            yield types.CodeAction(
                title, types.CodeActionKind.QuickFix, found, True, edit=edit_of(project, [fix], versions)
            )
        if not item.is_error:
            yield types.CodeAction(
                f"Allow {item.code} here",
                types.CodeActionKind.QuickFix,
                found,
                edit=edit_of(project, [_allow(item, span)], versions),
            )
    fixes = [item.fix for item in outcome.mended if item.fix is not None and item.fix.span.source.path == path]
    now = project.source(path)
    if fixes and now is not None and now.text == fixes[0].span.source.text:
        kind = types.CodeActionKind.SourceFixAll
        yield types.CodeAction("Mend all that keeps its meaning", kind, edit=edit_of(project, fixes, versions))


def _allow(item: Diagnostic, span: Span) -> Fix:
    """A comment above the line of a finding that says that it is meant; above the description where a definition starts
    in that line, as `##` describes what is directly below."""
    source, number = span.source, span.line
    line = source.line(number)
    indent = line[: len(line) - len(line.lstrip())]
    begins = next((chunk.start for chunk in cut(source)[0] if source.position(chunk.start)[0] == number), None)
    start = source.line_starts[number - 1 - (0 if begins is None else len(description_lines(source, begins)))]
    return Fix(Span(source, start, start), f"{indent}# segdsl: allow({item.code})\n")


def edit_of(project: Project, fixes: list[Fix], versions: Versions | None = None) -> types.WorkspaceEdit:
    """Changes of files; of the very `versions` that they were made for, where the editor can tell."""
    changes: dict[str, list[types.TextEdit]] = {}
    for fix in fixes:
        edit = types.TextEdit(range_of(fix.span), fix.replacement)
        changes.setdefault(uri_of(project, fix.span.source.path), []).append(edit)
    if versions is None:
        return types.WorkspaceEdit(changes=changes)
    return types.WorkspaceEdit(
        document_changes=[
            types.TextDocumentEdit(types.OptionalVersionedTextDocumentIdentifier(uri, versions(uri)), edits)
            for uri, edits in changes.items()
        ]
    )


__all__ = ["Versions", "actions", "edit_of", "position", "shown", "uri_of"]
