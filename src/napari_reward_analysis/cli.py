"""The command line: the same workflows, in a terminal or called by another program."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn, get_args

from pydantic import ValidationError

from napari_reward_analysis import __version__
from napari_reward_analysis.cli_oracle import in_words as oracle_in_words
from napari_reward_analysis.cli_oracle import oracle_options, run_command
from napari_reward_analysis.cli_studies import Common, add_studies
from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.image import Image
from napari_reward_analysis.lattice import Lattice, lattice_names
from napari_reward_analysis.optimize.samplers import SamplerName
from napari_reward_analysis.workflows.survey import AreaRule, Calibration

DONE, BAD_INPUT, INTERRUPTED = 0, 2, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Entry point; returns the exit status (0 done, 2 bad input, 130 interrupted)."""
    options = _parser().parse_args(arguments)
    # batch systems end a job with SIGTERM: treat it as the interruption that it is
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    command: Callable[[argparse.Namespace], int] = options.command
    try:
        return command(options)
    except BadInput as error:
        return _refuse(str(error))
    except ValidationError as error:
        return _refuse(_first_problem(error))
    except KeyboardInterrupt:
        _say("Interrupted before anything was found.")
        return INTERRUPTED


def _atoms(options: argparse.Namespace) -> int:
    # imported here: these take a second, which `--help` need not wait for
    from napari_reward_analysis.atoms_job import run_atoms, write_results
    from napari_reward_analysis.plugins import load_plugin
    from napari_reward_analysis.rewards.registry import all_rewards
    from napari_reward_analysis.stages import all_stages
    from napari_reward_analysis.workflows.atoms import PARAMETERS, AtomsSettings

    image, lattice = _image(options), _lattice(options)
    oracles = _oracles(options.oracle, image)
    count = options.count
    if count is None and lattice is None and oracles:
        count = next(iter(oracles.values()))
    for file in options.plugin:
        load_plugin(file)
    search = PARAMETERS if options.search == "all" else tuple(options.search.split(","))
    usual = AtomsSettings.model_fields
    settings = AtomsSettings(
        trials=options.trials,
        search=search,
        sampler=options.sampler,
        seed=options.seed,
        ds=options.ds,
        count=count,
        tolerance=options.tolerance,
        calibrate=options.calibrate,
        area=options.area,
        species=tuple(options.species.split(",")) if options.species else None,
        stages=_names(options.stages, all_stages, usual["stages"].default),
        rewards=_names(options.rewards, all_rewards, usual["rewards"].default),
        thresholds=options.thresholds,
        seconds=options.seconds,
        patience=options.patience,
        as_published=options.as_published,
        refine=options.refine,
    )
    _check_pick(options.pick, settings.trials)
    folder = options.out or _beside(options.image, "atoms")
    start = time.perf_counter()
    progress = _progress_bar(settings.trials)
    run = run_atoms(image, lattice, settings, folder, oracles=oracles, progress=progress)
    summary = write_results(run, folder, options.pick, scaled=options.scaled, image=image)
    for notice in run.notices:
        _say(f"Note: {notice}")
    summary |= {"seconds": round(time.perf_counter() - start, 3), "out": str(folder)}
    _report(summary, options.json)
    return INTERRUPTED if run.status == "cancelled" else DONE


def _amorphous(options: argparse.Namespace) -> int:
    from napari_reward_analysis.amorphous_job import (
        given_atoms,
        run_amorphous,
        search_atoms,
        write_regions,
    )
    from napari_reward_analysis.io.writers import read_points_csv
    from napari_reward_analysis.workflows.amorphous import PARAMETERS, AmorphousSettings
    from napari_reward_analysis.workflows.atoms import AtomsSettings

    image, lattice = _image(options), _lattice(options)
    chosen = {
        "trials": options.trials,
        "search": PARAMETERS if options.search == "all" else tuple(options.search.split(",")),
        "fixed": dict(_fixed_value(text) for text in options.fix),
        "sampler": options.sampler,
        "seed": options.seed,
        "kinds": options.kinds,
        "as_published": options.as_published,
    }
    settings = AmorphousSettings.model_validate(chosen)
    finding = AtomsSettings(count=options.count, seed=options.seed, calibrate=options.calibrate)
    _check_pick(options.pick, settings.trials)
    folder = options.out or _beside(options.image, "amorphous")
    start = time.perf_counter()
    if options.atoms is None:
        atoms = search_atoms(image, lattice, finding)
    else:
        atoms = given_atoms(image, read_points_csv(options.atoms), lattice)
    progress = _progress_bar(settings.trials)
    run = run_amorphous(atoms, lattice, settings, folder, progress=progress)
    summary = write_regions(run, folder, options.pick, scaled=options.scaled)
    for notice in run.notices:
        _say(f"Note: {notice}")
    summary |= {"seconds": round(time.perf_counter() - start, 3), "out": str(folder)}
    if options.json:
        print(json.dumps(summary))
    else:
        print(
            f"{run.verdict.sentence}\n{summary['n_regions']} regions, "
            f"{summary['area_fraction']:.1%} of the field; {summary['n_trials']} trials in "
            f"{summary['seconds']:.1f} s; results in {summary['out']}"
        )
    return INTERRUPTED if run.status == "cancelled" else DONE


def _oracle(options: argparse.Namespace) -> int:
    folder = options.out or _beside(options.image, "oracle")
    start = time.perf_counter()
    summary = run_command(options, _image(options), _lattice(options), folder)
    for notice in summary["notices"]:
        _say(f"Note: {notice}")
    summary |= {"seconds": round(time.perf_counter() - start, 3), "out": str(folder)}
    print(json.dumps(summary) if options.json else oracle_in_words(summary))
    return DONE


def _info(options: argparse.Namespace) -> int:
    from napari_reward_analysis.info import describe, in_words

    facts = describe(_image(options), _lattice(options), options.calibrate)
    print(json.dumps(facts) if options.json else in_words(facts))
    return DONE


def _demo(options: argparse.Namespace) -> int:
    from napari_reward_analysis.demo import default_window, run_demo

    return run_demo(options.out, window=options.window or default_window(), say=print)


def _bench(options: argparse.Namespace) -> int:
    from napari_reward_analysis.bench import run_bench, write_bench

    if options.seeds < 1 or options.trials < 1:
        raise BadInput("A benchmark needs at least one seed and one trial: give larger numbers.")
    if options.size < 96:
        raise BadInput(f"Images of {options.size} px hold too few columns: give at least 96.")
    rows = run_bench(options.seeds, say=print, side=options.size, trials=options.trials)
    write_bench(rows, options.out)
    print(f"\nTables and plot in {options.out}")
    return DONE


def _parser() -> argparse.ArgumentParser:
    parser = _OneLineParser(
        prog="napari-reward-analysis",
        description="Reward-driven analysis of atomically resolved HAADF-STEM images.",
    )
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    atoms = commands.add_parser("atoms", help="find atomic columns (LoG*)")
    _image_options(atoms)
    atoms.add_argument("--ds", type=float, metavar="A", help="DS in angstrom")
    atoms.add_argument("--count", type=float, metavar="N", help="expected number of columns")
    atoms.add_argument(
        "--tolerance", type=float, default=0.0, metavar="F", help="relative error of N itself (0)"
    )
    atoms.add_argument(
        "--area",
        choices=get_args(AreaRule),
        default="crystal",
        help="where columns are expected: where the lattice is seen, or the whole field",
    )
    atoms.add_argument(
        "--oracle",
        action="append",
        default=[],
        metavar="FILE.csv[:class]",
        help="known positions: a front with respect to their count (may be repeated)",
    )
    atoms.add_argument("--species", metavar="A,B", help="species to expect; all by default")
    atoms.add_argument("--trials", type=int, default=60, help="settings to evaluate (60)")
    atoms.add_argument(
        "--search", default="all", metavar="NAMES|all", help="e.g. threshold,overlap (all five)"
    )
    atoms.add_argument("--sampler", choices=get_args(SamplerName), default="skopt")
    atoms.add_argument(
        "--pick",
        default="euclidean",
        metavar="euclidean|chebyshev|IDX",
        help="the point of the front to export, or the number of a trial",
    )
    atoms.add_argument(
        "--stages",
        metavar="NAMES|none|all",
        help="stages that may come before the LoG (wiener); several: wiener,highpass",
    )
    atoms.add_argument(
        "--rewards", metavar="NAMES|none|all", help="rewards beside QC and ER (incoherence)"
    )
    atoms.add_argument(
        "--plugin",
        action="append",
        default=[],
        type=Path,
        metavar="FILE.py",
        help="a script that registers rewards or stages of your own (may be repeated)",
    )
    atoms.add_argument(
        "--scaled", action="store_true", help="scale the objectives to the front before picking"
    )
    atoms.add_argument(
        "--as-published", action="store_true", help="ranges, scales and DS of the paper"
    )
    atoms.add_argument(
        "--no-refine",
        action="store_false",
        dest="refine",
        help="leave the columns on whole pixels instead of fitting their positions",
    )
    atoms.add_argument("--seed", type=int, default=0)
    atoms.add_argument(
        "--thresholds",
        choices=("exact", "searched"),
        default="exact",
        help="the best threshold of each trial, worked out or searched",
    )
    atoms.add_argument(
        "--seconds", type=float, metavar="S", help="time budget of the search (none)"
    )
    atoms.add_argument(
        "--patience", type=int, metavar="N", help="end when so many trials gained nothing (never)"
    )
    atoms.add_argument("--out", type=Path, metavar="DIR", help="results (beside the image)")
    atoms.add_argument("--json", action="store_true", help="print one JSON object")
    atoms.set_defaults(command=_atoms)

    _amorphous_parser(commands.add_parser("amorphous", help="find amorphous regions"))

    oracle = commands.add_parser("oracle", help="columns by a network, and a run compared")
    _image_options(oracle)
    oracle_options(oracle)
    oracle.set_defaults(command=_oracle)
    add_studies(commands, Common(_image_options, _image, _lattice, _progress_bar))

    info = commands.add_parser("info", help="what an image is and what a lattice expects of it")
    _image_options(info)
    info.add_argument("--json", action="store_true", help="print one JSON object")
    info.set_defaults(command=_info)

    bench = commands.add_parser("bench", help="the search against others, side by side")
    bench.add_argument("--seeds", type=int, default=5, help="searches of each kind (5)")
    bench.add_argument("--trials", type=int, default=100, help="of each search (100)")
    bench.add_argument("--size", type=int, default=256, help="side of the images in px (256)")
    bench.add_argument("--out", type=Path, default=Path("bench_output"), metavar="DIR")
    bench.set_defaults(command=_bench)

    demo = commands.add_parser("demo", help="a finished run on a sample image")
    demo.add_argument("--out", type=Path, default=Path("demo_output"), metavar="DIR")
    demo.add_argument(
        "--window",
        choices=("show", "screenshot", "none"),
        help="keep the window open, photograph it and close, or open none "
        "(show where somebody can look at it)",
    )
    demo.set_defaults(command=_demo)
    return parser


def _names(
    given: str | None, every: Callable[[], tuple[str, ...]], default: tuple[str, ...]
) -> tuple[str, ...]:
    if given is None:
        return default
    if given in ("none", "all"):
        return every() if given == "all" else ()
    return tuple(name.strip() for name in given.split(",") if name.strip())


def _amorphous_parser(parser: argparse.ArgumentParser) -> None:
    _image_options(parser)
    parser.add_argument("--count", type=float, metavar="N", help="expected number of columns")
    parser.add_argument(
        "--atoms", type=Path, metavar="FILE.csv", help="known positions, instead of a search"
    )
    parser.add_argument("--kinds", type=int, metavar="K", help="kinds of column (the lattice's)")
    parser.add_argument("--trials", type=int, default=60, help="settings to evaluate (60)")
    parser.add_argument(
        "--search", default="all", metavar="NAMES|all", help="e.g. class,threshold (all eight)"
    )
    parser.add_argument(
        "--fix",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a parameter that is not searched, e.g. class=Cu (may be repeated)",
    )
    parser.add_argument("--sampler", choices=get_args(SamplerName), default="skopt")
    parser.add_argument(
        "--pick",
        default="euclidean",
        metavar="euclidean|chebyshev|IDX",
        help="the point of the front to export, or the number of a trial",
    )
    parser.add_argument(
        "--scaled", action="store_true", help="scale the objectives to the front before picking"
    )
    parser.add_argument(
        "--as-published",
        action="store_true",
        help="two components of one orientation of the brightest kind, posterior, two rewards",
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, metavar="DIR", help="results (beside the image)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(command=_amorphous)


def _fixed_value(text: str) -> tuple[str, float | str]:
    """Name and value of a parameter that is not searched."""
    name, equals, value = text.partition("=")
    if not (name and equals and value):
        raise BadInput(f"--fix {text} is no setting: write NAME=VALUE, e.g. class=Cu.")
    try:
        return name, float(value)
    except ValueError:
        return name, value


def _image_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("image", type=Path, metavar="IMAGE")
    parser.add_argument(
        "--lattice",
        metavar="NAME",
        help=f"{', '.join(lattice_names())}, FILE.cif:[uvw], or cell:a,b,angle,columns",
    )
    parser.add_argument("--pixel-size", type=float, metavar="A", help="angstrom; else the file's")
    parser.add_argument(
        "--calibrate",
        choices=get_args(Calibration),
        default="header",
        help="whose pixel size: the file's or the lattice's in the image",
    )
    parser.add_argument("--frame", type=int, metavar="I", help="frame of a stack, from 0")
    parser.add_argument("--signal", type=int, default=0, metavar="I", help="image of several")


def _image(options: argparse.Namespace) -> Image:
    from napari_reward_analysis.io.read import read_image

    return read_image(options.image, options.frame, options.signal, options.pixel_size)


def _lattice(options: argparse.Namespace) -> Lattice | None:
    from napari_reward_analysis.io.cif import read_lattice

    return read_lattice(options.lattice) if options.lattice else None


def _oracles(names: list[str], image: Image) -> dict[str, float]:
    """Counts of the named oracles: tables of positions, with a class after a colon."""
    from napari_reward_analysis.io.writers import read_points_csv
    from napari_reward_analysis.workflows.atoms_physics import analysed_area
    from napari_reward_analysis.workflows.oracle import oracle_count

    counts: dict[str, float] = {}
    for name in names:
        file, colon, of_class = name.rpartition(":") if not Path(name).exists() else (name, "", "")
        path = Path(file) if colon else Path(name)
        points = read_points_csv(path, of_class if colon else None)
        label = f"{path.stem} {of_class}".strip() if colon else path.stem
        counts[label] = oracle_count(points, analysed_area(image, None), path.name)
    return counts


def _beside(image: Path, suffix: str) -> Path:
    return image.with_name(f"{image.stem}_{suffix}")


def _check_pick(pick: str, trials: int) -> None:
    if pick in ("euclidean", "chebyshev"):
        return
    if not pick.isdigit() or int(pick) >= trials:
        raise BadInput(
            f"--pick {pick} names no trial: "
            f"write euclidean, chebyshev or a number from 0 to {trials - 1}."
        )


def _progress_bar(total: int) -> Callable[[int, str], None] | None:
    """A bar on a terminal; nothing where the output goes to a file or a pipe."""
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


def _report(summary: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print(json.dumps(summary))
        return
    beside = summary["n_atoms"] - summary["n_counted"]
    aside = f" ({beside} more just beside the crystal)" if beside else ""
    print(
        f"{summary['n_counted']} columns found{aside}, {summary['expected']:.1f} expected: "
        f"QC {summary['qc']:+.4f}, ER {summary['er']:.4f} "
        f"(trial {summary['pick']} of {summary['n_trials']}, {summary['seconds']:.1f} s)"
    )
    print(f"Results in {summary['out']}")


def _first_problem(error: ValidationError) -> str:
    problem = error.errors()[0]
    where = ".".join(str(part) for part in problem["loc"])
    return f"{where}: {problem['msg'][0].lower()}{problem['msg'][1:]}, not {problem['input']!r}."


def _refuse(sentence: str) -> int:
    _say(sentence)
    return BAD_INPUT


def _say(sentence: str) -> None:
    print(" ".join(sentence.split()), file=sys.stderr)


class _OneLineParser(argparse.ArgumentParser):
    """Errors are one line on standard error, without the usage block."""

    def error(self, message: str) -> NoReturn:
        self.exit(BAD_INPUT, f"{self.prog}: {message}; see --help.\n")


if __name__ == "__main__":
    sys.exit(main())
