#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2030,SC2031,SC2154 # a test is a subshell, with the variables of bats
# G21: write what root will read: configuration, state, tools
#
# The configuration says which tree of tools root runs, the state directory which process is which container. Where an ordinary
# user can write to one of them, or owns it, or has made it before, that user decides what root does.

# bats file_tags=once
bats_require_minimum_version 1.5.0
load gauntlet

# A tree of a user's, whose id says EVIL. Its owner is given, or root.
evil_tree() {
	rm -rf "$LAB/evil"
	cp -a "$LAB/tools" "$LAB/evil"
	rm -f "$LAB/evil/bin/id"
	printf '#!/dev/crashcart/bin/sh\necho EVIL\n' >"$LAB/evil/bin/id"
	chmod 755 "$LAB/evil/bin/id"
	chown -R "${1:-0}" "$LAB/evil"
}

# Ways to have a file or a directory that others than root decide on: shell commands, with $it.
# shellcheck disable=SC2016 # not this shell expands it
ways=('chown 1000 "$it"' 'chmod o+w "$it"' 'chgrp 1000 "$it"; chmod g+w "$it"')

# refused TEXT ARGUMENT...: one line, with TEXT, and status 125.
refused() {
	run --separate-stderr "$DBG_INJECT" "${@:2}"
	assert_equal "$status|$output|${#stderr_lines[@]}" "125||1" "$stderr" || return 1
	assert_has "$stderr" "$1"
}

@test "naive: who reads the user's configuration runs the user's tools" {
	evil_tree 1000
	thin_run c
	configure "tools = $LAB/evil"
	chown 1000 "$OCI_CRASHCART_CONFIG"
	local tools
	tools=$(sed -n 's/^tools = //p' "$OCI_CRASHCART_CONFIG" | tail -n 1)
	mount --bind "$tools" "$OCI_CRASHCART_STATE_DIR/ctr/$container"
	assert_equal "$(naive_enter c /dev/crashcart/bin/id)" EVIL
	umount "$OCI_CRASHCART_STATE_DIR/ctr/$container"
}

@test "ours: a configuration of another's, or that others may write to, is refused" {
	local it=$OCI_CRASHCART_CONFIG way number=0
	evil_tree
	thin_run c
	for way in "${ways[@]}"; do
		configure "tools = $LAB/evil"
		eval "$way"
		refused "$it" c id
		refused "$it" --attach c
		number=$((number + 1))
		thin_run "hook$number"
		assert_running "hook$number"
		assert_not_provisioned "hook$number"
		log_has "$container" "$it"
	done
	# The tree itself was not what kept it from running.
	configure "tools = $LAB/evil"
	chown 0:0 "$it"
	assert_equal "$("$DBG_INJECT" c id)" EVIL
}

@test "ours: tools of another's, or that others may write to, are refused" {
	local it=$LAB/evil way
	thin_run c
	for way in "${ways[@]}"; do
		evil_tree
		eval "$way"
		refused "$it" --tools "$it" c id
		refused "$it" --attach --tools "$it" c
		refused "$it" --private --tools "$it" c id
	done
	assert_provisioned c
}

@test "ours: a state directory of another's, or that others may write to, is refused" {
	local it=$OCI_CRASHCART_STATE_DIR way number=0
	thin_run c
	for way in "${ways[@]}"; do
		eval "$way"
		refused "$it" c id
		refused "$it" --list
		refused "$it" --gc
		number=$((number + 1))
		thin_run "hook$number"
		assert_running "hook$number"
		assert_not_provisioned "hook$number"
		log_has "$container" "$it"
		chown 0:0 "$it"
		chmod 711 "$it"
	done
	assert_matches "$("$DBG_INJECT" c id)" '^uid=0'
}

@test "ours: a state directory that is there before, as a link or a file, is refused, and nothing is made elsewhere" {
	: >"$OCI_CRASHCART_STATE_DIR"
	thin_run file
	assert_running file
	log_has "$container" "$OCI_CRASHCART_STATE_DIR"
	podman rm -f -t 0 file
	rm -f "$OCI_CRASHCART_STATE_DIR"
	mkdir -p "$LAB/elsewhere"
	ln -s "$LAB/elsewhere" "$OCI_CRASHCART_STATE_DIR"
	thin_run link
	assert_running link
	assert_equal "$(ls -A "$LAB/elsewhere")" ""
	podman rm -f -t 0 link
	rm -f "$OCI_CRASHCART_STATE_DIR"
}
