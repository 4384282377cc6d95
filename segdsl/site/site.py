"""A site from a catalog to its folder."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from segdsl.evaluator import Evaluator
from segdsl.options import Period
from segdsl.site.gather import gather
from segdsl.site.place import put
from segdsl.site.write import pages

if TYPE_CHECKING:
    from segdsl.engines.handed import Data


@dataclass(frozen=True, slots=True)
class Written:
    """What was written: how many definitions have a page, how many files there are, and their bytes."""

    definitions: int
    files: int
    size: int


def write(
    evaluator: Evaluator,
    folder: Path,
    as_of: dt.datetime | None,
    period: Period,
    min_size: int,
    data: Data | None,
    version: str,
) -> Written:
    """Writes the site of a catalog into a folder; raises SegdslError."""
    site = gather(evaluator, as_of, period, min_size, data)
    number, size = put(folder, pages(site, min_size, version))
    return Written(len(site.entries), number, size)
