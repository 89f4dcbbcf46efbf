"""The reward incoherence: points that do not repeat with the lattice in the image.

QC and ER accept any set of well-spaced points with the right number, so that they are
satisfied before the points are right. The columns of a crystal repeat: one lattice
translation away from each column there is another one. Noise does not repeat, and a
missed column interrupts the repetition.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from napari_reward_analysis.arrays import BoolArray
from napari_reward_analysis.rewards.protocol import Detection, register_reward

#: A point matches a translated one within this fraction of the smallest column spacing.
TOLERANCE = 0.25
#: Translated points nearer than this to the border of the image are not judged.
_BORDER_PX = 2.0


@register_reward("incoherence", label="incoherence with the lattice", needs=("vectors",))
def incoherence(detection: Detection) -> float:
    """Share of points without a partner one lattice translation away.

    Parameters
    ----------
    detection : Detection
        One result.

    Returns
    -------
    float
        0 if every point p has a point at p + a and at p + b, as far as these positions
        lie in the analysed area; 1 if no point has one. A false point adds about one
        miss for each vector, and so does a missed column.
    """
    points, vectors = detection.points, detection.vectors_px
    if vectors is None or len(points) < 2:
        return 1.0
    tree = cKDTree(points)
    reach = TOLERANCE * detection.spacing_px
    missed = judged = 0
    for area, translations in _domains(detection, vectors):
        here = points[_in_area(points, area)]
        for vector in translations:
            wanted = here + vector
            wanted = wanted[_in_area(wanted, area, _BORDER_PX)]
            distance, _ = tree.query(wanted, distance_upper_bound=reach)
            missed += int(np.count_nonzero(np.isinf(distance)))
            judged += len(wanted)
    return missed / judged if judged else 1.0


def _domains(
    detection: Detection, vectors: npt.NDArray[np.float64]
) -> list[tuple[BoolArray, npt.NDArray[np.float64]]]:
    """Area and translations of each domain; of the whole area if there is only one."""
    if len(detection.domains) < 2:
        return [(detection.area, vectors)]
    return [(detection.area & mask, own) for mask, own in detection.domains]


def _in_area(points: npt.NDArray[np.float64], area: BoolArray, border: float = 0.0) -> BoolArray:
    shape = np.array(area.shape)
    inside: BoolArray = np.asarray(
        ((points >= border) & (points <= shape - 1 - border)).all(axis=1)
    )
    pixels = np.rint(points[inside]).astype(int)
    inside[inside] = area[pixels[:, 0], pixels[:, 1]]
    return inside
