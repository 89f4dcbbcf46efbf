#!/usr/bin/env bash
# Trains the oracle's network in an environment of its own: PyTorch is large, and nothing
# that a user installs needs it.
set -euo pipefail
cd "$(dirname "$0")/.."
if [ ! -x .venv-oracle/bin/python ]; then
    "${PYTHON:-python3}" -m venv .venv-oracle
fi
.venv-oracle/bin/pip install --quiet --editable .
.venv-oracle/bin/pip install --quiet torch==2.13.0
.venv-oracle/bin/pip install --quiet onnx
exec .venv-oracle/bin/python scripts/train_oracle.py "$@"
