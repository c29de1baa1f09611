// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: What became of each packet of vsp_queue
 *
 * One record a channel, readable in debugfs below <module>/<device>/:
 *
 *   packets   one line a packet, by ascending sequence number:
 *             sequence completed status restored discarded
 *             that is: calls of its completion routine, the status of the
 *             last one, times it was restored, times it was discarded
 *   summary   key=value lines
 *
 * A record outlives its channel and goes only with the module: the list of a
 * channel that has moved away is what the other host's list is compared with.
 * If a device name comes again, its folder is <device>.2, then <device>.3.
 */
#include <linux/debugfs.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/xarray.h>
#include "vsp_queue.h"
#include "vsp_queue_record.h"

#define NAME_BYTES	64

/* A packet that was neither sent nor restored here is not listed. */
struct entry {
	u16 sent;
	u16 restored;
	u16 discarded;
	u16 completed;
	int status;
};

#define ENTRIES_PER_BLOCK	(PAGE_SIZE / sizeof(struct entry))

/**
 * struct vsp_queue_record - one channel
 * @node: in the list of all records
 * @name: of its folder
 * @device: name of the channel's device
 * @lock: protects all that follows
 * @blocks: pages of entries; entry of a sequence number by its index
 * @last: highest sequence number that has an entry
 * @count: enum vsp_queue_count
 */
struct vsp_queue_record {
	struct list_head node;
	char name[NAME_BYTES];
	char device[NAME_BYTES];
	struct mutex lock;	/* protects all below */
	struct xarray blocks;
	u64 last;
	u64 count[VSP_QUEUE_NR_COUNTS];
};

static const char * const count_names[] = {
	[VSP_QUEUE_REQUESTS] = "requests",
	[VSP_QUEUE_WRONG_ANSWERS] = "wrong_answers",
	[VSP_QUEUE_STATE_BYTES] = "state_bytes",
	[VSP_QUEUE_STATES_UNCHANGED] = "states_unchanged",
	[VSP_QUEUE_STATES_CHANGED] = "states_changed",
	[VSP_QUEUE_STATES_GROWN] = "states_grown",
	[VSP_QUEUE_STATELESS] = "stateless",
	[VSP_QUEUE_CHANNEL_STATES] = "channel_states",
	[VSP_QUEUE_CHANNEL_STATES_DISCARDED] = "channel_states_discarded",
	[VSP_QUEUE_REQUESTS_BEFORE] = "requests_before",
};

static_assert(ARRAY_SIZE(count_names) == VSP_QUEUE_NR_COUNTS);

static DEFINE_MUTEX(records_lock);	/* protects records */
static LIST_HEAD(records);
static struct dentry *records_dir;

static struct entry *entry_find_locked(struct vsp_queue_record *record, u64 sequence)
{
	struct entry *block;

	lockdep_assert_held(&record->lock);
	block = xa_load(&record->blocks, sequence / ENTRIES_PER_BLOCK);
	return block ? &block[sequence % ENTRIES_PER_BLOCK] : NULL;
}

static void *packets_start(struct seq_file *seq, loff_t *pos)
{
	struct vsp_queue_record *record = seq->private;

	mutex_lock(&record->lock);
	return *pos < record->last ? pos : NULL;
}

static void *packets_next(struct seq_file *seq, void *v, loff_t *pos)
{
	struct vsp_queue_record *record = seq->private;

	++*pos;
	return *pos < record->last ? pos : NULL;
}

static void packets_stop(struct seq_file *seq, void *v)
{
	struct vsp_queue_record *record = seq->private;

	mutex_unlock(&record->lock);
}

static int packets_show(struct seq_file *seq, void *v)
{
	u64 sequence = *(loff_t *)v + 1;
	struct entry *entry = entry_find_locked(seq->private, sequence);

	if (entry && (entry->sent || entry->restored))
		seq_printf(seq, "%llu %u %d %u %u\n", sequence, entry->completed,
			   entry->status, entry->restored, entry->discarded);
	return 0;
}

static const struct seq_operations packets_sops = {
	.start = packets_start,
	.next = packets_next,
	.stop = packets_stop,
	.show = packets_show,
};
DEFINE_SEQ_ATTRIBUTE(packets);

static int summary_show(struct seq_file *seq, void *v)
{
	struct vsp_queue_record *record = seq->private;
	u64 sent = 0, restored = 0, discarded = 0, completed = 0, sequence;
	struct entry *entry;
	int i;

	guard(mutex)(&record->lock);
	for (sequence = 1; sequence <= record->last; sequence++) {
		entry = entry_find_locked(record, sequence);
		if (!entry)
			continue;
		sent += entry->sent;
		restored += entry->restored;
		discarded += entry->discarded;
		completed += entry->completed;
	}

	seq_printf(seq, "device=%s\nsent=%llu\nrestored=%llu\ndiscarded=%llu\ncompleted=%llu\n",
		   record->device, sent, restored, discarded, completed);
	for (i = 0; i < VSP_QUEUE_NR_COUNTS; i++)
		seq_printf(seq, "%s=%llu\n", count_names[i], record->count[i]);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(summary);

static bool name_taken_locked(const char *name)
{
	struct vsp_queue_record *record;

	list_for_each_entry(record, &records, node)
		if (!strcmp(record->name, name))
			return true;
	return false;
}

static void record_publish(struct vsp_queue_record *record)
{
	struct dentry *dir;
	unsigned int n;

	guard(mutex)(&records_lock);
	strscpy(record->name, record->device, sizeof(record->name));
	for (n = 2; name_taken_locked(record->name); n++)
		snprintf(record->name, sizeof(record->name), "%.48s.%u", record->device, n);
	list_add_tail(&record->node, &records);

	dir = debugfs_create_dir(record->name, records_dir);
	debugfs_create_file("packets", 0400, dir, record, &packets_fops);
	debugfs_create_file("summary", 0400, dir, record, &summary_fops);
}

/**
 * vsp_queue_record_create() - begin the record of a channel
 * @device: name of the channel's device
 *
 * Context: process context.
 * Return: the record, which stays until vsp_queue_records_exit(); NULL without
 * memory.
 */
struct vsp_queue_record *vsp_queue_record_create(const char *device)
{
	struct vsp_queue_record *record;

	record = kzalloc(sizeof(*record), GFP_KERNEL);
	if (!record)
		return NULL;

	strscpy(record->device, device, sizeof(record->device));
	mutex_init(&record->lock);
	xa_init(&record->blocks);
	record_publish(record);
	return record;
}

/**
 * vsp_queue_record_prepare() - make room for what becomes of a packet
 * @record: of the channel
 * @sequence: the packet's, from 1
 *
 * What is recorded of a packet that was not prepared is lost.
 * Context: process context.
 * Return: 0, -ERANGE (no such sequence number can be), -ENOMEM.
 */
int vsp_queue_record_prepare(struct vsp_queue_record *record, u64 sequence)
{
	unsigned long index = sequence / ENTRIES_PER_BLOCK;
	void *block;
	int err;

	if (!sequence || sequence > VSP_QUEUE_PACKETS_MAX)
		return -ERANGE;

	guard(mutex)(&record->lock);
	if (!entry_find_locked(record, sequence)) {
		block = (void *)get_zeroed_page(GFP_KERNEL_ACCOUNT);
		if (!block)
			return -ENOMEM;

		err = xa_err(xa_store(&record->blocks, index, block, GFP_KERNEL));
		if (err) {
			free_page((unsigned long)block);
			return err;
		}
	}
	record->last = max(record->last, sequence);
	return 0;
}

/**
 * vsp_queue_record_sent() - the packet was sent
 * @record: of the channel
 * @sequence: the packet's
 *
 * Context: process context.
 */
void vsp_queue_record_sent(struct vsp_queue_record *record, u64 sequence)
{
	struct entry *entry;

	guard(mutex)(&record->lock);
	entry = entry_find_locked(record, sequence);
	if (entry)
		entry->sent++;
}

/**
 * vsp_queue_record_completed() - the packet's completion routine was called
 * @record: of the channel
 * @sequence: the packet's
 * @status: what the routine was given
 *
 * Context: process context.
 */
void vsp_queue_record_completed(struct vsp_queue_record *record, u64 sequence, int status)
{
	struct entry *entry;

	guard(mutex)(&record->lock);
	entry = entry_find_locked(record, sequence);
	if (!entry)
		return;

	entry->completed++;
	entry->status = status;
}

/**
 * vsp_queue_record_restored() - the packet was restored
 * @record: of the channel
 * @sequence: the packet's
 *
 * Context: process context.
 */
void vsp_queue_record_restored(struct vsp_queue_record *record, u64 sequence)
{
	struct entry *entry;

	guard(mutex)(&record->lock);
	entry = entry_find_locked(record, sequence);
	if (entry)
		entry->restored++;
}

/**
 * vsp_queue_record_discarded() - the packet will never be completed here
 * @record: of the channel
 * @sequence: the packet's
 *
 * Context: process context.
 */
void vsp_queue_record_discarded(struct vsp_queue_record *record, u64 sequence)
{
	struct entry *entry;

	guard(mutex)(&record->lock);
	entry = entry_find_locked(record, sequence);
	if (entry)
		entry->discarded++;
}

/**
 * vsp_queue_record_add() - count something
 * @record: of the channel
 * @count: what
 * @n: how many
 *
 * Context: process context.
 */
void vsp_queue_record_add(struct vsp_queue_record *record, enum vsp_queue_count count, u64 n)
{
	guard(mutex)(&record->lock);
	record->count[count] += n;
}

/**
 * vsp_queue_records_init() - make the folder in debugfs
 * @module: its name, that of the module
 *
 * Context: process context. Without debugfs the records are just not readable.
 */
void vsp_queue_records_init(const char *module)
{
	records_dir = debugfs_create_dir(module, NULL);
}

/**
 * vsp_queue_records_exit() - forget all records
 *
 * Context: process context; no channel uses one any more.
 */
void vsp_queue_records_exit(void)
{
	struct vsp_queue_record *record, *next;
	unsigned long index;
	void *block;

	debugfs_remove(records_dir);
	list_for_each_entry_safe(record, next, &records, node) {
		xa_for_each(&record->blocks, index, block)
			free_page((unsigned long)block);
		xa_destroy(&record->blocks);
		mutex_destroy(&record->lock);
		kfree(record);
	}
	INIT_LIST_HEAD(&records);
}
