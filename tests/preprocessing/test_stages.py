"""Tests of preprocessing stages and of their refusals."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_reward_analysis import BadInput, lattice_preset
from napari_reward_analysis.io.simulate import simulate
from napari_reward_analysis.preprocessing import (
    Context,
    Parameter,
    all_stages,
    register_stage,
    stage_named,
)

SIZE = 0.18
BUILT_IN = ("highpass", "flatten", "gaussian", "tv", "nlm", "wiener", "bragg")


@pytest.fixture(scope="module")
def scene():
    """A noisy image, the same without noise, and what stages know of it."""
    lattice = lattice_preset("SrTiO3[001]")
    clean = simulate(lattice, (160, 176), SIZE, rotation=4).image.normalised
    noise = 0.3
    noisy = clean + np.random.default_rng(0).normal(0, noise, clean.shape).astype(np.float32)
    turn = np.deg2rad(4)
    a = lattice.a / SIZE
    vectors = a * np.array([[np.sin(turn), np.cos(turn)], [np.cos(turn), -np.sin(turn)]])
    return noisy, clean, Context(lattice.spacing / SIZE, noise, vectors)


def similarity(first, second):
    return np.corrcoef(first.ravel(), second.ravel())[0, 1]


def values(stage):
    return {name: p.values()[len(p.values()) // 2] for name, p in stage.parameters.items()}


def test_the_built_in_stages_are_known():
    assert set(BUILT_IN) <= set(all_stages())


@pytest.mark.parametrize("name", BUILT_IN)
def test_a_stage_keeps_shape_type_and_the_users_pixels(scene, name):
    noisy, _, context = scene
    before = noisy.copy()
    stage = stage_named(name)

    result = stage.apply(noisy, context, **values(stage))

    assert result.shape == noisy.shape
    assert result.dtype == np.float32
    np.testing.assert_array_equal(noisy, before)


@pytest.mark.parametrize("name", ["gaussian", "tv", "nlm", "wiener", "bragg"])
def test_denoising_brings_the_image_nearer_to_the_truth(scene, name):
    noisy, clean, context = scene
    stage = stage_named(name)

    result = stage.apply(noisy, context, **values(stage))

    assert similarity(result, clean) > similarity(noisy, clean) + 0.1


def test_wiener_beats_a_gaussian_of_any_width(scene):
    noisy, clean, context = scene
    blurred = [
        similarity(stage_named("gaussian").apply(noisy, context, sigma=s), clean)
        for s in np.linspace(0.05, 0.4, 15)
    ]

    assert similarity(stage_named("wiener").apply(noisy, context, window=1.0), clean) > max(blurred)


def test_wiener_leaves_an_image_without_noise_alone(scene):
    _, clean, context = scene

    result = stage_named("wiener").apply(clean, context, window=6.0)

    np.testing.assert_allclose(result, clean, atol=2e-3)


@pytest.mark.parametrize("name", ["wiener", "bragg"])
@given(rotation=st.floats(0, 90), cell=st.floats(3.0, 6.0))
def test_filters_hold_for_any_rotation_and_cell(name, rotation, cell):
    turn = np.deg2rad(rotation)
    a, b = cell / SIZE, 1.3 * cell / SIZE
    vectors = np.array(
        [[a * np.sin(turn), a * np.cos(turn)], [b * np.cos(turn), -b * np.sin(turn)]]
    )
    y, x = np.mgrid[:120, :140]
    first, second = np.tensordot(np.linalg.inv(vectors).T, np.stack([y, x]), axes=1)
    clean = (2 + np.cos(2 * np.pi * first) + np.cos(2 * np.pi * second)).astype(np.float32) / 4
    noisy = clean + np.random.default_rng(1).normal(0, 0.5, clean.shape).astype(np.float32)

    result = stage_named(name).apply(noisy, Context(a, 0.5, vectors), window=2.0)

    assert similarity(result, clean) > 1.2 * similarity(noisy, clean)


def test_background_stages_take_a_gradient_away(scene):
    _, clean, context = scene
    slope = np.linspace(0, 3, clean.shape[1], dtype=np.float32)[None]

    def ramp(pixels):
        """Rise of the mean from left to right, in parts of the columns' contrast."""
        parts = pixels.reshape(clean.shape[0], 4, -1)
        return np.ptp(parts.mean(axis=(0, 2))) / np.mean([p.std() for p in parts.swapaxes(0, 1)])

    for name in ("highpass", "flatten"):
        result = stage_named(name).apply(clean + slope, context, window=1.5)
        assert ramp(result) < 0.2 * ramp(clean + slope)


def test_flatten_evens_contrast_and_leaves_vacuum_dark(scene):
    _, clean, context = scene
    context = replace(context, noise=0.02)
    faded = clean * np.linspace(1, 0.3, clean.shape[1], dtype=np.float32)
    faded[:60] = 0.02 * np.random.default_rng(2).standard_normal((60, clean.shape[1]))

    result = stage_named("flatten").apply(faded, context, window=2.0)

    left, right = result[90:, 20:60].std(), result[90:, -60:-20].std()
    before_left, before_right = faded[90:, 20:60].std(), faded[90:, -60:-20].std()
    assert left / right < 0.75 * before_left / before_right
    assert result[:30].std() < 0.3 * left


def test_nothing_is_added_where_the_lattice_is_missing(scene):
    """Half of the field holds noise alone: no stage may fill it with columns."""
    noisy, clean, context = scene
    half = noisy.copy()
    half[:, 88:] = np.random.default_rng(3).normal(clean.mean(), 0.3, (160, 88))
    for name in BUILT_IN:
        stage = stage_named(name)
        result = stage.apply(half, context, **values(stage))
        # beyond the reach of the filters there is no trace of the lattice
        empty, crystal = result[:, 140:], result[:, :60]
        amplitude = [abs(lattice_wave(part, context.vectors_px)) for part in (empty, crystal)]
        assert amplitude[0] < 0.3 * amplitude[1], name


def lattice_wave(pixels, vectors):
    """Amplitude of the first reflection, in parts of the contrast of the first half."""
    k = np.linalg.inv(vectors)[:, 0]
    y, x = np.indices(pixels.shape)
    wave = np.exp(-2j * np.pi * (k[0] * y + k[1] * x))
    return np.mean((pixels - pixels.mean()) * wave)


def test_levels_are_spread_as_stated():
    assert Parameter(1, 8, "log", 4).values() == (1, 2, 4, 8)
    assert Parameter(1, 4, "linear", 4).values() == (1, 2, 3, 4)
    assert Parameter(3, 3).values() == (3,)


@pytest.mark.parametrize("wrong", [(5, 1, "linear", 3), (0, 1, "log", 3), (1, 2, "log", 0)])
def test_impossible_ranges_are_refused(wrong):
    with pytest.raises(BadInput, match="give the lower end first"):
        Parameter(*wrong)


def test_a_stage_that_breaks_the_image_is_refused(scene):
    noisy, _, context = scene

    @register_stage("shrinks")
    def shrinks(image):
        return image[::2]

    @register_stage("poisons")
    def poisons(image):
        return image / 0 * np.nan

    with pytest.raises(BadInput, match="'shrinks' made .* it must return a real image"):
        stage_named("shrinks").apply(noisy, context)
    with (
        pytest.raises(BadInput, match="'poisons' made pixels that are not finite"),
        np.errstate(all="ignore"),
    ):
        stage_named("poisons").apply(noisy, context)


def test_unknown_slots_and_stages_are_refused():
    with pytest.raises(BadInput, match="no slot 'middle' for stages"):
        register_stage("mine", slot="middle")
    with pytest.raises(BadInput, match="There is no stage 'magic'"):
        stage_named("magic")


def test_context_is_handed_over_where_it_is_asked_for(scene):
    noisy, _, context = scene

    @register_stage("knows_noise")
    def knows_noise(image, context):
        return image + context.noise

    np.testing.assert_allclose(
        stage_named("knows_noise").apply(noisy, context), noisy + 0.3, rtol=1e-6
    )
