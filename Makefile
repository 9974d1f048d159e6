# `make help` lists the targets. They need only Python 3 and make: the first target installs the rest.

PYTHON := .venv/bin/python
UV     := .uv/bin/uv
BIN    := .venv/bin
PORT   ?= 4566
STAGE  ?= dev
CHECKED := functions shared/crm tests local gates $(wildcard benchmarks)
# Keep the output of each parallel step together, where make supports it.
TOGETHER := -j2 -k --no-print-directory $(if $(filter output-sync,$(.FEATURES)),--output-sync=target)

export SAM_CLI_TELEMETRY := 0
export PORT

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# ── environment ─────────────────────────────────────────────────────────────────────────────────

.PHONY: install
install: .venv/.installed node_modules ## Create the environment (every other target does it too)

.uv/bin/uv:
	@python3 -c 'import ensurepip' 2>/dev/null || { \
	  echo "make needs python3 with venv and ensurepip on the PATH (Debian, Ubuntu: apt install python3-venv)." >&2; exit 1; }
	python3 -m venv .uv
	.uv/bin/python -m pip install --quiet --disable-pip-version-check uv==0.13.9

.venv/.installed: $(UV) uv.lock pyproject.toml layers/core/requirements.txt layers/spreadsheets/requirements.txt
	@$(UV) python find --quiet "$$(cat .python-version)" >/dev/null 2>&1 \
	  || $(UV) python install "$$(cat .python-version)" \
	  || { echo "Python $$(cat .python-version) is missing and uv could not install it: install it and run make again." >&2; exit 1; }
	$(UV) sync --quiet --locked
	@touch $@

.PHONY: node_modules
node_modules: gates/npm/node_modules/.package-lock.json
gates/npm/node_modules/.package-lock.json: gates/npm/package-lock.json gates/npm/package.json | .venv/.installed
	PATH="$(CURDIR)/$(BIN):$$PATH" npm ci --prefix gates/npm --ignore-scripts --no-audit --no-fund --no-update-notifier --loglevel=error
	@touch $@

.PHONY: lock
lock: $(UV) ## Update uv.lock from pyproject.toml and layers/*/requirements.txt
	$(UV) lock

# ── gates ───────────────────────────────────────────────────────────────────────────────────────

.PHONY: check
check: .venv/.installed node_modules ## Run every check: format, lint, types, layers, security, template, workflows, API, events
	@$(MAKE) $(TOGETHER) check-template check-types check-style check-layers check-security check-workflows check-openapi check-events
	@echo "All checks pass."

.PHONY: format
format: .venv/.installed ## Format the code and apply ruff's fixes
	$(BIN)/ruff check --quiet --fix-only .
	$(BIN)/ruff format .

.PHONY: check-style check-types check-layers check-security check-template check-workflows check-openapi check-events
check-style: .venv/.installed
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

check-types: .venv/.installed
	$(BIN)/mypy $(CHECKED)

check-layers: .venv/.installed
	$(BIN)/lint-imports --no-logo --cache-dir build/import-linter

check-security: .venv/.installed
	$(BIN)/bandit --quiet --recursive --configfile pyproject.toml functions shared/crm local gates

check-template: build/expanded.json
	$(BIN)/cfn-lint --config-file .cfnlintrc -- build/expanded.json
	$(BIN)/checkov --config-file .checkov.yaml --file build/expanded.json

build/expanded.json: template.yaml gates/expand.py .venv/.installed
	@mkdir -p $(@D)
	$(PYTHON) -m gates.expand template.yaml $@

check-workflows: .venv/.installed node_modules
	$(PYTHON) -m gates.asl statemachines

check-openapi: .venv/.installed
	$(PYTHON) -m gates.openapi --check docs/api/openapi.json

check-events: .venv/.installed
	$(PYTHON) -m gates.events --check docs/events

.PHONY: events
events: .venv/.installed ## Write docs/events from the event models
	$(PYTHON) -m gates.events docs/events

.PHONY: openapi
openapi: .venv/.installed ## Write docs/api/openapi.json from the routes
	$(PYTHON) -m gates.openapi docs/api/openapi.json

# ── tests ───────────────────────────────────────────────────────────────────────────────────────

.PHONY: test
test: .venv/.installed node_modules ## Run all tests except the slow ones
	$(BIN)/pytest -m "not slow" -n auto --cited=build/cited.json

.PHONY: test-e2e
test-e2e: .venv/.installed node_modules ## Run the end-to-end tests alone, in another order with SHUFFLE=1, 2, …
	$(BIN)/pytest tests/e2e $(if $(SHUFFLE),--random-order-bucket=module --random-order-seed=$(SHUFFLE))

.PHONY: test-slow
test-slow: .venv/.installed node_modules ## Run the tests that take minutes
	$(BIN)/pytest -m slow || [ $$? -eq 5 ]  # 5: pytest found no slow tests

.PHONY: bench bench-full
bench: .venv/.installed node_modules ## Measure speed and cost, in 5 minutes on an idle machine
	@$(PYTHON) -m benchmarks quick

bench-full: .venv/.installed node_modules ## Measure also with a million customers, in 90 minutes
	@$(PYTHON) -m benchmarks full

build/cited.json:
	-@$(MAKE) --no-print-directory test

.PHONY: requirements
requirements: .venv/.installed build/cited.json ## List the requirements that no passing test of the last run cites
	@$(PYTHON) -m gates.requirements build/cited.json

# ── local stack ─────────────────────────────────────────────────────────────────────────────────

.PHONY: run stop logs reset address token merchant export import deploy redrive audit erasures
run: .venv/.installed node_modules ## Build, start and deploy the stack on 127.0.0.1:PORT and leave it running
	@$(PYTHON) -m local run

stop: .venv/.installed ## Stop the local stack and keep its data
	@$(PYTHON) -m local stop

logs: .venv/.installed ## Follow the logs of the local stack
	@$(PYTHON) -m local logs

reset: .venv/.installed ## Stop the local stack and delete its data
	@$(PYTHON) -m local reset

address: .venv/.installed ## Print the API's address of the local stack
	@$(PYTHON) -m local address

token: .venv/.installed ## Print an ID token for curl: ROLE=manager MERCHANT=…
	@$(PYTHON) -m local token --role "$(or $(ROLE),manager)" $(if $(MERCHANT),--merchant "$(MERCHANT)")

merchant: .venv/.installed ## Create a merchant: NAME="…" OWNER=owner@example.vn, on AWS with STAGE=dev|prod
	@$(PYTHON) -m local merchant --name "$(NAME)" --owner "$(OWNER)" \
	  $(if $(filter command,$(firstword $(origin STAGE))),--stage "$(STAGE)")

export: .venv/.installed ## Export the demo merchant's customers: SCOPE=all FORMAT=xlsx FILTER='{"group": "vip"}'
	@$(PYTHON) -m local export --scope "$(or $(SCOPE),all)" --format "$(or $(FORMAT),xlsx)" \
	  --locale "$(or $(LOCALE),vi)" --role "$(or $(ROLE),manager)" \
	  $(if $(FILTER),--filter '$(FILTER)') $(if $(IDS),--ids "$(IDS)") $(if $(MERCHANT),--merchant "$(MERCHANT)")

import: .venv/.installed ## Import a file for the demo merchant: FILE=customers.xlsx MODE=overwrite|create_duplicate|skip DRY_RUN=1
	@$(PYTHON) -m local import --file "$(FILE)" --mode "$(or $(MODE),overwrite)" \
	  --kind "$(or $(KIND),customers)" --role "$(or $(ROLE),manager)" \
	  $(if $(filter-out 0 no,$(DRY_RUN)),--dry-run) $(if $(OPENING),--opening-balances) $(if $(MERCHANT),--merchant "$(MERCHANT)")

deploy: .venv/.installed ## Build and deploy to AWS: STAGE=dev|prod
	@$(PYTHON) -m local deploy --stage "$(STAGE)"

redrive: .venv/.installed ## Send dead letters back to their queue: QUEUE=orders|checkouts|interactions|customer-syncs
	@$(PYTHON) -m local redrive --queue "$(QUEUE)" \
	  $(if $(filter command,$(firstword $(origin STAGE))),--stage "$(STAGE)")

audit: .venv/.installed ## Compare a merchant's metrics with its orders: MERCHANT=… REPAIR=yes
	@$(PYTHON) -m local audit --merchant "$(MERCHANT)" $(if $(REPAIR),--repair) \
	  $(if $(filter command,$(firstword $(origin STAGE))),--stage "$(STAGE)")

erasures: .venv/.installed ## After a restore, apply the old table's erasures: MERCHANT=… LEFT=<old table>
	@$(PYTHON) -m local erasures --merchant "$(MERCHANT)" $(if $(LEFT),--left "$(LEFT)") \
	  $(if $(filter command,$(firstword $(origin STAGE))),--stage "$(STAGE)")

.PHONY: clean
clean: ## Remove the output of checks and builds; keep the local stack's data
	rm -rf build .aws-sam .mypy_cache .ruff_cache .pytest_cache .hypothesis
