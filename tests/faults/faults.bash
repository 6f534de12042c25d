# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# shellcheck disable=SC2154 # variables of tests/lab/lab.bash
#
# Fails each system call of an operation with each errno of its manual page (tests/faults/errnos), and kills the operation there.
# A point is a process of the operation's, a call of it, which one of its name, and what becomes of it: "0 openat 3 EMFILE",
# "1 setns 1 KILL". The C library's start is not ours, nor is what a process of ours becomes at last (a runtime): see fault.c.
#
# All points take some minutes. FAULTS=N tries each Nth (1: all); without it, a part is tried that is spread evenly, and has every
# call with every errno at least once, in one of the operations. FAULTS=1 POINT=REGEX tries those that match: "0 openat 3 .*".

faults_dir=${BASH_SOURCE[0]%/*}
calls_input=/dev/null

# faults_setup PROGRAM...: fault.c, and where the C library's start and main are in these programs, which are ours.
faults_setup() {
	local program
	cc -D_GNU_SOURCE -O -o "$LAB/fault" "$faults_dir/fault.c" -lseccomp || return 1
	: >"$LAB/faults.programs"
	for program; do
		program=$(realpath "$program")
		echo "$(from_entry "$program" _start) $(from_entry "$program" main) $program" >>"$LAB/faults.programs"
	done
}

# from_entry PROGRAM FUNCTION: how far behind the entry point that is. Nothing, if there are no symbols.
from_entry() {
	local entry address
	entry=$(readelf -h "$1" | sed -n 's/.*Entry point address: *0x//p')
	address=$(nm "$1" | sed -n "s/ [Tt] $2\$//p")
	[ -z "$address" ] || echo $((16#$address - 16#$entry))
}

# points COMMAND...: those that COMMAND has, to $LAB/faults.points. Not for $(...): some calls are made for each process that there is.
points() {
	"$LAB/fault" "$LAB/faults.programs" list "$LAB/faults.calls" "$@" <"$calls_input" >"$LAB/faults.out" 2>"$LAB/faults.err" || return 1
	touch "$LAB/faults.seen"
	awk -v table="$faults_dir/errnos" -v step="${FAULTS:-79}" -v sample="${FAULTS:-sample}" -v seen="$LAB/faults.seen" '
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
		!known[$2] { print "a call that is not in the table:", $2 > "/dev/stderr"; bad = 1 }
		{
			if (!number[$2]++)
				names[++all] = $2
			at[$2, number[$2]] = $0
		}
		function try(name, i, what) {
			print at[name, i], what
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
							try(name, i, kind[k])
					}
			}
		}' "$LAB/faults.calls" >"$LAB/faults.points"
}

# at_point PROCESS CALL NUMBER WHAT COMMAND...: its exit status goes to $status, 124 if it did not end; its number as a process to
# $ended; what the errno means to $reason; to $reached, whether the call was made at all.
at_point() {
	"$LAB/fault" "$LAB/faults.programs" at "$LAB/faults.result" "${@:1:4}" "${@:5}" \
		<"$calls_input" >"$LAB/faults.out" 2>"$LAB/faults.err" || fail "fault: $(cat "$LAB/faults.err")" || return 1
	# shellcheck disable=SC2034 # for those who source this
	read -r reached status ended reason <"$LAB/faults.result"
}

# try_point PREPARE CHECK POINT COMMAND...: what the machine does beside may change how many calls there are, so a
# call that is not made is waited for twice more.
try_point() {
	local prepare=$1 check=$2 at
	read -r -a at <<<"$3"
	shift 3
	for _ in 1 2 3; do
		"$prepare" || fail "it cannot be prepared" || return 1
		at_point "${at[@]}" "$@" && "$check" "${at[1]}" "${at[3]}" || return 1
		[ "$reached" != reached ] || return 0
	done
}

# sweep LEAST PREPARE CHECK COMMAND...: at each point PREPARE, then COMMAND with what goes wrong there, then CHECK CALL WHAT,
# which finds how COMMAND ended in $status, and what it said in faults.out and faults.err; it cleans up, too.
# Fewer points than LEAST are no sweep, nor are those of which one in fifty is not come to.
sweep() {
	local least=$1 prepare=$2 check=$3 each tried=0 missed=0 wrong=0 list
	shift 3
	"$prepare" || fail "it cannot be prepared" || return 1
	points "$@" || fail "no points" || return 1
	mapfile -t list <"$LAB/faults.points"
	[ -z "${POINT:-}" ] || { least=1 && mapfile -t list < <(grep -xE "$POINT" "$LAB/faults.points"); }
	status=none
	"$check" none none || fail "with nothing going wrong" || return 1
	for each in "${list[@]}"; do
		tried=$((tried + 1))
		if ! try_point "$prepare" "$check" "$each" "$@"; then
			printf '%s\n' "WRONG: $each, status $status" "$(cat "$LAB/faults.err")"
			wrong=$((wrong + 1))
			if [ -z "${FAULTS:-}" ] || [ "$wrong" -ge 100 ]; then break; fi
		elif [ "$reached" != reached ]; then
			echo "# not reached: $each" >&3
			missed=$((missed + 1))
		fi
	done
	echo "# $((tried - missed)) points, $wrong failed, $missed not reached: $BATS_TEST_DESCRIPTION" >&3
	[ "$wrong" = 0 ] || fail "$wrong points of $tried" || return 1
	[ $((missed * 50)) -le "$tried" ] || fail "$missed points of $tried are not come to" || return 1
	[ $((tried - missed)) -ge "$least" ] || fail "only $tried points, $missed of them not reached"
}
