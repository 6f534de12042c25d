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
	lab_teardown
	remove_groups
}

# What the test of cgroup version 2 makes, which on a host of both versions is not the lab's own: other labs make theirs beside it,
# and have the same pids.
own_name() {
	echo "crashcart-test.$(readlink /proc/self/ns/pid | tr -cd 0-9)"
}

remove_groups() {
	mountpoint -q "$LAB/cgroup2" || return 0
	find "$LAB/cgroup2/$(own_name)" -depth -type d -exec rmdir {} \;
	umount "$LAB/cgroup2"
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

# Standard input without tabs: the lines of /proc/self/status that say who a command is.
status_lines() {
	grep -E '^(Uid|Gid|Groups|Cap...|NoNewPrivs|Seccomp|Seccomp_filters):' | sed 's/\t/ /g; s/ *$//'
}

# as OPTION... NAME: these lines of a command.
as() {
	"$DBG_INJECT" "$@" cat /proc/self/status | status_lines
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

# bats test_tags=once
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

# bats test_tags=once
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
	misuse 'go with a command to run' -u app --attach c
	assert_equal "$(container_mountinfo c)" "$table"
	misuse 'the container has no /etc/passwd: name a number' -u app none true
	assert_equal "$(ids -u 1000:5 none)" "1000 1000 1000 1000|5 5 5 5|5"
	assert_equal "$(ids -u 1000 none)" "1000 1000 1000 1000|0 0 0 0|0"
}

# In a running container: /etc/passwd is something else, made by the shell commands in $1. podman exec would read it.
with_passwd() {
	nsenter -t "$(container_pid c)" -m -r /bin/busybox sh -c "rm -rf /etc/passwd; $1"
}

# bats test_tags=once
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

# bats test_tags=once
@test "user: a terminal is the user's, who can open it anew" {
	users_run c
	mkfifo "$LAB/keys" # which never end: what comes at the end of input is not what is tested here
	run -0 script -qec "'$DBG_INJECT' -u 1000 c sh -c 'stat -L -c %u /proc/self/fd/0; echo one >/dev/tty; echo two >/proc/self/fd/1'" \
		/dev/null <>"$LAB/keys"
	rm "$LAB/keys"
	assert_matches "$(tr -d '\r' <<<"$output")" $'1000\none\ntwo'
}

# bats test_tags=once
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

# bats test_tags=once
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

# bats test_tags=once
@test "user: the command ends with dbg-inject, whoever the user is" {
	users_run c
	"$DBG_INJECT" -u app c sleep 1011 </dev/null 3>&- &
	local inject=$!
	wait_for 20 pgrep -u 1000 -f 'sleep 1011'
	kill -KILL "$inject"
	wait_for 20 eval "! pgrep -u 1000 -f 'sleep 1011'"
}

# bats test_tags=once
@test "workdir: it is the container's, whatever links lead to it" {
	users_run c
	assert_equal "$("$DBG_INJECT" -w /work c pwd)" /work
	assert_equal "$("$DBG_INJECT" --workdir /work/../home/./app -u app c pwd)" /home/app
	assert_equal "$("$DBG_INJECT" -w /dev/crashcart/bin c pwd)" /dev/crashcart/bin
	assert_equal "$("$DBG_INJECT" -w / c pwd)" /
	"$DBG_INJECT" c busybox ln -s ../../../../etc /work/link
	assert_equal "$("$DBG_INJECT" -w /work/link c pwd)" /etc
	assert_equal "$("$DBG_INJECT" -w /work/link c cat passwd)" "$(cat "/proc/$(container_pid c)/root/etc/passwd")"
}

# bats test_tags=once
@test "workdir: what is no directory of the container's is an error" {
	users_run c
	misuse '--workdir work: an absolute path is needed' -w work c true
	misuse 'an absolute path' -w '' c true
	misuse 'go with a command to run' -w / --attach c
	misuse '/none: No such file' -w /none c true
	misuse '/etc/passwd: Not a directory' -w /etc/passwd c true
}

# bats test_tags=once
@test "env: variables with their values, and the caller's" {
	users_run c
	export CALLER='the caller'\''s' UNASKED=secret
	unset NOTHING
	run -0 "$DBG_INJECT" -e 'A=1 2' --env B= -e CALLER -e NOTHING -e C=x=y -e A=3 c env
	assert_has "$output" $'\nA=3'
	assert_has "$output" $'\nB='
	assert_has "$output" $'\nC=x=y'
	assert_has "$output" $'\nCALLER=the caller'\''s'
	assert_has_not "$output" NOTHING
	assert_has_not "$output" UNASKED
	assert_has_not "$output" 'A=1'
	assert_has "$output" 'PATH=/dev/crashcart/bin:'
	# What is asked for by name is as it was asked for.
	run -0 "$DBG_INJECT" -u app -e HOME=/work -e TERM=x -e PATH=/bin c env
	assert_has "$output" HOME=/work
	assert_has "$output" TERM=x
	assert_has "$output" PATH=/bin
	assert_has "$output" CRASHCART_CONTAINER=c
	misuse 'no name of a variable' -e =x c true
	misuse 'no name of a variable' -e '' c true
	misuse 'needs a value' -e
}

# bats test_tags=once
@test "env: --env-from, its wrong values; and what --dry-run shows of all this" {
	users_run c --env 'ESCAPE=a'$'\e''[31mb' --env $'LINES_=a\nb'
	wait_ready c
	misuse '--env-from nonsense: expected none or container' --env-from nonsense c true
	run -0 "$DBG_INJECT" -n -w /work -e A=1 --env-from container c true
	assert_has "$output" 'directory:     /work'
	assert_has "$output" 'A=1'
	assert_has "$output" 'ESCAPE=a\x1b[31mb'
	assert_has "$output" 'LINES_=a\x0ab'
	assert_has_not "$output" $'\e'
	run -0 "$DBG_INJECT" -n --json -w /work -e A=1 --env-from container c true
	assert_has_not "$output" $'\e'
	assert_equal "$(jq -r .directory <<<"$output")" /work
	assert_equal "$(jq -r '.environment | map(select(startswith("A="))) | .[0]' <<<"$output")" A=1
	assert_equal "$("$DBG_INJECT" -n --json c true | jq -c .directory)" null
}

# mask NAME...: of capabilities, by their numbers.
mask() {
	local mask=0 number
	for number; do
		mask=$((mask | 1 << number))
	done
	printf '%016x' "$mask"
}

own_set() { # NAME
	awk '$1 == "CapBnd:" { print $2 }' "/proc/$(container_pid "$1")/status"
}

none=0000000000000000
# What this host has to give.
all=$(awk '$1 == "CapBnd:" { print $2 }' /proc/self/status)

# assert_sets TEXT INH PRM EFF BND AMB
assert_sets() {
	local text=$1 set
	shift
	for set in CapInh CapPrm CapEff CapBnd CapAmb; do
		assert_equal "$(value "$set" <<<"$text")" "$1" "$set of $text" || return 1
		shift
	done
}

@test "profile same: root has the container's capabilities, another user none; no_new_privs is the container's" {
	users_run c
	users_run hard --security-opt no-new-privileges
	local own
	own=$(own_set c)
	assert_sets "$(as --profile same c)" "$none" "$own" "$own" "$own" "$none"
	assert_sets "$(as --profile same -u app c)" "$none" "$none" "$none" "$own" "$none"
	assert_sets "$(as --profile same -u app --cap-add NET_RAW c)" "$(mask 13)" "$(mask 13)" "$(mask 13)" \
		"$(printf '%016x' $((16#$own | 16#$(mask 13))))" "$(mask 13)"
	local profile
	for profile in same debug full; do
		assert_equal "$(as --profile "$profile" c | value NoNewPrivs)" 0 "$profile"
	done
	assert_equal "$(as --profile same hard | value NoNewPrivs)" 1
	assert_equal "$(as --profile same -u app hard | value NoNewPrivs)" 1
	assert_equal "$(as --profile debug hard | value NoNewPrivs)" 0
	assert_equal "$(as --profile full hard | value NoNewPrivs)" 0
	# Nor have these profiles its filter.
	for profile in debug full; do
		assert_equal "$(as --profile "$profile" hard | value Seccomp)" "$(status_lines </proc/self/status | value Seccomp)" "$profile"
	done
	# The user may what it may, and no more.
	run -1 "$DBG_INJECT" --profile same -u 77 c cat /home/app/none
	assert_has "$output" 'Permission denied'
}

# bats test_tags=once
@test "profile debug, which is the default, and full" {
	users_run c
	local own debug
	own=$(own_set c)
	debug=$(printf '%016x' $((16#$own | 16#$(mask 2 5 12 13 19 34))))
	assert_sets "$(as c)" "$none" "$debug" "$debug" "$debug" "$none"
	assert_sets "$(as --profile debug c)" "$none" "$debug" "$debug" "$debug" "$none"
	assert_sets "$(as --profile debug -u app c)" "$debug" "$debug" "$debug" "$debug" "$debug"
	assert_sets "$(as --profile full c)" "$none" "$all" "$all" "$all" "$none"
	assert_sets "$(as --profile full -u app c)" "$all" "$all" "$all" "$all" "$all"
}

# bats test_tags=once
@test "profile: the configuration's, unless the command line has one; a wrong one is an error" {
	users_run c
	local own
	own=$(own_set c)
	configure 'profile = same'
	assert_equal "$(as c | value CapEff)" "$own"
	assert_equal "$(as --profile full c | value CapEff)" "$all"
	configure 'profile = full'
	assert_equal "$(as c | value CapEff)" "$all"
	configure 'profile = nonsense'
	misuse 'expected same, debug or full' c true
	configure
	misuse '--profile nonsense: expected same, debug or full' --profile nonsense c true
	misuse 'go with a command to run' --profile full --attach c
	misuse 'go with a command to run' --cap-add KILL --list
}

@test "capabilities: added and dropped, by name" {
	users_run c --cap-drop all
	assert_sets "$(as --profile same c)" "$none" "$none" "$none" "$none" "$none"
	local options wanted
	while read -r wanted options; do
		# shellcheck disable=SC2086 # words
		assert_equal "$(as --profile same $options c | value CapEff)" "$(mask ${wanted//,/ })" "$options"
		# shellcheck disable=SC2086 # words
		assert_equal "$(as --profile same $options c | value CapBnd)" "$(mask ${wanted//,/ })" "$options"
	done <<-END
		5 --cap-add KILL
		5 --cap-add CAP_KILL
		5 --cap-add cap_kill
		5,13 --cap-add kill,Net_Raw
		5,13 --cap-add KILL --cap-add NET_RAW
		13 --cap-add KILL,NET_RAW --cap-drop KILL
		5 --cap-drop ALL --cap-add KILL
		2,5,12,13,19 --profile debug --cap-drop SYSLOG
		5 --profile full --cap-drop all --cap-add KILL
	END
	assert_equal "$(as --profile same --cap-add ALL c | value CapEff)" "$all"
	assert_equal "$(as --profile full --cap-drop ALL c | value CapEff)" "$none"
	assert_equal "$(as --cap-add ALL --cap-drop KILL c | value CapEff)" "$(printf '%016x' $((16#$all & ~(1 << 5))))"
	assert_sets "$(as --cap-drop ALL --cap-add KILL -u app c)" "$(mask 5)" "$(mask 5)" "$(mask 5)" "$(mask 5)" "$(mask 5)"
}

# bats test_tags=once
@test "capabilities: what is no capability, or cannot be given, is an error" {
	users_run c
	misuse '--cap-add nonsense: there is no capability nonsense' --cap-add nonsense c true
	misuse '--cap-drop CAP_: there is no capability' --cap-drop CAP_ c true
	misuse 'there is no capability without a name' --cap-add '' c true
	misuse 'there is no capability without a name' --cap-add KILL, c true
	misuse 'there is no capability 5' --cap-add 5 c true
	misuse 'exclude each other' --cap-add ALL --cap-drop ALL c true
	misuse 'needs a value' --cap-add
	# dbg-inject itself without one of them.
	run -125 --separate-stderr setpriv --bounding-set -sys_time "$DBG_INJECT" --cap-add SYS_TIME c true
	assert_has "$stderr" 'dbg-inject itself has not got sys_time'
	run -0 setpriv --bounding-set -sys_time "$DBG_INJECT" --profile full c cat /proc/self/status
	assert_equal "$(value CapEff <<<"${output//$'\t'/ }")" "$(printf '%016x' $((16#$all & ~(1 << 25))))"
}

# bats test_tags=once
@test "privileges: --dry-run tells them" {
	users_run c --security-opt no-new-privileges
	local plan
	plan=$("$DBG_INJECT" -n --json --profile same -u app --cap-add NET_RAW c true)
	assert_equal "$(jq -c '[.profile, .capabilities, .no_new_privs, .apparmor, .selinux]' <<<"$plan")" \
		'["same",["net_raw"],true,null,null]'
	assert_equal "$(jq '.bounding_set | length' <<<"$plan")" \
		"$("$DBG_INJECT" -n --json --profile same --cap-add NET_RAW c true | jq '.capabilities | length')"
	run -0 "$DBG_INJECT" -n --profile same -u app c true
	assert_has "$output" 'capabilities:  none; all others are dropped'
	assert_has "$output" 'no_new_privs:  yes'
	run -0 "$DBG_INJECT" -n --cap-drop ALL c true
	assert_has "$output" 'capabilities:  none; all others are dropped'
	assert_equal "$("$DBG_INJECT" -n --json --cap-drop ALL c true | jq -c .capabilities)" '[]'
}

groups_of() { # PID
	sort "/proc/$1/cgroup"
}

@test "cgroup: the host's by default, and the container's where it is asked for" {
	needs_cgroups
	users_run plain
	users_run mapped --uidmap 0:100000:65536
	users_run own --cgroupns private
	local name options inject pid
	for name in plain mapped own; do
		for options in '' '--cgroup host'; do
			# shellcheck disable=SC2086 # words
			"$DBG_INJECT" $options "$name" sleep 1013 </dev/null 3>&- &
			inject=$!
			wait_for 20 pgrep -f '^sleep 1013'
			assert_equal "$(groups_of "$(pgrep -f '^sleep 1013')")" "$(groups_of self)" "of $name, $options"
			kill "$inject"
			wait "$inject" || true
		done
		"$DBG_INJECT" --cgroup container -u app "$name" sh -c 'sleep 1014; exit 5' </dev/null 3>&- &
		inject=$!
		wait_for 20 pgrep -f '^sleep 1014'
		for pid in $(pgrep -f '^(sh -c )?sleep 1014'); do
			assert_equal "$(groups_of "$pid")" "$(groups_of "$(container_pid "$name")")" "of $name"
		done
		pkill -f '^sleep 1014'
		status=0
		wait "$inject" || status=$?
		assert_equal "$status" 5
	done
}

# The limit that holds process PID.
memory_limit() {
	local path
	path=$(awk -F: '$2 == "memory" { print $3 }' "/proc/$1/cgroup")
	if [ -n "$path" ]; then
		cat "/sys/fs/cgroup/memory$path/memory.limit_in_bytes"
	else
		cat "/sys/fs/cgroup$(sed -n 's/^0:://p' "/proc/$1/cgroup")/memory.max"
	fi
}

@test "cgroup: what a session uses counts against the container's limit with --cgroup container alone" {
	needs_cgroups
	users_run c --memory 32m --memory-swap 32m
	assert_equal "$(memory_limit "$(container_pid c)")" $((32 << 20))
	# 64 MiB, held in memory.
	local eater='head -c 67108864 /dev/zero | tail -n 1 | wc -c'
	run -0 "$DBG_INJECT" c busybox sh -c "$eater"
	assert_equal "$output" 67108864
	run "$DBG_INJECT" --cgroup container c busybox sh -c "$eater"
	assert_has_not "$output" 67108864
	assert_running c
}

@test "cgroup: a session in the container's ends with it; in a paused one it is refused" {
	needs_cgroups
	users_run c
	podman pause c
	misuse 'the container is paused' --cgroup container c true
	misuse 'the container is paused' -n --cgroup container c true
	podman unpause c
	"$DBG_INJECT" --cgroup container c sleep 1015 </dev/null 3>&- &
	local inject=$!
	wait_for 20 pgrep -f '^sleep 1015'
	podman rm -f -t 0 c
	wait_for 20 gone "$inject"
	status=0
	wait "$inject" || status=$?
	assert_equal "$status" 137
}

# bats test_tags=once
@test "cgroup: wrong values; and --dry-run" {
	users_run c
	misuse '--cgroup nonsense: expected host, container or session' --cgroup nonsense c true
	misuse 'go with a command to run' --cgroup container --attach c
	assert_equal "$("$DBG_INJECT" -n --json c true | jq -r .cgroup)" host
	needs_cgroups
	assert_equal "$("$DBG_INJECT" -n --json --cgroup container c true | jq -r .cgroup)" container
	run -0 "$DBG_INJECT" -n --cgroup container c true
	assert_has "$output" "cgroup:        the container's"
}

@test "cgroup: where the container's cannot be reached, nothing runs" {
	needs_cgroups
	users_run c
	# Hidden by another file system.
	run -125 --separate-stderr unshare --mount sh -c 'mount -t tmpfs none /sys/fs/cgroup && exec "$@"' - \
		"$DBG_INJECT" --cgroup container c true
	assert_matches "$stderr" '^dbg-inject: c: --cgroup container: '
}

# Control groups of sessions that are there.
own_groups() {
	find /sys/fs/cgroup -type d -name 'oci-crashcart-*'
}

# A command that is there to stay: its pid goes to $pid, dbg-inject's to $inject.
start_sleeping() { # OPTION... NAME
	"$DBG_INJECT" "$@" sleep 1016 </dev/null 3>&- &
	inject=$!
	wait_for 20 pgrep -f '^sleep 1016'
	pid=$(pgrep -f '^sleep 1016')
}

@test "cgroup session: one of its own beside the container's, with the limits that are configured" {
	needs_cgroups
	users_run plain
	users_run mapped --uidmap 0:100000:65536
	local name inject pid above
	for name in plain mapped; do
		start_sleeping --cgroup session -u app "$name"
		above=$(groups_of "$(container_pid "$name")" | awk -F: '$2 == "memory" || $2 == "" && !/memory/ { print $3 }' | sort -u | tail -n 1)
		assert_has "$(groups_of "$pid")" "${above%/*}/oci-crashcart-$pid"
		assert_equal "$(memory_limit "$pid")" $((1 << 30))
		assert_equal "$(cat "$(own_groups | head -n 1 | sed 's|/memory/|/pids/|')/pids.max")" 1024
		assert_has_not "$(groups_of "$(container_pid "$name")")" oci-crashcart
		assert_has_not "$(groups_of self)" oci-crashcart
		kill "$inject"
		status=0
		wait "$inject" || status=$?
		assert_equal "$status" 143
		assert_equal "$(own_groups)" ""
	done
	configure 'session-memory = 100M' 'session-processes = none'
	start_sleeping --cgroup session plain
	assert_equal "$(memory_limit "$pid")" $((100 << 20))
	assert_equal "$(cat "$(own_groups | head -n 1 | sed 's|/memory/|/pids/|')/pids.max")" max
	kill "$inject"
	wait "$inject" || true
	run -7 "$DBG_INJECT" --cgroup session plain sh -c 'exit 7'
	run -127 "$DBG_INJECT" --cgroup session plain no-such-command
	assert_equal "$(own_groups)" ""
}

@test "cgroup session: neither the container's limit nor the host's memory is touched" {
	needs_cgroups
	users_run c --memory 32m --memory-swap 32m
	local eater='head -c 67108864 /dev/zero | tail -n 1 | wc -c'
	run -0 "$DBG_INJECT" --cgroup session c busybox sh -c "$eater"
	assert_equal "$output" 67108864
	configure 'session-memory = 32M'
	run "$DBG_INJECT" --cgroup session c busybox sh -c "$eater"
	assert_has_not "$output" 67108864
	assert_running c
	# Processes without end, but the session's.
	configure 'session-processes = 10'
	# shellcheck disable=SC2016 # the shell's own inside
	run "$DBG_INJECT" --cgroup session c busybox sh -c 'for i in $(busybox seq 40); do sleep 1017 & done; :'
	assert_has "$output" fork
	assert_equal "$(pgrep -fc '^sleep 1017')" 0 "what the command leaves in its group ends with it"
	assert_equal "$(own_groups)" ""
}

@test "cgroup session: dbg-inject killed leaves nothing that --gc does not remove" {
	needs_cgroups
	users_run c
	"$DBG_INJECT" --cgroup session c sh -c 'setsid sleep 1018 & sleep 1016' </dev/null 3>&- &
	local inject=$!
	wait_for 20 pgrep -f '^sleep 1018'
	wait_for 20 pgrep -x -P "$inject" crashcart-guard
	kill -KILL "$(pgrep -x -P "$inject" crashcart-guard)" "$inject"
	wait "$inject" || true
	[ -n "$(own_groups)" ]
	wait_for 20 eval '! pgrep -f "sh -c setsid"'
	run -0 "$DBG_INJECT" --gc
	assert_equal "$(own_groups)" ""
	assert_equal "$(pgrep -fc '^sleep 101[68]')" 0
	assert_equal "$(ls "$OCI_CRASHCART_STATE_DIR/sessions")" ""
}

# bats test_tags=once
@test "cgroup session: a record that names another directory does no harm" {
	needs_cgroups
	users_run c
	"$DBG_INJECT" c true
	mkdir /sys/fs/cgroup/memory/other 2>/dev/null || mkdir /sys/fs/cgroup/other
	mkdir "$LAB/oci-crashcart-1"
	jq -n --arg pids "$(stat -L -c %i /proc/self/ns/pid)" --arg lab "$LAB/oci-crashcart-1" '{container: "c", pid: 2, "start-time": 1,
		"pid-namespace": ($pids | tonumber), cgroups: ["/sys/fs/cgroup/memory/other", "/sys/fs/cgroup/other", $lab, "oci-crashcart-1", "/", "", 5]}' \
		>"$OCI_CRASHCART_STATE_DIR/sessions/2.json"
	run -0 "$DBG_INJECT" --gc
	[ -d /sys/fs/cgroup/memory/other ] || [ -d /sys/fs/cgroup/other ]
	[ -d "$LAB/oci-crashcart-1" ]
	rmdir /sys/fs/cgroup/memory/other /sys/fs/cgroup/other 2>/dev/null || true
	rmdir "$LAB/oci-crashcart-1"
	assert_equal "$(ls "$OCI_CRASHCART_STATE_DIR/sessions")" ""
}

# bats test_tags=once
@test "cgroup session: --dry-run makes none, and tells of it" {
	needs_cgroups
	users_run c
	run -0 "$DBG_INJECT" -n --cgroup session c true
	assert_has "$output" 'cgroup:        one of its own in /sys/fs/cgroup'
	assert_has "$output" "memory at most $((1 << 30)), processes at most 1024"
	assert_equal "$("$DBG_INJECT" -n --json --cgroup session c true | jq -r .cgroup)" session
	assert_equal "$(own_groups)" ""
	configure 'session-memory = much'
	misuse 'session-memory = much: expected' --cgroup session c true
	configure
}

# The same where version 2 is all that is mounted, as far as it goes without controllers.
v2_alone() {
	unshare --mount --propagation unchanged sh -c 'mount --make-rprivate /sys && umount -R /sys/fs/cgroup &&
		mount -t cgroup2 none /sys/fs/cgroup && exec "$@"' - \
		"$DBG_INJECT" "$@"
}

@test "cgroup: version 2 alone" {
	needs_cgroups
	mkdir -p "$LAB/cgroup2"
	mount -t cgroup2 none "$LAB/cgroup2" || skip "cannot run here: there is no cgroup version 2"
	users_run c
	"$DBG_INJECT" c true
	local inject pid base group first
	base=$(own_name)
	group=$LAB/cgroup2/$base/scope-$container
	first=$(container_pid c)
	mkdir -p "$group/inner"
	echo "$first" >"$group/inner/cgroup.procs"
	v2_alone --cgroup container -u app c sleep 1019 </dev/null 3>&- &
	inject=$!
	wait_for 20 pgrep -f '^sleep 1019'
	pid=$(pgrep -f '^sleep 1019')
	assert_equal "$(grep '^0:' "/proc/$pid/cgroup")" "0::/$base/scope-$container/inner"
	kill "$pid"
	wait "$inject" || true
	configure 'session-memory = none' 'session-processes = none'
	v2_alone --cgroup session c sh -c 'setsid sleep 1020 & sleep 1019' </dev/null 3>&- &
	inject=$!
	wait_for 20 pgrep -f '^sleep 1020'
	pid=$(pgrep -f '^sleep 1020')
	# Beside all that is the container's.
	assert_matches "$(grep '^0:' "/proc/$pid/cgroup")" "^0::/$base/oci-crashcart-[0-9]+\$"
	wait_for 20 pkill -f '^sleep 1019'
	status=0
	wait "$inject" || status=$?
	assert_equal "$status" 143
	assert_equal "$(find "$LAB/cgroup2/$base" -name 'oci-crashcart-*')" ""
	wait_for 20 eval '! pgrep -f "^sleep 1020"'
	# A limit that cannot be set is an error, and leaves nothing.
	if ! grep -qw memory "$LAB/cgroup2/cgroup.controllers"; then
		configure 'session-memory = 1G'
		run -125 --separate-stderr v2_alone --cgroup session c true
		assert_has "$stderr" 'there is no memory.max'
		assert_equal "$(find "$LAB/cgroup2/$base" -name 'oci-crashcart-*')" ""
	fi
	echo 1 >"$group/cgroup.freeze"
	wait_for 20 grep -q 'frozen 1' "$group/inner/cgroup.events"
	run -125 --separate-stderr v2_alone --cgroup container c true
	echo 0 >"$group/cgroup.freeze"
	assert_has "$stderr" 'the container is paused'
}
