# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# shellcheck disable=SC2016,SC2154 # backquotes are those of Markdown; variables are those of bench/run
#
# Cases are added and measured; what came of them is in $work/results, a line each: NAME and a median in
# microseconds, and that of processor time.
# With many containers on the node, names have @COUNT at their end.

# add NAME INPUT PREPARE COMMAND: a case of the measurement to come.
add() {
	printf '%s%s\t%s\t%s\t%s\n' "$1" "${at:-}" "$2" "$3" "$4" >>"$work/cases"
}

# measure RUNS [WARM-UP]: the cases that were added, in turns.
measure() {
	"$work/measure" "$@" <"$work/cases" >>"$work/results"
	rm "$work/cases"
}

# say NAME NUMBER: what was measured in another way.
say() {
	echo "$1${at:-} $2" >>"$work/results"
}

# value NAME [COLUMN]: the last that was said.
value() {
	awk -v name="$1" -v column="${2:-2}" '$1 == name { value = $column } END { print value }' "$work/results"
}

# ratio NAME BASE [COLUMN]
ratio() {
	awk -v one="$(value "$1" "${3:-2}")" -v base="$(value "$2" "${3:-2}")" 'BEGIN {
		if (base + 0)
			printf "%.3g", one / base
	}'
}

has_result() {
	[ -n "$(value "$1")" ]
}

# verdict NUMBER GOAL: NUMBER is to be no more than GOAL; where GOAL is ">=N", no less.
verdict() {
	awk -v number="$1" -v goal="$2" 'BEGIN {
		is_least = sub(/^>=/, "", goal)
		print (is_least ? number >= goal : number <= goal) ? "met" : "**missed**"
	}'
}

# row WHAT NAME BASE-WHAT BASE [GOAL]: as long as NAME was measured.
row() {
	local ratio
	has_result "$2" && has_result "$4" || return 0
	ratio=$(ratio "$2" "$4")
	printf '| %s | %s | %s | %s | %s | %s |' "$1" "$(milliseconds "$(value "$2")")" "$3" "$(milliseconds "$(value "$4")")" \
		"$ratio" "$(ratio "$2" "$4" 3)"
	[ -z "${5:-}" ] || printf ' ≤ %s | %s |' "$5" "$(verdict "$ratio" "$5")"
	echo
}

milliseconds() { # MICROSECONDS
	awk -v time="$1" 'BEGIN { printf time < 100000 ? "%.3f ms" : "%.0f ms", time / 1000 }'
}

# plain_row WHAT TEXT GOAL-TEXT VERDICT
plain_row() {
	printf '| %s | %s | %s | %s |\n' "$@"
}

# ---- the machine ----

processor() {
	awk -F ': *' '$1 ~ /^model name/ { print $2; exit }' /proc/cpuinfo
}

versions() {
	printf '%s, %s, %s, %s' "$(crun --version | sed -n '1s/ version//p')" "$(runc --version | sed -n '1s/ version//p')" \
		"$(podman --version | sed 's/ version//')" "$(nsenter --version | sed 's/.*from //')"
	! command -v dockerd >/dev/null || printf ', docker %s' "$(dockerd --version | sed 's/.*version \([^,]*\),.*/\1/')"
}

revision() {
	git -c safe.directory='*' -C "$here" describe --always --dirty 2>/dev/null || echo 'no clone'
}

machine() {
	echo "$(date +%F), oci-crashcart $(revision): \`RUNS=$runs SCALE=$scale make bench\`, $SECONDS seconds."
	echo "Linux $(uname -r), $(nproc) processors ($(processor)), $(awk '$1 == "MemTotal:" { printf "%.0f", $2 / 1048576 }' /proc/meminfo) GiB."
	echo "$(versions); the hook is $(file -b "$HOOK" | grep -q static && echo static || echo dynamic)."
	echo "The load of the machine was $(cut -d' ' -f1 /proc/loadavg) at the end."
}

# ---- many containers ----

# scale_row WHAT NAME [GOAL]: the times at each count, and the last to the first; where there was a last look at the first
# count again, the mean of both is what is compared with.
scale_row() {
	local what=$1 name=$2 goal=${3:-} count ratio
	printf '| %s |' "$what"
	for count in "${steps[@]}"; do
		printf ' %s |' "$(value "$name@$count" | awk '{ printf $1 < 100000 ? "%.2f" : "%.0f", $1 / 1000 }')"
	done
	ratio=$(scale_ratio "$name")
	printf ' %s | %s | %s | %s |\n' "$(value "$name@again" | awk '{ printf "%.2f", $1 / 1000 }')" "$ratio" "$(scale_ratio "$name" 3)" \
		"$([ -z "$goal" ] || echo "≤ $goal, $(verdict "$ratio" "$goal")")"
}

scale_ratio() { # NAME [COLUMN]
	local column=${2:-2}
	awk -v one="$(value "$1@1" "$column")" -v again="$(value "$1@again" "$column")" -v last="$(value "$1@${steps[-1]}" "$column")" \
		'BEGIN { printf "%.2f", last / (again ? (one + again) / 2 : one) }'
}

scale_head() {
	printf '| milliseconds, with so many containers |'
	printf ' %s |' "${steps[@]}"
	printf ' 1 again | %s to 1 | processor time | goal |\n' "${steps[-1]}"
	printf '|---|'
	printf -- '---|%.0s' "${steps[@]}" 1 2 3 4
	echo
}

# chart WHAT NAME: a bar for each count, the longest for the longest time.
chart() {
	local count
	echo "$1"
	for count in "${steps[@]}"; do
		echo "$count $(value "$2@$count")"
	done | awk '
		{ count[NR] = $1; time[NR] = $2; if ($2 > most) most = $2 }
		END {
			for (i = 1; i <= NR; i++) {
				bar = ""
				for (length_of_it = time[i] / most * 60; length_of_it >= 0.5; length_of_it--)
					bar = bar "#"
				printf "%6d |%-60s %9.2f ms %7.2f\n", count[i], bar, time[i] / 1000, time[i] / time[1]
			}
		}'
	echo
}
