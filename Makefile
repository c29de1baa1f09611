# SPDX-License-Identifier: GPL-2.0-only
# For people; the kernel's build reads Kbuild instead.
#
# KDIR= builds against another kernel than the running one.

KDIR ?=

all: modules tools

modules: ## build vmbsave.ko and the samples into build/modules
	scripts/modules $(if $(KDIR),--kdir $(KDIR)) --samples build/modules

tools: ## build vmbsavectl into build/vmbsavectl
	@bash -euc '. scripts/lib.sh; vmb_need /usr/include/yajl/yajl_gen.h libyajl-dev; \
		vmb_need /usr/include/xxhash.h libxxhash-dev'
	$(MAKE) --no-print-directory -C scripts/vmbsavectl

install: ## install all, as root: modules, headers, tools, the rule of udev (DESTDIR=, prefix=)
	scripts/install modules headers tools device

uninstall: ## take away what install and dkms_install have put there
	scripts/install --remove modules headers tools device dkms

modules_install: ## install them below /lib/modules (INSTALL_MOD_PATH= before it)
	scripts/install modules

headers_install: ## install headers for VSPs in /usr/local/include/vmbsave (INSTALL_HDR_PATH= for /usr/local)
	scripts/install headers

tools_install: ## install vmbsavectl in /usr/local (prefix=)
	scripts/install tools

dkms_install: ## give the modules to DKMS, which builds them for each kernel, and install the rest
	scripts/install dkms tools device

deb: ## build Debian's packages vmbsave-dkms and vmbsave-tools into build/deb
	scripts/package

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
export DESTDIR prefix bindir mandir completionsdir includedir udevrulesdir sysusersdir

.PHONY: all modules tools install uninstall modules_install headers_install tools_install dkms_install deb
.PHONY: check kunit docs demo clean help
