"""Find the open image that a run belongs to, by its fingerprint."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic

from qtpy.QtCore import QObject

from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.gui.analysis.session import R, Session
from napari_reward_analysis.gui.layers.shown_image import Place, ShownImage, shown_image_of
from napari_reward_analysis.gui.widgets.background import BackgroundTask


class ImageFinder(QObject, Generic[R]):
    """Looks for the shown run's image among a viewer's layers.

    Parameters
    ----------
    viewer : napari.components.ViewerModel
        Its layers are compared by their shown frame.
    session : Session
        It receives the place of a run whose image was found.
    found : callable
        Called with the run and its place; the place is None if no image matches.
    parent : QObject, optional
    """

    def __init__(
        self,
        viewer: Any,
        session: Session[R],
        found: Callable[[R, Place | None], None],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._viewer, self._session, self._found = viewer, session, found
        self._task: BackgroundTask[Place | None] | None = None

    def look(self, run: R) -> None:
        """Start looking. An earlier search ends."""
        self.stop()
        frames = list(self._frames(run.image.shape))
        if not frames:
            self._found(run, None)
            return
        fingerprint = run.image.fingerprint
        self._task = BackgroundTask(
            lambda: _first_match(frames, fingerprint),
            lambda place: self._tell(run, place),
            lambda _error: self._tell(run, None),
        )
        self._task.start()

    def stop(self) -> None:
        """End a running search."""
        if self._task is not None:
            self._task.drop()
            self._task = None

    def _frames(self, shape: tuple[int, int]) -> list[ShownImage]:
        frames = []
        for layer in reversed(self._viewer.layers):
            try:
                frame = shown_image_of(layer, self._viewer)
            except BadInput:
                continue
            if frame.shape == shape:
                frames.append(frame)
        return frames

    def _tell(self, run: R, place: Place | None) -> None:
        self._task = None
        if place is not None:
            self._session.places[run.identifier] = place
        self._found(run, place)


def _first_match(frames: list[ShownImage], fingerprint: str) -> Place | None:
    for frame in frames:
        try:
            # the fingerprint depends only on the pixels, so the scale does not matter
            if frame.image(1.0).fingerprint == fingerprint:
                return frame.place
        except BadInput:
            continue
    return None
