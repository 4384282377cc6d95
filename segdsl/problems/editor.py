"""What an editor's server can have to say beside what is wrong with the catalog."""

from __future__ import annotations

from segdsl.diagnostics import Diagnostic


def not_renamed(why: str) -> Diagnostic:
    help = "another name; a shown name is changed in the model's or the library's own file"
    return Diagnostic("SEG640", f"this is not renamed: {why}", None, help)


def editor_missing() -> Diagnostic:
    return Diagnostic(
        "SEG641", "the editor's server needs pygls, which is not installed", None, "`pip install 'segdsl[lsp]'`"
    )
