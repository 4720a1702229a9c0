# The short way to everything; CMake and its presets do the work.
#
#   make            build/nadir (optimised)
#   make demo       packages, build, and a first training run on data/wdbc.csv
#   make test       packages, build, all tests
#   make test-full  and clang, sanitizers, reference BLAS without threads, fuzzers
#   make bench      ratios against other programs, installed from Debian; QUICK=1: in a few minutes
#   make bench-check  the quick ones: fails when a ratio fell by more than a third
#   make install    PREFIX=/usr/local DESTDIR=
#   make format     clang-format over all C files
PREFIX ?= /usr/local
JOBS ?= $(shell nproc)

.PHONY: all setup build demo test test-full bench bench-check install format clean

all: build

setup:
	@tools/setup.sh

build:
	@cmake --preset release --log-level=WARNING >/dev/null
	@cmake --build --preset release -j $(JOBS) -- --quiet

demo: setup
	@$(MAKE) --no-print-directory build
	@tools/demo.sh

test: setup
	@$(MAKE) --no-print-directory build
	@ctest --preset release -j $(JOBS)

test-full: setup
	@tools/test_full.sh

bench: setup
	@$(MAKE) --no-print-directory build
	@tools/bench.sh $(if $(QUICK),--quick)

bench-check: setup
	@$(MAKE) --no-print-directory build
	@tools/bench.sh --check

install: build
	cmake --install build --prefix $(PREFIX)

format:
	@tools/format.sh

clean:
	rm -rf build build-* demo
