/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMBGUEST_VCPU_H
#define _VMBGUEST_VCPU_H

struct vm;

/* What the VMM can make a virtual processor do */
enum vcpu_command {
	VCPU_BEGIN = 'b',
	VCPU_LAST_WORDS = 'l',
	VCPU_CONTINUE = 'c',
	VCPU_UNPARK = 'u',
	VCPU_STOP = 's',
};

void vcpu_init(struct vm *vm);
void vcpu_start(struct vm *vm);
void vcpu_tell(struct vm *vm, enum vcpu_command command);
void vcpu_stop(struct vm *vm);

#endif /* _VMBGUEST_VCPU_H */
