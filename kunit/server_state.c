// SPDX-License-Identifier: GPL-2.0-only
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "helpers.h"
#include "server.h"

/* What a server's own state is filled with */
#define STATE_SEED 0x57a7e

static int save_state(struct vmb_save_state *args)
{
	struct vmb_test_server *server = vmb_test_server_of(args->channel);
	const struct vmb_test_script *script = &server->knobs.save_state;
	u32 i;

	server->state_pass = args->size ? server->state_pass + 1 : 0;
	vmb_test_server_log(server, VMB_TEST_SAVE_STATE, 0, args);
	if (script->nr) {
		i = min(server->state_pass, script->nr - 1);
		args->needed = script->pass[i].needed;
		vmb_test_fill(args->buf, min(args->size, args->needed), STATE_SEED);
		return script->pass[i].ret;
	}
	args->needed = server->state ? server->state_bytes : server->knobs.state_bytes;
	if (args->size < args->needed)
		return -ENOBUFS;
	if (args->needed && server->state)
		memcpy(args->buf, server->state, args->needed);
	else
		vmb_test_fill(args->buf, args->needed, STATE_SEED);
	return 0;
}

static int restore_state(const struct vmb_restore_state *args)
{
	struct vmb_test_server *server = vmb_test_server_of(args->channel);

	vmb_test_server_log(server, VMB_TEST_RESTORE_STATE, 0, (void *)args);
	if (server->knobs.restore_state_error)
		return server->knobs.restore_state_error;
	WARN(server->state, "the state was restored twice\n");
	WARN(!args->buf != !args->size, "a state of %u bytes\n", args->size);
	server->state = kvzalloc(args->size + 1, GFP_KERNEL);
	if (!server->state)
		return -ENOMEM;
	if (args->size)
		memcpy(server->state, args->buf, args->size);
	server->state_bytes = args->size;
	server->state_version = args->version;
	return 0;
}

static void discard_state(struct vmb_channel *channel)
{
	struct vmb_test_server *server = vmb_test_server_of(channel);

	vmb_test_server_log(server, VMB_TEST_DISCARD_STATE, 0, NULL);
	WARN(!server->state, "there is no state to be discarded\n");
	kvfree(server->state);
	server->state = NULL;
	server->state_bytes = 0;
	server->state_version = 0;
}

/**
 * vmb_test_vsp_add_state() - let a VSP save state of its own
 * @vsp: from vmb_test_vsp_create(), not registered yet
 * @version: of what it writes
 * @min_version: the oldest VSP that can read it
 */
void vmb_test_vsp_add_state(struct vmb_test_vsp *vsp, u32 version, u32 min_version)
{
	vsp->vsp.save_state = save_state;
	vsp->vsp.restore_state = restore_state;
	vsp->vsp.discard_state = discard_state;
	vsp->vsp.state_version = version;
	vsp->vsp.state_min_version = min_version;
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_vsp_add_state);

/**
 * vmb_test_server_has_state() - was this what another server has saved?
 * @server: the server
 * @bytes: length of the other one's state
 * Return: true if it was restored, byte for byte.
 */
bool vmb_test_server_has_state(const struct vmb_test_server *server, u32 bytes)
{
	return server->state && server->state_bytes == bytes &&
	       vmb_test_filled(server->state, bytes, STATE_SEED);
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_server_has_state);
