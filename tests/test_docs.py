"""Tests of the documentation: every script runs, page by page."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from tests.io.test_read_made import velox, velox_header
from tests.support.scripts import run_script

from napari_reward_analysis import lattice_preset
from napari_reward_analysis.io.map_writer import write_map
from napari_reward_analysis.io.simulate import Pocket, simulate

ROOT = Path(__file__).resolve().parents[1]
_BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)

LSMO = """\
data_LSMO
_cell_length_a 3.88
_cell_length_b 3.88
_cell_length_c 3.88
_cell_angle_alpha 90
_cell_angle_beta 90
_cell_angle_gamma 90
_space_group_name_H-M_alt 'P m -3 m'
loop_
_atom_site_label
_atom_site_type_symbol
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
_atom_site_occupancy
La La 0 0 0 0.7
Sr Sr 0 0 0 0.3
Mn Mn 0.5 0.5 0.5 1
O O 0.5 0.5 0 1
"""


def script_of(page: Path) -> str:
    """All blocks of a page in order, each on the lines where the page has it."""
    text = page.read_text(encoding="utf-8")
    script = ""
    for block in _BLOCK.finditer(text):
        before = text.count("\n", 0, block.start(1))
        script += "\n" * (before - script.count("\n")) + block[1]
    return script


PAGES = [
    page for page in (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))) if script_of(page)
]


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with small files under the names that the scripts use."""
    folder = tmp_path_factory.mktemp("documented")
    scan = simulate(lattice_preset("SrTiO3[001]"), (140, 150), 0.2, noise=0.05)
    write_map(folder / "scan.tif", scan.image.data, 0.2)
    np.savetxt(
        folder / "known.csv",
        np.column_stack([scan.truth["y"], scan.truth["x"]]),
        delimiter=",",
        header="y_px,x_px",
        comments="",
    )
    pocket = Pocket((90, 100), (11, 9))
    molten = simulate(lattice_preset("YBCO[100]"), (200, 220), 0.18, dose=90, pockets=[pocket])
    write_map(folder / "molten.tif", molten.image.data, 0.18)
    pixels = molten.image.data.astype(np.float32)
    np.save(folder / "scan.npy", pixels)
    stack = np.stack([pixels] * 4, axis=-1)
    velox(folder / "series.emd", (stack, velox_header("HAADF", 2e-11)))
    detectors = [(pixels[..., None], velox_header(name, 2e-11)) for name in ("HAADF", "BF")]
    velox(folder / "velox.emd", *detectors)
    (folder / "LSMO.cif").write_text(LSMO)
    return folder


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_scripts_of_a_page_run(page: Path, files: Path, tmp_path: Path) -> None:
    # in a process of its own: what a page registers must not reach the other tests
    folder = tmp_path / "work"
    shutil.copytree(files, folder)
    script = folder / f"{page.stem.replace('-', '_')}_page.py"
    script.write_text(script_of(page), encoding="utf-8")
    status, said = run_script(script)
    assert status == 0, f"{page.name}, lines as on the page:\n{said}"


def test_every_analysis_has_a_page_with_a_script() -> None:
    scripts = "".join(script_of(page) for page in PAGES)
    for name in (
        *("find_atoms", "find_amorphous", "search_windows", "study_noise", "compare_with_oracle"),
        *("iter_atoms", "load_run"),
    ):
        assert f"nra.{name}(" in scripts


def anchors_of(page: Path) -> set[str]:
    """Anchors of a page's headings, as they are made from the words."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", words.lower()).replace(" ", "-") for words in headings}


def test_every_link_leads_to_a_file_and_a_heading() -> None:
    broken = []
    for page in (ROOT / "README.md", *(ROOT / "docs").rglob("*.md")):
        for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
            name, _, anchor = link.partition("#")
            target = page.parent / name if name else page
            if not link.startswith("http") and (
                not target.exists() or (anchor and anchor not in anchors_of(target))
            ):
                broken.append(f"{page.name}: {link}")
    assert broken == []
