"""Show the columns of the selected trial on the image.

At the end of a run the columns of the proposed trial are shown. During a run the proposed
trial changes often. Only the plot follows it then: redrawing thousands of points would make
the window stutter.

Points that the user edits are scored and never overwritten. Before another result is shown,
they are copied into a layer of their own.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from qtpy.QtCore import QObject, QTimer
from scipy.spatial import cKDTree

from napari_reward_analysis.analyses.atoms.domain_map import DomainMap
from napari_reward_analysis.analyses.atoms.run import Run
from napari_reward_analysis.analyses.atoms.table import Table, atoms_table, vacancy_table
from napari_reward_analysis.analyses.atoms.trial import AtomTrial
from napari_reward_analysis.arrays import BoolArray
from napari_reward_analysis.gui.analysis.overlay import Overlay
from napari_reward_analysis.gui.atoms.session import AtomsSession
from napari_reward_analysis.gui.inputs.area import area_of
from napari_reward_analysis.gui.layers.region_layer import CrystalLayer
from napari_reward_analysis.gui.layers.result_layers import AtomsLayer
from napari_reward_analysis.gui.layers.shown_image import Place
from napari_reward_analysis.gui.layers.site_layer import SiteLayer
from napari_reward_analysis.rewards.atoms import neighbour_sums, score_atoms

#: Time in ms without an edit, after which edited points are scored.
_SETTLE = 60

#: Diameter of the mark of an empty site in sigmas of a column.
_MARK = 3.0

#: Points at a smaller distance (px) are the same point.
_SAME = 1e-3


class AtomsOverlay(Overlay):
    """The points of a session's selected trial on its image.

    Parameters
    ----------
    viewer : napari.components.ViewerModel
    session : AtomsSession
    parent : QObject, optional
    """

    session: AtomsSession

    def __init__(self, viewer: Any, session: AtomsSession, parent: QObject | None = None) -> None:
        super().__init__(viewer, session, parent)
        self.atoms = AtomsLayer(viewer)
        self.vacant_sites = SiteLayer(viewer)
        self.domains = CrystalLayer(viewer, "domains", None)
        #: Run, trial and physics that the layer shows.
        self._drawn: tuple[Any, ...] | None = None
        #: The trial itself, with the positions that are shown.
        self._shown: AtomTrial | None = None
        #: Identifier of the run whose domains are shown.
        self._domains_of = ""
        #: Whether the layer has edits that were not copied yet.
        self._edited = False
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.setInterval(_SETTLE)
        self._settle.timeout.connect(self._score_edits)

    def bind(self) -> None:
        """Follow session and viewer from now on."""
        session = self.session
        self.bindings.connect(session.selection_changed, self._on_selection)
        self.bindings.connect(session.refined, self._on_refined)
        self.bindings.connect(session.run_changed, self._on_run)
        self.bindings.connect(session.trials_changed, self._on_trials)
        self.bindings.connect(session.search_changed, self._on_trials)
        self.bindings.connect(self.atoms.edited, self._on_edited)
        self.bindings.connect(self.viewer.layers.events.removed, self._on_removed)
        super().bind()

    def unbind(self) -> None:
        """Stop following the session; the layers stay."""
        super().unbind()
        self._settle.stop()
        self.atoms.release()
        self.vacant_sites.release()
        self._drawn, self._shown, self._edited = None, None, False

    def draw(self) -> None:
        """Show the selected trial, if its image is open."""
        run, position, place = self.session.current, self.session.selected, self.place
        if run is None or place is None:
            return
        if position is None:
            if run.found_nothing:
                self._show_nothing(run, place)
            return
        wanted = (run.identifier, run.trials[position].index, run.physics)
        if wanted == self._drawn and self.atoms.layer is not None and not self._edited:
            return
        self._keep_edits()
        trial = run.trials[position]
        self.atoms.show(place, self._table(run, position), run.image.shape)
        size = float(np.median(trial.blobs[:, 2])) * _MARK if len(trial.blobs) else _MARK
        self.vacant_sites.show(place, vacancy_table(run, trial), size)
        self._show_domains(run, place)
        self._drawn, self._shown, self._edited = wanted, run.trials[position], False

    def _show_nothing(self, run: Run, place: Place) -> None:
        """Show an empty layer: the image has no column."""
        self._keep_edits()
        table = atoms_table(None, run.physics, run.image.pixel_size)
        self.atoms.show(place, table, run.image.shape)
        self._drawn, self._shown, self._edited = None, None, False

    def _show_domains(self, run: Run, place: Place) -> None:
        """Show the domains once for each run, if there are several."""
        if run.domains is None or len(run.domains.facts) < 2:
            return
        if self._domains_of == run.identifier:
            return
        self._domains_of = run.identifier
        active = self.viewer.layers.selection.active
        layer = self.domains.show(place, run.domains.labels.astype(np.uint8))
        if active is not None:
            self.viewer.layers.selection.active = active
        if layer is not None:
            layer.features = _domain_features(run.domains)

    def table(self) -> Table | None:
        """Table of the shown columns with their edits; None where no trial is selected."""
        run, position = self.session.current, self.session.selected
        if run is None or position is None:
            return None
        if self.session.edited is None:
            return self._table(run, position)
        points, here = self.atoms.points()
        features = {name: values[here] for name, values in self.atoms.features().items()}
        size = np.nan if run.image.pixel_size is None else run.image.pixel_size
        y, x = points[here].T
        columns = {
            "id": np.arange(len(y)),
            "y_px": y,
            "x_px": x,
            "y_A": y * size,
            "x_A": x * size,
            **features,
            "uncertainty_A": features["uncertainty_px"] * size,
        }
        return {name: columns[name] for name in self._table(run, position)}

    def keep(self) -> str:
        """Copy the shown points into a layer of their own; returns its name, or ''."""
        if not self._edited:
            self.draw()
        copy = self.atoms.keep(self._kept_name())
        return "" if copy is None else str(copy.name)

    # ---- reactions to the session and the viewer

    def _on_selection(self) -> None:
        if not self.moves_by_itself:
            self.draw()

    def _on_refined(self) -> None:
        """Move the shown points to their refined positions, unless the user has edited them."""
        run, position = self.session.current, self.session.selected
        if run is None or position is None or self._edited or self._drawn is None:
            return
        trial = run.trials[position]
        same = self._drawn == (run.identifier, trial.index, run.physics)
        if same and self.atoms.move(self._table(run, position)):
            self._shown = trial

    def _on_run(self) -> None:
        self._settle.stop()
        if not self.moves_by_itself:
            self.draw()

    def _on_trials(self) -> None:
        if self._edited:
            self._settle.start()
        elif not self.moves_by_itself:
            self.draw()

    def _on_removed(self, _event: Any) -> None:
        if self.atoms.layer is None and self._edited:
            # the user deleted the layer with the edits
            self._edited = False
            self.session.set_edited(None)

    def _on_edited(self) -> None:
        self._edited = True
        self._settle.start()

    def _score_edits(self) -> None:
        run, position = self.session.current, self.session.selected
        if not self._edited or run is None or position is None or self.atoms.layer is None:
            return
        if self._drawn is None or self._drawn[:2] != (run.identifier, run.trials[position].index):
            return
        if self._shown is None:
            return
        points, here = self.atoms.points()
        here &= _within(points, run)
        sums = np.full(len(points), np.nan)
        judged, moved = _as_blobs(points, self._shown)
        # columns outside the area are neighbours, although they do not count
        beyond = self._shown.blobs[~self._shown.inside, :2]
        around = neighbour_sums(np.concatenate([judged[here], beyond]))
        sums[here] = around[: np.count_nonzero(here)]
        score = score_atoms(sums[here], run.physics)
        self.session.set_edited(score)
        self._drawn = (*self._drawn[:2], run.physics)
        size = np.nan if run.image.pixel_size is None else run.image.pixel_size
        errors = np.nan_to_num(sums, nan=np.inf) < run.physics.ds_px
        self.atoms.refresh(sums * size, errors, moved, here)

    # ---- inside

    def _table(self, run: Run, position: int) -> Table:
        trial = run.trials[position]
        return atoms_table(trial, run.physics, run.image.pixel_size, run.sites)

    def _keep_edits(self) -> None:
        if not self._edited or self.atoms.layer is None:
            return
        copy = self.atoms.keep("atoms, edited")
        if copy is not None:
            self.said.emit(f"Your edited points are kept as layer {copy.name!r}.", False)

    def _kept_name(self) -> str:
        run, position = self.session.current, self.session.selected
        if run is None or position is None:
            return "atoms, kept"
        edited = ", edited" if self._edited else ""
        return f"atoms, {run.name}, trial {run.trials[position].index}{edited}"


def _as_blobs(
    points: npt.NDArray[Any], trial: AtomTrial
) -> tuple[npt.NDArray[Any], npt.NDArray[np.bool_]]:
    """Positions at which edited points are scored: those of the blobs for unmoved points.

    A trial is scored by its blobs, which lie on whole pixels. Scores of refined positions
    would change the errors of columns that the user did not edit.

    Returns
    -------
    judged : ndarray, shape (n, 2)
    moved : ndarray of bool, shape (n,)
        Points that the user added or moved.
    """
    if not trial.shown.any():
        return points, np.ones(len(points), bool)
    distance, row = cKDTree(trial.points[trial.shown]).query(points)
    moved = np.asarray(distance > _SAME)
    blobs = trial.blobs[trial.shown, :2].astype(float)
    return np.where(moved[:, None], points, blobs[row]), moved


def _within(points: npt.NDArray[Any], run: Run) -> BoolArray:
    """Points inside the analysed area, shape (n,)."""
    pixels = np.round(points).astype(int)
    low, high = pixels >= 0, pixels < np.asarray(run.image.shape)
    inside: BoolArray = np.asarray((low & high).all(axis=1), dtype=bool)
    inside[inside] = area_of(run.image.shape, run.region)[tuple(pixels[inside].T)]
    return inside


def _domain_features(domains: DomainMap) -> dict[str, list[object]]:
    """One row for each label of the layer "domains", the background first."""
    facts = domains.facts
    return {
        "lattice": ["", *(fact["name"] for fact in facts)],
        "rotation_deg": [np.nan, *(fact["rotation_deg"] for fact in facts)],
        "share": [np.nan, *(fact["share"] for fact in facts)],
    }
