# bats file_tags=outside
# make offline, and `make start` in what it made. The distribution is a small one of ours: a package of
# each name that common/packages lists, and one that all need; apt and dpkg are the real ones, and have
# no network. (What the real packages do, docs/workshop.md tells how to try.)

load bundles

lists() { # FOLDER: an index of the packages there
	(cd "$1" && for deb in *.deb; do
		dpkg-deb -f "$deb" && printf 'Filename: ./%s\nSize: %s\nSHA256: %s\n\n' "$deb" "$(stat -c %s "$deb")" \
			"$(sha256sum "$deb" | cut -d ' ' -f 1)"
	done > Packages)
}

# All names of the list, but of two alternatives the second
names() {
	awk '!/^#/ && NF { n = split($3, name, "|"); print name[n] }' "$SOURCE/common/packages" | sort -u
}

package() { # NAME DEPENDS
	mkdir -p "$PLACE/one/DEBIAN" "$PLACE/one/opt"
	printf '%s\n' "Package: $1" 'Version: 1:2.0-1' 'Architecture: all' 'Maintainer: x' 'Description: x' \
		${2:+"Depends: $2"} > "$PLACE/one/DEBIAN/control"
	dpkg-deb -Znone --build "$PLACE/one" "$PLACE/distribution" > /dev/null
}

# It is made by the first test that wants it
distribution_of_ours() {
	type -P apt-get > /dev/null || skip "make offline is for Debian and Ubuntu"
	# shellcheck source=tests/lib/packages.bash
	. "$SOURCE/tests/lib/packages.bash"
	if [[ ! -d $PLACE/distribution ]]; then
		mkdir "$PLACE/distribution"
		package needed-by-all ''
		for name in $(names); do
			package "$name" 'needed-by-all (>= 1:2)'
		done
		lists "$PLACE/distribution"
	fi
	APT_CONFIG=$(only_from "$PLACE/distribution" "$PLACE/$HOME_OF_TEST/apt")
	export APT_CONFIG
	# as from a server: what is in a file, apt would take from there, and not download
	sed -i 's/file:/copy:/' "$PLACE/$HOME_OF_TEST/apt/sources.list"
	own_repo
}

offline() { # OUT
	OUT=$1 run unshare --net make -s offline
}

@test "all packages of the list and what they need, as a repository that suffices a machine that has nothing" {
	distribution_of_ours
	offline ..
	assert_success
	assert_line --index 0 --regexp "^version .*, with $(($(names | wc -l) + 1)) packages for $(this_release):"
	made=(../xdp-workbook-*-offline-*.tar)
	assert_line --index 1 --partial "/${made[0]#../}"
	# VERSION is the last one here, too
	assert_equal "$(tar -tf "${made[0]}" | tail -n 1)" xdp-workbook/VERSION
	tar -xf "${made[0]}" -C ..
	cd ../xdp-workbook
	run diff <(sed -n 's/^Package: //p' packages/Packages | sort) <({ echo needed-by-all && names; } | sort)
	assert_success
	: > ../status
	APT_CONFIG=$(only_from "$PWD/packages" "$PWD/../machine" "$PWD/../status")
	run unshare --net apt-get -q update
	assert_success
	# shellcheck disable=SC2046
	run unshare --net apt-get -s install $(awk '!/^#/ && NF { print $2, $3, $4 }' common/packages | package_names)
	assert_success
	assert_equal "$(grep -c '^Inst ' <<< "$output")" "$(($(names | wc -l) + 1))"
	# and it is the workbook
	run make -s help
	assert_line --partial "$NEW"
}

@test "the second time nothing is downloaded, and the same comes out" {
	distribution_of_ours
	offline ../one.tar
	assert_success
	touch -d yesterday build/offline/*/archives/*.deb
	offline ../two.tar
	assert_success
	run find build/offline -name '*.deb' -mtime -0.5
	assert_output ""
	run cmp ../one.tar ../two.tar
	assert_success
}

@test "a package that nobody has, one that is damaged, a distribution out of reach, a full disk: refused, and why" {
	distribution_of_ours
	echo 'check no-such-tool no-such-package no-such-package' >> common/packages
	commit "one more"
	offline ../x.tar
	assert_failure
	assert_line --partial "no-such-package"
	git reset -q --hard HEAD^
	mkdir ../stick
	# shellcheck disable=SC2016
	run unshare --mount --net bash -c 'mount -t tmpfs -o size=64k tmpfs ../stick; OUT=../stick/x.tar common/bin/offline
		echo "status $?"; ls -A ../stick'
	assert_line "OUT=../stick/x.tar could not be written: is the disk full?"
	assert_line --index -1 "status 1"
	cp -r "$PLACE/distribution" ../damaged
	rm -f ../apt/repository
	ln -s ../damaged ../apt/repository
	echo >> ../damaged/needed-by-all_2.0-1_all.deb
	rm -rf build/offline
	offline ../x.tar
	assert_failure
	assert_line --partial "the packages can't be downloaded"
	rm ../apt/repository
	rm -rf build/offline
	offline ../x.tar
	assert_failure
	assert_line --partial "the lists of packages can't be fetched"
	assert [ ! -e ../x.tar ]
	run make -s offline
	assert_failure
	assert_line "make offline wants OUT=FILE.tar, or OUT=FOLDER"
}

# A machine without jq, on which apt-get only says what it would install, from where, and fails
without_jq() {
	BIN=$BATS_TEST_TMPDIR/bin
	mkdir "$BIN"
	find -L /usr/local/sbin /usr/local/bin /usr/sbin /usr/bin /sbin /bin -maxdepth 1 -type f \
		-perm /111 -print0 2> /dev/null | xargs -0 ln -sf -t "$BIN"
	rm -f "$BIN"/{jq,apt-get}
	cat > "$BIN/apt-get" <<- 'END'
		#!/bin/sh
		case "$*" in
		*update*) exec /usr/bin/apt-get "$@" ;;
		*) echo "asked: $* with ${APT_CONFIG:-nothing}"; [ -z "$APT_CONFIG" ] || /usr/bin/apt-get -qq -s "$@"; exit 100 ;;
		esac
	END
	chmod +x "$BIN/apt-get"
	PATH=$BIN
	! PATH=$PATH:/usr/sbin:/sbin type -P jq || skip "jq can't be hidden here"
}

@test "make start takes packages from the bundle first, and the network only after that" {
	distribution_of_ours
	offline ../x.tar
	tar -xf ../x.tar -C ..
	cd ../xdp-workbook
	unset APT_CONFIG
	without_jq
	run unshare --net timeout -k 1 60 tests/start < /dev/null
	assert_failure 3
	assert_line "This installs them, from the folder packages/; no network is needed:"
	assert_line --regexp '^    asked: install --no-install-recommends jq -y .* with /.*apt.conf$'
	assert_line --regexp '^    Inst jq .*\(1:2.0-1 '
	assert_line "What is in packages/ doesn't do; now from the network."
	assert_line --regexp '^    asked: install .* with nothing$'
	# nothing is left of the settings
	run grep -o 'with /[^ ]*' <<< "$output"
	settings=${lines[0]#with }
	assert [ ! -e "${settings%/*}" ]
	# made for another release
	echo 'debian 3 m68k' > packages/for
	run unshare --net timeout -k 1 60 tests/start < /dev/null
	assert_line "packages/ is for debian 3 m68k, and this is $(this_release): on to the network."
	assert_line "This installs them, from your distribution:"
	refute_line --regexp 'with /'
}
