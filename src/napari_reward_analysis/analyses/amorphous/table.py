"""Make the tables of regions and atoms for the CSV files and the layers' features."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from napari_reward_analysis.analyses.amorphous.regions.rewards import outlines
from napari_reward_analysis.arrays import BoolArray
from napari_reward_analysis.rewards.atoms import neighbour_sums

if TYPE_CHECKING:
    from napari_reward_analysis.analyses.amorphous.run import AmorphousRun

Table = dict[str, npt.NDArray[Any]]


def region_table(regions: npt.NDArray[np.integer], pixel_size: float | None) -> Table:
    """Return one row for each region.

    Parameters
    ----------
    regions : ndarray of int, shape (H, W)
        0 for crystal, and the numbers of the regions from 1.
    pixel_size : float or None
        Pixel size in angstrom. Without it, values in angstrom are NaN.

    Returns
    -------
    dict of ndarray
        region, area_px, area_A2, perimeter_px, perimeter_A, compactness, y_px, x_px, y_A,
        x_A (of the centroid), area_fraction.
    """
    found = outlines(regions)
    scale = np.nan if pixel_size is None else pixel_size
    area = np.array([region.area_px for region in found])
    perimeter = np.array([region.perimeter_px for region in found])
    centre = np.array([region.centroid for region in found]).reshape(-1, 2)
    return {
        "region": np.arange(1, len(found) + 1),
        "area_px": area,
        "area_A2": area * scale**2,
        "perimeter_px": perimeter,
        "perimeter_A": perimeter * scale,
        "compactness": np.array([region.compactness for region in found]),
        "y_px": centre[:, 0],
        "x_px": centre[:, 1],
        "y_A": centre[:, 0] * scale,
        "x_A": centre[:, 1] * scale,
        "area_fraction": area / max(regions.size, 1),
    }


def class_table(
    atoms: npt.NDArray[np.floating],
    classes: npt.NDArray[np.str_],
    loss: npt.NDArray[np.floating],
    mask: npt.NDArray[np.bool_],
    pixel_size: float | None,
    ds_px: float | None = None,
) -> Table:
    """Return one row for each atom, in the given order.

    Parameters
    ----------
    atoms : ndarray, shape (m, 4)
        y, x (px), sigma (px), response.
    classes : ndarray of str, shape (m,)
        Kind of each atom; '' for an atom that is not on a site.
    loss : ndarray, shape (m,)
        Contrast loss of the column; NaN if unknown.
    mask : ndarray of bool, shape (H, W)
        The amorphous area.
    pixel_size : float or None
        Pixel size in angstrom. Without it, values in angstrom are NaN.
    ds_px : float, optional
        Neighbour sum below which an atom is flagged as an error.

    Returns
    -------
    dict of ndarray
        The columns of each table of atoms, then contrast_lost and is_amorphous.
    """
    atoms = np.asarray(atoms, float)
    scale = np.nan if pixel_size is None else pixel_size
    sums = neighbour_sums(atoms[:, :2]).astype(float)
    place = np.clip(np.rint(atoms[:, :2]).astype(int), 0, np.subtract(mask.shape, 1))
    return {
        "id": np.arange(len(atoms)),
        "y_px": atoms[:, 0],
        "x_px": atoms[:, 1],
        "y_A": atoms[:, 0] * scale,
        "x_A": atoms[:, 1] * scale,
        "sigma_px": atoms[:, 2],
        "response": atoms[:, 3],
        "neighbour_sum_A": sums * scale,
        "is_error": np.zeros(len(atoms), bool) if ds_px is None else sums < ds_px,
        "class": classes.astype(object),
        "contrast_lost": np.asarray(loss, float),
        "is_amorphous": mask[place[:, 0], place[:, 1]],
    }


def columns_table(run: AmorphousRun, mask: BoolArray) -> Table:
    """Return the atoms of a run with class, contrast loss and a flag for the amorphous area.

    Parameters
    ----------
    run : AmorphousRun
        The run.
    mask : ndarray of bool, shape (H, W)
        True for amorphous pixels.
    """
    columns = run.columns
    on_site = columns.atom >= 0
    classes = np.full(len(run.blobs), "", dtype=columns.labels.dtype)
    loss = np.full(len(run.blobs), np.nan)
    classes[columns.atom[on_site]] = columns.labels[on_site]
    loss[columns.atom[on_site]] = columns.loss[on_site]
    size = run.image.pixel_size
    ds = run.lattice.default_ds / size if run.lattice is not None and size else None
    return class_table(run.blobs, classes, loss, mask, size, ds)
