#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# broken.sh N: make situation N, 1 to 6, in which hello can't be attached, and try it.
# broken.sh clean: take away what the situations left.
#
# It runs in the folder of the built programs. To read on is to look behind the puzzle.
set -u

# Show a command, and run it
try() { # CMD...
	echo "+ $*"
	"$@"
}

clean() {
	ip -batch - <<-END
		link set dev veth0 xdp off
		link set dev lo xdp off
	END
	[[ ! -e /sys/fs/bpf/hello ]] || rm /sys/fs/bpf/hello
	[[ ! -e /sys/class/net/wire0 ]] || ip link del wire0
}

object=(obj hello.bpf.o)
clean
case ${1-} in
1)
	try ip link set dev lo xdpdrv "${object[@]}" sec xdp
	;;
2)
	ip link set dev veth0 xdpdrv "${object[@]}" program hello2
	try ip link set dev veth0 xdpdrv "${object[@]}" sec xdp
	;;
3)
	try ip link set dev veth0 xdpdrv "${object[@]}" sec prog
	;;
4)
	ip link add name wire0 type veth peer name wire1
	ip link set dev wire1 mtu 9000
	try ip link set dev wire0 xdpdrv "${object[@]}" sec xdp
	;;
5)
	bpftool prog load hello.bpf.o /sys/fs/bpf/hello type classifier
	try bpftool net attach xdpdrv pinned /sys/fs/bpf/hello dev veth0
	;;
6)
	ip link set dev veth0 xdpgeneric "${object[@]}" program hello2
	try ip link set dev veth0 xdpdrv "${object[@]}" sec xdp
	;;
clean) ;;
*)
	sed -n 's/^# \(broken.sh .*\)/\1/p' "$0" >&2
	exit 1
	;;
esac
