#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2030,SC2031,SC2154 # a test is a subshell, with the variables of bats
# G4: exchange the mount's target for a symbolic link while it is mounted on
#
# CVE-2021-30465, CVE-2024-45310 (runc). Between the look at a path, which is a directory, and the mount on that path, the
# container puts a symbolic link in its place (renameat2 with RENAME_EXCHANGE, a million times). So it has a mount made where
# it likes: here on a volume that it shares with the host, in whose mount table it appears.

bats_require_minimum_version 1.5.0
load gauntlet

setup() {
	[ -e "$LAB/swap" ] || compile swap
	mkdir -p "$LAB/none.d" "$LAB/volume"
	mount -t tmpfs volume "$LAB/volume"
	mount --make-shared "$LAB/volume"
}

teardown() {
	stop_children
	podman rm -f -t 0 -a >/dev/null 2>&1 || true
	umount -R "$LAB/volume"
	"$DBG_INJECT" --gc >/dev/null || true
	lab_teardown
}

# swap_run NAME HOOKS [podman run option...]
swap_run() {
	local name=$1 hooks=$2
	shift 2
	HOOKS_DIR=$hooks container_run "$RUNTIME" "$name" --network none -v "$LAB/volume:/volume:rshared" -v "$LAB/swap:/swap:ro" \
		--entrypoint /swap "$@" -- fat /volume
	wait_for 20 exchanged "$name" ready
	pid=$(container_pid "$name")
}

exchanged() { # NAME LINE
	podman logs "$1" | grep -qx -e "$2"
}

# exchanges NAME: how many there were; thousands are meant.
exchanges() {
	podman logs "$1" | tail -n 1
}

@test "naive: what is mounted on the path after a look at it comes to lie on the host's volume" {
	swap_run c "$LAB/none.d"
	local round where
	for ((round = 1; round <= 500; round++)); do
		nsenter -t "$pid" -m -p /bin/sh -c \
			'[ -d /dev/crashcart ] && [ ! -L /dev/crashcart ] && mount -t tmpfs naive /dev/crashcart' 2>/dev/null || continue
		where=$(awk '/ naive / { print $5 }' "/proc/$pid/mountinfo")
		[ "$where" != /volume ] || break
		# With a mount on it, it is exchanged no more.
		nsenter -t "$pid" -m -p /bin/umount "$where"
	done
	echo "after $round rounds, $(exchanges c) exchanges"
	grep " $LAB/volume .* naive " /proc/self/mountinfo
}

# attach_often NAME COUNT: attached and detached while it goes on; in how many rounds it was attached goes to $good.
attach_often() {
	local name=$1 count=$2 here round
	"$DBG_INJECT" --attach "$name" >/dev/null 2>&1 || true # which makes the state directory
	"$DBG_INJECT" --detach --lazy "$name"
	here=$(cat /proc/self/mountinfo)
	good=0
	for ((round = 0; round < count; round++)); do
		run "$DBG_INJECT" --attach "$name"
		case $status in
		0) good=$((good + 1)) ;;
		125) assert_matches "$output" "^dbg-inject: $name: " ;;
		*) fail "status $status: $output" ;;
		esac
		assert_equal "$(cat /proc/self/mountinfo)" "$here" "the host's mount table"
		assert_equal "$(grep -c ' /volume ' "/proc/$pid/mountinfo")" 1 "mounts on /volume"
		"$DBG_INJECT" --detach --lazy "$name"
	done
	echo "$name: attached in $good of $count rounds, $(exchanges "$name") exchanges"
}

@test "ours: dbg-inject mounts nowhere else" {
	local before
	swap_run c "$LAB/none.d"
	before=$(cat "/proc/$pid/mountinfo")
	attach_often c 25
	[ "$good" -gt 0 ]
	assert_equal "$(cat "/proc/$pid/mountinfo")" "$before" "the container's mount table"
	[ "$(exchanges c)" -ge 5000 ]
}

@test "ours: nor from a user namespace that unmounts what is in its way" {
	swap_run mapped "$LAB/none.d" --uidmap 0:100000:65536 --cap-add SYS_ADMIN
	attach_often mapped 25
	[ "$(exchanges mapped)" -ge 5000 ]
}

# Its place has been made, and it is held at the call that mounts (429 is move_mount's number on all machines).
at_the_mount() {
	inject=$(pgrep -x -P "$tracer" dbg-inject) && [ -d "/proc/$pid/root/dev/crashcart" ] && grep -q '^429 ' "/proc/$inject/syscall"
}

@test "ours: nor where it is held at that very call, and the target is exchanged then" {
	local here tracer inject
	thin_run first # which makes the state directory
	HOOKS_DIR=$LAB/none.d container_run "$RUNTIME" c --network none -v "$LAB/volume:/volume:rshared" -- fat wait
	pid=$(container_pid c)
	here=$(cat /proc/self/mountinfo)
	strace -qq -o /dev/null -e trace=move_mount -e inject=move_mount:delay_enter=2000000:delay_exit=1000000 \
		"$DBG_INJECT" --attach c >"$LAB/out" 2>&1 3>&- &
	tracer=$!
	children+=("$tracer")
	wait_for 20 at_the_mount
	kill -STOP "$tracer" # nor does it go on when the delay is over
	nsenter -t "$pid" -m -p /bin/sh -c 'mv /dev/crashcart /dev/moved && ln -s /volume /dev/crashcart'
	kill -CONT "$tracer"
	# What it mounts where it should not, it takes away again when it is not seen: so this looks meanwhile.
	while ! gone "$tracer"; do
		assert_equal "$(grep -c ' /volume ' "/proc/$pid/mountinfo")" 1 "mounts on /volume"
		sleep 0.05
	done
	status=0
	wait "$tracer" || status=$?
	assert_equal "$status" 125 "$(cat "$LAB/out")"
	assert_equal "$(grep -c ' /volume ' "/proc/$pid/mountinfo")" 1 "mounts on /volume"
	assert_equal "$(cat /proc/self/mountinfo)" "$here" "the host's mount table"
}

# What the hook mounts is there before the container runs; at poststart it looks again, and mends it.
@test "ours: nor does the hook, while a container starts that unmounts what it was given" {
	local here round
	thin_run first
	here=$(cat /proc/self/mountinfo)
	for round in 1 2 3 4; do
		swap_run "c$round" "$HOOKS_DIR" --privileged
		assert_running "c$round"
		assert_equal "$(grep -c ' /volume ' "/proc/$pid/mountinfo")" 1 "mounts on /volume"
		podman rm -f -t 0 "c$round"
		assert_equal "$(cat /proc/self/mountinfo)" "$here" "the host's mount table"
	done
}
