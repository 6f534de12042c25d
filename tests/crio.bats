#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2030,SC2031,SC2154 # a test is a subshell, with the variables of bats
# CRI-O, without CRI-O: its recorded config.json, states and storage files (tests/samples/crio-*), with real containers that the
# runtime makes from them as it does for conmon, and hooks as CRI-O takes them from the registration.

bats_require_minimum_version 1.5.0
load lab/lab

setup_file() {
	lab_setup_tools
}

setup() {
	samples=$BATS_TEST_DIRNAME/samples/crio-$RUNTIME
	id=$(jq -r .id "$samples/state-createRuntime.json")
	sandbox=$(jq -r '.annotations."io.kubernetes.cri-o.SandboxID"' "$samples/config.json")
	storage=/run/containers/storage/overlay-containers
	pod=$(jq -r '[.linux.namespaces[] | select(.type == "network")][0].path' "$samples/config.json")
	pod=${pod##*/}
	ip netns add "$pod"
	unshare --ipc --uts sleep 1000 3>&- &
	namespaces=$!
	local kind
	for kind in net ipc uts; do
		mkdir -p "/run/crio/ns/${kind}ns"
		touch "/run/crio/ns/${kind}ns/$pod"
	done
	wait_for 20 eval "[ \"\$(readlink /proc/$namespaces/ns/uts)\" != \"\$(readlink /proc/self/ns/uts)\" ]"
	mount --bind "/run/netns/$pod" "/run/crio/ns/netns/$pod"
	mount --bind "/proc/$namespaces/ns/ipc" "/run/crio/ns/ipcns/$pod"
	mount --bind "/proc/$namespaces/ns/uts" "/run/crio/ns/utsns/$pod"
	mkdir -p "$storage/$sandbox/userdata/shm"
	touch "$storage/$sandbox/userdata/"{hostname,.containerenv,resolv.conf}
}

teardown() {
	lab_teardown || return 1
	umount /run/crio/ns/*/* || true
	kill "$namespaces" || true
	ip netns delete "$pod" || true
	rm -rf /run/crio "${storage:?}/$id" "${storage:?}/$sandbox"
}

# crio_bundle ID RECORDING [HOOK]: the bundle of container ID where CRI-O has it: its config.json as it was recorded, but with a
# program that is there, a root file system of the lab's, and HOOK at the stages of our registration.
crio_bundle() {
	local bundle=$storage/$1/userdata root=$LAB/roots/$1
	rm -rf "$root"
	mkdir -p "$bundle" "$root"
	cp "$LAB/image/app" "$root/app"
	jq --arg root "$root" --arg hook "${3:-$HOOK}" --arg state "$OCI_CRASHCART_STATE_DIR" --arg config "$OCI_CRASHCART_CONFIG" \
		--slurpfile registration "$BUILDDIR/conf/oci-crashcart.json" '
		$registration[0] as $ours |
		($ours.hook | .path = $hook | .env += ["OCI_CRASHCART_STATE_DIR=\($state)", "OCI_CRASHCART_CONFIG=\($config)"]) as $entry |
		.root.path = $root | .process.args = ["/app", "wait"] | del(.process.rlimits, .process.oomScoreAdj) |
		.hooks = ([$ours.stages[] | {key: ., value: [$entry]}] | from_entries)' "$samples/$2" >"$bundle/config.json"
}

# As conmon does.
crio_start() { # ID
	"$RUNTIME" create --bundle "$storage/$1/userdata" --pid-file "$LAB/$1.pid" "$1" </dev/null >/dev/null 2>"$LAB/runtime.err" 3>&- ||
		fail "$RUNTIME create: $(cat "$LAB/runtime.err")" || return 1
	"$RUNTIME" start "$1"
}

line_of() { # ID
	mount_line /dev/crashcart <"/proc/$(cat "$LAB/$1.pid")/mountinfo"
}

# The same as assert_provisioned, for a container that no podman knows.
assert_tied() { # ID
	local line
	line=$(line_of "$1")
	has_options "$line" ro nosuid nodev noexec || return 1
	assert_equal "$(mount_field "$line" root)" "/$1" "the master's directory" || return 1
	assert_equal "$(mount_field "$line" master)" "$(mount_field "$(host_line)" shared)" "peer groups"
}

# recorded STAGE LIVE-STATE: what the hook read at STAGE in the recording, but of this container.
recorded() {
	jq -s '.[1] as $live | .[0] | if .pid then .pid = ($live.pid // 0) else . end | if .root then .root = $live.root else . end |
		.bundle = $live.bundle' "$samples/state-$1.json" <(printf '%s' "$2")
}

@test "the registration is one that CRI-O takes: no stage and no key that it does not know" {
	jq -e '(keys - ["version", "hook", "when", "stages"]) == [] and .version == "1.0.0" and
		(.hook | keys - ["path", "args", "env"]) == [] and (.hook.path | startswith("/")) and
		.when == {"always": true} and
		(.stages - ["prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop"]) == []' \
		"$BUILDDIR/conf/oci-crashcart.json"
}

@test "a pod: the sandbox is skipped, the container provisioned, named, entered, removed" {
	crio_bundle "$sandbox" sandbox-config.json
	crio_start "$sandbox"
	crio_bundle "$id" config.json
	crio_start "$id"
	assert_equal "$(line_of "$sandbox")" "" "the sandbox's /dev/crashcart"
	log_has "$sandbox" "skipped: the container is a pod's sandbox"
	assert_tied "$id"

	# What it is called is in its record; the runtime's own file and the engine are not needed for it.
	assert_equal "$(jq -c '[.engine, .name, .bundle]' "$OCI_CRASHCART_STATE_DIR/rec/$id.json")" \
		"[\"crio\",$(jq -c '.annotations."io.kubernetes.cri-o.Name"' "$samples/config.json"),\"$storage/$id/userdata\"]"
	[ ! -e "$OCI_CRASHCART_STATE_DIR/rec/$sandbox.json" ]
	run -0 "$DBG_INJECT" --list --json
	assert_equal "$(jq -c ".[] | select(.id == \"$id\") | [.engine, .provisioned]" <<<"$output")" '["crio","propagation"]'

	local name
	name=$(jq -r '.annotations."io.kubernetes.cri-o.Name"' "$samples/config.json")
	run -0 "$DBG_INJECT" "$name" busybox readlink /proc/self/ns/net
	assert_equal "$output" "net:[$(stat -c %i "/run/crio/ns/netns/$pod")]"
	run -0 "$DBG_INJECT" --status --json "$id"
	assert_equal "$(jq -c "[.shares[] | select(.id == \"$sandbox\") | .namespaces[]]" <<<"$output")" '["net","ipc","uts"]'
	run -0 "$DBG_INJECT" --detach "$id"
	"$RUNTIME" delete -f "$id"
	lab_assert_clean "$id"
	"$RUNTIME" delete -f "$sandbox"
	lab_assert_clean
}

@test "the recorded states, word for word but for pid and paths" {
	crio_bundle "$id" config.json /bin/cat # crun does not start what has a hook that does not read
	crio_start "$id"
	assert_equal "$(line_of "$id")" "" "a mount without a hook"
	local live
	live=$("$RUNTIME" state "$id" | jq -c --arg root "$LAB/roots/$id" '{pid, bundle, root: $root}')

	# Past the pivot any stage is as good as poststart.
	local stage
	for stage in createRuntime prestart poststart; do
		run -0 "$HOOK" < <(recorded "$stage" "$live")
		assert_equal "$output" ""
		assert_tied "$id"
	done
	assert_equal "$(grep -c ' /dev/crashcart ' "/proc/$(cat "$LAB/$id.pid")/mountinfo")" 1 "mounts at /dev/crashcart"
	assert_equal "$(jq -r .engine "$OCI_CRASHCART_STATE_DIR/rec/$id.json")" crio

	# A sandbox has the same state, with annotations of its own.
	run -0 "$DBG_INJECT" --detach "$id"
	run -0 "$HOOK" < <(recorded poststart "$live" | jq --arg id "$sandbox" --slurpfile config "$samples/sandbox-config.json" \
		'.id = $id | .annotations = $config[0].annotations')
	log_has "$sandbox" "skipped: the container is a pod's sandbox"
	[ ! -e "$OCI_CRASHCART_STATE_DIR/rec/$sandbox.json" ]

	# At poststop there is no process.
	"$RUNTIME" delete -f "$id"
	assert_has "$(lab_remains)" "$id"
	run -0 "$HOOK" < <(recorded poststop "$live")
	lab_assert_clean
}
