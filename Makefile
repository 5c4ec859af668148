# dianchen: `make help` lists the targets. Everything built goes to build/.
ifeq ($(origin CC),default)
CC       := gcc
endif
BUILD    ?= build
SHOPS    ?= 1000
V        ?= 0
PACKAGES := libzmq libcurl msgpack libcjson libcrypto sqlite3 libmicrohttpd
STAGES   := extractor transformer loader
PROGRAMS := $(STAGES) dianchen
DOUBLES  := wdt-double xingchen-double
Q        := $(if $(filter 1,$(V)),,@)

# SANITIZE=address,undefined or thread builds a tree of its own: build/address,undefined/…
ifdef SANITIZE
BUILD    := $(BUILD)/$(SANITIZE)
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
CPPFLAGS := -I. -D_GNU_SOURCE $(CPPFLAGS)
CFLAGS   := -std=c17 -Wall -Wextra -Wshadow -Wconversion -Wformat=2 -Wstrict-prototypes -Wvla -Werror $(HARDEN) $(CFLAGS)
LDFLAGS  := -Wl,--as-needed $(LDHARDEN) $(LDFLAGS)
LIBS      = $(shell pkg-config --libs $(PACKAGES)) -lm -pthread

sources   = $(filter-out $(1)/main.c,$(wildcard $(1)/*.c))
objects   = $(patsubst %.c,$(BUILD)/obj/%.o,$(1))
FOLDERS  := common $(STAGES) ctl
ARCHIVES := $(FOLDERS:%=$(BUILD)/lib/%.a)
BINARIES := $(PROGRAMS:%=$(BUILD)/bin/%)
TESTS    := $(patsubst tests/%.c,$(BUILD)/tests/%,$(wildcard tests/unit/test_*.c tests/integration/test_*.c))
JUDGES   := $(DOUBLES:%=$(BUILD)/tests/doubles/%)
TOOLS    := $(JUDGES) $(BUILD)/tests/bench/bench

.PHONY: all run test unit integration sanitize bench lint format packages install clean help
all: $(BINARIES) ## build every program into build/bin, installing what is missing

$(BUILD)/.packages: deploy/packages.sh
	$(Q)./deploy/packages.sh build
	$(Q)mkdir -p $(BUILD) && touch $@

$(BUILD)/obj/%.o: %.c $(BUILD)/.packages
	$(Q)mkdir -p $(@D)
	$(if $(Q),@echo "  CC    $<")
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

define archive
$(BUILD)/lib/$(1).a: $(call objects,$(call sources,$(1)))
	$(Q)mkdir -p $$(@D) && rm -f $$@ && ar rcs $$@ $$^
endef
$(foreach f,$(FOLDERS),$(eval $(call archive,$(f))))

define program
$(BUILD)/bin/$(1): $(BUILD)/obj/$(2)/main.o $(BUILD)/lib/$(2).a $(BUILD)/lib/common.a
	$(Q)mkdir -p $$(@D)
	$(if $(Q),@echo "  LINK  $$@")
	$(Q)$(CC) $(LDFLAGS) $(WHOLE) -o $$@ $$^ $$(LIBS)
endef
$(foreach s,$(STAGES),$(eval $(call program,$(s),$(s))))
$(eval $(call program,dianchen,ctl))

# The doubles share no code with the programs that they judge: only tests/doubles and libraries.
DOUBLE_SHARED := $(filter-out $(DOUBLES:%=tests/doubles/%.c),$(wildcard tests/doubles/*.c))
$(JUDGES): $(BUILD)/tests/doubles/%: $(BUILD)/obj/tests/doubles/%.o $(call objects,$(DOUBLE_SHARED))
	$(Q)mkdir -p $(@D)
	$(if $(Q),@echo "  LINK  $@")
	$(Q)$(CC) $(LDFLAGS) $(WHOLE) -o $@ $^ $(LIBS)

$(BUILD)/tests/bench/%: $(BUILD)/obj/tests/bench/%.o $(BUILD)/obj/tests/integration/rig.o $(BUILD)/lib/common.a
	$(Q)mkdir -p $(@D) && $(CC) $(LDFLAGS) $(PARTS) -o $@ $^ $(LIBS)
$(BUILD)/tests/unit/%: $(BUILD)/obj/tests/unit/%.o $(ARCHIVES)
	$(Q)mkdir -p $(@D) && $(CC) $(LDFLAGS) $(PARTS) -o $@ $< -Wl,--start-group $(ARCHIVES) -Wl,--end-group $(LIBS) -lcmocka
$(BUILD)/tests/integration/%: $(BUILD)/obj/tests/integration/%.o $(BUILD)/obj/tests/integration/rig.o $(BUILD)/lib/common.a
	$(Q)mkdir -p $(@D) && $(CC) $(LDFLAGS) $(PARTS) -o $@ $^ $(LIBS) -lcmocka

run: all $(JUDGES) ## copy SHOPS=1000 shops between the bundled doubles of both APIs, and report
	$(Q)./tests/demo.sh $(BUILD) $(SHOPS)

test: ## build, then every test: unit, programs against doubles, and the same under ASan+UBSan
	$(Q)./deploy/packages.sh test
	$(Q)$(MAKE) --no-print-directory all $(TESTS) $(TOOLS)
	$(Q)$(MAKE) --no-print-directory SANITIZE=address,undefined all $(TESTS:$(BUILD)/%=$(BUILD)/address,undefined/%) $(TOOLS:$(BUILD)/%=$(BUILD)/address,undefined/%)
	$(Q)./tests/run.sh $(BUILD) $(BUILD)/address,undefined

unit integration: ## only these, without sanitizers
	$(Q)./deploy/packages.sh test
	$(Q)$(MAKE) --no-print-directory all $(filter $(BUILD)/tests/$@/%,$(TESTS)) $(TOOLS)
	$(Q)ONLY=$@ ./tests/run.sh $(BUILD)

bench: all $(TOOLS) ## SHOPS=200000: CPU per record by stage, records/s, peak memory; first load and unchanged run
	$(Q)$(BUILD)/tests/bench/bench $(if $(filter command line,$(origin SHOPS)),$(SHOPS),200000)

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
	$(Q)rm -rf $(BUILD)

help: ## this list
	@awk -F':.*## ' '/^[a-z ]+:.*## /{printf "  make %-18s %s\n", $$1, $$2}' Makefile

.SECONDARY:
-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)
