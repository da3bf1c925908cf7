# SPDX-License-Identifier: GPL-2.0-or-later
# What only compiling and booting can find, is found, and blamed on the right patch. Not part of
# `make check`: tests/run-all patches, about ten minutes after `make patches-check`.

load series

# initcall NAME STATEMENTS: a function that runs at boot
initcall() {
	printf 'static int __init %s(void)\n{\n\t%s\n\treturn 0;\n}\nlate_initcall(%s);\n' "$1" "$2" "$1"
}

# The bad ones come after the real ones, which are compiled already
setup() {
	begin_series "$TOP/patches"
	COUNT=$(grep -c '^[0-9]' "$VM_PATCHES/series")
}

@test "patches: each column fails for what it is there for, and for nothing else" {
	initcall one 'int unused; unused = 1;' | add_patch "Add a warning of W=1"
	initcall two '' | add_patch "Add nothing bad"
	initcall three 'char *p = 0; if (p) return 1;' | add_patch "Add something for sparse"
	initcall four 'if (slab_is_available()) pr_warn("WARNING: it is not well\n");' | add_patch "Add a report at boot"
	sed -i 's/WARNING: it/it/' "$WORK/b/$FILE"
	add_difference "Remove the report" && cp "$WORK/b/$FILE" "$WORK/a/$FILE"
	initcall six '' >"$WORK/b/fs/never.c"
	add_difference "Add a file that nothing compiles" && cp "$WORK/b/fs/never.c" "$WORK/a/fs"
	initcall seven 'undeclared = 1;' | add_patch "Add an error"
	initcall eight 'not_there();' | sed '1i void not_there(void);' | add_patch "Add a symbol that is not there"
	sed -i -e '/not_there()/d' -e '/undeclared = 1/d' "$WORK/b/$FILE"
	add_difference "Remove the errors"

	check 1 --patch $((COUNT + 1))..$((COUNT + 9))
	is "$(value $((COUNT + 1)) W=1) $(value $((COUNT + 1)) sparse) $(value $((COUNT + 1)) boots)" "FAIL ok ok"
	[[ $output == *"W=1: $FILE:"*"unused-but-set-variable"* ]]
	is "$(value $((COUNT + 2)) W=1) $(value $((COUNT + 2)) sparse) $(value $((COUNT + 2)) boots)" "ok ok ok"
	is "$(value $((COUNT + 3)) W=1) $(value $((COUNT + 3)) sparse) $(value $((COUNT + 3)) boots)" "ok FAIL ok"
	[[ $output == *"sparse: $FILE:"*"plain integer as NULL pointer"* ]]
	is "$(value $((COUNT + 4)) W=1) $(value $((COUNT + 4)) sparse) $(value $((COUNT + 4)) boots)" "ok ok FAIL"
	[[ $output == *"boots: "*"it is not well"* ]]
	is "$(value $((COUNT + 5)) W=1) $(value $((COUNT + 5)) sparse) $(value $((COUNT + 5)) boots)" "ok ok ok"
	is "$(value $((COUNT + 6)) W=1) $(value $((COUNT + 6)) sparse) $(value $((COUNT + 6)) boots)" "FAIL - ok"
	[[ $output == *"W=1: fs/never.c: error: is not compiled"* ]]
	is "$(value $((COUNT + 7)) W=1) $(value $((COUNT + 7)) sparse) $(value $((COUNT + 7)) boots)" "FAIL ? ?"
	[[ $output == *"W=1: $FILE:"*"undeclared (first use"* ]]
	is "$(value $((COUNT + 8)) W=1)" FAIL
	[[ $output == *"undefined reference to \`not_there'"* ]]
	is "$(value $((COUNT + 9)) W=1) $(value $((COUNT + 9)) sparse) $(value $((COUNT + 9)) boots)" "ok ok ok"
	# What failed fails again, what passed is not looked at again
	check 1 --no-boot --patch $((COUNT + 1))..$((COUNT + 3))
	is "$(value $((COUNT + 1)) W=1) $(value $((COUNT + 1)) sparse)" "FAIL ok"
	is "$(value $((COUNT + 2)) W=1) $(value $((COUNT + 2)) sparse)" "ok ok"
	is "$(value $((COUNT + 3)) W=1) $(value $((COUNT + 3)) sparse)" "ok FAIL"
}

@test "patches: a warning in one configuration only, also when nothing is left to compile" {
	printf '#ifndef CONFIG_VFIO_GROUP\nstatic int unused;\n#endif\n' | add_patch "Add a warning without VFIO groups"
	for _ in 1 2; do
		check 1 --build modules --build no-group
		is "$(value modules W=1)" ok
		is "$(value no-group W=1)" FAIL
		[[ $output == *"no-group: $FILE:"*"defined but not used"* ]]
	done
	# Whatever was compiled last
	check 1 --build no-group
}

@test "patches: a selftest with a warning, though it is compiled twice" {
	FILE=tools/testing/selftests/liveupdate/luo_multi_session.c
	begin_series "$TOP/patches"
	printf 'static int used(void)\n{\n\treturn 1;\n}\nint (*user)(void) = used;\n' | add_patch "Add nothing bad"
	printf 'int test(void)\n{\n\tint unused;\n\treturn 1;\n}\n' | add_patch "Add a warning"
	printf 'int error(void)\n{\n\treturn undeclared;\n}\n' | add_patch "Add an error"
	check 1 --no-boot --patch $((COUNT + 1))..$((COUNT + 3))
	is "$(value $((COUNT + 1)) W=1) $(value $((COUNT + 1)) sparse)" "ok -"
	is "$(value $((COUNT + 2)) W=1) $(value $((COUNT + 2)) sparse)" "FAIL -"
	[[ $output == *"W=1: luo_multi_session.c:"*"unused variable"* ]]
	is "$(value $((COUNT + 3)) W=1) $(value $((COUNT + 3)) sparse)" "FAIL -"
	[[ $output == *"W=1: the selftests do not build"* ]]
}

@test "patches: a configuration that cannot be had" {
	FILE=drivers/iommu/iommufd/Kconfig
	begin_series "$TOP/patches"
	printf 'config IOMMUFD_NEEDS_GROUPS\n\tdef_bool y\n\tselect VFIO_GROUP\n' | add_patch "Insist on VFIO groups"
	check 1 --build no-group
	is "$(value no-group W=1)" FAIL
	[[ $output == *"no-group: error: the configuration cannot have: CONFIG_VFIO_GROUP=n"* ]]
}
