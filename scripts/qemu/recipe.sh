# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# What the recipes share: building, machines in the background, commands that are shown, the last line.
# Sourced by bash scripts that run under "set -eu" and have set top and out.

# shellcheck disable=SC2154 # top and out are the recipe's
qemu=$top/scripts/qemu
# What a recipe leaves to the machines: how long they may live, and how long one step may take
machine_seconds=600 step_seconds=400
declare -A machines=()

# build COMMAND...: quietly, unless it fails.
build() {
	"$@" >>"$out/build.log" 2>&1 && return 0
	tail -n 40 "$out/build.log" >&2
	vmb_die "a step failed: $*"
}

# prepare SCRIPT ARGUMENTS...: all that the machines need, in a new folder $out; the rest goes to scripts/qemu/initramfs.
prepare() {
	local script=$1 found
	shift

	rm -rf "$out"
	mkdir -p "$out"
	out=$(realpath "$out")
	vmb_need gcc gcc libc6-dev
	vmb_need make make
	vmb_need rsync rsync
	vmb_say "getting Debian's stock kernel"
	found=$("$qemu/kernel")
	eval "$found"
	vmb_say "building the modules for $RELEASE, and vmbguest"
	build "$top/scripts/modules" --kdir "$KDIR" --samples "$top/build/modules"
	build make --no-print-directory -C "$top/scripts/vmbguest"
	build "$qemu/initramfs" --out "$out/initramfs.cpio" --kernel-modules "$MODULES" --script "$script" \
		--insmod "$top/build/modules/vmbsave.ko" --file "$qemu/guest/recipe.sh:/bin/" \
		--file "$top/build/modules/samples/vsp_echo.ko:/opt/" \
		--file "$top/build/modules/samples/vsp_queue.ko:/opt/" \
		--file "$top/build/vmbguest/vmbguest:/bin/" "$@"
	trap stop_machines EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
}

# step WORDS...: what comes now.
step() {
	vmb_say "$*"
}

# typed WORDS...: say it as a person would type it.
typed() {
	local word line=''

	for word; do
		case $word in *[!A-Za-z0-9_./:,=\&-]*) word=\"$word\" ;; esac
		line+=" $word"
	done
	printf '    $%s\n' "${line//"$top/"/}"
}

# show COMMAND...: say it, then do it.
show() {
	typed "$@"
	"$@"
}

# machine NAME ARGUMENTS...: boot one in the background, with its logs in $out/NAME; await_machine has its status.
machine() {
	local name=$1
	shift

	rm -rf "${out:?}/$name"
	typed "$qemu/boot" --out "$out/$name" "$@" "&"
	"$qemu/boot" --label "$name" --out "$out/$name" --kernel "$KERNEL" --initrd "$out/initramfs.cpio" --mem 256 \
		--timeout $machine_seconds "$@" 2>"$out/$name.stderr" &
	machines[$name]=$!
}

# reported NAME LINE: wait until the machine says so.
reported() {
	if ! "$qemu/await_report" "$out/$1" $step_seconds "$2"; then
		tail -n 30 "$out/$1.stderr" >&2
		vmb_die "machine $1 did not get so far: $2"
	fi
}

# listening NAME SOCKET: wait until QEMU has made it, below $out.
listening() {
	until [ -S "$out/$2" ]; do
		if ! kill -0 "${machines[$1]}" 2>/dev/null; then
			cat "$out/$1.stderr" >&2
			vmb_die "machine $1 did not start"
		fi
		sleep 0.1
	done
}

# await_machine NAME: until it has ended; its status, and why if that is not 0.
await_machine() {
	local status=0

	wait "${machines[$1]}" || status=$?
	unset "machines[$1]"
	[ $status -eq 0 ] || cat "$out/$1.stderr" >&2
	return $status
}

# lost_power NAME: the machine must have ended just so, before its script was done.
lost_power() {
	local status=0

	await_machine "$1" 2>/dev/null || status=$?
	[ "$status" -eq 121 ] && grep -qx 'ended without a verdict' "$out/$1/verdict"
}

stop_machines() {
	[ ${#machines[@]} -eq 0 ] || kill "${machines[@]}" 2>/dev/null || true
	wait
}

# value FILE KEY: of key=value lines, below $out; 0 if it is not there.
value() {
	local found

	found=$(sed -n "s/^$2=//p" "$out/$1" 2>/dev/null | tail -n 1)
	printf '%s' "${found:-0}"
}

# came_out FILE: what vmbguest --verify said there, in words.
came_out() {
	printf '%s packets completed once, %s lost, %s twice, %s out of order' "$(value "$1" completed_once)" \
		"$(value "$1" lost)" "$(value "$1" twice)" "$(value "$1" out_of_order)"
}

# compare NAME LEDGER LIST LIST: what the guest and the VSPs say of each packet, all below $out; to $out/verify.NAME.
compare() {
	local status=0

	"$top/build/vmbguest/vmbguest" --verify "$out/$2" "$out/$3" "$out/$4" >"$out/verify.$1" 2>"$out/verify.log" || status=1
	cat "$out/verify.log"
	return $status
}

# nothing_ran LIST: no completion routine was called where the guest never ran; the list is below $out.
nothing_ran() {
	[ -e "$out/$1" ] && awk '$2 != 0 { exit 1 }' "$out/$1"
}
