# Two commands do everything: `make run` and `make test`. The rest are their parts.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.truceline
PIP    := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.PHONY: run demo test check format eval bench secrets stack stack-check setup dev clean
PROFILE ?= core

run: setup           ## set up with Python alone, collect once, then watch the shipped feeds (ONCE=1: stop there)
	$(BIN)/truceline run --config config || test $$? -eq 1  # 1: no feed answered; it said so
ifndef ONCE
	$(BIN)/truceline watch --config config
endif

demo: setup          ## a week of a fictional crisis, served on this machine
	$(BIN)/truceline demo

test: dev check      ## development set-up, then every check and test
	$(BIN)/python -m pytest

check: dev           ## formatting, lint, types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

format: dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

eval: setup          ## measure extraction on the gold sets beside the checkout
	$(BIN)/python bench/eval.py

bench: dev           ## speed, as ratios to a peer measured in the same run
	for script in bench/filter.py bench/store.py bench/rules.py; do $(BIN)/python $$script || exit 1; done

secrets:             ## passwords and keys of the stack into .env, once
	@$(PYTHON) docker/write_env.py .env

stack: secrets       ## the stack in containers; PROFILE=full: with Airflow
	docker compose --profile $(PROFILE) up --detach --build

stack-check:         ## Docker Compose's own opinion of docker-compose.yml; needs the plugin, no engine
	folder=$$(mktemp -d) && $(PYTHON) docker/write_env.py $$folder/env && for profile in core full; do \
	docker compose --env-file $$folder/env --profile $$profile config --quiet || exit 1; done; rm -r $$folder

setup: $(STAMP)-run
dev: $(STAMP)-dev

$(STAMP)-run: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) --constraint constraints.txt --editable .
	touch $@

$(STAMP)-dev: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) --constraint constraints.txt --editable '.[dev,airflow]'
	touch $@ $(STAMP)-run

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed (set PYTHON=...)"; exit 1; }
	$(PYTHON) -m venv $(VENV)

clean:
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache
