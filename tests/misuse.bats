#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2030,SC2031,SC2154 # a test is a subshell, with the variables of bats
# Every option of dbg-inject used wrongly, as --help names them, so that none is forgotten: one clear line, and exit status 125.

bats_require_minimum_version 1.5.0
load lab/lab

setup_file() {
	lab_setup_tools
	"$DBG_INJECT" --help | read_help >"$LAB/options"
}

teardown() {
	lab_teardown
}

# "OPTION VALUE-OR-DASH" for each option of --help, short and long. Two blanks or more go before its text.
read_help() {
	sed -nE 's/^ {2,6}(-[^ ].*)/\1/p' | sed 's/  .*//; s/,//g' | awk '{
		value = "-"
		for (i = 1; i <= NF; i++) if ($i !~ /^-/) value = $i
		for (i = 1; i <= NF; i++) if ($i ~ /^-/) print $i, value
	}'
}

options() { # GREP-OPTION...: of $LAB/options, those that take a value (-v " -$") or none
	grep "$@" ' -$' "$LAB/options" | cut -d' ' -f1
}

# one_line ARGUMENT...: 125, nothing on standard output, and one line on standard error that is ours.
one_line() {
	local status=0
	"$DBG_INJECT" "$@" >"$LAB/out" 2>"$LAB/err" </dev/null 3>&- || status=$?
	[ "$status" = 125 ] && [ ! -s "$LAB/out" ] && is_clear
}

is_clear() {
	local lines
	mapfile -t lines <"$LAB/err"
	[ ${#lines[@]} = 1 ] && [[ ${lines[0]} =~ ^dbg-inject:\ [[:print:]]{10,}$ ]]
}

# complain ARGUMENT...: what was seen.
complain() {
	printf 'dbg-inject %s: status and lines are not those of a misuse:\n' "$*"
	cat "$LAB/out" "$LAB/err"
	return 1
}

@test "the options are those of the program" {
	local option
	[ "$(options | wc -l)" -ge 15 ] && [ "$(options -v | wc -l)" -ge 10 ]
	# That no option is missing here is told by completion.bats, for the names; by getopt for what takes a value.
	for option in -u --user -w --workdir -e --env --env-from --profile --cap-add --cap-drop --cgroup --ns --tools; do
		grep -q "^$option [^-]" "$LAB/options" || fail "$option takes a value, and is not seen to"
	done
	assert_equal "$(cut -d' ' -f1 "$LAB/options" | grep '^--' | sort)" \
		"$("$DBG_INJECT" --help | grep -oE '^ {2,6}(-[A-Za-z], )?--[a-z-]+' | grep -oE '\-\-.*' | sort)"
}

@test "a value that is missing, empty or nonsense; one where none is taken" {
	thin_run c
	local option before
	before=$(container_mountinfo c)
	for option in $(options -v); do
		one_line "$option" || complain "$option"
		one_line "$option" '' c true || complain "$option" "''" c true
		# Of a variable that the caller has not, nothing is taken: so any name may be asked for.
		[[ $option =~ ^(-e|--env)$ ]] || one_line "$option" $'\e[31m no such value' c true || complain "$option" ESC c true
		[[ $option != --* ]] || one_line "$option=" c true || complain "$option=" c true
	done
	for option in $(options); do
		if [[ $option = --* ]]; then
			one_line "$option=value" c true || complain "$option=value" c true
		else
			one_line "${option}Z" c true || [[ $option = -[hV] ]] || complain "${option}Z" c true
		fi
	done
	assert_equal "$(container_mountinfo c)" "$before"
}

@test "with a verb that it does not go with: it works, or is one clear line" {
	thin_run c
	local option value status verb wrong=0
	while read -r option value; do
		[[ ! $option =~ ^(-h|--help|-V|--version)$ ]] || continue
		for verb in '--attach c' '--detach c' --list '--status c' '--verify c' --gc '' 'c true'; do
			# Words are containers there, and each has a line.
			[[ $verb != 'c true' || ! $option =~ ^--(attach|detach|verify)$ ]] || continue
			status=0
			set -- "$option"
			[ "$value" = - ] || set -- "$option" "no such value"
			# shellcheck disable=SC2086 # words
			"$DBG_INJECT" "$@" $verb >"$LAB/out" 2>"$LAB/err" </dev/null 3>&- || status=$?
			if [ "$status" = 125 ]; then
				is_clear && [ ! -s "$LAB/out" ] || complain "$@" "$verb"
				wrong=$((wrong + 1))
			else
				# Tools are attached by then, which --verify says.
				[ "$status" = 0 ] || [[ $status = 1 && $verb = --verify* ]] || complain "$@" "$verb"
			fi
		done
	done <"$LAB/options"
	[ "$wrong" -gt 60 ]
}

@test "two of them, each with each: one clear line where there is no such container" {
	local first second value other count=0
	while read -r first value; do
		count=$((count + 1))
		while read -r second other; do
			[[ ! "$first $second" =~ (^|\ )(-h|--help|-V|--version)(\ |$) ]] || continue
			set -- "$first"
			[ "$value" = - ] || set -- "$@" /
			set -- "$@" "$second"
			[ "$other" = - ] || set -- "$@" net
			[[ ! "$first $second" =~ --(list|gc|detach) ]] || set -- "$@" --nonsense
			one_line "$@" no-such-container || complain "$@" no-such-container
		done < <(grep '^--' "$LAB/options" | tail -n "+$count")
	done < <(grep '^--' "$LAB/options")
}
