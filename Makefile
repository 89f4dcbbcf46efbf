# `make demo` and `make test` need nothing but Python 3.11 or newer and make: they install
# what is missing. PYTHON=/path/to/python chooses the interpreter.

SHELL := /bin/bash
PYTHON ?=
export PYTHON

BIN := .venv/bin
WITH_DISPLAY := bash scripts/with_display.sh
#: Processes that share the tests; JOBS=0 runs all of them in one.
JOBS ?= logical

.DEFAULT_GOAL := help
.PHONY: help setup demo test kernels mutants lint bench docs oracle wheel clean

help: ## show this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 14

setup: ## install what is missing; the other targets do this themselves
	@bash scripts/setup.sh

demo: setup ## a sample image, a finished run and the plugin (no display: into demo_output/)
	$(WITH_DISPLAY) $(BIN)/napari-reward-analysis demo $(ARGS)

# The same examples of property tests every time; HYPOTHESIS_PROFILE=local tries new ones.
test: export HYPOTHESIS_PROFILE ?= ci
# Compiled tests and modules are kept for the next process, whatever the shell says.
test: export PYTHONDONTWRITEBYTECODE :=
test: setup ## all tests; ARGS="-k lattice" are handed to pytest
	$(WITH_DISPLAY) $(BIN)/python -m pytest -n $(JOBS) --maxprocesses 8 --dist worksteal $(ARGS)

kernels: setup ## the numeric tests under several kernels of OpenBLAS
	$(BIN)/python scripts/run_kernels.py $(ARGS)

mutants: setup ## change the code in a sample of 200 places; do the tests notice? (long)
	bash scripts/run_mutants.sh $(ARGS)

lint: setup ## style, types, direction of imports, manifest
	bash scripts/lint.sh

bench: setup ## measure speed and accuracy (minutes); each script in benchmarks/ says what
	set -e; for script in $(filter-out %/known_columns.py,$(wildcard benchmarks/*.py)); do echo "== $$script"; $(WITH_DISPLAY) $(BIN)/python $$script; done

docs: setup ## take the screenshots and plots of the documentation anew
	$(WITH_DISPLAY) $(BIN)/python scripts/make_screenshots.py
	$(BIN)/python scripts/make_calibration_figures.py

oracle: ## train the oracle's network anew (developers, its own environment; ARGS="--minutes 15")
	bash scripts/train_oracle.sh $(ARGS)

wheel: setup ## build sdist and wheel, and try the wheel in a fresh environment
	bash scripts/check_wheel.sh

clean: ## remove what was built, the environment included
	rm -rf .venv .venv-oracle build dist demo_output mutants .coverage .pytest_cache .hypothesis .mypy_cache .ruff_cache .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
