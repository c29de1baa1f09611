# SPDX-License-Identifier: GPL-2.0-only
# For people; the kernel's build reads Kbuild instead.
#
# KDIR= builds against another kernel than the running one.

KDIR ?=

modules: ## build vmbsave.ko and the samples into build/modules
	scripts/modules $(if $(KDIR),--kdir $(KDIR)) --samples build/modules

check: ## run every check that this machine can run
	scripts/check

kunit: ## run the KUnit suites on User-Mode Linux
	scripts/uml/run

demo: ## watch packets survive a migration
	scripts/demo

clean: ## remove build/ (cached kernels stay)
	rm -rf build

help: ## this list
	@sed -n 's/^\([a-z]*\): ## \(.*\)/  make \1\t\2/p' Makefile | expand -t 16

.PHONY: modules check kunit demo clean help
