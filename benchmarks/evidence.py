"""Measure what the image supports: vacancies, false columns, species and calibration.

    python benchmarks/evidence.py --truth FOLDER [--seeds 3] [--only TEXT [TEXT ...]]

A folder holds NAME.npy and NAME.json with the truth: `pixel_size_A`, `lattice` (or
`structure`), `columns` (`x`, `y`, `species`) and, where columns are missing, `vacancies`
(`x`, `y`, `d_prime`: how well the best linear filter tells a column from none). Only the
scoring reads the truth. All settings are the defaults; each seed is one search.

For each image the command prints F1, the share of the vacancies with d' of 5 and more that
hold a column of the result, the share of all columns that are listed as vacant, undecided
sites, and the share of columns with the right species. At the end it prints the calibration
of `p_column`, pooled over all images: columns are sorted into ten bins by `p_column`, and the
expected calibration error is the mean difference of `p_column` and the share that is there.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.spatial import cKDTree

import napari_reward_analysis as nra

#: Matching distance, and width of the border that is left out, in angstrom.
TOLERANCE, BORDER = 0.6, 2.0
#: A vacancy with a larger d' is plain to see.
PLAIN = 5.0
#: A column that keeps a smaller share of its peak is neither required nor punished.
RETENTION = 0.5
_BINS = 10


@dataclass
class Score:
    """Numbers of one image and one seed."""

    f1: float
    n_found: int
    plain: int = 0
    painted: int = 0
    vacancies: int = 0
    vacant: int = 0
    undecided: int = 0
    called_vacant: float = 0.0
    wrong_undecided: float = 0.0
    species: float = float("nan")
    seconds: float = 0.0
    p: list[float] = field(default_factory=list)
    there: list[bool] = field(default_factory=list)


def lattices_of(truth: dict[str, Any]) -> list[str]:
    """Return the crystals of a truth file."""
    one = truth.get("lattice") or truth["structure"]
    return list(dict.fromkeys(truth.get("grains") or [one]))


def score(path: Path, seed: int) -> Score:
    """Search one image with the default settings, and compare with the truth."""
    truth = json.loads(path.with_name(path.stem + ".json").read_text())
    size = truth["pixel_size_A"]
    began = time.perf_counter()
    run = nra.find_atoms(np.load(path), lattices_of(truth), pixel_size=size, seed=seed)
    atoms, empty = run.atoms(), run.vacancies()
    seconds = time.perf_counter() - began
    columns, needed, species = _columns(truth)
    found = atoms[["y_px", "x_px"]].to_numpy(float)
    reach, border = TOLERANCE / size, BORDER / size
    inner = _inner(columns, truth["shape"], border)
    here = _inner(found, truth["shape"], border)
    hit, of = _pairs(found, columns, reach)
    result = Score(_f1(hit, of, needed, inner, here), len(found), seconds=seconds)
    result.species = _species(atoms, hit, of, species)
    lost = truth.get("vacancies") or {"x": [], "y": [], "d_prime": []}
    _judge_vacancies(result, lost, found, empty, truth["shape"], reach, border)
    listed = empty[["y_px", "x_px"]].to_numpy(float)
    for state, name in (("vacant", "called_vacant"), ("undecided", "wrong_undecided")):
        chosen = listed[(empty["state"] == state).to_numpy()]
        wrong = _near(columns[inner & needed], chosen, reach)
        setattr(result, name, float(wrong.sum()) / max(int((inner & needed).sum()), 1))
    _calibration(result, run, columns, truth["shape"], reach, border)
    return result


def _columns(truth: dict[str, Any]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    columns = truth["columns"]
    yx = np.column_stack([columns.get(f"{axis}_mean", columns[axis]) for axis in "yx"])
    kept = np.array(columns.get("retention", np.ones(len(yx))), float) >= RETENTION
    return yx.reshape(-1, 2), kept, np.array(columns.get("species", []), dtype=str)


def _inner(points: np.ndarray, shape: list[int], border: float) -> np.ndarray:
    limits = np.array(shape[:2]) - 1 - border
    return ((points >= border) & (points <= limits)).all(axis=1)


def _pairs(found: np.ndarray, columns: np.ndarray, reach: float) -> tuple[np.ndarray, np.ndarray]:
    """Mark found points with a column of their own, and return the column of each."""
    if not len(found) or not len(columns):
        return np.zeros(len(found), bool), np.zeros(len(found), int)
    distance, of = cKDTree(columns).query(found)
    _, back = cKDTree(found).query(columns)
    return (distance <= reach) & (back[of] == np.arange(len(found))), of


def _f1(
    hit: np.ndarray, of: np.ndarray, needed: np.ndarray, inner: np.ndarray, here: np.ndarray
) -> float:
    if not len(needed):
        return 1.0 if not len(hit) else 0.0
    judged = here & needed[of]
    reached = np.zeros(len(needed), bool)
    reached[of[hit]] = True
    recall = reached[inner & needed].mean()
    precision = hit[judged].mean() if judged.any() else 0.0
    return float(2 * precision * recall / max(precision + recall, 1e-9))


def _species(atoms: pd.DataFrame, hit: np.ndarray, of: np.ndarray, species: np.ndarray) -> float:
    if not hit.any() or not len(species):
        return float("nan")
    named = atoms["class"].to_numpy(str)[hit]
    return float((named == species[of[hit]]).mean())


def _near(points: np.ndarray, others: np.ndarray, reach: float) -> np.ndarray:
    if not len(points) or not len(others):
        return np.zeros(len(points), bool)
    return np.asarray(cKDTree(others).query(points)[0] <= reach)


def _judge_vacancies(
    result: Score,
    lost: dict[str, Any],
    found: np.ndarray,
    empty: pd.DataFrame,
    shape: list[int],
    reach: float,
    border: float,
) -> None:
    yx = np.column_stack([lost["y"], lost["x"]]).reshape(-1, 2)
    inside = _inner(yx, shape, border)
    yx, clear = yx[inside], np.array(lost["d_prime"], float)[inside] >= PLAIN
    taken = _near(yx, found, reach)
    listed = empty[["y_px", "x_px"]].to_numpy(float)
    state = empty["state"].to_numpy(str)
    result.vacancies, result.plain = len(yx), int(clear.sum())
    result.painted = int((taken & clear).sum())
    result.vacant = int(_near(yx, listed[state == "vacant"], reach).sum())
    result.undecided = int(_near(yx, listed[state == "undecided"], reach).sum())


def _calibration(
    result: Score, run: Any, columns: np.ndarray, shape: list[int], reach: float, border: float
) -> None:
    if run.sites is None:
        return
    yx = run.sites.yx
    inner = _inner(yx, shape, border)
    result.p = run.sites.p_column[inner].tolist()
    result.there = _near(yx[inner], columns, reach).tolist()


def calibration_error(p: np.ndarray, there: np.ndarray) -> float:
    """Return the expected calibration error of probabilities."""
    place = np.minimum((p * _BINS).astype(int), _BINS - 1)
    error = 0.0
    for k in range(_BINS):
        chosen = place == k
        if chosen.any():
            error += chosen.mean() * abs(p[chosen].mean() - there[chosen].mean())
    return float(error)


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "--truth", type=Path, required=True, help="folder of NAME.npy and NAME.json"
    )
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument(
        "--only", nargs="+", default=[""], metavar="TEXT", help="names that hold it"
    )
    options = parser.parse_args()
    print(
        "image                          columns      F1  painted  vacant undecided of   "
        "called vacant  undecided  species  seconds"
    )
    p, there = [], []
    for path in sorted(options.truth.glob("*.npy")):
        if not any(text in path.stem for text in options.only):
            continue
        for seed in range(options.seeds):
            s = score(path, seed)
            p += s.p
            there += s.there
            print(
                f"{path.stem:30s} {s.n_found:7d}  {s.f1:.4f}  {s.painted:3d}/{s.plain:3d}  "
                f"{s.vacant:6d} {s.undecided:9d} {s.vacancies:2d}   {s.called_vacant:13.4f}  "
                f"{s.wrong_undecided:9.4f}  {s.species:7.4f}  {s.seconds:7.1f}",
                flush=True,
            )
    if p:
        error = calibration_error(np.array(p), np.array(there))
        print(f"expected calibration error of p_column over {len(p)} sites: {error:.4f}")


if __name__ == "__main__":
    main()
