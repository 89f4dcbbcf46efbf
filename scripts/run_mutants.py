"""Change the code in a seeded sample of places, and see whether the tests notice.

mutmut makes the mutants (one small change each) and runs for each the tests that reach the
changed function. A mutant is killed when a test fails or does not end. The sample is the
same as long as the code is. docs/mutants.md says why the survivors are left.

    scripts/run_mutants.py [--sample 200] [--seed 0] [--least 0.85] [--jobs 2]
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
from collections import Counter

#: One thread of linear algebra for each of the processes; few examples for each property.
_ENVIRONMENT = {"CI": "true", "HYPOTHESIS_PROFILE": "few", "OPENBLAS_NUM_THREADS": "1"}
#: What mutmut says of a mutant that a test noticed.
_KILLED = ("killed", "timeout", "segfault", "suspicious")
#: What it says of one that is not in the sample.
_LEFT_OUT = "not checked"
#: No mutant is called so.
_NO_MUTANT = "no_mutant*"


def mutmut(*arguments: str, quiet: bool = False) -> str:
    """Run mutmut and give what it prints."""
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
    """State of every mutant by its name."""
    lines = mutmut("results", "--all", "true").splitlines()
    pairs = (line.strip().partition(": ")[::2] for line in lines if ": " in line)
    return dict(pairs)


def main() -> int:
    """Run a sample; the status tells whether enough of it was killed."""
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--sample", type=int, default=200, help="number of mutants")
    parser.add_argument("--seed", type=int, default=0, help="of the sample")
    parser.add_argument("--least", type=float, default=0.85, help="part to be killed")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 2, help="processes")
    given = parser.parse_args()
    # mutmut makes all mutants and times all tests before it sees that none has this name
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
