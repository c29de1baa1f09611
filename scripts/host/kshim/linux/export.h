/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _KSHIM_LINUX_EXPORT_H
#define _KSHIM_LINUX_EXPORT_H

/* One program holds everything: nothing to export. */
#define KSHIM_EXPORT(symbol)		_Static_assert(1, #symbol)

#define EXPORT_SYMBOL_GPL(symbol)		KSHIM_EXPORT(symbol)
#define EXPORT_SYMBOL_NS_GPL(symbol, ns)	KSHIM_EXPORT(symbol)

#endif /* _KSHIM_LINUX_EXPORT_H */
