"""Tests of the explanations of terms."""

from __future__ import annotations

import pytest

from napari_reward_analysis.gui.widgets.glossary import explain


@pytest.mark.parametrize(
    ("label", "starts"),
    [
        ("|QC|, count mismatch", ["QC,"]),
        ("ER, columns too close", ["ER,"]),
        ("N from", ["N,"]),
        ("n", ["n,"]),
        ("Incoherence with the lattice", ["Incoherence:"]),
        ("oracles and DS", ["DS,", "Oracle:"]),
        ("number of columns near ERs", []),
        ("", []),
    ],
)
def test_explains_the_terms_of_a_label(label: str, starts: list[str]) -> None:
    text = explain(label)
    assert all(start in text for start in starts)
    assert bool(text) == bool(starts)


def test_lines_are_short_enough_for_a_tooltip() -> None:
    assert max(map(len, explain("QC ER DS N n oracle incoherence F1").splitlines())) <= 72
