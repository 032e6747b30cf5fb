# bats file_tags=outside
# make release: the bundle that students get, without solutions. The disk is small where it must be.
# shellcheck disable=SC2016,SC2030,SC2031 # markdown in single quotes; bats' own variables

load bundles

@test "the same commit gives the same bytes: another clone, umask, time zone, language, settings" {
	own_repo
	OUT=../one.tar.xz common/bin/release
	git clone -q . "../another clone"
	cd "../another clone"
	umask 077
	git config core.autocrlf true
	git config tar.umask 0077
	git config core.abbrev 5
	TZ=Asia/Kolkata LC_ALL=C.UTF-8 XZ_OPT=-0 TAR_OPTIONS=--mtime=now GZIP=-1 TMPDIR=/var/tmp \
		OUT=../two.tar.xz common/bin/release
	run cmp ../one.tar.xz ../two.tar.xz
	assert_success
	# sorted, root's, as old as the commit, and VERSION last
	run tar -tvf ../one.tar.xz --numeric-owner --utc --full-time
	assert_success
	refute grep -qv "^-rw[x-]r-[x-]r-[x-] 0/0 .* $(date -u -d "@$(git log -1 --format=%ct)" '+%F %T') " <<< "$output"
	mapfile -t names < <(tar -tf ../one.tar.xz)
	assert_equal "${names[-1]}" xdp-workbook/VERSION
	unset 'names[-1]'
	run diff <(printf '%s\n' "${names[@]}") <(printf '%s\n' "${names[@]}" | LC_ALL=C sort)
	assert_success
}

@test "the version is the date and name of the commit, or its tag; the file's name and VERSION tell it" {
	own_repo
	OUT=.. common/bin/release
	name=$(date -u -d "@$(git log -1 --format=%ct)" +%Y.%m.%d)-$(git rev-parse --short=12 HEAD)
	run tar -xOf "../xdp-workbook-$name.tar.xz" xdp-workbook/VERSION
	assert_output "$name"
	git tag v1.0
	OUT=.. run common/bin/release
	assert_line --partial "version v1.0, "
	run tar -xOf ../xdp-workbook-v1.0.tar.xz xdp-workbook/VERSION
	assert_output v1.0
}

@test "a bundle has nothing that only authors need, and its pages link to nothing that isn't there" {
	tar -xf old.tar.xz -C "$HOME_OF_TEST"
	cd "$HOME_OF_TEST/xdp-workbook"
	run find . -path './labs/*solution*' -o -path '*mutants*' -o -path './tests/tools*' -o -name prove -o -name proof \
		-o -name worksheet -o -name release -o -name '.git'
	assert_output ""
	run grep -rlE '^[[:space:]]*(//|#): solution' .
	assert_output ""
	run make help
	assert_success
	assert_line "  xdp-workbook $OLD"
	refute_output --partial "make release "
	refute_output --partial "make test "
	# (in this small repository other labs are missing)
	run bash -c 'find . -name "*.md" ! -name seeds.md | while IFS= read -r page; do
		grep -oE "\]\([^)#]+[)#]" "$page" | sed "s/^](//; s/[)#]$//" | grep -vE "^http|/0[3-9]-|/10-" |
			while IFS= read -r to; do [ -e "${page%/*}/$to" ] || echo "$page: $to"; done
	done'
	assert_output ""
}

# A leak of this text in that file is refused, and named
leaks() { # FILE EXPECTED
	mkdir -p "${1%/*}"
	cat >> "$1"
	commit leak
	OUT=../leak.tar.xz run common/bin/release
	assert_failure 1
	assert_line --index 0 --partial "no bundle is made"
	assert_line --regexp "$2"
	assert [ ! -e ../leak.tar.xz ]
	run awk 'length > 100' <<< "$output"
	assert_output ""
	git reset -q --hard HEAD^
}

block() { # the marked blocks of the program's solution, without their marks
	awk '/\/\/: solution/ { on = 1; next } /\/\/: (starter|end)/ { on = 0 } on' \
		"labs/01-hello-world/solution/$1"
}

@test "a solution that leaks is refused: whole, a block, a line in a comment, in an edit, a mark" {
	own_repo
	leaks labs/01-hello-world/notes.txt 'notes.txt:[0-9]+: the mark of a solution' \
		< labs/01-hello-world/solution/hello.c
	leaks tests/lib/cheat.bash 'cheat.bash:[0-9]+: a line of' <<< "# if (setup) $(block hello.bpf.c)"
	leaks common/extra.h 'common/extra.h:[0-9]+: a line of' < <(block hello.c)
	leaks labs/01-hello-world/README.md 'README.md:[0-9]+: 3 lines in a row of' < <(block hello.c)
	# as a page quotes it: indented otherwise, in a list
	leaks labs/01-hello-world/README.md 'README.md:[0-9]+: 3 lines in a row of' < <(block hello.c |
		sed 's/^\t*/> - `/; s/$/`/')
	leaks docs/edits 'docs/edits:1: a line of' <<< "sed     s/x/$(block hello.bpf.c | grep printk | xargs -0 echo)/"
	leaks labs/01-hello-world/README.md 'README.md:[0-9]+: 3 lines in a row of labs/05' < <(
		grep -v '^#[:-]' labs/05-verdicts/solution/answers.txt)
	leaks docs/data.xz 'data.xz: no text' < <(block hello.c | xz)
}

@test "what a hint may quote is no leak: a line or two" {
	own_repo
	{
		echo 'You could write'
		block hello.bpf.c | grep printk
	} >> labs/01-hello-world/README.md
	commit hint
	OUT=../hint.tar.xz run common/bin/release
	assert_success
}

@test "a starter that has drifted, or is the solution itself, is refused" {
	own_repo
	cp labs/01-hello-world/solution/hello.c labs/01-hello-world/hello.c
	commit solved
	OUT=.. run common/bin/release
	assert_failure 1
	assert_output "labs/01-hello-world/hello.c is not what its solution gives: make starters"
	assert_equal "$(compgen -G '../*.xz')" ""
}

@test "edits that are not committed are refused; FORCE=1 takes them, and the version says so" {
	own_repo
	echo changed >> LICENSE
	echo new > docs/new-page.md
	OUT=../dirty.tar.xz run common/bin/release
	assert_failure 1
	assert_output --partial "edits that are not committed"
	assert_line " M LICENSE"
	assert_line "?? docs/new-page.md"
	assert [ ! -e ../dirty.tar.xz ]
	objects=$(find .git -type f | sort)
	FORCE=1 OUT=../dirty.tar.xz run common/bin/release
	assert_success
	assert_line --index 0 --partial "-dirty, "
	run tar -xOf ../dirty.tar.xz xdp-workbook/{LICENSE,VERSION,docs/new-page.md}
	assert_line changed
	assert_line new
	assert_line --regexp '-dirty$'
	# the repository is as it was
	assert_equal "$(find .git -type f | sort)" "$objects"
	assert_equal "$(git status --porcelain)" $' M LICENSE\n?? docs/new-page.md'
}

@test "no repository, somebody else's, no commit, no git: refused, and why" {
	own_repo
	rm -rf .git
	cd ..
	OUT=x.tar.xz run repo/common/bin/release
	assert_failure 1
	assert_output --partial "takes the workbook's own repository"
	git init -q repo
	OUT=x.tar.xz run repo/common/bin/release
	assert_failure 1
	assert_output "nothing has been committed here yet"
	mkdir bin
	ln -s /usr/bin/* /bin/* bin/ 2> /dev/null || true
	rm bin/git
	if ! PATH=$PWD/bin:/usr/sbin:/sbin type -P git; then
		PATH=$PWD/bin OUT=x.tar.xz run repo/common/bin/release
		assert_failure 1
		assert_output "make release takes git, which is not installed"
	fi
}

@test "OUT: none, there already, no such folder, another ending, a path with blanks, from a lab's folder" {
	own_repo
	run make -s release
	assert_failure
	assert_line "make release wants OUT=FILE.tar.xz, or OUT=FOLDER"
	touch ../there.tar.xz
	run make -s release OUT=../there.tar.xz
	assert_failure
	assert_line --partial "OUT=../there.tar.xz: there.tar.xz exists already"
	assert [ ! -s ../there.tar.xz ]
	run make -s release OUT=../nowhere/x.tar.xz
	assert_failure
	assert_line "OUT=../nowhere/x.tar.xz: that folder does not exist"
	run make -s release OUT=../x.zip
	assert_failure
	assert_line --partial "no file whose name ends in .tar.xz"
	mkdir '../my stick'
	run make -s release OUT='../my stick/a b.tar.xz'
	assert_success
	assert [ -s '../my stick/a b.tar.xz' ]
	# a path is what it is where it was typed
	run make -s -C labs/01-hello-world release OUT=../../../lab.tar.xz
	assert_success
	assert [ -s ../lab.tar.xz ]
}

@test "a full disk, a folder that can't be written, Ctrl-C, kill -9: no half bundle under that name" {
	own_repo
	mkdir ../stick
	# shellcheck disable=SC2016
	run unshare --mount bash -c 'mount -t tmpfs -o size=64k tmpfs ../stick
		OUT=../stick/x.tar.xz common/bin/release; echo "status $?"; ls -A ../stick
		mount -o remount,ro ../stick
		OUT=../stick/x.tar.xz common/bin/release; echo "status $?"; ls -A ../stick'
	assert_line "OUT=../stick/x.tar.xz could not be written: is the disk full?"
	assert_line "OUT=../stick/x.tar.xz: that folder can't be written"
	assert_equal "$(grep -c 'status 1' <<< "$output")" 2
	refute_line "x.tar.xz"
	refute_line ".x.tar.xz.partial"
	# stopped while it is being packed
	mkdir ../bin ../tmp
	printf '#!/bin/sh\ntouch %s/../packing\nhead -c 1000\nsleep 60\n' "$PWD" > ../bin/xz
	chmod +x ../bin/xz
	for signal in INT KILL; do
		rm -f ../packing
		# (what runs in the background of a script ignores SIGINT)
		TMPDIR=$PWD/../tmp PATH=$PWD/../bin:$PATH OUT=../x.tar.xz setsid env --default-signal=INT \
			common/bin/release 3>&- &
		for _ in {1..500}; do
			[[ ! -e ../packing ]] || break
			sleep 0.02
		done
		kill -$signal -- -$!
		wait $! || true
		assert [ ! -e ../x.tar.xz ]
		[[ $signal == KILL ]] || assert_equal "$(ls -A ../tmp; compgen -G '../.x*' || true)" ""
	done
	OUT=../x.tar.xz run common/bin/release
	assert_success
	assert_equal "$(ls -A ..)" "$(printf '%s\n' bin packing repo stick tmp x.tar.xz)"
}

@test "what only authors do, and solutions: a bundle says that it has none" {
	tar -xf old.tar.xz -C "$HOME_OF_TEST"
	cd "$HOME_OF_TEST/xdp-workbook"
	for target in test drift starters release offline; do
		run make $target OUT=/tmp
		assert_failure
		assert_line --partial "make $target is for authors; this bundle has no solutions"
	done
	cp -rp "$SOURCE/build/common" "$SOURCE/build/tools" -t "$(mkdir -p build && echo build)"
	run tests/check --solution 1
	assert_failure 3
	assert_line --index -1 "env: 01-hello-world: this bundle has no solutions"
	run tests/shell --solution 1
	assert_failure 3
	assert_output "shell: this bundle has no solutions"
	# a file that was deleted is missed, though no solution tells of it
	rm labs/01-hello-world/hello.bpf.c
	run make 1
	assert_failure
	assert_output --partial "labs/01-hello-world/hello.bpf.c is missing"
}

@test "in a fresh folder each lab is red where ours is; with the solutions dropped in, it is green" {
	cd "$SOURCE"
	FORCE=1 OUT=$PLACE/$HOME_OF_TEST/all.tar.xz common/bin/release
	cd "$PLACE/$HOME_OF_TEST"
	tar -xf all.tar.xz
	mkdir xdp-workbook/build
	cp -rp "$SOURCE/build/common" "$SOURCE/build/tools" xdp-workbook/build/
	cd xdp-workbook
	mapfile -t all < <(cd labs && echo * | xargs -n 1)
	for lab in "${all[@]}"; do
		(cd "$SOURCE" && tests/check --tree "build/student/$lab" "$lab") 2>&1 | sed -n 's/.*RED  //p' | sort > ../ours
		run tests/check "$lab"
		assert_failure 1
		assert_line --index -1 --partial "fail: $lab: "
		run diff ../ours <(sed -n 's/.*RED  //p' <<< "$output" | sort)
		assert_success
		assert [ -s ../ours ]
	done
	for lab in "${all[@]}"; do
		cp "$SOURCE/labs/$lab/solution"/* "labs/$lab/"
		run tests/check "$lab"
		assert_success
	done
}
