"""Make the figures of docs/noise-study.md: tuned LoG, fixed settings and a network.

    python benchmarks/noise.py [--data ../shared/data] [--out noise_output]

The truth of the simulated image scores the results. It does not guide the search.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from known_columns import Known, read_folder

from napari_reward_analysis import AtomsSettings
from napari_reward_analysis.analyses.atoms.as_published import as_published
from napari_reward_analysis.analyses.noise.analysis import NOISE
from napari_reward_analysis.analyses.noise.output import write_noise
from napari_reward_analysis.analyses.noise.settings import NoiseSettings
from napari_reward_analysis.runs.analysis import Inputs
from napari_reward_analysis.runs.execute import execute


def main() -> None:
    """Run both studies, with default and with published settings, in separate folders."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--out", type=Path, default=Path("noise_output"))
    options = parser.parse_args()
    known = next(k for k in read_folder(options.data / "sim") if k.name == "ybco_clean")
    report(known, AtomsSettings(trials=30), options.out / "shipped")
    report(known, as_published(trials=20), options.out / "published")


def report(known: Known, atoms: AtomsSettings, folder: Path) -> None:
    """Run one study, write its files and print a few lines."""
    given = {"oracle": True, "known": known.columns}
    inputs = Inputs(known.image, known.lattice, given=given)
    run = execute(NOISE.begin(inputs, NoiseSettings(atoms=atoms)), NOISE.format, folder)
    for method, values in write_noise(run, folder)["methods"].items():
        print(f"{folder.name}, {method}: columns {values['n']}, F1 {values['f1']}", flush=True)


if __name__ == "__main__":
    main()
