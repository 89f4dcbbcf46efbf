"""Tests of the extra rewards beside QC and ER."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_reward_analysis import BadInput, Detection, Physics, all_rewards, register_reward
from napari_reward_analysis.crystal.lattice import lattice_preset
from napari_reward_analysis.rewards.atoms import neighbour_sums
from napari_reward_analysis.rewards.protocol import reward_named
from napari_reward_analysis.rewards.spacing import largest_hole

pytestmark = pytest.mark.numeric

BUILT_IN = ("incoherence", "vacancy", "too_close", "too_far", "gaps", "ambiguity")
SHAPE = (300, 340)
SCALE = 0.2


def crystal(name="SrTiO3[001]", rotation=7.0, strain=0.0, half_turn=False):
    """All columns of a field, and the cell's vectors, in px."""
    lattice = lattice_preset(name)
    turn = np.deg2rad(rotation)
    x_axis, y_axis = np.array([np.sin(turn), np.cos(turn)]), np.array([np.cos(turn), -np.sin(turn)])
    vectors = lattice.vectors[:, :1] * x_axis + lattice.vectors[:, 1:] * y_axis
    vectors = vectors / SCALE
    n = np.arange(-150, 150)
    cells = np.stack(np.meshgrid(n, n, indexing="ij"), -1).reshape(-1, 1, 2)
    fractions = np.array([(c.x, c.y) for c in lattice.columns])
    fractions = -fractions if half_turn else fractions
    points = ((cells + fractions + [0.3, 0.1]).reshape(-1, 2) @ vectors) * (1 + strain)
    inside = ((points >= 1) & (points < np.array(SHAPE) - 2)).all(axis=1)
    return lattice, vectors, points[inside]


def detect(points, lattice, vectors, **changes):
    area = np.zeros(SHAPE, bool)
    area[1:-1, 1:-1] = True
    n = len(points)
    responses = np.linspace(1, 0.5, n, dtype=np.float32)
    detection = Detection(
        points=points,
        sigmas=np.full(n, 3, np.float32),
        responses=responses,
        neighbour_sums=neighbour_sums(points),
        candidates=np.concatenate([responses, np.full(n, 0.05, np.float32)]),
        threshold=0.4,
        area=area,
        image=np.zeros(SHAPE, np.float32),
        physics=Physics(n or 1, 0.9 * min(lattice.neighbour_sums.values()) / SCALE),
        spacing_px=lattice.spacing / SCALE,
        lattice=lattice,
        vectors_px=vectors,
    )
    return replace(detection, **changes)


def wrong(points, rng, missing=0, false=0):
    """Some columns missed, some points invented."""
    kept = np.delete(points, rng.choice(len(points), missing, replace=False), axis=0)
    return np.concatenate([kept, rng.uniform(5, np.array(SHAPE) - 6, (false, 2))])


@pytest.mark.parametrize("crystal_name", ["SrTiO3[001]", "YBCO[100]", "Si[110]", "graphene[001]"])
@pytest.mark.parametrize("name", BUILT_IN)
def test_a_perfect_crystal_is_perfect(crystal_name, name):
    lattice, vectors, points = crystal(crystal_name)

    value = reward_named(name)(detect(points, lattice, vectors))

    assert value < (0.15 if name == "ambiguity" else 0.01)


@pytest.mark.parametrize("name", ["incoherence", "vacancy"])
@given(st.integers(0, 60), st.integers(0, 60), st.integers(0, 5))
def test_what_is_wrong_is_counted_about_once(name, missing, false, seed):
    lattice, vectors, points = crystal()
    found = wrong(points, np.random.default_rng(seed), missing, false)

    value = reward_named(name)(detect(found, lattice, vectors))

    share = (missing + false) / len(points)
    assert 0.4 * share - 0.01 <= value <= 1.4 * share + 0.01


def test_published_rewards_do_not_see_what_coherence_sees():
    """The points are as many as the columns and not too close: QC and ER are good."""
    lattice, vectors, points = crystal()
    moved = points.copy()
    moved[::4] += 0.3 * lattice.spacing / SCALE * np.array([0.6, 0.8])

    detection = detect(moved, lattice, vectors)

    assert np.mean(detection.neighbour_sums < detection.physics.ds_px) < 0.02
    assert reward_named("incoherence")(detection) > 0.2


@pytest.mark.parametrize("strain", [-0.01, 0.01])
@pytest.mark.parametrize("half_turn", [False, True])
@pytest.mark.parametrize("name", ["YBCO[100]", "Si[110]"])
def test_sites_follow_a_bent_field_and_either_side_of_the_crystal(name, strain, half_turn):
    lattice, vectors, points = crystal(name, strain=strain, half_turn=half_turn)

    assert reward_named("vacancy")(detect(points, lattice, vectors)) < 0.02


def test_missing_neighbours_are_too_far_and_leave_gaps():
    lattice, vectors, points = crystal()
    hole = np.hypot(*(points - np.array(SHAPE) / 2).T) < 30
    detection = detect(points[~hole], lattice, vectors)

    assert reward_named("too_far")(detection) > 0.01
    area = np.pi * 30**2 / np.prod(SHAPE)
    assert 0.3 * area < reward_named("gaps")(detection) < 1.5 * area


def test_doubles_are_too_close():
    lattice, vectors, points = crystal()
    doubled = np.concatenate([points, points[:40] + 2.0])

    value = reward_named("too_close")(detect(doubled, lattice, vectors))

    assert value == pytest.approx(80 / len(doubled), abs=0.01)


def test_a_threshold_amid_the_responses_is_ambiguous():
    lattice, vectors, points = crystal()
    clear = detect(points, lattice, vectors)
    amid = replace(clear, threshold=0.75)
    unknown = replace(clear, candidates=clear.responses)

    ambiguity = reward_named("ambiguity")
    assert ambiguity(clear) < 0.15
    assert ambiguity(amid) > 0.9
    assert ambiguity(unknown) > 0.9


@pytest.mark.parametrize("name", BUILT_IN)
def test_noise_is_worse_than_the_crystal_and_never_beyond_one(name):
    lattice, vectors, points = crystal()
    rng = np.random.default_rng(0)
    noise = rng.uniform(5, np.array(SHAPE) - 6, points.shape)

    value = reward_named(name)(detect(noise, lattice, vectors))

    assert 0 <= value <= 1
    if name != "ambiguity":
        assert value > 10 * reward_named(name)(detect(points, lattice, vectors))


@pytest.mark.parametrize("name", BUILT_IN)
@pytest.mark.parametrize("count", [0, 1, 5])
def test_few_points_are_no_way_to_be_content(name, count):
    lattice, vectors, points = crystal()

    value = reward_named(name)(detect(points[:count], lattice, vectors))

    assert np.isfinite(value)
    if name in ("vacancy", "gaps"):
        assert value > 0.5


def test_the_largest_hole_of_a_square_lattice_is_half_its_diagonal():
    lattice = lattice_preset("SrTiO3[001]").choose(["Sr"])

    assert largest_hole(lattice) == pytest.approx(lattice.a / np.sqrt(2))


def test_a_reward_of_the_user_is_known_by_its_name():
    @register_reward("few", label="few columns")
    def few(detection):
        return 1 / (1 + len(detection.points))

    lattice, vectors, points = crystal()
    assert "few" in all_rewards()
    assert reward_named("few")(detect(points, lattice, vectors)) == 1 / (1 + len(points))


def test_impossible_rewards_are_refused():
    with pytest.raises(BadInput, match="cannot need weather: choose from lattice, vectors"):
        register_reward("mine", needs=("weather",))
    with pytest.raises(BadInput, match="'qc' is the name of a published reward"):
        register_reward("qc")
    with pytest.raises(BadInput, match="There is no reward 'luck'"):
        reward_named("luck")

    @register_reward("nothing")
    def nothing(detection):
        return float("nan")

    lattice, vectors, points = crystal()
    with pytest.raises(BadInput, match="'nothing' returned nan, not a finite number"):
        reward_named("nothing")(detect(points, lattice, vectors))
