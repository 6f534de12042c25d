#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2030,SC2031,SC2154 # a test is a subshell, with the variables of bats
# Nothing is left: containers that end in any way, hooks that were killed, and --gc.

bats_require_minimum_version 1.5.0
load lab/lab

setup_file() {
	lab_setup_tools
}

teardown() {
	lab_teardown
}

exited() { # NAME
	[ "$(podman inspect --format '{{.State.Status}}' "$1")" = exited ]
}

# The mount tables of the host, but for what engines have there.
host_mounts() {
	grep -v -e /var/lib/containers/ -e /run/containers/ -e /run/netns /proc/self/mountinfo
}

@test "podman rm -f of a running container leaves nothing" {
	thin_run other
	local before
	before=$(host_mounts)
	thin_run c
	local id=$container
	podman rm -f -t 0 c
	lab_assert_clean "$id"
	assert_equal "$(host_mounts)" "$before"
	assert_provisioned other
}

@test "podman kill leaves nothing" {
	thin_run c
	podman kill c
	wait_for 20 exited c
	wait_for 20 lab_assert_clean
}

@test "podman stop leaves nothing" {
	thin_run c
	podman stop -t 1 c
	lab_assert_clean
}

@test "kill -9 of the first process, from the host, leaves nothing" {
	thin_run c
	"$DBG_INJECT" --attach c
	kill -KILL "$(container_pid c)"
	wait_for 20 exited c
	wait_for 20 lab_assert_clean
}

@test "a container that ends by itself leaves nothing" {
	container_run "$RUNTIME" c --network none -- thin exit 4
	wait_for 20 exited c
	wait_for 20 lab_assert_clean
	assert_equal "$(podman inspect --format '{{.State.ExitCode}}' c)" 4
}

@test "ten containers killed at once leave nothing" {
	local number
	for number in 0 1 2 3 4 5 6 7 8 9; do
		thin_run "c$number"
	done
	"$DBG_INJECT" --attach c1 c3 c5
	podman rm -f -t 0 -a
	lab_assert_clean
	assert_equal "$(grep -c " $OCI_CRASHCART_STATE_DIR" /proc/self/mountinfo)" 1
}

@test "starts and ends beside each other leave nothing" {
	local lane lanes=()
	for lane in 1 2 3 4; do
		(
			for round in 1 2 3 4 5; do
				thin_run "c$lane-$round"
				podman rm -f -t 0 "c$lane-$round"
			done
		) >"$LAB/lane$lane" 2>&1 3>&- &
		lanes+=($!)
	done
	for lane in "${lanes[@]}"; do
		wait "$lane" || fail "$(cat "$LAB"/lane*)"
	done
	lab_assert_clean
}

# A container without the hook at poststop, that is: one whose host went down, or whose engine was killed.
unclean_end() { # NAME
	rm -rf "$LAB/starts.d"
	lab_register "$LAB/starts.d" "$HOOK" prestart poststart
	HOOKS_DIR=$LAB/starts.d thin_run "$1"
	[ "${2:-}" != attached ] || "$DBG_INJECT" --attach "$1"
	podman rm -f -t 0 "$1"
	[ -n "$(lab_remains "$container")" ] || fail "this test has nothing to remove"
}

@test "--gc removes what dead containers left, attached or not, and says whose it was" {
	unclean_end c
	local first=$container
	unclean_end d attached
	[ "$(grep -c "$LAB/tools\|/ctr/" /proc/self/mountinfo)" -ge 1 ]
	run -0 "$DBG_INJECT" --gc
	assert_has "$output" "${first:0:12}"
	assert_has "$output" "${container:0:12}"
	lab_assert_clean
	run -0 "$DBG_INJECT" --gc
	assert_equal "$output" ""
}

@test "--gc leaves living containers alone: attached, not attached, paused, in a session" {
	needs_cgroups
	thin_run empty
	thin_run attached
	thin_run paused
	"$DBG_INJECT" --attach attached
	podman pause paused
	"$DBG_INJECT" empty sleep 1020 3>&- &
	local session=$! before
	wait_for 20 pgrep -f '^sleep 1020'
	unclean_end dead
	before=$(for name in empty attached paused; do container_mountinfo "$name"; done)
	run -0 "$DBG_INJECT" --gc
	lab_assert_clean "$container"
	assert_equal "$(for name in empty attached paused; do container_mountinfo "$name"; done)" "$before"
	assert_equal "$("$DBG_INJECT" --list --json | jq -r '[.[].name] | sort | join(" ")')" "attached empty paused"
	assert_equal "$("$DBG_INJECT" --list --json | jq -r '.[] | select(.name == "empty").sessions | length')" 1
	kill -TERM "$session"
	wait "$session" || true
	podman unpause paused
	assert_provisioned paused
}

@test "a dead container that left something is listed as not running" {
	unclean_end c
	run -0 "$DBG_INJECT" --list --json
	assert_equal "$(jq -c --arg id "$container" '.[] | select(.id == $id) | [.running, .provisioned, .attached]' <<<"$output")" \
		'[false,"none",false]'
	"$DBG_INJECT" --gc
}

@test "--gc takes masters without a record, records without a master, and what is in none" {
	thin_run c
	local state=$OCI_CRASHCART_STATE_DIR id
	id=$(printf '%064d' 7)
	mkdir "$state/ctr/$id"
	jq --arg id "${id/7/8}" '.id = $id | .pid = 999999' "$state/rec/$container.json" >"$state/rec/${id/7/8}.json"
	echo garbage >"$state/rec/${id/7/9}.json"
	echo garbage >"$state/sessions/999999.json"
	echo gar >"$state/sessions/.999998.json" # killed while it was written
	echo gar >"$state/sessions/.remove-999999.json"
	run "$DBG_INJECT" --gc
	assert_equal "$(lab_remains | grep -v "$container")" ""
	assert_provisioned c
}

# ---- a hook that is killed ----

# injected_at STAGE SYSCALL INJECTION N: a container, and its removal, with INJECTION (strace's) at the hook's Nth SYSCALL at STAGE.
# The hook's exit status goes to $hook_status.
# A killed prestart hook may keep a container from starting: that is the runtime's decision. What counts is what is left.
injected_at() { # STAGE SYSCALL INJECTION N
	rm -f "$LAB/hook.status"
	# shellcheck disable=SC2016
	wrap_hook "$LAB/killed.d" "$1" "strace -f -o /dev/null -e trace=$2 -e inject=$2:$3:when=$4 \"\$HOOK\"
		status=\$?
		echo \$status >\$LAB/hook.status
		exit \$status"
	podman --runtime "$RUNTIME" --hooks-dir "$LAB/killed.d" run -d --pull never --network none --name c thin \
		>/dev/null 2>"$LAB/podman.err" 3>&- || true
	podman rm -f -t 0 c >/dev/null
	hook_status=$(cat "$LAB/hook.status")
}

@test "what a killed hook left goes with the next poststop, of whatever container" {
	local call
	for call in move_mount renameat open_tree setns; do
		injected_at prestart "$call" signal=KILL 1
		assert_equal "$hook_status" 137
	done
	[ -n "$(lab_remains)" ] || fail "this test has nothing to remove"
	thin_run other
	podman rm -f -t 0 other
	lab_assert_clean
}

@test "what a failed start left goes with the next poststop, of whatever container" {
	run -127 podman --runtime "$RUNTIME" --hooks-dir "$HOOKS_DIR" run --rm --network none --entrypoint /nothing thin
	thin_run other
	podman rm -f -t 0 other
	lab_assert_clean
}

@test "without new mount calls (an old kernel): the container starts, and the log says what is missing" {
	local call
	for call in open_tree mount_setattr move_mount openat2 pidfd_open; do
		wrap_hook "$LAB/killed.d" prestart "strace -f -o /dev/null -e trace=$call -e inject=$call:error=ENOSYS \"\$HOOK\""
		HOOKS_DIR=$LAB/killed.d thin_run "${call//_/-}"
		assert_running "${call//_/-}"
		assert_matches "$(log_of "$container")" 'kernel|not implemented'
	done
}

# watched STAGE [WITHOUT...]: a container with the hook at STAGE after WITHOUT; the files that it opens go to $LAB/opened.
watched() {
	local stage=$1
	shift
	wrap_hook "$LAB/killed.d" "$stage" "exec strace -f -o \$LAB/opened -e trace=openat $* \"\$HOOK\""
	HOOKS_DIR=$LAB/killed.d thin_run c
	assert_provisioned c
	podman rm -f -t 0 c >/dev/null
}

# statmount: 457, listmount: 458. That a /dev is the host's, too, only a look at all mounts of the host tells.
@test "mounts are asked for one by one, and without these calls found in the table" {
	local stage without
	cc -O -static -o "$LAB/without" "$BATS_TEST_DIRNAME/lab/without.c"
	mkdir "$LAB/shared"
	mount -t tmpfs shared "$LAB/shared"
	cp -a /dev/{null,zero,full,random,urandom,tty} "$LAB/shared"
	for without in '' "$LAB/without 457 458 --"; do
		for stage in prestart poststart; do
			watched "$stage" "$without"
			if [ -n "$without" ]; then
				grep -q mountinfo "$LAB/opened" || fail "$stage: no table was read"
			elif [ "$stage" = prestart ] && [ "$(printf '%s\n' 6.13 "$(uname -r)" | sort -V | head -n 1)" = 6.13 ]; then
				grep -c mountinfo "$LAB/opened" && fail "$stage: a table was read"
			fi
		done
		wrap_hook "$LAB/killed.d" prestart "exec $without \"\$HOOK\""
		HOOKS_DIR=$LAB/killed.d thin_run c -v "$LAB/shared:/dev"
		log_has "$container" "the container's /dev is shared with the host"
		podman rm -f -t 0 c >/dev/null
		[ -z "$(find "$LAB/shared" -name crashcart)" ] || fail "something of ours on the host"
	done
	umount "$LAB/shared"
}
