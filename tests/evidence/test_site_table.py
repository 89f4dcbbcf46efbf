from __future__ import annotations

import numpy as np
import pytest

from napari_reward_analysis.analyses.atoms.site_records import sites_from_json, sites_to_json
from napari_reward_analysis.evidence.site_table import SiteTable


def table(p_column: list[float]) -> SiteTable:
    n = len(p_column)
    return SiteTable(
        yx=np.column_stack([np.full(n, 20.0), 10.0 * np.arange(n)]),
        domain=np.zeros(n, np.int64),
        uv=np.column_stack([np.arange(n), -np.arange(n)]),
        sublattice=np.arange(n) % 2,
        species=np.array([("Sr", "Ti")[k % 2] for k in range(n)]),
        amplitude=np.linspace(0.1, 0.5, n),
        amplitude_error=np.full(n, 0.01),
        p_column=np.array(p_column),
        spacing_px=10.0,
    )


def test_a_site_is_vacant_undecided_or_neither() -> None:
    sites = table([0.0, 0.1, 0.11, 0.5, 0.89, 0.9, 1.0])
    np.testing.assert_array_equal(sites.vacant, [1, 1, 0, 0, 0, 0, 0])
    np.testing.assert_array_equal(sites.undecided, [0, 0, 1, 1, 1, 0, 0])


def test_a_site_takes_the_nearest_point_within_half_a_spacing() -> None:
    sites = table([1.0, 1.0, 1.0])
    points = np.array([[20.0, 12.0], [20.0, 10.5], [20.0, 24.9], [26.0, 0.0], [20.0, 30.1]])
    np.testing.assert_array_equal(sites.sites_of(points), [-1, 1, 2, -1, -1])
    np.testing.assert_array_equal(table([]).sites_of(points), [-1] * 5)


def test_sites_are_in_an_area_by_their_pixel() -> None:
    area = np.zeros((40, 40), bool)
    area[:, 10:21] = True
    np.testing.assert_array_equal(table([1.0] * 6).within(area), [0, 1, 1, 0, 0, 0])


def test_a_run_file_gives_the_same_sites_back() -> None:
    sites = table([0.0, 0.25, 1.0])
    again = sites_from_json(sites_to_json(sites))
    for name in ("domain", "uv", "sublattice", "species"):
        np.testing.assert_array_equal(getattr(again, name), getattr(sites, name))
    for name in ("yx", "amplitude", "amplitude_error", "p_column"):
        np.testing.assert_allclose(getattr(again, name), getattr(sites, name), rtol=1e-6)
    assert len(sites_from_json(sites_to_json(table([]))).yx) == 0
    damaged = sites_to_json(sites) | {"species": ["Sr"]}
    with pytest.raises(ValueError, match="differ in length"):
        sites_from_json(damaged)
