"""Compare the network of the oracle with the truth, and its time with a LoG* search.

    python benchmarks/oracle.py [--truth ../shared/data/sim] [--model FILE.onnx] [--no-search]

The network uses only the image and its pixel size. A column counts as found within 0.6 A of
the true one. A border of 2 A is left out, and so are columns that lost half of their peak.
LoG* is the proposed trial of a search with the lattice and 60 trials. Without a folder,
images are simulated with seeds that were not used to train the network.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
from known_columns import Known, precision_and_recall, read_folder, simulated

from napari_reward_analysis import AtomsSettings, iter_atoms, pick, refine_trial
from napari_reward_analysis.analyses.oracle.find import find_columns
from napari_reward_analysis.analyses.oracle.network import Model, load_model

CASES = [
    ("YBCO[100]", 0.18, {}),
    ("SrTiO3[001]", 0.13, {"dose": 90.0}),
    ("Si[110]", 0.10, {"dose": 70.0}),
    ("YBCO[100]", 0.20, {"dose": 20.0}),
    ("YBCO[100]", 0.17, {"noise": 0.2}),
    ("YBCO[100]", 0.17, {"noise": 0.6}),
    ("YBCO[100]", 0.17, {"noise": 1.0}),
]


def main() -> None:
    """Print a row per image."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--truth", type=Path, help="folder of NAME.npy and NAME.json")
    parser.add_argument("--model", type=Path, help="another network")
    parser.add_argument("--no-search", action="store_true", help="leave LoG* out")
    options = parser.parse_args()
    model = load_model(options.model)
    print(f"{'':24s}  oracle                                LoG*")
    print(
        f"{'image':24s} {'columns':>8s} {'prec.':>6s} {'recall':>6s} {'F1':>6s} {'s':>6s}", end=""
    )
    print(f"   {'F1':>6s} {'s':>6s}")
    for known in read_folder(options.truth) if options.truth else simulated(CASES):
        print(row(known, model, search=not options.no_search), flush=True)


def row(known: Known, model: Model, *, search: bool) -> str:
    """Print F1 and seconds of the network and of the search."""
    start = time.perf_counter()
    columns = find_columns(known.image, model)
    seconds = time.perf_counter() - start
    precision, recall = precision_and_recall(columns.points, known)
    text = f"{known.name:24s} {len(columns.points):8d} {precision:6.3f} {recall:6.3f} "
    text += f"{f1(precision, recall):6.3f} {seconds:6.2f}"
    if not search:
        return text
    start = time.perf_counter()
    trials = list(iter_atoms(known.image, known.lattice, settings=AtomsSettings()))
    trial = refine_trial(known.image, trials[pick(trials)])
    seconds = time.perf_counter() - start
    found = trial.points[trial.shown].astype(float)
    return f"{text}   {f1(*precision_and_recall(found, known)):6.3f} {seconds:6.2f}"


def f1(precision: float, recall: float) -> float:
    """Return the harmonic mean of precision and recall."""
    both = precision + recall
    return 2 * precision * recall / both if np.isfinite(both) and both > 0 else 0.0


if __name__ == "__main__":
    main()
