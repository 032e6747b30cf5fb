# bats file_tags=outside
# The virtual machine: it is built, it boots, and labs are proved on another kernel than this one's.
# These make machines of their own, of packages that only `make vm` wants (the group vm). Most of what boots
# one is run with VM_TESTS=1.

load machine
load terminal

setup() { machines; }

teardown() { close_terminal; }

@test "a kernel or a lab that nobody knows is said to be so" {
	run -3 vm/image kernel 4.4
	assert_output --partial 'there is no kernel 4.4 in vm/kernels, but 6.1 5.10 6.12 newest'
	run -3 vm/test 77
	assert_output --partial 'no lab is called 77; there are: 01-hello-world'
}

@test "without a terminal there is no shell, and it says what there is instead" {
	run -3 vm/shell 01 < /dev/null
	assert_output --partial 'make vm-test'
}

@test "no space, and no right to write: it says so, and leaves nothing there" {
	local place=$BATS_TEST_TMPDIR/small
	mkdir "$place"
	# a mount that goes with the command
	run -3 unshare --mount bash -c "mount -t tmpfs -o size=9m t '$place' && VM_CACHE='$place' vm/image root; s=\$?
		ls -A '$place'; exit \$s"
	assert_output --partial "$place has 9 MB left, and 2500 MB are needed"
	refute_output --partial .run
	VM_CACHE=/proc/none run -3 vm/image root
	assert_output --partial "/proc/none can't be written"
}

@test "arm64: what that takes is asked for by name, and only then" {
	local empty=$BATS_TEST_TMPDIR/bin cache=$BATS_TEST_TMPDIR/cache
	type -P qemu-aarch64-static qemu-system-aarch64 && skip "it is all there"
	VM_CACHE=$cache VM_ARCH=arm64 run -3 vm/image root
	assert_line --partial 'missing on this machine: qemu-system-aarch64'
	assert_line --regexp '^install it with: .*install .*qemu-system-(arm|aarch64-core)$'
	# with QEMU there, something must run the programs of arm64's packages
	mkdir "$empty"
	ln -s "$(type -P true)" "$empty/qemu-system-aarch64"
	PATH=$empty:$PATH VM_CACHE=$cache VM_ARCH=arm64 run -3 vm/image root
	assert_line --partial "this machine can't run programs of arm64"
	assert_line --partial 'qemu-user-static'
	run ! compgen -G "$cache/root-*"
}

@test "an image is made once: the second time it takes no second" {
	local first second began
	first=$(vm/image kernel 6.1)
	began=${EPOCHREALTIME/./}
	second=$(vm/image kernel 6.1)
	((${EPOCHREALTIME/./} - began < 1000000))
	assert_equal "$second" "$first"
	assert [ -s "$first/linux" ]
	assert [ -s "$first/initrd" ]
}

# Commands for a machine with such cards. card1 is a KVM guest's as it is by default, card2 one of a host that
# merges frames (GRO_HW) and gives the guest no switch for it.
cards="virtio-net-pci virtio-net-pci,ctrl_guest_offloads=off"
# shellcheck disable=SC2016 # for the shell there
use_cards='
	card() { # NUMBER
		ip link set "$(grep -lx "02:00:00:00:00:0$1" /sys/class/net/*/address | cut -d / -f 5)" name "card$1"
		echo 1 > "/proc/sys/net/ipv6/conf/card$1/disable_ipv6"
		ip link set "card$1" up
	}
	attach() { # CARD MODE
		ip link set "$1" "$2" obj build/solution/01-hello-world/hello.bpf.o sec xdp
		echo "$1 $2 $?: $(ip link show "$1" | grep -o "xdp[a-z]* qdisc")"
	}
	switch() { # CARD FEATURE
		ethtool -K "$1" "$2" off
		echo "$1 $2 off $?: $(ethtool -k "$1" | grep -E "^ *($2|large-rec.*):" | xargs)"
	}
	modprobe virtio_net && card 1 && card 2
	attach card2 xdpdrv
	for feature in lro rx-gro-hw; do switch card2 $feature; done
	attach card2 xdpdrv
	attach card2 xdpgeneric && dmesg | grep -o "card2: failed to disable.*"
	ip link set card2 xdpgeneric off
	ethtool -k card1 | grep rx-gro-hw
	attach card1 xdpdrv

	# card2 is at the other end of the cable
	ip netns add peer && ip link set card2 netns peer
	ip addr add 10.0.1.1/24 dev card1 && ip neigh add 10.0.1.2 lladdr 02:00:00:00:00:02 dev card1
	ip -n peer addr add 10.0.1.2/24 dev card2 && ip -n peer link set card2 up &&
		ip -n peer neigh add 10.0.1.1 lladdr 02:00:00:00:00:01 dev card2
	echo > /sys/kernel/tracing/trace
	nsenter --net=/run/netns/peer ping -q -c 3 -i 0.1 -W 5 10.0.1.1
	echo "met by hello: $(grep -c "Hello World" /sys/kernel/tracing/trace)"
'

# What the kernel of that machine said of them
assert_cards() {
	local refused="virtio_net: Can't set XDP while host is implementing GRO_HW/CSUM, disable GRO_HW/CSUM first."
	assert_line "Error: $refused"
	# no cure: the feature is fixed, and it is refused again
	assert_line 'card2 rx-gro-hw off 1: large-receive-offload: off [fixed] rx-gro-hw: on [fixed]'
	assert_output --regexp 'card2 xdpdrv 2: .*card2 xdpdrv 2: '
	# generic mode is the way out, and the kernel complains
	assert_line --partial 'card2 xdpgeneric 0: xdpgeneric qdisc'
	assert_line 'card2: failed to disable GRO_HW!'
	# with a switch, the driver uses it by itself
	assert_line 'rx-gro-hw: on'
	assert_line --partial 'card1 xdpdrv 0: xdp qdisc'
	assert_line --partial '3 packets transmitted, 3 received'
	assert_line 'met by hello: 3'
	# explain knows this very sentence, and the worksheet has it
	run -2 build/tools/explain - <<< "Error: $refused"
	assert_line --partial 'The driver runs XDP only with some of its offloads off'
	grep -qF "\`${refused%.}\`" labs/08-lifecycle/README.md
}

# A minute of an emulated processor, in a machine that has no compiler
# shellcheck disable=SC2016 # for the shell there
@test "Linux 6.1: labs 01 and 02, and what other kernels refuse: fexit, freplace behind xdp-loader, a kprobe; a card that merges frames" {
	# hello-map of lab 04 on a kprobe instead of a tracepoint
	mkdir "$BATS_TEST_TMPDIR/kprobe"
	sed -e 's|SEC("raw_tp/sys_enter")|SEC("ksyscall/execve")|' -e 's|struct bpf_raw_tracepoint_args|void|' \
		-e '/args\[/,/return 0;/d' labs/04-maps/solution/hello-map.bpf.c > "$BATS_TEST_TMPDIR/kprobe/hello-map.bpf.c"
	rm -rf build/tests/kprobe
	make -s tree LAB=04 SRC="$BATS_TEST_TMPDIR/kprobe" OUT=build/tests/kprobe
	CARDS=$cards ROOT_FOR=run LIMIT=900 RUN='
		for lab in 01-hello-world 02-verdicts; do
			tests/lib/sandbox --trace tests/lib/stages $lab all < <(printf "%s\nbuilt\n" build/solution/$lab)
			echo "$lab: $?"
		done
		tests/lib/sandbox --trace tests/lib/stages 10-watching-and-testing all "exits counts" \
			< <(printf "%s\nbuilt\n" build/solution/10-watching-and-testing)
		ip link add veth0 type veth peer name veth1 && xdp-loader load veth0 build/tools/pass.bpf.o &&
			xdp-loader load veth0 build/solution/01-hello-world/hello.bpf.o && xdp-loader status veth0
		build/tests/kprobe/hello-map > /tmp/said &
		timeout 60 sh -c "until grep Ctrl-C /tmp/said; do :; done"
		for i in 1 2 3; do setpriv --reuid 5005 /bin/true; done
		bpftool link
		kill $! && wait; cat /tmp/said
		'"$use_cards" \
		run -0 vm/test 01 02 10
	assert_line '01-hello-world: 0'
	assert_line --regexp '^ok [0-9]+ TODO\(1\): your loader attaches hello'
	assert_line '02-verdicts: 0'
	assert_line --regexp '^ok [0-9]+ exits counts each verdict of a program that it doesn.t touch$'
	assert_line --regexp '^veth0 +xdp_dispatcher +native '
	assert_line --regexp '^ => +50 +hello .* XDP_PASS'
	assert_line --regexp '^ => +50 +pass .* XDP_PASS'
	assert_line --regexp 'perf_event +prog '
	assert_line 'ID 5005: 3'
	assert_cards
}

# shellcheck disable=SC2016
@test "the newest Linux: the same cards, and one whose driver does LRO, VMware's" {
	boots
	CARDS="$cards vmxnet3" KERNEL=newest ROOT_FOR=run LIMIT=300 RUN=$use_cards'
		modprobe vmxnet3 && card 3
		ethtool -k card3 | grep large-receive-offload
		attach card3 xdpdrv 2>&1 | sed "s/^/lro on, /"
		ethtool -k card3 | grep large-receive-offload
		ip link set card3 xdp off
		switch card3 lro
		attach card3 xdpdrv 2>&1 | sed "s/^/lro off, /"' \
		run -0 vm/test 01
	# it warns, switches LRO off itself, and attaches; without LRO it has nothing to say
	assert_line 'large-receive-offload: on'
	assert_line 'lro on, Warning: vmxnet3: LRO is not supported with XDP.'
	assert_line --partial 'lro on, card3 xdpdrv 0: xdp qdisc'
	assert_line 'large-receive-offload: off [requested on]'
	assert_line 'card3 lro off 0: large-receive-offload: off'
	assert_line --partial 'lro off, card3 xdpdrv 0: xdp qdisc'
	refute_line --partial 'lro off, Warning'
	assert_cards
}

@test "Linux 6.1: the solutions of labs 01 and 02 are green" {
	boots
	JOBS=solution LIMIT=500 run -0 vm/test 01 02
	assert_line --regexp '^kernel 6\.1\.'
	assert_line --partial 'ok 01-hello-world: TODO(1)'
	assert_line --partial 'ok 02-verdicts: TODO(1)'
	assert_line --regexp '^[0-9]+ passed, 0 failed, 0 skipped$'
}

@test "arm64: the solution of lab 01 is green, and its starter red" {
	boots
	type -P qemu-system-aarch64 || skip "no qemu-system-aarch64 here"
	VM_ARCH=arm64 JOBS="solution starter" LIMIT=3000 run -0 vm/test 01
	assert_line --regexp '^kernel 6\.1\..*-arm64$'
	assert_line --regexp '^ok starter 01-hello-world .*: loads, and is red for TODO 1 2 3 4$'
	assert_line --regexp '^[0-9]+ passed, 0 failed, 0 skipped$'
}

@test "Debian 13 around 6.1: what its clang, libbpf and bpftool make of lab 01 is right, too" {
	boots
	TOOLCHAIN=debian13 JOBS="solution starter" LIMIT=1500 run -0 vm/test 01
	assert_line --partial 'Debian trixie, programs built beside'
	assert_line --regexp '^ok starter 01-hello-world .*: loads, and is red for TODO 1 2 3 4$'
	assert_line --regexp '^[0-9]+ passed, 0 failed, 0 skipped$'
}

# Five minutes: all of Debian that is wanted is fetched for it
@test "a Debian with nothing but make: it asks for packages; then one line opens a machine, and lab 01 is done in it" {
	boots
	((EUID == 0)) || skip "to install packages in a folder takes root"
	local root=$BATS_TEST_TMPDIR/root tree=$BATS_TEST_TMPDIR/root/xdp-workbook install
	unshare --mount mmdebstrap --quiet --skip=check/qemu --variant=minbase --include=make bookworm "$root"
	cp /etc/resolv.conf "$root/etc"
	echo 'APT::Get::Assume-Yes "true";' > "$root/etc/apt/apt.conf.d/yes"
	mkdir "$tree" && git ls-files -z | xargs -0 cp --parents -t "$tree"
	terminal 250x50 -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM=screen \
		unshare --mount --pid --fork --kill-child --root="$root" --wd=/xdp-workbook --mount-proc bash --norc
	wait_screen 'bash-.*#'
	type_in 'make vm LAB=01'
	wait_screen 'missing on this machine: .*qemu-system-x86_64'
	install=$(screen | sed -n 's/^install it with: //p')
	assert [ "$install" ]
	type_in "clear; $install && echo installed, all of it"
	wait_screen '^installed, all of it' 300
	type_in 'clear; make vm LAB=01'
	wait_screen '^vm:/workbook/labs/01-hello-world#' 600
	type_in 'make check'
	wait_screen '^fail: 01-hello-world' 300
	cp "$tree"/labs/01-hello-world/{solution/hello*,}
	type_in 'clear; make check'
	wait_screen '^pass: 01-hello-world: ([0-9]+) of \1 checks are green' 300
	press C-d
	wait_screen '^bash-.*#'
	press C-d
	wait_ended
}

@test "its terminal is closed, and make was the first process on it: the machine ends" {
	boots
	local machine
	terminal 120x40 make vm LAB=01
	wait_screen '^vm:/workbook/labs/01-hello-world#' 120
	machine=$(pgrep --newest --full '^qemu-system-.* -name xdp-workbook')
	close_terminal
	for _ in {1..50}; do
		[[ -d /proc/$machine ]] || break
		sleep 0.1
	done
	assert [ ! -d "/proc/$machine" ]
}
