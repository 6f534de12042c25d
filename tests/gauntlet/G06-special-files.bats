#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2030,SC2031,SC2154 # a test is a subshell, with the variables of bats
# G6: put false files in the place of devices, /proc and /dev/pts
#
# CVE-2019-19921, CVE-2025-31133, CVE-2025-52565, CVE-2025-52881 (runc). Who, once inside, writes to /dev/null, to a label in
# /proc/self/attr or to a setting in /proc/sys, or opens a terminal in /dev/pts, trusts that these are what they are called. The
# container has put files, FIFOs and mounts of its own there.

bats_require_minimum_version 1.5.0
load gauntlet

# poisoned NAME [podman run option...]: a container that has done so.
poisoned() {
	local name=$1
	shift
	container_run "$RUNTIME" "$name" --network none "$@" -- fat
	# shellcheck disable=SC2016 # not this shell expands it
	nsenter -t "$(container_pid "$name")" -a /bin/sh -ec '
		mkdir -p /fake/self/fd /fake/self/ns /fake/self/attr /fake/1/ns /fake/sys/kernel
		: >/fake/self/attr/exec
		: >/fake/sys/kernel/cap_last_cap
		for name in self/status self/mountinfo self/uid_map self/exe self/loginuid loadavg filesystems mounts; do
			mkfifo /fake/$name
		done
		mkdir /fake/dev
		: >/fake/dev/null
		mkfifo /fake/dev/tty /fake/dev/random /fake/dev/urandom /fake/dev/zero
		for name in null tty random urandom zero; do
			mount --bind /fake/dev/$name /dev/$name
		done
		rm -f /dev/ptmx
		ln -s /fake/self/attr/exec /dev/ptmx
		mount -t tmpfs pts /dev/pts
		mount --bind /fake /proc'
}

each_kind() {
	poisoned root --privileged
	poisoned mapped --uidmap 0:100000:65536 --cap-add SYS_ADMIN --cap-add MKNOD
}

size() { # NAME FILE
	stat -c %s "/proc/$(container_pid "$1")/root$2"
}

@test "naive: what is thrown away is in the container's file, and a label goes nowhere" {
	each_kind
	local name
	for name in root mapped; do
		naive_enter "$name" /bin/sh -c 'echo secret >/dev/null'
		assert_equal "$(cat "/proc/$(container_pid "$name")/root/dev/null")" secret
		naive_enter "$name" /bin/sh -c 'echo some-label >/proc/self/attr/exec'
		assert_equal "$(cat "/proc/$(container_pid "$name")/root/fake/self/attr/exec")" some-label
	done
	# A FIFO holds up whoever looks for his own state.
	run timeout -s KILL 1 nsenter -t "$(container_pid root)" -m /bin/cat /proc/self/status
	assert_equal "$status" 137
}

@test "ours: none of them is opened or named, and commands and terminals work" {
	each_kind
	local name found
	for name in root mapped; do
		# shellcheck disable=SC2016 # not this shell expands it
		run timeout 20 "$DBG_INJECT" "$name" sh -c 'echo $((6 * 7)); exit 3'
		assert_equal "$status $output" "3 42" "in $name"
		run -0 timeout 20 "$DBG_INJECT" -t "$name" sh -c 'test -t 0 && test -t 1 && echo terminal' </dev/null
		assert_has "$output" terminal
		run -0 timeout 20 "$DBG_INJECT" -u 1000:1000 "$name" sh -c 'exit 0'
		for found in '' '-t' '--private' '--profile same'; do
			# shellcheck disable=SC2086 # words
			assert_equal "$(inside_files timeout 20 "$DBG_INJECT" $found "$name" sh -c 'exit 0' </dev/null)" "" "$name, with '$found'"
		done
		timeout 20 "$DBG_INJECT" --detach "$name"
		timeout 20 "$DBG_INJECT" --attach "$name"
		assert_equal "$(size "$name" /dev/null) $(size "$name" /fake/self/attr/exec)" "0 0" "written in $name"
	done
}

@test "ours: nor does the hook open or name any" {
	# shellcheck disable=SC2016 # not this shell expands it
	wrap_hook "$LAB/traced.d" prestart 'exec strace -f -qq -s 200 -o "$LAB/hook.prestart" -e trace=setns,%file,clone "$HOOK"'
	HOOKS_DIR=$LAB/traced.d thin_run one
	assert_provisioned one
	assert_equal "$(print_inside <"$LAB/hook.prestart")" "" "prestart"
	podman rm -f -t 0 one
	# shellcheck disable=SC2016 # not this shell expands it
	wrap_hook "$LAB/traced.d" poststart 'exec strace -f -qq -s 200 -o "$LAB/hook.poststart" -e trace=setns,%file,clone "$HOOK"'
	HOOKS_DIR=$LAB/traced.d thin_run two
	assert_provisioned two
	run print_inside <"$LAB/hook.poststart"
	[ "$output" = "" ] || [ "$output" = "nothing was entered" ] || fail "poststart: $output"
}
