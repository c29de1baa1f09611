// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writes saved streams into a folder, for scripts/vmbsavectl/test: one that has
 * every type of record, and a small one with others that differ from it in one
 * thing each.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "stream_image.h"
#include "stream_sample.h"

/**
 * struct variant - what differs
 * @name: of the file
 * @id: of the stream
 * @hello: payload of packet 2
 * @vsp: state of packet 1
 * @sent: packet 2 was sent
 * @dropped: there is no packet 2
 * @swapped: the completions changed places
 * @version: of the VSP's state
 * @pfn: first page of the GPADL
 * @state: of the second channel
 * @instance: of the second channel, its last byte
 * @user: what the guest passed
 */
struct variant {
	const char *name;
	u64 id;
	const char *hello;
	const char *vsp;
	bool sent;
	bool dropped;
	bool swapped;
	u32 version;
	u64 pfn;
	u32 state;
	u8 instance;
	u8 user;
};

#define BASE	.id = 1, .hello = "hello", .vsp = "abc", .version = 2, .pfn = 0x100, \
		.state = VMBSAVE_CHANNEL_STOPPED, .instance = 2, .user = 'u'

static const struct variant variants[] = {
	{ "base", BASE },
	{ "same", BASE },
	{ "payload", BASE },
	{ "vsp", BASE },
	{ "sent", BASE, .sent = true },
	{ "dropped", BASE, .dropped = true },
	{ "swapped", BASE, .swapped = true },
	{ "version", BASE },
	{ "pages", BASE },
	{ "state", BASE },
	{ "lone", BASE },
	{ "user", BASE },
};

/* What an initialiser cannot say twice. */
static void adjust(struct variant *v)
{
	if (!strcmp(v->name, "same"))
		v->id = 2;
	if (!strcmp(v->name, "payload"))
		v->hello = "jello";
	if (!strcmp(v->name, "vsp"))
		v->vsp = "ab";
	if (!strcmp(v->name, "version"))
		v->version = 3;
	if (!strcmp(v->name, "pages"))
		v->pfn = 0x200;
	if (!strcmp(v->name, "state"))
		v->state = VMBSAVE_CHANNEL_ENABLED;
	if (!strcmp(v->name, "lone"))
		v->instance = 3;
	if (!strcmp(v->name, "user"))
		v->user = 'v';
}

static void put_manifest(struct image *image, const struct variant *v)
{
	u64 packets = v->dropped ? 1 : 2;
	struct vmbsave_manifest head = {
		.nr_channels = cpu_to_le32(2), .entry_bytes = cpu_to_le32(64),
		.nr_packets = cpu_to_le64(packets), .nr_completions = cpu_to_le64(2),
	};
	struct vmbsave_manifest_entry entries[2] = {
		{
			.nr_gpadls = cpu_to_le32(1), .nr_packets = cpu_to_le64(packets),
			.nr_completions = cpu_to_le64(2),
			.state_version = cpu_to_le32(v->version),
			.state_min_version = cpu_to_le32(1),
		},
	};
	struct vmb_stream_segment segs[] = {
		{ &head, sizeof(head) },
		{ entries, sizeof(entries) },
	};

	entries[0].instance[15] = 1;
	entries[1].instance[15] = v->instance;
	image_put(image, VMBSAVE_RECORD_MANIFEST, segs, 2);
}

static void put_first(struct image *image, const struct variant *v)
{
	struct vmbsave_channel channel = {
		.state = cpu_to_le32(VMBSAVE_CHANNEL_ACTIVE), .max_packet_bytes = cpu_to_le32(64),
		.next_transaction_id = cpu_to_le64(3), .ring_gpadl = cpu_to_le32(1),
		.ring_downstream_page = cpu_to_le32(2),
	};
	struct vmbsave_vsp_state state = { .version = cpu_to_le32(v->version) };
	struct vmbsave_gpadl gpadl = { .id = cpu_to_le32(1), .byte_count = cpu_to_le32(4 * 4096) };
	__le64 pfns[4];
	struct vmb_stream_segment states[] = { { &state, sizeof(state) }, { "state", 5 } };
	struct vmb_stream_segment gpadls[] = { { &gpadl, sizeof(gpadl) }, { pfns, sizeof(pfns) } };
	int i;

	channel.instance[15] = 1;
	memset(channel.user_data, v->user, sizeof(channel.user_data));
	image_put_bytes(image, VMBSAVE_RECORD_CHANNEL, &channel, sizeof(channel));
	image_put(image, VMBSAVE_RECORD_VSP_STATE, states, 2);
	for (i = 0; i < 4; i++)
		pfns[i] = cpu_to_le64(v->pfn + i);
	image_put(image, VMBSAVE_RECORD_GPADL, gpadls, 2);
}

static void put_packet(struct image *image, u64 id, u32 state, const char *payload, const char *vsp)
{
	struct vmbsave_packet packet = {
		.transaction_id = cpu_to_le64(id), .state = cpu_to_le32(state),
		.flags = cpu_to_le32(VMBSAVE_PACKET_WAIT_FOR_COMPLETION),
		.payload_bytes = cpu_to_le32(strlen(payload)),
		.vsp_bytes = cpu_to_le32(strlen(vsp)),
	};
	struct vmb_stream_segment segs[] = {
		{ &packet, sizeof(packet) }, { payload, strlen(payload) }, { vsp, strlen(vsp) },
	};

	image_put(image, VMBSAVE_RECORD_PACKET, segs, 3);
}

static void put_completion(struct image *image, u64 id, const char *answer)
{
	struct vmbsave_completion completion = {
		.transaction_id = cpu_to_le64(id), .payload_bytes = cpu_to_le32(strlen(answer)),
	};
	struct vmb_stream_segment segs[] = {
		{ &completion, sizeof(completion) }, { answer, strlen(answer) },
	};

	image_put(image, VMBSAVE_RECORD_COMPLETION, segs, 2);
}

static void put_second(struct image *image, const struct variant *v)
{
	struct vmbsave_channel channel = {
		.state = cpu_to_le32(v->state), .max_packet_bytes = cpu_to_le32(64),
		.next_transaction_id = cpu_to_le64(1),
	};

	channel.instance[15] = v->instance;
	image_put_bytes(image, VMBSAVE_RECORD_CHANNEL, &channel, sizeof(channel));
}

static struct image *make(const struct variant *v)
{
	struct image *image = image_begin(v->id);

	put_manifest(image, v);
	put_first(image, v);
	put_packet(image, 1, VMBSAVE_PACKET_SENT, "", v->vsp);
	if (v->sent)
		put_packet(image, 2, VMBSAVE_PACKET_SENT, "", "");
	put_completion(image, v->swapped ? 8 : 7, "answer");
	if (!v->sent && !v->dropped)
		put_packet(image, 2, VMBSAVE_PACKET_QUEUED, v->hello, "");
	put_completion(image, v->swapped ? 7 : 8, "answer");
	put_second(image, v);
	image_end(image);
	return image;
}

static void write_image(const char *folder, const char *name, struct image *image)
{
	char path[4096];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "w");
	if (!file || fwrite(image->data, 1, image->bytes, file) != image->bytes || fclose(file)) {
		fprintf(stderr, "cannot write %s: %s\n", path, strerror(errno));
		exit(1);
	}
	free(image);
}

int main(int argc, char **argv)
{
	struct variant v;
	size_t i;

	if (argc != 2) {
		fprintf(stderr, "usage: streams FOLDER\n");
		return 2;
	}
	test_current = "streams";
	for (i = 0; i < ARRAY_SIZE(variants); i++) {
		v = variants[i];
		adjust(&v);
		write_image(argv[1], v.name, make(&v));
	}
	write_image(argv[1], "sample", sample_image(IMAGE_ID));
	return test_failures > 0;
}
