/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define INPUT_MAX ((size_t)2 << 30)
#define HUGE_PAGE ((size_t)2 << 20)

void cli_error(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fputs("iptc2nft: error: ", stderr);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	va_end(ap);
}

bool cli_color(int fd)
{
	const char *term = getenv("TERM"), *no = getenv("NO_COLOR");

	return isatty(fd) && !(no && *no) && !(term && !strcmp(term, "dumb"));
}

/* Room for a large file is asked for in huge pages: page faults take longer than reading it. */
static char *read_room(size_t size)
{
	void *p;

	if (size < 2 * HUGE_PAGE)
		return malloc(size);
	p = aligned_alloc(HUGE_PAGE, (size + HUGE_PAGE - 1) & ~(HUGE_PAGE - 1));
	if (p)
		madvise(p, size, MADV_HUGEPAGE);
	return p;
}

/* Read to the end; grows by doubling. false with errno set. */
static bool read_all(int fd, size_t hint, struct cli_file *f)
{
	size_t cap = hint + 1 > 65536 ? hint + 1 : 65536;
	ssize_t n;

	f->len = 0;
	f->text = read_room(cap + 2);
	if (!f->text)
		return false;
	while ((n = read(fd, f->text + f->len, cap - f->len)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		f->len += (size_t)n;
		if (f->len < cap)
			continue;
		if (cap > INPUT_MAX) {
			errno = EFBIG;
			return false;
		}

		char *p = realloc(f->text, cap * 2 + 2);

		if (!p)
			return false;
		f->text = p;
		cap *= 2;
	}
	f->text[f->len] = '\0';
	return true;
}

bool cli_read(const char *path, struct cli_file *out)
{
	bool std = !strcmp(path, "-");
	int fd = std ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	bool ok;

	*out = (struct cli_file){ .name = std ? "<stdin>" : path };
	if (fd < 0) {
		cli_error("%s: %s", path, strerror(errno));
		return false;
	}
	if (std && isatty(fd))
		fputs("iptc2nft: reading from the terminal, up to Ctrl-D\n", stderr);
	ok = read_all(fd, fstat(fd, &st) == 0 && S_ISREG(st.st_mode) ? (size_t)st.st_size : 0, out);
	if (!ok) {
		cli_error("%s: %s", out->name, strerror(errno));
		free(out->text);
		out->text = NULL;
	}
	if (!std)
		close(fd);
	return ok;
}

static bool write_all(int fd, const char *p, size_t len)
{
	while (len) {
		ssize_t n = write(fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		p += n;
		len -= (size_t)n;
	}
	return true;
}

/* A temporary file beside the target, then rename: readers see the old file or the new one. */
static bool replace_file(const char *path, const void *data, size_t len)
{
	size_t size = strlen(path) + 16;
	char *tmp = malloc(size);
	struct stat st;
	mode_t mode = 0644;
	int fd;

	if (!tmp)
		return false;
	snprintf(tmp, size, "%s.XXXXXX", path);
	if (!stat(path, &st))
		mode = st.st_mode & 07777;
	fd = mkstemp(tmp);
	if (fd < 0) {
		free(tmp);
		return false;
	}

	bool ok = write_all(fd, data, len) && !fchmod(fd, mode) && !fsync(fd);

	if (close(fd))
		ok = false;
	if (ok && rename(tmp, path))
		ok = false;
	if (!ok) {
		int saved = errno;

		unlink(tmp);
		errno = saved;
	}
	free(tmp);
	return ok;
}

/* What a symbolic link leads to is replaced, not the link. */
static bool write_file(const char *path, const void *data, size_t len)
{
	char *target = realpath(path, NULL);

	if (!target && errno != ENOENT)
		return false;

	bool ok = replace_file(target ? target : path, data, len);
	int saved = errno;

	free(target);
	errno = saved;
	return ok;
}

/* Other than a file, or a name for a stream that somebody opened (/dev/stdout, /dev/fd/3, /proc/...),
 * which may lead to a file. */
static bool is_stream(const char *path)
{
	struct stat st;

	return !strncmp(path, "/dev/", 5) || !strncmp(path, "/proc/", 6) ||
	       (!stat(path, &st) && !S_ISREG(st.st_mode));
}

bool cli_write(const char *path, const void *data, size_t len)
{
	bool ok;

	if (!path || !strcmp(path, "-")) {
		ok = write_all(STDOUT_FILENO, data, len);
		path = "standard output";
	} else if (is_stream(path)) {
		int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);

		ok = fd >= 0 && write_all(fd, data, len);
		if (fd >= 0 && close(fd))
			ok = false;
	} else {
		ok = write_file(path, data, len);
	}
	if (!ok)
		cli_error("%s: %s", path, strerror(errno));
	return ok;
}
