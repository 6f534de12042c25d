#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2030,SC2031,SC2154 # a test is a subshell, with the variables of bats
# G8: have name services, conversions or locales loaded from the container
#
# CVE-2019-14271 (docker cp). A program that has entered the container's file system looks up a user's name, or says an error in
# the user's language: the C library then loads libnss_*.so or a gconv module, from the container, into root's program.

# bats file_tags=once
bats_require_minimum_version 1.5.0
load gauntlet

setup() {
	cc -shared -fPIC -D_GNU_SOURCE -o "$LAB/evil.so" "$gauntlet_dir/evil.c"
	cc -O -D_GNU_SOURCE -o "$LAB/naive-user" "$gauntlet_dir/naive-user.c"
	container_run "$RUNTIME" c --network none -- fat
	root=/proc/$(container_pid c)/root
	evil_files
}

# The library in every place that a C library may look into.
evil_files() {
	local place name
	mkdir -p "$root/run/lab" "$root/etc"
	chmod 777 "$root/run/lab"
	printf '%s: evil\n' passwd group hosts networks >"$root/etc/nsswitch.conf"
	echo app:x:1000:1001::/: >>"$root/etc/passwd"
	for place in lib "lib/$(cc -print-multiarch)" lib64 usr/lib "usr/lib/$(cc -print-multiarch)" usr/lib64; do
		mkdir -p "$root/$place/gconv" "$root/$place/locale/xx"
		for name in libnss_evil.so.2 libnss_files.so.2 libc.so.6 libcap-ng.so.0 gconv/UTF-16.so gconv/EVIL.so; do
			cp "$LAB/evil.so" "$root/$place/$name"
		done
		printf 'module UTF-16// INTERNAL EVIL 1\nmodule INTERNAL UTF-16// EVIL 1\n' >"$root/$place/gconv/gconv-modules"
	done
	cp "$LAB/evil.so" "$root/evil.so"
	echo /evil.so >"$root/etc/ld.so.preload"
}

evil_log() {
	cat "$root/run/lab/evil.log" 2>/dev/null || true
}

@test "naive: a lookup of a user's name loads the container's library" {
	run "$LAB/naive-user" "$(container_pid c)" app
	assert_has "$(evil_log)" naive-user
	assert_has "$(inside_files "$LAB/naive-user" "$(container_pid c)" app)" /etc/nsswitch.conf
}

@test "ours: dbg-inject and its tools load nothing, whatever the user, the language and the error" {
	local options
	export LC_ALL=xx_XX.UTF-16 LANGUAGE=xx LOCPATH=/usr/lib/locale GCONV_PATH=/lib/gconv
	for options in '' '-u app' '--private' '-t'; do
		# shellcheck disable=SC2086 # words
		run -0 "$DBG_INJECT" $options c bash -c 'id -u; id -un; ls -l / >/dev/null; echo ~app; curl -s http://localhost:1/; exit 0' </dev/null
		# shellcheck disable=SC2086 # words
		assert_equal "$(inside_files "$DBG_INJECT" $options c busybox true </dev/null)" "" "files of dbg-inject with '$options'"
	done
	run -127 "$DBG_INJECT" c no-such-command
	run -125 "$DBG_INJECT" -w /none c true
	run -125 "$DBG_INJECT" -u nobody-there c true
	run -0 "$DBG_INJECT" -e LC_ALL=xx_XX.UTF-16 c tcpdump --version
	run -0 "$DBG_INJECT" c strace -o /dev/null busybox true
	run -0 "$DBG_INJECT" c lsof -n -p 1
	assert_equal "$(evil_log)" ""
}

@test "ours: nor do the tools that the container itself runs" {
	"$DBG_INJECT" --attach c
	podman exec c /dev/crashcart/bin/bash -c 'echo ~app; /dev/crashcart/bin/curl -s http://localhost:1/; exit 0'
	assert_equal "$(evil_log)" ""
}
