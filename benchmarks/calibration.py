"""Compare pixel size, rotation and count from the lattice in the image with the truth.

    python benchmarks/calibration.py [--truth FOLDER] [--real FOLDER] [--images 60]

Without folders, images are simulated: all presets at random rotations, scales, doses, noise
levels and scan distortions. In half of them the crystal fills only a part of the field.
`--truth` names a folder of NAME.npy and NAME.json, see `known_columns.py`. `--real` names a
folder of microscope images; images with a known lattice are measured. Only the scoring reads
the truth.

Each image is measured with a header that is 10 % too small, one that is 10 % too large, and
without a header.
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from known_columns import read_folder

from napari_reward_analysis import BadInput, Image, Lattice, lattice_names, lattice_preset
from napari_reward_analysis.calibration.measure import measure_lattice
from napari_reward_analysis.calibration.measured import MeasuredLattice
from napari_reward_analysis.calibration.pattern import Pattern, predict
from napari_reward_analysis.calibration.region import crystal_region
from napari_reward_analysis.io.read import read_image
from napari_reward_analysis.io.simulate import simulate

#: Tried headers, relative to the true pixel size.
HEADERS = (0.9, 1.1, None)
#: Limits: pixel size (relative), rotation (degrees), count in the crystal (relative).
LIMITS = (0.005, 0.3, 0.05)
#: Published images, their lattice, pixel size and number of columns in the field.
REAL = {
    "sto001_80kV_titan.ser": ("SrTiO3[001]", 0.0965, 1281),
    "atomsegnet_dso_8nm.png": ("DyScO3[pc]", 0.0798, 856),
    "atomsegnet_si110_5nm.png": ("Si[110]", 0.0895, None),
    "singleatom_bpy_crop19.tif": ("SrTiO3[001]", None, None),
}


@dataclass(frozen=True, eq=False)
class Known:
    """An image with its true values; None if a value is unknown.

    Columns on the outermost pixels do not count unless `whole` is set, since a maximum there
    cannot be distinguished from a flank.
    """

    image: Image
    lattice: Lattice
    pixel_size: float | None
    rotation: float | None = None
    columns: float | None = None
    label: str = ""
    whole: bool = False


def main() -> None:
    """Print a row per image with its worst header, and the number of images within limits."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--truth", type=Path, help="folder of NAME.npy and NAME.json")
    parser.add_argument("--real", type=Path, help="folder of microscope images")
    parser.add_argument("--images", type=int, default=60, help="simulated images")
    options = parser.parse_args()
    if options.truth is not None:
        table("known images", truths(options.truth))
    if options.real is not None:
        table("microscope images", reals(options.real))
    if options.truth is None and options.real is None:
        table("simulated images", simulated(options.images))
        table("no lattice: the confidence must stay low", nothing())


def table(title: str, cases: Iterator[Known]) -> None:
    """Print the rows of one set of images."""
    print(
        f"\n{title}\n{'image':60s} conf   px size A  error %  rot deg   error  count   truth",
        end="",
    )
    print("  error %  crystal  s measure  s region")
    kept = total = 0
    for case in cases:
        good = row(case)
        if good is not None:
            kept, total = kept + good, total + 1
    if total:
        px, rotation, count = LIMITS
        print(
            f"within {px:.1%}, {rotation} degrees and {count:.0%} of the columns: {kept} of {total}"
        )


def row(case: Known) -> bool | None:
    """Print one row. Return True if it is within the limits; None if nothing is known."""
    pattern = predict(case.lattice)
    results, seconds = [], []
    for part in HEADERS if case.pixel_size is not None else (None,):
        header = None if part is None or case.pixel_size is None else case.pixel_size * part
        start = time.perf_counter()
        try:
            results.append(measure_lattice(replace(case.image, pixel_size=header), case.lattice))
        except BadInput as error:
            print(f"{case.label:60s} {error}")
            return False
        seconds.append(time.perf_counter() - start)
    errors = [_errors(measured, case, pattern) for measured in results]
    worst = max(range(len(results)), key=lambda i: errors[i])
    measured, (px_error, rotation_error) = results[worst], errors[worst]
    confidence = min(r.confidence for r in results)
    print(f"{case.label:60s} {confidence:4.2f} {measured.pixel_size:11.5f}", end="")
    print(_cell(case.pixel_size, 100 * px_error, 9, 3), end="")
    print(f"{measured.rotation_deg:9.2f}", _cell(case.rotation, rotation_error, 7, 3), end="")
    if not measured.found:
        print(f"{'':42s}{max(seconds):11.2f}")
        return None if case.pixel_size is None else False
    start = time.perf_counter()
    mask = crystal_region(case.image, measured)
    region_seconds = time.perf_counter() - start
    counted = mask if case.whole else mask[1:-1, 1:-1]
    count = measured.expected_count(float(counted.sum()))
    count_error = 0.0 if case.columns is None else count / case.columns - 1
    print(f"{count:7.0f}", _cell(case.columns, case.columns or 0, 7, 0), end="")
    print(_cell(case.columns, 100 * count_error, 9, 2), f"{mask.mean():8.3f}", end="")
    print(f"{max(seconds):11.2f}{region_seconds:10.2f}")
    if case.pixel_size is None:
        return None
    found = (px_error, rotation_error, abs(count_error))
    return all(error <= limit for error, limit in zip(found, LIMITS, strict=True))


def truths(folder: Path) -> Iterator[Known]:
    """Yield images with known columns."""
    for known in read_folder(folder):
        image = Image(known.image.data, name=known.name)
        yield Known(
            image,
            known.lattice,
            known.image.require_pixel_size(),
            known.rotation,
            float((known.needed & _inner(known.columns, image.shape)).sum()),
            known.name,
        )


def reals(folder: Path) -> Iterator[Known]:
    """Yield microscope images with a known lattice."""
    for name, (lattice, pixel_size, columns) in REAL.items():
        if (folder / name).is_file():
            image = read_image(folder / name)
            yield Known(image, lattice_preset(lattice), pixel_size, None, columns, name, True)


def simulated(count: int) -> Iterator[Known]:
    """Yield images with random crystal, rotation, scale, noise, distortion and filled part."""
    names = lattice_names()
    for number in range(count):
        rng = np.random.default_rng(number)
        lattice = lattice_preset(names[number % len(names)])
        spacing = math.sqrt(lattice.area / lattice.columns_per_cell)
        pixel_size = spacing / rng.uniform(8, 18)
        needed = math.ceil(7 * max(lattice.a, lattice.b) / pixel_size)
        shape = tuple(max(int(n), needed) for n in rng.integers(300, 640, 2))
        yield _simulated(lattice, shape, pixel_size, 0.18 * spacing, rng)


def nothing() -> Iterator[Known]:
    """Yield images without a lattice."""
    for number in range(8):
        rng = np.random.default_rng(number)
        noise = rng.normal(size=(400, 400))
        if number % 2:
            y, x = rng.uniform(0, 400, (2, 150)).astype(int)
            noise *= 0.1
            noise[y, x] += rng.uniform(1, 2, 150) * 20
        frequency = np.hypot(*np.meshgrid(np.fft.fftfreq(400), np.fft.fftfreq(400)))
        blurred = np.fft.ifft2(np.fft.fft2(noise) * np.exp(-((frequency * 12) ** 2))).real
        label = "single atoms" if number % 2 else "speckle"
        names = lattice_names()
        yield Known(Image(blurred), lattice_preset(names[number % len(names)]), None, label=label)


def _simulated(
    lattice: Lattice,
    shape: tuple[int, ...],
    pixel_size: float,
    sigma: float,
    rng: np.random.Generator,
) -> Known:
    rotation = rng.uniform(-180, 180)
    strain = np.clip(rng.normal(0, 0.01, (2, 2)), -0.03, 0.03) * rng.integers(2)
    deformed, turned, true_rotation = _deformed(lattice, rotation, strain)
    made = simulate(
        deformed,
        (shape[0], shape[1]),
        pixel_size,
        rotation=turned,
        origin=tuple(rng.uniform(0, 30, 2)),
        sigma=sigma,
        seed=int(rng.integers(1000)),
    )
    clean, truth = made.image.data.astype(np.float64), made.truth
    crystal = np.ones(shape, dtype=bool)
    label = f"{lattice.name} {shape[0]}x{shape[1]}"
    if rng.integers(2):
        crystal = _part(shape, rng)
        clean = np.where(crystal, clean, clean.min())
        label += " part"
    jitter = rng.uniform(0, 0.25) * rng.integers(2)
    if jitter:
        clean = _jittered(clean, jitter / pixel_size, rng)
        label += f" jitter {jitter:.2f}"
    if np.any(strain):
        label += f" strain {np.abs(strain).max():.3f}"
    if rng.integers(2):
        dose = float(rng.choice([15, 50, 200]))
        pixels = rng.poisson(clean * dose).astype(np.float32)
        label += f" dose {dose:g}"
    else:
        noise = float(rng.choice([0.05, 0.2, 0.6]))
        pixels = (clean + rng.normal(0, noise * np.ptp(clean), shape)).astype(np.float32)
        label += f" noise {noise:g}"
    yx = np.stack([truth["y"], truth["x"]], axis=1)
    y, x = np.rint(yx).astype(int).T
    scale = math.sqrt(abs(float(np.linalg.det(np.eye(2) + strain))))
    columns = float((crystal[y, x] & _inner(yx, made.image.shape)).sum())
    return Known(Image(pixels), lattice, pixel_size / scale, true_rotation, columns, label)


def _deformed(
    lattice: Lattice, rotation: float, strain: np.ndarray
) -> tuple[Lattice, float, float]:
    """Return the strained cell, the direction of its first vector, and its rigid rotation."""
    turn = math.radians(rotation)
    rigid = np.array([[math.cos(turn), math.sin(turn)], [-math.sin(turn), math.cos(turn)]])
    total = (np.eye(2) + strain) @ rigid
    a, b = predict(lattice).vectors @ total.T
    angle = math.degrees(math.atan2(a[1] * b[0] - a[0] * b[1], a @ b))
    cell = {"a": float(np.hypot(*a)), "b": float(np.hypot(*b)), "angle": angle}
    left, _, right = np.linalg.svd(total)
    nearest = left @ right
    return (
        lattice.model_copy(update=cell),
        math.degrees(math.atan2(a[0], a[1])),
        math.degrees(math.atan2(nearest[0, 1], nearest[0, 0])),
    )


def _inner(yx: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Return True for positions that are nearer to an inner pixel than to an outermost one."""
    return np.all((yx >= 0.5) & (yx <= np.array(shape) - 1.5), axis=1)


def _part(shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
    """Return the mask of one side of a random line, 0.4 to 0.9 of the field."""
    direction = rng.uniform(0, 2 * np.pi)
    y, x = np.indices(shape)
    along = np.cos(direction) * x + np.sin(direction) * y
    return np.asarray(along < np.quantile(along, rng.uniform(0.4, 0.9)))


def _jittered(pixels: np.ndarray, sigma: float, rng: np.random.Generator) -> np.ndarray:
    """Displace each scan line at random, sigma in px."""
    x = np.arange(pixels.shape[1])
    lines = [
        np.interp(x + shift, x, line)
        for line, shift in zip(pixels, rng.normal(0, sigma, len(pixels)), strict=True)
    ]
    return np.stack(lines)


def _errors(measured: MeasuredLattice, case: Known, pattern: Pattern) -> tuple[float, float]:
    """Return the relative error of the pixel size, and the error of the rotation in degrees."""
    if case.pixel_size is None or not math.isfinite(measured.pixel_size):
        return math.inf, math.inf
    off = abs(measured.pixel_size / case.pixel_size - 1)
    if case.rotation is None:
        return off, 0.0
    turns = {round(_turn(w, pattern), 3) for w in pattern.symmetry if np.linalg.det(w) > 0}
    turns |= {turn + 180 for turn in turns}
    difference = measured.rotation_deg - case.rotation
    return off, min(abs((difference - turn + 180) % 360 - 180) for turn in turns)


def _turn(change: np.ndarray, pattern: Pattern) -> float:
    """Return the rotation in degrees of a symmetry operation on the indices."""
    inverse = np.linalg.inv(pattern.vectors)
    turn = (inverse @ np.linalg.inv(inverse @ change)).T
    return math.degrees(math.atan2(turn[0, 1], turn[0, 0]))


def _cell(known: float | None, value: float, width: int, digits: int) -> str:
    """Return a number as text, or a dash if the truth is unknown."""
    return f"{'-':>{width}s}" if known is None else f"{value:{width}.{digits}f}"


if __name__ == "__main__":
    main()
