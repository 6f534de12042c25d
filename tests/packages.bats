#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# dbg-tools build --package: with databases that real rpm has made, that dpkg of this host has, and as distroless images have them.
# shellcheck disable=SC2030,SC2031 # each test is a process of its own
# Needs root, a C compiler, jq, rpm with rpmbuild, strace and setpriv; dpkg where this host has it.

setup_file() {
	export DBG_TOOLS=${DBG_TOOLS:-$BATS_TEST_DIRNAME/../dbg-tools}
	export PATH=/usr/sbin:/usr/bin:/sbin:/bin
	cd "$BATS_FILE_TMPDIR" || return
	make_rpm rpmtool
	make_rpm nothing
	make_root /var/lib/rpm "$PWD/root"
}

# A program that needs nothing.
compile() { # OUTPUT
	echo 'void _start(void) { __builtin_trap(); }' | cc -nostdlib -static -x c -o "$1" -
}

# NAME.rpm: /usr/bin/NAME, but for the package nothing; what it would do at its installation would be seen.
make_rpm() { # NAME
	compile tool
	cat >"$1.spec" <<-EOF
		%global debug_package %{nil}
		%global __os_install_post %{nil}
		%global _build_id_links none
		Name: $1
		Version: 1.2
		Release: 3
		Epoch: 7
		Summary: a tool
		License: none
		%description
		A tool.
		%install
		mkdir -p %{buildroot}/usr/bin %{buildroot}/usr/share/$1
		cp $PWD/tool %{buildroot}/usr/bin/$1
		echo text >%{buildroot}/usr/share/$1/text
		[ $1 != nothing ] || rm -r %{buildroot}/usr/bin
		%files
		$([ "$1" = nothing ] || echo "/usr/bin/$1")
		/usr/share/$1
	EOF
	rpmbuild -bb --define "_topdir $PWD/$1.d" "$1.spec" >log 2>&1 || cat log
	mv "$1.d"/RPMS/*/*.rpm "$1.rpm"
}

# A root with both packages installed, its database at PLACE.
make_root() { # PLACE DIRECTORY
	mkdir -p "$2"
	rpm --root "$2" --dbpath "$1" --nosignature --nodeps --noscripts -i rpmtool.rpm nothing.rpm 2>log || cat log
	[ -x "$2/usr/bin/rpmtool" ] && [ -n "$(ls "$2$1")" ]
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	ROOT=$BATS_FILE_TMPDIR/root
	export OCI_CRASHCART_RECIPES=$PWD/none TMPDIR=$PWD/temporary
	mkdir temporary
	chmod o+x "$BATS_RUN_TMPDIR" "$BATS_FILE_TMPDIR" "${BATS_TEST_TMPDIR%/*}" "$BATS_TEST_TMPDIR" # rpm is nobody
}

# fails TEXT ARGUMENT...: a build with one line on standard error that has TEXT in it, and nothing left.
fails() {
	local status=0
	rm -rf tree
	PATH=${TOOLS_PATH:-$PATH} "$DBG_TOOLS" build -q -o tree "${@:2}" >out 2>error || status=$?
	cat out error
	[ "$status" -eq 1 ]
	[ "$(wc -l <error)" -eq 1 ]
	grep -qF -- "$1" error
	[ ! -e tree ]
	[ -z "$(ls -A temporary)" ]
}

# owner TOOL: who has packed it, as the manifest says.
owner() {
	jq -r --arg name "$1" '.tools[] | select(.name == $name) | "\(.package) \(.["package-version"])"' tree/manifest.json
}

# All that can be told of the files in a directory, but for the times of access.
fingerprint() {
	(cd "$1" && find . -printf '%p %i %m %s %T@ %C@\n' | sort && find . -type f -exec sha256sum {} + | sort)
}

@test "a package of an rpm database" {
	"$DBG_TOOLS" build -q -o tree --from-root "$ROOT" --package rpmtool
	cmp tree/bin/rpmtool "$ROOT/usr/bin/rpmtool"
	[ "$(owner rpmtool)" = 'rpmtool 7:1.2-3' ]
	[ -z "$(ls -A temporary)" ]
}

@test "an rpm database at its newer place" {
	cd "$BATS_FILE_TMPDIR"
	make_root /usr/lib/sysimage/rpm "$BATS_TEST_TMPDIR/root"
	cd "$BATS_TEST_TMPDIR"
	"$DBG_TOOLS" build -q -o tree --from-root root --package rpmtool
	[ "$(owner rpmtool)" = 'rpmtool 7:1.2-3' ]
	# As Fedora has it: a link from the older one.
	mkdir -p root/var/lib
	ln -s ../../usr/lib/sysimage/rpm root/var/lib/rpm
	rm -rf tree
	"$DBG_TOOLS" build -q -o tree --from-root root --package rpmtool
}

@test "an rpm database: packages that are not there, and that have no programs" {
	fails "package none is not installed in $ROOT" --from-root "$ROOT" --package none
	fails 'package nothing: it has no executables' --from-root "$ROOT" --package nothing
	fails "'../x' is not the name of a package" --from-root "$ROOT" --package ../x
	fails "'--eval=x' is not the name of a package" --from-root "$ROOT" --package=--eval=x
}

@test "a query of rpm's changes nothing in that root" {
	fingerprint "$ROOT" >before
	"$DBG_TOOLS" build -q -o tree --from-root "$ROOT" --package rpmtool
	fingerprint "$ROOT" >after
	cmp before after
	# Plain rpm does, by --root: what it makes for its own macros' sake, and locks.
	cp -a "$ROOT" copy
	fingerprint copy >before
	rpm --root "$PWD/copy" -qa >/dev/null 2>&1 || true
	fingerprint copy >after
	run cmp before after
	[ "$status" -ne 0 ]
}

@test "nothing of that root is executed, and nothing is taken for the root directory" {
	cp -a "$ROOT" evil
	mkdir -p evil/bin evil/usr/lib/rpm evil/etc/rpm evil/root
	for name in bin/sh bin/bash usr/bin/rpm usr/bin/sh; do
		printf '#!/bin/sh\ntouch %s/sung\n' "$PWD" >"evil/$name"
		chmod 755 "evil/$name"
	done
	for name in usr/lib/rpm/macros etc/rpm/macros root/.rpmmacros; do
		printf '%%_dbpath %%(touch %s/sung)\n' "$PWD" >"evil/$name"
	done
	strace -f -qq -o trace -e trace=execve,execveat,chroot,pivot_root "$DBG_TOOLS" build -q -o tree --from-root evil --package rpmtool
	[ ! -e sung ]
	grep -q 'execveat(4, "", \["rpm", .*"--dbpath"' trace
	run grep -E "chroot|pivot_root|$PWD/evil/" trace
	[ -z "$output" ]
}

@test "an rpm database, and no rpm here" {
	mkdir bin
	ln -s "$(command -v patchelf)" bin/
	TOOLS_PATH=$PWD/bin fails 'package rpmtool: rpm is not found on PATH: install the package rpm' --from-root "$ROOT" --package rpmtool
	# Who packed a tool is then not known.
	PATH=$PWD/bin "$DBG_TOOLS" build -q -o tree --from-root "$ROOT" rpmtool
	[ "$(owner rpmtool)" = 'null null' ]
}

@test "a broken rpm database is named by rpm's own words, and does not stand in the way of others" {
	local file
	cp -a "$ROOT" broken
	for file in broken/var/lib/rpm/*; do
		[ ! -s "$file" ] || head -c 5000 "$file" >short
		[ ! -s "$file" ] || cp short "$file"
	done
	fails 'package rpmtool: rpm failed with status' --from-root broken --package rpmtool
	"$DBG_TOOLS" build -q -o tree --from-root broken rpmtool
	[ "$(owner rpmtool)" = 'null null' ]
}

@test "an rpm database that finds no room, or is another's file" {
	cp -a "$ROOT" evil
	# shellcheck disable=SC2016 # the script's own variables
	run unshare -m --propagation private bash -c '
		mount -t tmpfs -o size=16k tmpfs temporary
		"$DBG_TOOLS" build -q -o tree --from-root evil --package rpmtool
		echo "status $? left $(ls -A temporary)"'
	[[ $output == *'package rpmtool: copy '*'No space left on device'* && $output == *'status 1 left ' ]]
	for file in evil/var/lib/rpm/*; do
		mv "$file" .
		ln -s "$PWD/${file##*/}" "$file"
	done
	fails 'no package database' --from-root evil --package rpmtool
}

@test "who is not root can ask, too" {
	chmod 755 "$BATS_RUN_TMPDIR" "$BATS_FILE_TMPDIR" "${BATS_TEST_TMPDIR%/*}" "$BATS_TEST_TMPDIR"
	chmod 1777 temporary
	cp "$DBG_TOOLS" tool
	mkdir own && chown 12345 own
	HOME=/nowhere setpriv --reuid 12345 --regid 12345 --clear-groups ./tool build -q -o "$PWD/own/tree" --from-root "$ROOT" --package rpmtool
	[ -x own/tree/bin/rpmtool ]
}

@test "a package of this host's dpkg, as dpkg tells it" {
	command -v dpkg-query >/dev/null && dpkg-query -S /usr/bin/strace >/dev/null 2>&1 || skip "cannot run here: strace is not dpkg's"
	"$DBG_TOOLS" build -q -o tree --package strace
	[ "$(owner strace)" = "$(dpkg-query -W -f '${Package} ${Version}' strace)" ]
	dpkg-query -L strace | grep -E '^(/usr)?/s?bin/[^/]+$' >programs
	while read -r program; do
		[ -e "tree/bin/${program##*/}" ]
	done <programs
	fails 'package no-such-package is not installed: install it' --package no-such-package
}

@test "a distroless image" {
	mkdir -p image/usr/bin image/var/lib/dpkg/status.d
	compile image/usr/bin/tool
	printf 'Package: real-name\nArchitecture: amd64\nVersion: 5-1\nDescription: text\n more\n' >image/var/lib/dpkg/status.d/name
	(cd image && md5sum usr/bin/tool) >image/var/lib/dpkg/status.d/name.md5sums
	"$DBG_TOOLS" build -q -o tree --from-root image --package real-name
	[ "$(owner tool)" = 'real-name 5-1' ]
	fails 'package name is not installed' --from-root image --package name
}

@test "an image of Alpine's kind" {
	mkdir -p image/bin image/lib/apk/db
	compile image/bin/tool
	printf 'C:Q1x=\nP:tool\nV:1.2-r3\nA:x86_64\nF:bin\nR:tool\na:0:0:755\nZ:Q1y=\n\n' >image/lib/apk/db/installed
	"$DBG_TOOLS" build -q -o tree --from-root image --package tool
	[ "$(owner tool)" = 'tool 1.2-r3' ]
}

@test "no database at all" {
	mkdir image
	fails 'no package database (dpkg, rpm or apk) is in' --from-root image --package bash
}
