# dianchen: `make help` lists the targets. Everything built goes to build/.
ifeq ($(origin CC),default)
CC       := gcc
endif
BUILD    ?= build
SHOPS    ?= 1000
SECONDS  ?= 600
FUZZ_CC  ?= clang
RECORDS  ?= 200000
V        ?= 0
PACKAGES := libzmq libcurl msgpack libcjson libcrypto sqlite3 libpq libmicrohttpd
STAGES   := extractor transformer loader
PROGRAMS := $(STAGES) dianchen
DOUBLES  := wdt-double xingchen-double robot-double
COMMA    := ,
Q        := $(if $(filter 1,$(V)),,@)

# SANITIZE=address,undefined or thread builds a tree of its own: build/address,undefined/…
# RULES=1 builds build/rules, where each rule of docs/delivery.md can be taken out (common/rule.h).
TREE     := $(BUILD)$(if $(SANITIZE),/$(SANITIZE))$(if $(RULES),/rules)
ifdef SANITIZE
HARDEN   := -O1 -g -fno-omit-frame-pointer -fsanitize=$(SANITIZE) -fno-sanitize-recover=all
LDHARDEN := -fsanitize=$(SANITIZE)
else
HARDEN   := -O2 -g -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fPIE
LDHARDEN := -pie -Wl,-z,relro,-z,now
# Programs are optimised as a whole where the compiler is gcc; tests link the same objects the quick way.
ifneq ($(findstring gcc,$(CC)),)
HARDEN   += -flto -ffat-lto-objects
WHOLE    := -O2 -flto=auto
PARTS    := -fno-lto
endif
endif
CPPFLAGS := -I. -D_GNU_SOURCE $(if $(RULES),-DDIANCHEN_RULES) $(CPPFLAGS)
CFLAGS   := -std=c17 -Wall -Wextra -Wshadow -Wconversion -Wformat=2 -Wstrict-prototypes -Wvla -Werror $(HARDEN) $(CFLAGS)
LDFLAGS  := -Wl,--as-needed $(LDHARDEN) $(LDFLAGS)
LIBS      = $(shell pkg-config --libs $(PACKAGES)) -lm -pthread

sources   = $(filter-out $(1)/main.c,$(wildcard $(1)/*.c))
objects   = $(patsubst %.c,$(TREE)/obj/%.o,$(1))
FOLDERS  := common $(STAGES) ctl
ARCHIVES := $(FOLDERS:%=$(TREE)/lib/%.a)
BINARIES := $(PROGRAMS:%=$(TREE)/bin/%)
# Test programs: some stand alone on the archives, some start the real programs through the rig.
PARTS_ALONE  := unit fuzz
PARTS_RIGGED := integration chaos
TESTS    := $(patsubst tests/%.c,$(TREE)/tests/%,$(wildcard $(PARTS_ALONE:%=tests/%/test_*.c) $(PARTS_RIGGED:%=tests/%/test_*.c)) \
	tests/simulation/test_simulation.c)
JUDGES   := $(DOUBLES:%=$(TREE)/tests/doubles/%)
PRELOADS := $(patsubst %.c,$(TREE)/%.so,$(wildcard tests/preload/*.c))
BENCHES  := $(addprefix $(TREE)/tests/bench/,bench scale slow-transformer ledger)
TOOLS    := $(JUDGES) $(BENCHES) $(PRELOADS)
CANARY   := $(TREE)/tests/canary/canary
# The simulation without one rule after the other, and the unit tests that look where it can't.
RULED    := $(BUILD)/rules/tests/simulation/test_rules $(BUILD)/rules/tests/unit/test_ledger $(BUILD)/rules/tests/unit/test_flow
# Who weighs processes does it without a sanitizer, whose memory is not theirs.
WEIGHERS := $(TREE)/tests/chaos/test_outage
# What ThreadSanitizer watches: units, links among them, and the whole under kills.
THREADED := $(filter $(TREE)/tests/unit/% $(TREE)/tests/chaos/test_chaos,$(TESTS)) $(JUDGES) $(CANARY)

.PHONY: all doubles run test unit simulation integration chaos deploy rules simulate fuzz fuzzers test-compose bench bench-scale bench-ledger lint format install clean help
doubles: $(JUDGES)
all: $(BINARIES) ## build every program into build/bin, installing what is missing

$(TREE)/.packages: deploy/packages.sh
	$(Q)./deploy/packages.sh build
	$(Q)mkdir -p $(TREE) && touch $@

$(TREE)/obj/%.o: %.c $(TREE)/.packages
	$(Q)mkdir -p $(@D)
	$(if $(Q),@echo "  CC    $<")
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

define archive
$(TREE)/lib/$(1).a: $(call objects,$(call sources,$(1)))
	$(Q)mkdir -p $$(@D) && rm -f $$@ && ar rcs $$@ $$^
endef
$(foreach f,$(FOLDERS),$(eval $(call archive,$(f))))

define program
$(TREE)/bin/$(1): $(TREE)/obj/$(2)/main.o $(TREE)/lib/$(2).a $(TREE)/lib/common.a
	$(Q)mkdir -p $$(@D)
	$(if $(Q),@echo "  LINK  $$@")
	$(Q)$(CC) $(LDFLAGS) $(WHOLE) -o $$@ $$^ $$(LIBS)
endef
$(foreach s,$(STAGES),$(eval $(call program,$(s),$(s))))
$(eval $(call program,dianchen,ctl))

# The doubles share no code with the programs that they judge: only tests/doubles and libraries.
DOUBLE_SHARED := $(filter-out $(DOUBLES:%=tests/doubles/%.c),$(wildcard tests/doubles/*.c))
$(JUDGES): $(TREE)/tests/doubles/%: $(TREE)/obj/tests/doubles/%.o $(call objects,$(DOUBLE_SHARED))
	$(Q)mkdir -p $(@D)
	$(if $(Q),@echo "  LINK  $@")
	$(Q)$(CC) $(LDFLAGS) $(WHOLE) -o $@ $^ $(LIBS)

RIG := $(call objects,$(wildcard tests/integration/rig*.c))
$(TREE)/tests/bench/%: $(TREE)/obj/tests/bench/%.o $(RIG) $(TREE)/lib/common.a
	$(Q)mkdir -p $(@D) && $(CC) $(LDFLAGS) $(PARTS) -o $@ $^ $(LIBS)
# Makes a program die on a record: loaded into it by a test. It can't be sanitized itself.
$(TREE)/tests/preload/%.so: tests/preload/%.c $(TREE)/.packages
	$(Q)mkdir -p $(@D) && $(CC) $(CPPFLAGS) -std=c17 -Wall -Wextra -Wconversion -Werror -O2 -fPIC -shared -o $@ $<
# A transformer whose mapping costs more than any real one: what it is for is in tests/bench/scale.c.
$(TREE)/tests/bench/slow-transformer: $(call objects,transformer/main.c tests/bench/slow_map.c) $(TREE)/lib/transformer.a $(TREE)/lib/common.a
	$(Q)mkdir -p $(@D) && $(CC) $(LDFLAGS) $(PARTS) -Wl,--wrap=map_record -o $@ $^ $(LIBS)
define alone
$(TREE)/tests/$(1)/%: $(TREE)/obj/tests/$(1)/%.o $(call objects,$(filter-out tests/$(1)/test_%,$(wildcard tests/$(1)/*.c))) $(ARCHIVES)
	$(Q)mkdir -p $$(@D) && $(CC) $(LDFLAGS) $(PARTS) -o $$@ $$(filter %.o,$$^) -Wl,--start-group $(ARCHIVES) -Wl,--end-group $$(LIBS) -lcmocka
endef
$(foreach p,$(PARTS_ALONE),$(eval $(call alone,$(p))))
# The stages themselves on virtual time: loop, sockets, store's thread and both clients are the simulation's.
$(TREE)/tests/simulation/%: $(TREE)/obj/tests/simulation/%.o $(call objects,$(filter-out tests/simulation/test_%,$(wildcard tests/simulation/*.c))) $(ARCHIVES) tests/simulation/wraps
	$(Q)mkdir -p $(@D) && $(CC) $(LDFLAGS) $(PARTS) @tests/simulation/wraps -o $@ $(filter %.o,$^) -Wl,--start-group $(ARCHIVES) -Wl,--end-group $(LIBS) -lcmocka
define rigged
$(TREE)/tests/$(1)/%: $(TREE)/obj/tests/$(1)/%.o $(call objects,$(filter-out tests/$(1)/test_% tests/integration/rig%,$(wildcard tests/$(1)/*.c))) $(RIG) $(TREE)/lib/common.a
	$(Q)mkdir -p $$(@D) && $(CC) $(LDFLAGS) $(PARTS) -o $$@ $$^ $$(LIBS) -lcmocka
endef
$(foreach p,$(PARTS_RIGGED),$(eval $(call rigged,$(p))))

# The same targets with libFuzzer in the place of replay.c.
FUZZERS := $(patsubst tests/fuzz/test_fuzz_%.c,$(TREE)/fuzz/%,$(wildcard tests/fuzz/test_fuzz_*.c))
fuzzers: $(FUZZERS)
$(FUZZERS): $(TREE)/fuzz/%: $(TREE)/obj/tests/fuzz/test_fuzz_%.o $(ARCHIVES)
	$(Q)mkdir -p $(@D) && $(CC) -fsanitize=fuzzer,address,undefined -o $@ $< -Wl,--start-group $(ARCHIVES) -Wl,--end-group $(LIBS) -lcmocka

# Faults made on purpose, unoptimised, so that none is optimised away.
$(CANARY): tests/canary/canary.c $(TREE)/.packages
	$(Q)mkdir -p $(@D) && $(CC) $(CPPFLAGS) $(CFLAGS) -O0 -U_FORTIFY_SOURCE $(PARTS) $(LDHARDEN) -o $@ $< -pthread

run: all $(JUDGES) ## copy SHOPS=1000 shops between the bundled doubles of both APIs, and report
	$(Q)./tests/demo.sh $(TREE) $(SHOPS)

test: ## build, then every test: plain, under ASan+UBSan, and the part that TSan and valgrind watch
	$(Q)./deploy/packages.sh test
	$(Q)$(MAKE) --no-print-directory all $(TESTS) $(TOOLS) $(CANARY)
	$(Q)$(MAKE) --no-print-directory SANITIZE=address,undefined all $(patsubst $(TREE)/%,$(TREE)/address$(COMMA)undefined/%,$(filter-out $(WEIGHERS),$(TESTS)) $(TOOLS) $(CANARY))
	$(Q)$(MAKE) --no-print-directory SANITIZE=thread all $(THREADED:$(TREE)/%=$(TREE)/thread/%)
	$(Q)$(MAKE) --no-print-directory RULES=1 $(RULED)
	$(Q)./tests/run.sh $(TREE) $(TREE)/address,undefined $(TREE)/thread $(BUILD)/rules

chaos: ## only the chaos tests: MINUTES=30 for long campaigns, SEED=n for one again
	$(Q)./deploy/packages.sh test
	$(Q)$(MAKE) --no-print-directory all $(filter $(TREE)/tests/$@/%,$(TESTS)) $(TOOLS)
	$(Q)CHAOS_MINUTES=$(MINUTES) CHAOS_SEED=$(SEED) TEST_SECONDS=$$(($(or $(MINUTES),0) * 300 + 900)) ONLY=$@ ./tests/run.sh $(TREE)

unit simulation integration deploy: ## only these tests, without sanitizers
	$(Q)./deploy/packages.sh test
	$(Q)$(MAKE) --no-print-directory all $(filter $(TREE)/tests/$@/%,$(TESTS)) $(TOOLS)
	$(Q)ONLY=$@ ./tests/run.sh $(TREE)

rules: ## takes the rules of docs/delivery.md out one by one: each time a test must fail
	$(Q)$(MAKE) --no-print-directory RULES=1 $(RULED)
	$(Q)ONLY=simulation ./tests/run.sh $(BUILD)/rules

simulate: $(TREE)/tests/simulation/test_simulation ## SEED=n: one seed of the simulation, every event a line
	$(Q)$(TREE)/tests/simulation/test_simulation seed $(or $(SEED),1)

fuzz: ## SECONDS=600, shared by the targets of tests/fuzz: libFuzzer under ASan+UBSan, from the committed corpora
	$(Q)./deploy/packages.sh fuzz
	$(Q)$(MAKE) --no-print-directory CC="$(FUZZ_CC)" SANITIZE=fuzzer-no-link,address,undefined fuzzers
	$(Q)./tests/fuzz/run.sh $(TREE)/fuzzer-no-link,address,undefined $(SECONDS)

test-compose: all ## the containers: docker-compose.yml with 2 x 3 x 2, kills, rescaling; Swarm. Starts a Docker engine where none runs
	$(Q)./deploy/packages.sh engine
	$(Q)mkdir -p $(TREE)
	$(Q)ONLY=compose TEST_SECONDS=1200 ./tests/run.sh $(TREE)

bench: all $(TOOLS) ## SHOPS=200000: CPU per record by stage, records/s, peak memory; SCRAPE=1: with a look at the metrics each second
	$(Q)$(TREE)/tests/bench/bench $(if $(filter command line,$(origin SHOPS)),$(SHOPS),200000) $(if $(SCRAPE),scrape)

bench-scale: all $(TOOLS) ## SHOPS=12000: two transformers against one, and a slow target with 1, 2 and 4 loaders
	$(Q)$(TREE)/tests/bench/scale $(if $(filter command line,$(origin SHOPS)),$(SHOPS),12000)

bench-ledger: $(TREE)/tests/bench/ledger ## RECORDS=200000: the ledger alone, one loader's store thread, on SQLite and on PostgreSQL
	$(Q)./deploy/packages.sh test
	$(Q)folder=$$(mktemp -d) && $(TREE)/tests/bench/ledger $(RECORDS) sqlite:$$folder/bench.db; rm -rf $$folder
	$(Q)./tests/postgres.sh sh -c '$(TREE)/tests/bench/ledger $(RECORDS) "$$TEST_POSTGRES"'

lint: ## clang-format, clang-tidy, cppcheck, banned functions, shellcheck
	$(Q)./deploy/packages.sh lint
	$(Q)./tests/lint.sh

format: ## rewrite the sources as clang-format wants them
	$(Q)clang-format -i $$(git ls-files --cached --others --exclude-standard '*.c' '*.h')

DESTDIR ?=
PREFIX  ?= /usr/local
install: all ## into DESTDIR/PREFIX: bin/, share/dianchen/schemes
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/dianchen/schemes/api
	install -m 755 $(BINARIES) $(DESTDIR)$(PREFIX)/bin
	install -m 644 $(wildcard schemes/*.json) $(DESTDIR)$(PREFIX)/share/dianchen/schemes
	install -m 644 $(wildcard schemes/api/*.json) $(DESTDIR)$(PREFIX)/share/dianchen/schemes/api

clean: ## remove what was built
	$(Q)rm -rf $(TREE)

help: ## this list
	@awk -F':.*## ' '/^[a-z ]+:.*## /{printf "  make %-18s %s\n", $$1, $$2}' Makefile

.SECONDARY:
-include $(shell find $(TREE)/obj -name '*.d' 2>/dev/null)
