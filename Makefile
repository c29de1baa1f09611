# SPDX-License-Identifier: GPL-2.0-only
# For people; the kernel's build reads Kbuild instead.
#
# KDIR= builds against another kernel than the running one.

KDIR ?=

modules: ## build vmbsave.ko and the samples into build/modules
	scripts/modules $(if $(KDIR),--kdir $(KDIR)) --samples build/modules

modules_install: ## install them below /lib/modules (INSTALL_MOD_PATH= before it)
	scripts/install modules

headers_install: ## install headers for VSPs in /usr/local/include/vmbsave (INSTALL_HDR_PATH= for /usr/local)
	scripts/install headers

check: ## run every check that this machine can run
	scripts/check

kunit: ## run the KUnit suites on User-Mode Linux
	scripts/uml/run

docs: ## build the documents into build/docs/html
	scripts/checks/docs

demo: ## watch packets survive a migration
	scripts/demo

clean: ## remove build/ (cached kernels stay)
	rm -rf build

help: ## this list
	@sed -n 's/^\([a-z_]*\): ## \(.*\)/  make \1\t\2/p' Makefile | expand -t 24

export INSTALL_MOD_PATH INSTALL_HDR_PATH

.PHONY: modules modules_install headers_install check kunit docs demo clean help
