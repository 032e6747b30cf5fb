# shellcheck shell=bash
# Programs on a real terminal, for tests: one of tmux's, whose keys are typed and whose screen is read.

# Open a terminal of that size in which CMD runs; it must not know that it is in tmux
terminal() { # COLUMNSxROWS CMD...
	# a server of its own, whose name tells it from others of this machine
	TERMINAL=workbook-test-$$-${BATS_SUITE_TEST_NUMBER-0}-$((++TERMINALS))
	tmux -f /dev/null -L "$TERMINAL" new-session -d -x "${1%x*}" -y "${1#*x}" \
		"exec env -u TMUX -u TMUX_PANE ${*:2}"
	tmux -L "$TERMINAL" set -g remain-on-exit on
}

type_in() { # TEXT: and Enter
	tmux -L "$TERMINAL" send-keys -l "$1"
	press Enter
}

press() { # KEY...: C-c, C-d, Enter; one by one, as what comes at once is taken for pasted
	local key
	for key; do
		tmux -L "$TERMINAL" send-keys "$key"
		sleep 0.05
	done
}

screen() {
	tmux -L "$TERMINAL" capture-pane -p
}

# Wait until the screen shows that; fails after some seconds, with the screen
wait_screen() { # REGEX [SECONDS]
	local end=$((SECONDS + ${2:-40}))
	until screen | grep -qE -- "$1"; do
		((SECONDS < end)) || fail "the screen should show: $1
$(screen)"
		sleep 0.05
	done
}

# Wait until the program in the terminal has ended
wait_ended() {
	local end=$((SECONDS + 40))
	until [[ $(tmux -L "$TERMINAL" display -p '#{pane_dead}' 2> /dev/null || echo 1) == 1 ]]; do
		((SECONDS < end)) || fail "it should end
$(screen)"
		sleep 0.05
	done
}

# As when its window is closed: the programs in it get SIGHUP
close_terminal() {
	tmux -L "${TERMINAL-none}" kill-server 2> /dev/null || true
	# which tmux leaves behind
	rm -f "${TMUX_TMPDIR:-/tmp}/tmux-$EUID/${TERMINAL-none}"
}
