"""The known positions of an oracle, with confidence and classes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_reward_analysis.arrays import BoolArray
from napari_reward_analysis.points.agreement import require_within

#: A crystal has a few kinds of columns. Labels with more distinct words than this number
#: the points, as in a table of measured objects.
MOST_CLASSES = 32


def are_classes(words: npt.NDArray[Any]) -> bool:
    """Whether the labels of points are classes rather than a name for each point."""
    return len(set(words.tolist())) <= MOST_CLASSES


@dataclass(frozen=True, eq=False)
class Oracle:
    """Known positions in an image.

    Attributes
    ----------
    name : str
        Name of the model, the file or the layer.
    points : ndarray, shape (n, 2)
        y and x in px.
    confidence : ndarray, shape (n,)
        0 to 1 from a network; NaN from a person or a file.
    classes : ndarray of str, shape (n,)
        Classes; empty words if not known.
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
        """An oracle from positions without confidence.

        Parameters
        ----------
        name : str
            Name of their source.
        points : ndarray, shape (n, 2)
            y and x in px.
        classes : ndarray of str, shape (n,), optional
            Classes if known. With more than `MOST_CLASSES` distinct words they are ignored,
            because they number the points.
        """
        unknown = np.full(len(points), np.nan)
        known = classes is not None and are_classes(classes)
        words = np.asarray(classes) if known else np.full(len(points), "")
        return cls(name, np.asarray(points, np.float64).reshape(-1, 2), unknown, words)

    def within(self, area: BoolArray) -> Oracle:
        """The oracle with only the points in an area, a mask of shape (H, W).

        Raises
        ------
        BadInput
            If most points lie outside the image, or none in the area.
        """
        inside = require_within(self.points, area, self.name)
        return Oracle(self.name, self.points[inside], self.confidence[inside], self.classes[inside])
