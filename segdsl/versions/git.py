"""A catalog as it was at a commit, read out of git's objects: nothing is checked out, no file is touched."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from segdsl import problems
from segdsl.catalog import MODEL_FILE, is_own
from segdsl.catalog.files import LIBRARY_FOLDER
from segdsl.diagnostics import Diagnostic, Source, sort
from segdsl.error import SegdslError
from segdsl.metrics.template import ENDING, FOLDER
from segdsl.model.loader import load_model
from segdsl.texts import Files, Texts

_MAIN = ("origin/HEAD", "origin/main", "origin/master", "main", "master")


class Repository:
    """The git repository that a catalog is in. Raises SegdslError alone."""

    def __init__(self, root: Path) -> None:
        self.root = root
        # where the catalog is inside of the repository: empty, or a path with a slash at its end
        self.prefix = self._git("rev-parse", "--show-prefix", no_repository=True).decode().strip("\n")

    def commit(self, ref: str | None) -> str | None:
        """The commit that a name stands for; without one the last that is shared with the main branch. None where there
        is no commit at all yet."""
        head = self._ask("rev-parse", "--verify", "--quiet", "HEAD^{commit}")
        if head is None and ref in (None, "HEAD"):
            return None
        if ref is not None:
            found = self._ask("rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}")
            if found is None:
                raise SegdslError([problems.unknown_ref(ref, self._is_shallow())])
            return found
        for name in _MAIN:
            main = self._ask("rev-parse", "--verify", "--quiet", f"{name}^{{commit}}")
            if main is not None:
                base = self._ask("merge-base", "HEAD", main)
                if base is None:
                    raise SegdslError([problems.no_merge_base(name, self._is_shallow())])
                return base
        raise SegdslError([problems.no_main_branch()])

    def refs(self) -> list[str]:
        """The names of its branches and tags, local ones first."""
        asked = ("refs/heads", "refs/tags", "refs/remotes")
        return self._git("for-each-ref", "--format=%(refname:short)", *asked).decode().split()

    def texts(self, commit: str) -> Texts | None:
        """The catalog as it was at a commit; its data are looked for where they are now. None where it was not there
        yet; where one was in another folder that has none now, it may be this one, which is an error."""
        found = self._read(commit)
        model_file = found.pop(MODEL_FILE, None)
        if model_file is None:
            if moved := self._gone(commit):
                raise SegdslError([problems.no_catalog_then(commit[:10], self.prefix or ".", moved)])
            return None
        diagnostics: list[Diagnostic] = []
        texts: dict[str, Source] = {}
        for path, content in {MODEL_FILE: model_file, **found}.items():
            shown = f"{commit[:10]}:{path}"
            try:
                text = content.decode("utf-8-sig")
            except UnicodeDecodeError as error:
                diagnostics.append(problems.not_utf8(shown, error.start))
                continue
            texts[path] = Source(shown, text if path == MODEL_FILE else text.replace("\r\n", "\n"))
        if MODEL_FILE not in texts:
            raise SegdslError(diagnostics)
        model, wrong = load_model(texts.pop(MODEL_FILE))
        if model is None:
            raise SegdslError(sort(wrong))
        of_library = {path for path in texts if PurePosixPath(path).parent == PurePosixPath(LIBRARY_FOLDER)}
        libraries = {PurePosixPath(path).stem: texts[path] for path in sorted(of_library)}
        metrics = {path: source for path, source in texts.items() if _is_metric(path)}
        own = tuple(source for path, source in texts.items() if path not in of_library and path not in metrics)
        return Texts(model, Files(own, libraries), {}, self.root, (*wrong, *diagnostics), metrics)

    def _gone(self, commit: str) -> list[str]:
        """The folders that had a catalog at a commit and have none now."""
        top = Path(self._git("rev-parse", "--show-toplevel").decode().strip("\n"))
        names = self._git("ls-tree", "-r", "-z", "--name-only", "--full-tree", commit).split(b"\0")
        models = (PurePosixPath(os.fsdecode(name)) for name in names)
        return [str(path.parent) for path in models if path.name == MODEL_FILE and not (top / path).is_file()]

    def _read(self, commit: str) -> dict[str, bytes]:
        """The files of the catalog at a commit, by their paths in it."""
        listed = self._git("ls-tree", "-r", "-z", "--full-tree", commit, *(("--", self.prefix) if self.prefix else ()))
        files: dict[str, str] = {}
        for line in listed.split(b"\0"):
            head, _, name = line.partition(b"\t")
            if head.startswith(b"100"):
                files[os.fsdecode(name).removeprefix(self.prefix)] = head.split()[2].decode()
        wanted = [
            (path, object_)
            for path, object_ in files.items()
            if path == MODEL_FILE
            or _is_metric(path)
            or (path.endswith(".seg") and is_own(PurePosixPath(path), lambda folder: str(folder / MODEL_FILE) in files))
        ]
        contents = self._git("cat-file", "--batch", given="".join(f"{name}\n" for _, name in wanted).encode())
        found: dict[str, bytes] = {}
        for path, _ in sorted(wanted):
            found[path] = b""
        at = 0
        for path, _ in wanted:
            end = contents.index(b"\n", at)
            size = int(contents[at:end].split()[2])
            found[path] = contents[end + 1 : end + 1 + size]
            at = end + 1 + size + 1
        return found

    # ------------------------------------------------------------ asking git

    def _is_shallow(self) -> bool:
        return self._ask("rev-parse", "--is-shallow-repository") == "true"

    def _ask(self, *args: str) -> str | None:
        """The one line that git says; None where it fails."""
        done = self._run(args)
        return done.stdout.decode().strip() if not done.returncode else None

    def _git(self, *args: str, given: bytes = b"", no_repository: bool = False) -> bytes:
        done = self._run(args, given)
        if done.returncode:
            if no_repository:
                raise SegdslError([problems.no_repository(str(self.root))])
            first = done.stderr.decode(errors="replace").strip().splitlines()
            raise SegdslError([problems.git_failed(args[0], first[0] if first else "no reason given")])
        return done.stdout

    def _run(self, args: Sequence[str], given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        environment = {**os.environ, "LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0"}
        try:
            return subprocess.run(
                ["git", *args], cwd=self.root, input=given, capture_output=True, env=environment, check=False
            )
        except FileNotFoundError:
            raise SegdslError([problems.git_failed("git", "it is not installed")]) from None


def _is_metric(path: str) -> bool:
    """Whether a path in a catalog is that of a template of a metric."""
    return path.endswith(ENDING) and str(PurePosixPath(path).parent) == FOLDER
