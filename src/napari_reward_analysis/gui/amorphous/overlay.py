"""Show mask and columns of the selected trial on the image.

The proposed trial is shown at the start and at the end of a run. During a run it changes
often, and only the plot follows it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from qtpy.QtCore import QObject

from napari_reward_analysis.analyses.amorphous.problem import AmorphousTrial
from napari_reward_analysis.analyses.amorphous.run import AmorphousRun
from napari_reward_analysis.arrays import BoolArray, Float32Array
from napari_reward_analysis.gui.amorphous.classes import class_colours
from napari_reward_analysis.gui.amorphous.layers import RegionLayers
from napari_reward_analysis.gui.amorphous.maps import likelihood_map
from napari_reward_analysis.gui.amorphous.session import RegionSession
from napari_reward_analysis.gui.analysis.overlay import Overlay
from napari_reward_analysis.gui.layers.shown_image import Place
from napari_reward_analysis.gui.widgets.background import BackgroundTask
from napari_reward_analysis.gui.widgets.theme import ThemeColours, default_colours

#: Diameter of a point as a share of the distance between columns.
_POINT = 0.42


class RegionOverlay(Overlay):
    """Mask, columns and likelihood of a session's selected trial.

    Parameters
    ----------
    viewer : napari.components.ViewerModel
    session : RegionSession
    parent : QObject, optional
    """

    session: RegionSession

    def __init__(self, viewer: Any, session: RegionSession, parent: QObject | None = None) -> None:
        super().__init__(viewer, session, parent)
        self.layers = RegionLayers(viewer)
        self._colours = default_colours()
        #: Run and trial that the layers show.
        self._drawn: tuple[str, int | None] | None = None
        self._task: BackgroundTask[Float32Array] | None = None
        #: Gives the region that is drawn on an image; None where there is none.
        self.region: Callable[[Place], BoolArray | None] = lambda _: None

    def bind(self) -> None:
        """Follow session and viewer from now on."""
        session = self.session
        self.bindings.connect(session.selection_changed, self._on_selection)
        self.bindings.connect(session.run_changed, self.draw)
        self.bindings.connect(session.trials_changed, self._on_selection)
        self.bindings.connect(session.search_changed, self._on_selection)
        self.bindings.connect(self.viewer.layers.events.removed, self._on_removed)
        super().bind()

    def unbind(self) -> None:
        """Stop following the session; the layers stay."""
        super().unbind()
        if self._task is not None:
            self._task.drop()
        self._drawn = None

    @property
    def trial(self) -> AmorphousTrial | None:
        """The selected trial; the first one where no trial is selected."""
        run, position = self.session.current, self.session.selected
        if run is None or not run.trials:
            return None
        return run.trials[position or 0]

    def apply_colours(self, colours: ThemeColours) -> None:
        """Take the colours of the classes from these."""
        self._colours = colours
        self._drawn = None
        self.draw()

    def draw(self) -> None:
        """Show the selected trial, if its image is open."""
        run, place, position = self.session.current, self.place, self.session.selected
        if run is None or place is None or not run.trials:
            return
        if (run.identifier, position) == self._drawn and self.layers.mask is not None:
            return
        regions = np.zeros(run.image.shape, np.uint8)
        if position is not None:
            regions = np.minimum(run.trials[position].regions, 255).astype(np.uint8)
        self.layers.show_mask(place, regions)
        self._show_columns(run, place, regions > 0)
        self._drawn = (run.identifier, position)
        # a running computation of the map belongs to the former trial
        awaited = self._task is not None and self._task.going_on
        if awaited or self.layers.likelihood is not None:
            self.show_likelihood()

    def keep(self) -> str:
        """Copy the shown mask into a layer of its own; returns its name, or ''."""
        self.draw()
        run, trial = self.session.current, self.trial
        if run is None or trial is None or self.place is None:
            return ""
        copy = self.layers.keep(f"{run.name} trial {trial.index}")
        return "" if copy is None else str(copy.name)

    def show_likelihood(self) -> None:
        """Compute and show the map that the selected trial's threshold is applied to."""
        run, trial, place = self.session.current, self.trial, self.place
        shown = self.shown_image
        if run is None or trial is None or place is None or shown is None:
            self.said.emit("The image of the run is not open: open it to see the map.", True)
            return
        problem, region = self.session.problems.get(run.identifier), self.region(place)
        if self._task is not None:
            self._task.drop()
        self._task = BackgroundTask(
            lambda: likelihood_map(run, trial, problem, shown, region),
            lambda height: self.layers.show_likelihood(place, height),
            lambda error: self.said.emit(error, True),
        )
        self._task.start()

    # ---- inside

    def _on_selection(self) -> None:
        session = self.session
        run = session.current
        if run is None:
            return
        other_run = self._drawn is None or self._drawn[0] != run.identifier
        if other_run or run is not session.growing or run.choice is not None:
            self.draw()

    def _on_removed(self, _event: Any = None) -> None:
        if self.layers.mask is None:
            self._drawn = None

    def _show_columns(self, run: AmorphousRun, place: Place, mask: BoolArray) -> None:
        columns = run.columns
        at = np.clip(np.rint(columns.yx).astype(int), 0, np.subtract(mask.shape, 1))
        names = tuple(dict.fromkeys(columns.labels[columns.labels != ""].tolist()))
        classes = self.session.classes
        if classes is not None and set(names) <= set(classes.names):
            names = classes.names
        distance = float(np.sqrt(mask.size / max(len(columns.yx), 1)))
        self.layers.show_columns(
            place,
            columns.yx,
            {
                "class": columns.labels.astype(object),
                "contrast_lost": columns.loss,
                "is_amorphous": mask[at[:, 0], at[:, 1]],
            },
            class_colours(names, self._colours),
            _POINT * distance,
        )
