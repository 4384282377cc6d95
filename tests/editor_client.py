"""An editor, as far as the protocol goes: a client that starts `segdsl lsp` and asks it over stdin and stdout."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TypeVar

from lsprotocol import types
from pygls.lsp.client import LanguageClient

T = TypeVar("T")


class Editor:
    """Keeps texts open and counts their versions; a place is written as a `|` in the text."""

    def __init__(self, root: Path, capabilities: types.ClientCapabilities | None = None) -> None:
        self.loop = asyncio.new_event_loop()
        self.client = LanguageClient("test", "1")
        self.published: dict[str, list[types.Diagnostic]] = {}
        self.told_of: dict[str, int | None] = {}  # the version that was told of last
        self.news = asyncio.Event()
        self.is_checked = False
        self.versions: dict[str, int] = {}
        self.messages: list[str] = []
        self.registered: list[types.Registration] = []

        @self.client.feature(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)  # type: ignore[untyped-decorator]
        def _published(params: types.PublishDiagnosticsParams) -> None:
            if params.version not in (None, self.versions.get(params.uri)):
                return  # about a text that is no more
            self.told_of[params.uri] = params.version
            self.published[params.uri] = list(params.diagnostics)
            self.news.set()

        @self.client.feature("$/segdsl/checked")  # type: ignore[untyped-decorator]
        def _checked(_: Any) -> None:
            self.is_checked = True
            self.news.set()

        @self.client.feature(types.WINDOW_SHOW_MESSAGE)  # type: ignore[untyped-decorator]
        def _said(params: types.ShowMessageParams) -> None:
            self.messages.append(params.message)

        @self.client.feature(types.CLIENT_REGISTER_CAPABILITY)  # type: ignore[untyped-decorator]
        def _registers(params: types.RegistrationParams) -> None:
            self.registered.extend(params.registrations)
            self.news.set()

        self.run(self.client.start_io(sys.executable, "-m", "segdsl", "lsp"))
        asked = types.InitializeParams(capabilities or types.ClientCapabilities(), root_uri=root.as_uri())
        self.capabilities: types.ServerCapabilities = self.run(self.client.initialize_async(asked)).capabilities
        self.client.initialized(types.InitializedParams())

    def run(self, question: Coroutine[Any, Any, T] | Any) -> T:
        return self.loop.run_until_complete(asyncio.wait_for(question, 60))  # type: ignore[no-any-return]

    def close(self) -> None:
        self.run(self.client.shutdown_async(None))
        self.client.exit(None)
        self.run(self.client.stop())  # type: ignore[no-untyped-call]
        self.loop.close()

    def write(self, file: Path, text: str) -> types.TextDocumentPositionParams:
        """Puts a text into a file's window, without saving it; gives the place of the `|` in it."""
        before, _, after = text.partition("|")
        uri, whole = file.as_uri(), before + after
        self.published.pop(uri, None)
        self.is_checked = False
        self.versions[uri] = self.versions.get(uri, 0) + 1
        if self.versions[uri] == 1:
            item = types.TextDocumentItem(uri, "segdsl", 1, whole)
            self.client.text_document_did_open(types.DidOpenTextDocumentParams(item))
        else:
            change = types.TextDocumentContentChangeWholeDocument(whole)
            which = types.VersionedTextDocumentIdentifier(self.versions[uri], uri)
            self.client.text_document_did_change(types.DidChangeTextDocumentParams(which, [change]))
        line, _, last = before.rpartition("\n")
        column = len(last.encode("utf-16-le")) // 2
        at = types.Position(line.count("\n") + bool("\n" in before), column)
        return types.TextDocumentPositionParams(types.TextDocumentIdentifier(uri), at)

    def shut(self, file: Path) -> None:
        uri = file.as_uri()
        self.versions.pop(uri, None)
        self.client.text_document_did_close(types.DidCloseTextDocumentParams(types.TextDocumentIdentifier(uri)))

    def touched(self, file: Path, how: types.FileChangeType) -> None:
        """Says that a file was made, written or taken away."""
        self.published.clear()
        event = types.FileEvent(file.as_uri(), how)
        self.client.workspace_did_change_watched_files(types.DidChangeWatchedFilesParams([event]))

    def registration(self) -> types.Registration:
        """What the server asks to be told of, once it has."""

        async def wait() -> types.Registration:
            while not self.registered:
                self.news.clear()
                await self.news.wait()
            return self.registered[0]

        return self.run(wait())

    def told_next(self, file: Path) -> list[types.Diagnostic]:
        """What is told of a file next, be it checked or not."""

        async def wait() -> list[types.Diagnostic]:
            while file.as_uri() not in self.published:
                self.news.clear()
                await self.news.wait()
            return self.published[file.as_uri()]

        return self.run(wait())

    def findings(self, file: Path) -> list[types.Diagnostic]:
        """What is wrong with a file's text of now."""

        async def wait() -> list[types.Diagnostic]:
            while file.as_uri() not in self.published or not self.is_checked:
                self.news.clear()
                await self.news.wait()
            return self.published[file.as_uri()]

        return self.run(wait())

    def completions(self, file: Path, text: str) -> list[str]:
        """The labels that are offered, best first."""
        at = self.write(file, text)
        params = types.CompletionParams(at.text_document, at.position)
        found: Any = self.run(self.client.text_document_completion_async(params))
        return [
            item.label for item in sorted(found.items if found else [], key=lambda item: item.sort_text or item.label)
        ]


def applied(text: str, edits: list[types.TextEdit]) -> str:
    """A text with an editor's edits made."""
    lines = text.split("\n")

    def offset(at: types.Position) -> int:
        line = lines[at.line] if at.line < len(lines) else ""
        units = line.encode("utf-16-le")[: at.character * 2].decode("utf-16-le")
        return sum(len(each) + 1 for each in lines[: at.line]) + len(units)

    for edit in sorted(edits, key=lambda edit: (edit.range.start.line, edit.range.start.character), reverse=True):
        text = text[: offset(edit.range.start)] + edit.new_text + text[offset(edit.range.end) :]
    return text
