"""Take the screenshots of the documentation: the whole window, dark and light.

    python scripts/make_screenshots.py [FOLDER]

The script needs a display, which may be virtual. It uses the sample images of the plugin and
a fixed seed, so that only the times in the pictures differ.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from napari_reward_analysis.gui.analysis.dock import AnalysisDock
from napari_reward_analysis.gui.showcase import (
    add_studies,
    open_regions,
    open_sample,
    open_studies,
    photograph,
    wait_until,
)
from napari_reward_analysis.gui.studies.oracle import OracleStudy

IMAGES = Path(__file__).resolve().parents[1] / "docs" / "images"


def take(folder: Path, theme: str, runs: Path) -> list[Path]:
    """Photograph the form, the measured crystal, the search, and the window after a run."""
    viewer, widget = open_sample("ybco_pockets", theme, runs)
    form, result = folder / f"find_atoms_form_{theme}.png", folder / f"find_atoms_{theme}.png"
    crystal = folder / f"find_atoms_crystal_{theme}.png"
    search = folder / f"find_atoms_search_{theme}.png"
    wait_until(lambda: not widget.form.watch.waiting)
    photograph(viewer, form)
    widget.form.image.show_region.click()
    wait_until(lambda: not widget.form.watch.waiting)
    photograph(viewer, crystal)
    viewer.layers.remove("crystal")
    viewer.layers.selection.active = viewer.layers[0]
    wait_until(lambda: not widget.form.watch.waiting)
    for section, is_open in zip(widget.form.sections, (False, False, True), strict=True):
        section.set_open(is_open)
    widget.form.search.workflow.preset.setCurrentText("own choice")
    photograph(viewer, search)
    widget.form.reset()
    wait_until(lambda: not widget.form.watch.waiting)
    widget.run()
    wait_until(lambda: not widget.session.searching)
    photograph(viewer, result)
    viewer.close()
    return [form, crystal, search, result]


def take_evidence(folder: Path, theme: str, runs: Path) -> list[Path]:
    """Photograph domains and vacant sites, with the columns in the colours of their species."""
    viewer, widget = open_sample("sto_grains", theme, runs)
    widget.form.lattice.lattice.setCurrentText("SrTiO3[001]")
    wait_until(lambda: not widget.form.watch.waiting)
    widget.run()
    wait_until(lambda: not widget.session.searching)
    widget.results.colour.setCurrentIndex(widget.results.colour.findData("species"))
    result = folder / f"find_atoms_evidence_{theme}.png"
    photograph(viewer, result)
    viewer.close()
    return [result]


def take_regions(folder: Path, theme: str, runs: Path) -> list[Path]:
    """Photograph the classes, and the window after a search of amorphous regions."""
    viewer, widget = open_regions("ybco_pockets", theme, runs)
    classes = folder / f"amorphous_classes_{theme}.png"
    result = folder / f"amorphous_{theme}.png"
    wait_until(lambda: not widget.form.watch.waiting)
    widget.find_classes()
    wait_until(lambda: not widget.session.searching)
    for section, is_open in zip(widget.form.sections, (False, True, True, True), strict=True):
        section.set_open(is_open)
    photograph(viewer, classes)
    widget.run()
    wait_until(lambda: not widget.session.searching)
    photograph(viewer, result)
    viewer.close()
    return [classes, result]


def take_studies(folder: Path, theme: str, runs: Path) -> list[Path]:
    """Photograph both studies after a short run."""
    viewer, widget = open_studies("ybco_pockets", theme, runs)
    taken = []
    for number, name in enumerate(("windows", "noise")):
        widget.tabs.setCurrentIndex(number)
        tab = widget.tabs.currentWidget()
        assert isinstance(tab, AnalysisDock)
        tab.form.inputs.lattice.choice.setCurrentText("YBCO[100]")
        tab.form.options.trials.setValue(10)
        wait_until(lambda tab=tab: not tab.form.inputs.watch.waiting)
        if name == "noise":
            tab.form.options.seeds.setValue(1)
        tab.run()
        wait_until(lambda tab=tab: not tab.session.searching)
        tab.form.inputs.section.set_open(name == "windows")
        taken.append(folder / f"study_{name}_{theme}.png")
        photograph(viewer, taken[-1])
        for layer in list(viewer.layers)[1:]:
            viewer.layers.remove(layer)
    viewer.close()
    return taken


def take_oracle(folder: Path, theme: str, runs: Path) -> list[Path]:
    """Photograph a search compared with the network, and its front coloured by agreement."""
    viewer, search = open_sample("ybco_pockets", theme, runs)
    # the published search has a front of many points; one agrees best with the oracle
    search.form.search.workflow.preset.setCurrentText("as published")
    wait_until(lambda: not search.form.watch.waiting)
    search.run()
    wait_until(lambda: not search.session.searching)
    dock, widget = add_studies(viewer)
    oracle = widget.tabs.widget(2)
    assert isinstance(oracle, OracleStudy)
    widget.tabs.setCurrentWidget(oracle)
    dock.raise_()
    oracle.run()
    wait_until(lambda: not oracle.session.searching)
    for layer in list(viewer.layers)[1:]:
        layer.visible = layer.name == "agreement"
    study = folder / f"study_oracle_{theme}.png"
    photograph(viewer, study)
    for layer in viewer.layers:
        layer.visible = layer.name != "oracle" and layer.name != "agreement"
    front = folder / f"find_atoms_agreement_{theme}.png"
    search.parent().raise_()
    photograph(viewer, front)
    viewer.close()
    return [study, front]


def main() -> int:
    """Take all pictures and return the exit status."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else IMAGES
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as runs:
        for theme in ("dark", "light"):
            for path in take(folder, theme, Path(runs)):
                print(path)
            for path in take_evidence(folder, theme, Path(runs)):
                print(path)
            for path in take_regions(folder, theme, Path(runs)):
                print(path)
            for path in take_studies(folder, theme, Path(runs)):
                print(path)
            for path in take_oracle(folder, theme, Path(runs)):
                print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
