// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory for arguments: what is right ends where the next page is not there, so that the kernel
 * cannot read or write a byte too many without being found out.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include "fuzz.h"

#define BEFORE	0xc5	/* what lies in front of an argument */

static u8 *make_pages(unsigned int nr)
{
	u8 *pages = mmap(NULL, nr * VM_PAGE, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (pages == MAP_FAILED) {
		perror("mmap");
		exit(2);
	}
	return pages;
}

/* Pages: two to write, none, one to read, none; and for page frame numbers one, and none. */
void place_make(struct actor *me)
{
	me->place = make_pages(5);
	me->pfns = make_pages(2);
	memset(me->place + 3 * VM_PAGE, 0, VM_PAGE);
	if (mprotect(me->place + 2 * VM_PAGE, VM_PAGE, PROT_NONE) ||
	    mprotect(me->place + 3 * VM_PAGE, VM_PAGE, PROT_READ) ||
	    mprotect(me->place + 4 * VM_PAGE, VM_PAGE, PROT_NONE) ||
	    mprotect(me->pfns + VM_PAGE, VM_PAGE, PROT_NONE)) {
		perror("mprotect");
		exit(2);
	}
}

u8 *place_put(struct actor *me, const void *bytes, u32 size)
{
	u8 *at = me->place + 2 * VM_PAGE - size;

	memset(me->place, BEFORE, 2 * VM_PAGE - size);
	memcpy(at, bytes, size);
	return at;
}

/* Somewhere where an argument cannot be, or not all of it. */
u8 *place_bad(struct actor *me, const void *bytes, u32 size)
{
	u32 cut = size > 8 ? 4 + below(me, size - 4) : size;

	switch (below(me, 6)) {
	case 0:
		return NULL;
	case 1:
		return (u8 *)-(u64)VM_PAGE;
	case 2:
		return me->place + 2 * VM_PAGE;
	case 3: /* read-only */
		mprotect(me->place + 3 * VM_PAGE, VM_PAGE, PROT_READ | PROT_WRITE);
		memcpy(me->place + 4 * VM_PAGE - size, bytes, size);
		mprotect(me->place + 3 * VM_PAGE, VM_PAGE, PROT_READ);
		return me->place + 4 * VM_PAGE - size;
	case 4: /* the first part of it */
		memcpy(me->place + 2 * VM_PAGE - cut, bytes, cut);
		return me->place + 2 * VM_PAGE - cut;
	default: /* unaligned, all there */
		memcpy(me->place + 1, bytes, size);
		return me->place + 1;
	}
}

u8 *place_pfns(struct actor *me, const u64 *pfns, u32 nr)
{
	u8 *at = me->pfns + VM_PAGE - nr * sizeof(*pfns);

	memcpy(at, pfns, nr * sizeof(*pfns));
	return at;
}
