# SPDX-License-Identifier: GPL-2.0-only
# The verdict on a run: reads the machine's verdict file (source=verdict), then the kernel log (source=log).
#
# -v folder=F   where the machine left leaks.<name>
# -v suites=S   the suite modules that were to run, by name
#
# Every result line of KTAP counts once; a case with parameters counts as one per parameter. What fails
# outside a case (load, unload, leak, crash, complaint of the kernel) counts as one failure each.
# A case announces a complaint that it provokes by logging "expect splat: TEXT" before it (kunit_info());
# then a complaint with TEXT in it is no failure.

function fail(what)
{
	failed++
	print "FAIL " what
}

function is_complaint(line)
{
	return line ~ /BUG:|WARNING:|Call Trace:|KASAN:|ODEBUG:|UBSAN:|Oops|Kernel panic|general protection/ ||
	       line ~ /INFO: (possible|task|rcu|trying to register|lockdep is turned off|suspicious)/ ||
	       line ~ /possible (recursive|circular|irq lock|deadlock)|suspicious RCU|inconsistent lock state/ ||
	       line ~ /bad unlock balance|held lock freed|lock held when returning|still has locks held/ ||
	       line ~ /sleeping function called|scheduling while atomic|Invalid wait context/ ||
	       line ~ /refcount_t: |unreferenced object|list_(add|del)[a-z_]* corruption|corrupted|double free/ ||
	       line ~ /[Ss]egfault|Kernel mode fault|Bad page|[Oo]bjects remaining|page allocation failure/ ||
	       line ~ /detected (buffer overflow|field-spanning)|memcpy: detected/
}

# A complaint is many lines: one block, allowed as a whole if a line before its trace has an announced text.
function block_end()
{
	block_traced = 0
	if (block_hit != "" && !block_allowed) {
		complaints++
		if (complaint == "")
			complaint = block_hit
	}
	block_hit = ""
	block_allowed = 0
}

function block_line(line,	i)
{
	if (line ~ /cut here|^=====/)
		block_end()
	if (block_hit == "" && is_complaint(line)) {
		block_hit = line
		if (!complaints)
			complaint_at = context
	}
	if (line ~ /Call Trace:/)
		block_traced = 1
	for (i = 1; i <= announced && !block_traced; i++)
		if (index(line, announcement[i]))
			block_allowed = 1
	if (line ~ /---\[ end trace/)
		block_end()
}

# A complaint that no case ended after: of the module's loading or unloading, or of nobody.
function complaint_outside(where)
{
	block_end()
	if (complaints)
		fail(where ": the kernel complains outside any case: " complaint excerpt())
	context_clear()
}

function context_clear()
{
	context = complaints = complaint_at = announced = 0
	complaint = ""
}

# The log lines since the last result, as explanation; if they are many, from the complaint on.
function excerpt(	i, first, text)
{
	first = context > 60 && complaint_at > 10 ? complaint_at - 2 : 1
	for (i = first; i <= context && i < first + 60; i++)
		text = text "\n     | " line_of[i]
	return text
}

function result(name, bad, skipped, reason)
{
	block_end()
	if (bad || complaints) {
		count_failed++
		fail(suite "." name (complaints ? ": the kernel complains: " complaint : "") excerpt())
	} else if (skipped) {
		count_skipped++
		total_skipped++
		print "SKIP " suite "." name (reason != "" ? ": " reason : "")
	} else {
		count_passed++
		total_passed++
	}
	context_clear()
}

function suite_begin(name)
{
	suite = name
	plan = -1
	cases = parameters = count_passed = count_failed = count_skipped = 0
}

function summarise()
{
	summary[++summaries] = sprintf("%s: %d passed, %d failed, %d skipped",
				       suite, count_passed, count_failed, count_skipped)
	suite = ""
}

function suite_end(status)
{
	if (suite == "")
		return
	complaint_outside(suite)
	if (plan != cases) {
		count_failed++
		fail(suite ": " cases " results for " plan " planned cases")
	} else if (status == "not ok" && !count_failed) {
		count_failed++
		fail(suite ": failed as a whole")
	}
	suites_seen++
	summarise()
}

# The module whose log follows, or the end of it.
function module_end()
{
	if (suite != "") {
		count_failed++
		fail(suite ": no summary, " cases " of " plan " cases ended" excerpt())
		summarise()
		context_clear()
	}
	complaint_outside(module == "" ? "boot" : module)
}

function machine_stopped(ended,		where)
{
	where = module == "" ? "boot" : module
	if (suite != "")
		where = where ": " suite ", " cases " of " plan " cases ended"
	fail(where ": the machine stopped: " ended excerpt())
	if (suite != "") {
		count_failed++
		summarise()
	}
	block_end()
	context_clear()
}

function leaks_of(name,		file, line, text)
{
	file = folder "/leaks." name
	while ((getline line < file) > 0)
		text = text "\n     | " line
	close(file)
	return text
}

# "ok 3 name # SKIP why", any depth of indentation already removed.
function parse_result(line)
{
	is_bad = line ~ /^not ok/
	sub(/^(not )?ok [0-9]+ (- )?/, "", line)
	is_skipped = line ~ / # SKIP/
	reason_of = ""
	if (is_skipped) {
		reason_of = line
		sub(/^.* # SKIP ?/, "", reason_of)
		sub(/ # SKIP.*$/, "", line)
	}
	name_of = line
}

{ sub(/\r$/, "") }

source == "verdict" {
	if ($1 == "done" && $3 != 0)
		broken[++breaks] = "the machine\047s own script failed"
	else if ($1 == "leaks" && $2 != "boot" && $3 != 0)
		leaked[++leaks] = $2
	else if ($1 == "load" || $1 == "unload") {
		if ($3 != 0)
			broken[++breaks] = $1 " of " $2 " failed"
		else if ($1 == "load")
			was_loaded[$2] = 1
	}
	next
}

/^vmb-uml: / {
	if ($2 == "load" || $2 == "unload") {
		module_end()
		module = $3
		suites_seen = 0
	} else if ($2 == "loaded") {
		module_end()
		if (index(" " suites " ", " " $3 " ") && !suites_seen)
			fail($3 ": holds no KUnit suite that ran")
	} else if ($2 == "stopped") {
		sub(/^vmb-uml: stopped /, "")
		machine_stopped($0)
		stopped_in[module] = 1
		module = ""
	} else {
		module_end()
	}
	next
}

/^    # Subtest: / {
	suite_begin($3)
	next
}

suite != "" && /^        # Subtest: / {
	parameterised = $3
	next
}

suite != "" && /^    1\.\.[0-9]+$/ {
	plan = substr($1, 4) + 0
	next
}

suite != "" && /^        (not )?ok [0-9]+ / {
	parse_result(substr($0, 9))
	parameters++
	result(parameterised "(" name_of ")", is_bad, is_skipped, reason_of)
	next
}

suite != "" && /^    (not )?ok [0-9]+ / {
	parse_result(substr($0, 5))
	cases++
	block_end()
	# The parameters were counted one by one; a complaint after the last belongs to the case.
	if (!parameters || complaints)
		result(name_of, is_bad, is_skipped, reason_of)
	parameters = 0
	context_clear()
	next
}

/^(not )?ok [0-9]+ / {
	parse_result($0)
	if (suite == "")
		suite_begin(name_of)
	if (plan < 0 && is_bad)
		plan = 0
	suite_end(is_bad ? "not ok" : "ok")
	next
}

# More of KTAP that says nothing about a result.
/^ *KTAP version|^1\.\.[0-9]+$|^    # module: / { next }

/^ *# .*: expect splat: / {
	text = $0
	sub(/^.*: expect splat: /, "", text)
	announcement[++announced] = text
}

{
	# Frames that the unwinder only guesses, and raw words of the stack, explain nothing.
	if ($0 !~ /\] \? |^Stack:|^( [0-9a-f]+)+$|^ *$/)
		line_of[++context] = $0
	if ($0 !~ /^ *# /)
		block_line($0)
}

END {
	module_end()
	for (i = 1; i <= breaks; i++)
		fail(broken[i])
	for (i = 1; i <= leaks; i++)
		fail(leaked[i] (leaked[i] ~ /_kunit$/ ? " or one of the seven before it" : "") \
			": memory leaked" leaks_of(leaked[i]))
	wanted = split(suites, list, " ")
	for (i = 1; i <= wanted; i++)
		if (!(list[i] in was_loaded) && !(list[i] in stopped_in))
			fail(list[i] ": not run")
	for (i = 1; i <= summaries; i++)
		print summary[i]
	if (suites != "")
		printf "%d passed, %d failed, %d skipped\n", total_passed, failed, total_skipped
	exit failed > 0
}
