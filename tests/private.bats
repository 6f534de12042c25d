#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2030,SC2031,SC2154 # a test is a subshell, with the variables of bats
# dbg-inject --private: tools that one session alone sees, in a copy of the container's mount namespace that follows it.

bats_require_minimum_version 1.5.0
load lab/lab

setup_file() {
	lab_setup_tools
}

teardown() {
	local failed=0
	umount -R -l "$LAB/volume" 2>/dev/null || true
	lab_teardown || failed=1
	rm -rf "$LAB/volume" "$LAB/odd"
	return "$failed"
}

# In background; stdout and stderr go to $LAB/out and $LAB/err, the pid to $inject.
start_inject() {
	: >"$LAB/out"
	: >"$LAB/err"
	env --default-signal=INT,QUIT "$DBG_INJECT" "$@" >"$LAB/out" 2>"$LAB/err" </dev/null 3>&- &
	inject=$!
	wait_for 20 grep -q ready "$LAB/out"
}

# end_inject SECONDS: its exit status goes to $status.
end_inject() {
	wait_for "$1" gone "$inject" || { kill -KILL "$inject"; return 1; }
	status=0
	wait "$inject" || status=$?
}

# unprovision NAME: takes the hook's mount away, and its directory.
unprovision() {
	nsenter -t "$(container_pid "$1")" -m umount /dev/crashcart
	nsenter -t "$(container_pid "$1")" -m -U --preserve-credentials -S 0 rmdir /dev/crashcart 2>/dev/null ||
		rmdir "/proc/$(container_pid "$1")/root/dev/crashcart"
}

# What there is in a container's /dev, and when something was last made or removed there.
names_in_dev() { # NAME
	local dev
	dev=/proc/$(container_pid "$1")/root/dev
	ls -A "$dev"
	stat -c '%y %z %h' "$dev"
}

# A shared mount of the host's, $LAB/volume.
make_volume() {
	mkdir -p "$LAB/volume"
	mount -t tmpfs volume "$LAB/volume"
	mount --make-shared "$LAB/volume"
	mkdir "$LAB/volume/later"
}

@test "the session has the tools, and the container's mount table and /dev are what they were, meanwhile and after" {
	thin_run plain
	thin_run map --uidmap 0:100000:65536
	thin_run may --cap-add SYS_ADMIN
	thin_run user --read-only --cap-drop all --user 1000
	local name before dev
	for name in plain map may user; do
		before=$(container_mountinfo "$name")
		dev=$(names_in_dev "$name")
		start_inject --private "$name" sh -c 'echo ready; sleep 1100; :'
		assert_equal "$(container_mountinfo "$name")" "$before" "mount table of $name in the session"
		assert_equal "$(ls "/proc/$(container_pid "$name")/root/dev/crashcart")" "" "what $name sees"
		kill -TERM "$inject"
		end_inject 20
		assert_equal "$status" 143
		assert_equal "$(container_mountinfo "$name")" "$before" "mount table of $name after"
		assert_equal "$(names_in_dev "$name")" "$dev" "/dev of $name"
		assert_provisioned "$name"
	done
}

# bats test_tags=once
@test "exit status, input and output are those of any session" {
	thin_run c
	run "$DBG_INJECT" --private c sh -c 'exit 7'
	assert_equal "$status" 7
	assert_equal "$(echo hello | "$DBG_INJECT" --private c cat)" hello
	run -127 "$DBG_INJECT" --private c no-such-command
	assert_equal "$(printf 'echo one\n' | "$DBG_INJECT" --private c)" one
}

# bats test_tags=once
@test "the tools are read-only, without set-id programs and devices" {
	container_run "$RUNTIME" c --network none --privileged -- fat
	run -0 "$DBG_INJECT" --private c cat /proc/self/mountinfo
	local line
	line=$(grep ' - overlay oci-crashcart ' <<<"$output")
	has_options "$line" ro nosuid nodev
	assert_has ",$(mount_field "$line" super)," ,ro,
	run "$DBG_INJECT" --private c busybox touch /dev/crashcart/evil
	[ "$status" -ne 0 ]
	assert_has "$output" 'Read-only file system'
}

# bats test_tags=once
@test "an image serves as well as a directory" {
	"$DBG_TOOLS" image -q --type squashfs -o "$LAB/odd" "$LAB/tools"
	thin_run c
	local before
	before=$(container_mountinfo c)
	run "$DBG_INJECT" --private --tools "$LAB/odd" c busybox id -u
	assert_equal "$status $output" "0 0"
	assert_equal "$(container_mountinfo c)" "$before"
}

@test "without the hook's mount: /dev of the session has the container's nodes and mounts, and the tools" {
	container_run "$RUNTIME" plain --network none -- fat
	container_run "$RUNTIME" map --network none --uidmap 0:100000:65536 -- fat
	local name before dev wanted
	for name in plain map; do
		unprovision "$name"
		before=$(container_mountinfo "$name")
		podman exec "$name" touch /dev/shm/there
		dev=$(names_in_dev "$name")
		wanted=$(podman exec "$name" sh -c 'cd /dev; stat -c "%n %F %t %T %a" * pts/* shm/*')
		run -0 "$DBG_INJECT" --private "$name" sh -c 'cd /dev; stat -c "%n %F %t %T %a" * pts/* shm/* | grep -v "^crashcart "'
		assert_equal "$output" "$wanted" "what /dev of $name holds"
		run -0 "$DBG_INJECT" --private "$name" sh -c 'echo x >/dev/null && head -c 4 /dev/zero | wc -c && echo hi >/dev/shm/new'
		assert_equal "$output" 4
		assert_equal "$(podman exec "$name" cat /dev/shm/new)" hi
		podman exec "$name" rm /dev/shm/new
		assert_equal "$(container_mountinfo "$name")" "$before" "mount table of $name"
		assert_equal "$(names_in_dev "$name")" "$dev" "/dev of $name"
	done
}

# bats test_tags=once
@test "a directory that the container has made there itself is not used: nobody can take it away" {
	container_run "$RUNTIME" c --network none -- fat
	unprovision c
	podman exec c mkdir /dev/crashcart
	start_inject --private c sh -c 'echo ready; while [ ! -e /tmp/go ]; do sleep 0.05; done; ls /dev/crashcart/bin/busybox'
	podman exec c rmdir /dev/crashcart
	podman exec c mkdir -p /dev/crashcart/bin
	podman exec c touch /tmp/go
	end_inject 20
	assert_equal "$status" 0
	assert_equal "$(cat "$LAB/out")" $'ready\n/dev/crashcart/bin/busybox'
}

@test "what the host mounts in a volume later shows up in the session" {
	make_volume
	container_run "$RUNTIME" c --network none -v "$LAB/volume:/volume:rslave" -- fat
	# shellcheck disable=SC2016 # the shell's own inside
	start_inject --private c sh -c 'echo ready; i=0; until [ -s /volume/later/file ] || [ $i = 400 ]; do sleep 0.05; i=$((i + 1)); done; cat /volume/later/file'
	mount -t tmpfs later "$LAB/volume/later"
	echo came >"$LAB/volume/later/file"
	end_inject 20
	assert_equal "$(cat "$LAB/out")" $'ready\ncame'
	assert_equal "$status" 0
}

@test "what the container mounts later in a shared mount of its own shows up; what the session mounts stays with it" {
	container_run "$RUNTIME" c --network none --privileged -- fat
	podman exec c mkdir -p /tmp/a /tmp/b
	podman exec c mount -t tmpfs own /tmp/a
	podman exec c mount --make-shared /tmp/a
	podman exec c mkdir /tmp/a/later /tmp/a/session
	local before
	before=$(container_mountinfo c)
	# shellcheck disable=SC2016 # the shell's own inside
	start_inject --private c sh -c 'mount -t tmpfs session /tmp/a/session; echo ready
		i=0; until [ -s /tmp/a/later/file ] || [ $i = 400 ]; do sleep 0.05; i=$((i + 1)); done; cat /tmp/a/later/file'
	assert_equal "$(container_mountinfo c)" "$before" "the container's mount table"
	podman exec c mount -t tmpfs later /tmp/a/later
	podman exec c sh -c 'echo came >/tmp/a/later/file'
	end_inject 20
	assert_equal "$(cat "$LAB/out")" $'ready\ncame'
}

# Whoever may mount, and shares all mounts, reaches a slave's copies too.
@test "a container cannot cover the tools of the session by mounts that come into it" {
	container_run "$RUNTIME" c --network none --cap-add SYS_ADMIN --security-opt apparmor=unconfined -- fat
	podman exec c mount --make-rshared /
	podman exec c sh -c 'mkdir -p /evil/crashcart/bin; printf "#!/bin/sh\necho EVIL\n" >/evil/crashcart/bin/id; chmod 755 /evil/crashcart/bin/id'
	# Shown to work: a copy that is a slave, with a mount where the tools are, gets the container's /dev over it.
	nsenter -t "$(container_pid c)" -m unshare -m --propagation slave /bin/sh -c \
		'mount -t tmpfs tools /dev/crashcart; echo $$ >/tmp/naive; while [ ! -e /tmp/go ]; do sleep 0.05; done; /dev/crashcart/bin/id' \
		>"$LAB/naive.out" 2>&1 3>&- &
	local naive=$!
	wait_for 20 podman exec c test -s /tmp/naive
	podman exec c mount --bind /evil /dev
	: >"/proc/$(container_pid c)/root/tmp/go"
	wait "$naive" || true
	assert_has "$(cat "$LAB/naive.out")" EVIL "the attack does not work"
	nsenter -t "$(container_pid c)" -m umount /dev
	podman exec -d c sh -c 'while :; do mount --bind /evil /dev; umount /dev; mount --bind /evil/crashcart /dev/crashcart; umount /dev/crashcart; done'
	: >"$LAB/ran"
	for _ in {1..30}; do
		"$DBG_INJECT" --private c sh -c 'id; for i in 1 2 3 4 5; do /dev/crashcart/bin/id; done' >>"$LAB/ran" 2>>"$LAB/refused" || [ $? -eq 125 ]
	done
	cat "$LAB/refused"
	assert_has_not "$(cat "$LAB/ran")" EVIL
	assert_has "$(cat "$LAB/ran")" 'uid=0'
}

# bats test_tags=once
@test "a container with /dev as a link, or without one: a clear error" {
	container_run "$RUNTIME" c --network none -- fat
	# The root is the host's to see: what the image could have had.
	local root pid
	pid=$(container_pid c)
	nsenter -t "$pid" -m umount -l /dev
	root=/proc/$pid/root
	rmdir "$root/dev"
	run -125 --separate-stderr "$DBG_INJECT" --private c true
	assert_has "$stderr" '/dev in the container is not there'
	ln -s /tmp "$root/dev"
	run -125 --separate-stderr "$DBG_INJECT" --private c true
	assert_matches "$stderr" '^dbg-inject: c: /dev in the container is no directory, or a link'
	[ ! -e "$root/tmp/crashcart" ]
}

# bats test_tags=once
@test "beside tools that are attached: neither disturbs the other" {
	thin_run c
	mkdir -p "$LAB/odd/bin"
	cp "$LAB/tools/bin/busybox" "$LAB/odd/bin/busybox"
	: >"$LAB/odd/bin/only-here"
	"$DBG_INJECT" --attach c
	run -0 "$DBG_INJECT" --private --tools "$LAB/odd" c busybox ls /dev/crashcart/bin
	assert_equal "$output" $'busybox\nonly-here'
	"$DBG_INJECT" --private --tools "$LAB/odd" c busybox sleep 1101 </dev/null 3>&- &
	local session=$!
	wait_for 20 pgrep -f '^busybox sleep 1101'
	"$DBG_INJECT" --detach c
	assert_provisioned c
	kill -TERM "$session"
	wait "$session" || true
}

# bats test_tags=once
@test "sessions are listed; killed, they leave nothing" {
	thin_run c
	start_inject --private c sh -c 'echo ready; sleep 1102; :'
	assert_equal "$("$DBG_INJECT" --list --json | jq -r '.[0] | "\(.attached) \(.sessions | length)"')" "false 1"
	kill -KILL "$inject"
	end_inject 20
	wait_for 20 eval '! pgrep -f "echo ready; sleep 1102"'
	assert_provisioned c
	podman rm -f -t 0 c
	wait_for 20 no_session # one that was killed has somebody who removes its file
	lab_assert_clean
}

# bats test_tags=once
@test "dry run tells, as text and as JSON" {
	thin_run c
	run -0 "$DBG_INJECT" -n --private c id
	assert_matches "$output" "private: +$LAB/tools"
	assert_has "$output" 'of mnt a copy, which alone has the tools'
	run -0 "$DBG_INJECT" -n --json --private c id
	assert_equal "$(jq -r '"\(.private) \(.attach) \(.copy_mounts)"' <<<"$output")" "$LAB/tools null true"
	run -0 "$DBG_INJECT" -n --json c id
	assert_equal "$(jq -r '"\(.private) \(.attach)"' <<<"$output")" "null $LAB/tools"
	assert_provisioned c
}

# bats test_tags=once
@test "misuse: --private with another verb" {
	thin_run c
	local verb
	for verb in --attach --detach --status; do
		run -125 --separate-stderr "$DBG_INJECT" "$verb" --private c
		assert_equal "$stderr" "dbg-inject: --private goes with a command to run"
	done
}
