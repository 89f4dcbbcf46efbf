"""Tests of a user's script that registers a reward and a stage."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest

from napari_reward_analysis import BadInput, lattice_preset
from napari_reward_analysis.io.simulate import simulate
from napari_reward_analysis.plugins import load_plugin

SCRIPT = '''
import numpy as np
from scipy import ndimage

from napari_reward_analysis import register_reward, register_stage


@register_reward("uneven", label="uneven responses")
def uneven(detection):
    """Columns of one crystal should not differ by more than their species do."""
    return float(np.std(detection.responses) / np.mean(detection.responses))


@register_stage("median", label="median filter", size=(3, 5))
def median(image, size):
    """Take out single bright pixels, as of an x-ray on the detector."""
    return ndimage.median_filter(image, size=round(size))
'''


@pytest.fixture
def script(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(SCRIPT)
    return path


def test_the_command_line_searches_with_a_reward_and_a_stage_of_the_user(script, tmp_path):
    pixels = simulate(lattice_preset("SrTiO3[001]"), (160, 160), 0.15, dose=60).image.data
    np.save(tmp_path / "scan.npy", pixels)
    command = [
        *(sys.executable, "-m", "napari_reward_analysis.cli", "atoms", tmp_path / "scan.npy"),
        *("--lattice", "SrTiO3[001]", "--pixel-size", "0.15", "--trials", "16", "--json"),
        *("--plugin", script, "--rewards", "uneven", "--stages", "median"),
    ]

    done = subprocess.run(command, capture_output=True, text=True, check=True)

    summary = json.loads(done.stdout)
    assert 0 < summary["extra_rewards"]["uneven"] < 1
    run = json.loads((tmp_path / "scan_atoms" / "run.json").read_text())
    assert {trial["parameters"]["denoise"] for trial in run["trials"]} == {"none", "median"}
    sizes = {t["parameters"].get("median.size") for t in run["trials"]} - {None}
    assert sizes <= {3.0, 3.667, 4.333, 5.0}


def test_a_script_that_is_missing_or_fails_is_one_sentence(tmp_path):
    with pytest.raises(BadInput, match=r"There is no script .*: name the file"):
        load_plugin(tmp_path / "none.py")
    broken = tmp_path / "broken.py"
    broken.write_text("1 / 0")
    with pytest.raises(BadInput, match=r"fails \(ZeroDivisionError: division by zero\)"):
        load_plugin(broken)
