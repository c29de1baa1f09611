// SPDX-License-Identifier: GPL-2.0-only
#include "calls.h"
#include "core/gpadl.h"
#include "helpers.h"
#include "stream.h"

/* Each call of a VSP, its guest or its VMM, as short as it can be made. */

int vmb_test_do_set_max(struct vmb_test_line *line)
{
	return vmb_channel_init_set_max_packet_size(line->channel, 512);
}

int vmb_test_do_set_external(struct vmb_test_line *line)
{
	return vmb_channel_init_set_max_external_data(line->channel, 4096, 1);
}

int vmb_test_do_set_context(struct vmb_test_line *line)
{
	return vmb_channel_init_set_client_context_size(line->channel, 16);
}

int vmb_test_do_set_name(struct vmb_test_line *line)
{
	return vmb_channel_init_set_friendly_name(line->channel, "matrix");
}

int vmb_test_do_set_flags(struct vmb_test_line *line)
{
	return vmb_channel_init_set_flags(line->channel, VMB_CHANNEL_INIT_IS_PIPE);
}

int vmb_test_do_set_server_flags(struct vmb_test_line *line)
{
	return vmb_server_channel_init_set_flags(line->channel,
						 VMB_SERVER_INIT_LOOPBACK_OFFER);
}

int vmb_test_do_set_mmio(struct vmb_test_line *line)
{
	return vmb_server_channel_init_set_mmio_megabytes(line->channel, 1, 0);
}

int vmb_test_do_set_identity(struct vmb_test_line *line)
{
	const guid_t instance = VMB_TEST_INSTANCE(77);

	return vmb_server_channel_init_set_target_interface_id
		(line->channel, &line->server->vsp->ids[0].type, &instance, 0);
}

int vmb_test_do_set_vtl(struct vmb_test_line *line)
{
	return vmb_server_channel_init_set_target_vtl(line->channel, 0);
}

int vmb_test_do_enable(struct vmb_test_line *line)
{
	return vmb_channel_enable(line->channel);
}

int vmb_test_do_disable(struct vmb_test_line *line)
{
	return vmb_channel_disable(line->channel);
}

int vmb_test_do_disable_timeout(struct vmb_test_line *line)
{
	return vmb_channel_disable_timeout(line->channel, 100);
}

int vmb_test_do_start(struct vmb_test_line *line)
{
	return vmb_channel_start(line->channel);
}

int vmb_test_do_pause(struct vmb_test_line *line)
{
	return vmb_channel_pause(line->channel);
}

int vmb_test_do_pause_timeout(struct vmb_test_line *line)
{
	return vmb_channel_pause_timeout(line->channel, 100);
}

int vmb_test_do_cleanup(struct vmb_test_line *line)
{
	if (line->channel->owned)
		return vmb_test_line_cleanup(line);
	return vmb_channel_cleanup(line->channel);
}

int vmb_test_do_open(struct vmb_test_line *line)
{
	vmb_test_guest_lend(&line->guest);
	return vmb_test_guest_open(&line->guest);
}

int vmb_test_do_close(struct vmb_test_line *line)
{
	return vmb_channel_close(line->channel);
}

int vmb_test_do_allocate(struct vmb_test_line *line)
{
	struct vmb_packet *packet = vmb_packet_allocate(line->channel);

	vmb_packet_free(IS_ERR(packet) ? NULL : packet);
	return PTR_ERR_OR_ZERO(packet);
}

int vmb_test_do_send(struct vmb_test_line *line)
{
	return vmb_test_server_send(line->server, 8, 0);
}

/* Return: -ENOENT if the request of the guest is not delivered */
int vmb_test_do_complete(struct vmb_test_line *line)
{
	int ret;

	line->server->knobs.hold = true;
	ret = vmb_test_guest_request(&line->guest, 5, 8);
	vmb_test_line_settle(line);
	return ret ?: vmb_test_server_complete(line->server, 1) ? 0 : -ENOENT;
}

int vmb_test_do_lend(struct vmb_test_line *line)
{
	return vmb_test_guest_lend_pages(line->channel, 0x999, 0, 1, 0);
}

int vmb_test_do_teardown_unknown(struct vmb_test_line *line)
{
	return vmb_gpadl_teardown(line->channel, 0x999);
}

int vmb_test_do_teardown_rings(struct vmb_test_line *line)
{
	return vmb_gpadl_teardown(line->channel, line->guest.gpadl);
}

int vmb_test_do_save_begin(struct vmb_test_line *line)
{
	int ret = vmb_channel_save_begin(line->channel);

	if (!ret)
		vmb_channel_save_end(line->channel);
	return ret;
}

int vmb_test_do_save_continue(struct vmb_test_line *line)
{
	u32 filled = 1, required = 1;
	int ret = vmb_channel_save_continue(line->channel, NULL, 0, &filled,
					    &required);

	return filled || required ? -EUCLEAN : ret;
}

int vmb_test_do_save_all(struct vmb_test_line *line)
{
	return vmb_test_save_channel(line->channel, 0,
				     vmb_test_stream_create(line->machine->test));
}

/* The stream header is enough to see whether a restore may begin. */
int vmb_test_do_restore(struct vmb_test_line *line)
{
	struct vmb_test_stream *stream = vmb_test_stream_create(line->machine->test);
	struct vmb_test_machine *machine;
	struct vmb_test_line *other;
	int ret;

	machine = vmb_test_machine_create_sized(line->machine->test, VMB_TEST_CALLS_RAM_PAGES);
	other = vmb_test_line_in(machine, line->server->vsp,
				 VMB_CHANNEL_DISABLED);
	ret = vmb_test_save_channel(other->channel, 0, stream) ?:
	      vmb_channel_restore_from_buffer(line->channel, stream->data, 64);
	vmb_channel_restore_end(line->channel);
	return ret;
}

int vmb_test_do_save_end(struct vmb_test_line *line)
{
	vmb_channel_save_end(line->channel);
	return 0;
}

int vmb_test_do_restore_end(struct vmb_test_line *line)
{
	vmb_channel_restore_end(line->channel);
	return 0;
}

/* A GPADL that the guest lends for it, if he can. */
int vmb_test_do_map(struct vmb_test_line *line)
{
	const struct vmb_page_range *range;

	vmb_test_guest_lend_pages(line->channel, 0x998, 0, 1, 0);
	range = vmb_channel_map_gpadl(line->channel, 0, 0x998);
	if (!IS_ERR(range))
		vmb_channel_unmap_gpadl(line->channel, 0x998);
	vmb_gpadl_teardown(line->channel, 0x998);
	return PTR_ERR_OR_ZERO(range);
}

int vmb_test_do_get_mmio(struct vmb_test_line *line)
{
	u64 address, bytes;

	return vmb_channel_get_mmio_space(line->channel, &address, &bytes);
}

int vmb_test_do_set_latency(struct vmb_test_line *line)
{
	u16 original;

	return vmb_channel_set_interrupt_latency(line->channel, 1, &original);
}

int vmb_test_do_set_quota(struct vmb_test_line *line)
{
	return vmb_channel_set_transaction_quota(line->channel, 5);
}

int vmb_test_do_set_context_of_calls(struct vmb_test_line *line)
{
	vmb_channel_set_incoming_in_process_context(line->channel, true);
	return vmb_channel_incoming_in_process_context(line->channel) ? 0 : -EIO;
}

int vmb_test_do_initialize(struct vmb_test_line *line)
{
	u32 bytes = vmb_channel_sizeof_packet(line->channel);
	struct vmb_packet *packet;

	packet = vmb_packet_initialize(line->channel,
				       vmb_test_alloc(line->machine->test, bytes), bytes);
	vmb_packet_free(IS_ERR(packet) ? NULL : packet);
	return PTR_ERR_OR_ZERO(packet);
}

int vmb_test_do_try_send(struct vmb_test_line *line)
{
	return vmb_channel_send_synchronous_request(line->channel, "try", 3, 0, NULL, NULL, 0);
}
