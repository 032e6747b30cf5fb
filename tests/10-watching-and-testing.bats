# bats file_tags=lab
# Lab 10: watchers count what XDP lost, the loader accounts for every frame, and the student's table
# of packets is graded by the planted bugs that it finds.

load lib/lab

export LOADER=xdpstat
# the tracepoints are the whole machine's, and until TODO(3) is solved, so are the counts
export DEVICE_NUMBER=$((1000000 + SANDBOX_ID * 4))

# -- single packets: inetd and its table

# The planted bugs of tests/programs, and the rule of the worksheet that each breaks
RULES=([1]=4 [2]=5 [3]=2 [4]=1 [5]=3 [6]=5 [7]=1 [8]=4 [9]=5 [10]=3 [11]=3)

# Run the student's table through the two right programs and through each suspect, once for all
# checks: one line each, NAME STATUS, in $TMPDIR/judged; what pktrun said is in $TMPDIR/said.NAME
judge() {
	[[ ! -e $TMPDIR/judged ]] || return 0
	# shellcheck disable=SC2016
	as_student bash -c '
		for name in right_a right_b $3; do
			"$0" --table --prog $name "$1/suspects.bpf.o" "$1/inetd.table" > "$2/$name" 2>&1
			echo $name $?
		done' /run/workbook/tools/pktrun "$BIN" "$SAID" \
		"$(printf 'suspect_%d ' "${!RULES[@]}")" > "$TMPDIR/judged"
}

# The table passes both right programs, and finds that many planted bugs. Which ones it misses is told
# by one check only: the lowest that is red.
finds() { # HOW-MANY WHERE-THE-CHECK-BELOW-IS-GREEN
	local name status row why found=0 missed=()
	SAID=$TMPDIR/said
	[[ -e $SAID ]] || mkdir -m 1777 "$SAID"
	judge
	while read -r name status; do
		case $name:$status in
		right_?:0) ;;
		right_?:4)
			# where it leaves something open, the two differ
			row=$(grep -m 1 -o '^[0-9]*: NOT OK' "$SAID/$name")
			why="this row asks for something that the description leaves open"
			[[ $(grep -l "^$row" "$SAID"/right_?) != *right_a*right_b ]] ||
				why="this row is not what the description says"
			red "a program that does what the description says passes your table" \
				"$why: $(grep -A 4 'NOT OK' "$SAID/$name")" "pktrun --table … inetd.table"
			;;
		right_?:*)
			why=$(< "$SAID/$name")
			red "your table can be run" "${why//"$BIN/"/}" "pktrun --table inetd.bpf.o inetd.table"
			;;
		*:4) found=$((found + 1)) ;;
		*) missed+=("suspect ${name#suspect_} breaks rule ${RULES[${name#suspect_}]}, and all of your rows are ok") ;;
		esac
	done < "$TMPDIR/judged"
	((found >= $2)) || missed=()
	((found >= $1)) || red "$1 of ${#RULES[@]} programs with a bug each fail your table" \
		"$(printf '%s\n' "$found of them" "${missed[@]}")"
}

MACS="020000000101 020000000102"

# UDP over IPv4 in hex, with right lengths: what stands behind the UDP header in hex, ports, flags and
# offset, options in hex, protocol
udp4() { # PAYLOAD SPORT DPORT [FRAGMENT [OPTIONS [PROTOCOL]]]
	local length=$((${#1} / 2 + 8)) options=${5-}
	printf '%s0800 4%x00%04x0001%s40%s0000 0a0001020a000101%s %04x%04x%04x0000%s\n' "${TAGGED-$MACS}" \
		$((5 + ${#options} / 8)) $((20 + ${#options} / 2 + length)) "${4:-0000}" "${6:-11}" \
		"$options" "$2" "$3" $length "$1"
}

udp6() { # PAYLOAD SPORT DPORT [NEXT-HEADER]
	local length=$((${#1} / 2 + 8)) prefix=fd000000000000000000000000
	printf '%s86dd 60000000%04x%s40 %s000002%s000001 %04x%04x%04x1234%s\n' "${TAGGED-$MACS}" \
		$length "${4:-11}" $prefix $prefix "$2" "$3" $length "$1"
}

# bats test_tags=packets
@test "inetd answers a plain echo, drops a plain discard, and passes what is for others [1]" {
	local port=$((1024 + $(own_number 1)))
	sent "UDP over IPv4 from port $port to 7, to 9, to $port, and over IPv6 to 7, each once"
	{
		echo "port = u16=$port"
		echo "a = 020000000101 020000000102 0800 4500 u16=32 0001 0000 40 11 0000 10.0.1.2 10.0.1.1"
		echo "b = 020000000102 020000000101 0800 4500 u16=32 0001 0000 40 11 0000 10.0.1.1 10.0.1.2"
		echo "c = 020000000101 020000000102 86dd 60000000 u16=12 11 40 fd00::2 fd00::1"
		echo "d = 020000000102 020000000101 86dd 60000000 u16=12 11 40 fd00::1 fd00::2"
		echo "rest = u16=12 0000 01020304"
		# shellcheck disable=SC2016
		echo '$a $port u16=7 $rest -> TX $b u16=7 $port $rest
			$a $port u16=9 $rest -> DROP
			$a $port $port $rest -> PASS
			$c $port u16=7 $rest -> TX $d u16=7 $port $rest'
	} > "$TMPDIR/plain.table"
	table inetd.bpf.o inetd "$TMPDIR/plain.table"
}

# bats test_tags=packets
@test "TODO(6): your table passes two right programs, and finds half of eleven bugs [2]" {
	finds 6 0
}

# bats test_tags=packets
@test "TODO(6): it finds nine of them [2]" {
	finds 9 6
}

# bats test_tags=packets
@test "TODO(6): it finds all eleven [1]" {
	finds 11 9
}

# Frames of every kind that the description knows, with a drawn port and length
every_kind() { # PORT PAYLOAD
	local port=$1 payload=$2 TAGGED tag fragment to most
	printf -v most '%080d' 0
	for tag in '' 8100a005; do
		TAGGED="$MACS $tag"
		for to in 7 9 8 1792 2304 "$port"; do
			udp4 "$payload" "$port" "$to"
			udp4 "$payload" "$to" "$port"
			udp6 "$payload" "$port" "$to"
			udp6 "$payload" "$to" "$port"
			udp4 "$payload" 7 "$to"
			udp4 "$payload" "$port" "$to" 0000 01010101
			udp4 "$payload" "$port" "$to" 0000 "$most"
		done
		for fragment in 2000 2001 0001 1fff 4000; do
			udp4 "$payload" "$port" 7 $fragment
			udp4 "$payload" "$port" 9 $fragment 01010100
		done
		udp4 "$payload" "$port" 8 0000 01010007
		udp4 "$payload" "$port" 7 0000 '' 06
		udp6 "$payload" "$port" 9 06
		udp6 "$payload" "$port" 7 2c
	done
	plain_frame 60 0806
}

# Empty datagrams: wherever one of these is cut, it ends in a header
empty_ones() {
	local TAGGED tag
	for tag in '' 8100a005; do
		TAGGED="$MACS $tag"
		udp4 '' 4000 9
		udp4 '' 4000 7 0000 01010100
		udp6 '' 4000 9
		udp6 '' 4000 7
	done
}

# What became of these frames, without the bytes of those that were dropped
fates_of() { # OBJECT PROGRAM PCAP [OPTION]
	as_student /run/workbook/tools/pktrun --prog "$2" "${@:4}" "$BIN/$1" "$3" 2>&1 |
		awk '/^[0-9]/ { gone = / XDP_DROP, /; sub(/XDP_DROP, .*/, "XDP_DROP") } !gone || /^[0-9]/'
}

# Of what pktrun said, that about frame N
of_frame() { # N
	awk -v n="$1:" '/^[0-9]/ { on = $1 == n } on'
}

# The student's inetd and the right one give these frames, in hex in FILE, the same fates
same_fates() { # FILE [OPTION]
	local ours yours n
	frames "$1.pcap" < "$1"
	ours=$(fates_of suspects.bpf.o right_a "$1.pcap" "${@:2}")
	yours=$(fates_of inetd.bpf.o inetd "$1.pcap" "${@:2}")
	[[ $ours == "$yours" ]] && return
	n=$(diff <(echo "$ours") <(echo "$yours") | sed -n 's/^[<>] \([0-9]*\): .*/\1/p' | head -n 1)
	[[ $n ]] || red "every frame is run" "$yours" "pktrun inetd.bpf.o"
	sent "this frame, among $(wc -l < "$1"): $(sed -n "${n}p" "$1" | tr -d ' ')"
	red "$(of_frame "$n" <<< "$ours")" "$(of_frame "$n" <<< "$yours")"
}

# bats test_tags=packets
@test "TODO(7): inetd does what is described with frames of every kind, however short [3]" {
	local port payload
	draw port 1024 900
	printf -v payload '%0*d' $((2 * (1 + port % 50))) 1
	every_kind "$port" "$payload" > "$TMPDIR/kinds"
	same_fates "$TMPDIR/kinds"
	empty_ones > "$TMPDIR/empty"
	same_fates "$TMPDIR/empty" --cut
}

# -- the network

# Put fates on veth0, pinned where the student's user may open it
put_fates() {
	rm -f /sys/fs/bpf/fates
	expect "bpftool loads fates and pins it" bpftool prog load "$BIN/fates.bpf.o" /sys/fs/bpf/fates
	expect "bpftool attaches it to veth0" \
		bpftool net attach xdpdrv pinned /sys/fs/bpf/fates dev veth0 overwrite
	chown "$STUDENT" /sys/fs/bpf/fates
}

# peer's veth0 has a program, so that frames may come back to it
peer_passes() {
	in_peer ip -force link set dev veth0 xdpdrv obj /run/workbook/tools/pass.bpf.o sec xdp
}

peer_is_plain() {
	in_peer ip link set dev veth0 xdp off
}

# N frames for fates, each with that verdict in it, in hex
for_fates() { # VERDICT N
	local i
	for ((i = 0; i < $2; i++)); do
		printf '%s 88b5 %02x%090d\n' "$MACS" "$1" 0
	done
}

# A mixed load, whose numbers nobody can guess, into the file $TMPDIR/mixed.pcap: $aborted, $drop,
# $pass, $tx, $redirect (which fail), $nine, $all together
mixed() {
	# no two of them alike
	draw aborted 2 3
	draw nine 5 3
	draw redirect 8 3
	draw tx 11 5
	draw drop 16 4
	draw pass 20 4
	all=$((aborted + drop + pass + tx + redirect + nine))
	{
		for_fates 0 "$aborted" && for_fates 1 "$drop" && for_fates 2 "$pass"
		for_fates 3 "$tx" && for_fates 4 "$redirect" && for_fates 9 "$nine"
	} > "$TMPDIR/mixed"
	frames "$TMPDIR/mixed.pcap" < "$TMPDIR/mixed"
	sent "from peer: $aborted frames for ABORTED, $drop DROP, $pass PASS, $tx TX, $redirect REDIRECT to nowhere, $nine with the verdict 9"
}

# How many frames XDP has taken from veth0. (The device's rx_packets has those, too, that still wait for it.)
taken() { nic lab veth0 xdp_packets; }

has_taken() { (($(taken) >= $1)); }

# Send frames, $all of them or N, from peer to veth0, and wait until XDP has taken them
send_all() { # PCAP [N]
	local had
	had=$(taken)
	expect "frames leave" send peer veth0 "$1"
	expect "XDP takes them all from veth0" wait_for 2 has_taken $((had + ${2-all}))
}

# What the loader printed of a fate; 0 when it has no line
told() { # DEVICE ACTION
	local dev action n frames=0
	while read -r dev action n; do
		[[ $dev != "$1" || $action != "$2" ]] || frames=$n
	done < "$LOADER_LOG"
	echo "$frames"
}

# The mixed load through fates, watched; the loader has ended
watch_mixed() {
	put_fates
	loader_start --dev veth0
	mixed
	send_all "$TMPDIR/mixed.pcap"
	equal "frames that XDP took from veth0 (ethtool -S)" $all "$(nic lab veth0 xdp_packets)"
	loader_stop TERM
}

@test "TODO(1): the watchers count what was aborted, and what is no verdict [2]" {
	local aborted drop pass tx redirect nine all
	watch_mixed
	equal "frames of veth0 told as ABORTED" "$aborted" "$(told veth0 ABORTED)"
	equal "frames of veth0 told as 9" "$nine" "$(told veth0 9)"
	equal "both, and those that were dropped: xdp_drops of ethtool -S" "$(nic lab veth0 xdp_drops)" \
		$(($(told veth0 ABORTED) + $(told veth0 9) + drop))
	equal "frames told as DROP or PASS" 0 $(($(told veth0 DROP) + $(told veth0 PASS)))
}

# From now on veth0 takes frames every 5 ms, and not when they come: so several are lost in one bulk
in_bulks() {
	echo 1 > /sys/class/net/veth0/napi_defer_hard_irqs
	echo 5000000 > /sys/class/net/veth0/gro_flush_timeout
}

# bats test_tags=same-network
@test "TODO(2): and frames that were to be redirected or sent back, and were lost [3]" {
	local aborted drop pass tx redirect nine all had_tx had_redirect came_tx came_redirect
	peer_is_plain
	read -r had_tx had_redirect <<< "$(nic lab veth0 xdp_tx_errors drops)"
	put_fates
	loader_start --dev veth0
	in_bulks
	mixed
	send_all "$TMPDIR/mixed.pcap"
	read -r came_tx came_redirect <<< "$(nic lab veth0 xdp_tx_errors drops)"
	equal "xdp_tx_errors and drops of ethtool -S" "$tx $redirect" \
		"$((came_tx - had_tx)) $((came_redirect - had_redirect))"
	peer_passes
	# now none of TX is lost; and more of them are sent, for who counts these
	for_fates 3 7 | cat "$TMPDIR/mixed" - | frames "$TMPDIR/more.pcap"
	sent "$SENT; then the same again and 7 more for TX, when peer's veth0 has pass.bpf.o"
	send_all "$TMPDIR/more.pcap" $((all + 7))
	loader_stop TERM
	equal "frames of veth0 told as TX" "$tx" "$(told veth0 TX)"
	equal "frames of veth0 told as REDIRECT" $((2 * redirect)) "$(told veth0 REDIRECT)"
}

twin_has_taken() { (($(nic twin veth0 xdp_packets) == all)); }

@test "TODO(3): frames of a device of the same number in another namespace don't count [2]" {
	local aborted drop pass tx redirect nine all index
	index=$(< /sys/class/net/veth0/ifindex)
	put_fates
	# on the other host, a device with the number of our veth0
	ip netns add twin
	in_host twin sh -c "echo 1 > /proc/sys/net/ipv6/conf/default/disable_ipv6 && exec ip -batch -" <<-END
		link add name veth0 index $index type veth peer name other index $((index + 1))
		link set veth0 up
		link set other up
		link set dev veth0 xdpdrv obj $BIN/fates.bpf.o sec xdp
	END
	loader_start --dev veth0
	mixed
	expect "they leave" send twin other "$TMPDIR/mixed.pcap"
	expect "XDP takes $all from the device number $index of another host" wait_for 2 twin_has_taken
	sent "$SENT, to device $index of another host; and 3 for ABORTED to our veth0"
	for_fates 0 3 | frames "$TMPDIR/three.pcap"
	send_all "$TMPDIR/three.pcap" 3
	loader_stop TERM
	equal "what the loader tells (DEVICE ACTION FRAMES)" "veth0 ABORTED 3" \
		"$(awk 'NF == 3 && $3 ~ /^[0-9]+$/ { print $1, $2, $3 }' "$LOADER_LOG")"
}

# The account that the loader printed of veth0, without the words
account() {
	sed -n 's/^veth0: \([0-9]* taken = .* lost\)$/\1/p' "$LOADER_LOG"
}

# bats test_tags=same-network
@test "TODO(4): each frame has its place in the account, with a program on peer or not [3]" {
	local aborted drop pass tx redirect nine all away back
	put_fates
	mixed
	draw away 24 8
	for_fates 5 "$away" | cat "$TMPDIR/mixed" - | frames "$TMPDIR/more.pcap"
	peer_passes
	back=$(nic peer veth0 xdp_packets)
	# some before the loader watches
	send_all "$TMPDIR/more.pcap" $((all + away))
	peer_is_plain
	loader_start --dev veth0
	send_all "$TMPDIR/mixed.pcap"
	peer_passes
	send_all "$TMPDIR/more.pcap" $((all + away))
	sent "$SENT; twice, and peer's veth0 has a program the second time; $away that are redirected back to it"
	loader_stop TERM
	equal "frames that came back to peer, before and after (ethtool -S there)" $((2 * (tx + away))) \
		$(($(nic peer veth0 xdp_packets) - back))
	equal "the account" "$((2 * all + away)) taken = $((2 * pass)) passed + $((2 * drop)) dropped + $tx sent back + \
$away redirected + $((2 * (aborted + redirect + nine) + tx)) lost" "$(account)"
}

# RUNS and the nanoseconds TIME of the pinned program, as bpftool tells them
ask_runs() {
	RUNS=0 TIME=0
	[[ ! $(bpftool -j prog show pinned /sys/fs/bpf/fates) =~ \"run_time_ns\":([0-9]+),\"run_cnt\":([0-9]+) ]] ||
		TIME=${BASH_REMATCH[1]} RUNS=${BASH_REMATCH[2]}
}

# bats test_tags=same-network
@test "TODO(5): runs since the loader began, and the nanoseconds of each [2]" {
	local aborted drop pass tx redirect nine all before time ns
	put_fates
	mixed
	loader_start --dev veth0 --pinned /sys/fs/bpf/fates
	loader_stop TERM
	equal "without a frame" "fates: 0 runs, 0 ns each" "$(grep '^fates:' "$LOADER_LOG")"

	# some before the loader watches
	send_all "$TMPDIR/mixed.pcap"
	ask_runs
	before=$TIME
	loader_start --dev veth0 --pinned /sys/fs/bpf/fates
	send_all "$TMPDIR/mixed.pcap"
	loader_stop TERM
	ask_runs
	equal "run_cnt of both, by bpftool" $((2 * all)) "$RUNS"
	ns=$(sed -n 's/^fates: .*, \([0-9]*\) ns each$/\1/p' "$LOADER_LOG")
	equal "the runs that are told" "fates: $all runs, $ns ns each" "$(grep '^fates:' "$LOADER_LOG")"
	time=$((TIME - before))
	# rounded down, up, or to the nearest
	((ns * all > time - all && ns * all < time + all)) ||
		red "ns each: $all runs took $time ns (bpftool prog show)" "$ns"
}

# bats test_tags=same-network
@test "TODO(7): on the wire, inetd answers, drops and passes what it should [1]" {
	local echoes discards others had_taken had_tx had_drops back took returned drops
	draw others 1 3
	draw discards 4 5
	draw echoes 9 6
	expect "ip attaches inetd to veth0" attach veth0 inetd.bpf.o
	peer_passes
	read -r had_taken had_tx had_drops <<< "$(nic lab veth0 xdp_packets xdp_tx xdp_drops)"
	back=$(nic peer veth0 xdp_packets)
	{
		for ((i = 0; i < echoes; i++)); do udp4 0102030405 $((2000 + i)) 7 0000 01010101; done
		for ((i = 0; i < discards; i++)); do udp6 0102030405 $((2000 + i)) 9; done
		for ((i = 0; i < others; i++)); do udp4 0102030405 $((2000 + i)) 7 2000; done
	} | frames "$TMPDIR/in.pcap"
	sent "from peer, $echoes echoes with options, $discards discards over IPv6, $others first fragments"
	send_all "$TMPDIR/in.pcap" $((echoes + discards + others))
	equal "frames that came back to peer (ethtool -S there)" "$echoes" \
		$(($(nic peer veth0 xdp_packets) - back))
	read -r took returned drops <<< "$(nic lab veth0 xdp_packets xdp_tx xdp_drops)"
	equal "taken, sent back, dropped by XDP (ethtool -S)" "$((echoes + discards + others)) $echoes $discards" \
		"$((took - had_taken)) $((returned - had_tx)) $((drops - had_drops))"
}

# What follows concerns the given parts of the loader: `make test` runs it on our solution.

# bats test_tags=author
@test "a device that doesn't exist is named, and one without counters" {
	refuse "the loader gives up" "nosuch: no such device here" as_student "$BIN/xdpstat" --dev nosuch
	refuse "the loader gives up" "lo: no counter xdp_packets" as_student "$BIN/xdpstat" --dev lo
}

# bats test_tags=author
@test "a pin that isn't there is named" {
	refuse "the loader gives up" "/sys/fs/bpf/nosuch: no program: No such file or directory" \
		as_student "$BIN/xdpstat" --dev veth0 --pinned /sys/fs/bpf/nosuch
	bpftool map create /sys/fs/bpf/nomap type array key 4 value 4 entries 1 name nomap
	chown "$STUDENT" /sys/fs/bpf/nomap
	refuse "a map is none" "/sys/fs/bpf/nomap: no program: " \
		as_student "$BIN/xdpstat" --dev veth0 --pinned /sys/fs/bpf/nomap
}

# bats test_tags=author
@test "as root, the loader keeps the run statistics on while it watches" {
	local pid
	put_fates
	"$BIN/xdpstat" --dev veth0 --pinned /sys/fs/bpf/fates > "$TMPDIR/log" 2>&1 3>&- &
	pid=$!
	wait_for 2 grep -qs 'Ctrl-C to detach' "$TMPDIR/log"
	equal "descriptors that keep them on" 1 \
		"$(find /proc/$pid/fd -lname 'anon_inode:*bpf-stats*' | wc -l)"
	kill $pid
	wait $pid || true
	equal "what it complained about" "" "$(grep 'run counts' "$TMPDIR/log")"
}

# bats test_tags=author
@test "when the loader is killed by force, no watcher stays" {
	local id
	put_fates
	loader_start --dev veth0
	id=$(sed -n 's/^prog_id:[ \t]*//p' "/proc/$(pgrep -u "$STUDENT" -f "^$BIN/$LOADER" | tail -n 1)"/fdinfo/* | head -n 1)
	expect "a watcher is loaded" bpftool prog show id "$id"
	loader_stop KILL
	expect "watcher $id is gone from the kernel" wait_for 2 prog_gone "$id"
}

# bats test_tags=author
@test "without rights the loader says which ones it takes" {
	refuse "it fails" "CAP_BPF and CAP_PERFMON" setpriv --reuid "$STUDENT" --regid "$STUDENT" \
		--clear-groups --bounding-set=-all --inh-caps=-all "$BIN/xdpstat" --dev veth0
}

# bats test_tags=author
@test "wrong options show the right ones" {
	refuse "no device is named" "usage: xdpstat --dev NAME" as_student "$BIN/xdpstat"
	refuse "two devices" "usage: xdpstat --dev NAME" as_student "$BIN/xdpstat" -d veth0 -d lo
	refuse "an unknown option" "usage: xdpstat --dev NAME" as_student "$BIN/xdpstat" --dvv veth0
	refuse "something left over" "usage: xdpstat --dev NAME" as_student "$BIN/xdpstat" --dev veth0 x
}

# bats test_tags=author
@test "exits counts each verdict of a program that it doesn't touch" {
	needs fentry
	local aborted drop pass tx redirect nine all log=$TMPDIR/log pid
	put_fates
	"$BIN/exits" --pinned /sys/fs/bpf/fates > "$log" 2>&1 3>&- &
	pid=$!
	wait_for 5 grep -qs 'Ctrl-C to detach' "$log"
	mixed
	send_all "$TMPDIR/mixed.pcap"
	kill $pid
	wait $pid || true
	equal "verdicts" "ABORTED $aborted DROP $drop PASS $pass TX $tx REDIRECT $redirect others $nine" \
		"$(tail -n 6 "$log" | xargs)"
}

# bats test_tags=author
@test "exits says what is wrong with its argument" {
	refuse "there is none" "usage: exits --pinned PATH" as_student "$BIN/exits"
	refuse "the pin isn't there" "/sys/fs/bpf/nosuch: no program: No such file or directory" \
		as_student "$BIN/exits" --pinned /sys/fs/bpf/nosuch
}
