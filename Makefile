# Two commands are enough: `make serve` and `make test`. Nothing is installed outside this folder.
SHELL := /bin/sh
.DEFAULT_GOAL := help

PYTHON ?= python3
PORT ?= 5006
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input
QUICK := tests/unit tests/contracts tests/architecture

.PHONY: help setup setup-test serve test unit ui notebooks docs lint format doctor gallery bench lock clean

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(VENV)/.runtime  ## make .venv and install from the lock (instant when nothing changed)

setup-test: $(VENV)/.test  ## the same plus what the tests need

serve: $(VENV)/.runtime  ## demo data if there is none, private Redis, demo feed, the apps; PORT=5006
	@exec $(BIN)/workbench serve --port $(PORT)

test: $(VENV)/.test  ## everything: unit, contracts, architecture, browser, notebooks
	$(BIN)/workbench doctor --warm
	$(BIN)/python -m pytest -n auto $(QUICK)
	$(BIN)/python -m pytest --nbmake --reruns 1 --rerun-show-tracebacks tests/ui notebooks

unit: $(VENV)/.test  ## the quick tests: unit, contracts, architecture
	$(BIN)/python -m pytest -n auto $(QUICK)

ui: $(VENV)/.test  ## the browser tests in the Chromium of this machine
	$(BIN)/python -m pytest tests/ui

notebooks: $(VENV)/.test  ## run every notebook from top to bottom
	$(BIN)/python -m pytest --nbmake notebooks

docs: $(VENV)/.test  ## the documentation, in build/docs; warnings are errors
	$(BIN)/sphinx-build -q -W --keep-going -b html docs build/docs

lint: $(VENV)/.test  ## ruff, formatting and the import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

format: $(VENV)/.test  ## let ruff mend and format the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

doctor: $(VENV)/.runtime  ## check this installation and say what to do
	$(BIN)/workbench doctor

gallery: $(VENV)/.runtime  ## a page with a picture of each indicator, in build/gallery
	$(BIN)/workbench indicators --gallery build/gallery

bench: $(VENV)/.test  ## side by side with the peers; NAME=bars, RECORD=1 writes docs/performance.md anew
	$(PIP) install -q -e .[bench]
	$(BIN)/python -m benchmarks $(or $(NAME),bars) $(if $(RECORD),--record)

lock:  ## write requirements.lock and requirements-test.lock anew from pyproject.toml
	$(PYTHON) -m venv build/lock
	build/lock/bin/python -m pip --disable-pip-version-check install -q uv
	build/lock/bin/uv pip compile -q pyproject.toml --group build --extra test --extra peers -o requirements-test.lock $(LOCK)
	build/lock/bin/uv pip compile -q pyproject.toml --group build -c requirements-test.lock -o requirements.lock $(LOCK)

clean:  ## remove what was built; data/ stays
	rm -rf $(VENV) build dist test-results .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -not -path './data/*' -exec rm -rf {} +

# One version of everything on every Python and system: easier to reason about than the newest for each.
LOCK := --universal --python-version 3.11 --fork-strategy fewest --generate-hashes --no-emit-index-url \
	--no-emit-find-links --no-header --no-annotate --no-config

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "Workbench needs Python 3.11 or newer; '$(PYTHON)' is $$($(PYTHON) --version 2>&1)."; \
	  echo "Install one, then: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "This Python cannot make environments. On Debian or Ubuntu: apt-get install python3-venv"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.runtime: requirements.lock pyproject.toml | $(BIN)/python
	@echo "Installing from requirements.lock (once; a few minutes)"
	$(PIP) install -q --require-hashes -r requirements.lock
	$(PIP) install -q --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.test: requirements-test.lock $(VENV)/.runtime
	@echo "Installing what the tests need from requirements-test.lock"
	$(PIP) install -q --require-hashes -r requirements-test.lock
	@touch $@
