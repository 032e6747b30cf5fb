# shellcheck shell=bash
# What is remembered from one command to the next; sourced after common.bash. Plain text, each written
# whole and renamed; a tree that can't be written (read-only, full) costs the memory, never a command.
#
#	build/student/LAB/.verdict   the last whole check of the lab: `make clean` forgets it
#	build/student/LAB/.hints     "TODO RUNGS" a line: how far `make hint` has gone
#	progress                     a line a lab, by its name without the number: it outlives `make clean`,
#	                             new editions of the workbook, and other labs put before it
#
# .verdict has "started SECONDS", "verdict WORD", "next CHECK" (or the beginning of its name), and "green",
# "red" or "skip" with a check's name for each.

verdict_of() { echo "build/student/$1/.verdict"; }
hints_of() { echo "build/student/$1/.hints"; }

# Standard input becomes FILE, whole or not at all
replace() { # FILE
	[[ $1 != */* || -d ${1%/*} ]] || mkdir -p "${1%/*}" 2> /dev/null
	{ cat > "$1.new.$$" && mv -f "$1.new.$$" "$1"; } 2> /dev/null && return
	rm -f "$1.new.$$" 2> /dev/null
	return 1
}

# "LAB POINTS" for every lab, as its checks say
points_of_labs() {
	awk '
	/^# bats test_tags=/ { author = /author/ }
	/^@test / {
		lab = FILENAME
		gsub(/^.*\/|\.bats$/, "", lab)
		sum[lab] += 0
		if (!author && match($0, /\[[0-9]+\]["\047] \{$/))
			sum[lab] += substr($0, RSTART + 1)
		author = 0
	}
	END { for (lab in sum) print lab, sum[lab] }' tests/[0-9][0-9]-*.bats
}

# A lab's whole check has ended. A TODO that is green needs no hints: its ladder starts over.
remember() { # LAB VERDICT STARTED NEXT RESULTS POINTS ALL-POINTS
	local todo rungs kept=''
	if [[ -e $(hints_of "$1") && $2 != error ]]; then
		while read -r todo rungs; do
			[[ $5 != *$'\nred TODO('"$todo)"* ]] || kept+="$todo $rungs"$'\n'
		done < "$(hints_of "$1")"
		replace "$(hints_of "$1")" <<< "${kept%$'\n'}"
	fi
	printf 'started %s\nverdict %s\nnext %s%s\n' "${3/,/.}" "$2" "$4" "$5" | replace "$(verdict_of "$1")"
	[[ $2 == error ]] || remember_progress "${1#*-}" "$2" "$6" "$7"
	return 0
}

# Two checks at once wait for each other, so that no line is lost. PROGRESS=again forgets what was
# better once: `make progress VERIFY=1`.
remember_progress() { # NAME VERDICT POINTS ALL-POINTS
	local lock now best=$3 passed=- others name points of most when rest
	(
		{ mkdir -p build && exec {lock}> build/.progress.lock && flock -w 5 "$lock"; } 2> /dev/null
		printf -v now '%(%Y-%m-%dT%H:%M)T' -1
		others=$'# lab  points  of  best  passed  checked: written by `make check`; yours to keep\n'
		while read -r name points of most when rest; do
			if [[ $name != "$1" ]]; then
				[[ $name == '#'* || -z $name ]] || others+="$name $points $of $most $when $rest"$'\n'
			elif [[ ${PROGRESS-} != again ]]; then
				passed=$when
				[[ ! $most =~ ^[0-9]+$ ]] || ((most <= best)) || best=$most
			fi
		done < <(cat progress 2> /dev/null)
		[[ $2 != pass || $passed != - ]] || passed=$now
		replace progress <<< "$others$1 $3 $4 $best $passed $now"
	)
}

# The last whole check of a lab -> verdict, next, started, green_checks, red_checks; 1 if there is none
# shellcheck disable=SC2034 # for the caller
recall() { # LAB
	local key value
	verdict='' next='' started=0 green_checks=() red_checks=()
	[[ -r $(verdict_of "$1") ]] || return 1
	while read -r key value; do
		case $key in
		verdict) verdict=$value ;;
		next) next=$value ;;
		started) started=$value ;;
		green) green_checks+=("$value") ;;
		red) red_checks+=("$value") ;;
		esac
	done < "$(verdict_of "$1")"
	[[ $verdict ]]
}

# The files of a lab that are built or checked, one a line
watched() { # LAB
	local file
	for file in "labs/$1"/*.{c,h,sh,table,txt} headers/*.h; do
		[[ ! -f $file ]] || echo "$file"
	done
}

# Was a file of the lab saved after its last check began, or deleted?
outdated() { # LAB, after recall
	local files starter
	for starter in "$(given "$1")"/*; do
		[[ ! -e $starter || -e labs/$1/${starter##*/} ]] || return 0
	done
	mapfile -t files < <(watched "$1")
	[[ $(find "${files[@]}" -maxdepth 0 -newermt "@$started" -print -quit) ]]
}

# The lab that was checked last; 1 if none was
last_checked() {
	local file newest=''
	for file in build/student/*/.verdict; do
		if [[ -e $file && -d labs/${file:14:-9} && (! $newest || $file -nt $newest) ]]; then
			newest=$file
		fi
	done
	[[ $newest ]] && echo "${newest:14:-9}"
}

# Has a lab ever passed?
has_passed() { # LAB
	local name since _
	while read -r name _ _ _ since _; do
		[[ $name != "${1#*-}" || $since == - ]] || return 0
	done < <(cat progress 2> /dev/null)
	recall "$1" && [[ $verdict == pass ]]
}
