"""Section 4 of the form: which search, how long, and what is not searched."""

from __future__ import annotations

from collections.abc import Callable

from qtpy.QtCore import Signal  # type: ignore[attr-defined, unused-ignore]
from qtpy.QtWidgets import QWidget

from napari_reward_analysis.analyses.amorphous.as_published import (
    FIXED,
    as_published,
    is_as_published,
)
from napari_reward_analysis.analyses.amorphous.settings import (
    AmorphousSettings,
    ParameterName,
    Value,
)
from napari_reward_analysis.gui.widgets.fields import (
    NumberField,
    choice,
    form_layout,
    row,
    whole_number,
)

_WAYS = {"full": "full space", "published": "as published"}
_SEARCHED = "searched"
_DEFAULTS = AmorphousSettings()


class RegionSearchSection(QWidget):
    """Way, trials, seed, class and window.

    Signals
    -------
    changed
        Anything.
    """

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.way = choice("Search", _WAYS)
        self.way.setToolTip(
            "Full space: class, measure, window, mixture, threshold and smoothing, judged by "
            "compactness, perimeter and unexplained disorder. As published: threshold and "
            "covariance of the brightest class, judged by compactness and perimeter"
        )
        self.trials = whole_number("Trials", 1, 100_000, _DEFAULTS.trials)
        self.seed = whole_number("Seed", 0, 999_999, _DEFAULTS.seed)
        self.seed.setToolTip("The same seed repeats the run")
        self.of_class = choice("Class", {"": _SEARCHED})
        self.of_class.setToolTip("Columns whose order is asked for")
        self.window_size = NumberField("Window")
        self.window_size.set_default(None, missing=_SEARCHED)
        self.window_size.setToolTip("Half the side of a patch in mean spacings of the columns")
        layout = form_layout(self)
        layout.addRow("Search", self.way)
        layout.addRow("Trials", row(self.trials, "seed", self.seed))
        layout.addRow("Class", self.of_class)
        layout.addRow("Window", row(self.window_size, "spacings", stretch=0))
        self.trials.valueChanged.connect(self.changed.emit)
        self.seed.valueChanged.connect(self.changed.emit)
        self.way.currentIndexChanged.connect(self.changed.emit)
        self.of_class.currentIndexChanged.connect(self.changed.emit)
        self.window_size.value_changed.connect(self.changed.emit)

    def set_classes(self, names: tuple[str, ...]) -> None:
        """Offer these classes; a choice that is no longer there goes back to all."""
        chosen = self.of_class.currentData()
        self.of_class.blockSignals(True)
        self.of_class.clear()
        for key, text in {"": _SEARCHED, "all": "all", **{name: name for name in names}}.items():
            self.of_class.addItem(text, key)
        self.of_class.setCurrentIndex(max(0, self.of_class.findData(chosen)))
        self.of_class.blockSignals(False)

    def settings(self, kinds: int | None) -> AmorphousSettings:
        """What the section asks for, with a number of classes."""
        fixed: dict[ParameterName, Value] = {}
        if self.of_class.currentData():
            fixed["class"] = str(self.of_class.currentData())
        if (window := self.window_size.value()) is not None:
            fixed["window"] = window
        published = self.way.currentData() == "published"
        make: Callable[..., AmorphousSettings] = as_published if published else AmorphousSettings
        return make(
            trials=self.trials.value(),
            seed=self.seed.value(),
            kinds=kinds,
            fixed=fixed,
        )

    def show_settings(self, settings: AmorphousSettings) -> None:
        """Show the settings of a run. Emits nothing."""
        self.blockSignals(True)
        self.trials.setValue(settings.trials)
        self.seed.setValue(settings.seed)
        self.way.setCurrentIndex(
            self.way.findData("published" if is_as_published(settings) else "full")
        )
        self.of_class.setCurrentIndex(
            max(0, self.of_class.findData(settings.fixed.get("class", "")))
        )
        window = settings.fixed.get("window")
        if is_as_published(settings) and window == FIXED["window"]:
            window = None
        self.window_size.set_value(None if window is None else float(window))
        self.blockSignals(False)

    def summary(self) -> str:
        """The section in one line."""
        return f"{self.way.currentText()}, {self.trials.value()} trials, seed {self.seed.value()}"
