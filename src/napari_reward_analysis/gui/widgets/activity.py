"""Show the progress of a run in napari's activity dock."""

from __future__ import annotations

import io
import time

from napari.utils import cancelable_progress

#: Seconds between two steps of the bar: at each of them napari paints its whole window.
_INTERVAL = 0.5


class _Nowhere(io.TextIOBase):
    """A terminal that shows nothing. The bar belongs in the window."""

    def write(self, text: str) -> int:
        """Take the text and drop it."""
        return len(text)


class ActivityBar:
    """A progress bar with a Cancel button in the activity dock of the viewer.

    Parameters
    ----------
    total : int
        Number of steps.
    title : str
        Name of the run.
    """

    def __init__(self, total: int, title: str) -> None:
        self._bar = cancelable_progress(total=total, desc=title, file=_Nowhere())
        self._waiting, self._shown = 0, time.monotonic()

    def expect(self, total: int) -> None:
        """The number of steps is known, or has changed."""
        if self._bar.total != total:
            self._bar.total = total

    @property
    def cancelled(self) -> bool:
        """Whether the user has pressed Cancel in the activity dock."""
        return bool(self._bar.is_canceled)

    def advance(self, steps: int) -> None:
        """Add this number of finished steps."""
        self._waiting += steps
        if self._waiting and time.monotonic() - self._shown > _INTERVAL:
            self._bar.update(self._waiting)
            self._waiting, self._shown = 0, time.monotonic()

    def close(self) -> None:
        """Remove the bar."""
        self._bar.close()
