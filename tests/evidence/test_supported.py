"""The choice of supported columns."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_reward_analysis.evidence import supported

probabilities = st.lists(st.floats(0, 1), max_size=60).map(np.array)


@given(p_column=probabilities, rate=st.floats(0, 0.5))
def test_the_share_of_false_columns_stays_below_the_rate(p_column, rate):
    chosen, share = supported(p_column, rate)
    assert share <= rate + 1e-12
    if chosen.any():
        assert share == pytest.approx((1 - p_column[chosen]).mean())
        assert p_column[chosen].min() >= p_column[~chosen].max(initial=0.0)


@given(p_column=probabilities, rate=st.floats(0, 0.2))
def test_no_larger_set_keeps_the_rate(p_column, rate):
    chosen, _ = supported(p_column, rate)
    left = np.sort(p_column[~chosen])[::-1]
    if len(left) and left[0] > 0.5:
        more = np.append(p_column[chosen], left[0])
        assert (1 - more).mean() > rate - 1e-12


def test_absent_columns_are_never_supported():
    chosen, share = supported(np.array([1.0] * 1000 + [0.4]))
    assert chosen.sum() == 1000
    assert share == 0.0


def test_nothing_is_supported_without_points():
    chosen, share = supported(np.empty(0))
    assert len(chosen) == 0
    assert share == 0.0
