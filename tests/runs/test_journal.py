"""Tests of the log of a run on a full disk."""

from __future__ import annotations

import json
from contextlib import contextmanager

import pytest

from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.runs.journal import Journal, read_records

resource = pytest.importorskip("resource", reason="needs a limit for the size of files")

HEAD = {"format": 1, "words": "x" * 40}
TRIAL = {"trial": 1, "words": "x" * 40}


@contextmanager
def room_for(size):
    """No file may grow beyond so many bytes, as on a disk that is full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def size_of(*records):
    return sum(len(json.dumps(record)) + 1 for record in records)


def test_a_log_with_trials_is_kept_when_the_disk_is_full(tmp_path):
    journal = Journal(tmp_path, HEAD)
    journal.write(TRIAL)
    with room_for(size_of(HEAD, TRIAL) + 10):
        with pytest.raises(BadInput, match="the part written so far is kept"):
            journal.write(TRIAL)
        journal.close()
    assert read_records(journal.path) == [HEAD, TRIAL]


def test_a_head_alone_is_not_kept(tmp_path):
    journal = Journal(tmp_path, HEAD)
    with room_for(size_of(HEAD) + 10):
        with pytest.raises(BadInput, match=r"choose another folder\.$"):
            journal.write(TRIAL)
        journal.close()
    assert not journal.path.exists()


def test_a_folder_made_for_a_log_that_cannot_begin_goes_again(tmp_path):
    with room_for(10), pytest.raises(BadInput, match="cannot be written"):
        Journal(tmp_path / "new", HEAD)
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("keep", [True, False])
def test_a_log_that_was_written_is_kept_when_asked(tmp_path, keep):
    journal = Journal(tmp_path, HEAD)
    journal.write(TRIAL)
    journal.close(keep=keep)
    assert journal.path.exists() == keep
