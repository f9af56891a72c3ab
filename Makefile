# What a developer and CI run. `make test` installs what the tests need and checks everything.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.NOTPARALLEL:
.DEFAULT_GOAL := help

CARGO ?= cargo
TARGET := $(or $(CARGO_TARGET_DIR),$(CURDIR)/target)
TOOLS := $(TARGET)/tools
DENY_VERSION := 0.20.2
FUZZ := $(wildcard */fuzz/Cargo.toml */*/fuzz/Cargo.toml)

.PHONY: help test deps fmt fmt-check lint deny fuzz doc check-tests soak demo demo-stop lab bench clean

help:
	@echo 'make test     everything CI checks: formatting, lints, licences, fuzz corpora, docs, all tests'
	@echo 'make soak     15 minutes of everything dying under churn and traffic; SECONDS=120 is what CI does'
	@echo 'make demo     three hypervisors, real frames, narrated; KEEP=1 leaves it running, make demo-stop ends it'
	@echo 'make lab      one real hypervisor to try things on (docs/tutorial.md); N=3 for more, LAB=DIR for the place'
	@echo 'make fmt      format the source and the rules'
	@echo 'make lint     clippy, warnings are errors'
	@echo 'make bench    benchmarks: the engine beside others (table and plots in target/bench), the rules at scale, a new port'
	@echo '              on real switches, micro-benchmarks; SCALE=0.1 is quick (docs/benchmarks.md)'
	@echo 'make deps     install Open vSwitch and OVN programs that the tests run (Debian)'
	@echo 'make clean    remove what was built'

# The tests come last, so that the runner's closing lines end the output.
test: deps fmt-check lint deny fuzz doc
	$(MAKE) soak SECONDS=120
	$(MAKE) check-tests

deps:
	@tests/install-deps

# Rust, and the rules by our own formatter.
fmt:
	$(CARGO) fmt --all
	$(CARGO) run --quiet --locked --bin weir -- fmt rules

fmt-check:
	$(CARGO) fmt --all --check
	$(CARGO) run --quiet --locked --bin weir -- fmt --check rules

lint:
	$(CARGO) clippy --workspace --all-targets --locked -- -D warnings

# The advisory database is a git repository on GitHub. Where that cannot be reached the check is skipped, and
# says so; every other part of the check, and a database that was fetched, must pass.
deny: $(TOOLS)/bin/cargo-deny
	$(TOOLS)/bin/cargo-deny --all-features check --hide-inclusion-graph licenses bans sources
	@if timeout 60 $(TOOLS)/bin/cargo-deny fetch db >$(TOOLS)/fetch.log 2>&1; then \
	  $(TOOLS)/bin/cargo-deny --all-features check --disable-fetch advisories; \
	else \
	  tail -n 3 $(TOOLS)/fetch.log; \
	  echo 'advisories: NOT CHECKED, the advisory database cannot be fetched from this machine'; \
	fi

$(TOOLS)/bin/cargo-deny:
	@if found=$$(command -v cargo-deny); then mkdir -p $(@D) && ln -sf "$$found" $@; \
	else CARGO_TARGET_DIR=$(TOOLS)/build $(CARGO) install cargo-deny --version $(DENY_VERSION) --locked --debug \
	  --config profile.dev.debug=false --root $(TOOLS) && rm -rf $(TOOLS)/build; fi

# Every fuzz target is built and fed its committed corpus. Looking for new inputs is `cargo fuzz run`.
# The fuzz crates are workspaces of their own, without lock files: they are lent ours, and share a target directory.
fuzz:
	@for manifest in $(FUZZ); do \
	  dir=$$(dirname $$manifest); \
	  cp Cargo.lock $$dir/Cargo.lock; \
	  CARGO_TARGET_DIR=$(TARGET)/fuzz $(CARGO) build --quiet --manifest-path $$manifest --bins; \
	  rm $$dir/Cargo.lock; \
	  for target in $$(sed -n 's|^path = "fuzz_targets/\(.*\)\.rs"|\1|p' $$manifest); do \
	    binary=$(TARGET)/fuzz/debug/$$target; corpus=$$dir/corpus/$$target; \
	    if [ ! -d $$corpus ]; then echo "fuzz target $$dir/$$target: built; it has no corpus"; continue; fi; \
	    $$binary -runs=0 $$corpus >/dev/null 2>$(TARGET)/fuzz.log || { tail -n 30 $(TARGET)/fuzz.log; exit 1; }; \
	    echo "fuzz corpus of $$dir/$$target: ok"; \
	  done; \
	done

doc:
	RUSTDOCFLAGS='-D warnings' $(CARGO) doc --workspace --no-deps --locked

check-tests:
	@mkdir -p $(TARGET)
	@status=0; \
	$(CARGO) test --workspace --locked --no-fail-fast 2>&1 | tee $(TARGET)/test.log || status=$$?; \
	awk '/^test result:/ { passed += $$4; failed += $$6; ignored += $$8; suites++ } \
	  END { printf "all suites: %d passed; %d failed; %d ignored; %d suites\n", passed, failed, ignored, suites }' \
	  $(TARGET)/test.log; \
	exit $$status

# A failure names the seed that repeats it: WEIR_SOAK_SEED.
soak: deps
	WEIR_SOAK_SECONDS=$(or $(SECONDS),900) $(CARGO) test --locked --test soak -- --ignored --nocapture

demo: deps
	$(CARGO) build --locked --bin weir
	KEEP=$(KEEP) WEIR_BIN=$(TARGET)/debug/weir $(CARGO) run --locked --quiet -p weir-lab --bin demo

demo-stop:
	@script=$${WEIR_DEMO_DIR:-$${TMPDIR:-/tmp}/weir-demo}/stop; \
	if [ -e "$$script" ]; then sh "$$script"; else echo "no demo was left running ($$script is not there)"; fi

lab: deps
	@$(CARGO) run --locked --quiet -p weir-lab --bin lab -- $(or $(LAB),$${TMPDIR:-/tmp}/weir-lab) $(or $(N),1)

# The table comes last, so that it ends the output.
bench: deps
	$(CARGO) build --release --locked -p weir -p weir-perf --bins
	$(CARGO) bench --locked -p weir-engine -p openflow --benches
	$(TARGET)/release/rules_scale
	$(TARGET)/release/port_latency --weir $(TARGET)/release/weir
	$(TARGET)/release/engines --scale $(or $(SCALE),1) --out $(TARGET)/bench

clean:
	$(CARGO) clean
