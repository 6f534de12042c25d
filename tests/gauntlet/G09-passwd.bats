#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2030,SC2031,SC2154 # a test is a subshell, with the variables of bats
# G9: hang or mislead who reads the container's /etc/passwd
#
# CVE-2024-9676 (Podman, Buildah, CRI-O). Who looks up a user by the path /proc/PID/root/etc/passwd follows a link to a file
# of the host's, waits for ever at a FIFO, or reads an endless device until there is no memory. Opening alone can do harm:
# a device acts when it is opened.

# bats file_tags=once
bats_require_minimum_version 1.5.0
load gauntlet

setup() {
	container_run "$RUNTIME" c --network none -- fat
	pid=$(container_pid c)
	passwd=/proc/$pid/root/etc/passwd
}

# In the running container: /etc/passwd is something else, made by the shell commands in $1.
with_passwd() {
	nsenter -t "$pid" -m -r /bin/busybox sh -c "rm -rf /etc/passwd; $1"
}

# ids OPTION...: "UID GID" of a command with these options.
ids() {
	"$DBG_INJECT" "$@" c cat /proc/self/status | awk '$1 == "Uid:" { uid = $2 } $1 == "Gid:" { print uid, $2 }'
}

# writer: a process that waits until somebody opens the FIFO /etc/passwd to read; then it makes /opened.
writer() {
	with_passwd 'mkfifo /etc/passwd'
	rm -f "/proc/$pid/root/opened"
	child nsenter -t "$pid" -m -r /bin/busybox sh -c 'exec 9>/etc/passwd; : >/opened'
	wait_for 20 waits_in_busybox "$child"
}

waits_in_busybox() {
	[ "$(readlink "/proc/$1/exe")" = /bin/busybox ] && grep -q '^State:.S' "/proc/$1/status"
}

was_opened() {
	[ -e "/proc/$pid/root/opened" ]
}

@test "naive: the path is followed to the host, hangs at a FIFO, and does not end at a device" {
	echo host-secret >"$LAB/secret"
	with_passwd "ln -s $LAB/secret /etc/passwd"
	# What has the link's own root, the host's: a lookup that opens it in two steps.
	assert_equal "$(cat "$(readlink "$passwd")")" host-secret
	with_passwd 'mkfifo /etc/passwd'
	run timeout -s KILL 1 cat "$passwd"
	assert_equal "$status" 137
	with_passwd 'mknod /etc/passwd c 1 5'
	assert_equal "$(head -c 20000000 "$passwd" | wc -c)" 20000000
}

@test "naive: an open that does not wait (O_NONBLOCK) opens a FIFO all the same" {
	writer
	run dd if="$passwd" of=/dev/null iflag=nonblock count=1
	wait_for 20 was_opened
}

@test "ours: a passwd that is a FIFO, a device, a link, a directory or huge does no harm" {
	local what
	for what in 'mkfifo /etc/passwd' 'mkdir /etc/passwd' 'truncate -s 2G /etc/passwd' 'ln -s /dev/zero /etc/passwd' \
		'ln -s passwd /etc/passwd' 'mknod /etc/passwd c 1 5' 'head -c 200000 /dev/zero | tr "\0" x >/etc/passwd' \
		'yes x:x:1:1::/: | head -c 2000000 >/etc/passwd' 'ln -s /proc/1/root/etc/passwd /etc/passwd' 'ln -s /proc/self/fd/0 /etc/passwd'; do
		with_passwd "$what"
		run --separate-stderr timeout 20 "$DBG_INJECT" -u app c true
		assert_equal "$status" 125 "$what"
		assert_equal "${#stderr_lines[@]}" 1 "$what"
		assert_has "$stderr" /etc/passwd
		[[ $what != *2G* && $what != *2000000* ]] || assert_has "$stderr" 'larger than'
	done
	assert_equal "$(ids -u 1000:1001)" "1000 1001"
	assert_equal "$(ids)" "0 0"
	# A link that leads to the host's, seen from the host: it stays in the container.
	with_passwd 'ln -s ../../../../../../../etc/passwd.other /etc/passwd; echo app:x:7:8::/: >/etc/passwd.other'
	assert_equal "$(ids -u app)" "7 8"
	echo app:x:9:9::/: >"$LAB/passwd.host"
	with_passwd "ln -s $LAB/passwd.host /etc/passwd"
	misuse /etc/passwd -u app c true
}

@test "ours: what is no regular file is not opened" {
	writer
	misuse 'not a regular file' -u app c true
	run ! was_opened
	gone "$child" && fail "the writer has ended"
	dd if="$passwd" of=/dev/null iflag=nonblock count=1 || true
	wait_for 20 was_opened # it did wait for that
}

@test "ours: a passwd on a file system that never answers is given up" {
	[ -e /dev/fuse ] || skip "cannot run here: there is no FUSE"
	cc -O -o "$LAB/silent" "$lab_dir/silent.c"
	child "$LAB/silent" "$pid" /etc
	wait_for 20 grep -q mounted "$LAB/child.out"
	# The naive way hangs.
	run timeout -s KILL 1 cat "$passwd"
	assert_equal "$status" 137
	run --separate-stderr timeout 30 "$DBG_INJECT" -u app c true
	assert_equal "$status" 125
	assert_has "$stderr" 'could not be read in 5 seconds'
	assert_equal "$(ids)" "0 0"
	assert_equal "$(ids -u 5:6)" "5 6"
}
