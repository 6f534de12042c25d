#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2030,SC2031,SC2154 # a test is a subshell, with the variables of bats
# Whatever waits is woken by what it waits for: no pause, and no look again after one.

bats_require_minimum_version 1.5.0
load lab/lab

setup_file() {
	lab_setup_tools
}

teardown() {
	pkill -KILL -f '^sleep 311' || true
	lab_teardown
}

# Calls that can pause; of one process, so not of the commands.
pausing='trace=poll,ppoll,select,pselect6,nanosleep,clock_nanosleep,sched_yield'

# assert_no_pause FILE: of such calls, as strace tells them, none was without something to wait for, and some were.
assert_no_pause() {
	grep -q '^poll(\[{fd=[0-9]' "$1" || fail "no call that waits:" "$(cat "$1")" || return 1
	run ! grep -E '^(poll|ppoll)\(NULL|^p?select6?\(0,|nanosleep|sched_yield' "$1"
}

@test "a session's control group is emptied without a pause" {
	needs_cgroups
	thin_run c
	strace -qq -e "$pausing" -o "$LAB/calls" "$DBG_INJECT" --cgroup session c \
		sh -c 'setsid sleep 3111 & setsid sleep 3112 & setsid sleep 3113 &' </dev/null 3>&-
	assert_no_pause "$LAB/calls"
	run ! pgrep -f '^sleep 311'
	assert_equal "$(find /sys/fs/cgroup -type d -name 'oci-crashcart-[0-9]*')" ""
}

@test "what a killed dbg-inject leaves is ended without a pause, also where nobody waits for it" {
	local inject guardian tracer
	thin_run c
	"$DBG_INJECT" c sh -c '(setsid sleep 3114 &); setsid sleep 3115 & sleep 3116' </dev/null 3>&- &
	inject=$!
	# shellcheck disable=SC2016 # not this shell expands it
	wait_for 20 eval '[ "$(pgrep -fc "^sleep 311")" = 3 ]'
	wait_for 20 pgrep -x -P "$inject" crashcart-guard
	guardian=$(pgrep -x -P "$inject" crashcart-guard)
	strace -e "$pausing" -o "$LAB/calls" -p "$guardian" 2>"$LAB/err" 3>&- &
	tracer=$!
	wait_for 20 grep -q ' attached' "$LAB/err" # and interrupted, so that no call is missed
	kill -KILL "$inject"
	wait "$inject" || true
	wait "$tracer" || true
	# A poll that was going on when strace came is told from its end.
	sed -i 's/^restart_syscall.*/poll([{fd=0/' "$LAB/calls"
	assert_no_pause "$LAB/calls"
	run ! pgrep -f '^sleep 311'
	"$DBG_INJECT" --gc
	assert_equal "$(ls -A "$OCI_CRASHCART_STATE_DIR/sessions")" ""
}

@test "the rest of a session with a terminal is waited for without a pause" {
	local tracer status=0
	thin_run c
	# One that heeds neither signal has its time; the terminal stays for it.
	strace -qq -e "$pausing" -o "$LAB/calls" "$DBG_INJECT" -t c \
		bash -c '(trap "" TERM HUP; exec busybox sleep 3118) & sleep 3117' </dev/null >/dev/null 3>&- &
	tracer=$!
	wait_for 20 pgrep -f '^sleep 3117'
	wait_for 20 pgrep -f '^busybox sleep 3118'
	kill -TERM "$(pgrep -x -P "$tracer" dbg-inject)" # not its guardian, which may not have its own name yet
	wait_for 20 eval '! pgrep -f "^sleep 3117"'
	pkill -KILL -f '^busybox sleep 3118' || true # its time may be over on a busy machine
	wait "$tracer" || status=$?
	assert_equal "$status" 143
	assert_no_pause "$LAB/calls"
	run ! pgrep -f '^(busybox sleep 3118|sleep 3117)'
}
