# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # variables are for those who source this; others are of bats
#
# What the rows of the gauntlet share. A row is one file, G01-NAME.bats. It begins with
#
#     # G1: what the attacker does, in a few words
#
# which tests/gauntlet/run prints, and has tests that are called "naive: ..." (the attack works against a stand-in) and
# "ours: ..." (it fails against us). It runs in a lab, as other tests do, on $RUNTIME.

gauntlet_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tests/lab/lab.bash
. "$gauntlet_dir/../lab/lab.bash"

# Test names begin with what ran, and the row: "crun: G1 naive: ...".
row=${BATS_TEST_FILENAME##*/}
row=${row%%-*}
BATS_TEST_NAME_PREFIX="${TEST_LABEL:-$RUNTIME}: G$((10#${row#G})) "

setup_file() {
	lab_setup_tools
}

teardown() {
	stop_children
	lab_teardown
}

# compile NAME: $LAB/NAME from NAME.c in tests/gauntlet; static, so that it runs in any container.
compile() {
	cc -O -Wall -D_GNU_SOURCE -static -o "$LAB/$1" "$gauntlet_dir/$1.c"
}

# child COMMAND...: in the background, ended at the test's end. Its output goes to $LAB/child.out, its pid to $child.
children=()
child() {
	"$@" >"$LAB/child.out" 2>&1 </dev/null 3>&- &
	child=$!
	children+=("$child")
}

stop_children() {
	local pid
	for pid in "${children[@]}"; do
		kill -KILL "$pid" 2>/dev/null || true
		wait "$pid" 2>/dev/null || true
	done
	children=()
}

# hold CALL COMMAND...: in the background, until it comes to that system call, before which it is held (let_go). What it says goes to
# $LAB/held.out, the pid of its strace to $held. A delay alone would be over on a busy machine before all is done that it is for:
# while its strace is stopped, it does not go on.
hold() {
	rm -f "$LAB/calls"
	strace -f -o "$LAB/calls" -e "trace=$1" -e "inject=$1:delay_enter=2000000" "${@:2}" </dev/null >"$LAB/held.out" 2>&1 3>&- &
	held=$!
	children+=("$held")
	wait_for 20 grep -q "$1" "$LAB/calls"
	kill -STOP "$held"
}

let_go() {
	kill -CONT "$held"
}

# naive_enter NAME COMMAND...: what root does without a tool of its own: into all namespaces of the container, by nsenter.
naive_enter() {
	nsenter -t "$(container_pid "$1")" -a "${@:2}"
}

# kinds: the containers that an attack is tried from, where a user namespace matters: a name and podman's options, a line each.
kinds() {
	echo root
	echo mapped --uidmap 0:100000:65536
}

# inside_files COMMAND...: runs it, traced, and prints what its processes open in a container's mount namespace (but for O_PATH),
# and what they name there in /proc, /sys, /etc, /lib, /usr or /dev, but for /dev/crashcart, until they execute a command.
inside_files() {
	strace -f -qq -s 200 -o "$LAB/inside.trace" -e trace=setns,%file,clone,clone3,fork,vfork "$@" >"$LAB/traced.out"
	print_inside <"$LAB/inside.trace"
}

# The same, of a trace on standard input. Who enters a mount namespace a second time goes back (the hook).
print_inside() {
	awk '
		/ setns\(.*CLONE_NEWNS/ { inside[$1] = !inside[$1]; entered++; next }
		!inside[$1] { next }
		/ (<\.\.\. )?(clone|clone3|fork|vfork)[( ]/ { inside[$NF] = 1 }
		/ execve\(/ { delete inside[$1]; next }
		/ open[a-z0-9]*\(/ && !/O_PATH/ { print "opened:", $0 }
		/"\/(proc|sys|etc|lib[0-9]*|usr)[\/"]/ || /"\/dev\/[^c]/ { print "named:", $0 }
		END { if (!entered) print "nothing was entered" }'
}
