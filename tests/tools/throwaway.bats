# bats file_tags=outside
# vm/throwaway: a machine whose root is hostile gets the right word, within its limits, and leaves nothing of
# this machine changed. The students of `make grade` don't come that far: tests/lib/graded runs them as users
# without rights. RUN is what would happen if one did.
# One is tried in each `make test`; VM_TESTS=1 runs all.

# shellcheck disable=SC2016,SC2154 # commands for a shell there; stderr is set by run
load machine

setup_file() {
	machines
	export MACHINE=$BATS_FILE_TMPDIR/machine
	ROOT_FOR=run vm/throwaway --memory 512 prepare "$MACHINE" 01 || return
}

setup() {
	cd "$BATS_TEST_DIRNAME/../.." || return
}

# What root in a machine could have changed here: the files that it was given, our network and mounts (not
# those in /tmp, where others try things, too); what came of it lies in a cache of its own, and processes bear
# our mark
host() {
	sha256sum "$MACHINE"/{tree,state,root,kernel/linux,kernel/initrd}
	ip -o link | grep -v '@' | cut -d ' ' -f 2
	cut -d ' ' -f 2- /proc/1/mounts | grep -v '^/tmp/' | sort
	grep -F "$BATS_FILE_TMPDIR" /proc/1/mounts || true
	ls -A / /tmp/workbook-* /owned 2> /dev/null
	find "$BATS_TEST_TMPDIR/cache" -mindepth 1
	grep -lzsx "HOSTILE=$BATS_TEST_TMPDIR" /proc/[0-9]*/environ | grep -v "/$$/\|/$BASHPID/" || true
}

# As root in a machine: the word that it gets, and how the command ends
hostile() { # WORDS STATUS RUN [OPTION...]
	local word=$1 ends=$2 commands=$3 before after
	shift 3
	mkdir -p "$BATS_TEST_TMPDIR/cache"
	before=$(host)
	RUN=$commands run --separate-stderr env HOSTILE="$BATS_TEST_TMPDIR" VM_CACHE="$BATS_TEST_TMPDIR/cache" \
		vm/throwaway "$@" "$MACHINE" tree 01 < /dev/null
	[[ ${stderr##*$'\n'} =~ ^($word)$ ]] || fail "not $word, but ${stderr##*$'\n'}"
	[[ -z $ends ]] || assert_equal "$status" "$ends"
	after=$(host)
	assert_equal "$after" "$before"
}

@test "a panic by sysrq: crashed" {
	hostile crashed 1 'echo begun; echo c > /proc/sysrq-trigger'
	assert_output begun
}

@test "a fork bomb: timeout" {
	boots
	hostile timeout 124 'b() { b | b & }; ulimit -u unlimited; while :; do b; done' --seconds 3
}

@test "a memory bomb: its process is ended, and the machine goes on" {
	boots
	hostile "done" 0 'tail /dev/zero; echo $?'
	assert_output 137
}

# (what the kernel ends first is chance; the machine itself comes to its end)
@test "what fills disks fills the machine's memory, and no disk takes it" {
	boots
	hostile "done" '' 'for to in /dev/vda /dev/vdb /dev/vdc; do head -c 1M /dev/zero > $to || echo "$to: no"; done 2> /dev/null
		for to in / /workbook /run /tmp; do head -c 300M /dev/zero > $to/fill; done 2> /dev/null'
	assert_output '/dev/vda: no
/dev/vdb: no
/dev/vdc: no'
}

# (the limit of time is far off: what ends them is the flood)
@test "a flood on the console, and one of results: output-limit" {
	boots
	local began=$SECONDS
	hostile output-limit 125 'tr "\0" x < /dev/zero > /dev/console' --output 20000 --seconds 10000 --limit 400
	hostile output-limit 125 'yes' --output 20000 --seconds 10000 --limit 400
	assert [ "${#output}" -le 20000 ]
	assert [ $((SECONDS - began)) -lt 400 ]
}

@test "rm -rf /: it hurts itself alone" {
	boots
	hostile "done" 0 'rm -rf --no-preserve-root / 2> /dev/null; echo gone'
	assert_output gone
}

@test "what no clock in the machine ends, ours does: timeout" {
	boots
	hostile timeout 1 'echo begun; kill -STOP $PPID; while :; do :; done' --seconds 1000 --limit 40
	assert_output begun
}

@test "reboot and power off before the end: crashed" {
	boots
	hostile crashed 1 'echo b > /proc/sysrq-trigger; sleep 60'
	hostile crashed 1 'echo o > /proc/sysrq-trigger; sleep 60'
}

# Of what root in the machine writes nothing is believed less for it: that strangers are never root is what
# stands in the way (docs/vm.md)
@test "root in the machine can forge a result: it is taken for one" {
	boots
	hostile "done" 0 'printf "@run 01-hello-world 0\n@end\nexit 0\n"; echo o > /proc/sysrq-trigger; sleep 60'
	assert_output '@run 01-hello-world 0
@end'
}

# One that goes on and on: PID, and its QEMU
begin() {
	mkdir -p "$BATS_TEST_TMPDIR/cache"
	RUN='sleep 1000' VM_CACHE=$BATS_TEST_TMPDIR/cache vm/throwaway "$MACHINE" tree 01 \
		< /dev/null 2> "$BATS_TEST_TMPDIR/said" 3>&- &
	PID=$!
	for _ in {1..300}; do
		QEMU=$(pgrep -P "$(pgrep -P $PID timeout)" qemu) && return
		sleep 0.1
	done 2> /dev/null
	fail "no QEMU is started: $(< "$BATS_TEST_TMPDIR/said")"
}

# Each goes on from the same moment
@test "no two machines have the same random numbers, and what one did the other does not see" {
	local first
	hostile "done" 0 'touch /run/was-here; head -c 16 /dev/urandom | od -An -tx1'
	first=$output
	hostile "done" 0 'ls /run/was-here; head -c 16 /dev/urandom | od -An -tx1'
	assert [ "${#first}" -gt 40 ]
	assert [ "${#output}" == "${#first}" ]
	refute [ "$output" == "$first" ]
}

@test "a hand-in that is too long, or a folder that was not prepared: infrastructure" {
	run --separate-stderr vm/throwaway "$MACHINE" tree 01 < <(head -c 40M /dev/zero)
	assert_failure 3
	[[ $stderr == *"the hand-in has more than 33 MB"* && ${stderr##*$'\n'} == infrastructure ]]
	run --separate-stderr vm/throwaway "$BATS_TEST_TMPDIR" tree 01 < /dev/null
	assert_failure 3
	[[ $stderr == *"is not prepared"* && ${stderr##*$'\n'} == infrastructure ]]
}

@test "QEMU killed from outside: infrastructure, which is nobody's answer" {
	begin
	kill -KILL "$QEMU"
	wait $PID && fail "it ended well"
	assert_equal "$(tail -n 1 "$BATS_TEST_TMPDIR/said")" infrastructure
	assert_equal "$(ls -A "$BATS_TEST_TMPDIR/cache")" ''
}

@test "the command killed: QEMU goes with it, and the next one clears away what it left" {
	begin
	kill -KILL $PID
	wait $PID || true
	for _ in {1..100}; do
		[[ -d /proc/$QEMU ]] || break
		sleep 0.1
	done
	assert [ ! -d "/proc/$QEMU" ]
	assert [ "$(ls -A "$BATS_TEST_TMPDIR/cache")" ]
	begin
	kill $PID
	wait $PID || true
	assert_equal "$(ls -A "$BATS_TEST_TMPDIR/cache")" ''
}

@test "a class graded in machines and on this one: the same points" {
	boots
	local name way
	# shellcheck source=tests/grading/class.bash
	. tests/grading/class.bash
	class "$BATS_TEST_TMPDIR/all" > "$BATS_TEST_TMPDIR/expected"
	mkdir "$BATS_TEST_TMPDIR/class"
	for name in perfect half-done fork-bomb forged-results; do
		mv "$BATS_TEST_TMPDIR/all/$name" "$BATS_TEST_TMPDIR/class"
	done
	for way in sandbox vm; do
		SUBMISSIONS=$BATS_TEST_TMPDIR/class LABS=01 TESTS=tests/grading/hidden ISOLATION=$way \
			OUT=$BATS_TEST_TMPDIR/$way run -0 common/bin/grade
	done
	for name in perfect half-done fork-bomb forged-results; do
		assert_equal "$name $(jq -c '[.verdict, .points, .of, [.labs[].checks[].verdict]]' "$BATS_TEST_TMPDIR/vm/results/$name.json")" \
			"$name $(jq -c '[.verdict, .points, .of, [.labs[].checks[].verdict]]' "$BATS_TEST_TMPDIR/sandbox/results/$name.json")"
		assert_equal "$(jq -r '"\(.verdict) \(.points)"' "$BATS_TEST_TMPDIR/vm/results/$name.json")" \
			"$(awk -F '\t' -v name=$name '$1 == name { print $2, $3 }' "$BATS_TEST_TMPDIR/expected")"
	done
}
