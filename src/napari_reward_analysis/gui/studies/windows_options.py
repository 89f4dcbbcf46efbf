"""The options of the study "Windows": the windows, and the search in each of them."""

from __future__ import annotations

from typing import Any

from qtpy.QtCore import Signal  # type: ignore[attr-defined, unused-ignore]
from qtpy.QtWidgets import QVBoxLayout, QWidget

from napari_reward_analysis.analyses.windows.plan import DEFAULT_CELLS
from napari_reward_analysis.analyses.windows.settings import WindowsSettings
from napari_reward_analysis.calibration.choices import AreaRule
from napari_reward_analysis.gui.layers.shown_image import ShownImage
from napari_reward_analysis.gui.widgets.settings_form import SettingsForm

_SHOWN = ("side", "overlap", "trials", "seed", "sampler", "seconds", "patience", "workers")


class WindowsOptions(QWidget):
    """Size and overlap of the windows, and the search in each.

    Attributes
    ----------
    form : SettingsForm
        All options.
    side, trials : QWidget
        Inputs of these settings.

    Signals
    -------
    changed
        The user has changed a value.
    """

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.form = SettingsForm(WindowsSettings, _SHOWN)
        self.side, self.trials = (self.form.control(name) for name in ("side", "trials"))
        self.show_default(None)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.form)
        self.form.changed.connect(self.changed.emit)

    @property
    def fault(self) -> str:
        """First fault of the options; empty if there is none."""
        return self.form.fault

    def settings(self, area: AreaRule) -> WindowsSettings:
        """Return the settings of the study.

        Raises
        ------
        BadInput
            If a value is impossible.
        """
        return self.form.settings(area=area)

    def show_settings(self, settings: WindowsSettings) -> None:
        """Show the settings of a run. No signal is emitted."""
        self.form.set_values(settings)

    def show_default(self, side: float | None) -> None:
        """Show the default side in angstrom in an empty input; None if it is unknown."""
        self._default = None if side is None else float(f"{side:.3g}")
        self.side.set_default(self._default, missing=f"{DEFAULT_CELLS:g} cells")

    def given(self, _shown: ShownImage) -> dict[str, Any]:
        """Return no further inputs."""
        return {}

    def bind(self) -> None:
        """Do nothing: no input depends on the viewer."""

    def unbind(self) -> None:
        """Stop following the viewer."""

    def summary(self) -> str:
        """Return the options in one line."""
        values = self.form.values()
        side = values["side"] or self._default
        words = f"{DEFAULT_CELLS:g} cells" if side is None else f"{side:g} Å"
        return f"{words}, {values['overlap']:.0%} overlap, {values['trials']} trials"
