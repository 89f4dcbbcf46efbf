"""Make the table of a noise study, with a row for each result, and means over repetitions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_reward_analysis.analyses.noise.result import NoiseResult
from napari_reward_analysis.arrays import FloatArray

Table = dict[str, npt.NDArray[Any]]

#: Settings of the LoG with their own column.
_PARAMETERS = ("min_sigma", "max_sigma", "num_sigma", "threshold", "overlap")
_SCORES = ("precision", "recall", "f1", "error_px")


def noise_table(results: Iterable[NoiseResult]) -> Table:
    """Return a row for each result.

    Returns
    -------
    dict of ndarray
        level, seed, method, n, expected, qc, er, the settings of the LoG, denoise, scores,
        seconds. Missing values are NaN. The table is empty without a result.
    """
    rows = [row_of(result) for result in results]
    names = rows[0] if rows else {}
    return {name: np.array([row[name] for row in rows]) for name in names}


def means_of(
    results: Iterable[NoiseResult], levels: Sequence[float], method: str, name: str
) -> FloatArray:
    """Return the means of one column of the table over the repetitions.

    Parameters
    ----------
    results : iterable of NoiseResult
        Results of one study.
    levels : sequence of float
        Levels of noise.
    method : str
        Same as `NoiseResult.method`.
    name : str
        A column with numbers.

    Returns
    -------
    ndarray, shape (n, 4)
        Level, mean, smallest and largest value, for each level that has a value.
    """
    rows = [row_of(result) for result in results if result.method == method]
    found = []
    for level in levels:
        values = np.array([row[name] for row in rows if row["level"] == level], float)
        values = values[np.isfinite(values)]
        if len(values):
            found.append((level, values.mean(), values.min(), values.max()))
    return np.array(found, float).reshape(-1, 4)


def row_of(result: NoiseResult) -> dict[str, Any]:
    """Return one row of the table."""
    score, nan = result.score, float("nan")
    return {
        "level": result.level,
        "seed": result.seed,
        "method": result.method,
        "n": result.count,
        "expected": result.expected,
        "qc": result.qc,
        "er": result.er,
        **{name: float(result.parameters.get(name, nan)) for name in _PARAMETERS},
        "denoise": str(result.parameters.get("denoise", "")),
        **{name: nan if score is None else getattr(score, name) for name in _SCORES},
        "seconds": result.seconds,
    }
