# shellcheck shell=bash
# What each shell of `make shell` begins with: its prompt, and the command FIRST.
PS1="${HOST:-lab}# "

# bash has a help of its own, which still answers for its commands
help() { if (($#)); then builtin help "$@"; else /run/workbook/verbs/help; fi; }
export -f help

# What was asked for on the command line, in the background: ATTACH, TRAFFIC
begin() {
	local i pid
	if [[ ${ATTACH-} ]]; then
		attach < /dev/null &
		pid=$! # <(:) changes it
		# its program is on a device, or it has ended
		for ((i = 0; i < 200; i++)); do
			kill -0 $pid 2> /dev/null && ! ip link | grep -q ' xdp' || break
			read -r -t 0.01 <> <(:) || true
		done
	fi
	if [[ ${TRAFFIC-} ]]; then
		traffic --quiet --rate "$TRAFFIC" < /dev/null &
	fi
}

# At the first prompt, not before: only then a job can be brought to the foreground, and has Ctrl-C for
# itself
first() {
	local command=$FIRST
	unset PROMPT_COMMAND FIRST
	if [[ $command != begin ]]; then
		history -s "$command"
		printf '%s%s\n' "$PS1" "$command"
	fi
	eval "$command"
}
[[ ! ${FIRST-} ]] || PROMPT_COMMAND=first
