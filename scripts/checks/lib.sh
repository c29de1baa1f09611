# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# What the checks share: the list of files, findings, the last line. Sourced by bash scripts that run under "set -eu".

top=$(cd "${BASH_SOURCE[0]%/*}/../.." && pwd)
# shellcheck source=scripts/lib.sh
. "$top/scripts/lib.sh"

# The findings, a file: one "FILE:LINE: WHAT" a line, FILE from the top of the tree.
findings=''

# Set by check_same: where a clean run is remembered, and what it was over.
stamp='' stamp_key=''

# check_begin ARGUMENTS...: answer --help with the function usage, then open the list of findings.
check_begin() {
	case ${1-} in
	'') ;;
	--help | -h)
		usage
		exit 0
		;;
	*)
		usage >&2
		exit 2
		;;
	esac
	check_open
}

# check_open: an empty list of findings; the current folder becomes the top of the tree.
check_open() {
	cd "$top" || exit
	findings=$(mktemp)
	trap 'rm -f "$findings"' EXIT
}

# Everything in the tree but what git ignores; without git, but what "make clean" removes.
list_tree() {
	if [ -e "$top/.git" ] && git -c safe.directory='*' -C "$top" ls-files -co --exclude-standard 2>/dev/null; then
		return 0
	fi
	(cd "$top" && find . \( -name .git -o -path ./build \) -prune -o -type f ! -name '*.mod.c' -printf '%P\n')
}

# check_files PATTERN...: the files of the tree that match a shell pattern, sorted, one a line.
check_files() {
	local file pattern

	list_tree | LC_ALL=C sort -u | while IFS= read -r file; do
		[ -f "$top/$file" ] || continue
		for pattern; do
			# shellcheck disable=SC2053 # the right side is a pattern on purpose
			if [[ $file == $pattern ]]; then
				printf '%s\n' "$file"
				break
			fi
		done
	done
}

# The scripts, by their first line; pieces that other scripts source are named *.sh.
check_scripts() {
	local file line

	check_files '*' | while IFS= read -r file; do
		line=''
		IFS= read -r line <"$top/$file" 2>/dev/null || true
		case $file:$line in
		*:'#!'*sh | *.sh:*) printf '%s\n' "$file" ;;
		esac
	done
}

# check_tool PATH: a file out of the kernel's own scripts/, or sphinx/ out of its Documentation/, which Debian ships only
# inside linux-source.
check_tool() {
	local version package dir source=/usr/src/linux-source-6.1.tar.xz names=(
		scripts/{checkpatch.pl,spelling.txt,const_structs.checkpatch,kernel-doc}
		Documentation/sphinx/{kerneldoc,kernellog}.py
	)

	vmb_need "$source" linux-source-6.1
	vmb_need xz xz-utils
	vmb_need pod2usage perl
	package=linux-source-6.1
	# shellcheck disable=SC2016 # the field is dpkg's
	version=$(dpkg-query -W -f '${Version}' "$package")
	dir=$vmb_cache/scripts/${version//[:~]/_}
	mkdir -p "$vmb_cache/scripts"
	exec 8>"$vmb_cache/scripts/.lock"
	flock 8
	if [ ! -e "$dir/$1" ]; then
		vmb_say "unpacking the kernel's scripts from $package (15 s)"
		rm -rf "$dir" "$dir.tmp"
		mkdir "$dir.tmp"
		tar -xJf "$source" -C "$dir.tmp" --strip-components=2 --occurrence=1 \
			"${names[@]/#/linux-source-6.1/}"
		mv "$dir.tmp" "$dir"
	fi
	exec 8>&-
	printf '%s\n' "$dir/$1"
}

# check_kdir: the build tree of Debian's stock kernel with the newest headers.
check_kdir() {
	local kdir

	kdir=$(newest_kdir)
	if [ -z "$kdir" ]; then
		vmb_say "installing linux-headers-amd64"
		vmb_apt linux-headers-amd64 || vmb_die "needs kernel headers: apt-get install linux-headers-amd64"
		kdir=$(newest_kdir)
	fi
	printf '%s\n' "$kdir"
}

newest_kdir() {
	find /usr/src -maxdepth 1 -name 'linux-headers-*-amd64' ! -name '*-cloud-*' ! -name '*-rt-*' | sort -V | tail -n 1
}

# check_same NAME TOOL FILE...: was the last run of this check over the same files, with the same TOOL (any words that tell
# it), without a finding? Then it prints that run's last line. If not, check_end remembers this run.
check_same() {
	local name=$1 tool=$2
	shift 2

	mkdir -p build/checks
	stamp=build/checks/$name.clean
	stamp_key=$({ cat "$0" "$top/scripts/checks/lib.sh"; printf '%s\n' "$tool"; sha256sum -- "$@"; } | sha256sum)
	[ "$(head -n 1 "$stamp" 2>/dev/null)" = "$stamp_key" ] || return 1
	tail -n 1 "$stamp"
}

# check_end CHECKED [lines]: print the findings and, last, how many of the CHECKED files have none and how many have some
# (of the CHECKED things, if each finding is one of them); the status says the same.
check_end() {
	local failed

	LC_ALL=C sort -u "$findings" | LC_ALL=C sort -s -t: -k1,1 -k2,2n
	failed=$(if [ "${2-}" = lines ]; then cat "$findings"; else cut -d: -f1 "$findings"; fi | sort -u | wc -l)
	if [ "$1" -eq 0 ] && [ "$failed" -eq 0 ]; then
		echo "nothing to check"
		failed=1
	fi
	if [ -n "$stamp" ]; then
		rm -f "$stamp"
		[ "$failed" -gt 0 ] || printf '%s\n%d passed, 0 failed\n' "$stamp_key" "$1" >"$stamp"
	fi
	printf '%d passed, %d failed\n' $(($1 > failed ? $1 - failed : 0)) "$failed"
	[ "$failed" -eq 0 ]
}
