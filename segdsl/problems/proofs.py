"""SEG65x: claims that are to be proved, and versions that are to be compared."""

from __future__ import annotations

from collections.abc import Sequence

from segdsl.diagnostics import Diagnostic


def not_a_claim(text: str) -> Diagnostic:
    help = (
        "`never A`, `always A`, `disjoint A B`, `A inside B`, `same A B`, `covers SEGMENTATION`\n"
        "A and B are names of segments or conditions; of two conditions write `disjoint(A, B)`, `same(A, B)`"
    )
    return Diagnostic("SEG650", f"`{text}` is nothing that can be proved", None, help)


def prover_missing() -> Diagnostic:
    return Diagnostic("SEG651", "proofs need z3, which is not installed", None, "`pip install 'segdsl[prove]'`")


# ------------------------------------------------------------ why a claim is left open: the end of `not decided: …`


def open_of_others() -> str:
    return "it depends on other customers, and holds or not with the data: `expect` looks there"


def open_of_key() -> str:
    return "it depends on the customer's key, and holds or not with the data: `expect` looks there"


def open_of_history() -> str:
    return "it depends on earlier runs, and customers of examples have none"


def open_of_lookup(path: str, name: str) -> str:
    return f"no proof was found, and no customer; an example gives `{path}` as a key, for which `{name}` is unknown"


def open_of_parent(parent: str) -> str:
    return f"no proof was found, and no customer; an example gives of the {parent} its key alone"


def open_of_children(entity: str, child: str) -> str:
    return f"no proof was found, and no {entity}; in an example no {child} belongs to it"


def open_of_all() -> str:
    return "no proof was found, and no customer who breaks it"


_DEPTH = "the clone is shallow: `git fetch --unshallow`, in GitHub Actions `fetch-depth: 0` of actions/checkout"


def unknown_ref(ref: str, is_shallow: bool) -> Diagnostic:
    help = _DEPTH if is_shallow else "a branch, a tag or a commit: `segdsl diff main`, `segdsl diff HEAD~1`"
    return Diagnostic("SEG652", f"git knows no commit `{ref}` here", None, help)


def no_merge_base(name: str, is_shallow: bool) -> Diagnostic:
    help = _DEPTH if is_shallow else "name the version to compare with: `segdsl diff main`"
    return Diagnostic("SEG653", f"this branch and `{name}` have no commit in common", None, help)


def no_main_branch() -> Diagnostic:
    help = "name the version to compare with: `segdsl diff HEAD~1`"
    return Diagnostic("SEG654", "there is no branch `main` or `master` to compare with", None, help)


def no_repository(folder: str) -> Diagnostic:
    help = "`segdsl diff` compares with a version that git keeps: `git init` begins to"
    return Diagnostic("SEG655", f"`{folder}` is in no git repository", None, help)


def git_failed(what: str, reason: str) -> Diagnostic:
    return Diagnostic("SEG656", f"`git {what}` failed: {reason}", None)


def no_catalog_then(commit: str, folder: str, elsewhere: Sequence[str]) -> Diagnostic:
    there = ", ".join(f"`{each}`" for each in elsewhere[:3])
    help = f"there was one in {there}, which has none now; compare with a version from after the move"
    return Diagnostic("SEG657", f"at {commit} there is no catalog in `{folder}`", None, help)


def broken_then(commit: str, message: str) -> Diagnostic:
    return Diagnostic("SEG658", f"the catalog has errors at {commit}: {message}", None, "compare with another version")
