# make demo    a working day of the desk, in the terminal, with nothing else installed
# make test    everything CI runs: set-up, style, types, contracts, tests on real servers
# make check   the same without tests: seconds, not minutes
# make docs    docs/commands.md, made of the rules
# make bench   figures of this machine
# The first call sets .venv up from requirements.lock; later calls find it ready.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
DEMO := $(BIN)/python -m maild.demo
PYTEST_ARGS ?=

# Quiet, because pip otherwise tells where its packages come from; its errors are still shown.
PIP := -m pip --disable-pip-version-check --quiet --quiet

.PHONY: demo test check docs helper bench system setup lock clean
.DELETE_ON_ERROR:

demo: .venv/ready
	@$(DEMO)

# pytest comes last, so that its closing line is the last word.
test: system check
	@$(BIN)/python -m pytest $(PYTEST_ARGS)

check: .venv/ready
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/ruff check --quiet .
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/mypy

# What is written of data: a test holds it to them.
docs: .venv/ready
	@$(BIN)/maild commands base > docs/commands.md

# The statistical helper, from the examples beside it and nothing else.
helper: .venv/ready
	@$(BIN)/maild rules train rules/base --only nature --only urgency \
		--examples rules/pnpais/examples.jsonl --examples rules/osce/examples.jsonl
	@for each in pnpais osce; do $(BIN)/maild rules train rules/$$each --only service || exit 1; done

bench: .venv/ready system
	@$(BIN)/python -m bench.parse
	@$(BIN)/python -m bench.corpora
	@$(BIN)/python -m bench.newtext
	@$(BIN)/python -m bench.intake
	@$(BIN)/python -m bench.mutated
	@$(BIN)/python -m bench.crash --kills 200 --database sqlite
	@$(BIN)/python -m bench.crash --kills 200 --database postgresql

system:
	@sh tests/system/install.sh

setup: .venv/ready

# Debian ships Python without ensurepip unless python3-venv is there; then the pip of the machine fills the new folder.
.venv/libraries: requirements.lock requirements-source.lock
	@test -n "$(PYTHON)" || { echo "maild needs Python 3.11 or newer: apt-get install python3" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "maild needs Python 3.11 or newer; $(PYTHON) is older. Say which: make PYTHON=python3.11 …" >&2; exit 1; }
	@echo "Setting up .venv …"
	@rm -rf .venv
	@if $(PYTHON) -c 'import ensurepip' 2>/dev/null; then \
		$(PYTHON) -m venv .venv && $(BIN)/python $(PIP) install --require-hashes --only-binary :all: -r requirements.lock; \
	elif $(PYTHON) -c 'import pip' 2>/dev/null; then \
		$(PYTHON) -m venv --without-pip .venv \
		&& $(PYTHON) $(PIP) --python $(BIN)/python install --require-hashes --only-binary :all: -r requirements.lock; \
	else \
		echo "Python has neither ensurepip nor pip: apt-get install python3-venv python3-pip" >&2; exit 1; \
	fi
	@touch $@

.venv/ready: .venv/libraries pyproject.toml
	@if $(BIN)/python -c 'import pip' 2>/dev/null; then installer="$(BIN)/python $(PIP)"; \
		else installer="$(PYTHON) $(PIP) --python $(BIN)/python"; fi; \
		$$installer install --require-hashes --no-deps --no-build-isolation -r requirements-source.lock \
		&& $$installer install --no-deps --no-build-isolation --editable .
	@touch $@

# After a change of pyproject.toml; needs uv, which nobody else needs.
lock:
	@uv pip compile --quiet --extra test --generate-hashes --python-version 3.11 --no-header \
		--no-emit-index-url --no-emit-find-links pyproject.toml -o requirements.lock >/dev/null

clean:
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache demo-out dist build
