// SPDX-License-Identifier: GPL-2.0-only
/*
 * vmbsavectl list and show: what is there, as sysfs tells it.
 */
#include <stdio.h>
#include <string.h>
#include "arguments.h"
#include "command.h"
#include "output.h"
#include "sysfs.h"
#include "util.h"

static const struct argp_option options[] = {
	ARGUMENT_JSON,
	{ "sysfs", OPTION_SYSFS, "FOLDER", 0, "Look there instead of in " SYSFS_FOLDER, 0 },
	{ }
};

static const struct usage list_usage = {
	.options = options,
	.doc = "List the buses and their channels.",
	.excess = "it takes no names: show does",
};

static const struct usage show_usage = {
	.options = options,
	.names = "BUS [CHANNEL]",
	.doc = "Show all that sysfs tells of a bus and its channels, or of one channel.\n"
	       "\vCHANNEL is what stands behind the dash in its name, such as 1.",
	.least = 1,
	.most = 2,
	.missing = "which bus?",
	.excess = "one bus or channel at a time",
};

static const char *value_or(const struct sysfs_devices *devices, const struct sysfs_device *device,
			    const char *attribute, char value[SYSFS_VALUE])
{
	return sysfs_value(devices, device, attribute, value) ? value : "";
}

static void put_table(const struct sysfs_devices *devices)
{
	char state[SYSFS_VALUE], packets[SYSFS_VALUE], vsp[SYSFS_VALUE], name[SYSFS_VALUE];
	u32 i;

	text_title("%-14s %-10s %8s  %-16s %s", "DEVICE", "STATE", "PACKETS", "VSP", "NAME");
	for (i = 0; i < devices->nr; i++) {
		const struct sysfs_device *device = &devices->device[i];

		printf("%-14s %-10s %8s  %-16s %s\n", device->name,
		       value_or(devices, device, "state", state),
		       value_or(devices, device,
				device->is_channel ? "packets_in_use" : "packets", packets),
		       value_or(devices, device, "vsp", vsp),
		       value_or(devices, device, "name", name));
	}
}

/* Channels are within their bus. */
static void put_tree(const struct sysfs_devices *devices)
{
	bool in_bus = false;
	u32 i;

	json_begin();
	json_array("buses");
	for (i = 0; i < devices->nr; i++) {
		const struct sysfs_device *device = &devices->device[i];

		if (!i || device->bus != device[-1].bus) {
			if (in_bus) {
				json_close();
				json_close();
			}
			json_object(NULL);
			if (device->is_channel)
				json_format("device", "vmb%u", device->bus);
			else
				sysfs_put_json(devices, device);
			json_array("on_it");
			in_bus = true;
		}
		if (!device->is_channel)
			continue;
		json_object(NULL);
		sysfs_put_json(devices, device);
		json_close();
	}
	json_end();
}

int command_list(int argc, char **argv)
{
	struct arguments arguments = arguments_read(&list_usage, argc, argv);
	struct sysfs_devices devices;

	sysfs_read(&devices, arguments.sysfs ?: SYSFS_FOLDER);
	if (arguments.json)
		put_tree(&devices);
	else
		put_table(&devices);
	sysfs_free(&devices);
	return EXIT_RIGHT;
}

/* Is it what the command line names? */
static bool is_meant(const struct arguments *arguments, const struct sysfs_device *device)
{
	const char *bus = arguments->name[0], *channel = arguments->name[1];
	size_t length = strlen(bus);

	if (strncmp(device->name, bus, length))
		return false;
	if (!device->name[length])
		return !channel;
	if (device->name[length] != '-')
		return false;
	return !channel || !strcmp(channel, device->name + length + 1);
}

static u32 show(const struct arguments *arguments, const struct sysfs_devices *devices)
{
	u32 i, nr = 0;

	for (i = 0; i < devices->nr; i++) {
		const struct sysfs_device *device = &devices->device[i];

		if (!is_meant(arguments, device))
			continue;
		if (arguments->json) {
			json_object(NULL);
			sysfs_put_json(devices, device);
			json_close();
		} else {
			if (nr)
				putchar('\n');
			sysfs_put_text(devices, device);
		}
		nr++;
	}
	return nr;
}

int command_show(int argc, char **argv)
{
	struct arguments arguments = arguments_read(&show_usage, argc, argv);
	struct sysfs_devices devices;
	u32 nr;

	sysfs_read(&devices, arguments.sysfs ?: SYSFS_FOLDER);
	if (arguments.json) {
		json_begin();
		json_array("devices");
	}
	nr = show(&arguments, &devices);
	if (arguments.json)
		json_end();
	sysfs_free(&devices);
	if (!nr)
		die("there is no %s%s%s; vmbsavectl list names what there is", arguments.name[0],
		    arguments.name[1] ? "-" : "", arguments.name[1] ?: "");
	return EXIT_RIGHT;
}
