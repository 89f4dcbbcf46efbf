"""The published rewards for atomic columns: the count error QC and the error rate ER.

Source: Barakati et al., arXiv 2404.14146, Eqs. 1 and 2.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from napari_reward_analysis.arrays import BoolArray
from napari_reward_analysis.crystal.lattice import N_NEIGHBOURS
from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.points.neighbours import neighbour_sums

__all__ = ["MIN_BLOBS", "AtomScore", "Physics", "neighbour_sums", "score_atoms"]

#: Results with fewer blobs are infeasible: a sum over four neighbours is not defined, and
#: a result without blobs would have a perfect ER.
MIN_BLOBS = N_NEIGHBOURS + 1


@dataclass(frozen=True)
class Physics:
    """Predictions of the crystal for one image, in the units of the detection.

    Attributes
    ----------
    expected : float
        Expected number of columns in the analysed area (N).
    ds_px : float
        A sum of the four nearest distances below this is an error, in pixels.
    tolerance : float
        Relative uncertainty of N. If |QC| is within it, the objective is zero. It is for
        an N that is only roughly known.
    vacant : float
        Sites in the analysed area that the image shows to be vacant. They count as known,
        so that QC does not ask for columns that are not there.
    """

    expected: float
    ds_px: float
    tolerance: float = 0.0
    vacant: float = 0.0

    def __post_init__(self) -> None:
        if not (math.isfinite(self.expected) and self.expected > 0):
            raise BadInput(
                f"An expected count of {self.expected:g} columns is impossible: "
                "give a positive number."
            )
        if not (math.isfinite(self.ds_px) and self.ds_px > 0):
            raise BadInput(f"DS of {self.ds_px:g} px is impossible: give a positive distance.")
        if not 0 <= self.tolerance < 1:
            raise BadInput(
                f"A tolerance of {self.tolerance:g} is impossible: give a fraction from 0 to 1."
            )
        if not (math.isfinite(self.vacant) and self.vacant >= 0):
            raise BadInput(
                f"A number of {self.vacant:g} vacant sites is impossible: give 0 or more."
            )


@dataclass(frozen=True)
class AtomScore:
    """QC and ER of one result.

    Attributes
    ----------
    count : int
        Number of blobs within the analysed area (n).
    qc : float
        (n + vacant sites - N) / N, signed.
    er : float
        Number of blobs with a neighbour sum below DS, over N.
    feasible : bool
        Whether there are enough blobs for QC and ER to have a meaning.
    tolerance : float
        |QC| up to which the objective is zero.
    """

    count: int
    qc: float
    er: float
    feasible: bool
    tolerance: float = 0.0

    @property
    def objectives(self) -> tuple[float, float]:
        """The two numbers to minimise: |QC| minus the tolerance (at least 0), and ER."""
        return max(0.0, abs(self.qc) - self.tolerance), self.er


def score_atoms(
    neighbour_sums: npt.NDArray[np.floating], physics: Physics, inside: BoolArray | None = None
) -> AtomScore:
    """QC (Eq. 1) and ER (Eq. 2) of one result.

    Vacant sites that are known count like columns in QC. Eq. 1 is the case without any.

    Parameters
    ----------
    neighbour_sums : ndarray, shape (n,)
        Neighbour sums of all blobs of the field, in pixels.
    physics : Physics
        Expected count, DS and vacant sites.
    inside : ndarray of bool, shape (n,), optional
        Blobs in the area for which N is expected; by default all.
    """
    counted = neighbour_sums if inside is None else neighbour_sums[inside]
    count = len(counted)
    return AtomScore(
        count=count,
        qc=(count + physics.vacant - physics.expected) / physics.expected,
        er=float(np.count_nonzero(counted < physics.ds_px)) / physics.expected,
        feasible=count >= MIN_BLOBS,
        tolerance=physics.tolerance,
    )
