#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2030,SC2031,SC2154 # a test is a subshell, with the variables of bats
# dbg-inject --verify: a container is as it was when it was provisioned, or what differs, and whether that is ours.

bats_require_minimum_version 1.5.0
load lab/lab

setup_file() {
	lab_setup_tools
	mkdir -p "$LAB/none.d"
}

# A container without the hook has nobody who would remove its record.
teardown() {
	[ -z "${session:-}" ] || kill -KILL "$session" 2>/dev/null || true
	podman rm -f -t 0 -a >/dev/null 2>&1 || true
	"$DBG_INJECT" --gc >/dev/null || true
	lab_teardown
}

fat_run() { # NAME [podman run option...]
	local name=$1
	shift
	container_run "$RUNTIME" "$name" --network none "$@" -- fat
}

bare_run() { # NAME [podman run option...]
	HOOKS_DIR=$LAB/none.d fat_run "$@"
}

is_clean() { # NAME...
	run --separate-stderr "$DBG_INJECT" --verify "$@"
	assert_equal "$status" 0 "--verify $*: $output$stderr" || return 1
	assert_equal "$stderr" "" || return 1
	assert_has_not "$output" ours:
}

# differs NAME REGEX...: exit status 1, as many differences, and each is told by a line.
differs() {
	local name=$1 regex
	shift
	run --separate-stderr "$DBG_INJECT" --verify "$name"
	assert_equal "$status" 1 "--verify $name: $output$stderr" || return 1
	assert_equal "$(grep -c ': \(not ours\|ours\|perhaps ours\): ' <<<"$output")" $# "differences: $output" || return 1
	for regex; do
		grep -Eq "^$name: $regex" <<<"$output" || fail "no such difference: $regex" "$output" || return 1
	done
	assert_has "$output" "$name: not clean: $# difference"
}

# A session of c that lasts until its standard input ends, which is descriptor 7.
start_session() { # ARGUMENT...
	rm -f "$LAB/fifo"
	mkfifo "$LAB/fifo"
	"$DBG_INJECT" "$@" c cat <"$LAB/fifo" >/dev/null 2>"$LAB/err" 3>&- &
	session=$!
	exec 7>"$LAB/fifo"
	wait_for 20 has_session
}

# A session is recorded before its command runs.
has_session() {
	local pid
	pid=$("$DBG_INJECT" --status --json c | jq '.sessions[0].pid // empty')
	[ -n "$pid" ] && [ "$(cat "/proc/$pid/comm")" = cat ]
}

end_session() {
	exec 7>&-
	wait "$session"
	session=
}

@test "clean from the start, and again after attach, run, private session and detach, in containers of each kind" {
	fat_run plain
	fat_run map --uidmap 0:100000:65536
	fat_run all --privileged
	fat_run drop --read-only --cap-drop all --user 1000
	fat_run host --pid host
	local names=(plain map all drop host) name
	is_clean "${names[@]}"
	assert_equal "$(grep -c ': clean$' <<<"$output")" 5
	for name in "${names[@]}"; do
		is_clean "$name"
		assert_equal "$output" "$name: mounts: same
$name: /dev: same
$name: processes: same
$name: control groups: same
$name: clean"
		"$DBG_INJECT" "$name" ls /dev/crashcart/bin >/dev/null
		"$DBG_INJECT" --private "$name" true
		differs "$name" 'mounts: ours: mounted since: .* /dev/crashcart overlay'
	done
	"$DBG_INJECT" --detach
	is_clean "${names[@]}"
	run -0 "$DBG_INJECT" --verify --json "${names[@]}"
	assert_equal "$(jq -c 'map([.name, .clean, .baseline, .differences, .ours]) | unique_by(.[1:])' <<<"$output")" '[["plain",true,"start",0,0]]'
	podman restart -t 0 plain >/dev/null
	is_clean plain
	for name in "${names[@]}"; do
		name=$(container_id "$name")
		[ "$(stat -c %s "$OCI_CRASHCART_STATE_DIR/rec/$name.baseline")" -lt 65536 ] || fail "$name has no baseline, or a large one"
	done
}

@test "each difference is found, and it is told whether it is ours" {
	fat_run c --privileged
	# Mounts: of the container's own, beside ours; a copy that was cut off, moved, and outlived the tools.
	podman exec c mkdir /tmp/own /tmp/moved
	podman exec c mount -t tmpfs own /tmp/own
	podman exec c umount /dev/mqueue
	differs c 'mounts: not ours: mounted since: [0-9:]* / /tmp/own tmpfs$' 'mounts: not ours: not mounted any more: .* /dev/mqueue mqueue$'
	podman exec c umount /tmp/own
	"$DBG_INJECT" --attach c
	podman exec c mount --bind /dev/crashcart /tmp/moved
	podman exec c mount --make-private /tmp/moved
	umount "$OCI_CRASHCART_STATE_DIR/ctr/$(container_id c)"
	differs c 'mounts: not ours: not mounted any more' 'mounts: ours: mounted since: .* /tmp/moved overlay$'
	"$DBG_INJECT" --detach c
	podman exec c mount -t tmpfs over /dev/crashcart
	differs c 'mounts: not ours: not mounted any more' 'mounts: perhaps ours: mounted since: .* /dev/crashcart tmpfs$'
	podman exec c umount /dev/crashcart
	podman exec c umount /dev/crashcart
	differs c 'mounts: not ours: not .* /dev/mqueue' 'mounts: not ours: not .* /dev/crashcart tmpfs$'
}

@test "what a session leaves in /dev, and processes that it leaves, or others bring" {
	fat_run c
	# shellcheck disable=SC2016 # the shell's own inside
	"$DBG_INJECT" c sh -c 'setsid sleep 1201 </dev/null >/dev/null 2>&1 & echo x >/dev/$(printf "left\033[31m"); rm /dev/full'
	wait_for 20 runs_inside c '^sleep 1201'
	differs c 'mounts: ours: ' 'processes: ours: pid [0-9]+ \(sleep\), started by a session$' \
		'/dev: perhaps ours: in /dev since: left\\x1b\[31m -$' '/dev: not ours: not in /dev any more: full c$'
	run -0 jq -c '.[0] | [.clean, .differences, .ours, .dev.differences[0].ours, .processes.differences[0].ours, .control_groups.differences]' \
		<<<"$("$DBG_INJECT" --verify --json c)"
	assert_equal "$output" '[false,4,3,null,true,[]]'
	"$DBG_INJECT" --detach --force c >/dev/null
	podman exec c sh -c 'rm /dev/left*; mknod /dev/full c 1 7'
	is_clean c
	start_session
	differs c 'mounts: ours: ' 'processes: ours: pid [0-9]+ \(cat\), of a session that runs$'
	end_session
	start_session --private
	differs c 'mounts: ours: ' 'processes: ours: pid [0-9]+ \(cat\), of a session that runs$'
	end_session
	"$DBG_INJECT" --detach c
	podman exec c sleep 1202 3>&- &
	wait_for 20 runs_inside c '^sleep 1202'
	differs c 'processes: not ours: pid [0-9]+ \(sleep\), which came from outside \(its parent is pid [0-9]+\)$'
	kill "$(inside_pids c '^sleep 1202')"
	wait_for 20 is_clean c
	# Children of its own are no difference, whose parent has ended neither.
	podman exec -d c sh -c 'sleep 1203 & sleep 0.1'
	wait_for 20 runs_inside c '^sleep 1203'
	wait_for 20 is_clean c
	runs_inside c '^sleep 1203'
}

@test "control groups: the first process in another, those of sessions beside it" {
	needs_cgroups
	fat_run c
	start_session --cgroup session
	run -1 "$DBG_INJECT" --verify c
	assert_matches "$output" 'control groups: ours: /sys/fs/cgroup/[^ ]*/oci-crashcart-[0-9]+, of a session that runs'
	fat_run other 7>&-
	is_clean other
	local group
	group=$(sed -n 's/.*control groups: ours: \(.*\), of a session that runs/\1/p' <<<"$output" | head -n 1)
	[ -d "${group:-/sys}" ]
	end_session
	"$DBG_INJECT" --detach c
	is_clean c
	local parent pid
	pid=$(container_pid c)
	parent=$(awk -F: '$2 == "pids" { print "/sys/fs/cgroup/pids" $3 } $1 == 0 && $3 != "/" { print "/sys/fs/cgroup" $3 }' "/proc/$pid/cgroup" | head -n 1)
	mkdir "${parent%/*}/oci-crashcart-1" "$parent/init.scope"
	differs c "control groups: ours: ${parent%/*}/oci-crashcart-1, of a session$"
	rmdir "${parent%/*}/oci-crashcart-1"
	echo "$pid" >"$parent/init.scope/cgroup.procs"
	differs c 'control groups: not ours: the first process is in .*init\.scope.*, and was in '
	echo "$pid" >"$parent/cgroup.procs"
	rmdir "$parent/init.scope"
	is_clean c
}

@test "without a baseline: what is ours is found all the same, and what was compared is said" {
	bare_run c
	is_clean c
	assert_equal "$output" 'c: baseline: none, since it was started without the hook
c: mounts: none of ours
c: /dev: none of ours
c: processes: same
c: control groups: none of ours
c: clean, as far as can be told without a baseline'
	"$DBG_INJECT" --attach c
	differs c 'mounts: ours: mounted since: .* /dev/crashcart overlay' '/dev: ours: in /dev since: crashcart d$'
	start_session --private
	run -1 "$DBG_INJECT" --verify c
	assert_has "$output" 'of a session that runs'
	end_session
	"$DBG_INJECT" --detach c
	is_clean c
	podman exec c mkdir /dev/crashcart
	differs c '/dev: perhaps ours: in /dev since: crashcart d$'
	# A container's own record says nothing of another that has its id, or of an earlier start.
	fat_run d
	local file
	file=$OCI_CRASHCART_STATE_DIR/rec/$(container_id d).baseline
	jq -c '."start-time" += 1' "$file" >"$file.new" && mv "$file.new" "$file"
	is_clean d
	assert_has "$output" 'd: baseline: none, since the hook was not called at poststart'
	for broken in '' '{' '[]' '{"start-time":1,"mounts":[1]}' "$(head -c 70000 /dev/zero | tr '\0' '[')"; do
		printf '%s' "$broken" >"$file"
		is_clean d
		assert_has "$output" 'd: baseline: none'
	done
}

@test "where nobody calls the hook at poststart, the baseline is that before the tools came first" {
	wrap_hook "$LAB/two.d" poststart 'cat >/dev/null'
	HOOKS_DIR=$LAB/two.d fat_run c --security-opt label=disable
	is_clean c
	assert_has "$output" 'baseline: none, since the hook was not called at poststart'
	podman exec c touch /dev/early
	"$DBG_INJECT" c true
	podman exec c touch /dev/late
	"$DBG_INJECT" --detach c
	differs c '/dev: perhaps ours: in /dev since: late -$'
	assert_has "$output" 'c: baseline: of the moment before the tools came first'
	assert_equal "$("$DBG_INJECT" --verify --json c | jq -r '.[0].baseline')" attach
}

@test "exit statuses; more than the baseline can hold" {
	fat_run c
	fat_run many
	podman exec many sh -c 'i=0; while [ $i -lt 3000 ]; do : >/dev/file-$i; i=$((i + 1)); done'
	run -1 "$DBG_INJECT" --verify many
	assert_has "$output" 'many: /dev: perhaps ours: in /dev since: more than can be compared'
	fat_run tiny
	local file
	file=$OCI_CRASHCART_STATE_DIR/rec/$(container_id tiny).baseline
	jq -c '."all-mounts" = false | .mounts = .mounts[:3]' "$file" >"$file.new" && mv "$file.new" "$file"
	is_clean tiny
	assert_has "$output" 'tiny: mounts: none of ours; the baseline does not tell more'
	assert_has "$output" 'tiny: clean, as far as could be compared'
	run -125 --separate-stderr "$DBG_INJECT" --verify c no-such-container
	assert_has "$stderr" no-such-container
	assert_has "$output" 'c: clean'
	run -0 "$DBG_INJECT" -q --verify c
	assert_equal "$output" ""
	misuse '--verify: no container is named' --verify
	podman stop -t 0 c >/dev/null
	misuse 'no running container has this name or id' --verify "$(container_id c)"
}
