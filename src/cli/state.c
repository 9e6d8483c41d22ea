/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "state.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "cli.h"

#define STATE_DIR "/run/iptc2nft"
#define NAME_ROOM 128
#define ORIGIN_ROOM 96

static const char *directory(void)
{
	const char *d = getenv("IPTC2NFT_STATE");

	return d && *d ? d : STATE_DIR;
}

static void file_name(const struct state *s, const char *kind, char out[NAME_ROOM])
{
	snprintf(out, NAME_ROOM, "%s.%s", s->key, kind);
}

static void no_directory(void)
{
	bool root = errno == EACCES || errno == EPERM;

	cli_error("%s: %s%s", directory(), strerror(errno),
		  root && geteuid() ? " (this takes root; translating, --report, --explain and --check=sandbox "
				      "need no privileges)" : "");
}

/* The network namespace's number that no other has until the next boot; 0: the kernel (before 5.14)
 * has none. */
static bool cookie_of(uint64_t *out)
{
	socklen_t len = sizeof(*out);
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0), e;

	*out = 0;
	if (fd < 0)
		return false;
	e = getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, out, &len) ? errno : 0;
	close(fd);
	errno = e;
	return !e || e == ENOPROTOOPT;
}

/*
 * Of which boot, and which namespace. @out: a line, as in the file; "" without /proc, where neither
 * can be told. False: that could not be found out just now.
 */
static bool origin(char out[ORIGIN_ROOM])
{
	int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	char boot[40];
	uint64_t cookie;
	ssize_t n;

	*out = '\0';
	if (fd < 0)
		return errno == ENOENT;
	n = read(fd, boot, sizeof(boot) - 1);
	close(fd);
	if (n <= 0 || !cookie_of(&cookie))
		return false;
	boot[n] = '\0';
	snprintf(out, ORIGIN_ROOM, "%.*s %" PRIu64 "\n", (int)strcspn(boot, "\n"), boot, cookie);
	return true;
}

/* Notes of another boot, or of a namespace that is gone, say nothing of this one. Lock held. */
static bool own_notes(struct state *s)
{
	static const char *const handover[] = { "emptying", "restoring", "over" };
	char now[ORIGIN_ROOM], then[ORIGIN_ROOM] = "";
	ssize_t n = pread(s->lock, then, sizeof(then) - 1, 0);

	if (n < 0 || !origin(now))
		return false;
	if (!*now || !strcmp(now, then))
		return true;
	if (n) {
		pending_forget(s);
		for (unsigned i = 0; i < sizeof(handover) / sizeof(*handover); i++)
			if (state_exists(s, handover[i]))
				state_remove(s, handover[i]);
	}
	if (pwrite(s->lock, now, strlen(now), 0) == (ssize_t)strlen(now) &&
	    !ftruncate(s->lock, (off_t)strlen(now)))
		return true;
	/* Half of it would be another boot's the next time; none is nobody's. Nothing new can be
	 * kept then either. */
	return !ftruncate(s->lock, 0);
}

/* The directory is open. */
static bool lock(struct state *s, int flags)
{
	char name[NAME_ROOM];

	file_name(s, "lock", name);
	s->lock = openat(s->dir, name, flags | O_CLOEXEC, 0600);
	return s->lock >= 0 && !flock(s->lock, LOCK_EX);
}

static void begin(struct state *s, bool ipv6)
{
	struct stat ns;

	*s = (struct state){ .dir = -1, .lock = -1 };
	if (stat("/proc/self/ns/net", &ns))
		ns.st_ino = 0;
	snprintf(s->key, sizeof(s->key), "%ju-%s", (uintmax_t)ns.st_ino, ipv6 ? "ip6" : "ip");
}

/* Who may write there chooses the rules to go back to. */
static bool others_may_write(int dir)
{
	struct stat st;

	return !fstat(dir, &st) && (st.st_uid != geteuid() || st.st_mode & (S_IWGRP | S_IWOTH));
}

bool state_open(struct state *s, bool ipv6)
{
	begin(s, ipv6);
	if (*directory() != '/') { /* who watches has left for the root directory */
		cli_error("IPTC2NFT_STATE: '%s' does not begin with '/'", directory());
		return false;
	}
	if (mkdir(directory(), 0700) && errno != EEXIST) {
		no_directory();
		return false;
	}
	s->dir = open(directory(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->dir >= 0 && others_may_write(s->dir))
		cli_error("%s: others may write there, and so choose the rules to go back to",
			  directory());
	else if (s->dir >= 0 && lock(s, O_RDWR | O_CREAT) && own_notes(s))
		return true;
	else
		no_directory();
	state_close(s);
	return false;
}

/* Nothing is there, or who asks may not see it. */
static bool nothing_for_us(int e)
{
	return e == ENOENT || e == EACCES || e == EPERM;
}

bool state_look(struct state *s, bool ipv6, bool *there)
{
	char now[ORIGIN_ROOM], then[ORIGIN_ROOM] = "";

	begin(s, ipv6);
	s->dir = open(directory(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	*there = s->dir >= 0 && lock(s, O_RDONLY);
	if (!*there && nothing_for_us(errno)) {
		state_close(s);
		return true;
	}
	if (*there && pread(s->lock, then, sizeof(then) - 1, 0) >= 0 && origin(now)) {
		*there = !*now || !*then || !strcmp(now, then);
		if (!*there)
			state_close(s);
		return true;
	}
	no_directory();
	state_close(s);
	return false;
}

void state_close(struct state *s)
{
	if (s->lock >= 0)
		close(s->lock);
	if (s->dir >= 0)
		close(s->dir);
	s->dir = s->lock = -1;
}

static bool write_all(int fd, const char *data, size_t len)
{
	while (len) {
		ssize_t n = write(fd, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		data += n;
		len -= (size_t)n;
	}
	return true;
}

bool state_write(struct state *s, const char *kind, const void *data, size_t len)
{
	char name[NAME_ROOM], draft[NAME_ROOM + 8];
	bool done;
	int fd;

	file_name(s, kind, name);
	snprintf(draft, sizeof(draft), "%s.new", name);
	fd = openat(s->dir, draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	done = fd >= 0 && write_all(fd, data, len) && !fsync(fd);
	if (fd >= 0 && close(fd))
		done = false;
	if (done && !renameat(s->dir, draft, s->dir, name) && !fsync(s->dir))
		return true;
	cli_error("%s/%s: %s", directory(), name, strerror(errno));
	unlinkat(s->dir, draft, 0);
	return false;
}

bool state_read(struct state *s, const char *kind, struct buffer *out)
{
	char name[NAME_ROOM], room[4096];
	ssize_t n = 0;
	int fd;

	file_name(s, kind, name);
	out->len = 0;
	fd = openat(s->dir, name, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		if (errno != ENOENT)
			cli_error("%s/%s: %s", directory(), name, strerror(errno));
		return false;
	}
	while ((n = read(fd, room, sizeof(room))) > 0 || (n < 0 && errno == EINTR))
		if (n > 0)
			buffer_put(out, room, (size_t)n);
	if (n < 0)
		cli_error("%s/%s: %s", directory(), name, strerror(errno));
	close(fd);
	return n == 0;
}

void state_remove(struct state *s, const char *kind)
{
	char name[NAME_ROOM];

	file_name(s, kind, name);
	unlinkat(s->dir, name, 0);
	fsync(s->dir);
}

bool state_rename(struct state *s, const char *from, const char *to)
{
	char a[NAME_ROOM], b[NAME_ROOM];

	file_name(s, from, a);
	file_name(s, to, b);
	if (!renameat(s->dir, a, s->dir, b)) {
		fsync(s->dir);
		return true;
	}
	cli_error("%s/%s: %s", directory(), a, strerror(errno));
	return false;
}

bool state_exists(struct state *s, const char *kind)
{
	char name[NAME_ROOM];

	file_name(s, kind, name);
	return !faccessat(s->dir, name, F_OK, 0);
}

int state_file(struct state *s, const char *kind)
{
	char name[NAME_ROOM];
	int fd;

	file_name(s, kind, name);
	fd = openat(s->dir, name, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		cli_error("%s/%s: %s", directory(), name, strerror(errno));
	return fd;
}

const char *state_path(const struct state *s, const char *kind, char out[STATE_PATH_MAX])
{
	snprintf(out, STATE_PATH_MAX, "%s/%s.%s", directory(), s->key, kind);
	return out;
}

/* A lock and not a process id: that may be a zombie's, or another's by now. */
static int guard_lock(struct state *s, int how)
{
	char name[NAME_ROOM];
	int fd;

	file_name(s, "guard", name);
	fd = openat(s->dir, name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd >= 0 && flock(fd, how)) {
		close(fd);
		return -1;
	}
	return fd;
}

bool pending_guarded(struct state *s)
{
	int fd = guard_lock(s, LOCK_EX | LOCK_NB);

	if (fd >= 0)
		close(fd);
	return fd < 0;
}

bool pending_guard(struct state *s)
{
	return guard_lock(s, LOCK_EX) >= 0; /* held until this process ends */
}

uint64_t state_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_BOOTTIME, &t);
	return (uint64_t)t.tv_sec;
}
