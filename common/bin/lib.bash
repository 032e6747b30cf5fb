# shellcheck shell=bash
# What the programs behind a student's make targets share. They take their words from make's command
# line, which make puts into the environment: LAB, TODO, FILE, YES, FORCE, VERIFY.
#
# Exit status: 0 done; 1 not now, and it says why; 3 a word that can't be meant.

# shellcheck source=tests/lib/common.bash
. "${BASH_SOURCE%/*}/../../tests/lib/common.bash"
# shellcheck source=tests/lib/state.bash
. tests/lib/state.bash
# shellcheck source=tests/lib/language.bash
. tests/lib/language.bash
catalogue common

# One sentence of ours, whole: FORMAT is literal, and a msgid of the catalogue as it stands
say() { # FORMAT [ARG...]
	local format=${translation[$1]-$1}
	shift
	# shellcheck disable=SC2059
	printf "$format\n" "$@"
}

die() { # STATUS FORMAT [ARG...]
	local status=$1
	shift
	say "$@" >&2
	exit "$status"
}

# Words, as lines of at most 96 columns
words() {
	xargs | fold -s -w 96 | sed -e 's/^/  /' -e 's/ *$//'
}

# LAB, or the lab of the last check, into the variable lab
choose_lab() {
	if [[ ${LAB-} ]]; then
		lab=$(find_lab "$LAB") ||
			die 3 'No lab is called %s; there are:\n%s' "$LAB" "$(labs | words)"
	elif lab=$(last_checked); then
		say '(no LAB named: %s, which was checked last)' "$lab"
	else
		die 3 'Which lab? Say it as in: make %s LAB=01\nThere are:\n%s' "${0##*/}" "$(labs | words)"
	fi
}

# The numbers of a lab's TODOs, as its checks name them
todo_numbers() { # LAB
	sed -nE 's/^@test .TODO\(([0-9]+)\).*/\1/p' "tests/$1.bats" | sort -un
}

# TODO must be one of the lab's
check_todo() { # LAB TODO
	[[ $'\n'$(todo_numbers "$1")$'\n' == *$'\n'"$2"$'\n'* ]] ||
		die 3 '%s has no TODO(%s); its TODOs are: %s' "$1" "$2" "$(todo_numbers "$1" | xargs)"
}

# The same command for that lab, as it is typed where the student is
typed() { # TARGET [WORD]
	local lab_word=" LAB=${lab%%-*}"
	[[ ! ${IN_LAB-} ]] || lab_word=''
	echo "make $1$lab_word${2:+ $2}"
}
