#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2016,SC2030,SC2031,SC2154 # a test is a subshell, with the variables of bats; jq has some of its own
# dbg-inject --attach, --detach, --list, --status: what a container sees of it. What its root can do to it is in gauntlet/.

bats_require_minimum_version 1.5.0
load lab/lab

setup_file() {
	lab_setup_tools
}

teardown() {
	lab_teardown
}

# The container sees the tree: read-only, without set-id programs and devices, with its files.
assert_attached() { # NAME
	local line pid
	pid=$(container_pid "$1")
	line=$(mount_line /dev/crashcart <"/proc/$pid/mountinfo")
	[ -n "$line" ] || fail "$1 has no /dev/crashcart" || return 1
	has_options "$line" ro nosuid nodev || return 1
	assert_has_not ",$(mount_field "$line" options)," ,noexec, "tools that cannot be executed" || return 1
	assert_has ",$(mount_field "$line" super)," ,ro, "a super block that can be written: $line" || return 1
	assert_equal "$(ls "/proc/$pid/root/dev/crashcart/bin")" "$(ls "$LAB/tools/bin")" "the tools in $1"
}

list_field() { # ID FIELD
	"$DBG_INJECT" --list --json | jq -r --arg id "$1" ".[] | select(.id == \$id) | $2"
}

status_field() { # NAME FIELD
	"$DBG_INJECT" --status --json "$1" | jq -r "$2"
}

@test "attach, use, detach: the mount table is line by line what it was" {
	thin_run c
	local before after
	before=$(container_mountinfo c)
	"$DBG_INJECT" --attach c
	assert_attached c
	run -0 podman exec c /dev/crashcart/bin/busybox id
	assert_matches "$output" '^uid=0'
	run -0 podman exec c /dev/crashcart/bin/tcpdump --version
	assert_has "$output" 'tcpdump version'
	"$DBG_INJECT" --detach c
	after=$(container_mountinfo c)
	assert_equal "$after" "$before" "mount table"
	assert_provisioned c
	run -0 "$DBG_INJECT" --verify c
	assert_equal "${lines[-1]}" 'c: clean'
	assert_equal "$(grep -c "$LAB/tools" /proc/self/mountinfo)" 0 "mounts of the tree on the host"
}

# As it did where the tools and the state directory are on one file system, which they are here.
@test "the kernel's log says nothing of an attach" {
	local mark="oci-crashcart-test $BASHPID $EPOCHREALTIME"
	thin_run c
	{ echo "$mark" >/dev/kmsg; } 2>/dev/null || skip "cannot run here: nothing can be written to the kernel's log"
	"$DBG_INJECT" --attach c
	"$DBG_INJECT" --detach c
	dmesg >"$LAB/kernel.log"
	assert_has "$(<"$LAB/kernel.log")" "$mark"
	run ! grep 'xino=on' <(sed "1,/$mark/d" "$LAB/kernel.log")
}

@test "the container sees nothing where its program looks, until attach" {
	thin_run c
	run podman exec c /dev/crashcart/bin/busybox id
	[ "$status" -ne 0 ]
	run podman exec c sh
	[ "$status" -ne 0 ]
}

@test "attach and detach ten times" {
	thin_run c
	local before round changed
	before=$(container_mountinfo c)
	changed=$(stat -c %.9Y "$OCI_CRASHCART_STATE_DIR/rec")
	for round in 1 2 3 4 5 6 7 8 9 10; do
		"$DBG_INJECT" --attach c
		assert_attached c
		"$DBG_INJECT" --detach c
		assert_equal "$(container_mountinfo c)" "$before" "mount table after round $round"
	done
	# No name came or went: what was noted of them (lib/index.h) still holds.
	assert_equal "$(stat -c %.9Y "$OCI_CRASHCART_STATE_DIR/rec")" "$changed" "time of change of the records' directory"
}

# bats test_tags=once
@test "attach when attached, and detach when not, succeed and say so" {
	thin_run c
	"$DBG_INJECT" --attach c
	local attached
	attached=$(container_mountinfo c)
	run -0 "$DBG_INJECT" --attach c
	assert_has "$output" attached
	assert_has "$output" already
	assert_equal "$(container_mountinfo c)" "$attached"
	"$DBG_INJECT" --detach c
	run -0 "$DBG_INJECT" --detach c
	assert_equal "$output" "c: not attached"
}

@test "attached under --user 1000, --read-only --cap-drop all, --uidmap, --userns=auto, --pid host" {
	needs_cgroups
	thin_run user --user 1000
	thin_run drop --read-only --cap-drop all
	thin_run map --uidmap 0:100000:65536
	thin_run auto --userns=auto
	thin_run pid --pid host
	local name
	for name in user drop map auto pid; do
		local before
		before=$(container_mountinfo "$name")
		"$DBG_INJECT" --attach "$name"
		assert_attached "$name"
		run -0 podman exec "$name" /dev/crashcart/bin/busybox id -u
		if [ "$name" = user ]; then
			assert_equal "$output" 1000
		else
			assert_equal "$output" 0
		fi
		"$DBG_INJECT" --detach "$name"
		assert_equal "$(container_mountinfo "$name")" "$before" "mount table of $name"
	done
}

# bats test_tags=once
@test "several containers in one command; detach without a name takes all" {
	thin_run a
	thin_run b
	thin_run other
	"$DBG_INJECT" --attach a b
	assert_attached a
	assert_attached b
	assert_provisioned other
	"$DBG_INJECT" --detach
	assert_provisioned a
	assert_provisioned b
}

@test "attached: nothing is left after podman rm -f" {
	thin_run c
	"$DBG_INJECT" --attach c
	podman rm -f -t 0 c
	lab_assert_clean
	assert_equal "$(grep -c "$LAB/tools" /proc/self/mountinfo)" 0
}

# podman starts these from a mount namespace of its own, and removes them from there.
@test "attached with a user namespace: nothing is left after podman rm -f" {
	thin_run map --uidmap 0:100000:65536
	thin_run auto --userns=auto
	"$DBG_INJECT" --attach map auto
	assert_attached map
	assert_attached auto
	podman rm -f -t 0 map auto || true
	lab_assert_clean
	assert_equal "$(grep -c "$LAB/tools" /proc/self/mountinfo)" 0
}

@test "attached: restart gives an empty mount again, and a new attach works" {
	thin_run c
	"$DBG_INJECT" --attach c
	podman restart -t 0 c
	assert_provisioned c
	"$DBG_INJECT" --attach c
	assert_attached c
}

# bats test_tags=once
@test "list and status as JSON, before, while and after attach" {
	thin_run c
	assert_equal "$(list_field "$container" .name)" c
	assert_equal "$(list_field "$container" .engine)" podman
	assert_equal "$(list_field "$container" .pid)" "$(container_pid c)"
	assert_equal "$(list_field "$container" .provisioned)" propagation
	assert_equal "$(list_field "$container" .attached)" false
	assert_equal "$(list_field "$container" .tools)" null
	assert_equal "$(list_field "$container" '.sessions | length')" 0
	"$DBG_INJECT" --attach c
	assert_equal "$(list_field "$container" .attached)" true
	assert_equal "$(list_field "$container" .tools)" "$LAB/tools"
	assert_equal "$(status_field c .id)" "$container"
	assert_equal "$(status_field c .attached)" true
	assert_equal "$(status_field c .proof.ok)" true
	"$DBG_INJECT" --detach c
	assert_equal "$(status_field c .attached)" false
	assert_equal "$(status_field c .tools)" null
	local group
	group=$(mount_field "$(host_line)" shared)
	assert_equal "$(status_field c .proof.host_peer_group)" "$group"
	assert_equal "$(status_field c .proof.container_master)" "$group"
	assert_equal "$(status_field c .proof.ok)" true
}

@test "status of a severed container says that the proof fails" {
	container_run "$RUNTIME" c --network none --privileged -- fat
	podman exec c mount --make-private /dev/crashcart
	assert_equal "$(status_field c .proof.ok)" false
}

# Of $container: as the kernel tells of its mounts and its process, and as /proc and the master do, on a kernel without such calls
# (pidfd_open: 434, statmount: 457, listmount: 458).
assert_listed() { # PROVISIONED [ATTACHED]
	local wanted="$1 ${2:-false}" filter='"\(.provisioned) \(.attached)"'
	assert_equal "$(list_field "$container" "$filter")" "$wanted" "by the kernel's word" || return 1
	assert_equal "$("$LAB/without" 434 457 458 -- "$DBG_INJECT" --list --json | jq -r ".[] | $filter")" "$wanted" "by the tables"
}

numbers_of() { # ID
	jq -c '[."pidfd-inode", ."container-mount", ."container-namespace"]' "$OCI_CRASHCART_STATE_DIR/rec/$1.json"
}

@test "list asks for the one mount that the hook made, and reads the table where that is not in its place" {
	local numbers
	cc -O -static -o "$LAB/without" "$BATS_TEST_DIRNAME/lab/without.c"
	container_run "$RUNTIME" c --network none --privileged -- fat
	numbers=$(numbers_of "$container")
	assert_listed propagation
	strace -f -o "$LAB/opened" -e trace=openat "$DBG_INJECT" --list
	if [ "$(printf '%s\n' 6.13 "$(uname -r)" | sort -V | head -n 1)" = 6.13 ]; then
		assert_matches "$numbers" '^\[[1-9][0-9]*,[1-9][0-9]*,[1-9][0-9]*\]$'
		grep "\"$(container_pid c)/" "$LAB/opened" && fail "it was looked for in /proc"
	fi
	"$DBG_INJECT" --attach c
	assert_equal "$(numbers_of "$container")" "$numbers" "numbers, once tools are attached"
	assert_listed propagation true
	"$DBG_INJECT" --detach c
	assert_equal "$(numbers_of "$container")" "$numbers" "numbers, once they are taken away"
	podman exec c mount --move /dev/crashcart /tmp
	assert_listed none
	podman exec c mount --move /tmp /dev/crashcart
	assert_listed propagation
	podman exec c mount --make-private /dev/crashcart
	assert_listed none
	podman exec c umount /dev/crashcart
	assert_listed none
	podman exec c mount -t tmpfs tmpfs /dev/crashcart
	assert_listed none
	podman restart -t 0 c
	assert_listed propagation
	[ "$(numbers_of "$container")" != "$numbers" ] || [ "$numbers" = '[null,null,null]' ] || fail "a new start has the numbers of the old"
}

# As older versions wrote it, and with numbers that are no one's, another container's, or nonsense.
@test "list does without the numbers of a record, and is not misled by wrong ones" {
	local record other change
	thin_run other
	other=$(numbers_of "$container")
	thin_run c
	record=$OCI_CRASHCART_STATE_DIR/rec/$container.json
	cp "$record" "$LAB/record"
	for change in 'del(."pidfd-inode", ."container-mount", ."container-namespace")' \
		'."container-mount" += 1000000' '."container-namespace" += 1000000' '."pidfd-inode" += 1000000' \
		'."container-mount" = $other[1] | ."container-namespace" = $other[2]' '."container-mount" = -1 | ."pidfd-inode" = "x"'; do
		jq --argjson other "$other" "$change" "$LAB/record" >"$record"
		assert_equal "$(list_field "$container" '[.running, .provisioned] | @csv')" 'true,"propagation"' "$change"
	done
}

# bats test_tags=once
@test "list and status for people name the container, and its state" {
	thin_run c
	run -0 "$DBG_INJECT" --list
	assert_has "$output" "${container:0:12}"
	assert_matches "$output" '(^|[[:space:]])c([[:space:]]|$)'
	run -0 "$DBG_INJECT" --status c
	assert_has "$output" "${container:0:12}"
	podman rm -f -t 0 c
	run -0 "$DBG_INJECT" --list --json
	assert_equal "$(jq -c . <<<"$output")" '[]'
}

# bats test_tags=once
@test "a tree that is not there, or is none, is a clear error, and mounts nothing" {
	thin_run c
	local before tree
	before=$(container_mountinfo c)
	: >"$LAB/file"
	for tree in "$LAB/nothing" "$LAB/file"; do
		run --separate-stderr "$DBG_INJECT" --attach --tools "$tree" c
		assert_equal "$status" 125
		assert_equal "$(wc -l <<<"$stderr")" 1
			assert_matches "$stderr" '^dbg-inject: '
		assert_has "$stderr" "$tree"
		assert_equal "$(container_mountinfo c)" "$before"
	done
	assert_provisioned c
}

# bats test_tags=once
@test "another tree can be attached after a detach, not over the first" {
	thin_run c
	mkdir -p "$LAB/second-tree/bin"
	cp "$LAB/tools/bin/busybox" "$LAB/second-tree/bin/only-here"
	"$DBG_INJECT" --attach --tools "$LAB/second-tree" c
	assert_equal "$(ls "/proc/$(container_pid c)/root/dev/crashcart/bin")" only-here
	assert_equal "$(list_field "$container" .tools)" "$LAB/second-tree"
	"$DBG_INJECT" --detach c
	"$DBG_INJECT" --attach c
	assert_attached c
	run "$DBG_INJECT" --attach --tools "$LAB/second-tree" c
	assert_attached c
	rm -rf "$LAB/second-tree"
}

# bats test_tags=once
@test "dry run says what it would do, and does nothing" {
	thin_run c
	local before
	before=$(container_mountinfo c)
	run -0 "$DBG_INJECT" -n c busybox id
	assert_has "$output" /dev/crashcart
	assert_equal "$(container_mountinfo c)" "$before"
	run -0 "$DBG_INJECT" -n --json c busybox id
	jq -e . <<<"$output"
	run -0 "$DBG_INJECT" -n --attach c
	assert_equal "$(container_mountinfo c)" "$before"
	"$DBG_INJECT" --attach c
	before=$(container_mountinfo c)
	run -0 "$DBG_INJECT" -n --detach c
	assert_equal "$(container_mountinfo c)" "$before"
}
