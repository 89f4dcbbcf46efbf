"""Tests of the common run files with a new kind of run."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import pytest
from pydantic import BaseModel

from napari_reward_analysis import BadInput, Image, free_lattice
from napari_reward_analysis.notices import Notice, sentence
from napari_reward_analysis.runs.files import RunFormat
from napari_reward_analysis.runs.head import (
    FORMAT,
    ImageReference,
    checked,
    fields_of,
    front_record,
    head_of,
    position_of,
)
from napari_reward_analysis.runs.run import BaseRun

SQUARE = free_lattice(4.0, 4.0, 90, 1)


class Settings(BaseModel):
    step: int = 2


@dataclass(kw_only=True)
class Counts(BaseRun[int]):
    kind: ClassVar[str] = "counts"
    settings: Settings


@pytest.fixture
def run():
    image = Image(np.arange(63.0).reshape(7, 9), 0.2, "grid", "grid.npy")
    return Counts(
        image=ImageReference.of(image),
        settings=Settings(step=3),
        lattice=SQUARE,
        trials=[4, 5, 6],
        notices=[Notice("ended_early", {"trials": 3, "reason": "enough"})],
        status="done",
    )


def record(count):
    return {"count": count}


def read(head, records):
    counts = [checked(int, found["count"]) for found in records]
    return Counts(**fields_of(head, Settings), trials=counts)


COUNTS = RunFormat("counts", "counts.json", head_of, record, read)


def with_reader(reader):
    return replace(COUNTS, read=reader)


@pytest.mark.parametrize("lattice", [SQUARE, None])
@pytest.mark.parametrize("pixel_size", [0.2, None])
def test_a_saved_run_comes_back_as_it_was(run, tmp_path, lattice, pixel_size):
    image = Image(np.eye(3, 4), pixel_size, "b", "b.tif")
    run.lattice, run.image = lattice, ImageReference.of(image)
    path = COUNTS.save(run, tmp_path / "new" / "folder")
    assert path == tmp_path / "new" / "folder" / "counts.json"
    for place in (path, path.parent, str(path), str(path.parent)):
        assert COUNTS.load(place) == run
    assert json.loads(path.read_text())["format"] == FORMAT


def test_a_run_that_was_cut_off_is_cancelled_and_keeps_its_results(run, tmp_path):
    run.status = "running"
    log = COUNTS.log(run, tmp_path)
    for count in run.trials:
        log.add(count)
    log.close(keep=True)
    with log.path.open("a") as file:
        file.write('{"cou')

    again = COUNTS.load(tmp_path)

    assert log.path == tmp_path / "counts.jsonl"
    assert (again.status, again.trials) == ("cancelled", [4, 5, 6])


def test_a_log_goes_when_the_run_is_over(run, tmp_path):
    log = COUNTS.log(run, tmp_path)
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
        {"trials": [{"count": "many"}]},
        {"versions": {"python": 3}},
        {"status": "x"},
        {"status": {}},
        {"name": ["a"]},
        {"notices": None},
        {"notices": [3]},
        {"notices": [{"trials": 3}]},
    ],
    ids=str,
)
def test_damage_is_one_sentence(run, tmp_path, change):
    path = COUNTS.save(run, tmp_path)
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(BadInput, match=r"counts\.json is not a run of this program, or is"):
        COUNTS.load(path)


def test_a_file_that_was_cut_short_names_the_log_of_its_kind(run, tmp_path):
    path = COUNTS.save(run, tmp_path)
    path.write_text(path.read_text()[:50])
    with pytest.raises(BadInput, match=r"damaged: repeat the run\.$"):
        COUNTS.load(path)
    (tmp_path / "counts.jsonl").write_text("")
    with pytest.raises(BadInput, match=r"repeat the run, or load its counts\.jsonl\.$"):
        COUNTS.load(path)


@pytest.mark.parametrize("name", ["image", "lattice", "settings", "status", "versions"])
def test_what_is_missing_in_the_head_is_one_sentence(run, tmp_path, name):
    path = COUNTS.save(run, tmp_path)
    whole = json.loads(path.read_text())
    del whole[name]
    path.write_text(json.dumps(whole))
    with pytest.raises(BadInput, match="is not a run of this program, or is damaged"):
        COUNTS.load(path)


@pytest.mark.parametrize("line", ["5", '"format"', '["format"]', "null", "[]", "", "{}"])
def test_a_log_of_something_else_is_one_sentence(tmp_path, line):
    path = tmp_path / "counts.jsonl"
    path.write_text(f"{line}\n")
    with pytest.raises(BadInput, match="or is damaged"):
        COUNTS.load(path)


@pytest.mark.parametrize("error", [KeyError("x"), ValueError("x")])
def test_what_a_reader_finds_wrong_is_damage(run, tmp_path, error):
    def refuse(head, records):
        raise error

    with pytest.raises(BadInput, match="or is damaged"):
        with_reader(refuse).load(COUNTS.save(run, tmp_path))


@pytest.mark.parametrize("error", [TypeError, AttributeError, IndexError, ZeroDivisionError])
def test_a_bug_of_a_reader_is_not_told_as_damage(run, tmp_path, error):
    def stumble(head, records):
        raise error("x")

    with pytest.raises(error, match="x"):
        with_reader(stumble).load(COUNTS.save(run, tmp_path))


def test_what_a_reader_refuses_itself_stays_its_own_sentence(run, tmp_path):
    def refuse(head, records):
        raise BadInput("Not on Sundays.")

    with pytest.raises(BadInput, match=r"^Not on Sundays\.$"):
        with_reader(refuse).load(COUNTS.save(run, tmp_path))


def test_sentences_of_version_0_1_are_read_as_notices(run, tmp_path):
    path = COUNTS.save(run, tmp_path)
    path.write_text(json.dumps(json.loads(path.read_text()) | {"notices": ["Look out."]}))
    loaded = COUNTS.load(path)
    assert loaded.notices == [Notice("text", {"text": "Look out."})]
    assert sentence(loaded.notices[0]) == "Look out."


def test_a_newer_format_is_refused_before_anything_else(run, tmp_path):
    path = COUNTS.save(run, tmp_path)
    whole = json.loads(path.read_text()) | {"format": FORMAT + 1, "kind": "new", "settings": 3}
    path.write_text(json.dumps(whole))
    with pytest.raises(BadInput, match="saved by a newer version"):
        COUNTS.load(path)


def test_another_kind_is_named(run, tmp_path):
    path = replace(COUNTS, head=lambda run: head_of(run) | {"kind": "atoms"}).save(run, tmp_path)
    sentence = r"another analysis \(atoms\): choose a run of 'counts'\.$"
    with pytest.raises(BadInput, match=sentence):
        COUNTS.load(path)


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
