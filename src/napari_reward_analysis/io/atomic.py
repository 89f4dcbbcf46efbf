"""Write a file completely or not at all.

The content goes to a temporary file in the same folder, which is renamed when it is
complete. A full disk or a killed process leaves an older file unchanged.
"""

from __future__ import annotations

import errno
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from napari_reward_analysis.errors import BadInput

_REASONS = {
    errno.ENOSPC: "the disk is full: free some space or choose another folder",
    errno.ENOENT: "its folder does not exist: create it or choose another one",
    errno.ENOTDIR: "its folder is a file: choose another folder",
    errno.EISDIR: "a folder has that name: choose another name",
    errno.EROFS: "the disk is read-only: choose another folder",
    errno.ENAMETOOLONG: "the name is too long: choose a shorter one",
}
if hasattr(errno, "EDQUOT"):
    _REASONS[errno.EDQUOT] = "the disk quota is used up: free some space"
_DENIED = "permission is denied: choose another folder, or close the program that has it open"


@contextmanager
def atomic_path(path: str | os.PathLike[str]) -> Iterator[Path]:
    """A temporary path to write to, renamed to `path` when the block ends without an error.

    Parameters
    ----------
    path : path-like
        Path of the finished file. An older file is replaced in one step; a link is
        followed.

    Yields
    ------
    Path
        An empty file in the same folder and with the same suffix, for any writer that
        takes a file name (matplotlib, tifffile, numpy).

    Raises
    ------
    BadInput
        If the file system refuses: full disk, missing folder, no permission. No
        incomplete file stays, and an older file is unchanged.
    """
    target = Path(os.path.realpath(path))
    draft = target.with_name(f".{secrets.token_hex(6)}.tmp{target.suffix}")
    try:
        # Not made by `tempfile`, whose files other users may not read.
        draft.touch(exist_ok=False)
        yield draft
        if target.exists():
            shutil.copymode(target, draft)
        draft.replace(target)
    except OSError as error:
        raise BadInput(f"{target.name} cannot be written: {_reason(error)}.") from error
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)


def write_bytes(path: str | os.PathLike[str], content: bytes) -> None:
    """Write bytes completely or not at all; errors are those of :func:`atomic_path`."""
    with atomic_path(path) as draft:
        draft.write_bytes(content)


def write_text(path: str | os.PathLike[str], content: str) -> None:
    """Write UTF-8 text completely or not at all; errors are those of :func:`atomic_path`."""
    write_bytes(path, content.encode("utf-8"))


def _reason(error: OSError) -> str:
    if isinstance(error, PermissionError):
        return _DENIED
    known = _REASONS.get(error.errno or 0)
    return known or f"{error.strerror or error}: choose another folder"
