#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2030,SC2031,SC2154 # a test is a subshell, with the variables of bats
# dbg-inject --tools IMAGE: delivered as itself, writable for nobody, and its loop device goes with the last that has it.

bats_require_minimum_version 1.5.0
load lab/lab

types=(erofs squashfs ext4)

# The tree, and an image of each type: $LAB/image.TYPE, and the originals of those, which nothing changes.
setup_file() {
	lab_setup_file || return
	[ ! -e "$LAB/sealed.made" ] || return 0
	local type
	"$DBG_TOOLS" build -q -o "$LAB/small" busybox bash sleep || return
	mkdir -p "$LAB/sealed"
	for type in "${types[@]}"; do
		"$DBG_TOOLS" image -q --type "$type" -o "$LAB/sealed/$type" "$LAB/small" || return
	done
	touch "$LAB/sealed.made"
}

setup() {
	local type
	for type in "${types[@]}"; do
		cp "$LAB/sealed/$type" "$LAB/image.$type"
	done
}

teardown() {
	if [ -n "${BATS_TEST_COMPLETED:-}" ]; then
		podman rm -f -t 0 -a >/dev/null
		wait_for 20 no_loops || fail "loop devices are left:" "$(losetup -l)" || return 1
	fi
	lab_teardown
}

# loops FILE: the loop devices that FILE, as it is now, is behind. Other labs have files of the same name.
loops() {
	losetup -n -O NAME -j "$1"
}

no_loop() { # FILE
	[ -z "$(loops "$1")" ]
}

no_loops() {
	local file
	for file in "$LAB"/image.*; do
		no_loop "$file" || return 1
	done
}

# The container has the image itself, and nobody can write to it.
assert_image() { # NAME TYPE
	local line
	line=$(container_line "$1")
	has_options "$line" ro nosuid nodev || return 1
	assert_image_inside "$1" "$2"
}

# The same, where the container may have remounted.
assert_image_inside() { # NAME TYPE
	local line pid
	line=$(container_line "$1") pid=$(container_pid "$1")
	assert_equal "$(mount_field "$line" type)" "$2" "type of the mount" || return 1
	assert_has ",$(mount_field "$line" super)," ,ro, "a super block that can be written: $line" || return 1
	assert_has_not ",$(mount_field "$line" options)," ,noexec, "tools that cannot be executed" || return 1
	assert_equal "$(ls "/proc/$pid/root/dev/crashcart/bin")" "$(ls "$LAB/small/bin")" "the tools in $1"
}

# start_inject ARG...: in background. The pid goes to $inject.
start_inject() {
	"$DBG_INJECT" "$@" >"$LAB/out" 2>&1 </dev/null 3>&- &
	inject=$!
}

# ---- attach, run, detach ----

@test "an image of each type: attached as itself, used, listed, detached" {
	thin_run c
	local type before
	before=$(container_mountinfo c)
	for type in "${types[@]}"; do
		run -0 "$DBG_INJECT" --attach --tools "$LAB/image.$type" c
		assert_equal "$output" "c: attached $LAB/image.$type"
		assert_image c "$type"
		run -0 podman exec c /dev/crashcart/bin/busybox id -u
		assert_equal "$output" 0
		run -0 "$DBG_INJECT" c bash -c 'busybox echo tools | busybox rev'
		assert_equal "$output" sloot
		assert_equal "$("$DBG_INJECT" --status --json c | jq -c '[.attached, .tools, .proof.ok]')" \
			"[true,\"$LAB/image.$type\",true]"
		assert_has "$("$DBG_INJECT" --list)" "$LAB/image.$type"
		run -0 "$DBG_INJECT" --attach --tools "$LAB/image.$type" c
		assert_has "$output" already
		run -125 "$DBG_INJECT" --attach --tools "$LAB/small" c
		assert_has "$output" 'attached already: --detach them first'
		run -0 "$DBG_INJECT" --detach c
		assert_equal "$(container_mountinfo c)" "$before" "mount table after $type"
		assert_provisioned c
		wait_for 20 no_loops || fail "$(losetup -l)" || return 1
	done
}

# bats test_tags=once
@test "the image that the configuration names is attached by a command" {
	configure "tools = $LAB/image.erofs"
	thin_run c
	run -0 "$DBG_INJECT" c busybox id -u
	assert_equal "$output" 0
	assert_image c erofs
	"$DBG_INJECT" --detach c
}

@test "nothing is mounted on the host but the master, and the loop device is read-only" {
	thin_run c
	local before after device
	before=$(cat /proc/self/mountinfo)
	"$DBG_INJECT" --attach --tools "$LAB/image.ext4" c
	after=$(grep -vxF -e "$before" /proc/self/mountinfo)
	assert_equal "$(wc -l <<<"$after")" 1 "new mounts: $after"
	assert_equal "$(awk '{ print $5 }' <<<"$after")" "$OCI_CRASHCART_STATE_DIR/ctr/$container"
	device=$(loops "$LAB/image.ext4")
	assert_equal "$(losetup -n -O RO,AUTOCLEAR "$device" | tr -d ' ')" 11
	assert_equal "$(blockdev --getro "$device")" 1
	"$DBG_INJECT" --detach c
	assert_equal "$(cat /proc/self/mountinfo)" "$before"
}

@test "with user namespaces, --read-only, --user 1000" {
	thin_run map --uidmap 0:100000:65536
	thin_run plain --read-only --cap-drop all --user 1000
	local type
	for type in "${types[@]}"; do
		"$DBG_INJECT" --attach --tools "$LAB/image.$type" map plain
		assert_image map "$type"
		assert_image plain "$type"
		run -0 podman exec map /dev/crashcart/bin/busybox id -u
		run -0 podman exec plain /dev/crashcart/bin/busybox id -u
		assert_equal "$output" 1000
		"$DBG_INJECT" --detach
	done
	assert_provisioned map
	assert_provisioned plain
}

@test "two containers have one loop device; it goes with the last of them" {
	thin_run a
	thin_run b
	"$DBG_INJECT" --attach --tools "$LAB/image.erofs" a b
	assert_equal "$(loops "$LAB/image.erofs" | wc -l)" 1 "loop devices"
	"$DBG_INJECT" --detach a
	assert_provisioned a
	assert_image b erofs
	run -0 podman exec b /dev/crashcart/bin/busybox true
	assert_equal "$(loops "$LAB/image.erofs" | wc -l)" 1 "loop devices"
	podman rm -f -t 0 b
	wait_for 20 no_loops
}

# bats test_tags=once
@test "containers at once, each attached and detached again and again" {
	local name names=(a b c d) lanes=() lane
	for name in "${names[@]}"; do
		thin_run "$name"
	done
	for name in "${names[@]}"; do
		for _ in {1..25}; do
			"$DBG_INJECT" -q --attach --tools "$LAB/image.squashfs" "$name" || exit 1
			"$DBG_INJECT" -q --detach "$name" || exit 1
		done >"$LAB/lane.$name" 2>&1 3>&- &
		lanes+=($!)
	done
	for lane in "${lanes[@]}"; do
		wait "$lane" || fail "$(cat "$LAB"/lane.*)" || return 1
	done
}

# bats test_tags=once
@test "dry run: says what it would do, and nothing is left of looking" {
	thin_run c
	local type before
	before=$(cat /proc/self/mountinfo)
	for type in "${types[@]}"; do
		run -0 "$DBG_INJECT" -n --tools "$LAB/image.$type" c bash -c true
		assert_has "$output" "attach:        $LAB/image.$type"
		assert_has "$output" 'command:       /dev/crashcart/bin/bash -c true'
		run -0 "$DBG_INJECT" -n --json --tools "$LAB/image.$type" c nosuchtool
		assert_equal "$(jq -r .path <<<"$output")" nosuchtool
		run -0 "$DBG_INJECT" -n --attach --tools "$LAB/image.$type" c
		wait_for 20 no_loops
	done
	assert_equal "$(cat /proc/self/mountinfo)" "$before"
	assert_provisioned c
}

# ---- in use ----

@test "in use: refused with 3, and only the container's own processes are named" {
	thin_run a
	thin_run b
	start_inject --tools "$LAB/image.erofs" a sleep 2011
	local other=$inject tool
	wait_for 20 runs_inside a '^sleep 2011'
	start_inject --tools "$LAB/image.erofs" b sleep 2012
	wait_for 20 runs_inside b '^sleep 2012'
	run -3 --separate-stderr "$DBG_INJECT" --detach b
	assert_has "$stderr" "pid $(inside_pids b '^sleep 2012')"
	assert_has_not "$stderr" "pid $(inside_pids a '^sleep 2011')"
	run -0 "$DBG_INJECT" --detach --lazy b
	assert_provisioned b
	run ! gone "$inject"
	kill -KILL "$inject"
	"$DBG_INJECT" --attach --tools "$LAB/image.erofs" b
	podman exec -d b /dev/crashcart/bin/busybox sleep 2013
	wait_for 20 runs_inside b 'sleep 2013'
	run -0 "$DBG_INJECT" --detach --force b
	assert_has "$output" 'ending pid'
	assert_provisioned b
	run ! gone "$other"
	runs_inside a '^sleep 2011'
	tool=$(inside_pids a '^sleep 2011')
	kill -KILL "$other"
	# The kernel ends the tool after dbg-inject, and whoever cleans up after that may have had it open: until then it is in use.
	wait_for 20 gone "$tool"
	wait_for 20 no_session
	"$DBG_INJECT" --detach
}

# Its session has a copy of the mount namespace, with mounts of other numbers in it.
# bats test_tags=once
@test "in use in a copy of the mount namespace: named all the same, and nobody else" {
	container_run "$RUNTIME" c --network none --privileged -- fat
	thin_run other
	start_inject --tools "$LAB/image.erofs" other sleep 2021
	local foreign=$inject
	wait_for 20 runs_inside other '^sleep 2021'
	start_inject --tools "$LAB/image.erofs" c sleep 2022
	wait_for 20 runs_inside c '^sleep 2022'
	[ "$(readlink "/proc/$(inside_pids c '^sleep 2022')/ns/mnt")" != "$(readlink "/proc/$(container_pid c)/ns/mnt")" ]
	run -3 --separate-stderr "$DBG_INJECT" --detach c
	assert_has "$stderr" "pid $(inside_pids c '^sleep 2022')"
	assert_has_not "$stderr" "pid $(inside_pids other '^sleep 2021')"
	run -0 "$DBG_INJECT" --detach --force c
	run ! gone "$foreign"
	kill -KILL "$foreign"
	wait_for 20 gone "$foreign"
}

# ---- what is left ----

@test "attached: nothing is left after podman rm -f, and restart gives an empty mount again" {
	thin_run c
	"$DBG_INJECT" --attach --tools "$LAB/image.ext4" c
	podman restart -t 0 c
	assert_provisioned c
	wait_for 20 no_loops
	"$DBG_INJECT" --attach --tools "$LAB/image.squashfs" c
	podman rm -f -t 0 c
	lab_assert_clean
	wait_for 20 no_loops
}

@test "attached, and its end unseen: --gc takes the image away" {
	lab_register "$LAB/starts.d" "$HOOK" prestart poststart
	HOOKS_DIR=$LAB/starts.d thin_run c
	"$DBG_INJECT" --attach --tools "$LAB/image.erofs" c
	podman rm -f -t 0 c
	[ -n "$(loops "$LAB/image.erofs")" ] || fail "this test has nothing to remove"
	run -0 "$DBG_INJECT" --gc
	lab_assert_clean
	wait_for 20 no_loops
}

# kill_at CALL N [STRACE-OPTION]: dbg-inject attaches, and is killed at its Nth CALL; with -f also the process that mounts.
kill_at() {
	strace "${@:3}" -o "$LAB/trace" -e "trace=$1" -e "inject=$1:signal=KILL:when=$2" \
		"$DBG_INJECT" --attach --tools "$LAB/image.erofs" c >"$LAB/out" 2>&1
}

# Each call, until dbg-inject has run through. Where the process that mounts is killed alone, that is a clear error.
sweep_kill() { # [STRACE-OPTION]
	local call number
	for call in openat unshare mount_setattr ioctl mount open_tree sendmsg recvmsg move_mount statx; do
		status=1
		for ((number = 1; status != 0; number++)); do
			status=0
			kill_at "$call" "$number" "$@" 2>/dev/null || status=$?
			case $status in
			0) ;;
			125)
				assert_equal "$(cat "$LAB/out")" \
					"dbg-inject: c: $LAB/image.erofs: the process that mounts the image was killed" || return 1
				orphaned=$((orphaned + 1))
				;;
			137) killed=$((killed + 1)) ;;
			*) fail "status $status at $call $number: $(cat "$LAB/out")" || return 1 ;;
			esac
			"$DBG_INJECT" -q --detach c || fail "after $call $number" || return 1
			wait_for 20 no_loop "$LAB/image.erofs" || fail "$call $number:" "$(losetup -l)" || return 1
			assert_equal "$(</proc/"$pid"/mountinfo)" "$before" "mount table after $call $number" || return 1
		done
	done
	assert_provisioned c
}

# bats test_tags=once
@test "dbg-inject killed at any step of the attach: nothing is left of the image" {
	thin_run c
	local killed=0 orphaned=0 pid before
	pid=$(container_pid c)
	before=$(</proc/"$pid"/mountinfo)
	sweep_kill
	[ "$killed" -gt 30 ] || fail "only $killed times"
	sweep_kill -f
	[ "$orphaned" -gt 3 ] || fail "the process that mounts: only $orphaned times"
}

# ---- who may write ----

# A read-write image, shown read-only: what is naive about it is the super block.
# bats test_tags=once
@test "a naive image, read-only as a mount alone, is written to by a privileged container" {
	mkdir -p "$LAB/naive"
	mount -o loop "$LAB/image.ext4" "$LAB/naive"
	container_run "$RUNTIME" c --network none --privileged -v "$LAB/naive:/naive:ro" -- fat
	run ! podman exec c touch /naive/evil
	podman exec c mount -o remount,bind,rw /naive
	podman exec c touch /naive/evil
	[ -e "$LAB/naive/evil" ]
	podman rm -f -t 0 c
	umount "$LAB/naive"
	run ! cmp "$LAB/image.ext4" "$LAB/sealed/ext4"
}

# bats test_tags=once
@test "a privileged container cannot write to an image, whatever it remounts or opens" {
	container_run "$RUNTIME" c --network none --privileged -- fat
	local type how device
	for type in "${types[@]}"; do
		"$DBG_INJECT" --attach --tools "$LAB/image.$type" c
		device=$(loops "$LAB/image.$type")
		run ! podman exec c mount -o remount,rw /dev/crashcart
		podman exec c mount -o remount,bind,rw /dev/crashcart
		assert_has ",$(mount_field "$(container_line c)" options)," ,rw, "the mount alone can be remounted"
		for how in remount,rw remount,bind,rw,suid,dev remount,rw,suid,dev; do
			podman exec c mount -o "$how" /dev/crashcart || true
			assert_image_inside c "$type"
			# Each fails, and says this.
			run ! podman exec c sh -c 'touch /dev/crashcart/evil || (echo evil >>/dev/crashcart/bin/busybox) ||
				rm /dev/crashcart/bin/busybox || chmod 4755 /dev/crashcart/bin/busybox'
			assert_equal "$(grep -c 'Read-only file system' <<<"$output")" 4 "$output"
		done
		run ! podman exec c sh -c "mkdir -p /again && mount -t $type $device /again && touch /again/evil"
		podman exec c umount /again || true
		# The device itself, as far as the container has one.
		podman exec c blockdev --setrw "$device" || true
		run ! podman exec c sh -c "[ -b $device ] && dd if=/dev/zero of=$device bs=4096 count=1 conv=fsync"
		podman exec c mount -o remount,bind,ro,nosuid,nodev /dev/crashcart
		"$DBG_INJECT" --detach c
		cmp "$LAB/image.$type" "$LAB/sealed/$type"
	done
}

# bats test_tags=once
@test "an image that is in use for writing is refused, and taken when that has ended" {
	thin_run c
	mkdir -p "$LAB/naive"
	mount -o loop "$LAB/image.ext4" "$LAB/naive"
	local device
	device=$(loops "$LAB/image.ext4")
	run -125 --separate-stderr "$DBG_INJECT" --attach --tools "$LAB/image.ext4" c
	assert_equal "${#stderr_lines[@]}" 1
	assert_has "$stderr" "$LAB/image.ext4: it is in use for writing by $device"
	assert_provisioned c
	[ -n "$(loops "$LAB/image.ext4")" ]
	umount "$LAB/naive"
	wait_for 20 no_loops
	"$DBG_INJECT" --attach --tools "$LAB/image.ext4" c
	assert_image c ext4
}

# bats test_tags=once
@test "an image that the host has mounted read-only is used as well, and stays mounted" {
	thin_run c
	mkdir -p "$LAB/naive"
	mount -o loop,ro "$LAB/image.erofs" "$LAB/naive"
	"$DBG_INJECT" --attach --tools "$LAB/image.erofs" c
	assert_image c erofs
	"$DBG_INJECT" --detach c
	ls "$LAB/naive/bin/busybox"
	umount "$LAB/naive"
}

# bats test_tags=once
@test "a part of an image that is in use is not taken for the whole" {
	thin_run c
	local device
	device=$(losetup -r -f --show -o 4096 "$LAB/image.ext4")
	run -125 --separate-stderr "$DBG_INJECT" --attach --tools "$LAB/image.ext4" c
	assert_equal "${#stderr_lines[@]}" 1
	assert_has "$stderr" "$LAB/image.ext4: libmount: overlapping loop device exists"
	losetup -d "$device"
	assert_provisioned c
}

# ---- the file ----

# bats test_tags=once
@test "an image that is replaced while it is attached: the old one stays, and the next gets the new" {
	thin_run a
	thin_run b
	"$DBG_INJECT" --attach --tools "$LAB/image.erofs" a
	"$DBG_TOOLS" build -q -o "$LAB/second.tree" sleep
	"$DBG_TOOLS" image -q --force --type erofs -o "$LAB/image.erofs" "$LAB/second.tree"
	"$DBG_INJECT" --attach --tools "$LAB/image.erofs" b
	assert_image a erofs
	assert_equal "$(ls "/proc/$(container_pid b)/root/dev/crashcart/bin")" sleep
	"$DBG_INJECT" --detach
	rm -rf "$LAB/second.tree"
}

# strace stops the process that mounts between dbg-inject's look at the file and the mount.
# bats test_tags=once
@test "an image that is replaced between look and mount is not mounted" {
	thin_run c
	cp "$LAB/sealed/squashfs" "$LAB/image.other"
	rm -f "$LAB/trace"
	strace -f -o "$LAB/trace" -e trace=unshare -e inject=unshare:signal=STOP \
		"$DBG_INJECT" --attach --tools "$LAB/image.erofs" c >"$LAB/out" 2>&1 3>&- &
	local inject=$! status=0
	wait_for 20 grep -q 'stopped by SIGSTOP' "$LAB/trace"
	mv "$LAB/image.other" "$LAB/image.erofs"
	kill -CONT "$(awk '/stopped by SIGSTOP/ { print $1 }' "$LAB/trace")"
	wait "$inject" || status=$?
	assert_equal "$status" 125
	assert_has "$(cat "$LAB/out")" 'image.erofs: the file was replaced meanwhile: try again'
	assert_provisioned c
}

# refused TEXT FILE: one line that names the file and says TEXT; nothing is mounted, and nothing left.
refused() {
	local before
	before=$(container_mountinfo c)
	run -125 --separate-stderr timeout 20 "$DBG_INJECT" --attach --tools "$2" c
	assert_equal "${#stderr_lines[@]}" 1 "lines" || return 1
	assert_matches "$stderr" '^dbg-inject: c: ' || return 1
	assert_has "$stderr" "$2" || return 1
	assert_has "$stderr" "$1" || return 1
	assert_equal "$(container_mountinfo c)" "$before" || return 1
	wait_for 20 no_loops || fail "$2:" "$(losetup -l)" || return 1
	run -125 timeout 20 "$DBG_INJECT" -n --tools "$2" c true
}

# bats test_tags=once
@test "what is no image, or a damaged one, is a clear error, and nothing is left" {
	thin_run c
	local type size file=$LAB/image.bad
	: >"$file"
	refused 'no super block' "$file"
	head -c 1M /dev/urandom >"$file"
	refused 'no super block' "$file"
	printf 'hsqs' >"$file"
	refused 'no super block' "$file"
	for type in "${types[@]}"; do
		size=$(stat -c %s "$LAB/sealed/$type")
		head -c 4096 "$LAB/sealed/$type" >"$file"
		refused 'damaged, or cut short' "$file"
		head -c $((size - 8192)) "$LAB/sealed/$type" >"$file"
		refused 'damaged, or cut short' "$file"
		# A super block that still has its magic number, and is wrong.
		cp "$LAB/sealed/$type" "$file"
		case $type in
		erofs) printf '\xff\xff' | dd of="$file" bs=1 seek=$((1024 + 14)) conv=notrunc status=none ;;
		squashfs) printf '\xff\xff\xff\xff\xff\xff\xff\x7f' | dd of="$file" bs=1 seek=64 conv=notrunc status=none ;;
		ext4) printf '\xff\xff' | dd of="$file" bs=1 seek=$((1024 + 88)) conv=notrunc status=none ;;
		esac
		refused "does not mount it as $type" "$file"
	done
	# What lies behind the super block is broken: found when it is looked into.
	head -c 8192 "$LAB/sealed/ext4" >"$file"
	truncate -s "$(stat -c %s "$LAB/sealed/ext4")" "$file"
	refused "$file: " "$file"
	rm "$file"
}

# bats test_tags=once
@test "an image without bin/, a directory without one, and what is neither" {
	thin_run c
	local type
	mkdir -p "$LAB/hollow/lib"
	cp "$LAB/small/manifest.json" "$LAB/hollow/"
	for type in "${types[@]}"; do
		"$DBG_TOOLS" image -q --type "$type" -o "$LAB/image.hollow" "$LAB/hollow"
		refused 'it has no bin/' "$LAB/image.hollow"
		rm "$LAB/image.hollow"
	done
	refused 'it has no bin/' "$LAB/hollow"
	mkfifo "$LAB/image.fifo"
	refused 'not a tools tree' "$LAB/image.fifo"
	refused 'not trusted' /dev/null
	refused 'not there' "$LAB/nothing"
	rm -r "$LAB/hollow" "$LAB/image.fifo"
}

# bats test_tags=once
@test "an image of another's, or that others may write to, is not trusted" {
	thin_run c
	chmod 664 "$LAB/image.erofs"
	refused 'writable by others (mode 0664): not trusted' "$LAB/image.erofs"
	chmod 646 "$LAB/image.erofs"
	refused 'not trusted' "$LAB/image.erofs"
	chmod 644 "$LAB/image.erofs"
	chown 1000 "$LAB/image.erofs"
	refused 'owned by uid 1000' "$LAB/image.erofs"
	ln -s image.erofs "$LAB/image.link"
	refused 'owned by uid 1000' "$LAB/image.erofs"
	chown 0 "$LAB/image.erofs"
	"$DBG_INJECT" --attach --tools "$LAB/image.link" c
	assert_image c erofs
	rm "$LAB/image.link"
}

# Only the error is made by strace.
# bats test_tags=once
@test "a kernel without the file system, and one that gives no loop device" {
	thin_run c
	run -125 strace -f -o "$LAB/trace" -e trace=mount -e inject=mount:error=ENODEV \
		"$DBG_INJECT" --attach --tools "$LAB/image.erofs" c
	assert_has "$output" "image.erofs: this kernel has no file system erofs: load its module, or make an image of another type"
	run -125 strace -f -o "$LAB/trace" -e trace=ioctl -e inject=ioctl:error=EPERM \
		"$DBG_INJECT" --attach --tools "$LAB/image.erofs" c
	assert_equal "${#lines[@]}" 1
	assert_has "$output" 'image.erofs: libmount: '
	run -125 strace -f -o "$LAB/trace" -e trace=unshare -e inject=unshare:error=ENOSPC \
		"$DBG_INJECT" --attach --tools "$LAB/image.erofs" c
	assert_has "$output" 'make a mount namespace: No space left on device'
	assert_provisioned c
}

# ---- copies that are cut off ----

@test "a copy that the container cut off: in use it is refused, else it is taken away" {
	container_run "$RUNTIME" c --network none --privileged -- fat
	local before type pid
	before=$(container_mountinfo c)
	for type in "${types[@]}"; do
		"$DBG_INJECT" --attach --tools "$LAB/image.$type" c
		podman exec c mkdir -p /copy
		podman exec c mount --bind /dev/crashcart /copy
		podman exec c mount --make-private /copy
		podman exec -d c /copy/bin/busybox sleep 2031
		wait_for 20 runs_inside c 'sleep 2031'
		run -3 --separate-stderr "$DBG_INJECT" --detach c
		assert_has "$stderr" "pid $(inside_pids c 'sleep 2031')"
		pid=$(inside_pids c 'sleep 2031')
		kill -KILL "$pid"
		wait_for 20 gone "$pid"
		"$DBG_INJECT" --detach c
		assert_equal "$(container_mountinfo c)" "$before"
		wait_for 20 no_loops
	done
}

# bats test_tags=once
@test "a copy that is left alone: found by the record, and another image is not touched" {
	container_run "$RUNTIME" c --network none --privileged -- fat
	local device copy other
	"$DBG_INJECT" --attach --tools "$LAB/image.erofs" c
	device=$(loops "$LAB/image.squashfs" || losetup -f)
	assert_equal "$(jq '."tools-device"' "$OCI_CRASHCART_STATE_DIR/rec/$container.json")" \
		"$((16#$(stat -c %t "$(loops "$LAB/image.erofs")") * 256 + 16#$(stat -c %T "$(loops "$LAB/image.erofs")")))"
	device=$(losetup -r -f --show "$LAB/image.squashfs")
	podman exec c mkdir -p /copy /other
	podman exec c mount --bind /dev/crashcart /copy
	podman exec c mount --make-private /copy
	nsenter -t "$(container_pid c)" -m -- /bin/busybox mknod /other.device b "$((16#$(stat -c %t "$device")))" "$((16#$(stat -c %T "$device")))"
	podman exec c mount -t squashfs -o ro /other.device /other
	losetup -d "$device"
	# The host's side goes without a word to us; the record still knows.
	umount -l "$OCI_CRASHCART_STATE_DIR/ctr/$container"
	copy=$(container_mountinfo c | mount_line /copy)
	other=$(container_mountinfo c | mount_line /other)
	[ -n "$copy" ] && [ -n "$other" ]
	"$DBG_INJECT" --detach c
	assert_equal "$(container_mountinfo c | mount_line /copy)" ""
	assert_equal "$(container_mountinfo c | mount_line /other)" "$other"
	assert_equal "$(jq '."tools-device"' "$OCI_CRASHCART_STATE_DIR/rec/$container.json")" 0
}
