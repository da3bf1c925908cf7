# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# sparse, as new as the kernel wants it: the one of Debian 12 and 13 (0.6.4) stumbles over
# __typeof_unqual__ in every header. It is small, so the cache has one made from Debian's
# source package of a later one.

readonly SPARSE_SUITE=sid

# sparse_ensure: sets SPARSE; needs SOURCE
sparse_ensure() {
	SPARSE=$(command -v sparse) || SPARSE=
	! sparse_is_good || return 0
	SPARSE=$CACHE/sparse/sparse
	lock "$CACHE/source/lock" "fetch of sparse"
	sparse_is_good || build_sparse
	unlock
}

# The kernel's own test, which prints 1
sparse_is_good() {
	[[ -x $SPARSE ]] &&
		[[ $(sh "$SOURCE/scripts/checker-valid.sh" "$SPARSE" --arch=x86 -m64 2>/dev/null) == 1 ]]
}

# shellcheck source=tests/vm/lib/apt.bash
build_sparse() {
	local new=$CACHE/source/.sparse.$$
	need_tools vm gcc make apt-get
	source "$KERNEL_TOP/tests/vm/lib/apt.bash"
	mkdir -p "$new"
	apt_begin
	apt_find_mirror
	apt_sources own "$SPARSE_SUITE" deb-src
	say "fetching the source of sparse from $APT_MIRROR"
	if ! apt_update "$SPARSE_SUITE" || ! supervise "downloading sparse" download_sparse "$new"; then
		die "$EX_CANNOT" "sparse: the source cannot be had from $APT_MIRROR: $(apt_last_error)"
	fi
	apt_end
	supervise "building sparse" make_sparse "$new" ||
		die "$EX_CANNOT" "sparse does not build: $(tail -n 1 "$new/log")"
	rm -rf -- "$CACHE/sparse"
	mv -T -- "$new/src" "$CACHE/sparse"
	rm -rf -- "$new"
	sparse_is_good || die "$EX_CANNOT" "sparse of Debian's $SPARSE_SUITE is too old for this kernel too"
}

download_sparse() {
	cd "$1" && apt_to_log apt-get source --download-only sparse
}

make_sparse() {
	{
		mkdir "$1/src" && tar -xf "$1"/sparse_*.orig.tar.* -C "$1/src" --strip-components=1 &&
			make -C "$1/src" HAVE_SQLITE=no HAVE_LLVM=no HAVE_GTK=no HAVE_LIBXML=no sparse
	} >"$1/log" 2>&1
}
