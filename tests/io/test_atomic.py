from __future__ import annotations

import errno
import os
import stat
import sys
from pathlib import Path

import pytest

from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.io.atomic import atomic_path, write_bytes, write_text


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_text_and_bytes(tmp_path: Path) -> None:
    write_text(tmp_path / "a.txt", "2 \u00c5\n")
    write_bytes(tmp_path / "b.bin", b"\r\n\0")
    assert (tmp_path / "a.txt").read_bytes() == "2 \u00c5\n".encode()
    assert (tmp_path / "b.bin").read_bytes() == b"\r\n\0"
    assert names(tmp_path) == ["a.txt", "b.bin"]


def test_the_draft_keeps_folder_and_suffix(tmp_path: Path) -> None:
    with atomic_path(tmp_path / "plot.svg") as draft:
        assert draft.parent == tmp_path.resolve()
        assert draft.suffix == ".svg"
        assert not (tmp_path / "plot.svg").exists()
        draft.write_text("<svg/>")
    assert (tmp_path / "plot.svg").read_text() == "<svg/>"


def fill_the_disk(path: Path, content: bytes) -> int:
    """Writes a half, as a disk does that fills up on the way."""
    with path.open("wb") as file:
        file.write(content[: len(content) // 2])
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize("older", [None, "older"])
def test_full_disk_leaves_nothing_half_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, older: str | None
) -> None:
    target = tmp_path / "run.json"
    if older:
        target.write_text(older)
    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", fill_the_disk)
        with pytest.raises(BadInput, match=r"run\.json cannot be written: the disk is full"):
            write_text(target, "newer and longer")
    assert names(tmp_path) == (["run.json"] if older else [])
    if older:
        assert target.read_text() == older


def test_any_error_in_the_block_removes_the_draft(tmp_path: Path) -> None:
    target = tmp_path / "a.csv"
    target.write_text("older")

    def write_half() -> None:
        with atomic_path(target) as draft:
            draft.write_text("half")
            raise KeyError

    with pytest.raises(KeyError):
        write_half()
    assert names(tmp_path) == ["a.csv"]
    assert target.read_text() == "older"


def test_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="its folder does not exist"):
        write_text(tmp_path / "no" / "a.txt", "")


def test_a_file_as_folder(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(BadInput, match=r"a\.txt cannot be written"):
        write_text(tmp_path / "file" / "a.txt", "")


def test_a_folder_of_that_name(tmp_path: Path) -> None:
    (tmp_path / "a.txt").mkdir()
    with pytest.raises(BadInput, match=r"a\.txt cannot be written"):
        write_text(tmp_path / "a.txt", "")
    assert names(tmp_path) == ["a.txt"]


def test_no_permission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(Path, "touch", refuse)
    with pytest.raises(BadInput, match="permission is denied"):
        write_text(tmp_path / "a.txt", "")


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX modes and links")
def test_mode_and_link_are_kept(tmp_path: Path) -> None:
    real = tmp_path / "real.txt"
    real.write_text("older")
    real.chmod(0o640)
    (tmp_path / "link.txt").symlink_to(real)
    write_text(tmp_path / "link.txt", "newer")
    assert real.read_text() == "newer"
    assert (tmp_path / "link.txt").is_symlink()
    assert stat.S_IMODE(real.stat().st_mode) == 0o640


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX modes")
def test_new_files_follow_the_umask(tmp_path: Path) -> None:
    (tmp_path / "plain.txt").touch()
    write_text(tmp_path / "a.txt", "")
    assert (tmp_path / "a.txt").stat().st_mode == (tmp_path / "plain.txt").stat().st_mode
