# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# What the scripts share: the cache, packages on demand, progress lines.
# Sourced by bash scripts that run under "set -eu".

# The cache outlives the clone: kernels take minutes to build and do not depend on this tree.
# shellcheck disable=SC2034
vmb_cache=${VMBSAVE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/vmbsave}

# vmb_say WORDS...: a progress line on stderr with the seconds since the script began.
vmb_say() {
	printf '[%4ds] %s\n' "$SECONDS" "$*" >&2
}

# vmb_die WORDS...: one sentence why the script cannot go on, then exit 1.
vmb_die() {
	printf '%s: %s\n' "${0##*/}" "$*" >&2
	exit 1
}

# vmb_version: of all that is built from this tree. It stands in debian/changelog alone.
vmb_version() {
	sed -nE '1s/^vmbsave \(([0-9.]+)\) .*/\1/p' "${BASH_SOURCE[0]%/*}/../debian/changelog"
}

# vmb_root COMMAND...: run as root, by sudo if need be.
vmb_root() {
	if [ "$(id -u)" -eq 0 ]; then
		"$@"
	else
		sudo -n "$@"
	fi
}

# vmb_apt PACKAGE...: install without questions; refresh the package lists if the first try fails.
vmb_apt() {
	local apt=(env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300)

	vmb_root "${apt[@]}" install -y --no-install-recommends "$@" >/dev/null 2>&1 && return 0
	vmb_root "${apt[@]}" update >/dev/null 2>&1 || true
	vmb_root "${apt[@]}" install -y --no-install-recommends "$@" >&2
}

# vmb_need TOOL PACKAGE...: make sure that TOOL exists (a command, or a path if it holds a slash);
# install the packages if not.
vmb_need() {
	local tool=$1 present
	shift

	case $tool in
	*/*) present=(test -e "$tool") ;;
	*) present=(command -v "$tool") ;;
	esac
	"${present[@]}" >/dev/null 2>&1 && return 0

	vmb_say "installing $* (for $tool)"
	if ! command -v apt-get >/dev/null 2>&1 || ! vmb_apt "$@" || ! "${present[@]}" >/dev/null 2>&1; then
		vmb_die "needs $tool: apt-get install $*"
	fi
}

# vmb_source_version VERSION: the package version of linux-source-VERSION that is at hand; 1 = none is.
vmb_source_version() {
	# shellcheck disable=SC2016 # the field is dpkg's
	if [ -e "/usr/src/linux-source-$1.tar.xz" ]; then
		dpkg-query -W -f '${Version}\n' "linux-source-$1"
	elif [ -e "$vmb_cache/source/linux-source-$1.tar.xz" ]; then
		cat "$vmb_cache/source/linux-source-$1.version"
	else
		return 1
	fi
}

# vmb_kernel_source VERSION: the file with the source of that kernel, from Debian. This release's is installed; a
# later one is fetched into the cache from Debian unstable, which apt here need not know. 1 = there is none to be had.
vmb_kernel_source() {
	local source=/usr/src/linux-source-$1.tar.xz cached=$vmb_cache/source/linux-source-$1.tar.xz

	if [ ! -e "$source" ] && [ ! -e "$cached" ]; then
		[ -n "$(apt-cache show "linux-source-$1" 2>/dev/null)" ] || vmb_root apt-get -q update >/dev/null 2>&1 || true
		if [ -n "$(apt-cache show "linux-source-$1" 2>/dev/null)" ]; then
			vmb_say "installing linux-source-$1"
			vmb_apt "linux-source-$1" || return 1
		else
			vmb_fetch_source "$1" || return 1
		fi
	fi
	if [ -e "$source" ]; then echo "$source"; else echo "$cached"; fi
}

# vmb_apt_apart WORK KIND SUITE ARGUMENTS...: apt-get with these arguments as if Debian's SUITE (KIND deb or deb-src) was all
# that there is. What it fetches and keeps is in the folder WORK, an absolute path; nothing is installed.
vmb_apt_apart() {
	local work=$1 kind=$2 suite=$3 mirror apt key=/usr/share/keyrings/debian-archive-keyring.gpg
	shift 3

	# shellcheck disable=SC2016 # the field is apt's
	mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' 'Component: main' |
		sort -u | grep -v -- '-security' | head -n 1) || true
	[ -n "$mirror" ] || { vmb_say "apt has no source that is Debian's"; return 1; }
	mkdir -p "$work/lists/partial" "$work/archives/partial"
	touch "$work/status"
	printf '%s [signed-by=%s] %s %s main\n' "$kind" "$key" "$mirror" "$suite" >"$work/sources"
	apt=(apt-get -q -o Dir::Etc::SourceList="$work/sources" -o Dir::Etc::SourceParts=/dev/null
		-o Dir::State="$work" -o Dir::State::status="$work/status" -o Dir::Cache="$work"
		-o APT::Sandbox::User="$(id -un)")
	(cd "$work" && "${apt[@]}" update && "${apt[@]}" "$@")
}

# vmb_fetch_source VERSION: linux-source-VERSION of Debian unstable into the cache, by an apt of its own.
vmb_fetch_source() {
	local folder=$vmb_cache/source work status=0

	mkdir -p "$folder"
	# What an interrupted fetch has left. The caller has the lock of the folder.
	rm -rf "$folder"/fetch.??????
	work=$(mktemp -d "$folder/fetch.XXXXXX")
	vmb_say "fetching linux-source-$1 of Debian unstable (160 MB)"
	# Under "||" set -e is off: what must not go on after a failure, such as a full disk, is one list.
	(
		set -o pipefail
		vmb_apt_apart "$work" deb unstable download "linux-source-$1" &&
			cd "$work" &&
			dpkg-deb --fsys-tarfile "linux-source-$1"_*.deb |
			tar -xO "./usr/src/linux-source-$1.tar.xz" >source &&
			dpkg-deb -f "linux-source-$1"_*.deb Version >version
	) >"$folder/fetch.log" 2>&1 || status=1
	if [ "$status" -eq 0 ]; then
		mv "$work/version" "$folder/linux-source-$1.version"
		mv "$work/source" "$folder/linux-source-$1.tar.xz"
	else
		vmb_say "there is none to be had; see ${folder#"$HOME"/}/fetch.log"
	fi
	rm -rf "$work"
	return "$status"
}
