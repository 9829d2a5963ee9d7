# Everything a newcomer and a developer calls. `make` alone lists it.
PYTHON = python3
VENV = .venv
BIN = $(VENV)/bin
DEFAULT_HOME = var
SERVICES = /tmp/hotline-services-$$(id -u)
PARALLEL = -n auto --dist loadfile
TEST_ARGS =
EXTRAS = test
TYPED = hotline/domain hotline/ports.py classifiers/personal_data classifiers/api.py kb/api.py telephony_bridge/api.py

.NOTPARALLEL:
.PHONY: help install install-test assets run test lint services services-stop bench bench-nlp screenshots clean

help: ## List what can be made.
	@grep -E '^[a-z-]+:.*## ' Makefile | sed 's/:.*## /|/' | while IFS='|' read -r name text; do printf '  make %-14s %s\n' "$$name" "$$text"; done

install: ## Make .venv with the pinned packages (once, until setup.cfg changes).
	@$(PYTHON) deploy/environment.py $(VENV)

install-test:
	@$(PYTHON) deploy/environment.py $(VENV) $(EXTRAS)

assets: install ## Build the styles, scripts and icons of the pages (cached).
	@$(BIN)/python -m hotline.web.build

run: assets ## Serve the whole platform on http://127.0.0.1:8345 with a starter city; prints the demo accounts.
	@HOTLINE_HOME="$${HOTLINE_HOME:-$(DEFAULT_HOME)}" $(BIN)/hotline serve --init

test: install-test lint ## Check style, types and architecture, then run every test that can run here.
	@$(BIN)/python -m hotline.web.build
	@sh deploy/browser.sh
	@$(BIN)/python -m pytest $(PARALLEL) $(TEST_ARGS)

lint: install-test ## Check style (ruff), types (mypy) and who may import whom (import-linter).
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check --quiet . || { echo "run: $(BIN)/ruff format ."; exit 1; }
	@$(BIN)/lint-imports
	@$(BIN)/mypy $(TYPED)

services: ## Start PostgreSQL, RabbitMQ and Elasticsearch for the tests; prints the lines to export.
	@bash deploy/services/all.sh start $(SERVICES)

services-stop: ## Stop what `make services` started.
	@bash deploy/services/all.sh stop $(SERVICES)

bench: assets ## Measure creation, lists, detail and search, printed as ratios.
	@$(BIN)/python -m bench

bench-nlp: ## Measure classifying and mining on a folder of real messages: make bench-nlp DATA=folder [NLP="--only speed"].
	@$(PYTHON) deploy/environment.py $(VENV) test train
	@$(BIN)/python -m bench.nlp $(DATA) $(NLP)

screenshots: install-test assets ## Take the README's pictures of the running product.
	@sh deploy/browser.sh
	@$(BIN)/python docs/screenshots.py

clean: ## Remove what was built here; the data in var/ stays.
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	rm -rf hotline/web/static/dist hotline/web/assets/node_modules
