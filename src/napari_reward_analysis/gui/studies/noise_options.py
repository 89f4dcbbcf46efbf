"""The options of the study "Noise": levels of noise, and the search at each of them."""

from __future__ import annotations

from typing import Any

import numpy as np
from napari.layers import Layer, Points
from qtpy.QtCore import Signal  # type: ignore[attr-defined, unused-ignore]
from qtpy.QtWidgets import QCheckBox, QVBoxLayout, QWidget

from napari_reward_analysis.analyses.atoms.as_published import as_published, is_as_published
from napari_reward_analysis.analyses.atoms.settings import AtomsSettings
from napari_reward_analysis.analyses.noise.settings import NoiseSettings
from napari_reward_analysis.analyses.oracle.network import runtime_fault
from napari_reward_analysis.calibration.choices import AreaRule
from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.gui.layers.known_points import is_oracle, points_on
from napari_reward_analysis.gui.layers.layer_combo import LayerCombo
from napari_reward_analysis.gui.layers.shown_image import ShownImage
from napari_reward_analysis.gui.studies.layers import ATOMS
from napari_reward_analysis.gui.widgets.glossary import explain
from napari_reward_analysis.gui.widgets.settings_form import SettingsForm
from napari_reward_analysis.points.agreement import require_within

_SHOWN = (
    *("levels", "unit", "kind", "seeds"),
    *("trials", "seed", "sampler", "seconds", "patience"),
)


def _may_be_known(layer: Layer) -> bool:
    return is_oracle(layer) and layer.name != ATOMS


class NoiseOptions(QWidget):
    """Levels and kind of the noise, repetitions, and the search at each level.

    Parameters
    ----------
    viewer : napari.components.ViewerModel
        Its Points layers are offered as known positions.

    Attributes
    ----------
    form : SettingsForm
        The settings of the study.
    levels, seeds, trials : QWidget
        Inputs of these settings.
    published : QCheckBox
        Search as published at each level.
    network : QCheckBox
        Ask the network too.
    known : LayerCombo
        Known positions.

    Signals
    -------
    changed
        The user has changed a value.
    """

    changed = Signal()

    def __init__(self, viewer: Any) -> None:
        super().__init__()
        self.form = SettingsForm(NoiseSettings, _SHOWN)
        self.levels, self.seeds = (self.form.control(name) for name in ("levels", "seeds"))
        self.trials = self.form.control("trials")
        self.published = QCheckBox("Search as published")
        self.published.setToolTip(
            "Search as in the paper at each level: only LoG, with QC and ER as rewards"
        )
        self.network = QCheckBox("Compare with the network")
        self.network.setToolTip(
            f"Ask the network for the columns at each level, too.\n{explain('oracle')}"
        )
        self.known = LayerCombo(viewer, _may_be_known, nothing=("none",))
        self.known.setAccessibleName("Known positions")
        known = (
            "Known positions of the columns. They score the results and do not guide the search."
        )
        self.known.setToolTip(known)
        self.form.insert_row(-1, "", self.published)
        self.form.insert_row(-1, "", self.network)
        self.form.insert_row(-1, "Known", self.known, f"{known}\n{explain('F1')}")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.form)
        self.form.changed.connect(self.changed.emit)
        for tick in (self.published, self.network):
            tick.toggled.connect(lambda _: self.changed.emit())

    @property
    def fault(self) -> str:
        """First fault of the options; empty if there is none."""
        return self.form.fault or (runtime_fault() if self.network.isChecked() else "")

    def settings(self, area: AreaRule) -> NoiseSettings:
        """Return the settings of the study.

        Raises
        ------
        BadInput
            If a value is impossible.
        """
        if self.published.isChecked():
            return self.form.settings({AtomsSettings: as_published})
        return self.form.settings(area=area)

    def show_settings(self, settings: NoiseSettings) -> None:
        """Show the settings of a run. No signal is emitted."""
        self.form.set_values(settings)
        self.published.blockSignals(True)
        self.published.setChecked(is_as_published(settings.atoms))
        self.published.blockSignals(False)

    def given(self, shown: ShownImage) -> dict[str, Any]:
        """Return the known positions in the image, and the choice of the network.

        Raises
        ------
        BadInput
            If the layer of known positions belongs to another image.
        """
        layer, known = self.known.layer, None
        if isinstance(layer, Points):
            points = points_on(layer, shown.place)
            if not len(points):
                raise BadInput(
                    "The layer of known positions has no point on this image: choose another."
                )
            known = points[require_within(points, np.ones(shown.shape, bool), repr(layer.name))]
        return {"known": known, "oracle": self.network.isChecked()}

    def bind(self) -> None:
        """Follow the viewer from now on."""
        self.known.bind()

    def unbind(self) -> None:
        """Stop following the viewer."""
        self.known.unbind()

    def summary(self) -> str:
        """Return the options in one line."""
        values = self.form.values()
        levels = ", ".join(f"{level:g}" for level in values["levels"])
        seeds = values["seeds"]
        return f"{values['kind']} at {levels}; {seeds} repetition{'' if seeds == 1 else 's'}"
