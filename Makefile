# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The one build of the workbook, and all of its user interface: `make help`.
#
# Each lab is built in up to two trees, from the same rules:
#   build/student/NN-name/   from labs/NN-name
#   build/solution/NN-name/  the same, but a file that stands in labs/NN-name/solution wins
# X.bpf.c becomes X.bpf.o and X.skel.h, any other Y.c becomes the program Y; answers.txt, where a lab
# asks for what was found out, scripts (Z.sh) and tables of packets are copied. tests/programs/NN-name
# has programs that only the checks need.

host := $(shell uname -m; nproc)
arch := $(word 1,$(host))
cores := $(word 2,$(host))
MAKEFLAGS += -rR --no-print-directory
ifeq ($(filter -j%,$(MAKEFLAGS)),)
MAKEFLAGS += -j$(cores)
endif
export PATH := $(PATH):/usr/sbin:/sbin

CLANG ?= clang
BPFTOOL ?= bpftool
warnings := -Wall -Wextra -Wno-unused-parameter -Werror
# asm/types.h lives under the multiarch folder on Debian and Ubuntu; -idirafter is harmless elsewhere
BPF_CFLAGS ?= -target bpf -g -O2 $(warnings) -idirafter /usr/include/$(arch)-linux-gnu
CFLAGS ?= -std=gnu11 -g -O2 $(warnings)
LDLIBS := -Wl,--as-needed -lbpf -lpcap -lelf -lz

# a compiler that writes to no terminal breaks its lines when told so, as tests/check does
narrow = $(if $(NARROW),-fmessage-length=$(NARROW))

# what the compiler notes beside its output: the headers it read, and how it was called, for editors
notes = -MMD -MP -MF $(@D)/.$(@F).d -MJ $(@D)/.$(@F).json $(narrow)

Q := $(if $(V),,@)
step = $(if $(V)$(findstring s,$(firstword -$(MAKEFLAGS))),,@printf '  %-9s %s\n' '$1' '$(patsubst build/%,%,$@)')

# A bundle for students has a VERSION, and no solutions. Its labs' files come from common/starters; another
# bundle than the one that .given tells of is taken over first (common/bin/update).
version := $(file < VERSION)
authors := test vm-test matrix grade similar grade-selftest starters drift new-lab release offline
ifneq ($(version),)
ifneq ($(version)$(wildcard .given/ready),$(file < .given/VERSION))
said := $(shell common/bin/update --adopt >&2 && echo done)
$(if $(said),,$(error this bundle could not be made ready; the reason stands above))
endif
$(foreach t,$(filter $(authors),$(MAKECMDGOALS)),$(error make $t is for authors; this bundle has no solutions))
endif

labs := $(sort $(notdir $(patsubst %/,%,$(wildcard labs/[0-9][0-9]-*/))))
# LAB takes 3, 03 or 03-globals
lab := $(if $(LAB),$(filter $(LAB) $(LAB)-% 0$(LAB)-%,$(labs)))
$(if $(LAB),$(if $(lab),,$(error no lab is called $(LAB); `make progress` lists them)))
# SRC and OUT build one lab from a folder of other answers into a tree of their own: the proofs do
tree := $(filter tree tree-objects,$(MAKECMDGOALS))
$(if $(tree),$(if $(and $(SRC),$(OUT),$(lab)),,$(error SRC and OUT go together, with a LAB)))

tools := $(patsubst common/tools/%.c,%,$(filter-out %.bpf.c,$(wildcard common/tools/*.c)))
tool_files := $(tools:%=build/tools/%) $(patsubst common/tools/%.c,build/tools/%.o,$(wildcard common/tools/*.bpf.c))
common_objects := $(patsubst common/%.c,build/common/%.o,$(wildcard common/*.c))
fixtures := $(patsubst tests/tools/fixtures/%.c,build/tests/%.o,$(wildcard tests/tools/fixtures/*.bpf.c)) \
	$(patsubst tests/tools/fixtures/%.bpf.c,build/tests/%.o,$(wildcard tests/tools/fixtures/*/*.bpf.c)) \
	$(patsubst tests/tools/fixtures/%.bpf.c,build/tests/%.fixed.o,$(wildcard tests/tools/fixtures/verifier/*.bpf.c))

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.PRECIOUS: %/ # a folder that was made is no intermediate file
.PHONY: all student-tree solution-tree student-objects solution-objects tree tree-objects tools san fixtures clean \
	help start doctor check run-check watch hint reveal solution progress reset shell traffic \
	test vm vm-test matrix starters drift new-lab $(labs)

all: student-tree tools ## build every lab and the tools (LAB=03: one lab)
	@$(json)

# ---- labs ---------------------------------------------------------------------------------------

# $(call build_lab,LAB,TREE,OVERLAY): the files of labs/LAB, those of OVERLAY first, built into TREE
define build_lab
$2.names := $$(sort $$(notdir $$(wildcard labs/$1/*.c labs/$1/solution/*.c common/starters/$1/*.c $3/*.c tests/programs/$1/*.bpf.c)))
$2.bpf := $$(patsubst %.bpf.c,%,$$(filter %.bpf.c,$$($2.names)))
$2.user := $$(patsubst %.c,%,$$(filter-out %.bpf.c,$$($2.names)))
$2.notes := $$(sort $$(notdir $$(wildcard $$(foreach f,answers.txt *.table *.sh,\
	labs/$1/$$f labs/$1/solution/$$f common/starters/$1/$$f))))
$2.first := $$($2.bpf:%=$2/%.bpf.o) $$($2.notes:%=$2/%)
$2.files := $$($2.first) $$($2.bpf:%=$2/%.skel.h) $$($2.user:%=$2/%)
$$(foreach p,$$($2.bpf),$$(eval $$(call build_bpf,$2,$$p,$$(call pick,$1,$3,$$p.bpf.c),$1,$3)))
$$(foreach p,$$($2.user),$$(eval $$(call build_user,$2,$$p,$$(call pick,$1,$3,$$p.c),$1,$3)))
$$(foreach p,$$($2.notes),$$(eval $$(call copy,$2/$$p,$$(call pick,$1,$3,$$p))))
-include $$(wildcard $2/.*.d)
endef

pick = $(firstword $(wildcard $(addsuffix /$3,$2) tests/programs/$1/$3) labs/$1/$3)
lab_includes = $(if $(wildcard $2),-I$2) -Ilabs/$1 -Iheaders

# What is built gets the time when that began: what was saved meanwhile is newer, and built again
begun = : > $$(@D)/.begun.$$(@F); 
done = && touch -r $$(@D)/.begun.$$(@F) $$@

# $(call build_bpf,TREE,STEM,SOURCE,LAB,OVERLAY)
define build_bpf
$1/$2.bpf.o: $3 | $1/
	$$(call step,CLANG)
	$$Q$(begun)$(CLANG) $(BPF_CFLAGS) $(call lab_includes,$4,$5) $$(notes) -c $3 -o $$@ $(done)
endef

# $(call build_user,TREE,STEM,SOURCE,LAB,OVERLAY)
define build_user
$1/$2: $3 $(common_objects) | $$($1.bpf:%=$1/%.skel.h) $1/
	$$(call step,LOADER)
	$$Q$(begun)$(CLANG) $(CFLAGS) $(call lab_includes,$4,$5) -Icommon -I$1 $$(notes) $3 $(common_objects) -o $$@ $(LDLIBS) $(done)
endef

# $(call copy,FILE,SOURCE): it gets the time of the source, so that what was saved meanwhile is newer
define copy
$1: $2 | $(dir $1)
	@cp --preserve=timestamps $$< $$@
endef

# written whole or not at all; an object without a program would only confuse the loader's compiler
%.skel.h: %.bpf.o
	$(call step,SKELETON)
	$Q$(BPFTOOL) gen skeleton $< name $(subst -,_,$(notdir $*))_bpf > $@.new
	@grep -q '} progs;' $@.new || \
		{ echo "$(notdir $*).bpf.c has no program: no function behind SEC(...)" >&2; false; }
	@mv $@.new $@

# a student's file that was deleted
labs/%.c: ; $(call gone,$@)
labs/%.txt: ; $(call gone,$@)
labs/%.table: ; $(call gone,$@)
labs/%.sh: ; $(call gone,$@)
gone = @echo "$1 is missing" >&2; false

wanted := $(or $(lab),$(labs))
$(foreach l,$(wanted),$(eval $(call build_lab,$l,build/student/$l,)))
$(foreach l,$(wanted),$(eval $(call build_lab,$l,build/solution/$l,labs/$l/solution)))
$(if $(tree),$(eval $(call build_lab,$(lab),$(OUT),$(SRC))))

# what single packets need
student-objects: $(foreach l,$(wanted),$(build/student/$l.first))
solution-objects: $(foreach l,$(wanted),$(build/solution/$l.first))
student-tree: $(foreach l,$(wanted),$(build/student/$l.files))
solution-tree: $(foreach l,$(wanted),$(build/solution/$l.files))
tree: $($(OUT).files)
tree-objects: $($(OUT).first)

# `make 3`, `make 03` and `make 03-globals` build that lab
define lab_target
$1: $(build/student/$1.files) $(tool_files)
	@$$(json)
.PHONY: $(firstword $(subst -, ,$1)) $(patsubst 0%,%,$(firstword $(subst -, ,$1)))
$(firstword $(subst -, ,$1)) $(patsubst 0%,%,$(firstword $(subst -, ,$1))): $1
endef
$(foreach l,$(wanted),$(eval $(call lab_target,$l)))

# ---- tools and what tests are made of -----------------------------------------------------------

tools: $(tool_files) ## build the small programs that students run
fixtures: $(fixtures)
san: $(tools:%=build/san/%)

build/common/%.o: common/%.c | build/common/
	@mkdir -p $(@D)
	$(call step,CC)
	$Q$(CLANG) $(CFLAGS) $(notes) -c $< -o $@

build/tools/%.bpf.o: common/tools/%.bpf.c | build/tools/
	$(call step,CLANG)
	$Q$(CLANG) $(BPF_CFLAGS) $(notes) -c $< -o $@

build/tools/%: common/tools/%.c $(common_objects) | build/tools/
	$(call step,TOOL)
	$Q$(CLANG) $(CFLAGS) -Icommon $(notes) $< $(filter %.o,$^) -o $@ $(LDLIBS)

build/san/%: common/tools/%.c $(wildcard common/*.c) | build/san/
	$(call step,SANITIZE)
	$Q$(CLANG) $(CFLAGS) -fsanitize=address,undefined -fno-sanitize-recover=all -Icommon $(notes) $(filter %.c,$^) -o $@ $(LDLIBS)

# a tool that got too long for one file has more of them in a folder of its own: X.c, X/*.c, X/*.h, and
# what they take in (.incbin)
define tool_parts
build/tools/$1: $2
build/san/$1: $(wildcard common/tools/$1/*)
$2: $(filter-out %.c %.h %.awk,$(wildcard common/tools/$1/*))
endef
$(foreach t,$(tools),$(if $(wildcard common/tools/$t/*.c),\
	$(eval $(call tool_parts,$t,$(patsubst %.c,build/%.o,$(wildcard common/tools/$t/*.c))))))

build/tests/%.bpf.o: tests/tools/fixtures/%.bpf.c | build/tests/
	$(call step,CLANG)
	$Q$(CLANG) $(BPF_CFLAGS) $(notes) -c $< -o $@

# programs that explain is tried on; clang has its own doubts about some
fixture_folders := build/tests/strangers/ build/tests/verifier/
build/tests/%.o: tests/tools/fixtures/%.bpf.c | $(fixture_folders)
	$(call step,CLANG)
	$Q$(CLANG) $(BPF_CFLAGS) -w $(notes) -c $< -o $@

build/tests/%.fixed.o: tests/tools/fixtures/%.bpf.c | $(fixture_folders)
	$(call step,CLANG)
	$Q$(CLANG) $(BPF_CFLAGS) -w -DFIXED $(notes) -c $< -o $@

-include $(wildcard build/common/.*.d build/common/tools/*/.*.d build/tools/.*.d build/san/.*.d build/tests/.*.d build/tests/*/.*.d)

%/: ; @mkdir -p $@

# for editors: clangd looks for build/compile_commands.json
json = cat build/common/.*.json build/common/tools/*/.*.json build/tools/.*.json build/s*/*/.*.json | \
	sed -e '1s/^/[/' -e '$$s/,$$/]/' > build/$@.json && mv build/$@.json build/compile_commands.json

# ---- what a person calls ------------------------------------------------------------------------

include common/verdict.mk

start: ## set this machine up, and show lab 01 on real packets
	@tests/start

doctor: ## what this machine can do, and the cure for what it can't
	@tests/doctor

check: ## check your answers (LAB=03: one lab; STAGE=packets: no network)
	@$(call verdict,$(shell tests/check --make $(check_options) $(lab)))

# a student's day: these read LAB, TODO, FILE, YES, FORCE, VERIFY from the environment, where make puts them
watch: ## check at each save, until Ctrl-C (LAB=03)
	@common/bin/watch

hint: ## the next hint for the first red check (LAB=03; TODO=2: for that one)
	@common/bin/hint

reveal: ## our answer to one TODO, as a diff against your file (LAB=03 TODO=2)
	@common/bin/reveal

solution: ## our whole answer, once yours has passed (LAB=03; FORCE=1: before)
	@common/bin/solution

progress: ## the labs: what is done, points, what is next (VERIFY=1: check again)
	@common/bin/progress

reset: ## the starter again; your file is saved beside it (LAB=03; FILE=name: that one)
	@common/bin/reset

# (exec: no shell in between, which would outlive make)
shell: ## a root shell inside the network of the lab's checks (LAB=03, ATTACH=1, PLAIN=1: without tmux)
	@exec tests/shell $(if $(SOLUTION),--solution) $(if $(PLAIN),--plain) \
		$(if $(ATTACH),--attach "$$ATTACH") $(or $(lab),$(firstword $(labs)))

traffic: ## the lab's packets, again and again, into the open shell (LAB=03, RATE=10 a second)
	@exec common/bin/traffic $(if $(RATE),--rate "$$RATE") $(lab)

test: ## prove everything the workbook claims (LAB=03: one lab)
	@tests/prove $(lab)

new-lab: ## a lab to begin with, which builds and is red (NAME=11-parsing)
	@common/bin/new-lab "$$NAME"

vm: ## a machine with all that the labs need, and a shell on it (LAB=03; KEEP=1: its disk is kept)
	@vm/shell $(lab)

# LABS takes several, as 01,02
comma := ,
vm-test: ## prove labs on another kernel, in a machine (KERNEL=6.12 LABS=01,02)
	@vm/test $(or $(subst $(comma), ,$(LABS)),$(lab))

matrix: ## prove all labs on all kernels of vm/kernels, and write docs/kernels.md (KERNELS=, LABS=)
	@vm/matrix $(or $(subst $(comma), ,$(LABS)),$(lab))

starters: ## write what is generated and committed: starters, README's labs, docs/verifier.md
	@tests/lib/generated write

drift: ## prove that those files are what `make starters` would write
	@tests/lib/generated compare

# ---- grading: docs/grading.md -------------------------------------------------------------------

.PHONY: grade similar grade-selftest
grade: ## grade a folder of hand-ins, in a gradebook (SUBMISSIONS=dir LABS=01,03-06 OUT=dir; docs/grading.md)
	@common/bin/grade

similar: ## what tools that look for copied answers take in (SUBMISSIONS=dir OUT=dir)
	@common/bin/similar

grade-selftest: ## a made-up class, most of it hostile, gets the right grades and harms nothing
	@common/bin/grade-selftest

clean: ## remove build/
	rm -rf build

# ---- bundles

release: ## a bundle for students, without solutions (OUT=FILE.tar.xz, or a folder)
	@common/bin/release

offline: ## the same with all packages, for a room without network (OUT=FILE.tar)
	@common/bin/offline

update: ## put another bundle in place of this one, and keep your work (BUNDLE=FILE)
	@common/bin/update

.PHONY: release offline update

help: ## this list
	@VERSION='$(version)' HIDDEN='$(if $(version),$(authors) reveal solution)' common/bin/help
