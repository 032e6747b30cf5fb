# bats file_tags=outside
# make watch, on a real terminal: what a student sees after each save.
# shellcheck disable=SC2016,SC2030,SC2031 # commands for other shells; one test

load day

DIR=labs/01-hello-world

teardown() {
	local socket
	for socket in "$SOCKET" "one.$$"; do
		tmux -L "$socket" kill-server 2> /dev/null || true
		rm -f "${TMUX_TMPDIR:-/tmp}/tmux-$EUID/$socket"
	done
	cd / && rm -rf "$TREE"
}

# Type a command on a terminal of 100 columns; all that ever appears there goes to the file SEEN
terminal() { # CMD [SOCKET]
	SOCKET=${2-workbook.$BATS_SUITE_TEST_NUMBER.$$}
	SEEN=$BATS_TEST_TMPDIR/$SOCKET
	: > "$SEEN"
	local first
	read -ra first < <(first_served)
	(cd / && "${first[@]}" tmux -L "$SOCKET" -f /dev/null new-session -d -x 100 -y 45 'bash --norc' 3>&-)
	tmux -L "$SOCKET" pipe-pane "cat >> $SEEN"
	tmux -L "$SOCKET" send-keys " PS1='typed: '; cd $TREE; clear; $1" Enter
}

# Wait until the words came, since seen was emptied
sees() { # WORDS
	for _ in {1..2000}; do
		! grep -qF -- "$1" "$SEEN" || return 0
		read -r -t 0.01 <> <(:) || true
	done
	fail "this never came: $1; the screen shows:
$(tmux -L "${SEEN##*/}" capture-pane -p)"
}

# Wait for the next verdict, and that the next check stands ready
verdict() { # WORDS
	sees "$1"
	read -r -t 1 <> <(:) || true
}

# What the screen shows now
assert_screen() { # bats-assert's words
	run tmux -L "$SOCKET" capture-pane -p
	"$@"
}

solve() { # FILE
	awk -v keep=all -f common/blocks.awk $DIR/solution/"$1" > "$BATS_TEST_TMPDIR/solved"
	cp "$BATS_TEST_TMPDIR/solved" $DIR/"$1"
}

# Processes that stand in the tree, also those in its sandboxes, but for the terminal's and ours
inhabitants() {
	local link process command
	find /proc/[0-9]*/cwd -maxdepth 0 \( -lname "$TREE" -o -lname "$TREE/*" \) 2> /dev/null > "$BATS_TEST_TMPDIR/links"
	while read -r link; do
		process=${link%/cwd}
		command=$(tr '\0' ' ' 2> /dev/null < "$process/cmdline")
		case $command in
		'' | 'bash --norc ' | 'find /proc/'* | 'bash '*/bats-exec-test*) ;;
		*) echo "${process#/proc/} $command" ;;
		esac
	done < "$BATS_TEST_TMPDIR/links"
}

assert_nobody_left() {
	local left
	for _ in {1..100}; do
		left=$(inhabitants)
		[[ $left ]] || return 0
		read -r -t 0.1 <> <(:) || true
	done
	fail "still there: $left"
}

@test "watch: the packets' verdict, the whole one, the first red check with what came, and its hint" {
	terminal 'make watch LAB=1'
	sees 'TODO(1) of 01-hello-world, hint 1 of 2'
	assert_screen assert_line --index 0 --regexp '^01-hello-world +[0-9:]{8}, after each save; Ctrl-C ends it$'
	assert_line "  build    ok"
	assert_line "  load     ok"
	assert_line "  packets  RED  1 of 2 are green"
	assert_line "           RED  TODO(2): the greeting says how long the frame is [2]"
	assert_line "  network  RED  0 of 5 are green"
	assert_line --partial "RED  TODO(1): your loader attaches hello"
	assert_line --partial "came      can't attach to veth0: Function not implemented"
	assert_line "fail: 01-hello-world: 1 of 7 checks are green, 1 of 11 points; next: TODO(1)"
	assert_line --partial "The call takes four arguments"
	# one check of each stage, not all
	refute_output --partial "TODO(3): --detach"
	assert_fits 100

	: > "$SEEN"
	solve hello.bpf.c
	verdict 'fail: 01-hello-world: 3 of 7'
	# the screen was cleared
	assert_screen assert_line --index 0 --regexp '^01-hello-world +[0-9:]{8}, after each save'
	assert_line "  packets  ok   2 of 2"
	refute_output --partial "1 of 2 are green"
	: > "$SEEN"
	solve hello.c
	verdict 'pass: 01-hello-world: 7 of 7 checks are green, 11 of 11 points'
	assert_screen assert_line "  network  ok   5 of 5"
	refute_output --partial "hint"
	# and it was noted
	run make -s progress
	assert_line --index 0 --partial "11/11  done"
}

@test "watch: within 300 ms of a save the packets' verdict, within 1 s the whole one" {
	local packets whole best_packets=9999 best_whole=9999 began i
	terminal 'make watch LAB=1'
	verdict 'TODO(1) of 01-hello-world, hint'
	for i in {1..8}; do
		: > "$SEEN"
		began=${EPOCHREALTIME/[.,]/}
		echo "/* $i */" >> $DIR/hello.bpf.c
		sees 'packets'
		packets=$(((${EPOCHREALTIME/[.,]/} - began) / 1000))
		sees 'fail: '
		whole=$(((${EPOCHREALTIME/[.,]/} - began) / 1000))
		echo "# save to verdict: packets $packets ms, all $whole ms" >&3
		((packets >= best_packets)) || best_packets=$packets
		((whole >= best_whole)) || best_whole=$whole
		verdict 'hint'
	done
	((best_packets < 300)) || fail "the packets' verdict takes $best_packets ms"
	((best_whole < 1000)) || fail "the whole verdict takes $best_whole ms"
}

@test "watch: editors that save by rename, in two steps, or with an older time" {
	terminal 'make watch LAB=1'
	verdict 'TODO(1) of 01-hello-world, hint'
	solve hello.c
	verdict '7 checks are green'
	local file=$DIR/hello.bpf.c
	# as vim and emacs: the old file goes aside, the new one comes
	: > "$SEEN"
	mv $file $file~ && awk -v keep=all -f common/blocks.awk $DIR/solution/hello.bpf.c > $file
	verdict 'pass: '
	# as gedit, VS Code with atomic save, sed -i: a new file is renamed to the old one's name
	: > "$SEEN"
	sed -i 's/XDP_PASS/XDP_DROP/' $file
	verdict 'fail: '
	# an older file comes back, as with git or cp -p
	: > "$SEEN"
	cp -p $file "$BATS_TEST_TMPDIR/old" && sed -i 's/XDP_DROP/XDP_PASS/' "$BATS_TEST_TMPDIR/old"
	touch -d '2 days ago' "$BATS_TEST_TMPDIR/old" && mv "$BATS_TEST_TMPDIR/old" $file
	verdict 'pass: '
	# a half, and the rest while the check runs
	: > "$SEEN"
	head -c 300 $DIR/solution/hello.bpf.c > $file
	read -r -t 0.15 <> <(:) || true
	awk -v keep=all -f common/blocks.awk $DIR/solution/hello.bpf.c > $file
	verdict 'pass: '
}

@test "watch: a compile error, a deleted file, a refused program: it goes on" {
	local file=$DIR/hello.bpf.c
	terminal 'make watch LAB=1'
	verdict 'TODO(1) of 01-hello-world, hint'
	cp $file "$BATS_TEST_TMPDIR/good"
	: > "$SEEN"
	echo 'int broken(' >> $file
	verdict 'error: 01-hello-world: the compiler refuses it'
	assert_screen assert_output --partial "$file:"
	assert_output --partial "error: expected"
	: > "$SEEN"
	rm $file
	verdict 'error: 01-hello-world: '
	assert_screen assert_output --partial "$file is missing"
	: > "$SEEN"
	sed 's/return XDP_PASS/while (ctx->ingress_ifindex != 7) barrier(); &/' "$BATS_TEST_TMPDIR/good" > $file
	verdict 'error: 01-hello-world: it does not load, see above'
	assert_screen assert_line --regexp 'refused +.*hello'
	: > "$SEEN"
	cp "$BATS_TEST_TMPDIR/good" $file
	verdict 'fail: 01-hello-world: 1 of 7'
	# a folder that is gone, and comes back
	: > "$SEEN"
	mv $DIR away
	read -r -t 1 <> <(:) || true
	mv away $DIR
	touch $file
	verdict 'fail: 01-hello-world: 1 of 7'
}

@test "watch: a save while a check hangs begins anew at once" {
	terminal 'make watch LAB=1'
	verdict 'TODO(1) of 01-hello-world, hint'
	solve hello.bpf.c
	printf '#include <unistd.h>\nint main(void) { for (;;) pause(); }\n' > $DIR/hello.c
	: > "$SEEN"
	sees 'packets'
	solve hello.c
	sees 'pass: 01-hello-world: 7 of 7'
	refute [ "$(grep -c 'still running' "$SEEN")" -gt 0 ]
}

@test "watch: two at once on one lab both work" {
	local one
	terminal 'make watch LAB=1' "one.$$"
	one=$SEEN
	terminal 'make -C labs/01-hello-world watch' "two.$$"
	verdict 'TODO(1) of 01-hello-world, hint'
	SEEN=$one verdict 'TODO(1) of 01-hello-world, hint'
	: > "$one" && : > "$SEEN"
	solve hello.bpf.c
	verdict 'fail: 01-hello-world: 3 of 7'
	SEEN=$one verdict 'fail: 01-hello-world: 3 of 7'
	tmux -L "one.$$" send-keys C-c
	: > "$SEEN"
	solve hello.c
	verdict 'pass: '
	run grep -c pass: "$one"
	assert_output 0
	tmux -L "one.$$" kill-server
}

@test "watch: Ctrl-C ends it at once, between checks and in the middle of one, and leaves nothing behind" {
	mkdir "$BATS_TEST_TMPDIR/tmp"
	terminal "export TMPDIR=$BATS_TEST_TMPDIR/tmp; make watch LAB=1"
	verdict 'TODO(1) of 01-hello-world, hint'
	assert [ "$(inhabitants)" ]
	tmux -L "$SOCKET" send-keys C-c
	assert_nobody_left
	sees 'typed: '
	refute [ "$(grep -c 'Error' "$SEEN")" -gt 0 ]
	: > "$SEEN"
	tmux -L "$SOCKET" send-keys 'clear; make watch LAB=1' Enter
	sees 'build '
	tmux -L "$SOCKET" send-keys C-c
	assert_nobody_left
	assert_equal "$(ls -A "$BATS_TEST_TMPDIR/tmp")" ""
	assert_equal "$(find build -maxdepth 1 -name '.share.*' -o -maxdepth 1 -name '.said.*')" ""
}

@test "watch: killed, with its terminal closed or by SIGKILL, it leaves nothing behind" {
	terminal 'make watch LAB=1'
	verdict 'TODO(1) of 01-hello-world, hint'
	tmux -L "$SOCKET" kill-server
	assert_nobody_left
	# where make is the first process on the terminal, only make is told. (A server's end may take the
	# socket of the next one of its name along.)
	SOCKET+=.next
	(cd / && tmux -L "$SOCKET" -f /dev/null new-session -d "exec make -C $TREE watch LAB=1" 3>&-)
	for _ in {1..500}; do
		inhabitants | grep -q 'tests/check --watch' && break
		read -r -t 0.02 <> <(:) || true
	done
	tmux -L "$SOCKET" kill-server
	assert_nobody_left
	terminal 'make watch LAB=1' "$SOCKET.last"
	verdict 'TODO(1) of 01-hello-world, hint'
	kill -KILL "$(inhabitants | sed -n 's/^\([0-9]*\) bash common\/bin\/watch $/\1/p')"
	assert_nobody_left
}

@test "watch: which lab, in the root; an unknown one" {
	run common/bin/watch
	assert_failure 3
	assert_line --index 0 "Which lab? Say it as in: make watch LAB=01"
	LAB=77 run common/bin/watch
	assert_failure 3
	assert_line --index 0 "No lab is called 77; there are:"
}

@test "watch: into a file there are no colours and nothing is cleared; NO_COLOR on a terminal" {
	LAB=1 timeout -s INT 15 setsid common/bin/watch > "$BATS_TEST_TMPDIR/out" 2>&1 3>&- < /dev/null &
	SEEN=$BATS_TEST_TMPDIR/out
	verdict 'TODO(1) of 01-hello-world, hint'
	kill -TERM "$(inhabitants | sed -n 's/^\([0-9]*\) bash common\/bin\/watch $/\1/p')"
	run cat "$BATS_TEST_TMPDIR/out"
	refute_output --partial $'\e'
	assert_fits 100
	assert_nobody_left
	terminal 'NO_COLOR=1 make watch LAB=1'
	verdict 'TODO(1) of 01-hello-world, hint'
	run grep -c $'\e\[3[0-9]m' "$SEEN"
	assert_output 0
}

@test "watch: what this machine lacks is said once, and a save says it again" {
	echo 'check no-such-tool no-such-package no-such-package' >> common/packages
	terminal 'make watch LAB=1'
	sees 'env: 01-hello-world: missing: no-such-tool'
	read -r -t 0.5 <> <(:) || true
	run grep -c 'env: ' "$SEEN"
	assert_output 1
	: > "$SEEN"
	sed -i '$d' common/packages
	touch $DIR/hello.c
	sees 'fail: 01-hello-world: 1 of 7'
}

@test "check and watch: a tree that can't be written is no error of the student's" {
	rm -r build/student build/tools
	in_readonly_tree 'make check LAB=1'
	assert_line --index -1 --partial "env: 01-hello-world: nothing can be written under build/"
	in_full_tree 'make check LAB=1'
	assert_line --index -1 --partial "env: 01-hello-world: nothing can be written under build/"
	refute_output --partial "Stack dump"
}
