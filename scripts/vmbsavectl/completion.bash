# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# bash completion for vmbsavectl: installed as /usr/share/bash-completion/completions/vmbsavectl

# The buses that there are, or the channels of one.
_vmbsavectl_devices() {
	local path name

	for path in "${VMBSAVECTL_SYSFS:-/sys/bus/vmb/devices}"/vmb*; do
		name=${path##*/}
		case $name in
		*'*'*) ;;
		"${1-}"-*) [ -z "${1-}" ] || printf '%s\n' "${name#*-}" ;;
		*-*) [ -n "${1-}" ] || printf '%s\n' "${name%%-*}" ;;
		*) [ -n "${1-}" ] || printf '%s\n' "$name" ;;
		esac
	done | sort -uV
}

# _vmbsavectl_words WORD...: those that begin as what is typed.
_vmbsavectl_words() {
	mapfile -t COMPREPLY < <(compgen -W "$*" -- "$current")
}

_vmbsavectl_options() {
	case $1 in
	inspect) echo --packets --payload --json --help ;;
	verify) echo --quiet --progress --json --help ;;
	diff | stats) echo --json --help ;;
	list | show) echo --json --sysfs --help ;;
	save) echo --timeout --stay-stopped --quiet --progress --json --help ;;
	restore) echo --run --quiet --progress --json --help ;;
	*) echo --version --help ;;
	esac
}

_vmbsavectl() {
	local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} word command='' arguments=()

	COMPREPLY=()
	for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
		case $word in
		-?*) ;;
		*) if [ -n "$command" ]; then arguments+=("$word"); else command=$word; fi ;;
		esac
	done
	case $current:$previous in
	-*) _vmbsavectl_words "$(_vmbsavectl_options "$command")"; return ;;
	*:--sysfs) mapfile -t COMPREPLY < <(compgen -d -- "$current"); return ;;
	*:--timeout | *:-t) return ;;
	esac
	case $command:${#arguments[@]} in
	:0) _vmbsavectl_words inspect verify diff list show stats save restore ;;
	inspect:0 | verify:0 | diff:[01] | save:1 | restore:1) mapfile -t COMPREPLY < <(compgen -f -- "$current") ;;
	show:0 | stats:0 | save:0 | restore:0) _vmbsavectl_words "$(_vmbsavectl_devices)" ;;
	show:1) _vmbsavectl_words "$(_vmbsavectl_devices "${arguments[0]}")" ;;
	esac
}

complete -o filenames -F _vmbsavectl vmbsavectl
