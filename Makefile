# Everything that people and CI do here. `make` alone lists it.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules

UV_VERSION := 0.13.9
PYTHON := .venv/bin/python
STAMP := .venv/.synced
CACHE := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/litellm-azure
# A uv that is installed already; else our own, in the user's cache.
UV := $(or $(shell command -v uv 2>/dev/null),$(CACHE)/uv-$(UV_VERSION)/bin/uv)
OWN_PYTHON := $(or $(shell command -v python3 2>/dev/null),python)
PYTHONS := 3.11 3.12 3.13
# Where Python may not keep what it compiles, every preview would compile the SDK anew: half of its time.
COMPILE := $(if $(PYTHONDONTWRITEBYTECODE),--compile-bytecode)
# In the order of tests/conftest.py: xdist by itself deals out the files with the most tests first.
DEALT := -n 2 --dist loadfile --no-loadscope-reorder
# More arguments for pytest or bench: make test ARGS="-k rename"
ARGS ?=

.PHONY: help demo setup test test-all bench lint format clean

help: ## List the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(STAMP) ## Deploy the gateway to an offline Azure on this machine, and ask it a question
	@$(PYTHON) -m demo

setup: $(STAMP) ## Install everything into .venv
	@:

test: lint ## Check style and types, and run every test
	@$(PYTHON) -m pytest $(DEALT) $(ARGS)

test-all: lint ## Run every test on each supported Python that is installed, then cut an up short at every operation
	@for version in $(PYTHONS); do \
	  if ! found=$$($(UV) python find --no-project --system "$$version" 2>/dev/null); then \
	    echo "Python $$version is not installed: left out"; continue; \
	  fi; \
	  echo "Python $$version ($$found)"; \
	  export UV_PROJECT_ENVIRONMENT=".venv/python-$$version"; \
	  $(UV) sync --locked --quiet $(COMPILE) --python "$$found"; \
	  "$$UV_PROJECT_ENVIRONMENT/bin/python" -m pytest $(DEALT) $(ARGS); \
	done
	@$(PYTHON) -m pytest tests/cut_short -n 2 --dist load --cut-short all

bench: $(STAMP) ## Measure: imports, the engine's runs, calls of the gateway; ARGS="--json FILE"
	@$(PYTHON) -m bench $(ARGS)

lint: $(STAMP) ## Check format, style and types
	@$(PYTHON) -m ruff format --check --quiet
	@$(PYTHON) -m ruff check --quiet
	@$(PYTHON) -m mypy

format: $(STAMP) ## Format the code, and mend what can be mended
	@$(PYTHON) -m ruff format
	@$(PYTHON) -m ruff check --fix

clean: ## Stop the offline Azure and forget it; the next command installs .venv anew
	@if [ -x $(PYTHON) ] && [ -d "$${OFFLINE_HOME:-.offline}" ]; then $(PYTHON) -m offline reset; fi
	@rm -f $(STAMP)

$(STAMP): pyproject.toml uv.lock | $(UV)
	@UV_PROJECT_ENVIRONMENT=.venv $(UV) sync --locked --quiet $(COMPILE)
	@touch $@

# Made whole or not at all, like everything in the cache.
$(CACHE)/uv-$(UV_VERSION)/bin/uv:
	@echo "Installing uv $(UV_VERSION) into $(CACHE) ..."
	@mkdir -p $(CACHE)
	@rm -rf "$(CACHE)/.uv-$$PPID" && $(OWN_PYTHON) -m venv "$(CACHE)/.uv-$$PPID"
	@"$(CACHE)/.uv-$$PPID/bin/python" -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@rm -rf $(CACHE)/uv-$(UV_VERSION) && mv "$(CACHE)/.uv-$$PPID" $(CACHE)/uv-$(UV_VERSION)
