# SPDX-License-Identifier: GPL-2.0-only
# Reads all sources and headers of the tree, by their paths from its top; prints "FILE:LINE: WHAT" for scripts/checks/includes.

function room(file)
{
	if (file ~ /^vmbsave\/(wire|stream|core|migrate|user|kmcl|samples)\//) {
		sub(/^vmbsave\//, "", file)
		sub(/\/.*/, "", file)
		return file
	}
	if (file ~ /^vmbsave\/status\./)
		return "status"
	if (file ~ /^vmbsave\//)
		return "main"
	if (file ~ /^include\/(linux|uapi|compat)\//) {
		sub(/^include\//, "", file)
		sub(/\/.*/, "", file)
		return file
	}
	sub(/\/.*/, "", file)
	return file
}

# The file of ours that the name stands for; empty if it is the kernel's or the C library's.
function resolve(from, name, quoted,	n, i)
{
	if (quoted) {
		sub(/[^\/]*$/, "", from)
		name_of[1] = from name
		while (sub(/[^\/]*\/\.\.\//, "", name_of[1]))
			;
		if (name_of[1] in ours)
			return name_of[1]
	}
	n = split("include/ include/uapi/ vmbsave/ vmbsave/samples/ scripts/host/", folder, " ")
	for (i = 1; i <= n; i++)
		if ((folder[i] name) in ours)
			return folder[i] name
	return ""
}

function say(what)
{
	print FILENAME ":" FNR ": " what
}

# May a file of room "from" include the file "target" of room "to"?
function allowed(from, to, target)
{
	if (from == "kunit")
		return to != "samples" && to != "scripts"
	if (to == "kunit" || to == "compat")
		return 0
	if (from == "scripts")
		return to == "scripts" || to == "uapi" || to == "linux" || to == "samples" ||
		       (to in rank && rank[to] <= rank["status"])
	if (from == "samples" && FILENAME ~ /\/vsp_kmcl/)
		return to == "samples" || target == "include/linux/vmb_kmcl.h"
	if (from == "samples")
		return to == "samples" || target == "include/linux/vmbsave.h"
	if (from == "kmcl")
		return to == "kmcl" || target == "include/linux/vmbsave.h" || target == "include/linux/vmb_kmcl.h"
	if (from == "linux")
		return to == "linux" || to == "uapi"
	if (from == "compat")
		return to == "linux"
	if (to == "linux" || to == "uapi")
		return 1
	return to in rank && rank[to] <= rank[from]
}

function check_include(line,	quoted, name, target, from)
{
	quoted = line ~ /^#[ \t]*include(_next)?[ \t]*"/
	name = line
	sub(/^[^"<]*["<]/, "", name)
	sub(/[">].*/, "", name)
	from = room(FILENAME)
	target = resolve(FILENAME, name, quoted)

	if (name ~ /(^|\/)\.\.\//)
		say("names " name " through its parent folder")
	if (name ~ /(^|\/)compat\//)
		say("names include/compat: only the compiler sees it")
	if (from == "uapi" && name != "linux/types.h" && name != "linux/ioctl.h")
		say("a uapi header includes " name)
	else if (target != "" && !allowed(from, room(target), target))
		say(from " includes " target)
	else if (target == "" && quoted)
		say("includes \"" name "\", which is not in the tree")
}

# The first condition of a header must be its guard, the next directive the guard's definition.
function check_guard(line,	name)
{
	if (guard == "" && line ~ /^#[ \t]*(ifndef[ \t]|if[ \t]+!defined)/) {
		name = line
		sub(/^#[ \t]*(ifndef[ \t]+|if[ \t]+!defined[ \t]*\(?)/, "", name)
		sub(/[^A-Za-z0-9_].*/, "", name)
		guard = name
	} else if (guard != "" && !guarded && line ~ "^#[ \t]*define[ \t]+" guard "[ \t]*$") {
		guarded = 1
		if (guard in guard_of)
			say("guard " guard " is that of " guard_of[guard])
		guard_of[guard] = FILENAME
	} else if (guard == "" && line !~ /^#[ \t]*(undef|define)[ \t]+TRACE_SYSTEM/) {
		guard = "none"
	}
}

function end_of_file()
{
	if (last ~ /\.h$/ && !guarded)
		print last ":1: has no include guard"
}

BEGIN {
	for (i = 1; i < ARGC; i++)
		ours[ARGV[i]] = 1
	n = split("wire stream status core migrate user main", order, " ")
	for (i = 1; i <= n; i++)
		rank[order[i]] = i
}

FNR == 1 {
	end_of_file()
	last = FILENAME
	guard = ""
	guarded = 0
}

/^#[ \t]*[a-z]/ {
	if (FILENAME ~ /\.h$/)
		check_guard($0)
}

/^#[ \t]*include/ {
	check_include($0)
}

END {
	end_of_file()
}
