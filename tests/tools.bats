#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# dbg-tools: what it builds runs in a root that has nothing, or worse than nothing, and what it refuses it names.
# shellcheck disable=SC2030,SC2031 # each test is a process of its own
# Needs root (chroot, mounts), a C compiler, patchelf, strace, and the tools that are packed.

tools=(busybox bash tcpdump strace lsof curl)

setup_file() {
	export DBG_TOOLS=${DBG_TOOLS:-$BATS_TEST_DIRNAME/../dbg-tools}
	export TREE=$BATS_FILE_TMPDIR/tree
	# What a closure alone makes of a tool; recipes are tests/build.bats' matter.
	export OCI_CRASHCART_RECIPES=/nowhere
	"$DBG_TOOLS" build -q -o "$TREE" "${tools[@]}"
	evil_library "$BATS_FILE_TMPDIR/evil.so"
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	ROOT=$BATS_TEST_TMPDIR/root
	mkdir -p "$ROOT/proc" "$ROOT/dev/crashcart" "$ROOT/tmp"
	mknod -m 666 "$ROOT/dev/null" c 1 3
}

# A library that ends whoever loads it.
evil_library() {
	echo '__attribute__((constructor)) void evil(void) { __builtin_trap(); }' |
		cc -shared -fPIC -nostdlib -Wl,-soname,libc.so.6 -x c -o "$1" -
}

# in_root COMMAND...: in ROOT, with TREE read-only at its place. PROC=none: what the root itself has is /proc. TRACE: put before chroot.
# shellcheck disable=SC2016 # the script's own variables
in_root() {
	unshare -m --propagation private bash -ec '
		mount --bind "$TREE" "$1/dev/crashcart"
		mount -o remount,bind,ro,nosuid,nodev "$1/dev/crashcart"
		[ "$PROC" = none ] || mount -t proc proc "$1/proc"
		exec $TRACE chroot "$1" /dev/crashcart/bin/busybox env -i PATH=/dev/crashcart/bin "${@:2}"
	' - "$ROOT" "$@"
}

# The same, under the host's strace: every path that is named inside, but for those in the tree and in /proc, goes to the file paths.
paths_in_root() {
	TRACE="strace -f -qq -s 300 -o $BATS_TEST_TMPDIR/trace -e trace=%file" in_root "$@"
	sed -n '/chroot(/,$p' trace | sed -e 1d -e /execve/d | grep -o '"[^"]*"' | tr -d '"' | grep -v -e '^/dev/crashcart/' -e '^/proc/' |
		sort -u >paths
}

runs_each_tool() {
	in_root busybox true
	in_root bash -c 'exit 0'
	in_root tcpdump --version
	in_root strace -V
	in_root lsof -v
	in_root curl --version
}

# fails STATUS TEXT COMMAND...: with one line on standard error that has TEXT in it, and nothing left here.
fails() {
	local status=0 before after
	before=$(ls -A)
	"${@:3}" >out 2>error || status=$?
	cat out error
	[ "$status" -eq "$1" ]
	[ "$(wc -l <error)" -eq 1 ]
	grep -q '^dbg-tools: ' error
	grep -qF -- "$2" error
	rm -f out error
	after=$(ls -A)
	[ "$before" = "$after" ]
}

@test "every tool runs in an empty root" {
	runs_each_tool
}

@test "every tool runs where there is no /proc" {
	export PROC=none
	in_root bash -c 'exit 0'
	in_root tcpdump --version
	in_root curl --version
}

@test "children of a tool run, with no variable set" {
	run in_root strace -f -e trace=execve bash -c 'ls /dev; :'
	[ "$status" -eq 0 ]
	[[ $output == *crashcart* && $output == *'execve("/dev/crashcart/bin/ls"'* ]]
	in_root busybox env -i /dev/crashcart/bin/bash -c '/dev/crashcart/bin/strace -f /dev/crashcart/bin/ls /'
	run in_root sh -c 'exit 7'
	[ "$status" -eq 7 ]
}

@test "strace traces a process, lsof lists one" {
	# shellcheck disable=SC2016 # the variables of the shell there
	run in_root sh -c 'sleep 1000 & slept=$!
		strace -p $slept 2>/tmp/said & traced=$! rounds=0
		until grep -q attached /tmp/said || [ $rounds = 300 ]; do sleep 0.1; rounds=$((rounds + 1)); done
		kill $traced; cat /tmp/said; lsof -p $slept; kill $slept'
	[[ $output == *attached* && $output == *'/dev/crashcart/bin/busybox'* ]]
}

@test "tcpdump captures where there is no passwd" {
	# Until it has seen one: nobody knows when it begins to look.
	while sleep 0.1; do echo x >/dev/udp/127.0.0.1/9 || true; done 3>&- &
	run in_root busybox timeout 60 tcpdump -n -i lo -c 1 udp port 9
	kill "$!"
	wait "$!" || true
	[ "$status" -eq 0 ]
	[[ $output == *'1 packet captured'* ]]
	run in_root tcpdump -i lo -c 1 -Z nobody
	[ "$status" -ne 0 ]
	[[ $output == *"find user 'nobody'"* ]]
}

@test "nothing is named outside of the tree but configuration" {
	for command in 'bash -c :' 'tcpdump --version' 'strace -V' 'lsof -v' 'curl --version'; do
		# shellcheck disable=SC2086 # words
		paths_in_root busybox env LC_ALL=de_DE.UTF-8 LANGUAGE=de $command >/dev/null 2>&1
		cat paths
		run grep -E '^/(usr/)?lib|^/etc/ld\.so|/gconv|/locale' paths
		# OpenSSL's configuration: its directory is opened in place of the file.
		[ -z "$output" ] || [ "$output" = /usr/lib/ssl/. ]
	done
}

# A library that ends whoever loads it, of no name that is known. The true ones are there.
hostile_preload() {
	mkdir -p "$ROOT/etc"
	echo '__attribute__((constructor)) void evil(void) { __builtin_trap(); }' | cc -shared -fPIC -nostdlib -x c -o "$ROOT/evil.so" -
	echo /evil.so >"$ROOT/etc/ld.so.preload"
	ldd /bin/bash | grep -o '/[^ ]*' | while read -r library; do
		mkdir -p "$ROOT${library%/*}"
		cp "$library" "$ROOT$library"
	done
}

# What a hostile container has in the places that a loader knows.
hostile_root() {
	local directory name
	for directory in lib lib64 usr/lib usr/lib64 "lib/$(uname -m)-linux-gnu" "usr/lib/$(uname -m)-linux-gnu"; do
		mkdir -p "$ROOT/$directory"
		for name in "$TREE"/lib/*.so*; do
			cp "$BATS_FILE_TMPDIR/evil.so" "$ROOT/$directory/${name##*/}"
		done
	done
	mkdir -p "$ROOT/etc" "$ROOT/bin"
	cp "$BATS_FILE_TMPDIR/evil.so" "$ROOT/evil.so"
	echo /evil.so >"$ROOT/etc/ld.so.preload"
	ldconfig -r "$ROOT" 2>/dev/null
	[ -s "$ROOT/etc/ld.so.cache" ]
}

# The same program as it is on the host, in that root with a true loader.
naive() {
	local loader
	loader=$(readelf -lW /bin/bash | sed -n 's/.*interpreter: \(.*\)]/\1/p')
	mkdir -p "$ROOT${loader%/*}" "$ROOT/bin"
	rm -f "$ROOT$loader"
	cp "$loader" "$ROOT$loader"
	cp /bin/bash "$ROOT/bin/bash"
	chroot "$ROOT" /bin/bash -c 'exit 0'
}

@test "a hostile preload file, cache and library directory are not read" {
	hostile_root
	status=0
	naive || status=$?
	[ "$status" -ge 127 ] # ended by the library, or by the loader, which finds that it is not the right one
	runs_each_tool
	paths_in_root bash -c 'ls /dev'
	run grep -E '^/(usr/)?lib|^/etc/ld\.so|^/evil' paths
	[ -z "$output" ]
}

@test "a hostile preload file alone ends a plain program, and none of ours" {
	hostile_preload
	status=0
	naive || status=$?
	[ "$status" -eq 132 ] # SIGILL, of its trap
	runs_each_tool
}

@test "a false /proc/self/exe does not lead to libraries of the container" {
	mkdir -p "$ROOT/proc/self" "$ROOT/evil/bin" "$ROOT/evil/lib"
	for name in "$TREE"/lib/*.so*; do
		cp "$BATS_FILE_TMPDIR/evil.so" "$ROOT/evil/lib/${name##*/}"
	done
	ln -s /evil/bin/bash "$ROOT/proc/self/exe"
	# Naive: a tree with $ORIGIN in its programs.
	cp -a "$TREE" origin
	# shellcheck disable=SC2016 # $ORIGIN is the loader's
	patchelf --force-rpath --set-rpath '$ORIGIN/../lib' origin/bin/bash
	export PROC=none
	status=0
	TREE=$PWD/origin in_root bash -c 'exit 0' || status=$?
	[ "$status" -ge 127 ]
	in_root bash -c 'exit 0'
	in_root curl --version
}

@test "plug-ins and name services of the container are not loaded" {
	local lib name
	lib=$ROOT/usr/lib/$(uname -m)-linux-gnu
	mkdir -p "$lib/sasl2" "$lib/gconv" "$ROOT/usr/lib/ssl" "$ROOT/etc" "$ROOT/lib"
	for name in libplain.so libanonymous.so libscram.so; do
		cp "$BATS_FILE_TMPDIR/evil.so" "$lib/sasl2/$name"
	done
	cp "$BATS_FILE_TMPDIR/evil.so" "$lib/libnss_evil.so.2"
	cp "$BATS_FILE_TMPDIR/evil.so" "$ROOT/lib/libnss_evil.so.2"
	cp "$BATS_FILE_TMPDIR/evil.so" "$ROOT/evil.so"
	printf '%s: evil\n' passwd group hosts >"$ROOT/etc/nsswitch.conf"
	printf '%s\n' 'openssl_conf = a' '[a]' 'providers = p' '[p]' 'evil = e' '[e]' 'module = /evil.so' 'activate = 1' \
		>"$ROOT/usr/lib/ssl/openssl.cnf"
	paths_in_root curl -s -k https://localhost:1/ || true
	run grep -E 'evil|\.so' paths
	[ -z "$output" ]
	run in_root curl -s -k https://127.0.0.1:1/
	[ "$status" -eq 7 ] # could not connect: it came so far
	in_root bash -c 'echo ~nobody'
}

@test "LD_LIBRARY_PATH of an image changes nothing" {
	mkdir "$ROOT/evil"
	for name in "$TREE"/lib/*.so*; do
		cp "$BATS_FILE_TMPDIR/evil.so" "$ROOT/evil/${name##*/}"
	done
	in_root busybox env LD_LIBRARY_PATH=/evil bash -c 'exit 0'
	in_root busybox env LD_LIBRARY_PATH=/evil curl --version
}

@test "a tree is root's, readable by all, without set-id bits and capabilities, whatever the umask" {
	cp /bin/bash mybash
	setcap cap_net_raw+ep mybash 2>/dev/null || true
	chown 1:1 mybash
	chmod 6700 mybash
	(umask 077 && "$DBG_TOOLS" build -q -o tree ./mybash)
	[ -z "$(find tree ! -user root -o ! -group root)" ]
	[ -z "$(find tree -type d ! -perm 0755)" ]
	[ -z "$(find tree -type f ! -perm 0755 ! -perm 0644)" ]
	[ "$(stat -c %a tree/bin/mybash)" = 755 ]
	[ "$(stat -c %a tree/manifest.json)" = 644 ]
	[ -z "$(getcap -r tree 2>/dev/null)" ]
}

@test "the same inputs give the same tree, in whatever order and place" {
	"$DBG_TOOLS" build -q -o a bash curl busybox strace
	mkdir other
	"$DBG_TOOLS" build -q -o other/b strace busybox bash bash curl
	diff -r --no-dereference a other/b
	grep -q '"architecture": "'"$(uname -m)"'"' a/manifest.json
	grep -q '"source": "/usr/bin/strace"' a/manifest.json
	run grep -F "$BATS_TEST_TMPDIR" a/manifest.json
	[ -z "$output" ]
}

@test "applets never shadow a tool, and sh is busybox or bash" {
	[ "$(readlink "$TREE/bin/sh")" = busybox ]
	[ "$(readlink "$TREE/bin/ls")" = busybox ]
	"$DBG_TOOLS" build -q -o a busybox ls
	"$DBG_TOOLS" build -q -o b ls busybox
	[ ! -L a/bin/ls ]
	[ ! -L b/bin/ls ]
	cmp a/bin/ls b/bin/ls
	"$DBG_TOOLS" build -q -o c bash
	[ "$(readlink c/bin/sh)" = bash ]
	"$DBG_TOOLS" build -q -o d bash sh
	[ ! -L d/bin/sh ]
}

@test "a tool has the name that was asked for, and the content behind its links" {
	ln -s /bin/bash shell
	"$DBG_TOOLS" build -q -o a "$PWD/shell"
	[ -f a/bin/shell ]
	[ ! -L a/bin/shell ]
	cp "$TREE/bin/busybox" a/bin/
	TREE=$PWD/a run in_root shell -c 'echo yes'
	[ "$output" = yes ]
}

@test "a static program is copied as it is" {
	cmp "$(command -v busybox)" "$TREE/bin/busybox"
	"$DBG_TOOLS" build -q -o a busybox
	[ -z "$(ls a/lib)" ]
	grep -q '"loader": null' a/manifest.json
}

# A program that needs libodd.so, with the library as FLAGS of the linker would have it.
program() { # NAME DIRECTORY FLAGS...
	mkdir -p "$2"
	echo 'int odd(void) { return 3; }' | cc -shared -fPIC -x c -Wl,-soname,libodd.so.1 -o "$2/libodd.so.1" -
	echo 'int odd(void); int main(void) { return odd(); }' | cc -x c -o "$1" - -x none "$2/libodd.so.1" "${@:3}"
}

@test "RPATH and RUNPATH with \$ORIGIN are followed" {
	# shellcheck disable=SC2016 # $ORIGIN is the loader's
	program one private -Wl,--enable-new-dtags,-rpath,'$ORIGIN/private'
	# shellcheck disable=SC2016
	program two private -Wl,--disable-new-dtags,-rpath,'${ORIGIN}/private'
	"$DBG_TOOLS" build -q -o a ./one
	"$DBG_TOOLS" build -q -o b ./two busybox
	cmp a/lib/libodd.so.1 b/lib/libodd.so.1
	TREE=$PWD/b run in_root two
	[ "$status" -eq 3 ]
}

@test "two different libraries of one name are refused" {
	program one a "-Wl,-rpath,$PWD/a"
	program two b "-Wl,-rpath,$PWD/b"
	fails 1 'two different files are libodd.so.1' "$DBG_TOOLS" build -o tree ./one ./two
	fails 1 'two different files are bash' "$DBG_TOOLS" build -o tree bash "$(mkdir -p c && cp /bin/bash c && echo c/bash)"
}

@test "a library that is not found is named, with who needs it" {
	program one a
	fails 1 "./one: library libodd.so.1, needed by $PWD/one, is not found" "$DBG_TOOLS" build -o tree ./one
}

@test "a library that is needed by a path is refused" {
	program one a
	patchelf --replace-needed libodd.so.1 ../a/libodd.so.1 one
	fails 1 "by a path" "$DBG_TOOLS" build -o tree ./one
}

@test "what cannot be packed is named" {
	fails 1 'nosuchtool: not found on PATH: install it or give its path' "$DBG_TOOLS" build -o tree nosuchtool
	fails 1 './missing: open ' "$DBG_TOOLS" build -o tree ./missing
	echo text >text
	fails 1 './text: neither an ELF program nor a script that names its interpreter' "$DBG_TOOLS" build -o tree ./text
	fails 1 './root: not a regular file' "$DBG_TOOLS" build -o tree ./root
	mkfifo fifo
	fails 1 './fifo: not a regular file' "$DBG_TOOLS" build -o tree ./fifo
	dd if=/bin/bash of=cut bs=3000 count=1 status=none
	fails 1 './cut: broken ELF file' "$DBG_TOOLS" build -o tree ./cut
	cp /bin/bash other
	printf '\xf3\x00' | dd of=other bs=1 seek=18 conv=notrunc status=none
	fails 1 './other: wrong architecture' "$DBG_TOOLS" build -o tree ./other
	fails 1 'a shared library, not a program' "$DBG_TOOLS" build -o tree "$TREE/lib/libz.so.1"
	fails 1 'not the name of a program' "$DBG_TOOLS" build -o tree ..
}

@test "a missing patchelf is named, with its package" {
	fails 1 'patchelf is not found on PATH: install the package patchelf' \
		env PATH=/nonexistent "$(realpath "$DBG_TOOLS")" build -o tree bash
}

@test "a patchelf that fails, or does nothing, is noticed" {
	mkdir bin
	printf '#!/bin/sh\necho "cannot do it" >&2; exit 3\n' >bin/patchelf
	chmod 755 bin/patchelf
	fails 1 'patchelf failed with status 3: cannot do it' env "PATH=$PWD/bin:$PATH" "$(realpath "$DBG_TOOLS")" build -o tree bash
	printf '#!/bin/sh\n' >bin/patchelf
	fails 1 'patchelf left' env "PATH=$PWD/bin:$PATH" "$(realpath "$DBG_TOOLS")" build -o tree bash
}

@test "what is left of patchelf does not write to what it has made" {
	chmod o+x "$BATS_RUN_TMPDIR" "$BATS_FILE_TMPDIR" "${BATS_TEST_TMPDIR%/*}" "$BATS_TEST_TMPDIR"
	mkdir bin
	mkdir -m 777 shared
	cat >bin/patchelf <<-END
		#!/bin/sh
		$(command -v patchelf) "\$@" || exit
		case \$1 in --set-interpreter | --force-rpath) ;; *) exit 0 ;; esac # the last run for a file
		mkdir $PWD/shared/once 2>/dev/null || exit 0
		exec 9<>/proc/self/fd/3
		(exec >/dev/null 2>&1; while sleep 0.01; do echo x >&9 || touch $PWD/shared/kept; [ ! -e $PWD/shared/stop ] || exit; done) &
	END
	chmod 755 bin/patchelf
	status=0
	PATH=$PWD/bin:$PATH "$(realpath "$DBG_TOOLS")" build -q -o tree bash || status=$?
	for _ in $(seq 600); do
		[ ! -e shared/kept ] || break
		sleep 0.05
	done
	touch shared/stop
	[ -e shared/kept ]
}

# It reads and writes beyond its memory where section headers lie.
@test "what patchelf could be made to do, it does as nobody" {
	chmod o+x "$BATS_RUN_TMPDIR" "$BATS_FILE_TMPDIR" "${BATS_TEST_TMPDIR%/*}" "$BATS_TEST_TMPDIR"
	mkdir bin
	mkdir -m 777 shared
	echo secret >secret
	chmod 600 secret
	cat >bin/patchelf <<-END
		#!/bin/sh
		{
			id -u; id -g; id -G
			sed -n 's/^CapPrm:\t//p; s/^CapEff:\t//p; s/^NoNewPrivs:\t//p' /proc/self/status
			grep -c : /proc/net/dev
			cat /proc/self/oom_score_adj
			cat $PWD/secret
			echo x >>$PWD/secret
			for fd in /proc/self/fd/*; do echo "\${fd##*/}"; done
			env
		} >$PWD/shared/report 2>/dev/null
		exec $(command -v patchelf) "\$@"
	END
	chmod 755 bin bin/patchelf
	PATH=$PWD/bin:$PATH SECRET=secret "$(realpath "$DBG_TOOLS")" build -q -o tree bash 7</etc/passwd
	cat shared/report
	[ "$(head -n 6 shared/report)" = $'65534\n65534\n65534\n0000000000000000\n0000000000000000\n1' ]
	[ "$(sed -n 7p shared/report)" = 1 ] # lo
	[ "$(sed -n 8p shared/report)" = 1000 ]
	! grep -qi secret shared/report || false
	[ "$(cat secret)" = secret ]
	grep -qx 3 shared/report
	! grep -qx 7 shared/report || false
}

@test "an output that is something else is refused" {
	mkdir full
	touch full/file
	fails 1 'full: not empty, and not a tree' "$DBG_TOOLS" build -o full bash
	fails 1 'full: not empty, and not a tree' "$DBG_TOOLS" build --force -o full bash
	[ -f full/file ]
	touch file
	fails 1 'file: the output has to be a directory' "$DBG_TOOLS" build -o file bash
	ln -s nowhere link
	fails 1 'link: the output has to be a directory' "$DBG_TOOLS" build -o link bash
	fails 1 'no/tree: open the directory above it: No such file' "$DBG_TOOLS" build -o no/tree bash
	fails 1 'not a name that a tree can have' "$DBG_TOOLS" build -o . bash
}

@test "an empty directory is taken" {
	mkdir empty
	"$DBG_TOOLS" build -q -o empty/ busybox
	[ -x empty/bin/busybox ]
	[ "$(ls)" = "$(printf 'empty\nroot')" ]
}

@test "--force replaces a tree, and only when the new one is whole" {
	"$DBG_TOOLS" build -q -o tree busybox
	fails 1 'tree: a tree is there already: --force replaces it' "$DBG_TOOLS" build -o tree bash
	fails 1 'not found on PATH' "$DBG_TOOLS" build --force -o tree nosuchtool
	[ -x tree/bin/busybox ]
	"$DBG_TOOLS" build -q --force -o tree bash
	[ -x tree/bin/bash ]
	[ ! -e tree/bin/busybox ]
	[ "$(ls)" = "$(printf 'root\ntree')" ]
}

@test "--force follows no link out of the old tree" {
	"$DBG_TOOLS" build -q -o tree busybox
	mkdir outside
	touch outside/file
	ln -s ../outside tree/way
	ln -s ../../outside tree/bin/way
	"$DBG_TOOLS" build -q --force -o tree busybox
	[ -f outside/file ]
}

@test "a full disk and a read-only one leave nothing" {
	mkdir small
	# shellcheck disable=SC2016 # the script's own variables
	run unshare -m --propagation private bash -c '
		mount -t tmpfs -o size=1m tmpfs small
		"$DBG_TOOLS" build -o small/tree bash
		echo "status $? left $(ls -A small)"
		mount -o remount,ro small
		"$DBG_TOOLS" build -o small/tree bash
		echo "status $? left $(ls -A small)"'
	[[ $output == *'No space left on device'* ]]
	[[ $output == *'small/tree: make a temporary directory beside it: Read-only file system'* ]]
	[ "$(grep -cx 'status 1 left ' <<<"$output")" -eq 2 ]
}

@test "files may not grow (ulimit -f): a build says so, and leaves nothing" {
	mkdir small
	# shellcheck disable=SC2016 # the script's own variable
	run bash -c 'ulimit -f 10; exec "$DBG_TOOLS" build -o small/tree bash'
	[ "$status" -eq 1 ]
	[[ $output == *'File too large'* ]]
	[ -z "$(ls -A small)" ]
}

@test "an interrupted build leaves nothing, and ends by its signal" {
	# It is nobody.
	chmod o+x "$BATS_RUN_TMPDIR" "$BATS_FILE_TMPDIR" "${BATS_TEST_TMPDIR%/*}" "$BATS_TEST_TMPDIR"
	mkdir bin
	mkdir -m 777 shared
	printf '#!/bin/sh\ntouch %q/shared/started\nexec sleep 60\n' "$PWD" >bin/patchelf
	chmod 755 bin/patchelf
	for signal in INT TERM HUP; do
		rm -f shared/started
		# In the background a shell has interrupts ignored: env puts them back.
		env --default-signal "PATH=$PWD/bin:$PATH" "$DBG_TOOLS" build -q -o tree bash 3>&- &
		pid=$!
		for _ in $(seq 600); do
			[ ! -e shared/started ] || break
			sleep 0.05
		done
		[ -n "$(ls -d tree.partial.*)" ]
		kill -s "$signal" $pid
		status=0
		wait $pid || status=$?
		[ "$status" -eq $((128 + $(kill -l "$signal"))) ]
		[ "$(ls)" = "$(printf 'bin\nroot\nshared')" ]
	done
}

@test "wrong usage is 2" {
	for arguments in '' 'build' 'nosuchverb' '--nosuchoption' 'build -o' 'build --json bash' 'build --output= bash'; do
		# shellcheck disable=SC2086 # words
		run "$DBG_TOOLS" $arguments
		[ "$status" -eq 2 ]
		[[ $output == *'dbg-tools --help'* ]]
	done
}

@test "help and version" {
	run "$DBG_TOOLS" --help
	[ "$status" -eq 0 ]
	[[ $output == *'usage: dbg-tools'* ]]
	run "$DBG_TOOLS" -V
	[ "$status" -eq 0 ]
	[[ $output == 'dbg-tools (oci-crashcart) '* ]]
	# shellcheck disable=SC2016 # the script's own variable
	run bash -c '"$DBG_TOOLS" --help >/dev/full'
	[ "$status" -eq 1 ]
}

@test "-v names what is packed, -q nothing" {
	run "$DBG_TOOLS" build -v -o a bash
	[[ $output == *'lib/libc.so.6: '* && $output == *'bin/bash: /usr/bin/bash'* ]]
	run "$DBG_TOOLS" build -q -o b bash
	[ -z "$output" ]
}
