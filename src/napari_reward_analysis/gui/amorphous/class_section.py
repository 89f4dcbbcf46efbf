"""Sections 2 and 3 of the form: the classes with their mean patches, and the orientations."""

from __future__ import annotations

from qtpy.QtCore import Signal  # type: ignore[attr-defined, unused-ignore]
from qtpy.QtWidgets import QGridLayout, QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget

from napari_reward_analysis.analyses.amorphous.settings import AmorphousSettings
from napari_reward_analysis.arrays import StrArray
from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.gui.amorphous.classes import ClassPictures, class_colours, renamed
from napari_reward_analysis.gui.widgets.fields import form_layout, row, whole_number
from napari_reward_analysis.gui.widgets.patch_picture import PatchPicture, limits_of
from napari_reward_analysis.gui.widgets.setting_inputs import (
    field_named,
    limits_of_field,
    tooltip_of,
)
from napari_reward_analysis.gui.widgets.theme import ThemeColours, default_colours

_NONE_YET = "The classes are not known yet. Press Find classes, or Run, to find them."

_WITH_CLASSES = "The orientations are found with the classes."


class ClassSection(QWidget):
    """Number of classes, with the picture, the name and the size of each.

    Signals
    -------
    changed
        The number of classes or a name was changed.
    find_asked
        The user wants to see the classes without a search.
    """

    changed = Signal()
    find_asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._classes: ClassPictures | None = None
        self._colours = default_colours()
        self.names: dict[str, QLineEdit] = {}
        kinds = field_named(AmorphousSettings, "kinds")
        # 0 stands for None
        most, default = int(limits_of_field(kinds).high), int(kinds.default or 0)
        self.kinds = whole_number(kinds.title, 0, most, default)
        self.kinds.setSpecialValueText("automatic")
        self.kinds.setToolTip(tooltip_of(kinds))
        self.find_button = QPushButton("Find classes")
        self.find_button.setToolTip("Find the classes and show them before a search")
        self.remark = QLabel(_NONE_YET)
        self.remark.setWordWrap(True)
        self._grid_holder = QWidget()
        self._grid = QGridLayout(self._grid_holder)
        self._grid.setContentsMargins(4, 0, 4, 4)
        self._grid.setVerticalSpacing(3)
        head = QWidget()
        label = QLabel(kinds.title)
        label.setToolTip(tooltip_of(kinds))
        form_layout(head).addRow(label, row(self.kinds, self.find_button))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(head)
        column.addWidget(self._grid_holder)
        column.addWidget(self.remark)
        self.remark.setContentsMargins(4, 0, 4, 4)
        self.kinds.valueChanged.connect(self.changed.emit)
        self.find_button.clicked.connect(lambda: self.find_asked.emit())

    def show_classes(self, classes: ClassPictures | None) -> None:
        """Show these classes with their own names."""
        self._classes = classes
        self.names = {}
        while self._grid.count():
            item = self._grid.takeAt(0)
            old = item.widget() if item is not None else None
            if old is not None:
                old.hide()
                old.deleteLater()
        if classes is not None:
            self._fill(classes)
        self._show_remark()

    def labels(self) -> StrArray | None:
        """Classes of the atoms with the user's names; None where the user renamed none.

        Raises
        ------
        BadInput
            If a class has no name.
        """
        if self._classes is None or not (self.renames or self._classes.given):
            return None
        return renamed(self._classes, self.renames)

    @property
    def renames(self) -> dict[str, str]:
        """New names of the classes that the user renamed."""
        return {old: box.text() for old, box in self.names.items() if box.text().strip() != old}

    def fault(self) -> str:
        """What is wrong with the names; empty if nothing is."""
        try:
            self.labels()
        except BadInput as error:
            return str(error)
        return ""

    def summary(self) -> str:
        """The section in one line."""
        if self._classes is None:
            return "automatic" if not self.kinds.value() else f"{self.kinds.value()} classes"
        return ", ".join(dict.fromkeys(box.text() for box in self.names.values()))

    def apply_colours(self, colours: ThemeColours) -> None:
        """Draw in these colours from now on."""
        self._colours = colours
        if self._classes is not None:
            typed = {old: box.text() for old, box in self.names.items()}
            self.show_classes(self._classes)
            for old, text in typed.items():
                self.names[old].setText(text)

    def _fill(self, classes: ClassPictures) -> None:
        limits = limits_of(classes.means)
        shades = class_colours(classes.names, self._colours)
        for place, name in enumerate(classes.names):
            picture = PatchPicture(f"Mean patch of {name}")
            picture.set_patch(classes.means[place], limits)
            picture.set_colour(shades[name])
            box = QLineEdit(name)
            box.setAccessibleName(f"Name of class {name}")
            box.setToolTip("Type another name. Two classes with the same name become one.")
            box.textChanged.connect(self._on_name)
            self.names[name] = box
            self._grid.addWidget(picture, place, 0)
            self._grid.addWidget(box, place, 1)
            self._grid.addWidget(QLabel(f"{classes.counts[place]} columns"), place, 2)
        self._grid.setColumnStretch(1, 1)

    def _on_name(self) -> None:
        self._show_remark()
        self.changed.emit()

    def _show_remark(self) -> None:
        text = "" if self._classes is not None else _NONE_YET
        if self._classes is not None:
            known = {box.text().strip() for box in self.names.values()}
            if self.fault():
                text = self.fault()
            elif len(known) == 1 and len(self.names) > 1:
                text = (
                    "All atoms are in one class, so that columns of different elements are "
                    "compared with one mean patch. Give the classes different names."
                )
            elif self.renames:
                text = "The next run uses the new names."
        self.remark.setText(text)
        self.remark.setVisible(bool(text))


class OrientationSection(QWidget):
    """Mean patches of the brightest class in its two orientations."""

    def __init__(self) -> None:
        super().__init__()
        self.pictures = (PatchPicture("First orientation"), PatchPicture("Second orientation"))
        self.titles = (QLabel(), QLabel())
        self.remark = QLabel(_WITH_CLASSES)
        self.remark.setWordWrap(True)
        grid = QGridLayout(self)
        grid.setContentsMargins(4, 2, 4, 4)
        for place, (picture, title) in enumerate(zip(self.pictures, self.titles, strict=True)):
            grid.addWidget(picture, 0, 2 * place)
            grid.addWidget(title, 0, 2 * place + 1)
            picture.hide()
        grid.addWidget(self.remark, 1, 0, 1, 5)
        grid.setColumnStretch(4, 1)

    def show_classes(self, classes: ClassPictures | None) -> None:
        """Show the orientations that were found with the classes."""
        halves = () if classes is None else classes.halves
        for place, (picture, title) in enumerate(zip(self.pictures, self.titles, strict=True)):
            shown = place < len(halves)
            picture.setVisible(shown)
            title.setText(f"{classes.oriented}{place + 1}" if shown and classes else "")
            if shown:
                picture.set_patch(halves[place], limits_of(halves))
        self.remark.setText(_WITH_CLASSES if classes is None else classes.remark)

    def summary(self) -> str:
        """The section in one line."""
        return ", ".join(title.text() for title in self.titles if title.text())
