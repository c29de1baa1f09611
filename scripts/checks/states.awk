# SPDX-License-Identifier: GPL-2.0-only
# scripts/checks/states: the tables of C files, then the document with its tables and drawings of them.

function say(line, text) {
	print doc ":" line ": " text
}

# The last word of an enumerator: VMB_CHANNEL_EVENT_OPEN and VMB_CHANNEL_PAUSED give OPEN and PAUSED.
function short(name) {
	sub(/^VMB_(CLIENT_)?(CHANNEL_|BUS_)?(EVENT_|STATE_)?/, "", name)
	return name
}

# ---- The code: next[table, from, event] = to, "--" if it is refused.

FILENAME != doc && /^static const s8 [a-z_]+\[[A-Z_]+\]\[[A-Z_]+\] = \{/ {
	name = $4
	sub(/\[.*/, "", name)
	table = FILENAME " " name
	defined[table] = FILENAME ":" FNR
	next
}
FILENAME != doc && /^};/ { table = "" }
FILENAME != doc && table && /^\t\[[A-Z_]+\] = \{/ {
	from = $1
	gsub(/[][]/, "", from)
	from = short(from)
	states[table] = states[table] " " from
	next
}
FILENAME != doc && table && /^\t\t\[[A-Z_]+\][ \t]*= [A-Z_]+,/ {
	event = $1
	gsub(/[][]/, "", event)
	to = $3
	sub(/,.*/, "", to)
	goes[table, from, short(event)] = to == "NO" || to == "NONE" ? "--" : short(to)
	nr_entries[table]++
	next
}
FILENAME != doc { next }

# ---- The document

{ text[FNR] = $0; last = FNR }

/^\.\. states: / {
	nr_marks++
	at[nr_marks] = FNR
	kind[nr_marks] = $3
	of[nr_marks] = $4 " " $5
	ignored[nr_marks] = ""
	for (i = 6; i <= NF; i++)
		ignored[nr_marks] = ignored[nr_marks] " " toupper($i)
}

# The body of a simple table below line l: sets first and end, and col[] and nr_cols from its rule.
function find_table(l,    i, rules) {
	while (l <= last && text[l] !~ /^=+  +=/)
		l++
	nr_cols = 0
	for (i = 1; i <= length(text[l]); i++)
		if (substr(text[l], i, 1) == "=" && (i == 1 || substr(text[l], i - 1, 1) == " "))
			col[++nr_cols] = i
	col[nr_cols + 1] = 10000
	head = l + 1
	for (l++; l <= last && text[l] !~ /^=+  +=/; l++)
		;
	first = l + 1
	for (l++; l <= last && text[l] !~ /^=+  +=/; l++)
		;
	end = l - 1
}

function cell(l, c,    s) {
	s = substr(text[l], col[c], col[c + 1] - col[c])
	gsub(/^ +| +$/, "", s)
	return s
}

function check_table(mark,    t, l, c, want, n) {
	t = of[mark]
	find_table(at[mark])
	for (l = first; l <= end; l++)
		for (c = 2; c <= nr_cols; c++) {
			n++
			want = goes[t, cell(l, 1), toupper(cell(head, c))]
			if (want != cell(l, c))
				say(l, cell(l, 1) " goes by " cell(head, c) " to " (want ? want : "nowhere") \
				    " in " t ", not to " cell(l, c))
		}
	if (n != nr_entries[t])
		say(at[mark], t " has " nr_entries[t] " entries, the table " n + 0)
}

# One step is what leads to where it was to lead; arcs["FROM TO"] = 1 for the code.
function steps_of(t,    list, n, i, j) {
	delete arcs
	n = split(states[t], list, " ")
	for (i = 1; i <= n; i++)
		for (j = 1; j <= n; j++)
			if (i != j && goes[t, list[i], list[j]] == list[j])
				arcs[list[i] " " list[j]] = 1
}

function compare_arcs(mark, what,    a) {
	for (a in arcs)
		if (!(a in drawn))
			say(at[mark], "the " what " lacks " a)
	for (a in drawn)
		if (!(a in arcs))
			say(drawn[a], "the " what " has " a ", " of[mark] " has not")
}

function check_arcs(mark,    l, f) {
	steps_of(of[mark])
	delete drawn
	find_table(at[mark])
	for (l = first; l <= end; l++)
		if (split(cell(l, 1), f, " ") == 3 && f[2] == "->")
			drawn[f[1] " " f[3]] = l
	compare_arcs(mark, "table")
}

function check_ways(mark,    t, n, list, i, j, l, to, k) {
	t = of[mark]
	delete arcs
	delete drawn
	n = split(states[t], list, " ")
	for (i = 1; i <= n; i++)
		for (j = 1; j <= n; j++)
			if (i != j && goes[t, list[i], list[j]] != "--" && goes[t, list[i], list[j]] != list[j])
				arcs[list[i] " " list[j]] = 1
	find_table(at[mark])
	for (l = first; l <= end; l++) {
		k = split(cell(l, 2), to, /, */)
		for (i = 1; i <= k; i++)
			drawn[cell(l, 1) " " to[i]] = l
	}
	compare_arcs(mark, "table")
}

# ---- Drawings: a grid of characters, names in capitals, arcs of - | + with their event in small letters in them.

function char(l, c) {
	return c < 1 || l < top || l > bottom ? " " : substr(text[l] " ", c, 1)
}

# The state whose name stands at a place or touches it; "" if there is none or more than one.
function state_near(l, c, far,    i, found, n) {
	for (i = 1; i <= nr_names; i++)
		if (name_line[i] >= l - 1 && name_line[i] <= l + 1 && c >= name_from[i] - far && c <= name_to[i] + far) {
			found = name_of[i]
			n++
		}
	return n == 1 ? found : ""
}

function find_drawing(l,    s, at_col) {
	while (l <= last && text[l] !~ /^::$/)
		l++
	for (l++; text[l] == ""; l++)
		;
	top = l
	while (l <= last && text[l] ~ /^( |$)/)
		l++
	bottom = l - 1
	nr_names = 0
	for (l = top; l <= bottom; l++) {
		s = text[l]
		at_col = 0
		while (match(s, /[A-Z][A-Z_]+/)) {
			nr_names++
			name_of[nr_names] = substr(s, RSTART, RLENGTH)
			name_line[nr_names] = l
			name_from[nr_names] = at_col + RSTART
			name_to[nr_names] = at_col + RSTART + RLENGTH - 1
			at_col += RSTART + RLENGTH - 1
			s = substr(s, RSTART + RLENGTH)
		}
	}
}

# Is the letter v or a sign the head of an arc that points down?
function is_head(l, c,    ch) {
	ch = char(l, c)
	if (ch == ">" || ch == "<" || ch == "^")
		return 1
	return ch == "v" && char(l, c - 1) == " " && char(l, c + 1) == " " && char(l + 1, c) ~ /[A-Z]/
}

# Follow an arc from its head back to where it begins: sets label and returns the state, "" if it is lost.
function trace(l, c,    ch, dl, dc, n, to) {
	ch = char(l, c)
	dl = ch == "^" ? 1 : ch == "v" ? -1 : 0
	dc = ch == ">" ? -1 : ch == "<" ? 1 : 0
	label = ""
	for (n = 0; n < 500; n++) {
		l += dl
		c += dc
		ch = char(l, c)
		if (ch ~ /[<>^]/)
			return state_near(l, c, dc ? 2 : 0)
		if (ch ~ /[A-Z ]/)
			break
		if (ch ~ /[a-z]/) {
			if (dl && char(l - dl, c) !~ /[a-z]/)
				label = word_at(l, c)
			if (dc)
				label = dc < 0 ? ch label : label ch
		}
		if (ch == "+" && dc) {
			dl = char(l + 1, c) == "|" ? 1 : -1
			dc = 0
		} else if (ch == "+") {
			dc = char(l, c + 1) == "-" ? 1 : -1
			dl = 0
		}
	}
	return state_near(l - dl, c - dc, dc ? 2 : 0)
}

function word_at(l, c,    a, b) {
	for (a = c; char(l, a - 1) ~ /[a-z]/; a--)
		;
	for (b = c; char(l, b + 1) ~ /[a-z]/; b++)
		;
	return substr(text[l], a, b - a + 1)
}

# drawn["FROM EVENT TO"] or, without events, drawn["FROM TO"] = line
function read_drawing(mark, with_events,    l, c, a, b) {
	delete drawn
	find_drawing(at[mark])
	for (l = top; l <= bottom; l++)
		for (c = 1; c <= length(text[l]); c++) {
			if (!is_head(l, c))
				continue
			b = state_near(l, c, char(l, c) ~ /[<>]/ ? 2 : 0)
			a = trace(l, c)
			if (a == "" || b == "")
				say(l, "an arc leads from nowhere or to nowhere (column " c ")")
			else if (with_events)
				drawn[a " " toupper(label) " " b] = l
			else
				drawn[a " " b] = l
		}
}

function check_diagram(mark,    key, f, t) {
	t = of[mark]
	delete arcs
	for (key in goes) {
		split(key, f, SUBSEP)
		if (f[1] == t && goes[key] != "--" && goes[key] != f[2] && index(ignored[mark] " ", " " f[3] " ") == 0)
			arcs[f[2] " " f[3] " " goes[key]] = 1
	}
	read_drawing(mark, 1)
	compare_arcs(mark, "drawing")
}

# ERROR is entered by a failure and left by reset, which are no steps of the table.
function check_steps(mark,    a) {
	steps_of(of[mark])
	read_drawing(mark, 0)
	for (a in drawn)
		if (a ~ /ERROR/)
			delete drawn[a]
	compare_arcs(mark, "drawing")
}

END {
	for (m = 1; m <= nr_marks; m++) {
		named[of[m]] = 1
		if (!(of[m] in defined))
			say(at[m], "there is no table " of[m])
		else if (kind[m] == "table")
			check_table(m)
		else if (kind[m] == "diagram")
			check_diagram(m)
		else if (kind[m] == "arcs")
			check_arcs(m)
		else if (kind[m] == "ways")
			check_ways(m)
		else if (kind[m] == "steps")
			check_steps(m)
		else
			say(at[m], "no such kind: " kind[m])
	}
	for (t in defined)
		if (!(t in named))
			print defined[t] ": " t " is not in " doc
}
