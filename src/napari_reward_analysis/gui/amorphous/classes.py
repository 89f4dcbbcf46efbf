"""Classes of columns as the form shows them: mean patches, numbers, orientations."""

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
    """What is shown of the classes of one image's columns.

    Attributes
    ----------
    names : tuple of str
        The classes that are known in crystal.
    counts : tuple of int
        Columns of each.
    means : tuple of ndarray, shape (m, m)
        Mean patch of each.
    labels : ndarray of str, shape (n,)
        Class of each atom that was given; '' where it is not known.
    oriented : str
        The class that was parted into two orientations.
    halves : tuple of ndarray, shape (m, m)
        Mean patches of the two; empty where they could not be told apart.
    remark : str
        What is known of the orientations, in words.
    blobs : ndarray, shape (n, 4)
        The atoms: y, x (px), sigma (px), response; NaN where only places are known.
    key : tuple
        What image and atoms they were found for.
    given : bool
        Whether the names are the user's, to be kept in the next run.
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
    """The classes of a problem; takes a moment, so a thread calls it.

    Parameters
    ----------
    problem : AmorphousProblem
    blobs : ndarray, shape (n, 4)
        The atoms that were given.
    key : tuple
        What image and atoms they belong to.
    given : bool
        Whether the classes have the user's names.
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
        f"Correlation with the other turned by half a turn {halves.two_fold:.2f}, "
        f"unturned {halves.unturned:.2f}."
    )
    return brightest, halves.means, remark


def renamed(classes: ClassPictures, names: Mapping[str, str]) -> StrArray:
    """Classes of the atoms with the names that the user gave.

    Parameters
    ----------
    classes : ClassPictures
    names : dict
        New name of each class; two with one name become one.

    Returns
    -------
    ndarray of str, shape (n,)

    Raises
    ------
    BadInput
        If a class is left without a name, or is given the word for all classes.
    """
    for old, new in names.items():
        if not new.strip():
            raise BadInput(
                f"Class {old!r} is left without a name and would be empty: type a name, or that "
                "of another class to merge the two."
            )
        if new.strip() == ALL:
            raise BadInput(
                f"Class {old!r} cannot be called {ALL!r}, which means every class: type "
                "another name."
            )
    return np.array([names.get(label, label).strip() for label in classes.labels.tolist()])


def class_colours(names: tuple[str, ...], colours: ThemeColours) -> dict[str, str]:
    """A colour for each class, in their order."""
    shades = colours.species
    return {name: shades[place % len(shades)] for place, name in enumerate(names)}
