# Gatelet. `make help` lists the targets.
PREFIX  ?= /usr/local
DESTDIR ?=
LIBDIR  ?= $(PREFIX)/lib
MANDIR  ?= $(PREFIX)/share/man
DOCDIR  ?= $(PREFIX)/share/doc/gatelet

VERSION := $(shell sed -n 's/^\#define GATELET_VERSION "\(.*\)"/\1/p' include/gatelet.h)
# Another machine than this one: MACHINE=aarch64 SYSROOT=<its files> (docs/building.md).
MACHINE ?=
SYSROOT ?=
BUILD   := build$(MACHINE:%=/%)
export MACHINE SYSROOT BUILD
LIBRARY := $(BUILD)/lib/libgatelet.so.$(VERSION)
STAGE   := $(BUILD)/stage
STAGED  := $(STAGE)/lib/libgatelet.so.$(VERSION)

SOURCES := $(shell find Sources Plugins include Package.swift -type f)
PACKAGING := $(wildcard scripts/packaging/*) scripts/install scripts/man-pages data/models.tsv bindings/c/gatelet_easy.h

.DEFAULT_GOAL := all
.PHONY: all help setup setup-tests install uninstall stage python-env demo gateway docs test test-all fuzz bench dist setup-dist clean

all: $(LIBRARY) ## build the release library into build/lib (the default)

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):[^\#]*## /\1\t/p' $(MAKEFILE_LIST) | awk -F'\t' '{printf "  make %-12s %s\n", $$1, $$2}'
	@echo "  A part of the tests:"
	@echo "    scripts/test Lists               one suite: a folder of Tests, or swift, the unit tests"
	@echo "    scripts/test swift PlanningTests some of the unit tests: a folder of them, or a suite in one"
	@echo "    scripts/test ABI -k cancel       tests of any suite whose name contains it; without a suite, of all of them"
	@echo "  Variables of install and uninstall: PREFIX (now $(PREFIX)), LIBDIR, MANDIR, DOCDIR and DESTDIR."

setup: ## install from Debian what the build needs and this machine lacks
	@scripts/setup build

setup-tests:
	@scripts/setup build tests

# A finished library is not touched by `sudo make install`: only changed sources start the compiler.
$(LIBRARY): $(SOURCES) scripts/build-library
	@scripts/setup $(if $(MAY_INSTALL),,--check) build
	@scripts/build-library $(VERSION) $(BUILD)

placed = LIBDIR="$(LIBDIR)" MANDIR="$(MANDIR)" DOCDIR="$(DOCDIR)"

install: $(LIBRARY) ## install library, headers, pkg-config file, CMake package, man pages and documents
	@$(placed) scripts/install $(VERSION) "$(PREFIX)" "$(DESTDIR)"

uninstall: ## remove what install put there
	@$(placed) scripts/uninstall $(VERSION) "$(PREFIX)" "$(DESTDIR)"

# Who asks for one of these lets it install from Debian what is missing.
demo gateway test test-all python-env bench dist: MAY_INSTALL = yes

stage: $(STAGED) ## install into build/stage, which tests, benchmarks and examples use

$(STAGED): $(LIBRARY) $(PACKAGING) include/gatelet.h
	@mkdir -p build/logs
	@scripts/install $(VERSION) "$(STAGE)" "" >build/logs/stage.log

python-env: $(STAGED) setup-tests ## make build/venv, the Python environment of the tests
	@scripts/python-env

demo: $(STAGED) ## a chat, a stream and a model list, from C and from Python
	@scripts/setup build demo
	@scripts/demo

gateway: $(STAGED) ## start the example of a gateway on the development provider, and say how to ask it (GATEWAY_PORT=8080)
	@scripts/setup build gateway
	@scripts/gateway

docs: ## build the documentation as a site into build/site
	@scripts/docs

test: python-env ## run every test, in half an hour on two cores; the last line is the summary
	@scripts/test

test-all: python-env ## run every test, those too that take long: all modes of the C tests, packages, another machine, volume
	@scripts/test --long

fuzz: ## run the fuzzers for FUZZ_SECONDS (600) together; see Tests/Fuzz/README.md
	@Tests/Fuzz/fuzz

bench: python-env ## measure against raw libcurl on the same local server
	@bench/run

dist: $(LIBRARY) setup-dist ## make the packages of a release in build/dist: sources, binaries, Debian packages, wheel, checksums, bill of materials
	@scripts/dist

setup-dist:
	@scripts/setup build dist

clean: ## remove everything that was built
	rm -rf build .build .build-*
