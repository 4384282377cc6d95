"""Writing a text file whole or not at all."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from segdsl.api import Catalog


def replace_file(path: Path, content: bytes) -> None:
    """Puts a file in the place of the one that is there, which stays until the new one is complete; raises OSError.

    Its permissions are kept, and a link stays a link."""
    target = path.resolve()
    with NamedTemporaryFile(prefix=f".{target.name}.", dir=target.parent, delete=False) as file:
        made = Path(file.name)
        try:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
            if target.exists():
                shutil.copymode(target, made)
            else:
                made.chmod(0o666 & ~_umask())
        except BaseException:
            made.unlink(missing_ok=True)
            raise
    try:
        os.replace(made, target)
    except OSError:
        made.unlink(missing_ok=True)
        raise


def spare_needed(catalog: Catalog, out: str) -> None:
    """Raises SegdslError where a file is one that a catalog needs."""
    from segdsl.error import raised
    from segdsl.history.spared import spare

    with raised():
        spare(Path(out), catalog.model, catalog.root)


def rewrite(path: Path, text: str) -> None:
    """Gives a file another text and keeps its kind of line ends, that of its first line. Raises SegdslError."""
    from segdsl import problems
    from segdsl.api import SegdslError

    try:
        first = path.read_bytes().partition(b"\n")[0]
        replace_file(path, text.replace("\n", "\r\n" if first.endswith(b"\r") else "\n").encode())
    except OSError as error:
        raise SegdslError([problems.cannot_write(path.as_posix(), error.strerror or "unknown reason")]) from None


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
