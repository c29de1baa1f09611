/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMB_KUNIT_MOVE_H
#define _VMB_KUNIT_MOVE_H

#include "helpers.h"
#include "line.h"
#include "stream.h"

#define VMB_TEST_MOVE_LINES	3
#define VMB_TEST_JOURNAL_MAX	1024

/**
 * struct vmb_test_move - a guest on its way from one machine to another
 * @test: the case
 * @vsp: serves all channels
 * @nr: channels
 * @from: where it comes from
 * @lines: its channels there
 * @stream: what was saved
 * @to: where it goes to; NULL until vmb_test_move_follow()
 * @moved: its channels there
 * @journal: what @moved's servers were called for, over all channels, such as
 *	"1:opened 2:opened"
 * @used: bytes in @journal
 */
struct vmb_test_move {
	struct kunit *test;
	struct vmb_test_vsp *vsp;
	u32 nr;
	struct vmb_test_machine *from;
	struct vmb_test_line *lines[VMB_TEST_MOVE_LINES];
	struct vmb_test_stream *stream;
	struct vmb_test_machine *to;
	struct vmb_test_line *moved[VMB_TEST_MOVE_LINES];
	char journal[VMB_TEST_JOURNAL_MAX];
	int used;
};

struct vmb_test_move *vmb_test_move_begin(struct kunit *test, u32 nr,
					  u32 ring_pages);
struct vmb_test_move *vmb_test_move_begin_as(struct vmb_test_vsp *vsp,
					     const u32 *instances, u32 nr,
					     u32 ring_pages);
void vmb_test_move_save(struct vmb_test_move *move);
void vmb_test_move_follow(struct vmb_test_move *move);
int vmb_test_move_restore(struct vmb_test_move *move);
void vmb_test_move_good(struct vmb_test_move *move);
struct vmb_test_move *vmb_test_move_on(struct vmb_test_move *move);

void vmb_test_move_fill(struct vmb_test_line *line, u32 sent, u32 queued);
void vmb_test_move_forget(struct vmb_test_move *move);
void vmb_test_move_hook(struct vmb_test_server *server, enum vmb_test_call call,
			void *arg);
void vmb_test_move_expect_clean(struct vmb_test_move *move);
const char *vmb_test_error_text(struct kunit *test, struct vmb_test_machine *machine);

#endif /* _VMB_KUNIT_MOVE_H */
