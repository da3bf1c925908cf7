# SPDX-License-Identifier: GPL-2.0-or-later
# What can come next, "vfio-luctl complete" knows; here are only the ways of fish.

function __vfio_luctl_complete
	set -l words (commandline -opc)
	set -l current (commandline -ct)
	set -l program $words[1]
	set -e words[1]
	type -q $program; or return
	$program complete -n -- $words "$current" 2>/dev/null </dev/null | while read -l kind word help
		set word (string replace -r '^-$' '' -- $word)
		switch $kind
			case word part
				printf '%s\t%s\n' $word (string replace -r '^-$' '' -- $help)
			case file
				set -l length (string length -- "$word")
				for path in (__fish_complete_path (string sub -s (math $length + 1) -- "$current"))
					echo -- "$word$path"
				end
			case directory
				set -l length (string length -- "$word")
				for path in (__fish_complete_directories (string sub -s (math $length + 1) -- "$current"))
					echo -- "$word$path"
				end
			case command
				set -l first (math 1 + (contains -i -- -- $words))
				complete -C (string join ' ' -- (string escape -- $words[$first..]) "$current")
		end
	end
end

complete -c vfio-luctl -f -a '(__vfio_luctl_complete)'
