# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
# What the machines of the recipes share. Sourced as /bin/recipe.sh by busybox sh under "set -eu".
# shellcheck disable=SC2034 # what is set here is used there

# Guests of this size have something in every condition after a second under emulation.
small="--complete 300 --read 500 --ring 32 --ram 16"

# load [PARAMETER...]: the VSPs; the parameters are vsp_queue's.
load() {
	insmod /opt/vsp_echo.ko
	insmod /opt/vsp_queue.ko "$@"
}

# unload: all modules, which they allow only if nothing is left of any guest.
unload() {
	rmmod vsp_queue
	rmmod vsp_echo
	rmmod vmbsave
	report "modules unloaded"
}

# say_log FILE: its end.
say_log() {
	tail -n 5 "$1" | while read -r line; do report "$line"; done
}

# show COMMAND...: say it as a person would type it, do it, say what it says.
show() {
	report "\$ $*"
	shown=0
	"$@" >/tmp/shown 2>&1 || shown=$?
	while read -r line; do report "$line"; done </tmp/shown
	return $shown
}

# start NAME OPTIONS...: a vmbguest in the background, with its log, ledger and summary in /tmp/NAME.*; $started is it.
start() {
	name=$1
	shift
	report "\$ vmbguest $* --ledger $name.ledger &"
	vmbguest --ledger "/tmp/$name.ledger" --summary "/tmp/$name.summary" "$@" 2>"/tmp/$name.log" &
	started=$!
}

# must NAME WORDS: wait until the guest has said so, or end.
must() {
	await 300 grep -q "$2" "/tmp/$1.log" || { say_log "/tmp/$1.log"; exit 1; }
}

# claim NAME: the list of vsp_queue that has come since the last call is that of this guest.
claim() {
	for folder in /sys/kernel/debug/vsp_queue/*/; do
		if ! grep -qsxF "$folder" /tmp/claimed; then
			echo "$folder" | tee -a /tmp/claimed >"/tmp/$1.folder"
		fi
	done
}

# list NAME: what the VSP says of the guest's packets.
list() {
	cat "$(cat "/tmp/$1.folder")/packets"
}

# ended NAME PROCESS STATUS: wait until it has ended, with this status.
ended() {
	got=0
	wait "$2" || got=$?
	[ $got -eq "$3" ] && return 0
	report "$1 ended with status $got, not $3"
	say_log "/tmp/$1.log"
	return 1
}

# hand_over NAME...: ledger, summary and list of these guests, for the host.
hand_over() {
	for name; do
		list "$name" >"/tmp/$name.list"
		for file in ledger summary list; do
			[ ! -e "/tmp/$name.$file" ] || report_file "/tmp/$name.$file"
		done
	done
}

# value FILE KEY: of key=value lines.
value() {
	sed -n "s/^$2=//p" "$1" | tail -n 1
}
