#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Runs test programs and adds up their results.
set -eu

usage()
{
	echo "usage: ${0##*/} PROGRAM..."
	echo "Runs each PROGRAM; the last line is the sum: N passed, N failed."
}

case "${1-}" in
--help | -h)
	usage
	exit 0
	;;
'')
	usage >&2
	exit 2
	;;
esac

passed=0
failed=0
for program; do
	status=0
	output=$("$program" 2>&1) || status=$?
	printf '%s\n' "$output" | sed "s|^|${program##*/}: |"

	# A sanitizer may have the last word: a leak is reported at the exit.
	counts=$(printf '%s\n' "$output" |
		sed -n 's/^\([0-9]*\) passed, \([0-9]*\) failed$/\1 \2/p' | tail -n 1)
	if [ -z "$counts" ]; then
		echo "${program##*/}: ended early with status $status"
		failed=$((failed + 1))
		continue
	fi

	passed=$((passed + ${counts% *}))
	failed=$((failed + ${counts#* }))
	if [ "$status" -ne 0 ] && [ "${counts#* }" -eq 0 ]; then
		echo "${program##*/}: all passed, but it ended with status $status"
		failed=$((failed + 1))
	fi
done

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
