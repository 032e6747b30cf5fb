# shellcheck shell=bash
# To wait for a condition, and never for a time.

# On a busy machine a right answer takes longer, too: then whoever waits for one waits up to PATIENCE
# times as long; but not again and again for what does not come: VAIN tells how often that was.
: "${PATIENCE:=4}"
VAIN=/run/workbook/tmp/vain

# Is more to be waited?
patient() {
	local load running vain=''
	read -r load _ _ running _ < /proc/loadavg
	# more wants to run than there are processors: now, or during the last minute
	((${running%/*} > ${PROCESSORS:=$(nproc)} || ${load%.*} >= PROCESSORS)) || return 1
	IFS= read -r vain 2> /dev/null < "$VAIN" || true
	((${#vain} < 2))
}

# How long this shell has been on a processor, and how long it waited for one, in microseconds, into ON
# and OFF. On a machine that starves us, so it does the student's programs.
starved() {
	ON=1 OFF=0
	read -r ON OFF _ 2> /dev/null < /proc/self/schedstat || return 0
	ON=$((ON / 1000 + 1)) OFF=$((OFF / 1000))
}

in_vain() { { printf x >> "$VAIN"; } 2> /dev/null || true; }

# Wait until CMD succeeds; 1 after that many seconds, or some more while the machine is busy
wait_for() { # SECONDS CMD...
	local start=${EPOCHREALTIME/./} limit=$(($1 * 1000000)) waited ON OFF before
	shift
	starved
	before=$OFF
	[[ ${QUIET-} ]] || exec {QUIET}<> <(:) # nothing ever comes by this pipe
	until "$@"; do
		waited=$((${EPOCHREALTIME/./} - start))
		if ((waited >= limit)); then
			patient || return 1
			starved
			if ((waited - (OFF - before) >= PATIENCE * limit || waited >= 30000000)); then
				in_vain
				return 1
			fi
		fi
		read -r -t 0.003 -u "$QUIET" || true
	done
}
