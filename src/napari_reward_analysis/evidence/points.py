"""The evidence of the image for a set of found columns."""

from __future__ import annotations

from typing import NamedTuple

from napari_reward_analysis.arrays import FloatArray, IntArray


class PointEvidence(NamedTuple):
    """Evidence for found columns.

    Attributes
    ----------
    site : ndarray of int, shape (n,)
        The site that each point occupies, or -1 for an extra point.
    amplitude, amplitude_error : ndarray, shape (n,)
        Height of the column in the normalised image, and its standard error.
    p_column : ndarray, shape (n,)
        Probability that there is a column.
    """

    site: IntArray
    amplitude: FloatArray
    amplitude_error: FloatArray
    p_column: FloatArray
