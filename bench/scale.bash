# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# shellcheck disable=SC2016,SC2034,SC2154 # backquotes are those of Markdown; variables are those of bench/run, and of tests/lab
#
# The same, with more and more containers on the node (tests/lab/fleet.bash).

# sessions_at RUNS: in the first container of the fleet, found by its name, and by its whole id.
sessions_at() {
	local true=/dev/crashcart/bin/true
	bench_configure ""
	"$DBG_INJECT" -q --attach --tools "$work/tools" web-1
	add inject /dev/null '' "$DBG_INJECT web-1 $true"
	add inject-id /dev/null '' "$DBG_INJECT ${fleet[0]} $true"
	add nsenter /dev/null '' "$(command -v nsenter) -t $(fleet_pid "${fleet[0]}") -m -p -i -u -r -w $true"
	measure "$1" 2 "$patience"
	# Apart: after thousands of containers, the next call would find nothing of its own in the processor's caches.
	add list /dev/null '' "$DBG_INJECT --list"
	measure "$1" 2 "$patience"
	"$DBG_INJECT" -q --detach web-1
	add inject-cold /dev/null '' "$DBG_INJECT -q --tools $work/tools --rm web-1 $true"
	measure "$1" 2 "$patience"
}

# many_at_once: --attach of a thousand, or of all that there are.
many_at_once() {
	local ids=("${fleet[@]:0:1000}")
	printf '%s\n' "${ids[@]}" >"$work/ids"
	say many "${#ids[@]}"
	cat >"$work/each" <<-END
		#!/bin/sh
		exec xargs -a "$work/ids" -n 1 "$DBG_INJECT" -q --attach --tools "$work/tools"
	END
	chmod +x "$work/each"
	add attach-many /dev/null "xargs -a $work/ids $DBG_INJECT -q --detach" "$DBG_INJECT -q --attach --tools $work/tools ${ids[*]}"
	add attach-each /dev/null "xargs -a $work/ids $DBG_INJECT -q --detach" "$work/each"
	measure 3 0
	"$DBG_INJECT" -q --detach "${ids[@]}"
}

# at_count RUNS: everything, with the containers that there are.
at_count() {
	stages "$1"
	whole_runs "$1"
	wrapped "$1"
	sessions_at "$1"
	say memory "$(peak_of dbg-inject "$DBG_INJECT" -q --tools "$work/tools" --rm web-1 true)"
	say list-memory "$(peak_of dbg-inject "$DBG_INJECT" --list)"
}

available() {
	awk '$1 == "MemAvailable:" { print $2 }' /proc/meminfo
}

# scale_steps COUNT: 1, 10, 100 and so on, and COUNT.
scale_steps() {
	local count
	for ((count = 1; count < $1; count *= 10)); do
		steps+=("$count")
	done
	steps+=("$1")
}

scale_up() { # RUNS
	local at count started before=0 first=0
	scale_steps "$scale"
	for count in "${steps[@]}"; do
		progress "$count containers"
		before=$(available)
		first=${#fleet[@]}
		started=$EPOCHREALTIME
		fleet_grow "$count"
		at='' say container-kib $(((before - $(available)) / (count > first ? count - first : 1)))
		at=@$count
		say started $(((${EPOCHREALTIME/./} - ${started/./}) / 1000000))
		at_count "$1"
		[ "$count" -ge 1000 ] && ! has_result attach-many && at='' many_at_once
	done
	at=''
	has_result attach-many || many_at_once
	say masters "$(df --output=iused "$OCI_CRASHCART_STATE_DIR/ctr" | tail -n 1)"
	say masters-limit "$(df --output=itotal "$OCI_CRASHCART_STATE_DIR/ctr" | tail -n 1)"
	say masters-kib "$(df --output=used -k "$OCI_CRASHCART_STATE_DIR/ctr" | tail -n 1)"
	progress "back to one"
	started=$EPOCHREALTIME
	fleet_shrink 1
	say removed $(((${EPOCHREALTIME/./} - ${started/./}) / 1000000))
	at=@again at_count "$1"
}

scale_rows() {
	scale_head
	scale_row 'the hook at prestart' hook-prestart 1.2
	scale_row 'the hook at poststart' hook-poststart 1.2
	scale_row 'the hook at poststop' hook-poststop 1.2
	scale_row '`crun run` with our three stages' run-ours 1.2
	scale_row '`crun run` by `oci-crashcart-runtime`' run-wrapped 1.2
	scale_row '`dbg-inject C true`, attached, C a name' inject 1.2
	scale_row '`dbg-inject C true`, attached, C a whole id' inject-id 1.2
	scale_row '`dbg-inject --rm C true`, not attached' inject-cold 1.2
	scale_row '`dbg-inject --list`' list
	scale_row 'beside: a static program that only exits' exit
	scale_row 'beside: `crun run` with three static no-op hooks' run-no-op
	scale_row 'beside: `nsenter`' nsenter
}

# Time per container with all of them, against that with a fifth to a half of them.
list_is_linear() {
	awk -v all="$(value "list@${steps[-1]}")" -v some="$(value "list@${steps[-2]}")" -v one="$(value list@1)" \
		-v count="${steps[-1]}" -v fewer="${steps[-2]}" 'BEGIN { printf "%.2f", (all - one) / (count - 1) / ((some - one) / (fewer - 1)) }'
}

# The most that a call of ours grows.
worst() {
	local name
	for name in hook-prestart hook-poststart hook-poststop run-ours run-wrapped inject inject-id inject-cold; do
		scale_ratio "$name" && echo
	done | sort -n | tail -n 1
}

many_rows() {
	local last=${steps[-1]} ratio linear
	ratio=$(worst)
	plain_row "any of these with $last containers on the node, to the same with one: the worst" "$ratio" '≤ 1.2' "$(verdict "$ratio" 1.2)"
	ratio=$(awk -v all="$(value attach-many)" -v each="$(value attach-each)" 'BEGIN { printf "%.2f", all / each }')
	plain_row "\`--attach\` to $(value many) in one call, against $(value many) calls" \
		"$(milliseconds "$(value attach-many)") against $(milliseconds "$(value attach-each)"): $ratio" '≤ 0.2' "$(verdict "$ratio" 0.2)"
	plain_row "\`--list\` of $last" "$(milliseconds "$(value "list@$last")")" '< 100 ms' "$(verdict "$(value "list@$last")" 100000)"
	[ "${steps[-2]}" -lt 1000 ] || {
		linear=$(list_is_linear)
		plain_row "\`--list\`: time for each further container, up to $last against up to ${steps[-2]}" "$linear" \
			'linear: ≤ 1.2' "$(verdict "$linear" 1.2)"
	}
}

scale_words() {
	local last=${steps[-1]}
	echo "$last containers: the last $((last - steps[-2])) were started in $(value "started@$last") seconds, and all removed in $(value removed)."
	[ "$scale" -lt 1000 ] || echo "A container takes $(value container-kib) KiB of the machine's memory, with all that crun and the kernel have for it."
	echo "The masters' tmpfs had $(value masters) of $(value masters-limit) files, and $(value masters-kib) KiB."
}

charts() {
	echo '```text'
	chart 'the hook at prestart' hook-prestart
	chart 'the hook at poststart' hook-poststart
	chart 'the hook at poststop' hook-poststop
	chart 'crun run with our three stages' run-ours
	chart 'dbg-inject C true, attached, by name' inject
	chart 'dbg-inject --rm C true, not attached, by name' inject-cold
	chart 'dbg-inject --list' list
	echo '```'
}
