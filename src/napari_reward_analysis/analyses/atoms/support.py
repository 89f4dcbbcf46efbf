"""Judge the columns of any setting by the bare image.

The evidence is measured once for an image. A preprocessing stage may help to find a column,
but it is no evidence for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import NamedTuple

import numpy as np

from napari_reward_analysis.arrays import BoolArray, Float32Array, FloatArray
from napari_reward_analysis.calibration.domains import Domain
from napari_reward_analysis.detection.blobs import Blobs, Candidates
from napari_reward_analysis.evidence.evidence import Evidence, measure_evidence
from napari_reward_analysis.evidence.site_table import SiteTable
from napari_reward_analysis.evidence.sites import find_sites
from napari_reward_analysis.evidence.supported import supported
from napari_reward_analysis.image import Image

#: A candidate with a smaller probability is left out when a threshold is chosen.
_LIKELY = 0.5


class Judged(NamedTuple):
    """The verdict on the blobs of one setting.

    Attributes
    ----------
    kept : ndarray of bool, shape (n,)
        Blobs that the image supports, and blobs that were not judged.
    false_rate : float
        Expected share of false columns among the supported ones.
    extra : ndarray, shape (k, 4)
        Supported blobs without a site: row among the kept ones, amplitude, its standard
        error, and the probability that a column is there.
    """

    kept: BoolArray
    false_rate: float
    extra: Float32Array


class Support:
    """The evidence of an image for the columns of any setting.

    Parameters
    ----------
    image : Image
        The image.
    domains : sequence of Domain
        Its domains.
    area : ndarray of bool, shape (H, W)
        The pixels in which columns are counted.
    """

    def __init__(self, image: Image, domains: Sequence[Domain], area: BoolArray) -> None:
        self.evidence: Evidence = measure_evidence(
            image, find_sites(image, domains), masked=~image.valid
        )
        self.sites = _of_domains(SiteTable.of(self.evidence), domains, image.valid)
        self._area = area

    @property
    def vacant(self) -> int:
        """Number of vacant sites in the area."""
        return int(np.count_nonzero(self.sites.vacant & self.sites.within(self._area)))

    @property
    def occupied(self) -> int:
        """Number of occupied sites in the area."""
        empty = self.sites.vacant | self.sites.undecided
        return int(np.count_nonzero(~empty & self.sites.within(self._area)))

    def judged(self, blobs: Blobs, reported: BoolArray) -> Judged:
        """Judge the blobs that a result would report.

        Parameters
        ----------
        blobs : ndarray, shape (n, 4)
            y, x (px), sigma, response.
        reported : ndarray of bool, shape (n,)
            Blobs that the result would report. The others are kept as neighbours.
        """
        found = self.evidence.of_points(_places(blobs[reported]))
        sure, false_rate = supported(found.p_column)
        kept = np.ones(len(blobs), bool)
        kept[reported] = sure
        row = np.cumsum(kept) - 1
        extra = sure & (found.site < 0)
        values = (found.amplitude, found.amplitude_error, found.p_column)
        rows = row[np.flatnonzero(reported)[extra]]
        table = np.column_stack([rows, *(value[extra] for value in values)])
        return Judged(kept, false_rate, table.astype(np.float32))

    def likely(self, candidates: Candidates) -> Candidates:
        """Return the candidates that may be columns, and those outside the area."""
        blobs = candidates.blobs
        inside = self._area[blobs[:, 0].astype(int), blobs[:, 1].astype(int)]
        keep = ~inside
        keep[inside] = self.evidence.likely(_places(blobs[inside])) >= _LIKELY
        return Candidates(blobs[keep])


def _of_domains(sites: SiteTable, domains: Sequence[Domain], valid: BoolArray) -> SiteTable:
    """Drop empty sites beyond the domains and on hidden pixels: no crystal is seen there."""
    crystal = reduce(np.logical_or, [domain.mask for domain in domains]) & valid
    empty = sites.vacant | sites.undecided
    return sites.rows(sites.within(crystal) | ~empty)


def _places(blobs: Blobs) -> FloatArray:
    return np.asarray(blobs[:, :2], dtype=np.float64)
