"""How long the editor's server takes to answer on a catalog of 1,000 definitions, asked over its own protocol.

    python -m benchmarks.editor [--definitions 1000] [--runs 40]

Before each question a key is pressed in a file of fifty definitions, as somebody does who types; the time is that from
the question to the answer, on the client's side. Diagnostics are timed from the key to the first that come for the
text as it is then (`errors`), and to those of everything, lint too (`all diagnostics`, the server's pause included).
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from lsprotocol import types

from tests.editor_client import Editor

MODEL = """
name: generated
as_of: 2026-03-31
entities:
  customer:
    table: customers.csv
    key: id
    attributes: {country: text, visits: int, credit: decimal, newsletter: bool, signup: date}
events:
  order: {of: customer, table: orders.csv, key: customer, time: ordered_at, fields: {amount: decimal, channel: text}}
"""
PER_FILE = 50


def generate(folder: Path, definitions: int) -> list[Path]:
    """A catalog of params, traits, segments that read them and each other, and segmentations; its files."""
    (folder / "segdsl.yaml").write_text(MODEL)
    texts = list(_definitions(definitions))
    files = [folder / f"part_{number:02}.seg" for number in range(-(-definitions // PER_FILE))]
    for number, file in enumerate(files):
        file.write_text("\n".join(texts[number :: len(files)]))
    return files


def _definitions(count: int) -> Iterator[str]:
    for number in range(count):
        days, least = 7 + number % 60, 1 + number % 5
        before = max(0, number - 10)
        match number % 10:
            case 0:
                yield f"## How long is lately, number {number}.\nparam p{number} = {days}d\n"
            case 1 | 2:
                yield f"## Money, number {number}.\ntrait t{number} = sum(order.amount within {days}d)\n"
            case 3:
                first = f"a{number} when orders >= {least + 3}"
                yield f"segmentation g{number} {{ {first}  b{number} when orders >= {least}  c{number} otherwise }}\n"
            case 4 | 5:
                rule = f"last_purchase < p{number - number % 10} and t{number - number % 10 + 1} > {number}"
                yield f"## Bought lately, number {number}.\nsegment s{number} = {rule}\n"
            case 6:
                yield f"segment s{number} = g{number - 3} = a{number - 3} and not s{number - 1}\n"
            case 7:
                rule = f'count(order within {days}d where channel = "web") >= {least} or s{before // 10 * 10 + 4}'
                yield f"segment s{number} = {rule}\n"
            case _:
                rule = f'country = "DE" and visits > {number % 50} or credit < {number} and newsletter'
                yield f"segment s{number} = {rule}\n"


class Typist:
    """Presses keys at the end of a file's text, and asks."""

    def __init__(self, editor: Editor, file: Path) -> None:
        self.editor, self.file = editor, file
        self.text = file.read_text("utf-8")
        self.keys = 0

    def press(self, tail: str = "") -> types.TextDocumentPositionParams:
        """Another text in the file's window; the place at its end."""
        self.keys += 1
        text = f"{self.text}\nsegment typed = visits > {self.keys} and t1 > {self.keys}\n{tail}|"
        return self.editor.write(self.file, text)

    def ask(self, request: str, params: Callable[[types.TextDocumentPositionParams], Any], tail: str = "") -> float:
        at = self.press(tail)
        begun = time.perf_counter()
        self.editor.run(getattr(self.editor.client, f"{request}_async")(params(at)))
        return (time.perf_counter() - begun) * 1_000

    def errors(self) -> float:
        """From a key to the news of a name in it that nobody knows."""
        self.press(f"segment wrong = t{self.keys}x > 1\n")
        begun = time.perf_counter()
        found = self.editor.findings(self.file)
        assert any(item.code == "SEG201" for item in found), found
        return (time.perf_counter() - begun) * 1_000

    def everything(self) -> float:
        """From a key to the warning of lint that it causes."""
        self.press(f"segment never_{self.keys} = visits > 3 and visits < 2\n")
        begun = time.perf_counter()
        found = self.editor.findings(self.file)
        assert any(item.code == "SEG801" for item in found), found
        return (time.perf_counter() - begun) * 1_000


def _questions(typist: Typist) -> dict[str, Callable[[], float]]:
    document = types.TextDocumentIdentifier(typist.file.as_uri())
    # names that the whole catalog knows, at fixed places of the file's first lines
    name = _place(typist.text, "t1 ")
    everywhere = types.Range(types.Position(0, 0), types.Position(400, 0))
    options = types.FormattingOptions(2, True)
    names = "segment next = s4 and "
    return {
        "completion of names": lambda: typist.ask(
            "text_document_completion", lambda at: types.CompletionParams(at.text_document, at.position), names
        ),
        "completion of fields": lambda: typist.ask(
            "text_document_completion",
            lambda at: types.CompletionParams(at.text_document, at.position),
            "segment next = count(order where ",
        ),
        "hover": lambda: typist.ask("text_document_hover", lambda _: types.HoverParams(document, name)),
        "definition": lambda: typist.ask("text_document_definition", lambda _: types.DefinitionParams(document, name)),
        "references": lambda: typist.ask(
            "text_document_references",
            lambda _: types.ReferenceParams(types.ReferenceContext(True), document, name),
        ),
        "rename": lambda: typist.ask("text_document_rename", lambda _: types.RenameParams(document, name, "renamed")),
        "semantic tokens": lambda: typist.ask(
            "text_document_semantic_tokens_full", lambda _: types.SemanticTokensParams(document)
        ),
        "symbols of the file": lambda: typist.ask(
            "text_document_document_symbol", lambda _: types.DocumentSymbolParams(document)
        ),
        "symbols of all files": lambda: typist.ask("workspace_symbol", lambda _: types.WorkspaceSymbolParams("s4")),
        "inlay hints": lambda: typist.ask(
            "text_document_inlay_hint", lambda _: types.InlayHintParams(document, everywhere)
        ),
        "code lenses": lambda: typist.ask("text_document_code_lens", lambda _: types.CodeLensParams(document)),
        "code actions": lambda: typist.ask(
            "text_document_code_action",
            lambda _: types.CodeActionParams(document, everywhere, types.CodeActionContext([])),
        ),
        "formatting": lambda: typist.ask(
            "text_document_formatting", lambda _: types.DocumentFormattingParams(document, options)
        ),
        "errors": typist.errors,
        "all diagnostics": typist.everything,
    }


def _place(text: str, word: str) -> types.Position:
    before = text[: text.index(word)]
    return types.Position(before.count("\n"), len(before.rpartition("\n")[2]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--definitions", type=int, default=1_000)
    parser.add_argument("--runs", type=int, default=40)
    parser.add_argument("--only", default="", help="Questions with this in their name.")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        file = generate(Path(place), given.definitions)[1]
        editor = Editor(Path(place))
        try:
            typist = Typist(editor, file)
            typist.everything()  # the first check is that of an editor that opens
            print(f"{'ms, of ' + str(given.runs):24}{'median':>8}{'p99':>8}")
            for what, question in _questions(typist).items():
                if given.only in what:
                    times = sorted(question() for _ in range(given.runs))
                    print(f"{what:24}{statistics.median(times):8.1f}{times[int(0.99 * (len(times) - 1) + 0.5)]:8.1f}")
        finally:
            editor.close()


if __name__ == "__main__":
    main()
