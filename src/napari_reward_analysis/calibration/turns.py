"""Find grains that are turned by so little that one lattice was followed through all of them."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from napari_reward_analysis.arrays import BoolArray
from napari_reward_analysis.calibration.following import LocalLattice

#: Smallest turn between two grains, in radians.
_TURN = 0.025
#: Largest share of places whose turn lies in the middle third between the two grains.
_BETWEEN = 0.12
#: Smallest share of the places of one grain.
_SHARE = 0.1
#: The local turn is averaged over so many places (sigma).
_AVERAGED = 1.0
#: Rounds in which the turns of the two grains are found.
_ROUNDS = 10


def turned_parts(lattice: LocalLattice) -> list[BoolArray]:
    """Places of two grains, by the turn of the local cell.

    Parameters
    ----------
    lattice : LocalLattice
        A followed lattice.

    Returns
    -------
    list of ndarray of bool, shape (h, w)
        The places of both grains; all places inside if the cell does not turn from one value
        to another.
    """
    inside, grid = lattice.inside, lattice.grid
    places = np.stack(np.meshgrid(grid.y, grid.x, indexing="ij"), axis=-1).reshape(-1, 2)
    change = np.linalg.solve(lattice.vectors, lattice.cells_at(places))
    turn = (change[:, 0, 1] - change[:, 1, 0]).reshape(inside.shape) / 2
    weight = ndimage.gaussian_filter(inside.astype(float), _AVERAGED)
    turn = ndimage.gaussian_filter(turn * inside, _AVERAGED) / np.maximum(weight, 1e-9)
    values = turn[inside]
    low, high = np.quantile(values, [0.1, 0.9])
    for _ in range(_ROUNDS):
        second = values > (low + high) / 2
        if second.all() or not second.any():
            return [inside]
        low, high = np.median(values[~second]), np.median(values[second])
    part = (values - low) / max(high - low, 1e-12)
    between = float(((part > 1 / 3) & (part < 2 / 3)).mean())
    share = min(float(second.mean()), 1 - float(second.mean()))
    if high - low < _TURN or between > _BETWEEN or share < _SHARE:
        return [inside]
    turned = turn > (low + high) / 2
    return [inside & turned, inside & ~turned]
