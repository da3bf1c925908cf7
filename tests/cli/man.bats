# SPDX-License-Identifier: GPL-2.0-or-later
# The manual: well formed, and in step with what it tells of.

load helpers

# section PAGE HEADING: what stands below .Ss HEADING, where that is one of a list
section() {
	awk -v heading="$2" '
		/^\.S[hs] / {
			inside = 0
			gsub(/,/, "")
			for (i = 2; i <= NF; i++)
				inside = inside || ($1 == ".Ss" && $i == heading)
		}
		inside' "$1"
}

# keys: what .It Li lines on stdin name, one on a line
keys() {
	sed -n 's/^\.It Li //p' | tr -s ' ,' '\n' | sort -u
}

@test "man: mandoc and groff have nothing to say about any page" {
	local page
	for page in "$TOP"/man/*.[1-8]; do
		run mandoc -T lint -W warning "$page"
		echo "$output"
		[ "$status" -eq 0 ] && [ -z "$output" ]
		run groff -ww -mandoc -Tutf8 -z "$page"
		echo "$output"
		[ "$status" -eq 0 ] && [ -z "$output" ]
	done
}

@test "man: the lint finds what is wrong" {
	sed '/^\.Sh NAME/d' "$TOP/man/vfio-luctl-json.5" >"$BATS_TEST_TMPDIR/page.5"
	run ! mandoc -T lint -W warning "$BATS_TEST_TMPDIR/page.5"
	sed '3i .Nonsense' "$TOP/man/vfio-luctl-json.5" >"$BATS_TEST_TMPDIR/page.5"
	run groff -ww -mandoc -Tutf8 -z "$BATS_TEST_TMPDIR/page.5"
	[ -n "$output" ]
}

@test "man: every page that one refers to as ours is there" {
	local page name section
	for page in "$TOP"/man/*.[1-8]; do
		while read -r name section; do
			[ -e "$TOP/man/$name.$section" ] || { echo "$page: no $name($section)"; return 1; }
		done < <(sed -n 's/^\.Xr \(vfio-luctl[a-z-]*\) \([0-9]\).*/\1 \2/p' "$page")
	done
}

# A key is described where its verb is, and nothing is described that is not there.
@test "man: vfio-luctl-json(5) has every key of every schema, and no other" {
	local file name heading page=$TOP/man/vfio-luctl-json.5
	for file in "$TOP"/schemas/*.schema.json; do
		name=${file##*/vfio-luctl-}
		name=${name%.schema.json}
		section "$page" "$name" | keys >"$BATS_TEST_TMPDIR/described"
		jq -r '[.. | objects | .properties? // empty | keys[]] - ["version"] | unique[]' "$file" |
			sort >"$BATS_TEST_TMPDIR/$name.keys"
		run comm -13 "$BATS_TEST_TMPDIR/described" "$BATS_TEST_TMPDIR/$name.keys"
		[ -z "$output" ] || { echo "$name: not described: $output"; return 1; }
	done
	while read -r heading; do
		for name in ${heading//,/}; do
			[ -e "$BATS_TEST_TMPDIR/$name.keys" ] || { echo "no schema of $name"; return 1; }
			cat "$BATS_TEST_TMPDIR/$name.keys"
		done | sort -u >"$BATS_TEST_TMPDIR/there"
		run comm -23 <(section "$page" "${heading%%,*}" | keys) "$BATS_TEST_TMPDIR/there"
		[ -z "$output" ] || { echo "$heading: in no schema: $output"; return 1; }
	done < <(sed -n 's/^\.Ss //p' "$page")
}

@test "man: vfio-luctl-json(5) has every word that a schema allows" {
	local file name word
	for file in "$TOP"/schemas/*.schema.json; do
		name=${file##*/vfio-luctl-}
		name=${name%.schema.json}
		section "$TOP/man/vfio-luctl-json.5" "$name" >"$BATS_TEST_TMPDIR/described"
		while read -r word; do
			grep -qE "[ \"]$word([ \"]|\$)" "$BATS_TEST_TMPDIR/described" ||
				{ echo "$name: not described: $word"; return 1; }
		done < <(jq -r '[.. | objects | .enum? // empty | .[] | select(. != null)] | unique[]' "$file")
	done
}

# documents: all that have examples
documents() {
	printf '%s\n' "$TOP"/man/*.[1-8] "$TOP/README.md"
}

# Those for a virtual machine are run in tests/vm/tool.bats, which names the documents.
@test "man: the examples that need no virtual machine do what they show" {
	local tag host
	local -a pages
	mapfile -t pages < <(documents)
	"$TOP/tests/examples" --list "${pages[@]}" >"$BATS_TEST_TMPDIR/list"
	cat "$BATS_TEST_TMPDIR/list"
	while read -r tag; do
		host=${tag#cli}
		host=${host# }
		if [ ! "$host" ]; then
			"$TOP/tests/examples" "$tag" "${pages[@]}"
		elif [ -e "$DATA/$host.tar.xz" ]; then
			unpack_lab "$host" "$BATS_TEST_TMPDIR/$host"
			"$TOP/tests/examples" --sysroot "$BATS_TEST_TMPDIR/$host" "$tag" "${pages[@]}"
		else
			"$TOP/tests/examples" --sysroot "$DATA/$host" "$tag" "${pages[@]}"
		fi
	done < <(sed -n 's/^[^ ]* \(cli.*\)/\1/p' "$BATS_TEST_TMPDIR/list" | sort -u)
	grep -q ' cli' "$BATS_TEST_TMPDIR/list"
	# One that nobody runs is an exception, of which the document has to tell
	same "$(grep ' none ' "$BATS_TEST_TMPDIR/list" | cut -d ' ' -f 2-)" "none no distribution has a Cloud Hypervisor that takes descriptors"
}

# example TEXT: a page that has it as its only block
example() {
	printf '.Sh EXAMPLES\n.\\" test: cli\n.Bd -literal\n%s\n.Ed\n' "$1" >"$BATS_TEST_TMPDIR/page.8"
}

@test "man: an example that is wrong, or that nobody runs, is found" {
	local examples=$TOP/tests/examples page=$BATS_TEST_TMPDIR/page.8
	example $'$ echo a  b\na b\n$ seq 3\n1\n...\n$ false\n(exit status 1)\n$ nothing-there\nbash: ...'
	"$examples" cli "$page"
	for text in $'$ echo a\nb' '$ false' $'$ true\n(exit status 1)' $'$ echo "bash: x"\nbash: x' \
		$'$ seq 3\n1' $'$ echo "a*"\na?' 'echo a' ''; do
		example "$text"
		run ! "$examples" cli "$page"
	done
	example '$ true'
	sed 's/test: cli/test: later/' "$page" >"$BATS_TEST_TMPDIR/other.8"
	run -1 "$examples" --list "$BATS_TEST_TMPDIR/other.8"
	[[ $output == *"the tag 'later' is none"* ]]
	sed 's/test: cli/test: by tests\/nothing/' "$page" >"$BATS_TEST_TMPDIR/other.8"
	run ! "$examples" --list "$BATS_TEST_TMPDIR/other.8"
	sed '/test:/d' "$page" >"$BATS_TEST_TMPDIR/other.8"
	run -1 "$examples" --list "$BATS_TEST_TMPDIR/other.8"
	[[ $output == *"other.8:2: an example without a tag"* ]]
	sed 's/EXAMPLES/DESCRIPTION/; /test:/d' "$page" >"$BATS_TEST_TMPDIR/other.8"
	run -1 "$examples" --list "$BATS_TEST_TMPDIR/other.8"
	[[ $output == *"outside of EXAMPLES"* ]]
	printf 'Text\n\n    $ true\n' >"$BATS_TEST_TMPDIR/text.md"
	run -1 "$examples" --list "$BATS_TEST_TMPDIR/text.md"
	printf '<!-- test: cli -->\n\nText\n\n    make\n' >"$BATS_TEST_TMPDIR/text.md"
	run -1 "$examples" --list "$BATS_TEST_TMPDIR/text.md"
	run -1 "$examples" boot1 "$page"
}

# The table of what to do: every finding that is an error, and no other
@test "man: README.md tells of every finding that is an error what to do" {
	same "$(sed -n '/^| finding/,/^$/s/^| \(`[^|]*\) |.*/\1/p' "$TOP/README.md" | tr -d '`' | tr -s ', ' '\n' | sort)" \
		"$(sed -nE 's/^\t\[[A-Z_]+\] = \{ "([a-z-]+)", E,.*/\1/p' "$TOP/src/findings.c" | sort)"
}

@test "man: README.md is not too long, and what it links to is there" {
	local path
	[ "$(wc -l <"$TOP/README.md")" -lt 350 ]
	while read -r path; do
		[ -e "$TOP/$path" ] || { echo "no $path"; return 1; }
	done < <(grep -oE '\]\([^)#:]+\)' "$TOP/README.md" | tr -d ']()')
}
