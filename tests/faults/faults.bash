# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# shellcheck disable=SC2154 # variables of tests/lab/lab.bash
#
# Fails each system call of an operation with each errno of its manual page (tests/faults/errnos), and kills the operation there.
# A point is a call, which one of its name, and what becomes of it: "openat 3 EMFILE", "setns 1 KILL".
#
# All points take long. FAULTS=N tries each Nth (1: all); without it, a part is tried that is spread evenly, and has every call with
# every errno at least once, in one of the operations.

errnos=${BASH_SOURCE[0]%/*}/errnos
calls_input=/dev/null

# points COMMAND...: those that COMMAND has from where it is our code: the C library's start is not, nor is what the program
# becomes at last (a runtime). The number counts calls of one name in one process.
points() {
	strace -f -qq -o "$LAB/faults.calls" "$@" <"$calls_input" >/dev/null 2>&1 || true
	touch "$LAB/faults.seen"
	awk -v table="$errnos" -v step="${FAULTS:-41}" -v sample="${FAULTS:-sample}" -v seen="$LAB/faults.seen" '
		BEGIN {
			while ((getline line <table) > 0)
				if (line !~ /^#/ && split(line, word, " ")) {
					known[word[1]] = 1
					sub(/^[^ ]* */, "", line)
					errnos[word[1]] = line
				}
			while ((getline line <seen) > 0)
				tried[line] = 1
			close(seen)
		}
		$2 !~ /^[a-z0-9_]+\(/ { next }
		$2 ~ /^syscall_0x/ { next } # newer than this strace, which cannot fail it: see tests/lab/without.c
		{ name = $2; sub(/\(.*/, "", name); nth = ++count[$1, name] }
		/ prctl\(PR_SET_DUMPABLE| openat\(AT_FDCWD, "\/dev\/null"/ { any = own[$1] = 1 }
		!($1 in born) { born[$1] = 1; own[$1] = own[$1] || any } # a child of ours has no start
		own[$1] && !((name, nth) in have) {
			if (!known[name]) { print "a call that is not in the table:", name > "/dev/stderr"; bad = 1 }
			have[name, nth] = 1
			if (!number[name]++) names[++all] = name
			at[name, number[name]] = nth
		}
		$2 ~ /^execve(at)?\(/ { own[$1] = 0 }
		function try(name, nth, what) {
			print name, nth, what
			print name, what >>seen
		}
		END {
			if (bad) exit 1
			for (n = 1; n <= all; n++) {
				name = names[n]
				kinds = split(errnos[name] " KILL", kind, " ")
				for (k = 1; k <= kinds; k++)
					for (i = 1; i <= number[name]; i++) {
						total++
						# Each errno takes another one of the calls.
						turn = i == (k * 7 + n) % number[name] + 1 && !tried[name " " kind[k]]
						if ((turn && sample == "sample") || total % step == 0)
							try(name, at[name, i], kind[k])
					}
			}
		}' "$LAB/faults.calls"
}

# at_point CALL NUMBER WHAT COMMAND...: its exit status goes to $status; 124: it did not end.
at_point() {
	local injection=error=$3
	[ "$3" != KILL ] || injection=signal=KILL
	status=0
	{
		timeout -k 1 30 strace -f -qq -o "$LAB/faults.injected" -e "trace=$1" -e "inject=$1:$injection:when=$2" "${@:4}" \
			<"$calls_input" >"$LAB/faults.out" 2>"$LAB/faults.err" || status=$?
	} 2>"$LAB/faults.shell" # which says "Killed"
}

# sweep LEAST PREPARE CHECK COMMAND...: at each point PREPARE, then COMMAND with what goes wrong there, then CHECK CALL WHAT,
# which finds how COMMAND ended in $status, and what it said in faults.out and faults.err; it cleans up, too.
# Fewer points than LEAST are no sweep.
sweep() {
	local least=$1 prepare=$2 check=$3 call number what tried=0 wrong=0 list
	shift 3
	"$prepare" || fail "it cannot be prepared" || return 1
	list=$(points "$@") || fail "no points" || return 1
	status=none
	"$check" none none || fail "with nothing going wrong" || return 1
	while read -r call number what; do
		"$prepare" || fail "it cannot be prepared: what was left before $call $number $what?" || return 1
		at_point "$call" "$number" "$what" "$@"
		tried=$((tried + 1))
		if ! "$check" "$call" "$what"; then
			printf '%s\n' "WRONG: $call $number $what, status $status" "$(cat "$LAB/faults.err")"
			wrong=$((wrong + 1))
			if [ -z "${FAULTS:-}" ] || [ "$wrong" -ge 100 ]; then break; fi
		fi
	done <<<"$list"
	echo "# $tried points: $BATS_TEST_DESCRIPTION" >&3
	[ "$wrong" = 0 ] || fail "$wrong points of $tried" || return 1
	[ "$tried" -ge "$least" ] || fail "only $tried points"
}
