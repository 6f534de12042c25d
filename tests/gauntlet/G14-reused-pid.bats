#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2030,SC2031,SC2154 # a test is a subshell, with the variables of bats
# G14: have another process taken for the container's
#
# A container is remembered by its process's number. When that has ended, the number is free, and who makes processes quickly
# gets it: what was meant for the container is then done to a process of the host's, or of another container's.

bats_require_minimum_version 1.5.0
load gauntlet

# A container whose process has ended, and of which all is there still that tells of it: the record, and the runtime's state.
# Its number goes to $pid, and is that of a process of the host's then: sleep 3141.
dead_container() { # NAME
	compile reuse
	bundle_make "$LAB/bundle"
	[ "${2:-}" != foreign ] || edit_config 'del(.hooks)'
	bundle_run "$LAB/bundle" "$1"
	pid=$(cat "$LAB/$1.pid")
	kill -KILL "$pid"
	wait_for 20 gone "$pid"
	take_number
}

edit_config() { # JQ-FILTER
	jq "$1" "$LAB/bundle/config.json" >"$LAB/config.new"
	mv "$LAB/config.new" "$LAB/bundle/config.json"
}

take_number() {
	child "$LAB/reuse" "$pid" sleep 3141
	wait_for 20 grep -q made "$LAB/child.out"
	wait_for 20 is_stranger # and not reuse's child, about to become that
}

is_stranger() {
	[ "$(tr '\0' ' ' <"/proc/$pid/cmdline")" = "sleep 3141 " ]
}

# The process of the host's is what it was: nobody has ended it, and nothing was mounted for it.
assert_stranger_unharmed() {
	assert_equal "$(tr '\0' ' ' <"/proc/$pid/cmdline")" "sleep 3141 "
	assert_equal "$(grep -c ' /dev/crashcart ' "/proc/$pid/mountinfo")" 0
}

teardown() {
	[ -z "${pid:-}" ] || pkill -KILL -f '^sleep 3141' || true
	stop_children
	lab_teardown
}

@test "naive: who enters by the number that was remembered enters the host" {
	dead_container c
	local remembered
	remembered=$(jq .pid "$OCI_CRASHCART_STATE_DIR/rec/c.json")
	assert_equal "$(nsenter -t "$remembered" -a readlink /proc/self/ns/mnt)" "$(readlink /proc/self/ns/mnt)"
}

@test "ours: a record whose number another process has is a dead container's" {
	dead_container c
	run -125 --separate-stderr "$DBG_INJECT" c true
	assert_equal "${#stderr_lines[@]}" 1
	local verb
	for verb in --attach --detach --status; do
		run -125 "$DBG_INJECT" "$verb" c
	done
	assert_equal "$("$DBG_INJECT" --list --json | jq -c '.[] | [.id, .running]')" '["c",false]'
	assert_stranger_unharmed
	run -0 "$DBG_INJECT" --gc
	assert_has "$output" 'c: removed'
	lab_assert_clean
	assert_stranger_unharmed
	"$RUNTIME" delete -f c || true
	assert_stranger_unharmed
}

@test "ours: a runtime's state whose number another process has is no container's" {
	dead_container c foreign
	run -125 --separate-stderr "$DBG_INJECT" c true
	run -125 --separate-stderr "$DBG_INJECT" --attach c
	assert_equal "$("$DBG_INJECT" --list --json | jq -c .)" "[]"
	assert_stranger_unharmed
	lab_assert_clean
}

# dbg-inject has opened /proc/PID, and is held before it opens its pidfd.
@test "ours: a container whose number goes to another process while it is resolved is not entered" {
	compile reuse
	bundle_make "$LAB/bundle"
	bundle_run "$LAB/bundle" c
	pid=$(cat "$LAB/c.pid")
	"$DBG_INJECT" c true
	"$DBG_INJECT" --detach c
	hold pidfd_open "$DBG_INJECT" c id
	kill -KILL "$pid"
	take_number
	let_go
	status=0
	wait "$held" || status=$?
	assert_equal "$status" 125 "$(cat "$LAB/held.out")"
	assert_stranger_unharmed
}

@test "ours: a container that was replaced by one of the same id is another" {
	compile reuse
	bundle_make "$LAB/bundle"
	bundle_run "$LAB/bundle" c
	pid=$(cat "$LAB/c.pid")
	"$DBG_INJECT" --attach c
	local inject before
	rm -f "$LAB/calls"
	strace -f -o "$LAB/calls" -e trace=setns -e inject=setns:delay_enter=2000000 "$DBG_INJECT" c sleep 3142 \
		</dev/null >"$LAB/out" 2>&1 3>&- &
	inject=$!
	children+=("$inject")
	wait_for 20 grep -q setns "$LAB/calls"
	# The lock is dbg-inject's: the removal must not wait for it for ever, nor the start.
	kill -KILL "$pid"
	"$RUNTIME" delete -f c
	bundle_run "$LAB/bundle" c
	before=$(cat "/proc/$(cat "$LAB/c.pid")/mountinfo")
	status=0
	wait "$inject" || status=$?
	assert_equal "$status" 125 "$(cat "$LAB/out")"
	run ! pgrep -f '^sleep 3142'
	assert_equal "$(cat "/proc/$(cat "$LAB/c.pid")/mountinfo")" "$before" "the mount table of the new one"
	run -0 "$DBG_INJECT" c true
}
