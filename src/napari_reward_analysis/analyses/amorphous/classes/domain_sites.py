"""Find the sites of several domains, each in its own part of the field.

The lattice of a domain is continued beyond its mask, up to the next domain, because an
amorphous region is a part where its columns lost their order. A second grain is a domain of
its own and therefore crystal.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.ndimage import distance_transform_edt
from scipy.spatial import cKDTree

from napari_reward_analysis.analyses.amorphous.classes.columns import Columns
from napari_reward_analysis.analyses.amorphous.classes.sites import REACH, assigned, lattice_sites
from napari_reward_analysis.arrays import FloatArray, IntArray
from napari_reward_analysis.calibration.domains import Domain
from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.evidence.sites import find_sites
from napari_reward_analysis.image import Image

#: One lattice describes a domain if so many of its sites lie within this fraction of the
#: smallest spacing. Beside a dislocation it does not.
_DESCRIBED, _NEAR = 0.97, 0.3
#: A domain with fewer atoms has no columns to compare.
_FEW = 12


def sites_of_domains(
    image: Image,
    atoms: FloatArray,
    brightness: npt.NDArray[np.floating],
    domains: Sequence[Domain],
) -> Columns:
    """Find the sites of all domains, and the atoms on them.

    Parameters
    ----------
    image : Image
        The image.
    atoms : ndarray, shape (n, 2)
        y and x in px.
    brightness : ndarray, shape (n,)
        Brightness of the atoms above their surroundings.
    domains : sequence of Domain
        At least one domain, with known column positions.

    Returns
    -------
    Columns
        An empty site beside another domain is left out: the boundary cuts its cell.

    Raises
    ------
    BadInput
        If the atoms lie on no lattice of a domain.
    """
    owner = _owners(domains)
    parts, fault = [], ""
    for number, domain in enumerate(domains):
        rows = np.flatnonzero(_at(owner, atoms) == number)
        if len(rows) < _FEW:
            continue
        try:
            part = _of_domain(image, atoms[rows], brightness[rows], domain)
        except BadInput as error:
            fault = str(error)
            continue
        inner = distance_transform_edt(np.pad(owner == number, 1, mode="edge"))[1:-1, 1:-1]
        depth = _at(inner, part.yx)
        kept = np.where(part.found, depth > 0, depth > part.spacing)
        atom = np.where(part.found, rows[part.atom], -1)
        parts.append(replace(part, yx=part.yx[kept], species=part.species[kept], atom=atom[kept]))
    if not parts:
        raise BadInput(fault or "No domain holds enough atoms: choose a larger field.")
    return Columns(
        np.concatenate([part.yx for part in parts]),
        np.concatenate([part.species for part in parts]),
        np.concatenate([part.atom for part in parts]),
        parts[0].spacing,
        float(np.average([p.agreement for p in parts], weights=[len(p.yx) for p in parts])),
    )


def _of_domain(
    image: Image, atoms: FloatArray, brightness: npt.NDArray[np.floating], domain: Domain
) -> Columns:
    """The sites of one domain in the whole field."""
    crystal = _at(domain.mask, atoms).astype(bool)
    whole = lattice_sites(atoms, brightness, domain.lattice, domain.measured, crystal)
    followed = find_sites(image, (domain,))
    inside = _at(domain.mask, followed.yx).astype(bool)
    places, names = followed.yx[inside], followed.species[inside]
    reach = _NEAR * followed.spacing_px
    if (cKDTree(whole.yx).query(places)[0] < reach).mean() >= _DESCRIBED:
        return whole
    # inside the domain the followed lattice is right, outside it is not known
    beyond = ~_at(domain.mask, whole.yx).astype(bool)
    beyond &= cKDTree(places).query(whole.yx)[0] > 2 * reach
    places = np.concatenate([places, whole.yx[beyond]])
    names = np.concatenate([names, whole.species[beyond]])
    atom = assigned(places, atoms, REACH * followed.spacing_px)
    places = np.clip(places, 0, np.subtract(image.shape, 1))
    return replace(whole, yx=places, species=names, atom=atom)


def _owners(domains: Sequence[Domain]) -> IntArray:
    """Number of the nearest domain of each pixel, shape (H, W)."""
    labels = np.zeros(domains[0].mask.shape, np.int64)
    for number, domain in enumerate(domains, start=1):
        labels[domain.mask] = number
    nearest = distance_transform_edt(labels == 0, return_distances=False, return_indices=True)
    return np.asarray(labels[tuple(nearest)] - 1)


def _at(values: npt.NDArray[Any], points: FloatArray) -> npt.NDArray[Any]:
    """Value of the pixel of each point."""
    y, x = np.clip(np.rint(points), 0, np.subtract(values.shape, 1)).astype(int).T
    return np.asarray(values[y, x])
