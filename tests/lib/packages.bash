# shellcheck shell=bash
# The list in common/packages, asked: what is missing here, and what is it called here?

# Is it there? A command, <header>, bats:library or clang:runtime
have() { # SHOWN-BY
	case $1 in
	'<'*'>')
		local header=${1:1:-1} dir
		for dir in /usr/include /usr/local/include "/usr/include/$HOSTTYPE-linux-gnu"; do
			[[ -e $dir/$header ]] && return
		done
		return 1
		;;
	bats:*)
		[[ -e /usr/lib/bats/${1#*:}/load.bash || -e /usr/share/bats/${1#*:}/load.bash ]]
		;;
	clang:*)
		compgen -G "$(clang --print-resource-dir 2> /dev/null)/lib/*/libclang_rt.${1#*:}*.a" > /dev/null
		;;
	*) type -P "$1" > /dev/null ;;
	esac
}

# What is missing for that purpose (a | separates several), one a line: SHOWN-BY DEBIAN FEDORA
missing() { # PURPOSE
	local purpose shown debian fedora
	while read -r purpose shown debian fedora; do
		[[ $purpose =~ ^($1)$ ]] || continue
		have "$shown" || echo "$shown $debian $fedora"
	done < common/packages
}

# debian, fedora, or nothing: which package manager speaks here
distribution() {
	if type -P apt-get > /dev/null; then
		echo debian
	elif type -P dnf > /dev/null; then
		echo fedora
	fi
}

# SHOWN-BY DEBIAN FEDORA on standard input -> the packages to install here
package_names() {
	local _ debian fedora name
	while read -r _ debian fedora; do
		if [[ $(distribution) == fedora ]]; then
			echo "$fedora"
			continue
		fi
		# the first one that apt knows; without lists it knows none, then simply the first
		for name in ${debian//|/ } "${debian%%|*}"; do
			# (of a name that others provide, as bpftool on Ubuntu, it shows nothing and succeeds)
			[[ $(apt-cache show "$name" 2> /dev/null) ]] && break
		done
		echo "$name"
	done | sort -u
}

# Does apt not yet know any packages, as on a fresh machine?
no_lists() {
	[[ $(distribution) == debian ]] && ! compgen -G '/var/lib/apt/lists/*_Packages*' > /dev/null
}

# Ubuntu's bpftool is a script that wants one made for exactly the running kernel, though any would
# do. The command that puts a real one before the script; nothing where bpftool works.
bpftool_cure() {
	local real
	timeout -k 1 2 bpftool version > /dev/null 2>&1 && return
	real=$(compgen -G '/usr/lib/linux-tools-*/bpftool' | sort -V | tail -n 1)
	if [[ $real ]]; then
		echo "ln -sf $real /usr/local/bin/bpftool"
	else
		install_command "$(awk '$2 == "bpftool" { print $2, $3, $4 }' common/packages | package_names)"
	fi
}

# The command that installs these packages, as a person would type it
install_command() { # PACKAGE...
	case $(distribution) in
	debian) echo "apt-get install --no-install-recommends $*" ;;
	fedora) echo "dnf install --setopt=install_weak_deps=False $*" ;;
	*) echo "install with your package manager: $*" ;;
	esac
}
