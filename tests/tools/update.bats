# bats file_tags=outside
# A newer bundle over a student's work: by make update, or unpacked over it by hand.

load bundles

# A student's folder with the old bundle, in which he has worked
student() {
	tar -xf "$PLACE/old.tar.xz" -C "$HOME_OF_TEST"
	cd "$HOME_OF_TEST/xdp-workbook" || return
	make -s help > /dev/null
	echo '// my own work' >> labs/01-hello-world/hello.c
	echo '// my own work' >> labs/02-verdicts/verdicts.bpf.c
	echo 'my notes' > labs/01-hello-world/notes.txt
	echo 'my notes' > labs/02-verdicts/notes.txt
	echo 'lab 01: 3 points' > .progress
}

# What must have become of it under the new bundle
work_is_kept() {
	run tail -n 1 labs/01-hello-world/hello.c
	assert_output '// my own work'
	refute grep -q 'a better comment' labs/01-hello-world/hello.c
	run diff labs/01-hello-world/hello.c.new common/starters/01-hello-world/hello.c
	assert_success
	grep -q 'a better comment' labs/01-hello-world/hello.c.new
	# not edited: the new one
	run diff labs/01-hello-world/hello.bpf.c common/starters/01-hello-world/hello.bpf.c
	assert_success
	grep -q 'a better comment' labs/01-hello-world/hello.bpf.c
	# the lab with another number has taken its files along
	assert [ ! -e labs/02-verdicts ]
	run tail -n 1 labs/05-verdicts/verdicts.bpf.c
	assert_output '// my own work'
	assert [ ! -e labs/05-verdicts/verdicts.bpf.c.new ]
	assert [ -e labs/05-verdicts/verdicts.c ]
	# what nobody knows stays, what is no more goes
	assert_equal "$(< labs/01-hello-world/notes.txt) $(< labs/05-verdicts/notes.txt)" 'my notes my notes'
	assert_equal "$(< .progress)" 'lab 01: 3 points'
	assert [ ! -e docs/seeds.md ]
	assert [ ! -e common/tools/jitdump.c ]
	assert [ -e docs/new.md ]
	assert_equal "$(< VERSION)" "$NEW"
	assert_equal "$(< .given/VERSION)" "$NEW"
}

@test "make puts the students' files in their places, once, and leaves alone what stands there" {
	tar -xf old.tar.xz -C "$HOME_OF_TEST"
	cd "$HOME_OF_TEST/xdp-workbook/labs/01-hello-world"
	assert [ ! -e hello.c ]
	echo '// brought along' > hello.bpf.c
	run make help
	assert_success
	assert_line "update: labs/01-hello-world/hello.bpf.c is still yours; the workbook's has changed, too: labs/01-hello-world/hello.bpf.c.new"
	assert_equal "$(< hello.bpf.c)" '// brought along'
	run diff hello.c "$PLACE/repo/labs/01-hello-world/hello.c"
	refute_output --partial "<"
	rm hello.c
	run make help
	assert_success
	refute_output --partial "update:"
	assert [ ! -e hello.c ]
	# a folder that can't be written is told
	cd ../..
	# shellcheck disable=SC2016
	run unshare --mount bash -c 'rm -rf .given && mount --bind . . && mount -o remount,bind,ro . && make -C "$PWD" help'
	assert_failure
	assert_output --partial "this folder can't be written: $PWD"
	assert_output --partial "this bundle could not be made ready; the reason stands above"
}

@test "make update keeps what the student has written, and brings all else up to date" {
	student
	echo 'my remark' >> labs/01-hello-world/README.md
	cp "$PLACE/new.tar.xz" labs/01-hello-world/
	run make -s -C labs/01-hello-world update BUNDLE=new.tar.xz
	assert_success
	assert_line --index -1 "This is version $NEW."
	assert_line "update: labs/01-hello-world/hello.bpf.c is the new starter; you had not edited it"
	assert_line --partial "update: labs/01-hello-world/hello.c is still yours"
	assert_line "update: labs/02-verdicts/notes.txt is labs/05-verdicts/notes.txt now"
	# not asked for, and yet nothing is lost
	assert_line "update: labs/01-hello-world/README.md is the new one; yours is labs/01-hello-world/README.md.yours"
	work_is_kept
	run tail -n 1 labs/01-hello-world/README.md.yours
	assert_output 'my remark'
	# once, and not again; and the way back
	run make help
	refute_output --partial "update:"
	run make -s update BUNDLE="$PLACE/old.tar.xz"
	assert_success
	assert_equal "$(tail -qn 1 labs/01-hello-world/hello.c labs/02-verdicts/verdicts.bpf.c)" $'// my own work\n// my own work'
	assert [ -e docs/seeds.md ]
}

@test "unpacking the new bundle over the old one does the same" {
	student
	tar -xf "$PLACE/new.tar.xz" -C ..
	run make -C labs/01-hello-world help
	assert_success
	assert_line --partial "update: this is version $NEW; it was $OLD"
	work_is_kept
	# what is built is built anew, though what was unpacked is older than that
	run make -n tools
	assert_output --partial "tools/pktrun"
}

@test "what the workbook no longer has: a starter that was edited, a file that was, a lab" {
	own_repo
	git checkout -q HEAD^
	git rm -rq labs/01-hello-world tests/01-hello-world.bats tests/mutants/01-hello-world \
		labs/02-verdicts/{,solution/}verdicts.bpf.c common/netdev.c
	commit "less"
	OUT=$PLACE/$HOME_OF_TEST/less.tar.xz common/bin/release
	cd "$PLACE"
	student
	echo '// mine' >> common/netdev.c
	run make -s update BUNDLE=../less.tar.xz
	assert_success
	assert_line "update: labs/02-verdicts/verdicts.bpf.c is no part of the workbook any more; yours is labs/02-verdicts/verdicts.bpf.c.yours"
	assert_equal "$(tail -qn 1 labs/02-verdicts/verdicts.bpf.c.yours common/netdev.c.yours)" $'// my own work\n// mine'
	assert [ ! -e labs/02-verdicts/verdicts.bpf.c ]
	assert [ ! -e common/netdev.c ]
	assert_equal "$(tail -n 1 labs/old/01-hello-world/hello.c)" '// my own work'
	assert_equal "$(ls labs labs/old/*)" "$(printf '%s\n' labs: 02-verdicts old '' labs/old/01-hello-world: hello.c notes.txt)"
	run make -n
	refute_output --partial hello
}

@test "BUNDLE: none, no such file, no bundle, cut off, one byte wrong: refused, and nothing changes" {
	student
	before=$(find . -type f ! -path './.given/lock' -exec sha256sum {} + | sort)
	tar -cJf ../other.tar.xz labs
	head -c 100000 "$PLACE/new.tar.xz" > ../short.tar.xz
	mkdir ../damaged
	tar -xf "$PLACE/new.tar.xz" -C ../damaged
	echo >> ../damaged/xdp-workbook/tests/check
	tar -cJf ../damaged.tar.xz -C ../damaged xdp-workbook
	for bundle in '' nothing ../other.tar.xz ../short.tar.xz ../damaged.tar.xz Makefile; do
		run make -s update BUNDLE="$bundle"
		assert_failure
		assert_output --partial BUNDLE=
		run awk 'length > 100' <<< "$output"
		assert_output ""
		assert_equal "$(find . -type f ! -path './.given/lock' -exec sha256sum {} + | sort)" "$before"
	done
	# in the repository, git does that
	cd "$PLACE/repo"
	run make -s update BUNDLE="$PLACE/old.tar.xz"
	assert_failure
	assert_line --partial "git pull"
}

@test "killed at any step, an update loses nothing, and the next make finishes it" {
	student
	cd ..
	mkdir bin
	# the Nth rename or copy kills who called it, and all that he belongs to
	for name in mv cp rm; do
		cat > bin/$name <<- END
			#!/bin/bash
			read -r n < $PWD/count; echo \$((n - 1)) > $PWD/count
			((n != 1)) || kill -KILL 0
			exec /bin/$name "\$@"
		END
	done
	chmod +x bin/*
	# how many there are; then nine of them
	cp -a xdp-workbook try
	echo 0 > count
	PATH=$PWD/bin:$PATH make -s -C try update BUNDLE="$PLACE/new.tar.xz"
	total=$((-$(< count)))
	assert [ $total -gt 50 ]
	for step in {0..8}; do
		step=$((1 + step * (total - 1) / 8))
		rm -rf try
		cp -a xdp-workbook try
		echo $step > count
		PATH=$PWD/bin:$PATH setsid -w make -s -C try update BUNDLE="$PLACE/new.tar.xz" > said 2>&1 || true
		assert_equal "$(< count)" 0
		cd try
		# before anything else: the work is there
		assert_equal "$(tail -n 1 labs/01-hello-world/hello.c)" '// my own work'
		assert_equal "$(cat labs/0[25]-verdicts/verdicts.bpf.c | grep -c '// my own work')" 1
		assert_equal "$(cat labs/0[25]-verdicts/notes.txt)" 'my notes'
		# killed before it was whole, it has not begun: again
		make -s help
		[[ $(< VERSION) == "$NEW" ]] || make -s update BUNDLE="$PLACE/new.tar.xz"
		work_is_kept
		cd "$OLDPWD"
	done
}
