"""Make the tables of found columns and of empty sites, for CSV files, layers and scripts."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from napari_reward_analysis.analyses.atoms.physics import counting_area
from napari_reward_analysis.analyses.atoms.trial import AtomTrial, failed_trial
from napari_reward_analysis.arrays import BoolArray, Indices
from napari_reward_analysis.evidence.site_table import SiteTable
from napari_reward_analysis.rewards.atoms import Physics
from napari_reward_analysis.runs.head import ImageReference

Table = dict[str, npt.NDArray[Any]]

#: Columns of the table of atoms that follow from the sites, at its end.
SITE_COLUMNS = (
    "domain",
    "site_u",
    "site_v",
    "sublattice",
    "dy_A",
    "dx_A",
    "amplitude",
    "amplitude_error",
    "p_column",
)


class _HasSites(Protocol):
    """The part of a run that the table of empty sites needs."""

    @property
    def image(self) -> ImageReference:
        """Image of the run."""

    @property
    def region(self) -> BoolArray | None:
        """The analysed pixels; None for the whole field."""

    @property
    def sites(self) -> SiteTable | None:
        """Sites of the domains."""


def atoms_table(
    trial: AtomTrial | None,
    physics: Physics,
    pixel_size: float | None,
    sites: SiteTable | None = None,
) -> Table:
    """Return one row for each column in the analysed area or just outside it.

    Parameters
    ----------
    trial : AtomTrial or None
        The trial. Without a trial the table has no rows.
    physics : Physics
        Contains DS for the error flag.
    pixel_size : float or None
        Pixel size in angstrom. Without it, values in angstrom are NaN.
    sites : SiteTable, optional
        Sites of the domains. Without them, the columns about sites are NaN.

    Returns
    -------
    dict of ndarray
        id, y_px, x_px, y_A, x_A, sigma_px, response, neighbour_sum_A, is_error, class,
        uncertainty_px, uncertainty_A, is_counted; strongest response first. Positions are
        refined if the trial has refined positions. The uncertainty is their standard
        deviation along one axis, or NaN. Neighbour sums and errors follow from the blobs.
        Columns just outside the crystal are not counted and are never errors.

        Then domain (from 1), site_u, site_v, sublattice, dy_A, dx_A (displacement from the
        site), amplitude, amplitude_error (in units of the image's range) and p_column. They
        are NaN for a column without a site, except the last three. `class` is the species.
    """
    trial = trial or failed_trial(0, {}, "")
    return _found(trial, physics, sites, np.nan if pixel_size is None else pixel_size)


def vacancy_table(run: _HasSites, trial: AtomTrial | None) -> Table:
    """Return one row for each site in the analysed area that is vacant or undecided.

    Parameters
    ----------
    run : AtomsRun
        Run with the sites of the domains. Without them the table has no rows.
    trial : AtomTrial or None
        The shown trial. A site that holds one of its columns is left out.

    Returns
    -------
    dict of ndarray
        id, y_px, x_px, y_A, x_A, state ('vacant' or 'undecided'), class, domain (from 1),
        site_u, site_v, sublattice, amplitude, amplitude_error, p_column.
    """
    sites = run.sites
    size = np.nan if run.image.pixel_size is None else run.image.pixel_size
    if sites is None:
        return dict.fromkeys(_VACANCY_COLUMNS, np.empty(0))
    empty = sites.vacant | sites.undecided
    if trial is not None:
        taken = sites.sites_of(trial.points[trial.shown].astype(float))
        empty[taken[taken >= 0]] = False
    empty &= sites.within(counting_area(run.image.shape, run.region))
    state = np.where(sites.vacant[empty], "vacant", "undecided")
    sites = sites.rows(empty)
    y, x = sites.yx.T
    values = (
        np.arange(len(y)),
        y,
        x,
        y * size,
        x * size,
        state.astype(object),
        sites.species.astype(object),
        sites.domain + 1,
        *sites.uv.T,
        sites.sublattice,
        sites.amplitude,
        sites.amplitude_error,
        sites.p_column,
    )
    return dict(zip(_VACANCY_COLUMNS, values, strict=True))


_VACANCY_COLUMNS = (
    "id",
    "y_px",
    "x_px",
    "y_A",
    "x_A",
    "state",
    "class",
    "domain",
    "site_u",
    "site_v",
    "sublattice",
    "amplitude",
    "amplitude_error",
    "p_column",
)


def _found(trial: AtomTrial, physics: Physics, sites: SiteTable | None, scale: float) -> Table:
    shown = trial.shown
    blobs, sums = trial.blobs[shown].astype(float), trial.neighbour_sums[shown].astype(float)
    points, uncertainty = trial.points[shown].astype(float), trial.uncertainty[shown].astype(float)
    counted = trial.inside[shown]
    of_sites = _of_sites(trial, points, sites, scale)
    return {
        "id": np.arange(len(blobs)),
        "y_px": points[:, 0],
        "x_px": points[:, 1],
        "y_A": points[:, 0] * scale,
        "x_A": points[:, 1] * scale,
        "sigma_px": blobs[:, 2],
        "response": blobs[:, 3],
        "neighbour_sum_A": sums * scale,
        "is_error": counted & (sums < physics.ds_px),
        "class": of_sites.pop("class"),
        "uncertainty_px": uncertainty,
        "uncertainty_A": uncertainty * scale,
        "is_counted": counted,
        **of_sites,
    }


def _of_sites(
    trial: AtomTrial, points: npt.NDArray[Any], sites: SiteTable | None, scale: float
) -> Table:
    """The columns of the table that follow from the sites."""
    table: Table = {name: np.full(len(points), np.nan) for name in SITE_COLUMNS}
    table["class"] = np.full(len(points), "", dtype=object)
    site = np.full(len(points), -1) if sites is None else sites.sites_of(points)
    if sites is not None:
        _fill(table, sites, site, points, scale)
    # columns without a site
    row = np.cumsum(trial.shown) - 1
    for blob, *values in trial.extra:
        if trial.shown[int(blob)] and site[row[int(blob)]] < 0:
            for name, value in zip(_EVIDENCE, values, strict=True):
                table[name][row[int(blob)]] = value
    return table


_EVIDENCE = ("amplitude", "amplitude_error", "p_column")


def _fill(
    table: Table, sites: SiteTable, site: Indices, points: npt.NDArray[Any], scale: float
) -> None:
    on, of = site >= 0, site[site >= 0]
    away = (points[on] - sites.yx[of]) * scale
    table["class"][on] = sites.species[of]
    values = {
        "domain": sites.domain[of] + 1,
        "site_u": sites.uv[of, 0],
        "site_v": sites.uv[of, 1],
        "sublattice": sites.sublattice[of],
        "dy_A": away[:, 0],
        "dx_A": away[:, 1],
        **{name: getattr(sites, name)[of] for name in _EVIDENCE},
    }
    for name, found in values.items():
        table[name][on] = found
