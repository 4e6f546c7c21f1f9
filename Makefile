SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
UV_VERSION := 0.13.9
VENV := .venv
BIN := $(VENV)/bin
# MLServer holds starlette back, so the tests start it from an environment of its own.
MLSERVER_VENV := .venv-mlserver
# The peers of the benchmarks hold transformers back.
PEERS_VENV := .venv-peers
# A pinned uv inside the virtual environment where the user has none.
UV := $(shell command -v uv 2>/dev/null || echo $(BIN)/uv)
STACK ?= local

.PHONY: help setup engine up down preview test check format bench clean

help: ## List the targets
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 18

setup: $(VENV)/.synced ## Create .venv with every dependency of the lock

$(VENV)/.synced: pyproject.toml uv.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed, found " + sys.version.split()[0])'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@command -v $(UV) >/dev/null || { echo "setup: installing uv $(UV_VERSION) into $(VENV)"; $(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION); }
	@echo "setup: installing the locked dependencies into $(VENV) (about 8 GB, most of it torch and TensorFlow)"
	@$(UV) sync --locked --inexact --all-extras --all-groups --no-group mlserver --no-group peers --quiet
	@UV_PROJECT_ENVIRONMENT=$(MLSERVER_VENV) $(UV) sync --locked --only-group mlserver --quiet
	@touch $@

engine: setup ## Find the Pulumi engine, or build it (about 5 minutes, once a machine)
	@$(BIN)/python -m stacks.engine.build

up: engine ## Optimize, plan, check and deploy STACK (default: local)
	@$(BIN)/serving up --stack $(STACK)

down: setup ## Stop what STACK runs and empty its state
	@$(BIN)/serving down --stack $(STACK)

preview: engine ## Show what `make up` would change
	@$(BIN)/serving preview --stack $(STACK)

check: setup ## Lint and type-check
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/pyright
	@$(BIN)/bandit --quiet --recursive components optimizers policies stacks --configfile pyproject.toml

test: engine ## Run every test
	@$(BIN)/pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder

$(PEERS_VENV)/.synced: $(VENV)/.synced
	@echo "bench: installing the peers that are compared with into $(PEERS_VENV)"
	@UV_PROJECT_ENVIRONMENT=$(PEERS_VENV) $(UV) sync --locked --only-group peers --quiet
	@touch $@

bench: engine $(PEERS_VENV)/.synced ## Run the benchmarks: all, or ONLY=minilm
	@$(BIN)/python -m benchmarks $(ONLY)

format: setup ## Format and fix what ruff can
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

clean: ## Remove everything that was built here; run `make down` first
	@rm -rf $(VENV) $(MLSERVER_VENV) $(PEERS_VENV) .model-serving benchmarks/out .mypy_cache .ruff_cache .pytest_cache .hypothesis
