"""Prepare the classes of columns for the form: mean patches, numbers, orientations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_reward_analysis.analyses.amorphous.problem import AmorphousProblem
from napari_reward_analysis.analyses.amorphous.space import ALL
from napari_reward_analysis.arrays import Float32Array, StrArray
from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.gui.widgets.theme import ThemeColours


@dataclass(frozen=True, eq=False)
class ClassPictures:
    """The classes of the columns of one image, as the form shows them.

    Attributes
    ----------
    names : tuple of str
        Classes that occur in crystal.
    counts : tuple of int
        Number of columns of each.
    means : tuple of ndarray, shape (m, m)
        Mean patch of each.
    labels : ndarray of str, shape (n,)
        Class of each given atom; '' where it is not known.
    oriented : str
        The class that was split into two orientations.
    halves : tuple of ndarray, shape (m, m)
        Mean patches of both orientations; empty where they cannot be distinguished.
    remark : str
        A sentence about the orientations.
    blobs : ndarray, shape (n, 4)
        The atoms: y, x (px), sigma (px), response; NaN where only positions are known.
    key : tuple
        Identifies the image and the atoms.
    given : bool
        Whether the user gave the names, which the next run keeps.
    """

    names: tuple[str, ...]
    counts: tuple[int, ...]
    means: tuple[Float32Array, ...]
    labels: StrArray
    oriented: str
    halves: tuple[Float32Array, ...]
    remark: str
    blobs: npt.NDArray[np.float64]
    key: tuple[Any, ...]
    given: bool


def pictures_of(
    problem: AmorphousProblem, blobs: npt.NDArray[np.float64], key: tuple[Any, ...], *, given: bool
) -> ClassPictures:
    """The classes of a problem. This takes a moment, so that a thread calls it.

    Parameters
    ----------
    problem : AmorphousProblem
    blobs : ndarray, shape (n, 4)
        The given atoms.
    key : tuple
        Identifies the image and the atoms.
    given : bool
        Whether the user gave the names.
    """
    described, columns = problem.described, problem.columns
    labels = np.full(len(blobs), "", dtype=described.labels.dtype)
    labels[columns.atom[columns.found]] = described.labels[columns.found]
    names = described.kinds
    oriented, halves, remark = _orientations(problem)
    return ClassPictures(
        names=names,
        counts=tuple(int((described.labels == name).sum()) for name in names),
        means=tuple(described.kind_means[name] for name in names),
        labels=labels,
        oriented=oriented,
        halves=halves,
        remark=remark,
        blobs=blobs,
        key=key,
        given=given,
    )


def _orientations(problem: AmorphousProblem) -> tuple[str, tuple[Float32Array, ...], str]:
    means = problem.described.kind_means
    middle = next(iter(means.values())).shape[0] // 2
    brightest = max(means, key=lambda k: float(means[k][middle, middle]))
    try:
        halves = problem.halves(brightest)
    except BadInput as error:
        return brightest, (), str(error)
    remark = (
        f"{brightest}: {int(halves.first.sum())} and {int(halves.second.sum())} columns. "
        f"The correlation of one mean patch with the other is {halves.unturned:.2f}, and "
        f"{halves.two_fold:.2f} after a rotation by 180°."
    )
    return brightest, halves.means, remark


def renamed(classes: ClassPictures, names: Mapping[str, str]) -> StrArray:
    """Classes of the atoms with the names of the user.

    Parameters
    ----------
    classes : ClassPictures
    names : dict
        New name of each class. Two classes with the same name become one.

    Returns
    -------
    ndarray of str, shape (n,)

    Raises
    ------
    BadInput
        If a name is empty, or the word for all classes.
    """
    for old, new in names.items():
        if not new.strip():
            raise BadInput(
                f"Class {old!r} has no name: type a name, or that of another class to merge both."
            )
        if new.strip() == ALL:
            raise BadInput(
                f"Class {old!r} cannot be called {ALL!r}, which stands for every class: type "
                "another name."
            )
    return np.array([names.get(label, label).strip() for label in classes.labels.tolist()])


def class_colours(names: tuple[str, ...], colours: ThemeColours) -> dict[str, str]:
    """A colour for each class, in order."""
    shades = colours.species
    return {name: shades[place % len(shades)] for place, name in enumerate(names)}
