"""Merge atoms that coincide in projection into columns with name, position and weight."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from napari_reward_analysis.arrays import FloatArray
from napari_reward_analysis.crystal.elements import brightness, is_light
from napari_reward_analysis.crystal.periodic import Group, linked, near_pairs
from napari_reward_analysis.crystal.projected import Column
from napari_reward_analysis.crystal.structure import Site
from napari_reward_analysis.crystal.symmetry import wrap

#: Columns of light elements with less than this fraction of the brightest are faint.
FAINT = 0.25

#: An element with less than this share of a column's intensity is left out of its name.
_NAMED = 0.1


@dataclass(frozen=True)
class _Raw:
    """A column before it is compared with the others.

    Attributes
    ----------
    species : str
    place : ndarray, shape (2,)
        Fractional, in [0, 1).
    intensity : float
    light : bool
        Whether all of its atoms are light.
    first : int
        Index of its first atom.
    """

    species: str
    place: FloatArray
    intensity: float
    light: bool
    first: int


def merge_columns(
    sites: Sequence[Site], places: FloatArray, vectors: FloatArray, merge: float
) -> tuple[tuple[Column, ...], tuple[Column, ...]] | None:
    """Columns of a projected cell.

    Parameters
    ----------
    sites : sequence of Site
        The atoms.
    places : ndarray, shape (n, 2)
        Their fractional places in the projected cell.
    vectors : ndarray, shape (2, 2)
        The cell's vectors as rows, in angstrom.
    merge : float
        Atoms nearer than this, in angstrom, make one column.

    Returns
    -------
    tuple of two tuples of Column, or None
        The columns that HAADF shows, and the faint ones. None if the columns of one cell
        run into those of the next.

    Notes
    -----
    A light atom near a heavy column belongs to that column, as oxygen next to copper. It
    changes neither the column's name nor its position, and it never links two columns.
    """
    light = np.array([is_light(site.element) for site in sites])
    heavy_groups = linked(places[~light], vectors, merge)
    if heavy_groups is None:
        return None
    heavy = _indexed(heavy_groups, np.flatnonzero(~light))
    guests, alone = _guests(places, light, heavy, vectors, merge)
    light_groups = linked(places[alone], vectors, merge)
    if light_groups is None and not heavy:
        return None
    while light_groups is None:
        # Light atoms form a continuous net between heavy columns: split it into columns.
        merge /= 2
        light_groups = linked(places[alone], vectors, merge)
    names = _site_names(sites)
    raw = [
        _raw_column(sites, names, group, guests[number]) for number, group in enumerate(heavy)
    ] + [_raw_column(sites, names, group, []) for group in _indexed(light_groups, alone)]
    return _compared(sorted(raw, key=lambda column: column.first))


def _indexed(groups: list[Group], indices: npt.NDArray[np.int64]) -> list[Group]:
    """Groups of a subset of atoms, with indices into all atoms."""
    return [Group(indices[group.members], group.places) for group in groups]


def _guests(
    places: FloatArray,
    light: npt.NDArray[np.bool_],
    heavy: list[Group],
    vectors: FloatArray,
    merge: float,
) -> tuple[dict[int, list[int]], npt.NDArray[np.int64]]:
    """Light atoms that belong to each heavy column, and the remaining light atoms."""
    guests: dict[int, list[int]] = defaultdict(list)
    lights = np.flatnonzero(light)
    if not heavy:
        return guests, lights
    pairs = near_pairs(places[lights], places[~light], vectors, merge)
    heavies = np.flatnonzero(~light)
    column_of = {int(atom): n for n, group in enumerate(heavy) for atom in group.members}
    nearest: dict[int, tuple[float, int]] = {}
    for one, two, distance in zip(pairs.first, pairs.second, pairs.distance, strict=True):
        host = (round(float(distance), 6), column_of[int(heavies[two])])
        nearest[int(one)] = min(host, nearest.get(int(one), host))
    for one, (_, column) in nearest.items():
        guests[column].append(int(lights[one]))
    return guests, np.delete(lights, list(nearest))


def _site_names(sites: Sequence[Site]) -> list[str]:
    """Label of each site; the element if all its sites share one label ('Sr1' is 'Sr')."""
    labels: dict[str, set[str]] = defaultdict(set)
    for site in sites:
        labels[site.element].add(site.label)
    return [site.element if len(labels[site.element]) == 1 else site.label for site in sites]


def _raw_column(sites: Sequence[Site], names: list[str], group: Group, guests: list[int]) -> _Raw:
    intensities = {
        int(i): sites[i].occupancy * brightness(sites[i].element) for i in (*group.members, *guests)
    }
    own = np.array([intensities[int(i)] for i in group.members])
    place = wrap(np.average(group.places, axis=0, weights=own), digits=9)
    return _Raw(
        species=_species(sites, names, {int(i): intensities[int(i)] for i in group.members}),
        place=place,
        intensity=sum(intensities.values()),
        light=all(is_light(sites[i].element) for i in group.members),
        first=int(group.members[0]),
    )


def _species(sites: Sequence[Site], names: list[str], intensities: dict[int, float]) -> str:
    shares: dict[str, float] = defaultdict(float)
    for i, intensity in intensities.items():
        shares[sites[i].element] += intensity
    total = sum(shares.values())
    named = [element for element, share in shares.items() if share >= _NAMED * total]
    if len(named) > 1:
        return "/".join(sorted(named, key=lambda element: (-round(shares[element], 6), element)))
    element = named[0] if named else max(shares, key=lambda one: shares[one])
    labels = {names[i] for i in intensities if sites[i].element == element}
    return labels.pop() if len(labels) == 1 else element


def _compared(raw: list[_Raw]) -> tuple[tuple[Column, ...], tuple[Column, ...]]:
    """Columns with weights relative to the brightest, and those of faint species apart."""
    brightest = max(column.intensity for column in raw)
    shown = {
        column.species
        for column in raw
        if not (column.light and column.intensity < FAINT * brightest)
    }
    columns: list[Column] = []
    faint: list[Column] = []
    for one in raw:
        column = Column(
            species=one.species,
            x=float(one.place[0]),
            y=float(one.place[1]),
            # Six digits are enough, but a weight must not become zero.
            weight=max(round(one.intensity / brightest, 6), 1e-6),
        )
        (columns if one.species in shown else faint).append(column)
    return tuple(columns), tuple(faint)
