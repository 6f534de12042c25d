#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# dbg-tools build: scripts, recipes, packages, presets and other root file systems; the same again; what a manifest says.
# shellcheck disable=SC2030,SC2031 # each test is a process of its own
# Needs root (chroot, mounts), a C compiler, patchelf, jq, and the tools that are packed.

setup_file() {
	export DBG_TOOLS=${DBG_TOOLS:-$BATS_TEST_DIRNAME/../dbg-tools}
	export PATH=/usr/sbin:/usr/bin:/sbin:/bin
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	export OCI_CRASHCART_RECIPES=$PWD/recipes
	mkdir recipes
}

# recipe NAME LINE...
recipe() {
	printf '%s\n' "${@:2}" >"recipes/$1.conf"
}

# in_root TREE COMMAND...: in an empty root, with TREE at its place and nothing else but /proc.
# shellcheck disable=SC2016 # the script's own variables
in_root() {
	mkdir -p root/dev/crashcart root/proc
	unshare -m --propagation private bash -ec '
		mount --bind "$1" root/dev/crashcart
		mount -o remount,bind,ro root/dev/crashcart
		mount -t proc proc root/proc
		exec env -i PATH=/dev/crashcart/bin "$(command -v chroot)" root "${@:2}"
	' - "$@"
}

# fails TEXT ARGUMENT...: a build with one line on standard error that has TEXT in it, and no tree left.
fails() {
	local status=0
	rm -rf tree
	"$DBG_TOOLS" build -o tree "${@:2}" >out 2>error || status=$?
	cat out error
	[ "$status" -eq 1 ]
	[ "$(wc -l <error)" -eq 1 ]
	grep -qF -- "$1" error
	[ ! -e tree ]
	[ -z "$(find . -maxdepth 1 -name '*.partial*')" ]
}

# A file system of its own: its busybox, a shell, and a library that is not the host's.
make_root() { # DIRECTORY
	local library
	mkdir -p "$1/usr/bin" "$1/usr/lib" "$1/etc"
	ln -s usr/bin "$1/bin"
	ln -s usr/lib "$1/lib"
	ln -s /usr/lib "$1/lib64" # absolute: within the root
	cp /bin/bash "$1/usr/bin/bash"
	cp "$(command -v busybox)" "$1/usr/bin/busybox"
	ln -s /usr/bin/busybox "$1/usr/bin/ls"
	ln -s busybox "$1/usr/bin/vi"
	ldd /bin/bash | grep -o '/[^ ]*' | while read -r library; do
		cp "$library" "$1/usr/lib/${library##*/}"
	done
}

@test "a script brings its interpreter, and its first line names it" {
	# shellcheck disable=SC2016 # the scripts' own
	printf '#! /bin/bash -e\necho "bash $1"\nfalse\n' >plain
	# shellcheck disable=SC2016
	printf '#!/usr/bin/env bash\necho "env $1"\n' >by-env
	printf '#!/usr/bin/env -S bash -e\nfalse\n' >by-env-s
	chmod 755 plain by-env by-env-s
	"$DBG_TOOLS" build -q -o tree ./plain ./by-env ./by-env-s
	[ "$(head -n 1 tree/bin/plain)" = '#!/dev/crashcart/bin/bash -e' ]
	[ "$(head -n 1 tree/bin/by-env)" = '#!/dev/crashcart/bin/bash' ]
	[ "$(head -n 1 tree/bin/by-env-s)" = '#!/dev/crashcart/bin/bash -e' ]
	jq -e '.tools[] | select(.name == "plain") | .linked == "script"' tree/manifest.json
	run in_root tree plain x
	[ "$status" -eq 1 ] && [ "$output" = 'bash x' ]
	run in_root tree by-env 'a b'
	[ "$status" -eq 0 ] && [ "$output" = 'env a b' ]
	run in_root tree by-env-s
	[ "$status" -eq 1 ]
}

@test "a script for sh gets the tree's, else the host's" {
	printf '#!/bin/sh\necho sh\n' >script
	"$DBG_TOOLS" build -q -o with ./script busybox
	[ "$(readlink with/bin/sh)" = busybox ]
	"$DBG_TOOLS" build -q -o without ./script
	[ -f without/bin/sh ] && [ ! -L without/bin/sh ]
	[ "$(in_root with script)" = sh ]
	[ "$(in_root without script)" = sh ]
}

@test "scripts that cannot be packed are named" {
	printf '#!/nowhere/perl6 -w\n' >script
	fails './script: its interpreter: /nowhere/perl6: open /nowhere/perl6: No such file' ./script
	printf '#!bash\n' >script
	fails './script: a script whose interpreter is not a full path' ./script
	printf '#!\n' >script
	fails './script: ' ./script
	printf '#!/usr/bin/env -i bash\n' >script
	fails 'env in a way that cannot be led to the tree' ./script
	printf '#!/%0300d\n' 1 >script
	fails './script: ' ./script
	printf '#!%s/loop\n' "$PWD" >loop
	chmod 755 loop
	"$DBG_TOOLS" build -q -o tree ./loop # as on the host: it fails when it is run
	[ "$(head -n 1 tree/bin/loop)" = '#!/dev/crashcart/bin/loop' ]
}

@test "the same build again does nothing, and a changed one wants --force" {
	mkdir bin
	cp /bin/sleep bin/tool
	PATH=$PWD/bin:$PATH "$DBG_TOOLS" build -o tree tool bash
	before=$(find tree -printf '%i %C@ %p\n' | sort)
	run env PATH="$PWD/bin:$PATH" "$DBG_TOOLS" build -o tree bash tool
	[ "$status" -eq 0 ] && [ "$output" = 'tree: nothing has changed' ]
	[ "$(find tree -printf '%i %C@ %p\n' | sort)" = "$before" ]
	cp /bin/cat bin/tool
	run env PATH="$PWD/bin:$PATH" "$DBG_TOOLS" build -o tree bash tool
	[ "$status" -eq 1 ] && [[ $output == *'a tree is there already: --force replaces it'* ]]
	PATH=$PWD/bin:$PATH "$DBG_TOOLS" build -o tree --force bash tool
	rm tree/lib/libc.so.6
	run env PATH="$PWD/bin:$PATH" "$DBG_TOOLS" build -o tree bash tool
	[ "$status" -eq 1 ] # a tree that lacks a file is not the same
}

@test "equal files are one file" {
	cp /bin/bash one
	cp /bin/bash two
	touch -d '2001-01-01 00:00:00' two
	"$DBG_TOOLS" build -q -o tree ./one ./two
	[ tree/bin/one -ef tree/bin/two ]
	[ "$(jq -r '.files[] | select(.path == "bin/one" or .path == "bin/two") | .sha256' tree/manifest.json | uniq | wc -l)" -eq 1 ]
}

@test "the manifest names every file with its hash, and nothing else is there" {
	"$DBG_TOOLS" build -q -o tree busybox bash
	(cd tree && find . -type f ! -name manifest.json -printf '%P %s %04m\n' | sort) >there
	jq -r '.files[] | "\(.path) \(.size) \(.mode)"' tree/manifest.json >listed
	sort listed | diff there -
	LC_ALL=C sort -c listed
	jq -r '.files[] | "\(.sha256)  \(.path)"' tree/manifest.json | (cd tree && sha256sum --quiet -c)
	if command -v dpkg-query; then
		[ "$(jq -r '.tools[] | select(.name == "bash") | .package + " " + ."package-version"' tree/manifest.json)" = \
			"$(dpkg-query -W -f '${Package} ${Version}' bash)" ]
	fi
}

@test "files have the times of what they were made from" {
	cp /bin/bash tool
	touch -d '2001-02-03 04:05:06' tool
	"$DBG_TOOLS" build -q -o tree ./tool
	[ "$(stat -c %Y tree/bin/tool)" = "$(stat -c %Y tool)" ]
	[ "$(stat -c %Y tree/manifest.json tree/bin tree | sort -u)" = 0 ]
}

@test "a recipe brings data, plug-ins with their libraries, links and a launcher" {
	mkdir -p data/sub/left-out data/plugins recipes/own
	echo one >data/file
	echo two >data/sub/left-out/file
	ln -s ../file data/sub/link
	ln -s /nowhere data/dangling
	mkfifo data/fifo
	echo own >recipes/own/rc
	echo 'int odd(void) { return 7; }' | cc -shared -fPIC -Wl,-soname,libodd.so.1 -x c -o data/libodd.so.1 -
	# shellcheck disable=SC2016 # $ORIGIN is the loader's
	echo 'extern int odd(void); int plugin(void) { return odd(); }' |
		cc -shared -fPIC '-Wl,-rpath,$ORIGIN/..' -x c -o data/plugins/plugin.so - -x none data/libodd.so.1
	recipe tool 'programs = bash tool-that-is-nowhere?' "data = $PWD/data share/tool" 'data = own/rc etc/' \
		"data? = /nowhere/* share/" 'exclude = left-out libodd.so.*' 'link = share/short tool/file' \
		'argument = --norc' 'argument = --noprofile' 'environment = TOOL=a b' 'test = bash -c "exit 0"'
	"$DBG_TOOLS" build -q -o tree tool
	[ "$(cat tree/share/tool/file tree/share/short tree/share/tool/sub/link)" = "$(printf 'one\none\none')" ]
	[ "$(cat tree/etc/rc)" = own ]
	[ ! -e tree/share/tool/sub/left-out ] && [ ! -e tree/share/tool/fifo ] && [ ! -L tree/share/tool/dangling ]
	[ "$(patchelf --print-rpath tree/share/tool/plugins/plugin.so)" = /dev/crashcart/lib ]
	[ -f tree/lib/libodd.so.1 ]
	[ -f tree/lib/wrapped/bash ]
	# shellcheck disable=SC2016 # the shell's inside
	[ "$(in_root tree bash -c 'echo "$TOOL $0 $1"' x 'y z')" = 'a b x y z' ]
	jq -e '.tools[] | select(.name == "bash") | .tests[0].arguments == ["-c", "exit 0"]' tree/manifest.json
}

@test "a recipe is found by a program of its, and brings that one" {
	recipe both 'programs = bash sleep' "data = $PWD/recipes/both.conf share/"
	"$DBG_TOOLS" build -q -o tree sleep
	[ -e tree/bin/sleep ] && [ -e tree/share/both.conf ] && [ ! -e tree/bin/bash ]
}

@test "recipes that need each other end" {
	recipe bash 'needs = sleep'
	recipe sleep 'needs = bash'
	"$DBG_TOOLS" build -q -o tree bash
	[ -e tree/bin/sleep ]
}

@test "a recipe that is wrong, or wants what is not there, is named" {
	recipe bash 'data = /nowhere share/'
	fails 'recipe bash: /nowhere is not there: install its package' bash
	recipe bash 'colour = green'
	fails 'recipes/bash.conf:1' bash
	recipe bash 'data = /etc ../etc'
	fails 'recipes/bash.conf:1' bash
	recipe bash 'libraries = libnowhere.so.9'
	fails 'libnowhere.so.9' bash
	recipe bash 'programs = bash nowhere-one nowhere-two'
	fails 'nowhere-one, nowhere-two: not found on PATH: install them' bash
	recipe bash "data = $PWD/a share/x" "data = $PWD/b share/x"
	echo a >a
	echo b >b
	fails 'two different files are to be share/x' bash
}

@test "the manual page has every key, and its example works" {
	local page=$BATS_TEST_DIRNAME/../man/dbg-tools.conf.5 key keys
	mapfile -t keys < <(sed -nE 's/^\t\{"([a-z-]+\??)", (true|false),.*/\1/p' "$BATS_TEST_DIRNAME/../tools/recipe_parse.c")
	[ "${#keys[@]}" -ge 14 ]
	for key in "${keys[@]}"; do
		grep -F ".It Cm $key No =" <(tr -d '\\&' <"$page")
	done
	command -v file || skip "cannot run here: file is not installed"
	sed -n '/^# What it tells files by/,/^\.Ed/p' "$page" | sed '$d' >recipes/file.conf
	"$DBG_TOOLS" build -q -o tree file
	run "$DBG_TOOLS" verify -v tree
	[ "$status" -eq 0 ] && [[ $output == *'file -b /dev/crashcart/lib/wrapped/file'* ]]
	rm recipes/file.conf
	"$DBG_TOOLS" build -q -o without file
	run in_root without file -b /dev/crashcart/bin/file
	[ "$status" -ne 0 ]
}

@test "texts in a program are led into the tree, or nowhere" {
	echo 'int puts(const char *); int main(void) { puts("/usr/share/tool-data"); puts("/etc/tool.conf"); }' | cc -x c -o tool -
	recipe tool 'replace = bin/tool /usr/share/tool-data td' 'blank = bin/tool /etc/tool.conf'
	"$DBG_TOOLS" build -q -o tree ./tool
	[ "$(in_root tree tool)" = "$(printf '/dev/crashcart////td\n')" ]
	recipe tool 'replace = bin/tool /etc/tool.conf too/long'
	fails 'recipes/tool.conf:1' ./tool
}

@test "another root file system is taken as it is, and nothing of the host's" {
	make_root image
	"$DBG_TOOLS" build -q -o tree --from-root image bash busybox
	[ "$(jq -r '.tools[] | .source' tree/manifest.json)" = "$(printf '/usr/bin/bash\n/usr/bin/busybox')" ]
	[ "$(readlink tree/bin/ls)" = busybox ] # by the links there: nothing of it is run
	[ "$(readlink tree/bin/vi)" = busybox ]
	[ ! -e tree/bin/wc ]
	[ "$(in_root tree bash -c 'echo works')" = works ]
	fails 'strace: not found on PATH' --from-root image strace
	rm image/usr/lib/libtinfo.so.6
	fails 'library libtinfo.so.6, needed by /usr/bin/bash, is not found' --from-root image bash
	fails 'nowhere: No such file' --from-root nowhere bash
}

@test "libraries for better processors are packed beside" {
	local level=glibc-hwcaps/x86-64-v2
	echo 'int odd(void) { return 7; }' | cc -shared -fPIC -Wl,-soname,libodd.so.1 -x c -o libodd.so.1 -
	echo 'int odd(void); int main(void) { return odd(); }' | cc "-Wl,-rpath,$PWD" -x c -o tool - -x none ./libodd.so.1
	mkdir -p "$level"
	echo 'int odd(void) { return 8; }' | cc -shared -fPIC -Wl,-soname,libodd.so.1 -x c -o "$level/libodd.so.1" -
	"$DBG_TOOLS" build -q -o tree ./tool
	[ -f "tree/lib/$level/libodd.so.1" ] && [ -f tree/lib/libodd.so.1 ]
	run ./tool
	natively=$status
	run in_root tree tool
	[ "$status" -eq "$natively" ]
}

@test "a package is its executables" {
	command -v dpkg-query || skip "cannot run here: not a distribution with dpkg"
	"$DBG_TOOLS" build -q -o tree --package hostname --package diffutils
	for tool in hostname diff cmp sdiff; do
		[ -e "tree/bin/$tool" ] || [ -L "tree/bin/$tool" ]
	done
	jq -e '.tools[] | select(.name == "cmp") | .package == "diffutils"' tree/manifest.json
	fails 'package no-such-package' --package no-such-package
	fails 'package libc6: it has no executables' --package libc6
	fails "'../x' is not the name of a package" --package ../x
}

@test "a preset is a list" {
	mkdir recipes/presets
	printf '%s\n' '# ours' bash 'no-such-tool?' '@more' >recipes/presets/ours
	printf '%s\n' sleep bash >recipes/presets/more
	"$DBG_TOOLS" build -q -o tree --preset ours cat
	[ -e tree/bin/bash ] && [ -e tree/bin/sleep ] && [ -e tree/bin/cat ]
	fails 'no-such-preset' --preset no-such-preset
	echo '@ours' >recipes/presets/more
	fails 'ours' --preset ours
	echo 'gone' >recipes/presets/more
	fails 'gone: not found on PATH' --preset more
}

@test "a long build shows on a terminal how far it is, and nothing in a pipe" {
	"$DBG_TOOLS" build -o tree bash >out 2>error
	[ ! -s error ]
	script -qec "$DBG_TOOLS build -o tree2 bash" typescript >/dev/null
	grep -q '\[1/' typescript
	script -qec "$DBG_TOOLS build -q -o tree3 bash" typescript >/dev/null
	run grep -q '\[1/' typescript
	[ "$status" -ne 0 ]
}
