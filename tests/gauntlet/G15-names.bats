#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2030,SC2031,SC2154 # a test is a subshell, with the variables of bats
# G15: ids and names that are paths, options or terminal escapes
#
# Who starts containers chooses names, and with a runtime alone also ids; processes in a container choose theirs. A name with
# "../" leads out of the directory where records are, one with a dash in front is an option, and one with an escape sequence
# writes to the terminal of whoever lists containers what was never there, or types into it (CVE-2021-25743).

# bats file_tags=once
bats_require_minimum_version 1.5.0
load gauntlet

evil_ids=('../../outside' '../outside' /etc/outside . .. '' -rf --help $'a\nb' $'\e[2Jred' 'a b' 'a/b' '%s%n' 'é')

# hook STATUS ID: the hook, called with such a state.
hook() {
	jq -n --arg status "$1" --arg id "$2" --argjson pid $$ --arg bundle "$LAB/bundle" \
		'{ociVersion: "1.0.2", $id, $status, $pid, $bundle, annotations: {}}' | "$HOOK"
}

# What there is beside what the state directory is made of.
everything() {
	find "$OCI_CRASHCART_STATE_DIR" "$OCI_CRASHCART_STATE_DIR"/../outside* /etc/outside /run/outside /outside 2>/dev/null | sort
}

# Printable characters, and newlines where they belong.
assert_plain() { # TEXT [WHAT]
	local control
	control=$(LC_ALL=C tr -d '\n\40-\176' <<<"$1")
	[ -z "$control" ] || fail "${2:-control characters}:" "$(cat -v <<<"$1")"
}

@test "naive: a hook in shell makes directories elsewhere, and a list of names writes to the terminal" {
	mkdir -p "$LAB/naive/ctr"
	# shellcheck disable=SC2016 # not this shell expands it
	printf '#!/bin/sh\nid=$(jq -r .id)\nmkdir -p "%s/ctr/$id"\necho "provisioned $id"\n' "$LAB/naive" >"$LAB/naive.hook"
	run -0 sh "$LAB/naive.hook" <<<'{"id": "../../outside"}'
	[ -d "$LAB/outside" ]
	rmdir "$LAB/outside"
	run -0 sh "$LAB/naive.hook" <<<'{"id": "\u001b[2Jred"}'
	assert_has "$output" $'\e[2Jred'
}

@test "ours: the hook makes nothing for an id that is no name, at any stage, and logs it escaped" {
	thin_run c
	mkdir -p "$LAB/bundle"
	local before id status
	before=$(everything)
	for id in "${evil_ids[@]}"; do
		for status in creating created running stopped; do
			hook "$status" "$id"
			assert_equal "$(everything)" "$before" "after $status of $(cat -v <<<"$id")"
		done
	done
	log_settle
	assert_has "$(cat "$LAB/log")" '\x1b[2Jred'
	assert_plain "$(cat "$LAB/log")" "in the log"
	assert_provisioned c
}

# The same by the runtime's own files, whose directories are ids, and by records.
@test "ours: files of such names are nobody's, and are not followed" {
	thin_run c
	local id root=/run/$RUNTIME record
	record=$OCI_CRASHCART_STATE_DIR/rec/$container.json
	mkdir -p "$root"
	for id in -rf --help .hidden $'a\nb' $'\e[2Jred' 'a b'; do
		mkdir -p "$root/$id"
		jq -n --arg id "$id" --argjson pid "$(container_pid c)" \
			'{$id, $pid, init_process_pid: $pid, "process-start-time": 1, init_process_start: 1}' |
			tee "$root/$id/status" >"$root/$id/state.json"
		jq --arg id "$id" '.id = $id' "$record" >"$OCI_CRASHCART_STATE_DIR/rec/$id.json"
	done
	# One that says of itself that it is another, and one that leads out.
	jq '.id = "../../outside"' "$record" >"$OCI_CRASHCART_STATE_DIR/rec/other.json"
	assert_equal "$("$DBG_INJECT" --list --json | jq -r '.[].id')" "$container"
	run "$DBG_INJECT" --list
	assert_plain "$output"
	run "$DBG_INJECT" --gc
	assert_plain "$output"
	assert_provisioned c
	[ -e "$record" ]
	for id in -rf --help .hidden $'a\nb' $'\e[2Jred' 'a b'; do
		rm -r "${root:?}/$id"
		rm -f "$OCI_CRASHCART_STATE_DIR/rec/$id.json"
	done
}

@test "ours: words that are no names: the message is one line without them" {
	thin_run c
	local word
	for word in '' / .. ../../etc /etc/passwd "$container/" "../rec/$container" $'a\nb' $'\e[31mred' '%s%n' '*' pid:-1 pid:../1 pid:1x; do
		run -125 --separate-stderr "$DBG_INJECT" "$word" true
		assert_equal "${#stderr_lines[@]}" 1 "lines about '$word'"
		assert_matches "$stderr" '^dbg-inject: '
		assert_plain "$stderr" "about '$word'"
		run -125 "$DBG_INJECT" --attach "$word"
		run -125 "$DBG_INJECT" --detach "$word"
	done
	assert_provisioned c
}

# A name by annotation, as containerd's nerdctl writes it; a process's name; and a tool's, which is the caller's.
@test "ours: what a container is called, and its processes, is escaped wherever it is printed" {
	local name=$'\e[2J\nred\xc2\x9b' text # a control character of UTF-8 at its end
	bundle_make "$LAB/bundle"
	jq --arg name "$name" '.annotations = {"nerdctl/name": $name, "io.kubernetes.cri.container-type": "container"}' \
		"$LAB/bundle/config.json" >"$LAB/config.new"
	mv "$LAB/config.new" "$LAB/bundle/config.json"
	cp "$LAB/image/bin/busybox" "$LAB/bundle/rootfs/busybox"
	bundle_run "$LAB/bundle" c
	run -0 "$DBG_INJECT" --list
	assert_has "$output" '\x1b[2J\x0ared'
	assert_plain "$output"
	run -0 "$DBG_INJECT" --status c
	assert_plain "$output"
	run -0 "$DBG_INJECT" -n c true
	assert_plain "$output"
	run -125 "$DBG_INJECT" nobody true
	assert_has "$output" '\x1b[2J'
	assert_plain "$output"
	text=$("$DBG_INJECT" --list --json)
	# A replacement character stands for each byte of that at the end.
	assert_plain "${text//$'\xef\xbf\xbd'/}" "JSON"
	assert_has "$(jq -r '.[0].name' <<<"$text")" $'\e[2J\nred'
	# A process with such a name uses the tools.
	"$DBG_INJECT" --attach c
	mkfifo "$LAB/keys"
	child sh -c "exec nsenter -t $(cat "$LAB/c.pid") -m -p -r /dev/crashcart/bin/bash -c 'printf \"\\033[2Jred\" >/proc/self/comm; echo ready; read -r' <>$LAB/keys"
	wait_for 20 grep -q ready "$LAB/child.out"
	grep -qs $'\e' /proc/[0-9]*/comm
	run -3 "$DBG_INJECT" --detach c
	assert_has "$output" '(\x1b[2Jred)'
	assert_plain "$output"
	run -0 "$DBG_INJECT" --detach --force c
	assert_has "$output" "(\\x1b[2Jred)"
	assert_plain "$output"
	assert_plain "$(cat "$LAB/log")" "in the log"
}
