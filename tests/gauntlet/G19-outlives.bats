#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2030,SC2031,SC2154 # a test is a subshell, with the variables of bats
# G19: a session that outlives its caller
#
# Whoever debugs is gone (a kill, a closed terminal, a lost connection), and the command stays: root, with a debugger's rights,
# in the container, where its processes can be waited for and used. Tools that were to go stay mounted.

bats_require_minimum_version 1.5.0
load gauntlet

teardown() {
	pkill -KILL -f '^sleep 305' || true
	stop_children
	lab_teardown
}

# What a session leaves running if nobody ends it: a job, one in a session of its own, and one whose parent has ended.
leaves='sleep 3051 & setsid sleep 3052 & (setsid sleep 3053 &)'

all_run() { # HOW-MANY
	[ "$(pgrep -fc '^sleep 305')" = "$1" ]
}

sessions() {
	ls -A "$OCI_CRASHCART_STATE_DIR/sessions"
}

@test "naive: what nsenter has started runs on when it is killed" {
	thin_run c
	"$DBG_INJECT" --attach c
	child naive_enter c /dev/crashcart/bin/busybox sh -c "PATH=/dev/crashcart/bin; $leaves; sleep 3054"
	wait_for 20 all_run 4
	pkill -KILL -x nsenter
	stop_children
	all_run 4
}

@test "ours: dbg-inject killed: all that its command has started ends, in any container, and the tools go" {
	local before options
	for options in "" "--userns=auto" "--pid=host" "--privileged"; do
		[ "$options" != --pid=host ] || ! grep -q '^cgroups = "disabled"' "$CONTAINERS_CONF" || continue
		# shellcheck disable=SC2086 # words
		thin_run c $options
		before=$(container_mountinfo c)
		child "$DBG_INJECT" --rm c sh -c "$leaves; sleep 3054"
		wait_for 20 all_run 4
		stop_children
		wait_for 20 all_run 0
		# The guardian does what dbg-inject would have done at the end.
		# shellcheck disable=SC2016 # not this shell expands it
		wait_for 20 eval '[ -z "$(sessions)" ] && [ "$(container_mountinfo c)" = "'"$before"'" ]'
		podman rm -f -t 0 c
	done
	wait_for 20 grep -q 'dbg-inject.* c .*: dbg-inject was killed' "$LAB/log"
}

# Nothing of ours is left that could do anything. Another session is another's.
@test "ours: dbg-inject and its guardian killed: the command ends at once, and the rest with --gc" {
	local other
	thin_run c
	child "$DBG_INJECT" c sleep 3055
	other=$child
	child "$DBG_INJECT" c sh -c "$leaves; sleep 3054"
	wait_for 20 all_run 5
	wait_for 20 pgrep -x -P "$child" crashcart-guard # it takes that name as its first step
	kill -KILL "$(pgrep -x -P "$child" crashcart-guard)" "$child"
	wait_for 20 all_run 4
	assert_equal "$(sessions | wc -l)" 2
	"$DBG_INJECT" --gc
	all_run 1 || fail "another's session ended as well, or something of this did not"
	assert_equal "$(sessions | wc -l)" 1
	kill -TERM "$other"
	assert_running c
}

# The terminal is script's, which closes it when it is killed. What has made a session of its own has left this one on purpose.
@test "ours: a closed terminal ends the session, also what heeds no hang-up, and the tools go" {
	local before
	thin_run c
	before=$(container_mountinfo c)
	mkfifo "$LAB/keys"
	child sh -c "exec script -qec \"'$DBG_INJECT' --rm c sh -c '(trap : HUP; sleep 3051) & (trap \\\"\\\" HUP; sleep 3052) & sleep 3053'\" /dev/null <>'$LAB/keys'"
	wait_for 20 all_run 3
	pkill -KILL -x script
	stop_children
	wait_for 20 all_run 0
	# shellcheck disable=SC2016 # not this shell expands it
	wait_for 20 eval '[ -z "$(sessions)" ] && [ "$(container_mountinfo c)" = "'"$before"'" ]'
}
