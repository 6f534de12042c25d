#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2030,SC2031,SC2154 # a test is a subshell, with the variables of bats
# G12: cover the tools, or cut them off
#
# Who may mount in a container can put a directory of its own over /dev/crashcart, before the tools come, after, or in the
# moment between a look and the start of a tool. It can cut its mount off, so that the tools never come. And it can unmount
# them while they are at work. What runs as root, with a debugger's rights, is then the container's program.

bats_require_minimum_version 1.5.0
load gauntlet

# A container that has in /evil what shows that it was run, with the kind's options and the right to mount.
evil_run() { # NAME [podman run option...]
	container_run "$RUNTIME" "$1" --network none --security-opt apparmor=unconfined "${@:2}" -- fat
	podman exec "$1" sh -c 'mkdir -p /evil/bin; printf "#!/bin/busybox sh\necho EVIL\n" >/evil/bin/id; chmod 755 /evil/bin/id'
}

# A program, all of them, none of them (the container's own is evil as well), and what all of them load.
cover_part() { # NAME PART
	case $2 in
	program) podman exec "$1" mount --bind /evil/bin/id /dev/crashcart/bin/busybox ;;
	programs) podman exec "$1" mount --bind /evil/bin /dev/crashcart/bin ;;
	nothing) podman exec "$1" mount -t tmpfs evil /dev/crashcart/bin ;;
	libraries) podman exec "$1" mount -t tmpfs evil /dev/crashcart/lib ;;
	esac
}

cover() {
	podman exec "$1" mount --bind /evil /dev/crashcart
}

uncover() {
	podman exec "$1" umount /dev/crashcart
}

# Fails with one line of ours, or has attached and shows the host's tools.
attaches_or_refuses() { # NAME
	run --separate-stderr "$DBG_INJECT" --attach "$1"
	if [ "$status" = 0 ]; then
		assert_equal "$(ls "/proc/$(container_pid "$1")/root/dev/crashcart/bin")" "$(ls "$LAB/tools/bin")" "the tools in $1"
		"$DBG_INJECT" --detach "$1"
	else
		assert_equal "$status ${#stderr_lines[@]}" "125 1" "$stderr" || return 1
		assert_matches "$stderr" "^dbg-inject: $1: " || return 1
	fi
}

@test "naive: nsenter runs what the container has put over the tools, or over a part of them" {
	evil_run c --privileged
	"$DBG_INJECT" --attach c
	assert_matches "$(naive_enter c /dev/crashcart/bin/id)" '^uid=0'
	cover c
	assert_equal "$(naive_enter c /dev/crashcart/bin/id)" EVIL
	uncover c
	cover_part c program
	assert_equal "$(naive_enter c /dev/crashcart/bin/id)" EVIL
}

@test "ours: tools that are covered are not run, with and without a user namespace" {
	local kind options
	while read -r kind options; do
		# shellcheck disable=SC2086 # words
		evil_run "$kind" --cap-add SYS_ADMIN $options
		"$DBG_INJECT" --attach "$kind"
		cover "$kind"
		run --separate-stderr "$DBG_INJECT" "$kind" id
		assert_equal "$status|$output|${#stderr_lines[@]}" "125||1" "$stderr"
		assert_has "$stderr" cover
		uncover "$kind"
		assert_matches "$("$DBG_INJECT" "$kind" id)" '^uid=0'
		# Before they come.
		"$DBG_INJECT" --detach "$kind"
		cover "$kind"
		attaches_or_refuses "$kind"
	done < <(kinds)
}

# At their root nothing of it shows.
@test "ours: a part of the tools that is covered is not run, with and without a user namespace" {
	local kind options part
	while read -r kind options; do
		# shellcheck disable=SC2086 # words
		evil_run "$kind" --cap-add SYS_ADMIN $options
		podman exec "$kind" sh -c 'rm /bin/id && cp /evil/bin/id /bin/id'
		"$DBG_INJECT" --attach "$kind"
		for part in program programs nothing libraries; do
			cover_part "$kind" "$part"
			assert_matches "$("$DBG_INJECT" "$kind" id)" '^uid=0' "$part"
			assert_matches "$("$DBG_INJECT" --env PATH=/bin "$kind" id)" '^uid=0' "$part"
			assert_equal "$("$DBG_INJECT" "$kind" bash -c 'echo fine')" fine "$part"
			podman exec "$kind" sh -c 'umount /dev/crashcart/bin/busybox || umount /dev/crashcart/bin || umount /dev/crashcart/lib'
		done
	done < <(kinds)
}

# What is at /dev/crashcart is looked at before any mount table is: other mounts of the very tools, and what is made of them.
@test "ours: a part of the tools, or what is made of them, in their place is refused; a copy that was cut off is theirs" {
	evil_run c --privileged
	"$DBG_INJECT" --attach c
	podman exec c mount --bind /dev/crashcart/lib /dev/crashcart
	misuse cover c id
	uncover c
	podman exec c sh -c 'mount -t tmpfs evil /evil/bin && mkdir -p /evil/bin/up/bin /evil/bin/work &&
		printf "#!/bin/busybox sh\necho EVIL\n" >/evil/bin/up/bin/id && chmod 755 /evil/bin/up/bin/id &&
		mount -t overlay -o lowerdir=/dev/crashcart,upperdir=/evil/bin/up,workdir=/evil/bin/work oci-crashcart /dev/crashcart'
	assert_equal "$(podman exec c /dev/crashcart/bin/id)" EVIL
	misuse cover c id
	uncover c
	podman exec c mount --make-private /dev/crashcart
	podman exec c sh -c 'mount --bind /dev/crashcart /tmp && umount /dev/crashcart && mount --bind /tmp /dev/crashcart'
	assert_matches "$("$DBG_INJECT" c id)" '^uid=0'
	# The host's are others by then: those that were cut off are not.
	"$DBG_INJECT" --detach --force c || true
	attaches_or_refuses c
}

# Without the hook, nothing on the host holds the tools' mount. A container that unmounts it can have the number of its device again,
# and makes files until one has the inode of its root. Here the record has the numbers of what the container has made.
@test "ours: what has the device and inode that the tools had is not run" {
	local hooks=$HOOKS_DIR record
	mkdir -p "$LAB/none.d"
	HOOKS_DIR=$LAB/none.d
	evil_run c --privileged
	HOOKS_DIR=$hooks
	"$DBG_INJECT" --attach c
	record=$(ls "$OCI_CRASHCART_STATE_DIR"/rec/*.json)
	[ "$(jq '."moved-mount" // 0' "$record")" != 0 ] || skip "cannot run here: mounts have no numbers of their own (Linux 6.8)"
	assert_matches "$("$DBG_INJECT" c id)" '^uid=0'
	podman exec c umount /dev/crashcart
	cover c
	jq --argjson device "$(stat -c %d "/proc/$(container_pid c)/root/dev/crashcart")" \
		--argjson inode "$(stat -c %i "/proc/$(container_pid c)/root/dev/crashcart")" \
		'."moved-device" = $device | ."moved-inode" = $inode' "$record" >"$LAB/record"
	cat "$LAB/record" >"$record"
	misuse cover c id
	podman rm -f -t 0 c
	"$DBG_INJECT" --gc
}

# Its two processes enter when they have been looked at from outside; they are held there.
@test "ours: tools that are covered after the look from outside are not run" {
	evil_run c --privileged
	"$DBG_INJECT" --attach c
	hold setns "$DBG_INJECT" c id
	cover c
	let_go
	status=0
	wait "$held" || status=$?
	assert_equal "$status" 125
	assert_has "$(cat "$LAB/held.out")" 'is not what was attached'
}

@test "ours: while a container covers and uncovers without end, the host's tools run, or none" {
	evil_run c --privileged
	"$DBG_INJECT" --attach c
	podman exec -d c sh -c 'while :; do mount --bind /evil /dev/crashcart; umount /dev/crashcart; done'
	for _ in {1..12}; do
		run --separate-stderr "$DBG_INJECT" c sh -c 'id; /dev/crashcart/bin/id'
		assert_has_not "$output" EVIL
		[ "$status" = 0 ] || assert_equal "$status" 125 "$stderr"
	done
}

@test "ours: tools that are unmounted under a session are its own still" {
	evil_run c --privileged
	mkfifo "$LAB/keys"
	child sh -c "exec '$DBG_INJECT' c sh -c 'echo ready; read line; /dev/crashcart/bin/id' <>'$LAB/keys'"
	wait_for 20 grep -q ready "$LAB/child.out"
	run -3 "$DBG_INJECT" --detach c
	assert_has "$output" 'in use by'
	podman exec c umount -l /dev/crashcart
	cover c
	echo >"$LAB/keys"
	wait_for 20 gone "$child"
	assert_has "$(cat "$LAB/child.out")" uid=0
	assert_has_not "$(cat "$LAB/child.out")" EVIL
}

# A container that cut the tie (it may, with CAP_SYS_ADMIN) must not make attach a false success.
@test "ours: a severed tie is noticed: attached all the same, or a clear error" {
	evil_run c --privileged
	local before
	podman exec c mount --make-private /dev/crashcart
	assert_equal "$(mount_field "$(container_line c)" master)" ""
	before=$(container_mountinfo c)
	attaches_or_refuses c
	assert_equal "$(container_mountinfo c)" "$before"
}
