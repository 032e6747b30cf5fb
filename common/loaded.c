// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "loaded.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <linux/bpf.h>
#include <linux/magic.h>

#include <bpf/bpf.h>

int loaded_by_id(__u32 id, char *why, size_t size)
{
	int fd = bpf_prog_get_fd_by_id(id);

	if (fd >= 0)
		return fd;
	if (errno == EPERM) {
		snprintf(why, size,
			 "program id %u: Operation not permitted: --id needs root (CAP_SYS_ADMIN)",
			 id);
		return LOADED_NO_RIGHTS;
	}
	snprintf(why, size, "program id %u: %s", id,
		 errno == ENOENT ? "no such program is loaded" : strerror(errno));
	return LOADED_NOT_THERE;
}

int loaded_by_pin(const char *path, char *why, size_t size)
{
	static const char owner[] = ": a pin belongs to who pinned it, try as root";
	char link[32], kind[64] = "";
	struct statfs fs;
	int fd;

	if (statfs(path, &fs)) {
		bool rights = errno == EACCES;

		snprintf(why, size, "%s: %s%s", path, strerror(errno), rights ? owner : "");
		return rights ? LOADED_NO_RIGHTS : LOADED_NOT_THERE;
	}
	if ((__u32)fs.f_type != BPF_FS_MAGIC) {
		snprintf(why, size, "%s: not a pinned program: this is no BPF file system", path);
		return LOADED_NOT_THERE;
	}
	fd = bpf_obj_get(path);
	if (fd < 0) {
		bool rights = errno == EPERM || (errno == EACCES && geteuid() != 0);

		snprintf(why, size, "%s: %s%s", path, strerror(errno),
			 rights ? owner : ": not a pinned program");
		return rights ? LOADED_NO_RIGHTS : LOADED_NOT_THERE;
	}

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	if (readlink(link, kind, sizeof(kind) - 1) > 0 && !strstr(kind, "bpf-prog")) {
		snprintf(why, size, "%s: not a program but %s", path, kind);
		close(fd);
		return LOADED_NOT_THERE;
	}
	return fd;
}

/* Is the program with that id called so? A program that ends meanwhile is not. */
static bool is_called(__u32 id, const char *name)
{
	struct bpf_prog_info info = {};
	__u32 len = sizeof(info);
	int fd = bpf_prog_get_fd_by_id(id);
	bool is = fd >= 0 && !bpf_obj_get_info_by_fd(fd, &info, &len) &&
		  !strncmp(info.name, name, sizeof(info.name) - 1);

	if (fd >= 0)
		close(fd);
	return is;
}

int loaded_by_name(const char *name, char *why, size_t size)
{
	__u32 id = 0, found = 0, count = 0;
	char ids[256] = "";
	size_t used = 0;

	while (!bpf_prog_get_next_id(id, &id)) {
		if (!is_called(id, name))
			continue;
		found = id;
		if (count++ < 16)
			used += snprintf(ids + used, sizeof(ids) - used, " %u", id);
	}
	if (errno == EPERM) {
		snprintf(why, size,
			 "%s: Operation not permitted: --name needs root (CAP_SYS_ADMIN)", name);
		return LOADED_NO_RIGHTS;
	}
	if (count == 1)
		return loaded_by_id(found, why, size);
	if (!count)
		snprintf(why, size, "%s: no program of that name is loaded", name);
	else
		snprintf(why, size, "%s: %u programs are called so: choose one with --id:%s%s",
			 name, count, ids, count > 16 ? " …" : "");
	return LOADED_NOT_THERE;
}
