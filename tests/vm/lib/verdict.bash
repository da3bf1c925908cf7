# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What the kernel's log says about a run, whatever the script thought of it.

# Each of these begins a report of the kernel about itself
readonly FAULTS='Kernel panic|Oops|BUG:|BUG at |WARNING:|KASAN:|UBSAN:|ODEBUG:|refcount_t:|kmemleak: [0-9]+ new suspected'\
'|unable to handle|general protection|invalid opcode|double fault|stack-protector|scheduling while atomic|soft lockup|hard LOCKUP'\
'|INFO: task .* blocked|INFO: rcu_|rcu: INFO|INFO: possible |INFO: trying to register non-static key|possible (recursive|circular) locking'\
'|inconsistent lock state|suspicious RCU usage|sleeping function called|bad unlock balance|held lock freed|lock held when returning'\
'|list_(add|del) corruption|[Bb]ad page state|Bad rss-counter|page allocation failure|DEBUG_LOCKS_WARN_ON|corrupted (stack|memory)'

# faults LOG [EXPECT...]: lines that begin a report, and call traces that belong to none.
# A report with a line matching an EXPECT (extended regular expression) is excused, with its trace.
faults() {
	local log=$1 expect
	shift
	expect=$(IFS='|'; printf '%s' "$*")
	FAULT=$FAULTS EXPECT=$expect LC_ALL=C awk '
		{ sub(/\r$/, "") }
		$0 ~ ENVIRON["FAULT"] {
			header = NR
			excused = ENVIRON["EXPECT"] != "" && $0 ~ ENVIRON["EXPECT"]
			if (!excused) print
			next
		}
		/Call Trace:/ && !(header && NR - header < 60) { print }
	' "$log"
}

# show_log LOG LINES
show_log() {
	printf '%s: the last lines of the kernel log:\n' "$PROGRAM" >&2
	tail -n "$2" -- "$1" | tr -d '\r' | sed 's/^/    /' >&2
}
