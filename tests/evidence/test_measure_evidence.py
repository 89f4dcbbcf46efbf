"""The evidence of simulated crystals: vacancies, columns, and the calibration of both."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_reward_analysis import Image
from napari_reward_analysis.evidence import measure_evidence

pytestmark = pytest.mark.numeric


def calibration_error(p_column: np.ndarray, present: np.ndarray) -> float:
    """Expected calibration error in ten bins."""
    which = np.minimum((p_column * 10).astype(int), 9)
    bins = [which == number for number in range(10)]
    return sum(
        b.mean() * abs(float(p_column[b].mean()) - float(present[b].mean()))
        for b in bins
        if b.any()
    )


@pytest.mark.parametrize(
    ("name", "noise", "dose"),
    [
        ("SrTiO3[001]", 0.02, None),
        ("SrTiO3[001]", 0.3, None),
        ("SrTiO3[001]", 0.0, 30.0),
        ("YBCO[100]", 0.2, None),
        ("graphene[001]", 0.2, None),
    ],
)
def test_missing_columns_that_are_plain_to_see_are_vacant(make_crystal, name, noise, dose):
    pixel_size = 0.12 if name == "graphene[001]" else 0.2
    made = make_crystal(name, noise=noise, dose=dose, pixel_size=pixel_size)
    state = measure_evidence(made.image, made.sites).state
    plain = made.d_prime >= 5
    vacant = state[plain & ~made.present]
    assert len(vacant) >= 5
    assert (vacant == "occupied").mean() <= 0.03
    assert (state[made.present] == "vacant").mean() <= 0.003
    assert (state[made.present & plain] == "occupied").mean() >= 0.99


def test_a_crystal_without_vacancies_has_none(make_crystal):
    made = make_crystal("YBCO[100]", missing=0.0, noise=0.6)
    evidence = measure_evidence(made.image, made.sites)
    assert not (evidence.state == "vacant").any()
    assert evidence.p_column.mean() > 0.99


def test_brighter_and_darker_columns_are_columns(make_crystal):
    def doped(rng, n):
        return rng.choice([1.0, 1.5, 0.5], n, p=[0.9, 0.05, 0.05])

    made = make_crystal(missing=0.0, noise=0.1, heights=doped)
    assert (measure_evidence(made.image, made.sites).state == "occupied").all()


def test_p_column_is_calibrated_over_the_noise(make_crystal):
    p_column, present = [], []
    for seed, noise in enumerate((0.05, 0.3, 0.6, 1.0, 1.5, 2.0)):
        made = make_crystal("YBCO[100]", noise=noise, seed=seed, shape=(384, 384))
        p_column.append(measure_evidence(made.image, made.sites).p_column)
        present.append(made.present)
    assert calibration_error(np.concatenate(p_column), np.concatenate(present)) <= 0.03


def test_amplitudes_have_the_error_they_say(make_crystal):
    """Over many columns, the amplitudes scatter around each other as their errors say."""
    made = make_crystal(missing=0.0, noise=0.3, jitter=0.02)
    found = measure_evidence(made.image, made.sites)
    one = made.sites.sublattice == 1
    scatter = np.std(found.amplitude[one])
    assert scatter == pytest.approx(np.median(found.amplitude_error[one]), rel=0.25)


def test_a_site_moves_to_a_column_that_is_clearly_seen(make_crystal):
    made = make_crystal(missing=0.0, noise=0.02, jitter=0.1)
    true = make_crystal(missing=0.0, noise=0.02, jitter=0.0).sites
    found = measure_evidence(made.image, made.sites)
    before = np.hypot(*(made.sites.yx - true.yx).T)
    after = np.hypot(*(found.yx - true.yx).T)
    assert np.median(after) < 0.1 * np.median(before)


@settings(max_examples=5)
@given(scale=st.floats(1e-3, 1e4), offset=st.floats(-1e3, 1e3))
def test_brightness_and_contrast_do_not_matter(make_crystal, scale, offset):
    made = make_crystal(noise=0.5, shape=(128, 128))
    pixels = np.asarray(made.image.data, np.float64) * scale + offset * scale
    plain = measure_evidence(made.image, made.sites)
    other = measure_evidence(Image(pixels), made.sites)
    np.testing.assert_allclose(other.p_column, plain.p_column, atol=0.01)


@settings(max_examples=5)
@given(seed=st.integers(0, 1000))
def test_the_order_of_the_sites_does_not_matter(make_crystal, reordered, seed):
    made = make_crystal(noise=0.5, shape=(128, 128))
    order = np.random.default_rng(seed).permutation(len(made.sites.yx))
    plain = measure_evidence(made.image, made.sites)
    other = measure_evidence(made.image, reordered(made.sites, order))
    np.testing.assert_allclose(other.p_column, plain.p_column[order], atol=0.05)


def test_masked_pixels_do_not_count(make_crystal):
    made = make_crystal(noise=0.1)
    masked = np.zeros(made.image.shape, bool)
    masked[100:140, 60:200] = True
    pixels = np.where(masked, 5.0, made.image.data)
    hidden = measure_evidence(Image(np.where(masked, np.nan, made.image.data)), made.sites)
    drawn = measure_evidence(Image(np.clip(pixels, None, 1.3)), made.sites, masked)
    pixel = np.clip(np.round(made.sites.yx).astype(int), 0, 255)
    inside = masked[tuple(pixel.T)]
    for found in (hidden, drawn):
        seen = found.state[~inside]
        assert (seen[made.present[~inside]] == "occupied").mean() >= 0.99
        assert (seen[~made.present[~inside]] == "vacant").mean() >= 0.9
        deep = (
            masked[tuple(np.clip(pixel - 8, 0, 255).T)] & masked[tuple((pixel + 8).clip(0, 255).T)]
        )
        assert deep.sum() >= 5
        assert (found.amplitude_error[deep] > 10 * np.median(found.amplitude_error)).all()
        assert (found.state[deep] == "undecided").all()


@settings(max_examples=40)
@given(
    seed=st.integers(0, 10**6),
    content=st.sampled_from(["noise", "one pixel", "few counts", "half missing", "huge"]),
    mask=st.sampled_from(["none", "all", "some"]),
    count=st.integers(0, 40),
)
def test_nonsense_gives_finite_evidence(sites_at, seed, content, mask, count):
    rng = np.random.default_rng(seed)
    shape = tuple(rng.integers(8, 100, 2))
    pixels = rng.normal(size=shape)
    if content == "one pixel":
        pixels = np.zeros(shape)
    elif content == "few counts":
        pixels = rng.poisson(0.05, shape).astype(float)
    elif content == "half missing":
        pixels[:, : shape[1] // 2] = np.nan
    elif content == "huge":
        pixels *= 1e30
    pixels[-1, -1] = 3.0
    masked = {"none": None, "all": np.ones(shape, bool), "some": rng.random(shape) < 0.3}[mask]
    yx = rng.uniform(-5, max(shape) + 5, (count, 2))
    yx[1:2] = yx[:1]
    sites = sites_at(yx, rng.integers(0, 3, count), float(rng.uniform(2, 20)))
    found = measure_evidence(Image(pixels), sites, masked)
    assert ((found.p_column >= 0) & (found.p_column <= 1)).all()
    assert np.isfinite(found.amplitude).all()
    assert np.isfinite(found.amplitude_error).all()
    assert np.isfinite(found.yx).all()
    points = found.of_points(rng.uniform(-3, max(shape) + 3, (10, 2)))
    assert ((points.p_column >= 0) & (points.p_column <= 1)).all()


def test_no_sites_give_no_evidence(make_crystal, reordered):
    made = make_crystal(shape=(160, 160))
    found = measure_evidence(made.image, reordered(made.sites, np.arange(0)))
    assert len(found.p_column) == len(found.state) == 0
