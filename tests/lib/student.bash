# shellcheck shell=bash
# Run the student's programs: as another user, with the rights that XDP takes and no more, with no
# descriptor of ours, bounded in time, processes and output.

# A user of this sandbox alone: limits on processes are counted by user, and another sandbox may be
# busy with a fork bomb.
STUDENT=$((100000 + SANDBOX_ID))
STUDENT_CAPS=-all,+bpf,+net_admin,+perfmon
# where the built programs stand inside the sandbox: the student's user may not read a home folder
BIN=/run/workbook/bin

# shellcheck source=tests/lib/wait.bash
. "${BASH_SOURCE%/*}/wait.bash"

# STUDENT_INPUT, when set, is the file or named pipe that it reads as standard input.
# The seconds before a program of the student's is ended by force
: "${STUDENT_SECONDS:=3}"

# STUDENT_FOLDER, when set, is where it starts.
as_student() { # CMD...
	(
		[[ $STUDENT_SECONDS == *.* ]] || ! busy || : $((STUDENT_SECONDS *= PATIENCE))
		for fd in /proc/self/fd/*; do
			fd=${fd##*/}
			((fd > 2)) && eval "exec $fd>&-"
		done
		# when memory runs out, he goes first
		echo 1000 > /proc/self/oom_score_adj
		cd "${STUDENT_FOLDER:-.}" || exit 3
		ulimit -u 32 -f 4000 -c 0 # processes, KiB
		# maps and programs are locked memory before Linux 5.11; root of a container can't raise the limit
		ulimit -l unlimited 2> /dev/null || true
		exec timeout --foreground -k 1 "$STUDENT_SECONDS" \
			setpriv --reuid $STUDENT --regid $STUDENT --clear-groups --no-new-privs \
			--inh-caps=$STUDENT_CAPS --ambient-caps=$STUDENT_CAPS \
			--bounding-set=$STUDENT_CAPS "$@"
	) < "${STUDENT_INPUT:-/dev/null}"
}

# Start the student's loader and wait until it says that it is ready, by the line with
# "Ctrl-C to detach". Red when it ends or stays silent instead.
loader_start() { # ARGS...
	LOADER_LOG=/run/workbook/loader.$EPOCHREALTIME
	STUDENT_SECONDS=30 as_student "$BIN/$LOADER" "$@" > "$LOADER_LOG" 2>&1 3>&- &
	LOADER_PID=$! LOADER_STATUS=
	wait_for 2 loader_settled || true
	if ! loader_ready; then
		red "the loader prints \"Ctrl-C to detach\" and stays" \
			"$(loader_said && loader_fate)" "$LOADER $*"
	fi
}

loader_ready() {
	local said=''
	IFS= read -r -N 100000 said 2> /dev/null < "$LOADER_LOG" || true
	[[ $said == *"Ctrl-C to detach"* ]]
}

# The loader must say that, sooner or later
loader_says() { # WHAT-IT-MEANS WORDS
	wait_for 1 loader_said_that "$2" || red "$1: $2" "$(loader_said)"
}

loader_said_that() { [[ $(< "$LOADER_LOG") == *"$1"* ]]; } # WORDS
# (kill -0 finds a process, too, that has ended and that this shell has not noticed yet)
loader_ended() {
	local stat
	read -r stat 2> /dev/null < "/proc/$LOADER_PID/stat" || return 0
	[[ $stat == *') Z '* ]]
}
loader_settled() { loader_ready || loader_ended; }

# What bash says of a process that a signal has ended is about our lines: the signal will do
plain_end() { # OUTPUT
	sed -E '/^[^ ]*tests\/lib\/student\.bash: line [0-9]+: /{s/^[^ ]* line [0-9]+: +[0-9]+ ([A-Z][a-z]+( [a-z]+)*).*/\1/;q}' <<< "$1"
}

loader_said() { plain_end "$(< "$LOADER_LOG")"; }

# The loader must end well; what it said tells why it did not
ended_well() {
	((LOADER_STATUS == 0)) || red "its exit status: 0" "$(loader_said && loader_fate)"
}

# How a loader ended, in words; sets LOADER_STATUS
loader_fate() {
	if loader_ended; then
		wait "$LOADER_PID" && LOADER_STATUS=0 || LOADER_STATUS=$?
		echo "it ended with exit status $LOADER_STATUS"
	else
		echo "it is still running, and silent"
	fi
}

# The process of the loader, of several the newest, into the variable NAME: LOADER_PID is the shell or
# timeout around it. (pgrep takes as long as a loader takes to start.)
loader_process() { # NAME
	local proc first
	printf -v "$1" ''
	for proc in /proc/[0-9]*; do
		IFS= read -r -d '' first 2> /dev/null < "$proc/cmdline" || continue
		[[ $first == "$BIN/$LOADER" ]] || continue
		((${proc##*/} < ${!1:-0})) || printf -v "$1" %s "${proc##*/}"
	done
}

# Send the loader a signal and wait for its end; LOADER_STATUS is its exit status. Red when it goes
# on regardless.
loader_stop() { # SIGNAL
	local pid
	loader_process pid
	[[ -z $pid ]] || kill -s "$1" "$pid"
	if wait_for 2 loader_ended; then
		loader_fate > /dev/null
	else
		red "the loader ends within two seconds" "$(loader_said && loader_fate)" "kill -$1"
	fi
}

# Whatever of the student's still runs is ended. kill -1, as that user, reaches all of his processes
# here in one stroke, so that none can fork away.
student_kill() {
	student_runs || return 0
	setpriv --reuid $STUDENT --regid $STUDENT --clear-groups --inh-caps=-all \
		bash -c 'kill -KILL -1' || true
	wait_for 2 student_gone
}

# (without a process, for this runs after every check; pgrep takes as long as ten of these)
student_runs() {
	local proc status
	for proc in /proc/[0-9]*; do
		status=''
		IFS= read -r -N 300 status 2> /dev/null < "$proc/status" || true
		[[ $status != *$'\nUid:\t'"$STUDENT"$'\t'* ]] || return 0
	done
	return 1
}

student_gone() { ! student_runs; }
