#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2030,SC2031,SC2154 # a test is a subshell, with the variables of bats
# The hook where something is wrong: the container starts all the same, and the log says what was wrong; with
# strict = yes it does not start.

bats_require_minimum_version 1.5.0
load lab/lab

setup_file() {
	lab_setup_file
}

teardown() {
	lab_teardown
}

# What a runtime would never send, and what it may send when things go wrong: commands that stand for the hook.
# shellcheck disable=SC2016 # they are expanded in the wrapper
declare -gA wrong=(
	[garbage]='cat >/dev/null; echo "garbage{" | "$HOOK"'
	[empty]='cat >/dev/null; "$HOOK" </dev/null'
	[huge]='(cat; head -c 20000000 /dev/zero | tr "\0" " ") | "$HOOK"'
	[no-bundle]='jq "del(.bundle)" | "$HOOK"'
	[missing-bundle]='jq ".bundle = \"/nonexistent\"" | "$HOOK"'
)

# hook_lines_after LINES: those of the hook's since there were LINES in the log.
hook_lines_after() {
	tail -n +"$(($1 + 1))" "$LAB/log" | grep -F oci-crashcart-hook
}

# hook_says_after LINES TEXT: one of them holds TEXT. An error's has the priority <27>.
hook_says_after() {
	hook_lines_after "$1" | grep -qF -e "$2"
}

starts_all_the_same() { # KIND
	local before
	wrap_hook "$LAB/wrong.d" prestart "${wrong[$1]:?}"
	log_settle || return 1
	before=$(wc -l <"$LAB/log")
	HOOKS_DIR=$LAB/wrong.d thin_run "$1" || return 1
	assert_running "$1" || return 1
	wait_for 20 hook_says_after "$before" '<27>' || fail "no error in the log about: $1" "$(hook_lines_after "$before")"
}

@test "a state that is garbage, empty, huge: the container starts" {
	local kind
	for kind in "${!wrong[@]}"; do
		[ "$kind" != no-bundle ] && [ "$kind" != missing-bundle ] || continue
		starts_all_the_same "$kind"
	done
	# At poststart the true state came, and the hook made good what was missed.
	for kind in garbage empty; do
		assert_provisioned "$kind"
	done
}

@test "a missing bundle: the container starts, and the log names it" {
	starts_all_the_same no-bundle
	starts_all_the_same missing-bundle
	log_has "$container" /nonexistent
}

# At such a limit (LimitFSIZE= of an engine's unit) the kernel sends SIGXFSZ, unless it is blocked, as by crun.
@test "no file may be written (RLIMIT_FSIZE): the container starts, and the log says so" {
	# shellcheck disable=SC2016
	wrap_hook "$LAB/wrong.d" prestart 'exec prlimit --fsize=0 "$HOOK"'
	HOOKS_DIR=$LAB/wrong.d thin_run c
	assert_running c
	wait_for 20 log_has "$container" 'File too large'
	podman rm -f -t 0 c
	lab_assert_clean
}

@test "the same at poststart: the container runs on, provisioned as far as the runtime leaves it" {
	local kind
	for kind in garbage empty missing-bundle; do
		wrap_hook "$LAB/wrong.d" poststart "${wrong[$kind]:?}"
		HOOKS_DIR=$LAB/wrong.d thin_run "$kind"
		assert_running "$kind"
	done
}

@test "the same at poststop: the container is removed, and --gc takes what is left" {
	local kind
	for kind in garbage empty; do
		wrap_hook "$LAB/wrong.d" poststop "${wrong[$kind]:?}"
		HOOKS_DIR=$LAB/wrong.d thin_run "$kind"
		podman rm -f -t 0 "$kind"
		run podman inspect "$kind"
		[ "$status" -ne 0 ]
		"$DBG_INJECT" --gc
		lab_assert_clean
	done
	# The bundle is of no use at this stage.
	wrap_hook "$LAB/wrong.d" poststop "${wrong[missing-bundle]:?}"
	HOOKS_DIR=$LAB/wrong.d thin_run c
	podman rm -f -t 0 c
	lab_assert_clean
}

# bats test_tags=once
@test "an unreadable configuration: the container starts, and the log names it" {
	rm -f "$OCI_CRASHCART_CONFIG"
	mkdir "$OCI_CRASHCART_CONFIG"
	thin_run dir
	assert_running dir
	log_has "$container" "$OCI_CRASHCART_CONFIG"
	rmdir "$OCI_CRASHCART_CONFIG"

	rm -f "$OCI_CRASHCART_CONFIG"
	mkfifo "$OCI_CRASHCART_CONFIG"
	thin_run fifo
	assert_running fifo
	log_has "$container" "$OCI_CRASHCART_CONFIG"

	configure
	head -c 3000000 /dev/zero >>"$OCI_CRASHCART_CONFIG"
	thin_run huge
	assert_running huge
	log_has "$container" "$OCI_CRASHCART_CONFIG"
}

# bats test_tags=once
@test "a wrong line of the configuration: the container starts, and the log names file and line" {
	configure 'enable = perhaps' 'strict = no'
	thin_run c
	assert_running c
	log_has "$container" "$OCI_CRASHCART_CONFIG"
	log_has "$container" 3
}

# state_on_tmpfs OPTIONS: the state directory is a mount that something can be wrong with.
state_on_tmpfs() {
	mkdir -p "$OCI_CRASHCART_STATE_DIR"
	mount -t tmpfs -o "mode=711,$1" state "$OCI_CRASHCART_STATE_DIR"
}

fill_state() {
	dd if=/dev/zero of="$OCI_CRASHCART_STATE_DIR/lock" bs=4k 2>/dev/null || true
	! { echo more >"$OCI_CRASHCART_STATE_DIR/fill"; } 2>/dev/null
}

unfill_state() {
	rm -f "$OCI_CRASHCART_STATE_DIR"/fill*
	[ ! -e "$OCI_CRASHCART_STATE_DIR/lock" ] || : >"$OCI_CRASHCART_STATE_DIR/lock"
}

# bats test_tags=once
@test "a state directory without room from the start: the container starts, and the log names it" {
	state_on_tmpfs nr_inodes=1
	thin_run c
	assert_running c
	log_has "$container" 'No space left'
	podman rm -f -t 0 c
	lab_assert_clean
}

# bats test_tags=once
@test "a state directory that fills up: the container starts, and the log names it" {
	state_on_tmpfs size=16k
	thin_run first
	assert_provisioned first
	fill_state
	thin_run c
	assert_running c
	log_has "$container" 'No space left'
	assert_provisioned first
	podman rm -f -t 0 c first
	unfill_state
	lab_assert_clean
}

# bats test_tags=once
@test "the masters' file system is full: the container starts, and the log names it" {
	thin_run first
	! (cd "$OCI_CRASHCART_STATE_DIR/ctr" && seq -f 'fill%.0f' 100000 | xargs mkdir 2>/dev/null) || fail "the masters' file system has no limit"
	thin_run c
	assert_running c
	log_has "$container" 'No space left'
	find "$OCI_CRASHCART_STATE_DIR/ctr" -name 'fill*' -exec rmdir {} +
	assert_provisioned first
	podman rm -f -t 0 c first
	lab_assert_clean
}

# bats test_tags=once
@test "a read-only state directory: the container starts, and the log names it" {
	state_on_tmpfs ro
	thin_run c
	assert_running c
	log_has "$container" 'Read-only file system'
}

# bats test_tags=once
@test "a state directory that became read-only: the container starts; removal and --gc take the rest later" {
	state_on_tmpfs size=1m
	thin_run first
	mount -o remount,ro "$OCI_CRASHCART_STATE_DIR"
	thin_run c
	assert_running c
	log_has "$container" 'Read-only file system'
	podman rm -f -t 0 c first
	mount -o remount,rw "$OCI_CRASHCART_STATE_DIR"
	"$DBG_INJECT" --gc
	lab_assert_clean
}

# bats test_tags=once
@test "no system log: the container starts, provisioned" {
	mv /dev/log /dev/log.aside
	thin_run c
	mv /dev/log.aside /dev/log
	assert_provisioned c
}

# bats test_tags=once
@test "a hook that is called without standard descriptors does its work" {
	# shellcheck disable=SC2016
	wrap_hook "$LAB/wrong.d" prestart '"$HOOK" >&- 2>&-'
	HOOKS_DIR=$LAB/wrong.d thin_run c
	assert_provisioned c
}

# ---- what a runtime leaves the hook with ----

# crun starts hooks with all signals blocked: what ends a wait, and what is done at a crash, must not depend on that.
@test "another process holds the lock: the container starts, and the log says so" {
	local holder
	thin_run first
	rm -f "$LAB/held"
	# All of the locks. They are of the file: fcntl(2), not flock(2).
	# shellcheck disable=SC2016 # perl's
	perl -MFcntl -e 'open my $lock, "+<", $ARGV[0] or die; my $all = pack "s s x4 q q i x4", F_WRLCK, 0, 0, 0, 0;
		fcntl $lock, F_SETLK, $all or die; open my $told, ">", $ARGV[1] or die; sleep' "$OCI_CRASHCART_STATE_DIR/lock" "$LAB/held" 3>&- &
	holder=$!
	wait_for 20 test -e "$LAB/held"
	thin_run c
	assert_running c
	log_has "$container" 'another process of oci-crashcart has held its lock'
	kill "$holder"
	wait "$holder" || true
}

@test "a hook that gets stuck, and one that crashes: the container starts" {
	[ -z "${ASAN_OPTIONS:-}" ] || skip "cannot run here: a sanitizer has the signals of a crash"
	# shellcheck disable=SC2016
	wrap_hook "$LAB/wrong.d" prestart 'exec "$HOOK" < <(cat; exec sleep 3141 2>&-)'
	HOOKS_DIR=$LAB/wrong.d thin_run stuck
	assert_running stuck
	pkill -fx 'sleep 3141'
	# shellcheck disable=SC2016
	wrap_hook "$LAB/wrong.d" prestart 'exec strace -o "$LAB/calls" -e inject=move_mount:signal=SEGV "$HOOK"'
	HOOKS_DIR=$LAB/wrong.d thin_run crashed
	assert_running crashed
	grep -qe '--- SIGSEGV' "$LAB/calls"
}

# Where a hook has a timeout, crun waits for the signal of its end, and takes that of another process of its own for it, which there
# is in a user namespace: after the timeout the container would not start.
# bats test_tags=once
@test "crun is slow to look at a hook that has ended: the container starts, with a user namespace, too" {
	printf '#!/bin/sh\nexec strace -A -o "%s" -e inject=rt_sigtimedwait,wait4,waitid:delay_enter=300000 "%s" "$@"\n' "$LAB/calls" "$(command -v crun)" >"$LAB/slow"
	chmod 755 "$LAB/slow"
	container_run "$LAB/slow" c --network none --uidmap 0:100000:65536 -- thin
	grep -q DELAYED "$LAB/calls"
	assert_running c
	run ! grep rt_sigtimedwait "$LAB/calls"
}

# ---- strict = yes ----

# refused NAME TEXT: with strict = yes the container does not start, and TEXT is in the log, and with runc in podman's message.
refused() {
	local before
	log_settle || return 1
	before=$(wc -l <"$LAB/log")
	run ! podman --runtime "$RUNTIME" --hooks-dir "$HOOKS_DIR" run -d --pull never --network none --name "$1" thin
	[ "$status" -ne 0 ] || fail "it started" || return 1
	[ "$(podman inspect --format '{{.State.Running}}' "$1")" = false ] || fail "it runs" || return 1
	wait_for 20 hook_says_after "$before" "$2" || fail "not in the log: $2" "$(hook_lines_after "$before")" || return 1
	# crun keeps what a hook says to itself.
	[ "$RUNTIME" != runc ] || assert_has "$output" "$2" "podman's message" || return 1
	podman rm -f -t 0 "$1" >/dev/null
}

@test "strict: a container that all is well with starts" {
	configure 'strict = yes'
	thin_run c
	assert_provisioned c
}

@test "strict: garbage, an empty state, a missing bundle keep the container from starting, and the cause is told" {
	configure 'strict = yes'
	wrap_hook "$LAB/wrong.d" prestart "${wrong[garbage]:?}"
	HOOKS_DIR=$LAB/wrong.d refused garbage state
	wrap_hook "$LAB/wrong.d" prestart "${wrong[empty]:?}"
	HOOKS_DIR=$LAB/wrong.d refused empty state
	wrap_hook "$LAB/wrong.d" prestart "${wrong[missing-bundle]:?}"
	HOOKS_DIR=$LAB/wrong.d refused bundle /nonexistent
	"$DBG_INJECT" --gc
}

# bats test_tags=once
@test "strict: a wrong line of the configuration keeps the container from starting" {
	configure 'enable = perhaps' 'strict = yes'
	refused c "$OCI_CRASHCART_CONFIG"
}

@test "strict: a full or read-only state directory keeps the container from starting" {
	configure 'strict = yes'
	state_on_tmpfs nr_inodes=1
	refused full 'No space left'
	umount "$OCI_CRASHCART_STATE_DIR"
	state_on_tmpfs ro
	refused readonly 'Read-only file system'
	umount "$OCI_CRASHCART_STATE_DIR"
	# And when that is over, it starts.
	thin_run well
	assert_provisioned well
}

@test "strict: a container that is skipped by policy or by its shape starts" {
	configure 'strict = yes' 'enable = annotated'
	thin_run policy
	assert_running policy
	configure 'strict = yes'
	thin_run dev -v /dev:/dev
	assert_running dev
}

# A state that cannot be read does not tell the stage: these can.
@test "strict: what goes wrong at poststart or poststop harms no container" {
	configure 'strict = yes'
	wrap_hook "$LAB/wrong.d" poststart "${wrong[missing-bundle]:?}"
	HOOKS_DIR=$LAB/wrong.d thin_run bundle
	assert_running bundle
	podman rm -f -t 0 bundle
	lab_clean
	configure 'strict = yes'
	state_on_tmpfs size=1m
	local stage
	for stage in poststart poststop; do
		# shellcheck disable=SC2016
		wrap_hook "$LAB/wrong.d" "$stage" 'mount -o remount,ro "$OCI_CRASHCART_STATE_DIR"
			"$HOOK"
			status=$?
			mount -o remount,rw "$OCI_CRASHCART_STATE_DIR"
			exit $status'
		HOOKS_DIR=$LAB/wrong.d thin_run "$stage"
		assert_running "$stage"
		podman rm -f -t 0 "$stage"
		run podman inspect "$stage"
		[ "$status" -ne 0 ]
	done
	"$DBG_INJECT" --gc
	lab_assert_clean
}
