/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMBGUEST_VERIFY_H
#define _VMBGUEST_VERIFY_H

int verify(const char *ledger, const char *vsp_a, const char *vsp_b);

#endif /* _VMBGUEST_VERIFY_H */
