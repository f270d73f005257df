"""ProgressBar: how far something is, on a terminal and in a log."""

import sys
from typing import Any

from tqdm import tqdm

_LINES = 10
_SECONDS_PER_LINE = 10.0


class ProgressBar(tqdm):  # type: ignore[type-arg]
    """A bar on a terminal, and lines where the standard error is a file or a pipe.

    A line is written for each tenth of the total, or every ten seconds where the total is unknown.
    Arguments are those of ``tqdm``.
    """

    def __init__(self, *arguments: Any, **named: Any) -> None:
        """Show the bar; see ``tqdm``."""
        self._lines = not sys.stderr.isatty()
        self._said_n, self._said_s = named.get('initial', 0), 0.0
        if self._lines:
            # Zero columns: the figures without a bar.
            named |= {'ncols': 0, 'dynamic_ncols': False, 'position': None}
        super().__init__(*arguments, **named)

    def display(self, msg: str | None = None, pos: int | None = None) -> None:
        """Draw the bar, or write a line if it is time for one."""
        if not self._lines:
            super().display(msg, pos)
        elif self._is_due():
            self._write_line()

    def clear(self, nolock: bool = False) -> None:
        """Remove the bar from the terminal; lines stay."""
        if not self._lines:
            super().clear(nolock)

    def close(self) -> None:
        """End the bar; the last line says how far it came."""
        # tqdm sets this last: a disabled bar, or one interrupted while it was made, lacks it.
        if not hasattr(self, 'start_t'):
            return
        if self._lines and not self.disable:
            if self.n > self._said_n:
                self._write_line()
            # Without it, tqdm writes nothing more.
            self.sp = None
        super().close()

    @classmethod
    def write(cls, *arguments: Any, **named: Any) -> None:
        """Write above the bars, at once even if the output is buffered; see ``tqdm``."""
        super().write(*arguments, **named)
        sys.stdout.flush()

    def _is_due(self) -> bool:
        if self.total:
            return self.n - self._said_n >= self.total / _LINES
        elapsed_s = self.format_dict['elapsed']
        return self.n > self._said_n and elapsed_s - self._said_s >= _SECONDS_PER_LINE

    def _write_line(self) -> None:
        state = self.format_dict
        self._said_n, self._said_s = self.n, state['elapsed']
        self.fp.write(f'{self.format_meter(**state)}\n')
        self.fp.flush()
