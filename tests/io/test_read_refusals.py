"""Tests of bad input: each gives one sentence."""

from __future__ import annotations

import sys
from pathlib import Path

import imageio.v3 as iio
import numpy as np
import pytest

from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.io.read import SUFFIXES, read_file_images, read_image

GREY = np.arange(48, dtype=np.uint8).reshape(6, 8)


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"There is no file .*none\.dm3: check the name"):
        read_image(tmp_path / "none.dm3")


def test_folder(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="is a folder: choose a file in it"):
        read_image(tmp_path)
    (tmp_path / "odd.tif").mkdir()
    with pytest.raises(BadInput, match="is a folder"):
        read_image(tmp_path / "odd.tif")


def test_unknown_format(tmp_path: Path) -> None:
    (tmp_path / "notes.docx").write_bytes(b"x")
    with pytest.raises(BadInput, match=r"notes\.docx has an unknown format.*\.dm3"):
        read_image(tmp_path / "notes.docx")


@pytest.mark.parametrize("suffix", [suffix for suffix in SUFFIXES if suffix != ".zspy"])
def test_empty_file(tmp_path: Path, suffix: str) -> None:
    (tmp_path / f"a{suffix}").touch()
    with pytest.raises(BadInput, match="is an empty file"):
        read_image(tmp_path / f"a{suffix}")


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("content", [b"\0" * 4096, b"hello, I am text\n" * 400, bytes(range(256))])
def test_nonsense_of_every_suffix(
    tmp_path: Path, suffix: str, content: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / f"a{suffix}"
    path.write_bytes(content)
    with pytest.raises(BadInput) as caught:
        read_image(path)
    assert "\n" not in str(caught.value)
    assert f"a{suffix}" in str(caught.value) or "'a'" in str(caught.value)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("suffix", "module", "extra"),
    [
        (".dm3", "ncempy", "em"),
        (".dm4", "ncempy", "em"),
        (".ser", "ncempy", "em"),
        (".mrc", "ncempy", "em"),
        (".emd", "h5py", "em"),
        (".hspy", "rsciio", "hyperspy"),
        (".zspy", "rsciio", "hyperspy"),
    ],
)
def test_missing_extra_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str, module: str, extra: str
) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == module]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, module, None)
    (tmp_path / f"a{suffix}").write_bytes(b"x")
    with pytest.raises(BadInput) as caught:
        read_image(tmp_path / f"a{suffix}")
    assert f'pip install "napari-reward-analysis[{extra}]"' in str(caught.value)
    assert suffix in str(caught.value)


@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize("suffix", [".png", ".tif", ".npy"])
def test_true_colour_is_refused(tmp_path: Path, channels: int, suffix: str) -> None:
    colour = np.stack([GREY, GREY[::-1], GREY, np.full_like(GREY, 255)][:channels], axis=-1)
    path = tmp_path / f"a{suffix}"
    np.save(path, colour) if suffix == ".npy" else iio.imwrite(path, colour)
    with pytest.raises(BadInput, match=r"is RGB.*convert it to grey or choose one channel"):
        read_image(path)


def test_colour_jpeg_is_refused(tmp_path: Path) -> None:
    colour = np.zeros((32, 32, 3), np.uint8)
    colour[:16, :, 0] = 255
    iio.imwrite(tmp_path / "a.jpg", colour)
    with pytest.raises(BadInput, match="is RGB"):
        read_image(tmp_path / "a.jpg")


def array(tmp_path: Path, data: np.ndarray) -> Path:
    np.save(tmp_path / "a.npy", data)
    return tmp_path / "a.npy"


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (np.arange(9.0), "one-dimensional"),
        (np.arange(9.0)[None], "one-dimensional"),
        (np.float64(3), "one-dimensional"),
        (np.zeros((0, 4)), "is empty"),
        (np.zeros((2, 3, 5, 7)), "4 dimensions"),
        (np.ones((4, 4)) * 1j, "is complex"),
        (np.full((4, 4), "a"), "not numbers"),
        (np.zeros((4, 4), "datetime64[s]"), "not numbers"),
        (np.full((4, 4), np.nan), "NaN or infinite"),
        (np.full((4, 4), 3), "same value"),
        (np.zeros((4, 4), [("a", int)]), "not numbers"),
    ],
)
def test_arrays_that_are_no_image(tmp_path: Path, data: np.ndarray, sentence: str) -> None:
    with pytest.raises(BadInput, match=sentence):
        read_image(array(tmp_path, data))


def test_pickles_are_not_opened(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.array([{}, {}], dtype=object), allow_pickle=True)
    with pytest.raises(BadInput, match="cannot be read"):
        read_image(tmp_path / "a.npy")


def test_archive_under_the_name_of_an_array(tmp_path: Path) -> None:
    with (tmp_path / "a.npy").open("wb") as file:
        np.savez(file, a=GREY)
    with pytest.raises(BadInput, match=r"archive of several arrays: save .* numpy\.save"):
        read_image(tmp_path / "a.npy")


def test_choices_out_of_range(tmp_path: Path) -> None:
    path = array(tmp_path, GREY)
    with pytest.raises(BadInput, match=r"has no signal 1: choose from 0 \(a\)"):
        read_image(path, signal=1)
    with pytest.raises(BadInput, match="single image without frames"):
        read_image(path, frame=2)
    assert read_image(path, frame=0).shape == (6, 8)


@pytest.mark.parametrize("size", [0.0, -1.0, float("nan"), float("inf")])
def test_impossible_pixel_size_given(tmp_path: Path, size: float) -> None:
    with pytest.raises(BadInput, match="impossible: give a positive number"):
        read_image(array(tmp_path, GREY), pixel_size=size)


def test_permission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = array(tmp_path, GREY)

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError

    monkeypatch.setattr(np, "load", refuse)
    with pytest.raises(BadInput, match="permission is denied"):
        read_file_images(path)


def test_more_than_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = array(tmp_path, GREY)

    def refuse(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr(np, "load", refuse)
    with pytest.raises(BadInput, match="does not fit into memory"):
        read_file_images(path)
