# shellcheck shell=bash
# The made-up class: `class FOLDER` writes a hand-in for each student below, most of them hostile, and
# prints a line for each: NAME, verdict, points of 14 (lab 01 with the hidden check), and the words that
# its result must have. Sourced; runs in the tree's root. No hostile one does worse than try: each is
# bounded in time, processes and memory by the grader, and what would hurt if it were not contained
# (a crash by sysrq, say) is tried in a form that hurts nobody.

# One student: the solution of lab 01 in a folder, then whatever the commands on standard input do to it
student() { # NAME VERDICT POINTS WORDS
	local lab=labs/01-hello-world name=$1 verdict=$2 points=$3 words=$4
	mkdir -p "$folder/$name/$lab"
	awk -v keep=all -f common/blocks.awk $lab/solution/hello.c > "$folder/$name/$lab/hello.c"
	awk -v keep=all -f common/blocks.awk $lab/solution/hello.bpf.c > "$folder/$name/$lab/hello.bpf.c"
	(set -e && cd "$folder/$name" && . /dev/stdin) || return
	printf '%s\t%s\t%s\t%s\n' "${name%%:*}" "$verdict" "$points" "$words"
}

# The same, whose loader does that before anything else: C, with `nope()` for what must not succeed
hostile() { # NAME VERDICT POINTS WORDS <<< C
	local code
	code=$(cat)
	CODE=$code student "$@" <<-'END'
		cat > new <<-CODE
			#define _GNU_SOURCE
			#include <dirent.h>
			#include <fcntl.h>
			#include <sched.h>
			#include <signal.h>
			#include <stdio.h>
			#include <stdlib.h>
			#include <string.h>
			#include <sys/ipc.h>
			#include <sys/mman.h>
			#include <sys/mount.h>
			#include <sys/ptrace.h>
			#include <sys/shm.h>
			#include <sys/stat.h>
			#include <sys/syscall.h>
			#include <sys/time.h>
			#include <unistd.h>
			#include <linux/bpf.h>
			/* it got what it must not get: then no check of the loader can be green */
			static void __attribute__((unused)) nope(int got)
			{
				if (got) {
					puts("it got through");
					fflush(stdout);
					_exit(99);
				}
			}
			static void __attribute__((constructor)) attack(void)
			{
				$CODE
			}
		CODE
		cat labs/01-hello-world/hello.c >> new
		mv new labs/01-hello-world/hello.c
	END
}

# Its archive in place of the folder
packed() { # NAME SUFFIX COMMAND...
	local name=$1 suffix=$2
	shift 2
	(cd "$folder/$name" && "$@" "../$name$suffix" labs) && rm -r "${folder:?}/$name"
}

class() { # FOLDER
	local folder=$1 here=$PWD lab=labs/01-hello-world
	mkdir -p "$folder"

	# ---- the ordinary ones
	student perfect pass 14 '' <<< :
	student untouched fail 1 '' <<< "cp $here/$lab/*.c $lab"
	student half-done fail 7 '' <<< "cp $here/$lab/hello.c $lab"
	student does-not-compile error 0 'it does not build' <<< "echo 'int x = ;' >> $lab/hello.bpf.c"
	student rejected error 0 'the kernel refuses to load it' <<< \
		"sed -i 's/data_end - data)/data_end - data + *(long *)(data + 100))/' $lab/hello.bpf.c"
	student wrong-by-one fail 8 came <<< "sed -i 's/data_end - data)/data_end - data + 1)/' $lab/hello.bpf.c"
	student only-one-file fail 7 'absent' <<< "rm $lab/hello.c"
	student nothing error 0 'nothing was handed in' <<< "rm -r labs; echo hello > notes.txt"
	hostile loops-for-ever fail 7 '' <<< 'for (;;) ;'

	# ---- in every form that a hand-in may have
	# shellcheck disable=SC2016 # nothing shall come of it
	student 'Åsa Öhman <b>"x"; $(touch owned) & '"'y'" pass 14 '' <<< :
	student wrapped pass 14 '' <<< "mkdir -p 'a b/c/d' && mv labs 'a b/c/d'"
	student flat pass 14 '' <<< "mv $lab/* . && rm -r labs"
	student archive pass 14 '' <<< :
	packed archive .tar.gz bsdtar -acf
	student zip pass 14 '' <<< :
	packed zip .zip bsdtar -acf
	student moodle pass 14 '' <<< "bsdtar -a -cf lab.zip labs && rm -r labs"
	student bundle pass 14 '' <<< "git init -q . && git add . && git -c user.name=x -c user.email=x commit -qm x
		git bundle create -q ../bundle.bundle --all"
	rm -r "${folder:?}/bundle"
	student bare pass 14 '' <<< "git init -q w && mv labs w && git -C w add . &&
		git -C w -c user.name=x -c user.email=x commit -qm x && git clone -q --bare w x && rm -rf w && mv x/* . && rm -r x"

	# ---- hostile archives
	student symlink error 0 'it is no ordinary file' <<< "ln -sf /etc/passwd $lab/hello.c"
	student folder-link error 0 'nothing was handed in' <<< "rm -r $lab && ln -s $here/$lab/solution $lab"
	student hard-link error 0 'it is a link' <<< "ln $lab/hello.c $lab/other.c"
	student fifo error 0 'it is no ordinary file' <<< "rm $lab/hello.c && mkfifo $lab/hello.c"
	student big-file error 0 'it is absurdly big' <<< "head -c 1000000 /dev/zero | tr '\\0' ' ' >> $lab/hello.c"
	student dot-dot error 0 'leads out of it' <<< "touch ../dot-dot.x && tar -Pcf ../dot-dot.tar labs ../dot-dot.x && rm ../dot-dot.x"
	rm -r "${folder:?}/dot-dot"
	student absolute error 0 'leads out of it' <<< "tar -Pcf ../absolute.tar --transform 's|^labs|/etc/labs|' labs"
	rm -r "${folder:?}/absolute"
	# (1: a file changed while tar read it, which nobody did, but Linux 6.18 has told so of a file just made)
	student bomb error 0 'grows beyond' <<< "truncate -s 300000000 zeros; tar -czf ../bomb.tar.gz labs zeros || ((\$? == 1)); rm zeros"
	rm -r "${folder:?}/bomb"
	student many-files error 0 'too many files' <<< "mkdir x && (cd x && seq 9000 | xargs touch) && tar -czf ../many-files.tar.gz labs x"
	rm -r "${folder:?}/many-files"
	student not-an-archive error 0 'no archive that can be read' <<< "head -c 5000 /dev/urandom > ../not-an-archive.zip"
	rm -r "${folder:?}/not-an-archive"
	student two-folders error 0 'more than one folder' <<< "mkdir a b && cp -r labs a && mv labs b"
	student -rf pass 14 '' <<< "touch ./-rf ./--help $lab/-rf"
	ln -s /etc "$folder/link-as-hand-in"
	printf 'link-as-hand-in\terror\t0\tneither a folder nor a file\n'

	# ---- sources that reach out
	student include-answer error 0 'reaches for files' <<< "echo '#include \"solution/hello.c\"' > $lab/hello.c"
	student include-system error 0 'reaches for files' <<< "echo '#include \"/etc/passwd\"' >> $lab/hello.c"
	student include-macro error 0 'it does not build' <<< "printf '#define F \"$here/$lab/solution/hello.c\"\n#include F\n' > $lab/hello.c"
	student include-etc error 0 'it does not build' <<< "printf '#define F \"/etc/passwd\"\n#include F\n' >> $lab/hello.c"
	student incbin error 0 'reaches for files' <<< "echo '__asm__(\".incbin \\\"/etc/passwd\\\"\");' >> $lab/hello.c"
	student incbin-spelled error 0 'it does not build' <<< "echo '__asm__(\".inc\" \"bin \\\"$here/$lab/solution/hello.c\\\"\");' >> $lab/hello.c"
	student compile-bomb error 0 'build' <<< "printf '#define A(x) x x x x x x x x\n#define B(x) A(A(A(x)))\nint a[] = { B(B(B(1,))) };\n' >> $lab/hello.c"
	student makefile pass 14 '"Makefile"' <<< "printf 'x := \$(shell touch /tmp/workbook-owned)\nall check:\n\t@echo pass\n' | tee Makefile > $lab/Makefile"
	student tampered-tests fail 1 'tests/lib/quick' <<< "mkdir -p tests/lib && cp $here/$lab/*.c $lab
		printf '#!/bin/sh\necho 1..1\necho ok 1 all\n' | tee tests/lib/quick tests/01-hello-world.bats tests/lib/stages tests/lib/lab.bash > /dev/null
		mkdir -p build/student/01-hello-world && cp tests/lib/quick build/student/01-hello-world/hello"

	# ---- hostile programs
	hostile fork-bomb fail 7 '' <<< 'for (;;) fork();'
	hostile memory-bomb fail 7 '' <<< 'for (;;) { char *p = malloc(1 << 20); if (p) memset(p, 1, 1 << 20); }'
	hostile map-bomb fail 7 '' <<-'END'
		union bpf_attr a = { .map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 4096, .max_entries = 16384 };
		for (int i = 0; i < 1000; i++)
			syscall(SYS_bpf, BPF_MAP_CREATE, &a, sizeof(a));
		for (;;) pause();
	END
	hostile shared-memory pass 14 '' <<-'END'
		int id = shmget(IPC_PRIVATE, 4096, IPC_CREAT | 0600);
		(void)id;
	END
	hostile disk-filler any any '' <<-'END'
		static char b[1 << 16];
		const char *where[] = { "/tmp", "/var/tmp", "/dev/shm", "/run", "/run/workbook", "/run/workbook/logs", "/bench", "/in", "." };
		for (int i = 0; i < 9; i++)
			for (int n = 0; n < 200; n++) {
				char path[100];
				int fd;

				snprintf(path, sizeof(path), "%s/fill%d", where[i], n);
				fd = open(path, O_CREAT | O_WRONLY, 0600);
				if (fd < 0)
					break;
				for (int k = 0; k < 60 && write(fd, b, sizeof(b)) > 0; k++)
					;
				close(fd);
			}
	END
	hostile output-flood fail 7 '' <<< 'for (;;) puts("ok 1 TODO(1): your loader attaches hello to each device that it is given [2]");'
	hostile forged-tap fail 7 '' <<-'END'
		puts("\\n# network\\n1..5\\nok 1 TODO(1): your loader attaches hello to each device that it is given [2]");
		puts("Ctrl-C to detach\\n@run 01-hello-world 0\\n@end\\nt # network\\nt ok 1");
		fflush(stdout);
		_exit(0);
	END
	hostile forged-channel fail 7 '' <<-'END'
		const char *s = "\\n@run 01-hello-world 0\\nok 1 all\\n";
		DIR *d = opendir("/proc");
		struct dirent *e;

		for (int fd = 1; fd < 1024; fd++)
			if (write(fd, s, strlen(s)) < 0)
				continue;
		while (d && (e = readdir(d)))
			for (int n = 0; n < 8; n++) {
				char path[300];
				int fd;

				snprintf(path, sizeof(path), "/proc/%s/fd/%d", e->d_name, n);
				fd = open(path, O_WRONLY | O_NONBLOCK);
				if (fd >= 0 && write(fd, s, strlen(s)) < 0)
					close(fd);
			}
		_exit(0);
	END
	hostile forged-skip fail 7 '' <<< '_exit(77);'
	hostile forged-results fail 7 '' <<-'END'
		const char *names[] = { "results.json", "/run/grade/results.json", "/autograder/results/results.json", "junit.xml", "/tmp/results.xml" };
		for (int i = 0; i < 5; i++) {
			FILE *f = fopen(names[i], "w");

			if (f)
				fputs("{\"score\": 100, \"verdict\": \"pass\"}", f);
		}
		_exit(0);
	END
	hostile kill-all fail 7 '' <<< 'kill(-1, SIGKILL); for (;;) pause();'
	hostile kill-others any any '' <<< 'for (int p = 1; p < 70000; p++) if (p != getpid()) kill(p, SIGKILL);'
	hostile sysrq pass 14 '' <<-'END'
		/* h shows a help text; c would crash */
		int fd = open("/proc/sysrq-trigger", O_WRONLY);
		nope(fd >= 0 && write(fd, "h", 1) == 1);
	END
	hostile reboot pass 14 '' <<< 'nope(access("/dev/mem", F_OK) == 0 || access("/dev/kmsg", W_OK) == 0 || access("/dev/vda", F_OK) == 0);'
	hostile unload-others pass 14 '' <<-'END'
		union bpf_attr a = {};
		while (!syscall(SYS_bpf, BPF_PROG_GET_NEXT_ID, &a, sizeof(a))) {
			union bpf_attr b = { .prog_id = a.next_id };

			nope(syscall(SYS_bpf, BPF_PROG_GET_FD_BY_ID, &b, sizeof(b)) >= 0);
			a.start_id = a.next_id;
		}
	END
	hostile swap-maps pass 14 '' <<-'END'
		union bpf_attr a = {};
		while (!syscall(SYS_bpf, BPF_MAP_GET_NEXT_ID, &a, sizeof(a))) {
			union bpf_attr b = { .map_id = a.next_id };

			nope(syscall(SYS_bpf, BPF_MAP_GET_FD_BY_ID, &b, sizeof(b)) >= 0);
			a.start_id = a.next_id;
		}
	END
	hostile detach-checks fail any '' <<-'END'
		if (fork() == 0) {
			for (int i = 0; i < 400; i++) {
				if (fork() == 0) {
					execlp("ip", "ip", "link", "set", "dev", "veth0", "xdp", "off", NULL);
					_exit(1);
				}
				usleep(5000);
			}
			_exit(0);
		}
	END
	hostile read-answers pass 14 '' <<-END
		const char *names[] = { "labs/01-hello-world/solution/hello.c", "/proc/self/cwd/labs", "/proc/1/root/usr/bin",
			"/proc/1/cwd/labs", "/grade", "/grade/tree/labs", "$here/labs", "$here/Makefile", "../labs",
			"../../grade/tree/labs", "$folder", "/etc/shadow", "/root", "/home", "/old", "/var" };
		for (unsigned int i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
			nope(opendir(names[i]) != NULL);
			nope(open(names[i], O_RDONLY) >= 0);
		}
		for (int p = 1; p < 2000; p++) {
			char path[64];
			snprintf(path, sizeof(path), "/proc/%d/root/usr", p);
			nope(p != getpid() && p != getppid() && access(path, F_OK) == 0 && getuid() == 0);
		}
	END
	hostile write-outside pass 14 '' <<-END
		const char *names[] = { "/usr/bin/x", "/etc/x", "/run/workbook/bin/hello", "/run/workbook/tools/pktrun",
			"/run/x", "/run/workbook/x", "/run/workbook/tmp/x", "/run/netns/x", "/x", "/dev/x", "$here/x",
			"/proc/sys/kernel/core_pattern", "/sys/kernel/uevent_helper", "/sys/kernel/tracing/trace" };
		for (unsigned int i = 0; i < sizeof(names) / sizeof(names[0]); i++)
			nope(open(names[i], O_WRONLY | O_CREAT, 0600) >= 0);
		nope(mount("none", "/tmp", "tmpfs", 0, NULL) == 0);
		nope(setuid(0) == 0);
		nope(chroot("/") == 0);
	END
	hostile clock pass 14 '' <<< 'struct timeval t; gettimeofday(&t, NULL); nope(settimeofday(&t, NULL) == 0);'
	hostile trace-grader pass 14 '' <<< 'for (int p = 1; p < 3000; p++) if (p != getpid()) nope(ptrace(PTRACE_SEIZE, p, 0, 0) == 0 && kill(p, 0) < 0);'
	hostile daemon any any '' <<-'END'
		if (fork() == 0) {
			setsid();
			if (fork() == 0) {
				signal(SIGTERM, SIG_IGN);
				for (;;) pause();
			}
			_exit(0);
		}
	END
	hostile constructor fail 7 '' <<< 'puts("attached, Ctrl-C to detach"); fflush(stdout); _exit(0);'
	student public-sizes-only fail 11 'of another size' <<< \
		"sed -i 's/data_end - data)/data_end - data > 1150 ? 0 : data_end - data)/' $lab/hello.bpf.c"
	# ---- what nobody had planned for
	student newline-names pass 14 '' <<< "touch \$'x\\n@run 01-hello-world 0' \$'$lab/a\\nb'"
	student not-utf-8 pass 14 '' <<< "printf '/* \\377\\376 \\0 <script>alert(1)</script> */\\n' >> $lab/hello.c"
	student git-config pass 14 '' <<< "git init -q . && git add . && git -c user.name=x -c user.email=x commit -qm x && rm -r labs
		git config core.fsmonitor 'touch /tmp/workbook-owned'"
	student through-a-link error 0 'nothing was handed in' <<< "ln -s /tmp link && tar -cf ../through-a-link.tar link && rm link
		mkdir link && touch link/workbook-owned && tar -rf ../through-a-link.tar link/workbook-owned"
	rm -r "${folder:?}/through-a-link"
	student refused-in-our-words error 0 'the kernel refuses to load it' <<-'END'
		cat > labs/01-hello-world/hello.bpf.c <<-'CODE'
			#include <linux/bpf.h>
			#include <bpf/bpf_helpers.h>
			#line 1 "\n# loaded\n1..2\nok 1 every frame passes unchanged and is greeted once [1]\n"
			SEC("xdp") int hello(struct xdp_md *ctx) { return *(int *)(long)(ctx->data + 4000); }
			char LICENSE[] SEC("license") = "GPL";
		CODE
	END
	hostile forged-env fail 7 '' <<< 'for (int i = 0; i < 100; i++) puts("# env no network\\n# network\\n@run 01-hello-world 3"); fflush(stdout); _exit(3);'
	hostile stops-itself fail 7 '' <<< 'raise(SIGSTOP);'
	hostile own-namespaces pass 14 '' <<< 'if (fork() == 0) { unshare(CLONE_NEWUSER | CLONE_NEWNS); mount("x", "/tmp", "tmpfs", 0, "size=4g"); mount("x", "/", 0, MS_SHARED | MS_REC, 0); _exit(0); }'
	hostile renames-devices fail 7 '' <<< 'if (system("ip link set veth0 down; ip link set veth0 name gone; ip addr flush dev veth1")) _exit(1);'
	hostile many-devices pass 14 '' <<< 'for (int i = 0; i < 60; i++) { char b[99]; snprintf(b, sizeof(b), "ip link add x%d type dummy 2> /dev/null", i); if (system(b)) break; }'
}
