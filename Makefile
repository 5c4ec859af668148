# dianchen: `make help` lists the targets. Everything built goes to build/.
ifeq ($(origin CC),default)
CC       := gcc
endif
BUILD    ?= build
SHOPS    ?= 1000
SECONDS  ?= 600
FUZZ_CC  ?= clang
RECORDS  ?= 200000
TARGETS  ?= run test
V        ?= 0
PACKAGES := libzmq libcurl msgpack libcjson libcrypto sqlite3 libpq libmicrohttpd lua5.4 libxml-2.0
STAGES   := extractor transformer loader
PROGRAMS := $(STAGES) dianchen console
DOUBLES  := wdt-double xingchen-double rest-double soap-double robot-double postgres-double
COMMA    := ,
Q        := $(if $(filter 1,$(V)),,@)

# SANITIZE=address,undefined or thread builds a tree of its own: build/address,undefined/…
# RULES=1 builds build/rules, where each rule of docs/delivery.md can be taken out (common/base/rule.h).
TREE     := $(BUILD)$(if $(SANITIZE),/$(SANITIZE))$(if $(RULES),/rules)
ifdef SANITIZE
HARDEN   := -O1 -g -fno-omit-frame-pointer -fsanitize=$(SANITIZE) -fno-sanitize-recover=all
LDHARDEN := -fsanitize=$(SANITIZE)
else
# Control flow of the processor: programs that are optimised as a whole need it when they are linked, too.
FLOW     := $(if $(filter x86_64,$(shell uname -m)),-fcf-protection=full)
HARDEN   := -O2 -g -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fstack-clash-protection $(FLOW) -fPIE
LDHARDEN := -pie -Wl,-z,relro,-z,now
# Programs are optimised as a whole where the compiler is gcc; tests link the same objects the quick way.
ifneq ($(findstring gcc,$(CC)),)
HARDEN   += -flto -ffat-lto-objects
ENTIRE   := -O2 -flto=auto -fstack-protector-strong -fstack-clash-protection $(FLOW)
PARTS    := -fno-lto
endif
endif
CPPFLAGS := -I. -D_GNU_SOURCE $(if $(RULES),-DDIANCHEN_RULES) $(CPPFLAGS)
CFLAGS   := -std=c17 -Wall -Wextra -Wshadow -Wconversion -Wformat=2 -Wstrict-prototypes -Wvla -Werror $(HARDEN) $(CFLAGS)
LDFLAGS  := -Wl,--as-needed $(LDHARDEN) $(LDFLAGS)
LIBS      = $(shell pkg-config --libs $(PACKAGES)) -lm -pthread
# The transformer keeps nothing and calls nobody: a reference to a store, to libcurl or to libxml2 does not link.
LIBS_transformer = $(shell pkg-config --libs $(filter-out sqlite3 libpq libcurl libxml-2.0,$(PACKAGES))) -lm -pthread

sources   = $(filter-out $(1)/main.c,$(shell find $(1) -name '*.c' | LC_ALL=C sort))
objects   = $(patsubst %.c,$(TREE)/obj/%.o,$(1))
FOLDERS  := common $(STAGES) ctl console
CATALOG  := $(TREE)/share/locale/zh_CN/LC_MESSAGES/dianchen.mo
ARCHIVES := $(FOLDERS:%=$(TREE)/lib/%.a)
BINARIES := $(PROGRAMS:%=$(TREE)/bin/%)
# Test programs: some stand alone on the archives, some start the real programs through the rig.
PARTS_ALONE  := unit fuzz
PARTS_RIGGED := integration chaos
TESTS    := $(patsubst tests/%.c,$(TREE)/tests/%,$(wildcard $(PARTS_ALONE:%=tests/%/test_*.c) $(PARTS_RIGGED:%=tests/%/test_*.c)) \
	tests/simulation/test_simulation.c)
JUDGES   := $(DOUBLES:%=$(TREE)/tests/doubles/%)
PRELOADS := $(patsubst %.c,$(TREE)/%.so,$(wildcard tests/preload/*.c))
BENCHES  := $(addprefix $(TREE)/tests/bench/,bench scale weather slow-transformer ledger formulas fill)
# Prints the tables of the code as the manual has them.
TABLES   := $(TREE)/docs/tables
TOOLS    := $(JUDGES) $(BENCHES) $(PRELOADS) $(TABLES)
FORMULA_LONG := $(TREE)/tests/unit/test_formula_decimal $(TREE)/tests/unit/test_formula_date
CANARY   := $(TREE)/tests/canary/canary
# The simulation without one rule after the other, and the unit tests that look where it can't.
RULED    := $(addprefix $(BUILD)/rules/tests/,simulation/test_rules unit/test_ledger unit/test_ledger_others unit/test_flow)
# What `make hostile` runs: docs/security.md names them beside what they stop.
HOSTILE  := $(filter $(TREE)/tests/fuzz/%,$(TESTS)) $(addprefix $(TREE)/tests/unit/test_,link_hostile link_strangers link_curve hostile_bytes flow_limits metrics) \
	$(addprefix $(TREE)/tests/integration/test_,strangers attack harmless private impostor)
# Who weighs processes does it without a sanitizer, whose memory is not theirs.
WEIGHERS := $(TREE)/tests/chaos/test_outage
# Integration tests that run as released, too. All but one run under AddressSanitizer: its many runs would take too long there.
RELEASED := attack formulas pipeline command postgres scale monitoring windows pairs all source_forms
LONG     := $(TREE)/tests/integration/test_source_forms
# What ThreadSanitizer watches: units, links among them, and the whole under kills.
THREADED := $(filter $(TREE)/tests/unit/% $(TREE)/tests/chaos/test_chaos,$(TESTS)) $(JUDGES) $(CANARY)

# Whatever has a line in `make help` is no file.
.PHONY: doubles fuzzers $(shell sed -n 's/^\([a-z -]*\):.*\#\# .*/\1/p' $(firstword $(MAKEFILE_LIST)))
all: $(BINARIES) $(CATALOG) $(TREE)/.texts ## build every program into build/bin, installing what is missing
doubles: $(JUDGES)

$(TREE)/.packages: deploy/packages.sh
	$(Q)./deploy/packages.sh build
	$(Q)mkdir -p $(TREE) && touch $@

$(TREE)/obj/%.o: %.c $(TREE)/.packages
	$(Q)mkdir -p $(@D)
	$(if $(Q),@echo "  CC    $<")
	$(Q)$(CC) $(CPPFLAGS) $(HEADERS) $(CFLAGS) -MMD -MP -c -o $@ $<
# XML is read in one folder, and by the double that judges it.
$(TREE)/obj/extractor/soap/%.o $(TREE)/obj/tests/doubles/soap-double.o: HEADERS = $(shell pkg-config --cflags libxml-2.0)

# What programs say in Chinese: they find it beside the folder that they stand in.
$(CATALOG): po/zh_CN.po $(TREE)/.packages
	$(Q)mkdir -p $(@D) && msgfmt --check -o $@ $<

# Every text that a program prints has its Chinese: what lacks it is listed, and nothing is built.
$(TREE)/.texts: $(TREE)/.packages po/zh_CN.po po/check.sh po/texts.sh docs/events.md docs/events.zh-CN.md \
	$(call sources,common) $(foreach f,$(STAGES) ctl console,$(call sources,$(f)) $(f)/main.c)
	$(Q)$(if $(SANITIZE)$(RULES),,./po/check.sh >/dev/null &&) touch $@

define archive
$(TREE)/lib/$(1).a: $(call objects,$(call sources,$(1)))
	$(Q)mkdir -p $$(@D) && rm -f $$@ && ar qcs $$@ $$^
endef
$(foreach f,$(FOLDERS),$(eval $(call archive,$(f))))

define program
$(TREE)/bin/$(1): $(TREE)/obj/$(2)/main.o $(TREE)/lib/$(2).a $(TREE)/lib/common.a
	$(Q)mkdir -p $$(@D)
	$(if $(Q),@echo "  LINK  $$@")
	$(Q)$(CC) $(LDFLAGS) $(ENTIRE) -o $$@ $$^ $$(or $$(LIBS_$(1)),$$(LIBS))
endef
$(foreach s,$(STAGES),$(eval $(call program,$(s),$(s))))
$(eval $(call program,dianchen,ctl))
$(eval $(call program,console,console))
# The console's page is part of its program.
PAGE := console/web/index.html $(sort $(filter-out console/web/index.html,$(wildcard console/web/*.*)))
$(TREE)/page/files.c: $(PAGE) console/embed.sh
	$(Q)mkdir -p $(@D) && ./console/embed.sh $(PAGE) >$@.new && mv $@.new $@
$(TREE)/obj/page/files.o: $(TREE)/page/files.c $(TREE)/.packages
	$(Q)mkdir -p $(@D) && $(CC) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<
$(TREE)/lib/console.a: $(TREE)/obj/page/files.o

# The doubles share no code with the programs that they judge: only tests/doubles and libraries.
DOUBLE_SHARED := $(filter-out $(DOUBLES:%=tests/doubles/%.c),$(wildcard tests/doubles/*.c))
$(JUDGES): $(TREE)/tests/doubles/%: $(TREE)/obj/tests/doubles/%.o $(call objects,$(DOUBLE_SHARED))
	$(Q)mkdir -p $(@D)
	$(if $(Q),@echo "  LINK  $@")
	$(Q)$(CC) $(LDFLAGS) $(ENTIRE) -o $@ $^ $(LIBS)

$(TABLES): $(call objects,docs/tables.c) $(TREE)/lib/common.a
	$(Q)mkdir -p $(@D) && $(CC) $(LDFLAGS) $(PARTS) -o $@ $^ $(LIBS)

RIG := $(call objects,$(wildcard tests/integration/rig*.c))
$(TREE)/tests/bench/%: $(TREE)/obj/tests/bench/%.o $(RIG) $(TREE)/lib/common.a
	$(Q)mkdir -p $(@D) && $(CC) $(LDFLAGS) $(PARTS) -o $@ $^ $(LIBS)
# Makes a program die on a record: loaded into it by a test. It can't be sanitized itself.
$(TREE)/tests/preload/%.so: tests/preload/%.c $(TREE)/.packages
	$(Q)mkdir -p $(@D) && $(CC) $(CPPFLAGS) -std=c17 -Wall -Wextra -Wconversion -Werror -O2 -fPIC -shared -o $@ $<
# A transformer whose mapping costs more than any real one: what it is for is in tests/bench/scale.c.
# The mapping alone: what formulas add to it.
$(TREE)/tests/bench/formulas: $(call objects,tests/bench/formulas.c) $(TREE)/lib/transformer.a $(TREE)/lib/common.a
	$(Q)mkdir -p $(@D) && $(CC) $(LDFLAGS) $(ENTIRE) -o $@ $^ $(LIBS)
$(TREE)/tests/bench/slow-transformer: $(call objects,transformer/main.c tests/bench/slow_map.c) $(TREE)/lib/transformer.a $(TREE)/lib/common.a
	$(Q)mkdir -p $(@D) && $(CC) $(LDFLAGS) $(PARTS) -Wl,--wrap=map_record -o $@ $^ $(LIBS)
define alone
$(TREE)/tests/$(1)/%: $(TREE)/obj/tests/$(1)/%.o $(call objects,$(filter-out tests/$(1)/test_%,$(wildcard tests/$(1)/*.c))) $(ARCHIVES) | $(CATALOG)
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

demo: all $(JUDGES) ## keep both doubles, the stages and the console going, with a little traffic and refusals, until Ctrl-C
	$(Q)./tests/demo_live.sh $(TREE) $(SHOPS)

# Builds within a recipe use all cores, unless -j says how many.
PARALLEL = $(if $(findstring -j,$(MAKEFLAGS)),,-j$(shell nproc))
test: ## build, then every test: as released, under ASan+UBSan (integration tests mostly here), and the part that TSan and valgrind watch
	$(Q)./deploy/packages.sh test
	$(Q)$(MAKE) --no-print-directory $(PARALLEL) all $(filter-out $(TREE)/tests/integration/%,$(TESTS)) $(RELEASED:%=$(TREE)/tests/integration/test_%) $(TOOLS) $(CANARY)
	$(Q)$(MAKE) --no-print-directory $(PARALLEL) SANITIZE=address,undefined all $(patsubst $(TREE)/%,$(TREE)/address$(COMMA)undefined/%,$(filter-out $(WEIGHERS) $(LONG),$(TESTS)) $(TOOLS) $(CANARY))
	$(Q)$(MAKE) --no-print-directory $(PARALLEL) SANITIZE=thread all $(THREADED:$(TREE)/%=$(TREE)/thread/%)
	$(Q)$(MAKE) --no-print-directory $(PARALLEL) RULES=1 $(RULED)
	$(Q)RELEASED="$(RELEASED)" ./tests/run.sh $(TREE) $(TREE)/address,undefined $(TREE)/thread $(BUILD)/rules

chaos: ## only the chaos tests: MINUTES=30 for long campaigns, SEED=n for one again; STORM=1: 60,000 shops under 45 s of kills
	$(Q)./deploy/packages.sh test
	$(Q)$(MAKE) --no-print-directory all $(filter $(TREE)/tests/$@/%,$(TESTS)) $(TOOLS)
	$(Q)$(if $(STORM),CHAOS_SEED=$(SEED) $(TREE)/tests/chaos/test_chaos storm,CHAOS_MINUTES=$(MINUTES) CHAOS_SEED=$(SEED) TEST_SECONDS=$$(($(or $(MINUTES),0) * 300 + 900)) ONLY=$@ ./tests/run.sh $(TREE))

sales: all doubles $(TREE)/tests/integration/test_sales ## ORDERS=20000 GOODS=10000: orders become bills, row by row equal; also under kills, lost replies and a target that answers no look-up
	$(Q)$(TREE)/tests/integration/test_sales $(or $(ORDERS),20000) $(or $(GOODS),10000)

attack: ## MINUTES=10 of runs of 20,000, calm and under a mixed attack, plain and CURVE: exact, small, silent, 80 % of the speed
	$(Q)./deploy/packages.sh test
	$(Q)$(MAKE) --no-print-directory all $(TREE)/tests/integration/test_attack $(JUDGES)
	$(Q)ATTACK_SECONDS=$$(($(or $(MINUTES),10) * 60)) $(TREE)/tests/integration/test_attack

hostile: ## all tests of attacks, by bytes and by peers, with every replay of a fuzzer: within 2 minutes
	$(Q)./deploy/packages.sh test
	$(Q)$(MAKE) --no-print-directory all $(HOSTILE) $(TOOLS)
	$(Q)SECONDS_MOST=120 NAMES="$(notdir $(HOSTILE))" ./tests/run.sh $(TREE)

unit simulation integration deploy: ## only these tests, without sanitizers
	$(Q)./deploy/packages.sh test
	$(Q)$(MAKE) --no-print-directory all $(filter $(TREE)/tests/$@/%,$(TESTS)) $(TOOLS)
	$(Q)ONLY=$@ ./tests/run.sh $(TREE)

formula-long: ## CASES=1000000 random decimals against bc, dates against the C library
	$(Q)./deploy/packages.sh test
	$(Q)$(MAKE) --no-print-directory $(FORMULA_LONG)
	$(Q)for t in $(FORMULA_LONG); do FORMULA_CASES=$(or $(CASES),1000000) $$t || exit 1; done

rules: ## takes the rules of docs/delivery.md out one by one: each time a test must fail
	$(Q)./deploy/packages.sh test
	$(Q)$(MAKE) --no-print-directory RULES=1 $(RULED)
	$(Q)ONLY=simulation ./tests/run.sh $(BUILD)/rules

simulate: ## SEED=n: one seed of the simulation, every event a line
	$(Q)./deploy/packages.sh test
	$(Q)$(MAKE) --no-print-directory $(TREE)/tests/simulation/test_simulation
	$(Q)$(TREE)/tests/simulation/test_simulation seed $(or $(SEED),1)

fuzz: ## SECONDS=600, shared by the targets of tests/fuzz: libFuzzer under ASan+UBSan, from the committed corpora
	$(Q)./deploy/packages.sh fuzz
	$(Q)$(MAKE) --no-print-directory CC="$(FUZZ_CC)" SANITIZE=fuzzer-no-link,address,undefined fuzzers
	$(Q)./tests/fuzz/run.sh $(TREE)/fuzzer-no-link,address,undefined $(SECONDS)

test-compose: all ## the containers: docker-compose.yml with 2 x 3 x 2, kills, rescaling; Swarm. Starts a Docker engine where none runs
	$(Q)./deploy/packages.sh engine
	$(Q)mkdir -p $(TREE)
	$(Q)ONLY=compose TEST_SECONDS=1200 ./tests/run.sh $(TREE)

test-fresh: ## the last commit on a fresh Debian 12 in a chroot: `make run`, `make test`; TARGETS="run unit" for others. Needs root
	$(Q)./tests/fresh/clone.sh $(TARGETS)

bench: all $(TOOLS) ## SHOPS=200000: CPU per record by stage, records/s, peak memory; SCRAPE=1: with a look at the metrics each second; FORMULAS=1: only what five formulas and a call of Lua cost
	$(Q)$(if $(FORMULAS),$(TREE)/tests/bench/formulas && tests/bench/instructions.sh $(TREE)/tests/bench/formulas,$(TREE)/tests/bench/bench $(if $(filter command line,$(origin SHOPS)),$(SHOPS),200000) $(if $(SCRAPE),scrape))

bench-scale: all $(TOOLS) ## SHOPS=12000: two transformers against one, and a slow target with 1, 2 and 4 loaders
	$(Q)$(TREE)/tests/bench/scale $(if $(filter command line,$(origin SHOPS)),$(SHOPS),12000)

bench-weather: all $(TOOLS) ## goodput when the target fails 0-40 % of its calls, at 0-200 ms a call, with 1-4 loaders; WHOLE=1: only one whole run of 40,000
	$(Q)$(TREE)/tests/bench/weather $(if $(WHOLE),whole)

bench-ledger: $(TREE)/tests/bench/ledger ## RECORDS=200000: the ledger alone, on SQLite, and on PostgreSQL with 1, 2 and 4 loaders
	$(Q)./deploy/packages.sh test
	$(Q)folder=$$(mktemp -d) && $(TREE)/tests/bench/ledger $(RECORDS) sqlite:$$folder/bench.db 1; rm -rf $$folder
	$(Q)for loaders in 1 2 4; do \
		./tests/postgres.sh sh -c '$(TREE)/tests/bench/ledger $(RECORDS) "$$TEST_POSTGRES" '$$loaders || exit 1; done

bench-size: all $(TREE)/tests/bench/ledger ## RECORDS=1000000: four loaders and a reader on PostgreSQL and on one file, the end of the run, a backup, the way to PostgreSQL
	$(Q)./tests/bench/size.sh $(TREE) $(if $(filter command line,$(origin RECORDS)),$(RECORDS),1000000)

bench-console: all doubles $(TREE)/tests/bench/fill ## RECORDS=1000000: first answers of each page of the console on a large store, its memory, what it costs a run
	$(Q)./deploy/packages.sh test
	$(Q)./tests/web/take.sh $(abspath $(TREE))
	$(Q)node $(TREE)/web/tests/size.mjs $(abspath $(TREE)) $(if $(filter command line,$(origin RECORDS)),$(RECORDS),1000000)

lint: ## clang-format, clang-tidy, cppcheck, banned functions, shellcheck
	$(Q)./deploy/packages.sh lint
	$(Q)./tests/lint.sh

docs: all $(TABLES) ## rewrite what the docs and env.example take from the tables of the code
	$(Q)./docs/generate.sh $(TREE)

site: ## the documents as HTML in build/site, linked and searchable
	$(Q)./deploy/packages.sh site
	$(Q)./docs/site.sh $(BUILD)/site

format: ## rewrite the sources as clang-format wants them
	$(Q)clang-format -i $$(git ls-files --cached --others --exclude-standard '*.c' '*.h')

DESTDIR ?=
PREFIX  ?= /usr/local
install: all ## programs, schemes, docs, man pages, completions and systemd units into PREFIX=/usr/local, below DESTDIR
	$(Q)./deploy/install.sh install $(TREE) $(PREFIX) $(DESTDIR)

uninstall: all ## take away what `make install` put there, and nothing else
	$(Q)./deploy/install.sh uninstall $(TREE) $(PREFIX) $(DESTDIR)

deb: ## a Debian package in build/deb, judged by lintian
	$(Q)./deploy/packages.sh deb
	$(Q)./deploy/deb.sh $(BUILD)/deb

test-deb: deb $(JUDGES) ## install, use, remove and purge that package on a fresh Debian 12 in a chroot. Needs root
	$(Q)./tests/fresh/deb.sh $(BUILD)

sbom: ## what the image dianchen holds: package, version and licence of each, in build/sbom (CycloneDX); IMAGE=name, or IMAGE= for this host
	$(Q)./deploy/sbom.sh $(if $(filter undefined,$(origin IMAGE)),dianchen:latest,$(IMAGE)) $(BUILD)/sbom

clean: ## remove what was built
	$(Q)rm -rf $(TREE)

help: ## this list
	@awk -F':.*## ' '/^[a-z -]+:.*## /{n=split($$1, t, " "); for (i=1; i<=n; i++) printf "  make %-14s %s\n", t[i], $$2}' Makefile

.SECONDARY:
-include $(shell find $(TREE)/obj -name '*.d' 2>/dev/null)
