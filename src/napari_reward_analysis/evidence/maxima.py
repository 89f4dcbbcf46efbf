"""Judge points without a site: what a local maximum of the noise gives is no evidence.

Noise has minima like its maxima. The minima hold no columns, so their heights tell how high
a maximum of the noise is; they also hold what a wrong model leaves around the columns.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from napari_reward_analysis.arrays import FloatArray

#: Rounds in which the share of columns among the maxima is learnt.
_ROUNDS = 20
#: Usual share of columns among the maxima, and how many maxima it is worth.
_COLUMNS, _WORTH = 0.002, 50.0
#: Lowest scale of the maxima's heights in standard errors: that of white noise.
_LEAST = 1.0


@dataclass(frozen=True)
class NoiseMaxima:
    """Heights of the maxima of noise, in standard errors.

    They are spread as z exp(-z^2 / 2), like the maxima of the magnitude of smooth noise.

    Attributes
    ----------
    scale : float
        Scale of the heights.
    highest : float
        Heights of columns are spread evenly up to this.
    share : float
        Share of columns among the maxima.
    """

    scale: float
    highest: float
    share: float

    @classmethod
    def learnt(cls, minima: FloatArray, maxima: FloatArray) -> NoiseMaxima:
        """Learn from the depths of minima and the heights of maxima, both in errors."""
        scale = _LEAST
        if len(minima) >= 20:
            deep = np.maximum(minima, 0.0)
            middle, tail = np.quantile(deep, [0.5, 0.97])
            # Quantiles of the distribution above, for a scale of 1.
            scale = max(scale, middle / 1.177, tail / 2.648)
        highest = max(12.0 * scale, float(np.max(maxima, initial=0.0)))
        share = _COLUMNS
        for _ in range(_ROUNDS):
            p_column = _probability(maxima, scale, highest, share)
            share = (p_column.sum() + _WORTH * _COLUMNS) / (len(maxima) + _WORTH)
        return cls(float(scale), highest, float(share))

    def probability(self, height: FloatArray) -> FloatArray:
        """Probability that maxima of given heights, in standard errors, are columns."""
        return _probability(height, self.scale, self.highest, self.share)


def _probability(height: FloatArray, scale: float, highest: float, share: float) -> FloatArray:
    z = np.maximum(height, 0.0) / scale
    noise = (1 - share) * z * np.exp(-0.5 * np.minimum(z, 35.0) ** 2) / scale
    column = share / highest
    # Below its most frequent height, noise is as frequent as there.
    noise = np.where(z < 1, (1 - share) * np.exp(-0.5) / scale, noise)
    return np.asarray(column / (column + noise))
