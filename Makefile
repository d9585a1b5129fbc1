# `make` lists what can be made.
.DEFAULT_GOAL := help
SHELL := bash
VENV := .venv/bin

# What has to be covered as a whole: the room speech, and the machine with the pure modules that it consists of.
MACHINE := announcements answer_commands answer_work appending assistant_turn barge_in called calling cut_off editing exchange idle_release ignored_speech \
	overlap partial push_to_talk remembered_facts resume saying state state_machine titling tone_choice tool_gate tool_results tuning user_turn
comma := ,

# Some container images forbid to store compiled modules. Every program that a test starts would then compile hundreds of them again.
unexport PYTHONDONTWRITEBYTECODE
WHOLE := src/voicecli/speech/*$(foreach each,$(MACHINE),$(comma)src/voicecli/session/$(each).py)

.PHONY: help
help: ## list what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

.PHONY: setup
setup: ## set up what `voicecli` needs: dependencies, llama.cpp, the starter models
	@scripts/setup.sh run

.PHONY: chat
chat: setup ## set up, then talk; options for the command go into ARGS="…"
	@$(VENV)/voicecli chat $(ARGS)

.PHONY: test
test: setup-test ## set up what tests need, then run all of them; slow ones again only when something has changed (or FRESH=1)
	@$(MAKE) --no-print-directory check test-quick
	@scripts/if_changed.sh engines $(VENV)/pytest -q -n 3 --dist loadfile --reruns 1 -m "(engines or install or processes) and not device"
	@scripts/if_changed.sh sound $(VENV)/pytest -q --reruns 2 -m device

.PHONY: test-quick
test-quick: ## the tests that need neither models nor sound nor seconds each (two to three minutes); ARGS="--seed N" repeats an order
	@$(VENV)/pytest -q -n 2 --dist worksteal -m "not engines and not device and not install and not processes" $(ARGS)

.PHONY: coverage
coverage: ## which lines and branches the quick tests run; fails unless they run all of speech/ and of the machine
	@rm -f .coverage .coverage.*
	@$(VENV)/coverage run -m pytest -q -n 2 --dist worksteal --timeout 120 -m "not engines and not device and not install" $(ARGS)
	@$(VENV)/coverage combine --quiet
	@$(VENV)/coverage report --skip-covered
	@$(VENV)/coverage report --show-missing --skip-covered --fail-under 100 --include "$(subst $() ,,$(WHOLE))"

.PHONY: check
check: ## style, types (for Linux, macOS and Windows), import directions
	@$(VENV)/ruff check --quiet . || { echo "T201: write with voicecli.app.console; only ui and cli print. TID253: import it in the function that needs it."; exit 1; }
	@$(VENV)/ruff format --quiet --check . || { echo "Run $(VENV)/ruff format ."; exit 1; }
	@$(VENV)/mypy --no-error-summary
	@$(VENV)/mypy --no-error-summary --platform darwin --no-warn-unreachable --no-warn-unused-ignores --cache-dir .mypy_cache/macos src
	@$(VENV)/mypy --no-error-summary --config-file mypy-windows.ini
	@$(VENV)/lint-imports --no-logo > /dev/null || { $(VENV)/lint-imports --no-logo; echo "docs/architecture.md (Rooms) says what each room may import. Move the code, or pass what it needs as an argument."; exit 1; }

.PHONY: setup-test
setup-test:
	@scripts/setup.sh test

.PHONY: setup-sound
setup-sound: ## install the sound libraries and the sound server that tests use
	@scripts/setup.sh sound

.PHONY: setup-mcp
setup-mcp: setup ## install what tools of MCP servers and `voicecli mcp` need
	@uv() { if [ -x .uv/bin/uv ]; then .uv/bin/uv "$$@"; else command uv "$$@"; fi; }; \
	uv pip install --quiet --python .venv --require-hashes -r requirements/mcp.txt

.PHONY: demo
demo: setup ## a conversation without a microphone: spoken questions from files, the answers into out.wav
	@$(VENV)/python scripts/demo.py

.PHONY: doctor
doctor: setup ## find out what is wrong
	@$(VENV)/voicecli doctor

.PHONY: figures
figures: setup setup-test ## measure this machine and write docs/latency.md; ARGS="--all" for all measurements
	@$(VENV)/python scripts/measure.py $(ARGS)

.PHONY: docs
docs: ## write the documents that are generated from the code
	@$(VENV)/python scripts/make_docs.py

.PHONY: lock
lock: ## choose the newest versions of all dependencies and write their hashes to requirements/
	@uv() { if [ -x .uv/bin/uv ]; then .uv/bin/uv "$$@"; else command uv "$$@"; fi; }; \
	compile() { uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-header "$$@"; }; \
	compile pyproject.toml -o requirements/runtime.txt && \
	compile pyproject.toml --group dev -o requirements/dev.txt && \
	for name in build uv compiler hotkey; do compile requirements/$$name.in -o requirements/$$name.txt; done && \
	compile requirements/mcp.in -c requirements/runtime.txt -o requirements/mcp.txt

.PHONY: audit
audit: ## bill of materials (CycloneDX), licences, known flaws of dependencies; nothing is fetched (see CONTRIBUTING)
	@$(VENV)/python scripts/audit.py $(ARGS)

.PHONY: install
install: ## install voicecli as a program of its own (~/.local/bin), from a wheel, with exactly the locked dependencies
	@scripts/setup.sh program

.PHONY: package
package: ## build the wheel
	@if [ -x .uv/bin/uv ]; then .uv/bin/uv build --quiet --wheel; else uv build --quiet --wheel; fi && ls dist/*.whl

.PHONY: fuzz
fuzz: setup-test ## attack what reads files and texts of strangers, for ten minutes; ARGS="--seconds 60 --only gguf" for less
	@$(VENV)/python scripts/fuzz.py --seconds 600 $(ARGS)

.PHONY: clean
clean: ## remove what was made here; models and caches outside the checkout stay
	rm -rf .venv .uv dist .test-models .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage .coverage.*
