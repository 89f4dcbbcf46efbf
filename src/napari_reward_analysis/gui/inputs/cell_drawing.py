"""Draw a projected cell with its columns, its four nearest distances and a scale bar."""

from __future__ import annotations

import math

import numpy as np
from qtpy.QtCore import QLineF, QPointF, QRectF, QSize, Qt
from qtpy.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent, QPen, QPolygonF
from qtpy.QtWidgets import QSizePolicy, QWidget

from napari_reward_analysis.arrays import FloatArray
from napari_reward_analysis.gui.inputs.cell_geometry import DrawnCell
from napari_reward_analysis.gui.widgets.theme import ThemeColours, mix, small_font

_LARGEST_DOT = 11.0
_SMALLEST_DOT = 3.0
_OUTSIDE = 0.62
_BAR_LENGTHS = (0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0)


class CellDrawing(QWidget):
    """A part of the lattice with one outlined cell, as large as the widget allows."""

    def __init__(self, placeholder: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._placeholder = placeholder
        self._cell: DrawnCell | None = None
        self._counted: frozenset[str] = frozenset()
        self._colours: ThemeColours | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(160, 130)

    def sizeHint(self) -> QSize:
        """Size that shows two cells of most lattices."""
        return QSize(320, 170)

    def set_cell(self, cell: DrawnCell | None, counted: frozenset[str]) -> None:
        """Draw this cell. The four nearest distances are those among `counted` species."""
        self._cell, self._counted = cell, counted
        self.update()

    def set_colours(self, colours: ThemeColours) -> None:
        """Draw in these colours from now on."""
        self._colours = colours
        self.update()

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        """Draw the cell, or the placeholder."""
        colours = self._colours
        if colours is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), QColor(colours.background))
        if self._cell is None:
            painter.setPen(QColor(colours.muted))
            box = QRectF(self.rect()).adjusted(24, 0, -24, 0)
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(box, int(flags.value), self._placeholder)
        else:
            self._draw(painter, self._cell, colours)
        painter.end()

    def _draw(self, painter: QPainter, cell: DrawnCell, colours: ThemeColours) -> None:
        painter.setFont(small_font(self.font()))
        band = float(QFontMetrics(painter.font()).height() + 8)
        box = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -band)
        turned = lies_better_turned(cell, box.width(), box.height())
        shown = cell.turned() if turned else cell
        width, height = shown.extent
        patch = Patch(shown, box, scale=min(box.width() / width, box.height() / height) / 2)
        painter.setClipRect(box)
        _draw_outline(painter, patch, colours)
        _draw_nearest(painter, patch, self._counted, colours)
        _draw_columns(painter, patch, self._counted, colours)
        painter.setClipping(False)
        painter.setPen(QPen(QColor(colours.faint), 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(box)
        below = QRectF(box.left(), box.bottom() + 3, box.width(), band - 4)
        _draw_scale_bar(painter, below, patch.scale, colours)
        painter.drawText(
            below,
            int((Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter).value),
            describe_axes(cell, turned=turned),
        )


class Patch:
    """A cell in the middle of a box on the screen.

    Parameters
    ----------
    cell : DrawnCell
    box : QRectF
        Part of the screen that it fills, in px.
    scale : float
        Scale in px per angstrom.
    """

    def __init__(self, cell: DrawnCell, box: QRectF, scale: float) -> None:
        self.cell, self.box, self.scale = cell, box, scale
        middle = np.array([box.center().x(), box.center().y()])
        self._origin = middle - cell.corners.mean(axis=0) * scale

    def to_screen(self, position: FloatArray) -> QPointF:
        """Screen position of a position (x, y) in angstrom."""
        x, y = self._origin + position * self.scale
        return QPointF(float(x), float(y))

    def columns(self, beyond: float) -> tuple[FloatArray, list[int]]:
        """Columns in the box and up to `beyond` px around it, and the index of each in the cell."""
        low = np.array([self.box.left() - beyond, self.box.top() - beyond])
        high = np.array([self.box.right() + beyond, self.box.bottom() + beyond])
        positions, which = self.cell.images(
            (low - self._origin) / self.scale, (high - self._origin) / self.scale
        )
        return positions, which.tolist()


def lies_better_turned(cell: DrawnCell, width: float, height: float) -> bool:
    """Return whether a cell fills a box better when it is turned."""
    across, down = cell.extent
    upright = min(width / across, height / down)
    return min(width / down, height / across) > 1.05 * upright


def describe_axes(cell: DrawnCell, *, turned: bool) -> str:
    """Text of the lengths of a and b, with arrows for their directions."""
    (a, b), skew = (float(np.hypot(*v)) for v in cell.vectors), float(cell.vectors[1][0])
    if abs(skew) < 0.02 * b:
        slanted = "\N{RIGHTWARDS ARROW}" if turned else "\N{DOWNWARDS ARROW}"
    elif skew > 0:
        slanted = "\N{SOUTH EAST ARROW}"
    else:
        slanted = "\N{NORTH EAST ARROW}" if turned else "\N{SOUTH WEST ARROW}"
    straight = "\N{DOWNWARDS ARROW}" if turned else "\N{RIGHTWARDS ARROW}"
    angle = math.degrees(math.acos(max(-1.0, min(1.0, skew / b))))
    tail = "" if abs(angle - 90) < 0.05 else f"   {angle:.4g}\N{DEGREE SIGN}"
    return f"a {straight} {a:.4g} Å   b {slanted} {b:.4g} Å{tail}"


def species_colours(cell: DrawnCell, colours: ThemeColours) -> dict[str, str]:
    """A colour for each species of the cell."""
    palette = colours.species
    return {kind: palette[i % len(palette)] for i, kind in enumerate(cell.kinds)}


def _draw_outline(painter: QPainter, patch: Patch, colours: ThemeColours) -> None:
    """Outline one cell, and draw the cells around it as a grid."""
    a, b = patch.cell.vectors
    painter.setPen(QPen(QColor(colours.faint), 1))
    for i in range(-8, 10):
        for along, across in ((a, b), (b, a)):
            start, end = i * across - 9 * along, i * across + 9 * along
            painter.drawLine(QLineF(patch.to_screen(start), patch.to_screen(end)))
    painter.setPen(QPen(QColor(colours.foreground), 1.4))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawPolygon(QPolygonF([patch.to_screen(corner) for corner in patch.cell.corners]))


def _nearest_ends(patch: Patch, counted: frozenset[str]) -> tuple[FloatArray, FloatArray]:
    """Position of the most crowded column, (1, 2), and of its four neighbours, (4, 2)."""
    nearest = patch.cell.closest_four(counted)
    if nearest is None:
        return np.empty((0, 2)), np.empty((0, 2))
    column, steps, _ = nearest
    start = patch.cell.fractions[column] @ patch.cell.vectors
    return start[None], start + steps


def _draw_nearest(
    painter: QPainter, patch: Patch, counted: frozenset[str], colours: ThemeColours
) -> None:
    """Lines from the most crowded column to its four nearest neighbours."""
    start, ends = _nearest_ends(patch, counted)
    painter.setPen(QPen(QColor(colours.accent), 3.0))
    for end in ends:
        painter.drawLine(QLineF(patch.to_screen(start[0]), patch.to_screen(end)))


def _draw_columns(
    painter: QPainter, patch: Patch, counted: frozenset[str], colours: ThemeColours
) -> None:
    """Draw all columns; those of the outlined cell and of the four distances stand out."""
    cell = patch.cell
    if not cell.species:
        return
    largest = min(0.38 * cell.smallest_spacing() * patch.scale, _LARGEST_DOT)
    bright = float(cell.weights.max()) or 1.0
    radii = largest * np.sqrt(np.clip(cell.weights / bright, 0, 1))
    radii = np.maximum(radii, min(_SMALLEST_DOT, largest))
    full = species_colours(cell, colours)
    # opaque colours: a line must not shine through
    pale = {kind: mix(colour, colours.background, _OUTSIDE) for kind, colour in full.items()}
    ends = np.concatenate(_nearest_ends(patch, counted))
    painter.setPen(QPen(QColor(colours.background), 1))
    for position, column in zip(*patch.columns(beyond=largest), strict=True):
        shades = full if _stands_out(cell, position, ends) else pale
        painter.setBrush(QColor(shades[cell.species[column]]))
        radius = float(radii[column])
        painter.drawEllipse(patch.to_screen(position), radius, radius)


def _stands_out(cell: DrawnCell, position: FloatArray, ends: FloatArray) -> bool:
    fraction = position @ np.linalg.inv(cell.vectors)
    inside = ((fraction > -1e-6) & (fraction < 1 + 1e-6)).all()
    return bool(inside) or bool((np.abs(ends - position) < 1e-6).all(axis=1).any())


def _draw_scale_bar(painter: QPainter, band: QRectF, scale: float, colours: ThemeColours) -> None:
    """A bar of a round length, at most a quarter of the width."""
    fitting = [length for length in _BAR_LENGTHS if length * scale <= band.width() / 4]
    length = fitting[-1] if fitting else _BAR_LENGTHS[0]
    y = band.center().y()
    pen = QPen(QColor(colours.foreground), 3)
    pen.setCapStyle(Qt.PenCapStyle.FlatCap)
    painter.setPen(pen)
    end = band.left() + 2 + length * scale
    painter.drawLine(QLineF(band.left() + 2, y, end, y))
    text = QRectF(end + 6, band.top(), band.width(), band.height())
    painter.drawText(text, int(Qt.AlignmentFlag.AlignVCenter.value), f"{length:g} Å")
