# shellcheck shell=bash
# A repository of two labs and what its authors did next, for the tests of the bundles that students get.

bats_require_minimum_version 1.5.0
bats_load_library bats-support
bats_load_library bats-assert

setup_file() {
	cd "$BATS_TEST_DIRNAME/../.." || return
	export SOURCE=$PWD PLACE=$PWD/build/proof/${BATS_TEST_FILENAME##*/}
	unset MAKEFLAGS MAKELEVEL LAB OUT FORCE BUNDLE HERE
	rm -rf "$PLACE"
	mkdir -p "$PLACE/repo"
	git ls-files -z -co --exclude-standard -- ':!labs/0[3-9]*' ':!labs/[1-9]*' ':!tests/programs' |
		xargs -0 cp -p --parents -t "$PLACE/repo"
	cd "$PLACE/repo" || return
	git init -q
	commit "as it is"
	OUT=$PLACE/old.tar.xz common/bin/release
	newer
	OUT=$PLACE/new.tar.xz common/bin/release
	OLD=$(version old)
	NEW=$(version new)
	export OLD NEW
}

teardown_file() {
	rm -rf "$PLACE"
}

setup() {
	cd "$PLACE" || return
	HOME_OF_TEST=$BATS_TEST_NUMBER
	mkdir "$HOME_OF_TEST"
}

teardown() {
	rm -rf "${PLACE:?}/$HOME_OF_TEST"
}

commit() { # MESSAGE
	git add -A
	GIT_COMMITTER_DATE="$((1790000000 + $(git rev-list --all --count))) +0000" GIT_AUTHOR_DATE='1790000000 +0000' \
		git -c user.name=x -c user.email=x@example.org -c commit.gpgsign=false commit -q -m "$1"
}

version() { # BUNDLE
	tar -xOf "$PLACE/$1.tar.xz" xdp-workbook/VERSION
}

# What the workbook's authors have done since: a starter has changed, and another one; a file is no more;
# a lab has another number; a page is new
newer() {
	sed -i '1a // a better comment' labs/01-hello-world/{,solution/}hello.bpf.c
	sed -i '1a // a better comment' labs/01-hello-world/{,solution/}hello.c
	git rm -q docs/seeds.md common/tools/jitdump.c
	git mv labs/02-verdicts labs/05-verdicts
	git mv tests/02-verdicts.bats tests/05-verdicts.bats
	git mv tests/mutants/02-verdicts tests/mutants/05-verdicts
	sed -i '1a <!-- new -->' labs/01-hello-world/README.md
	echo 'new' > docs/new.md
	commit "newer"
}

# A repository of this test's own
own_repo() {
	git clone -q "$PLACE/repo" "$HOME_OF_TEST/repo"
	cd "$HOME_OF_TEST/repo" || return
}
