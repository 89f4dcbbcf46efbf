"""What an oracle knows: positions, how sure it is of them, and their classes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_reward_analysis.arrays import BoolArray
from napari_reward_analysis.points.agreement import require_within

#: A crystal has a handful of kinds of columns. A table with more words than this, such as the
#: labels of measured objects, numbers its points.
MOST_CLASSES = 32


def are_classes(words: npt.NDArray[Any]) -> bool:
    """Whether the words beside points are kinds of them, not a name for each."""
    return len(set(words.tolist())) <= MOST_CLASSES


@dataclass(frozen=True, eq=False)
class Oracle:
    """Known positions in an image.

    Attributes
    ----------
    name : str
        The model's, the file's or the layer's.
    points : ndarray, shape (n, 2)
        y and x in px.
    confidence : ndarray, shape (n,)
        0 to 1 of a network; NaN of a person or a file.
    classes : ndarray of str, shape (n,)
        Empty words where not known.
    """

    name: str
    points: npt.NDArray[np.float64]
    confidence: npt.NDArray[np.float64]
    classes: npt.NDArray[Any]

    @classmethod
    def of_points(
        cls,
        name: str,
        points: npt.NDArray[np.floating],
        classes: npt.NDArray[Any] | None = None,
    ) -> Oracle:
        """Positions of which no more is known.

        Parameters
        ----------
        name : str
            Where they come from.
        points : ndarray, shape (n, 2)
            y and x in px.
        classes : ndarray of str, shape (n,), optional
            Where they are known; more than `MOST_CLASSES` are numbers of the points.
        """
        unknown = np.full(len(points), np.nan)
        known = classes is not None and are_classes(classes)
        words = np.asarray(classes) if known else np.full(len(points), "")
        return cls(name, np.asarray(points, np.float64).reshape(-1, 2), unknown, words)

    def within(self, area: BoolArray) -> Oracle:
        """Its points in an area, shape (H, W).

        Raises
        ------
        BadInput
            If most points lie outside the image, or none in the area.
        """
        inside = require_within(self.points, area, self.name)
        return Oracle(self.name, self.points[inside], self.confidence[inside], self.classes[inside])
