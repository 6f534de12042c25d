#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2030,SC2031,SC2154 # a test is a subshell, with the variables of bats
# G16: write to the tools, have set-id files and devices, mount to the host
#
# The tools' tree is one for all containers: who can write to it in one of them, owns the next debugging session in all others.
# A mount that is read-only by itself is made writable by who may remount it. Set-id programs and devices in it would be rights
# that the container has not got; and a mount that propagates back would be one on the host.

bats_require_minimum_version 1.5.0
load gauntlet

hashes() {
	find "$LAB/tools" -type f -exec sha256sum {} + | sort
	find "$LAB/tools" -printf '%p %y %m %u %l\n' | sort
}

# try_writes NAME: what a container's root tries to write in the tree; each must fail, as read-only.
try_writes() {
	local command
	for command in 'touch /dev/crashcart/evil' 'sh -c "echo evil >>/dev/crashcart/bin/busybox"' \
		'rm /dev/crashcart/bin/busybox' 'mkdir /dev/crashcart/bin/evil' 'chmod 4755 /dev/crashcart/bin/busybox' \
		'ln -s /evil /dev/crashcart/bin/evil' 'mv /dev/crashcart/bin/busybox /dev/crashcart/bin/evil' \
		'mknod /dev/crashcart/evil c 1 3' 'chown 1 /dev/crashcart/bin/busybox'; do
		run podman exec "$1" sh -c "$command"
		[ "$status" -ne 0 ] || fail "in $1 this worked: $command" || return 1
		assert_has "$output" 'Read-only file system' "another reason than read-only: $command" || return 1
	done
}

@test "naive: a plain read-only bind in that place is remounted and written to" {
	mkdir -p "$LAB/naive"
	container_run "$RUNTIME" c --network none --privileged -v "$LAB/naive:/naive:ro" -- fat
	run ! podman exec c touch /naive/evil
	podman exec c mount -o remount,bind,rw /naive
	podman exec c touch /naive/evil
	[ -e "$LAB/naive/evil" ]
	podman rm -f -t 0 c
	rm -rf "$LAB/naive"
}

# odd_tree: one with a set-id program and a device, $LAB/odd.
odd_tree() {
	compile effective
	rm -rf "$LAB/odd"
	mkdir -p "$LAB/odd/bin"
	cp "$LAB/tools/bin/busybox" "$LAB/odd/bin/busybox"
	cp "$LAB/effective" "$LAB/odd/bin/effective"
	chmod 4755 "$LAB/odd/bin/effective"
	mknod -m 666 "$LAB/odd/null" c 1 3
}

@test "naive: set-id programs and devices of a plain bind count, and what is mounted in it comes to the host" {
	odd_tree
	mount --bind "$LAB/odd" "$LAB/odd"
	mount --make-shared "$LAB/odd"
	mount -o remount,bind,suid,dev "$LAB/odd"
	container_run "$RUNTIME" c --network none --privileged --user 1000 -v "$LAB/odd:/naive:ro,rshared,suid,dev" -- fat
	assert_equal "$(podman exec c /naive/bin/effective)" 0
	podman exec c dd if=/naive/null of=/dev/null count=1
	podman exec -u 0 c mount -t tmpfs evil /naive/bin
	assert_has "$(cat /proc/self/mountinfo)" "$LAB/odd/bin "
	podman rm -f -t 0 c
	umount -R "$LAB/odd"
	rm -rf "$LAB/odd"
}

@test "ours: container root can neither write to the tree nor remount it, with and without a user namespace" {
	container_run "$RUNTIME" c --network none -- fat
	container_run "$RUNTIME" map --network none --uidmap 0:100000:65536 --cap-add SYS_ADMIN --security-opt apparmor=unconfined -- fat
	local before name
	before=$(hashes)
	"$DBG_INJECT" --attach c map
	for name in c map; do
		run ! podman exec "$name" mount -o remount,bind,rw /dev/crashcart
		run ! podman exec "$name" mount -o remount,rw /dev/crashcart
		try_writes "$name"
		has_options "$(container_line "$name")" ro nosuid nodev
	done
	assert_equal "$(hashes)" "$before" "the host's tree"
}

# Such a container may remount as it likes; what is written must not come through all the same.
@test "ours: a privileged container cannot write to the tree, whatever it remounts" {
	container_run "$RUNTIME" c --network none --privileged -- fat
	local before how
	before=$(hashes)
	"$DBG_INJECT" --attach c
	for how in remount,bind,rw remount,rw remount,bind,rw,suid,dev remount,rw,suid,dev; do
		podman exec c mount -o "$how" /dev/crashcart || true
		try_writes c
	done
	podman exec c mkdir -p /tmp/again
	podman exec c mount --bind /dev/crashcart /tmp/again
	podman exec c mount -o remount,bind,rw /tmp/again || true
	run podman exec c touch /tmp/again/evil
	assert_has "$output" 'Read-only file system'
	podman exec c umount /tmp/again
	assert_equal "$(hashes)" "$before" "the host's tree"
}

@test "ours: set-id programs and devices of a tree have no effect" {
	odd_tree
	thin_run c --user 1000
	"$DBG_INJECT" --attach --tools "$LAB/odd" c
	run podman exec c /dev/crashcart/bin/effective
	assert_equal "$output" 1000
	run ! podman exec c /dev/crashcart/bin/busybox dd if=/dev/crashcart/null of=/dev/null count=1
	assert_has "$output" 'Permission denied'
	"$DBG_INJECT" --detach c
	rm -rf "$LAB/odd"
}

# On what the hook makes, on the tools, and on what is moved in.
@test "ours: what a container mounts there does not come to the host" {
	container_run "$RUNTIME" c --network none --privileged -- fat
	local before
	before=$(cat /proc/self/mountinfo)
	podman exec c mount -t tmpfs evil /dev/crashcart
	assert_equal "$(cat /proc/self/mountinfo)" "$before" "the host's mount table"
	podman exec c umount /dev/crashcart
	podman exec c mount --make-shared /dev/crashcart
	podman exec c mount -t tmpfs evil /dev/crashcart
	assert_equal "$(cat /proc/self/mountinfo)" "$before" "the host's mount table, where it is made shared"
	podman exec c umount /dev/crashcart
	"$DBG_INJECT" --attach c
	before=$(cat /proc/self/mountinfo)
	podman exec c mount -t tmpfs evil /dev/crashcart/bin
	assert_equal "$(cat /proc/self/mountinfo)" "$before" "the host's mount table"
	podman exec c umount /dev/crashcart/bin
	podman exec c mount -t tmpfs evil /dev/crashcart
	assert_equal "$(cat /proc/self/mountinfo)" "$before" "the host's mount table"
	podman exec c umount /dev/crashcart
}
