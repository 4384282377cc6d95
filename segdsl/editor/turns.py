"""Who has the interpreter: a check in its thread gives way while a message of the editor is answered.

Both would else get half of it each, and somebody who types waits for the check of a text that is no more.
"""

from __future__ import annotations

from threading import Event
from typing import Any

from pygls.protocol import LanguageServerProtocol


class Turns:
    """`with turns:` around an answer, `turns.give_way()` between the steps of work that can wait."""

    def __init__(self) -> None:
        self._is_free = Event()
        self._is_free.set()

    def __enter__(self) -> None:
        self._is_free.clear()

    def __exit__(self, *_: object) -> None:
        self._is_free.set()

    def give_way(self) -> None:
        self._is_free.wait()


class Protocol(LanguageServerProtocol):
    """The protocol, with a turn for each message: from its parts to the answer's text."""

    def __init__(self, server: Any, converter: Any) -> None:
        super().__init__(server, converter)
        self.turns = Turns()

    def handle_message(self, message: Any) -> None:
        with self.turns:
            super().handle_message(message)
