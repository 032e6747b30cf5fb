# bats file_tags=lab
# Lab 02: each program of the object gives every frame its fate; the loader takes the one that is
# asked for, and no other; what was found out is what the kernel says.

load lib/lab

export LOADER=verdicts

# -- frames

# A small echo request from peer to lab, with right checksums: lab's kernel answers it
echo_request() {
	echo 020000000101 020000000102 0800 4500003000004000400124cb 0a000102 0a000101 \
		0800f7f700070001 0000000000000000000000000000000000000000
}

# An IPv4 frame of that many bytes, with that protocol, the rest of it zeros or decoys: type of
# service and time to live are 1, which is the number of ICMP
ipv4_frame() { # BYTES PROTOCOL
	local zeros
	printf -v zeros '%0*d' $(($1 * 2)) 0
	printf '020000000101 020000000102 0800 4501 %04x 0001 0000 01%02x 0000 0a000102 0a000101 %s\n' \
		$(($1 - 14)) "$2" "${zeros:68}"
}

repeat() { # N CMD...
	local i frame
	frame=$("${@:2}")
	for ((i = 0; i < $1; i++)); do echo "$frame"; done
}

# -- the packet stage

# Three frames of different lengths all get this verdict, and stay as they are
all_get() { # PROGRAM VERDICT
	local a=$((60 + $(own_number 1))) b=$((61 + $(own_number 2)))
	sent "frames of $a, 14 and $b bytes, each once through BPF_PROG_TEST_RUN"
	[[ -e $TMPDIR/three.pcap ]] ||
		for length in $a 14 $b; do plain_frame "$length"; done | frames "$TMPDIR/three.pcap"
	packets verdicts.bpf.o "$1" "$TMPDIR/three.pcap"
	equal "the verdicts" "1: $a bytes, $2, unchanged
2: 14 bytes, $2, unchanged
3: $b bytes, $2, unchanged" "$PACKETS"
}

# bats test_tags=packets
@test "pass lets every frame through [1]" {
	all_get pass XDP_PASS
}

# bats test_tags=packets
@test "TODO(2): drop drops every frame [1]" {
	all_get drop XDP_DROP
}

# bats test_tags=packets
@test "TODO(3): aborted gives up on every frame [1]" {
	all_get aborted XDP_ABORTED
}

# bats test_tags=packets
@test "TODO(4): by_parity passes even lengths and drops odd ones [2]" {
	local a=$((30 + 2 * ($(own_number 3) / 2))) b=$((31 + 2 * ($(own_number 4) / 2)))
	sent "frames of $a, $b, 14, 15, 1514 and 1513 bytes, each once through BPF_PROG_TEST_RUN"
	for length in $a $b 14 15 1514 1513; do plain_frame "$length"; done | frames "$TMPDIR/in.pcap"
	packets verdicts.bpf.o by_parity "$TMPDIR/in.pcap"
	equal "the verdicts" "1: $a bytes, XDP_PASS, unchanged
2: $b bytes, XDP_DROP, unchanged
3: 14 bytes, XDP_PASS, unchanged
4: 15 bytes, XDP_DROP, unchanged
5: 1514 bytes, XDP_PASS, unchanged
6: 1513 bytes, XDP_DROP, unchanged" "$PACKETS"
}

# bats test_tags=packets
@test "TODO(5): tx sends every frame back as it is [1]" {
	all_get tx XDP_TX
}

# bats test_tags=packets
@test "TODO(6): nine returns 9 [1]" {
	all_get nine "9 (not an XDP verdict; the kernel treats it as XDP_ABORTED)"
}

# bats test_tags=packets
@test "TODO(7): no_icmp drops ICMP over IPv4 and nothing else [3]" {
	local long=$((64 + $(own_number 5))) icmp want='' came='' number=0 verdict what frame
	icmp=$(ipv4_frame 98 1)
	sent "frames, each once through BPF_PROG_TEST_RUN"
	while IFS='|' read -r verdict what frame; do
		number=$((number + 1))
		want+="$number: $verdict, $what"$'\n'
		echo "$frame" >&3
	done 3> "$TMPDIR/hex" <<-END
		XDP_DROP|ICMP echo request|$(echo_request)
		XDP_DROP|ICMP echo reply, $long bytes|$(ipv4_frame $long 1)
		XDP_DROP|ICMP behind IPv4 options|${icmp/ 4501 / 4601 }
		XDP_DROP|IPv4 header of ICMP, and nothing behind it|$(ipv4_frame 34 1)
		XDP_PASS|UDP, $long bytes|$(ipv4_frame $long 17)
		XDP_PASS|TCP|$(ipv4_frame 98 6)
		XDP_PASS|protocol 58, which is ICMPv6|$(ipv4_frame 98 58)
		XDP_PASS|protocol 129|$(ipv4_frame 98 129)
		XDP_PASS|ethertype 0806, which is ARP|${icmp/ 0800 / 0806 }
		XDP_PASS|ethertype 0008|${icmp/ 0800 / 0008 }
		XDP_PASS|ethertype 86dd, which is IPv6|${icmp/ 0800 / 86dd }
		XDP_PASS|ethertype 8100, which is VLAN|${icmp/ 0800 / 8100 0001 0800 }
	END
	frames "$TMPDIR/in.pcap" < "$TMPDIR/hex"
	packets verdicts.bpf.o no_icmp "$TMPDIR/in.pcap"
	while read -r number _ _ verdict what; do
		[[ $want =~ (^|$'\n')$number\ [A-Z_]+,\ ([^$'\n']*) ]]
		came+="$number $verdict ${BASH_REMATCH[2]}"$'\n'
		[[ $what == unchanged ]] || came+="   $what"$'\n'
	done <<< "$PACKETS"
	equal "the verdicts" "${want%$'\n'}" "${came%$'\n'}"
}

# bats test_tags=packets
@test "TODO(7): no_icmp passes what is too short to tell [1]" {
	sent "an ICMP frame of 98 bytes, cut to every length from 14"
	ipv4_frame 98 1 | frames "$TMPDIR/in.pcap"
	packets verdicts.bpf.o no_icmp "$TMPDIR/in.pcap" --cut
	equal "the verdicts" "1: 14-33 bytes XDP_PASS, 34-98 bytes XDP_DROP" "$PACKETS"
}

# -- the network stage

# Put a program of the student's on veth0, alone; ID is its id
put() { # PROGRAM
	expect "ip attaches your program $1 to veth0" attach veth0 verdicts.bpf.o "$1"
	read -r _ ID _ < <(xdp_of veth0)
	# they stay on: to switch one on again, the kernel waits 10 to 20 ms
	echo 1 > /sys/kernel/tracing/events/xdp/xdp_exception/enable
	echo 1 > /sys/kernel/tracing/events/xdp/xdp_redirect_err/enable
}

# Read a file of the kernel's with one number into a variable; without a new process
number() { # VARIABLE veth0/COUNTER
	read -r "$1" < "/sys/class/net/${2/\///statistics/}"
}

# Add the XDP counters of veth0, N times each, to GROWN
declare -gA GROWN
add_counters() { # N
	local name value
	while read -r name value; do
		[[ $name != rx_queue_* ]] || : $((GROWN[${name#rx_queue_[0-9]*_}] += $1 * value))
	done < <(ethtool -S veth0 | tr -d :)
}

# Send frames from peer to veth0 with CMD, and wait until N went through the program: not until CMD
# ends, for a ping would wait for its answers. Sets, where M of them (all, unless it is said) should
# meet the same fate:
#   TAKEN    how many went through XDP
#   FATE     what grew by M: the counters beside xdp_packets and xdp_bytes, the actions of events;
#            with the number where it isn't M
#   ANSWERS  how many frames lab sent by veth0
through() { # N[/M] CMD...
	local n=${1%/*} m=${1#*/} had answers name action
	local -A events=()
	shift
	GROWN=()
	add_counters -1
	number had veth0/rx_packets
	number answers veth0/tx_packets
	in_peer "$@" > "$TMPDIR/sender" 2>&1 3>&- &
	wait_for 3 taken $((had + n)) || true # the counters will tell
	add_counters 1
	number ANSWERS veth0/tx_packets
	ANSWERS=$((ANSWERS - answers)) TAKEN=${GROWN[xdp_packets]} FATE=''
	unset 'GROWN[xdp_packets]' 'GROWN[xdp_bytes]'
	for name in "${!GROWN[@]}"; do
		((GROWN[$name] == 0)) || tell "$name" "${GROWN[$name]}" "$m"
	done
	name=${FATE:-none} FATE=''
	while read -r action; do
		: $((events[$action] += 1))
	done < <(xdp_events 'xdp_[er][a-z_]*' "$ID")
	for action in "${!events[@]}"; do
		tell "$action" "${events[$action]}" "$m"
	done
	FATE="$name ${FATE:-none}"
}

# N pings at once, in frames of that many bytes
pings() { # N [BYTES]
	echo "ping -q -c $1 -l $1 -W 0.1 -s $((${2-98} - 42)) $LAB0"
}

tell() { # NAME COUNT N
	FATE+="${FATE:+ }$1"
	(($2 == $3)) || FATE+="($2)"
}

taken() { # N
	local now
	number now veth0/rx_packets
	((now >= $1))
}

# The same with N pings
through_pings() { # N
	through "$1" sh -c "exec $(pings "$1")"
}

# What FATE is for the program of that name in answers.txt: as a check before saw it in this sandbox, or
# else by 3 pings
fate() { # NAME
	if [[ -e $TMPDIR/fate.$1 ]]; then
		read -r FATE < "$TMPDIR/fate.$1"
		return
	elif [[ $1 == tx_alone ]]; then
		in_peer ip link set dev veth0 xdp off
	elif [[ $1 == tx ]]; then
		in_peer ip -force link set dev veth0 xdpdrv obj /run/workbook/tools/pass.bpf.o sec xdp
	fi
	put "${1%_alone}"
	through_pings 3
	seen "$1"
}

seen() { # NAME
	echo "$FATE" > "$TMPDIR/fate.$1"
}

# A program that lets nothing through
swallows() { # PROGRAM FATE
	local n=$((2 + $(own_number 6) % 17))
	put "$1"
	sent "$n pings from peer"
	through_pings $n
	seen "$1"
	equal "frames that XDP took from veth0 (ethtool -S)" $n "$TAKEN"
	equal "what else grew (ethtool -S), and the action in as many events" "$2" "$FATE"
	equal "runs of the program (run_cnt)" $n "$(run_cnt "$ID")"
	equal "answers of lab's kernel" 0 "$ANSWERS"
}

@test "TODO(1): --prog attaches the program of that name, and loads no other [3]" {
	local names=(by_parity redirect no_icmp) name said
	name=${names[$(own_number 7) % 3]}
	loader_start --dev veth0 --prog "$name"
	equal "name of the program on veth0 (ip -j -d link)" "$name" "$(xdp_name veth0)"
	equal "mode of the program on veth0 (ip -j link)" native "$(xdp_mode veth0)"
	said=$(bpftool prog show | grep -B 1 "uid $STUDENT\$" | grep -o ' name [^ ]*' | xargs)
	equal "your programs in the kernel (bpftool prog show)" "name $name" "$said"

	sent "3 frames from peer"
	repeat 3 plain_frame 61 | frames "$TMPDIR/in.pcap"
	send peer veth0 "$TMPDIR/in.pcap"
	expect "they arrive" wait_for 1 taken 3
	equal "frames that XDP took from veth0 (ethtool -S)" 3 "$(nic lab veth0 xdp_packets)"
	equal "runs of the program (run_cnt)" 3 "$(run_cnt "$(xdp_id veth0)")"

	refuse "a name that is cut short is no name" "no program is called ${name%?}" \
		as_student "$BIN/verdicts" --dev veth1 --prog "${name%?}"
	equal "mode of the program on veth1 (ip -j link)" none "$(xdp_mode veth1)"
}

# bats test_tags=same-network
@test "TODO(2): what drop drops is counted, and no event tells of it [2]" {
	swallows drop "xdp_drops none"
}

# bats test_tags=same-network
@test "TODO(3): for each frame, aborted leaves one event ABORTED [2]" {
	swallows aborted "xdp_drops ABORTED"
}

# bats test_tags=same-network
@test "TODO(4): under by_parity, the network is alive for even frames, and only for them [2]" {
	local even=$((2 + $(own_number 8) % 9)) odd=$((3 + $(own_number 9) % 8))
	local a=$((60 + 2 * ($(own_number 1) / 2))) b=$((61 + 2 * ($(own_number 2) / 2)))
	put by_parity
	sent "from peer, $even pings in frames of $a bytes and $odd in frames of $b bytes"
	# one after the other: with two senders at once, a veth now and then keeps a frame until the next
	through $((even + odd))/$odd sh -c "$(pings $even $a); exec $(pings $odd $b)"
	equal "frames that XDP took from veth0 (ethtool -S)" $((even + odd)) "$TAKEN"
	equal "what else grew (ethtool -S), and the action in events" "xdp_drops none" "$FATE"
	equal "answers of lab's kernel" $even "$ANSWERS"
}

# bats test_tags=same-network
@test "TODO(6): for each frame, nine leaves one event 0x9 [2]" {
	swallows nine "xdp_drops 0x9"
}

# bats test_tags=same-network
@test "TODO(7): under no_icmp, pings are lost and UDP is answered [2]" {
	local n=$((2 + $(own_number 11) % 9))
	put no_icmp
	sent "$n pings and a UDP datagram to a closed port, from peer"
	through $((n + 1))/$n bash -c "echo > /dev/udp/$LAB0/9; exec $(pings $n)"
	equal "frames that XDP took from veth0 (ethtool -S)" $((n + 1)) "$TAKEN"
	equal "what else grew (ethtool -S), and events" "xdp_drops none" "$FATE"
	equal "answers of lab's kernel" 1 "$ANSWERS"
}

# bats test_tags=same-network
@test "TODO(5): without a program on peer, the frames of tx are lost; with one, they come back [2]" {
	local n=$((2 + $(own_number 10) % 9)) length=$((60 + $(own_number 1))) came
	in_peer ip link set dev veth0 xdp off
	repeat $n plain_frame $length | frames "$TMPDIR/in.pcap"
	capture peer veth0 "$TMPDIR/back.pcap" -p
	put tx
	sent "$n pings from peer, whose veth0 has no program"
	through_pings $n
	seen tx_alone
	equal "what grew on veth0 beside xdp_packets, and events" "xdp_tx_errors none" "$FATE"

	in_peer ip link set dev veth0 xdpdrv obj /run/workbook/tools/pass.bpf.o sec xdp
	sent "$n frames of $length bytes from peer, whose veth0 has pass.bpf.o"
	came=$(nic peer veth0 xdp_packets)
	through $n "$TOOLS/pktsend" veth0 "$TMPDIR/in.pcap"
	seen tx
	equal "what grew on veth0 beside xdp_packets, and events" "xdp_tx none" "$FATE"
	equal "frames that XDP took from peer's veth0 (ethtool -S)" $((came + n)) "$(nic peer veth0 xdp_packets)"
	expect "$n frames come back to peer" capture_end $n
	equal "the frames that came back" "$(repeat $n plain_frame $length | tr -d ' ')" \
		"$(tcpdump -n -xx -r "$TMPDIR/back.pcap" 2> /dev/null | awk '
			/^\t/ { for (i = 2; i <= NF; i++) frame = frame $i; next }
			frame { print frame; frame = "" }
			END { print frame }')"
}

# bats test_tags=same-network
@test "TODO(8): answers.txt says what the kernel says [5]" {
	local program wrong='' answered=''
	for program in pass drop aborted nine redirect tx_alone tx; do
		fate "$program"
		[[ $(answer "$program") == "${FATE,,}" ]] ||
			wrong+="$program = $(answer "$program")"$'\n'
	done
	sent "frames from peer through each program"
	# the wanted words aren't shown: the student can look them up where we do
	[[ -z $wrong ]] ||
		red "for each program, the counter that grew (ethtool -S), and the action in its event" \
			"other words, or none, in these lines of answers.txt:"$'\n'"${wrong%$'\n'}"

	sent "pings from peer, from third, and to lo, while aborted is on veth0"
	put aborted
	through_pings 2
	((ANSWERS == 0)) || answered+='peer '
	! in_third ping -q -f -c 2 -W 1 "$LAB1" > /dev/null || answered+='third '
	! ping -q -f -c 2 -W 1 127.0.0.1 > /dev/null || answered+='lo '
	[[ $(answer answered | tr ',' ' ' | xargs -n 1 | sort | xargs) == \
		"$(xargs -n 1 <<< "$answered" | sort | xargs)" ]] ||
		red "answered in answers.txt: those who get answers" "$(answer answered)"
	case $answered in
	*third*) answered cuts_off device "who is answered, and by which of lab's devices" ;;
	*) answered cuts_off namespace "who is answered, and by which of lab's devices" ;;
	esac
}

# What follows concerns the given parts of the loader: `make test` runs it on our solution.

# bats test_tags=author
@test "Ctrl-C and SIGTERM take the program off again" {
	local id signal
	for signal in INT TERM; do
		loader_start --dev veth0 --prog pass
		id=$(xdp_id veth0)
		loader_stop $signal
		equal "its exit status after SIG$signal" 0 "$LOADER_STATUS"
		equal "mode of the program on veth0" none "$(xdp_mode veth0)"
		expect "program $id is gone from the kernel" wait_for 1 prog_gone "$id"
	done
}

# bats test_tags=author
@test "--list names every program and its section, and needs no rights" {
	expect "it lists them" setpriv --reuid "$STUDENT" --regid "$STUDENT" --clear-groups \
		--bounding-set=-all --inh-caps=-all "$BIN/verdicts" --list
	equal "the programs" "pass drop aborted by_parity tx redirect nine no_icmp" \
		"$(awk '$2 == "SEC(\"xdp\")" { print $1 }' <<< "$OUT" | xargs)"
}

# bats test_tags=author
@test "redirect loses its frames, and xdp_redirect_err tells of each" {
	swallows redirect "drops REDIRECT"
}

# bats test_tags=author
@test "a device that doesn't exist is named" {
	refuse "the loader gives up" "nosuch: no such device here" \
		as_student "$BIN/verdicts" --dev nosuch --prog pass
}

# bats test_tags=author
@test "a program that doesn't exist is named, with those that do, and nothing is attached" {
	refuse "the loader gives up" "no program is called xdp; there are:" \
		as_student "$BIN/verdicts" --dev veth0 --prog xdp
	expect "they are listed" grep -q '^by_parity  *SEC("xdp")$' <<< "$OUT"
	refuse "an empty name is none" "no program is called ; there are:" \
		as_student "$BIN/verdicts" --dev veth0 --prog ""
	equal "mode of the program on veth0" none "$(xdp_mode veth0)"
}

# bats test_tags=author
@test "a program that is there already is left alone" {
	ip link set dev veth0 xdpdrv obj /run/workbook/tools/pass.bpf.o sec xdp
	local id
	id=$(xdp_id veth0)
	refuse "the loader gives up" "take off what is there: ip link set dev veth0 xdp off" \
		as_student "$BIN/verdicts" --dev veth0 --prog drop
	equal "program on veth0, the same as before" "$id" "$(xdp_id veth0)"
}

# bats test_tags=author
@test "a program that took our place meanwhile is left alone" {
	loader_start --dev veth0 --prog drop
	ip -force link set dev veth0 xdpdrv obj /run/workbook/tools/pass.bpf.o sec xdp
	loader_stop INT
	equal "name of the program on veth0" pass "$(xdp_name veth0)"
	expect "the loader says so" grep -q 'veth0: our program is no longer there' "$LOADER_LOG"
}

# bats test_tags=author
@test "--mode generic uses the generic hook" {
	loader_start --dev veth0 --prog pass --mode generic
	equal "mode of the program on veth0" generic "$(xdp_mode veth0)"
	loader_stop TERM
	equal "mode of the program on veth0" none "$(xdp_mode veth0)"
}

# bats test_tags=author
@test "without rights the loader says which ones it takes" {
	refuse "it fails" "CAP_BPF and CAP_NET_ADMIN" setpriv --reuid "$STUDENT" --regid "$STUDENT" \
		--clear-groups --bounding-set=-all --inh-caps=-all "$BIN/verdicts" --dev veth0 --prog pass
}

# bats test_tags=author
@test "wrong options show the right ones" {
	refuse "no device" "usage: verdicts --list" as_student "$BIN/verdicts" --prog pass
	refuse "no program" "usage: verdicts --list" as_student "$BIN/verdicts" --dev veth0
	refuse "two programs" "usage: verdicts --list" \
		as_student "$BIN/verdicts" --dev veth0 --prog pass --prog drop
	refuse "two devices" "usage: verdicts --list" \
		as_student "$BIN/verdicts" --dev veth0 --dev veth1 --prog pass
	refuse "an unknown mode" "usage: verdicts --list" \
		as_student "$BIN/verdicts" --dev veth0 --prog pass --mode x
	refuse "something left over" "usage: verdicts --list" \
		as_student "$BIN/verdicts" --dev veth0 --prog pass x
}
