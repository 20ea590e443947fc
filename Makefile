# Needs python3 (3.11 or newer, with venv), make and git. `make` alone lists the targets.

PYTHON ?= python3
BIN := .venv/bin
REQUIREMENTS := pyproject.toml requirements-dev.txt constraints.txt layers/dampf/requirements.txt cli/requirements.txt
SAM_VERSION := 1.170.0
PYTEST := $(BIN)/python -m pytest

export SAM_CLI_TELEMETRY := 0
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.PHONY: help setup test format-check lint types unit slow sam demo bench format lock pr clean

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

setup: .venv/.installed ## .venv with everything pinned; quick when nothing changed

.venv/.installed: $(REQUIREMENTS)
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv || \
	  { echo "no virtual environment: python3 with venv is needed (Debian: apt-get install python3-venv)" >&2; exit 1; }
	@$(BIN)/python -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed: make setup PYTHON=python3.13" >&2; exit 1; }
	$(BIN)/python -m pip install --quiet --requirement requirements-dev.txt --editable .
	@touch $@

# -j1: two checks that fail at once are hard to read.
test: setup ## format check, lint, types, template checks, all tests but the slow ones
	@$(MAKE) --no-print-directory -j1 format-check lint types unit

format-check: setup
	$(BIN)/ruff format --check --quiet --diff .

lint: setup
	$(BIN)/ruff check .

types: setup
	$(BIN)/mypy

# The template checks are tests too: tests/template.
unit: setup
	$(PYTEST) -n 2 --dist worksteal

slow: setup ## the proofs that take minutes
	$(PYTEST) -m slow

sam: .venv-sam/.installed ## `sam validate --lint`, from a virtual environment of its own
	.venv-sam/bin/sam validate --lint --template template.yaml

# Apart from .venv because its pins and ministack's cannot both hold.
.venv-sam/.installed: Makefile
	@test -x .venv-sam/bin/python || $(PYTHON) -m venv .venv-sam
	.venv-sam/bin/python -m pip install --quiet aws-sam-cli==$(SAM_VERSION)
	@touch $@

demo: setup ## a sample shop week on the embedded AWS; DEMO_FLAGS=--exit ends after it
	$(BIN)/dampf run $(DEMO_FLAGS)

bench: setup ## what a thousand events and mails cost, beside the budgets
	$(BIN)/python -m dampf_cli.bench $(BENCH_FLAGS)

format: setup ## formats and mends what can be mended by itself
	$(BIN)/ruff check --fix --quiet . || true
	$(BIN)/ruff format --quiet .

lock: setup ## renews constraints.txt from what is installed
	@{ head -1 constraints.txt; $(BIN)/python -m pip freeze --exclude-editable; } > constraints.new
	@mv constraints.new constraints.txt

pr: format test sam slow ## all that CI asks, before you push

clean: ## removes all that make made
	rm -rf .venv .venv-sam .aws-sam build .mypy_cache .pytest_cache .ruff_cache .hypothesis *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
