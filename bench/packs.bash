# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# shellcheck disable=SC2016,SC2154 # backquotes are those of Markdown; variables are those of bench/run, and of tests/lab

# --- a tool that neither the container nor a tree has ---

# What oc-inject does, with podman in place of oc: an executable and the libraries that it names are copied into the
# container, and run there by their loader. The copies stay.
write_copy_in() {
	cat >"$work/copy-in" <<-END
		#!/bin/bash
		set -e
		dir=\$(mktemp -d)
		cp "$(command -v strace)" \$(ldd "$(command -v strace)" | grep -o '/[^ ]*') "\$dir"
		podman cp "\$dir" bench:/injected
		rm -r "\$dir"
		exec podman exec bench /injected/$(loader) --library-path /injected /injected/strace -V
	END
	chmod +x "$work/copy-in"
}

loader() {
	ldd "$(command -v strace)" | sed -n 's|^\t*/.*/\(ld[^ ]*\) .*|\1|p'
}

packs() { # RUNS
	local PATH=${DBG_TOOLS%/*}:$PATH # where dbg-inject looks for it
	container_run crun bench --network none -- thin
	write_copy_in
	echo "pack-cache = $work/cache" >>"$OCI_CRASHCART_CONFIG"
	add pack-cold /dev/null "rm -rf $work/cache" "$DBG_INJECT --pack --tools $work/none bench strace -V"
	add copy-in /dev/null '' "$work/copy-in"
	measure "$(($1 / 10 + 1))"
	add pack-warm /dev/null '' "$DBG_INJECT --pack --tools $work/none bench strace -V"
	measure "$(($1 / 4 + 1))"
	podman rm -f -t 0 bench >/dev/null
}

# --- trees and images ---

bytes() {
	du -s --apparent-size --block-size=1 "$1" | cut -f1
}

# Sizes, and how long it takes: of a preset's tree, of the same again, and of its images.
sizes() {
	local preset type
	echo '| preset | tree | built in | again | erofs | squashfs | ext4 |'
	echo '|---|---|---|---|---|---|---|'
	for preset in minimal net trace full; do
		add "build-$preset" /dev/null "rm -rf $work/$preset" "$DBG_TOOLS build -q -o $work/$preset --preset $preset"
		add "again-$preset" /dev/null '' "$DBG_TOOLS build -q -o $work/$preset --preset $preset"
		measure 3 0
		for type in erofs squashfs ext4; do
			"$DBG_TOOLS" image -q -o "$work/$preset.$type" "$work/$preset"
		done
		awk -v name="$preset" -v tree="$(bytes "$work/$preset")" -v erofs="$(bytes "$work/$preset.erofs")" \
			-v squashfs="$(bytes "$work/$preset.squashfs")" -v ext4="$(bytes "$work/$preset.ext4")" '
			{ time[$1] = $2 / 1000000 }
			END { printf "| %s | %.1f MB | %.2f s | %.2f s | %.1f MB | %.1f MB | %.1f MB |\n", name, tree / 1e6,
				time["build-" name], time["again-" name], erofs / 1e6, squashfs / 1e6, ext4 / 1e6 }' "$work/results"
		rm -rf "${work:?}/$preset" "${work:?}/$preset".*
	done
}
