# `make up` and `make test` need nothing but Python 3.11 and the package registries.
PYTHON ?= python3
UV := tools/uv-requirements.txt
BIN := .venv/bin
STACK ?= dev
KEYCLOAK ?= 26.4.0
READY := .venv/.ready

# Python keeps what it compiles: without that, each worker of pytest rewrites every test file, and each command compiles us.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup up down verify check test test-unit conformance bench bench-docker bench-scale bench-server stubs docs requirements release format clean test-older keycloak chaos chaos-short fuzz soak bench-rotation check-code check-rules check-others

help:  ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

$(READY): pyproject.toml uv.lock $(UV)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "error: Python 3.11 or newer is needed; $(PYTHON) is older. Set PYTHON=python3.x."; exit 1; }
	@test -x $(BIN)/python || { echo "· making .venv"; $(PYTHON) -m venv .venv || { echo "error: no venv module; on Debian: apt-get install python3-venv"; exit 1; }; }
	@$(BIN)/uv --version 2>/dev/null | tr ' ' '\n' | grep -qxF "$$(sed -n 's/^uv==\([^ ]*\).*/\1/p' $(UV))" || { echo "· installing uv"; $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $(UV); }
	@echo "· installing the packages of uv.lock (a minute the first time)"
	@VIRTUAL_ENV=$(CURDIR)/.venv $(BIN)/uv sync --active --frozen --inexact --compile-bytecode --quiet
	@$(BIN)/python -m compileall -q provision
	@touch $(READY)

setup: $(READY)  ## make .venv with everything in it

up: $(READY)  ## start the stack, prove it, say what to do next (STACK=dev)
	@$(BIN)/provision -s $(STACK) up
	@$(BIN)/provision -s $(STACK) verify
	@echo; $(BIN)/provision -s $(STACK) status
	@echo "Next: $(BIN)/provision client-config vscode -s $(STACK)    connects a client; docs/servers.md: your own server"

verify: $(READY)  ## prove that tokens are really checked
	@$(BIN)/provision -s $(STACK) verify

down: $(READY)  ## remove everything that `make up` started
	@$(BIN)/provision -s $(STACK) down

check: $(READY)  ## format, lint, types, imports, unit tests (half a minute)
	@$(MAKE) --no-print-directory -j 2 --output-sync=target check-rules check-others check-code

# Three jobs for two processors. Workers of pytest would tell each other of every test, which costs a third of the time.
check-code: $(READY)
	@$(BIN)/ruff format --check --quiet . && $(BIN)/ruff check --quiet .
	@$(BIN)/mypy --no-error-summary
	@$(BIN)/lint-imports --no-logo

check-rules: $(READY)
	@$(BIN)/python -m pytest tests/unit/rules tests/unit/runtimes tests/unit/verify -q --durations=5

check-others: $(READY)
	@$(BIN)/python -m pytest tests/unit -q --durations=5 --ignore tests/unit/rules --ignore tests/unit/runtimes --ignore tests/unit/verify

test: $(READY)  ## every test, against a real Keycloak and a real browser
	@$(BIN)/python -m tests.support.requirements test
	@$(BIN)/python -m pytest tests/e2e tests/integration tests/processes tests/server tests/fuzz tests/unit -q -n 3 --dist loadfile --no-loadscope-reorder --durations=60 --durations-min=1

chaos: $(READY)  ## commands killed at any moment, disks filled, daemons gone: the next run converges
	@$(BIN)/python -m tests.support.requirements test
	@$(BIN)/python -m pytest tests/chaos -q -n 3 --dist loadscope --durations=20 --durations-min=1

chaos-short: $(READY)  ## the part of it that continuous integration runs
	@$(BIN)/python -m tests.support.requirements test
	@$(BIN)/python -m pytest tests/chaos/test_kill_matrix.py tests/chaos/test_nothing_lost.py -q -n 3 --dist loadscope --durations=20 --durations-min=1

fuzz: $(READY)  ## stack files, exports, answers and requests made by chance, for some minutes
	@FUZZ_EXAMPLES=$(or $(FUZZ_EXAMPLES),3000) $(BIN)/python -m pytest tests/fuzz -q -n 2 --timeout 1800 --durations=5

conformance: $(READY)  ## the official MCP conformance suite, with authorization on (WRITE=1 writes its page)
	@TEST_ALL_REQUIRED=1 $(BIN)/python -m tests.support.requirements conformance
	@TEST_ALL_REQUIRED=1 $(BIN)/python -m pytest tests/conformance -q --durations=5 $(if $(WRITE),--write-page)

# What a version can change: the life of each kind of object, adoption, and what an audit reads.
OLDER := $(addprefix tests/integration/,$(addsuffix .py,rules/test_factory rules/test_audit_roles test_adoption test_authentication_flows \
  test_builtin test_identity_providers test_keycloak_objects test_realm_settings test_realms test_registration_policies \
  test_role_scope_mappings))

test-older: $(READY)  ## the objects of a realm and its audit on an older Keycloak (KEYCLOAK=26.4.0)
	@TEST_KEYCLOAK_VERSION=$(KEYCLOAK) $(BIN)/python -m pytest $(OLDER) -q -n 2 --dist loadfile --durations=20

keycloak: $(READY)  ## make another version of Keycloak the one of all stacks, and try it (VERSION=)
	@$(BIN)/python -m tools.keycloak_version $(VERSION)

test-unit: $(READY)
	@$(BIN)/python -m pytest tests/unit -q

bench: $(READY)  ## time the commands beside what a user would do instead
	@$(BIN)/python -m benchmarks.run

bench-docker: $(READY)  ## time a stack in containers beside plain docker (starts a daemon if none runs)
	@$(BIN)/python -m benchmarks.containers

bench-scale: $(READY)  ## time realms of 10, 100 and 1,000 objects beside a python-keycloak script
	@$(BIN)/python -m benchmarks.scale

bench-server: $(READY)  ## calls per second of the server with and without authorization (needs wrk)
	@$(BIN)/python -m benchmarks.load

bench-rotation: $(READY)  ## ten thousand calls while all secrets and keys are rotated: none may fail
	@$(BIN)/python -m benchmarks.rotation

soak: $(READY)  ## ten minutes of 50 clients, with stacks coming and going: nothing may grow (SOAK_MINUTES=10)
	@$(BIN)/python -m benchmarks.soak --minutes $(or $(SOAK_MINUTES),10)

stubs: $(READY)  ## write the type stubs of the resource classes
	@$(BIN)/python -m provision.resources.stubs

docs: $(READY)  ## write the pages of docs/resources/, the list of docs/rules.md and the settings of docs/server.md
	@$(BIN)/python -m tools.resource_pages
	@$(BIN)/python -m tools.rules_page
	@$(BIN)/python -m tools.settings_table
	@$(BIN)/python -m tools.drift_table

requirements: $(READY)  ## write what the container images install, from uv.lock
	@$(BIN)/python -m tools.image_requirements

release: $(READY)  ## build wheel, sdist, SBOM and checksums of the tagged commit into dist/ (DRY=1: of any commit)
	@$(BIN)/python -m tools.release $(if $(DRY),--dry)

format: $(READY)
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix .

clean:  ## remove .venv and caches of this folder
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
