# Everything a newcomer needs is `make demo` and `make test`: each makes its own environment first.

PYTHON ?= python3
BIN := .venv/bin
TESTS ?= tests
ROUNDS ?= 400

.DEFAULT_GOAL := help
.PHONY: help setup demo test fast check lint types layers migrations words catalogues bench bench-large soak lock wheel offline clean distclean

help: ## say what there is
	@grep -hE '^[a-z-]+:.*## ' Makefile | sed -E 's/^([a-z-]+):.*## /  make \1|/' | awk -F'|' '{printf "%-20s %s\n", $$1, $$2}'

setup: .venv/.ready ## make the environment in .venv

.venv/.ready: requirements-dev.txt pyproject.toml bootstrap.py
	@$(PYTHON) bootstrap.py

demo: setup ## play the story between four nodes and a month of work; ONCE=1 stops after the story (MONTH=1: after the month)
	@$(BIN)/tocsin demo $(if $(ONCE),--once) $(if $(MONTH),--month)

test: setup ## run the whole suite; TESTS=tests/node for a part
	$(BIN)/python -m pytest -n 2 --dist loadgroup $(TESTS)

fast: setup ## the rules only, in seconds: no database, no other program
	$(BIN)/python -m pytest -q -n 2 --hypothesis-profile=fast -m "not django_db and not kill and not tools and not slow" \
	  tests/base tests/law tests/proof tests/architecture $(wildcard tests/*/rules)

check: lint types layers migrations words ## all that a reviewer would look for with a tool

lint: setup ## format and lint
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: setup ## mypy, strict
	$(BIN)/mypy

layers: setup ## who may import whom
	$(BIN)/lint-imports

migrations: setup ## every model has its migration
	$(BIN)/python -W ignore -m django makemigrations --check --dry-run --settings tocsin.node.settings

words: setup ## keys point down, codes are unique, catalogues are up to date, no file names an index or a machine
	$(BIN)/python -W ignore -m words --check
	$(BIN)/python -m pytest -q -p no:randomly tests/architecture -m "not slow"

bench: setup ## the benchmarks, as ratios
	$(BIN)/python -m bench

bench-large: setup ## the same with ten million entries, four gigabytes and a million requests
	$(BIN)/python -m bench --large

soak: setup ## kill processes at random points, ROUNDS times (400)
	TOCSIN_KILL_ROUNDS=$(ROUNDS) $(BIN)/python -m pytest -m kill -s $(TESTS)

lock: setup ## write the lock files anew from pyproject.toml; UPGRADE=1 takes newer versions
	$(BIN)/uv pip compile pyproject.toml -o requirements.txt $(LOCKING)
	$(BIN)/uv pip compile pyproject.toml --group dev -o requirements-dev.txt $(LOCKING)

LOCKING = --quiet --universal --python-version 3.11 --generate-hashes --no-header \
  --no-emit-index-url --no-emit-find-links $(if $(UPGRADE),--upgrade)

catalogues: setup ## gather the words, bring every language's catalogue up to date, compile
	$(BIN)/python -W ignore -m words

wheel: setup ## build the wheel in dist/
	$(BIN)/python -m build --wheel --no-isolation --outdir dist

offline: setup ## one archive in dist/ from which a node is installed with the network off
	@$(BIN)/python -m offline

clean: ## remove what was made: var, dist, caches
	rm -rf var dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find src tests -name __pycache__ -prune -exec rm -rf {} +

distclean: clean ## the same, and the environment
	rm -rf .venv
