"""Keep the sites of a field with their evidence, and assign found columns to them.

A run saves this table. It holds all that is known of each site, without the image.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from napari_reward_analysis.arrays import BoolArray, FloatArray, Indices, IntArray, StrArray
from napari_reward_analysis.evidence.evidence import BELONGS, OCCUPIED, VACANT, Evidence
from napari_reward_analysis.points.matching import match_points


@dataclass(frozen=True, eq=False)
class SiteTable:
    """All sites of a field, in rows.

    Attributes
    ----------
    yx : ndarray, shape (n, 2)
        Ideal positions in px, in the lattice fitted to the neighbourhood.
    domain : ndarray of int, shape (n,)
        Number of the domain, from 0.
    uv : ndarray of int, shape (n, 2)
        Indices of the cell.
    sublattice : ndarray of int, shape (n,)
        Index into the columns of the domain's cell.
    species : ndarray of str, shape (n,)
        Name of the column.
    amplitude, amplitude_error : ndarray, shape (n,)
        Height of the column in the normalised bare image, and its standard error.
    p_column : ndarray, shape (n,)
        Probability that a column is there.
    spacing_px : float
        Smallest spacing of columns.
    """

    yx: FloatArray
    domain: IntArray
    uv: IntArray
    sublattice: IntArray
    species: StrArray
    amplitude: FloatArray
    amplitude_error: FloatArray
    p_column: FloatArray
    spacing_px: float

    @classmethod
    def of(cls, evidence: Evidence) -> SiteTable:
        """Make the table of an image's evidence.

        Numbers have the precision of a run file, so that a loaded run gives the same tables.
        """
        sites = evidence.sites
        return cls(
            yx=_saved(sites.yx),
            domain=sites.domain,
            uv=sites.uv,
            sublattice=sites.sublattice,
            species=sites.species,
            amplitude=_saved(evidence.amplitude),
            amplitude_error=_saved(evidence.amplitude_error),
            p_column=_saved(evidence.p_column),
            spacing_px=sites.spacing_px,
        )

    @property
    def vacant(self) -> BoolArray:
        """Sites that the image shows to be vacant, shape (n,)."""
        return np.asarray(self.p_column <= VACANT)

    @property
    def undecided(self) -> BoolArray:
        """Sites where the image cannot tell, shape (n,)."""
        return np.asarray(~self.vacant & (self.p_column < OCCUPIED))

    def within(self, area: BoolArray) -> BoolArray:
        """Mark the sites in an area, shape (n,).

        Parameters
        ----------
        area : ndarray of bool, shape (H, W)
            The analysed pixels.
        """
        y, x = np.clip(np.rint(self.yx), 0, np.array(area.shape) - 1).astype(int).T
        return np.asarray(area[y, x])

    def sites_of(self, points: FloatArray) -> Indices:
        """Assign points to sites. A site takes the nearest point alone.

        Parameters
        ----------
        points : ndarray, shape (n, 2)
            y and x in px.

        Returns
        -------
        ndarray of int, shape (n,)
            Row of each point's site; -1 without a site.
        """
        site = np.full(len(points), -1)
        pairs = match_points(points, self.yx, BELONGS * self.spacing_px)
        site[pairs.found] = pairs.known
        return site

    def rows(self, chosen: BoolArray) -> SiteTable:
        """Return the table of the chosen sites alone."""
        values: dict[str, Any] = {
            field.name: getattr(self, field.name)[chosen]
            for field in fields(self)
            if field.name != "spacing_px"
        }
        return SiteTable(**values, spacing_px=self.spacing_px)


def _saved(values: FloatArray) -> FloatArray:
    return np.asarray(values, np.float32).astype(np.float64)
