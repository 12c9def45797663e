# Gatelet. `make help` lists the targets.
PREFIX  ?= /usr/local
DESTDIR ?=

VERSION := $(shell sed -n 's/^\#define GATELET_VERSION "\(.*\)"/\1/p' include/gatelet.h)
LIBRARY := build/lib/libgatelet.so.$(VERSION)
STAGE   := build/stage
STAGED  := $(STAGE)/lib/libgatelet.so.$(VERSION)

SOURCES := $(shell find Sources Plugins include Package.swift -type f)
PACKAGING := $(wildcard scripts/packaging/*) scripts/install data/models.tsv bindings/c/gatelet_easy.h

.DEFAULT_GOAL := all
.PHONY: all help setup setup-tests install stage python-env demo test bench clean

all: $(LIBRARY) ## build the release library into build/lib (the default)

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):[^\#]*## /\1\t/p' $(MAKEFILE_LIST) | awk -F'\t' '{printf "  make %-12s %s\n", $$1, $$2}'
	@echo "  Variables of install: PREFIX (now $(PREFIX)) and DESTDIR."

setup: ## install from Debian what the build needs and this machine lacks
	@scripts/setup build

setup-tests:
	@scripts/setup build tests

# A finished library is not touched by `sudo make install`: only changed sources start the compiler.
$(LIBRARY): $(SOURCES) scripts/build-library
	@scripts/setup build
	@scripts/build-library $(VERSION)

install: $(LIBRARY) ## install library, headers, pkg-config file and CMake package below $(DESTDIR)$(PREFIX)
	@scripts/install $(VERSION) "$(PREFIX)" "$(DESTDIR)"

stage: $(STAGED) ## install into build/stage, which tests, benchmarks and examples use

$(STAGED): $(LIBRARY) $(PACKAGING) include/gatelet.h
	@scripts/install $(VERSION) "$(CURDIR)/$(STAGE)" ""

python-env: $(STAGED) setup-tests ## make build/venv, the Python environment of the tests
	@scripts/python-env

demo: $(STAGED) ## a chat, a stream and a model list, from C and from Python
	@scripts/setup build demo
	@scripts/demo

test: python-env ## run every test; the last line is the summary
	@scripts/test

bench: python-env ## measure against raw libcurl on the same local server
	@bench/run

clean: ## remove everything that was built
	rm -rf build .build .build-*
