from __future__ import annotations

import npe2
import numpy as np
import pint
import pytest
from napari.components import ViewerModel

from napari_reward_analysis.crystal.lattice import lattice_preset
from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.image import Image
from napari_reward_analysis.io.samples import SAMPLES, sample_image


@pytest.mark.parametrize("name", SAMPLES)
def test_sample_images_are_ready_for_analysis(name: str) -> None:
    image = sample_image(name)
    assert isinstance(image, Image)
    assert image.name == name
    assert image.shape == (512, 512)
    assert image.data.dtype == np.float32
    assert image.pixel_size == 0.18
    assert image.fingerprint == sample_image(name).fingerprint
    field = (512 * 0.18) ** 2
    assert lattice_preset("YBCO[100]").expected_count(field) == pytest.approx(1121.6, abs=0.1)


def test_unknown_sample() -> None:
    with pytest.raises(BadInput, match=r"no sample 'moon': choose from ybco_crystal, ybco_pockets"):
        sample_image("moon")


@pytest.mark.parametrize("name", SAMPLES)
def test_file_open_sample(name: str) -> None:
    manager = npe2.PluginManager.instance()
    manager.discover(include_npe1=False)
    if "napari-reward-analysis" not in [manifest.name for manifest in manager.iter_manifests()]:
        pytest.skip("needs the plugin installed")
    viewer = ViewerModel()
    (layer,) = viewer.open_sample("napari-reward-analysis", name)
    nm = pint.get_application_registry().nanometer
    assert layer.name == name
    assert layer.units == (nm, nm)
    assert layer.scale == pytest.approx([0.018, 0.018])
    assert layer.axis_labels == ("y", "x")
    assert np.array_equal(layer.data, sample_image(name).data)
