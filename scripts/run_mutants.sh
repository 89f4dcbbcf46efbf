#!/usr/bin/env bash
# Install mutmut when it is missing, and run scripts/run_mutants.py.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

.venv/bin/python -c 'import mutmut' 2>/dev/null ||
    .venv/bin/python -m pip install --quiet --group mutants
exec .venv/bin/python scripts/run_mutants.py "$@"
