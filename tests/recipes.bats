#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# The project's own recipes: what a container has for its shells, debuggers and interpreters is not run by those of a tree.
# Each time the naive way is shown first: the same recipes without the lines that keep it out.
# shellcheck disable=SC2016 # what is quoted is for others
# Needs root (chroot, mounts), a C compiler with static libraries, patchelf, and the tools that are packed.

tools=(busybox bash gdb gdbserver python3 less jq curl nano perl procps vim)

setup_file() {
	export DBG_TOOLS=${DBG_TOOLS:-$BATS_TEST_DIRNAME/../dbg-tools}
	export PATH=/usr/sbin:/usr/bin:/sbin:/bin RECIPES=$BATS_TEST_DIRNAME/../conf/tools.d
	naive_recipes "$BATS_FILE_TMPDIR/naive.d"
	OCI_CRASHCART_RECIPES=$RECIPES "$DBG_TOOLS" build -q -o "$BATS_FILE_TMPDIR/tree" "${tools[@]}"
	OCI_CRASHCART_RECIPES=$BATS_FILE_TMPDIR/naive.d "$DBG_TOOLS" build -q -o "$BATS_FILE_TMPDIR/naive" "${tools[@]}"
	echo 'int puts(const char *); int main(void) { return puts("TRAP") < 0; }' | cc -static -x c -o "$BATS_FILE_TMPDIR/trap" -
}

# Programs and data alone. Python and gdb find theirs by argv[0] still.
naive_recipes() { # DIRECTORY
	local file
	cp -r "$RECIPES" "$1"
	for file in "$1"/*.conf; do
		sed -i -E -e '/^(argument|environment|blank|replace) /d' -e '/python\.zip/d' -e '/pyvenv/d' -e '/^needs/s/ iconv//' "$file"
		case $file in
		*/gdb.conf | */python3.conf | */perl.conf) echo 'launcher = yes' >>"$file" ;;
		esac
	done
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	ROOT=$BATS_TEST_TMPDIR/root
	mkdir -p "$ROOT/proc" "$ROOT/dev/crashcart" "$ROOT/bin" "$ROOT/etc" "$ROOT/tmp"
	mknod -m 666 "$ROOT/dev/null" c 1 3
}

# in_root TREE COMMAND...: as dbg-inject would run it, in ROOT, where nothing else is.
in_root() {
	TREE=$BATS_FILE_TMPDIR/$1 unshare -m -p -f --kill-child --propagation private bash -ec '
		mount --bind "$TREE" "$1/dev/crashcart"
		mount -o remount,bind,ro,nosuid,nodev "$1/dev/crashcart"
		mount -t proc proc "$1/proc"
		exec env -i PATH=/dev/crashcart/bin:/bin HOME=/ TERM=xterm "$(command -v chroot)" "$1" "${@:2}"
	' - "$ROOT" "${@:2}" </dev/null
}

# only_naive COMMAND...: says TRAP in the naive tree, and in ours ends well and does not.
only_naive() {
	run in_root naive "$@"
	echo "naive: $status: $output"
	[[ $output == *TRAP* ]]
	run in_root tree "$@"
	echo "ours: $status: $output"
	[ "$status" -eq 0 ]
	[[ $output != *TRAP* ]]
}

# trap_in FILE... : standard input goes into each of these in ROOT.
trap_in() {
	local file text
	text=$(cat)
	for file; do
		mkdir -p "$ROOT/$(dirname "$file")"
		printf '%s\n' "$text" >"$ROOT/$file"
	done
}

# program NAME: one of the container's that says TRAP.
program() {
	mkdir -p "$ROOT/$(dirname "$1")"
	cp "$BATS_FILE_TMPDIR/trap" "$ROOT/$1"
}

@test "every tool that is packed here passes its own tests" {
	"$DBG_TOOLS" verify "$BATS_FILE_TMPDIR/tree"
}

@test "bash reads no start-up file, whatever it is started as" {
	echo 'echo TRAP' | trap_in etc/bash.bashrc etc/profile .bashrc .bash_profile .bash_login .profile
	only_naive bash -ic 'echo done'
	only_naive bash -lc 'echo done'
	only_naive bash -lic 'echo done'
	# As gdb starts it, without the launcher.
	run in_root tree /dev/crashcart/lib/wrapped/bash -ic 'echo done'
	[[ $status -eq 0 && $output != *TRAP* ]]
}

@test "a login shell leaves nothing, and runs nothing as it ends" {
	echo 'echo TRAP' | trap_in .bash_logout etc/bash.bash_logout
	only_naive bash -lc 'exit 0'
	in_root tree bash -ic 'history -s x; echo $HISTFILE; :'
	[ -z "$(find "$ROOT" -name '.*history')" ]
}

@test "a prompt has the name, and nothing that is in it is run" {
	run in_root tree busybox env 'CRASHCART_CONTAINER=a$(echo TRAP)`echo TRAP`\u' bash -ic 'printf %s "${PS1@P}"'
	[[ $output == *'[dbg a'* ]]
	[[ $output != *'dbg aTRAP'* ]]
	run in_root tree busybox env CRASHCART_CONTAINER=web-1.x bash -ic 'printf %s "${PS1@P}"'
	[[ $output == *'[dbg web-1.x] / # ' ]]
}

@test "busybox runs what is on PATH, and nothing that a false /proc leads to" {
	program proc/self/exe
	rm -rf "$ROOT/proc/self"
	cp -r "$BATS_FILE_TMPDIR/tree" own
	run in_root tree busybox env ps --version
	[[ $output == *procps* ]]
	run in_root naive busybox env ps --version
	[[ $output != *procps* ]]
}

@test "sh is the shell that runs real tools" {
	run in_root tree sh -c 'ps --version'
	[[ $status -eq 0 && $output == *procps* ]]
	run in_root tree busybox sh -c 'ps --version'
	[[ $output != *procps* ]]
}

@test "gdb reads no file of commands, and runs no program of the container's" {
	echo 'echo TRAP' | trap_in etc/gdb/gdbinit etc/gdbinit .gdbinit .config/gdb/gdbinit
	only_naive gdb -batch -ex 'echo done'
	rm -rf "$ROOT"/etc/gdb* "$ROOT"/.gdbinit "$ROOT"/.config
	program bin/iconv
	run in_root tree gdb -batch -ex 'show charset'
	[[ $status -eq 0 && $output == *UTF-8* ]]
}

@test "gdb loads no script that lies beside a program, and shows what the program has" {
	mkdir -p "$ROOT/app"
	echo 'char word[] = "content"; int main(void) { return word[0] != 99; }' | cc -g -static -x c -o "$ROOT/app/app" -
	echo 'print("TRAP")' | trap_in app/app-gdb.py
	echo 'echo TRAP' | trap_in app/app-gdb.gdb app/.gdbinit
	printf '%s\n' 'set auto-load safe-path /' 'echo TRAP' | trap_in .gdbinit
	only_naive gdb -batch -ex 'break main' -ex run -ex 'print word' /app/app
	[[ $output == *'= "content"'* ]]
}

@test "gdb starts programs, and itself a shell, where there is none" {
	echo 'int main(int argc, char **argv) { return argc; }' | cc -static -x c -o "$ROOT/app" -
	run in_root tree gdb -batch -ex 'run a "b c" d' -ex 'print $_exitcode' -ex 'shell echo from $0' /app
	[[ $output == *'$1 = 4'* && $output == *'from '*bash* ]]
	run in_root tree gdb -batch -ex 'target extended-remote | gdbserver --multi -' -ex 'set remote exec-file /app' -ex 'run a b' \
		-ex 'print $_exitcode' /app
	[[ $output == *'$1 = 3'* ]]
	program bin/sh
	run in_root tree gdb -batch -ex run -ex 'shell true' /app
	[[ $output != *TRAP* ]]
}

@test "Python takes no library, module or path file of the container's" {
	local version
	version=$(basename "$(find "$BATS_FILE_TMPDIR/tree/lib" -maxdepth 1 -name 'python3.*[0-9]')")
	echo 'print("TRAP")' | trap_in json.py
	only_naive python3 -c 'import json; print("done")'
	rm "$ROOT/json.py"
	echo 'import sys; print("TRAP")' | trap_in ".local/lib/$version/site-packages/trap.pth"
	only_naive python3 -c 'print("done")'
	only_naive gdb -batch -ex 'python print("done")'
	rm -r "$ROOT/.local"
}

@test "Python is not led to a library in /dev by what it looks for first" {
	local version
	version=$(basename "$(find "$BATS_FILE_TMPDIR/tree/lib" -maxdepth 1 -name 'python3.*[0-9]')")
	[ "${version#python3.}" -ge 11 ] || skip "$version does not look there"
	mkdir -p "$ROOT/dev/lib"
	cp -r "$BATS_FILE_TMPDIR/tree/lib/$version" "$ROOT/dev/lib/"
	echo 'print("TRAP")' >>"$ROOT/dev/lib/$version/json/__init__.py"
	touch "$ROOT/dev/lib/${version/./}.zip"
	only_naive python3 -c 'import json'
	only_naive gdb -batch -ex 'python import json'
}

@test "Perl takes no module of the container's" {
	local directory
	echo 'print "TRAP"; 1;' | trap_in Trap.pm
	for directory in $(in_root naive perl -e 'print "@INC"'); do
		[[ $directory == /dev/crashcart* ]] || break
	done
	[[ $directory != /dev/crashcart* ]]
	mkdir -p "$ROOT/$directory"
	mv "$ROOT/Trap.pm" "$ROOT/$directory/"
	only_naive perl -e 'eval { require Trap }; print "done\n"'
	in_root tree perl -e 'for (@INC) { exit 1 unless /^\0/ or m{^/+dev/crashcart/} }'
}

@test "jq, curl and less take nothing from the home directory" {
	echo 'def map(f): "TRAP";' | trap_in .jq
	only_naive jq -n '[1] | map(. + 1)'
	echo 'write-out = TRAP' | trap_in .curlrc
	only_naive curl -s file:///dev/crashcart/etc/bashrc
	printf '#env\nLESS=-PTRAP\n' | trap_in .lesskey
	run in_root tree less /dev/crashcart/etc/bashrc
	[ "$status" -eq 0 ]
	[ ! -e "$ROOT/.lesshst" ]
}

@test "vim runs nothing of the home directory, or of the file that it edits, and leaves nothing" {
	echo 'call writefile(["TRAP"], "/proc/self/fd/2", "a")' | trap_in .vimrc .vim/vimrc .vim/plugin/trap.vim etc/vim/vimrc
	echo 'plain' | trap_in text
	echo ' vim: set tabstop=3 :' >>"$ROOT/text"
	only_naive vim -N -s /dev/null -c 'wq' text
	find "$ROOT" -name '.viminfo' -delete
	run in_root tree vim -c 'call writefile([&tabstop, &syntax], "/tmp/out")' -c 'set syntax=c' -c 'w' -c 'qa!' text
	[ "$(head -n 1 "$ROOT/tmp/out")" = 8 ]
	[ "$(find "$ROOT" -name '.viminfo' -o -name '*.swp' -o -name '*~')" = "" ]
}

@test "top leaves no directory" {
	in_root naive top -b -n 1
	[ -e "$ROOT/.config" ]
	rm -r "$ROOT/.config"
	in_root tree top -b -n 1
	[ ! -e "$ROOT/.config" ]
}

@test "the host's authorities are what curl, openssl and Python believe" {
	[ -s "$BATS_FILE_TMPDIR/tree/etc/ca" ]
	run in_root tree python3 -c 'import ssl; print(len(ssl.create_default_context().get_ca_certs()) > 10)'
	[ "$output" = True ]
	run in_root naive python3 -c 'import ssl; print(len(ssl.create_default_context().get_ca_certs()) > 10)'
	[ "$output" = False ]
}
