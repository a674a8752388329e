# Needs only git, make and Python 3.10 or newer. `make train` and `make test` install into .venv on their first run, and
# again whenever pyproject.toml has changed.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=
PYTHONS ?= python3.10 python3.11 python3.12 python3.13

# RLlib pins this one, which Ray users therefore have; everybody else has the newest.
PINNED_GYMNASIUM := 1.2.2

.PHONY: help train test test-gymnasium test-slow test-ray test-clients test-readers test-bounds test-mutants test-release test-pythons check audit docs clean

help:
	@echo "Times are for two CPU cores; the first installation adds one to three minutes."
	@echo "make train           install, then train PPO (20 minutes); flags go into ARGS, as in: make train ARGS='--seed 1'"
	@echo "make test            install with the test extra, then run the fast tests (10 minutes)"
	@echo "make test-gymnasium  the tests of the environment, with the Gymnasium version that RLlib pins (a minute)"
	@echo "make test-slow       the slow tests (tens of minutes)"
	@echo "make test-ray        the tests that start Ray clusters, installed into .venv-ray (15 minutes)"
	@echo "make test-clients    third-party libraries train on the environment, installed into .venv-clients (6 minutes)"
	@echo "make test-readers    exports are read by other tools, installed into .venv-readers (3 minutes)"
	@echo "make test-bounds     100,000 random stroke sequences, with numba's bounds checks (5 minutes)"
	@echo "make test-mutants    small changes to the code that no test notices, in .venv-mutants (hours; ARGS='reward --sample 5')"
	@echo "make test-release    wheel and sdist, installed away from the checkout: every command runs (a few minutes)"
	@echo "make test-pythons    test and test-release on every Python in PYTHONS, each in its own environment (an hour)"
	@echo "make check           formatting, lint and types (1 minute)"
	@echo "make audit           licences, none of which may be the GPL, and known vulnerabilities (a minute)"
	@echo "make docs            the documentation site, into build/site; a warning is an error (20 seconds)"
	@echo "make clean           remove .venv, .venv-*, and build and cache files"

train: $(VENV)/.installed $(VENV)/.kernels
	$(BIN)/python -m cutout_rl.train --algo ppo $(ARGS)

test: $(VENV)/.installed-test $(VENV)/.compiled
	$(BIN)/python -m pytest -n auto --maxprocesses 4 $(ARGS)

# Beside the installation, which keeps its own.
test-gymnasium: export PYTHONPATH = $(CURDIR)/build/gymnasium-$(PINNED_GYMNASIUM)
test-gymnasium: $(VENV)/.installed-test $(VENV)/.kernels
	PIP_CONSTRAINT= $(BIN)/python -m pip install --quiet --upgrade --no-deps --target "$$PYTHONPATH" \
		gymnasium==$(PINNED_GYMNASIUM)
	$(BIN)/python -c 'import gymnasium; assert gymnasium.__version__ == "$(PINNED_GYMNASIUM)"'
	$(BIN)/python -m pytest -n auto --maxprocesses 4 tests/test_env.py tests/test_vector_env.py $(ARGS)

test-slow: $(VENV)/.installed-test $(VENV)/.kernels
	$(BIN)/python -m pytest -m slow $(ARGS)

test-ray:
	$(MAKE) VENV=.venv-ray .venv-ray/.installed-ray .venv-ray/.kernels
	.venv-ray/bin/python -m pytest -m slow tests/test_cluster.py tests/test_rllib.py tests/test_scaling.py \
		tests/test_search.py $(ARGS)

test-clients:
	$(MAKE) VENV=.venv-clients .venv-clients/.installed-clients .venv-clients/.kernels
	.venv-clients/bin/python -m pytest -m "slow or not slow" tests/test_clients.py tests/test_minari.py $(ARGS)

# Exports are written here and read by other tools, in an environment of their own.
test-readers: export CUTOUT_RL_READERS = $(CURDIR)/.venv-readers/bin/python
test-readers: $(VENV)/.installed-test .venv-readers/.installed
	$(BIN)/python -m pytest -m "slow or not slow" tests/test_readers.py $(ARGS)

# Kernels compiled earlier do not look at their indices, hence a cache of its own.
test-bounds: export NUMBA_BOUNDSCHECK = 1
test-bounds: export NUMBA_CACHE_DIR = $(CURDIR)/$(VENV)/.bounds-checked
test-bounds: export CUTOUT_RL_FUZZ = 100000
test-bounds: $(VENV)/.installed-test
	rm -rf $(VENV)/.bounds-checked
	$(BIN)/python -m pytest -m "slow or not slow" tests/test_segmenter_fuzz.py $(ARGS)

test-mutants: .venv-mutants/.installed
	.venv-mutants/bin/python tests/mutants.py $(ARGS)

test-release: $(VENV)/.installed-test
	$(BIN)/python -m pytest -m slow tests/test_release.py

test-pythons:
	@set -e; for python in $(PYTHONS); do \
		$(MAKE) test test-release PYTHON=$$python VENV=.venv-$$(basename $$python); \
	done

check: $(VENV)/.installed-test
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

# A package of our own test tools is looked at too; without a network no vulnerability is known.
audit: $(VENV)/.installed-test
	$(BIN)/pip-licenses --partial-match --fail-on GPL --order license
	$(BIN)/pip-audit --skip-editable --progress-spinner off

docs: $(VENV)/.installed-docs
	$(BIN)/mkdocs build --strict

clean:
	rm -rf $(VENV) .venv-* build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@command -v $(PYTHON) >/dev/null || \
		{ echo "There is no $(PYTHON) here: install Python 3.10 or newer, or name one with PYTHON=/path/to/python." >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || \
		{ echo "$(PYTHON) is older than Python 3.10: name a newer one with PYTHON=/path/to/python." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
		{ echo "$(PYTHON) lacks its venv module: install it (on Debian and Ubuntu, apt install python3-venv)." >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

# The venv itself is only a prerequisite to exist: its python is a link to a file of any age.
$(VENV)/.installed: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --editable .
	@touch $@

$(VENV)/.installed-test: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --editable '.[test]'
	@touch $(VENV)/.installed $@

$(VENV)/.installed-ray: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --editable '.[test,ray]'
	@touch $(VENV)/.installed $(VENV)/.installed-test $@

# They have pins of their own.
$(VENV)/.installed-clients: pyproject.toml tests/clients-requirements.txt | $(BIN)/python
	PIP_CONSTRAINT= $(BIN)/python -m pip install --editable '.[minari]' --requirement tests/clients-requirements.txt
	@touch $(VENV)/.installed $@

.venv-readers/.installed: tests/readers-requirements.txt | $(BIN)/python
	$(PYTHON) -m venv .venv-readers
	PIP_CONSTRAINT= .venv-readers/bin/python -m pip install --requirement tests/readers-requirements.txt
	@touch $@

.venv-mutants/.installed: pyproject.toml tests/mutants-requirements.txt
	$(PYTHON) -m venv .venv-mutants
	.venv-mutants/bin/python -m pip install --editable '.[test]' --requirement tests/mutants-requirements.txt
	@touch $@

$(VENV)/.installed-docs: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --editable '.[docs]'
	@touch $(VENV)/.installed $@

# numba recompiles a kernel when its own file changes, but not when one it calls from another file does.
$(VENV)/.kernels: $(shell find cutout_rl agents experiments -name '*.py') | $(BIN)/python
	@find cutout_rl agents \( -name '*.nbi' -o -name '*.nbc' \) -delete
	@touch $@

$(VENV)/.compiled: $(VENV)/.installed-test $(VENV)/.kernels
	$(BIN)/python tests/compile_kernels.py
	@touch $@
