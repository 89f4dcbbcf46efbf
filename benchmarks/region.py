"""Measure the crystalline region if contrast and background vary over the field.

    python benchmarks/region.py [--seeds 1] [--f1] [--only TEXT] [--rows]

Images are simulated for every combination of

* contrast: flat; falling along a line to 0.4, 0.15 (linear) or 0.1 (exponential); a ridge
  that falls to 0.2 on both sides; a step to one half. In half of the images mean and contrast
  fade, as in a wedge. In the others only the contrast fades, as in a crystal that bends off
  the zone axis;
* background: none, or a parabola that rises to 2 or 6 times the crystal's range;
* noise: Gaussian of 0.05 or 0.3 of the largest range of the crystal, or counts (30 at the
  brightest pixel of the crystal, plus those of the background);
* content: crystal alone, two molten pockets, one half completely molten, vacuum along a
  line, or pockets and vacuum.

Crystal, pixel size, rotation, direction and outlines are random. None of the images was used
to choose a default. The table shows two shares, each as mean and worst: of the true crystal
inside the region, and of the other area inside the region. It also counts the images in which
more than a tenth of either is wrong. `--f1` also searches the columns; the true ones lie on
crystalline pixels. Only the scoring reads the truth.
"""

from __future__ import annotations

import argparse
import itertools
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from accuracy import f1, found
from known_columns import RETENTION, Known

from napari_reward_analysis import Image, lattice_preset
from napari_reward_analysis.calibration.preflight import run_preflight
from napari_reward_analysis.io.simulate import Pocket, simulate

SHAPE = (320, 360)
CRYSTALS = ("YBCO[100]", "SrTiO3[001]", "Si[110]", "MoS2[001]")
CONTRASTS = ("flat", "to 0.4", "to 0.15", "to 0.1, exponential", "ridge to 0.2", "step to 0.5")
BACKGROUNDS = {"none": 0.0, "parabola of 2": 2.0, "parabola of 6": 6.0}
NOISES = ("0.05", "0.3", "30 counts")
CONTENTS = ("crystal alone", "pockets", "half molten", "vacuum", "pockets, vacuum")
#: A share with a larger error counts as wrong.
WRONG = 0.1


class Scene(NamedTuple):
    """The content of an image: contrast, background, noise, content, and a seed."""

    contrast: str
    background: str
    noise: str
    content: str
    seed: int


@dataclass(frozen=True, eq=False)
class Made:
    """An image, its true columns, and the mask of its crystalline pixels."""

    known: Known
    crystal: np.ndarray


class Row(NamedTuple):
    """Shares of one image; NaN if a share is undefined."""

    scene: Scene
    recovered: float
    taken: float
    f1: float
    seconds: float


def main() -> None:
    """Print shares by contrast, background, noise and content."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--first", type=int, default=0, help="first seed")
    parser.add_argument("--f1", action="store_true", help="search the columns as well")
    parser.add_argument("--rows", action="store_true", help="print every image")
    parser.add_argument("--only", default="", metavar="TEXT", help="scenes with this in the name")
    options = parser.parse_args()
    rows = []
    for scene in scenes(options.first, options.seeds):
        if options.only in " | ".join(map(str, scene)):
            rows.append(measured(scene, options.f1))
            if options.rows:
                print(line(" | ".join(map(str, scene)), rows[-1:]), flush=True)
    print(f"{len(rows)} images, {SHAPE[0]} x {SHAPE[1]} px; shares in %: mean (worst)")
    head = f"{'':64s}{'crystal held':>16s}{'other taken':>16s}{'wrong':>8s}{'F1':>18s}{'s':>7s}"
    print(head)
    for kind in Scene._fields[:-1]:
        for value in dict.fromkeys(getattr(row.scene, kind) for row in rows):
            print(line(f"{kind}: {value}", [r for r in rows if getattr(r.scene, kind) == value]))
    print(line("all", rows))


def line(label: str, rows: list[Row]) -> str:
    """Print means and worst values of some images."""
    recovered, taken, scores, seconds = np.array([row[1:] for row in rows]).T
    wrong = (recovered < 1 - WRONG) | (taken > WRONG)
    cells = _shares(recovered, np.nanmin), _shares(taken, np.nanmax)
    columns = "-" if np.isnan(scores).all() else f"{scores.mean():.4f} ({scores.min():.4f})"
    shares = "".join(f"{cell:>16s}" for cell in cells)
    return f"{label:64s}{shares}{wrong.sum():8d}{columns:>18s}{seconds.mean():7.2f}"


def _shares(values: np.ndarray, worst: np.ufunc) -> str:
    known = values[~np.isnan(values)]
    return f"{100 * known.mean():.1f} ({100 * worst(known):.1f})" if len(known) else "-"


def scenes(first: int, seeds: int) -> Iterator[Scene]:
    """Return every combination, each with its own seed."""
    kinds = list(itertools.product(CONTRASTS, BACKGROUNDS, NOISES, CONTENTS))
    for round_ in range(first, first + seeds):
        for number, kind in enumerate(kinds):
            yield Scene(*kind, seed=len(kinds) * round_ + number)


def measured(scene: Scene, columns: bool) -> Row:
    """Return the shares of one image, and F1 if `--f1` is given."""
    made = make(scene)
    start = time.perf_counter()
    region = run_preflight(made.known.image, made.known.lattice).region
    seconds = time.perf_counter() - start
    region = np.ones(SHAPE, bool) if region is None else region
    held, other = made.crystal, ~made.crystal
    recovered = region[held].mean() if held.any() else math.nan
    taken = region[other].mean() if other.any() else math.nan
    score = f1(found(made.known, "default", 60, 0), made.known) if columns else math.nan
    return Row(scene, float(recovered), float(taken), score, seconds)


def make(scene: Scene) -> Made:
    """Simulate the image of a scene."""
    rng = np.random.default_rng(scene.seed)
    lattice = lattice_preset(CRYSTALS[rng.integers(len(CRYSTALS))])
    spacing = math.sqrt(lattice.area / lattice.columns_per_cell)
    # the field holds at least seven cells in each direction
    size = max(spacing / rng.uniform(8, 14), 7 * max(lattice.a, lattice.b) / min(SHAPE))
    made = simulate(
        lattice,
        SHAPE,
        size,
        rotation=rng.uniform(-90, 90),
        origin=tuple(rng.uniform(0, 30, 2)),
        sigma=0.2 * spacing,
        pockets=pockets(scene.content, size, rng),
        seed=scene.seed,
    )
    pixels = made.image.data.astype(float)
    material = _along(rng) < 0.72 if "vacuum" in scene.content else np.ones(SHAPE, bool)
    crystal = material & ~made.mask
    span = float(np.ptp(pixels))
    contrast = faded(scene.contrast, _along(rng))
    level = pixels[crystal].mean() if rng.integers(2) else 0.0
    pixels = np.where(material, level + contrast * (pixels - level), pixels.min())
    rise = BACKGROUNDS[scene.background]
    # the steepest background rises towards a border, like a drift during the scan
    straight = rng.integers(4) * math.pi / 2 if rise > 2 else None
    pixels += rise * span * _along(rng, straight) ** 2
    if scene.noise == "30 counts":
        pixels = rng.poisson(30 / span * np.maximum(pixels, 0)) / 30
    else:
        pixels += rng.normal(0, float(scene.noise) * span, SHAPE)
    truth = made.truth
    yx = np.column_stack([truth["y"], truth["x"]])
    y, x = np.rint(yx).astype(int).T
    there = material[y, x]
    needed = crystal[y, x] & (truth["retention"] >= RETENTION)
    image = Image(pixels.astype(np.float32), size, lattice.name)
    return Made(Known(lattice.name, image, lattice, yx[there], needed[there], 0.0), crystal)


def faded(contrast: str, u: np.ndarray) -> np.ndarray:
    """Return the remaining contrast at a place along the gradient, 0 to 1."""
    kinds = {
        "flat": np.ones(SHAPE),
        "to 0.4": 1 - 0.6 * u,
        "to 0.15": 1 - 0.85 * u,
        "to 0.1, exponential": 0.1**u,
        "ridge to 0.2": 0.2 ** ((2 * u - 1) ** 2),
        "step to 0.5": np.where(u < 0.5, 1.0, 0.5),
    }
    return kinds[contrast]


def pockets(content: str, size: float, rng: np.random.Generator) -> list[Pocket]:
    """Return the mask of molten pockets with wavy outlines, or of one side of a wide arc."""
    wavy = [(n, rng.uniform(0.03, 0.12), rng.uniform(0, 6.3)) for n in (2, 3, 5)]
    if content == "half molten":
        turn, radius = rng.uniform(0, 2 * math.pi), 5 * max(SHAPE)
        y, x = SHAPE[0] / 2 + radius * math.sin(turn), SHAPE[1] / 2 + radius * math.cos(turn)
        return [Pocket((y, x), (radius * size, radius * size))]
    if "pockets" not in content:
        return []
    radii = rng.uniform(0.12, 0.2, (2, 2)) * min(SHAPE) * size
    heights = rng.uniform(0.25, 0.75, 2) * SHAPE[0]
    return [
        Pocket((y, part * SHAPE[1]), (ry, rx), rng.uniform(0, 90), intensity=0.75, waves=wavy)
        for y, part, (ry, rx) in zip(heights, (0.27, 0.73), radii.tolist(), strict=True)
    ]


def _along(rng: np.random.Generator, turn: float | None = None) -> np.ndarray:
    """Return the place along a direction, 0 to 1 over the field. Default: random direction."""
    turn = rng.uniform(0, 2 * math.pi) if turn is None else turn
    y, x = np.indices(SHAPE)
    along = math.cos(turn) * x + math.sin(turn) * y
    return np.asarray((along - along.min()) / np.ptp(along))


if __name__ == "__main__":
    main()
