# The commands of a working copy. `make demo` and `make test` need nothing but Python 3.11, git and make:
# each sets up what it needs in .venv first, from the hashed lock files in requirements/.

VENV   := .venv
BIN    := $(VENV)/bin
JOBS   ?= 2
ARGS   ?=
TYPED  := gateway adapters conformance mappings benchmarks
# Debian packages that tests drive as real components; without them such a test is skipped by name.
# A browser prints the conformance report; it needs a font that has Chinese characters.
DEBIAN := postgresql chromium fonts-noto-cjk
LOCK   := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 \
          --generate-hashes --no-header --no-emit-index-url
PIP    := $(BIN)/python -m pip --quiet --disable-pip-version-check --no-input

export PYTHONUTF8 := 1

.PHONY: help setup demo conformance test mutants check format bench lock clean debian
.DEFAULT_GOAL := help

help:
	@echo 'make demo    a hospital day and its internet visits, live, up to the regulator (ARGS="--once --json")'
	@echo 'make conformance  tests the demo gateway clause by clause; the report is in conformance-report/'
	@echo 'make test    every test (ARGS="-k er7"; QIAO_REQUIRE_ALL=1 forbids skips)'
	@echo 'make mutants every conformance check against every broken gateway; writes docs/conformance-mutants.md'
	@echo 'make check   lint, format, types, layers: what CI runs'
	@echo 'make bench   the figures, beside the peers (ARGS="--quick")'
	@echo 'make setup   .venv with everything; make format, make lock, make clean'

setup: $(VENV)/.dev

demo: $(VENV)/.runtime
	@$(BIN)/qiao demo $(ARGS)

# Exit code 1 is a finding, not a mistake: the demo does not offer everything that is asked for. The suite `fuzz`
# needs hypothesis, which is no part of the product.
conformance: $(VENV)/.dev
	@$(BIN)/qiao conformance demo $(ARGS) || [ $$? = 1 ]

test: $(VENV)/.dev .venv-peer/.ready debian
	@$(BIN)/python -m pytest -n $(JOBS) --dist loadgroup $(ARGS)

# The page is written of whatever was found, so that a mutant that survives is seen there. What was found is kept
# in .mutants, and at the end in the repository: one that was cut goes on (ARGS="--say", "--only name", "--only-suites", "--anew", "--share", JOBS=3).
mutants: $(VENV)/.dev
	@PYTHONPATH=tests/conformance $(BIN)/python -m mutants.sweep .mutants --jobs $(JOBS) $(ARGS)

check: $(VENV)/.dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy --strict $(TYPED)
	@$(BIN)/lint-imports
	@$(BIN)/python -m conformance.catalogue

format: $(VENV)/.dev
	@$(BIN)/ruff check --fix-only --quiet .
	@$(BIN)/ruff format .

bench: $(VENV)/.runtime .venv-bench/.peers
	@$(BIN)/python -m benchmarks $(ARGS)

lock: $(VENV)/.dev
	@$(PIP) install 'uv>=0.5'
	@$(LOCK) --group build --output-file requirements/build.txt
	@$(LOCK) pyproject.toml --output-file requirements/runtime.txt
	@$(LOCK) pyproject.toml --group dev --group build --constraint requirements/runtime.txt \
	  --constraint requirements/build.txt --output-file requirements/dev.txt
	@$(LOCK) --group bench --output-file requirements/bench.txt
	@$(LOCK) --group peer --output-file requirements/peer.txt

clean:
	rm -rf $(VENV) .venv-bench .venv-peer .bench .mutants build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache \
	  .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# As root the missing packages are installed; elsewhere the tests that need one are skipped and say so.
# npm, which fetches the official FHIR examples, is looked for by its command: it comes in several packages.
debian:
	@missing=; command -v npm >/dev/null || missing=" npm"; for package in $(DEBIAN); do \
	  dpkg-query --show --showformat='$${Status}' $$package 2>/dev/null | grep -q 'install ok installed' \
	    || missing="$$missing $$package"; done; \
	if [ -z "$$missing" ]; then exit 0; fi; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing; \
	else echo "tests that need these packages will be skipped: apt-get install$$missing"; fi

$(VENV)/.runtime: requirements/runtime.txt requirements/build.txt pyproject.toml | $(BIN)/python
	@echo 'qiao: installing into $(VENV) …'
	@$(PIP) install --require-hashes -r requirements/build.txt -r requirements/runtime.txt
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@$(BIN)/python -m compileall -q -j 0 gateway adapters # as for any installed package: each start saves a third of a second
	@touch $@

$(VENV)/.dev: requirements/dev.txt $(VENV)/.runtime
	@$(PIP) install --require-hashes -r requirements/dev.txt
	@touch $@

.venv-bench/.peers: requirements/bench.txt $(VENV)/.runtime
	@$(BIN)/python -m venv .venv-bench && echo '*' > .venv-bench/.gitignore
	@.venv-bench/bin/python -m pip --quiet --disable-pip-version-check install --require-hashes -r requirements/bench.txt
	@touch $@

# A FHIR server that is not ours, the second target of the conformance harness; it wants an older FastAPI than we have.
.venv-peer/.ready: requirements/peer.txt $(VENV)/.runtime
	@$(BIN)/python -m venv .venv-peer && echo '*' > .venv-peer/.gitignore
	@.venv-peer/bin/python -m pip --quiet --disable-pip-version-check install --require-hashes -r requirements/peer.txt
	@touch $@

# The first interpreter that really starts and is new enough; PYTHON=… goes first.
$(BIN)/python:
	@for candidate in $(PYTHON) python3 python3.13 python3.12 python3.11 python; do \
	  if $$candidate -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then found=$$candidate; break; fi; \
	done; \
	if [ -z "$$found" ]; then \
	  echo 'qiao needs Python 3.11 or newer (apt-get install python3 python3-venv), or say make PYTHON=/path/to/python3.11' >&2; \
	  exit 1; fi; \
	if ! $$found -c 'import ensurepip, venv' 2>/dev/null && [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq python3-venv; fi; \
	$$found -m venv $(VENV) || { rm -rf $(VENV); \
	  echo "this Python cannot make virtual environments: apt-get install python3-venv" >&2; exit 1; }
