# bats file_tags=lab
# Lab 08: who holds a program; in how many ways it gets onto a device, and off again; how one takes
# another's place while frames come; why it can't be attached.

load lib/lab

export LOADER=hello
LINK=/sys/fs/bpf/link-$SANDBOX_ID
REASONS='^(taken|other mode|too large|driver):'

teardown() {
	student_kill
	local pin
	for pin in /sys/fs/bpf/*; do
		[[ $pin != *.debug ]] || continue
		# and folders that `ip` made as root, and then cannot use as another user
		find /sys/fs/bpf -mindepth 1 ! -name "*.debug" -delete
		break
	done
	# the next check may go on in this network
	[[ " ${BATS_TEST_TAGS[*]-} " == *" packets "* ]] || wait_for 1 bare
}

# No program is on the devices that stay, and those are gone that a check has added. A link takes a
# moment to go after its pin.
bare() {
	local device added=''
	for device in /sys/class/net/*; do
		case ${device##*/} in
		lo | veth0) echo "link set ${device##*/} xdp off" ;;
		veth*) ;;
		*) added+="link set ${device##*/} group 78"$'\n' ;;
		esac
	done > "$TMPDIR/bare"
	[[ -z $added ]] || echo "${added}link del group 78" >> "$TMPDIR/bare"
	ip -batch "$TMPDIR/bare" 2> /dev/null
}

# bats test_tags=packets
@test "both versions let every frame pass unchanged [1]" {
	sent "three frames of 60, 98 and 1514 bytes, each once through BPF_PROG_TEST_RUN"
	for length in 60 98 1514; do plain_frame "$length"; done | frames "$TMPDIR/in.pcap"
	for version in hello hello2; do
		packets hello.bpf.o $version "$TMPDIR/in.pcap"
		equal "the verdicts of $version" "1: 60 bytes, XDP_PASS, unchanged
2: 98 bytes, XDP_PASS, unchanged
3: 1514 bytes, XDP_PASS, unchanged" "$PACKETS"
	done
}

# What is pinned, by name; `ip` and the kernel keep files and folders of their own there
pins() {
	local pin
	for pin in /sys/fs/bpf/*; do
		[[ ! -f $pin || $pin == *.debug ]] || echo "${pin##*/}"
	done
}

# The id of the program that is pinned there, or is in the link that is pinned there
pinned_prog() { # PATH
	bpftool -j prog show pinned "$1" | sed -n 's/^{"id":\([0-9]*\).*/\1/p'
}

# The link that is pinned there. (bpftool 7.5 shows it, and fails.)
pinned_link() { # PATH
	bpftool -j link show pinned "$1" || true
}

linked_prog() { # PATH
	pinned_link "$1" | sed -n 's/.*"prog_id":\([0-9]*\).*/\1/p'
}

# The device must have that program; `id` becomes its number. One question to `ip`, not three.
attached() { # DEVICE MODE NAME
	local mode name modes=(none native generic offload multi)
	read -r mode id name <<< "$(xdp_of "$1")"
	equal "mode and name of the program on $1 (ip -j -d link)" "$2 $3" "${modes[mode]} $name"
}

# Pings from peer, as fast as they are answered; all must be
pings() { # N
	sent "$1 pings from peer"
	capture_output in_peer ping -q -f -c "$1" -W 1 "$LAB0"
	equal "pings that are answered" "$1" "$(sed -n 's/.* \([0-9]*\) received.*/\1/p' <<< "$OUT")"
}

# A command of answers.txt, typed where the built programs are. What it said is shown when the check is red.
typed() { # KEY
	[[ $(answer "$1") != '?' ]] || red "a command behind \"$1 =\" in answers.txt" "?"
	capture_output as_student bash -c "cd $BIN; PATH=$BIN:\$PATH; $(answer "$1" as-typed)"
	sent "$1 of answers.txt${OUT:+, which said: $OUT}"
}

@test "TODO(1): your commands attach hello by ip and bpftool, and leave nothing behind [3]" {
	local id
	typed by_ip
	attached veth0 native hello
	equal "what is pinned in /sys/fs/bpf" "" "$(pins)"
	typed off
	equal "mode of the program on veth0 (ip -j link)" none "$(xdp_mode veth0)"
	expect "program $id is gone from the kernel (bpftool prog show id $id)" wait_for 1 prog_gone "$id"

	typed by_bpftool
	attached veth0 native hello
	equal "program that is pinned at /sys/fs/bpf/hello, the one on veth0" "$id" \
		"$(pinned_prog /sys/fs/bpf/hello)"
	typed off
	equal "mode of the program on veth0 (ip -j link)" none "$(xdp_mode veth0)"
	equal "what is pinned in /sys/fs/bpf" "" "$(pins)"
	expect "program $id is gone from the kernel (bpftool prog show id $id)" wait_for 1 prog_gone "$id"
	equal "programs of yours that still run (pgrep)" "" "$(pgrep -l -u "$STUDENT")"
}

# bats test_tags=same-network
@test "TODO(2): by --link, nobody else takes the program off; it ends with the loader [3]" {
	local n=$((2 + $(own_number 1) % 5)) id signal pid fd=-1
	loader_start --dev veth0 --link
	attached veth0 native hello
	refuse "ip, as root, can't take it off" "active BPF XDP link" ip link set dev veth0 xdp off
	pings "$n"
	equal "runs of the program (run_cnt)" "$n" "$(run_cnt "$id")"
	[[ ! $(< "$LOADER_LOG") =~ descriptor\ ([0-9]+) ]] || fd=${BASH_REMATCH[1]}
	loader_process pid
	sent "to main(), the descriptor $fd; what it is, tells /proc/PID/fdinfo/$fd"
	equal "its link_type" xdp "$(sed -n 's/^link_type:[[:blank:]]*//p' "/proc/$pid/fdinfo/$fd" 2>&1)"
	sent ""
	loader_stop KILL
	expect "after kill -9, program $id is gone (bpftool prog show id $id)" wait_for 1 prog_gone "$id"
	equal "mode of the program on veth0 (ip -j link)" none "$(xdp_mode veth0)"

	loader_start --dev veth0 --link --mode generic
	attached veth0 generic hello
	loader_stop TERM
	equal "frames that the loader counted" "hello saw 0 frames, hello2 0" "$(tail -n 1 "$LOADER_LOG")"
	expect "after SIGTERM, program $id is gone (bpftool prog show id $id)" wait_for 1 prog_gone "$id"

	ip link set dev veth0 xdpdrv obj /run/workbook/tools/pass.bpf.o sec xdp
	refuse "where another program is, the loader tells the kernel's reason" \
		"can't attach to veth0: Device or resource busy" as_student "$BIN/hello" --dev veth0 --link
}

# bats test_tags=same-network
@test "TODO(3): --pin leaves a link that a pin holds, and nothing else [2]" {
	local n=$((2 + $(own_number 2) % 5)) id
	expect "hello --dev veth0 --pin $LINK succeeds" as_student "$BIN/hello" --dev veth0 --pin "$LINK"
	sent "hello --dev veth0 --pin $LINK, which has ended"
	equal "programs of yours that still run (pgrep)" "" "$(pgrep -l -u "$STUDENT")"
	attached veth0 native hello
	equal "what is pinned in /sys/fs/bpf" "${LINK##*/}" "$(pins)"
	equal "program in the link that is pinned there, the one on veth0" "$id" "$(linked_prog "$LINK")"
	refuse "ip, as root, can't take it off" "active BPF XDP link" ip link set dev veth0 xdp off
	pings "$n"
	equal "runs of the program (run_cnt)" "$n" "$(run_cnt "$id")"
	equal "hello_seen, in the program's map (bpftool map dump)" "$n" "$(global "$id" hello_seen)"
	sent "rm $LINK"
	rm "$LINK"
	expect "program $id is gone (bpftool prog show id $id)" wait_for 1 prog_gone "$id"
	equal "mode of the program on veth0 (ip -j link)" none "$(xdp_mode veth0)"
	sent "something else has that name"
	bpftool prog load "$BIN/hello.bpf.o" "$LINK"
	refuse "the loader tells the kernel's reason" "File exists" \
		as_student "$BIN/hello" --dev veth0 --pin "$LINK"
}

# Is each program in the state that answers.txt says? Else, $wrong is one that isn't.
predicted() {
	local links loaded state
	links=$(ip -j -d link)
	loaded=$(bpftool -j prog show)
	for wrong in "${!ids[@]}"; do
		state=gone
		if [[ $links == *"\"prog\":{\"id\":${ids[$wrong]},"* ]]; then
			state=attached
		elif [[ $loaded == *"{\"id\":${ids[$wrong]},"* ]]; then
			state=loaded
		fi
		[[ ${said[$wrong]} == "$state" ]] || return
	done
}

# bats test_tags=no-network
@test "TODO(4): your predictions are what becomes of the programs [4]" {
	local key device wrong found
	local -A ids=() said=()
	for device in a b e; do echo "link add ${device}0 type veth peer name ${device}1"; done |
		ip -batch -
	[[ -e /run/netns/elsewhere ]] || ip netns add elsewhere

	for key in a0:pin_ended e0:device_deleted e1:link_pin_removed; do
		expect "it succeeds (solve TODO(2) and TODO(3) first)" \
			as_student "$BIN/hello" --dev "${key%:*}" --pin "/sys/fs/bpf/${key#*:}"
		ids[${key#*:}]=$(xdp_id "${key%:*}")
	done
	mapfile -t found < <(bpftool batch file - <<-END |
		prog load $BIN/hello.bpf.o /sys/fs/bpf/prog_pin_removed
		prog load $BIN/hello.bpf.o /sys/fs/bpf/prog_detached
		prog show pinned /sys/fs/bpf/prog_pin_removed
		prog show pinned /sys/fs/bpf/prog_detached
		net attach xdp pinned /sys/fs/bpf/prog_pin_removed dev b0
		net attach xdp pinned /sys/fs/bpf/prog_detached dev b1
		net detach xdp dev b1
	END
		sed -n 's/^\([0-9]*\): xdp  name .*/\1/p')
	ids+=([prog_pin_removed]=${found[0]} [prog_detached]=${found[1]})
	# what needs a moment to go comes first
	rm /sys/fs/bpf/link_pin_removed /sys/fs/bpf/prog_pin_removed

	loader_start --dev a1
	ids[netlink_killed]=$(xdp_id a1)
	loader_stop KILL
	loader_start --dev b1 --link
	ids[link_killed]=$(xdp_id b1)
	loader_stop KILL

	ids[exec_ended]=$(ip netns exec elsewhere sh -c \
		"bpftool prog load $BIN/hello.bpf.o /sys/fs/bpf/x && bpftool prog show pinned /sys/fs/bpf/x" |
		sed -n 's/^\([0-9]*\): xdp .*/\1/p')
	ip link del e0 # which also waits until all that was let go above is gone
	for key in "${!ids[@]}"; do
		said[$key]=$(answer "$key")
	done
	wait_for 2 predicted ||
		red "$wrong in answers.txt is what became of that program: attached, loaded or gone" \
			"${said[$wrong]:-nothing behind \"$wrong =\"}"
}

# Let the loader swap at least so often while frames come, 8 each ms; none may be missed. It goes on
# running, as process $pid. (For a swap, the kernel takes 5 to 12 ms.)
swap_under_fire() { # SWAPS FRAMES ARGS...
	local enough=$1 n=$(($2 + $(own_number 3) % 100)) before swaps=0 rounds sender quiet both seen
	loader_start --dev veth0 "${@:3}"
	loader_process pid
	before=$(nic lab veth0 xdp_packets)
	plain_frame 60 | frames "$TMPDIR/one.pcap"
	exec {quiet}<> <(:) # to wait without a process
	for ((rounds = 0; swaps < enough && rounds < 20; rounds++)); do
		send peer veth0 "$TMPDIR/one.pcap" --pps 8000 --times "$n" 3>&- &
		sender=$!
		while kill -0 $sender 2> /dev/null; do
			kill -USR1 "$pid"
			read -r -t 0.003 -u "$quiet" || true
		done
		wait $sender
		swaps=$(grep -c ' is on veth0$' "$LOADER_LOG" || true)
	done
	exec {quiet}>&-
	n=$((rounds * n))
	sent "$n frames from peer; meanwhile the loader swapped $swaps times, as SIGUSR1 tells it to"
	expect "the loader has done what it was told to" wait_for 1 idle
	! grep -q "^can't" "$LOADER_LOG" ||
		red "each swap succeeds" "$(grep -m 1 "^can't" "$LOADER_LOG")"
	equal "what the loader told last (and ip -j -d link shows)" "$(xdp_name veth0) is on veth0" \
		"$(tail -n 1 "$LOADER_LOG")"
	runs_of_both
	if ((seen[0] == 0 || seen[1] == 0)); then
		# on a busy machine all swaps may come between the frames: once more, with one before and one after
		send peer veth0 "$TMPDIR/one.pcap"
		kill -USR1 "$pid" && wait_for 1 idle || true
		send peer veth0 "$TMPDIR/one.pcap"
		n=$((n + 2))
		runs_of_both
	fi
	equal "runs of hello and of hello2, together (run_cnt)" "$n" $((seen[0] + seen[1]))
	no_less "runs of that one of both which ran less, at least" 1 $((seen[0] < seen[1] ? seen[0] : seen[1]))
	equal "frames that XDP took from veth0 (ethtool -S)" "$n" \
		$(($(nic lab veth0 xdp_packets) - before))
	equal "frames counted by hello and by hello2 (bpftool map dump)" "${seen[*]}" \
		"$(global "${both[0]}" hello_seen hello2_seen)"
}

# The ids of both versions, and how often each ran. Both count in one map, which others of that name don't.
runs_of_both() { # sets both, seen
	local map=''
	[[ $(bpftool prog show id "$(xdp_id veth0)") =~ map_ids\ [0-9,]* ]] && map=${BASH_REMATCH[0]}
	mapfile -t both < <(bpftool prog show | grep -B 2 "$map\$" | sed -n 's/^\([0-9]*\): xdp  name hello2* .*/\1/p')
	seen=("$(run_cnt "${both[0]}")" "$(run_cnt "${both[1]-0}")")
}

# Process $pid sleeps, and no signal waits for it
idle() {
	local status
	status=$(< "/proc/$pid/status")
	[[ $status == *$'\nState:\tS'* && $status =~ ShdPnd:[[:blank:]]0+[[:space:]] ]]
}

# bats test_tags=same-network
@test "TODO(5): with a link, one version takes the other's place and no frame is missed [3]" {
	local pid
	swap_under_fire 8 700 --link
	refuse "it is still held by a link" "active BPF XDP link" ip link set dev veth0 xdp off
	loader_stop TERM
	equal "mode of the program on veth0 (ip -j link)" none "$(xdp_mode veth0)"
}

# bats test_tags=same-network
@test "TODO(5): without a link, too; and a program of somebody else's is left alone [3]" {
	local pid id
	swap_under_fire 4 350
	sent "somebody else's program in our place (ip -force), then SIGUSR1"
	ip -force link set dev veth0 xdpdrv obj /run/workbook/tools/pass.bpf.o sec xdp
	kill -USR1 "$pid"
	loader_says "the loader tells that it can't" "can't put the other version on veth0"
	equal "name of the program on veth0 (ip -j -d link)" pass "$(xdp_name veth0)"
	loader_stop TERM
	equal "name of the program on veth0 (ip -j -d link)" pass "$(xdp_name veth0)"

	# and in the other mode
	bare
	loader_start --dev veth0 --mode generic
	sent "SIGUSR1, to the loader in generic mode"
	loader_process pid
	kill -USR1 "$pid"
	loader_says "the loader says that it is done" "hello2 is on veth0"
	attached veth0 generic hello2
	loader_stop TERM
}

# bats test_tags=same-network
@test "TODO(6): --replace puts hello2 into the link that is pinned [2]" {
	local n=$((2 + $(own_number 4) % 5)) old new
	expect "hello --dev veth0 --pin $LINK succeeds (solve TODO(3) first)" \
		as_student "$BIN/hello" --dev veth0 --pin "$LINK"
	old=$(xdp_id veth0)
	[[ $old ]] || red "a program is on veth0 then (ip -j link)" ""
	link=$(pinned_link "$LINK")
	expect "hello --replace $LINK succeeds" as_student "$BIN/hello" --replace "$LINK"
	new=$(xdp_id veth0)
	equal "name of the program on veth0 (ip -j -d link)" hello2 "$(xdp_name veth0)"
	equal "the link, with another program in it (bpftool link show)" "${link/$old/$new}" \
		"$(pinned_link "$LINK")"
	expect "the old one is gone (bpftool prog show id $old)" wait_for 1 prog_gone "$old"
	pings "$n"
	equal "runs of hello2 (run_cnt)" "$n" "$(run_cnt "$new")"
	equal "hello2_seen, in its map (bpftool map dump)" "$n" "$(global "$new" hello2_seen)"
	sent "nothing is pinned there"
	refuse "the loader says so" "No such file" \
		as_student "$BIN/hello" --replace /sys/fs/bpf/nosuch
	bpftool prog load "$BIN/hello.bpf.o" /sys/fs/bpf/prog
	chown "$STUDENT" /sys/fs/bpf/prog
	sent "a program is pinned there"
	refuse "the loader says so" "no link of XDP's" \
		as_student "$BIN/hello" --replace /sys/fs/bpf/prog
}

# The loader must give this reason and no other
gives_reason() { # REASON SITUATION ARGS...
	local line came=''
	capture_output as_student "$BIN/hello" "${@:3}"
	while read -r line; do
		[[ ! $line =~ $REASONS ]] || came+="${came:+ }${BASH_REMATCH[0]}"
	done <<< "$OUT"
	equal "what hello ${*:3} says of $2" "$1" \
		"${came:-$OUT}"
}

# bats test_tags=no-network
@test "TODO(7): the loader tells the right one of four reasons why it can't attach [2]" {
	ip link add wire0 type veth peer name wire1
	gives_reason driver: "a device that has no native XDP" --dev lo --link
	ip link set dev wire0 xdpdrv obj /run/workbook/tools/pass.bpf.o sec xdp
	gives_reason taken: "another program on the device" --dev wire0
	gives_reason 'other mode:' "another program in the native mode" --dev wire0 --mode generic --link
	ip link set dev wire0 xdp off
	ip link set dev wire1 mtu 9000
	gives_reason 'too large:' "a cable for frames of 9000 bytes" --dev wire0
}

# The reason that stands in the message, in the word of answers.txt
word_for() { # MESSAGE
	case $1 in
	*'already attached'*) echo busy ;;
	*'Native and generic XDP'*) echo mode ;;
	*MTU*) echo mtu ;;
	*'not support XDP in native mode'*) echo driver ;;
	*"doesn't contain sec"*) echo section ;;
	*'attach failed: Invalid argument'*) echo type ;;
	esac
}

# Situation N is made, and cured as answers.txt says
cured() { # N DEVICE MODE
	local why
	sent ""
	capture_output as_student env -C "$BIN" ./broken.sh "$1"
	why=$(word_for "$OUT")
	[[ $why && $(xdp_name "$2") != hello ]] ||
		red "broken.sh $1 makes its situation (the lab relies on it)" "$OUT"
	[[ $(answer "why$1") == "$why" ]] ||
		red "why$1 in answers.txt is the reason in this message: $(tail -n 1 <<< "$OUT")" \
			"$(answer "why$1")"
	typed "cure$1"
	attached "$2" "$3" hello
}

# bats test_tags=same-network
@test "TODO(8): you found out and cured what broken.sh 1, 2 and 3 do [3]" {
	cured 1 lo generic
	cured 2 veth0 native
	cured 3 veth0 native
}

# bats test_tags=same-network
@test "TODO(8): and what broken.sh 4, 5 and 6 do [3]" {
	cured 4 wire0 native
	cured 5 veth0 native
	cured 6 veth0 native
}

# What follows concerns the given parts of the loader: `make test` runs it on our solution.

# bats test_tags=author
@test "Ctrl-C and SIGTERM end the loader and leave nothing in the kernel" {
	local signal id
	for signal in INT TERM; do
		loader_start --dev veth0
		attached veth0 native hello
		pings 3
		loader_stop $signal
		equal "its exit status" 0 "$LOADER_STATUS"
		equal "what it tells at its end" "hello saw 3 frames, hello2 0" "$(tail -n 1 "$LOADER_LOG")"
		equal "mode of the program on veth0" none "$(xdp_mode veth0)"
		expect "program $id is gone" wait_for 1 prog_gone "$id"
	done
}

# bats test_tags=author
@test "after kill -9 the device keeps the program; --detach frees it for the next loader" {
	loader_start --dev veth0
	loader_stop KILL
	expect "--status tells" grep 'program [0-9]*, native' <(as_student "$BIN/hello" --dev veth0 --status)
	refuse "it is taken" "taken: another program" as_student "$BIN/hello" --dev veth0
	expect "--detach succeeds" as_student "$BIN/hello" --dev veth0 --detach
	expect "--status tells" grep 'veth0: no program' <(as_student "$BIN/hello" --dev veth0 --status)
	loader_start --dev veth0 --mode generic
	expect "--status tells" grep 'program [0-9]*, generic' <(as_student "$BIN/hello" --dev veth0 --status)
	loader_stop TERM
}

# bats test_tags=author
@test "a pin that can't be made leaves nothing on the device" {
	bpftool prog load "$BIN/hello.bpf.o" "$LINK"
	refuse "the path is taken" "can't pin the link at $LINK: File exists" \
		as_student "$BIN/hello" --dev veth0 --pin "$LINK"
	refuse "no such folder" "can't pin at /sys/fs/bpf/no/link: No such file" \
		as_student "$BIN/hello" --dev veth0 --pin /sys/fs/bpf/no/link
	refuse "no bpffs" "is in no bpffs" as_student "$BIN/hello" --dev veth0 --pin /tmp/link
	refuse "no bpffs there, neither" "nsenter --net=/run/netns/NAME doesn't" \
		ip netns exec peer "$BIN/hello" --dev veth0 --pin /sys/fs/bpf/other
	equal "mode of the program on veth0" none "$(xdp_mode veth0)"
	equal "mode of the program on peer's veth0" none "$(in_peer ip -j link show veth0 |
		grep -q '"xdp":' && echo some || echo none)"
}

off() { [[ $(xdp_mode "$1") == none ]]; } # DEVICE

# bats test_tags=author
@test "--detach where a link or nothing is" {
	expect "a link is pinned" as_student "$BIN/hello" --dev veth0 --pin "$LINK"
	refuse "the loader says so" "Can't replace active BPF XDP link" \
		as_student "$BIN/hello" --dev veth0 --detach
	rm "$LINK"
	wait_for 1 off veth0 || red "the program goes" "$(xdp_of veth0)"
	refuse "the loader says so" "can't detach from veth0: No such file" \
		as_student "$BIN/hello" --dev veth0 --detach
}

# bats test_tags=author
@test "a device that isn't there is named; one that is down gets the program and a warning" {
	refuse "the loader gives up" "nosuch: no such device here" as_student "$BIN/hello" --dev nosuch
	ip link set veth0 down
	loader_start --dev veth0 --link
	expect "the warning names the cure" grep -q 'ip link set veth0 up' "$LOADER_LOG"
	loader_stop TERM
}

# bats test_tags=author
@test "without rights the loader says which ones it takes" {
	refuse "it fails" "CAP_BPF and CAP_NET_ADMIN" setpriv --reuid "$STUDENT" --regid "$STUDENT" \
		--clear-groups --bounding-set=-all --inh-caps=-all "$BIN/hello" --dev veth0
}

# bats test_tags=author
@test "wrong options show the right ones" {
	refuse "no device is named" "usage: hello --dev NAME" as_student "$BIN/hello"
	refuse "an unknown mode" "usage: hello --dev NAME" as_student "$BIN/hello" --dev veth0 --mode x
	refuse "an unknown option" "usage: hello --dev NAME" as_student "$BIN/hello" --dvv veth0
	refuse "something left over" "usage: hello --dev NAME" as_student "$BIN/hello" --dev veth0 x
	refuse "two verbs" "usage: hello --dev NAME" as_student "$BIN/hello" -d veth0 --link --pin "$LINK"
	refuse "replace on a device" "usage: hello --dev NAME" as_student "$BIN/hello" -d veth0 --replace "$LINK"
	refuse "broken.sh, too" "broken.sh N:" as_student "$BIN/broken.sh" 7
}
