#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# dbg-tools list and diff: what a tree holds, and in what two differ.
# Needs patchelf, jq, and the tools that are packed.

setup_file() {
	export DBG_TOOLS=${DBG_TOOLS:-$BATS_TEST_DIRNAME/../dbg-tools}
	export PATH=/usr/sbin:/usr/bin:/sbin:/bin OCI_CRASHCART_RECIPES=$BATS_FILE_TMPDIR/none
	"$DBG_TOOLS" build -q -o "$BATS_FILE_TMPDIR/tree" busybox bash
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	cp -a "$BATS_FILE_TMPDIR/tree" tree
}

# edit TREE FILTER...: jq on its manifest.
edit() {
	jq "${@:2}" "$1/manifest.json" >manifest
	cp manifest "$1/manifest.json"
}

@test "list names the tools, with their packages and links" {
	edit tree '(.tools[] | select(.name == "bash")) += {package: "bash", "package-version": "5.2"}'
	run "$DBG_TOOLS" list tree
	echo "$output"
	[ "$status" -eq 0 ]
	[[ ${lines[0]} =~ ^NAME\ +LINKED\ +PACKAGE\ +VERSION\ +LINKS$ ]]
	[[ ${lines[1]} =~ ^bash\ +dynamic\ +bash\ +5\.2\ +0$ ]]
	[[ ${lines[2]} =~ ^busybox\ +static\ .*\ $(find tree/bin -type l | wc -l)$ ]]
	[ "${#lines[@]}" -eq 3 ]
}

@test "list -v names the files, too" {
	run "$DBG_TOOLS" list -v tree
	[ "$status" -eq 0 ]
	[[ $output =~ lib/libc\.so\.6\ +0755\ +$(stat -c %s tree/lib/libc.so.6) ]]
	[ "$(grep -cE ' 0[0-7]{3} ' <<<"$output")" -eq "$(find tree -type f ! -name manifest.json | wc -l)" ]
}

@test "list --json has the data" {
	"$DBG_TOOLS" list --json tree >out
	jq -e --arg architecture "$(uname -m)" '.tree == "tree" and .architecture == $architecture and .loader and .inputs' out
	jq -e '.tools | map(.name) == ["bash", "busybox"]' out
	jq -e '.tools[1] | .linked == "static" and .source and (.links | index("sh") and index("ls"))' out
	jq -e '.libraries | map(.name) | index("libc.so.6")' out
	jq -e 'has("files") | not' out
	"$DBG_TOOLS" list -v --json tree >out
	jq -e '.files | map(.path) | index("bin/bash")' out
}

@test "list and diff want trees" {
	echo x >file
	mkdir empty
	run "$DBG_TOOLS" list file
	[ "$status" -eq 1 ] && [ "$output" = 'dbg-tools: file: not a directory: an image has to be mounted first' ]
	run "$DBG_TOOLS" list empty
	[ "$status" -eq 1 ] && [ "$output" = 'dbg-tools: empty: not a tools tree: it has no manifest.json' ]
	run "$DBG_TOOLS" diff tree empty
	[ "$status" -eq 2 ] && [ "$output" = 'dbg-tools: empty: not a tools tree: it has no manifest.json' ]
	run "$DBG_TOOLS" diff missing tree
	[ "$status" -eq 2 ] && [ "$output" = 'dbg-tools: missing: No such file or directory' ]
	cp -a tree old
	edit old 'del(.files)'
	"$DBG_TOOLS" list old
	run "$DBG_TOOLS" diff old tree
	[ "$status" -eq 2 ] && [[ $output == 'dbg-tools: old: its manifest lists no files'* ]]
	for arguments in list 'list tree tree' diff 'diff tree' 'diff tree tree tree' 'list --force tree' 'diff -o x tree tree'; do
		# shellcheck disable=SC2086 # words
		run "$DBG_TOOLS" $arguments
		[ "$status" -eq 2 ] && [[ $output == *'dbg-tools --help'* ]]
	done
}

@test "trees of the same inputs are the same" {
	"$DBG_TOOLS" build -q -o other bash busybox
	run "$DBG_TOOLS" diff tree other
	[ "$status" -eq 0 ] && [ -z "$output" ]
	"$DBG_TOOLS" diff --json tree other >out
	jq -e '.old == "tree" and .new == "other" and .differences == []' out
}

@test "diff names what was added, removed and changed" {
	mkdir bin
	cp /bin/cat bin/bash
	"$DBG_TOOLS" build -q -o other bin/bash ls
	run "$DBG_TOOLS" diff tree other
	echo "$output"
	[ "$status" -eq 1 ]
	[[ $output =~ changed\ +tool\ +bash\  ]]
	[[ $output =~ removed\ +tool\ +busybox ]]
	[[ $output =~ added\ +tool\ +ls ]]
	[[ $output =~ changed\ +link\ +bin/sh\ +'busybox -> bash' ]]
	[ "$(grep -c ' link ' <<<"$output")" -eq 1 ] # the applets went with busybox
	[[ $output =~ added\ +library\ +libselinux ]]
	[[ ! $output =~ file\ +(bin|lib)/ ]]
	run "$DBG_TOOLS" diff -q tree other
	[ "$status" -eq 1 ] && [ -z "$output" ]
	"$DBG_TOOLS" diff --json tree other >out || [ $? -eq 1 ]
	jq -e '.differences | any(.change == "removed" and .kind == "tool" and .name == "busybox")' out
}

@test "diff tells versions, and files that belong to no tool" {
	cp -a tree other
	edit tree '.libraries |= map(."package-version" = "1")'
	edit other '.libraries |= map(."package-version" = "2") | .architecture = "aarch64"
		| .files += [{path: "share/new", size: 1, mode: "0644", sha256: ("0" * 64)}]'
	run "$DBG_TOOLS" diff tree other
	echo "$output"
	[ "$status" -eq 1 ]
	[[ $output =~ changed\ +tree\ +architecture\ +"$(uname -m) -> aarch64" ]]
	[[ $output =~ changed\ +library\ +libc.so.6\ +'1 -> 2' ]]
	[[ $output =~ added\ +file\ +share/new ]]
	# shellcheck disable=SC2016 # the script's own variable
	run bash -c '"$DBG_TOOLS" diff tree other >/dev/full'
	[ "$status" -eq 2 ]
}

@test "texts of a manifest do not steer a terminal" {
	edit tree '.tools[0].package = "\u001b[31mred\n"'
	run "$DBG_TOOLS" list tree
	[[ $output != *$'\e'* && $output == *'\x1b[31mred\x0a'* ]]
	"$DBG_TOOLS" list --json tree >out
	[[ $(<out) != *$'\e'* ]]
	jq -e . out
}
