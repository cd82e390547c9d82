# pawl: plain GNU make, no configure step. `make help` lists the targets; README.md says what they are for.
# Each flavour builds into its own folder, build/FLAVOR, so that no flavour rebuilds another.

VERSION := 0.1.0
SOVER   := 0
FLAVOR  ?= release
CFLAGS  ?= -O2 -g
O       := build/$(FLAVOR)

PREFIX     ?= /usr/local
LIBDIR     ?= $(PREFIX)/lib
INCLUDEDIR ?= $(PREFIX)/include
BINDIR     ?= $(PREFIX)/bin
MANDIR     ?= $(PREFIX)/share/man
DESTDIR    ?=

.DEFAULT_GOAL := all

# `make setup X` must not read the rest of this file before the packages are there: $(shell pkg-config) would run too soon.
OTHER := $(filter-out setup,$(MAKECMDGOALS))
ifneq ($(filter setup,$(MAKECMDGOALS)),)

.NOTPARALLEL:
setup: ; @tests/setup
ifneq ($(OTHER),)
.PHONY: $(OTHER)
$(OTHER): setup ; +@$(MAKE) --no-print-directory $@
endif

else

# ---- dependencies ---------------------------------------------------------------------------------------------------
NEED := liburcu-bp liburcu-cds ck
MISS := $(shell for p in $(NEED); do pkg-config --exists $$p 2>/dev/null || echo $$p; done)
ifneq ($(MISS),)
ifneq ($(filter-out help clean,$(or $(MAKECMDGOALS),all)),)
$(error pawl needs $(MISS): make setup)
endif
endif
URCU_CFLAGS := $(shell pkg-config --cflags liburcu-bp liburcu-cds ck 2>/dev/null)
URCU_LIBS   := $(shell pkg-config --libs liburcu-bp liburcu-cds 2>/dev/null)
CMOCKA_LIBS := $(shell pkg-config --libs cmocka 2>/dev/null)
JSON_CFLAGS := $(shell pkg-config --cflags jansson 2>/dev/null)
JSON_LIBS   := $(shell pkg-config --libs jansson 2>/dev/null)

# ---- flavours -------------------------------------------------------------------------------------------------------
SAN.tsan  := -fsanitize=thread
SAN.asan  := -fsanitize=address -fno-omit-frame-pointer
SAN.ubsan := -fsanitize=undefined -fno-sanitize-recover=all
SAN.coverage := --coverage -fprofile-update=atomic -O0
SAN.debug := -O0
# The flavours that run the unit tests carry the labelled kill points; release does not (src/core/point.h).
POINTS    := $(if $(filter test tsan asan ubsan coverage debug,$(FLAVOR)),-DPAWL_POINTS)
CC.clang  := clang
CC        := $(or $(CC.$(FLAVOR)),$(if $(filter default,$(origin CC)),gcc,$(CC)))
TSA       := $(if $(findstring clang,$(CC)),-Wthread-safety)

WARN := -std=c11 -Wall -Wextra -Wpedantic -Wshadow -Wmissing-prototypes -Wvla -Wcast-qual -Werror
# Flavour flags follow CFLAGS, or its -O2 would undo their -O0.
ALL   = $(WARN) -D_GNU_SOURCE -Iinclude -Isrc -pthread -fPIC -fvisibility=hidden -ftls-model=initial-exec \
	$(URCU_CFLAGS) $(CFLAGS) $(SAN.$(FLAVOR)) $(POINTS)

# ---- what is built --------------------------------------------------------------------------------------------------
LIB_SRC := $(wildcard src/core/*.c src/space/*.c)
LIB_OBJ := $(LIB_SRC:%.c=$(O)/%.o)
CLI_SRC := $(wildcard src/cli/*.c)
CLI_OBJ := $(CLI_SRC:%.c=$(O)/%.o)
A  := $(O)/libpawl.a
SO := $(O)/libpawl.so.$(VERSION)

UNIT     := $(patsubst %.c,$(O)/%,$(wildcard tests/unit/test_*.c))
CRASH    := $(patsubst %.c,$(O)/%,$(wildcard tests/crash/crash_*.c))
POINTED  := $(patsubst %.c,$(O)/%,$(wildcard tests/crash/point_*.c))
EXAMPLES := $(patsubst %.c,$(O)/%,$(wildcard tests/examples/eg_*.c))
HARNESS  := $(patsubst %.c,$(O)/%.o,$(wildcard tests/lib/*.c))
BENCH    := $(patsubst %.c,$(O)/%,$(wildcard bench/bench_*.c))
BENCHLIB := $(patsubst %.c,$(O)/%.o,$(filter-out $(wildcard bench/bench_*.c),$(wildcard bench/*.c)))
EXCHANGE := $(O)/exchange

all: $(A) $(SO) $(O)/pawl ## the library, static and shared, and the command

$(O)/src/%.o: ALL += $(TSA)
$(O)/src/cli/%.o: ALL += $(JSON_CFLAGS)
$(O)/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(CC) $(ALL) -MMD -MP -c $< -o $@

$(A): $(LIB_OBJ)
	@rm -f $@
	ar rcs $@ $^

$(SO): $(LIB_OBJ) src/pawl.map
	$(CC) $(ALL) -shared -Wl,-soname,libpawl.so.$(SOVER),--version-script=src/pawl.map,--no-undefined-version \
		-Wl,-z,nodelete $(if $(SAN.$(FLAVOR)),,-Wl,-z,defs) -o $@ $(LIB_OBJ) $(URCU_LIBS)
	ln -sf $(@F) $(O)/libpawl.so.$(SOVER)
	ln -sf $(@F) $(O)/libpawl.so

$(O)/pawl: $(CLI_OBJ) $(A)
	$(CC) $(ALL) -o $@ $^ $(URCU_LIBS) $(JSON_LIBS)

$(UNIT) $(CRASH) $(POINTED): $(O)/%: $(O)/%.o $(HARNESS) $(A)
	$(CC) $(ALL) -o $@ $^ $(URCU_LIBS) $(CMOCKA_LIBS)

$(EXAMPLES): $(O)/%: $(O)/%.o $(A)
	$(CC) $(ALL) -o $@ $^ $(URCU_LIBS)

$(BENCH): $(O)/%: $(O)/%.o $(BENCHLIB) $(A)
	$(CC) $(ALL) -o $@ $^ $(URCU_LIBS) -lm

$(EXCHANGE): $(patsubst %.c,$(O)/%.o,$(wildcard tests/exchange/*.c)) $(A)
	$(CC) $(ALL) -o $@ $^ $(URCU_LIBS)

-include $(shell find $(O) -name '*.d' 2>/dev/null)

help: ## this list
	@sed -n 's/^\([a-z][a-z -]*\):.*## /\1\t/p' Makefile | expand -t24

clean: ## remove build/
	rm -rf build

.PHONY: all help clean

endif
