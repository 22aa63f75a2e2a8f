# Two commands do everything on a fresh Linux machine with Python 3.11 and make:
#   make demo    the main job        make test    every test
# Both call `make setup`, which does nothing twice. Set PYTHON to choose an interpreter.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
COMPILE := $(BIN)/pip-compile --quiet --generate-hashes --allow-unsafe --strip-extras \
	--no-emit-index-url --no-emit-find-links

.DEFAULT_GOAL := help
.PHONY: help setup demo test lint types format bench lock clean

help: ## show these commands
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 16

setup: $(VENV)/installed ## .venv from the lock file, the Kafka jars, Java where there is none
	@$(BIN)/attune broker install

# The editable install asks for setuptools only, which the lock brings: nothing is fetched without a hash.
$(VENV)/installed: requirements.lock pyproject.toml
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
		{ echo 'attune needs Python 3.11: install it, or say where it is with make PYTHON=/path/to/python3.11' >&2; exit 1; }
	"$(PYTHON)" -m venv $(VENV)
	$(PIP) install --require-hashes -r requirements.lock
	@PYTHONWARNINGS=ignore $(PIP) install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

demo: setup ## start Kafka and a worker, replay conversations, show the alerts (ARGS="--once")
	@$(BIN)/attune demo $(ARGS)

test: setup lint types ## lint, types, and every test, against a real Kafka (ARGS="-k merge")
	$(BIN)/pytest $(ARGS)

lint: setup ## ruff: rules and format
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: setup ## mypy --strict
	$(BIN)/mypy

format: setup ## rewrite the code as ruff wants it
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: setup ## measure: records a second, memory, recovery (takes minutes)
	$(BIN)/pytest -s tests/bench $(ARGS)

lock: setup ## choose versions anew: Python packages and Kafka jars, with their hashes
	$(COMPILE) --extra dev --output-file requirements.lock pyproject.toml
	$(COMPILE) --constraint requirements.lock --output-file deploy/requirements.lock pyproject.toml
	$(COMPILE) --output-file deploy/kafka/java.lock deploy/kafka/java.in
	$(BIN)/attune broker lock

clean: ## stop the broker and remove everything that setup made
	@if [ -x $(BIN)/attune ]; then $(BIN)/attune broker down; fi
	rm -rf $(VENV) .attune build *.egg-info
