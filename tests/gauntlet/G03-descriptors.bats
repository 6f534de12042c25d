#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2030,SC2031,SC2154 # a test is a subshell, with the variables of bats
# G3: get out by a leaked descriptor, or by the working directory
#
# CVE-2024-21626 (runc). A directory of the host's that is open in a command, or its working directory, leads to all of the
# host's files: `cd /proc/self/fd/7`. So does a file that is handed over as standard input: /proc/self/fd/0 opens it anew, to
# write. And a working directory that lies outside of the root ("(unreachable)") is one where `..` leads out.

bats_require_minimum_version 1.5.0
load gauntlet

setup() {
	echo precious >"$LAB/precious"
}

# with_descriptors COMMAND...: a caller that has left open what it should not have: a directory, and files.
with_descriptors() {
	local fd
	(
		exec 7</ 8<>"$LAB/precious"
		for fd in 3 4 5 6 9 10 11 12 13 14 15 16 17 18 19 20; do
			eval "exec $fd</etc/hostname"
		done
		"$@"
	)
}

get_out='cd /proc/self/fd/7 && cat "run/lab/precious"'

@test "naive: what the caller has open leads to the host's files" {
	container_run "$RUNTIME" c --network none -- fat
	run -0 with_descriptors naive_enter c /bin/sh -c "$get_out"
	assert_equal "$output" precious
	run -0 eval 'naive_enter c /bin/sh -c "cd /proc/self/fd/0 && cat run/lab/precious" </'
	assert_equal "$output" precious
	naive_enter c /bin/sh -c 'echo theirs >/proc/self/fd/0' <"$LAB/precious"
	assert_equal "$(cat "$LAB/precious")" theirs
}

# A process of the container c, with the host's root as its working directory. Its pid goes to $outsider.
outsider_run() {
	container_run "$RUNTIME" c --network none -- fat
	child nsenter -t "$(container_pid c)" -a /bin/sh -c 'cd /proc/self/fd/7 && exec sleep 1300' 7</
	wait_for 20 runs_inside c '^sleep 1300'
	outsider=$(inside_pids c '^sleep 1300')
}

@test "naive: a working directory outside of the root is taken over" {
	outsider_run
	run -0 nsenter -t "$outsider" -a -w /bin/cat run/lab/precious
	assert_equal "$output" precious
}

@test "ours: only descriptors 0, 1 and 2 are open inside" {
	container_run "$RUNTIME" c --network none -- fat
	run -0 with_descriptors "$DBG_INJECT" c sh -c 'ls /proc/$$/fd; :'
	assert_equal "$output" $'0\n1\n2'
	run with_descriptors "$DBG_INJECT" c sh -c "$get_out"
	[ "$status" -ne 0 ]
	assert_has_not "$output" precious
	# The one more is the directory that ls itself reads.
	run -0 "$DBG_INJECT" c ls /proc/self/fd
	assert_equal "$output" $'0\n1\n2\n3'
	# Nor where there is no close_range(2).
	run -0 with_descriptors strace -f -o /dev/null -e trace=close_range -e inject=close_range:error=ENOSYS "$DBG_INJECT" c sh -c \
		'ls /proc/$$/fd; :'
	assert_equal "$output" $'0\n1\n2'
}

@test "ours: a file or directory as standard input or output is not handed over: nobody inside can open it anew" {
	container_run "$RUNTIME" c --network none -- fat
	run -0 "$DBG_INJECT" c sh -c 'cat; echo theirs >/proc/self/fd/0; echo theirs >/proc/self/fd/1' <"$LAB/precious"
	assert_equal "$(cat "$LAB/precious")" precious
	"$DBG_INJECT" c sh -c 'readlink /proc/self/fd/1' >"$LAB/out" </dev/null
	assert_matches "$(cat "$LAB/out")" '^pipe:'
	run eval '"$DBG_INJECT" c sh -c "cd /proc/self/fd/0 && cat run/lab/precious" </'
	[ "$status" -ne 0 ]
	assert_has_not "$output" precious
	status=0
	"$DBG_INJECT" c cat /bin/busybox >/dev/full 2>"$LAB/err" || status=$?
	assert_equal "$status" 125
	assert_has "$(cat "$LAB/err")" 'No space left on device'
}

@test "ours: a working directory that is outside of the root, or deleted, is not taken over" {
	local name
	outsider_run
	run "$DBG_INJECT" "pid:$outsider" cat run/lab/precious
	[ "$status" -ne 0 ]
	assert_has "$output" 'No such file'
	container_run "$RUNTIME" unmounted --network none --privileged --entrypoint /bin/sh -- fat -c \
		'mkdir /x && mount -t tmpfs x /x && cd /x && umount -l /x && exec /app wait'
	container_run "$RUNTIME" deleted --network none --entrypoint /bin/sh -- fat -c \
		'mkdir /x && cd /x && rmdir /x && exec /app wait'
	for name in unmounted deleted; do
		wait_ready "$name"
		run -0 "$DBG_INJECT" "$name" pwd
		assert_equal "$output" / "working directory in $name"
		(cd /proc/self/fd && run -0 "$DBG_INJECT" "$name" readlink /proc/self/cwd && assert_equal "$output" /)
	done
}

@test "ours: --workdir follows no link of /proc" {
	local number options=()
	# With the host's processes in sight, where that can be had: what is open in the one that enters.
	grep -q '^cgroups = "disabled"' "$CONTAINERS_CONF" || options=(--pid host)
	container_run "$RUNTIME" c --network none "${options[@]}" -- fat
	for number in 0 3 4 5 6 7 8 9 10 11 12; do
		misuse 'working directory' -w "/proc/self/fd/$number" c pwd
		misuse 'working directory' -w "/proc/self/fd/$number/.." c pwd
	done
	misuse 'working directory' -w /proc/1/root c pwd
}
