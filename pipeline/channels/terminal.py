"""Alerts on the screen: framed on a terminal, plain text into a pipe."""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Mapping
from typing import TextIO

from pipeline.errors import ChannelError
from pipeline.records import Alert

COLOURS = {"new": "green", "update": "yellow", "contradicts": "red"}


class TerminalChannel:
    """Writes to `stream`, or to what `sys.stdout` is when an alert comes."""

    def __init__(self, name: str, stream: TextIO | None = None) -> None:
        self.name = name
        self._stream = stream

    async def send(self, alert: Alert, *, text: str, payload: Mapping[str, object]) -> None:
        """Write `text`; nothing in it can move the cursor, set colours or ring the bell."""
        stream = self._stream or sys.stdout
        try:
            if stream.isatty():
                _frame(alert, text, stream)
            else:
                stream.write(f"{printable(text)}\n\n")
            stream.flush()
        except (OSError, ValueError) as error:  # ValueError: the stream is closed
            raise ChannelError(f"cannot write: {error}", subject=self.name) from error


def printable(text: str) -> str:
    """Return `text` without control characters, but with its line ends.

    Direction overrides and embeddings go too; isolates and joiners stay.
    """
    kept = (char for char in text if char == "\n" or unicodedata.category(char) != "Cc")
    return "".join(char for char in kept if not "\u202a" <= char <= "\u202e")


def _frame(alert: Alert, text: str, stream: TextIO) -> None:
    from rich.console import Console
    from rich.panel import Panel
    from rich.text import Text

    headline, _, body = printable(text).partition("\n")
    colour = COLOURS.get(alert.novelty.value if alert.novelty else "", "cyan")
    title = Text(headline, style=f"bold {colour}")
    panel = Panel(Text(body.strip()), title=title, title_align="left")
    Console(file=stream, highlight=False, markup=False, emoji=False).print(panel)
