# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The Makefile of every lab folder: the same targets as in the root, for this lab.

MAKEFLAGS += -rR --no-print-directory
root := $(patsubst %common/lab.mk,%,$(lastword $(MAKEFILE_LIST)))
LAB ?= $(notdir $(CURDIR))
export LAB
# where a path that is given on the command line begins
export HERE := $(CURDIR)

include $(root)common/verdict.mk

.DEFAULT_GOAL := $(LAB)
.PHONY: check watch hint reveal solution progress reset
check:
	@$(call verdict,$(shell cd $(root) && tests/check --make $(check_options) $(LAB)))

# (exec: no shell in between, which would outlive make)
watch hint reveal solution progress reset:
	@export IN_LAB=1; exec $(root)common/bin/$@

%:
	@$(MAKE) -C $(root) $@

Makefile $(root)common/lab.mk $(root)common/verdict.mk: ;
