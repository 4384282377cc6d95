"""The pages of the problem codes: why each is one, a bad and a good example, and what to do."""

from __future__ import annotations

from importlib.resources import files


def codes() -> list[str]:
    """All codes that have a page, sorted: `SEG101` and so on."""
    names = (item.name for item in files("segdsl.rules").iterdir())
    return sorted(name.removesuffix(".md") for name in names if name.startswith("SEG") and name.endswith(".md"))


def read(code: str) -> str:
    """The page of a code, as Markdown. Raises KeyError for a code without one."""
    if code not in codes():
        raise KeyError(code)
    return (files("segdsl.rules") / f"{code}.md").read_text("utf-8")


def title(code: str) -> str:
    """What a code stands for, in a few words. Raises KeyError for a code without a page."""
    head, _, _ = read(code).partition("\n")
    return head.removeprefix(f"# {code}:").strip()
