# Everything a developer or CI runs. `make` alone says what there is.
SHELL := /bin/bash
.DEFAULT_GOAL := help

BIN := .venv/bin
# The environment is remade when anything that it was made from changes.
MADE_FROM := pyproject.toml setup.py .ci/environment $(sort $(wildcard ext/xcp_kernels/*.pyx ext/xcp_kernels/*.pxd)) $(sort $(wildcard requirements/*.txt requirements/npm/*.json))
STAMP := .venv/made-from-$(shell cat $(MADE_FROM) | sha256sum | cut -c1-16)
# Two more than there are cores: two of them have real hypervisors, and mostly wait for them.
WORKERS ?= $(shell echo $$(($$(nproc) + 2)))

.PHONY: help env lint test demo prove prove-sample bench bench-balance fuzz-kernels kernels-html lock crds

help: ## this list
	@sed -n 's/^\([-a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 16

env: $(STAMP) ## system packages (apt, asks sudo) and .venv; again only when the locks change

$(STAMP):
	@.ci/environment
	@touch $@

lint: env ## ruff, mypy, basedpyright, import contracts, cython-lint
	@.ci/lint

test: env ## lint, then every test; real hypervisors where root and packages allow
	@status=0; .ci/lint || status=$$?; $(BIN)/pytest -n $(WORKERS) --dist loadgroup --ignore tests/bench || status=$$?; exit $$status

demo: env ## three real machines on two real hosts: converged, broken by hand, healed, moved (about two minutes)
	@$(BIN)/python -m examples.demo

prove: env ## the whole proof, resumable (hours); its figures go to docs/proof.md
	@$(BIN)/python -m tests.proof --page docs/proof.md

SEED ?= 1
MINUTES ?= 25
prove-sample: env ## a fair part of the proof, drawn by SEED=N, within half an hour
	@$(BIN)/python -m tests.proof --sample $(SEED) --minutes $(MINUTES)

bench: env ## measured speed against the figures that docs/ promises
	@$(BIN)/pytest -p no:xdist tests/bench

bench-balance: env ## twenty minutes of real guests whose need moves, under a MemoryPolicy; a plot into docs/bench (as root)
	@$(BIN)/python -m tests.bench.balance_guests

CASES ?= 1000000
fuzz-kernels: env ## CASES=N (a million) drawn hosts through both twins of the kernels, by SEED=N; their answers must be equal
	@$(BIN)/python -m tests.kernels.fuzz --cases $(CASES) --seed $(SEED)

kernels-html: env ## build/kernels/*.html: what of the kernels is still Python, line by line
	@mkdir -p build/kernels
	@for kernel in ext/xcp_kernels/*.pyx; do $(BIN)/cython --annotate -o "build/kernels/$$(basename "$${kernel%.pyx}").c" "$$kernel" || exit; done
	@ls build/kernels/*.html

crds: env ## crds/*.yaml from the wire model
	@$(BIN)/python -m xcp_reconciler.api.crds crds

# Needs the system packages: libvirt-python tells its dependencies only where libvirt's headers are.
COMPILE := uv pip compile --quiet --python $(BIN)/python --universal --generate-hashes --no-header --no-emit-index-url --no-emit-find-links --no-build-isolation
lock: env ## requirements/*.txt from pyproject.toml, newest versions, hash-pinned
	@export PATH="$$PATH:$(CURDIR)/$(BIN)"; \
	$(COMPILE) --upgrade requirements/build.in -o requirements/build.txt && \
	$(COMPILE) --upgrade requirements/uv.in -o requirements/uv.txt && \
	$(COMPILE) --upgrade pyproject.toml requirements/build.in --extra libvirt --extra dev -c requirements/build.txt -o requirements/dev.txt
