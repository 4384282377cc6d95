"""The server: the protocol on one side, catalogs that are being written on the other."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

from lsprotocol import types
from pygls import uris
from pygls.exceptions import JsonRpcException
from pygls.lsp.server import LanguageServer

from segdsl import __version__, problems
from segdsl.catalog import MODEL_FILE, find_root
from segdsl.diagnostics import Diagnostic
from segdsl.editor import outline
from segdsl.editor.actions import Versions, actions, edit_of, shown, uri_of
from segdsl.editor.complete import complete
from segdsl.editor.hover import hover
from segdsl.editor.marks import Mark
from segdsl.editor.positions import offset, position, range_of
from segdsl.editor.project import Project
from segdsl.editor.rename import can_be_renamed, in_metrics, mark_at, mentions, renamed, why_no_label, why_not
from segdsl.editor.turns import Protocol
from segdsl.syntax.formatter import FormatterError, format_parsed

PAUSE = 0.01  # seconds without a keystroke before everything is checked
CHECKED = "$/segdsl/checked"  # told after each check of everything; editors that do not know it let it pass
WATCHED = ("**/*.seg", f"**/{MODEL_FILE}")
COMMANDS = {"segdsl.run": ["run"], "segdsl.explain": ["explain"], "segdsl.sql": ["compile"]}
_Place = types.TextDocumentPositionParams


class Refused(JsonRpcException):
    """What is asked for cannot be; the editor shows why."""


class Server(LanguageServer):
    """The projects that an editor has open, and one thread that checks them."""

    protocol: Protocol

    def __init__(self) -> None:
        super().__init__("segdsl", __version__, protocol_cls=Protocol)
        self.projects: dict[Path, Project] = {}
        self.tasks: dict[Path, asyncio.Task[None]] = {}
        # what was told of each file, and of which version
        self.told: dict[Path, dict[str, tuple[int | None, list[Diagnostic]]]] = {}
        self.pool = ThreadPoolExecutor(1, "check")
        self.is_shut_down = False
        self.code = 0

    def find(self, uri: str) -> tuple[Project, str] | None:
        """The project of a file, and its path there; None outside of any catalog."""
        name = uris.to_fs_path(uri)
        if name is None:
            return None
        file = Path(name)
        root = find_root(file.parent)
        if root is None:
            return None
        if root not in self.projects:
            self.projects[root] = Project(root)
        return self.projects[root], file.relative_to(root).as_posix()

    def soon(self, project: Project) -> None:
        """Checks a project once nothing has been typed for a moment."""
        running = self.tasks.get(project.root)
        if running is not None:
            running.cancel()
        self.tasks[project.root] = asyncio.ensure_future(self._check(project))

    def leave(self, project: Project) -> None:
        """Takes back what was told of a catalog that is none now; it keeps what is open, should it be one again."""
        running = self.tasks.pop(project.root, None)
        if running is not None:
            running.cancel()
        for uri in self.told.pop(project.root, {}):
            self.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, [], self._version(uri)))

    async def _check(self, project: Project) -> None:
        await asyncio.sleep(PAUSE)
        snapshot = project.snapshot()
        if snapshot is not None:
            work = partial(project.check, snapshot, self.protocol.turns.give_way)
            project.take(await asyncio.get_running_loop().run_in_executor(self.pool, work))
            if gc.get_freeze_count() == 0:
                gc.freeze()  # to walk through a whole catalog for garbage would hold answers up for a tenth of a second
        if project.outcome.version != project.version:
            return  # a later text is on its way
        found: dict[str, list[Diagnostic]] = {}
        for item in project.outcome.diagnostics:
            if item.span is not None and (
                item.span.source.path == MODEL_FILE or project.indexed(item.span.source.path)
            ):
                found.setdefault(uri_of(project, item.span.source.path), []).append(item)
        told = self.told.get(project.root, {})
        for uri in sorted({*found, *told} | {uri_of(project, path) for path in project.buffers}):
            version = self._version(uri)
            now = found.get(uri, [])
            if told.get(uri) != (version, now):
                params = types.PublishDiagnosticsParams(uri, [shown(project, item) for item in now], version)
                self.text_document_publish_diagnostics(params)
        self.told[project.root] = {uri: (self._version(uri), items) for uri, items in found.items()}
        self.protocol.notify(CHECKED, {"version": project.version})
        if (
            project.outcome.counts
            and self.client_capabilities.workspace
            and self.client_capabilities.workspace.inlay_hint
        ):
            self.workspace_inlay_hint_refresh(None, callback=lambda _: None)

    def _version(self, uri: str) -> int | None:
        """The version of a text that the editor has open; None for a file."""
        return self.workspace.get_text_document(uri).version

    @property
    def versions(self) -> Versions | None:
        """The versions that edits are made for, where the editor takes edits of versions."""
        workspace = self.client_capabilities.workspace
        can = (
            workspace is not None and workspace.workspace_edit is not None and workspace.workspace_edit.document_changes
        )
        return self._version if can else None

    def watch(self) -> None:
        """Asks to be told of files that change, where the editor watches none unasked."""
        workspace = self.client_capabilities.workspace
        watching = workspace.did_change_watched_files if workspace is not None else None
        if watching is None or not watching.dynamic_registration:
            return
        options = types.DidChangeWatchedFilesRegistrationOptions([types.FileSystemWatcher(glob) for glob in WATCHED])
        asked = types.Registration("files", types.WORKSPACE_DID_CHANGE_WATCHED_FILES, options)
        self.client_register_capability(types.RegistrationParams([asked]), callback=lambda _: None)

    def read_again(self, uri: str) -> None:
        """Takes files as they are now, as not every editor tells of those that changed, and what is answered about all
        files has to be right of each."""
        found = self.find(uri)
        if found is not None:
            found[0].read()
            self.soon(found[0])

    def mark(self, at: Any) -> tuple[Project, Mark] | None:
        """The name at a position."""
        found = self.find(at.text_document.uri)
        if found is None:
            return None
        project, path = found
        index, source = project.index(), project.source(path)
        if index is None or source is None:
            return None
        mark = mark_at(index, path, offset(source, at.position))
        return (project, mark) if mark is not None else None


def serve() -> int:
    """Serves over stdin and stdout until the editor ends it; gives the exit code, 1 without a shutdown before."""
    # a check in its thread lets an answer through at once
    sys.setswitchinterval(0.001)
    logging.getLogger("pygls.protocol.json_rpc").addFilter(_is_news)
    server = make_server()
    # a copy, as pygls closes what it writes to and others still flush stdout
    with os.fdopen(os.dup(sys.stdout.fileno()), "wb") as stdout:
        server.start_io(stdout=stdout)
    return server.code


def _is_news(record: logging.LogRecord) -> bool:
    """Whether a record of pygls belongs into the editor's log; a refusal has been told."""
    return not (record.exc_info and isinstance(record.exc_info[1], Refused))


def make_server() -> Server:
    server = Server()
    _ends(server)
    _texts(server)
    _names(server)
    _views(server)
    _changes(server)
    return server


def _ends(server: Server) -> None:
    @server.feature(types.SHUTDOWN)
    def shut_down(_: None) -> None:
        server.is_shut_down = True

    @server.feature(types.EXIT)
    def ended(_: None) -> None:
        server.code = 0 if server.is_shut_down else 1


def _texts(server: Server) -> None:
    @server.feature(types.INITIALIZED)
    def initialized(_: types.InitializedParams) -> None:
        server.watch()

    def write(uri: str) -> None:
        found = server.find(uri)
        if found is not None:
            project, path = found
            project.write(path, server.workspace.get_text_document(uri).source)
            server.soon(project)

    @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
    def opened(params: types.DidOpenTextDocumentParams) -> None:
        write(params.text_document.uri)

    @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    def changed(params: types.DidChangeTextDocumentParams) -> None:
        write(params.text_document.uri)

    @server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    def closed(params: types.DidCloseTextDocumentParams) -> None:
        found = server.find(params.text_document.uri)
        if found is not None:
            project, path = found
            project.write(path, None)
            project.read()
            server.soon(project)

    @server.feature(types.TEXT_DOCUMENT_DID_SAVE)
    def saved(params: types.DidSaveTextDocumentParams) -> None:
        server.read_again(params.text_document.uri)

    @server.feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    def watched(params: types.DidChangeWatchedFilesParams) -> None:
        for root, project in server.projects.items():
            if not (root / MODEL_FILE).is_file():
                server.leave(project)
        for project in {
            found[0].root: found[0] for item in params.changes if (found := server.find(item.uri))
        }.values():
            project.read()
            server.soon(project)


def _names(server: Server) -> None:
    @server.feature(
        types.TEXT_DOCUMENT_COMPLETION, types.CompletionOptions(trigger_characters=[".", "@", '"', "'", "("])
    )
    def completion(params: types.CompletionParams) -> types.CompletionList:
        found = server.find(params.text_document.uri)
        if found is None or (index := found[0].index()) is None or (source := found[0].source(found[1])) is None:
            return types.CompletionList(False, [])
        return complete(index, found[0].outcome, found[1], offset(source, params.position))

    @server.feature(types.TEXT_DOCUMENT_HOVER)
    def hovered(params: types.HoverParams) -> types.Hover | None:
        found = server.mark(params)
        if found is None or (index := found[0].index()) is None:
            return None
        text = hover(index, found[0].outcome, found[1].thing)
        if text is None:
            return None
        return types.Hover(types.MarkupContent(types.MarkupKind.Markdown, text), range_of(found[1].span))

    @server.feature(types.TEXT_DOCUMENT_DEFINITION)
    def definition(params: types.DefinitionParams) -> list[types.Location]:
        found = server.mark(params)
        if found is None or (index := found[0].index()) is None:
            return []
        project, mark = found
        thing = mark.thing
        given = [item for item in mentions(index, thing) if item.is_definition]
        if not given and thing.kind in ("attribute", "field", "event", "entity"):
            place = _in_model(project, thing.kind, thing.name, thing.owner)
            return [place] if place is not None else []
        return [types.Location(uri_of(project, item.span.source.path), range_of(item.span)) for item in given]

    @server.feature(types.TEXT_DOCUMENT_REFERENCES)
    def references(params: types.ReferenceParams) -> list[types.Location]:
        server.read_again(params.text_document.uri)
        found = server.mark(params)
        if found is None or (index := found[0].index()) is None:
            return []
        return [
            types.Location(uri_of(found[0], item.span.source.path), range_of(item.span))
            for item in mentions(index, found[1].thing)
            if params.context.include_declaration or not item.is_definition
        ]

    @server.feature(types.TEXT_DOCUMENT_PREPARE_RENAME)
    def prepare_rename(params: types.PrepareRenameParams) -> types.PrepareRenamePlaceholder | None:
        found = server.mark(params)
        if found is None or (index := found[0].index()) is None or not can_be_renamed(index, found[1].thing):
            return None
        return types.PrepareRenamePlaceholder(range_of(found[1].span), found[1].thing.name)

    @server.feature(types.TEXT_DOCUMENT_RENAME, types.RenameOptions(prepare_provider=True))
    def rename(params: types.RenameParams) -> types.WorkspaceEdit:
        server.read_again(params.text_document.uri)
        found = server.mark(params)
        why = "there is no name here"
        if found is not None and (index := found[0].index()) is not None:
            (project, mark), new = found, params.new_name
            why = next((item.message for item in project.unread), "") or why_not(index, mark.thing, new)
            why = why or in_metrics(project, mark.thing)
            fixes = [] if why else renamed(index, mark.thing, new)
            if not why and mark.thing.kind == "label":
                why = why_no_label(project, mark.thing, fixes)
            if not why:
                return edit_of(project, fixes, server.versions)
        told = problems.not_renamed(why)
        raise Refused(f"{told.message} ({told.code})", -32803)


def _in_model(project: Project, kind: str, name: str, owner: str) -> types.Location | None:
    """Where the model names a part of it."""
    source, model = project.source(MODEL_FILE), project.model
    if source is None or model is None:
        return None
    part: Any = model.events.get(name) if kind == "event" else model.entities.get(name)
    if kind == "attribute":
        part = model.entities[owner].attributes.get(name)
    elif kind == "field":
        holder = model.events.get(owner) or model.lookups.get(owner)
        part = holder.fields.get(name) if holder is not None else None
    span = next(iter(part.spans.values()), None) if part is not None else None
    if span is None or span.source.text != source.text:
        return None
    return types.Location(uri_of(project, MODEL_FILE), range_of(span))


def _views(server: Server) -> None:
    @server.feature(types.TEXT_DOCUMENT_DOCUMENT_SYMBOL)
    def document_symbols(params: types.DocumentSymbolParams) -> list[types.DocumentSymbol]:
        found = server.find(params.text_document.uri)
        source = found[0].indexed(found[1]) if found is not None else None
        return outline.symbols(source) if source is not None else []

    @server.feature(types.WORKSPACE_SYMBOL)
    def workspace_symbols(params: types.WorkspaceSymbolParams) -> list[types.WorkspaceSymbol]:
        asked = params.query.casefold()
        found: list[types.WorkspaceSymbol] = []
        for project in server.projects.values():
            index = project.index()
            for name, (source, stretch) in index.own.items() if index is not None else ():
                if asked in name.casefold() and (place := outline.name_of(source, stretch)) is not None:
                    where = types.Location(uri_of(project, source.source.path), range_of(place))
                    found.append(types.WorkspaceSymbol(where, name, outline._SYMBOLS[stretch.starter]))
                if len(found) >= 200:
                    return found
        return found

    @server.feature(
        types.TEXT_DOCUMENT_SEMANTIC_TOKENS_FULL,
        types.SemanticTokensLegend(token_types=list(outline.TOKENS), token_modifiers=outline.MODIFIERS),
    )
    def semantic_tokens(params: types.SemanticTokensParams) -> types.SemanticTokens:
        found = server.find(params.text_document.uri)
        source = found[0].indexed(found[1]) if found is not None else None
        if found is None or source is None:
            return types.SemanticTokens([])
        return types.SemanticTokens(outline.semantic_tokens(found[0].index(), source))

    @server.feature(types.TEXT_DOCUMENT_INLAY_HINT)
    def inlay_hints(params: types.InlayHintParams) -> list[types.InlayHint]:
        found = server.find(params.text_document.uri)
        source = found[0].indexed(found[1]) if found is not None else None
        if found is None or source is None:
            return []
        ends = (offset(source.source, params.range.start), offset(source.source, params.range.end))
        return list(outline.hints(source, found[0].outcome, *ends))

    @server.feature(types.TEXT_DOCUMENT_CODE_LENS)
    def code_lenses(params: types.CodeLensParams) -> list[types.CodeLens]:
        found = server.find(params.text_document.uri)
        source = found[0].indexed(found[1]) if found is not None else None
        return list(outline.lenses(params.text_document.uri, source)) if source is not None else []


def _changes(server: Server) -> None:
    @server.feature(types.TEXT_DOCUMENT_FORMATTING)
    def formatting(params: types.DocumentFormattingParams) -> list[types.TextEdit]:
        found = server.find(params.text_document.uri)
        file = found[0].indexed(found[1]) if found is not None else None
        if file is None or not file.source.path.endswith(".seg"):
            return []
        source = file.source
        try:
            formatted = format_parsed(source, file.whole)
        except FormatterError as error:
            server.window_show_message(types.ShowMessageParams(types.MessageType.Error, str(error)))
            return []
        if not formatted.changed:
            return []
        whole = types.Range(types.Position(0, 0), position(source, len(source.text)))
        return [types.TextEdit(whole, formatted.text)]

    @server.feature(types.TEXT_DOCUMENT_CODE_ACTION)
    def code_actions(params: types.CodeActionParams) -> list[types.CodeAction]:
        found = server.find(params.text_document.uri)
        source = found[0].source(found[1]) if found is not None else None
        if found is None or source is None:
            return []
        ends = (offset(source, params.range.start), offset(source, params.range.end))
        wanted = params.context.only
        found_ = actions(found[0], found[1], *ends, server.versions)
        return [item for item in found_ if not wanted or any(str(item.kind).startswith(str(kind)) for kind in wanted)]

    for command in COMMANDS:
        _command(server, command)


def _command(server: Server, command: str) -> None:
    @server.command(command)
    async def called(uri: str, name: str) -> dict[str, str] | None:
        """Runs the command line on the files as they are saved, and gives what it writes."""
        found = server.find(uri)
        if found is None:
            return None
        args = [sys.executable, "-m", "segdsl", "-C", str(found[0].root), *COMMANDS[command], name]
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(
            *args, stdin=asyncio.subprocess.DEVNULL, stdout=pipe, stderr=pipe
        )
        out, err = await process.communicate()
        text = (out + err).decode("utf-8", "replace").strip()
        kind = types.MessageType.Info if process.returncode == 0 else types.MessageType.Error
        if command != "segdsl.sql" or process.returncode:
            server.window_show_message(types.ShowMessageParams(kind, text))
        return {
            "title": f"{name} ({command.partition('.')[2]})",
            "text": text,
            "language": "sql" if command == "segdsl.sql" else "",
        }
