# Everything here needs make and Python 3.11 or newer, nothing else: the first target that runs sets up .venv.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo test lint verify bench docs package clean

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
PYTHON ?=
ONLY ?=
WORKERS ?= 2
DEMO := runs/demo
# Ciw installs a package named `tests`, which would be found instead of ours: it gets a venv of its own.
BENCH := build/bench/venv
OTHERS := $(if $(ONLY),$(findstring ciw,$(ONLY))$(findstring salabim,$(ONLY)),all)

help:  ## list the targets
	@echo "make TARGET [PYTHON=python3.12] [WORKERS=2] [ONLY=compiled]"
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(READY)  ## simulate the day of two million contacts and draw the waits
	$(BIN)/supportsim run scenarios/support_baseline.yaml --seed 1 --out $(DEMO)
	$(BIN)/supportsim plot $(DEMO) -o $(DEMO)/wait.png
	$(BIN)/supportsim plot $(DEMO) -o $(DEMO)/wait.svg
	@echo "The picture: $(DEMO)/wait.png (and wait.svg beside it)"

# What the compiled engine does is tried once more as plain Python, which looks at every index.
NOT_COMPILED := $(addprefix tests/,test_engines_equal.py test_golden.py test_periods.py test_compiled_draws.py)

test: lint  ## lint, types and all tests that are not slow
	$(BIN)/python -m pytest -q -n $(WORKERS)
	NUMBA_DISABLE_JIT=1 MOST_EXAMPLES=6 $(BIN)/python -m pytest -q -n $(WORKERS) -k "not [reference" $(NOT_COMPILED)

lint: $(READY)  ## style (ruff) and types (mypy)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

verify: $(READY)  ## what takes longer, in parts that remember themselves; FULL=1: larger; ONLY=part; LIST=1
	@$(BIN)/python -m tools.verify --workers $(WORKERS) $(if $(ONLY),--only "$(ONLY)") $(if $(FULL),--full) \
	  $(if $(LIST),--list) $(if $(AGAIN),--again)

bench: $(READY) $(if $(OTHERS),$(BENCH)/.ready)  ## contacts per second beside other programs, about 20 minutes; ONLY=compiled: about 5
	$(if $(OTHERS),$(BENCH)/bin,$(BIN))/python -m benchmarks.bench $(if $(ONLY),--only $(ONLY))

docs: $(READY)  ## write the generated files again: docs/measures.md, scenarios/scenario.schema.json
	$(BIN)/python docs/build.py

package: $(READY)  ## build wheel and sdist into dist/ and try the wheel in a venv of its own
	rm -rf dist build/wheel
	$(BIN)/python -m build --outdir dist .
	$(BIN)/python -m venv build/wheel
	build/wheel/bin/python -m pip install -q -c constraints.txt dist/*.whl
	cd build && wheel/bin/supportsim --version && wheel/bin/supportsim list

clean:  ## remove .venv, caches and built packages (results in runs/ stay)
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find sim tests docs benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +

# One set-up for all targets, again only when the requirements change.
$(READY): pyproject.toml constraints.txt
	@python=""; \
	for candidate in $(or $(PYTHON),python3 python3.13 python3.12 python3.11 python3.14); do \
	  if "$$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	    python="$$candidate"; break; \
	  fi; \
	done; \
	if [ -z "$$python" ]; then \
	  echo "make: no Python 3.11 or newer found$(if $(PYTHON), under the name $(PYTHON));" \
	    "say which to take: make PYTHON=/path/to/python3" >&2; \
	  exit 1; \
	fi; \
	echo "Setting up $(VENV) with $$("$$python" --version) (once)"; \
	"$$python" -m venv --clear $(VENV)
	$(BIN)/python -m pip install -q -c constraints.txt -e '.[dev]'
	$(BIN)/supportsim compile
	@touch $@

# Tried again the next time where the other simulators cannot be had.
$(BENCH)/.ready: pyproject.toml constraints.txt | $(READY)
	$(BIN)/python -m venv --clear $(BENCH)
	@if $(BENCH)/bin/python -m pip install -q -c constraints.txt -e '.[bench]'; then \
	  touch $@; \
	else \
	  echo "make: Ciw and salabim cannot be installed here; going on without them" >&2; \
	  $(BENCH)/bin/python -m pip install -q -c constraints.txt -e .; \
	fi
