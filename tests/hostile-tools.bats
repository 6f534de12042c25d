#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# dbg-tools build on what is hostile or broken: nothing from outside a root gets into a tree, nothing crashes or hangs, what is wrong
# is named in one line, and nothing is left behind.
# shellcheck disable=SC2030,SC2031,SC2016 # each test is a process of its own; variables of loaders and of inner scripts
# Needs root (devices, mounts), a C compiler, patchelf and setpriv.

# What lies outside of the root, and must not come into a tree.
canary=a-canary-that-sings-outside

setup_file() {
	export DBG_TOOLS=${DBG_TOOLS:-$BATS_TEST_DIRNAME/../dbg-tools}
	export PATH=/usr/sbin:/usr/bin:/sbin:/bin
	cd "$BATS_FILE_TMPDIR" || return
	make_parts
}

# A program that needs one small library and no C library, so that a build takes no time; and both again as canaries.
make_parts() {
	echo "const char tiny[] = \"tiny\";" | compile libtiny.so -shared -Wl,-soname,libtiny.so
	echo "const char tiny[] = \"$canary\";" | compile libcanary.so -shared -Wl,-soname,libtiny.so
	echo 'extern char tiny[]; void _start(void) { if (tiny[0]) __builtin_trap(); }' | compile prog -x none ./libtiny.so
	echo "const char *song = \"$canary\"; void _start(void) { if (song) __builtin_trap(); }" | compile progcanary -static
	echo 'void _start(void) { __builtin_trap(); }' | compile static -static
	patchelf --print-interpreter prog >loader
}

compile() { # OUTPUT ARGUMENT...
	cc -nostdlib -fPIC -fno-stack-protector -Wl,--build-id=none -Wl,-z,noseparate-code -o "$1" -x c - "${@:2}"
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	PARTS=$BATS_FILE_TMPDIR
	LOADER=$(cat "$PARTS/loader")
	export TMPDIR=$PWD/temporary OCI_CRASHCART_RECIPES=$PWD/recipes
	mkdir temporary recipes outside
	echo "$canary" >outside/secret
	cp "$PARTS/progcanary" outside/prog
	cp "$PARTS/libcanary.so" outside/libtiny.so
	make_root
}

# root: a file system with prog, its library and its loader.
make_root() {
	rm -rf root
	mkdir -p root/usr/bin root/usr/lib root/etc "root${LOADER%/*}"
	cp "$PARTS/prog" "$PARTS/static" root/usr/bin/
	cp "$PARTS/libtiny.so" root/usr/lib/
	cp "$LOADER" "root$LOADER"
}

# A patchelf that has something else done at its first call. What: ACTION, a file; done by us, since patchelf is nobody there.
hook_patchelf() {
	local meeting # one of its own: who acted last time may still wait for a patchelf that was killed
	chmod o+x "$BATS_RUN_TMPDIR" "$BATS_FILE_TMPDIR" "${BATS_TEST_TMPDIR%/*}" "$BATS_TEST_TMPDIR"
	rm -rf bin
	mkdir bin
	meeting=$(mktemp -d "$PWD/meeting.XXXXXX")
	mkfifo -m 666 "$meeting/called" "$meeting/done"
	cat >"$meeting/action"
	printf '#!/bin/sh\nif cd %q && [ -p called ]; then echo $PPID >called; read -r _ <done; fi\nexec /usr/bin/patchelf "$@"\n' "$meeting" >bin/patchelf
	chmod 755 bin bin/patchelf "$meeting"
	export HOOK=$PWD PATH=$PWD/bin:$PATH
	act "$meeting" 3>&- &
}

# shellcheck disable=SC1091,SC2034 # the action is none of ours, and PARENT is for it
act() { # MEETING
	read -r PARENT <"$1/called"
	mv "$1/action" "$1/acted"
	. "$1/acted"
	rm "$1/called"
	timeout 20 bash -c 'echo >"$0"' "$1/done"
}

assert_acted() {
	[ "$(find meeting.* -name action | wc -l)" -eq 0 ]
}

# ---- what a build may do ----

# attempt ARGUMENT...: STATUS, and what it said in the file error. One that hangs is 124 or 137.
attempt() {
	STATUS=0
	rm -rf tree
	timeout -k 2 30 "$DBG_TOOLS" build -q -o tree "$@" >out 2>error || STATUS=$?
}

# show: what it came to, where that was wrong.
show() {
	echo "$1; status $STATUS:"
	cat out error
	ls -A . temporary
	return 1
}

# These are called some thousand times: what the shell can look at itself takes no program.
assert_nothing_left() {
	[ ! -e tree ] || show "a tree is left" || return
	[ -z "$(compgen -G 'tree*')" ] || show "a part of a tree is left" || return
	[ -z "$(shopt -s nullglob dotglob && echo temporary/*)" ] || show "a temporary file is left"
}

assert_one_line() {
	local line
	[ "$STATUS" -eq 1 ] || show "it was to fail with status 1" || return
	mapfile -t line <error
	[ "${#line[@]}" -eq 1 ] || show "it was to say one line" || return
	[ ! -s out ] || show "it was to say nothing else" || return
	[[ ${line[0]} = 'dbg-tools: '* ]] || show "its name was to be in front" || return
	! LC_ALL=C grep -q '[^ -~]' error || show "a line with control characters"
}

assert_no_canary() {
	! grep -rqF "$canary" tree || show "the canary is in the tree"
}

# refused TEXT ARGUMENT...: one line that has TEXT in it.
refused() {
	attempt "${@:2}"
	assert_one_line && assert_nothing_left || return
	grep -qF -- "$1" error || show "it was to name $1"
}

# packed ARGUMENT...: the tree is there, and nothing from outside in it.
packed() {
	attempt "$@"
	[ "$STATUS" -eq 0 ] || show "it was to be packed" || return
	[ ! -s error ] || show "it was to say nothing" || return
	[ -f tree/manifest.json ] || show "there is no manifest" || return
	assert_no_canary || return
	[ -z "$(find . -maxdepth 1 -name 'tree?*')$(ls -A temporary)" ] || show "something is left"
}

# harmless TEXT ARGUMENT...: either of both. TEXT may be several, a line each.
harmless() {
	attempt "${@:2}"
	if [ "$STATUS" -eq 0 ]; then
		assert_no_canary
	else
		assert_one_line && assert_nothing_left || return
		grep -qF -- "$1" error || show "it was to name $1"
	fi
}

# leads_out PATH: without a root in between, PATH leads to the canary.
leads_out() {
	grep -qF "$canary" "$1" || show "$1 was to lead out"
}

@test "the parts are packed" {
	packed --from-root root prog static
	[ -f tree/lib/libtiny.so ]
	packed "$PARTS/static"
	refused 'libtiny.so' "$PARTS/prog"
}

# ---- links ----

@test "a program that is a link out of the root" {
	ln -s "$PWD/outside/prog" root/usr/bin/absolute
	ln -s ../../../outside/prog root/usr/bin/relative
	ln -s ../../../../../../../../../../../../../../../../../"$PWD"/outside/prog root/usr/bin/far
	for name in absolute relative far; do
		leads_out "root/usr/bin/$name"
		refused "$name" --from-root root "$name"
		refused "$name" --from-root root "/usr/bin/$name"
	done
	refused prog --from-root root "$PWD/outside/prog"
	refused prog --from-root root /../outside/prog
	refused prog --from-root root /usr/bin/../../../outside/prog
}

@test "a program that is a link within the root is packed, however it is written" {
	ln -s /usr/bin/static root/usr/bin/absolute
	ln -s ../../../../../../usr/bin/static root/usr/bin/above
	packed --from-root root absolute above
	cmp tree/bin/absolute "$PARTS/static"
	cmp tree/bin/above "$PARTS/static"
}

@test "a directory on the way that is a link out of the root" {
	mkdir -p outside/bin
	cp "$PARTS/progcanary" outside/bin/song
	rm -rf root/usr/local root/sbin
	ln -s "$PWD/outside" root/usr/local
	ln -s ../outside/bin root/sbin
	leads_out root/usr/local/bin/song
	leads_out root/sbin/song
	refused song --from-root root song
	refused song --from-root root /sbin/song
}

@test "a link through /proc out of the root" {
	mkdir root/proc
	ln -s /proc/self/root"$PWD"/outside/prog root/usr/bin/root
	ln -s /proc/self/cwd/outside/prog root/usr/bin/cwd
	ln -s "/proc/$$/cwd/outside/prog" root/usr/bin/pid
	ln -s /proc/thread-self/root"$PWD"/outside/prog root/usr/bin/thread
	mount -t proc proc root/proc
	for name in root cwd pid thread; do
		harmless "$name" --from-root root "$name" || break
		[ "$STATUS" -eq 1 ] || break
	done
	umount root/proc
	[ "$STATUS" -eq 1 ]
}

@test "a library that is a link out of the root" {
	for target in "$PWD/outside/libtiny.so" ../../../outside/libtiny.so; do
		rm root/usr/lib/libtiny.so
		ln -s "$target" root/usr/lib/libtiny.so
		leads_out root/usr/lib/libtiny.so
		refused libtiny.so --from-root root prog
	done
}

@test "a library directory that is a link out of the root" {
	for target in "$PWD/outside" ../../outside; do
		rm -rf root/usr/lib
		ln -s "$target" root/usr/lib
		leads_out root/usr/lib/libtiny.so
		refused libtiny.so --from-root root prog
	done
}

@test "a loader that is a link out of the root" {
	local name=${LOADER##*/}
	cp "$LOADER" "outside/$name"
	echo "$canary" >>"outside/$name"
	for target in "$PWD/outside/$name" "../../../../../../../../../../../../../..$PWD/outside/$name"; do
		rm -f "root$LOADER"
		ln -s "$target" "root$LOADER"
		leads_out "root$LOADER"
		refused "$name" --from-root root prog
	done
}

@test "an interpreter of a script that is outside of the root" {
	printf '#!%s/outside/prog\n' "$PWD" >root/usr/bin/absolute
	printf '#!/usr/bin/link\n' >root/usr/bin/linked
	printf '#!../outside/prog\n' >root/usr/bin/relative
	printf '#!/../outside/prog\n' >root/usr/bin/above
	printf '#!/usr/bin/env prog2\n' >root/usr/bin/by-env
	chmod 755 root/usr/bin/*
	ln -s ../../../outside/prog root/usr/bin/link
	ln -s ../../../outside/prog root/usr/bin/prog2
	for name in absolute linked relative above; do
		refused "$name" --from-root root "$name"
	done
	refused prog2 --from-root root by-env
}

@test "a configuration of the loader that leads out of the root" {
	rm root/usr/lib/libtiny.so
	mkdir outside/conf
	echo "$PWD/outside" >outside/conf/a.conf
	printf '%s\n' "$PWD/outside" /../outside /../../../outside "include $PWD/outside/conf/*.conf" 'include ../../outside/conf/*.conf' \
		'include /../outside/conf/*' '../outside' >root/etc/ld.so.conf
	refused libtiny.so --from-root root prog
	rm root/etc/ld.so.conf
	ln -s "$PWD/outside/conf/a.conf" root/etc/ld.so.conf
	refused libtiny.so --from-root root prog
	# The same names inside count.
	mkdir -p "root$PWD/outside/conf"
	cp "$PARTS/libtiny.so" "root$PWD/outside/"
	echo "$PWD/outside" >"root$PWD/outside/conf/a.conf"
	packed --from-root root prog
}

@test "a configuration of the loader that is no text, endless, or no file" {
	local conf=root/etc/ld.so.conf
	rm -f $conf && mkfifo $conf
	harmless ld.so.conf --from-root root prog
	rm -f $conf && mkdir $conf
	harmless ld.so.conf --from-root root prog
	rmdir $conf && mknod $conf c 1 5
	harmless ld.so.conf --from-root root prog
	rm -f $conf && ln -s ld.so.conf $conf
	harmless ld.so.conf --from-root root prog
	rm -f $conf && echo 'include /etc/ld.so.conf' >$conf
	harmless ld.so.conf --from-root root prog
	printf 'include /etc/*\ninclude /etc/*\ninclude /etc/*\n' >$conf
	for name in a b c d e f g h i j k l m n o p; do cp $conf root/etc/$name; done
	harmless /etc/ --from-root root prog
	head -c 1000000 /dev/urandom >$conf
	harmless ld.so.conf --from-root root prog
	truncate -s 1T $conf
	harmless ld.so.conf --from-root root prog
	seq -f '/d/%g' 100000 >$conf
	harmless ld.so.conf --from-root root prog
	printf '/usr/lib\0/x\n\033[31m\n' >$conf
	harmless ld.so.conf --from-root root prog
}

@test "a configuration of the loader that includes itself a million times over" {
	local i
	: >root/etc/8.conf
	for i in 1 2 3 4 5 6 7; do yes "include /etc/$((i + 1)).conf" | head -n 2000 >"root/etc/$i.conf"; done
	cp root/etc/1.conf root/etc/ld.so.conf
	refused 'lines that include files' --from-root root prog
	mkdir root/etc/many
	touch root/etc/many/{1..1100}
	echo 'include many/*' >root/etc/ld.so.conf
	refused 'files of configuration' --from-root root prog
}

@test "a pattern that matches more than there is" {
	local i pattern
	for i in 1 2 3 4 5 6 7 8; do ln -s / "root/round$i"; done
	pattern=$(printf '/round*%.0s' {1..20})
	echo "include $pattern/none" >root/etc/ld.so.conf
	refused 'files are in the way' --from-root root prog
	rm root/etc/ld.so.conf
	data_recipe "$pattern/none"
	refused 'files are in the way' --from-root root static
}

# ---- data ----

data_recipe() { # SOURCE...
	printf 'data = %s share/data/\n' "$@" >recipes/static.conf
}

@test "data that is outside of the root" {
	mkdir -p root/data/below
	ln -s "$PWD/outside/secret" root/data/absolute
	ln -s ../../outside/secret root/data/relative
	ln -s ../../../outside root/data/below/directory
	ln -s ../outside root/directory
	leads_out root/data/absolute
	leads_out root/data/below/directory/secret
	leads_out root/directory/secret
	echo fine >root/data/fine
	data_recipe /data
	packed --from-root root static
	[ "$(find tree/share ! -type d)" = tree/share/data/data/fine ]
	for source in /data/absolute /data/relative /directory /directory/secret "$PWD/outside/secret" '/*/secret' /../outside/secret; do
		data_recipe "$source"
		harmless static --from-root root static
	done
}

@test "data that is no file" {
	mkdir -p root/data
	mkfifo root/data/fifo
	mknod root/data/zero c 1 5
	mknod root/data/disk b 7 99
	ln -s . root/data/here
	ln -s here root/data/there
	data_recipe '/data/fifo' '/data/zero'
	harmless static --from-root root static
	data_recipe /data
	harmless data --from-root root static
	rm root/data/here root/data/there
	packed --from-root root static
	[ -z "$(find tree ! -type f ! -type d ! -type l)" ]
}

@test "directories of data that lead to each other" {
	local i
	for i in $(seq 20); do
		mkdir -p "root/data/$i"
		for name in a b c d; do ln -s "../$((i + 1))" "root/data/$i/$name"; done
	done
	data_recipe /data/1
	refused 'data/1/' --from-root root static
}

@test "names of data that a manifest cannot hold, and would take for one" {
	mkdir -p root/data
	echo one >root/data/$'\xff'
	echo two >root/data/$'\xfe'
	data_recipe /data
	refused 'share/data/data/\xfe: a name that is no UTF-8' --from-root root static
	rm root/data/*
	echo one >root/data/ä
	packed --from-root root static
	"$DBG_TOOLS" list -v tree | grep -F 'share/data/data/\xc3\xa4'
}

@test "a name of data that reads like two is not taken for them" {
	local sum
	mkdir -p root/data
	echo one >root/data/a
	echo two >root/data/b
	data_recipe /data
	packed --from-root root static
	sum=$(sha256sum <root/data/a)
	rm root/data/a
	mkdir -p "root/data/a ${sum%% *} 0"$'\nfile share/data/data'
	mv root/data/b "root/data/a ${sum%% *} 0"$'\nfile share/data/data/b'
	run "$DBG_TOOLS" build -o tree --from-root root static
	[ "$status" -eq 1 ]
	[[ $output == *'a tree is there already'* ]]
}

@test "a tree of another's is not taken for one's own" {
	packed --from-root root static
	run "$DBG_TOOLS" build -o tree --from-root root static
	[[ $output == *'nothing has changed'* ]]
	chown 12345 tree
	run "$DBG_TOOLS" build -o tree --from-root root static
	[ "$status" -eq 1 ]
	[[ $output == *'a tree is there already'* ]]
}

@test "names of data that would steer a terminal" {
	local name
	name=$(printf 'a\033[31m\nb\t\\"\x80')
	mkdir -p root/data
	echo x >"root/data/$name"
	data_recipe /data
	harmless data --from-root root static
	mkfifo "root/data/$name.so"
	printf '\177ELF' >"root/data/$name.elf"
	harmless data --from-root root static
}

# ---- what an ELF file says ----

# needs NAME: prog needs NAME, too.
needs() {
	cp "$PARTS/prog" root/usr/bin/prog
	patchelf --add-needed "$1" root/usr/bin/prog
}

@test "a library that is needed by a path" {
	mkdir root/x
	cp "$PARTS/libcanary.so" root/x/libx.so
	for name in ../x ../../outside/libtiny.so /x/libx.so "$PWD/outside/libtiny.so" ./libtiny.so x/libx.so .. . / 'a/../../b'; do
		needs "$name"
		refused "'$name'" --from-root root prog
		refused prog "$PWD/root/usr/bin/prog"
	done
}

@test "a library that is needed by an odd name" {
	for name in '' ' ' '*' '$ORIGIN' '-x' "$(printf 'a\033[31mb\nc')" "$(printf 'a%.0s' {1..300})" "$(printf 'a%.0s' {1..5000})"; do
		needs "$name"
		refused prog --from-root root prog
	done
	for name in '$ORIGIN.so' '-l.so' '--help' 'a b'; do
		needs "$name"
		cp "$PARTS/libtiny.so" "root/usr/lib/$name"
		patchelf --set-soname "$name" "root/usr/lib/$name"
		harmless prog --from-root root prog
	done
}

@test "a library whose own name is a path" {
	for name in ../../outside/new /etc/new ../new . .. '' 'a/b' '$ORIGIN/x' "$(printf 'n%.0s' {1..5000})"; do
		cp "$PARTS/libtiny.so" root/usr/lib/libtiny.so
		patchelf --set-soname "$name" root/usr/lib/libtiny.so
		harmless libtiny.so --from-root root prog
		[ "$STATUS" -ne 0 ] || [ -f tree/lib/libtiny.so ]
		[ ! -e outside/new ]
	done
}

@test "many libraries" {
	local i
	cp "$PARTS/prog" prog
	for i in $(seq 40); do echo "--add-needed libtiny.so.$i"; done | xargs patchelf prog
	cp prog root/usr/bin/prog
	refused libtiny.so. --from-root root prog
	for i in $(seq 40); do ln -s libtiny.so "root/usr/lib/libtiny.so.$i"; done
	packed --from-root root prog
	seq -f '--add-needed l%g.so' 1100 | xargs patchelf root/usr/bin/prog
	refused prog --from-root root prog
}

# rpath VALUE: prog's, and its library is not where it is looked for otherwise.
rpath() {
	rm -f root/usr/lib/libtiny.so
	cp "$PARTS/prog" root/usr/bin/prog
	patchelf ${FORCE:+"$FORCE"} --set-rpath "$1" root/usr/bin/prog
}

@test "an RPATH that leads out of the root, or to where we are" {
	local value
	for FORCE in '' --force-rpath; do
		for value in "$PWD/outside" '$ORIGIN/../../../outside' '${ORIGIN}/../../../outside' '/../outside' '../outside' outside . '' ':' '::' \
			'$ORIGIN/../../../../../../../../../../../../../../../../../..'"$PWD/outside" '/proc/self/cwd/outside'; do
			rpath "$value"
			cp outside/libtiny.so .
			refused libtiny.so --from-root root prog
			rm libtiny.so
		done
		# It ends at the root, as it would for a program that runs there.
		rpath '$ORIGIN/../../../../../..'
		cp "$PARTS/libtiny.so" root/
		packed --from-root root prog
		rm root/libtiny.so
	done
	# On this host, a relative one is not our working directory.
	cp outside/libtiny.so .
	rpath .:outside::
	refused libtiny.so "$PWD/root/usr/bin/prog"
}

@test "an RPATH that is long, goes round, or has variables that nobody knows" {
	local value
	mkdir -p root/usr/bin/a
	ln -s . root/usr/bin/round
	for FORCE in '' --force-rpath; do
		for value in "$(printf '/d%s:' {1..600})" "$(printf '$ORIGIN/%.0s' {1..400})" "$(printf '$ORIGIN/a/..:%.0s' {1..300})" \
			"$(printf 'round/%.0s' {1..600})" "$(printf '/usr/bin/round%.0s' {1..200})" "$(printf '/d%s:' {1..9000})" '$NOTHING:${:$:$ORIGIN$:${ORIGIN' \
			'$LIB:$PLATFORM:${LIB}/$PLATFORM' "$(printf '/%.0s' {1..4000})" "$(printf ':%.0s' {1..4000})" "$(printf '$LIB:%.0s' {1..800})"; do
			rpath "$value"
			refused prog --from-root root prog
		done
	done
}

# chain COUNT: prog needs l1.so, that l2.so, and so on; the last is missing. All have an RPATH of 600 directories, and those of all
# above are gone through for each.
chain() {
	local i long
	long=$(printf '/d%s:' {1..600})
	FORCE=--force-rpath rpath "$long"
	cp "$PARTS/libtiny.so" root/usr/lib/libtiny.so
	patchelf --add-needed l1.so root/usr/bin/prog
	for ((i = 1; i < $1; i++)); do
		cp "$PARTS/libtiny.so" "root/usr/lib/l$i.so"
		patchelf --set-soname "l$i.so" "root/usr/lib/l$i.so"
		patchelf --add-needed "l$((i + 1)).so" "root/usr/lib/l$i.so"
		patchelf --force-rpath --set-rpath "$long" "root/usr/lib/l$i.so"
	done
}

@test "a chain of libraries with long RPATHs ends" {
	chain 6
	refused l6.so --from-root root prog
	chain 80
	refused 'too many places' --from-root root prog
}

@test "libraries that need each other, and themselves" {
	cp "$PARTS/libtiny.so" root/usr/lib/a.so
	cp "$PARTS/libtiny.so" root/usr/lib/b.so
	patchelf --set-soname a.so root/usr/lib/a.so
	patchelf --set-soname b.so root/usr/lib/b.so
	patchelf --add-needed b.so root/usr/lib/a.so
	patchelf --add-needed a.so --add-needed b.so root/usr/lib/b.so
	needs a.so
	packed --from-root root prog
	[ -f tree/lib/a.so ]
	[ -f tree/lib/b.so ]
	patchelf --add-needed prog root/usr/lib/libtiny.so
	refused 'library prog' --from-root root prog
}

@test "an interpreter that is odd" {
	for name in ../../outside/prog ld.so '' / . "$PWD/outside/prog" "${LOADER%/*}/../${LOADER##*/}" "$(printf '/%.0s' {1..4000})x" /usr/bin/prog /usr/lib; do
		cp "$PARTS/prog" root/usr/bin/prog
		patchelf --set-interpreter "$name" root/usr/bin/prog
		harmless prog --from-root root prog
	done
}

# ---- a root of another mount namespace: its path is "/", as that of this host ----

@test "the root of a running container is not taken for this host's" {
	local program=$PWD/outside/busybox pid path
	# What that path leads to here: it must not be run.
	printf '#!/bin/sh\ntouch "%s/ran"; echo sh\n' "$PWD" >"$program"
	mkdir -p root/bin root/old "root$PWD/outside"
	cp "$(command -v busybox)" "root$program"
	cp "$(command -v busybox)" root/bin/sh
	ln -s "$program" root/bin/busybox
	chmod 755 "$program" "root$program"
	mkfifo ready
	unshare -m --propagation private sh -c 'mount --bind root root && cd root && pivot_root . old && exec ./bin/sh -c "echo >/old$1/ready; umount -l /old; exec /bin/busybox sleep 60"' - "$PWD" &
	pid=$!
	read -r <ready
	timeout 20 bash -c 'while [ -e "$1/old/etc" ]; do :; done' - "/proc/$pid/root"
	path=$(readlink "/proc/$pid/root")
	attempt --from-root "/proc/$pid/root" busybox
	kill "$pid"
	[ "$path" = / ]
	[ "$STATUS" -eq 0 ]
	[ -x tree/bin/busybox ]
	[ ! -e ran ]
}

# ---- files that are none, or of another kind ----

@test "what is no regular file, as a program, a library, a loader" {
	local place
	for place in /usr/bin/prog /usr/lib/libtiny.so "$LOADER"; do
		for kind in fifo directory zero disk socket loop missing; do
			make_root
			rm "root$place"
			case $kind in
			fifo) mkfifo "root$place" ;;
			directory) mkdir "root$place" ;;
			zero) mknod "root$place" c 1 5 ;;
			disk) mknod "root$place" b 7 99 ;;
			socket) perl -MSocket -e 'socket(S, PF_UNIX, SOCK_STREAM, 0); bind(S, sockaddr_un($ARGV[0]))' "root$place" ;;
			loop) ln -s "${place##*/}" "root$place" ;;
			esac
			refused "${place##*/}" --from-root root prog
			refused "${place##*/}" --from-root root /usr/bin/prog
		done
	done
}

@test "a device is not even opened, wherever a file is looked for" {
	local place wanted
	printf 'programs = prog\ndata? = /usr/share/data share/data\n' >recipes/tool.conf
	for place in /usr/bin/prog /usr/lib/libtiny.so "$LOADER" /etc/ld.so.conf /usr/share/data /var/lib/dpkg/status; do
		make_root
		mkdir -p root/usr/share root/var/lib/dpkg
		rm -f "root$place"
		mknod "root$place" c 240 77 # no driver has it
		for wanted in tool --package=tool; do
			rm -rf tree
			strace -f -qq -o trace -e trace=open,openat,openat2 "$DBG_TOOLS" build -q -o tree --from-root root "$wanted" >out 2>error || true
			[ -s trace ]
			! grep -E 'ENXIO|ENODEV' trace || show "$place was opened"
		done
	done
}

@test "files of proc and sysfs are no files of a root" {
	printf 'programs = prog\ndata = /usr/share/data share/data\n' >recipes/prog.conf
	mkdir -p root/proc root/usr/share
	mount -t proc proc root/proc
	ln -s /proc/version root/usr/share/data
	attempt --from-root root prog
	rm root/usr/share/data
	umount root/proc
	assert_one_line
	grep -qF '/usr/share/data: Permission denied' error
}

@test "what is no ELF file, or for another processor" {
	local place
	for place in /usr/bin/prog /usr/lib/libtiny.so "$LOADER"; do
		for content in '' text '\177ELF' '\177ELF\2\1\1' '#!/bin/sh' '#!' '#!\n' '#! \n' '#!/\n' '#!\0\n' '!<arch>\n'; do
			make_root
			printf '%b' "$content" >"root$place"
			refused "${place##*/}" --from-root root prog
		done
		make_root
		printf '\xf3\x00' | dd of="root$place" bs=1 seek=18 conv=notrunc status=none
		refused "${place##*/}" --from-root root prog
		make_root
		printf '\x01' | dd of="root$place" bs=1 seek=4 conv=notrunc status=none
		refused "${place##*/}" --from-root root prog
	done
}

@test "scripts whose interpreters are scripts, in a circle and in a row" {
	local i
	printf '#!/usr/bin/b\n' >root/usr/bin/a
	printf '#!/usr/bin/a\n' >root/usr/bin/b
	printf '#!/usr/bin/env self\n' >root/usr/bin/self
	for i in $(seq 40); do printf '#!/usr/bin/row%s\n' $((i + 1)) >"root/usr/bin/row$i"; done
	cp root/usr/bin/static root/usr/bin/row41
	printf '#!%s\n' "$(printf '/a%.0s' {1..300})" >root/usr/bin/long
	chmod 755 root/usr/bin/*
	for name in a self row1 long; do
		harmless "$name" --from-root root "$name"
	done
}

@test "a file without an end" {
	truncate -s 1T root/usr/bin/static
	refused static --from-root root static
	make_root
	truncate -s 1T root/usr/lib/libtiny.so
	refused libtiny.so --from-root root prog
	make_root
	truncate -s 1T "root$LOADER"
	refused "${LOADER##*/}" --from-root root prog
	make_root
	mkdir root/data
	truncate -s 1T root/data/file
	data_recipe /data
	refused /data/file --from-root root static
}

# ---- broken ELF files ----

# What is named: the program, or what it needs.
named=$'prog\nlibtiny.so\nld-linux\na name that is no UTF-8'

# cut_everywhere PLACE STEP: the file of that many bytes, and STEP more, and so on.
cut_everywhere() {
	local length size
	cp "root$1" whole
	size=$(stat -c %s whole)
	for ((length = 0; length < size; length += $2)); do
		head -c "$length" whole >"root$1"
		harmless "$named" --from-root root prog || show "with $length bytes" || return
	done
	cp whole "root$1"
}

# grows FILE: a build of it, which finds it growing as soon as it has it open.
grows() {
	local build at
	timeout -k 2 30 "$DBG_TOOLS" build -q -o tree --from-root root "${1##*/}" >out 2>error &
	build=$!
	for at in $(seq 2000); do
		readlink /proc/[0-9]*/fd/* 2>/dev/null | grep -qxF "$PWD/root$1" && break
	done
	while kill -0 "$build" 2>/dev/null; do truncate -s +1G "root$1"; done
	STATUS=0
	wait "$build" || STATUS=$?
	[ "$at" -lt 2000 ]
}

@test "a file that grows all the while" {
	truncate -s 900M root/usr/bin/static
	grows /usr/bin/static
	assert_one_line
	assert_nothing_left
	grep -qE 'static: .*(Text file busy|larger than|changed while)' error
}

@test "a program that is cut at every 64th byte" {
	cut_everywhere /usr/bin/prog 64
}

@test "a library that is cut at every 64th byte" {
	cut_everywhere /usr/lib/libtiny.so 64
}

@test "a loader that is cut at every 16 KiB" {
	cut_everywhere "$LOADER" 16384
}

@test "a real program that is cut at every 64th byte of its headers, and every 32 KiB" {
	local length size
	size=$(stat -c %s /bin/bash)
	for length in $(seq 0 64 4096) $(seq 5000 32768 "$size"); do
		head -c "$length" /bin/bash >short
		harmless short "$PWD/short" || show "with $length bytes"
	done
}

# Numbers that are always the same.
next_random() {
	RANDOM_STATE=$(((RANDOM_STATE * 1103515245 + 12345) & 0x7fffffff))
	REPLY=$((RANDOM_STATE >> 8))
}

# flip PLACE SEED LIMIT: some bytes of the first LIMIT become others.
flip() {
	local count value values=(00 01 7f 80 ff fe 04 41) changes=()
	RANDOM_STATE=$2
	next_random
	for ((count = REPLY % 8 + 1; count; count--)); do
		next_random
		value=${values[REPLY % 8]}
		next_random
		changes+=($((REPLY % ($3 - 4) + 4)) "$value")
	done
	perl -e 'open F, "+<", shift or die; while (@ARGV) { seek F, shift, 0; print F chr hex shift }' "$1" "${changes[@]}"
}

# flip_many PLACE LIMIT COUNT
flip_many() {
	local seed
	cp "root$1" whole
	for ((seed = 1; seed <= $3; seed++)); do
		cp whole "root$1"
		flip "root$1" "$seed" "$2"
		harmless "$named" --from-root root prog || show "with seed $seed" || return
	done
	cp whole "root$1"
}

@test "a program with other bytes in its headers" {
	flip_many /usr/bin/prog 512 150
}

@test "a program with other bytes anywhere" {
	flip_many /usr/bin/prog "$(stat -c %s root/usr/bin/prog)" 100
}

@test "a library with other bytes in its headers" {
	flip_many /usr/lib/libtiny.so 512 150
}

@test "a loader with other bytes in its headers" {
	flip_many "$LOADER" 900 60
}

# ---- what changes while it is read ----

@test "a file that changes, vanishes or becomes another while the tree is built" {
	local place action
	for place in /usr/bin/prog /usr/bin/static; do
		for action in 'echo x >>"$f"' 'rm "$f"' 'rm "$f"; mkfifo "$f"' 'rm "$f"; ln -s "$HOOK/outside/prog" "$f"' ': >"$f"' \
			'rm "$f"; mkdir "$f"' 'cp outside/prog "$f.new"; mv "$f.new" "$f"' 'mv root moved; mkdir root; mkdir -p root/usr; ln -s ../../outside root/usr/bin'; do
			rm -rf root moved
			make_root
			hook_patchelf <<<"f=root$place; $action"
			attempt --from-root root prog static
			assert_acted
			if [ "$STATUS" -eq 0 ]; then
				assert_no_canary
			else
				assert_one_line
				assert_nothing_left
				grep -qF "${place##*/}" error || show "it was to name $place"
			fi
		done
	done
}

@test "a tree that is tampered with while it is built" {
	local action
	for action in 'rm -rf tree.*/bin' 'rm -rf tree.*' 'mv tree.* away' 'mkdir tree; touch tree/x' 'ln -s outside tree' 'touch tree'; do
		rm -rf away tree
		hook_patchelf <<<"$action"
		STATUS=0
		timeout -k 2 30 "$DBG_TOOLS" build -q -o tree --from-root root prog static >out 2>error || STATUS=$?
		assert_acted
		echo "$action: $STATUS $(cat error)"
		[ "$STATUS" -eq 0 ] || assert_one_line
		[ "$STATUS" -ne 0 ] || [ -x tree/bin/prog ]
		[ ! -e outside/static ]
		[ -z "$(find . -maxdepth 1 -name 'tree.*')" ]
	done
}

# ---- where it is written ----

# Who owns the directory above can do that in no time; strace makes time for it.
@test "a directory that was put in the place of the unfinished tree is not written to" {
	local build name=
	mkdir mine
	ln -s "$PWD/outside" mine/bin
	chown -R 12345:12345 mine
	strace -f -qq -o /dev/null -e trace=mkdirat -e inject=mkdirat:delay_exit=2000000:when=1 \
		"$DBG_TOOLS" build -q -o tree --from-root root static >out 2>error &
	build=$!
	timeout 20 sh -c 'until ls -d tree.partial.*; do :; done' 2>/dev/null
	kill -STOP "$build" # nor does the program go on when that time is over
	name=$(echo tree.partial.*)
	mv "$name" away
	mv mine "$name"
	kill -CONT "$build"
	STATUS=0
	wait "$build" || STATUS=$?
	rm -r "$name"
	assert_one_line
	grep -qF 'something else was put in the place' error
	[ ! -e outside/static ]
}

@test "what was put in the place of the tree that --force replaces is not removed" {
	local build name
	packed --from-root root static
	mkdir precious
	touch precious/stone
	strace -f -qq -o trace -e trace=renameat2 -e inject=renameat2:delay_enter=2000000 \
		"$DBG_TOOLS" build -q --force -o tree --from-root root prog >out 2>error &
	build=$!
	timeout 20 sh -c 'until grep -q renameat2 trace; do :; done' 2>/dev/null
	kill -STOP "$build"
	mv tree away
	mv precious tree
	kill -CONT "$build"
	wait "$build"
	name=$(echo tree.partial.*)
	[ -e "$name/stone" ]
	[ -x tree/bin/prog ]
	grep -q 'remove it' error
}

@test "a disk that is full sooner or later" {
	mkdir small
	for size in 4k 8k 16k 64k 128k 192k 256k 320k 512k; do
		STATUS=0
		unshare -m --propagation private bash -c '
			mount -t tmpfs -o size="$1" tmpfs small || exit 99
			"$DBG_TOOLS" build -q -o small/tree --from-root root prog static 2>error >out || exit $(($? + 10 * ($(ls -A small | wc -l) > 0)))
			[ -f small/tree/manifest.json ]' - "$size" || STATUS=$?
		[ "$STATUS" -eq 0 ] && continue
		assert_one_line && grep -q 'No space left' error || show "with $size"
	done
	[ "$STATUS" -eq 0 ] # the last is enough
	for inodes in 2 3 4 6 8 10 12; do
		STATUS=0
		unshare -m --propagation private bash -c '
			mount -t tmpfs -o nr_inodes="$1" tmpfs small || exit 99
			"$DBG_TOOLS" build -q -o small/tree --from-root root prog static 2>error >out || exit $(($? + 10 * ($(ls -A small | wc -l) > 0)))' - "$inodes" || STATUS=$?
		[ "$STATUS" -eq 0 ] && continue
		assert_one_line && grep -q 'No space left' error || show "with $inodes inodes"
	done
}

@test "who may not write there leaves nothing, who may needs not be root" {
	chmod 755 "$BATS_RUN_TMPDIR" "$BATS_FILE_TMPDIR" "${BATS_TEST_TMPDIR%/*}" "$BATS_TEST_TMPDIR"
	cp "$DBG_TOOLS" tool
	user=(setpriv --reuid 12345 --regid 12345 --clear-groups)
	STATUS=0
	"${user[@]}" ./tool build -q -o "$PWD/tree" --from-root "$PWD/root" prog >out 2>error || STATUS=$?
	assert_one_line
	assert_nothing_left
	grep -qF "$PWD/tree" error
	grep -qF 'Permission denied' error
	mkdir own && chown 12345 own
	"${user[@]}" ./tool build -q -o "$PWD/own/tree" --from-root "$PWD/root" prog
	[ -f own/tree/manifest.json ]
	chmod 700 root/usr/bin/static
	STATUS=0
	"${user[@]}" ./tool build -q -o "$PWD/own/other" --from-root "$PWD/root" static >out 2>error || STATUS=$?
	assert_one_line
	grep -qF static error
	[ "$(ls -A own)" = tree ]
}

@test "a build that is killed leaves nothing under the final name, and does not stand in the way of the next" {
	local signal
	for signal in KILL TERM INT HUP; do
		hook_patchelf <<<"kill -s $signal \$PARENT; timeout 20 tail --pid=\$PARENT -f /dev/null"
		STATUS=0
		timeout -k 2 30 env --default-signal "$DBG_TOOLS" build -q -o tree --from-root root prog 2>error >out || STATUS=$?
		[ "$STATUS" -eq $((128 + $(kill -l "$signal"))) ] || show "with $signal"
		[ ! -e tree ]
		[ "$signal" = KILL ] || assert_nothing_left
		PATH=/usr/bin:/bin "$DBG_TOOLS" build -q -o tree --from-root root prog
		rm -rf tree tree.*
	done
}

# ---- package databases ----

database() { # LINE... of the list of the package evil
	mkdir -p root/var/lib/dpkg/info
	printf 'Package: evil\nStatus: install ok installed\nArchitecture: all\nVersion: 1\n' >root/var/lib/dpkg/status
	printf '%s\n' "$@" >root/var/lib/dpkg/info/evil.list
}

@test "a package whose files lead out of the root" {
	database /usr/bin/static "$PWD/outside/prog" /../outside/prog /usr/bin/../../../outside/prog /usr/bin/link
	ln -s "$PWD/outside/prog" root/usr/bin/link
	leads_out root/usr/bin/link
	packed --from-root root --package evil
	[ "$(ls tree/bin)" = static ]
	rm root/var/lib/dpkg/info/evil.list
	echo /usr/bin/static >outside/list
	ln -s "$PWD/outside/list" root/var/lib/dpkg/info/evil.list
	refused evil --from-root root --package evil
	rm root/var/lib/dpkg/info/evil.list
	mkfifo root/var/lib/dpkg/info/evil.list
	refused evil --from-root root --package evil
	for name in ../evil /etc/passwd -x '' 'a b' none; do
		refused package --from-root root --package "$name"
	done
}
