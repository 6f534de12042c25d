#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# dbg-tools image: the tree in one file, the same bytes for the same tree, and nothing half-made under its name.
# shellcheck disable=SC2030,SC2031 # each test is a process of its own
# Needs root (mounts), mkfs.erofs, mksquashfs, mke2fs, strace.

bats_require_minimum_version 1.5.0

types=(erofs squashfs ext4)

setup_file() {
	export DBG_TOOLS=${DBG_TOOLS:-$BATS_TEST_DIRNAME/../dbg-tools}
	export TREE=$BATS_FILE_TMPDIR/tree
	"$DBG_TOOLS" build -q -o "$TREE" busybox bash
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	mkdir mounted
}

teardown() {
	umount mounted full 2>/dev/null || true
}

# listing DIRECTORY: what is in it, with all that an image has to keep.
listing() {
	(cd "$1" && find . -mindepth 1 -printf '%P %y %m %U:%G %s %n %l\n' | sed -E '/ d /s/ [0-9]+ [0-9]+ $//' | sort)
	(cd "$1" && find . -type f -printf '%P %Ts\n' | sort)
	(cd "$1" && find . -type f -exec sha256sum {} + | sort)
}

# fails STATUS TEXT COMMAND...: with one line on standard error that has TEXT in it, and nothing left here.
fails() {
	local status=0 before after
	before=$(ls -A)
	"${@:3}" >out 2>error || status=$?
	cat out error
	[ "$status" -eq "$1" ]
	[ "$(wc -l <error)" -eq 1 ]
	grep -q '^dbg-tools: ' error
	grep -qF -- "$2" error
	rm -f out error
	after=$(ls -A)
	[ "$before" = "$after" ]
}

# programs NAME...: a directory of these alone, as PATH.
programs() {
	rm -rf path
	mkdir path
	local name
	for name; do
		ln -s "$(command -v "$name")" "path/$name"
	done
}

@test "an image of each type holds the tree, as root's, and says what it is" {
	local type
	chown -R 1000:1000 "$TREE"
	chown 0:0 "$TREE"
	for type in "${types[@]}"; do
		run -0 "$DBG_TOOLS" image -o "tools.$type" "$TREE"
		[ "$output" = "tools.$type: $type, $(stat -c %s "tools.$type") bytes; this file system has no fs-verity" ]
		[ "$(stat -c '%a %u:%g' "tools.$type")" = '644 0:0' ]
		mount -o loop,ro "tools.$type" mounted
		[ "$(findmnt -n -o FSTYPE mounted)" = "$type" ]
		[ "$(stat -c '%a %u:%g' mounted)" = '755 0:0' ]
		diff <(listing "$TREE" | sed 's/ 1000:1000/ 0:0/') <(listing mounted)
		mounted/bin/busybox true
		umount mounted
	done
	chown -R 0:0 "$TREE"
	[ "$(find . -type f | sort | tr '\n' ' ')" = './tools.erofs ./tools.ext4 ./tools.squashfs ' ]
}

# What differs: places, owners, times of access and change, an attribute, the order in directories.
@test "equal trees give equal bytes, whatever the time, owner, umask and environment" {
	cp -a "$TREE" first
	mkdir second
	(cd first && find . -mindepth 1 -type d | sort -r) | (cd second && xargs mkdir -p)
	# At once: what is hard-linked stays so.
	(cd first && find . -type f -o -type l | sort -r | xargs cp -a --parents -t ../second)
	chown -R 1000:1000 second
	(cd first && find . -type d) | while read -r file; do
		touch -r "first/$file" "second/$file"
	done
	touch -a -d 2001-01-01 second/bin/bash second/manifest.json
	setfattr -n user.test -v value second/bin/bash 2>/dev/null || true
	local type
	for type in "${types[@]}"; do
		"$DBG_TOOLS" image -q --type "$type" -o one first
		(umask 077 && SOURCE_DATE_EPOCH=99 E2FSPROGS_FAKE_TIME=77 LC_ALL=C.UTF-8 TZ=Asia/Tokyo \
			"$DBG_TOOLS" image -q --type "$type" -o two second)
		cmp one two
		[ "$(stat -c %a two)" = 644 ]
		sleep 1.1
		"$DBG_TOOLS" image -q --force --type "$type" -o two first
		cmp one two
		# It can fail: another tree has other bytes.
		"$DBG_TOOLS" build -q --force -o other busybox
		"$DBG_TOOLS" image -q --force --type "$type" -o two other
		run ! cmp -s one two
		rm one two
	done
}

@test "files keep their times, links are not newer than they, and what is hard-linked is there once" {
	cp -a "$TREE" tree
	ln -s nowhere tree/share/link
	touch -h -d 2040-01-01 tree/share/link
	truncate -s 0 tree/share/a
	dd if=/dev/urandom of=tree/share/a bs=1M count=8 status=none
	local name type newest
	for name in b c d e; do
		ln tree/share/a "tree/share/$name"
	done
	touch -d '2010-10-10 10:10:10 UTC' tree/share/a
	newest=$(find tree -type f -printf '%Ts\n' | sort -n | tail -n 1)
	for type in "${types[@]}"; do
		"$DBG_TOOLS" image -q --type "$type" -o image tree
		[ "$(stat -c %s image)" -lt $(($(du -sb "$TREE" | cut -f1) + (16 << 20))) ]
		mount -o loop,ro image mounted
		[ "$(stat -c '%h %Y' mounted/share/e)" = '5 1286705410' ]
		[ "$(stat -c %Y mounted/share/link)" = "$newest" ]
		cmp tree/share/a mounted/share/d
		umount mounted
		rm image
	done
}

@test "names with blanks, quotes and other odd bytes" {
	cp -a "$TREE" tree
	mkdir "tree/share/a b"
	echo 1 >"tree/share/a b/say \"hello\" \\ 'you'"
	echo 2 >tree/share/$'\xff\xe4\x01'
	ln -s "no where" "tree/share/-o"
	echo 3 >"tree/share/$(printf 'x%.0s' {1..200})"
	local type
	for type in "${types[@]}"; do
		"$DBG_TOOLS" image -q --type "$type" -o ./-image tree
		mount -o loop,ro ./-image mounted
		diff <(listing tree) <(listing mounted)
		umount mounted
		rm ./-image
	done
	echo 4 >"tree/share/a"$'\n'"b"
	fails 1 'a name with a line break in it' "$DBG_TOOLS" image --type ext4 -o image tree
}

# deep LENGTH NAME: a file NAME, in a directory whose path has LENGTH bytes.
deep() {
	local left=$1 name
	(
		while [ "$left" -gt 300 ]; do
			name=$(printf 'd%.0s' {1..200})
			mkdir "$name" && cd "$name" || exit
			left=$((left - 201))
		done
		printf -v name '%*s' "$left" ''
		mkdir "${name// /d}" && cd "${name// /d}" && touch "$2"
	)
}

@test "a path that is longer than a line of debugfs is no command of its own" {
	local -r command='!touch ran #'
	cp -a "$TREE" tree
	(cd tree && deep $((8191 - 7)) "$command")
	# The naive way: what is beyond a line of 8191 bytes is run.
	(cd tree && find . -name '!*' -printf 'sif "/%P" mtime @1\n') >script
	mke2fs -q -t ext4 naive 4M
	debugfs -f script naive >/dev/null 2>&1
	[ -e ran ]
	rm -r ran naive script
	fails 1 'a path of more than 900 bytes' "$DBG_TOOLS" image --type ext4 -o image tree
	[ ! -e ran ]
}

@test "ext4 has no journal, no lost+found, next to no free room, and is clean" {
	"$DBG_TOOLS" image -q -o tools.ext4 "$TREE"
	run -0 e2fsck -fn tools.ext4
	run -0 dumpe2fs -h tools.ext4
	[[ $output != *has_journal* ]]
	local free
	free=$(sed -n 's/^Free blocks: *//p' <<<"$output")
	[ "$free" -lt 64 ]
	mount -o loop,ro,noload tools.ext4 mounted
	[ ! -e mounted/lost+found ]
}

@test "the type: as asked for, else by the file's name, else erofs where it can be made" {
	"$DBG_TOOLS" image -q -o plain "$TREE"
	[ "$(blkid -p -o value -s TYPE plain)" = erofs ]
	"$DBG_TOOLS" image -q -o a.sqfs "$TREE"
	[ "$(blkid -p -o value -s TYPE a.sqfs)" = squashfs ]
	"$DBG_TOOLS" image -q --type ext4 -o b.erofs "$TREE"
	[ "$(blkid -p -o value -s TYPE b.erofs)" = ext4 ]
}

@test "a program that is missing: the next type, or what is to be installed" {
	programs mksquashfs mke2fs debugfs
	PATH=path "$DBG_TOOLS" image -q -o plain "$TREE"
	[ "$(blkid -p -o value -s TYPE plain)" = squashfs ]
	fails 1 'mkfs.erofs is not found on PATH: install the package erofs-utils' \
		env PATH=path "$DBG_TOOLS" image -o a.erofs "$TREE"
	programs mke2fs debugfs
	PATH=path "$DBG_TOOLS" image -q --force -o plain "$TREE"
	[ "$(blkid -p -o value -s TYPE plain)" = ext4 ]
	fails 1 'mksquashfs is not found on PATH: install the package squashfs-tools' \
		env PATH=path "$DBG_TOOLS" image --type squashfs -o a "$TREE"
	programs mke2fs
	fails 1 'debugfs is not found on PATH: install the package e2fsprogs' \
		env PATH=path "$DBG_TOOLS" image -o a.ext4 "$TREE"
	programs
	fails 1 'none of mkfs.erofs, mksquashfs and mke2fs is found on PATH' env PATH=path "$DBG_TOOLS" image -o a "$TREE"
}

# compressor FILE: of a squashfs, by its number.
compressor() {
	od -A n -t u2 -j 20 -N 2 "$1" | tr -d ' '
}

# Older versions say in -help what they were built with, newer ones only in -help-all. 6 is zstd, 1 is gzip.
@test "squashfs: zstd where mksquashfs can, else gzip" {
	mkdir path
	"$DBG_TOOLS" image -q -o a.sqfs "$TREE"
	[ "$(compressor a.sqfs)" = 6 ]
	# shellcheck disable=SC2016 # the script's own
	printf '#!/bin/sh\ncase $1 in -help) echo gzip; exit ;; -help-all) echo zstd; exit ;; esac\nPATH=%q\nexec mksquashfs "$@"\n' \
		"$PATH" >path/mksquashfs
	chmod 755 path/mksquashfs
	PATH=path "$DBG_TOOLS" image -q -o b.sqfs "$TREE"
	cmp a.sqfs b.sqfs
	sed -i 's/-help-all) echo zstd/-help-all) echo lzo/' path/mksquashfs
	PATH=path "$DBG_TOOLS" image -q -o c.sqfs "$TREE"
	[ "$(compressor c.sqfs)" = 1 ]
	mount -o loop,ro c.sqfs mounted
	diff <(listing "$TREE") <(listing mounted)
	umount mounted
	# The same bytes with any number of processors.
	taskset -c "$(taskset -cp $$ | sed 's/.*[ :]\([0-9]*\).*/\1/')" "$DBG_TOOLS" image -q -o d.sqfs "$TREE"
	cmp a.sqfs d.sqfs
}

@test "what is there is not replaced, but with --force; never a directory, a link's target or the tree itself" {
	echo precious >file
	fails 1 'file: a file is there already: --force replaces it' "$DBG_TOOLS" image -o file "$TREE"
	[ "$(cat file)" = precious ]
	"$DBG_TOOLS" image -q --force -o file "$TREE"
	[ "$(blkid -p -o value -s TYPE file)" = erofs ]
	mkdir directory
	fails 1 'something else than a file is there' "$DBG_TOOLS" image --force -o directory "$TREE"
	echo precious >target
	ln -s target link
	fails 1 'something else than a file is there' "$DBG_TOOLS" image --force -o link "$TREE"
	[ "$(cat target)" = precious ]
	fails 1 'not a name that a file can have' "$DBG_TOOLS" image -o directory/ "$TREE"
	fails 1 'open the directory that it goes to' "$DBG_TOOLS" image -o nowhere/image "$TREE"
	fails 1 'it would be in the tree itself' "$DBG_TOOLS" image -o "$TREE/image" "$TREE"
	fails 1 'it would be in the tree itself' "$DBG_TOOLS" image -o "$TREE/lib/../bin/image" "$TREE"
	fails 1 'not a tree of dbg-tools' "$DBG_TOOLS" image -o image directory
	fails 1 'nothing: open it' "$DBG_TOOLS" image -o image nothing
	fails 1 'file: open it: Not a directory' "$DBG_TOOLS" image -o image file
}

# A file that comes while the image is made is not replaced either.
@test "a file that came meanwhile is not replaced" {
	mkdir path
	printf '#!/bin/sh\nPATH=%q\ntouch ./image\nexec mksquashfs "$@"\n' "$PATH" >path/mksquashfs
	chmod 755 path/mksquashfs
	PATH=path run -1 "$DBG_TOOLS" image --type squashfs -o image "$TREE"
	[[ $output = *'File exists'* ]]
	[ ! -s image ]
	[ "$(ls -A)" = $'image\nmounted\npath' ]
}

@test "a program that fails, that leaves nothing, or no file: its last words, and nothing is left" {
	local name
	mkdir path
	for name in mkfs.erofs mksquashfs mke2fs; do
		printf '#!/bin/sh\necho first >&2; echo "the  reason" >&2; echo "	the end" >&2; echo >&2; exit 3\n' >"path/$name"
		chmod 755 "path/$name"
	done
	fails 1 'a.erofs: mkfs.erofs failed with status 3: the  reason; the end' env PATH="path" "$DBG_TOOLS" image -o a.erofs "$TREE"
	fails 1 'mksquashfs failed with status 3' env PATH="path" "$DBG_TOOLS" image -o a.squashfs "$TREE"
	fails 1 'mke2fs failed with status 3' env PATH="path" "$DBG_TOOLS" image -o a.ext4 "$TREE"
	fails 1 'mkfs.erofs failed with status 3' env PATH="path" "$DBG_TOOLS" image -o a "$TREE"
	printf '#!/bin/sh\nkill -KILL $$\n' >path/mksquashfs
	fails 1 'mksquashfs failed with status 137: no reason given' env PATH="path:$PATH" "$DBG_TOOLS" image -o a.squashfs "$TREE"
	printf '#!/bin/sh\nexit 0\n' >path/mksquashfs
	fails 1 'the program that makes it has left no file' env PATH="path" "$DBG_TOOLS" image -o a.squashfs "$TREE"
	# shellcheck disable=SC2016
	printf '#!/bin/sh\nrm a.squashfs.*\nexec /usr/bin/mksquashfs "$@"' >path/mksquashfs
	fails 1 "something else was put in the place" env PATH="path:$PATH" "$DBG_TOOLS" image -o a.squashfs "$TREE"
}

# Who owns the directory can do that at any time; here it is done when it harms.
@test "a link in the place of the unfinished file is not written through" {
	local type program
	mkdir path
	for type in erofs:mkfs.erofs squashfs:mksquashfs ext4:mke2fs; do
		program=${type#*:}
		echo precious >precious
		# shellcheck disable=SC2016
	# shellcheck disable=SC2016
		printf '#!/bin/sh\nfor f in image.partial.*; do ln -sf "$PWD/precious" "$f"; done\nexec %s "$@"' "$(command -v "$program")" >"path/$program"
		chmod 755 "path/$program"
		fails 1 'something else was put in the place' env PATH="$PWD/path:$PATH" "$DBG_TOOLS" image --type "${type%:*}" -o image "$TREE"
		[ "$(cat precious)" = precious ]
	done
}

@test "a full disk: a clear error, and nothing is left" {
	local type
	mkdir full
	mount -t tmpfs -o size=1m,mode=755 full full
	for type in "${types[@]}"; do
		run -1 --separate-stderr "$DBG_TOOLS" image --type "$type" -o full/image "$TREE"
		# shellcheck disable=SC2154 # of run
		[ "${#stderr_lines[@]}" -eq 1 ]
		# shellcheck disable=SC2154
		[[ $stderr = "dbg-tools: full/image: "*"No space left on device"* ]]
		[ -z "$(ls -A full)" ]
	done
}

# SIGNAL: as of a terminal, to all; or to dbg-tools alone.
@test "an interrupt ends it by that signal, with its program, and leaves nothing" {
	mkdir path
	# shellcheck disable=SC2016
	printf '#!/bin/sh\necho $$ >%q\nexec sleep 1077\n' "$PWD/started" >path/mksquashfs
	chmod 755 path/mksquashfs
	local signal tool status
	for signal in TERM INT HUP; do
		rm -f started
		PATH=path:$PATH env --default-signal=INT,HUP "$DBG_TOOLS" image --type squashfs -o image "$TREE" 3>&- 2>error &
		tool=$!
		for _ in {1..600}; do
			[ ! -s started ] || break
			sleep 0.05
		done
		kill -"$signal" "$tool"
		status=0
		wait "$tool" || status=$?
		[ "$status" -eq $((128 + $(kill -l "$signal"))) ]
		[ "$(cat error)" = 'dbg-tools: image: interrupted' ]
		[ ! -d "/proc/$(cat started)" ]
		[ "$(ls -A)" = $'error\nmounted\npath\nstarted' ]
	done
}

# This machine's file systems need not have fs-verity: what the kernel says is put in its mouth by strace.
@test "fs-verity: used where the file system has it, said where not, and an error is one" {
	local error
	run -0 strace -o trace -e trace=ioctl -e inject=ioctl:retval=0 "$DBG_TOOLS" image -o sealed "$TREE"
	[[ $output = *'; sealed by fs-verity' ]]
	grep -q FS_IOC_ENABLE_VERITY trace
	for error in EOPNOTSUPP ENOTTY EINVAL ENOSYS; do
		run -0 strace -o trace -e trace=ioctl -e inject=ioctl:error=$error "$DBG_TOOLS" image -o "$error" "$TREE"
		[[ $output = *'; this file system has no fs-verity' ]]
		[ -s "$error" ]
	done
	rm trace
	fails 1 'image: seal it by fs-verity: Input/output error' \
		strace -o "$BATS_FILE_TMPDIR/trace" -e trace=ioctl -e inject=ioctl:error=EIO "$DBG_TOOLS" image -o image "$TREE"
	fails 1 'image: write it to disk: No space left' \
		strace -o "$BATS_FILE_TMPDIR/trace" -e trace=fsync -e inject=fsync:error=ENOSPC "$DBG_TOOLS" image -o image "$TREE"
	fails 1 'image: put the finished image in its place: ' \
		strace -o "$BATS_FILE_TMPDIR/trace" -e trace=renameat2 -e inject=renameat2:error=EIO "$DBG_TOOLS" image -o image "$TREE"
}

@test "a file system without RENAME_NOREPLACE" {
	strace -o trace -e trace=renameat2 -e inject=renameat2:error=EINVAL "$DBG_TOOLS" image -q -o image "$TREE"
	[ "$(ls -A)" = $'image\nmounted\ntrace' ]
}

# misuse TEXT ARG...: exit status 2, one line that says TEXT and one that points to the help.
misuse() {
	run -2 --separate-stderr "$DBG_TOOLS" "${@:2}"
	[ -z "$output" ]
	# shellcheck disable=SC2154
	[ "${#stderr_lines[@]}" -eq 2 ]
	[[ ${stderr_lines[0]} = *"$1"* ]]
	[ ! -e image ]
}

@test "descriptors that the caller has closed, or left open, are no matter" {
	"$DBG_TOOLS" image -q --type squashfs -o first "$TREE"
	"$DBG_TOOLS" image -q --type squashfs -o second "$TREE" <&- >&- 2>&-
	cmp first second
	mkdir path
	# shellcheck disable=SC2016
	printf '#!/bin/sh\nfor f in /proc/$$/fd/*; do readlink "$f"; done >%q\nexec %q "$@"\n' "$PWD/open" "$(command -v mksquashfs)" >path/mksquashfs
	chmod 755 path/mksquashfs
	echo secret >secret
	PATH=path:$PATH "$DBG_TOOLS" image -q --type squashfs -o third "$TREE" 7<secret
	grep -qx /dev/null open
	run ! grep secret open
}

@test "wrong usage" {
	misuse 'name one tree' image -o image
	misuse 'name one tree' image -o image "$TREE" "$TREE"
	misuse 'name the file that it goes to: -o FILE' image "$TREE"
	misuse 'erofs, squashfs or ext4' image -o image --type ext3 "$TREE"
	misuse 'erofs, squashfs or ext4' image -o image --type '' "$TREE"
	misuse 'the name is empty' image -o '' "$TREE"
}
