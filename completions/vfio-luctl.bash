# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# What can come next, "vfio-luctl complete" knows; here are only the ways of readline.

# The words up to the cursor into WORDS. Readline's own end at each : and =, too.
_vfio_luctl_words() {
	local rest=${COMP_LINE:0:COMP_POINT} word i
	words=()
	for ((i = 0; i <= COMP_CWORD; i++)); do
		word=${COMP_WORDS[i]}
		((i < COMP_CWORD)) || word=${rest#"${rest%%[![:blank:]]*}"}
		if ((i == 0)) || [[ $rest == [[:blank:]]* ]]; then
			words+=("$word")
		else
			words[-1]+=$word
		fi
		rest=${rest#*"$word"}
	done
}

# _vfio_luctl_shell KIND HEAD: what the shell itself knows, behind HEAD
_vfio_luctl_shell() {
	local found line i
	compopt -o filenames
	case $1 in
	file) found=$(compgen -f -- "${current#"$2"}") ;;
	directory) found=$(compgen -d -- "${current#"$2"}") ;;
	command)
		for ((i = 1; i < COMP_CWORD; i++)); do
			[[ ${COMP_WORDS[i]} != -- ]] || break
		done
		if declare -F _command_offset >/dev/null; then
			_command_offset $((i + 1))
			return
		fi
		((i + 1 == COMP_CWORD)) && found=$(compgen -c -- "$current") || found=$(compgen -f -- "$current")
		;;
	esac
	while [[ $found ]] && read -r line; do
		line=$2$line
		COMPREPLY+=("${line#"$head"}")
	done <<<"$found"
}

_vfio_luctl() {
	local words current head='' breaks='' kind word
	COMPREPLY=()
	_vfio_luctl_words
	current=${words[-1]}
	# Readline leaves alone what stands before the last of these
	for word in : =; do
		[[ $COMP_WORDBREAKS != *"$word"* ]] || breaks+=$word
	done
	[[ ! $breaks ]] || head=${current%"${current##*["$breaks"]}"}
	while read -r kind word _; do
		case $kind in
		word | part)
			COMPREPLY+=("${word#"$head"}")
			[[ $kind == word ]] || compopt -o nospace
			;;
		*)
			[[ $word != - ]] || word=
			_vfio_luctl_shell "$kind" "$word"
			;;
		esac
	done < <("${words[0]/#\~\//"$HOME/"}" complete -n -- "${words[@]:1}" 2>/dev/null </dev/null)
}

complete -F _vfio_luctl vfio-luctl
