#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2030,SC2031,SC2154 # a test is a subshell, with the variables of bats
# G18: a state directory that is not the container's any more
#
# Tools come to a container because its mount follows the host's. Where that has been unmounted and made anew (by who cleans
# /run, by a reboot of half the system, by a mistake), what is mounted on the host arrives nowhere: the table of the host says
# that all is well, and the container has nothing, or what it has put there itself.

bats_require_minimum_version 1.5.0
load gauntlet

make_anew() {
	umount "$OCI_CRASHCART_STATE_DIR/ctr"
	rm -rf "$OCI_CRASHCART_STATE_DIR"
	thin_run other
	assert_provisioned other
}

tools_inside() { # NAME
	ls "/proc/$(container_pid "$1")/root/dev/crashcart" 2>/dev/null
}

@test "naive: a mount on the host's side succeeds, and the container has nothing" {
	thin_run c
	mount --bind "$LAB/tools" "$OCI_CRASHCART_STATE_DIR/ctr/$container"
	assert_equal "$(tools_inside c)" "$(ls "$LAB/tools")"
	umount "$OCI_CRASHCART_STATE_DIR/ctr/$container"
	local id=$container
	make_anew
	mkdir "$OCI_CRASHCART_STATE_DIR/ctr/$id"
	mount --bind "$LAB/tools" "$OCI_CRASHCART_STATE_DIR/ctr/$id"
	assert_equal "$(tools_inside c)" ""
	umount "$OCI_CRASHCART_STATE_DIR/ctr/$id"
	rmdir "$OCI_CRASHCART_STATE_DIR/ctr/$id"
}

# attaches_truly NAME: by the other delivery, a mount moved in; afterwards the container is as before.
attaches_truly() {
	local before
	before=$(container_mountinfo "$1")
	run -0 "$DBG_INJECT" --attach "$1"
	assert_equal "$(tools_inside "$1")" "$(ls "$LAB/tools")" "the tools in $1"
	assert_equal "$("$DBG_INJECT" "$1" echo well)" well
	"$DBG_INJECT" --detach "$1"
	assert_equal "$(container_mountinfo "$1")" "$before" "the mount table of $1"
}

@test "ours: a state directory made anew is noticed, with and without a user namespace" {
	local kind options
	while read -r kind options; do
		# shellcheck disable=SC2086 # words
		thin_run "$kind" $options
	done < <(kinds)
	make_anew
	while read -r kind options; do
		attaches_truly "$kind"
	done < <(kinds)
	assert_provisioned other
	"$DBG_INJECT" --gc
}

# Record and directory are there: the one thing that is another is the peer group.
@test "ours: a master of the same name, with the old record, is noticed" {
	thin_run c
	local id=$container record=$OCI_CRASHCART_STATE_DIR/rec/$container.json
	cp "$record" "$LAB/record"
	make_anew
	cp "$LAB/record" "$record"
	mkdir "$OCI_CRASHCART_STATE_DIR/ctr/$id"
	assert_equal "$("$DBG_INJECT" --status --json c | jq .proof.ok)" false
	attaches_truly c
	assert_provisioned other
	# What the host's side alone has, as the naive way leaves it, is no success either.
	mount --bind "$LAB/tools" "$OCI_CRASHCART_STATE_DIR/ctr/$id"
	run -125 "$DBG_INJECT" --attach c
	run -125 "$DBG_INJECT" c true
	"$DBG_INJECT" --detach c
	run ! mountpoint -q "$OCI_CRASHCART_STATE_DIR/ctr/$id"
}

@test "ours: masters that were unmounted are an error of their own, and a new container mends it" {
	thin_run c
	umount "$OCI_CRASHCART_STATE_DIR/ctr"
	run -125 --separate-stderr "$DBG_INJECT" --attach c
	assert_equal "${#stderr_lines[@]}" 1
	assert_has "$stderr" 'nothing is mounted at ctr/ any more'
	run -125 "$DBG_INJECT" c true
	thin_run other
	assert_provisioned other
	attaches_truly c
	attaches_truly other
}

# The same file system, mounted again: device and directory are the container's, and nothing follows it.
@test "ours: masters that were mounted anew, in another peer group, are noticed" {
	local ctr=$OCI_CRASHCART_STATE_DIR/ctr
	thin_run c
	mkdir -p "$LAB/aside"
	mount --bind "$ctr" "$LAB/aside"
	mount --make-private "$LAB/aside"
	umount "$ctr"
	mount --bind "$LAB/aside" "$ctr"
	mount --make-shared "$ctr"
	umount "$LAB/aside"
	assert_equal "$("$DBG_INJECT" --status --json c | jq .proof.ok)" false
	attaches_truly c
}
