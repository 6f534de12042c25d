#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2030,SC2031,SC2154 # a test is a subshell, with the variables of bats
# Containers that share namespaces: real pods of podman, and containers that join another's. Each has mounts and tools of its own.

bats_require_minimum_version 1.5.0
load lab/lab

setup_file() {
	lab_setup_tools
}

teardown() {
	podman pod rm -f -t 0 -a >/dev/null 2>&1 || true
	lab_teardown
}

# pod_make NAME SHARED [OPTION...]: with an infra container of our thin image.
pod_make() {
	local name=$1 shared=$2
	shift 2
	podman --runtime "$RUNTIME" --hooks-dir "$HOOKS_DIR" pod create --name "$name" --infra-name "$name-infra" \
		--infra-image localhost/thin --infra-command /app --share "$shared" "$@" >/dev/null
}

# pod_run POD NAME [podman run option...] -- IMAGE [ARG...]
pod_run() {
	local pod=$1 name=$2
	shift 2
	container_run "$RUNTIME" "$name" --pod "$pod" "$@"
}

namespace() { # NAME NAMESPACE
	readlink "/proc/$(container_pid "$1")/ns/$2"
}

# seen_by NAME NAMESPACE: as a command in NAME sees it.
seen_by() {
	"$DBG_INJECT" "$1" busybox readlink "/proc/self/ns/$2"
}

# in_background NAME SECONDS: a session in NAME that sleeps; the pid of dbg-inject goes to $session.
in_background() {
	"$DBG_INJECT" "$1" sleep "$2" 3>&- >/dev/null 2>&1 &
	session=$!
	wait_for 20 pgrep -fx "sleep $2"
}

@test "a pod that shares net, ipc, uts and pid: each container has its own mounts, and the pod's network" {
	pod_make web net,ipc,uts,pid --network none
	pod_run web left -- fat wait
	pod_run web right -- thin wait
	assert_provisioned left
	assert_provisioned right
	local name kind
	for name in left right; do
		run -0 "$DBG_INJECT" "$name" busybox cat /proc/self/mountinfo
		assert_has "$output" "/$(container_id "$name") /dev/crashcart"
		for kind in net ipc uts pid mnt; do
			assert_equal "$(seen_by "$name" $kind)" "$(namespace "$name" $kind)" "$kind of $name"
		done
	done
	run -0 "$DBG_INJECT" left test -e /bin/busybox
	run -1 "$DBG_INJECT" right busybox test -e /bin/busybox

	# Whom it shares them with is told, and nothing of its own.
	run -0 "$DBG_INJECT" --status left
	assert_matches "$output" "shares: +net,pid,ipc,uts with right \($(container_id right | cut -c1-12)\)"
	assert_has "$output" 'net,pid,ipc,uts with web-infra ('
	assert_matches "$output" 'shares: +user,time with the caller|shares: +(cgroup,)?user(,time)? with the caller'
	run -0 "$DBG_INJECT" --status --json right
	assert_equal "$(jq -c '[.shares[] | select(.name == "left") | .id, .namespaces]' <<<"$output")" \
		"[\"$(container_id left)\",[\"net\",\"pid\",\"ipc\",\"uts\"]]"
	run -0 "$DBG_INJECT" --explain right busybox id
	assert_matches "$output" 'shares: +net,pid,ipc,uts with left \('
	run -0 "$DBG_INJECT" --explain --json right busybox id
	jq -e '[.shares[].name] | index("left") and index("web-infra")' <<<"$output"

	# A process that all of them see is in the one whose mounts it has, by its number too.
	in_background right 1001
	local of_right=$session
	run -0 "$DBG_INJECT" --list --json
	assert_equal "$(jq -r '[.[] | select(.sessions != []) | .name] | join(",")' <<<"$output")" right
	run -0 "$DBG_INJECT" --explain --json "pid:$(pgrep -fx 'sleep 1001')" busybox id
	assert_equal "$(jq -r .container <<<"$output")" right

	# A sibling that uses tools of its own does not use these; who is ended is told by mounts, not by pids.
	run -0 "$DBG_INJECT" --detach left
	run -3 "$DBG_INJECT" --detach right
	assert_has "$output" 'in use by'
	in_background left 1002
	run -0 "$DBG_INJECT" --detach --force left
	assert_has "$output" '(sleep)'
	assert_equal "$(grep -c '(sleep)' <<<"$output")" 1 "sleepers that were ended"
	run -1 pgrep -fx 'sleep 1002'
	run -0 pgrep -fx 'sleep 1001'

	# By the pid namespace that they share, a process of left's can use the tools of right: then it is one that does.
	local other
	other=$(awk '$1 == "NSpid:" { print $NF }' "/proc/$(container_pid right)/status")
	run -0 podman exec -d left /bin/busybox sh -c "cd /proc/$other/root/dev/crashcart && exec /bin/busybox sleep 1003"
	wait_for 20 pgrep -fx '/bin/busybox sleep 1003'
	other=$(pgrep -fx '/bin/busybox sleep 1003')
	run -3 "$DBG_INJECT" --detach right
	assert_has "$output" "in use by pid $other (busybox)"
	run -0 "$DBG_INJECT" --detach left
	kill "$other"
	wait_for 20 gone "$other"

	# A container's first process ends alone: no kernel ends the others of a shared pid namespace. Its sessions end with it.
	local id
	id=$(container_id right)
	in_background left 1004
	podman kill right >/dev/null
	wait_for 20 lab_assert_clean "$id"
	wait_for 20 gone "$of_right"
	run -1 pgrep -fx 'sleep 1001'
	run -0 pgrep -fx 'sleep 1004'
	run -0 "$DBG_INJECT" --list --json
	assert_equal "$(jq -r '[.[].name] | sort | join(",")' <<<"$output")" left,web-infra
	run -125 "$DBG_INJECT" right true
	lab_assert_clean "$id"
	run -0 "$DBG_INJECT" --status left
	assert_has_not "$output" 'with right'
	kill "$session"
	wait_for 20 gone "$session"
	assert_running left
}

@test "a pod with cgroups of its own, a network, and the same image of tools in all: who uses it is still told" {
	needs_cgroups
	"$DBG_TOOLS" image --force -o "$LAB/tools.image" "$LAB/tools" >/dev/null || "$DBG_TOOLS" image -o "$LAB/tools.image" "$LAB/tools"
	configure "tools = $LAB/tools.image"
	pod_make apart net,pid --share-parent=false --network none
	pod_run apart left -- thin wait
	pod_run apart right --read-only --user 1000 -- thin wait
	in_background left 1011
	in_background right 1012
	run -0 "$DBG_INJECT" --detach --force left
	assert_equal "$(grep -c '(sleep)' <<<"$output")" 1 "sleepers that were ended"
	run -1 pgrep -fx 'sleep 1011'
	run -0 pgrep -fx 'sleep 1012'
	run -0 "$DBG_INJECT" --status --json right
	assert_equal "$(jq -c '[.shares[] | select(.name == "left") | .namespaces[]]' <<<"$output")" '["net","pid"]'
	kill "$session"
	wait_for 20 gone "$session" # it has the tools open for longer than its command
	run -0 "$DBG_INJECT" --cgroup session --ns net,pid left busybox true
	run -0 "$DBG_INJECT" --detach

	# Without the hook, and tools that are moved in, which no host's mount tells of.
	configure
	HOOKS_DIR=$BATS_TEST_TMPDIR pod_run apart plain -- thin wait
	assert_not_provisioned plain
	in_background plain 1013
	in_background left 1014
	run -0 "$DBG_INJECT" --status plain
	assert_matches "$output" 'shares: +net,pid with left \('
	run -0 "$DBG_INJECT" --detach --force plain
	assert_equal "$(grep -c '(sleep)' <<<"$output")" 1 "sleepers that were ended"
	run -1 pgrep -fx 'sleep 1013'
	run -0 pgrep -fx 'sleep 1014'
	kill "$session"
	wait_for 20 gone "$session"
	run -0 "$DBG_INJECT" --detach
}

@test "a user namespace that is shared; containers that join another's network or processes" {
	pod_make mapped net,ipc,uts --userns=auto --network none
	pod_run mapped left -- thin wait
	pod_run mapped right -- thin wait
	assert_equal "$(namespace left user)" "$(namespace right user)"
	run -0 "$DBG_INJECT" left busybox id -u
	assert_equal "$output" 0
	run -0 "$DBG_INJECT" --status right
	assert_matches "$output" 'shares: +net,(ipc,uts|uts,ipc),user with left'

	thin_run one
	container_run "$RUNTIME" net --network container:one -- thin wait
	container_run "$RUNTIME" pid --network none --pid container:one -- thin wait
	container_run "$RUNTIME" all --network host --pid host -- thin wait
	assert_equal "$(seen_by net net)" "$(namespace one net)"
	assert_equal "$(seen_by pid pid)" "$(namespace one pid)"
	run -0 "$DBG_INJECT" --status --json one
	assert_equal "$(jq -c '[.shares[] | select(.name) | .name, .namespaces] | sort' <<<"$output")" '["net","pid",["net"],["pid"]]'
	run -0 "$DBG_INJECT" --status --json all
	assert_equal "$(jq -c '[.shares[] | select(.name) | .name]' <<<"$output")" '[]'
	jq -e '.shares[] | select(.id == null) | .namespaces | index("net") and index("pid")' <<<"$output"

	# In a container that has the host's processes, only those that have its tools are ended.
	in_background net 1021
	in_background all 1022
	run -0 "$DBG_INJECT" --detach --force all
	run -1 pgrep -fx 'sleep 1022'
	run -0 pgrep -fx 'sleep 1021'

	# The one whose namespaces they are in ends: its pid namespace with all in it.
	run -0 podman rm -f -t 0 pid
	run -0 podman rm -f -t 0 --depend one
	run -125 "$DBG_INJECT" one true
	kill "$session" 2>/dev/null || true
}
