"""Tests of a saved comparison with an oracle: it is complete, and damage is reported."""

from __future__ import annotations

import json
from dataclasses import asdict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from napari_reward_analysis.analyses.atoms.run import ImageReference
from napari_reward_analysis.analyses.oracle.result import TrialAgreement
from napari_reward_analysis.analyses.oracle.run import ORACLE_FORMAT, OracleRun
from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.notices import Notice
from napari_reward_analysis.points.known import Oracle
from napari_reward_analysis.runs.packed import pack

REFERENCE = ImageReference("scan", "scan.npy", (64, 80), 0.2, "f" * 64)
PLACES = st.floats(0, 63, width=32)


@st.composite
def comparisons(draw):
    number = draw(st.integers(1, 9))
    points = draw(hnp.arrays(float, (number, 2), elements=PLACES))
    confidence = draw(hnp.arrays(float, number, elements=st.floats(0, 1) | st.just(np.nan)))
    classes = np.array(
        draw(st.lists(st.sampled_from(["", "Ba", "Y"]), min_size=number, max_size=number))
    )
    found = draw(
        st.none() | hnp.arrays(float, st.tuples(st.integers(0, 9), st.just(2)), elements=PLACES)
    )
    f1 = draw(hnp.arrays(float, st.integers(0, 5), elements=st.floats(0, 1) | st.just(np.nan)))
    judged = TrialAgreement("a" * 32, "scan #1", tuple(range(3, 3 + len(f1))), f1)
    return OracleRun(
        image=REFERENCE,
        oracle=Oracle("network", points, confidence, classes),
        found=found,
        found_name="'atoms'",
        reach=draw(st.floats(0.5, 9)),
        trials=draw(st.sampled_from([[], [judged]])),
        notices=[Notice("guessed_scale")],
    )


def small(**changes):
    points = np.array([[5.0, 5.0], [5.0, 15.0], [15.0, 5.0]])
    given = {"found": points + 0.25, "reach": 3.0}
    return OracleRun(
        image=REFERENCE, oracle=Oracle.of_points("marked", points), **(given | changes)
    )


@given(comparisons())
def test_what_is_saved_is_read_again(tmp_path_factory, comparison):
    folder = tmp_path_factory.mktemp("kept")
    comparison.status = "done"
    ORACLE_FORMAT.save(comparison, folder)
    kept = ORACLE_FORMAT.load(folder)
    for name in ("image", "settings", "status", "found_name", "reach", "notices", "versions"):
        assert getattr(kept, name) == getattr(comparison, name)
    for name in ("points", "confidence", "classes"):
        np.testing.assert_array_equal(getattr(kept.oracle, name), getattr(comparison.oracle, name))
    assert (kept.found is None) == (comparison.found is None)
    if comparison.found is not None:
        np.testing.assert_array_equal(kept.found, comparison.found)
        assert kept.result.f1 == comparison.result.f1
        np.testing.assert_array_equal(kept.result.matched, comparison.result.matched)
    for one, other in zip(kept.trials, comparison.trials, strict=True):
        assert (one.run, one.name, one.indices) == (other.run, other.name, other.indices)
        np.testing.assert_array_equal(one.f1, other.f1)


def edited(folder, **changes):
    path = ORACLE_FORMAT.save(small(), folder)
    record = json.loads(path.read_text())
    path.write_text(json.dumps(record | changes))
    return path


def test_damage_and_newer_versions_are_one_sentence(tmp_path):
    path = ORACLE_FORMAT.save(small(), tmp_path)
    text = path.read_text()
    path.write_text(text[: len(text) // 2])
    with pytest.raises(BadInput, match=r"cut short or damaged"):
        ORACLE_FORMAT.load(path)
    for changes, words in (
        ({"format": 99}, "newer"),
        ({"oracle": {"name": "x", "points": "", "confidence": "", "classes": []}}, "damaged"),
        ({"found": "???"}, "is not a run of this program, or is damaged"),
        ({"trials": [{"run": "a", "name": "b", "indices": [1], "f1": []}]}, "damaged"),
    ):
        with pytest.raises(BadInput, match=words):
            ORACLE_FORMAT.load(edited(tmp_path, **changes))
    with pytest.raises(BadInput, match=f"choose a folder that holds {ORACLE_FORMAT.file}"):
        ORACLE_FORMAT.load(tmp_path.parent)


def packed(*points):
    return pack(np.array(points, "<f8"))


@pytest.mark.parametrize(
    "changes",
    [
        {"reach_px": -1},
        {"reach_px": None},
        {"reach_px": "x"},
        {"reach_px": float("nan")},
        {"found": packed((np.nan, 3))},
        {"found": packed((1e200, 3))},
        {"found": packed((5, 500))},
        {"notices": [1]},
        {"found_name": 3},
        {"image": asdict(REFERENCE) | {"pixel_size": "x"}},
        {"image": asdict(REFERENCE) | {"pixel_size": -0.2}},
        {"image": asdict(REFERENCE) | {"shape": [64, float("inf")]}},
        {
            "oracle": {
                "name": "m",
                "points": packed((np.inf, 3)),
                "confidence": packed(1),
                "classes": [""],
            }
        },
        {"trials": [{"run": "a", "name": "b", "indices": [float("inf")], "f1": [0.5]}]},
        {"trials": [{"run": "a", "name": "b", "indices": [1], "f1": [50]}]},
        {"trials": [{"run": 1, "name": "b", "indices": [1], "f1": [0.5]}]},
    ],
    ids=str,
)
def test_values_that_cannot_be_are_damage(tmp_path, changes):
    with pytest.raises(BadInput, match=r"is not a run of this program, or is damaged\.$"):
        ORACLE_FORMAT.load(edited(tmp_path, **changes))


def test_a_file_nested_without_end_is_damaged(tmp_path):
    (tmp_path / ORACLE_FORMAT.file).write_text("[" * 100_000)
    with pytest.raises(BadInput, match="damaged"):
        ORACLE_FORMAT.load(tmp_path)


def test_another_study_s_file_is_refused(tmp_path):
    record = {"format": 1, "kind": "noise", "trials": []}
    (tmp_path / ORACLE_FORMAT.file).write_text(json.dumps(record))
    with pytest.raises(BadInput, match=r"another analysis \(noise\): choose a run of 'oracle'"):
        ORACLE_FORMAT.load(tmp_path)


def test_a_folder_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(BadInput, match="cannot be written"):
        ORACLE_FORMAT.save(small(), tmp_path / "file" / "folder")
