# bats file_tags=lab
# Lab 03: the program counts packets in global variables; the loader sets, reads and changes them.

# shellcheck disable=SC2030,SC2031 # each check runs in a subshell, with a PROG of its own
load lib/lab

export LOADER=globals

# Load the program without the loader, as bpftool does: all variables as the object has them
load_count() {
	PIN=/sys/fs/bpf/count-$BATS_SUITE_TEST_NUMBER MAPS=$PIN-maps
	bpftool prog load "$BIN/globals.bpf.o" "$PIN" pinmaps "$MAPS" ||
		red "bpftool loads globals.bpf.o" nothing
}

# Run frames of these lengths through it, under a name by which the trace knows us
run_frames() { # BYTES...
	local length
	PACKETS_AS=run-$SANDBOX_ID-$BATS_SUITE_TEST_NUMBER
	ln -sf pktrun "/run/workbook/tools/$PACKETS_AS"
	for length; do plain_frame "$length"; done | frames "$TMPDIR/in.pcap"
	"/run/workbook/tools/$PACKETS_AS" --pinned "$PIN" "$TMPDIR/in.pcap" > "$TMPDIR/ran" 2>&1 ||
		red "every frame is run" "$(< "$TMPDIR/ran")"
}

# The value of one of its variables, from the map behind that section
loaded() { # SECTION VARIABLE
	[[ $(bpftool -j map dump pinned "$MAPS/globals_$1" 2>&1) =~ \"$2\":(-?[0-9]+) ]] &&
		echo "${BASH_REMATCH[1]}"
}

# What `bpftool map show` says, as JSON, of the map behind a section's variables
map_of() { # PROG SECTION
	local id shown
	[[ $(bpftool -j prog show id "$1") =~ \"map_ids\":\[([0-9,]*)\] ]] || return
	for id in ${BASH_REMATCH[1]//,/ }; do
		shown=$(bpftool -j map show id "$id")
		[[ $shown == *"$2"'",'* ]] && echo "$shown" && return
	done
}

field() { # NAME JSON
	[[ $2 =~ \"$1\":([0-9]+) ]] && echo "${BASH_REMATCH[1]}" || echo none
}

# Write the same number into all variables of a section, from outside of the program
fill() { # BYTES NUMBER WHICH-MAP...
	local bytes=$1 number=$2 value='' byte size i
	shift 2
	size=$(field bytes_value "$(bpftool -j map show "$@")")
	[[ $size != none ]] || { echo "there is no such map: $*" && return 1; }
	for ((i = 0; i < size; i++)); do
		printf -v byte ' %02x' $((number >> 8 * (i % bytes) & 255))
		value+=$byte
	done
	# shellcheck disable=SC2086
	bpftool map update "$@" key hex 00 00 00 00 value hex $value || return 1
}

# Start the loader with a named pipe for its commands
loader_listens() { # ARGS...
	rm -f "$TMPDIR/commands"
	mkfifo "$TMPDIR/commands"
	exec {commands}<> "$TMPDIR/commands"
	STUDENT_INPUT=$TMPDIR/commands loader_start "$@"
	PROG=$(xdp_id veth0)
}

# Give it a command, and wait for what it says then, which is SAID. Two lines: it reports every
# second anyway, so that the first may have been on its way.
tell() { # COMMAND
	local before
	read_reports
	before=$REPORTS
	printf '%s\nshow\n' "$1" >&"$commands"
	wait_for 2 has_reported $((before + 2)) || true
}

has_reported() { # TIMES
	read_reports
	((REPORTS >= $1))
}

read_reports() {
	local line
	REPORTS=0
	while read -r line; do
		[[ $line == counted:* ]] || continue
		SAID=${line#counted: }
		REPORTS=$((REPORTS + 1))
	done < "$LOADER_LOG"
}

# The line in which the loader reports has these words
says() { # WORDS
	[[ " ${SAID-} " == *" $1 "* ]] || red "the loader says: counted: … $1 …" "counted: ${SAID-}"
}

# From the peer, pings in frames of that length, which must be answered; ARRIVED is what XDP has taken
# from veth0 since the last time.
send_pings() { # N BYTES
	expect "all $1 pings in frames of $2 bytes are answered" \
		in_peer ping -q -f -c "$1" -W 1 -s $(($2 - 42)) "$LAB0"
	wait_for 1 arrived "$1" || true
	EARLIER=$((EARLIER + ARRIVED))
}

EARLIER=0
arrived() { # N
	ARRIVED=$(($(nic lab veth0 xdp_packets) - EARLIER))
	((ARRIVED >= $1))
}

# that many times the same word
times() { # N WORD
	local i
	for ((i = 0; i < $1; i++)); do echo "$2"; done
}

# bats test_tags=packets
@test "every frame passes unchanged [1]" {
	load_count
	sent "three frames of 60, 98 and 1514 bytes, each once through BPF_PROG_TEST_RUN"
	run_frames 60 98 1514
	equal "the verdicts" "1: 60 bytes, XDP_PASS, unchanged
2: 98 bytes, XDP_PASS, unchanged
3: 1514 bytes, XDP_PASS, unchanged" "$(< "$TMPDIR/ran")"
}

# bats test_tags=packets
@test "TODO(1): packets counts each frame, also when four bytes are no longer enough [2]" {
	local n=$((3 + $(own_number 1) % 17))
	load_count
	sent "nothing yet"
	equal "packets (bpftool map dump)" 0 "$(loaded bss packets)"
	sent "$n frames of 14 to 1514 bytes, after packets was set to 4294967295 from outside"
	fill 8 4294967295 pinned "$MAPS/globals_bss" || red "bpftool writes into .bss" nothing
	# shellcheck disable=SC2046
	run_frames 14 1514 $(times $((n - 2)) $((100 + $(own_number 3))))
	equal "packets (bpftool map dump)" $((4294967295 + n)) "$(loaded bss packets)"
	equal "frames that were run" "$n" "$(grep -c XDP_PASS "$TMPDIR/ran")"
}

# bats test_tags=packets
@test "TODO(2): each frame adds step to sum, and step is 2 in the object [2]" {
	local n=$((3 + $(own_number 4) % 17)) step=$((1000000007 + $(own_number 5)))
	load_count
	sent "$n frames of 60 bytes, each once through BPF_PROG_TEST_RUN"
	# shellcheck disable=SC2046
	run_frames $(times $n 60)
	equal "sum (bpftool map dump)" $((2 * n)) "$(loaded bss sum)"

	sent "5 more, after step was set to -$step from outside"
	fill 4 -$step pinned "$MAPS/globals_data" > /dev/null ||
		red "bpftool writes into .data, where step begins as 2" "the object has no such section"
	run_frames 60 60 60 60 60
	equal "sum (bpftool map dump)" $((2 * n - 5 * step)) "$(loaded bss sum)"
}

# bats test_tags=packets
@test "TODO(4): as long as debug is 0, nothing is printed, and no instruction for it is left [1]" {
	load_count
	sent "frames of 60 and 98 bytes, each once through BPF_PROG_TEST_RUN"
	run_frames 60 98
	equal "lines in the trace" "" "$(trace_lines "$PACKETS_AS")"
	equal "calls in the translated program (bpftool prog dump xlated)" 0 \
		"$(calls pinned "$PIN")"
}

@test "TODO(1): the loader says how many frames the program has counted [2]" {
	local n=$((3 + $(own_number 6) % 17)) m=$((3 + $(own_number 7) % 17))
	local big=$((5000000000 + $(own_number 16)))
	expect "4 pings are answered" in_peer ping -q -f -c 4 -W 1 "$LAB0"
	loader_listens --dev veth0
	sent "$n short pings from peer to veth0, after 4 that came too early; then \"show\" to the loader"
	send_pings $n 42
	tell show
	equal "frames that XDP took from veth0 (ethtool -S)" "$n" "$ARRIVED"
	equal "packets in the kernel (bpftool map dump)" "$n" "$(global "$PROG" packets)"
	says "packets $n"

	sent "$m more, after packets was set to $big from outside; then \"show\""
	expect "bpftool writes into .bss" fill 8 "$big" id "$(field id "$(map_of "$PROG" .bss)")"
	send_pings $m 42
	tell show
	equal "packets in the kernel (bpftool map dump)" $((big + m)) "$(global "$PROG" packets)"
	says "packets $((big + m))"
}

@test "TODO(2): step N, typed, changes what each frame adds in the program that is running [3]" {
	local n=$((3 + $(own_number 8) % 7)) m=$((3 + $(own_number 9) % 7))
	local step=$((1000000007 + $(own_number 10))) sum
	sum=$((2 * n - m * step))
	loader_listens --dev veth0
	sent "$n pings from peer; then \"step -$step\" to the loader, and $m pings"
	send_pings $n 60
	tell "step -$step"
	says "sum $((2 * n))"
	equal "complaints of the loader about \"step -$step\"" "" "$(grep '^step' "$LOADER_LOG")"
	send_pings $m 60
	tell show
	equal "frames that XDP took from veth0 meanwhile (ethtool -S)" $m "$ARRIVED"
	equal "sum in the kernel (bpftool map dump)" $sum "$(global "$PROG" sum)"
	says "sum $sum step -$step"
	equal "step in the kernel (bpftool map dump)" -$step "$(global "$PROG" step)"
	equal "program on veth0, the same as at first" "$PROG" "$(xdp_id veth0)"
	equal "runs of that program (run_cnt)" $((n + m)) "$(run_cnt "$PROG")"
}

@test "TODO(3): a frame shorter than --min-len is not counted, one of that length is [3]" {
	local min=$((300 + $(own_number 11))) short=$((3 + $(own_number 12) % 5))
	loader_start --dev veth0 --min-len $min
	PROG=$(xdp_id veth0)
	sent "from peer, pings: $short in frames of $((min - 1)) bytes, 2 of $min, 1 of $((min + 1))"
	send_pings $short $((min - 1))
	send_pings 2 $min
	send_pings 1 $((min + 1))
	equal "frames that XDP took from veth0 (ethtool -S)" $((short + 3)) "$EARLIER"
	equal "min_len in the kernel (bpftool map dump)" $min "$(global "$PROG" min_len)"
	equal "packets in the kernel (bpftool map dump)" 3 "$(global "$PROG" packets)"
	equal "sum in the kernel (bpftool map dump)" 6 "$(global "$PROG" sum)"
}

@test "TODO(3): in the running program nobody can change min_len, neither the loader nor root [2]" {
	# more than two bytes hold, and more than any frame has
	local min=$((100000 + $(own_number 13))) map
	local calls=/sys/kernel/tracing/events/syscalls/sys_enter_bpf
	# under a name of its own: the trace shows the calls of the whole machine
	LOADER=glob-$SANDBOX_ID
	ln -sf globals "$BIN/$LOADER"
	loader_listens --dev veth0 --min-len $min
	sent "\"min_len 60\" to the loader; then a write by bpftool, as root"
	[[ ! -e $calls ]] || trace_event syscalls/sys_enter_bpf 1
	tell "min_len 60"
	equal "the loader says" "min_len 60: Operation not permitted" \
		"$(grep '^min_len' "$LOADER_LOG")"
	[[ ! -e $calls ]] || expect "the loader has asked the kernel: bpf(BPF_MAP_UPDATE_ELEM)" \
		grep -Eq " $LOADER-[0-9].* sys_bpf\(cmd: (0x0*)?2," /sys/kernel/tracing/trace
	map=$(map_of "$PROG" .rodata)
	equal "frozen, of the map behind .rodata (bpftool map show)" 1 "$(field frozen "$map")"
	refuse "root is refused" "Operation not permitted" fill 4 60 id "$(field id "$map")"
	equal "min_len in the kernel (bpftool map dump)" $min "$(global "$PROG" min_len)"
	expect "the loader is still alive" kill -0 "$LOADER_PID"
}

@test "TODO(4): --debug brings the lines back, and the instructions for them [3]" {
	local a=$((100 + $(own_number 14))) b=$((101 + $(own_number 15))) without
	loader_start --dev veth0
	PROG=$(xdp_id veth0)
	without=$(xlated "$PROG")
	equal "calls without --debug (xlated)" 0 "$(calls id "$PROG")"
	loader_stop TERM
	loader_start --dev veth0 --debug
	PROG=$(xdp_id veth0)
	sent "from peer, 3 pings in frames of $a bytes and 2 of $b bytes, through globals --debug"
	send_pings 3 $a
	send_pings 2 $b
	equal "lines \"frame of ... bytes\" in the trace" "$(times 3 $a && times 2 $b)" \
		"$(trace_lines | grep -E "^frame of ($a|$b) bytes$" | cut -d ' ' -f 3)"
	equal "packets, counted all the same (bpftool map dump)" 5 "$(global "$PROG" packets)"
	equal "calls with it (xlated)" 1 "$(calls id "$PROG")"
	expect "more instructions than the $without without --debug (xlated)" \
		test "$(xlated "$PROG")" -gt "$without"
}

# how many of them are calls; as raw bytes, for bpftool takes 100 ms to look up the names
calls() { # WHICH-PROGRAM...
	bpftool prog dump xlated "$@" file "$TMPDIR/xlated"
	od -A n -t x1 -w8 -v "$TMPDIR/xlated" | grep -c '^ 85' || true
}

# how many instructions the translated program has
xlated() { # PROG
	echo $(($(field bytes_xlated "$(bpftool -j prog show id "$1")") / 8))
}

@test "TODO(5): answers.txt says what the kernel made of your sections [1]" {
	local flags rodata show="bpftool map show"
	loader_start --dev veth0
	PROG=$(xdp_id veth0)
	sent "nothing: we look at the maps of the program that globals has attached"
	rodata=$(map_of "$PROG" .rodata)
	[[ $rodata =~ \"name\":\"([^\"]*)\" ]]
	answered rodata_name "${BASH_REMATCH[1]}" "$show"
	flags=$(field flags "$(map_of "$PROG" .data)")
	answered data_flags "$([[ $flags == none ]] || printf 0x%x "$flags")" "$show"
	answered bss_bytes "$(field bytes_value "$(map_of "$PROG" .bss)")" "$show"
}

# What follows concerns the given parts of the loader: `make test` runs it on our solution.

# bats test_tags=author
@test "what the loader can't do it says, and goes on" {
	local line
	loader_listens --dev veth0
	for line in hello step "step x" "step 5x" "step 99999999999" "min_len -1"; do
		tell "$line"
	done
	equal "lines with the commands there are" 6 \
		"$(grep -c '^commands: show, step N, min_len N$' "$LOADER_LOG")"
	says "step 2"
}

# bats test_tags=author
@test "it reports every second, with nobody to type" {
	loader_start --dev veth0
	expect "a report" wait_for 2 has_reported 1
	loader_stop INT
	equal "exit status" 0 "$LOADER_STATUS"
}

# bats test_tags=author
@test "it takes its program off again, and leaves another one alone" {
	loader_start --dev veth0
	loader_stop TERM
	equal "exit status" 0 "$LOADER_STATUS"
	equal "mode of the program on veth0" none "$(xdp_mode veth0)"
	loader_start --dev veth0
	ip -force link set dev veth0 xdpdrv obj /run/workbook/tools/pass.bpf.o sec xdp
	loader_stop TERM
	equal "name of the program on veth0" pass "$(xdp_name veth0)"
	expect "the loader says so" grep -q 'veth0: our program is no longer there' "$LOADER_LOG"
	refuse "a second one is refused" "take off what is there: ip link set dev veth0 xdp off" \
		as_student "$BIN/globals" --dev veth0
}

# bats test_tags=author
@test "wrong options show the right ones" {
	local usage="usage: globals --dev NAME"
	refuse "no device is named" "$usage" as_student "$BIN/globals"
	refuse "a length that is no number" "$usage" as_student "$BIN/globals" --dev lo --min-len x
	refuse "nothing as a length" "$usage" as_student "$BIN/globals" --dev lo --min-len ""
	refuse "a negative length" "$usage" as_student "$BIN/globals" --dev lo --min-len -1
	refuse "too big a length" "$usage" as_student "$BIN/globals" --dev lo --min-len 4294967296
	refuse "something left over" "$usage" as_student "$BIN/globals" --dev lo x
	refuse "an unknown device" "nosuch: no such device" as_student "$BIN/globals" --dev nosuch
}

# bats test_tags=author
@test "without rights the loader says which ones it takes" {
	refuse "it fails" "CAP_BPF and CAP_NET_ADMIN" setpriv --reuid "$STUDENT" --regid "$STUDENT" \
		--clear-groups --bounding-set=-all --inh-caps=-all "$BIN/globals" --dev veth0
}
