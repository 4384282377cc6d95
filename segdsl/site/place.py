"""Putting a site where it belongs: the whole of it, or what was there before."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from pathlib import Path
from tempfile import mkdtemp

from segdsl import problems
from segdsl.error import SegdslError

# what a folder is known by that a site was written to, and that the next one takes the place of
MARK = ".segdsl-docs"


def put(folder: Path, files: Iterable[tuple[str, str]]) -> tuple[int, int]:
    """Writes files into a folder that is empty, new, or an earlier site; gives their number and bytes.

    They are written beside it, and one rename puts them in place. Raises SegdslError, also for a folder that holds
    anything else.
    """
    target = Path(os.path.realpath(folder))
    try:
        _check(folder, target)
        target.parent.mkdir(parents=True, exist_ok=True)
        made = Path(mkdtemp(prefix=f".{target.name}.", dir=target.parent))
        try:
            number, size = _write(made, files)
            _swap(made, target)
        finally:
            shutil.rmtree(made, ignore_errors=True)
    except OSError as error:
        raise SegdslError([problems.cannot_write(str(folder), error.strerror or "unknown reason")]) from None
    return number, size


def _check(folder: Path, target: Path) -> None:
    """Refuses a folder in which something else would be lost."""
    if not target.is_dir():
        if target.exists():
            raise SegdslError([problems.folder_holds_others(str(folder), [target.name])])
        return
    if not (target / MARK).is_file():
        others = sorted(item.name for item in target.iterdir())
    else:
        own = (target / MARK).read_text("utf-8").split("\n")
        others = sorted(item.name for item in target.iterdir() if item.name not in own)
    if others:
        raise SegdslError([problems.folder_holds_others(str(folder), others)])


def _write(folder: Path, files: Iterable[tuple[str, str]]) -> tuple[int, int]:
    number = size = 0
    names = {MARK: None}
    for path, text in files:
        content = text.encode()
        place = folder / path
        place.parent.mkdir(exist_ok=True)
        place.write_bytes(content)
        names.setdefault(path.partition("/")[0])
        number, size = number + 1, size + len(content)
    (folder / MARK).write_text("\n".join(names), "utf-8")
    folder.chmod(0o777 & ~_umask())
    return number, size


def _swap(made: Path, target: Path) -> None:
    """Renames: what is there steps aside, and comes back where the new folder cannot take its place."""
    if not target.exists():
        os.replace(made, target)
        return
    aside = Path(mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    os.rmdir(aside)
    os.replace(target, aside)
    try:
        os.replace(made, target)
    except OSError:
        os.replace(aside, target)
        raise
    shutil.rmtree(aside, ignore_errors=True)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
