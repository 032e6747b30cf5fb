# shellcheck shell=bash
# The list in common/packages, asked: what is missing here, and what is it called here?

# Is it there? A command, <header>, /file, bats:library or clang:runtime
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
	/*) [[ -e $1 ]] ;;
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
	local list known='' _ debian fedora name
	list=$(cat)
	[[ $list ]] || return 0
	if [[ $(distribution) != fedora ]]; then
		# in one call, which may read all lists. (Of a name that others provide, as bpftool on Ubuntu, it
		# shows nothing.)
		# shellcheck disable=SC2046
		known=$(apt-cache show $(awk '{ print $2 }' <<< "$list" | tr '|' '\n') 2> /dev/null |
			sed -n 's/^Package: //p')
	fi
	while read -r _ debian fedora; do
		if [[ $(distribution) == fedora ]]; then
			echo "$fedora"
			continue
		fi
		# the first one that apt knows; without lists it knows none, then simply the first
		for name in ${debian//|/ } "${debian%%|*}"; do
			[[ $'\n'$known$'\n' == *$'\n'$name$'\n'* ]] && break
		done
		echo "$name"
	done <<< "$list" | sort -u
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

# the same command for somebody who isn't root
rooted() { # COMMAND
	if ((EUID == 0)) || [[ -z $(distribution) ]]; then echo "$1"; else echo "sudo $1"; fi
}

# The command that installs what such a list names: SHOWN-BY DEBIAN FEDORA, one a line
installation() { # LIST
	local update=''
	! no_lists || update="$(rooted 'apt-get update') && "
	# shellcheck disable=SC2046
	echo "$update$(rooted "$(install_command $(package_names <<< "$1"))")"
}

# What packages are made for: distribution, release, kind of processor
this_release() {
	(
		# shellcheck source=/dev/null
		. /etc/os-release && echo "$ID ${VERSION_ID-rolling} $(dpkg --print-architecture)"
	)
}

# Settings for apt that keep its lists and archives in FOLDER, of a machine with this dpkg STATUS
apt_settings() { # FOLDER STATUS
	cat <<- END
		Dir::State::status "$2";
		Dir::State::lists "$1/lists";
		Dir::State::extended_states "$1/extended_states";
		Dir::Cache "$1";
		Dir::Cache::archives "$1/archives";
		APT::Install-Recommends "false";
		APT::Sandbox::User "root";
		Acquire::Languages "none";
		Debug::NoLocking "$([[ $2 == /var/lib/dpkg/status ]] && echo false || echo true)";
	END
}

# A flat repository, as `make offline` makes one in packages/, as all that apt knows: prints the name of
# the settings, for APT_CONFIG. apt-get update must be called first.
only_from() { # REPOSITORY FOLDER [STATUS]
	mkdir -p "$2"/{lists,archives}/partial && ln -sfn "$1" "$2/repository" &&
		echo "deb [trusted=yes] file:$2/repository ./" > "$2/sources.list" &&
		{
			apt_settings "$2" "${3:-/var/lib/dpkg/status}"
			printf 'Dir::Etc::%s "%s";\n' SourceList "$2/sources.list" SourceParts /dev/null
		} > "$2/apt.conf" && echo "$2/apt.conf"
}
