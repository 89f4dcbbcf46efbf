"""Tests of N from known positions, its tolerance, and fronts of further oracles."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from napari.components import ViewerModel

from napari_reward_analysis.analyses.atoms.oracle_counts import oracle_fronts
from napari_reward_analysis.gui.atoms.dock import FindAtoms
from napari_reward_analysis.gui.inputs.count_source import FROM_LATTICE

Make = Callable[[], FindAtoms]
Add = Callable[..., Any]
Go = Callable[[FindAtoms], Any]


def add_positions(viewer: ViewerModel, image: Any, count: int = 60) -> Any:
    """Positions in the image's pixels, a third of them of class B."""
    positions = np.random.default_rng(1).uniform(5, 150, (count, 2))
    kinds = ["B" if i % 3 == 0 else "A" for i in range(count)]
    return viewer.add_points(
        positions,
        features={"class": kinds},
        scale=image.scale,
        units=image.units,
        name="network",
    )


def test_n_from_all_points_or_one_class(
    make_widget: Make, viewer: ViewerModel, add_crystal: Add, run: Go
) -> None:
    layer = add_positions(viewer, add_crystal())
    widget = make_widget()
    source = widget.form.lattice.count_source
    assert source.layers.itemText(0) == FROM_LATTICE
    source.choose(layer)
    assert widget.form.values().count == 60
    source.classes.setCurrentText("B")
    assert widget.form.values().count == 20
    found = run(widget)
    assert found.physics.expected == 20
    assert found.settings.count == 20
    source.choose(None)
    assert widget.form.values().count is None


def test_points_in_another_unit_lie_where_they_are_seen(
    make_widget: Make, viewer: ViewerModel, add_crystal: Add
) -> None:
    add_crystal()
    inside, outside = np.full((30, 2), 16.0), np.full((10, 2), 40.0)
    layer = viewer.add_points(
        np.vstack([inside, outside]), units=("angstrom", "angstrom"), name="drawn"
    )
    widget = make_widget()
    widget.form.lattice.count_source.choose(layer)
    assert widget.form.values().count == 30


def test_points_that_change_are_counted_anew_and_none_is_told(
    make_widget: Make, viewer: ViewerModel, add_crystal: Add
) -> None:
    layer = add_positions(viewer, add_crystal())
    widget = make_widget()
    widget.form.lattice.count_source.choose(layer)
    layer.data = layer.data[:12]
    assert widget.form.values().count == 12
    layer.data = np.empty((0, 2))
    assert "no point in the analysed area" in widget.form.fault
    viewer.layers.remove(layer)
    assert widget.form.fault == ""


def test_tolerance_reaches_run_and_form(make_widget: Make, add_crystal: Add, run: Go) -> None:
    add_crystal()
    widget = make_widget()
    tolerance = widget.form.lattice.tolerance
    tolerance.setText("5")
    tolerance.value_changed.emit()
    found = run(widget)
    assert found.settings.tolerance == pytest.approx(0.05)
    assert found.physics.tolerance == pytest.approx(0.05)
    tolerance.setText("120")
    tolerance.value_changed.emit()
    assert widget.form.fault == "Tolerance of N must be below 100."


def test_oracles_of_a_run_have_fronts_in_the_plot(
    make_widget: Make, viewer: ViewerModel, add_crystal: Add, run: Go, tmp_path: Path
) -> None:
    layer = add_positions(viewer, add_crystal())
    widget = make_widget()
    found = run(widget)
    widget.results.oracle_menu.aboutToShow.emit()
    texts = [action.text() for action in widget.results.oracle_menu.actions()]
    assert texts == ["network", "network, A only", "network, B only", "CSV file…"]
    widget.results.oracle_menu.actions()[0].trigger()
    table = tmp_path / "person.csv"
    table.write_text("y_px,x_px\n" + "\n".join(f"{10 + i},{10 + i}" for i in range(100)))
    widget.oracles.add_file(table)
    counts = {"network": 60.0, "person": 100.0}
    assert found.oracles == counts
    names = [entry.text for entry in widget.results.plot.frame.legend.entries[-2:]]
    assert names == ["network (N 60)", "person (N 100)"]
    fronts = oracle_fronts(found.trials, found.physics, counts)
    for (item, _), front in zip(widget.results.plot.items.series, fronts.values(), strict=True):
        x, _ = item.getData()
        assert set(x) == {values[0] for _, values in front}
    assert layer.name == "network"
    widget.results.oracle_menu.aboutToShow.emit()
    widget.results.oracle_menu.actions()[-1].trigger()
    assert found.oracles == {"network": 60.0}
    assert len(widget.results.plot.items.series) == 1


def test_oracle_without_use_is_a_sentence(
    make_widget: Make, viewer: ViewerModel, add_crystal: Add, run: Go, tmp_path: Path
) -> None:
    add_crystal()
    widget = make_widget()
    found = run(widget)
    widget.oracles.add_file(tmp_path / "missing.csv")
    assert "missing.csv" in widget.run_box.status.text()
    far = viewer.add_points(np.full((9, 2), 1e4), name="far")
    widget.oracles.add_layer(far)
    assert "outside the image" in widget.run_box.status.text()
    assert found.oracles == {}
