"""Choose the objectives for the axes of the plot, and a quantity for the colour."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from qtpy.QtCore import Qt, Signal  # type: ignore[attr-defined, unused-ignore]
from qtpy.QtWidgets import QComboBox, QHBoxLayout, QLabel, QSizePolicy, QWidget

from napari_reward_analysis.gui.analysis.objectives import Objective
from napari_reward_analysis.gui.widgets.fields import choice

#: Entry of the list of colours without a quantity.
PLAIN = ""


class AxesChoice(QWidget):
    """Lists for the two axes and the colour. They are hidden if there is nothing to choose.

    A choice of the user applies to every run that has the quantity. By default the colour
    shows the first quantity that is on no axis.

    Signals
    -------
    changed
        The user chose other axes.
    colour_changed
        The user chose another colour.
    """

    changed = Signal()
    colour_changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._objectives: dict[str, Objective] = {}
        self._colours: dict[str, Objective] = {}
        #: Choice of the user. A run may lack this quantity.
        self._wanted: tuple[str, str] | None = None
        self._wanted_colour: str | None = None
        self._before = ("", "")
        self.horizontal = choice("Horizontal axis", {})
        self.vertical = choice("Vertical axis", {})
        self.colour = choice("Colour of the points", {})
        #: Widgets of the axes. They are hidden if there are only two objectives.
        self._axes: list[QWidget] = [
            QLabel("\N{RIGHTWARDS ARROW}"),
            self.horizontal,
            QLabel("\N{UPWARDS ARROW}"),
            self.vertical,
        ]
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(5)
        for widget in (*self._axes, QLabel("Colour"), self.colour):
            layout.addWidget(widget, 0 if isinstance(widget, QLabel) else 1)
        for box in (self.horizontal, self.vertical, self.colour):
            # long texts are cut in a narrow dock and do not widen it
            box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
            box.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
            box.setMinimumWidth(56)
        self.horizontal.currentIndexChanged.connect(lambda: self._on_axis(self.vertical))
        self.vertical.currentIndexChanged.connect(lambda: self._on_axis(self.horizontal))
        self.colour.currentIndexChanged.connect(self._on_colour)

    @property
    def shown(self) -> tuple[str, str]:
        """Names of the objectives on the horizontal and the vertical axis."""
        return str(self.horizontal.currentData()), str(self.vertical.currentData())

    @property
    def objectives(self) -> tuple[Objective, Objective]:
        """Objectives on the horizontal and the vertical axis."""
        return self._objectives[self.shown[0]], self._objectives[self.shown[1]]

    @property
    def coloured(self) -> Objective | None:
        """Quantity shown as colour; None for the default colours."""
        return self._colours.get(str(self.colour.currentData()))

    def offer(self, objectives: Sequence[Objective], others: Sequence[Objective] = ()) -> None:
        """Offer objectives, and other quantities as colours. No signal is emitted.

        Parameters
        ----------
        objectives : sequence of Objective, two or more
        others : sequence of Objective
            Further quantities for the colour. The first one is shown unless the user has
            chosen another.
        """
        known = {one.name: one for one in objectives}
        colours = {one.name: one for one in (*others, *objectives)}
        same = _facts(known) == _facts(self._objectives)
        if same and _facts(colours) == _facts(self._colours):
            self._objectives, self._colours = known, colours
            return
        self._objectives, self._colours = known, colours
        wanted = self._wanted
        if wanted is None or not set(wanted) <= set(known):
            first, second, *_ = known
            wanted = first, second
        self._before = wanted
        for box, name in zip((self.horizontal, self.vertical), wanted, strict=True):
            _fill(box, known, name)
        self._offer_colours()

    def prefer_colour(self, name: str | None) -> None:
        """Show a quantity as colour, as if the user chose it; None for the default choice."""
        self._wanted_colour = name
        self._offer_colours()

    # ---- internals

    def _offer_colours(self) -> None:
        free = {name: one for name, one in self._colours.items() if name not in self.shown}
        wanted = self._wanted_colour
        if wanted is None or wanted not in (PLAIN, *free):
            wanted = next(iter(free), PLAIN)
        with _silent(self.colour):
            self.colour.clear()
            self.colour.addItem("none", PLAIN)
            self.colour.setItemData(0, "Front and others", Qt.ItemDataRole.ToolTipRole)
        _fill(self.colour, free, wanted, keep=True)
        for widget in self._axes:
            widget.setVisible(len(self._objectives) > 2)
        self.setVisible(bool(free))

    def _on_axis(self, other: QComboBox) -> None:
        if self.shown[0] == self.shown[1]:
            # an objective against itself shows nothing, so the axes are swapped
            taken = self._before[1 if other is self.horizontal else 0]
            with _silent(other):
                other.setCurrentIndex(other.findData(taken))
        self._wanted = self._before = self.shown
        self._offer_colours()
        self.changed.emit()

    def _on_colour(self) -> None:
        self._wanted_colour = str(self.colour.currentData())
        self.colour_changed.emit()


def _facts(known: dict[str, Objective]) -> list[tuple[str, str, str]]:
    return [(one.name, one.label, one.short) for one in known.values()]


def _fill(box: QComboBox, known: dict[str, Objective], chosen: str, *, keep: bool = False) -> None:
    with _silent(box):
        if not keep:
            box.clear()
        for name, one in known.items():
            box.addItem(one.short, name)
            box.setItemData(box.count() - 1, one.tooltip, Qt.ItemDataRole.ToolTipRole)
        box.setCurrentIndex(box.findData(chosen))
    box.setToolTip(known[chosen].tooltip if chosen in known else "")


@contextmanager
def _silent(box: QComboBox) -> Iterator[None]:
    before = box.blockSignals(True)
    try:
        yield
    finally:
        box.blockSignals(before)
