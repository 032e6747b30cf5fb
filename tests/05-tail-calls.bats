# bats file_tags=lab
# Lab 05: root hands each frame to the leaf in the slot of its ethertype; slots are filled, emptied
# and swapped while frames come; the array outlives its loader; and how long a chain can get.

# shellcheck disable=SC2030,SC2031 # a check is a subshell: its PCAP is its own
load lib/lab

export LOADER=pipeline
DIR=/sys/fs/bpf/pipeline # where the loader pins; `by_hand` pins there, too

teardown() {
	# single packets are run by us, not by the student's user
	[[ " ${BATS_TEST_TAGS[*]-} " == *" packets "* ]] || student_kill
	rm -rf "$DIR" /sys/fs/bpf/chain /sys/fs/bpf/shrink
}

# Load an object without a loader of the student's, and pin its programs and maps by their names
by_hand() { # OBJECT DIR
	local said
	said=$(bpftool prog loadall "$BIN/$1" "$2" pinmaps "$2" 2>&1) ||
		red "bpftool loads $1 and pins it" "$said"
}

# Put programs, pinned beside it, into the slots of an array: none leaves a slot as it is
put() { # ARRAY PROGRAM...
	local array=$1 slot=0
	while shift && (($#)); do
		[[ $1 == none ]] ||
			echo "map update pinned $array key $slot 0 0 0 value pinned ${array%/*}/$1"
		slot=$((slot + 1))
	done | bpftool batch file - > /dev/null
}

# One number from the pinned counts of each slot, summed over the CPUs: those of IPv4 IPv6 ARP
counts() { # passed|dropped|dropped_bytes|missed
	bpftool map dump pinned $DIR/counts | awk -v name="\"$1\":" '
		$1 == "\"key\":" { slot = $2 + 0 }
		$1 == name { n[slot] += $2 }
		END { print n[0] + 0, n[1] + 0, n[2] + 0 }'
}

# Frames whose numbers and lengths nobody can guess into the file $PCAP, the kinds mixed: $ipv4,
# $ipv6, $arp of them, $all together, $long bytes each, and one more for each kind
draw() { # SALT
	local n i
	n=$(own_number "$1")
	ipv4=$((2 + n % 3)) ipv6=$((3 + n / 3 % 4)) arp=$((4 + n / 12 % 5)) long=$((60 + n % 199))
	all=$((ipv4 + ipv6 + arp))
	PCAP=$TMPDIR/$1.pcap
	[[ ! -e $PCAP ]] || return 0
	for ((i = 0; i < 8; i++)); do
		((i >= ipv4)) || plain_frame $long 0800
		((i >= ipv6)) || plain_frame $((long + 1)) 86dd
		((i >= arp)) || plain_frame $((long + 2)) 0806
	done | frames "$PCAP"
}

# Run $PCAP through a pinned program of the student's; what pktrun said is in PACKETS
run_pinned() { # PROGRAM
	PACKETS=$(/run/workbook/tools/pktrun --pinned "$1" "$PCAP" 2>&1) ||
		red "every frame is run" "$PACKETS" "pktrun --pinned $1"
}

verdicts() { # XDP_...
	grep -c "$1" <<< "$PACKETS"
}

# How often shrink.bpf.o runs for one frame, $runs: each run takes a byte off its 98
measure() {
	by_hand shrink.bpf.o /sys/fs/bpf/shrink
	run_pinned /sys/fs/bpf/shrink/shrink
	[[ $PACKETS =~ ' '([0-9]+)' bytes out' ]] || red "frames come out of shrink shorter" "$PACKETS"
	runs=$((98 - BASH_REMATCH[1]))
}

# bats test_tags=packets
@test "with empty slots every frame passes unchanged [1]" {
	local ipv4 ipv6 arp long all PCAP
	draw 1
	by_hand pipeline.bpf.o $DIR
	sent "$ipv4 IPv4, $ipv6 IPv6, $arp ARP frames through root, nothing in the array"
	run_pinned $DIR/root
	equal "frames that passed unchanged" $all "$(verdicts 'XDP_PASS, unchanged')"
	equal "frames counted by a leaf (IPv4 IPv6 ARP)" "0 0 0" "$(counts passed)"
}

# bats test_tags=packets
@test "TODO(1): root goes on in the slot of the frame's ethertype [3]" {
	local ipv4 ipv6 arp long all PCAP
	draw 1
	by_hand pipeline.bpf.o $DIR
	put $DIR/leaves ipv4 ipv6 arp
	sent "$ipv4 IPv4, $ipv6 IPv6, $arp ARP frames through root, each leaf in its slot"
	run_pinned $DIR/root
	equal "frames that passed unchanged" $all "$(verdicts 'XDP_PASS, unchanged')"
	equal "frames counted by the leaves (IPv4 IPv6 ARP)" "$ipv4 $ipv6 $arp" "$(counts passed)"

	put $DIR/leaves arp drop ipv4
	sent "the same frames, but arp stands in slot 0, drop in slot 1 and ipv4 in slot 2"
	run_pinned $DIR/root
	equal "frames that are dropped" "$ipv6" "$(verdicts XDP_DROP)"
	equal "frames counted by the leaves until now (ipv4 ipv6 arp)" \
		"$((ipv4 + arp)) $ipv6 $((arp + ipv4))" "$(counts passed)"
}

# bats test_tags=packets
@test "TODO(1): a frame of another ethertype is for no leaf and is not missed [1]" {
	local type PCAP=$TMPDIR/types.pcap
	for type in 88b5 0008 dd86 0608 8100 05dc 0801 0807 0800; do
		plain_frame 60 $type
	done | frames "$PCAP"
	by_hand pipeline.bpf.o $DIR
	put $DIR/leaves drop drop drop
	sent "8 frames of other ethertypes and one of IPv4 through root, drop in every slot"
	run_pinned $DIR/root
	equal "frames that passed unchanged" 8 "$(verdicts 'XDP_PASS, unchanged')"
	equal "the last one" "9: 60 bytes, XDP_DROP, unchanged" "$(tail -n 1 <<< "$PACKETS")"
	equal "frames counted as missed (IPv4 IPv6 ARP)" "0 0 0" "$(counts missed)"
}

# bats test_tags=packets
@test "TODO(2): a frame whose slot is empty passes and is counted as missed [2]" {
	local ipv4 ipv6 arp long all PCAP
	draw 1
	by_hand pipeline.bpf.o $DIR
	put $DIR/leaves none ipv6 none
	sent "$ipv4 IPv4, $ipv6 IPv6, $arp ARP frames through root, only the slot ipv6 is filled"
	run_pinned $DIR/root
	equal "frames that passed unchanged" $all "$(verdicts 'XDP_PASS, unchanged')"
	equal "frames counted as missed (IPv4 IPv6 ARP)" "$ipv4 0 $arp" "$(counts missed)"
	equal "frames counted by the leaves (IPv4 IPv6 ARP)" "0 $ipv6 0" "$(counts passed)"
}

# bats test_tags=packets
@test "TODO(3): drop learns from root's note its slot, and how long the frame was [3]" {
	local ipv4 ipv6 arp long all PCAP
	draw 1
	by_hand pipeline.bpf.o $DIR
	put $DIR/leaves drop drop drop
	sent "$ipv4 IPv4, $ipv6 IPv6, $arp ARP frames of $long to $((long + 2)) bytes, drop in every slot"
	run_pinned $DIR/root
	equal "frames that are dropped" $all "$(verdicts XDP_DROP)"
	equal "frames counted as dropped (IPv4 IPv6 ARP)" "$ipv4 $ipv6 $arp" "$(counts dropped)"
	equal "bytes counted as dropped (IPv4 IPv6 ARP)" \
		"$((ipv4 * long)) $((ipv6 * (long + 1))) $((arp * (long + 2)))" \
		"$(counts dropped_bytes)"
	# two CPUs at once would show it, too, but not in every run
	equal "maps that drop uses, and their kinds (bpftool)" \
		"percpu_array counts, percpu_array notes" "$(maps_of $DIR/drop)"
}

maps_of() { # PINNED PROGRAM
	bpftool prog show pinned "$1" | sed -n 's/.*map_ids //p' | tr , '\n' | sed 's/^/map show id /' |
		bpftool batch file - | sed -n 's/^[0-9]*: \([a-z_]*\)  name \([^ ]*\) .*/\1 \2/p' |
		sort | paste -s -d , | sed 's/,/, /g'
}

# bats test_tags=packets
@test "TODO(7): chain counts each of its runs, and each end of a chain once [2]" {
	local n=$((2 + $(own_number 5) % 9)) runs i PCAP=$TMPDIR/chain.pcap
	for ((i = 0; i < n; i++)); do plain_frame 98; done | frames "$PCAP"
	measure
	by_hand chain.bpf.o /sys/fs/bpf/chain
	# how often it ran is the question: it is not told here
	sent "$n frames through chain, and through shrink, which takes a byte off in each run"
	run_pinned /sys/fs/bpf/chain/chain
	equal "frames that passed chain unchanged" "$n" "$(verdicts 'XDP_PASS, unchanged')"
	[[ $(chain_counts) == "$((n * runs)) $n" ]] ||
		red "runs: the bytes that shrink took off $n frames; ends: $n" \
			"runs and ends: $(chain_counts)"

	sent "$n frames through chain, but shrink stands in slot 0 of next"
	put /sys/fs/bpf/chain/next ../shrink/shrink
	run_pinned /sys/fs/bpf/chain/chain
	(($(verdicts "XDP_PASS, $((99 - runs)) bytes out") == n)) ||
		red "$n frames come out, shorter by a byte for each tail call" "$PACKETS"
	[[ $(chain_counts) == "$((n * runs + n)) $n" ]] ||
		red "$n runs more than before, one for each frame, and no more ends" \
			"runs and ends, all in all: $(chain_counts)"
}

chain_counts() {
	bpftool map dump pinned /sys/fs/bpf/chain/chain*bss |
		awk '$1 == "\"runs\":" { runs = $2 } $1 == "\"ends\":" { ends = $2 } END { print runs + 0, ends + 0 }'
}

# bats test_tags=no-network
@test "TODO(7): answers.txt tells how many runs and how many tail calls one frame gets [2]" {
	local runs PCAP=$TMPDIR/answers.pcap
	plain_frame 98 | frames "$PCAP"
	sent "one frame through shrink, which takes a byte off in each run"
	measure
	# the answer itself is not told
	[[ $(answer runs) == "$runs" ]] || red "runs = what you have counted" "runs = $(answer runs)"
	[[ $(answer tail_calls) == $((runs - 1)) ]] ||
		red "tail_calls = what the number of runs means for them" \
			"tail_calls = $(answer tail_calls)"
}

# The id of the program array that the program on veth0 uses, $array. Red when it uses none, as in
# the starter: there is no way from root to the array before TODO(1).
find_array() {
	local ids
	equal "name of the program on veth0 (ip -j -d link)" root "$(xdp_name veth0)"
	ids=$(bpftool prog show id "$(xdp_id veth0)" | sed -n 's/.*map_ids //p' | tr , '\n')
	array=$(sed 's/^/map show id /' <<< "$ids" | bpftool batch file - 2> /dev/null |
		sed -n 's/^\([0-9]*\): prog_array .*/\1/p')
	[[ $array ]] || red "root uses the program array (solve TODO(1) first)" "it uses none"
}

# The id of what is pinned where the array belongs
pinned_array() {
	[[ ! -e $DIR/leaves ]] || bpftool map show pinned $DIR/leaves | sed -n '1s/:.*//p'
}

# The names of the programs in an array, SLOT:NAME each, in the order of the slots
standing_in() { # ARRAY_ID
	local dump
	dump=$(bpftool map dump id "$1")
	paste -d : <(sed -n 's/.*"key": \([0-9]*\).*/\1/p' <<< "$dump") \
		<(sed -n 's/.*"value": \([0-9]*\).*/prog show id \1/p' <<< "$dump" |
			bpftool batch file - | sed -n 's/.* name \([^ ]*\) .*/\1/p') | xargs
}

@test "TODO(4): the loader fills each slot with its leaf [2]" {
	local ipv4 ipv6 arp long all PCAP array
	draw 6
	loader_start --dev veth0
	find_array
	equal "programs in the array (bpftool map dump)" "0:ipv4 1:ipv6 2:arp" "$(standing_in "$array")"
	sent "from peer, $ipv4 IPv4, $ipv6 IPv6 and $arp ARP frames"
	send peer veth0 "$PCAP"
	equal "frames that XDP took from veth0 (ethtool -S)" $all "$(nic lab veth0 xdp_packets)"
	equal "frames counted by the leaves (IPv4 IPv6 ARP)" "$ipv4 $ipv6 $arp" "$(counts passed)"
	equal "frames counted as missed (IPv4 IPv6 ARP)" "0 0 0" "$(counts missed)"
}

@test "TODO(5): the array is pinned: with the loader gone, the leaves still run [3]" {
	local ipv4 ipv6 arp long all PCAP array
	draw 7
	loader_start --dev veth0
	find_array
	equal "id of the map pinned at $DIR/leaves while the loader runs: that of root's array" \
		"$array" "$(pinned_array)"
	loader_stop TERM

	expect "pipeline --dev veth0 --leave succeeds" as_student "$BIN/pipeline" --dev veth0 --leave
	find_array
	equal "id of the map pinned at $DIR/leaves: that of root's array" "$array" "$(pinned_array)"
	# the array stays, but nothing is in it: that is another TODO's, and we do it
	[[ $(standing_in "$array") ]] || put $DIR/leaves ipv4 ipv6 arp

	sent "from peer, $ipv4 IPv4, $ipv6 IPv6 and $arp ARP frames, after the loader has ended"
	send peer veth0 "$PCAP"
	equal "frames that XDP took from veth0 (ethtool -S)" $all "$(nic lab veth0 xdp_packets)"
	equal "frames counted by the leaves (IPv4 IPv6 ARP)" "$ipv4 $ipv6 $arp" "$(counts passed)"
	equal "programs in the array (bpftool map dump)" "0:ipv4 1:ipv6 2:arp" "$(standing_in "$array")"
}

# The same pipeline, with pins that the student's user may open
pinned_for_student() {
	by_hand pipeline.bpf.o $DIR
	put $DIR/leaves ipv4 ipv6 arp
	chown -R "$STUDENT" $DIR
}

# bats test_tags=no-network
@test "TODO(6): --set puts pass, drop or nothing into the slot you name, and no other [2]" {
	local array
	pinned_for_student
	array=$(pinned_array)
	expect "--set ipv6=drop succeeds" as_student "$BIN/pipeline" --set ipv6=drop
	equal "programs in the array (bpftool map dump)" "0:ipv4 1:drop 2:arp" "$(standing_in "$array")"
	expect "--set ipv6=pass --set arp=none --set ipv4=drop succeeds" \
		as_student "$BIN/pipeline" --set ipv6=pass --set arp=none --set ipv4=drop
	equal "programs in the array (bpftool map dump)" "0:drop 1:ipv6" "$(standing_in "$array")"
}

swap_often() {
	# who leaves a descriptor open at each swap runs out of them
	as_student prlimit --nofile=64 "$BIN/pipeline" "${swaps[@]}"
}

@test "TODO(6): swapped while frames come: each has one fate, none finds the slot empty [3]" {
	local n=$((900 + $(own_number 8) % 100)) id sender dropped passed missed rounds often=0 swaps
	pinned_for_student
	bpftool net attach xdp pinned $DIR/root dev veth0
	id=$(xdp_id veth0)
	plain_frame 60 0806 | frames "$TMPDIR/arp.pcap"

	mapfile -t swaps < <(yes -- $'--set\narp=drop\n--set\narp=pass' | head -n 4000)
	# a busy machine sends, then swaps, then sends: a few rounds more, to have both at once
	for ((rounds = 1; rounds < 9; rounds++)); do
		sent "from peer, $rounds times $n ARP frames, in 0.05 s each; meanwhile arp=drop and arp=pass in turn"
		in_peer tcpreplay --intf1=veth0 --quiet --pps=20000 --loop="$n" --preload-pcap \
			"$TMPDIR/arp.pcap" > /dev/null 2>&1 3>&- &
		sender=$!
		while kill -0 $sender 2> /dev/null; do
			expect "arp=drop and arp=pass, 1000 times each in one call, succeed" swap_often
			expect "arp=drop succeeds" as_student "$BIN/pipeline" --set arp=drop
			often=$((often + 1))
		done
		wait $sender
		dropped=$(nic lab veth0 xdp_drops) passed=$(counts passed) passed=${passed##* }
		((passed == 0 || dropped == 0 || often < 4)) || break
	done
	((passed > 0 && dropped > 0)) ||
		red "some frames are passed, and some are dropped" "$passed passed, $dropped dropped"
	missed=$(counts missed)
	equal "program on veth0, the same as before" "$id" "$(xdp_id veth0)"
	equal "frames that XDP took from veth0 (ethtool -S)" $((rounds * n)) \
		"$(nic lab veth0 xdp_packets)"
	equal "frames that found the slot empty" 0 "${missed##* }"
	equal "frames passed by arp and dropped by the device (ethtool -S), together" \
		$((rounds * n)) $((passed + dropped))

	# who empties the slot first and fills it then has luck now and then, but not here
	sent "--set arp=pass where the pin arp is a program of another type, which no slot takes"
	rm $DIR/arp
	bpftool prog load "$BIN/hello-tail.bpf.o" $DIR/arp
	chown "$STUDENT" $DIR/arp
	refuse "the loader says so" "can't set arp=pass" as_student "$BIN/pipeline" --set arp=pass
	equal "programs in the array, as before (bpftool map dump)" "0:ipv4 1:ipv6 2:drop" \
		"$(standing_in "$(pinned_array)")"
}

# The ids of the programs that the loader holds, from its descriptors
held_by_loader() {
	local pid
	pid=$(pgrep -u "$STUDENT" -f "^$BIN/$LOADER" | tail -n 1)
	sed -n 's/^prog_id:[ \t]*//p' "/proc/$pid"/fdinfo/* | sort -nu
}

start_chain() {
	earlier=$(told_of_student | wc -l)
	expect "they end well" as_student "${chain[@]}" /usr/bin/true
}

told_of_student() {
	trace_lines | grep "by user $STUDENT\$" || true
}

# bats test_tags=no-network
@test "TODO(8): hello-tail greets programs and timers, and none as another syscall [3]" {
	local n=$((1 + $(own_number 9) % 6)) m=$((1 + $(own_number 10) % 3)) lines earlier chain=() i
	ln -sf hello-tail "$BIN/tail-$SANDBOX_ID"
	LOADER=tail-$SANDBOX_ID
	loader_start --uid "$STUDENT"
	equal "programs that the loader holds (bpftool prog show)" \
		"hello hello_exec hello_timer ignore_opcode" "$(held_by_loader | sed 's/^/prog show id /' |
			bpftool batch file - | sed -n 's/.* name \([^ ]*\) .*/\1/p' | sort | xargs)"

	for ((i = 0; i < n; i++)); do chain+=(/usr/bin/env); done
	for ((i = 0; i < m; i++)); do chain+=(/usr/bin/timeout 9); done
	sent "user $STUDENT starts $((n + m + 1)) programs, $m of which set a timer (hello-tail runs as that user, too)"
	all_told start_chain
	lines=$(told_of_student)
	equal "lines \"Another syscall\" of that user" "" "$(grep 'Another syscall' <<< "$lines" | head -n 5)"
	lines=$(tail -n +$((earlier + 1)) <<< "$lines")
	equal "lines \"A program is started\" of that user" $((n + m + 1)) \
		"$(grep -c '^A program is started' <<< "$lines")"
	equal "lines \"A timer\" of that user, two for each" $((2 * m)) "$(grep -c '^A timer' <<< "$lines")"
}

# What follows concerns the given parts of the loaders: `make test` runs it on our solution.

# bats test_tags=author
@test "Ctrl-C and SIGTERM end the loader and leave nothing in the kernel" {
	local signal id
	for signal in INT TERM; do
		loader_start --dev veth0
		id=$(xdp_id veth0)
		loader_stop $signal
		equal "its exit status" 0 "$LOADER_STATUS"
		equal "mode of the program on veth0" none "$(xdp_mode veth0)"
		expect "the pins are gone" test ! -e $DIR
		expect "program $id is gone" wait_for 1 prog_gone "$id"
	done
}

# bats test_tags=author
@test "--detach takes off what --leave or kill -9 left, and says so where nothing is" {
	expect "--leave succeeds" as_student "$BIN/pipeline" --dev veth0 --leave
	refuse "a second pipeline is refused" "a pipeline is there: pipeline --dev veth0 --detach" \
		as_student "$BIN/pipeline" --dev veth0
	expect "the first one's pins are untouched" test -e $DIR/leaves
	expect "--detach succeeds" as_student "$BIN/pipeline" --dev veth0 --detach
	equal "mode of the program on veth0" none "$(xdp_mode veth0)"
	expect "the pins are gone" test ! -e $DIR
	loader_start --dev veth0
	loader_stop KILL
	expect "--detach succeeds" as_student "$BIN/pipeline" --dev veth0 --detach
	expect "the pins are gone" test ! -e $DIR
	refuse "nothing is there" "veth0: nothing detached" \
		as_student "$BIN/pipeline" --dev veth0 --detach
}

# bats test_tags=author
@test "another program on the device is left alone, and our pins come off again" {
	ip link set dev veth0 xdpdrv obj /run/workbook/tools/pass.bpf.o sec xdp
	refuse "the loader gives up" "can't attach to veth0: Device or resource busy" \
		as_student "$BIN/pipeline" --dev veth0
	equal "name of the program on veth0" pass "$(xdp_name veth0)"
	expect "the pins are gone" test ! -e $DIR
	refuse "--leave gives up, too" "can't attach to veth0" \
		as_student "$BIN/pipeline" --dev veth0 --leave
	expect "the pins are gone" test ! -e $DIR
}

# bats test_tags=author
@test "--set without a pipeline, or of an empty slot to none, says why" {
	refuse "no pipeline" "can't set arp=drop: No such file or directory: no pipeline runs" \
		as_student "$BIN/pipeline" --set arp=drop
	pinned_for_student
	expect "--set arp=none succeeds" as_student "$BIN/pipeline" --set arp=none
	refuse "an empty slot" "or the slot is empty" as_student "$BIN/pipeline" --set arp=none
}

# bats test_tags=author
@test "wrong options show the right ones, and change nothing" {
	local wrong
	by_hand pipeline.bpf.o $DIR
	put $DIR/leaves ipv4 ipv6 arp
	for wrong in "" "--dev veth0 --set arp=drop" "--set arp" "--set arp=" "--set ar=drop" \
		"--set arpx=drop" "--set arp=ipv4" "--set arp=none --set tcp=drop" "--set =drop" \
		"--dev veth0 --leave --detach" "--set arp=drop --leave" "--dev veth0 x" "--nosuch"; do
		# shellcheck disable=SC2086
		refuse "\"$wrong\" is refused" "usage: pipeline --dev NAME" \
			as_student "$BIN/pipeline" $wrong
	done
	equal "programs in the array" "0:ipv4 1:ipv6 2:arp" \
		"$(standing_in "$(pinned_array)")"
	equal "mode of the program on veth0" none "$(xdp_mode veth0)"
	for wrong in x "--uid" "--uid x" "--uid 1x" "--uid -1" "--uid 4294967295" "--nosuch"; do
		# shellcheck disable=SC2086
		refuse "hello-tail \"$wrong\" is refused" "usage: hello-tail" \
			as_student "$BIN/hello-tail" $wrong
	done
	refuse "a device that isn't there" "nosuch: no such device here" \
		as_student "$BIN/pipeline" --dev nosuch
}

# bats test_tags=author
@test "without rights the loaders say which ones they take" {
	local powerless=(setpriv --reuid "$STUDENT" --regid "$STUDENT" --clear-groups
		--bounding-set=-all --inh-caps=-all)
	refuse "pipeline fails" "CAP_BPF and CAP_NET_ADMIN" "${powerless[@]}" "$BIN/pipeline" --dev veth0
	refuse "hello-tail fails" "CAP_BPF and CAP_PERFMON" "${powerless[@]}" "$BIN/hello-tail"
}

# bats test_tags=author
@test "hello-tail leaves nothing behind" {
	local ids id
	LOADER=hello-tail
	loader_start --uid "$STUDENT"
	ids=$(held_by_loader)
	loader_stop INT
	equal "its exit status" 0 "$LOADER_STATUS"
	for id in $ids; do
		expect "program $id is gone" wait_for 1 prog_gone "$id"
	done
}
