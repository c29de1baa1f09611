// SPDX-License-Identifier: GPL-2.0-only
/*
 * What sysfs tells of buses and channels; everybody may read it. A device can go
 * away at any time: then its values are not there.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "output.h"
#include "sysfs.h"
#include "util.h"

/* In the order in which they are shown; a module can have fewer. */
const char * const sysfs_bus_attributes[] = {
	"state", "channels", "packets", "last_error", NULL
};

const char * const sysfs_channel_attributes[] = {
	"interface_type", "interface_instance", "subchannel", "channel_id", "name", "vsp", "state",
	"pause_reasons", "packets_in_use", "packets_queued", "packets_sent", "packets_held",
	"completions_waiting", "stray_completions", "error", "last_error", "last_save_bytes",
	"last_save_ns", NULL
};

/* "vmb", a number, and of a channel a dash and something. */
static bool parse_name(const char *name, struct sysfs_device *device)
{
	char *end;

	if (strncmp(name, "vmb", 3) || name[3] < '0' || name[3] > '9' ||
	    strlen(name) >= sizeof(device->name))
		return false;
	*device = (struct sysfs_device){ .bus = strtoul(name + 3, &end, 10) };
	strcpy(device->name, name);
	device->is_channel = *end == '-';
	return !*end || *end == '-';
}

static int compare_devices(const void *a, const void *b)
{
	const struct sysfs_device *x = a, *y = b;

	if (x->bus != y->bus)
		return x->bus < y->bus ? -1 : 1;
	if (x->is_channel != y->is_channel)
		return x->is_channel ? 1 : -1;
	return strverscmp(x->name, y->name);
}

static void add_device(struct sysfs_devices *devices, const struct sysfs_device *device)
{
	devices->device = xrealloc(devices->device, (devices->nr + 1) * sizeof(*device));
	devices->device[devices->nr++] = *device;
}

/**
 * sysfs_read() - which buses and channels are there? Exits if that cannot be told
 * @devices: filled
 * @folder: where they are
 */
void sysfs_read(struct sysfs_devices *devices, const char *folder)
{
	struct sysfs_device device;
	struct dirent *entry;
	DIR *dir;

	*devices = (struct sysfs_devices){ .folder = folder };
	dir = opendir(folder);
	if (!dir)
		die("cannot read %s: %s%s", folder, strerror(errno),
		    errno == ENOENT ? "; is the module vmbsave loaded?" : "");
	while ((entry = readdir(dir)))
		if (parse_name(entry->d_name, &device))
			add_device(devices, &device);
	closedir(dir);
	if (devices->nr)
		qsort(devices->device, devices->nr, sizeof(device), compare_devices);
}

/**
 * sysfs_free() - forget them
 * @devices: of sysfs_read()
 */
void sysfs_free(struct sysfs_devices *devices)
{
	free(devices->device);
}

/**
 * sysfs_value() - the value of an attribute
 * @devices: of sysfs_read()
 * @device: one of them
 * @attribute: its name
 * @value: filled; what a terminal would not print is replaced
 *
 * Return: @value, or NULL if there is none.
 */
const char *sysfs_value(const struct sysfs_devices *devices, const struct sysfs_device *device,
			const char *attribute, char value[SYSFS_VALUE])
{
	char path[4096];
	ssize_t n;
	char *p;
	int fd;

	snprintf(path, sizeof(path), "%s/%s/%s", devices->folder, device->name, attribute);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	n = read(fd, value, SYSFS_VALUE - 1);
	close(fd);
	if (n < 0)
		return NULL;

	value[n] = '\0';
	if (n && value[n - 1] == '\n')
		value[n - 1] = '\0';
	for (p = value; *p; p++)
		if (*p < ' ' || *p > '~')
			*p = '?';
	return value;
}

static const char * const *attributes_of(const struct sysfs_device *device)
{
	return device->is_channel ? sysfs_channel_attributes : sysfs_bus_attributes;
}

/* A number in decimal; GUIDs and names of channels are none even if they look so. */
static bool is_number(const char *attribute, const char *value)
{
	return *value && strlen(value) < 20 && strspn(value, "0123456789") == strlen(value) &&
	       strcmp(attribute, "name");
}

/**
 * sysfs_put_json() - all that is known, as members of an object
 * @devices: of sysfs_read()
 * @device: one of them
 */
void sysfs_put_json(const struct sysfs_devices *devices, const struct sysfs_device *device)
{
	const char * const *attribute;
	char value[SYSFS_VALUE];

	json_string("device", device->name);
	for (attribute = attributes_of(device); *attribute; attribute++) {
		if (!sysfs_value(devices, device, *attribute, value))
			continue;
		if (is_number(*attribute, value))
			json_number(*attribute, strtoull(value, NULL, 10));
		else
			json_string(*attribute, value);
	}
}

/**
 * sysfs_put_text() - all that is known, as lines
 * @devices: of sysfs_read()
 * @device: one of them
 */
void sysfs_put_text(const struct sysfs_devices *devices, const struct sysfs_device *device)
{
	const char * const *attribute;
	char value[SYSFS_VALUE], label[32];
	char *p;

	text_title("%s %s", device->is_channel ? "channel" : "bus", device->name);
	for (attribute = attributes_of(device); *attribute; attribute++) {
		if (!sysfs_value(devices, device, *attribute, value) || !*value)
			continue;
		snprintf(label, sizeof(label), "%s", *attribute);
		for (p = label; *p; p++)
			if (*p == '_')
				*p = ' ';
		text_field(label, "%s", value);
	}
}
