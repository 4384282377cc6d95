"""`%%segments`, for notebooks: `%load_ext segdsl` makes it known to IPython."""

from __future__ import annotations

import re
import sys
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell
from IPython.core.magic import Magics, cell_magic, magics_class
from IPython.core.magic_arguments import argument, magic_arguments, parse_argstring

from segdsl import problems
from segdsl.api import Catalog, Result, SegdslError, load
from segdsl.cli.test import show_failed
from segdsl.diagnostics import Source
from segdsl.options import Layout
from segdsl.syntax import tree
from segdsl.syntax.parser import parse
from segdsl.texts import NAMED, Files, Stretch

# the variable that is looked at where none is named
_USUAL = "catalog"
_GIVES_NAME = NAMED | {"use"}


@magics_class
class SegmentsMagics(Magics):
    """Keeps what cells have defined over each catalog, for the cells after them."""

    def __init__(self, shell: InteractiveShell) -> None:
        super().__init__(shell)
        self._shell = shell
        self._cells: dict[Path, tuple[Source, ...]] = {}

    @magic_arguments()
    @argument("catalog", nargs="?", help="A variable with a catalog, or a folder; else `catalog`, or this folder.")
    @argument("--as-of", metavar="TIME", help="The moment that all is seen from, as for `segdsl run`.")
    @argument("--set", metavar="NAME=VALUE", action="append", default=[], help="Gives a param another value.")
    @argument(
        "--data",
        metavar="NAME",
        action="append",
        default=[],
        help="A variable with an open DuckDB connection or a dict of data frames, in place of the model's tables; "
        "TABLE=NAME gives one table.",
    )
    @argument("--result", metavar="NAME", help="A variable that gets the result.")
    @argument("--as", dest="named", metavar="NAME", help="A variable that gets the catalog with these definitions.")
    @argument("--fresh", action="store_true", help="Forgets what earlier cells have defined.")
    @cell_magic
    def segments(self, line: str, cell: str) -> Any:
        """Evaluate segments written in a cell, over a catalog and its data.

        What the cell defines is evaluated and shown, its examples are tried, and its expectations are held against the
        data. Later cells can use it, and define it anew. The files of the catalog stay as they are.
        """
        args = parse_argstring(self.segments, line)
        try:
            return self._evaluate(args, cell)
        except SegdslError as error:
            print(error, file=sys.stderr)
            earlier = {source.path for kept in self._cells.values() for source in kept}
            if any(item.span is not None and item.span.source.path in earlier for item in error.diagnostics):
                print("nothing of this cell is kept; `--fresh` forgets the earlier ones", file=sys.stderr)
            return None

    def _evaluate(self, args: Any, cell: str) -> Result | None:
        catalog = self._catalog(args.catalog)
        if args.fresh:
            self._cells.pop(catalog.root, None)
        # lines count as in the cell, whose first is that of the magic
        source = Source(f"In [{self._shell.displayhook.prompt_count}]", f"\n{cell}")
        defined = [key for _, key in _definitions(source)]
        # what a file has by now stands there, as somebody has put it there from a cell
        gone = {name for _, name in defined} | {item.name.partition(".")[0] for item in catalog.definitions}
        kept = [_without(item, gone) for item in self._cells.get(catalog.root, ())]
        extended = catalog.adding(*kept, source)
        found = extended.check()
        own = [item for item in found if item.span is not None and item.span.source is source]
        errors = [item for item in own if item.is_error] or [item for item in found if item.is_error]
        if errors:
            raise SegdslError(errors)
        for item in own:
            print(item.render(), file=sys.stderr)
        self._cells[catalog.root] = (*kept, source)
        if args.named:
            self._variables[args.named] = extended
        settings = dict(_parted(text, "--set", "NAME=VALUE") for text in args.set)
        data = self._data(args.data)
        failed = [
            trial for trial in extended.test(set=settings) if trial.example.span.source is source and not trial.passed
        ]
        show_failed(extended, failed)
        names = [name for starter, name in defined if starter in ("segment", "segmentation")]
        traits = [name for starter, name in defined if starter == "trait"]
        if not names and not traits:
            return None
        layout: Layout = "members" if names else "wide"
        result = extended.run(names or traits, layout=layout, as_of=args.as_of, set=settings, data=data)
        if args.result:
            self._variables[args.result] = result
        return result

    # ------------------------------------------------------------ what the notebook has

    @property
    def _variables(self) -> dict[str, Any]:
        found: dict[str, Any] = self._shell.user_ns
        return found

    def _catalog(self, name: str | None) -> Catalog:
        """The catalog that a variable holds, or that is in a folder."""
        found = self._variables.get(name or _USUAL)
        if isinstance(found, Catalog):
            return found
        if name is not None and found is not None:
            raise SegdslError([problems.not_in_notebook(name, type(found).__name__, "a catalog")])
        if name is not None and not Path(name).exists():
            known = [key for key, value in self._variables.items() if isinstance(value, Catalog)]
            raise SegdslError([problems.no_variable(name, known, "no folder")])
        return load(name or ".")

    def _data(self, given: list[str]) -> Any:
        """Data frames by the names of the model's tables, or a connection; None where none are given."""
        frames: dict[str, Any] = {}
        for text in given:
            table, _, name = text.rpartition("=")
            if name not in self._variables:
                raise SegdslError([problems.no_variable(name, list(self._variables), "")])
            value = self._variables[name]
            if table:
                frames[table] = value
            elif isinstance(value, Mapping):
                frames.update(value)
            elif len(given) == 1:
                return value
            else:
                raise SegdslError([problems.not_in_notebook(name, type(value).__name__, "a dict of data frames")])
        return frames or None


def _parted(text: str, option: str, form: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise UsageError(f"{option} takes {form}")
    return name.strip(), value.strip()


def _definitions(source: Source) -> Iterator[tuple[Stretch, tuple[str, str]]]:
    """What stands in a text, each with the word that starts it and the name that it gives; empty for none."""
    for item in Files((source,)).stretches:
        # the name behind `expect` or `example` is that of a definition which stands elsewhere
        name = item.name if item.starter in _GIVES_NAME else ""
        for node in parse(source, [item.chunk]).module.definitions:
            if isinstance(node, tree.Use) and node.alias is not None:
                name = node.alias.text
        yield item, (item.starter, name)


def _without(source: Source, names: Collection[str]) -> Source:
    """A text without the definitions of some names, and without examples and expectations: blanks stand there."""
    text = source.text
    for item, (starter, name) in _definitions(source):
        if starter in ("example", "expect") or (name and name in names):
            start, end = item.chunk.start, item.chunk.code_end
            text = text[:start] + re.sub(r"[^\n]", " ", text[start:end]) + text[end:]
    return Source(source.path, text)
