"""Fit sub-pixel positions for the shown trial in a thread.

The trials on the front are refined during the run. Any other trial is refined when it is
shown: its points appear on whole pixels at once, and move when the fit is done.
"""

from __future__ import annotations

from typing import Any

from qtpy.QtCore import QObject

from napari_reward_analysis.analyses.atoms.positions import Refiner
from napari_reward_analysis.analyses.atoms.run import Run
from napari_reward_analysis.analyses.atoms.trial import AtomTrial
from napari_reward_analysis.detection.refine import Refined
from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.gui.atoms.session import AtomsSession
from napari_reward_analysis.gui.layers.shown_image import Place, ShownImage, shown_image_at
from napari_reward_analysis.gui.widgets.background import BackgroundTask
from napari_reward_analysis.gui.widgets.bindings import Bindings


class Refining(QObject):
    """Refine the selected trial of a session.

    Parameters
    ----------
    viewer : napari.components.ViewerModel
        Holds the images.
    session : AtomsSession
        Its selected trial is refined, and it gets the result.
    parent : QObject, optional
    """

    def __init__(self, viewer: Any, session: AtomsSession, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._viewer, self._session = viewer, session
        self._bindings = Bindings(self)
        self._task: BackgroundTask[Refined] | None = None
        #: Image of the last run.
        self._source: _Source | None = None
        #: Runs and trials that could not be refined.
        self._failed: set[tuple[str, int]] = set()
        # a closed window deletes this object, but the thread runs to its end
        self.destroyed.connect(self.stop)

    @property
    def busy(self) -> bool:
        """Whether a trial is being refined."""
        return self._task is not None

    def bind(self) -> None:
        """Follow the session from now on."""
        session = self._session
        for signal in (
            *(session.selection_changed, session.run_changed),
            *(session.trials_changed, session.search_changed),
        ):
            self._bindings.connect(signal, self.look)
        self._bindings.connect(self._viewer.layers.events.removed, self._on_removed)
        self.look()

    def unbind(self) -> None:
        """Stop following the session."""
        self._bindings.release()
        self.stop()

    def stop(self, _sender: object = None) -> None:
        """Ignore the result of a running fit."""
        if self._task is not None:
            self._task.drop()
            self._task = None

    def look(self) -> None:
        """Refine the selected trial if this is asked for and not done yet."""
        run, trial = self._session.current, self._wanted()
        if self._task is not None or run is None or trial is None:
            return
        source = self._source_of(run)
        if source is None:
            return
        key = run.identifier, trial.index
        self._task = BackgroundTask(
            lambda: source.refined(trial),
            lambda found: self._on_found(run, trial.index, found),
            lambda _why: self._on_failed(key),
        )
        self._task.start()

    def _wanted(self) -> AtomTrial | None:
        run, position = self._session.current, self._session.selected
        if run is None or position is None or not run.settings.refine:
            return None
        if run is self._session.growing and run.choice is None:
            # the proposed trial changes often during a run, and the image does not show it
            return None
        trial = run.trials[position]
        known = trial.refined is not None or (run.identifier, trial.index) in self._failed
        return None if known or not len(trial.blobs) else trial

    def _source_of(self, run: Run) -> _Source | None:
        """Image of a run; None where it is not open."""
        place = self._session.places.get(run.identifier)
        if not isinstance(place, Place) or place.layer() not in self._viewer.layers:
            return None
        if self._source is None or not self._source.fits(run, place):
            frame = shown_image_at(place)
            self._source = None if frame is None else _Source(run, frame)
        return self._source

    def _on_removed(self, _event: Any) -> None:
        """Release an image that the user has closed."""
        if self._source is not None and not self._source.is_open(self._viewer):
            self._source = None

    def _on_found(self, run: Run, index: int, found: Refined) -> None:
        self._task = None
        self._session.set_refined(run, {index: found})
        # the user may have selected another trial
        self.look()

    def _on_failed(self, key: tuple[str, int]) -> None:
        # the positions of the blobs stay
        self._task = None
        self._failed.add(key)
        self.look()


class _Source:
    """Image of a run, read when a thread first needs it."""

    def __init__(self, run: Run, frame: ShownImage) -> None:
        self._fingerprint, self._frame = run.image.fingerprint, frame
        self._refiner: Refiner | None = None

    def fits(self, run: Run, place: Place) -> bool:
        """Whether this is the image of a run at a place."""
        return self._fingerprint == run.image.fingerprint and self._frame.place == place

    def is_open(self, viewer: Any) -> bool:
        """Whether the image is among a viewer's layers."""
        return self._frame.place.layer() in viewer.layers

    def refined(self, trial: AtomTrial) -> Refined:
        """Positions of a trial's columns; one thread at a time calls it."""
        if self._refiner is None:
            # the pixel size does not matter
            image = self._frame.image(1.0)
            if image.fingerprint != self._fingerprint:
                raise BadInput("The image has changed since the run.")
            self._refiner = Refiner(image)
        return self._refiner.refined(trial)
