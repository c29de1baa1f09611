# SPDX-License-Identifier: GPL-2.0-only
"""Sphinx: the documents and, by the kernel's own kernel-doc, the headers. scripts/checks/docs and "make docs" run it."""
import glob
import logging
import os
import re
import sys

# The kernel's scripts, from scripts/checks/lib.sh: check_tool.
TOOLS = os.environ["VMB_KERNEL_SCRIPTS"]
TREE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(TOOLS, "sphinx"))

from kerneldoc import KernelDocDirective  # noqa: E402 pylint: disable=wrong-import-position

project = "vmbsave"  # pylint: disable=invalid-name
extensions = ["kerneldoc"]
kerneldoc_bin = os.path.join(TOOLS, "kernel-doc")  # pylint: disable=invalid-name
kerneldoc_srctree = TREE  # pylint: disable=invalid-name
kerneldoc_verbosity = 1  # pylint: disable=invalid-name
highlight_language = "none"  # pylint: disable=invalid-name
html_theme = "alabaster"  # pylint: disable=invalid-name
# A warning of Sphinx is an error, so nothing may depend on the network or on the day.
html_last_updated_fmt = None  # pylint: disable=invalid-name


class Exported(KernelDocDirective):
    """What the sources of a folder export and describe beside the code; :export: of 6.1 knows no namespaces."""

    required_arguments = 1
    option_spec = {}

    def run(self):
        nodes = []
        files = sorted(glob.glob(os.path.join(TREE, self.arguments[0], "*.c")))
        if not files:
            raise self.error("no sources in " + self.arguments[0])
        for name in files:
            with open(name, encoding="utf-8") as source:
                text = source.read()
            symbols = [symbol for symbol in re.findall(r"^EXPORT_SYMBOL_NS_GPL\((\w+), VMBSAVE_NS\)", text, re.M)
                       if " * " + symbol + "() - " in text]
            if symbols:
                self.arguments = [os.path.relpath(name, TREE)]
                self.options = {"functions": " ".join(symbols)}
                nodes += super().run()
        return nodes


def is_no_duplicate(record):
    """False for a function named like a structure, which C keeps apart and Sphinx does not."""
    found = re.search(r"^Duplicate C declaration[^\n]*\nDeclaration is '\.\. c:function:: .*?(\w+) *\(", record.getMessage())
    if not found:
        return True
    headers = glob.glob(os.path.join(TREE, "include", "linux", "*.h"))
    return not any(re.search(r"^struct " + found.group(1) + r" \{", open(name, encoding="utf-8").read(), re.M)
                   for name in headers)


def setup(app):
    """Called by Sphinx."""
    logging.getLogger("sphinx.sphinx.domains.c").addFilter(is_no_duplicate)
    app.add_directive("exported", Exported)
