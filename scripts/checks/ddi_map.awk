# SPDX-License-Identifier: GPL-2.0-only
# Reads suites, host tests, public headers, sources, the list of Windows names and, last, the map; prints "FILE:LINE: WHAT"
# about the map, for scripts/checks/ddi_map.

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
		if (match(line, /\(\*[a-z_]+\)/))
			declared[struct "." substr(line, RSTART + 2, RLENGTH - 3)] = 1
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
	if (!nr && text != "case pending")
		complain("has no case and is not marked \"case pending\"")
	pending += text == "case pending"
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

function end_windows(    nr, i, linux)
{
	nr = literals(cell[1])
	if (nr != 1)
		complain("names not one Windows name but " nr)
	if (!(word[1] in wanted))
		complain(word[1] " is not in scripts/checks/ddi_names")
	if (word[1] in found)
		complain(word[1] " stands here twice")
	found[word[1]] = 1
	linux = check_linux(cell[2])
	if (!linux && (cell[cells] == "none" || cell[cells] == "\\-"))
		complain("has neither a Linux name nor a reason")
	if (cells > 3 && linux)
		check_cases(cell[cells - 1])
}

function end_row(    i, nr)
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
	else if (header == "No.") {
		if (cell[1] != "Q" ++questions)
			complain(cell[1] " stands where Q" questions " should")
		check_cases(cell[cells - 1])
	} else {
		nr = literals(cell[1])
		for (i = 1; i <= nr; i++) {
			if (!(word[i] in exported))
				complain(word[i] " is not exported")
			covered[word[i]] = 1
		}
	}
	rows++
	cells = 0
}

FNR == 1 {
	nr_waiting = 0
	struct = ""
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
	print rows + 0, pending + 0 >counts
}
