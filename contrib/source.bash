# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# For contrib/check and contrib/quickstart.

# copy_source TOP DIRECTORY: a copy of the source tree as it is now, without what was built in it, ready for configure.
copy_source() {
	local top=$1 directory=$2 file
	mkdir -p "$directory" || return 1
	if git -C "$top" -c "safe.directory=$top" rev-parse --is-inside-work-tree >/dev/null 2>&1; then
		# A file that is deleted, and is so in no commit yet, is still listed.
		(cd "$top" && git -c "safe.directory=$top" ls-files -z --cached --others --exclude-standard |
			while IFS= read -r -d '' file; do
				if [ -e "$file" ] || [ -L "$file" ]; then
					printf '%s\0' "$file"
				fi
			done | tar --null -T - -c)
	else
		tar -C "$top" --exclude=./.git -c .
	fi | tar -C "$directory" -x || return 1
	# What was built in place would be found there, and not be built anew.
	if [ -e "$directory/Makefile" ]; then
		make -s -C "$directory" distclean || return 1
	fi
	(cd "$directory" && autoreconf -fi)
}
