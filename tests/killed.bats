#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2030,SC2031,SC2154 # a test is a subshell, with the variables of bats
# dbg-inject killed by SIGKILL, at any moment of a session: nothing of it runs on inside, and nothing is left that --gc does not remove.

bats_require_minimum_version 1.5.0
load lab/lab

setup_file() {
	lab_setup_tools
}

teardown() {
	pkill -KILL -f '^sleep 304' || true
	lab_teardown
}

# What a session leaves running if nobody ends it: a job, one in a session of its own, and one whose parent has ended.
leaves='sleep 3041 & setsid sleep 3042 & (setsid sleep 3043 &)'

all_run() { # HOW-MANY
	[ "$(pgrep -fc '^sleep 304')" = "$1" ]
}

# start OPTION... : a session in c; its dbg-inject is $inject.
start() {
	"$DBG_INJECT" "$@" c sh -c "$leaves; sleep 3044" </dev/null >"$LAB/out" 2>&1 3>&- &
	inject=$!
	wait_for 20 all_run 4
}

# The pid goes to $guardian, once it has its name.
find_guardian() { # DBG-INJECT
	wait_for 20 pgrep -x -P "$1" crashcart-guard
	guardian=$(pgrep -x -P "$1" crashcart-guard)
}

sessions() {
	ls -A "$OCI_CRASHCART_STATE_DIR/sessions"
}

@test "a session with namespaces or files of its own ends like others" {
	local inject options
	thin_run c
	for options in --private "--ns net,mnt" "--ns net,mnt,pid --profile full"; do
		# shellcheck disable=SC2086 # words
		start $options
		kill -KILL "$inject"
		wait "$inject" || true
		wait_for 20 all_run 0
	done
	"$DBG_INJECT" --ns net c sh -c "$leaves; sleep 3044" </dev/null >"$LAB/out" 2>&1 3>&- &
	inject=$!
	wait_for 20 all_run 4
	kill -KILL "$inject"
	wait "$inject" || true
	wait_for 20 all_run 0
}

@test "a guardian killed alone is missed by nobody, and none is left" {
	local inject guardian
	thin_run c
	start
	find_guardian "$inject"
	kill -KILL "$guardian"
	kill -TERM "$inject"
	wait "$inject" || true
	run ! pgrep -x crashcart-guard
	# What is in no process group of the command stays at its end, as with podman exec. The others have had their signal.
	wait_for 20 eval '! pgrep -f "^sleep 304[14]"'
	all_run 2
}

@test "a record of a session ends no process but its own" {
	local pid stranger
	thin_run c
	"$DBG_INJECT" c true
	sleep 3046 3>&- & # of the usual slack, and in other namespaces
	stranger=$!
	wait_for 20 all_run 1
	pid=$(container_pid c)
	jq -n --arg ns "$(stat -L -c %i /proc/self/ns/pid)" --arg pid "$(stat -L -c %i "/proc/$pid/ns/pid")" \
		--arg mnt "$(stat -L -c %i "/proc/$pid/ns/mnt")" '{container: "c", pid: 999999, "start-time": 1, "pid-namespace": ($ns | tonumber),
		caller: 999999, "caller-start-time": 1, mark: {slack: 50000, pid: ($pid | tonumber), mnt: ($mnt | tonumber)}}' \
		>"$OCI_CRASHCART_STATE_DIR/sessions/999999.json"
	"$DBG_INJECT" --gc
	all_run 1
	assert_running c
	assert_equal "$(sessions)" ""
	kill "$stranger"
}

# Calls of a session, as "NAME NUMBER", from where it begins to change something to where it is over, which is when the guardian is
# ended: what runs from then on, the command has left there by its own end. Each one while the command is on its way in, which is from
# the last process but one that is made, that which enters, to the word to go; then the guardian comes to be, and learns of the command.
# Every eleventh of the others.
points() {
	strace -qq -o "$LAB/calls" "$DBG_INJECT" --rm c true
	sed -n 's/^\([a-z0-9_]*\)(.*/\1/p' "$LAB/calls" | awk '
		{ count[$1]++; call[NR] = $1; number[NR] = count[$1] }
		$1 == "clone" { enters = guardian; guardian = NR }
		$1 == "sendto" { said = NR }
		$1 == "kill" { word = said; last = NR - 1 }
		END { for (i = int(NR / 3); i <= last; i += i >= enters && i <= word ? 1 : 11) {
			print call[i], number[i]
			if (i < enters && i + 11 > enters) i = enters - 11
		} }'
}

@test "killed at any of its calls: nothing runs on, and --gc leaves nothing" {
	local call number before killed=0 attached=0 status
	thin_run c
	before=$(container_mountinfo c)
	while read -r call number; do
		status=0
		strace -qq -o "$LAB/at" -e "trace=$call,kill" -e "inject=$call:signal=KILL:when=$number" \
			"$DBG_INJECT" --rm c sh -c "$leaves; :" </dev/null >"$LAB/out" 2>&1 3>&- || status=$?
		# It may read once more than when it was counted. The guardian is the only one that it signals.
		! grep -q '^kill(' "$LAB/at" || status=0
		[ "$status" = 137 ] && killed=$((killed + 1))
		wait_for 20 no_session || fail "the guardian goes on after $call $number"
		# What a session that was not killed leaves on purpose is no matter here.
		[ "$status" = 137 ] || { pkill -KILL -f '^(setsid )?sleep 304' || true; wait_for 20 "$DBG_INJECT" --detach --force c; }
		# A process that is on its way in ends when nobody answers it.
		# shellcheck disable=SC2016 # not this shell expands it
		wait_for 20 eval '[ "$(inside_pids c .)" = "$(container_pid c)" ]' || fail "something runs on after $call $number"
		[ "$(container_mountinfo c)" = "$before" ] || attached=$((attached + 1))
		"$DBG_INJECT" --gc
		# Who was on its way in holds the tools until it has ended.
		# shellcheck disable=SC2016 # not this shell expands it
		[ -z "$(sessions)" ] || wait_for 20 eval '"$DBG_INJECT" --gc; [ -z "$(sessions)" ]' || fail "sessions after $call $number: $(sessions)"
		# shellcheck disable=SC2016 # not this shell expands it
		[ "$(container_mountinfo c)" = "$before" ] || wait_for 20 eval '"$DBG_INJECT" --gc; [ "$(container_mountinfo c)" = "$before" ]' ||
			fail "attached after $call $number"
	done < <(points)
	[ "$killed" -gt 30 ] || fail "only $killed kills"
	[ "$attached" -gt 0 ] || fail "--gc had nothing to take away"
	"$DBG_INJECT" c true
}
