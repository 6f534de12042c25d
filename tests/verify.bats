#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# dbg-tools verify: a tree that was changed, damaged or made to point elsewhere is found out, and what is wrong is named.
# Needs root, patchelf, jq, strace, and the tools that are packed.

setup_file() {
	export DBG_TOOLS=${DBG_TOOLS:-$BATS_TEST_DIRNAME/../dbg-tools}
	export PATH=/usr/sbin:/usr/bin:/sbin:/bin OCI_CRASHCART_RECIPES=$BATS_FILE_TMPDIR/none
	"$DBG_TOOLS" build -q -o "$BATS_FILE_TMPDIR/tree" busybox bash strace
}

# Each test breaks a tree of its own.
setup() {
	cd "$BATS_TEST_TMPDIR" || return
	cp -a "$BATS_FILE_TMPDIR/tree" tree
}

# wrong PATH TEXT: verify finds PATH, says TEXT of it, finds nothing else, and fails.
wrong() {
	local status=0
	"$DBG_TOOLS" verify -q --json tree busybox >out 2>error || status=$?
	cat out error
	[ "$status" -eq 1 ]
	[ "$(cat error)" = 'dbg-tools: tree: 1 thing wrong, 0 of 1 tools failed' ]
	[ "$(jq '.problems | length' out)" -eq 1 ]
	[ "$(jq -r '.problems[0].path' out)" = "$1" ]
	jq -e --arg text "$2" '.problems[0].problem | contains($text)' out
}

# The same in a tree that is put right again, from the copy in "good".
wrong_for_now() {
	wrong "$@"
	rm -rf tree
	cp -a good tree
}

# know PATH...: the manifest tells of these files as they are now.
know() {
	local path
	for path; do
		jq --arg path "$path" --arg mode "$(stat -c %04a "tree/$path")" --arg sha256 "$(sha256sum <"tree/$path" | cut -d' ' -f1)" \
			--argjson size "$(stat -c %s "tree/$path")" \
			'.files |= map(select(.path != $path)) + [{$path, $size, $mode, $sha256}]' tree/manifest.json >manifest
		cp manifest tree/manifest.json
	done
}

# know_link NAME: the same for a symbolic link.
know_link() {
	jq --arg name "$1" --arg target "$(readlink "tree/$1")" '.links += [{$name, $target}]' tree/manifest.json >manifest
	cp manifest tree/manifest.json
}

@test "a tree as it was built has nothing wrong" {
	run "$DBG_TOOLS" verify tree
	echo "$output"
	[ "$status" -eq 0 ]
	[[ ${lines[0]} =~ ^NAME\ +RESULT\ +VERSION ]]
	[[ ${lines[1]} =~ ^bash\ +ok && ${lines[2]} =~ ^busybox\ +ok && ${lines[3]} =~ ^strace\ +ok ]]
	[ "${#lines[@]}" -eq 4 ]
	run "$DBG_TOOLS" verify -q tree/
	[ "$status" -eq 0 ] && [ -z "$output" ]
	"$DBG_TOOLS" verify --json tree >out
	jq -e '.ok and .tree == "tree" and .problems == [] and [.tools[].name] == ["bash", "busybox", "strace"]
		and all(.tools[]; .result == "ok" and .reason == null)' out
}

@test "names choose tools, and one that is not there is an error" {
	run "$DBG_TOOLS" verify tree strace bash strace
	[ "$status" -eq 0 ]
	[[ ${lines[1]} == strace* && ${lines[2]} == bash* ]]
	[ "${#lines[@]}" -eq 3 ]
	run "$DBG_TOOLS" verify tree bash gdb
	[ "$status" -eq 1 ]
	[ "$output" = 'dbg-tools: tree: gdb: not in the tree' ]
	run "$DBG_TOOLS" verify tree ls
	[ "$status" -eq 1 ]
	[ "$output" = 'dbg-tools: tree: ls: a link to busybox, not a tool of its own' ]
	run "$DBG_TOOLS" verify tree ../bin/bash
	[ "$status" -eq 1 ]
}

@test "what is no tree is an error" {
	mkdir empty
	run "$DBG_TOOLS" verify empty
	[ "$status" -eq 1 ]
	[ "$output" = 'dbg-tools: empty: not a tools tree: it has no manifest.json' ]
	run "$DBG_TOOLS" verify missing
	[ "$status" -eq 1 ]
	[ "$output" = 'dbg-tools: missing: No such file or directory' ]
	run "$DBG_TOOLS" verify tree/manifest.json
	[ "$status" -eq 1 ]
	[ "$output" = 'dbg-tools: tree/manifest.json: not a directory: an image has to be mounted first' ]
	for arguments in verify 'verify -o x tree'; do
		# shellcheck disable=SC2086 # words
		run "$DBG_TOOLS" $arguments
		[ "$status" -eq 2 ]
	done
}

@test "a manifest that is broken, later or older is an error" {
	cp tree/manifest.json good
	head -c 1000 good >tree/manifest.json
	run "$DBG_TOOLS" verify tree
	[ "$status" -eq 1 ]
	[ "$output" = 'dbg-tools: tree: manifest.json: not valid JSON' ]
	jq '.version = 2' good >tree/manifest.json
	run "$DBG_TOOLS" verify tree
	[ "$status" -eq 1 ] && [[ $output == *'of a later dbg-tools'* ]]
	jq 'del(.files)' good >tree/manifest.json
	run "$DBG_TOOLS" verify tree
	[ "$status" -eq 1 ] && [[ $output == *'lists no files'*'build the tree anew'* ]]
	jq '.files[0].path = "../../../etc/passwd"' good >tree/manifest.json
	run "$DBG_TOOLS" verify tree
	[ "$status" -eq 1 ] && [[ $output == *'manifest.json: files: path'* ]]
	truncate -s 17M tree/manifest.json
	run "$DBG_TOOLS" verify tree
	[ "$status" -eq 1 ] && [[ $output == *'larger than'* ]]
	rm tree/manifest.json
	mkfifo tree/manifest.json
	run timeout 10 "$DBG_TOOLS" verify tree
	[ "$status" -eq 1 ] && [[ $output == *'not a regular file'* ]]
}

@test "a device in the manifest's place is not even opened" {
	local verb
	rm tree/manifest.json
	mknod tree/manifest.json c 240 77 # no driver has it
	for verb in verify list 'diff tree' 'image -o image'; do
		# shellcheck disable=SC2086 # words
		run strace -f -qq -o trace -e trace=open,openat,openat2 "$DBG_TOOLS" $verb tree
		[ "$status" -ne 0 ] && [ "${#lines[@]}" -eq 1 ]
		! grep -E 'ENXIO|ENODEV' trace || false
	done
}

@test "a file with other content, size or mode, or none, is found" {
	cp -a tree good
	printf '\x01' | dd of=tree/lib/libc.so.6 bs=1 seek=5000 conv=notrunc status=none
	wrong_for_now lib/libc.so.6 'its content is not that of the manifest'
	printf 'x' >>tree/bin/bash
	wrong_for_now bin/bash 'its size is'
	chmod 0700 tree/lib/libc.so.6
	wrong_for_now lib/libc.so.6 'its mode is 0700, not 0755'
	rm tree/bin/strace
	wrong_for_now bin/strace 'missing'
	rm tree/bin/ls
	wrong_for_now bin/ls 'missing'
	rm tree/bin/strace
	mkdir tree/bin/strace
	wrong_for_now bin/strace 'missing'
	ln -sfn bash tree/bin/ls
	wrong_for_now bin/ls 'a link to bash, not to busybox'
}

@test "a file of a size that the manifest lies about is not read to its end" {
	truncate -s 1T tree/share/huge
	jq --argjson size "$(stat -c %s tree/share/huge)" '.files += [{path: "share/huge", size: $size, mode: "0644", sha256: .files[0].sha256}]' \
		tree/manifest.json >lie
	cat lie >tree/manifest.json
	run timeout -k 1 30 "$DBG_TOOLS" verify tree
	[ "$status" -eq 1 ]
	[[ $output == *'share/huge '*'is larger than any that build makes'* ]]
}

@test "what the manifest does not know is found" {
	cp -a tree good
	echo x >tree/share/more
	wrong_for_now share/more 'a file that the manifest does not know'
	mkdir -p tree/share/a/b/c
	echo x >tree/share/a/b/c/.hidden
	wrong_for_now share/a/b/c/.hidden 'a file that the manifest does not know'
	ln -s bash tree/bin/another
	wrong_for_now bin/another 'a link to bash that the manifest does not know'
	mkfifo tree/etc/fifo
	wrong_for_now etc/fifo 'a FIFO'
	mknod tree/etc/device c 1 3
	wrong_for_now etc/device 'a device'
	perl -MIO::Socket::UNIX -e 'IO::Socket::UNIX->new(Local => "tree/etc/socket", Listen => 1)'
	wrong_for_now etc/socket 'a socket'
}

@test "rights that a tree must not give are found" {
	cp -a tree good
	chmod 4755 tree/bin/bash
	know bin/bash
	wrong_for_now bin/bash 'a set-id bit (mode 4755)'
	chmod 2755 tree/share
	wrong_for_now share 'a set-id bit'
	setcap cap_net_raw+ep tree/bin/strace
	wrong_for_now bin/strace 'file capabilities'
}

@test "links that lead out of the tree, or nowhere, are found" {
	cp -a tree good
	ln -s /bin/sh tree/bin/out
	know_link bin/out
	wrong_for_now bin/out 'leads out of the tree'
	ln -s ../../../../../../../../../../etc/passwd tree/etc/out
	know_link etc/out
	wrong_for_now etc/out 'leads out of the tree'
	ln -s ../../tree/bin/bash tree/bin/out # back again, but not at another place
	know_link bin/out
	wrong_for_now bin/out 'leads out of the tree'
	ln -s nothing tree/bin/out
	know_link bin/out
	wrong_for_now bin/out 'a link to nothing'
	ln -s out tree/bin/out
	know_link bin/out
	wrong_for_now bin/out 'cannot be followed'
	ln -s /dev/crashcart/../../bin/sh tree/bin/out
	know_link bin/out
	wrong_for_now bin/out 'leads out of the tree'
	ln -s /dev/crashcartx/bin/sh tree/bin/out
	know_link bin/out
	wrong_for_now bin/out 'leads out of the tree'
	ln -s ../lib/../bin/bash tree/bin/in
	know_link bin/in
	ln -s /dev/crashcart/bin/./bash tree/bin/in-too
	know_link bin/in-too
	"$DBG_TOOLS" verify -q tree busybox
}

@test "an ELF file that asks for what is outside is found" {
	cp -a tree good
	patchelf --set-interpreter /lib64/ld-linux-x86-64.so.2 tree/bin/bash
	know bin/bash
	wrong_for_now bin/bash 'its interpreter is /lib64/ld-linux-x86-64.so.2, not the loader of the tree'
	# shellcheck disable=SC2016 # the loader's
	for path in /usr/lib '$ORIGIN/../../lib' '' lib '/dev/crashcart/lib:/lib' '/dev/crashcart/../lib' '$ORIGINAL'; do
		patchelf --force-rpath --set-rpath "/dev/crashcart/lib:$path" tree/bin/bash
		know bin/bash
		wrong_for_now bin/bash 'looks for libraries outside of the tree'
	done
	patchelf --set-rpath /dev/crashcart/lib tree/bin/bash
	know bin/bash
	wrong_for_now bin/bash 'RUNPATH'
	cp /bin/bash tree/bin/bash
	patchelf --set-interpreter "/dev/crashcart/lib/$(jq -r .loader tree/manifest.json)" tree/bin/bash
	know bin/bash
	wrong_for_now bin/bash 'no DF_1_NODEFLIB'
	patchelf --add-needed libmissing.so.1 tree/bin/bash
	know bin/bash
	wrong_for_now bin/bash 'needs the library libmissing.so.1, which is not in the tree'
	patchelf --add-needed ./lib/libc.so.6 tree/bin/bash
	know bin/bash
	wrong_for_now bin/bash 'needs the library ./lib/libc.so.6 by a path'
	printf '\xf3\x00' | dd of=tree/bin/bash bs=1 seek=18 conv=notrunc status=none
	know bin/bash
	wrong_for_now bin/bash 'is for another processor'
	head -c 3000 good/bin/bash >tree/bin/bash
	know bin/bash
	wrong bin/bash 'broken ELF file'
}

@test "library paths that stay in the tree are right" {
	mkdir tree/lib/private
	cp tree/lib/libc.so.6 tree/lib/private/libown.so
	patchelf --set-soname libown.so tree/lib/private/libown.so
	know lib/private/libown.so
	# shellcheck disable=SC2016 # the loader's
	patchelf --force-rpath --set-rpath '$ORIGIN/../lib/./private:${ORIGIN}:/dev/crashcart//lib' tree/bin/bash
	patchelf --add-needed libown.so tree/bin/bash
	know bin/bash
	"$DBG_TOOLS" verify -q tree busybox
}

@test "a script whose interpreter is not in the tree is found" {
	cp -a tree good
	for line in '#!/bin/sh' '#! /usr/bin/env bash' '#!/dev/crashcart/bin/perl' '#!/dev/crashcart/../../bin/sh' '#!sh' '#!'; do
		echo "$line" >tree/share/script
		chmod 755 tree/share/script
		know share/script
		wrong_for_now share/script 'a script whose interpreter'
	done
	echo '#!/bin/sh' >tree/share/text
	chmod 644 tree/share/text
	printf '#!/dev/crashcart/bin/sh -e' >tree/share/script
	chmod 755 tree/share/script
	know share/text share/script
	"$DBG_TOOLS" verify -q tree busybox
}

@test "all that is wrong is named, escaped, and counted" {
	printf x >$'tree/share/\e[31mred\n'
	rm tree/bin/strace
	run "$DBG_TOOLS" verify tree
	echo "$output"
	[ "$status" -eq 1 ]
	[[ $output != *$'\e'* ]]
	[[ $output == *'share/\x1b[31mred\x0a'*'a file that the manifest does not know'* ]]
	[[ $output =~ strace\ +failed\ +exit\ status\ 127:.*No\ such\ file ]]
	[[ $output =~ bin/strace\ +wrong\ +missing ]]
	[[ $output == *'dbg-tools: tree: 2 things wrong, 1 of 3 tools failed' ]]
	run "$DBG_TOOLS" verify -q tree
	[[ $output != *busybox* && $output == *strace* ]]
	"$DBG_TOOLS" verify --json tree >out 2>/dev/null || true
	jq -e '.ok == false and (.problems | length) == 2 and ([.tools[] | select(.result == "failed").name] == ["strace"])' out
	# shellcheck disable=SC2016 # the script's own variable
	run bash -c '"$DBG_TOOLS" verify tree >/dev/full'
	[ "$status" -eq 1 ] && [[ $output == *'standard output: No space left'* ]]
}
