/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * faults: a library to be preloaded that makes system calls and allocations fail.
 *
 * FAULT=CALL:N:ERRNO - the N-th call of CALL fails with ERRNO; CALL is alloc, read, write, fsync,
 * rename, fchmod, close, mkstemp or open. With N followed by a '+' all later ones fail too. Only calls after
 * the program's main() has begun to run count, but for those of the C library's own start.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char call[16];
static long nth, seen;
static int error, forever, armed;

__attribute__((constructor)) static void begin(void)
{
	const char *f = getenv("FAULT");
	char plus = 0;

	if (!f || sscanf(f, "%15[a-z]:%ld%c", call, &nth, &plus) < 2)
		return;
	forever = plus == '+';
	f = strrchr(f, ':');
	error = f ? atoi(f + 1) : EIO;
	armed = 1;
}

static int fails(const char *what)
{
	if (!armed || strcmp(what, call))
		return 0;
	seen++;
	if (seen != nth && !(forever && seen > nth))
		return 0;
	errno = error;
	return 1;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t n, size_t size);
extern void *__libc_realloc(void *p, size_t size);

void *malloc(size_t size)
{
	return fails("alloc") ? NULL : __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
	return fails("alloc") ? NULL : __libc_calloc(n, size);
}

void *realloc(void *p, size_t size)
{
	return fails("alloc") ? NULL : __libc_realloc(p, size);
}

ssize_t read(int fd, void *buf, size_t n)
{
	return fails("read") ? -1 : REAL(read)(fd, buf, n);
}

ssize_t write(int fd, const void *buf, size_t n)
{
	return fails("write") ? -1 : REAL(write)(fd, buf, n);
}

int fsync(int fd)
{
	return fails("fsync") ? -1 : REAL(fsync)(fd);
}

int rename(const char *from, const char *to)
{
	return fails("rename") ? -1 : REAL(rename)(from, to);
}

int fchmod(int fd, mode_t mode)
{
	return fails("fchmod") ? -1 : REAL(fchmod)(fd, mode);
}

int close(int fd)
{
	int r = REAL(close)(fd);

	return fails("close") ? -1 : r;
}

int mkstemp(char *template)
{
	return fails("mkstemp") ? -1 : REAL(mkstemp)(template);
}

int open(const char *path, int flags, ...)
{
	va_list ap;

	va_start(ap, flags);
	mode_t mode = flags & O_CREAT ? (mode_t)va_arg(ap, int) : 0;
	va_end(ap);
	return fails("open") ? -1 : REAL(open)(path, flags, mode);
}
