# Everything a newcomer types. `make help` lists it.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
CATALOGS := $(patsubst %.po,%.mo,$(wildcard badges/translations/*/LC_MESSAGES/messages.po))

.DEFAULT_GOAL := help
.PHONY: help run test lint fix lock bench translations clean

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

run: $(VENV)/.ready $(CATALOGS) ## Set everything up and serve a demo structure on http://127.0.0.1:5000
	@$(BIN)/badges demo-server

test: $(VENV)/.ready-dev $(CATALOGS) ## Set everything up and run all the tests
	@$(BIN)/pytest -n auto -q

lint: $(VENV)/.ready-dev $(CATALOGS) ## Check style, types, imports, templates and documentation
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/djlint badges/web/templates --lint --quiet

bench: $(VENV)/.ready-bench $(CATALOGS) ## Measure against the floor and the peers (ten minutes, on a quiet machine)
	@$(BIN)/python -m benchmarks

fix: $(VENV)/.ready-dev ## Mend what can be mended by itself
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

translations: $(VENV)/.ready-dev ## Collect the texts of the interface into the French catalogue
	@$(BIN)/pybabel -q extract -F pyproject.toml -k N_ -k _l -k lazy_gettext -k ngettext:1,2 --no-location \
	  --sort-output --omit-header -o $(VENV)/messages.pot .
	@$(BIN)/pybabel -q update -i $(VENV)/messages.pot -d badges/translations -l fr --no-fuzzy-matching \
	  --ignore-obsolete --omit-header

lock: $(VENV)/.ready-dev ## Resolve the dependencies again and pin them with hashes
	$(BIN)/pip install -q uv
	$(BIN)/uv pip compile pyproject.toml --extra postgres --group build --universal --python-version 3.11 \
	  --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --upgrade -q -o requirements.lock
	$(BIN)/uv pip compile pyproject.toml --extra postgres --extra pkcs11 --group build --group dev --universal --python-version 3.11 \
	  --generate-hashes --no-emit-index-url --no-emit-find-links --no-header -c requirements.lock -q -o requirements-dev.lock
	$(BIN)/uv pip compile pyproject.toml --extra postgres --group build --group bench --universal --python-version 3.11 \
	  --generate-hashes --no-emit-index-url --no-emit-find-links --no-header -c requirements.lock -q -o requirements-bench.lock

clean: ## Forget the environment and the demo data
	rm -rf $(VENV) instance node_modules

%.mo: %.po
	@$(BIN)/pybabel -q compile -i $< -o $@

$(VENV)/bin/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed: make run PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
	  echo "python3 has no venv module: install the Debian package python3-venv, then try again"; exit 1; }

$(VENV)/.ready: requirements.lock pyproject.toml | $(VENV)/bin/pip
	@echo "Installing what the product needs..."
	@$(BIN)/pip install -q --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/pip install -q --disable-pip-version-check --no-build-isolation --no-deps -e .
	@touch $@

$(VENV)/.ready-dev: requirements-dev.lock $(VENV)/.ready
	@echo "Installing what the tests need..."
	@$(BIN)/pip install -q --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

$(VENV)/.ready-bench: requirements-bench.lock $(VENV)/.ready
	@echo "Installing what the benchmarks need..."
	@$(BIN)/pip install -q --disable-pip-version-check --require-hashes -r requirements-bench.lock
	@touch $@
