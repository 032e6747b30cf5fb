# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# tests/check --make prints its report on stderr and one verdict line on stdout; make says that
# line as its own last word, so that nothing ("*** Error 1") comes after it. What make puts before it
# ("../../common/lab.mk:16: ***") gets a line of its own, and a long verdict ¶ where it is broken: all
# fit 100 columns so.
define newline


endef
verdict = $(if $(filter pass:%,$1),echo '$1',$(error the verdict:$(newline)$(subst ¶,$(newline),$(or $1,env: tests/check was stopped before it had a verdict))))
check_options = $(if $(SOLUTION),--solution) $(if $(STAGE),--stage $(STAGE))
