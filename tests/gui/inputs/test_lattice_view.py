from __future__ import annotations

import math

import numpy as np
import pytest
from pytestqt.qtbot import QtBot
from qtpy.QtGui import QImage
from qtpy.QtWidgets import QWidget

from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.gui.inputs.cell_drawing import describe_axes, lies_better_turned
from napari_reward_analysis.gui.inputs.cell_geometry import DrawnCell
from napari_reward_analysis.gui.inputs.lattice_view import LatticeView
from napari_reward_analysis.gui.widgets.theme import ThemeColours, napari_colours

STO = (3.905, 3.905, 90.0, [("Sr", 0.0, 0.0, 1.0), ("Ti", 0.5, 0.5, 0.4)])
GRAPHENE = (2.46, 2.46, 120.0, [("C", 1 / 3, 2 / 3, 1.0), ("C", 2 / 3, 1 / 3, 1.0)])
LONG = (3.8, 11.7, 90.0, [("Ba", 0.5, 0.18, 1.0), ("Ba", 0.5, 0.82, 1.0), ("Cu", 0, 0, 0.3)])
STO_SUMS = [("Sr", 11.05), ("Ti", 11.05)]


@pytest.fixture
def lattice(qtbot: QtBot) -> LatticeView:
    view = LatticeView()
    qtbot.addWidget(view)
    view.apply_napari_theme("dark")
    view.resize(350, 340)
    view.show()
    qtbot.waitExposed(view)
    return view


def colours_in(picture: QImage) -> set[str]:
    return {
        picture.pixelColor(x, y).name()
        for x in range(picture.width())
        for y in range(picture.height())
    }


# ---- geometry


def test_four_nearest_of_a_perovskite() -> None:
    nearest = DrawnCell.from_columns(*STO).closest_four(())
    assert nearest is not None
    column, steps, distances = nearest
    assert column == 1
    assert distances == pytest.approx([3.905 / math.sqrt(2)] * 4)
    assert np.hypot(*steps.T) == pytest.approx(distances)


def test_four_nearest_of_graphene_take_one_from_the_second_shell() -> None:
    nearest = DrawnCell.from_columns(*GRAPHENE).closest_four(())
    assert nearest is not None
    assert nearest[2] == pytest.approx([2.46 / math.sqrt(3)] * 3 + [2.46], rel=1e-6)


def test_only_counted_species_take_part() -> None:
    cell = DrawnCell.from_columns(*STO)
    nearest = cell.closest_four({"Sr"})
    assert nearest is not None
    assert nearest[0] == 0
    assert nearest[2] == pytest.approx([3.905] * 4)
    assert cell.closest_four({"O"}) is None


def test_images_fill_a_rectangle_at_the_right_density() -> None:
    cell = DrawnCell.from_columns(*GRAPHENE)
    side = 200.0
    positions, which = cell.images(np.array([0.0, 0.0]), np.array([side, side]))
    area = 2.46**2 * math.sin(math.radians(120))
    assert len(positions) == pytest.approx(2 * side**2 / area, rel=0.01)
    assert np.bincount(which)[0] == pytest.approx(len(which) / 2, rel=0.02)
    assert positions.min() >= 0
    assert positions.max() <= side


def test_smallest_spacing_reaches_over_the_cell_edge() -> None:
    cell = DrawnCell.from_columns(4.0, 6.0, 90.0, [("A", 0.05, 0.5, 1), ("B", 0.95, 0.5, 1)])
    assert cell.smallest_spacing() == pytest.approx(0.4)


def test_a_long_cell_is_laid_down_and_says_so() -> None:
    cell = DrawnCell.from_columns(*LONG)
    assert lies_better_turned(cell, 330, 150)
    assert not lies_better_turned(cell, 150, 330)
    assert not lies_better_turned(DrawnCell.from_columns(*STO), 330, 150)
    assert describe_axes(cell, turned=True) == "a \N{DOWNWARDS ARROW} 3.8 Å   b → 11.7 Å"
    assert describe_axes(cell, turned=False) == "a → 3.8 Å   b \N{DOWNWARDS ARROW} 11.7 Å"


def test_a_slanted_cell_tells_its_angle() -> None:
    text = describe_axes(DrawnCell.from_columns(*GRAPHENE), turned=False)
    assert text.endswith("120\N{DEGREE SIGN}")
    assert "b \N{SOUTH WEST ARROW} 2.46" in text


# ---- the widget


def test_placeholder_until_a_lattice_is_set(lattice: LatticeView) -> None:
    assert not lattice.strip.isVisible()
    assert not lattice.legend.isVisible()
    empty = lattice.drawing.grab().toImage()
    lattice.set_lattice(*STO, STO_SUMS, 10.4)
    assert lattice.strip.isVisible()
    assert lattice.drawing.grab().toImage() != empty
    lattice.clear()
    assert not lattice.strip.isVisible()
    assert napari_colours("dark").species[0] not in colours_in(lattice.drawing.grab().toImage())


def test_every_species_is_drawn_and_in_the_legend(lattice: LatticeView) -> None:
    lattice.set_lattice(*STO, STO_SUMS, 10.4)
    colours = napari_colours("dark")
    seen = colours_in(lattice.drawing.grab().toImage())
    assert {*colours.species[:2], colours.accent, colours.foreground} <= seen
    assert [entry.text for entry in lattice.legend.entries] == [
        *(f"{kind} {weight:.2f}" for kind, _, _, weight in STO[3]),
        "four nearest",
    ]
    assert lattice.closest.text() == "Closest: Ti  2.76 + 2.76 + 2.76 + 2.76 = 11.05 Å"


def test_heavier_columns_are_larger(lattice: LatticeView) -> None:
    lattice.set_lattice(*STO, STO_SUMS, 10.4)
    picture = lattice.drawing.grab().toImage()
    names = [
        picture.pixelColor(x, y).name()
        for x in range(picture.width())
        for y in range(picture.height())
    ]
    strontium, titanium = napari_colours("dark").species[:2]
    # four in the corners of the cell and one in its middle, areas as 1 to 0.4
    assert 7 < names.count(strontium) / names.count(titanium) < 14


def test_ds_stands_between_what_it_separates(qtbot: QtBot, lattice: LatticeView) -> None:
    lattice.set_lattice(*STO, [("Sr", 12.0), ("Ti", 11.0)], 11.5)
    strip = lattice.strip
    qtbot.waitUntil(lambda: strip.height() == strip.sizeHint().height())
    assert strip.position(11.0) < strip.position(11.5) < strip.position(12.0)
    assert strip.too_close == ("Ti",)
    picture = strip.grab().toImage()
    ratio = picture.devicePixelRatio()
    row = picture.height() - round(12 * ratio)
    warning = napari_colours("dark").warning
    found = [x for x in range(picture.width()) if picture.pixelColor(x, row).name() == warning]
    assert any(abs(x / ratio - strip.position(11.5)) <= 2 for x in found)


def test_moving_ds_leaves_the_lattice(lattice: LatticeView) -> None:
    lattice.set_lattice(*STO, STO_SUMS, None)
    assert lattice.strip.too_close == ()
    before = lattice.drawing.grab().toImage()
    lattice.set_ds(12.0)
    assert lattice.strip.too_close == ("Sr", "Ti")
    assert lattice.drawing.grab().toImage() == before
    lattice.set_ds(None)
    assert lattice.strip.too_close == ()


@pytest.mark.parametrize("ds", [0.01, 9.0, 500.0])
def test_all_stays_on_the_strip(lattice: LatticeView, ds: float) -> None:
    lattice.set_lattice(*LONG, [("Ba", 11.2), ("Cu", 15.0)], ds)
    for value in (ds, 11.2, 15.0):
        assert 0 < lattice.strip.position(value) < lattice.strip.width()


def test_sums_that_are_not_finite_are_left_out(lattice: LatticeView) -> None:
    lattice.set_lattice(*STO, [("Sr", math.inf), ("Ti", 11.0)], math.nan)
    assert lattice.strip.too_close == ()
    lattice.strip.grab()
    lattice.set_lattice(*STO, [], 9.0)
    assert not lattice.strip.isVisible()


@pytest.mark.parametrize(
    ("a", "b", "angle"), [(0, 4, 90), (4, -1, 90), (math.nan, 4, 90), (4, 4, 0), (4, 4, 180)]
)
def test_impossible_cells_are_refused(
    lattice: LatticeView, a: float, b: float, angle: float
) -> None:
    with pytest.raises(BadInput, match="impossible"):
        lattice.set_lattice(a, b, angle, STO[3], STO_SUMS, 9.0)


def test_an_empty_cell_is_drawn_as_an_outline(lattice: LatticeView) -> None:
    lattice.set_lattice(4.0, 4.0, 60.0, [], [], None)
    assert napari_colours("dark").foreground in colours_in(lattice.drawing.grab().toImage())
    assert lattice.closest.text() == ""


def test_theme_changes_every_part(lattice: LatticeView) -> None:
    lattice.set_lattice(*STO, STO_SUMS, 10.4)
    dark = [part.grab().toImage() for part in (lattice.drawing, lattice.strip, lattice.legend)]
    lattice.apply_napari_theme("light")
    light = [part.grab().toImage() for part in (lattice.drawing, lattice.strip, lattice.legend)]
    assert all(a != b for a, b in zip(dark, light, strict=True))
    assert napari_colours("light").species[0] in colours_in(light[0])
    lattice.apply_colours(ThemeColours.from_base("black", "white", "#0044cc"))
    assert "#0044cc" in colours_in(lattice.drawing.grab().toImage())


def test_it_fits_a_narrow_dock(qtbot: QtBot, lattice: LatticeView) -> None:
    names = [f"Species{i}" for i in range(7)]
    columns = [(name, i / 7, i / 7, 1.0) for i, name in enumerate(names)]
    lattice.set_lattice(4.0, 11.0, 90.0, columns, [(n, 9.0 + i) for i, n in enumerate(names)], 9.5)
    assert lattice.minimumSizeHint().width() <= 350
    lattice.resize(350, 420)
    qtbot.waitUntil(lambda: lattice.width() == 350)
    shown = [w for w in lattice.findChildren(QWidget) if w.isVisible()]
    assert len(shown) == 4
    assert all(lattice.rect().contains(w.geometry()) for w in shown)
    assert lattice.legend.height() >= lattice.legend.heightForWidth(lattice.legend.width())
