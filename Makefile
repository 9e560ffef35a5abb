# The commands of the project. Each installs what is missing first; nothing is fetched twice.

HOST ?= 127.0.0.1
PORT ?= 8000
MINUTES ?= 10
BIN := .venv/bin
PYTHON ?= python3

.PHONY: install install-dev run test check format bench soak

install:
	@$(PYTHON) tools/setup.py

install-dev:
	@$(PYTHON) tools/setup.py --dev

run: install
	@SHARING_DEMO=1 $(BIN)/sharing serve --host $(HOST) --port $(PORT)

test: install-dev
	$(BIN)/pytest -n logical --dist loadfile --no-loadscope-reorder

check: install-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: install-dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: install-dev
	$(BIN)/python -m tests.bench

soak: install-dev
	MINUTES=$(MINUTES) $(BIN)/pytest -n 0 -m soak
