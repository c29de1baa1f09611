# SPDX-License-Identifier: GPL-2.0-only
# Reads all headers and sources of the module; prints "FILE:LINE: WHAT" about kernel-doc that is missing, twice or
# incomplete, for scripts/checks/kernel_doc.

function here()
{
	return FILENAME ":" FNR
}

# NAME of "NAME() - ..." in the first line of a comment, empty for structs and the like.
function documented(line)
{
	sub(/^[ \t]*\*[ \t]*/, "", line)
	if (line !~ /^[A-Za-z_][A-Za-z0-9_]*\(\)/)
		return ""
	sub(/\(\).*/, "", line)
	return line
}

# NAME of a function that is declared or defined in this line; what begins with __ stands behind a macro that has the doc.
function declared(line)
{
	if (line !~ /^[A-Za-z].*[ *]([a-z_][a-z0-9_]*|Vmb[A-Za-z]*)\(/ || line ~ /^(typedef|return|static|else|goto)[ \t]/)
		return ""
	sub(/\(.*/, "", line)
	sub(/.*[ *]/, "", line)
	return line ~ /^(__|static_assert)/ ? "" : line
}

FNR == 1 {
	in_comment = 0
	header = FILENAME ~ /\.h$/
}

/^\/\*\*$/ {
	in_comment = 1
	doc = ""
	next
}

in_comment == 1 {
	doc = documented($0)
	in_comment = 2
	if (doc != "") {
		if (doc in doc_at)
			print here() ": " doc "() has kernel-doc at " doc_at[doc] " already"
		doc_at[doc] = here()
	}
}

in_comment {
	if ($0 ~ /^[ \t]*\*[ \t]*Context:/)
		has_context[doc] = 1
	if ($0 ~ /^[ \t]*\*[ \t]*Returns?:/)
		has_return[doc] = 1
	if ($0 ~ /\*\/$/)
		in_comment = 0
	next
}

/^\/\*/ && !/\*\/$/ {
	in_plain = 1
}

in_plain {
	if ($0 ~ /\*\/$/)
		in_plain = 0
	next
}

/^EXPORT_SYMBOL/ && FILENAME !~ /^kunit\// {
	name = $0
	sub(/^[A-Z_]*\(/, "", name)
	sub(/[,)].*/, "", name)
	if (!(name in wanted_at))
		wanted_at[name] = here()
	next
}

{
	name = declared($0)
	if (name == "")
		next
	if (!(name in returns))
		returns[name] = $0 !~ /^(extern )?void [A-Za-z_]/
	if (header && FILENAME !~ /^(kunit|vmbsave\/samples)\//)
		wanted_at[name] = here()
}

END {
	for (name in wanted_at) {
		if (!(name in doc_at)) {
			print wanted_at[name] ": " name "() has no kernel-doc"
			continue
		}
		if (!has_context[name])
			print doc_at[name] ": the kernel-doc of " name "() has no Context:"
		if ((name in returns) && returns[name] && !has_return[name])
			print doc_at[name] ": the kernel-doc of " name "() has no Return:"
		if ((name in returns) && !returns[name] && has_return[name])
			print doc_at[name] ": the kernel-doc of " name "() has a Return:, but it returns nothing"
	}
}
