"""Fit the amplitudes of all columns and the background together, by linear least squares."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.sparse import coo_matrix, csr_matrix, diags
from scipy.sparse.linalg import LinearOperator, cg

from napari_reward_analysis.arrays import BoolArray, Float32Array, FloatArray, Indices
from napari_reward_analysis.evidence.background import Nodes
from napari_reward_analysis.evidence.bumps import (
    Bumps,
    Overlaps,
    moments,
    overlaps,
    volume_squared,
)
from napari_reward_analysis.evidence.gather import Pixels
from napari_reward_analysis.evidence.visible import Visible

#: Part of a function's full square sum that is added to the diagonal. A function that the
#: image hardly shows is then fitted as zero.
_RIDGE = 1e-4
#: The same for a function whose centre is outside the image, of which only a flank is seen.
_RIDGE_OUTSIDE = 0.03
#: Largest number of steps to the solution.
_STEPS = 400
#: Number of near neighbours that count for the standard error of an amplitude.
_NEIGHBOURS = 12
#: Overlaps weaker than this, relative to the functions' own, do not count there.
_WEAK = 0.01
#: Local fits that are solved together.
_BLOCK = 1024


class Solution(NamedTuple):
    """Heights of the columns and of the nodes of the background.

    Attributes
    ----------
    columns : Bumps
    nodes : Nodes
    height : ndarray, shape (n,)
        Amplitude of each column.
    level : ndarray, shape (m,)
        Height of each node.
    normal : sparse matrix, shape (n + m, n + m)
        Overlaps of all functions.
    slopes : ndarray, shape (n, 2)
        Derivative of the squared misfit by each column's y and x, over -2 amplitudes.
    """

    columns: Bumps
    nodes: Nodes
    height: FloatArray
    level: FloatArray
    normal: csr_matrix
    slopes: FloatArray


class Background(NamedTuple):
    """The nodes with what stays the same when columns move.

    Attributes
    ----------
    nodes : Nodes
    among : Overlaps
        Overlaps of the nodes with each other.
    moments : ndarray, shape (m,)
        Sums of the image times each node.
    """

    nodes: Nodes
    among: Overlaps
    moments: FloatArray


def background_of(image: Float32Array, nodes: Nodes, visible: Visible) -> Background:
    """Compare the nodes with each other and with an image that is zero on masked pixels."""
    return Background(nodes, overlaps(nodes.bumps, nodes.bumps, visible), nodes.moments(image))


def fit_amplitudes(
    pixels: Pixels,
    columns: Bumps,
    background: Background,
    visible: Visible,
    start: Solution | None = None,
    accuracy: float = 1e-4,
) -> Solution:
    """Fit all columns and the background to the visible pixels.

    Parameters
    ----------
    pixels : Pixels
        The image; zero on masked pixels.
    columns : Bumps
        The columns.
    background : Background
        The nodes of the background.
    visible : Visible
        The pixels that count.
    start : Solution, optional
        An earlier solution for the same columns, from which the search starts.
    accuracy : float
        Relative accuracy of the solution.
    """
    nodes = background.nodes.bumps
    n = len(columns.points)
    own = overlaps(columns, columns, visible)
    under = overlaps(columns, nodes, visible)
    normal = _normal(columns, nodes, own, under, background.among)
    ridge = np.where(visible.contains(columns.points), _RIDGE, _RIDGE_OUTSIDE)
    added = np.concatenate([ridge * volume_squared(columns), _RIDGE * volume_squared(nodes)])
    normal = (normal + diags(added)).tocsr()
    seen = moments(pixels, columns)
    target = np.concatenate([seen[:, 0], background.moments])
    guess = None if start is None else np.concatenate([start.height, start.level])
    solution = _solve(normal, target, guess, accuracy)
    height, level = solution[:n], solution[n:]
    slopes = seen[:, 1:] - _summed(own, height, n) - _summed(under, level, n)
    return Solution(columns, background.nodes, height, level, normal, slopes)


def _normal(
    columns: Bumps, nodes: Bumps, own: Overlaps, under: Overlaps, among: Overlaps
) -> csr_matrix:
    n = len(columns.points)
    size = n + len(nodes.points)
    row = [own.first, under.first, under.second + n, among.first + n]
    column = [own.second, under.second + n, under.first, among.second + n]
    value = [own.value, under.value, under.value, among.value]
    where = np.concatenate(row), np.concatenate(column)
    return coo_matrix((np.concatenate(value), where), shape=(size, size)).tocsr()


def _solve(
    normal: csr_matrix, target: FloatArray, guess: FloatArray | None, accuracy: float
) -> FloatArray:
    scale = 1 / normal.diagonal()
    precondition = LinearOperator(normal.shape, matvec=lambda x: scale * x)
    solution, _ = cg(normal, target, x0=guess, rtol=accuracy, maxiter=_STEPS, M=precondition)
    return np.asarray(solution)


def _summed(pairs: Overlaps, height: FloatArray, n: int) -> FloatArray:
    """Derivatives of the model's product with each column by the column's centre."""
    parts = pairs.slope * height[pairs.second, None]
    return np.stack([np.bincount(pairs.first, part, n) for part in parts.T], axis=1)


def unit_errors(normal: csr_matrix, n: int) -> FloatArray:
    """Standard errors of the first n unknowns at a noise of 1, shape (n,)."""
    unit = np.zeros(normal.shape[0])
    return local_fit(normal, np.arange(n), unit).error


class LocalFit(NamedTuple):
    """Some unknowns, each fitted with its neighbours alone.

    Attributes
    ----------
    value : ndarray, shape (n,)
    error : ndarray, shape (n,)
        Standard error at a noise of 1.
    """

    value: FloatArray
    error: FloatArray


def local_fit(normal: csr_matrix, rows: Indices, target: FloatArray) -> LocalFit:
    """Solve for each of some unknowns the equations of its neighbourhood.

    The inverse of the overlaps is local: the strongest neighbours are enough.

    Parameters
    ----------
    normal : sparse matrix, shape (m, m)
        Overlaps.
    rows : ndarray of int, shape (n,)
        The unknowns, in ascending order.
    target : ndarray, shape (m,)
        Sums of the image times each function.
    """
    normal.sort_indices()
    size = normal.shape[0]
    known = np.repeat(np.arange(size), np.diff(normal.indptr)) * size + normal.indices
    value, error = np.empty(len(rows)), np.empty(len(rows))
    near = _strongest(normal, rows)
    for first in range(0, len(rows), _BLOCK):
        part = slice(first, first + _BLOCK)
        block = near[part]
        dense = _dense(normal, known, block)
        right = np.zeros((*block.shape, 2))
        right[:, 0, 0] = 1.0
        right[:, :, 1] = np.where(_double(block), 0.0, target[block])
        solved = np.linalg.solve(dense, right)[:, 0]
        error[part] = np.sqrt(np.maximum(solved[:, 0], 1e-12))
        value[part] = solved[:, 1]
    return LocalFit(value, error)


def _dense(normal: csr_matrix, known: Indices, block: Indices) -> FloatArray:
    """Overlaps among the unknowns of each row, shape (n, k, k)."""
    wanted = block[:, :, None] * normal.shape[0] + block[:, None, :]
    place = np.minimum(np.searchsorted(known, wanted), len(known) - 1)
    dense = np.where(known[place] == wanted, normal.data[place], 0.0)
    # A missing neighbour is the unknown itself again: it becomes one that is apart.
    double = _double(block)
    dense[double[:, :, None] | double[:, None, :]] = 0.0
    each = np.arange(block.shape[1])
    dense[:, each, each] += double
    return dense


def _double(block: Indices) -> BoolArray:
    double = block == block[:, :1]
    double[:, 0] = False
    return np.asarray(double)


def _strongest(normal: csr_matrix, rows: Indices) -> Indices:
    """Each unknown, then those that overlap most with it; the unknown again to fill up."""
    pairs = normal[rows].tocoo()
    scale = 1 / np.sqrt(normal.diagonal())
    strength = np.abs(pairs.data) * scale[pairs.col] * scale[rows[pairs.row]]
    other = (rows[pairs.row] != pairs.col) & (strength > _WEAK)
    row, column, strength = pairs.row[other], pairs.col[other], strength[other]
    order = np.lexsort((-strength, row))
    row, column = row[order], column[order]
    rank = np.arange(len(row)) - np.searchsorted(row, np.arange(len(rows)))[row]
    kept = rank < _NEIGHBOURS
    near = np.tile(rows[:, None], _NEIGHBOURS + 1)
    near[row[kept], rank[kept] + 1] = column[kept]
    return near
