"""Choose the columns that are reported: nearly all of them are there."""

from __future__ import annotations

import numpy as np

from napari_reward_analysis.arrays import BoolArray, FloatArray

#: A column that is more likely absent than present is never reported.
_LIKELY = 0.5


def supported(p_column: FloatArray, false_rate: float = 0.01) -> tuple[BoolArray, float]:
    """Choose the largest set of columns with few false ones.

    Parameters
    ----------
    p_column : ndarray, shape (n,)
        Probability of each column.
    false_rate : float
        Largest expected share of false columns in the set.

    Returns
    -------
    chosen : ndarray of bool, shape (n,)
        The set. Columns that are more likely absent than present are never in it.
    rate : float
        Expected share of false columns in the set; 0 if it is empty.
    """
    order = np.argsort(-p_column, kind="stable")
    rate = np.cumsum(1 - p_column[order]) / np.arange(1, len(order) + 1)
    count = int((rate <= false_rate).sum())
    chosen = np.zeros(len(p_column), bool)
    chosen[order[:count]] = True
    chosen &= p_column > _LIKELY
    return chosen, float((1 - p_column[chosen]).mean()) if chosen.any() else 0.0
