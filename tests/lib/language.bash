# shellcheck shell=bash
# How the programs speak to a student, in what columns and which language. English stands in the
# programs and the checks themselves. What it is in another language stands in catalogues of gettext's
# format: common/zh.po for what the programs say, labs/NN-name/zh.po for a lab's checks. They are
# looked up when a line is printed, so that nothing else knows of them; what they lack stays English.
#
# A msgid is a text as it stands in the source, but with a plain $name for each expansion in it:
# "$1 pings from $(host)" is found as "$n pings from $host". Sourced after common.bash.

declare -A translation=() # msgid -> msgstr
patterns=() globs=() # the msgids with a $name, and with a * in its place

# Read the catalogue of a folder, where there is one in the student's language
catalogue() { # FOLDER
	local line msgid='' msgstr='' to='' fuzzy=''
	[[ $spoken && -r $1/$spoken.po ]] || return 0
	while IFS= read -r line; do
		case $line in
		'msgid "'*) to=msgid msgid='' msgstr='' line=${line#msgid } ;;
		'msgstr "'*) to=msgstr line=${line#msgstr } ;;
		'#,'*fuzzy*) fuzzy=1 ;;
		esac
		if [[ $to && $line == '"'*'"' ]]; then
			line=${line:1:-1} line=${line//\\\"/\"} line=${line//\\\\/\\}
			printf -v "$to" '%s%s' "${!to}" "$line"
		elif [[ -z $line ]]; then
			entry
		fi
	done < "$1/$spoken.po"
	entry
}

# One entry has been read, into the variables of catalogue
entry() {
	if [[ $msgid && $msgstr && ! $fuzzy ]]; then
		[[ ${translation[$msgid]+there} || $msgid != *\$[a-z_]* ]] || pattern "$msgid"
		translation[$msgid]=$msgstr
	fi
	msgid='' msgstr='' to='' fuzzy=''
}

pattern() { # MSGID
	local part rest=$1 glob=''
	while [[ $rest == *\$* ]]; do
		part=${rest%%\$*} rest=${rest#*\$}
		rest=${rest#"${rest%%[!a-z0-9_]*}"}
		[[ -z $part ]] || printf -v glob '%s%q' "$glob" "$part"
		glob+='*'
	done
	[[ -z $rest ]] || printf -v glob '%s%q' "$glob" "$rest"
	patterns+=("$1") globs+=("$glob")
}

# The translation of exactly this text into REPLY; 1, and the text itself, when there is none
whole() { # TEXT
	local i best='' name result=''
	local -A value=() best_value=()
	REPLY=$1
	[[ $1 ]] || return
	[[ -z ${translation[$1]-} ]] || { REPLY=${translation[$1]} && return; }
	for i in "${!globs[@]}"; do
		# shellcheck disable=SC2053 # a pattern is meant
		[[ $1 == ${globs[i]} && ${#patterns[i]} -gt ${#best} ]] && fits "$1" "${patterns[i]}" || continue
		best=${patterns[i]} best_value=()
		for name in "${!value[@]}"; do best_value[$name]=${value[$name]}; done
	done
	[[ $best ]] || return 1
	best=${translation[$best]}
	while [[ $best == *\$* ]]; do
		result+=${best%%\$*} best=${best#*\$}
		name=${best%%[!a-z0-9_]*} best=${best#"$name"}
		REPLY=${best_value[$name]-}
		value_of "$REPLY"
		result+=$REPLY
	done
	REPLY=$result$best
}

# Is the text one that the pattern makes? Then what stands for each $name is in value: a part of one
# piece, as translate takes a text to pieces.
fits() { # TEXT PATTERN
	local text=${1#"${2%%\$*}"} pattern=${2#*\$} name literal
	while :; do
		name=${pattern%%[!a-z0-9_]*} pattern=${pattern#"$name"}
		literal=${pattern%%\$*}
		if [[ $pattern == "$literal" ]]; then
			value[$name]=${text%"$literal"}
			[[ $text == *"$literal" && ${value[$name]} != *[:\;]\ * ]]
			return
		fi
		value[$name]=${text%%"$literal"*}
		[[ $text == *"$literal"* && ${value[$name]} != *[:\;]\ * ]] || return
		text=${text#*"$literal"} pattern=${pattern#*\$}
	done
}

# The text in the student's language into REPLY: as a whole, or else piece by piece, as it is joined by
# colons and semicolons.
translate() { # TEXT
	local head='' rest=$1 piece
	REPLY=$1
	[[ $spoken ]] && ! whole "$1" || return 0
	while [[ $rest == *[:\;]\ * ]]; do
		piece=${rest%%[:;] *} rest=${rest#"$piece"}
		head+=$piece
		if whole "$head"; then
			head=$REPLY piece=：
			[[ $rest == :* ]] || piece=；
			value_of "${rest:2}"
			REPLY=$head$piece$REPLY
			return
		fi
		head+=${rest::2} rest=${rest:2}
	done
	# the first piece is a name, or what a program said
	piece=${1%%[:;] *} rest=${1#"$piece"}
	value_of "${rest:2}"
	REPLY=$piece${rest::2}$REPLY
}

# The same for a part of a text, which may be another text; a single word is a name, or a number
value_of() { # TEXT
	REPLY=$1
	[[ $1 != *' '* ]] || translate "$1"
}

# Print a text in the student's language; what it is indented by, all its lines are
say() { # TEXT
	local blanks=${1%%[! ]*}
	translate "${1#"$blanks"}"
	wrap $((100 - ${#blanks})) "$REPLY"
	printf '%s\n' "${WRAPPED[@]/#/$blanks}"
}

# ---- columns: a Chinese character takes two -----------------------------------------------------

# the characters that do; and some that a line doesn't begin with, or doesn't end with
two='⺀-⿿　-鿿가-힣豈-﫿︰-﹏＀-｠￠-￦' closing='，。；：、！？）》”' opening='（《“'

# How many columns a text takes, into REPLY
columns() { # TEXT
	local wide=${1//[!$two]/}
	REPLY=$((${#1} + ${#wide}))
}

# A text, and blanks up to that column, into REPLY
padded() { # COLUMNS TEXT
	columns "$2"
	((REPLY < $1)) && printf -v REPLY '%s%*s' "$2" $(($1 - REPLY)) '' || REPLY=$2
}

# Break a text into lines of that many columns, in WRAPPED: at blanks, and beside a character that takes
# two, but not so that a line begins with a comma
wrap() { # COLUMNS TEXT
	local word char last i line='' piece
	local -a words pieces
	WRAPPED=("$2")
	columns "$2"
	((REPLY > $1)) || return 0
	WRAPPED=()
	read -ra words <<< "$2"
	for word in "${words[@]}"; do
		pieces=(" $word")
		if [[ $word == *[$two]* ]]; then
			pieces=(" ${word::1}") last=${word::1}
			for ((i = 1; i < ${#word}; i++)); do
				char=${word:i:1}
				if [[ $last$char == *[$two]* && $char != [$closing] && $last != [$opening] ]]; then
					pieces+=("$char")
				else
					pieces[-1]+=$char
				fi
				last=$char
			done
		fi
		for piece in "${pieces[@]}"; do
			columns "$line$piece"
			if [[ -z $line ]]; then
				line=${piece# }
			elif ((REPLY > $1)); then
				WRAPPED+=("$line") line=${piece# }
			else
				line+=$piece
			fi
		done
	done
	WRAPPED+=("$line")
}
