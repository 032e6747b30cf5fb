# shellcheck shell=bash
# How a check speaks when it is red: what was sent, what was expected, what came.

# What the next expectations are about; shown when one of them fails
sent() {
	SENT=$*
}

# The end of a check that is red
red() { # EXPECTED CAME [COMMAND]
	[[ -z ${SENT-} ]] || echo "sent      $SENT"
	[[ -z ${3-} ]] || echo "command   $3"
	echo "expected  $(sed '2,$s/^/          /' <<< "$1")"
	echo "came      $(head -n 12 <<< "${2:-nothing}" | sed '2,$s/^/          /')"
	local i
	for ((i = 1; i < ${#FUNCNAME[@]}; i++)); do
		[[ ${BASH_SOURCE[i]} == */tests/lib/* ]] && continue
		echo "check     tests/$LAB.bats:${BASH_LINENO[i - 1]}"
		break
	done
	return 1
}

# A command must succeed
expect() { # EXPECTED CMD...
	local what=$1 out status=0
	shift
	out=$("$@" 2>&1 3>&-) || status=$?
	((status == 0)) || red "$what" "${out:+$out
}exit status $status" "${*//$BIN\//}"
}

# A command must fail, with a message that says this
refuse() { # EXPECTED WORDS CMD...
	local what=$1 words=$2 out status=0
	shift 2
	out=$("$@" 2>&1 3>&-) || status=$?
	[[ $status != 0 && $status -lt 124 && $out == *"$words"* ]] ||
		red "$what; the message has the words: $words" "${out:+$out
}exit status $status" "${*//$BIN\//}"
}

# Two values must be the same
equal() { # WHAT EXPECTED CAME
	[[ $2 == "$3" ]] || red "$1: $2" "$3"
}
