// SPDX-License-Identifier: GPL-2.0-only
#include <linux/anon_inodes.h>
#include <linux/err.h>
#include <linux/fdtable.h>
#include <linux/file.h>
#include <linux/fs.h>

#include "helpers.h"
#include "machine.h"

/* From a VMM's descriptor to its bus. */

/*
 * What a VMM has when it has opened the device. A case runs in a thread that
 * sees another /dev, so the suite opens it for all of them.
 */
static struct file *vmm;

static int open_device(struct kunit_suite *suite)
{
	vmm = filp_open("/dev/vmbsave", O_RDWR, 0);
	return 0;
}

static void close_device(struct kunit_suite *suite)
{
	if (!IS_ERR(vmm))
		filp_close(vmm, NULL);
}

static const struct file_operations nothing;

/* Takes @file over. */
static int descriptor_of(struct kunit *test, struct file *file)
{
	int fd = get_unused_fd_flags(O_CLOEXEC);

	if (fd < 0)
		fput(file);
	else
		fd_install(fd, file);
	KUNIT_ASSERT_GE(test, fd, 0);
	return fd;
}

static void retire(struct vmb_channel *channel, struct vmb_packet_completion *packet,
		   const void *buf, u32 len)
{
	vmb_packet_complete(packet, NULL, 0);
}

static struct vmb_vsp callbacks = {
	.name = "bus_fd",
	.process_packet = retire,
};

static void a_vmms_descriptor_leads_to_its_bus(struct kunit *test)
{
	struct vmb_channel *channel;
	struct vmb_bus *bus, *same;
	int fd;

	/* Arrange */
	KUNIT_ASSERT_FALSE(test, IS_ERR(vmm));
	fd = descriptor_of(test, get_file(vmm));

	/* Act */
	bus = vmb_bus_get_by_fd(fd);
	same = vmb_bus_get_by_fd(fd);
	close_fd(fd);

	/* Assert: the same each time, and one that takes channels. */
	KUNIT_ASSERT_EQ(test, PTR_ERR_OR_ZERO(bus), 0);
	KUNIT_EXPECT_PTR_EQ(test, bus, same);
	channel = vmb_channel_allocate(bus, &callbacks, true);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(channel), 0);
	if (!IS_ERR(channel))
		KUNIT_EXPECT_EQ(test, vmb_channel_cleanup(channel), 0);
	vmb_bus_put(same);
	vmb_bus_put(bus);
}

static void another_file_is_no_bus(struct kunit *test)
{
	struct file *file = anon_inode_getfile("[vmbsave-kunit]", &nothing, NULL, O_RDWR);
	int fd;

	/* Arrange */
	KUNIT_ASSERT_EQ(test, PTR_ERR_OR_ZERO(file), 0);
	fd = descriptor_of(test, file);

	/* Act, Assert */
	KUNIT_EXPECT_EQ(test, PTR_ERR(vmb_bus_get_by_fd(fd)), -EINVAL);
	close_fd(fd);
	KUNIT_EXPECT_EQ(test, PTR_ERR(vmb_bus_get_by_fd(fd)), -EBADF);
	KUNIT_EXPECT_EQ(test, PTR_ERR(vmb_bus_get_by_fd(-1)), -EBADF);
}

/* What a file keeps of its own and what the bus keeps are two things with one order. */
static void an_error_of_the_bus_is_told_if_it_is_the_later_one(struct kunit *test)
{
	struct vmb_bus *bus = vmb_test_machine_create(test)->bus;
	struct vmb_error_place place = { .channel = 7 };
	char text[VMBSAVE_ERROR_TEXT] = "nonsense";
	struct vmb_bus_data data;
	u64 earlier, later;

	/* Arrange: without channels there is nothing to save. */
	earlier = vmb_error_stamp();
	KUNIT_ASSERT_EQ(test, vmb_bus_set_state(bus, VMB_BUS_STOP_COPY, 0, &data), -ENOENT);
	later = vmb_error_stamp();

	/* Act, Assert */
	KUNIT_EXPECT_EQ(test, vmb_bus_error_get_after(bus, later, &place, text), 0);
	KUNIT_EXPECT_EQ(test, place.channel, 0);
	KUNIT_EXPECT_EQ(test, text[0], '\0');
	KUNIT_EXPECT_EQ(test, vmb_bus_error_get_after(bus, earlier, NULL, text), -ENOENT);
	KUNIT_EXPECT_NOT_NULL(test, strstr(text, "no channels"));
	KUNIT_EXPECT_EQ(test, vmb_bus_error_get(bus, NULL, NULL), -ENOENT);
	/* One that was forgotten is not later than anything. */
	KUNIT_ASSERT_EQ(test, vmb_bus_reset(bus), 0);
	KUNIT_EXPECT_EQ(test, vmb_bus_error_get_after(bus, earlier, NULL, NULL), 0);
}

static struct kunit_case bus_fd_cases[] = {
	KUNIT_CASE(a_vmms_descriptor_leads_to_its_bus),
	KUNIT_CASE(another_file_is_no_bus),
	KUNIT_CASE(an_error_of_the_bus_is_told_if_it_is_the_later_one),
	{}
};

static struct kunit_suite bus_fd_suite = {
	.name = "vmbsave_bus_fd",
	.suite_init = open_device,
	.suite_exit = close_device,
	.init = vmb_test_init,
	.exit = vmb_test_exit,
	.test_cases = bus_fd_cases,
};

kunit_test_suite(bus_fd_suite);

MODULE_DESCRIPTION("From a VMM's descriptor to its bus");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(VMBSAVE_NS);
MODULE_IMPORT_NS(VMB_KUNIT_NS);
