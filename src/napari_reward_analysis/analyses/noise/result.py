"""The result of one method on one noisy image."""

from __future__ import annotations

from dataclasses import dataclass, field

from napari_reward_analysis.analyses.atoms.trial import Parameters
from napari_reward_analysis.arrays import FloatArray
from napari_reward_analysis.points.matching import Score

#: Methods: the LoG that is tuned at each level, the one that keeps its settings, an oracle.
TUNED, KEPT, ORACLE = "LoG*", "LoG, settings kept", "oracle"


@dataclass(frozen=True, eq=False)
class NoiseResult:
    """What one method makes of one noisy image.

    Attributes
    ----------
    level : float
        Of the noise.
    seed : int
        Of noise and search.
    method : str
        `TUNED`, `KEPT` or `ORACLE`.
    count : int
        Columns in the analysed area.
    expected : float
        Columns that the lattice predicts there.
    qc, er : float
        Rewards of the LoG; QC alone, by the count, of an oracle (ER is NaN).
    parameters : dict
        Settings of the LoG; empty for an oracle.
    points : ndarray, shape (n, 2)
        Columns of the whole field, y and x in px, whatever area is analysed.
    score : Score or None
        By known positions, where there are any.
    seconds : float
        Time spent.
    """

    level: float
    seed: int
    method: str
    count: int
    expected: float
    qc: float
    er: float
    parameters: Parameters
    points: FloatArray = field(repr=False)
    score: Score | None = None
    seconds: float = 0.0
