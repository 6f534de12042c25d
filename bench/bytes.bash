# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# shellcheck disable=SC2016,SC2154 # backquotes are those of Markdown; variables are those of bench/run, and of tests/lab
#
# Memory that is taken at the most, and bytes through a session.

# peak_of NAME COMMAND...: the KiB of that process of COMMAND which had most, with tools' own left out: NAME is what ours are called.
peak_of() {
	local name=$1
	shift
	"$work/peak" "$@" 2>&1 >/dev/null </dev/null |
		awk -v name="${name:0:15}" '($1 == name || $1 ~ /^crashcart-/) && $2 > most { most = $2 } END { print most + 0 }'
}

# Of all of its processes, while a session lasts: what would be free without them.
session_share() {
	local pid
	"$DBG_INJECT" web-1 sleep 1000 </dev/null &
	wait_for 20 pgrep -x sleep
	for pid in $(pgrep -x 'dbg-inject|crashcart-.*'); do
		awk '$1 == "Pss:" { print $2 }' "/proc/$pid/smaps_rollup"
	done | awk '{ sum += $1 } END { print sum, NR }'
	kill "$(pgrep -x sleep)"
	wait || true
}

memory() {
	local held=$fleet_dir/prestart.hold share
	fleet_hold prestart
	say hook-memory "$("$work/peak" "$HOOK" 2>&1 <"$held/hold.state" | awk '$2 > most { most = $2 } END { print most }')"
	fleet_let_go prestart
	"$DBG_INJECT" -q --attach --tools "$work/tools" web-1
	say session-memory "$(peak_of dbg-inject "$DBG_INJECT" web-1 true)"
	share=$(session_share)
	say session-share "${share% *}"
	say session-processes "${share#* }"
	"$DBG_INJECT" -q --detach web-1
}

# through NAME COMMAND: a gibibyte through `cat` in the container, between two pipes.
through() {
	cat >"$work/$1" <<-END
		#!/bin/sh
		head -c $bytes /dev/zero | $2 | cat >/dev/null
	END
	chmod +x "$work/$1"
	add "$1" /dev/null '' "$work/$1"
}

# The same from a file and to one. What is a file is not handed over (SECURITY.md): there dbg-inject has to copy.
through_file() {
	cat >"$work/$1" <<-END
		#!/bin/sh
		exec $2 <$work/input >$work/output
	END
	chmod +x "$work/$1"
	add "$1" /dev/null '' "$work/$1"
}

throughput() { # RUNS
	local cat=/dev/crashcart/bin/cat enter
	enter="$(command -v nsenter) -t $(fleet_pid "${fleet[0]}") -m -p -i -u -r -w $cat"
	"$DBG_INJECT" -q --attach --tools "$work/tools" web-1
	through pipe-inject "$DBG_INJECT -i web-1 $cat"
	through pipe-nsenter "$enter"
	measure "$1" 1
	head -c $((bytes / 8)) /dev/zero >"$work/input"
	through_file file-inject "$DBG_INJECT -i web-1 $cat"
	through_file file-nsenter "$enter"
	measure "$1" 1
	rm "$work/input" "$work/output"
	"$DBG_INJECT" -q --detach web-1
}

rate() { # NAME BYTES
	awk -v time="$(value "$1")" -v bytes="$2" 'BEGIN { printf "%.0f MB/s", bytes / time }'
}

compared() { # NAME BASE
	awk -v one="$(value "$1")" -v base="$(value "$2")" 'BEGIN { printf "%.2f", base / one }'
}

byte_rows() {
	local ratio
	ratio=$(compared pipe-inject pipe-nsenter)
	plain_row 'bytes through a session between pipes, against the same tool by `nsenter`' \
		"$(rate pipe-inject "$bytes") against $(rate pipe-nsenter "$bytes"): $ratio" '≥ 0.95' "$(verdict "$ratio" '>=0.95')"
	plain_row 'the same from a file to a file, which `dbg-inject` has to copy' \
		"$(rate file-inject $((bytes / 8))) against $(rate file-nsenter $((bytes / 8))): $(compared file-inject file-nsenter)" '' ''
}

memory_rows() {
	local last=''
	[ ${#steps[@]} = 0 ] || last=${steps[-1]}
	plain_row 'peak memory of the hook (VmHWM)' "$(value hook-memory) KiB" '2 MiB' "$(verdict "$(value hook-memory)" 2048)"
	plain_row 'peak memory of `dbg-inject`: the process with most (VmHWM)' "$(value session-memory) KiB" '4 MiB' \
		"$(verdict "$(value session-memory)" 4096)"
	[ -z "$last" ] || plain_row "the same with $last containers, by name" "$(value "memory@$last") KiB" '4 MiB' \
		"$(verdict "$(value "memory@$last")" 4096)"
	plain_row "during a session: its $(value session-processes) processes together (PSS)" "$(value session-share) KiB" '4 MiB' \
		"$(verdict "$(value session-share)" 4096)"
	[ -z "$last" ] || plain_row "peak memory of \`--list\` of $last" "$(value "list-memory@$last") KiB" '' ''
}
