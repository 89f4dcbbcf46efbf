"""Show progress, notices and summaries, and choose the folder of the results."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

Progress = Callable[[int, str], None]


def output_options(parser: argparse.ArgumentParser) -> None:
    """Add the options for the folder of the results and the format of the summary."""
    group = parser.add_argument_group("results")
    group.add_argument(
        "--out", type=Path, metavar="DIR", help="Folder of the results. (default: beside the image)"
    )
    json_option(group)


def json_option(parser: argparse._ActionsContainer) -> None:
    """Add the option for the format of the summary."""
    parser.add_argument("--json", action="store_true", help="Print one JSON object.")


def folder_of(options: argparse.Namespace, suffix: str) -> Path:
    """Return the folder of the results: the given one, or one beside the image."""
    image: Path = options.image
    chosen: Path | None = options.out
    return chosen or image.with_name(f"{image.stem}_{suffix}")


def progress_bar(total: int) -> Progress | None:
    """Show a progress bar on a terminal, but not in a file or a pipe."""
    if not sys.stderr.isatty():
        return None
    from tqdm import tqdm

    bar = tqdm(total=total, unit="trial", leave=False)

    def update(done: int, remark: str) -> None:
        bar.set_postfix_str(remark, refresh=False)
        bar.update(done - bar.n)
        if done >= total:
            bar.close()

    return update


@contextmanager
def writing(file: Path) -> Iterator[None]:
    """Report an interruption inside the block; the run is already saved.

    Parameters
    ----------
    file : Path
        File of the saved run.
    """
    try:
        yield
    except KeyboardInterrupt as stop:
        raise KeyboardInterrupt(
            f"Interrupted while tables and pictures were written: the run is saved, {file}."
        ) from stop


def spent(start: float, folder: Path) -> dict[str, Any]:
    """Return the seconds since `start` (`time.perf_counter`) and the folder."""
    return {"seconds": round(time.perf_counter() - start, 3), "out": str(folder)}


def report(summary: dict[str, Any], words: str, *, as_json: bool) -> None:
    """Print a summary as one JSON object, or in words with folder and time."""
    if as_json:
        print(json.dumps(summary))
    else:
        print(f"{words}\nResults in {summary['out']} ({summary['seconds']:.1f} s)")


def tell(sentences: Iterable[str]) -> None:
    """Print sentences on standard error."""
    for sentence in sentences:
        say(f"Note: {sentence}")


def say(sentence: str) -> None:
    """Print one line on standard error."""
    print(" ".join(sentence.split()), file=sys.stderr)
