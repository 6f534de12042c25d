#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2030,SC2031,SC2154 # a test is a subshell, with the variables of bats
# Much of it, and much at once: the node is after many containers what it was before. SOAK=N: how many rounds; 1000 by
# `make soak`. The runtime is called without an engine, since ten times as many rounds fit into the time then.

bats_require_minimum_version 1.5.0
load lab/lab

setup_file() {
	lab_setup_tools
	"$DBG_TOOLS" build -q -o "$LAB/small" busybox
	"$DBG_TOOLS" image -q --type erofs -o "$LAB/small.erofs" "$LAB/small"
	bundle_make "$LAB/bundle"
}

teardown() {
	[ ${#pids[@]} = 0 ] || kill -KILL "${pids[@]}" 2>/dev/null || true
	lab_teardown
}

# What was started in the background: a plain `wait` would wait for the watchdog of bats as well.
pids=()

await_all() {
	local pid status=0
	for pid in "${pids[@]}"; do
		wait "$pid" || status=$?
	done
	pids=()
	return "$status"
}

start() { # ID
	"$RUNTIME" run -d --bundle "${bundle:-$LAB/bundle}" --pid-file "$LAB/$1.pid" "$1" </dev/null >/dev/null 2>"$LAB/$1.err" 3>&-
}

remove() { # ID
	"$RUNTIME" delete -f "$1" && rm -f "$LAB/$1.pid" "$LAB/$1.err"
}

# Has the first process of container ID its mount, tied to the host's?
assert_has_mount() { # ID
	local line
	line=$(mount_line /dev/crashcart <"/proc/$(<"$LAB/$1.pid")/mountinfo")
	assert_equal "$(mount_field "$line" root)" "/$1" "the mount of $1: $line" || return 1
	assert_equal "$(mount_field "$line" master)" "$(mount_field "$(host_line)" shared)" "the master of $1"
}

# ---- what a node has ----

# Descriptors of nobody's: of processes that were there before, and live on.
descriptors() {
	local pid
	while read -r pid _; do
		echo "$pid $(find "/proc/$pid/fd" -mindepth 1 2>/dev/null | wc -l)"
	done <"$LAB/processes" | grep -v "^\($$\|$BASHPID\|$PPID\) "
}

# Without those that look.
processes() {
	ps -e -o pid=,comm= | awk -v own="$BASHPID" '$1 != own && $2 !~ /^(ps|awk|bash|sort|diff|sleep)$/ { print $1, $2 }' | sort
}

node() {
	echo "--- mounts"
	sort /proc/self/mountinfo
	echo "--- loop devices" # of our own files: other labs have some of the same name
	losetup --list --noheadings --output NAME,BACK-MAJ:MIN | grep -wF "$(mountpoint -d "$(dirname "$LAB")")" || true
	echo "--- state"
	find "$OCI_CRASHCART_STATE_DIR" -mindepth 1 | sort
	echo "--- processes"
	processes
	echo "--- their descriptors"
	descriptors
}

is_as_before() {
	node >"$LAB/node.now"
	diff "$LAB/node.before" "$LAB/node.now"
}

slab_mounts() {
	awk '$1 == "mnt_cache" { print $2 }' /proc/slabinfo
}

# Others on the machine have containers, too: a leak shows by what a round would leave, of hundreds of rounds. What is freed is
# counted until the kernel's next grace period is over (RCU).
are_mounts_freed() { # BEFORE ROUNDS
	[ "$(slab_mounts)" -lt $(($1 + $2 / 2 + 100)) ]
}

# round ID TOOLS
round() {
	start "$1" || fail "start $1: $(cat "$LAB/$1.err")" || return 1
	"$DBG_INJECT" -q --attach --tools "$2" "$1" || return 1
	"$DBG_INJECT" "$1" busybox true || return 1
	# Each third goes with its tools, as at a node that is in a hurry.
	if [ $((${1#s} % 3)) != 0 ]; then
		"$DBG_INJECT" -q --detach "$1" || return 1
		"$DBG_INJECT" -q --verify "$1" || fail "$1 is not clean: $("$DBG_INJECT" --verify "$1")" || return 1
	fi
	remove "$1"
}

# rounds COUNT: what the node has is the same after as before; what mounts the kernel has before goes to $before.
rounds() {
	local number started=$SECONDS
	processes >"$LAB/processes"
	node >"$LAB/node.before"
	before=$(slab_mounts)
	for ((number = 1; number <= $1; number++)); do
		if ((number % 4 == 0)); then
			round "s$number" "$LAB/small.erofs" || return 1
		else
			round "s$number" "$LAB/small" || return 1
		fi
	done
	echo "# $1 rounds in $((SECONDS - started)) seconds; mounts in the kernel: $before before, $(slab_mounts) now" >&3
	wait_for 20 is_as_before || fail "the node has changed:" "$(is_as_before)"
}

# Where others on the machine have made many mounts meanwhile, it takes another time to tell: a leak is there each time.
@test "rounds of start, attach, enter, detach, remove: the node is as before" {
	local number before
	for number in 1 2 3; do
		round "s$number" "$LAB/small.erofs"
		round "s$number" "$LAB/small"
	done
	for number in 1 2 3; do
		rounds "${SOAK:-100}"
		[ -n "$before" ] && ! wait_for 20 are_mounts_freed "$before" "${SOAK:-100}" || return 0
	done
	fail "the kernel has $(slab_mounts) mounts, and had $before"
}

# One file system for all of them; each has a bundle of its own.
many_bundles() { # COUNT
	local number
	for ((number = 1; number <= $1; number++)); do
		mkdir -p "$LAB/many/$number"
		jq --arg root "$LAB/bundle/rootfs" '.root.path = $root' "$LAB/bundle/config.json" >"$LAB/many/$number/config.json"
	done
}

@test "fifty containers that start at the same moment, and end at the same moment; twice" {
	local count=50 again number ids=()
	many_bundles "$count"
	for ((number = 1; number <= count; number++)); do
		ids+=("m$number")
	done
	for again in 1 2; do
		for ((number = 1; number <= count; number++)); do
			bundle=$LAB/many/$number start "m$number" &
			pids+=($!)
		done
		await_all
		for number in "${ids[@]}"; do
			assert_has_mount "$number"
		done
		assert_equal "$(find "$OCI_CRASHCART_STATE_DIR/rec" -name '*.json' | wc -l)" "$count" "records, round $again"
		"$DBG_INJECT" -q --attach --tools "$LAB/small" "${ids[@]}"
		"$DBG_INJECT" m7 busybox true
		"$DBG_INJECT" -q --detach "${ids[@]:0:25}"
		"$DBG_INJECT" -q --verify "${ids[@]:0:25}"
		for number in "${ids[@]}"; do
			remove "$number" &
			pids+=($!)
		done
		await_all
		lab_assert_clean
	done
}

# What is no success has to be "in use", or that the others have kept the lock for so long (on a machine under load).
loop() { # COMMAND...
	local status err
	for _ in {1..8}; do
		status=0
		err=$("$@" </dev/null 2>&1 >/dev/null) || status=$?
		[ "$status" = 0 ] || [ "$status" = 3 ] || [[ $err = *' has held its lock for '* ]] ||
			echo "$status from $*: $err" >>"$LAB/loops.wrong"
	done
}

@test "twenty loops at once that attach, detach and run in one container: one tree or none, and no error but in use" {
	local number line pid
	rm -f "$LAB"/loops.*
	start c
	assert_has_mount c
	for number in {1..8}; do
		loop "$DBG_INJECT" --attach --tools "$LAB/small" c 3>&- &
		pids+=($!)
		loop "$DBG_INJECT" --detach c 3>&- &
		pids+=($!)
	done
	for number in {1..4}; do
		loop "$DBG_INJECT" --tools "$LAB/small" c busybox true 3>&- &
		pids+=($!)
	done
	await_all
	[ ! -e "$LAB/loops.wrong" ] || fail "$(<"$LAB/loops.wrong")"
	pid=$(<"$LAB/c.pid")
	line=$(grep -c ' /dev/crashcart ' "/proc/$pid/mountinfo")
	case $("$DBG_INJECT" --status --json c | jq -r .attached) in
	true) assert_equal "$line" 2 "mounts, with tools" ;;
	*) assert_equal "$line" 1 "mounts, without tools" ;;
	esac
	"$DBG_INJECT" -q --attach --tools "$LAB/small" c
	assert_equal "$(grep -c ' /dev/crashcart ' "/proc/$pid/mountinfo")" 2
	assert_equal "$(grep -c "$OCI_CRASHCART_STATE_DIR/ctr/c " /proc/self/mountinfo)" 1
	"$DBG_INJECT" -q --detach c
	run -0 "$DBG_INJECT" --verify c
	assert_equal "${lines[-1]}" 'c: clean'
	assert_equal "$(find "$OCI_CRASHCART_STATE_DIR/sessions" -mindepth 1)" ""
	remove c
	lab_assert_clean
}
