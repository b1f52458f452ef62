"""Tables that stay readable: as wide as the screen allows, as blocks where it is too narrow.

Into a pipe every record is one line of any length, so that `grep` and `cut` work. Everything
shown comes from outside: `line` takes out what could steer a terminal.
"""

from __future__ import annotations

import io
import os
import shutil
import sys
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

ANY_WIDTH = 100_000
_DIRECTION = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


@dataclass(frozen=True, slots=True)
class Column:
    """A column. Lead columns head a block; a column with a `least` width may fold."""

    name: str
    lead: bool = False
    least: int = 0  # characters it needs to be readable when folded; 0: never folds
    cut: int = 0  # characters kept on a screen; 0: all


class Sheet:
    """Rows under headings. Cells are shown as they are given, cleaned."""

    def __init__(self, *columns: Column | str, title: str = "") -> None:
        self.columns = [Column(one) if isinstance(one, str) else one for one in columns]
        self.title = title
        self.rows: list[list[str]] = []

    def add(self, *cells: object) -> None:
        """Add a row with one cell for each column."""
        assert len(cells) == len(self.columns)
        cut = screen_width() is not None
        self.rows.append(
            [
                line(cell, column.cut if cut else 0)
                for cell, column in zip(cells, self.columns, strict=True)
            ]
        )

    def show(self) -> None:
        """Write it to standard output."""
        if self.title:
            emit(_bold(self.title))
        width = screen_width()
        if width is None or self._least_width() <= width:
            emit(self._table())
        else:
            for row in self.rows:
                emit(*self._block(row))

    def _least_width(self) -> int:
        from rich.cells import cell_len

        least = 2
        for place, column in enumerate(self.columns):
            cells = [column.name, *(row[place] for row in self.rows)]
            natural = max(map(cell_len, cells))
            least += 3 + (min(natural, column.least) if column.least else natural)
        return least

    def _table(self) -> RenderableType:
        from rich import box
        from rich.table import Table
        from rich.text import Text

        made = Table(box=box.SIMPLE_HEAD if screen_width() else None, pad_edge=False)
        for column in self.columns:
            made.add_column(column.name, overflow="fold", no_wrap=not column.least)
        for row in self.rows:
            made.add_row(*map(Text, row))
        return made

    def _block(self, row: list[str]) -> list[RenderableType]:
        from rich.padding import Padding
        from rich.text import Text

        cells = list(zip(self.columns, row, strict=True))
        told = [(column, cell) for column, cell in cells if cell != "-" and not column.lead]
        short = ", ".join(f"{column.name}: {cell}" for column, cell in told if not column.least)
        texts = [f"{column.name}: {cell}" for column, cell in told if column.least]
        head = Text("  ".join(cell for column, cell in cells if column.lead), style="bold")
        below = [Padding(Text(one), (0, 0, 0, 2)) for one in [*texts, short] if one]
        return [head, *below]


def line(text: object, cut: int = 0) -> str:
    """Return hostile text as one harmless line: no control codes or direction marks, cut.

    Right-to-left words stand between isolates on a screen, so that they turn nothing around.
    """
    words = str(text)
    if not (words.isascii() and words.isprintable()):  # the rest is slow, and seldom needed
        words = "".join(" " if _is_break(c) else c for c in words if c not in _DIRECTION)
    joined = " ".join(words.split())
    if cut and len(joined) > cut:
        joined = joined[: cut - 1] + "…"
    if not joined.isascii() and screen_width() and any(map(_is_right_to_left, joined)):
        return f"\u2068{joined}\u2069"
    return joined


def many(count: int, noun: str, nouns: str = "") -> str:
    """Return a count with its noun: "1 feed", "2 feeds"."""
    return f"{count} {noun if count == 1 else nouns or noun + 's'}"


def screen_width() -> int | None:
    """Return the columns of the terminal (or COLUMNS); None into a pipe, where none count."""
    if sys.stdout.isatty():
        return shutil.get_terminal_size().columns
    given = os.environ.get("COLUMNS", "")
    return int(given) if given.isdecimal() and int(given) > 0 else None


def emit(*things: RenderableType) -> None:
    """Write rich text to standard output: styled on a terminal, without trailing blanks."""
    text = io.StringIO()
    console = _console(text)
    for thing in things:
        console.print(thing)
    lines = text.getvalue().split("\n")
    sys.stdout.write("\n".join(one.rstrip() for one in lines))
    sys.stdout.flush()


def _console(text: io.StringIO) -> Console:
    from rich.console import Console

    return Console(
        file=text,
        width=screen_width() or ANY_WIDTH,
        force_terminal=sys.stdout.isatty(),
        highlight=False,
        markup=False,
        emoji=False,
    )


def _bold(text: str) -> RenderableType:
    from rich.text import Text

    return Text(text, style="bold")


def _is_break(char: str) -> bool:
    return unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp")


def _is_right_to_left(char: str) -> bool:
    return unicodedata.bidirectional(char) in ("R", "AL")
