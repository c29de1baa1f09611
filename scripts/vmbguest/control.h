/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMBGUEST_CONTROL_H
#define _VMBGUEST_CONTROL_H

#include <linux/compiler.h>
#include "place.h"

struct vm;

/**
 * enum order_kind - what the machine can be told to do
 * @ORDER_STATUS: answered at any time
 * @ORDER_QUIT: done at any time but while another order is being served
 * @ORDER_STOP: stop
 * @ORDER_CONT: run on, whatever the guest was doing
 * @ORDER_PROCEED: end the guest's wait in the middle of its workload
 * @ORDER_SAVE: stop, and save to a file
 * @ORDER_MIGRATE: go to another machine
 */
enum order_kind {
	ORDER_STATUS,
	ORDER_QUIT,
	ORDER_STOP,
	ORDER_CONT,
	ORDER_PROCEED,
	ORDER_SAVE,
	ORDER_MIGRATE
};

/**
 * struct order - one line of a client
 * @kind: of what
 * @argument: where to, or empty
 */
struct order {
	enum order_kind kind;
	char argument[PLACE_PATH_MAX];
};

void control_open(struct vm *vm, const char *path);
int control_fd(void);
void control_take(struct order *order);
void control_answer(int error, const char *format, ...) __printf(2, 3);
int control_call(const char *path, char **words);

#endif /* _VMBGUEST_CONTROL_H */
