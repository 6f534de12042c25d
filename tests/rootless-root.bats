#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2030,SC2031,SC2154 # a test is a subshell, with the variables of bats
# Containers of ordinary users: from root; and what users can make root do.

bats_require_minimum_version 1.5.0
load lab/lab
load users

setup_file() {
	users_setup_file
}

setup() {
	users_setup
}

teardown() {
	users_teardown
}

teardown_file() {
	users_teardown_file
}

root_field() { # NAME FILTER
	"$DBG_INJECT" --list --json | jq -r --arg name "$1" ".[] | select(.name == \$name) | $2"
}

@test "root lists and enters users' containers, by name and id, and brings tools" {
	local name pid id before
	for name in c keep all none; do
		pid=$(alice_pid "$name")
		id=$(alice podman inspect --format '{{.Id}}' "$name")
		before=$(cat "/proc/$pid/mountinfo")
		assert_equal "$(root_field "$name" '.owner + " " + .engine')" "alice podman"
		assert_equal "$(root_field "$name" .pid)" "$pid"
		run -0 "$DBG_INJECT" "$name" busybox readlink /proc/1/ns/mnt
		assert_equal "$output" "$(readlink "/proc/$pid/ns/mnt")"
		run -7 "$DBG_INJECT" "${id:0:16}" sh -c 'exit 7'
		run -0 "$DBG_INJECT" -u 1000 "pid:$pid" busybox id -u
		assert_equal "$output" 1000
		run -0 "$DBG_INJECT" --attach "$id"
		assert_has "$output" "is attached already, by a mount moved into the container"
		run -0 alice podman exec "$name" /dev/crashcart/bin/busybox ls /dev/crashcart
		assert_has "$output" manifest.json
		alice podman exec "$name" /dev/crashcart/bin/busybox mount -o remount,bind,rw /dev/crashcart || true
		run alice podman exec "$name" /dev/crashcart/bin/busybox touch /dev/crashcart/bin/busybox
		[ "$status" -ne 0 ] || fail "$name writes to the tools"
		run -0 "$DBG_INJECT" --detach "$name"
		assert_equal "$output" "$name: detached"
		assert_equal "$(cat "/proc/$pid/mountinfo")" "$before" "mount table of $name"
	done
	lab_assert_clean
	run -0 "$DBG_INJECT" --status c
	assert_has "$output" 'owner:        alice'
}

@test "root gets tools beside a user's own, and a user's are no matter of root's" {
	alice dbg-inject --attach c
	run -0 "$DBG_INJECT" -v c busybox id -u
	assert_has "$output" 'this session alone has them'
	run -125 "$DBG_INJECT" --attach c
	assert_has "$output" 'tools are attached to it by the user whose container it is'
	run -0 "$DBG_INJECT" --detach
	assert_equal "$(list_field c .attached)" true
	run -0 alice dbg-inject c busybox id -u
	run -0 alice dbg-inject --detach
	assert_has "$output" 'c: detached'
	lab_assert_clean
}

@test "two users' containers of one name are told apart" {
	as_user bob podman import -q -c 'ENTRYPOINT ["/app"]' "$LAB/users/image.tar" fat >/dev/null
	owner=bob start c
	run -125 "$DBG_INJECT" c busybox id
	assert_matches "$output" 'means more than one container: .*of user (alice|bob)\).*of user (alice|bob)\); give more of the id'
	run -0 "$DBG_INJECT" "$(as_user bob podman inspect --format '{{.Id}}' c)" sh -c 'hostname'
	assert_equal "$output" "$(as_user bob podman inspect --format '{{.Config.Hostname}}' c)"
	assert_equal "$(list_field c .pid)" "$(alice_pid c)" "what alice sees"
	"$DBG_INJECT" --detach
	as_user bob podman rm -f -t 0 c
	lab_assert_clean
}

# claim NAME PID [START]: bob's runtime says that it has a container NAME with that first process.
claim() {
	local directory start
	directory=/run/user/$(id -u bob)/crun/$1
	start=${3:-$(cut -d ' ' -f 22 "/proc/$2/stat")}
	as_user bob mkdir -p "$directory"
	jq -n --argjson pid "$2" --argjson start "$start" --arg bundle "${bundle:-/}" \
		'{pid: $pid, "process-start-time": $start, bundle: $bundle}' | as_user bob tee "$directory/status" >/dev/null
}

is_sleep() { # PID
	[ "$(cat "/proc/$1/comm")" = sleep ]
}

@test "a user's files lead root to no process but the user's own" {
	local runtime name
	runtime=/run/user/$(id -u bob)
	sleep 1000 >"$LAB/out" 2>&1 3>&- &
	pids+=("$!")
	disown
	claim of-root "$!"
	claim of-alice "$(alice_pid c)"
	how='exec' as_user bob sleep 1000 >"$LAB/out" 2>&1 3>&- &
	pids+=("$!")
	disown
	claim no-container "$!"
	how='exec' as_user bob unshare -Ur --mount sleep 1000 >"$LAB/out" 2>&1 3>&- &
	pids+=("$!")
	disown
	wait_for 20 is_sleep "$!"
	mkdir -m 700 "$LAB/secret"
	echo '{"root": {"path": "rootfs"}, "annotations": {"nerdctl/name": "secret"}}' >"$LAB/secret/config.json"
	bundle=$LAB/secret claim own "$!"
	claim reused "$!" 5
	as_user bob mkdir "$runtime/crun/fifo" "$runtime/crun/large" "$runtime/crun/deep" "$runtime/crun/"$'\e[31m'
	as_user bob mkfifo "$runtime/crun/fifo/status"
	as_user bob truncate -s 4G "$runtime/crun/large/status"
	head -c 1000000 /dev/zero | tr '\0' '[' | as_user bob tee "$runtime/crun/deep/status" >/dev/null
	as_user bob ln -s "/run/user/$(id -u alice)/crun" "$runtime/runc"
	as_user bob ln -s "/run/user/$(id -u alice)/crun/$(alice podman inspect --format '{{.Id}}' c)" "$runtime/crun/linked"
	run -0 "$DBG_INJECT" --list --json
	assert_equal "$(jq -c 'map(select(.owner == "bob") | [.id, .name])' <<<"$output")" '[["own",null]]' "bob's containers"
	assert_equal "$(jq -c 'map(select(.owner == "alice") | .name) | sort' <<<"$output")" '["all","c","keep","none"]'
	for name in of-root of-alice no-container reused linked fifo; do
		run -125 "$DBG_INJECT" "$name" busybox id
		assert_has "$output" "$name: no running container has this name or id"
	done
	rm -r "$runtime/crun" "$runtime/runc"
}

@test "names of a user's choice are shown harmless, and never stand for another's container" {
	local id storage=$LAB/users/bob/storage/overlay-containers bundle
	id=$(alice podman inspect --format '{{.Id}}' c)
	bundle=$storage/$id/userdata
	as_user bob mkdir -p "$bundle"
	how='exec' as_user bob unshare -Ur --mount sleep 1000 >"$LAB/out" 2>&1 3>&- &
	pids+=("$!")
	disown
	wait_for 20 is_sleep "$!"
	claim "$id" "$!"
	jq -n --arg id "$id" '[{id: $id, names: ["\u001b[31mc\nd"]}]' | as_user bob tee "$storage/containers.json" >/dev/null
	run -0 "$DBG_INJECT" --list
	assert_has_not "$output" $'\e' "a raw escape"
	assert_has "$output" '\x1b[31mc\x0ad'
	run -125 "$DBG_INJECT" "$id" busybox id
	assert_has "$output" 'means more than one container'
	assert_has_not "$output" $'\e' "a raw escape"
	run -0 "$DBG_INJECT" c busybox readlink /proc/1/ns/mnt
	assert_equal "$output" "$(readlink "/proc/$(alice_pid c)/ns/mnt")"
	"$DBG_INJECT" --detach
	rm -r "/run/user/$(id -u bob)/crun" "$LAB/users/bob/storage"
}

@test "a user's file system that never answers does not keep root" {
	local place before=$SECONDS own
	own=/run/user/$(id -u bob)
	mkdir -p "$own/crun"
	cc -O -o "$LAB/silent" "$lab_dir/silent.c"
	for place in "$own/crun" "$own"; do
		"$LAB/silent" "$$" "$place" >"$LAB/silent.out" 2>&1 3>&- &
		pids+=("$!")
		disown
		wait_for 20 grep -q mounted "$LAB/silent.out"
		run -0 "$DBG_INJECT" --list --json
		assert_equal "$(jq -c 'map(select(.owner == "alice") | .name) | sort' <<<"$output")" '["all","c","keep","none"]'
		kill -KILL "$!"
		umount -l "$place"
	done
	rmdir "$own/crun"
	[ $((SECONDS - before)) -lt 60 ] || fail "it took $((SECONDS - before)) seconds"
}

# FUSE serves nobody whose numbers its user namespace does not have: not even root.
@test "files on a user's fuse-overlayfs: the session alone has the tools" {
	local storage=(--storage-driver overlay --storage-opt overlay.mount_program=/usr/bin/fuse-overlayfs
		--root "$LAB/users/bob/fuse" --runroot "/run/user/$(id -u bob)/fuse") pid
	[ -c /dev/fuse ] || skip "cannot run here: there is no /dev/fuse"
	chmod 666 /dev/fuse # the lab's
	as_user bob podman "${storage[@]}" import -q -c 'ENTRYPOINT ["/app"]' "$LAB/users/image.tar" fat >/dev/null
	as_user bob podman "${storage[@]}" --runtime crun run -d --name fuse --network none --ulimit nofile=1024:1024 \
		--ulimit nproc=1024:1024 --cgroups=disabled --pull never fat wait >/dev/null 3>&-
	pid=$(root_field fuse .pid)
	mount_line / <"/proc/$pid/mountinfo" | grep -q fuse-overlayfs || fail "$(mount_line / <"/proc/$pid/mountinfo")"
	run ls "/proc/$pid/root/"
	assert_has "$output" 'Permission denied' "what root sees"
	run -0 "$DBG_INJECT" -v fuse busybox readlink /proc/1/ns/mnt
	assert_has "$output" "$(readlink "/proc/$pid/ns/mnt")"
	assert_has "$output" 'this session alone has them'
	run -125 "$DBG_INJECT" --attach fuse
	assert_has "$output" 'its files are on a file system that only its user may look into'
	run -0 as_user bob dbg-inject fuse busybox id -u
	as_user bob podman "${storage[@]}" rm -f -t 0 fuse >/dev/null
	lab_assert_clean
}

@test "a user without a login session: podman's own runtime directory" {
	local name
	make_user carol
	name=/tmp/podman-run-$(id -u carol)
	rm -rf "/run/user/$(id -u carol)"
	alone() { as_user carol env -u XDG_RUNTIME_DIR "$@"; }
	alone podman import -q -c 'ENTRYPOINT ["/app"]' "$LAB/users/image.tar" fat >/dev/null
	alone podman --runtime crun run -d --name alone --network none --ulimit nofile=1024:1024 --ulimit nproc=1024:1024 \
		--cgroups=disabled --pull never fat wait >/dev/null 3>&-
	run -0 alone dbg-inject --status --json alone
	assert_equal "$(jq .proof.ok <<<"$output")" true
	[ -d "$name/oci-crashcart" ] || fail "no state in $name"
	run -0 alone dbg-inject alone busybox id -u
	assert_equal "$(root_field alone .owner)" carol
	alone podman rm -f -t 0 alone >/dev/null
	assert_equal "$(ls "$name/oci-crashcart/rec")" ''
	rm -rf "$name"
}
