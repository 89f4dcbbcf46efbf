"""Convert a table of sites to plain values for a run file, and back."""

from __future__ import annotations

import numpy as np

from napari_reward_analysis.evidence.site_table import SiteTable
from napari_reward_analysis.runs.journal import Record
from napari_reward_analysis.runs.packed import pack, unpack

#: Packed columns of the table: integers, then floats.
_WHOLE = ("domain", "u", "v", "sublattice", "species")
_REAL = ("y", "x", "amplitude", "amplitude_error", "p_column")


def sites_to_json(sites: SiteTable) -> Record:
    """Convert a table of sites to plain values, with packed arrays."""
    names, codes = np.unique(sites.species, return_inverse=True)
    whole = np.column_stack([sites.domain, sites.uv, sites.sublattice, codes])
    real = np.column_stack([sites.yx, sites.amplitude, sites.amplitude_error, sites.p_column])
    return {
        "spacing_px": sites.spacing_px,
        "species": names.tolist(),
        # one column after the other, which packs better
        "whole": pack(whole.T.astype("<i4")),
        "real": pack(real.T.astype("<f4")),
    }


def sites_from_json(record: Record) -> SiteTable:
    """Convert the values of `sites_to_json` to a table of sites.

    Raises
    ------
    KeyError, ValueError
        If an entry is missing or damaged.
    """
    whole = unpack(record["whole"], "<i4").reshape(len(_WHOLE), -1).astype(np.int64)
    real = unpack(record["real"], "<f4").reshape(len(_REAL), -1).astype(np.float64)
    names = np.array(record["species"], dtype=str)
    if whole.shape != real.shape or (whole[4] < 0).any() or (whole[4] >= len(names)).any():
        raise ValueError("the columns of the sites differ in length")
    return SiteTable(
        yx=real[:2].T,
        domain=whole[0],
        uv=whole[1:3].T,
        sublattice=whole[3],
        species=names[whole[4]] if len(names) else np.empty(0, dtype=str),
        amplitude=real[2],
        amplitude_error=real[3],
        p_column=real[4],
        spacing_px=float(record["spacing_px"]),
    )
