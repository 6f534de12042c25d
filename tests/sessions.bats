#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2030,SC2031,SC2154 # a test is a subshell, with the variables of bats
# What a session leaves when it ends: nothing (--rm), and lines in the system's log.

bats_require_minimum_version 1.5.0
load lab/lab

setup_file() {
	lab_setup_tools
}

teardown() {
	! mountpoint -q /dev/log || umount /dev/log
	lab_teardown
}

is_attached() { # NAME
	[ "$("$DBG_INJECT" --status --json "$1" | jq .attached)" = true ]
}

# A session that lasts until its standard input ends, which is descriptor 7.
start_session() { # ARGUMENT...
	rm -f "$LAB/fifo"
	mkfifo "$LAB/fifo"
	"$DBG_INJECT" "$@" c cat <"$LAB/fifo" >"$LAB/out" 2>"$LAB/err" 3>&- &
	session=$!
	exec 7>"$LAB/fifo"
	wait_for 20 has_sessions 1
}

has_sessions() { # COUNT
	[ "$("$DBG_INJECT" --status --json c | jq '.sessions | length')" -ge "$1" ]
}

end_session() {
	exec 7>&-
	wait_for 20 gone "$session"
	wait "$session"
}

# The lines of dbg-inject about the container, without time and pid.
audited() { # NAME
	grep -F 'dbg-inject[' "$LAB/log" | grep -F "$(container_id "$1")" | sed 's/^.*dbg-inject\[[0-9]*\]: //'
}

# Whoever writes the log has got so many lines about c.
are_audited() { # COUNT
	[ "$(audited c | wc -l)" -ge "$1" ]
}

@test "--rm: attached for a command, and detached when it ends" {
	thin_run c
	run -7 "$DBG_INJECT" --rm c sh -c 'exit 7'
	run ! is_attached c
	run -127 "$DBG_INJECT" --rm c no-such-program
	run ! is_attached c
	"$DBG_INJECT" c true
	is_attached c
	run -0 --separate-stderr "$DBG_INJECT" --rm -v c true
	assert_has "$stderr" 'c: detached'
	run ! is_attached c
}

@test "--rm: the tools stay while another session uses them, and go with the last" {
	thin_run c
	start_session --rm
	run -0 --separate-stderr "$DBG_INJECT" --rm -v c true
	assert_has "$stderr" 'not detached'
	is_attached c
	end_session
	run ! is_attached c
}

@test "--rm: the tools stay while a process uses them that a session left" {
	thin_run c
	run -0 "$DBG_INJECT" --rm c sh -c 'sleep 1000 >/dev/null 2>&1 </dev/null & echo started'
	is_attached c
	run -3 "$DBG_INJECT" --detach c
	"$DBG_INJECT" --detach --force c
	run ! is_attached c
}

@test "--rm: after a signal, too, and where the container ends first" {
	thin_run c
	start_session --rm
	kill -TERM "$session"
	exec 7>&-
	wait_for 20 gone "$session"
	run ! is_attached c
	start_session --rm
	podman kill c
	wait_for 20 gone "$session"
	exec 7>&-
	podman rm -f -t 0 c
	lab_assert_clean
}

@test "attach, enter and detach are in the log, with who, what, and which container" {
	thin_run c
	"$DBG_INJECT" --attach c
	"$DBG_INJECT" c echo 'one two'
	"$DBG_INJECT" --detach c
	"$DBG_INJECT" --rm c true
	# Once more is nothing that was done.
	"$DBG_INJECT" --detach c
	wait_for 20 are_audited 6
	local who
	who="root: c ($(container_id c))"
	assert_equal "$(audited c)" "$(printf '%s\n' "$who: attached $(realpath "$LAB/tools")" "$who: runs echo one two" \
		"$who: detached the tools" "$who: attached $(realpath "$LAB/tools")" "$who: runs true" "$who: detached the tools")"
	assert_matches "$(grep -F 'dbg-inject[' "$LAB/log" | head -n 1)" '^<85>dbg-inject\[[0-9]+]: '
}

@test "what is logged cannot forge a line" {
	thin_run c
	"$DBG_INJECT" c echo $'a\nroot: c: detached\e[2J'
	wait_for 20 are_audited 2
	assert_has "$(audited c)" 'echo a\x0aroot: c: detached\x1b[2J'
	[ "$(grep -c '^root: c: detached' "$LAB/log")" -eq 0 ]
}

@test "a program of the host's in the namespaces of a process that is in no container is in the log as well" {
	unshare --net sleep 1000 3>&- &
	local pid=$!
	is_apart() { [ "$(readlink "/proc/$pid/ns/net")" != "$(readlink /proc/self/ns/net)" ]; }
	wait_for 20 is_apart
	OCI_CRASHCART_STATE_DIR=$LAB/none "$DBG_INJECT" --ns net "pid:$pid" echo unrecorded
	is_logged() { grep -q "dbg-inject.*(.*): runs echo unrecorded" "$LAB/log"; }
	wait_for 20 is_logged
	kill "$pid"
	grep 'runs echo unrecorded' "$LAB/log"
	[ ! -e "$LAB/none" ]
}

@test "no log daemon, and one that is stuck: a command runs all the same" {
	thin_run c
	mount --bind /dev/null /dev/log
	run -0 "$DBG_INJECT" c echo without
	umount /dev/log
	assert_equal "$output" without
	python3 - "$LAB/stuck" <<-'END' 3>&- &
		import socket, sys, signal
		s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
		s.bind(sys.argv[1])
		c = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
		c.setblocking(False)
		try:
		    while True:
		        c.sendto(b"x", sys.argv[1])
		except BlockingIOError:
		    open(sys.argv[1] + ".full", "w").close()
		signal.pause()
	END
	local stuck=$!
	wait_for 20 test -e "$LAB/stuck.full"
	mount --bind "$LAB/stuck" /dev/log
	run -0 "$DBG_INJECT" c echo stuck
	umount /dev/log
	kill "$stuck"
	assert_equal "$output" stuck
}

@test "--rm: --explain tells of it, and does nothing" {
	thin_run c
	run -0 "$DBG_INJECT" --explain --rm c true
	assert_has "$output" 'afterwards:    detach the tools'
	assert_equal "$("$DBG_INJECT" --explain --json --rm c true | jq .detach)" true
	assert_equal "$("$DBG_INJECT" -n --json c true | jq .detach)" false
	run ! is_attached c
}

@test "--rm goes with a command" {
	run -125 "$DBG_INJECT" --rm --attach c
	assert_has "$output" '--rm goes with a command'
}

# What a session could leave: processes of ours or in the container, mounts, files of the state, descriptors of its first process.
remains() {
	local pid
	pid=$(container_pid c)
	pgrep -l -x dbg-inject
	pgrep -l --ns "$pid" --nslist pid .
	wc -l </proc/self/mountinfo
	wc -l <"/proc/$pid/mountinfo"
	ls "/proc/$pid/fd"
	find "$OCI_CRASHCART_STATE_DIR" -xdev ! -name index | sort # a note of names comes when they have been the same for a moment
}

@test "a thousand sessions leave no process, descriptor, record or mount" {
	local count=1000 before i
	[ -z "${ASAN_OPTIONS:-}" ] || count=50
	thin_run c
	"$DBG_INJECT" c true
	before=$(remains)
	for ((i = 0; i < count; i++)); do
		"$DBG_INJECT" c true </dev/null 3>&-
	done
	same() { [ "$(remains)" = "$before" ]; }
	wait_for 20 same || assert_equal "$(remains)" "$before"
}
