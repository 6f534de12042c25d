#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2016,SC2030,SC2031,SC2154 # a test is a subshell, with the variables of bats; $(...) is no shell's to expand
# What bash, zsh and fish complete; and that --help, the manual pages and the completions know the same options.

bats_require_minimum_version 1.5.0
load lab/lab
load shells

all_shells=(bash zsh fish)

setup_file() {
	lab_setup_tools
	shells_prepare "$BATS_FILE_TMPDIR"
}

# A directory of its own to press TAB in, with dbg-inject and dbg-tools first on PATH.
setup() {
	export HOME=$BATS_TEST_TMPDIR/home
	mkdir -p "$HOME" "$BATS_TEST_TMPDIR/here" "$BATS_TEST_TMPDIR/programs"
	cp -s "$DBG_INJECT" "$DBG_TOOLS" "$BATS_TEST_TMPDIR/programs/"
	PATH=$BATS_TEST_TMPDIR/programs:$PATH
	cd "$BATS_TEST_TMPDIR/here" || return
}

teardown() {
	cd / || return
	lab_teardown
}

# offers LINE WORD...: each shell offers these for the last word of LINE, and nothing else.
offers() {
	local line=$1 wanted shell
	shift
	wanted=$([ $# -eq 0 ] || printf '%s\n' "$@" | LC_ALL=C sort -u)
	for shell in "${all_shells[@]}"; do
		assert_equal "$(candidates "$shell" "$line")" "$wanted" "what $shell offers for '$line'" || return 1
	done
}

# help_of PROGRAM <LINES: PROGRAM is now one whose --help says LINES; all else is as ever.
help_of() {
	local program=$BATS_TEST_TMPDIR/programs/$1
	cat >"$BATS_TEST_TMPDIR/help.new" # all of it first: it may come from the program that goes
	rm -f "$program"
	mv "$BATS_TEST_TMPDIR/help.new" "$BATS_TEST_TMPDIR/help"
	printf '#!/bin/sh\n[ "$*" != --help ] || exec cat %q\nexec %q "$@"\n' "$BATS_TEST_TMPDIR/help" "$BUILDDIR/$1" >"$program"
	chmod 755 "$program"
}

# a_tree DIRECTORY: a directory with tools, two of them with plain names.
a_tree() {
	mkdir -p "$1/bin"
	touch "$1/bin/strace" "$1/bin/stat" "$1/bin/stab it" "$1/bin/st\$(touch x)" "$1/bin/st\`touch x\`" "$1/bin/-st" "$1/bin/"$'st\nx' "$1/bin/'st"
}

# named ID NAME: a container of that id, that its annotation gives that name.
named() {
	bundle_make "$LAB/bundle"
	jq --arg name "$2" '.annotations = {"nerdctl/name": $name}' "$LAB/bundle/config.json" >"$LAB/bundle/config.new"
	mv "$LAB/bundle/config.new" "$LAB/bundle/config.json"
	bundle_run "$LAB/bundle" "$1"
}

# ---- options ----

@test "--help and the manual page have the same options" {
	local program
	for program in dbg-inject dbg-tools; do
		[ "$(help_options "$program" | wc -l)" -gt 10 ] || fail "$program: hardly an option is seen"
		assert_equal "$(help_options "$program")" "$(man_options "$BATS_TEST_DIRNAME/../man/$program.1")" "options of $program"
	done
}

@test "each option of --help is completed, and no other" {
	local program options
	for program in dbg-inject dbg-tools; do
		mapfile -t options < <(help_options "$program")
		offers "$program -" "${options[@]}"
	done
}

@test "an option of a later --help is completed" {
	{ dbg-inject --help; printf '%s\n' '  -z, --zeal HOW       new' '      --zoom           newer'; } | help_of dbg-inject
	offers 'dbg-inject --z' --zeal --zoom
	offers 'dbg-inject --zoom -z --d --zo' --zoom
}

# Else it would be taken for the container, and all that follows for the command's.
@test "the value of an option is no container" {
	local program option options=()
	mapfile -t options < <(help_values dbg-inject)
	[ ${#options[@]} -gt 3 ]
	for option in "${options[@]}"; do
		offers "dbg-inject $option value --verb" --verbose
		[[ $option != --* ]] || offers "dbg-inject $option=value --verb" --verbose
	done
	offers 'dbg-inject --too value --verb' --verbose
	offers 'dbg-inject value --verb'
	offers 'dbg-inject -- --verb'
}

@test "the verbs of dbg-tools, and the options that each takes" {
	local verb option output offered
	offers 'dbg-tools ' build diff image list pack verify
	offers 'dbg-tools v' verify
	for verb in build diff image list pack verify; do
		for shell in "${all_shells[@]}"; do
			offered=$(candidates "$shell" "dbg-tools $verb --")
			for option in $(help_options dbg-tools | grep '^--' | grep -vx -e --help -e --version -e --quiet -e --verbose); do
				output=$(dbg-tools "$verb" "$option" ./nothing ./nothing 2>&1 </dev/null) || true
				if grep -qxF -- "$option" <<<"$offered"; then
					assert_has_not "$output" "it takes no $option" "$shell: $verb"
				else
					assert_has "$output" "it takes no $option" "$shell: $verb"
				fi
			done
		done
	done
	offers 'dbg-tools --json d' diff
	offers 'dbg-tools -o image ver' verify
}

# ---- values ----

@test "values of options" {
	help_of dbg-inject <<-'END'
		Usage: dbg-inject [OPTION...] CONTAINER

		      --profile same|debug|full  what it may do
		      --cgroup WHOSE   whose limits
		      --env-from WHAT  whose environment
		      --ns LIST        namespaces
		  -e, --env NAME[=VALUE]  a variable
		  -u, --user USER[:GROUP]  who
		  -w, --workdir DIR    where
		      --cap-add NAME, --cap-drop NAME  capabilities
		  -n, --dry-run, --explain
		                       nothing
	END
	offers 'dbg-inject -' --profile --cgroup --env-from --ns -e --env -u --user -w --workdir --cap-add --cap-drop -n --dry-run --explain
	mkdir directory
	offers 'dbg-inject --profile ' same debug full
	offers 'dbg-inject --profile=f' --profile=full
	offers 'dbg-inject --cgroup ' host container session
	offers 'dbg-inject --env-from ' none container
	offers 'dbg-inject --ns p' pid
	offers 'dbg-inject --ns ' mnt net pid ipc uts cgroup user time
	offers 'dbg-inject --ns net,u' net,user net,uts
	offers 'dbg-inject --ns user,net,u' user,net,uts
	offers 'dbg-inject --ns=net,m' --ns=net,mnt
	offers 'dbg-inject --cap-drop SETU' SETUID
	offers 'dbg-inject --cap-add KILL,SYS_PT' KILL,SYS_PTRACE
	export UNUSUAL_NAME=1
	offers 'dbg-inject --env UNUSUAL' UNUSUAL_NAME
	offers 'dbg-inject -n -e UNUSUAL' UNUSUAL_NAME
	offers 'dbg-inject --user '
	offers 'dbg-inject -u '
	offers 'dbg-inject --workdir d'
	offers 'dbg-inject -w d'
	offers 'dbg-inject -nu value --dr' --dry-run
}

@test "capabilities are those of the kernel" {
	local names
	mapfile -t names < <(grep -hoE '^#define CAP_[A-Z_]+\s+[0-9]' /usr/include/linux/capability.h | sed -E 's/.*CAP_([A-Z_]+).*/\1/')
	printf '%s\n' '      --cap-add NAME   one' | help_of dbg-inject
	offers 'dbg-inject --cap-add ' "${names[@]}" ALL
}

@test "values that are files, directories, recipes, presets" {
	mkdir directory
	touch different
	offers 'dbg-inject --tools d' directory different
	offers 'dbg-inject --tools=dir' --tools=directory
	offers 'dbg-tools build --from-root d' directory
	offers 'dbg-tools pack --cache=d' --cache=directory
	offers 'dbg-tools image -o d' directory different
	offers 'dbg-tools image --type ' erofs squashfs ext4
	offers 'dbg-tools pack --size '
	export OCI_CRASHCART_RECIPES=$PWD/recipes:/nowhere
	mkdir -p recipes/presets
	touch recipes/very-unusual.conf 'recipes/very $(touch x).conf' recipes/presets/mine 'recipes/presets/$(touch x)'
	offers 'dbg-tools build --preset ' mine
	offers 'dbg-tools build very-u' very-unusual
	offers 'dbg-tools pack very-u' very-unusual
	offers 'dbg-tools build oci-crashcart-no-such-program'
	offers 'dbg-tools build ./d' ./directory ./different
	[ ! -e x ]
}

@test "programs of the host, for build and pack" {
	touch "$BATS_TEST_TMPDIR/programs/"{very-unusual-program,'very-unusual $(touch x)',very-unusual-file}
	chmod 755 "$BATS_TEST_TMPDIR/programs/"very-unusual{-program,*touch*}
	offers 'dbg-tools build very-unus' very-unusual-program
	offers 'dbg-tools pack very-unus' very-unusual-program
	offers 'dbg-inject --pack c very-unus' very-unusual-program
	offers 'dbg-inject c very-unus'
	offers 'dbg-inject --ns net,pid c very-unus' very-unusual-program
	offers 'dbg-inject --ns=mnt,net c very-unus'
	[ ! -e x ]
}

@test "trees, and the tools of one" {
	a_tree tree
	touch treasure
	local verb
	for verb in list verify diff image; do
		offers "dbg-tools $verb tre" tree
	done
	offers 'dbg-tools diff /x tre' tree
	offers 'dbg-tools list /x tre'
	offers 'dbg-tools verify tree st' strace stat
	offers 'dbg-tools verify --json tree strace st' strace stat
	[ ! -e x ]
}

# ---- words ----

@test "the command is a tool of the tree that is named or configured; then come files" {
	a_tree tree
	touch tree.image file
	offers 'dbg-inject --tools tree c s' strace stat
	offers 'dbg-inject --tools=tree -n c s' strace stat
	offers "dbg-inject --tools '$PWD/tree' c s" strace stat
	offers 'dbg-inject --tools tree -- c s' strace stat
	offers 'dbg-inject --tools tree c -- s' strace stat
	offers 'dbg-inject --tools tree.image c s'
	offers 'dbg-inject --tools nothing c s'
	offers 'dbg-inject --tools tree c -'
	offers 'dbg-inject --tools tree c strace fi' file
	offers 'dbg-inject --tools tree c -- strace fi' file
	offers 'dbg-inject --tools tree c ./fi' ./file
	configure "tools = $PWD/tree"
	offers 'dbg-inject c s' strace stat
	configure "tools = $PWD/tree.image"
	offers 'dbg-inject c s'
	[ ! -e x ]
}

@test "nothing that is typed is executed" {
	local shell word
	for word in '$(>x)' '`>x`' '$(touch x)' '(touch x)' '"$(>x)"' '${x:=$(>x)}' 'a[$(>x)]' '--tools=$(>x)' '--$(>x)' '-$(>x)' '--tools[$(>x)]'; do
		for shell in "${all_shells[@]}"; do
			press_tab "$shell" "dbg-inject --tools $word c s" >/dev/null
			press_tab "$shell" "dbg-inject $word -" >/dev/null
			press_tab "$shell" "dbg-inject $word" >/dev/null
			press_tab "$shell" "dbg-inject --profile $word" >/dev/null
			press_tab "$shell" "dbg-tools $word " >/dev/null
			press_tab "$shell" "dbg-tools verify $word s" >/dev/null
			[ ! -e x ] || fail "$shell has executed $word"
		done
	done
}

# ---- containers ----

@test "containers by name, and by id when some of it is typed; those that run" {
	offers 'dbg-inject '
	thin_run web
	thin_run other.one-1_2
	local id
	id=$(container_id web)
	mkdir -p "$LAB/none.d"
	HOOKS_DIR=$LAB/none.d container_run "$RUNTIME" no-hook --network none -- thin
	offers 'dbg-inject ' web other.one-1_2 no-hook
	offers 'dbg-inject w' web
	offers "dbg-inject ${id:0:6}" "${id:0:12}"
	offers 'dbg-inject -n --tools x w' web
	offers 'dbg-inject -- w' web
	offers 'dbg-inject --status w' web
	offers 'dbg-inject --status web w'
	offers 'dbg-inject --verify web w' web
	offers 'dbg-inject --attach w' web
	offers 'dbg-inject --attach web o' other.one-1_2
	offers 'dbg-inject --list w'
	offers 'dbg-inject --gc w'
	offers 'dbg-inject --detach '
	dbg-inject --attach web
	offers 'dbg-inject --detach ' web
	offers 'dbg-inject --det other.one-1_2 ' web
}

@test "a container that has ended is not offered" {
	bundle_make "$LAB/bundle"
	bundle_run "$LAB/bundle" web
	bundle_run "$LAB/bundle" over
	offers 'dbg-inject ' web over
	kill -KILL "$(cat "$LAB/over.pid")"
	wait_for 20 gone "$(cat "$LAB/over.pid")"
	dbg-inject --list | grep 'over.*ended'
	offers 'dbg-inject ' web
}

@test "a name that is not plain is not offered, but the id; and nothing of it is executed" {
	named plain-id 'plain_name'
	named id-1 '$(touch x)'
	named id-2 'two words'
	named id-3 "quote'd \"twice\""
	named id-4 '-rf'
	named id-5 $'new\nline'
	named id-6 '`touch x`'
	named id-7 '; touch x'
	named id-8 $'\e[31mred'
	named id-9 'a", "name": "forged'
	offers 'dbg-inject ' plain_name id-{1,2,3,4,5,6,7,8,9}
	offers 'dbg-inject forg'
	offers 'dbg-inject two'
	offers 'dbg-inject -r'
	[ ! -e x ]
	dbg-inject --list | grep -F '$(touch x)'
}
