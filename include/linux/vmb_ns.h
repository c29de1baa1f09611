/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _LINUX_VMB_NS_H
#define _LINUX_VMB_NS_H

/*
 * The symbol namespace of vmbsave, spelled as EXPORT_SYMBOL_NS_GPL() and
 * MODULE_IMPORT_NS() of the running kernel want it. include/compat sets the
 * bare token for the kernels that paste it.
 */
#ifndef VMBSAVE_NS
#define VMBSAVE_NS	"VMBSAVE"
#endif

#endif /* _LINUX_VMB_NS_H */
