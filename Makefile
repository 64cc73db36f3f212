PYTHON ?= python3
DISWOT_DATA ?= $(abspath $(firstword $(wildcard ../shared/data)))
BIN := .venv/bin
export DISWOT_DATA

.PHONY: demo test check docs format lock clean reliability

demo: .venv/.user  ## install, and recommend a student for ResNet-56 with 100 classes
	$(BIN)/diswot search --teacher resnet56 --classes 100 --space nasbench201 --max-params 0.5M --evaluations 300 --seed 0 --out runs/demo

test: .venv/.dev  ## install, and run the whole suite
	$(BIN)/pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder

reliability: .venv/.dev  ## kill, crash and pester the service for an hour, and write reliability.json
	$(BIN)/pip install --quiet 'schemathesis>=4'
	$(BIN)/python -m tests.service.reliability --out reliability.json

check: .venv/.dev  ## formatter, linter, strict type checker
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

docs: .venv/.dev  ## build the documentation as a site in site/
	$(BIN)/mkdocs build --strict

format: .venv/.dev  ## let ruff format and fix
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lock: .venv/.dev  ## write the installed versions into requirements/constraints.txt
	$(BIN)/pip freeze --exclude-editable > requirements/constraints.txt

clean:  ## remove what was installed
	rm -rf .venv

.venv/.user: pyproject.toml requirements/constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet -c requirements/constraints.txt -e .
	touch $@

.venv/.dev: .venv/.user
	$(BIN)/pip install --quiet -c requirements/constraints.txt -e '.[dev]'
	touch $@
