#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2030,SC2031,SC2154 # a test is a subshell, with the variables of bats
# G7: type into the terminal of whoever enters
#
# CVE-2005-4890, CVE-2016-2568, CVE-2017-5226 (su, pkexec, bubblewrap). A program that is run inside with the caller's own
# terminal types into it by TIOCSTI: when the session is over, the caller's shell on the host reads that as a command. Since
# Linux 6.2 this takes CAP_SYS_ADMIN, unless dev.tty.legacy_tiocsti is 1.

# bats file_tags=once
bats_require_minimum_version 1.5.0
load gauntlet

setup() {
	[ -e "$LAB/type" ] || compile type
}

# type_run NAME [podman run option...]
type_run() {
	container_run "$RUNTIME" "$1" --network none -v "$LAB/type:/type:ro" "${@:2}" -- fat
	CONTAINER_PID=$(container_pid "$1")
	export CONTAINER_PID
}

naive_types() {
	at_terminal <<-'END'
		host_shell
		type {nsenter -t "$CONTAINER_PID" -m -p -n -i -u $AS /type $'echo "naive-$((1 + 1))"\n'}
		want "naive-2\r\n"
	END
}

# ours_types NAME: nothing that is typed in it reaches the host's shell, and a session's own typing the session.
ours_types() {
	CONTAINER=$1 at_terminal <<-'END' >"$LAB/session"
		host_shell
		type {"$DBG_INJECT" "$CONTAINER" /type $'echo "injected-$((1 + 1))"\n'}
		want "pasted: failed 7\r\n"
		back_with 0
		type {"$DBG_INJECT" "$CONTAINER" /type $'echo "injected-$((1 + 1))"\n' </dev/null}
		want "typed: failed 7, pasted: failed 7\r\n"
		back_with 0
		inject_shell $env(CONTAINER)
		type {/type $'echo "inside-$((1 + 1))"\n'}
		want "pasted: failed 7\r\n"
		want {# $}
		type exit
		want {host> $}
	END
	cat "$LAB/session"
	assert_has_not "$(cat "$LAB/session")" injected-2
}

@test "naive: what gets the caller's terminal has the caller's shell run a command" {
	type_run c --privileged
	naive_types
}

@test "naive: also as an ordinary user, where dev.tty.legacy_tiocsti is 1" {
	[ "$(cat /proc/sys/dev/tty/legacy_tiocsti 2>/dev/null || echo 1)" = 1 ] ||
		skip "cannot run here: this kernel lets only CAP_SYS_ADMIN type (dev.tty.legacy_tiocsti is 0)"
	type_run c
	AS="-S 1000 -G 1000" naive_types
}

@test "ours: what a privileged container types reaches its own session alone" {
	type_run c --privileged
	ours_types c
	assert_has "$(cat "$LAB/session")" inside-2 # there it does work
}

@test "ours: nor does one with a user namespace, or without capabilities" {
	type_run mapped --uidmap 0:100000:65536
	ours_types mapped
	type_run none --cap-drop all
	ours_types none
}
