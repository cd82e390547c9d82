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
.PHONY: setup $(OTHER)
setup: ## install what is missing; goes before any other target: make setup test; for the demo on one host, less
	@tests/setup $(if $(REMOTE)$(filter-out demo,$(OTHER)),,$(OTHER))
ifneq ($(OTHER),)
$(OTHER): setup ; +@$(MAKE) --no-print-directory $@
endif

else

# ---- dependencies ---------------------------------------------------------------------------------------------------
NEED := liburcu-bp liburcu-cds ck jansson $(if $(filter units points crashes stresses remotes,$(MAKECMDGOALS)),cmocka)
MISS := $(shell for p in $(NEED); do pkg-config --exists $$p 2>/dev/null || echo $$p; done)
ifneq ($(MISS),)
ifneq ($(filter-out help clean uninstall format format-check dist,$(or $(MAKECMDGOALS),all)),)
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
# Both look at each access by itself and do not mind each other: one build for the two.
SAN.asan  := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
SAN.ubsan := -fsanitize=undefined -fno-sanitize-recover=all
SAN.coverage := --coverage -fprofile-update=atomic -O0
SAN.debug := -O0
# With libFuzzer's eyes; its main() is linked to the targets only (tests/fuzz). A local that is used after its function has returned
# is looked for only when asked at run time: the code that asks, in every function, is left out.
SAN.fuzz  := -fsanitize=fuzzer-no-link,address,undefined -fsanitize-address-use-after-return=never -fno-sanitize-recover=all \
	-fno-omit-frame-pointer
# The flavours that run the unit tests carry the labelled kill points; release does not (src/core/point.h).
POINTS    := $(if $(filter test tsan asan ubsan coverage debug clang fuzz,$(FLAVOR)),-DPAWL_POINTS)
CC.clang  := clang
CC.fuzz   := clang
CC        := $(or $(CC.$(FLAVOR)),$(if $(filter default,$(origin CC)),gcc,$(CC)))
TSA       := $(if $(findstring clang,$(CC)),-Wthread-safety)

# The explorer's build: the shipped source with its atomics, its memory and its clock swapped (tests/model/model.h).
SAN.model := -O1 -Wno-unused-value -DPAWL_ATOMICS='"tests/model/atomics.h"' -DPAWL_NO_PROBES -I.
# The shipped library, and one with nothing to be traced, nothing counted but grants; where functions lie may not decide.
SAN.aligned := -falign-functions=64
SAN.bare    := -falign-functions=64 -DPAWL_NO_PROBES -DPAWL_NO_FIGURES
# The simulator's: its own points in the place of point.h.
SAN.sim   := -include tests/sim/point.h
SWAP      := $(foreach f,aligned_alloc free memcpy timespec_get,-D$(f)=model_$(f)) -include tests/model/swap.h

WARN := -std=c11 -Wall -Wextra -Wpedantic -Wshadow -Wmissing-prototypes -Wvla -Wcast-qual -Werror
# Flavour flags follow CFLAGS, or its -O2 would undo their -O0.
ALL   = $(WARN) -D_GNU_SOURCE -Iinclude -Isrc -pthread -fPIC -fvisibility=hidden -ftls-model=initial-exec \
	$(URCU_CFLAGS) $(CPPFLAGS) $(CFLAGS) $(SAN.$(FLAVOR)) $(POINTS)
LINK  = $(CC) $(ALL) $(LDFLAGS)

# ---- what is built --------------------------------------------------------------------------------------------------
LIB_SRC := $(wildcard src/core/*.c src/space/*.c src/remote/*.c)
LIB_OBJ := $(LIB_SRC:%.c=$(O)/%.o)
CLI_SRC := $(wildcard src/cli/*.c)
CLI_OBJ := $(CLI_SRC:%.c=$(O)/%.o)
# Backends, each a shared object of its own, loaded by the scheme of a URL: its folder, and the client library it is made with.
BACKENDS := redis etcd zk
FROM.redis := redis
FROM.etcd  := etcd
FROM.zk    := zookeeper
BACKEND_LIBS.redis := -lhiredis
BACKEND_LIBS.etcd  := -lcurl $(JSON_LIBS)
BACKEND_LIBS.zk    := -lzookeeper_st
BACKEND_SO := $(BACKENDS:%=$(O)/backends/libpawl-%.so)
# Missed by name, not by the compiler.
CLIENT.redis := hiredis/hiredis.h
CLIENT.etcd  := curl/curl.h
CLIENT.zk    := zookeeper/zookeeper.h
ifneq ($(filter backends install,$(MAKECMDGOALS)),)
NO_CLIENT := $(foreach b,$(BACKENDS),$(shell $(CC) $(CPPFLAGS) -include $(CLIENT.$(b)) -xc -fsyntax-only /dev/null 2>/dev/null || echo $(CLIENT.$(b))))
ifneq ($(strip $(NO_CLIENT)),)
$(error the backends need $(NO_CLIENT): make setup, or name in BACKENDS= those that are wanted, of $(BACKENDS))
endif
endif
A  := $(O)/libpawl.a
SO := $(O)/libpawl.so.$(VERSION)

# One thread that shares nothing has nothing to show to ThreadSanitizer.
SINGLE   := $(patsubst %,tests/unit/test_%.c,backoff base bench_% history names remote_url tenure tenure_time url)
units_of  = $(filter-out $(if $(filter tsan,$(1)),$(SINGLE)),$(sort $(wildcard tests/unit/test_*.c)))
UNIT     := $(patsubst %.c,$(O)/%,$(call units_of,$(FLAVOR)))
CRASH    := $(patsubst %.c,$(O)/%,$(wildcard tests/crash/crash_*.c))
POINTED  := $(patsubst %.c,$(O)/%,$(wildcard tests/crash/point_*.c))
STRESS   := $(patsubst %.c,$(O)/%,$(wildcard tests/stress/stress_*.c))
SCENES   := $(patsubst %.c,$(O)/%.o,$(filter-out tests/stress/stress_%,$(wildcard tests/stress/*.c)))
# Of those that need a real server, sanitizers see what one thread does that mostly waits: one of them is enough, and for what is
# particular to a service.
ALONE    := $(addprefix tests/remote/remote_,directory.c proxy.c) $(wildcard tests/remote/remote_lock*.c)
WHOLE    := $(sort $(wildcard tests/remote/remote_*.c))
ONCE     := $(addprefix tests/remote/remote_,cohort.c ensemble.c history.c scenes.c redis_express.c redis_legacy.c etcd_cost.c etcd_key.c etcd_v3lock.c)
# These take longest: the others run beside them, not after them.
LENGTHY  := $(addprefix tests/remote/remote_,etcd.c zookeeper.c redis_legacy.c etcd_v3lock.c etcd_key.c scenes.c)
remotes_of = $(if $(filter $(1),tsan ubsan coverage),$(ALONE),$(ALONE) $(filter-out $(ALONE) $(if $(filter $(1),asan),$(ONCE)),$(WHOLE)))
REMOTES  := $(patsubst %.c,$(O)/%,$(call remotes_of,$(FLAVOR)))
REMOTELIB := $(patsubst %.c,$(O)/%.o,$(filter-out tests/remote/remote_% tests/remote/with_server.c,$(wildcard tests/remote/*.c)))
WITH_SERVER := $(addprefix $(O)/tests/,remote/server.o remote/port.o lib/harness.o lib/tap.o)
GUARDED  := $(patsubst %.c,$(O)/%,$(wildcard tests/remote/examples/guarded_*.c))
DIRECTORY := $(addprefix $(O)/tests/remote/,directory.o ledger.o shelf.o)
FUZZ     := $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZERS  := $(FUZZ:%=$(O)/tests/fuzz/fuzz_%)
EXAMPLES := $(patsubst %.c,$(O)/%,$(wildcard tests/examples/eg_*.c))
HARNESS  := $(patsubst %.c,$(O)/%.o,$(wildcard tests/lib/*.c))
BENCH    := $(O)/pawl-bench
BENCHLIB := $(patsubst bench/%,$(O)/bench/%.o,$(basename $(filter-out bench/main.c bench/remote/% bench/probes/%, \
	$(wildcard bench/*.c bench/*/*.c bench/*/*.cc))))
# Through lock services: it links their clients, which nobody needs who measures locks.
BENCHREMOTE := $(O)/pawl-bench-remote
BENCHPROBES := $(O)/pawl-bench-probes
# Locks of others to measure against, if they are here; where not, their rows say so (and PEERS= leaves them out). Looked
# for once, and only when a benchmark is built.
PEERS     = $(eval PEERS := $(shell $(CC) -include nsync.h -xc -fsyntax-only /dev/null 2>/dev/null && echo nsync; \
	command -v $(CXX) >/dev/null && pkg-config --exists absl_synchronization 2>/dev/null && echo absl; \
	command -v go >/dev/null && echo go))$(PEERS)
PEER_LIBS = $(if $(filter nsync,$(PEERS)),-lnsync) \
	$(if $(filter absl,$(PEERS)),$(shell pkg-config --libs absl_synchronization) -lstdc++)
EXCHANGE := $(O)/exchange
MODEL    := $(patsubst %.c,$(O)/%,$(wildcard tests/model/model_*.c))
ENGINE   := $(patsubst %.c,$(O)/%.o,$(filter-out $(wildcard tests/model/model_*.c),$(wildcard tests/model/*.c)))
SIM      := $(patsubst %.c,$(O)/%.o,$(wildcard tests/sim/*.c) $(addprefix src/remote/,tenure.c seat.c remote.c))
MODELLED := $(addprefix $(O)/src/core/,chan.o event.o mutex.o select.o tokens.o wait.o) \
	$(addprefix $(O)/src/space/,live.o robust.o wait.o)

# A line per step; V=1 shows the commands.
ifneq ($(V),1)
.SILENT:
step = echo "  $(1)  $@";
endif

all: $(A) $(SO) $(O)/pawl ## the library, static and shared, and the command

# Not for the tests: they misuse locks on purpose, and the analysis cannot see through assertions.
$(O)/src/%.o $(O)/tests/examples/%.o: ALL += $(TSA)
$(O)/src/cli/%.o: ALL += $(JSON_CFLAGS)
# Where backends are looked for is compiled in, so that nobody can lead a privileged program elsewhere.
$(O)/src/remote/registry.o $(O)/tests/unit/test_registry.o: ALL += -DPAWL_BACKEND_DIR='"$(LIBDIR)/pawl"'
$(O)/src/remote/registry.o $(O)/tests/unit/test_registry.o: $(O)/backend-dir
$(O)/backend-dir: FORCE
	@mkdir -p $(@D); echo "$(LIBDIR)/pawl" | cmp -s - $@ || echo "$(LIBDIR)/pawl" >$@
# Where a loop happens to lie may not decide a comparison; and the table says how it was compiled.
# Its headers are found by their names, in whichever folder.
$(O)/bench/%.o $(O)/tests/unit/test_bench_%.o: ALL += $(patsubst %,-iquote bench%,/ /measure /report /judge /plot) $(JSON_CFLAGS)
$(O)/bench/%.o: ALL += -falign-functions=64 -DBENCH_FLAGS='"$(filter-out -ffile-prefix-map=%,$(CFLAGS))"' $(PEERS:%=-DBENCH_%)
$(O)/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(call step,cc)$(CC) $(ALL) -MMD -MP -c $< -o $@

$(A): $(LIB_OBJ)
	@rm -f $@
	$(call step,ar)ar rcs $@ $^

$(SO): $(LIB_OBJ) src/pawl.map
	$(call step,ld)$(LINK) -shared -Wl,-soname,libpawl.so.$(SOVER),--version-script=src/pawl.map,--no-undefined-version \
		-Wl,-z,nodelete $(if $(SAN.$(FLAVOR)),,-Wl,-z,defs) -o $@ $(LIB_OBJ) $(URCU_LIBS)
	ln -sf $(@F) $(O)/libpawl.so.$(SOVER)
	ln -sf $(@F) $(O)/libpawl.so

$(O)/pawl: $(CLI_OBJ) $(A)
	$(call step,ld)$(LINK) -o $@ $^ $(URCU_LIBS) $(JSON_LIBS)

# A victim that is stepped through a call must not meet the dynamic linker on its way.
$(CRASH): BIND := -Wl,-z,now
$(STRESS): $(SCENES)
$(O)/tests/crash/point_keeper: $(O)/tests/remote/libremote.a
$(UNIT) $(CRASH) $(POINTED) $(STRESS): $(O)/%: $(O)/%.o $(HARNESS) $(A)
	$(call step,ld)$(LINK) $(BIND) -o $@ $(filter-out $(A),$^) $(A) $(URCU_LIBS) $(CMOCKA_LIBS) $(MORE) -lm
# So that the cleanup of a guard runs when its thread ends.
$(O)/tests/unit/test_guard.o: ALL += -fexceptions
# What backends share, which is in no library.
$(foreach t,url names backoff,$(eval $(O)/tests/unit/test_$(t): $(O)/src/backends/$(t).o))
# What judges the library is tested like the library: histories of locks, and the benchmarks' own arithmetic.
$(O)/tests/unit/test_history: $(addprefix $(O)/tests/remote/,history.o history_holds.o history_search.o)
$(O)/tests/unit/test_bench_stats: $(O)/bench/stats.o
$(O)/tests/unit/test_bench_zipf: $(O)/bench/zipf.o
$(O)/tests/unit/test_bench_latency: $(addprefix $(O)/bench/,measure/latency.o stats.o)
$(O)/tests/unit/test_bench_calibrate: $(addprefix $(O)/bench/,measure/calibrate.o stats.o)
$(foreach t,document compare claims plot,$(O)/tests/unit/test_bench_$(t)): MORE := $(JSON_LIBS)
$(foreach t,compare claims plot,$(O)/tests/unit/test_bench_$(t)): $(O)/bench/stats.o $(O)/bench/judge/record.o
$(O)/tests/unit/test_bench_compare: $(addprefix $(O)/bench/judge/,compare.o compare_points.o shift.o)
$(O)/tests/unit/test_bench_claims: $(addprefix $(O)/bench/judge/,claims.o claims_check.o)
$(O)/tests/unit/test_bench_plot: $(patsubst %.c,$(O)/%.o,$(wildcard bench/plot/*.c))
$(O)/tests/unit/test_bench_document: $(addprefix $(O)/bench/,results.o stats.o scenario.o rows.o measure/latency.o \
	measure/machine.o report/document.o report/csv.o report/table.o)

# An archive: a test gets what it uses.
$(O)/tests/remote/libremote.a: $(REMOTELIB)
	@rm -f $@
	$(call step,ar)ar rcs $@ $^
# Without the client libraries that backends are made of there are no tests of them, which is to be noticed: make setup.
$(filter-out $(ALONE:%.c=$(O)/%),$(REMOTES)): | $(BACKEND_SO)
$(O)/tests/remote/remote_lock_command: $(O)/src/cli/lease.o
$(REMOTES): $(O)/%: $(O)/%.o $(O)/tests/remote/libremote.a $(HARNESS) $(A) | $(addprefix $(O)/tests/remote/,libpawl-dir.so libclock.so)
	$(call step,ld)$(LINK) -o $@ $^ $(URCU_LIBS) $(CMOCKA_LIBS) $(MORE) -lm
# Those that look at the tree themselves.
$(O)/tests/remote/remote_zookeeper%: MORE := $(BACKEND_LIBS.zk)
$(O)/tests/remote/remote_redis_express: MORE := $(BACKEND_LIBS.redis)
# Those that use the command as well.
$(filter %/remote_etcd_ctl %/remote_etcd_tls,$(REMOTES)): | $(O)/pawl
# Each is a client of the service that it is about.
$(O)/tests/remote/examples/%.o: ALL += $(JSON_CFLAGS)
$(foreach b,$(BACKENDS),$(eval $(O)/tests/remote/examples/guarded_$(FROM.$(b)): MORE := $(BACKEND_LIBS.$(b))))
$(GUARDED): $(O)/%: $(O)/%.o $(O)/tests/remote/examples/story.o $(A)
	$(call step,ld)$(LINK) -o $@ $^ $(URCU_LIBS) $(MORE)
# Backends to be loaded. What they need of the library has no state: they bring their own copy along, for themselves alone.
.SECONDEXPANSION:
objects_of = $(patsubst %.c,$(O)/%.o,$(wildcard $(1)/*.c))
$(BACKEND_SO): $(O)/backends/libpawl-%.so: $$(call objects_of,src/backends/$$(FROM.$$*)) $$(call objects_of,src/backends) $(A)
	@mkdir -p $(@D)
	$(call step,ld)$(LINK) -shared -Wl,--exclude-libs,ALL $(if $(SAN.$(FLAVOR)),,-Wl,-z,defs) -o $@ $^ $(BACKEND_LIBS.$*)
$(O)/src/backends/%.o: ALL += $(JSON_CFLAGS)
# Scripts for a server are texts of the program; what explains them stays here.
SCRIPTED := $(addprefix $(O)/,src/backends/redis/protocol.o tests/remote/remote_redis_express.o)
$(SCRIPTED): ALL += -I$(O)/src
$(SCRIPTED): $(patsubst %,$(O)/%.h,$(wildcard src/backends/redis/*.lua))
$(O)/%.lua.h: %.lua Makefile
	@mkdir -p $(@D)
	$(call step,lua)sed 's/^[[:blank:]]*--.*//; s/[\\"]/\\&/g; s/.*/"&\\n"/' $< >$@
$(O)/tests/remote/libpawl-dir.so: $(DIRECTORY) $(A)
	$(call step,ld)$(LINK) -shared -Wl,--exclude-libs,ALL $(if $(SAN.$(FLAVOR)),,-Wl,-z,defs) -o $@ $^

$(O)/tests/remote/with_server: $(O)/tests/remote/with_server.o $(O)/tests/remote/libremote.a $(HARNESS) $(A)
	$(call step,ld)$(LINK) -o $@ $^ $(URCU_LIBS) $(CMOCKA_LIBS) -lm

# For servers, which are nobody's flavour.
$(O)/tests/remote/libclock.so: tests/remote/preload/clock.c Makefile
	@mkdir -p $(@D)
	$(call step,ld)$(CC) $(WARN) -D_GNU_SOURCE -O2 -fPIC -shared -o $@ $<

# What each fuzz target is about, beside the library. Of a backend, all but what speaks to the network.
objects = $(patsubst %.c,$(O)/%.o,$(wildcard $(1)))
fuzz_wrap = $(1:%=-Wl,--wrap=%)
SERVICE := $(O)/tests/fuzz/service.o $(O)/src/backends/url.o $(O)/src/backends/names.o $(O)/src/backends/backoff.o
ZKSHIM  := $(call objects,src/backends/zookeeper/*.c) $(O)/tests/fuzz/zookeeper_shim.o
WORLD   := pawl_remote_now ppoll getrandom
FUZZ.url       := $(ZKSHIM) $(filter-out %/service.o,$(SERVICE)) $(O)/src/backends/redis/settings.o $(O)/src/backends/etcd/options.o
WRAP.url       := shutdown
FUZZ.zookeeper := $(ZKSHIM) $(SERVICE)
WRAP.zookeeper := $(WORLD) shutdown
FUZZ.redis     := $(call objects,src/backends/redis/*.c) $(SERVICE)
WRAP.redis     := $(WORLD) $(addprefix redis,BufferRead BufferWrite ConnectNonBlock ConnectUnixNonBlock EnableKeepAlive)
LIBS.redis     := -lhiredis
FUZZ.etcd      := $(filter-out %/http.o,$(call objects,src/backends/etcd/*.c)) $(SERVICE)
WRAP.etcd      := $(WORLD)
LIBS.etcd      := $(JSON_LIBS)
FUZZ.orders    := $(O)/tests/exchange/orders.o $(O)/tests/exchange/random.o
WRAP.orders    := fopen calloc
FUZZ.options   := $(addprefix $(O)/src/cli/,run_options.o options.o text.o say.o screen.o colour.o)
WRAP.options   := argp_error
FUZZ.segment   := $(O)/tests/fuzz/hostile.o
WRAP.segment   := pawl__park
FUZZ.keeper    := $(O)/tests/fuzz/hostile.o
WRAP.keeper    := pawl__park pthread_create pthread_join
$(O)/tests/fuzz/%.o: ALL += $(JSON_CFLAGS)
FUZZMAIN := $(if $(filter fuzz,$(FLAVOR)),,$(addprefix $(O)/tests/,fuzz/replay.o lib/tap.o))
$(FUZZERS): $(O)/tests/fuzz/fuzz_%: $(O)/tests/fuzz/fuzz_%.o $$(FUZZ.$$*) $(O)/tests/fuzz/fuzz.o $(FUZZMAIN) $(A)
	$(call step,ld)$(CC) $(ALL) $(if $(FUZZMAIN),,-fsanitize=fuzzer) $(call fuzz_wrap,$(WRAP.$*)) -o $@ $^ $(LIBS.$*) $(URCU_LIBS) -lm

# What tests/fuzz/mutants.sh links them of, with a fault in one.
parts-%: ; @echo $(O)/tests/fuzz/fuzz_$*.o $(FUZZ.$*) $(O)/tests/fuzz/fuzz.o
links-%: ; @echo -fsanitize=fuzzer $(call fuzz_wrap,$(WRAP.$*)) $(LIBS.$*) $(URCU_LIBS)

$(EXAMPLES): $(O)/%: $(O)/%.o $(A)
	$(call step,ld)$(LINK) -o $@ $^ $(URCU_LIBS)

# An archive, so that tests can put another row, or a part of it, in their own programs.
$(O)/libbench.a: $(BENCHLIB)
	@rm -f $@
	$(call step,ar)ar rcs $@ $^
$(BENCH): $(O)/bench/main.o $(O)/libbench.a $(A) | $(O)/pawl-bench-go
	$(call step,ld)$(LINK) -o $@ $^ -Wl,--as-needed $(PEER_LIBS) $(URCU_LIBS) $(JSON_LIBS) -lm
$(BENCHREMOTE): $(patsubst %.c,$(O)/%.o,$(wildcard bench/remote/*.c)) $(O)/bench/stats.o $(A)
	$(call step,ld)$(LINK) -o $@ $^ $(URCU_LIBS) $(JSON_LIBS) -lhiredis -lzookeeper_st -lcurl -lm
$(BENCHPROBES): $(O)/bench/probes/main.o
	$(call step,ld)$(LINK) -o $@ $^ -ldl -lm
$(BENCHLIB): $(O)/bench/peers
$(O)/bench/peers: FORCE
	@mkdir -p $(@D); echo "$(PEERS)" | cmp -s - $@ || echo "$(PEERS)" >$@
$(O)/pawl-bench-go: $(wildcard bench/go/*.go) $(O)/bench/peers
	$(if $(filter go,$(PEERS)),$(call step,go)cd bench/go && \
		GO111MODULE=off GOCACHE=$(abspath $(O))/go-cache go build -o $(abspath $@) .,rm -f $@)
$(O)/%.o: %.cc Makefile
	$(call step,c++)$(if $(filter absl,$(PEERS)),$(CXX) $(subst -std=c11,-std=c++20,$(filter-out -Wmissing-prototypes,$(ALL))),\
		$(CC) $(ALL) -xc) -MMD -MP -c $< -o $@

$(EXCHANGE): $(patsubst %.c,$(O)/%.o,$(wildcard tests/exchange/*.c)) $(WITH_SERVER) $(A)
	$(call step,ld)$(LINK) -o $@ $^ $(URCU_LIBS)

build/model/src/core/%.o build/model/src/space/%.o build/model/tests/model/model_%.o: ALL += $(SWAP)
# What never runs on a client's stack; what does leaves less behind there at -O1, and so fewer states that differ.
build/model/tests/model/world.o build/model/tests/model/visited.o: ALL += -O2
$(MODEL): $(O)/%: $(O)/%.o $(ENGINE) $(MODELLED) $(O)/tests/lib/tap.o
	$(call step,ld)$(LINK) -o $@ $^

$(O)/sim: $(SIM) $(O)/tests/lib/tap.o
	$(call step,ld)$(LINK) -o $@ $^ -lm

-include $(shell find $(O) -name '*.d' 2>/dev/null)

# ---- tests ----------------------------------------------------------------------------------------------------------
# Built in the flavour they are for, all run by tests/run, which prints `N passed, N failed, N skipped` at the very end.
# crash/crash_*.c run against the library as it is shipped, crash/point_*.c need the labelled kill points; remote/remote_*.c
# hold a backend each against the rules of pawl/remote.h.
SUB      = $(MAKE) --no-print-directory $(if $(filter -j%,$(MAKEFLAGS)),,-j$(shell nproc))
SUITES  := $(sort $(wildcard tests/suites/*.sh))
programs = $(patsubst %.c,build/$(1)/%,$(sort $(wildcard tests/$(2)_*.c)))
EXPLORER = $(call programs,model,model/model) tests/model/mutants.sh tests/model/c11.sh $(addprefix tests/model/promela/,mirrors.sh promela.sh)
SIMULATOR := build/sim/sim tests/sim/mutants.sh
unit_programs = $(patsubst %.c,build/$(1)/%,$(call units_of,$(1)))
remote_programs = $(patsubst %.c,build/$(1)/%,$(call remotes_of,$(1)))
CHECKERS := tsan asan
# Those that mostly wait, for servers and leases; and those that compute in one thread, or ask no more of time than a watchdog does.
lengthy  = $(foreach f,$(1),$(patsubst %.c,build/$(f)/%,$(filter $(LENGTHY),$(call remotes_of,$(f)))))
WAITING  = $(call lengthy,release $(CHECKERS)) tests/suites/services.sh \
	$(filter-out $(call lengthy,release $(CHECKERS)),$(foreach f,release $(CHECKERS),$(call remote_programs,$(f)))) \
	$(addprefix tests/suites/,guarded.sh remote_run.sh)
BENEATH  = $(SIMULATOR) $(EXPLORER) build/test/tests/unit/test_history build/test/tests/unit/test_bench_compare \
	$(foreach f,$(CHECKERS),$(call unit_programs,$(f)) $(call programs,$(f),stress/stress)) \
	$(call programs,asan,fuzz/fuzz) $(patsubst %,tests/suites/%.sh,dist headers install man refused words)

# The steps of a target run in parallel among themselves only: a test that races with a compiler says little.
units: $(UNIT)
points: $(POINTED)
crashes: $(CRASH)
stresses: $(STRESS)
remotes: $(REMOTES) $(O)/tests/remote/with_server
examples: $(EXAMPLES)
models: $(MODEL)
benches: $(BENCH)
backends: $(BACKEND_SO)
guarded: $(GUARDED) $(O)/tests/remote/with_server
fuzzers: $(FUZZERS)

test: ## every test: units, kills at labelled points and at random, crowds, suites, explorer; what can in tsan, and in asan with ubsan
	+@$(SUB) FLAVOR=release all crashes stresses remotes examples guarded benches build/release/exchange
	+@$(SUB) FLAVOR=test units points
	+@$(SUB) FLAVOR=model models
	+@$(SUB) FLAVOR=sim build/sim/sim
	+@set -e; for f in $(CHECKERS); do $(SUB) FLAVOR=$$f units stresses remotes; done
	+@$(SUB) FLAVOR=asan fuzzers
	@LIMIT=600 tests/run $(filter-out $(BENEATH),$(call unit_programs,test)) $(call programs,test,crash/point) \
		$(foreach f,crash/crash stress/stress,$(call programs,release,$(f))) \
		--together $(WAITING) --beneath $(BENEATH) --apart $(filter-out $(WAITING) $(BENEATH),$(SUITES))

check: test ## the same

tsan asan ubsan clang: ## the unit tests, the crowds and the backends in that flavour
	+@$(SUB) FLAVOR=$@ units stresses remotes
	@tests/run $(call unit_programs,$@) $(call programs,$@,stress/stress) --together $(call remote_programs,$@)

# memcheck: helgrind and drd cannot see locks made of builtins. futex_waitv does not exist under valgrind.
valgrind: ## the unit tests under valgrind's memcheck
	@$(call want,valgrind,valgrind)
	+@$(SUB) FLAVOR=test units
	@WRAP="valgrind -q --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite" LIMIT=900 \
		tests/run $(call programs,test,unit/test)

T ?= 600
long = $(foreach v,T KILLS SEED STATE,$(if $($(v)),$(v)="$($(v))"))
stress: ## kills, crowds, explorer and simulator in their long form, T= seconds or KILLS= kills each; SEED= replays, STATE= adds up over runs
	+@$(SUB) FLAVOR=release crashes stresses
	+@$(SUB) FLAVOR=model models
	+@$(SUB) FLAVOR=sim build/sim/sim
	@$(long) LONG=1 NOTES=1 LIMIT=$$(($(T) + 3600)) tests/run \
		$(foreach f,crash/crash stress/stress,$(call programs,release,$(f))) $(call programs,model,model/model) build/sim/sim

torture: ## the installed library as a black box: killed, stopped, forked, starved, interrupted, for T= seconds; SEED= replays the plan
	+@$(SUB) FLAVOR=release all benches backends
	@T=$(T) NOTES=1 LIMIT=$$(($(T) + 600)) tests/run tests/suites/torture.sh

# SERVICES= only those with that in their names. T counts here only where it is given.
storms = LONG=1 NOTES=1 $(foreach v,$(if $(filter file,$(origin T)),,T) KILLS FAULTS ROUNDS SEED SERVICES,$(if $($(v)),$(v)="$($(v))"))
history: ## workloads over every lock service until KILLS= keepers were killed and FAULTS= faults of it went by (1000 each), judged
	+@$(SUB) FLAVOR=release remotes backends
	@$(storms) LIMIT=86400 tests/run build/release/tests/remote/remote_history

cohort: ## two hosts want one lock: leases that are handed round against a lease for each grant, over every lock service
	+@$(SUB) FLAVOR=release remotes backends
	@$(storms) LIMIT=3600 tests/run build/release/tests/remote/remote_cohort

fuzz_how = $(foreach v,$(if $(filter file,$(origin T)),,T) STATE MERGE,$(if $($(v)),$(v)="$($(v))"))
# T= is shared out to the targets (tests/fuzz/run). TARGET= those of tests/fuzz/fuzz_*.c; STATE= adds up over runs; MERGE=1 keeps in the
# tree what it takes to get as far again; MUTANTS=1 asks each target for its planted fault instead (ONLY= those called so).
fuzz: ## hostile segments, URLs, names, servers' replies, files: libFuzzer on every CPU for T= seconds (60), TARGET= some; or MUTANTS=1
	@$(call want,clang,clang)
	+@$(SUB) FLAVOR=fuzz fuzzers
	@$(if $(MUTANTS),tests/fuzz/mutants.sh $(ONLY),$(fuzz_how) tests/fuzz/run $(TARGET))

# What tests/lib/mutants.sh compiles with.
.PHONY: models model simulate conformance compiler
compiler: ; @echo '$(CC)'; echo '$(subst ','\'',$(ALL) $(if $(filter model,$(FLAVOR)),$(SWAP)))'

model: ## explorer, Promela models, clients for C11 checkers, and planted faults they have to find; LONG=1: hours
	+@$(SUB) FLAVOR=model models
	@$(if $(LONG),LONG=1 LIMIT=86400) NOTES=1 tests/run $(EXPLORER)

simulate: ## hosts, a network and a lock service from a seed: what may go wrong between them, and planted faults that must be found
	+@$(SUB) FLAVOR=sim build/sim/sim
	@NOTES=1 tests/run $(SIMULATOR)

scale: ## what a lock costs as hosts grow in number, 2 to 10,000, by the simulator: messages, shares, waiting times; leased and not
	+@$(SUB) FLAVOR=sim build/sim/sim
	@build/sim/sim --scale

# Not by tests/run: it is to be seen as it goes.
mutation: ## the tests tested: bugs planted one at a time, each of which some test has to notice; ONLY= those with that in their names
	@tests/mutation/mutation.sh

prove: ## every proof in bounded time, as a table and as build/prove.json; LONG=1 two hours, HOURS=5 a night; ONLY= rows with that in their names
	@tests/prove/prove.sh

# Before rows run at the same time: none of them has anything to build then that another one builds, too.
provers: ## what its rows run
	+@$(SUB) FLAVOR=release all crashes stresses remotes benches backends
	+@$(SUB) FLAVOR=test points
	+@$(SUB) FLAVOR=model models
	+@$(SUB) FLAVOR=sim build/sim/sim
	@echo "$$(find build/release build/test build/model build/sim -name '*.o' | wc -l) objects"

COLUMNS = $(shell grep -l 'conform_run\|conforms' tests/remote/remote_*.c)
conformance: ## every backend and protocol held against the rules, on real servers: what passed, and what cannot be, as a table
	+@$(SUB) FLAVOR=release remotes backends
	@rm -rf build/release/matrix
	-@tests/run --together $(COLUMNS:%.c=build/release/%)
	@tests/remote/matrix.sh

ARCHS ?= aarch64 riscv64
cross: ## for ARCHS= compile all that needs no foreign library, run a process's locks under qemu-user; what that shows: tests/cross/cross.sh
	@$(foreach a,$(ARCHS),$(call want,$(a)-linux-gnu-gcc,gcc-$(subst _,-,$(a))-linux-gnu libc6-dev-$(subst aarch64,arm64,$(a))-cross);)
	@$(call want,qemu-$(firstword $(ARCHS)),qemu-user)
	@ARCHS="$(ARCHS)" LIMIT=1200 tests/run tests/cross/cross.sh

headers: ## each public header alone, C11 and C++17, gcc and clang
	@tests/run tests/suites/headers.sh

man-check: ## the manual: what is public and not in it, mandoc's warnings, its programs compiled and run
	@$(call want,mandoc,mandoc)
	+@$(SUB) FLAVOR=release all
	@NOTES=1 tests/run tests/suites/man.sh

# ---- what there is to see -------------------------------------------------------------------------------------------
# The backend for a service that the demo starts.
backend_for = $(foreach b,$(BACKENDS),$(if $(filter $(REMOTE),$(FROM.$(b))),build/release/backends/libpawl-$(b).so))
demo: ## the exchange: workers fight over orders while a reaper kills them; REMOTE=redis|etcd|zookeeper on two hosts; DEMO= its options
	+@$(SUB) FLAVOR=release build/release/exchange $(backend_for)
	@$(if $(REMOTE),PAWL_BACKEND_DIR=$(abspath build/release/backends)) build/release/exchange \
		$(if $(REMOTE),--service $(REMOTE)) $(DEMO)

RESULTS := build/bench

bench: ## the measurements, also into RESULTS=build/bench; QUICK=1 a look, BENCH_ARGS= scenarios and options; PEERS= no other libraries
	+@$(SUB) FLAVOR=release benches
	@mkdir -p $(RESULTS)
	@build/release/pawl-bench $(if $(QUICK),--quick) $(BENCH_ARGS) --json=$(RESULTS)/bench.json \
		--csv=$(RESULTS)/bench.csv >$(RESULTS)/bench.txt; status=$$?; cat $(RESULTS)/bench.txt; exit $$status

bench-remote: ## how long a lock takes from host to host, through each service, which it starts
	+@$(SUB) FLAVOR=release backends $(BENCHREMOTE:$(O)/%=build/release/%) build/release/tests/remote/with_server
	@set -e; $(foreach b,$(BACKENDS),PAWL_BACKEND_DIR=$(CURDIR)/build/release/backends build/release/tests/remote/with_server $(FROM.$(b)) -- \
		sh -c 'build/release/pawl-bench-remote $(BENCH_ARGS) $(b)://$$AUTHORITY';)

SIDES = $(foreach f,aligned bare,build/$(f)/libpawl.so.$(VERSION))
bench-probes: ## a free lock of the library with probes and figures against one without, in turns; ROUNDS=200; instructions by valgrind
	@$(call want,valgrind,valgrind)
	+@$(SUB) FLAVOR=release build/release/pawl-bench-probes
	+@set -e; for f in aligned bare; do $(SUB) FLAVOR=$$f build/$$f/libpawl.so.$(VERSION); done
	@build/release/pawl-bench-probes $(SIDES) $(ROUNDS)
	@bench/probes/instructions.sh build/release/pawl-bench-probes $(SIDES)

# What the next ones read; measured first where it is missing.
$(RESULTS)/bench.json: ; +@$(MAKE) --no-print-directory bench

plot: ## pictures of the last measurement, SVG and PNG, beside it; needs gnuplot
	@$(call want,gnuplot,gnuplot-nox)
	+@$(MAKE) -s $(RESULTS)/bench.json
	+@$(SUB) FLAVOR=release benches
	@set -e; dats=$$(build/release/pawl-bench --plot $(RESULTS) $(RESULTS)/bench.json); for dat in $$dats; do \
		for format in svg png; do \
			name=$$(basename $$dat .dat); echo "  gnuplot  $(RESULTS)/$$name.$$format"; \
			gnuplot -e "dir='$(RESULTS)'; format='$$format'" bench/plot/$$name.gp; \
		done; done

bench-claims: $(RESULTS)/bench.json ## hold what pawl promises against the last measurement; says so, and never fails
	+@$(SUB) FLAVOR=release benches
	@build/release/pawl-bench --claims $(RESULTS)/bench.json

# ---- install --------------------------------------------------------------------------------------------------------
HEADERS := $(wildcard include/pawl/*.h include/pawl/*.hpp)
MAN     := $(wildcard src/man/*.[1-9])
man_in   = $(MANDIR)/man$(patsubst .%,%,$(suffix $(1)))
# PAGE:NAME for each function that a page is about: a link by its name.
MANLINKS = $(shell for p in src/man/*.3; do awk -v want=names -f tests/lib/mdoc.awk $$p | sed "s,^,$$(basename $$p .3):,"; done | \
	awk -F: '$$1 != $$2')

# uninstall removes these and nothing else.
INSTALLED  = $(addprefix $(LIBDIR)/,libpawl.a $(notdir $(SO)) libpawl.so.$(SOVER) libpawl.so pkgconfig/pawl.pc) \
	$(BACKENDS:%=$(LIBDIR)/pawl/libpawl-%.so) $(HEADERS:include/%=$(INCLUDEDIR)/%) $(BINDIR)/pawl $(BINDIR)/pawl-bench \
	$(foreach m,$(MAN),$(call man_in,$(m))/$(notdir $(m))) $(foreach l,$(MANLINKS),$(MANDIR)/man3/$(lastword $(subst :, ,$(l))).3)

install: all benches backends ## PREFIX= LIBDIR= INCLUDEDIR= BINDIR= MANDIR= DESTDIR=; BACKENDS= those that are wanted: redis etcd zk
	install -d $(sort $(dir $(addprefix $(DESTDIR),$(INSTALLED))))
	install -m 644 $(A) $(SO) $(DESTDIR)$(LIBDIR)
	$(if $(BACKENDS),install -m 644 $(BACKEND_SO) $(DESTDIR)$(LIBDIR)/pawl)
	ln -sf $(notdir $(SO)) $(DESTDIR)$(LIBDIR)/libpawl.so.$(SOVER)
	ln -sf $(notdir $(SO)) $(DESTDIR)$(LIBDIR)/libpawl.so
	sed -e 's|@PREFIX@|$(PREFIX)|; s|@LIBDIR@|$(LIBDIR)|; s|@INCLUDEDIR@|$(INCLUDEDIR)|; s|@VERSION@|$(VERSION)|' \
		src/pawl.pc.in >$(DESTDIR)$(LIBDIR)/pkgconfig/pawl.pc
	install -m 644 $(HEADERS) $(DESTDIR)$(INCLUDEDIR)/pawl
	install -m 755 $(O)/pawl $(BENCH) $(DESTDIR)$(BINDIR)
	$(foreach m,$(MAN),install -m 644 $(m) $(DESTDIR)$(call man_in,$(m)) &&) true
	for l in $(MANLINKS); do ln -sf "$${l%:*}.3" "$(DESTDIR)$(MANDIR)/man3/$${l#*:}.3" || exit; done
	$(refresh)

uninstall: ## exactly what install has put there
	rm -f $(addprefix $(DESTDIR),$(INSTALLED))
	-rmdir $(DESTDIR)$(INCLUDEDIR)/pawl $(DESTDIR)$(LIBDIR)/pawl 2>/dev/null
	$(refresh)

# The loader finds a library in its cache only; a staged tree has none, and only root may write the system's.
refresh = [ -n "$(DESTDIR)" ] || [ "$$(id -u)" != 0 ] || ldconfig || true

# ---- releases and packages ------------------------------------------------------------------------------------------
# A commit as git writes it down: the times are the commit's, the order is the tree's, and nobody's umask counts.
TARBALL := build/pawl-$(VERSION).tar
dist: ## the last commit as build/pawl-VERSION.tar.gz: the same bytes in every clone
	@[ "$$(git rev-parse --show-prefix 2>&1)" = "" ] || { echo "make dist packs a commit, and here is no clone of one"; exit 1; }
	@mkdir -p build
	git -c tar.umask=0022 -c core.autocrlf=false archive --prefix=pawl-$(VERSION)/ -o $(TARBALL) HEAD
	gzip -9nf $(TARBALL)
	@sha256sum $(TARBALL).gz

# The tree as it is, with src/debian where Debian looks for it. What was asked of this make is not meant for that one.
deb: ## Debian packages of what is here, in build/deb
	@$(call want,dh,debhelper)
	rm -rf build/deb
	mkdir -p build/deb/pawl
	tar -c --exclude=./build --exclude=./.git . | tar -x -C build/deb/pawl
	mv build/deb/pawl/src/debian build/deb/pawl
	cd build/deb/pawl && env -u MAKEFLAGS -u MAKELEVEL -u FLAVOR -u V dpkg-buildpackage -us -uc -b

deb-test: deb ## lintian, and the packages installed on a system that has nothing else; as root, and it downloads that system
	@$(call want,lintian,lintian)
	@$(call want,debootstrap,debootstrap)
	@LIMIT=3000 NOTES=1 tests/run tests/packages/deb.sh

newcomer: ## the README's two commands, timed, and its programs, on a system that has nothing else; as root, and it downloads that system
	@$(call want,git,git)
	@$(call want,debootstrap,debootstrap)
	@LIMIT=7200 NOTES=1 tests/run tests/packages/newcomer.sh

# What a program that was linked with the last release relies on. --headers-dir: what no header says is nobody's business.
ABI    := src/abi/libpawl.so.$(SOVER).abi
ABIDW   = abidw --exported-interfaces-only --headers-dir $(CURDIR)/include/pawl --drop-private-types --no-corpus-path --no-comp-dir-path --short-locs --type-id-style hash
abi: ## hold the library against the last release: nothing a program relies on is gone or has changed
	@$(call want,abidiff,abigail-tools)
	+@$(SUB) FLAVOR=release all
	@NOTES=1 tests/run tests/packages/abi.sh

abi-record: ## a release was made: what it looks like is what the next one is held against
	@$(call want,abidw,abigail-tools)
	+@$(SUB) FLAVOR=release all
	@mkdir -p $(dir $(ABI))
	$(ABIDW) --out-file $(ABI) $(SO)

# ---- tools ----------------------------------------------------------------------------------------------------------
want    = command -v $(1) >/dev/null || { echo "make $@ needs $(1): apt-get install $(2)"; exit 1; }
C_FILES = $(shell git ls-files '*.c' '*.h')

format: ## write the C files as .clang-format says
	@$(call want,clang-format,clang-format)
	clang-format -i $(C_FILES)

format-check: ## say where they are not
	@$(call want,clang-format,clang-format)
	clang-format -n -Werror $(C_FILES)

# Not those that kill: they leave no counts behind. Nor what judges others: it is not what is looked at.
coverage: ## lines and branches of the library that tests reach, a table; those they do not: build/coverage/uncovered, and why
	+@$(SUB) FLAVOR=coverage units points stresses remotes fuzzers
	@find build/coverage -name '*.gcda' -delete
	@LIMIT=900 tests/run --together $(call remote_programs,coverage) --beneath \
		$(filter-out %/test_history %/test_bench_%,$(call unit_programs,coverage)) \
		$(foreach p,crash/point stress/stress fuzz/fuzz,$(call programs,coverage,$(p)))
	@tests/lib/coverage.sh

# Each file as it is compiled; what is quieted, and why, is in .clang-tidy and tests/lib/cppcheck.
ANALYZED = $(LIB_SRC) $(CLI_SRC) $(wildcard src/backends/*.c src/backends/*/*.c)
analyze: ## what can be seen without running: gcc -fanalyzer, clang-tidy, cppcheck over library, command and backends; quiet if all is well
	@$(call want,clang-tidy,clang-tidy)
	@$(call want,cppcheck,cppcheck)
	+@$(SUB) FLAVOR=release backends
	@tests/lib/analyze.sh '$(CC)' '$(filter-out -O2 -g,$(ALL)) $(JSON_CFLAGS) -Ibuild/release/src -DPAWL_BACKEND_DIR=\"/\"' $(ANALYZED)

help: ## this list
	@sed -n 's/^\([a-z][a-z -]*\):.*## /\1\t/p' Makefile | expand -t24

clean: ## remove build/
	rm -rf build

.PHONY: all help clean fuzz fuzzers units points crashes stresses remotes examples benches backends guarded test check tsan asan ubsan clang valgrind stress \
	scale history cohort torture mutation prove provers coverage analyze headers cross man-check demo bench plot bench-claims \
	bench-remote bench-probes install uninstall format format-check dist deb deb-test tidy abi abi-record FORCE newcomer

endif
