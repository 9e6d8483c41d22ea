/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xtables.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOT_FOUND 127
#define LOCK_SECONDS "10"

const char *const xtables_names[] = { "iptables-legacy", "iptables-nft" };

const char *xtables_program(struct arena *a, enum xtables_backend b, bool ipv6, const char *what)
{
	return arena_printf(a, "%s%s-%s", ipv6 ? "ip6" : "ip", xtables_names[b] + 2, what);
}

/* The child's side. */
static void become(const char *program, const char *const argv[], int in, int out, bool silent)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (dup2(in >= 0 ? in : null, STDIN_FILENO) < 0 || dup2(out >= 0 ? out : null, STDOUT_FILENO) < 0 ||
	    (silent && dup2(null, STDERR_FILENO) < 0))
		_exit(1);
	signal(SIGPIPE, SIG_DFL);
	execvp(program, (char *const *)(uintptr_t)argv);
	_exit(errno == ENOENT ? NOT_FOUND : 1);
}

static int reap(pid_t id)
{
	int status = -1;

	while (waitpid(id, &status, 0) < 0)
		if (errno != EINTR)
			return EIO;
	if (WIFEXITED(status) && WEXITSTATUS(status) == NOT_FOUND)
		return ENOENT;
	return WIFEXITED(status) && !WEXITSTATUS(status) ? 0 : EIO;
}

static void close_it(void *fd)
{
	if (*(int *)fd >= 0)
		close(*(int *)fd);
	*(int *)fd = -1;
}

int xtables_save(const char *program, struct buffer *out)
{
	const char *argv[] = { program, "-c", NULL };
	char room[4096];
	int e, *ends = arena_alloc(out->arena, 2 * sizeof(*ends));
	ssize_t n = 0;
	pid_t id;

	out->len = 0;
	if (pipe2(ends, O_CLOEXEC))
		return errno;
	arena_defer(out->arena, close_it, &ends[0]);
	id = fork();
	if (id == 0)
		become(program, argv, -1, ends[1], true);
	close(ends[1]);
	while (id > 0 && ((n = read(ends[0], room, sizeof(room))) > 0 || (n < 0 && errno == EINTR)))
		if (n > 0)
			buffer_put(out, room, (size_t)n);
	close_it(&ends[0]);
	e = id > 0 ? reap(id) : EIO;
	return n < 0 ? EIO : e;
}

int xtables_restore(const char *program, int fd, const struct xtables_load *how)
{
	const char *argv[7] = { program, "-w", LOCK_SECONDS };
	unsigned n = 3;
	pid_t id;

	if (how->counters)
		argv[n++] = "-c";
	if (how->table) {
		argv[n++] = "-T";
		argv[n] = how->table;
	}
	id = lseek(fd, 0, SEEK_SET) ? -1 : fork();
	if (id == 0) {
		if (how->lock)
			setenv("XTABLES_LOCKFILE", how->lock, 1);
		become(program, argv, fd, -1, how->silent);
	}
	return id > 0 ? reap(id) : EIO;
}

bool xtables_incomplete(struct buffer *text)
{
	const char *s = buffer_str(text);

	return strstr(s, "is incompatible, use 'nft' tool") || strstr(s, "contains incompatible base-chains");
}

/* ":INPUT ACCEPT [1:2]" without the counters, "[1:2] -A INPUT" also. */
static void put_line(struct buffer *b, const char *s, size_t len, bool policies)
{
	const char *counters = *s == ':' ? memrchr(s, '[', len) : NULL;

	if (*s == '[' && memchr(s, ' ', len)) {
		len -= (size_t)((const char *)memchr(s, ' ', len) + 1 - s);
		s = (const char *)memchr(s, ' ', 64) + 1;
	}
	if (counters)
		len = (size_t)(counters - s);
	if (counters && !policies && len > 6 && !memcmp(s + len - 6, " DROP ", 6)) {
		buffer_put(b, s, len - 6);
		buffer_lit(b, " ACCEPT ");
	} else {
		buffer_put(b, s, len);
	}
	buffer_char(b, '\n');
}

static bool does_something(const char *s, size_t len, bool policies)
{
	return *s != ':' || (!memmem(s, len, " ACCEPT ", 8) && (policies || !memmem(s, len, " DROP ", 6)));
}

const char *xtables_block(struct arena *a, struct buffer *text, const char *table, bool policies)
{
	struct buffer *b = buffer_new(a);
	bool inside = false, some = false;

	for (const char *s = buffer_str(text), *end; *s; s = *end ? end + 1 : end) {
		end = strchrnul(s, '\n');

		size_t len = (size_t)(end - s);

		if (*s == '*')
			inside = strlen(table) == len - 1 && !memcmp(s + 1, table, len - 1);
		else if (inside && len && *s != '#' && strncmp(s, "COMMIT", 6) != 0) {
			put_line(b, s, len, policies);
			some |= does_something(s, len, policies);
		}
	}
	return some ? buffer_str(b) : "";
}
