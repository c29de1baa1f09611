# SPDX-License-Identifier: GPL-2.0-only
# Reads suites, host tests, public headers, sources, the list of Windows names and, last, the map; prints "FILE:LINE: WHAT"
# about the map, and into the file counts how many rows there are and of what, for scripts/checks/ddi_map.

# literals TEXT: word[1..] = what stands between double backquotes; how many.
function literals(text,    nr)
{
	nr = 0
	while (match(text, /``[^`]+``/)) {
		word[++nr] = substr(text, RSTART + 2, RLENGTH - 4)
		text = substr(text, RSTART + RLENGTH)
	}
	return nr
}

function complain(what)
{
	print map ":" row_line ": " what
}

# The cases of a file belong to the suite that is named behind them.
function take_case(line, macro)
{
	sub(".*" macro "(_PARAM|_SLOW)?\\(", "", line)
	sub(/[,)].*/, "", line)
	waiting[++nr_waiting] = line
}

function give_cases(suite,    i)
{
	for (i = 1; i <= nr_waiting; i++)
		there[suite "." waiting[i]] = 1
	nr_waiting = 0
}

function take_header(line)
{
	if (line ~ /^[ \t]*\*/ || line ~ /^\/\*/)
		return
	if (match(line, /^struct [a-z_]+ \{/)) {
		struct = substr(line, 8, RLENGTH - 9)
		declared["struct " struct] = 1
		return
	}
	if (match(line, /^struct [a-z_]+;/))
		declared["struct " substr(line, 8, RLENGTH - 8)] = 1
	if (line ~ /^\}/)
		struct = ""
	if (struct != "") {
		if (match(line, /\(\*[a-z_]+\)/)) {
			name = struct "." substr(line, RSTART + 2, RLENGTH - 3)
			declared[name] = 1
			if (struct == "vmb_vsp")
				callback[name] = FILENAME ":" FNR
		}
		else if (match(line, /[a-z_]+(\[[^]]*\])?;/))
			declared[struct "." substr(line, RSTART, RLENGTH - 1)] = 1
		return
	}
	if (match(line, /^typedef .*\(\*[a-z_]+\)/))
		declared[substr(line, index(line, "(*") + 2, RLENGTH - index(line, "(*") - 2)] = 1
	if (match(line, /^#define[ \t]+[A-Za-z_0-9]+/)) {
		name = substr(line, RSTART, RLENGTH)
		sub(/^#define[ \t]+/, "", name)
		declared[name (substr(line, RLENGTH + 1, 1) == "(" ? "()" : "")] = 1
	} else if (match(line, /[ \t*]_*[a-z][a-z0-9_]*\(/) || match(line, /^_*[a-z][a-z0-9_]*\(/)) {
		name = substr(line, RSTART, RLENGTH - 1)
		sub(/^[ \t*]/, "", name)
		declared[name "()"] = 1
	} else if (match(line, /^\t[A-Z][A-Z0-9_]+/)) {
		declared[substr(line, RSTART + 1, RLENGTH - 1)] = 1
	}
}

function check_cases(text,    nr, i)
{
	nr = literals(text)
	for (i = 1; i <= nr; i++)
		if (!(word[i] in there))
			complain("there is no case " word[i])
	if (!nr)
		complain("names no case")
	if (text ~ /pending/)
		complain("a case is pending")
}

function check_linux(text,    nr, i, name)
{
	nr = literals(text)
	for (i = 1; i <= nr; i++) {
		if (!(word[i] in declared))
			complain(word[i] " is not declared in include/linux/")
		name = word[i]
		sub(/\(\)$/, "", name)
		covered[name] = 1
	}
	return nr
}

# What is counted of a Windows name, by its table and by how it is spelled.
function kind_of(name)
{
	if (cells == 3)
		return "names of newer interfaces"
	if (name ~ /^Evt/)
		return "callbacks"
	if (name ~ /^Vmb/ || name ~ /_INIT$/)
		return "functions"
	return name ~ /^VMBUS_/ ? "constants" : "structures and handles"
}

function count(kind, differs)
{
	number[kind]++
	different[kind] += differs
}

function end_windows(    nr, i, linux, windows)
{
	nr = literals(cell[1])
	if (nr != 1)
		complain("names not one Windows name but " nr)
	windows = word[1]
	if (!(windows in wanted))
		complain(windows " is not in scripts/checks/ddi_names")
	if (windows in found)
		complain(windows " stands here twice")
	found[windows] = 1
	linux = check_linux(cell[2])
	if (!linux && (cell[cells] == "none" || cell[cells] == "\\-"))
		complain("has neither a Linux name nor a reason")
	if (cells > 3 && linux)
		check_cases(cell[cells - 1])
	count(kind_of(windows), cells == 3 ? !linux : cell[cells] != "none")
}

function end_question()
{
	if (cell[1] != "Q" ++questions)
		complain(cell[1] " stands where Q" questions " should")
	check_cases(cell[cells - 1])
	count("answers", cell[cells] != "none")
}

function end_symbols(    nr, i)
{
	nr = literals(cell[1])
	for (i = 1; i <= nr; i++) {
		if (!(word[i] in exported))
			complain(word[i] " is not exported")
		covered[word[i]] = 1
	}
}

# What the document counts is compared at the end, when all is counted.
function end_counted()
{
	told[++nr_told] = cell[1]
	told_number[nr_told] = cell[2]
	told_different[nr_told] = cell[3]
	told_line[nr_told] = row_line
}

function end_row(    i)
{
	if (!cells)
		return
	for (i = 1; i <= cells; i++)
		if (cell[i] == "")
			complain("cell " i " is empty")
	if (header == "") {
		header = cell[1]
		columns = cells
		cells = 0
		return
	}
	if (cells != columns)
		complain("has " cells " cells and not " columns)
	else if (header == "Windows")
		end_windows()
	else if (header == "No.")
		end_question()
	else if (header == "Ours") {
		if (!check_linux(cell[1]))
			complain("has no Linux name")
		check_cases(cell[cells])
	} else if (header == "Call")
		different["matrix cells"] += cell[cells - 1]
	else if (header == "Counted")
		end_counted()
	else
		end_symbols()
	rows++
	cells = 0
}

function check_told(    i, kind)
{
	for (i = 1; i <= nr_told; i++) {
		kind = told[i]
		row_line = told_line[i]
		counted[kind] = 1
		if (told_number[i] != number[kind] + 0)
			complain("of " kind " there are " number[kind] + 0)
		if (told_different[i] != different[kind] + 0)
			complain("of " kind " " different[kind] + 0 " are different")
	}
	row_line = 1
	for (kind in number)
		if (!(kind in counted))
			complain("does not count " kind)
}

FNR == 1 {
	nr_waiting = 0
	struct = ""
	in_rows = 0
}

# Each call in six states, on a bus that runs and one that stands, of a driver and of an owner
FILENAME ~ /channel_matrix_kunit\.c$/ {
	if (/^static const struct row rows\[\]/)
		in_rows = 1
	else if (/^\};/)
		in_rows = 0
	if (/^#define [A-Z] VMB_CHANNEL_/)
		nr_states++
	if (in_rows && /^\t\{ "/)
		number["matrix cells"] += nr_states * 4
}

FILENAME ~ /^kunit\// {
	if ($0 ~ /KUNIT_CASE(_PARAM|_SLOW)?\(/)
		take_case($0, "KUNIT_CASE")
	else if (match($0, /\.name = "vmbsave_[a-z0-9_]*"/))
		give_cases(substr($0, RSTART + 9, RLENGTH - 10))
	next
}

FILENAME ~ /^scripts\/host\// {
	if ($0 ~ /^\tTEST_CASE\(/)
		take_case($0, "TEST_CASE")
	else if ($0 ~ /^TEST_MAIN/) {
		name = FILENAME
		sub(/.*\//, "", name)
		sub(/\.c$/, "", name)
		give_cases(name)
	}
	next
}

FILENAME ~ /^include\// {
	take_header($0)
	next
}

FILENAME ~ /^vmbsave\/status\.c$/ && /^\t(ONE|TWO)_WAY\(/ {
	count("statuses", /ONE_WAY/)
}

FILENAME ~ /^vmbsave\// {
	if (match($0, /^EXPORT_SYMBOL_NS_GPL\([A-Za-z0-9_]+, VMBSAVE_NS\)/)) {
		name = substr($0, 22)
		sub(/,.*/, "", name)
		exported[name] = FILENAME ":" FNR
	}
	next
}

FILENAME ~ /ddi_names$/ {
	if ($0 !~ /^#/)
		wanted[$1] = FILENAME ":" FNR
	next
}

/^\.\. list-table::/ {
	end_row()
	header = ""
}

/^   \* - / {
	end_row()
	row_line = FNR
	cells = 1
	cell[1] = substr($0, 8)
	next
}

/^     -( |$)/ && row_line {
	cell[++cells] = substr($0, 8)
	next
}

/^       [^ ]/ && cells {
	cell[cells] = cell[cells] " " substr($0, 8)
	next
}

# A heading ends the table before it.
/^[^ ]/ {
	end_row()
}

END {
	end_row()
	row_line = 1
	if (questions != 45)
		complain("has " questions + 0 " of 45 questions")
	for (name in wanted)
		if (!(name in found))
			print wanted[name] ": " name " has no row in " map
	for (name in exported)
		if (!(name in covered))
			print exported[name] ": " name " has no row in " map
	for (name in callback)
		if (!(name in covered))
			print callback[name] ": " name " has no row in " map
	check_told()
	print rows + 0 >counts
	for (i = 1; i <= nr_told; i++)
		print told[i] ": " number[told[i]] + 0 ", different " different[told[i]] + 0 >counts
}
