"""segdsl: customer segments as text.

`load` reads a catalog; what it gives checks, compiles and runs it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from segdsl.api import Catalog, Result, SegdslError, Size, load
    from segdsl.diagnostics import Diagnostic

__version__ = "0.1.0"

__all__ = ["Catalog", "Diagnostic", "Result", "SegdslError", "Size", "__version__", "load"]


def __getattr__(name: str) -> object:
    # read when first asked for, so that `import segdsl` and `segdsl --help` load nothing heavy
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if name == "Diagnostic":
        from segdsl.diagnostics import Diagnostic

        return Diagnostic
    from segdsl import api

    return getattr(api, name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def load_ipython_extension(shell: InteractiveShell) -> None:
    """What `%load_ext segdsl` calls: makes `%%segments` known."""
    from importlib import import_module

    # by name: whatever imports `segdsl` would else import what stands above it all
    shell.register_magics(import_module("segdsl.magics").SegmentsMagics)
