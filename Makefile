# make demo: the main job, from hospital files to a release. make test: all tests. make help: the rest.
SHELL := /bin/sh
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
READY_BENCH := .venv-bench/.ready
# 3.12 first, else 3.11 or 3.13; a launcher that is there but does not run (a version manager's) is passed over.
PYTHON ?= $(shell for p in python3.12 python3.11 python3.13 python3; do \
  if $$p -c 'import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' >/dev/null 2>&1; then command -v $$p; break; fi; done)
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export GX_ANALYTICS_ENABLED := false

.PHONY: help setup demo test lint airflow bench bench-deid bench-warehouse soak clean

help:
	@echo "make demo     three synthetic hospitals through Airflow into a release (two to eight minutes)"
	@echo "make test     all tests"
	@echo "make lint     ruff and mypy"
	@echo "make airflow  Airflow with its web page on http://localhost:8080"
	@echo "make bench    speed and accuracy, side by side with peers"
	@echo "make bench-deid, make bench-warehouse   de-identification beside peers; 15 questions and derivation at 100,000 patients"
	@echo "make soak     long tests: random notes, a Spark cluster, a person forgotten in a whole run"

setup: $(READY)

$(READY): constraints.txt setup.cfg pyproject.toml
	@test -n "$(PYTHON)" || { echo "No Python 3.11, 3.12 or 3.13 with venv was found; install one or run: make PYTHON=/path/to/python $(MAKECMDGOALS)" >&2; exit 2; }
	@echo "Setting up $(VENV) with $$($(PYTHON) --version) (a few minutes, once)"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet -r constraints.txt
	@$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	@touch $(READY)

demo: $(READY)
	@$(BIN)/oncorwe demo

test: $(READY)
	@$(BIN)/python -m pytest

lint: $(READY)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

airflow: $(READY)
	@$(BIN)/python -m jobs.cli.airflow

bench-deid: $(READY_BENCH)
	@.venv-bench/bin/python -m bench.deid
	@.venv-bench/bin/python -m bench.deid --group H

# The peers of the de-identifier bring their own spaCy, so they live apart from the project's environment.
$(READY_BENCH): $(READY) constraints.txt
	@$(BIN)/python -m venv .venv-bench
	@.venv-bench/bin/python -m pip install --quiet -c constraints.txt presidio-analyzer jieba spacy numpy google-re2 python-stdnum opencc-python-reimplemented pyahocorasick threadpoolctl
	@touch $(READY_BENCH)

bench-warehouse: $(READY)
	@$(BIN)/python -m bench.warehouse

bench: $(READY)
	@$(BIN)/python -m bench

soak: $(READY)
	@$(BIN)/python -m pytest -m soak

clean:
	rm -rf $(VENV) .venv-bench demo warehouse_data build *.egg-info
