# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# shellcheck disable=SC2016 # the shells under test expand
#
# bash, zsh and fish as somebody at a keyboard has them, with our completion, for tests/completion.bats. They find dbg-inject
# and dbg-tools on PATH, and the completions below BUILDDIR.

# What bash and zsh are told first. `show` prints its words but for the first SKIP, a line each. M-* inserts all candidates.
shells_prepare() { # DIRECTORY
	export SHELLS=$1
	cat >"$SHELLS/common" <<-'END'
		PS1='> '
		show() { shift "$SKIP"; printf '<%s>\n' "$@"; echo '<the end>'; }
	END
	cat >"$SHELLS/bash" <<-'END'
		. "$SHELLS/common"
		. "$BUILDDIR/completion/bash/dbg-tools"
		bind 'set completion-query-items 0' 'set page-completions off'
	END
	cat >"$SHELLS/zsh" <<-'END'
		. "$SHELLS/common"
		unset zle_bracketed_paste
		LISTMAX=-1000000
		fpath=("$BUILDDIR/completion/zsh" $fpath)
		autoload -U compinit
		compinit -C -d "$SHELLS/zsh.dump"
		zle -C all-matches complete-word _generic
		bindkey '^[*' all-matches
		bindkey '^I' complete-word # not expand-or-complete, which executes what it expands
		zstyle ':completion:all-matches::::' completer _all_matches _complete
		zstyle ':completion:all-matches*' insert yes
		# It is ready when its editor has the terminal: before, ^U would be the terminal's, which takes all that was typed.
		zle-line-init() { zle -D zle-line-init; print READY; }
		zle -N zle-line-init
	END
	# zsh reads from a terminal alone.
	cat >"$SHELLS/type.zsh" <<-'END'
		zmodload zsh/zpty
		zpty child 'TERM=dumb zsh -f -i'
		zpty -w child '. "$SHELLS/zsh"'
		until zpty -r child chunk && [[ $chunk == *READY* ]]; do :; done
		zpty -w child "$1"
		while zpty -r child chunk; do
			print -rn -- "$chunk"
			[[ $chunk != *'<the end>'* ]] || break
		done
	END
}

# type_keys SHELL KEYS: what bash or zsh prints when these keys are pressed, and then Return.
type_keys() {
	case $1 in
	bash) timeout 60 bash --noprofile --rcfile "$SHELLS/bash" -i <<<"$2" 2>&1 ;;
	zsh) timeout 60 zsh -f "$SHELLS/type.zsh" "$2" 2>&1 ;;
	esac
}

# candidates SHELL LINE: what is offered for the last word of LINE, a line each, sorted. The words before have no blanks.
candidates() {
	local words partial=${2##* }
	read -ra words <<<"${2% *}"
	if [ "$1" = fish ]; then
		timeout 60 fish -N -c '
			set fish_complete_path $BUILDDIR/completion/fish
			complete -C $argv[1] | string replace -r \t.\* ""
		' "$2"
	else
		SKIP=${#words[@]} type_keys "$1" "$2"$'\e*\001show ' | tr -d '\r' | sed -n 's/^<\(.*\)>$/\1/p' | grep -vxF 'the end'
	fi | sed 's,/$,,' | grep -vxF -- "$partial" | LC_ALL=C sort -u
}

# press_tab SHELL LINE: completes, and executes nothing of it.
press_tab() {
	if [ "$1" = fish ]; then
		candidates fish "$2"
	else
		SKIP=0 type_keys "$1" "$2"$'\t\025show '
	fi
}

# ---- what the programs say of themselves ----

# help_options PROGRAM: the options of --help, a line each, sorted.
help_options() {
	"$1" --help | grep -E '^ {2,6}-' | sed -E 's/^ +//; s/  .*//' | grep -oE '(^|[ ,])--?[A-Za-z][a-z-]*' | tr -d ' ,' |
		LC_ALL=C sort -u
}

# help_values PROGRAM: those of them that take a value.
help_values() {
	"$1" --help | grep -E '^ {2,6}-' | sed -E 's/^ +//; s/  .*//' | grep -E '[a-z] [^-]' | grep -oE '(^|[ ,])--?[A-Za-z][a-z-]*' |
		tr -d ' ,' | LC_ALL=C sort -u
}

# man_options PAGE: the options of the section OPTIONS.
man_options() {
	sed -n '/^\.Sh OPTIONS/,/^\.Sh [^O]/s/^\.It Fl //p' "$1" | awk '{
		for (i = 1; i <= NF && $i !~ /^(Ar|Cm|Op|Oo|Ns|Xo|Po|No)$/; i++)
			if ($i != "," && $i != "Fl")
				print "-" $i
	}' | LC_ALL=C sort -u
}
