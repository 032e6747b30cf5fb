# shellcheck shell=bash
# The network of every lab. You are on the host "lab"; its network namespace is the sandbox's own.
#
#   lab  veth0 10.0.1.1 ──────────── veth0 10.0.1.2  peer
#        veth1 10.0.2.1 ──────────── veth0 10.0.2.2  third      (only when lab.meta says hosts: 3)
#
# MAC addresses follow the IP addresses: 10.0.1.2 is 02:00:00:00:01:02. Neighbours are static,
# IPv6 is off and so are offloads: what is counted is what was sent, and nothing else.

export PEER=10.0.1.2 THIRD=10.0.2.2 LAB0=10.0.1.1 LAB1=10.0.2.1

in_lab() { "$@"; }
in_peer() { nsenter --net=/run/netns/peer -- "$@"; }
in_third() { nsenter --net=/run/netns/third -- "$@"; }

# The lines for `ip -batch` that make a veth pair between lab and a new host: name of the host, its
# number, lab's device. DEVICE_NUMBER, when set, is that of lab's devices, less the host's (their ifindex);
# else each sandbox of the machine has the same ones.
net_link() { # HOST NUMBER DEVICE
	local net=10.0.$2 mac=02:00:00:00:0$2

	echo "netns add $1
		link add $3 ${DEVICE_NUMBER:+index $((DEVICE_NUMBER + $2))} address $mac:01 type veth peer name veth0 address $mac:02 netns $1
		addr add $net.1/24 dev $3
		link set $3 up
		neigh add $net.2 lladdr $mac:02 dev $3"
}

# The other end of it, in the new host; and what both ends' devices shall not do for us
net_link_end() { # HOST NUMBER DEVICE
	local net=10.0.$2 mac=02:00:00:00:0$2

	in_host "$1" sh -c '
		echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6 && ip -batch - &&
			exec ethtool -K veth0 tx off gro off tso off > /dev/null' <<-END &&
		link set lo up
		addr add $net.2/24 dev veth0
		link set veth0 up
		neigh add $net.1 lladdr $mac:01 dev veth0
		route add default via $net.1
	END
		ethtool -K "$3" tx off gro off tso off > /dev/null
}

in_host() { # HOST CMD...
	local host=$1
	shift
	if [[ $host == lab ]]; then "$@"; else nsenter --net="/run/netns/$host" -- "$@"; fi
}

# Build the network afresh; what an earlier net_up built is gone. hosts: 2 or 3. (As few processes as
# can be: this is a third of a check's time.)
net_up() { # [HOSTS]
	local old
	{
		if [[ -e /run/netns/lab ]]; then
			# as one group, for which the kernel waits for its readers once, not for each device
			for old in /sys/class/net/veth*; do
				echo "link set ${old##*/} group 77"
			done
			echo link del group 77
			for old in /run/netns/*; do
				echo "netns del ${old##*/}"
			done
		else
			echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6
			echo link set lo up
		fi
		echo "netns attach lab $$"
		net_link peer 1 veth0
		[[ ${1:-2} != 3 ]] || net_link third 2 veth1
	} | ip -batch - && net_link_end peer 1 veth0 || return
	[[ ${1:-2} != 3 ]] || net_link_end third 2 veth1
}

# The picture above, with the devices that are there
net_picture() {
	sed -n '/^#   lab/,/^#$/s/^# \?//p' "${BASH_SOURCE[0]}" | sed -e 's/ *(only when.*//' |
		if [[ -e /run/netns/third ]]; then cat; else grep -v third; fi
}
