#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2030,SC2031,SC2154 # a test is a subshell, with the variables of bats
# G17: fill the host's disk or memory
#
# What the hook gives a container is a mount of the host's. Who can write to it, fills what lies behind it; who can make the
# hook write (names, annotations, containers without number), fills its records and the log.

bats_require_minimum_version 1.5.0
load gauntlet

# shellcheck disable=SC2016 # not this shell expands it
fill='dd if=/dev/zero of=$place/fill bs=1M count=20; i=0; while mkdir $place/d$i 2>/dev/null && [ $i -lt 300 ]; do i=$((i + 1)); done'

@test "naive: a directory of the host's, mounted read-only, is remounted and takes what is written" {
	mkdir -p "$LAB/naive"
	container_run "$RUNTIME" c --network none --privileged -v "$LAB/naive:/naive:ro" -- fat
	podman exec c sh -c "place=/naive; mount -o remount,bind,rw /naive; $fill" 2>/dev/null
	[ "$(stat -c %s "$LAB/naive/fill")" = $((20 << 20)) ]
	podman rm -f -t 0 c
	rm -rf "$LAB/naive"
}

@test "ours: what is provisioned cannot be written to, before tools came and after they went" {
	local kind options
	while read -r kind options; do
		# shellcheck disable=SC2086 # words
		container_run "$RUNTIME" "$kind" --network none $options -- fat
		run ! podman exec "$kind" mkdir /dev/crashcart/evil
		assert_has "$output" 'Read-only file system'
		run ! podman exec "$kind" mount -o remount,bind,rw /dev/crashcart
		"$DBG_INJECT" --attach "$kind"
		"$DBG_INJECT" --detach "$kind"
		run ! podman exec "$kind" mkdir /dev/crashcart/evil
		assert_has "$output" 'Read-only file system'
		assert_provisioned "$kind"
	done < <(kinds)
}

# Such a container can: so it must be small, and not ours.
@test "ours: a privileged container that remounts the empty mount can harm nobody else" {
	container_run "$RUNTIME" c --network none --privileged -- fat
	local id=$container size
	thin_run other
	podman exec c mount -o remount,bind,rw /dev/crashcart
	podman exec c sh -c "place=/dev/crashcart; $fill" 2>/dev/null
	size=$(du -s -B1 "$OCI_CRASHCART_STATE_DIR/ctr" | cut -f1)
	[ "$size" -gt 0 ] && [ "$size" -le $((64 << 10)) ] || fail "$size bytes were written"
	assert_equal "$(df --output=itotal "$OCI_CRASHCART_STATE_DIR/ctr" | tail -n 1 | tr -d ' ')" 16384
	podman exec c rm -f /dev/crashcart/fill
	assert_provisioned other
	assert_equal "$(find "$OCI_CRASHCART_STATE_DIR/ctr" -mindepth 2 -not -path "*/$id/*")" ""
	# The host's tools do not trip over what it left there, and its removal takes all.
	"$DBG_INJECT" --attach other
	assert_equal "$("$DBG_INJECT" other echo well)" well
	podman rm -f -t 0 c
	lab_assert_clean "$id"
}

# A depth at which a recursion ends on the stack, and paths are too long for any call.
@test "ours: what it left there goes with it, however deep" {
	container_run "$RUNTIME" c --network none --privileged -- fat
	podman exec c mount -o remount,bind,rw /dev/crashcart
	podman exec c sh -c 'cd /dev/crashcart; i=0; while [ $i -lt 1500 ]; do mkdir d && cd d && i=$((i + 1)) || exit; done; echo end >file' || true
	[ -d "$OCI_CRASHCART_STATE_DIR/ctr/$container/d/d/d/d" ]
	podman rm -f -t 0 c
	lab_assert_clean
}

@test "ours: a record is one a container, and lines of the log are bounded" {
	local long longest
	long=$(head -c 100000 /dev/zero | tr '\0' x)
	bundle_make "$LAB/bundle"
	jq --rawfile long <(printf %s "$long") '.annotations = {"nerdctl/name": $long, ("k" + $long[0:50000]): $long,
		"io.kubernetes.cri.container-type": "container", "io.kubernetes.cri.sandbox-name": $long}' "$LAB/bundle/config.json" >"$LAB/config.new"
	mv "$LAB/config.new" "$LAB/bundle/config.json"
	bundle_run "$LAB/bundle" c
	assert_equal "$(cd "$OCI_CRASHCART_STATE_DIR/rec" && echo *)" 'c.baseline c.json'
	[ "$(stat -c %s "$OCI_CRASHCART_STATE_DIR/rec/c.json")" -lt 4096 ]
	# A text of a state's that goes into an error.
	"$HOOK" < <(printf '{"id": "c", "status": "created", "pid": 1, "bundle": "/%s"}' "$long")
	"$HOOK" < <(printf '{"id": "%s", "status": "created", "pid": 1, "bundle": "/"}' "$long")
	log_settle
	longest=$(awk '{ if (length > most) most = length } END { print most }' "$LAB/log")
	[ "$longest" -gt 100 ] && [ "$longest" -lt 1500 ] || fail "a line of $longest characters"
	"$RUNTIME" delete -f c
}
