"""Check an installed wheel from outside the source tree: contents, imports, one analysis.

``check_wheel.sh`` runs it in a fresh environment without a Qt binding.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

PACKAGE = "napari_reward_analysis"
NEEDED = (
    "napari.yaml",
    "py.typed",
    "__init__.py",
    "analyses/oracle/weights/oracle.onnx",
    "analyses/oracle/weights/oracle.json",
)
BINDINGS = ("PyQt5", "PyQt6", "PySide2", "PySide6")
#: Modules that the import of the package must not import.
HEAVY = ("napari", "qtpy", "pyqtgraph", "magicgui", "superqt", "vispy")


def wheel_faults(wheel: Path) -> list[str]:
    """List missing and unwanted files of a wheel."""
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    faults = [f"{name} is missing" for name in NEEDED if f"{PACKAGE}/{name}" not in names]
    if not any(name.endswith("licenses/LICENSE") for name in names):
        faults.append("LICENSE is missing")
    tops = {name.split("/")[0] for name in names}
    strangers = [top for top in tops if top != PACKAGE and not top.endswith(".dist-info")]
    return faults + [f"{top} does not belong there" for top in strangers]


def install_faults() -> list[str]:
    """List the faults of the installed package."""
    found = [name for name in BINDINGS if importlib.util.find_spec(name)]
    faults = [f"{name} is installed: this proves nothing" for name in found]
    package = importlib.import_module(PACKAGE)
    faults += [f"import {PACKAGE} imports {name}" for name in HEAVY if name in sys.modules]
    version = importlib.metadata.version("napari-reward-analysis")
    if package.__version__ != version:
        faults.append(f"__version__ is {package.__version__}, the metadata say {version}")
    (entry,) = importlib.metadata.entry_points(
        group="napari.manifest", name="napari-reward-analysis"
    )
    folder = Path(importlib.import_module(entry.module).__file__ or "").parent
    if not (folder / entry.attr).is_file():
        faults.append(f"the manifest {entry.value} is not there")
    return faults


def analysis_faults() -> list[str]:
    """List the faults of the command line on a square lattice of 64 columns."""
    import numpy as np

    command = Path(sys.executable).with_name("napari-reward-analysis")
    wave = -np.cos(np.arange(128) * 2 * np.pi / 16)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        np.save(folder / "square.npy", wave[:, None] + wave)
        options = ["--pixel-size", "0.25", "--count", "64", "--trials", "20", "--json", "--out"]
        done = subprocess.run(
            [command, "atoms", folder / "square.npy", *options, folder / "out"],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            return [f"atoms ended with status {done.returncode}: {done.stderr}"]
        found = json.loads(done.stdout)["n_atoms"]
        faults = [] if found == 64 else [f"atoms found {found} of 64 columns"]
        wanted = ("run.json", "atoms.csv", "front.png")
        return faults + [
            f"{file} is not there" for file in wanted if not (folder / "out" / file).is_file()
        ]


def main() -> int:
    """Print all faults. The exit status is 1 if there are any."""
    faults = wheel_faults(Path(sys.argv[1])) + install_faults() + analysis_faults()
    for fault in faults:
        print(f"wheel: {fault}", file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
