#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2030,SC2031,SC2154 # a test is a subshell, with the variables of bats
# Containers that were started without the hook: found by their runtime's files, tools by a mount that is moved into them.

bats_require_minimum_version 1.5.0
load lab/lab

setup_file() {
	lab_setup_tools
	mkdir -p "$LAB/none.d"
}

setup() {
	hooks=$HOOKS_DIR
	HOOKS_DIR=$LAB/none.d
}

# No hook tells of their end: that is what --gc is for.
teardown() {
	podman rm -f -t 0 -a >/dev/null 2>&1 || true
	HOOKS_DIR=$hooks
	"$DBG_INJECT" --gc >/dev/null || true
	lab_teardown
}

# What a container has in its /dev, with all about /dev itself but its times.
dev_of() { # NAME
	local dev
	dev=/proc/$(container_pid "$1")/root/dev
	ls -A "$dev"
	stat -c '%h %a %u %g' "$dev"
}

assert_moved() { # NAME
	local line pid
	pid=$(container_pid "$1")
	line=$(mount_line /dev/crashcart <"/proc/$pid/mountinfo")
	has_options "$line" ro nosuid nodev || return 1
	assert_equal "$(grep -c ' /dev/crashcart ' "/proc/$pid/mountinfo")" 1 "mounts at /dev/crashcart" || return 1
	assert_has ",$(mount_field "$line" super)," ,ro, "a super block that can be written: $line" || return 1
	assert_equal "$(mount_field "$line" shared)$(mount_field "$line" master)" "" "it is tied to something: $line" || return 1
	assert_equal "$(ls "/proc/$pid/root/dev/crashcart/bin")" "$(ls "$LAB/tools/bin")" "the tools in $1"
}

assert_nothing_on_host() {
	assert_equal "$(find "$OCI_CRASHCART_STATE_DIR/rec" "$OCI_CRASHCART_STATE_DIR/ctr" -mindepth 1)" "" "records and masters" || return 1
	assert_equal "$(grep -c "oci-crashcart.*lowerdir" /proc/self/mountinfo)" 0 "overlays on the host"
}

@test "attach, use, detach: the mount table and /dev are what they were" {
	needs_cgroups
	container_run "$RUNTIME" plain --network none -- thin
	container_run "$RUNTIME" map --network none --uidmap 0:100000:65536 -- thin
	container_run "$RUNTIME" auto --network none --userns=auto -- thin
	container_run "$RUNTIME" drop --network none --read-only --cap-drop all --user 1000 -- thin
	container_run "$RUNTIME" all --network none --privileged -- thin
	local name before dev
	for name in plain map auto drop all; do
		before=$(container_mountinfo "$name")
		dev=$(dev_of "$name")
		run -0 "$DBG_INJECT" --attach "$name"
		assert_equal "$output" "$name: attached $LAB/tools, by a mount moved into the container"
		assert_moved "$name"
		run -0 podman exec "$name" /dev/crashcart/bin/busybox id -u
		run -0 "$DBG_INJECT" "$name" busybox id -u
		assert_equal "$output" 0
		run -0 "$DBG_INJECT" --attach "$name"
		assert_has "$output" 'is attached already'
		assert_moved "$name"
		run -0 "$DBG_INJECT" --detach "$name"
		assert_equal "$output" "$name: detached"
		assert_equal "$(container_mountinfo "$name")" "$before" "mount table of $name"
		assert_equal "$(dev_of "$name")" "$dev" "/dev of $name"
		assert_nothing_on_host
		run -0 "$DBG_INJECT" --detach "$name"
		assert_equal "$output" "$name: not attached"
	done
}

@test "a command attaches, and says so with -v; the tools stay" {
	container_run "$RUNTIME" c --network none -- thin
	run -0 --separate-stderr "$DBG_INJECT" -v c busybox id -u
	assert_equal "$output" 0
	assert_has "$stderr" "attached $LAB/tools, by a mount moved into the container"
	assert_moved c
	run "$DBG_INJECT" c sh -c 'exit 7'
	assert_equal "$status" 7
	"$DBG_INJECT" --detach
	assert_not_provisioned c
	assert_nothing_on_host
}

@test "--rm: the tools go with the command" {
	container_run "$RUNTIME" c --network none -- thin
	local before dev
	before=$(container_mountinfo c)
	dev=$(dev_of c)
	run "$DBG_INJECT" --rm c sh -c 'exit 7'
	assert_equal "$status" 7
	assert_equal "$(container_mountinfo c)" "$before"
	assert_equal "$(dev_of c)" "$dev"
	assert_nothing_on_host
	start_session c sleep 1204
	wait_for 20 pgrep -f '^sleep 1204'
	"$DBG_INJECT" --rm c true
	assert_moved c
	kill -TERM "$inject"
	wait "$inject" || true
}

@test "it is found by name, id, prefix of an id, and any of its processes" {
	container_run "$RUNTIME" c --network none --hostname c -- fat
	container_run "$RUNTIME" other --network none --hostname other -- thin
	local id word
	id=$(container_id c)
	podman exec -d c sleep 1200
	wait_for 20 pgrep -f '^sleep 1200'
	for word in c "$id" "${id:0:12}" "pid:$(container_pid c)" "pid:$(pgrep -f '^sleep 1200')"; do
		run "$DBG_INJECT" "$word" busybox hostname
		assert_equal "$status $output" "0 c" "what $word means"
		run -0 "$DBG_INJECT" --status --json "$word"
		assert_equal "$(jq -r '"\(.id) \(.name) \(.engine)"' <<<"$output")" "$id c podman"
		"$DBG_INJECT" --detach "$word"
		run -0 "$DBG_INJECT" --status --json "$word"
		assert_equal "$(jq -r '"\(.id) \(.attached)"' <<<"$output")" "$id false"
	done
	run -125 --separate-stderr "$DBG_INJECT" no-such-name true
	assert_equal "${#stderr_lines[@]}" 1
	assert_matches "$stderr" 'known are: .*c \(.*other \(|known are: .*other \(.*c \('
}

# As docker and containerd call it; each with a directory of their own between.
@test "where docker and containerd have runc keep its files, containers are found by their id, and by annotations" {
	bundle_make "$LAB/bundle"
	jq 'del(.hooks) | .annotations = {"io.kubernetes.cri.container-name": "web", "io.kubernetes.cri.container-type": "container"}' \
		"$LAB/bundle/config.json" >"$LAB/bundle/config.new"
	mv "$LAB/bundle/config.new" "$LAB/bundle/config.json"
	local root
	for root in /run/docker/runtime-runc/moby /run/containerd/runc/k8s.io; do
		mkdir -p "$root"
		runc --root "$root" run -d --bundle "$LAB/bundle" crashcart-found </dev/null >/dev/null 2>"$LAB/runtime.err" 3>&- ||
			fail "runc: $(cat "$LAB/runtime.err")"
		run -0 "$DBG_INJECT" crashcart-found busybox id -u
		assert_equal "$output" 0
		run -0 "$DBG_INJECT" --status --json web
		assert_equal "$(jq -r '"\(.id) \(.name) \(.engine) \(.attached)"' <<<"$output")" "crashcart-found web containerd true"
		# Others could have put files there: they are not believed.
		"$DBG_INJECT" --detach web
		chmod 777 "$root"
		run -125 "$DBG_INJECT" crashcart-found true
		chmod 711 "$root"
		runc --root "$root" delete -f crashcart-found
		rm -rf "${root%/*}"
	done
	rm -rf "$LAB/bundle"
}

# bats test_tags=once
@test "nothing is made for a name that is not known, nor by a look" {
	container_run "$RUNTIME" c --network none -- thin
	run -125 "$DBG_INJECT" no-such-name true
	run -0 "$DBG_INJECT" --status c
	run -0 "$DBG_INJECT" -n c id
	assert_has "$output" 'by a mount moved into the container'
	run -0 "$DBG_INJECT" -n --json c id
	assert_equal "$(jq -r .delivery <<<"$output")" move
	run -0 "$DBG_INJECT" --detach c
	[ ! -e "$OCI_CRASHCART_STATE_DIR" ]
	assert_not_provisioned c
}

@test "list and status tell of it, whether tools are attached, and how" {
	container_run "$RUNTIME" c --network none -- thin
	assert_equal "$("$DBG_INJECT" --list --json | jq -r '.[] | "\(.name) \(.engine) \(.provisioned) \(.attached)"')" "c podman none false"
	[ ! -e "$OCI_CRASHCART_STATE_DIR" ]
	"$DBG_INJECT" --attach c
	assert_equal "$("$DBG_INJECT" --list --json | jq -r '.[] | "\(.name) \(.provisioned) \(.attached) \(.delivery) \(.tools)"')" \
		"c none true move $LAB/tools"
	run -0 "$DBG_INJECT" --status c
	assert_has "$output" 'yes, by a mount moved into the container'
	"$DBG_INJECT" --detach c
	assert_equal "$("$DBG_INJECT" --list --json | jq -r '.[] | "\(.name) \(.provisioned) \(.attached)"')" "c none false"
	podman rm -f -t 0 c
	assert_equal "$("$DBG_INJECT" --list --json | jq -c .)" '[]'
}

# bats test_tags=once
@test "another tree is refused while one is attached; a tree that is not there leaves nothing" {
	container_run "$RUNTIME" c --network none -- thin
	local before
	before=$(container_mountinfo c)
	run -125 "$DBG_INJECT" --attach --tools "$LAB/nothing" c
	assert_equal "$(container_mountinfo c)" "$before"
	assert_not_provisioned c
	assert_nothing_on_host
	"$DBG_INJECT" --attach c
	mkdir -p "$LAB/other-tree/bin"
	run -125 "$DBG_INJECT" --attach --tools "$LAB/other-tree" c
	assert_has "$output" 'are attached already: --detach them first'
	rmdir "$LAB/other-tree/bin" "$LAB/other-tree"
	assert_moved c
}

no_loop() {
	[ -z "$(losetup -n -O NAME -j "$LAB/tools.squashfs")" ]
}

# bats test_tags=once
@test "an image is moved in as well, and its loop device goes with it" {
	"$DBG_TOOLS" image -q --type squashfs -o "$LAB/tools.squashfs" "$LAB/tools"
	container_run "$RUNTIME" c --network none -- thin
	local before
	before=$(container_mountinfo c)
	"$DBG_INJECT" --attach --tools "$LAB/tools.squashfs" c
	run -0 podman exec c /dev/crashcart/bin/busybox id -u
	run -0 "$DBG_INJECT" c busybox id -u
	"$DBG_INJECT" --detach c
	assert_equal "$(container_mountinfo c)" "$before"
	wait_for 20 no_loop
	rm -f "$LAB/tools.squashfs"
}

@test "container root cannot write to the tools, whatever it remounts" {
	container_run "$RUNTIME" all --network none --privileged -- fat
	container_run "$RUNTIME" map --network none --uidmap 0:100000:65536 --cap-add SYS_ADMIN -- fat
	"$DBG_INJECT" --attach all map
	local name how
	for name in all map; do
		for how in remount,bind,rw remount,rw remount,bind,rw,suid,dev; do
			podman exec "$name" mount -o "$how" /dev/crashcart || true
			run podman exec "$name" touch /dev/crashcart/evil
			[ "$status" -ne 0 ]
			assert_has "$output" 'Read-only file system'
		done
	done
}

@test "what a container mounts in the tools does not come to the host" {
	container_run "$RUNTIME" c --network none --privileged -- fat
	"$DBG_INJECT" --attach c
	local before
	before=$(cat /proc/self/mountinfo)
	podman exec c mount -t tmpfs evil /dev/crashcart/bin
	assert_equal "$(cat /proc/self/mountinfo)" "$before" "the host's mount table"
	podman exec c umount /dev/crashcart/bin
}

# In background; the pid to $inject.
start_session() {
	"$DBG_INJECT" "$@" </dev/null >/dev/null 2>&1 3>&- &
	inject=$!
}

@test "detach is refused while a session or the container uses the tools; --force ends them, --lazy does not" {
	container_run "$RUNTIME" c --network none -- thin
	local before
	before=$(container_mountinfo c)
	start_session c sleep 1201
	wait_for 20 pgrep -f '^sleep 1201'
	run -3 --separate-stderr "$DBG_INJECT" --detach c
	assert_has "$stderr" 'in use by pid'
	assert_moved c
	run -0 "$DBG_INJECT" --detach --force c
	wait "$inject" || true
	assert_equal "$(container_mountinfo c)" "$before"
	"$DBG_INJECT" --attach c
	podman exec -d c /dev/crashcart/bin/busybox sleep 1202
	wait_for 20 pgrep -f '^/dev/crashcart/bin/busybox sleep 1202'
	run -3 "$DBG_INJECT" --detach c
	run -0 "$DBG_INJECT" --detach --lazy c
	assert_equal "$(container_mountinfo c)" "$before"
	pgrep -f '^/dev/crashcart/bin/busybox sleep 1202'
	assert_nothing_on_host
}

@test "a container that has ended: --gc removes what is left; started anew, it has nothing, and can be attached again" {
	container_run "$RUNTIME" c --network none -- thin
	"$DBG_INJECT" --attach c
	podman --hooks-dir "$HOOKS_DIR" restart -t 0 c
	assert_not_provisioned c
	run -0 "$DBG_INJECT" --status --json c
	assert_equal "$(jq -r .attached <<<"$output")" false
	"$DBG_INJECT" --attach c
	assert_moved c
	podman rm -f -t 0 c
	[ -n "$(ls -A "$OCI_CRASHCART_STATE_DIR/rec")" ]
	"$DBG_INJECT" --gc
	assert_nothing_on_host
	lab_assert_clean
}

@test "where the container has taken the tools away itself, detach and attach go on" {
	container_run "$RUNTIME" c --network none --privileged -- fat
	local dev
	dev=$(dev_of c)
	"$DBG_INJECT" --attach c
	podman exec c umount /dev/crashcart
	run -0 "$DBG_INJECT" --detach c
	assert_equal "$(dev_of c)" "$dev"
	"$DBG_INJECT" --attach c
	podman exec c umount /dev/crashcart
	"$DBG_INJECT" --attach c
	assert_moved c
	"$DBG_INJECT" --detach c
	assert_equal "$(dev_of c)" "$dev"
	assert_nothing_on_host
}

@test "where the container covers the tools, they are not said to be there; nothing is run from what covers them" {
	container_run "$RUNTIME" c --network none --privileged -- fat
	"$DBG_INJECT" --attach c
	podman exec c sh -c 'mkdir -p /evil/bin; printf "#!/bin/sh\necho EVIL\n" >/evil/bin/id; chmod 755 /evil/bin/id; mount --bind /evil /dev/crashcart'
	run "$DBG_INJECT" c id
	assert_equal "$status" 125
	assert_has_not "$output" EVIL
	run -125 "$DBG_INJECT" --attach c
	run -125 --separate-stderr "$DBG_INJECT" --detach c
	assert_has "$stderr" 'covered its own copy'
	podman exec c umount /dev/crashcart
	run -0 "$DBG_INJECT" --detach c
	assert_nothing_on_host
}

# What is in the way, and what comes of it: an error of --attach; a command has the tools for itself.
refuses() { # NAME TEXT
	local before
	before=$(container_mountinfo "$1")
	run -125 --separate-stderr "$DBG_INJECT" --attach "$1"
	assert_equal "${#stderr_lines[@]}" 1 || return 1
	assert_has "$stderr" "tools cannot be mounted in it" || return 1
	assert_has "$stderr" "$2" || return 1
	assert_equal "$(container_mountinfo "$1")" "$before" "mount table of $1" || return 1
	assert_nothing_on_host
}

alone() { # NAME TEXT
	local before
	refuses "$1" "$2" || return 1
	before=$(container_mountinfo "$1")
	run -0 --separate-stderr "$DBG_INJECT" -v "$1" busybox sh -c 'ls /dev/null /dev/crashcart/bin/busybox'
	assert_equal "$output" $'/dev/crashcart/bin/busybox\n/dev/null' || return 1
	assert_has "$stderr" 'this session alone has them' || return 1
	run -0 --separate-stderr "$DBG_INJECT" "$1" busybox true
	assert_equal "$output$stderr" "" || return 1
	assert_equal "$(container_mountinfo "$1")" "$before" "mount table of $1" || return 1
	assert_nothing_on_host
}

# Without what other tests on the machine make there meanwhile: the kernel makes a loop device's file at its first use.
host_dev() {
	ls -A -I 'loop[0-9]*' /dev
}

@test "/dev read-only, the host's, a directory of the image: a command has the tools for itself" {
	container_run "$RUNTIME" ro --network none -- fat
	nsenter -t "$(container_pid ro)" -m -p mount -o remount,bind,ro /dev
	alone ro 'Read-only file system'
	local before
	before=$(host_dev)
	container_run "$RUNTIME" host --network none -v /dev:/dev -- fat
	alone host "the container's /dev is the host's"
	assert_equal "$(host_dev)" "$before" "the host's /dev"
	container_run "$RUNTIME" image --network none -- fat
	nsenter -t "$(container_pid image)" -m umount -l /dev
	mknod -m 666 "/proc/$(container_pid image)/root/dev/null" c 1 3
	alone image "the container's /dev is not a mount of its own"
}

# bats test_tags=once
@test "/dev absent or a link: a clear error, and nothing is made where it leads" {
	container_run "$RUNTIME" c --network none -- fat
	local root
	root=/proc/$(container_pid c)/root
	nsenter -t "$(container_pid c)" -m umount -l /dev
	rmdir "$root/dev"
	refuses c 'the container has no /dev'
	run -125 "$DBG_INJECT" c true
	ln -s /tmp "$root/dev"
	refuses c "the container's /dev is not a directory, or a link"
	run -125 --separate-stderr "$DBG_INJECT" c true
	assert_has "$stderr" 'no directory, or a link'
	[ ! -e "$root/tmp/crashcart" ]
}

@test "/dev/crashcart a link, a file, a FIFO, a mount of another: nothing is followed, made or covered" {
	container_run "$RUNTIME" c --network none --privileged -- fat
	local what before
	for what in 'ln -s /tmp /dev/crashcart' 'touch /dev/crashcart' 'mkfifo /dev/crashcart' 'mkdir /dev/crashcart; mount -t tmpfs x /dev/crashcart'; do
		podman exec c sh -c "$what"
		before=$(stat -c '%F %i' "/proc/$(container_pid c)/root/dev/crashcart")
		refuses c ''
		assert_equal "$(stat -c '%F %i' "/proc/$(container_pid c)/root/dev/crashcart")" "$before"
		run -0 "$DBG_INJECT" c busybox ls /dev/crashcart/bin/busybox
		podman exec c sh -c 'umount /dev/crashcart; rm -rf /dev/crashcart'
	done
	assert_equal "$(ls -A "/proc/$(container_pid c)/root/tmp")" ""
}

@test "a directory that was there stays when the tools go" {
	container_run "$RUNTIME" c --network none -- fat
	podman exec c mkdir /dev/crashcart
	"$DBG_INJECT" --attach c
	assert_moved c
	"$DBG_INJECT" --detach c
	[ -d "/proc/$(container_pid c)/root/dev/crashcart" ]
}

# Killed at each system call that changes something, attach leaves nothing that the next call does not put right.
# bats test_tags=once
@test "attach that is killed: detach leaves nothing" {
	container_run "$RUNTIME" c --network none -- thin
	local before dev call
	before=$(container_mountinfo c)
	dev=$(dev_of c)
	for call in mkdirat setns move_mount renameat; do
		run strace -f -o /dev/null -e trace="$call" -e inject="$call":signal=KILL:when=1 "$DBG_INJECT" --attach c
		[ "$status" -ne 0 ]
		run -0 "$DBG_INJECT" --detach c
		assert_equal "$(container_mountinfo c)" "$before" "mount table, killed at $call"
		assert_equal "$(dev_of c)" "$dev" "/dev, killed at $call"
	done
	"$DBG_INJECT" --attach c
	assert_moved c
}

# bats test_tags=once
@test "--private and --pack need no hook either" {
	container_run "$RUNTIME" plain --network none -- thin
	container_run "$RUNTIME" map --network none --uidmap 0:100000:65536 -- thin
	local name before dev
	for name in plain map; do
		before=$(container_mountinfo "$name")
		dev=$(dev_of "$name")
		run -0 "$DBG_INJECT" --private "$name" busybox id -u
		assert_equal "$output" 0
		PATH="${DBG_TOOLS%/*}:$PATH" run -0 "$DBG_INJECT" --pack --tools "$LAB/nothing" "$name" id -u
		assert_equal "$output" 0
		assert_equal "$(container_mountinfo "$name")" "$before" "mount table of $name"
		assert_equal "$(dev_of "$name")" "$dev"
		assert_nothing_on_host
	done
}

@test "a container that no runtime keeps a file of is told by its process" {
	unshare -m -p -f --kill-child --mount-proc bash -c \
		'mount --make-rprivate / && mount -t tmpfs own /dev && mkdir /dev/pts && exec sleep 1203' 3>&- &
	local outer=$! pid before
	wait_for 20 pgrep -f '^sleep 1203'
	pid=$(pgrep -f '^sleep 1203')
	before=$(cat "/proc/$pid/mountinfo")
	"$DBG_INJECT" --attach "pid:$pid"
	run -0 "$DBG_INJECT" "pid:$pid" busybox ls /dev
	assert_equal "$output" $'crashcart\npts'
	"$DBG_INJECT" --detach "pid:$pid"
	assert_equal "$(cat "/proc/$pid/mountinfo")" "$before"
	assert_equal "$(ls "/proc/$pid/root/dev")" pts
	kill -KILL "$pid"
	wait "$outer" || true
	run -125 --separate-stderr "$DBG_INJECT" "pid:$$" true
	assert_has "$stderr" 'it is in no container'
	assert_nothing_on_host
}
