"""The folder beside a catalog for what segdsl keeps there itself."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from segdsl import problems
from segdsl.engines.problem import EngineProblem

FOLDER = Path(".segdsl")
# the totals that runs go on from, alone in a folder of their own
TOTALS = FOLDER / "totals" / "totals.duckdb"


def make(folder: Path) -> None:
    """Makes a folder where there is none; git sees nothing of segdsl's own. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    if folder.name == FOLDER.name:
        ignore = folder / ".gitignore"  # who is in a segment is nothing for git
        with suppress(FileExistsError), ignore.open("x", encoding="utf-8") as file:
            file.write("*\n")


def remove(path: Path) -> None:
    """Removes a file that lies alone in its folder, and whatever was made beside it; zeros take the place of their
    bytes first. Raises EngineProblem."""
    if not path.parent.is_dir():
        return
    try:
        for item in path.parent.iterdir():
            with item.open("r+b") as file:
                overwrite(file)
            item.unlink()
        path.parent.rmdir()
    except OSError as error:
        raise EngineProblem([problems.cannot_write(str(path), error.strerror or str(error))]) from None


def overwrite(file: BinaryIO) -> None:
    """Zeros in place of what an open file holds."""
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    block = bytes(1 << 20)
    for start in range(0, size, len(block)):
        file.write(block[: min(len(block), size - start)])
    file.flush()
    os.fsync(file.fileno())
