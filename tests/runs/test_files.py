"""A further kind of run needs a head, a record and a reader; the rest is shared."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

import numpy as np
import pytest
from pydantic import BaseModel

from napari_reward_analysis import BadInput, Image, free_lattice
from napari_reward_analysis.crystal.lattice import Lattice
from napari_reward_analysis.runs.files import ResultLog, RunKind
from napari_reward_analysis.runs.head import (
    FORMAT,
    ImageReference,
    fields_of,
    front_record,
    head_of,
    position_of,
    versions_now,
)

COUNTS = RunKind("counts", "counts.json", "no list of counts", "counts")
LOOSE = RunKind("counts", "counts.json", "no list of counts")
SQUARE = free_lattice(4.0, 4.0, 90, 1)


class Settings(BaseModel):
    step: int = 2


@dataclass
class Counts:
    image: ImageReference
    settings: Settings
    lattice: Lattice | None = None
    counts: list[int] = field(default_factory=list)
    status: str = "running"
    versions: dict[str, str] = field(default_factory=versions_now)


@pytest.fixture
def run():
    image = Image(np.arange(63.0).reshape(7, 9), 0.2, "grid", "grid.npy")
    return Counts(ImageReference.of(image), Settings(step=3), SQUARE, [4, 5, 6], "done")


def record(count):
    return {"count": count}


def read(head, records):
    counts = [found["count"] for found in records]
    return Counts(**fields_of(head, Settings), counts=counts)


def save(run, folder):
    return COUNTS.save(folder, head_of("counts", run), map(record, run.counts))


@pytest.mark.parametrize("lattice", [SQUARE, None])
@pytest.mark.parametrize("pixel_size", [0.2, None])
def test_a_saved_run_comes_back_as_it_was(run, tmp_path, lattice, pixel_size):
    image = Image(np.eye(3, 4), pixel_size, "b", "b.tif")
    run.lattice, run.image = lattice, ImageReference.of(image)
    path = save(run, tmp_path / "new" / "folder")
    assert path == tmp_path / "new" / "folder" / "counts.json"
    assert COUNTS.load(path, read) == run
    assert COUNTS.load(path.parent, read) == run
    assert json.loads(path.read_text())["format"] == FORMAT


def test_a_run_that_was_cut_off_is_cancelled_and_keeps_its_results(run, tmp_path):
    run.status = "running"
    log = ResultLog(COUNTS, tmp_path, head_of("counts", run), record)
    for count in run.counts:
        log.add(count)
    log.close(keep=True)
    with log.path.open("a") as file:
        file.write('{"cou')

    again = COUNTS.load(tmp_path, read)

    assert log.path == tmp_path / "counts.jsonl"
    assert (again.status, again.counts) == ("cancelled", [4, 5, 6])


def test_a_log_goes_when_the_run_is_over(run, tmp_path):
    log = ResultLog(COUNTS, tmp_path, head_of("counts", run), record)
    log.add(1)
    log.close()
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "change",
    [
        {"format": None},
        {"format": "1"},
        {"image": {}},
        {"image": 3},
        {"lattice": {"cell": 1}},
        {"settings": {"step": "x"}},
        {"trials": None},
        {"trials": 5},
        {"trials": [3]},
        {"trials": [{}]},
    ],
    ids=str,
)
def test_damage_is_one_sentence(run, tmp_path, change):
    path = save(run, tmp_path)
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(BadInput, match=r"counts\.json is no list of counts, or is damaged\.$"):
        COUNTS.load(path, read)


def test_a_file_that_was_cut_short_names_the_log_of_its_kind(run, tmp_path):
    path = save(run, tmp_path)
    path.write_text(path.read_text()[:50])
    with pytest.raises(BadInput, match=r"damaged: repeat the run\.$"):
        COUNTS.load(path, read)
    (tmp_path / "counts.jsonl").write_text("")
    with pytest.raises(BadInput, match=r"repeat the run, or load its counts\.jsonl\.$"):
        COUNTS.load(path, read)


@pytest.mark.parametrize("name", ["image", "lattice", "settings", "status", "versions"])
def test_what_is_missing_in_the_head_is_one_sentence(run, tmp_path, name):
    path = save(run, tmp_path)
    whole = json.loads(path.read_text())
    del whole[name]
    path.write_text(json.dumps(whole))
    with pytest.raises(BadInput, match="is no list of counts, or is damaged"):
        COUNTS.load(path, read)


@pytest.mark.parametrize("line", ["5", '"format"', '["format"]', "null", "[]", "", "{}"])
def test_a_log_of_something_else_is_one_sentence(tmp_path, line):
    path = tmp_path / "counts.jsonl"
    path.write_text(f"{line}\n")
    with pytest.raises(BadInput, match="or is damaged"):
        COUNTS.load(path, read)


def test_a_number_of_a_result_that_is_not_there_is_damage(run, tmp_path):
    path = save(run, tmp_path)
    with pytest.raises(BadInput, match="or is damaged"):
        COUNTS.load(path, lambda _, records: records[7])


def test_what_a_reader_refuses_itself_stays_its_own_sentence(run, tmp_path):
    def refuse(head, records):
        raise BadInput("Not on Sundays.")

    with pytest.raises(BadInput, match=r"^Not on Sundays\.$"):
        COUNTS.load(save(run, tmp_path), refuse)


def test_a_newer_format_is_refused_before_anything_else(run, tmp_path):
    path = save(run, tmp_path)
    whole = json.loads(path.read_text()) | {"format": FORMAT + 1, "kind": "new", "settings": 3}
    path.write_text(json.dumps(whole))
    with pytest.raises(BadInput, match="saved by a newer version"):
        COUNTS.load(path, read)


def test_another_kind_is_named_where_the_kind_has_a_topic(run, tmp_path):
    path = LOOSE.save(tmp_path, head_of("atoms", run), map(record, run.counts))
    with pytest.raises(BadInput, match=r"another analysis \(atoms\): choose one of counts\.$"):
        COUNTS.load(path, read)
    assert LOOSE.load(path, read) == run


@dataclass(frozen=True)
class Trial:
    index: int


@dataclass
class Search:
    trials: list[Trial]
    front: list[int]
    choice: dict[str, int | None]

    def proposed(self, metric="euclidean", *, scaled=False):
        return self.choice[metric]


def test_the_front_is_told_by_the_numbers_of_its_trials():
    trials = [Trial(3), Trial(8), Trial(9)]
    search = Search(trials, [0, 2], {"euclidean": 2, "chebyshev": None})
    assert front_record(search) == {
        "front": [3, 9],
        "proposed": {"euclidean": 9, "chebyshev": None},
    }
    assert [position_of(trials, index) for index in (3, 9, 4, None)] == [0, 2, None, None]
