/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMB_KUNIT_CALLS_H
#define _VMB_KUNIT_CALLS_H

#include "line.h"

/* RAM of a machine with one channel, in pages */
#define VMB_TEST_CALLS_RAM_PAGES 16

/*
 * Calls on the channel of a line, with good arguments; what they answer. Two
 * are more than one call: complete answers -ENOENT if a request of the guest is
 * not delivered, restore goes as far as the stream's header.
 */
int vmb_test_do_set_max(struct vmb_test_line *line);
int vmb_test_do_set_external(struct vmb_test_line *line);
int vmb_test_do_set_context(struct vmb_test_line *line);
int vmb_test_do_set_name(struct vmb_test_line *line);
int vmb_test_do_set_flags(struct vmb_test_line *line);
int vmb_test_do_set_server_flags(struct vmb_test_line *line);
int vmb_test_do_set_mmio(struct vmb_test_line *line);
int vmb_test_do_set_identity(struct vmb_test_line *line);
int vmb_test_do_set_vtl(struct vmb_test_line *line);
int vmb_test_do_enable(struct vmb_test_line *line);
int vmb_test_do_disable(struct vmb_test_line *line);
int vmb_test_do_disable_timeout(struct vmb_test_line *line);
int vmb_test_do_start(struct vmb_test_line *line);
int vmb_test_do_pause(struct vmb_test_line *line);
int vmb_test_do_pause_timeout(struct vmb_test_line *line);
int vmb_test_do_cleanup(struct vmb_test_line *line);
int vmb_test_do_open(struct vmb_test_line *line);
int vmb_test_do_close(struct vmb_test_line *line);
int vmb_test_do_allocate(struct vmb_test_line *line);
int vmb_test_do_send(struct vmb_test_line *line);
int vmb_test_do_complete(struct vmb_test_line *line);
int vmb_test_do_lend(struct vmb_test_line *line);
int vmb_test_do_teardown_unknown(struct vmb_test_line *line);
int vmb_test_do_teardown_rings(struct vmb_test_line *line);
int vmb_test_do_save_begin(struct vmb_test_line *line);
int vmb_test_do_save_continue(struct vmb_test_line *line);
int vmb_test_do_save_all(struct vmb_test_line *line);
int vmb_test_do_restore(struct vmb_test_line *line);
int vmb_test_do_save_end(struct vmb_test_line *line);
int vmb_test_do_restore_end(struct vmb_test_line *line);
int vmb_test_do_map(struct vmb_test_line *line);
int vmb_test_do_get_mmio(struct vmb_test_line *line);
int vmb_test_do_set_latency(struct vmb_test_line *line);
int vmb_test_do_set_quota(struct vmb_test_line *line);
int vmb_test_do_set_context_of_calls(struct vmb_test_line *line);
int vmb_test_do_initialize(struct vmb_test_line *line);
int vmb_test_do_try_send(struct vmb_test_line *line);

#endif /* _VMB_KUNIT_CALLS_H */
