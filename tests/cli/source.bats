# SPDX-License-Identifier: GPL-2.0-or-later
# Promises about the source that a compiler does not check.
# bats file_tags=source

load helpers

# The layer of a file; it may include headers of its own and of lower ones.
layer_of() {
	local name=${1##*/}
	[ ! -e "cmd/$name" ] || { echo 4; return; }
	case ${name%.[ch]} in
	error | cleanup | cleanup_json | clock) echo 0 ;;
	sysfs | pci_addr | liveupdate | vfio | procfs | debugfs | token | names | uevent | moment) echo 1 ;;
	program | kcmdline | kmsg | fdpass | notify | strict_json) echo 1 ;;
	manifest* | journal | device* | session | uevent_socket | kconfig | kimage | kexec_call | native) echo 2 ;;
	report* | facts* | plan | claim* | process* | await | watch | rebind | handoff* | keeper*) echo 3 ;;
	survey* | host | target* | inspect | findings* | preflight | jump | stores | unit) echo 3 ;;
	esac
}

setup() {
	cd "$TOP" || return
}

@test "source: includes point downwards" {
	local file header from to
	for file in src/*.[ch] cmd/*.[ch]; do
		from=$(layer_of "$file")
		[ -n "$from" ] || { echo "$file belongs to no layer"; return 1; }
		while read -r header; do
			to=$(layer_of "${header#../src/}")
			[ -n "$to" ] || { echo "$file: $header belongs to no layer"; return 1; }
			((to <= from)) || { echo "$file must not include $header"; return 1; }
		done < <(sed -n 's/^#include "\(.*\)".*/\1/p' "$file")
	done
}

@test "source: every header compiles alone" {
	local header
	for header in src/*.h cmd/*.h; do
		"${CC:-cc}" -std=gnu11 -D_GNU_SOURCE -Isrc -Wall -Wextra -Werror -fsyntax-only -x c \
			-include "$header" - </dev/null
	done
}

@test "source: src/ neither parses options nor prints nor exits" {
	run ! grep -nE '<(argp|getopt)\.h>|\bstd(out|err)\b|\b(printf|puts|putchar|perror|exit|abort) *\(' src/*.c
	# A process forked off may end itself.
	run ! grep -lE --exclude='keeper*' --exclude='handoff*' -r '\b_exit *\(' src
}

@test "source: json-c has five homes" {
	run ! grep -lE --exclude='cleanup_json.h' --exclude='report*' --exclude='manifest*' --exclude='keeper*' --exclude='handoff_*' --exclude='strict_json.c' -r '<json' src cmd
}

@test "source: libnl has one home" {
	run ! grep -lE --exclude='uevent_socket.c' -r '<netlink/' src cmd
}

@test "source: libpci has one home" {
	run ! grep -lE --exclude='names.c' -r '<pci/' src cmd
}

@test "source: one licence line and one sentence at the head of every file" {
	local file
	for file in src/*.[ch] cmd/*.[ch] tests/unit/*.[ch] tests/fuzz/*.[ch]; do
		head -n1 "$file" | grep -qE '^(//|/\*) SPDX-License-Identifier: GPL-2.0-or-later' ||
			{ echo "$file: no licence"; return 1; }
		sed -n 2p "$file" | grep -q '^/\*' || { echo "$file: no head"; return 1; }
	done
}

@test "source: no function is longer than 60 lines, no file than 400" {
	run awk 'FNR == 1 { start = 0 }
		/^{/ { start = FNR }
		/^}/ { if (start && FNR - start - 1 > 60) print FILENAME ":" start ": " FNR - start - 1 " lines"; start = 0 }
		FNR == 401 { print FILENAME ": more than 400 lines" }' src/*.c cmd/*.c
	echo "$output"
	[ -z "$output" ]
}

@test "source: in a schema, every key that may be there must be there" {
	local file
	for file in schemas/*.schema.json; do
		jq -e '[.. | objects | select(has("additionalProperties"))
			| (.properties | keys) == (.required | sort)] | all' "$file"
	done
}

@test "source: schema.jq finds what is wrong" {
	local change good
	good=$("$LUCTL" list --json --sysroot "$DATA/one")
	valid list <<<"$good"
	for change in 'del(.version)' '.version = 2' '.version = "1"' '.devices = {}' '.more = 1' '[.]' \
		'del(.devices[0].numa)' '.devices[0].more = null' '.devices[0].group = -1' \
		'.devices[0].group = "42"' '.devices[0].group = 1.5' '.devices[0].device = ""' \
		'.devices[0].device = null' '.devices[0].id = "8086"' '.devices[1] = "x"'; do
		run ! valid list <<<"$(jq "$change" <<<"$good")"
	done
	good=$("$LUCTL" --json nonsense 2>&1) || true
	valid error <<<"$good"
	for change in '.error.code = 8' '.error.code = 0' '.error.status = "bad"' '.error.errno = "oops"'; do
		run ! valid error <<<"$(jq "$change" <<<"$good")"
	done
}

@test "source: every finding of check is in the man page with its severity, and no other" {
	same "$(sed -n '/^\.Sh FINDINGS/,/^\.Sh EXIT/p' "$TOP/man/vfio-luctl-check.8" | awk '
		/^\.It Li / {
			for (i = 3; i <= NF; i++)
				if ($i ~ /^\(/) {
					while (n)
						print ids[n--], $i
				} else if ($i ~ /^[a-z]/)
					ids[++n] = $i
		}' | sort)" \
		"$(sed -nE 's/^\t\[[A-Z_]+\] = \{ "([a-z-]+)", ([EWI]),.*/\1 (\2)/p' src/findings.c |
			sed 's/(E)/(error)/; s/(W)/(warning)/; s/(I)/(info)/' | sort)"
}

@test "source: the tests that SECURITY.md names are there" {
	local place file name count=0
	while read -r place; do
		file=${place%%: *} name=${place#*: }
		[ -e "$file" ] || { echo "no such file: $place"; return 1; }
		grep -qF -- "$name" "$file" || { echo "no such test: $place"; return 1; }
		count=$((count + 1))
	done < <(grep -oE '`tests/[^`]+: [^`]+`' SECURITY.md | tr -d '`')
	((count >= 20))
	# No line without one
	run grep -E '^\| [a-z]' <(grep -vE '`tests/|^\| from' SECURITY.md)
	same "$output" ''
}
