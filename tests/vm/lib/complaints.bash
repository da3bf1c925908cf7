# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What compilers and checkers complain about, compared with what they complained about before:
# the same text about the same file, while the same object was made, is the same complaint,
# whatever line it is in now.

# With -Otarget, make writes what belongs to an object below a line like "  CC [M]  NAME". Only
# sparse has more than one line for a complaint that matters: those with the types.
# shellcheck disable=SC2016 # awk's
readonly COMPLAINTS_AWK='
	FILENAME == ARGV[1] { n = $0; sub(/\t.*/, "", n); sub(/^[0-9]+\t/, ""); known[$0] = n + 0; next }
	/^  [A-Z][A-Z0-9_]* +(\[[A-Z]+\] +)?[^ ]+$/ { unit = $NF; next }
	/^make(\[[0-9]+\])?:/ { next }
	!/([Ww]arning|WARNING|[Ee]rror|ERROR): |undefined reference|^[^ :]+:[0-9]+:[0-9]+:    / { next }
	{
		while (i = index($0, src)) $0 = substr($0, 1, i - 1) substr($0, i + length(src))
		key = $0
		gsub(/:[0-9]+(:[0-9]+)?:? /, ": ", key)
		gsub(/\+0x[0-9a-f]+/, "", key)
		key = unit ": " key
		seen[key]++
	}
'

# learn FILE LOG: add the complaints in LOG to those in FILE, which has the number of each
learn() {
	[[ -e $1 ]] || : >"$1"
	awk -v src="$WORK_SRC/" "$COMPLAINTS_AWK"'
		END {
			for (key in seen) if (seen[key] > known[key]) known[key] = seen[key]
			for (key in known) printf "%d\t%s\n", known[key], key
		}
	' "$1" "$2" >"$1.new"
	mv -- "$1.new" "$1"
}

# new_complaints FILE LOG: the lines of LOG that FILE does not know
new_complaints() {
	awk -v src="$WORK_SRC/" "$COMPLAINTS_AWK"'seen[key] > known[key] { print }' "$1" "$2" ||
		echo "$2: could not be compared"
}

# new_since LOG-BEFORE LOG
new_since() {
	rm -f -- "$2.known"
	learn "$2.known" "$1"
	new_complaints "$2.known" "$2"
	rm -f -- "$2.known"
}
