# shellcheck shell=bash
# What grade and grade-one share: hand-ins and their names, the isolations, limits. Sourced.

# shellcheck source=tests/lib/common.bash
. "$(dirname "${BASH_SOURCE[0]}")/../../tests/lib/common.bash"

# strangers' programs get a machine that is thrown away, unless somebody says that they may run here
export ISOLATION=${ISOLATION:-vm}

# shellcheck disable=SC2034 # for grade-one
# a hand-in, the memory of all that runs for it, and what it may say
max_entry=33554432 memory_mb=1024 max_stream=8000000

# -- labs

# 01,03-06 -> the names of those labs
labs_of() { # LIST
	local part from to lab found
	[[ $1 ]] || { labs && return; }
	for part in ${1//,/ }; do
		from=${part%-*} to=${part#*-}
		[[ $from =~ ^[0-9]+$ && $to =~ ^[0-9]+$ ]] || { find_lab "$part" || return; continue; }
		found=''
		for lab in $(labs); do
			((10#${lab%%-*} >= 10#$from && 10#${lab%%-*} <= 10#$to)) && echo "$lab" && found=1
		done
		[[ $found ]] || return 1
	done | sort -u
	return "${PIPESTATUS[0]}"
}

# What a grade hangs on besides the hand-in: this tree, and an instructor's own checks
digest_of_tree() { # LAB...
	local files=("${@/#/tests/}")
	find Makefile common tests/lib "${@/#/labs/}" "${files[@]/%/.bats}" ${TESTS:+"$TESTS"} -type f -print0 |
		sort -z | xargs -0 sha256sum | sha256sum | cut -c 1-64
}

# What the verdicts need to know besides, as JSON: the labs, and the plan of their checks
class_facts() { # LAB...
	local lab
	for lab; do
		printf 'lab\t%s\t%s\t%s\n' "$lab" "$(meta "$lab" weight)" "$(meta "$lab" title)"
		checks "$lab" | grep -v ^author | sed "s/^/plan\t$lab\tpublic\t/"
		[[ ! -e ${TESTS:-/nonexistent}/$lab.bats ]] ||
			checks "$lab" "$TESTS" | grep -v ^author | sed "s/^/plan\t$lab\thidden\t/"
	done | jq -R -s -c 'split("\n") | map(split("\t")) | {
		labs: map(select(.[0] == "lab") | {lab: .[1], weight: (.[2] | if . == "" then 1 else tonumber end), title: .[3]}),
		plan: map(select(.[0] == "plan")[1:] | join("\t"))}'
}

# -- hand-ins

# tree, archive, bundle; none for what is no folder and no file
form_of() { # HAND-IN
	if [[ -L $1 ]]; then
		echo none
	elif [[ -d $1 ]]; then
		echo tree
	elif [[ ! -f $1 ]]; then
		echo none
	elif [[ $1 == *.bundle ]]; then
		echo bundle
	else
		echo archive
	fi
}

# The name of the student: that of the hand-in, without what tells its kind
student_of() { # HAND-IN
	local name=${1##*/}
	[[ -d $1 && ! -L $1 ]] || name=$(sed -zE 's/\.(tar\.(gz|xz|bz2|zst)|tgz|tar|zip|bundle)$//I' < <(printf %s "$name") | tr -d '\0')
	[[ ! -d $1 ]] || name=${name%.git}
	printf '%s\n' "${name//[[:cntrl:]]/?}"
}

# A name for files that no program takes for anything else
key_of() { # STUDENT
	local name=$1
	name=${name//'%'/%25} name=${name//'/'/%2F} name=${name//'"'/%22} name=${name//"'"/%27}
	name=${name//'<'/%3C} name=${name//'>'/%3E} name=${name//'&'/%26} name=${name//'?'/%3F}
	# shellcheck disable=SC1003
	name=${name//'\'/%5C} name=${name//'#'/%23}
	name=${name/#-/%2D} name=${name/#./%2E}
	printf '%s\n' "$name"
}

# The number that this hand-in's users and its checks' random numbers come from: seven digits, the same
# each time, and nobody else's, though he hands in the same files: two who shared one would be mistaken
# for each other where they are checked at the same time
seed_of() { # SALT STUDENT DIGEST
	local sum
	sum=$(printf '%s\n' "$@" | sha256sum)
	echo $((5000000 + 16#${sum:0:8} % 4999999))
}

# What stands in a hand-in as one stream, with a limit; nothing of it is followed
stream_of() { # HAND-IN
	case $(form_of "$1") in
	tree)
		timeout 60 tar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner --format=gnu \
			--ignore-failed-read -C "$1" -cf - . 2> /dev/null
		;;
	none) ;;
	*) cat -- "$1" ;;
	esac < /dev/null | head -c $((max_entry + 1))
}

# -- isolations: isolation_NAME SECONDS FORM LAB... reads a hand-in and prints what tests/lib/graded says.
# The line that it runs is the same for each. Of the variables it needs GRADE_SEED, and GRADE_UNTOUCHED=1
# and GRADE_CHECKS where they are set; without GRADE_PASSED nothing is shared.

isolation_sandbox() { # SECONDS FORM LAB...
	local seconds=$1 pid=$BASHPID file
	shift
	for file in $cage; do echo "$pid" > "$file"; done
	# each dies with the one before: nothing outlives a grader that is killed (SANDBOX_FOR: nor before it can)
	SANDBOX_FOR=$$ exec setpriv --pdeathsig KILL timeout --foreground -k 10 "$seconds" \
		setpriv --pdeathsig KILL setsid nice tests/lib/sandbox --trace tests/lib/graded "$@"
}

# In a machine of its own (docs/vm.md). All machines of a class have the same tree as a disk, made by the
# first one.
isolation_vm() { # SECONDS FORM LAB...
	local seconds=$1 form=$2 machine=${GRADE_MACHINE:-$out/.work/machine}-${GRADE_TREE:0:12} lock
	shift 2
	exec {lock}> "$machine.lock" && flock "$lock"
	[[ -s $machine/machine ]] || vm/throwaway --memory "$memory_mb" prepare "$machine" "$@" || exit 3
	exec {lock}>&-
	# shellcheck disable=SC2016 # (and not if it was killed before that)
	exec setpriv --pdeathsig TERM sh -c '[ ! -d /proc/$0 ] || exec "$@"' $$ vm/throwaway --seconds "$seconds" \
		--output "$max_stream" "$machine" "$form" "$@"
}

# -- a cage: what all processes of one hand-in may take together, by control groups (version 1 or 2)

cage_begin() {
	local here v2 dir
	cage='' cage_dirs=()
	v2=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)
	if [[ $v2 && " $(< "$v2/cgroup.controllers") " == *' memory '* ]]; then
		here=$v2$(sed -n 's/^0:://p' /proc/self/cgroup)
		here=${here%/}
		# a group with processes of its own can't hand on its limits: the parent's, then
		[[ " $(< "$here/cgroup.subtree_control") " == *' memory '* ]] || here=${here%/*}
		dir=$here/workbook-grade.$BASHPID
		mkdir "$dir" 2> /dev/null && echo "${memory_mb}M" > "$dir/memory.max" || return 0
		echo 0 > "$dir/memory.swap.max"
		echo 300 > "$dir/pids.max"
		cage_dirs=("$dir") cage=$dir/cgroup.procs
		return
	fi 2> /dev/null
	for here in memory pids; do
		dir=$(awk -v c="$here" '$3 == "cgroup" && $4 ~ "(^|,)" c "(,|$)" { print $2; exit }' /proc/mounts)
		[[ $dir ]] || continue
		dir=$dir$(awk -F: -v c="$here" '$2 == c { print $3 }' /proc/self/cgroup)
		dir=${dir%/}/workbook-grade.$BASHPID
		mkdir "$dir" 2> /dev/null || continue
		cage_dirs+=("$dir") cage+=" $dir/cgroup.procs"
		[[ $here != memory ]] || echo $((memory_mb << 20)) > "$dir/memory.limit_in_bytes"
		[[ $here != pids ]] || echo 300 > "$dir/pids.max"
	done
	return 0
}

# Did the kernel end a process for want of memory in it?
cage_burst() {
	local dir
	for dir in "${cage_dirs[@]}"; do
		awk '$1 == "oom_kill" && $2 > 0 { n = 1 } END { exit !n }' "$dir/memory.events" "$dir/memory.oom_control" \
			2> /dev/null && return
	done
	return 1
}

cage_end() {
	local dir _
	for dir in ${cage_dirs[@]+"${cage_dirs[@]}"}; do
		for _ in {1..100}; do
			rmdir "$dir" 2> /dev/null && break
			sleep 0.02
		done
	done
	cage='' cage_dirs=()
}

# Those of graders that were killed: their processes die one after the other, which on a busy machine takes
# a while, and until then they are in the way of whoever is graded again
cages_of_the_dead() {
	local dir pid quiet _
	exec {quiet}<> <(:)
	while IFS= read -r dir; do
		[[ ! -d /proc/${dir##*.} ]] || continue
		for _ in {1..500}; do
			while read -r pid; do
				((pid == 0)) || kill -KILL "$pid" # (0: not in our namespace)
			done < "$dir/cgroup.procs"
			rmdir "$dir" && break
			read -r -t 0.02 -u "$quiet"
		done 2> /dev/null
	done < <(find /sys/fs/cgroup -maxdepth 5 -type d -name "workbook-grade.*" 2> /dev/null)
	exec {quiet}>&-
}
