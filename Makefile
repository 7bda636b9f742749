# Everything a developer does here, by name. `make help` lists it.

CARGO ?= cargo

.DEFAULT_GOAL := help

.PHONY: help
help: ## List what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: run
run: ## Start everything in one process, on one SQLite file in ./data
	$(CARGO) run

# A private PostgreSQL and a private Redis for the length of one command; they are installed where they are missing.
WITH_SERVERS = $(CARGO) run --quiet --locked --package offers-testkit --bin with-servers --

.PHONY: test
test: ## Run every test: units, contract suites, the real binaries end to end
	$(CARGO) build --workspace --bins --locked
	$(CARGO) test --workspace --doc --locked --quiet
	@if $(CARGO) nextest --version >/dev/null 2>&1; then \
		$(WITH_SERVERS) $(CARGO) nextest run --workspace --locked; \
	else \
		$(WITH_SERVERS) $(CARGO) test --workspace --locked --lib --bins --tests --no-fail-fast; \
	fi

.PHONY: test-otlp
test-otlp: ## Run the tests of the feature otlp, which is not in the usual build
	$(CARGO) build --workspace --bins --features offers/otlp --locked
	$(CARGO) test --workspace --features offers/otlp --locked --test e2e otlp

.PHONY: check
check: fmt-check lint docs book deny ## Everything that must hold besides the tests
	$(CARGO) test --locked --quiet --package offers --test architecture
	$(CARGO) test --locked --quiet --package offers-http --test openapi

# The alert rules once more, as the Prometheus operator takes them.
OPERATOR_RULES = deploy/kubernetes/monitoring/rules.yaml

.PHONY: pages
pages: ## Write the pages of the documentation that the program prints itself
	$(CARGO) run --quiet --locked --package offers -- explain --page > docs/errors.md
	$(CARGO) run --quiet --locked --package offers -- config reference > docs/settings.md
	$(CARGO) run --quiet --locked --package offers -- openapi > docs/openapi.json
	@sed -i '/^spec:/q' $(OPERATOR_RULES) && sed -n '/^groups:/,$$ s/^./  &/; /^  groups:/,$$ p' deploy/prometheus/rules.yml >> $(OPERATOR_RULES)

.PHONY: fmt
fmt: ## Format the code
	$(CARGO) fmt --all

.PHONY: fmt-check
fmt-check:
	$(CARGO) fmt --all --check

.PHONY: lint
lint: ## Clippy on everything, warnings denied
	$(CARGO) clippy --workspace --all-targets --all-features --locked -- -D warnings

.PHONY: docs
docs: ## Build the crate documentation, broken links denied
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --workspace --no-deps --locked --quiet

.PHONY: collections
collections: ## Write docs/collections, the tour for other programs
	$(CARGO) run --quiet --locked -- tour --export docs/collections

.PHONY: book
book: ## Build the documentation as a book in target/book, dead links denied
	$(CARGO) run --quiet --locked --package offers-book

# Programs of others, for what is written for them. Node and npm, python3, and the headers of libxml2 and OpenSSL must be
# there; Chromium is installed where it is missing.
TOOLS = target/tools

.PHONY: test-foreign
test-foreign: $(TOOLS)/node_modules/.package-lock.json $(TOOLS)/bin/hurl ## Play the collections with newman and Hurl, log in with a browser, read the diagrams with Mermaid
	$(CARGO) build --workspace --bins --features offers/foreign-programs --locked
	$(CARGO) test --workspace --features offers/foreign-programs --locked --test e2e foreign

$(TOOLS)/node_modules/.package-lock.json: tests/e2e/foreign/package-lock.json
	mkdir -p $(TOOLS) && cp tests/e2e/foreign/package.json tests/e2e/foreign/package-lock.json $(TOOLS)
	npm ci --prefix $(TOOLS)

# Its build reads C headers with libclang, which a Python package carries.
$(TOOLS)/bin/hurl:
	python3 -m pip install --quiet --target $(TOOLS)/libclang libclang==18.1.1
	LIBCLANG_PATH=$(CURDIR)/$(TOOLS)/libclang/clang/native BINDGEN_EXTRA_CLANG_ARGS=-I$$(cc -print-file-name=include) \
		$(CARGO) install hurl --version 8.0.1 --locked --bin hurl --root $(TOOLS)

.PHONY: deny
deny:
	@if command -v cargo-deny >/dev/null 2>&1; then \
		$(CARGO) deny --offline check bans licenses sources; \
	else \
		echo "cargo-deny is not installed: its rules on licences, bans and sources run as tests/architecture instead"; \
	fi

.PHONY: test-api
test-api: ## Ask the real server all that its contract allows and forbids, with Schemathesis
	$(CARGO) build --locked
	tests/api/run

# The schemas that the deployment files are held against come in Python packages, with a folder of their own.
CHECKERS = $(or $(CARGO_TARGET_DIR),target)/deploy-checkers

$(CHECKERS)/ready: deploy/requirements.txt
	python3 -m venv $(@D)
	$(@D)/bin/pip install --quiet --disable-pip-version-check --requirement $<
	@touch $@

.PHONY: check-deploy
check-deploy: $(CHECKERS)/ready ## Hold image, compose file and Kubernetes manifests against their schemas
	$(CHECKERS)/bin/hadolint deploy/Dockerfile
	$(CHECKERS)/bin/check-jsonschema --builtin-schema vendor.compose-spec deploy/compose.yaml
	$(CHECKERS)/bin/kubernetes-validate --kubernetes-version 1.34 --strict --quiet $(addprefix deploy/kubernetes/,\
		api.yaml config.yaml namespace.yaml network.yaml secret.example.yaml worker.yaml migrate/job.yaml)

.PHONY: bench
bench: ## Measure the release binaries on private servers, and write docs/benchmarks.md; BENCH_FLAGS=--quick tries it out
	$(CARGO) build --release --workspace --bins --locked
	"$${CARGO_TARGET_DIR:-target}/release/offers-bench" $(BENCH_FLAGS)
