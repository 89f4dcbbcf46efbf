"""The command `batch`: find the columns of many images, one after the other."""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

from napari_reward_analysis.cli.atoms import ATOMS, check_names
from napari_reward_analysis.cli.command import BAD_INPUT, DONE, INTERRUPTED, Command
from napari_reward_analysis.cli.inputs import lattices_of, pick_of
from napari_reward_analysis.cli.notices import refusal
from napari_reward_analysis.cli.output import say, tell
from napari_reward_analysis.errors import BadInput

TABLE_FILE = "batch.csv"

#: Columns of the table; their values come from the summary of each image.
_NUMBERS = ("n_atoms", "n_counted", "expected", "qc", "er", "n_trials", "pick")
_FACTS = ("pixel_size_A", "area_fraction", "seconds", "out")


def _add_options(parser: argparse.ArgumentParser) -> None:
    ATOMS.fill(parser, several=True)


def _run(options: argparse.Namespace) -> int:
    from napari_reward_analysis.io.writers import write_csv
    from napari_reward_analysis.runs.journal import make_folder

    # faults of the options are reported once, before the first image
    settings = ATOMS.settings(options)
    check_names(settings)
    pick_of(options, settings.trials)
    lattices_of(options)
    table = (options.out or options.images[0].parent) / TABLE_FILE
    make_folder(table.parent)
    start, rows = time.perf_counter(), list[dict[str, Any]]()
    for image, folder in zip(options.images, folders(options.images, options.out), strict=True):
        row = _one(options, image, folder)
        rows.append(row)
        # written after each image: a batch that is killed keeps its results so far
        write_csv(table, batch_table(rows))
        if not options.json:
            print(f"[{len(rows)}/{len(options.images)}] {image}: {row['line']}", flush=True)
        if row["status"] == "cancelled":
            break
    _report(rows, table, time.perf_counter() - start, as_json=options.json)
    if rows[-1]["status"] == "cancelled":
        return INTERRUPTED
    return BAD_INPUT if any(row["status"] == "failed" for row in rows) else DONE


def folders(images: list[Path], out: Path | None) -> list[Path]:
    """Return the folder of each image's results.

    It lies beside the image, or in the folder that the user gave. Images of the same name
    from different folders are numbered.
    """
    chosen: list[Path] = []
    for image in images:
        wanted = (image.parent if out is None else out) / f"{image.stem}_atoms"
        number, folder = 1, wanted
        while folder in chosen:
            number += 1
            folder = wanted.with_name(f"{wanted.name}_{number}")
        chosen.append(folder)
    return chosen


def batch_table(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Return a table with a row for each image. Cells without a result are empty."""
    import numpy as np

    columns = {"image": [row["image"] for row in rows], "status": [row["status"] for row in rows]}
    for name in (*_NUMBERS, *_FACTS):
        columns[name] = [row.get(name) for row in rows]
    columns["message"] = [row["message"] for row in rows]
    return {name: np.array(values, dtype=object) for name, values in columns.items()}


def _one(options: argparse.Namespace, image: Path, folder: Path) -> dict[str, Any]:
    """Analyse one image and return its row. A bad image does not end the batch."""
    own = argparse.Namespace(**vars(options) | {"image": image})
    row: dict[str, Any] = {"image": str(image), "message": ""}
    try:
        run, summary = ATOMS.analyse(own, folder)
    except KeyboardInterrupt:
        sentence = "interrupted before anything was found"
        return row | {"status": "cancelled", "line": sentence, "message": sentence}
    except (BadInput, OSError, MemoryError) as error:
        words = refusal(error) if isinstance(error, BadInput) else str(error)
        sentence = " ".join(words.split()) or type(error).__name__
        say(f"{image}: {sentence}")
        return row | {"status": "failed", "line": "failed", "message": sentence}
    tell(f"{image}: {notice}" for notice in summary["notices"])
    line = ATOMS.describe(summary) + ("; interrupted" if run.status == "cancelled" else "")
    return row | summary | {"status": run.status, "line": line}


def _report(rows: list[dict[str, Any]], table: Path, seconds: float, *, as_json: bool) -> None:
    numbers = {
        f"n_{status}": sum(row["status"] == status for row in rows)
        for status in ("done", "failed", "cancelled")
    }
    if as_json:
        images = [{key: value for key, value in row.items() if key != "line"} for row in rows]
        facts = {"images": images, **numbers, "seconds": round(seconds, 3), "table": str(table)}
        print(json.dumps(facts))
        return
    failed = f", {numbers['n_failed']} failed" if numbers["n_failed"] else ""
    print(f"{numbers['n_done']} of {len(rows)} done{failed}. Table in {table}")


COMMAND = Command("batch", "Find the atomic columns of many images.", _add_options, _run)
