# SPDX-License-Identifier: GPL-2.0-or-later
# With systemd as process 1: each test is a machine, and a script in tests/vm/systemd.

load machine

setup_file() {
	"$TOP/tests/vm/run" --systemd --build-only
}

@test "systemd: what units keep goes through systemctl kexec, devices too" {
	machine systemd/store.sh --systemd --device edu --device igb --device edu --timeout 300
}

@test "systemd: what the kernel refuses to take along is lost" {
	run machine systemd/refused.sh --systemd --device edu
	echo "$output"
	[ "$status" -eq 99 ]
	[[ $output == *"live update impossible: interrupts are enabled"*"systemd-shutdown"*"Failed to kexec"* ]]
}

@test "systemd: the unit of the tool holds a session through crash, stop and kexec" {
	machine systemd/unit.sh --systemd --device edu --device igb --device edu --timeout 300
}

@test "systemd: several who preserve the same session at once, and one who is killed" {
	machine systemd/together.sh --systemd --device edu --device igb --timeout 600
}

@test "systemd: a keeper outside of its store, with and without SurviveFinalKillSignal=" {
	machine systemd/survive.sh --systemd --device edu --device igb --timeout 300
}

@test "systemd: a VMM's device and memory, through a crash of the keeper and systemctl kexec" {
	machine systemd/vmm.sh --systemd --device edu --device igb --timeout 300
}

@test "systemd: preserve killed at any moment lets go of the session that systemd made" {
	machine systemd/killed.sh --systemd --device edu --timeout 600
}
