# shellcheck shell=bash
# How a check speaks when it is red: what was sent, what was expected, what came.

# What the next expectations are about; shown when one of them fails
sent() {
	SENT=$*
}

# The end of a check that is red; of what came, SHOWN lines are shown
red() { # EXPECTED CAME [COMMAND]
	[[ -z ${SENT-} ]] || echo "sent      ${SENT//$'\n'/$'\n'          }"
	[[ -z ${3-} ]] || echo "command   $3"
	echo "expected  $(sed '2,$s/^/          /' <<< "$1")"
	echo "came      $(head -n "${SHOWN:-12}" <<< "${2:-nothing}" | cut -c 1-152 | sed '2,$s/^/          /')"
	local i
	for ((i = 1; i < ${#FUNCNAME[@]}; i++)); do
		[[ ${BASH_SOURCE[i]} == *tests/lib/* ]] && continue
		echo "check     tests/$LAB.bats:${BASH_LINENO[i - 1]}"
		break
	done
	return 1
}

# Run a command; its end is STATUS, what it said is OUT, cut where it gets too long. (A file between
# us, not a pipe: a flood ends at the file size limit, and nobody who keeps the other end open can
# make us wait; a new one each time, for such a one may write on. And no process to read it.)
capture_output() { # CMD...
	local file=${TMPDIR:-/tmp}/output.$EPOCHREALTIME
	STATUS=0 OUT=''
	"$@" > "$file" 2>&1 3>&- || STATUS=$?
	IFS= read -r -N 4000 OUT < "$file" || true
	((STATUS < 128)) || OUT=$(plain_end "$OUT")
	while [[ $OUT == *$'\n' ]]; do OUT=${OUT%$'\n'}; done
	[[ ! $OUT =~ [^$'\n']{161} ]] || OUT=$(cut -c 1-160 <<< "$OUT")
}

# A command must succeed
expect() { # EXPECTED CMD...
	local what=$1
	shift
	capture_output "$@"
	((STATUS == 0)) || red "$what" "${OUT:+$OUT
}exit status $STATUS" "$(as_typed "$@")"
}

# A command must fail, with a message that says this
refuse() { # EXPECTED WORDS CMD...
	local what=$1 words=$2
	shift 2
	capture_output "$@"
	[[ $STATUS != 0 && $STATUS -lt 124 && $OUT == *"$words"* ]] ||
		red "$what; the message has the words: $words" "${OUT:+$OUT
}exit status $STATUS" "$(as_typed "$@")"
}

# A command as a person would type it in `make shell`
as_typed() { # CMD...
	local words=${*//$BIN\//}
	words=${words#as_student }
	echo "${words#in_}"
}

# Two values must be the same
equal() { # WHAT EXPECTED CAME
	[[ $2 == "$3" ]] || red "$1: ${2:-none}" "$3"
}

# An answer in answers.txt must be right. The wanted one isn't shown: it is found where we look, too.
answered() { # KEY WANT WHERE
	local came
	came=$(answer "$1")
	[[ $came == "$2" ]] || red "$1 in answers.txt is what you see there: $3" \
		"${came:-nothing behind \"$1 =\"}"
}

# A count must be reached. For what others may add to: a line in the trace, say, that a program of
# another sandbox printed just like ours
no_less() { # WHAT WANT CAME
	(($3 >= $2)) || red "$1: $2" "$3"
}
