"""Tests of the command that compares samplers."""

from __future__ import annotations

import json

import pytest
from tests.support.command_line import call


def test_bench_sets_every_search_beside_the_others(tmp_path):
    done = call("bench", "--seeds", 1, "--trials", 13, "--size", 96, "--out", tmp_path)

    assert done.returncode == 0, done.stderr
    rows = json.loads((tmp_path / "bench.json").read_text())
    ways = {row["way"] for row in rows}
    assert {"as shipped", "as published", "scikit-optimize over blob_log"} <= ways
    assert {"the same, Sobol points", "the same, random points"} <= ways
    assert len(rows) == len(ways) * len({row["image"] for row in rows})
    for row in rows:
        assert row["seconds"] > 0
        assert 0 <= row["f1"] <= 1
        assert sorted(row["volumes"]) == row["volumes"]
    easy = {row["way"]: row for row in rows if row["image"].startswith("easy")}
    assert easy["as shipped"]["f1"] > 0.95
    assert all(way in done.stdout for way in ways)
    assert "| as shipped |" in (tmp_path / "bench.md").read_text()
    assert (tmp_path / "bench.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [(["--seeds", "0"], "at least one seed"), (["--size", "40"], "give at least 96")],
)
def test_impossible_benchmarks_are_one_sentence(arguments, sentence, tmp_path):
    done = call("bench", *arguments, "--out", tmp_path / "out")

    assert done.returncode == 2
    assert sentence in done.stderr
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "out").exists()
