"""Change the code in a seeded sample of places, and check that the tests fail.

mutmut makes the mutants, each with one small change. For each mutant it runs the tests that
reach the changed function. A mutant is killed if a test fails or does not end. The sample
stays the same while the code does. docs/mutants.md explains the survivors.

    scripts/run_mutants.py [--sample 200] [--seed 0] [--least 0.85] [--jobs 2]
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import subprocess
import sys
from collections import Counter

#: One thread of linear algebra per process, and few examples per property.
_ENVIRONMENT = {"CI": "true", "HYPOTHESIS_PROFILE": "few", "OPENBLAS_NUM_THREADS": "1"}
#: States of a killed mutant.
_KILLED = ("killed", "timeout", "segfault", "suspicious")
#: State of a mutant outside the sample.
_LEFT_OUT = "not checked"
#: A name that no mutant has.
_NO_MUTANT = "no_mutant*"


def mutmut(*arguments: str, quiet: bool = False) -> str:
    """Run mutmut and return its output."""
    done = subprocess.run(
        [sys.executable, "-m", "mutmut", *arguments],
        env={**os.environ, **_ENVIRONMENT},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode and not quiet:
        print(done.stdout)
        sys.exit(f"mutmut {arguments[0]} failed with status {done.returncode}.")
    return done.stdout


def all_mutants() -> dict[str, str]:
    """Return the state of every mutant, by its name."""
    lines = mutmut("results", "--all", "true").splitlines()
    pairs = (line.strip().partition(": ")[::2] for line in lines if ": " in line)
    return dict(pairs)


def main() -> int:
    """Run a sample. The exit status is 0 if enough mutants were killed."""
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--sample", type=int, default=200, help="number of mutants")
    parser.add_argument("--seed", type=int, default=0, help="of the sample")
    parser.add_argument("--least", type=float, default=0.85, help="share that must be killed")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 2, help="processes")
    given = parser.parse_args()
    # mutmut keeps its copies of tests that were moved or deleted since
    shutil.rmtree("mutants", ignore_errors=True)
    # mutmut makes all mutants and times all tests before it finds that none has this name
    said = mutmut("run", _NO_MUTANT, quiet=True)
    names = sorted(all_mutants())
    if not names:
        print(said)
        sys.exit("mutmut made no mutants.")
    sample = random.Random(given.seed).sample(names, min(given.sample, len(names)))
    mutmut("run", "--max-children", str(given.jobs), *sample)
    states = all_mutants()
    survivors = [name for name in sorted(sample) if states[name] not in _KILLED]
    for name in survivors:
        print(f"\n{name}: {states[name]}\n{mutmut('show', name)}")
    print(f"\n{dict(Counter(states[name] for name in sample))}")
    part = 1 - len(survivors) / len(sample)
    print(f"{part:.1%} of {len(sample)} mutants were killed; {given.least:.0%} are needed.")
    return 0 if part >= given.least else 1


if __name__ == "__main__":
    sys.exit(main())
