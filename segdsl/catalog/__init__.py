"""Files, libraries and the model become one catalog."""

from segdsl.catalog.build import assemble, build_catalog
from segdsl.catalog.catalog import CATALOG, Catalog, Definition, LeftOut, Named, Scope, Used
from segdsl.catalog.files import (
    LIBRARY_FOLDER,
    MODEL_FILE,
    find_root,
    is_own,
    library_files,
    no_root,
    read_libraries,
    read_sources,
    seg_files,
)

__all__ = [
    "CATALOG",
    "LIBRARY_FOLDER",
    "MODEL_FILE",
    "Catalog",
    "Definition",
    "LeftOut",
    "Named",
    "Scope",
    "Used",
    "assemble",
    "build_catalog",
    "find_root",
    "is_own",
    "library_files",
    "no_root",
    "read_libraries",
    "read_sources",
    "seg_files",
]
