"""Show the lattice as seen in the image, and compare its pixel size with the header."""

from __future__ import annotations

from qtpy.QtCore import Qt, Signal  # type: ignore[attr-defined, unused-ignore]
from qtpy.QtWidgets import QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from napari_reward_analysis.calibration.measured import (
    NOTICE_DIFFERENCE,
    MeasuredLattice,
)
from napari_reward_analysis.calibration.notices import domains_notice
from napari_reward_analysis.calibration.preflight import Preflight
from napari_reward_analysis.gui.inputs.preflight_thread import PreflightWatch
from napari_reward_analysis.gui.widgets.theme import ThemeColours, small_font
from napari_reward_analysis.gui.widgets.words import percent
from napari_reward_analysis.notices import sentence


class PreflightPanel(QWidget):
    """Cell, pixel size, rotation and confidence in two lines, with a notice and a button.

    Signals
    -------
    use_asked
        The user wants to use the pixel size of the lattice.
    """

    use_asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.text, self.notice = QLabel(), QLabel()
        for label in (self.text, self.notice):
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            label.setFont(small_font(label.font()))
        # two lines are kept free, so that the rows below do not move with every answer
        self.text.setMinimumHeight(2 * self.text.fontMetrics().lineSpacing() + 2)
        self.text.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        self.use = QPushButton("Use the pixel size of the lattice")
        self.use.setToolTip(
            "Fill in the pixel size that the lattice shows. Empty the field to undo it."
        )
        self.use.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.use.clicked.connect(lambda: self.use_asked.emit())
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(3)
        for widget in (self.text, self.notice, self.use):
            column.addWidget(widget)
        self.show_preflight(None)

    def show_preflight(self, watch: PreflightWatch | None) -> None:
        """Show the findings, or that the search for the lattice is running."""
        found = None if watch is None else watch.preflight
        measured = None if found is None else found.measured
        self.text.setText(_state(watch) if found is None else _findings(found))
        notice = "" if found is None or measured is None else _notice(found, measured)
        self.notice.setText(notice)
        self.notice.setVisible(bool(notice))
        self.use.setVisible(measured is not None and _is_remedy(measured))

    def apply_colours(self, colours: ThemeColours) -> None:
        """Draw in these colours from now on."""
        self.notice.setStyleSheet(f"color: {colours.warning};")


def _state(watch: PreflightWatch | None) -> str:
    if watch is None or watch.shared_preflight is None:
        return "Choose a lattice to look for it in the image."
    return watch.fault or "Looking for the lattice…"


def _findings(found: Preflight) -> str:
    measured = found.measured
    if measured is None:
        return "The field has too few cells to measure the lattice."
    if not measured.found:
        return f"The lattice is not seen in the image (confidence {measured.confidence:.2f})."
    a, b = measured.lengths_px
    parts = [f"cell {a:.2f} × {b:.2f} px", f"{measured.pixel_size:#.4g} Å/px"]
    if measured.difference is not None:
        parts.append(f"header {percent(measured.difference, signed=True)}")
    # a rotation that rounds to zero has no sign
    turn = round(measured.rotation_deg, 2) or 0.0
    parts.append(f"rotated {turn:.2f}°".replace("-", "\N{MINUS SIGN}"))
    parts.append(f"confidence {measured.confidence:.2f}")
    if found.region is not None:
        parts.append(f"{percent(float(found.region.mean()))} crystal")
    # lines break between the parts only
    return ", ".join(part.replace(" ", "\N{NO-BREAK SPACE}") for part in parts)


def _notice(found: Preflight, measured: MeasuredLattice) -> str:
    sentences = []
    if measured.found and measured.header_pixel_size is None:
        sentences.append(f"The lattice shows a pixel size of {measured.pixel_size:#.4g} Å.")
    elif _is_remedy(measured):
        difference = measured.difference or 0.0
        more = "larger" if difference > 0 else "smaller"
        sentences.append(
            f"The pixel size of the image, {measured.header_pixel_size:#.4g} Å, is "
            f"{percent(abs(difference))} {more} than that of the lattice, "
            f"{measured.pixel_size:#.4g} Å."
        )
    domains = domains_notice(found.domains)
    text = " ".join([*sentences, *([sentence(domains)] if domains else [])])
    return text.replace(" Å", "\N{NO-BREAK SPACE}Å")


def _is_remedy(measured: MeasuredLattice) -> bool:
    """Whether the pixel size of the lattice differs enough to be offered."""
    if not measured.found:
        return False
    difference = measured.difference
    return difference is None or abs(difference) > NOTICE_DIFFERENCE
