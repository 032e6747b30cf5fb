# shellcheck shell=bash
# What a lab's .bats file loads: the network, the oracles, the student's programs, expectations.
# It runs inside the sandbox that tests/check makes; LAB and HOSTS come from there.

# bats traces every command, to name the line that failed; inside these functions that would double
# the time of a check
set +o functrace

LIB=$(dirname "${BASH_SOURCE[0]}")
. "$LIB/net.bash"
. "$LIB/student.bash"
. "$LIB/oracles.bash"
. "$LIB/expect.bash"
. "$LIB/features.bash"

# Each check of the network begins with a network that nobody has touched. Building it takes half of
# a check's time, so a check with the tag same-network takes the one that the check before has left,
# and one with the tag no-network, which sends nothing, gets none.
setup() {
	local tags=" ${BATS_TEST_TAGS[*]-} "
	[[ $tags =~ \ (packets|no-network)\  ]] ||
		[[ $tags == *" same-network "* && -e /run/netns/lab ]] ||
		net_up "$HOSTS" || not_here "the private network can't be built"
}

teardown() {
	local event
	[[ -z ${CAPTURE_PID-} ]] || kill "$CAPTURE_PID" 2> /dev/null || true
	for event in ${TRACE_EVENTS-}; do
		trace_event "$event" 0
	done
	student_kill
}

# This machine lacks something: the verdict is env, and nobody's answer is to blame.
not_here() { # WHY
	echo "$1" >> /run/workbook/env
	return 1
}

# A number that other sandboxes of this machine don't have at the same time, from 0 to 999: what
# is printed with it can't be theirs.
own_number() { # SALT
	echo $(((SANDBOX_ID * 37 + $1 * 211) % 1000))
}

# The next number of that kind into the variable NAME: LEAST, or up to CHOICES - 1 more. (Without a
# subshell, which costs a millisecond.)
draw() { # NAME LEAST CHOICES
	DRAWN=$((${DRAWN:-0} + 1))
	printf -v "$1" %d $(($2 + (SANDBOX_ID * 37 + DRAWN * 211) % 1000 % $3))
}

# Run frames through the student's program NAME of OBJECT, by BPF_PROG_TEST_RUN, under a process
# name of our own: PACKETS_AS tells the lines that it printed from those of other programs. What
# pktrun said is in PACKETS. Red when a frame could not be run.
packets() { # OBJECT NAME PCAP [OPTION...]
	local object=$1 name=$2 pcap=$3
	shift 3
	PACKETS_AS=run-$SANDBOX_ID-$BATS_SUITE_TEST_NUMBER
	ln -sf pktrun "/run/workbook/tools/$PACKETS_AS"
	capture_output as_student "/run/workbook/tools/$PACKETS_AS" --prog "$name" "$@" \
		"$BIN/$object" "$pcap"
	# shellcheck disable=SC2034 # for the check
	PACKETS=$OUT
	((STATUS == 0)) || red "every frame is run" "$OUT" "pktrun --prog $name $object"
}

# Run a table (common/tools/README.md) through the student's program NAME of OBJECT. What pktrun said
# is in PACKETS; red, with the rows that are not ok, when there is one.
table() { # OBJECT NAME TABLE
	capture_output as_student /run/workbook/tools/pktrun --table --prog "$2" "$BIN/$1" "$3"
	# shellcheck disable=SC2034 # for the check
	PACKETS=$OUT
	((STATUS == 0)) || red "each row of the table is ok" "$(grep -v '^[0-9]*: ok, ' <<< "$OUT")" \
		"pktrun --table --prog $2 $1 ${3##*/}"
}

# Attach the student's program without his loader, as `ip` does, in place of what is there: the first
# one of the object, or the one of that name
attach() { # DEVICE OBJECT [PROGRAM]
	local which=(sec xdp)
	[[ $# == 2 ]] || which=(program "$3")
	ip -force link set dev "$1" xdpdrv obj "$BIN/$2" "${which[@]}"
}
