"""The command line: one thin file per command, read when the command is asked for."""

from __future__ import annotations

import gc
import os
import sys
from io import TextIOWrapper


def main() -> None:
    """Runs `segdsl` with the arguments of the process."""
    # a command lives for seconds, and its trees hold no cycles: looking for some takes a fifth of its time
    gc.disable()
    # pydantic looks through all that is installed for plugins, of which none has to do with a model
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    from segdsl.cli.commands import segdsl

    for stream in (sys.stdout, sys.stderr):
        # a terminal that cannot show a character gets its number, not an end in the middle
        if isinstance(stream, TextIOWrapper) and stream.errors == "strict":
            stream.reconfigure(errors="backslashreplace")
    try:
        segdsl(prog_name="segdsl")
    finally:
        # Python looks once more at its end, at everything that is left
        gc.freeze()
