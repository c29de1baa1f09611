// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pipe messages: data packets whose payload says how long it really is.
 */
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/kernel.h>
#include <linux/vmb_ns.h>
#include <asm/byteorder.h>
#include "pipe.h"

/**
 * vmb_pipe_frame() - make the header of a message
 * @header: filled in
 * @len: bytes of data, at most %VMB_PIPE_DATA_MAX
 *
 * Context: Any.
 */
void vmb_pipe_frame(struct vmb_pipe_header *header, u32 len)
{
	header->type = cpu_to_le32(VMB_PIPE_DATA);
	header->length = cpu_to_le32(len);
}
EXPORT_SYMBOL_NS_GPL(vmb_pipe_frame, VMBSAVE_NS);

/**
 * vmb_pipe_parse() - check a message and find its data
 * @payload: payload of a data packet, 8-byte aligned, private to the caller
 *	(never the ring itself, which the other end can still change)
 * @bytes: its length with the padding
 * @data: set to where the data begins, inside @payload, on success
 * @len: set to its length, on success
 *
 * Bytes behind the data are padding, whatever they are.
 *
 * Context: Any.
 * Return: 0; -EPROTO if there is no header, its type is none that is in use,
 * or it announces more than the payload holds or than a message may have.
 */
int vmb_pipe_parse(const void *payload, u32 bytes, const void **data, u32 *len)
{
	const struct vmb_pipe_header *header = payload;
	u32 length;

	if (bytes < sizeof(*header) || le32_to_cpu(header->type) != VMB_PIPE_DATA)
		return -EPROTO;

	length = le32_to_cpu(header->length);
	if (length > VMB_PIPE_DATA_MAX || length > bytes - sizeof(*header))
		return -EPROTO;

	*data = header + 1;
	*len = length;
	return 0;
}
EXPORT_SYMBOL_NS_GPL(vmb_pipe_parse, VMBSAVE_NS);
