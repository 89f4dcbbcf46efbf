"""Compare the engine with `skimage.feature.blob_log` for one setting.

    python benchmarks/engine.py [--sizes 512 1024 2048 4096] [--sigmas 2 8 10] [--repeats 3]

For each size an image is simulated. Both sides find its blobs in turn, in one process. The
best of several repeats counts (blob_log runs once from 4096 px). The parts are timed
separately. 'filter' makes all LoG images of the setting; ours includes the transform of the
image. 'maxima' finds the local maxima, ours in each LoG image, those of scikit-image in the
whole stack. The last columns are two ratios: of seconds, and of processor seconds of all
threads (work), which a busy machine disturbs less. Peak memory is that of a separate process
that loads the image and applies the setting, including imports. Finally, the time of the
front over all thresholds is compared with the time of one threshold.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import scipy.ndimage as ndi
from skimage.feature import blob_log, peak_local_max

from napari_reward_analysis import parse_lattice
from napari_reward_analysis.detection import BlobFinder, ScaleSpace, find_blobs, threshold_front
from napari_reward_analysis.detection.blobs import sigma_list
from napari_reward_analysis.io.simulate import simulate
from napari_reward_analysis.rewards.atoms import neighbour_sums

THRESHOLD, OVERLAP = 0.05, 0.3
PIXEL_SIZE = 0.18
LARGE = 4096


def main() -> None:
    """Print the table."""
    options = arguments()
    if options.alone:
        print(json.dumps(alone(*options.alone, options.sigmas)))
        return
    print(f"{os.cpu_count()} cores; sigmas {setting(options.sigmas)}; float32; seconds and MB")
    print(
        "size     ours: filter  maxima   total  memory   theirs: filter  maxima   total  memory"
        "   factor   work   blobs  differing"
    )
    with tempfile.TemporaryDirectory() as folder:
        paths = {size: str(Path(folder) / f"{size}.npy") for size in options.sizes}
        memory = {size: peaks(path, size, options) for size, path in paths.items()}
        for size, path in paths.items():
            compare(np.load(path), memory[size], options)
        print("\nsize     candidates   one threshold   all thresholds (front)   times")
        for path in paths.values():
            thresholds(np.load(path), options)


def compare(pixels: np.ndarray, memory: list[float], options: argparse.Namespace) -> None:
    """Print one row of the table."""
    size = len(pixels)
    once = 1 if size >= LARGE else options.repeats
    ours, theirs = our_parts(pixels, options), their_parts(pixels, options, once)
    differing = len(as_set(ours["blobs"]) ^ as_set(theirs["blobs"]))
    print(f"{size:5d}   ", end="")
    for part, used in zip((ours, theirs), memory, strict=True):
        print(f"    {part['filter']:9.3f} {part['maxima']:7.3f} {part['total']:7.3f}", end="")
        print(f" {used:7.0f}", end="")
    factors = (theirs[what] / ours[what] for what in ("total", "work"))
    print("   {:6.1f} {:6.1f}".format(*factors), end="")
    print(f" {len(ours['blobs']):7d} {differing:6d}", flush=True)


def arguments() -> argparse.Namespace:
    """Parse the options."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[512, 1024, 2048, LARGE])
    parser.add_argument(
        "--sigmas", type=float, nargs=3, default=[2, 8, 10], help="smallest, largest, number"
    )
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--alone", nargs=2, help=argparse.SUPPRESS)
    return parser.parse_args()


def setting(sigmas: list[float]) -> tuple[float, float, int]:
    """Return smallest, largest and number of sigmas as text."""
    return sigmas[0], sigmas[1], int(sigmas[2])


def simulated(size: int) -> np.ndarray:
    """Simulate an image of a square field."""
    lattice = parse_lattice("YBCO[100]")
    return simulate(
        lattice, (size, size), PIXEL_SIZE, rotation=2, dose=100, seed=0
    ).image.normalised


def best(function: Callable[[], Any], repeats: int) -> tuple[float, float]:
    """Return the shortest time and processor time of several calls, in seconds."""
    times, work = [], []
    for _ in range(repeats):
        start, before = time.perf_counter(), time.process_time()
        function()
        times.append(time.perf_counter() - start)
        work.append(time.process_time() - before)
    return min(times), min(work)


def our_parts(pixels: np.ndarray, options: argparse.Namespace) -> dict[str, Any]:
    """Return the seconds for filtering, for maxima and in total, and the blobs."""
    sigmas = sigma_list(*setting(options.sigmas))
    filtering, maxima = [], []
    for _ in range(options.repeats):
        space = ScaleSpace(pixels, floor=THRESHOLD, memory=12 * pixels.size)
        spent = 0.0
        start = time.perf_counter()
        for sigma in sigmas:
            space.response(sigma)
            before = time.perf_counter()
            space.maxima(sigma)
            spent += time.perf_counter() - before
        filtering.append(time.perf_counter() - start - spent)
        maxima.append(spent)
    result: list[np.ndarray] = []
    total, work = best(lambda: result.append(ours(pixels, options.sigmas)), options.repeats)
    parts = dict(filter=min(filtering), maxima=min(maxima), total=total)
    return parts | dict(work=work, blobs=result[0])


def their_parts(pixels: np.ndarray, options: argparse.Namespace, repeats: int) -> dict[str, Any]:
    """Return the same values for scikit-image."""
    sigmas = sigma_list(*setting(options.sigmas))
    cube = np.empty((*pixels.shape, len(sigmas)), np.float32)

    def fill() -> None:
        for k, sigma in enumerate(sigmas):
            cube[..., k] = -(sigma**2) * ndi.gaussian_laplace(pixels, sigma)

    def local_maxima() -> None:
        peak_local_max(
            cube, threshold_abs=THRESHOLD, exclude_border=False, footprint=np.ones((3, 3, 3))
        )

    filtering, maxima = best(fill, repeats)[0], best(local_maxima, repeats)[0]
    result: list[np.ndarray] = []
    total, work = best(lambda: result.append(theirs(pixels, options.sigmas)), repeats)
    parts = dict(filter=filtering, maxima=maxima, total=total)
    return parts | dict(work=work, blobs=result[0])


def ours(pixels: np.ndarray, sigmas: list[float]) -> np.ndarray:
    """Find blobs with the engine."""
    return find_blobs(pixels, *setting(sigmas), THRESHOLD, OVERLAP)


def theirs(pixels: np.ndarray, sigmas: list[float]) -> np.ndarray:
    """Find blobs with scikit-image."""
    return blob_log(pixels, *setting(sigmas), THRESHOLD, OVERLAP)


def as_set(blobs: np.ndarray) -> set[tuple[float, ...]]:
    """Return blobs as a set of rows: y, x, sigma."""
    return {(float(y), float(x), round(float(s), 4)) for y, x, s in blobs[:, :3]}


def peaks(path: str, size: int, options: argparse.Namespace) -> list[float]:
    """Return the peak memory in MB of two processes, one for each side.

    It must be called before this process grows, since a child inherits the peak of its
    parent.
    """
    sigmas = [str(value) for value in options.sigmas]
    used = []
    for what in (str(size), "ours", "theirs"):
        command = [sys.executable, __file__, "--sigmas", *sigmas, "--alone", what, path]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        used.append(float(json.loads(done.stdout)))
    return used[1:]


def alone(what: str, path: str, sigmas: list[float]) -> float:
    """Make the image of a size, or apply the setting once. Return the peak memory in MB."""
    if what.isdigit():
        np.save(path, simulated(int(what)))
    else:
        (ours if what == "ours" else theirs)(np.load(path), sigmas)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def thresholds(pixels: np.ndarray, options: argparse.Namespace) -> None:
    """Print the time of one threshold and of the front over all thresholds."""
    lattice = parse_lattice("YBCO[100]")
    area = np.ones(pixels.shape, bool)
    expected = lattice.expected_count(pixels.size * PIXEL_SIZE**2)
    ds = lattice.default_ds / PIXEL_SIZE
    found = BlobFinder(pixels, floor=0.1 * THRESHOLD).candidates(*setting(options.sigmas))

    def one() -> None:
        neighbour_sums(found.blobs[found.select(THRESHOLD, OVERLAP), :2])

    def every() -> None:
        threshold_front(found, OVERLAP, area, expected=expected, ds=ds)

    every()  # overlaps are computed only once
    first, second = (best(function, options.repeats)[0] for function in (one, every))
    print(
        f"{pixels.shape[0]:5d} {len(found.blobs):14d} {1e3 * first:12.1f} ms "
        f"{1e3 * second:21.1f} ms {second / first:8.1f}"
    )


if __name__ == "__main__":
    main()
