#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2030,SC2031,SC2154 # a test is a subshell, with the variables of bats
# G1: overwrite the host's program through /proc/PID/exe
#
# CVE-2019-5736 (runc). Who enters a container becomes one of its processes, and runs the host's program until the command is
# executed: /proc/PID/exe is that program's file, and root of the container may open it for writing as soon as it has ended.
# A command that is `#!/proc/self/exe` has the program run once more, inside, with libraries of the container's.
# The host's programs are copies in $LAB here.

bats_require_minimum_version 1.5.0
load gauntlet

setup() {
	[ -e "$LAB/overwrite" ] || compile overwrite
	cp -p "$DBG_INJECT" "$LAB/dbg-inject"
	cp -pL "$(command -v nsenter)" "$LAB/nsenter"
	before=$(sha256sum "$LAB/dbg-inject" "$LAB/nsenter")
}

# To open /proc/PID/exe of a process with more capabilities takes CAP_SYS_PTRACE.
watch_run() {
	container_run "$RUNTIME" c --network none --cap-add SYS_PTRACE -v "$LAB/overwrite:/overwrite:ro" --entrypoint /overwrite -- \
		fat watch
	wait_for 20 caught ready
}

caught() { # WORD
	podman logs c | grep -qx -e "$1"
}

changed() {
	[ "$(sha256sum "$LAB/dbg-inject" "$LAB/nsenter")" != "$before" ]
}

# Not at once: it is still open for writing.
says_overwritten() {
	[ "$("$LAB/nsenter" </dev/null)" = OVERWRITTEN ]
}

# enter_often COUNT COMMAND...: until the host's program is another. What COMMAND ends with does not matter.
enter_often() {
	local count=$1 round
	shift
	for ((round = 1; round <= count; round++)); do
		"$@" || true
		! changed || break
	done >"$LAB/rounds" 2>&1
	echo "entered $round times"
}

# The command /evil of the container c, which has the host's loader and libraries, one more, and a program that waits.
script_run() {
	local root
	container_run "$RUNTIME" c --network none --cap-add SYS_PTRACE -- fat
	root=/proc/$(container_pid c)/root
	ldd "$LAB/nsenter" | grep -o '/[^ :]*' | grep '^/.*so' | sort -u | xargs cp -L --parents -t "$root/"
	cc -shared -fPIC -D_GNU_SOURCE -o "$root/evil.so" "$gauntlet_dir/evil-preload.c"
	cp "$LAB/overwrite" "$root/overwrite"
	echo /evil.so >"$root/etc/ld.so.preload"
	printf '#!/proc/self/exe\n' >"$root/evil"
	chmod 755 "$root/evil"
}

@test "naive: nsenter is overwritten while it enters" {
	watch_run
	enter_often 500 "$LAB/nsenter" -t "$(container_pid c)" -a /bin/true
	wait_for 20 changed
	wait_for 20 says_overwritten
}

@test "naive: nsenter is overwritten by the command #!/proc/self/exe" {
	script_run
	"$LAB/nsenter" -t "$(container_pid c)" -a /evil || true
	wait_for 20 changed
	wait_for 20 says_overwritten
}

@test "ours: dbg-inject is got hold of, and cannot be written to" {
	watch_run
	enter_often 25 "$LAB/dbg-inject" c /bin/true
	wait_for 20 caught 'Read-only file system'
	enter_often 3 "$LAB/dbg-inject" c true
	enter_often 1 "$LAB/dbg-inject" --detach c
	enter_often 1 "$LAB/dbg-inject" --attach c
	podman logs c | sort | uniq -c
	assert_equal "$(podman logs c | sort -u | grep -vx -e ready -e 'Read-only file system')" ""
	assert_equal "$(sha256sum "$LAB/dbg-inject" "$LAB/nsenter")" "$before"
}

# Static, it loads no library of the container's; but it runs in there, as long as it takes to say that it finds nothing.
@test "ours: nor by the command #!/proc/self/exe" {
	watch_run
	printf '#!/proc/self/exe\n' >"/proc/$(container_pid c)/root/evil"
	chmod 755 "/proc/$(container_pid c)/root/evil"
	enter_often 25 "$LAB/dbg-inject" c /evil
	grep -q 'dbg-inject: /evil: ' "$LAB/rounds" # it did run inside
	wait_for 20 caught 'Read-only file system'
	assert_equal "$(sha256sum "$LAB/dbg-inject" "$LAB/nsenter")" "$before"
}

# Where the program's file system cannot be cloned as a mount.
@test "ours: nor where dbg-inject runs from a file in memory" {
	watch_run
	"$LAB/dbg-inject" --attach c
	enter_often 25 strace -o /dev/null -e trace=open_tree -e inject=open_tree:error=EINVAL:when=1..2 "$LAB/dbg-inject" c /bin/true
	wait_for 20 caught 'Operation not permitted'
	assert_equal "$(podman logs c | sort -u | grep -vx -e ready -e 'Read-only file system' -e 'Operation not permitted')" ""
	assert_equal "$(sha256sum "$LAB/dbg-inject" "$LAB/nsenter")" "$before"
}
