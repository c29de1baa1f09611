// SPDX-License-Identifier: GPL-2.0-only
#include <linux/errno.h>
#include <linux/string.h>
#include <linux/xarray.h>

#include "core/bus.h"
#include "user/bus_fd.h"

/* The buses of open files, by the number in their names */
static DEFINE_XARRAY(buses);

/**
 * vmb_user_bus_publish() - let a bus be found
 * @user: the bus
 *
 * Context: process context, may sleep.
 * Return: 0 or -ENOMEM.
 */
int vmb_user_bus_publish(struct vmb_user_bus *user)
{
	return xa_insert(&buses, user->bus->id, user, GFP_KERNEL_ACCOUNT);
}

/**
 * vmb_user_bus_unpublish() - undo vmb_user_bus_publish()
 * @user: the bus; nothing happens if it was not published
 * Context: process context.
 */
void vmb_user_bus_unpublish(struct vmb_user_bus *user)
{
	xa_cmpxchg(&buses, user->bus->id, user, NULL, 0);
}

/**
 * vmb_user_bus_find() - the bus with a name
 * @name: the name, ends with a NUL
 *
 * Context: process context.
 * Return: the bus, with a reference on @bus of it, or NULL.
 */
struct vmb_user_bus *vmb_user_bus_find(const char *name)
{
	struct vmb_user_bus *user;
	unsigned long id;

	/* What is published has not dropped its own reference yet. */
	guard(spinlock)(&buses.xa_lock);
	xa_for_each(&buses, id, user) {
		if (strcmp(dev_name(&user->bus->dev), name))
			continue;
		vmb_bus_get(user->bus);
		return user;
	}
	return NULL;
}
