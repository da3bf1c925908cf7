# SPDX-License-Identifier: GPL-2.0-or-later
# The manual: well formed, and in step with what it tells of.

load helpers

# section PAGE HEADING: what stands below .Sh HEADING, or .Ss, where HEADING is one of a list
section() {
	awk -v heading="$2" '
		/^\.Sh / || (/^\.Ss / && !whole) {
			whole = $0 == ".Sh " heading
			inside = whole
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

# pages GLOB: those of man/ that are pages, and no names of others (.so)
pages() {
	# shellcheck disable=SC2086 # a pattern
	grep -L '^\.so ' "$TOP"/man/$1 || : # its status is another in each version
}

# lint PAGE: what mandoc has to say, but for which pages are installed here
lint() {
	mandoc -T lint "$1" 2>&1 | grep -v -e 'STYLE: referenced manual not found: ' -e 'outdated mandoc.db'
}

@test "man: mandoc and groff have nothing to say about any page" {
	local page
	for page in $(pages '*.[1-8]'); do
		run lint "$page"
		same "$output" ''
		run groff -ww -mandoc -Tutf8 -z "$page"
		echo "$output"
		[ "$status" -eq 0 ] && [ -z "$output" ]
	done
}

@test "man: the lint finds what is wrong" {
	sed '/^\.Sh NAME/d' "$TOP/man/vfio-luctl-json.5" >"$BATS_TEST_TMPDIR/page.5"
	run -0 lint "$BATS_TEST_TMPDIR/page.5"
	sed '/^\.Sh NAME/a A new sentence.  On one line.' "$TOP/man/vfio-luctl-json.5" >"$BATS_TEST_TMPDIR/page.5"
	run -0 lint "$BATS_TEST_TMPDIR/page.5"
	sed '3i .Nonsense' "$TOP/man/vfio-luctl-json.5" >"$BATS_TEST_TMPDIR/page.5"
	run groff -ww -mandoc -Tutf8 -z "$BATS_TEST_TMPDIR/page.5"
	[ -n "$output" ]
}

# verbs: all there are
verbs() {
	"$LUCTL" --help | sed -n '/^Verbs:$/,/^$/s/^  \([a-z-]*\) .*/\1/p'
}

# page_of [VERB]: the page that its --help names
page_of() {
	"$LUCTL" "$@" --help | sed -n "s:^The manual\: \([a-z-]*\)(8)\$:$TOP/man/\1.8:p"
}

# verbs_of PAGE
verbs_of() {
	local verb
	for verb in $(verbs); do
		[ "$(page_of "$verb")" != "$1" ] || echo "$verb"
	done
}

# read_as PAGE HEADING: a section of it, as one reads it, without line breaks
read_as() {
	mandoc -T utf8 -O width=1000 "$1" | sed 's/.\x08//g' | awk -v heading="$2" '
		/^[A-Z]/ { inside = $0 == heading }
		inside && !/^[A-Z]/'
}

# each: options with the names of their arguments on stdin, "-o, --output=[+]COLUMN,...", each on a line
each() {
	sed 's/  .*//; s/, -/\n-/g' | tr -d '=[] ' | sort -u
}

help_options() {
	"$LUCTL" "$@" --help | sed -nE 's/^ +((-., )?--[^ ]+).*/\1/p' | each
}

long_options() {
	"$LUCTL" "$@" --help | sed -nE 's/^ +(-., )?(--[a-z-]+).*/\2/p' | sort
}

@test "man: every verb has a page, which --help names, and vfio-luctl(8) has all verbs and pages" {
	local verb page name
	same "$(page_of)" "$TOP/man/vfio-luctl.8"
	for verb in $(verbs); do
		page=$(page_of "$verb")
		name=${page##*/}
		grep -qx "\.Nm vfio-luctl $verb" <<<"$(section "$page" SYNOPSIS)"
		[ "$verb" = complete ] ||
			same "$(section "$TOP/man/vfio-luctl.8" VERBS | sed -n "/^\.It Cm $verb\$/,/^\.Xr/s/^\.Xr \(.*\) 8 \.\$/\1.8/p")" "$name"
	done
	same "$(section "$TOP/man/vfio-luctl.8" VERBS | sed -n 's/^\.It Cm //p')" "$(verbs)"
	same "$(sed -n 's/^\.Nm vfio-luctl \([a-z].*\)/\1/p' "$TOP"/man/*.8 | sort)" "$(verbs | sort)"
	for page in $(pages 'vfio-luctl-*.[1-8]'); do
		name=${page##*/}
		section "$TOP/man/vfio-luctl.8" "SEE ALSO" | grep -qx "\.Xr ${name%.*} ${name##*.}\( ,\)\?"
		section "$page" "SEE ALSO" | grep -qx '\.Xr vfio-luctl 8\( ,\)\?'
	done
}

@test "man: --help says what the program is for in the words of vfio-luctl(8)" {
	local words
	words=$(sed -n 's/^\.Nd //p' "$TOP/man/vfio-luctl.8")
	[ "$words" ] && "$LUCTL" --help | grep -xF "${words^}."
}

# man finds a page by its file; a second name in NAME only counts where mandb has been.
@test "man: every name of a page leads to it, and no other does" {
	local page file
	for page in $(pages '*.[1-8]'); do
		file=${page##*/}
		same "$(grep -lxF ".so man${file##*.}/$file" "$TOP"/man/* | sed 's:.*/::' | cat - <(echo "$file") | sort)" \
			"$(section "$page" NAME | sed -n "s/^\.Nm \([^ ]*\).*/\1.${file##*.}/p" | sort)"
	done
	while read -r file; do
		echo "$file"
		page=$(sed 's:^\.so man[58]/::' "$file")
		[ -e "$TOP/man/$page" ]
		pages '*' | grep -qxF "$TOP/man/$page"
	done < <(grep -l '^\.so ' "$TOP"/man/*)
}

@test "man: every page of a verb has the sections that one looks for, in their order" {
	local page
	for page in $(pages '*.8'); do
		echo "$page"
		same "$(sed -nE 's/^\.Sh (NAME|SYNOPSIS|DESCRIPTION|OPTIONS|EXIT STATUS|EXAMPLES|SEE ALSO)$/\1/p' "$page" | paste -sd ,)" \
			'NAME,SYNOPSIS,DESCRIPTION,OPTIONS,EXIT STATUS,EXAMPLES,SEE ALSO'
	done
}

@test "man: the options of a page are those of --help of its verbs, with the same arguments" {
	local page verb
	for page in $(pages '*.8'); do
		echo "$page"
		same "$(read_as "$page" OPTIONS | sed -n 's/^     -/-/p' | each)" \
			"$(for verb in $(verbs_of "$page"); do help_options "$verb"; done | sort -u)"
	done
	same "$(comm -13 <(help_options complete) <(help_options))" ''
}

# What all have is in vfio-luctl(8)
@test "man: the synopsis of a verb has its options, and no other" {
	local verb
	for verb in $(verbs); do
		echo "$verb"
		same "$(read_as "$(page_of "$verb")" SYNOPSIS | grep "^     vfio-luctl $verb " | grep -oE -- '--[a-z-]+' | sort)" \
			"$(comm -23 <(long_options "$verb") <(long_options complete))"
	done
}

@test "man: no page has an option that no verb has" {
	run grep -vxFe "$(for verb in $(verbs); do help_options "$verb"; done | grep -oE '^--?[a-zA-Z][a-z-]*')" \
		<(grep -ohE '(Fl|,) (-[a-z][a-z-]+|[a-zA-Z])\b' "$TOP"/man/* | sed -n 's/Fl /-/p' | sort -u)
	same "$output" ''
}

@test "man: every command line that a document shows is one" {
	local line verb option options
	while read -r line; do
		read -r _ verb _ <<<"$line"
		verbs | grep -qx -- "$verb" || { echo "no such verb: $line"; return 1; }
		options=$("$LUCTL" "$verb" --help)
		while read -r option; do
			grep -qE -- "(^|[ ,])$option([ ,=[]|\$)" <<<"$options" || { echo "$verb has no $option: $line"; return 1; }
		done < <(sed 's/ -- .*//; s/#.*//; s/ |.*//' <<<"$line" | grep -oE -- ' --?[a-z][a-z-]*')
	done < <(cat "$TOP/README.md" "$TOP/CONTRIBUTING.md" "$TOP/SECURITY.md" "$TOP"/man/* | grep -v '^\.Nd' |
		grep -oE '\bvfio-luctl [a-z].*' | sed 's/`.*//' | grep -vE '^vfio-luctl (is|does) ')
}

# described PAGE VERB: the columns in its section COLUMNS, or what stands there for the verb; "*": a usual one
described() {
	awk -v verb="$2" '
		/^\.Sh / { inside = $2 == "COLUMNS"; of = "" }
		/^\.Ss / { of = $2 }
		inside && (of == "" || of == verb)' "$1" |
		sed -n 's/^\.It Cm //p' | sed 's/ No \*/*/g; s/Cm //g' | tr -d ' ' | tr , '\n'
}

@test "man: the columns of a page are those of its verbs, and the usual ones are told" {
	local page verb
	for page in $(pages '*.8'); do
		for verb in $(verbs_of "$page"); do
			"$LUCTL" "$verb" --list-columns --json 2>/dev/null |
				jq -r '.columns[] | .column + if .default then "*" else "" end' >"$BATS_TEST_TMPDIR/$verb" ||
				[ "$verb" = hold ] # has no output
			described "$page" "$verb" | sort -u >"$BATS_TEST_TMPDIR/described"
			run comm -13 "$BATS_TEST_TMPDIR/described" <(sort "$BATS_TEST_TMPDIR/$verb")
			[ -z "$output" ] || { echo "$page: $verb: not described: $output"; return 1; }
			sort -u "$BATS_TEST_TMPDIR/$verb" >>"$BATS_TEST_TMPDIR/${page##*/}"
			cat "$BATS_TEST_TMPDIR/described" >>"$BATS_TEST_TMPDIR/${page##*/}.described"
		done
		same "$(sort -u "$BATS_TEST_TMPDIR/${page##*/}.described")" "$(sort -u "$BATS_TEST_TMPDIR/${page##*/}")"
	done
}

@test "man: the page of a verb has every word that its output can have" {
	local verb word
	for verb in $(verbs); do
		[ "$verb" != hold ] || continue # has no output
		while read -r word; do
			grep -qE "Li (.* )?$word( |\$)" "$(page_of "$verb")" || { echo "$verb: not described: $word"; return 1; }
		done < <(jq -r '[.. | objects | .enum? // empty | .[] | select(. != null) | splits(" ")] | unique[]' \
			"$TOP/schemas/vfio-luctl-$verb.schema.json")
	done
}

@test "man: the exit codes are those of the program, in vfio-luctl(8), vfio-luctl-json(5) and README.md" {
	local codes page
	codes=$(sed -nE 's/^\tSTATUS_[A-Z_]+ = ([0-9]+),.*/\1/p' "$TOP/src/error.h")
	[ "$(wc -l <<<"$codes")" -eq 9 ]
	same "$(section "$TOP/man/vfio-luctl.8" 'EXIT STATUS' | sed -n 's/^\.It //p')" "$codes"
	# 0 and 8 are no errors
	same "$(section "$TOP/man/vfio-luctl-json.5" error | sed -nE 's/^\(([0-9])\)[,.]$/\1/p')" "$(grep -vx '[08]' <<<"$codes")"
	same "$(sed -n '/^- \*\*Exit codes\*\*/,/^- \*\*--/p' "$TOP/README.md" | sed '/^- \*\*`/,$d' | grep -oE '\b[0-9] ' | tr -d ' ')" "$codes"
	for page in $(pages '*.8'); do
		run grep -vxFe "$codes" <(section "$page" 'EXIT STATUS' | sed -n 's/^\.It //p')
		[ -z "$output" ] || { echo "$page: $output"; return 1; }
	done
}

# What argp reads is not in our source; what the unit reads, the service manager gives it
@test "man: the environment is that of the program" {
	local file
	same "$(for file in $(pages '*.8'); do section "$file" ENVIRONMENT; done |
		sed -nE 's/^\.(It )?Ev //p' | tr -s ' ,' '\n' | sort -u)" \
		"$({
			echo POSIXLY_CORRECT
			sed -nE 's/^ExecStart=.*\$([A-Z]+).*/\1/p' "$TOP/systemd/vfio-luctl@.service.in"
			grep -ohE 'env\("[A-Z_]+"' "$TOP"/cmd/*.c | grep -oE '[A-Z_]+'
			grep -lE '(get|set)env\(' "$TOP"/src/*.c | xargs sed '/define VARIABLE/d; s/VARIABLE "/"VFIO_LUCTL_/g; s/_%s"/_NAME"/' |
				grep -oE '"[A-Z_]{4,}"' | tr -d '"' | grep -v '_$'
		} | sort -u)"
}

# paths: on stdin, each on a line; words in upper case and what printf() fills in stand for anything
paths() {
	sed -E 's:^/::; s:/$::; s/%[.0-9]*[ds]/*/g; s/[A-Z]{2,}/*/g' | sort -u
}

# matches TEXT PATTERN...
matches() {
	local pattern
	for pattern in "${@:2}"; do
		# shellcheck disable=SC2053 # a pattern
		[[ $1 != $pattern ]] || return 0
	done
	return 1
}

# Of our own process we look at what every process has
@test "man: the files that the program looks at are in vfio-luctl(8)" {
	local path
	local -a told used
	mapfile -t told < <(section "$TOP/man/vfio-luctl.8" FILES | sed -nE 's/^\.(It )?Pa //p' | tr -s ' ,' '\n' | grep / | paths)
	mapfile -t used < <(grep -ohE '"/?(dev|run|sys|proc|etc|boot|lib|usr)/[^" ]*"' "$TOP"/src/*.[ch] "$TOP"/cmd/*.[ch] |
		tr -d '"' | paths | grep -vE '^(dev/null|proc/self/(fd|fdinfo|exe|cmdline)(/.*)?)$')
	[ "${#used[@]}" -gt 30 ]
	for path in "${used[@]}"; do
		matches "$path" "${told[@]}" || [[ " ${told[*]}" == *" $path/"* ]] ||
			[ "$path" = 'lib/modules/*/*' ] || { echo "not told of: $path"; return 1; }
	done
	for path in "${told[@]}"; do
		matches "$path" "${used[@]}" || { echo "not used: $path"; return 1; }
	done
}

@test "man: every page that one refers to as ours is there" {
	local page name section
	for page in $(pages '*.[1-8]'); do
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
	pages '*.[1-8]'
	echo "$TOP/README.md"
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
