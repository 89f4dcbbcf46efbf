"""The result of one method on one noisy image."""

from __future__ import annotations

from dataclasses import dataclass, field

from napari_reward_analysis.analyses.atoms.trial import Parameters
from napari_reward_analysis.arrays import FloatArray
from napari_reward_analysis.points.matching import Score

#: Methods: LoG tuned at each level, LoG with the settings of the first level, and an oracle.
TUNED, KEPT, ORACLE = "LoG*", "LoG, settings kept", "oracle"


@dataclass(frozen=True, eq=False)
class NoiseResult:
    """The result of one method on one noisy image.

    Attributes
    ----------
    level : float
        Level of the noise.
    seed : int
        Seed of the noise and of the search.
    method : str
        `TUNED`, `KEPT` or `ORACLE`.
    count : int
        Number of columns in the analysed area.
    expected : float
        Expected number of columns in the analysed area.
    qc, er : float
        Rewards. The ER of an oracle is NaN.
    parameters : dict
        Settings of the LoG; empty for an oracle.
    points : ndarray, shape (n, 2)
        Columns in the whole field, y and x in px.
    score : Score or None
        Score against known positions, if given.
    seconds : float
        Time of the method.
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
