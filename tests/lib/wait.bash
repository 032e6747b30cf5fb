# shellcheck shell=bash
# To wait for a condition, and never for a time.

# On a busy machine a right answer takes longer, too: limits are up to that many times as long there
: "${PATIENCE:=3}"
# (once for all that is started from here)
export NPROC=${NPROC:-$(nproc)}

# Wait until CMD succeeds; 1 after that many seconds. Time in which a busy machine kept us waiting for a
# processor (and so those whom we wait for) does not count.
wait_for() { # SECONDS CMD...
	local limit=$(($1 * 1000000)) end most since=0 now=0
	end=$((${EPOCHREALTIME/./} + limit)) most=$((${EPOCHREALTIME/./} + limit * PATIENCE))
	shift
	read -r _ since _ 2> /dev/null < /proc/$BASHPID/schedstat || true
	[[ ${QUIET-} ]] || exec {QUIET}<> <(:) # nothing ever comes by this pipe
	until "$@"; do
		if ((${EPOCHREALTIME/./} >= end)); then
			read -r _ now _ 2> /dev/null < /proc/$BASHPID/schedstat || true
			: $((end += (now - since) / 1000, since = now, end = end < most ? end : most))
			((${EPOCHREALTIME/./} < end)) || return 1
		fi
		read -r -t 0.003 -u "$QUIET" || true
	done
}

# Does more want to run than there are processors: now, or during the last minute?
busy() {
	local load running
	read -r load _ _ running _ < /proc/loadavg
	((${running%/*} > NPROC || ${load%.*} >= NPROC))
}
