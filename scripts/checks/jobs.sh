# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Runs jobs side by side and adds up what they say. Sourced by scripts/check.
#
# A job is a suite, whose log ends with "N passed, N failed[, N skipped]" (or which counts as one, by its exit status), or
# a step, which only makes what suites need. Jobs of one lane run one after the other, lanes run side by side.
#
# A long suite is one that is not run again while not a byte of the tree has changed since it ended without a failure:
# its log is kept for that, and the table says "as before". "$again" runs it all the same.

# shellcheck disable=SC2154 # top is scripts/checks/lib.sh's
logs=$top/build/check
# A job that ends with this status cannot be done on this machine, and its log ends with the reason.
not_here=77
kept=$top/build/check.kept
tree_key='' again=''
names=() kinds=() levels_of=() lanes=() needs=() commands=()
clock='' as_before=() states=() pids=() begun=() took=() passed=() failed=() skipped=() notes=()

# add KIND NAME LEVEL LANE NEEDS COMMAND...: NEEDS are names of earlier jobs, by comma, or -. With + before it, a job has to
# have ended, well or not.
add() {
	local i=${#names[@]}

	kinds[i]=$1 names[i]=$2 levels_of[i]=$3 lanes[i]=$4 needs[i]=${5#-}
	shift 5
	commands[i]=${*@Q} states[i]=waiting notes[i]='' took[i]=0 begun[i]=0 pids[i]=''
	passed[i]=0 failed[i]=0 skipped[i]=0
}

# leave_out NAME LEVEL REASON: something that will not run, and is not forgotten.
leave_out() {
	local i=${#names[@]}

	add suite "$1" "$2" none - true
	states[i]=ended skipped[i]=1 notes[i]=$3
}

# job_of NAME: i = its number.
job_of() {
	for i in "${!names[@]}"; do
		[ "${names[i]}" != "$1" ] || return 0
	done
	return 1
}

# ready NUMBER: has all that it needs ended? A job whose need failed ends here.
ready() {
	local job=$1 need i

	for need in ${needs[job]//,/ }; do
		job_of "${need#+}" || continue
		[ "${states[i]}" = ended ] || return 1
		if [[ $need != +* ]] && { [ "${failed[i]}" -gt 0 ] || [ -n "${notes[i]}" ]; }; then
			states[job]=ended skipped[job]=1 notes[job]="needs $need"
			return 1
		fi
	done
}

# key_of NUMBER: what a long suite depends on: all of the tree, the kernels, the command.
key_of() {
	if [ -z "$tree_key" ]; then
		tree_key=$(cd "$top" && list_tree | LC_ALL=C sort -u | tr '\n' '\0' | xargs -0 sha256sum 2>/dev/null |
			sha256sum)
		tree_key+=$(find "$vmb_cache" -maxdepth 2 2>/dev/null | LC_ALL=C sort | sha256sum)
	fi
	printf '%s %s\n' "$tree_key" "${commands[$1]}" | sha256sum
}

# keep NUMBER: remember the log of a long suite that ended well, or forget what was kept.
keep() {
	local job=$1 file=$kept/${names[$1]}

	rm -f "$file" "$file.log"
	[ "${failed[job]}${skipped[job]}" = 00 ] || return 0
	mkdir -p "$kept"
	cp "$logs/${names[job]}.log" "$file.log"
	key_of "$job" >"$file"
}

# recall NUMBER: end a long suite with what it said before, if nothing has changed.
recall() {
	local job=$1 file=$kept/${names[$1]}

	[ -z "$again" ] && [ -s "$file" ] && [ "$(key_of "$job")" = "$(cat "$file")" ] || return 1
	cp "$file.log" "$logs/${names[job]}.log"
	begun[job]=$SECONDS
	finish "$job" 0
	as_before[job]=1
}

start() {
	local job=$1

	if [ "${kinds[job]}" = long ] && recall "$job"; then return 0; fi
	vmb_say "level ${levels_of[job]}: ${names[job]}"
	states[job]=running begun[job]=$SECONDS
	# A process group of its own, which can be ended as a whole.
	set -m
	(
		trap - EXIT INT TERM HUP
		set -eu
		eval "${commands[job]}"
	) </dev/null >"$logs/${names[job]}.log" 2>&1 &
	pids[job]=$!
	set +m
}

# start_ready: in each lane the first job that waits, if nothing of the lane runs.
start_ready() {
	local job busy=' '

	for job in "${!names[@]}"; do
		[ "${states[job]}" != running ] || busy+="${lanes[job]} "
	done
	for job in "${!names[@]}"; do
		if [ "${states[job]}" = waiting ] && [[ $busy != *" ${lanes[job]} "* ]]; then
			if ready "$job"; then start "$job"; fi
			[ "${states[job]}" = ended ] || busy+="${lanes[job]} "
		fi
	done
}

# finish NUMBER STATUS: what the log says, and whether the exit status agrees.
finish() {
	local job=$1 status=$2 log=$logs/${names[$1]}.log words=()

	states[job]=ended took[job]=$((SECONDS - begun[job]))
	mapfile -t words < <(grep -aoE '[0-9]+ passed, [0-9]+ failed(, [0-9]+ skipped)?$' "$log" | tail -n 1 | grep -oE '[0-9]+')
	if [ "${kinds[job]}" != step ] && [ ${#words[@]} -ge 2 ]; then
		passed[job]=${words[0]} failed[job]=${words[1]} skipped[job]=${words[2]:-0}
	elif [ "${kinds[job]}" != step ] && [ "$status" -eq 0 ]; then
		passed[job]=1
	fi
	if [ "$status" -eq "$not_here" ]; then
		skipped[job]=1 notes[job]=$(tail -n 1 "$log")
	elif [ "$status" -ne 0 ] && [ "${failed[job]}" -eq 0 ]; then
		failed[job]=1 notes[job]="ended with status $status"
	fi
	vmb_say "${names[job]}: $(verdict "$job") (${took[job]} s)"
	[ "${failed[job]}" -eq 0 ] || explain "$log"
}

verdict() {
	local job=$1

	if [ "${kinds[job]}" = step ] && [ "${failed[job]}${skipped[job]}" = 00 ]; then
		echo "done"
	else
		echo "${passed[job]} passed, ${failed[job]} failed, ${skipped[job]} skipped${notes[job]:+; ${notes[job]}}"
	fi
}

# The lines of a log that tell why: a short log whole; of a long one what looks like a failure, else the beginning.
explain() {
	local log=$1 why='^ *not ok|FAIL|[Ee]rror[ :]|warning:|failed: |BUG:|WARNING:|Sanitizer|^  +\|'

	if [ "$(wc -l <"$log")" -le 40 ]; then
		cat "$log"
	elif [ "$(grep -acE "$why" "$log")" -ge 2 ]; then
		grep -aE "$why" "$log" | head -n 30
		echo "..."
		tail -n 6 "$log"
	else
		head -n 30 "$log"
		echo "..."
		tail -n 6 "$log"
	fi | cut -c 1-200 | sed 's/^/        /' >&2
	printf '        (all of it: %s)\n' "${log#"$top"/}" >&2
}

# run_jobs: all of them, to the end; a sign of life each minute.
run_jobs() {
	local status pid job

	while :; do
		start_ready
		[[ " ${states[*]} " == *' running '* ]] || break
		[ -n "$clock" ] || { sleep 60 & clock=$!; }
		status=0
		wait -n -p pid || status=$?
		if [ "$pid" = "$clock" ]; then
			clock=''
			tell_running
			continue
		fi
		for job in "${!names[@]}"; do
			[ "${pids[job]}" = "$pid" ] || continue
			finish "$job" "$status"
			[ "${kinds[job]}" != long ] || keep "$job"
		done
	done
	stop_clock
}

stop_clock() {
	[ -z "$clock" ] || kill "$clock" 2>/dev/null || true
	clock=''
}

tell_running() {
	local job text=''

	for job in "${!names[@]}"; do
		if [ "${states[job]}" = running ]; then text+=", ${names[job]} for $((SECONDS - begun[job])) s"; fi
	done
	vmb_say "running: ${text#, }"
}

# stop_jobs: end what still runs, with all that it started.
# shellcheck disable=SC2317 # called by a trap
stop_jobs() {
	local job

	for job in "${!names[@]}"; do
		[ "${states[job]}" = running ] || continue
		kill -TERM -- "-${pids[job]}" 2>/dev/null || true
		vmb_say "stopped ${names[job]}"
	done
	stop_clock
	wait
}

# tell_parts NUMBER: the suites within a suite, if its log names several.
tell_parts() {
	local pattern='^([A-Za-z0-9_]+): ([0-9]+) passed, ([0-9]+) failed(, ([0-9]+) skipped)?$' log=$logs/${names[$1]}.log

	[ -e "$log" ] && [ "$(grep -acE "$pattern" "$log")" -gt 1 ] || return 0
	sed -nE "s/$pattern/\1 \2 \3 0\5/p" "$log" | while read -r name ok bad left; do
		printf '%-9s%-24s%8d%8d%9d\n' '' "$name" "$ok" "$bad" "$((10#$left))"
	done
}

# tell_job NUMBER: its line of the table, and what stands below it.
tell_job() {
	local job=$1

	printf '%-7s%-26s%8d%8d%9d%6d s' "${levels_of[job]}" "${names[job]}" \
		"${passed[job]}" "${failed[job]}" "${skipped[job]}" "${took[job]}"
	if [ "${failed[job]}" -gt 0 ]; then
		printf '  failed: build/check/%s.log' "${names[job]}"
	elif [ "${skipped[job]}" -gt 0 ]; then
		printf '  skipped: %s' "${notes[job]:-by its log}"
	elif [ -n "${as_before[job]-}" ]; then
		printf '  as before: nothing has changed since'
	fi
	printf '\n'
	if [ -z "${notes[job]}" ] && [ "${skipped[job]}" -gt 0 ]; then
		grep -ai '^skip' "$logs/${names[job]}.log" | sed 's/^/         /' || true
	fi
	tell_parts "$job"
}

# tell_all: the table and the last line; the status says whether nothing failed.
tell_all() {
	local level job all_passed=0 all_failed=0 all_skipped=0

	printf '\n%-7s%-26s%8s%8s%9s%8s\n' level suite passed failed skipped time
	for level in 1 2 3; do
		for job in "${!names[@]}"; do
			[ "${levels_of[job]}" = "$level" ] || continue
			[ "${kinds[job]}" != step ] || [ "${failed[job]}${skipped[job]}" != 00 ] || continue
			tell_job "$job"
			all_passed=$((all_passed + passed[job]))
			all_failed=$((all_failed + failed[job]))
			all_skipped=$((all_skipped + skipped[job]))
		done
	done
	printf '\n%d passed, %d failed, %d skipped\n' "$all_passed" "$all_failed" "$all_skipped"
	[ "$all_failed" -eq 0 ]
}
