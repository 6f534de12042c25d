#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# shellcheck disable=SC2030,SC2031,SC2154 # a test is a subshell, with the variables of bats
#
# podman's stage precreate: the mount is in config.json, and the hook's other stages find it right.
bats_require_minimum_version 1.5.0
load lab/lab

setup_file() {
	lab_setup_tools
}

setup() {
	export HOOKS_DIR=$LAB/precreate.d
	mkdir -p "$HOOKS_DIR"
	register_precreate "$HOOKS_DIR"
	lab_register "$HOOKS_DIR" "$HOOK"
	sed '/^hooks_dir/d' "$CONTAINERS_CONF" >"$LAB/precreate.d.conf"
	export CONTAINERS_CONF=$LAB/precreate.d.conf
}

teardown() {
	own_clean
	lab_teardown
	rm -rf "$LAB"/precreate.d* "$LAB/alone.d" "$LAB/own"
}

# register_precreate DIR: as it is installed, but for the lab's hook and configuration.
register_precreate() {
	jq --arg hook "$HOOK" --arg config "$OCI_CRASHCART_CONFIG" --arg asan "ASAN_OPTIONS=${ASAN_OPTIONS:-}" \
		--arg ubsan "UBSAN_OPTIONS=${UBSAN_OPTIONS:-}" \
		'.hook.path = $hook | .hook.env += ["OCI_CRASHCART_CONFIG=\($config)", $asan, $ubsan]' \
		"$BUILDDIR/conf/oci-crashcart-precreate.json" >"$1/oci-crashcart-precreate.json"
}

# The only registration is that of precreate, or of the program $1 there.
precreate_alone() {
	export HOOKS_DIR=$LAB/alone.d
	mkdir -p "$HOOKS_DIR"
	register_precreate "$HOOKS_DIR"
	[ $# -eq 0 ] || lab_register "$HOOKS_DIR" "$1" precreate
}

# The mark of ID is as old as SECONDS, and its creator is gone.
age_mark() { # ID SECONDS
	local now
	now=$(cut -d. -f1 /proc/uptime)
	[ "$now" -gt "$2" ] || skip "cannot run here: the machine has just been started"
	awk -v since=$((now - $2)) '{ $1 = 0; $4 = since; print }' "$OCI_CRASHCART_STATE_DIR/pending/$1" >"$LAB/precreate.d.mark"
	cat "$LAB/precreate.d.mark" >"$OCI_CRASHCART_STATE_DIR/pending/$1"
}

# What the bundle says; podman keeps it in the container's directory.
config_of() { # NAME
	cat "$(podman inspect --format '{{.OCIConfigPath}}' "$1")"
}

assert_tools_come_and_go() { # NAME
	local pid
	pid=$(container_pid "$1")
	"$DBG_INJECT" --attach "$1" || return 1
	[ -x "/proc/$pid/root/dev/crashcart/bin/busybox" ] || fail "no tools in $1" || return 1
	assert_equal "$("$DBG_INJECT" "$1" busybox echo hello)" hello || return 1
	"$DBG_INJECT" --detach "$1" || return 1
	assert_provisioned "$1"
}

@test "the mount is in config.json; the other stages write a record and leave it alone" {
	thin_run web
	assert_equal "$(config_of web | jq -c '[.mounts[] | select(.destination == "/dev/crashcart")] | length')" 1
	assert_equal "$(config_of web | jq -r .linux.rootfsPropagation)" rslave
	assert_provisioned web
	wait_for 20 log_has "$container" 'put /dev/crashcart into config.json'
	wait_for 20 log_has "$container" 'left alone: the mount is in place'
	run -1 log_has "$container" 'mounted /dev/crashcart'
	assert_equal "$(jq .pid "$OCI_CRASHCART_STATE_DIR/rec/$container.json")" "$(container_pid web)"
	[ ! -e "$OCI_CRASHCART_STATE_DIR/pending/$container" ]
	assert_tools_come_and_go web
	"$DBG_INJECT" --attach web
	podman stop -t 0 web >/dev/null
	wait_for 20 lab_assert_clean "$container"
	podman --runtime "$RUNTIME" --hooks-dir "$HOOKS_DIR" start web >/dev/null
	assert_provisioned web
	assert_tools_come_and_go web
	podman rm -f -t 0 web >/dev/null
	lab_assert_clean "$container"
}

@test "containers of all kinds have it: a user namespace, read-only, privileged, shared and host's namespaces, volumes" {
	local name names
	thin_run auto --userns=auto
	thin_run frozen --read-only
	thin_run strong --privileged
	thin_run pid --pid=host --ipc=host --uts=host
	thin_run shared -v "$LAB/tools:/srv:rshared"
	thin_run slave -v "$LAB/tools:/srv:rslave"
	container_run "$RUNTIME" open --network=host -- thin
	names=(auto frozen strong pid shared slave open)
	# Its control group does not tell the id; runc wants one.
	if [ "$RUNTIME" = crun ]; then
		thin_run uncounted --cgroups=disabled
		names+=(uncounted)
	fi
	for name in "${names[@]}"; do
		assert_provisioned "$name"
		wait_for 20 log_has "$(container_id "$name")" 'put /dev/crashcart into config.json'
		assert_tools_come_and_go "$name"
	done
}

@test "a container that shares others' namespaces is told from them, also in a pod" {
	local first
	thin_run first
	first=$container
	container_run "$RUNTIME" second --ipc=container:first --network=container:first --uts=container:first -- thin
	assert_provisioned first
	assert_provisioned second
	podman pod create --infra=false --name pod >/dev/null
	thin_run third --pod pod
	assert_provisioned third
	[ "$first" != "$container" ]
	podman rm -f -t 0 third second >/dev/null
	assert_provisioned first
	podman pod rm -f pod >/dev/null
}

@test "by config.json alone it is a slave as well, where without the propagation it would not be" {
	local naive='.mounts += [{destination: "/dev/crashcart", type: "bind", source: "/run/oci-crashcart/ctr", options: ["bind", "ro", "rslave"]}]'
	thin_run first
	printf '#!/bin/sh\nexec jq -c %q\n' "$naive" >"$LAB/precreate.d.naive"
	chmod 755 "$LAB/precreate.d.naive"
	precreate_alone "$LAB/precreate.d.naive"
	rm "$HOOKS_DIR/oci-crashcart-precreate.json"
	lab_register "$HOOKS_DIR" "$LAB/precreate.d.naive" precreate
	thin_run naive
	[ -n "$(container_line naive)" ]
	if [ "$RUNTIME" = crun ]; then
		assert_equal "$(mount_field "$(container_line naive)" master)" "" "the naive way"
	fi
	rm -r "$HOOKS_DIR"
	precreate_alone
	thin_run own
	assert_provisioned own
	thin_run mapped --userns=auto
	assert_provisioned mapped
}

@test "a container without a record keeps its master, and gets a record when others are cleaned up" {
	local own
	thin_run other
	precreate_alone
	thin_run own
	own=$container
	"$DBG_INJECT" --gc
	assert_provisioned own
	age_mark "$own" 400
	podman rm -f -t 0 other >/dev/null # its poststop looks at all marks
	assert_provisioned own
	assert_equal "$(jq .pid "$OCI_CRASHCART_STATE_DIR/rec/$own.json")" "$(container_pid own)"
	[ ! -e "$OCI_CRASHCART_STATE_DIR/pending/$own" ]
	assert_tools_come_and_go own
	podman rm -f -t 0 own >/dev/null
	"$DBG_INJECT" --gc
	lab_assert_clean "$own"
}

@test "what a start that fails leaves is kept for some minutes, and then removed" {
	local id
	printf '#!/bin/sh\ncase " $* " in *" create "*) exit 1;; esac\nexec %s "$@"\n' "$RUNTIME" >"$LAB/precreate.d.failing"
	chmod 755 "$LAB/precreate.d.failing"
	run podman --runtime "$LAB/precreate.d.failing" --hooks-dir "$HOOKS_DIR" run -d --network none --name broken --pull never thin
	[ "$status" -ne 0 ]
	id=$(container_id broken)
	[ -d "$OCI_CRASHCART_STATE_DIR/ctr/$id" ]
	"$DBG_INJECT" --gc
	[ -d "$OCI_CRASHCART_STATE_DIR/ctr/$id" ] # its runtime could still be at work
	age_mark "$id" 100
	"$DBG_INJECT" --gc
	[ -d "$OCI_CRASHCART_STATE_DIR/ctr/$id" ]
	thin_run other
	age_mark "$id" 400
	podman rm -f -t 0 other >/dev/null
	lab_assert_clean "$id"
}

@test "config.json stays as it is where the container gets no mount, and nothing is made for it" {
	thin_run dev -v /dev:/dev
	thin_run wanted-none --annotation oci-crashcart/enable=false
	thin_run volume -v "$LAB/tools:/dev/crashcart"
	thin_run beneath -v "$LAB/tools:/dev/crashcart/mine"
	for name in dev wanted-none volume beneath; do
		wait_for 20 log_has "$(container_id "$name")" skipped:
		assert_equal "$(config_of "$name" | jq -r '[.mounts[] | select(.source | test("oci-crashcart/ctr"))] | length')" 0
		assert_running "$name"
	done
	for name in dev wanted-none volume; do
		[ ! -e "$OCI_CRASHCART_STATE_DIR/ctr/$(container_id "$name")" ]
	done
}

# ---- the hook alone ----

# hook_on FILE [NAME=VALUE...]: what comes out, in $LAB/own/out. The state directory is not that of the containers.
hook_on() {
	local file=$1
	shift
	mkdir -p "$LAB/own"
	env -i "OCI_CRASHCART_STATE_DIR=$LAB/own/state" "OCI_CRASHCART_CONFIG=$OCI_CRASHCART_CONFIG" \
		"ASAN_OPTIONS=${ASAN_OPTIONS:-}" "UBSAN_OPTIONS=${UBSAN_OPTIONS:-}" "$@" \
		"$HOOK" --stage precreate <"$file" >"$LAB/own/out" 2>"$LAB/own/err"
}

own_clean() {
	umount "$LAB/own/state/ctr" 2>/dev/null || true
	rm -rf "$LAB/own/state"
}

sample() {
	echo "${BATS_TEST_DIRNAME}/samples/podman-$RUNTIME/config.json"
}

# bats test_tags=once
@test "what cannot be edited goes out as it came in, and the exit status is 0" {
	local file id
	mkdir -p "$LAB/own"
	cd "$LAB/own"
	: >empty
	jq -c . "$(sample)" | head -c 500 >half
	head -c 100000 /dev/urandom >noise
	printf '{"linux": {"namespaces": [{"type": "mount"}]}}\n' >nobody
	# It is two containers', or says something twice.
	id=$(jq -r '.linux.cgroupsPath | sub(".*libpod-"; "")' "$(sample)")
	sed "s/libpod-${id:0:8}/libpod-00000000/" "$(sample)" >two
	sed 's/^{/{"mounts": [],/' "$(sample)" >twice
	{ head -c -2 "$(sample)" | sed 's/}\s*$//'; printf ',"x":"'; head -c 17000000 /dev/zero | tr '\0' x; printf '"}\n'; } >large
	for file in empty half noise nobody two twice large; do
		hook_on "$file"
		cmp "$file" out
		assert_equal "$(lab_remains)" ""
		[ ! -e "$LAB/own/state/ctr/$id" ] || fail "a master is made for $file"
	done
	touch state
	hook_on "$(sample)"
	cmp "$(sample)" out
	wait_for 20 grep -q 'precreate: state directory' "$LAB/log"
	configure 'no such line'
	rm state
	hook_on "$(sample)"
	cmp "$(sample)" out
	configure
	hook_on "$(sample)"
	run -1 cmp -s "$(sample)" out
	[ -d "$LAB/own/state/ctr/$id" ]
	# A second time: the same, and the master that it needs is there.
	cp out first
	rmdir "state/ctr/$id"
	hook_on first
	cmp first out
	[ -d "$LAB/own/state/ctr/$id" ]
	own_clean
}

# bats test_tags=once
@test "with strict = yes the exit status tells, and nothing comes out" {
	mkdir -p "$LAB/own"
	configure 'strict = yes'
	echo '{' >"$LAB/own/cut"
	run hook_on "$LAB/own/cut"
	assert_equal "$status" 2
	[ ! -s "$LAB/own/out" ]
	touch "$LAB/own/state"
	run hook_on "$(sample)"
	assert_equal "$status" 4
	[ ! -s "$LAB/own/out" ]
	rm "$LAB/own/state"
	run hook_on "$(sample)"
	assert_equal "$status" 0
	own_clean
}

# bats test_tags=once
@test "what is written is lost: nothing is left" {
	local id code=0
	id=$(jq -r '.linux.cgroupsPath | sub(".*libpod-"; "")' "$(sample)")
	mkdir -p "$LAB/own"
	env -i "OCI_CRASHCART_STATE_DIR=$LAB/own/state" "OCI_CRASHCART_CONFIG=$OCI_CRASHCART_CONFIG" \
		"$HOOK" --stage=precreate <"$(sample)" >/dev/full || code=$?
	assert_equal "$code" 2
	[ -d "$LAB/own/state/ctr" ]
	[ ! -e "$LAB/own/state/ctr/$id" ] && [ ! -e "$LAB/own/state/pending/$id" ]
	own_clean
}

# bats test_tags=once
@test "another hook holds the lock for too long: what came in goes out" {
	local id holder held
	id=$(jq -r '.linux.cgroupsPath | sub(".*libpod-"; "")' "$(sample)")
	hook_on "$(sample)"
	rm "$LAB/own/state/pending/$id"
	cp "$(sample)" "$LAB/own/in"
	# It stands still where it makes the master, after the mark.
	env -i "PATH=$PATH" "OCI_CRASHCART_STATE_DIR=$LAB/own/state" "OCI_CRASHCART_CONFIG=$OCI_CRASHCART_CONFIG" \
		strace -o /dev/null -e inject=mkdirat:delay_enter=20000000:when=2 "$HOOK" --stage precreate \
		<"$(sample)" >/dev/null 3>&- &
	holder=$!
	wait_for 20 test -s "$LAB/own/state/pending/$id"
	hook_on "$LAB/own/in"
	cmp "$LAB/own/in" "$LAB/own/out"
	wait_for 20 grep -q 'precreate: .*another process of oci-crashcart' "$LAB/log"
	held=$(pgrep -P "$holder")
	kill -KILL "$held"   # without strace it would go on
	kill -KILL "$holder" # strace itself waits for the end of its delay
	wait "$holder" || true
	wait_for 20 gone "$held" # it has files open beneath the mount that own_clean takes away
	own_clean
}

# with_fault FAULT: as hook_on, with strace's FAULT at each call of it.
with_fault() {
	env -i "PATH=$PATH" "OCI_CRASHCART_STATE_DIR=$LAB/own/state" "OCI_CRASHCART_CONFIG=$OCI_CRASHCART_CONFIG" \
		strace -o /dev/null -e "inject=$1" "$HOOK" --stage precreate <"$(sample)" >"$LAB/own/out"
}

# bats test_tags=once
@test "system calls fail, and the hook crashes: what comes out is as it came in, or the whole of what was edited" {
	local call fault
	[ -z "${ASAN_OPTIONS:-}" ] || skip "cannot run here: a sanitizer's own calls fail"
	mkdir -p "$LAB/own"
	hook_on "$(sample)"
	mv "$LAB/own/out" "$LAB/own/edited"
	for call in openat mkdirat statx fcntl fsopen fsconfig fsmount move_mount newfstatat unlinkat chdir fchmod poll pidfd_open setns mmap; do
		for fault in "$call:error=EIO" "$call:signal=SEGV" "$call:signal=BUS:when=2"; do
			own_clean
			with_fault "$fault" || fail "exit status $? with $fault"
			cmp -s "$(sample)" "$LAB/own/out" || cmp "$LAB/own/edited" "$LAB/own/out" || fail "wrong with $fault"
		done
	done
	own_clean
}
