# Everything is run from here; each target's comment is its line in `make help`.
# Python 3.11 and 3.10, git and make are all a machine must have; the rest is fetched into this folder.

.DEFAULT_GOAL := help
SHELL := /bin/sh
PYTHON := $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
# Without kept bytecode each process compiles all of Duely at its start.
unexport PYTHONDONTWRITEBYTECODE

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

up: ## Start everything; at the end `Ready: http://127.0.0.1:8080`, Ctrl-C stops it
	@$(PYTHON) scripts/setup.py
	@exec $(BIN)/duely up

setup: ## Both environments, the page's files and the trained model; nothing is started
	@$(PYTHON) scripts/setup.py

test: ## Everything from nothing: unit, conversation and browser tests
	@$(PYTHON) scripts/setup.py --browser
	@$(BIN)/python -m pytest -n 2 --dist loadgroup

check: ## Read only: formatting, types, rooms, files and docs
	@$(PYTHON) scripts/setup.py --no-model
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python scripts/check_tree.py

lint: ## Put right what can be put right by itself
	@$(PYTHON) scripts/setup.py --no-model
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

train: ## Train the language model if its sentences, rules or pipeline changed
	@$(PYTHON) scripts/setup.py

bench: ## Measure a whole turn at the gateway and Rasa's share of it
	@$(PYTHON) scripts/setup.py
	$(BIN)/python scripts/bench_turn.py

soak: ## The long forms (hours): years of accounts, 200 kills under load, 10,000 secrets, every route, Twilio's own OpenAPI; DUELY_SEED=n repeats
	@$(PYTHON) scripts/setup.py
	DUELY_SOAK=1 $(BIN)/python -m pytest -rP --durations=0 --durations-min=1 \
	  tests/billing_core/test_years.py tests/billing_core/test_property.py tests/screening tests/surface \
	  tests/handoff/test_no_secret_in_slack.py tests/console/test_export.py tests/console/test_generated_requests.py \
	  tests/channels/test_tokenizer.py tests/faults tests/twilio
	$(BIN)/python scripts/bench_billing_day.py --accounts 300000 --kills 5
	$(BIN)/python scripts/bench_billing_day.py --accounts 300000 --kills 5 --database postgres

.PHONY: help up setup test check lint train bench soak
