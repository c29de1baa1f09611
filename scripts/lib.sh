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
