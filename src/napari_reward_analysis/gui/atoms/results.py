"""The results of "Find atoms": N and DS of the shown run, oracles, edits by hand."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from qtpy.QtCore import Signal  # type: ignore[attr-defined, unused-ignore]
from qtpy.QtWidgets import QComboBox, QDoubleSpinBox, QLabel, QSizePolicy, QToolButton, QWidget

from napari_reward_analysis.analyses.atoms.oracle_counts import oracle_fronts
from napari_reward_analysis.analyses.atoms.run import Run
from napari_reward_analysis.gui.analysis.objectives import Objective
from napari_reward_analysis.gui.analysis.trade_off import TradeOffPanel
from napari_reward_analysis.gui.atoms.objectives import objectives_of
from napari_reward_analysis.gui.atoms.session import AtomsSession
from napari_reward_analysis.gui.atoms.trial_columns import trial_columns
from napari_reward_analysis.gui.atoms.words import (
    agreement_in_words,
    empty_sites_in_words,
    extra_rewards_in_words,
    trial_in_words,
    trial_tooltip,
    workflow_in_words,
)
from napari_reward_analysis.gui.layers.point_colours import COLOUR_RULES
from napari_reward_analysis.gui.widgets.fields import row
from napari_reward_analysis.gui.widgets.glossary import explain
from napari_reward_analysis.rewards.atoms import Physics

_AGREEMENT = "agreement"


class AtomsResults(TradeOffPanel):
    """Runs, Pareto plot and table of a search for atoms.

    Parameters
    ----------
    session : AtomsSession
        Its runs are shown, and it learns what the user selects.

    Signals
    -------
    physics_typed : Physics
        The user has moved N or DS of the shown run.
    colour_chosen : str
        The user has chosen a colour rule for the points.
    """

    physics_typed = Signal(object)
    colour_chosen = Signal(str)
    keep_help = "Copy the points into a layer of their own, which later clicks do not change"

    session: AtomsSession

    def __init__(self, session: AtomsSession) -> None:
        self._showing = False
        super().__init__(session)
        self.oracle_menu = self.run_menu.add_menu("Add oracle (known positions)")
        menu = self.export
        self.csv = menu.add("Points as CSV…")
        self.xyz = menu.add("Points as extended XYZ…")
        self.figure = menu.add("Plot as SVG or PNG…")
        self.colour = QComboBox()
        self.colour.setAccessibleName("Colour of the points")
        self.colour.setToolTip("Colour of the points in the layer 'atoms'")
        for rule, title in COLOUR_RULES.items():
            self.colour.addItem(f"Points: {title}", rule)
        self.foot.insertWidget(self.foot.count() - 1, self.colour)
        self.colour.currentIndexChanged.connect(
            lambda _: self.colour_chosen.emit(self.colour.currentData())
        )
        self.count.valueChanged.connect(self._on_physics)
        self.ds.valueChanged.connect(self._on_physics)
        self.original.clicked.connect(self._restore_physics)

    def head(self) -> Sequence[QWidget]:
        """N and DS of the shown run."""
        self.count, self.ds = _spin("N", 1, "99999.9"), _spin("DS", 3, "99.999")
        # without buttons, which would take the room of the digits
        self.count.setButtonSymbols(QDoubleSpinBox.ButtonSymbols.NoButtons)
        self.count.setMinimumWidth(self.count.minimumWidth() - 36)
        again = "A change scores all trials again, without a search."
        count_label, ds_label = QLabel("N"), QLabel("DS")
        for part in (self.count, count_label):
            part.setToolTip(f"{explain('N')}\n{again}")
        for part in (self.ds, ds_label):
            part.setToolTip(f"{explain('DS')}\n{again}")
        self.ds_unit = QLabel("Å")
        self.original = QToolButton()
        self.original.setText("↺")
        self.original.setToolTip("N and DS as they were when the run was made")
        line = row(count_label, self.count, ds_label, self.ds, self.ds_unit, self.original)
        layout: Any = line.layout()
        for place in (1, 3):
            layout.setStretch(place, 1)
        layout.setStretch(layout.count() - 1, 0)
        return (line,)

    # ---- words and numbers of the trials

    def objectives_of(self, run: Any) -> Sequence[Objective]:
        """QC, ER, and the extra rewards of the run."""
        return objectives_of(run)

    def other_quantities(self, run: Any) -> Sequence[Objective]:
        """Agreement with the oracle that judged the run."""
        known = self.session.agreement
        if known is None:
            return ()
        by_index = {trial.index: value for trial, value in zip(run.trials, known[1], strict=True)}
        title = f"F1 with {known[0]}"
        return (Objective(_AGREEMENT, title, "F1", lambda t: by_index[t.index]),)

    def marks_best(self, quantity: Objective) -> bool:
        """Whether the trial with the largest value gets a mark."""
        return quantity.name == _AGREEMENT

    def fronts_of(self, run: Any) -> Sequence[tuple[str, Any, Any]]:
        """Front of the same trials with the N of each oracle."""
        # an oracle is a count and changes QC and ER alone; all trials are scored again, which
        # is left to the end of a run
        if set(self.axes.shown) != {"qc", "er"} or run is self.session.growing:
            return ()
        order = slice(None, None, 1 if self.axes.shown[0] == "qc" else -1)
        fronts = oracle_fronts(run.trials, run.physics, run.oracles)
        return [
            (
                f"{name} (N {run.oracles[name]:g})",
                *np.array([v for _, v in front]).reshape(-1, 2).T[order],
            )
            for name, front in fronts.items()
        ]

    def words_of(self, run: Any, position: int) -> tuple[str, str]:
        """Columns, QC and ER; agreement, extra rewards and stages."""
        if self.session.edited is not None:
            # rewards and stages of the trial do not describe the edited points
            return f"edited: {trial_in_words(self.session.edited)}", ""
        trial = run.trials[position]
        parts = (
            agreement_in_words(self.session.agreement, position),
            extra_rewards_in_words(trial),
            empty_sites_in_words(run, trial),
            workflow_in_words(trial.parameters),
        )
        return f"#{trial.index}: {trial_in_words(trial.score)}", ", ".join(filter(None, parts))

    def empty_text(self, run: Any) -> str:
        """The image shows no column, if that is the result."""
        return "The image shows no column." if run.found_nothing else ""

    def tooltip_of(self, run: Any, trial: Any) -> str:  # noqa: ARG002
        """Parameters and objectives of a trial."""
        return trial_tooltip(trial)

    def tooltips(self) -> list[str]:
        """Tooltips of all trials, with their agreement with an oracle."""
        known = self.session.agreement
        return [
            "\n".join(filter(None, (text, agreement_in_words(known, place))))
            for place, text in enumerate(super().tooltips())
        ]

    def columns_of(self, run: Any) -> dict[str, list[object]]:
        """Columns of the table."""
        return trial_columns(run, None if run is None else self.session.agreement)

    # ---- session to widgets

    def bind(self) -> None:
        """Follow the session from now on."""
        session = self.session
        self.bindings.connect(session.edited_changed, self.show_selection)
        self.bindings.connect(session.oracles_changed, self.show_fronts)
        self.bindings.connect(session.agreement_changed, self._on_agreement)
        super().bind()

    def show_run(self) -> None:
        """Show another run, or none."""
        self.show_physics()
        super().show_run()

    def enable(self) -> None:
        """Enable what is possible now."""
        super().enable()
        run = self.session.current
        for widget in (self.count, self.ds, self.original):
            widget.setEnabled(run is not None)
        calibrated = run is not None and run.image.pixel_size is not None
        self.xyz.setEnabled(calibrated)
        self.xyz.setToolTip("" if calibrated else "needs a pixel size")

    def show_physics(self) -> None:
        """Show N and DS of the run."""
        run = self.session.current
        self._showing = True
        if run is not None:
            size = run.image.pixel_size
            self.ds_unit.setText("px" if size is None else "Å")
            for spin, value in (
                (self.count, run.physics.expected),
                (self.ds, run.physics.ds_px * (size or 1.0)),
            ):
                spin.setSingleStep(10 ** math.floor(math.log10(value / 20)))
                spin.setValue(value)
        self._showing = False

    def _on_agreement(self) -> None:
        # a new agreement is shown at once
        self.axes.prefer_colour(None)
        self.show_trials()

    # ---- widgets to session

    def _on_physics(self) -> None:
        run = self.session.current
        if self._showing or run is None:
            return
        # a spin box rounds: a value that was not changed keeps all its digits
        size = run.image.pixel_size or 1.0
        count, ds_px = run.physics.expected, run.physics.ds_px
        if abs(self.count.value() - count) >= 0.06:
            count = self.count.value()
        if abs(self.ds.value() - ds_px * size) >= 6e-4:
            ds_px = self.ds.value() / size
        physics: Physics = replace(run.physics, expected=count, ds_px=ds_px)
        self.physics_typed.emit(physics)

    def _restore_physics(self) -> None:
        run: Run | None = self.session.current
        if run is not None:
            self.physics_typed.emit(self.session.starting_physics(run))


def _spin(name: str, decimals: int, usual: str) -> QDoubleSpinBox:
    """A spin box as wide as a usual number, not as the largest one."""
    spin = QDoubleSpinBox()
    spin.setDecimals(decimals)
    spin.setRange(10.0**-decimals, 1e9)
    spin.setKeyboardTracking(False)
    spin.setAccessibleName(name)
    spin.setMinimumWidth(spin.fontMetrics().horizontalAdvance(usual) + 60)
    spin.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
    return spin
