#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2030,SC2031,SC2154 # a test is a subshell, with the variables of bats
# Whom a command runs as: users and groups of the container's files, what it may, its environment and directory.

bats_require_minimum_version 1.5.0
load lab/lab

setup_file() {
	lab_setup_tools
	[ -e "$LAB/users.made" ] || { users_image && touch "$LAB/users.made"; }
}

teardown() {
	[ -z "${stuck:-}" ] || kill "$stuck"
	lab_teardown
}

# The image fat, with users and groups.
users_image() {
	local root=$LAB/users
	cp -a "$LAB/image" "$root"
	mkdir -p "$root/etc" "$root/home/app" "$root/work"
	printf '%s\n' root:x:0:0:root:/root:/bin/sh app:x:1000:1001::/home/app:/bin/sh plain:x:1002:1002::/: >"$root/etc/passwd"
	printf '%s\n' root:x:0: app:x:1001: extra:x:2000:app,other more:x:3000:app >"$root/etc/group"
	chmod 700 "$root/home/app"
	chown 1000:1001 "$root/home/app"
	tar -C "$root" -c . | podman import -q -c 'ENTRYPOINT ["/app"]' - users >/dev/null
}

# users_run NAME [podman run option...]
users_run() {
	local name=$1
	shift
	container_run "$RUNTIME" "$name" --network none "$@" -- users
}

# misuse TEXT ARGUMENT...: fails with 125 and one line that has TEXT, and nothing is attached.
misuse() {
	local text=$1
	shift
	run --separate-stderr "$DBG_INJECT" "$@"
	assert_equal "$status" 125 "exit status of $*" || return 1
	assert_equal "$output" "" "standard output of $*" || return 1
	assert_equal "${#stderr_lines[@]}" 1 "lines of $*" || return 1
	assert_has "$stderr" "$text"
}

# as OPTION... NAME: the lines of /proc/self/status that say who a command is, without tabs.
as() {
	"$DBG_INJECT" "$@" cat /proc/self/status | grep -E '^(Uid|Gid|Groups|Cap...|NoNewPrivs):' | sed 's/\t/ /g; s/ *$//'
}

# value FIELD: of these lines, on standard input.
value() {
	sed -n "s/^$1: *//p"
}

# ids OPTION... NAME: "UID GID GROUPS"
ids() {
	local lines
	lines=$(as "$@")
	printf '%s|%s|%s\n' "$(value Uid <<<"$lines")" "$(value Gid <<<"$lines")" "$(value Groups <<<"$lines")"
}

@test "user: names and numbers of the container's own files, with their groups" {
	users_run c
	# user: uid, gid, groups, home
	local user wanted home
	while read -r user wanted home; do
		assert_equal "$(ids -u "$user" c)" "${wanted//,/ }" "ids of $user"
		# shellcheck disable=SC2016
		assert_equal "$("$DBG_INJECT" --user "$user" c sh -c 'echo "$HOME"')" "$home" "home of $user"
	done <<-END
		root 0,0,0,0|0,0,0,0|0 /root
		0 0,0,0,0|0,0,0,0|0 /root
		app 1000,1000,1000,1000|1001,1001,1001,1001|1001,2000,3000 /home/app
		1000 1000,1000,1000,1000|1001,1001,1001,1001|1001,2000,3000 /home/app
		app:extra 1000,1000,1000,1000|2000,2000,2000,2000|2000 /home/app
		app:5 1000,1000,1000,1000|5,5,5,5|5 /home/app
		plain 1002,1002,1002,1002|1002,1002,1002,1002|1002 /
		77 77,77,77,77|0,0,0,0|0 /
		77:more 77,77,77,77|3000,3000,3000,3000|3000 /
		4294967294:78 4294967294,4294967294,4294967294,4294967294|78,78,78,78|78 /
	END
}

@test "user: the ids are those that the engine's exec gives" {
	users_run c
	local user
	for user in root app 1000 app:extra 77 77:more; do
		assert_equal "$("$DBG_INJECT" -u "$user" c id -u)" "$(podman exec -u "$user" c /bin/id -u)" "$user"
		assert_equal "$("$DBG_INJECT" -u "$user" c id -g)" "$(podman exec -u "$user" c /bin/id -g)" "$user"
		# The engine may leave the user's own group out of these.
		assert_equal "$({ "$DBG_INJECT" -u "$user" c id -G; "$DBG_INJECT" -u "$user" c id -g; } | tr ' ' '\n' | sort -un)" \
			"$({ podman exec -u "$user" c /bin/id -G; podman exec -u "$user" c /bin/id -g; } | tr ' ' '\n' | sort -un)" "$user"
	done
}

@test "user: files that it makes are the user's, also where the container has a user namespace" {
	users_run plain
	users_run mapped --uidmap 0:100000:65536
	local name base=0
	for name in plain mapped; do
		assert_equal "$(ids -u app "$name" | cut -d'|' -f1,3)" "1000 1000 1000 1000|1001 2000 3000" "in $name"
		run -0 "$DBG_INJECT" -u app "$name" sh -c 'touch /home/app/file && stat -c %u:%g /home/app/file'
		assert_equal "$output" 1000:1001
		assert_equal "$(stat -c %u:%g "/proc/$(container_pid "$name")/root/home/app/file")" "$((base + 1000)):$((base + 1001))"
		base=100000
	done
}

@test "user: one that is not mapped is an error, and nothing is attached" {
	users_run c --uidmap 0:100000:65536
	local table
	table=$(container_mountinfo c)
	misuse 'user 70000 is not mapped' -u 70000 c true
	misuse 'group 65536 is not mapped' -u 0:65536 c true
	misuse 'user 70000 is not mapped' -n -u 70000 c true
	assert_equal "$(container_mountinfo c)" "$table"
	run -0 "$DBG_INJECT" -u 65535:65535 c id -u
	assert_equal "$output" 65535
}

@test "user: what is unknown or not to be read is an error, and nothing is attached" {
	users_run c
	thin_run none
	local table
	table=$(container_mountinfo c)
	misuse "--user nobody: the container's /etc/passwd has no such user" -u nobody c true
	misuse "--user app:nobody: the container's /etc/group has no such group" -u app:nobody c true
	misuse '--user : no user is named' -u '' c true
	misuse '--user :extra: no user' -u :extra c true
	misuse '--user app:: no group' -u app: c true
	misuse 'no such user' -u 4294967295 c true
	misuse 'no such user' -u -1 c true
	misuse 'no such user' -u $'a\e[31mb' c true
	assert_has_not "$stderr" $'\e'
	misuse '--user goes with a command' -u app --attach c
	assert_equal "$(container_mountinfo c)" "$table"
	misuse 'the container has no /etc/passwd: name a number' -u app none true
	assert_equal "$(ids -u 1000:5 none)" "1000 1000 1000 1000|5 5 5 5|5"
	assert_equal "$(ids -u 1000 none)" "1000 1000 1000 1000|0 0 0 0|0"
}

# In a running container: /etc/passwd is something else, made by the shell commands in $1. podman exec would read it.
with_passwd() {
	nsenter -t "$(container_pid c)" -m -r /bin/busybox sh -c "rm -rf /etc/passwd; $1"
}

@test "user: a passwd that is a FIFO, a device, a link, a directory or huge does not harm (CVE-2024-9676)" {
	users_run c
	local what
	for what in 'mkfifo /etc/passwd' 'mkdir /etc/passwd' 'truncate -s 2G /etc/passwd' 'ln -s /dev/zero /etc/passwd' \
		'ln -s passwd /etc/passwd' 'mknod /etc/passwd c 1 5' 'head -c 200000 /dev/zero | tr "\0" x >/etc/passwd'; do
		with_passwd "$what"
		run --separate-stderr timeout 20 "$DBG_INJECT" -u app c true
		assert_equal "$status" 125 "$what"
		assert_equal "${#stderr_lines[@]}" 1 "$what"
		assert_has "$stderr" /etc/passwd
		assert_equal "$(ids -u 1000:1001 c)" "1000 1000 1000 1000|1001 1001 1001 1001|1001" "$what"
		assert_equal "$(ids c)" "0 0 0 0|0 0 0 0|" "$what"
	done
	# A link that leads to the host's, seen from the host: it stays in the container.
	with_passwd 'ln -s ../../../../../../../etc/passwd.other /etc/passwd; echo app:x:7:8::/: >/etc/passwd.other'
	assert_equal "$(ids -u app c)" "7 7 7 7|8 8 8 8|8 2000 3000"
}

@test "user: a passwd on a file system that never answers" {
	[ -e /dev/fuse ] || skip "cannot run here: there is no FUSE"
	users_run c
	cc -O -o "$LAB/silent" "$lab_dir/silent.c"
	"$LAB/silent" "$(container_pid c)" /etc >"$LAB/silent.out" 2>&1 3>&- &
	stuck=$!
	wait_for 10 grep -q mounted "$LAB/silent.out"
	# The naive way hangs.
	run timeout -s KILL 2 cat "/proc/$(container_pid c)/root/etc/passwd"
	assert_equal "$status" 137
	run --separate-stderr timeout 30 "$DBG_INJECT" -u app c true
	assert_equal "$status" 125
	assert_has "$stderr" 'could not be read in 5 seconds'
	assert_equal "$(ids c)" "0 0 0 0|0 0 0 0|"
	assert_equal "$(ids -u 5:6 c)" "5 5 5 5|6 6 6 6|6"
	kill "$stuck"
	stuck=
}

@test "user: the command can open its own standard input, output and error" {
	users_run plain
	users_run mapped --uidmap 0:100000:65536
	local name
	for name in plain mapped; do
		echo hello | "$DBG_INJECT" -u app:extra "$name" sh -c 'cat >/dev/stdout; echo err >/dev/stderr' >"$LAB/out" 2>"$LAB/err"
		assert_equal "$(cat "$LAB/out" "$LAB/err")" $'hello\nerr' "in $name"
		"$DBG_INJECT" -u app:extra "$name" cat /dev/stdin <"$LAB/err" >"$LAB/out"
		assert_equal "$(cat "$LAB/out")" err "in $name"
	done
}

@test "user: --dry-run tells who it would be" {
	users_run c
	local plan
	plan=$("$DBG_INJECT" -n --json -u app c true)
	assert_equal "$(jq -c .user <<<"$plan")" '{"uid":1000,"gid":1001,"groups":[1001,2000,3000],"home":"/home/app"}'
	assert_equal "$("$DBG_INJECT" -n --json c true | jq -c .user)" '{"uid":0,"gid":0,"groups":[],"home":"/"}'
	run -0 "$DBG_INJECT" -n -u app c true
	assert_has "$output" '1000, group 1001; supplementary groups 1001,2000,3000; home /home/app'
	with_passwd "printf 'app:x:1000:1::/a\\033[31mb:\\n' >/etc/passwd"
	run -0 "$DBG_INJECT" -n -u app c true
	assert_has "$output" 'home /a\x1b[31mb'
}

@test "user: tools have the profile's capabilities whoever the user is" {
	users_run c
	local lines own
	own=$(as c | value CapEff)
	lines=$(as -u app c)
	local set
	for set in CapInh CapPrm CapEff CapBnd CapAmb; do
		assert_equal "$(value "$set" <<<"$lines")" "$own" "$set"
	done
	run -0 "$DBG_INJECT" -u app c readlink /proc/1/exe
	assert_equal "$output" /app
}

@test "user: the command ends with dbg-inject, whoever the user is" {
	users_run c
	"$DBG_INJECT" -u app c sleep 1011 </dev/null 3>&- &
	local inject=$!
	wait_for 10 pgrep -u 1000 -f 'sleep 1011'
	kill -KILL "$inject"
	wait_for 10 eval "! pgrep -u 1000 -f 'sleep 1011'"
}
