/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMB_KUNIT_OWNED_H
#define _VMB_KUNIT_OWNED_H

#include "line.h"

/*
 * Lines whose channel has an owner. The line has a reference as any other has;
 * the owner's goes with vmb_test_owned_cleanup(), at the latest in
 * vmb_test_owned_exit(), the .exit of a suite that has such lines.
 */

struct vmb_test_line *vmb_test_owned_allocate(struct vmb_test_machine *machine,
					      struct vmb_test_vsp *vsp,
					      u32 instance);
struct vmb_test_line *vmb_test_owned_follow(struct vmb_test_machine *machine,
					    struct vmb_test_line *from);
int vmb_test_owned_offer(struct vmb_test_line *line);
struct vmb_test_line *vmb_test_owned_open(struct vmb_test_machine *machine,
					  struct vmb_test_vsp *vsp, u32 instance);
int vmb_test_owned_cleanup(struct vmb_test_line *line);
void vmb_test_owned_exit(struct kunit *test);

#endif /* _VMB_KUNIT_OWNED_H */
