#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2030,SC2031,SC2154 # a test is a subshell, with the variables of bats
# G2: trace the process that enters, or use its descriptors
#
# CVE-2016-9962 (runc). Before it executes the command, a process that has entered is a process of the container's which still
# holds what it came with: descriptors of the host's directories, memory, capabilities. The container's root traces it, or
# takes its descriptors out of /proc/PID/fd.
# A container with CAP_SYS_PTRACE in the initial user namespace can trace whatever has entered: so there must be nothing left
# in it by then. One with a user namespace of its own must not be able to trace it at all before it is the command.

bats_require_minimum_version 1.5.0
load gauntlet

setup() {
	[ -e "$LAB/tracer" ] || { compile tracer && compile naive-join; }
	echo secret >"$LAB/secret"
	container_run "$RUNTIME" root --network none --cap-add SYS_PTRACE -v "$LAB/tracer:/tracer:ro" --entrypoint /tracer -- \
		fat "${LAB#/}/secret"
	container_run "$RUNTIME" mapped --network none --uidmap 0:100000:65536 --cap-add SYS_PTRACE -v "$LAB/tracer:/tracer:ro" \
		--entrypoint /tracer -- fat "${LAB#/}/secret"
	wait_for 20 found root ready
	wait_for 20 found mapped ready
}

found() { # NAME PATTERN
	podman logs "$1" | grep -q -e "$2"
}

# enter_until NAME PATTERN: by the naive program, until the container has found that.
enter_until() {
	local round pid
	pid=$(container_pid "$1")
	for ((round = 1; round <= 1000; round++)); do
		"$LAB/naive-join" "$pid" /bin/true
		((round % 20)) || ! found "$1" "$2" || break
	done
	echo "$1: $2 after $round times"
	found "$1" "$2"
}

@test "naive: a program that has a directory open is traced, and leads to the host's files" {
	enter_until root '^secret fd/'
	enter_until root '^traced .*naive-join'
	# To /proc/PID/fd the owner counts too, who is not mapped there.
	enter_until mapped '^traced .*naive-join'
}

traced_once_more() {
	found root '^traced' || { "$DBG_INJECT" root /bin/true && return 1; }
}

@test "ours: nothing leads to the host's files, and no process of ours is traced from a user namespace" {
	local name round
	for name in root mapped; do
		for ((round = 0; round < 20; round++)); do
			"$DBG_INJECT" "$name" /bin/true
		done
		podman logs "$name" | sort | uniq -c
		run ! found "$name" '^secret'
	done
	run ! found mapped '^traced'
	# The container did look, if not each time: there, what has entered can be traced, and holds nothing.
	wait_for 60 traced_once_more
	run ! found root '^secret'
}

# Held when it has entered, and is about to be the command. Of all processes, it alone makes that call; setsid, for one, is the
# guardian's, too, which may come to it before there is a process in the container.
@test "ours: what has entered has nothing open but the command's descriptors and a socket" {
	hold umask "$DBG_INJECT" root /bin/true
	assert_equal "$(ls "/proc/$(inside_pids root 'dbg-inject root /bin/true')/fd")" $'0\n1\n2\n3'
}
