/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * faults: a library to be preloaded that makes system calls and allocations fail.
 *
 * FAULT=CALL:N:ERRNO - the N-th call of CALL fails with ERRNO; CALL is alloc, thread, read, write, fsync,
 * one of the functions below. With N followed by a '+' all later ones fail too. Only calls after the program's
 * main() has begun to run count, but for those of the C library's own start.
 *
 * FAULT=kill:N:SIGNAL - the N-th of all these calls (memory aside) but sends its process that signal first. Calls
 * of all processes that the program starts count together, in the file FAULT_FILE. FAULT=killall:N:SIGNAL - and
 * to all of these processes.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define PIDS 64

static char call[16];
static long nth, seen;
static int error, forever, armed;

/* Of all processes: FAULT_FILE. */
static struct together {
	long calls;
	int npids, pids[PIDS];
} *together;
static pid_t noted;

static void map_together(void)
{
	const char *name = getenv("FAULT_FILE");
	int fd = name ? open(name, O_RDWR | O_CLOEXEC) : -1;
	void *p = fd >= 0 ? mmap(NULL, sizeof(*together), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) : MAP_FAILED;

	if (fd >= 0)
		close(fd);
	together = p == MAP_FAILED ? NULL : p;
}

/* One more call; this may be the last. */
static void step(void)
{
	if (!together)
		return;
	if (noted != getpid()) {
		int i = __atomic_fetch_add(&together->npids, 1, __ATOMIC_SEQ_CST);

		noted = getpid();
		if (i < PIDS)
			together->pids[i] = noted;
	}
	if (__atomic_add_fetch(&together->calls, 1, __ATOMIC_SEQ_CST) != nth)
		return;
	for (int i = 0; !strcmp(call, "killall") && i < PIDS; i++)
		if (together->pids[i] && together->pids[i] != noted)
			kill(together->pids[i], error);
	kill(noted, error);
}

__attribute__((constructor)) static void begin(void)
{
	const char *f = getenv("FAULT");
	char plus = 0;

	if (!f || sscanf(f, "%15[a-z]:%ld%c", call, &nth, &plus) < 2)
		return;
	forever = plus == '+';
	f = strrchr(f, ':');
	error = f ? atoi(f + 1) : EIO;
	if (!strncmp(call, "kill", 4))
		map_together();
	else
		armed = 1;
}

static int fails(const char *what)
{
	if (!armed || strcmp(what, call))
		return 0;

	long n = __atomic_add_fetch(&seen, 1, __ATOMIC_SEQ_CST);

	if (n != nth && !(forever && n > nth))
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

/* Memory that the program asks the system for itself. */
void *mmap(void *at, size_t size, int access, int flags, int fd, off_t offset)
{
	if (flags & MAP_ANONYMOUS && fails("alloc"))
		return MAP_FAILED;
	return REAL(mmap)(at, size, access, flags, fd, offset);
}

int pthread_create(pthread_t *t, const pthread_attr_t *attr, void *(*start)(void *), void *arg)
{
	return fails("thread") ? error : REAL(pthread_create)(t, attr, start, arg);
}

/* The function as it is but for one call. */
#define FAULTY(type, name, list, args)            \
	type name list                            \
	{                                         \
		step();                           \
		return fails(#name) ? -1 : REAL(name) args; \
	}

FAULTY(ssize_t, read, (int fd, void *buf, size_t n), (fd, buf, n))
FAULTY(ssize_t, write, (int fd, const void *buf, size_t n), (fd, buf, n))
FAULTY(int, fsync, (int fd), (fd))
FAULTY(int, rename, (const char *from, const char *to), (from, to))
FAULTY(int, renameat, (int a, const char *from, int b, const char *to), (a, from, b, to))
FAULTY(int, fchmod, (int fd, mode_t mode), (fd, mode))
FAULTY(int, mkstemp, (char *template), (template))
FAULTY(int, unlinkat, (int dir, const char *path, int flags), (dir, path, flags))
FAULTY(int, mkdir, (const char *path, mode_t mode), (path, mode))
FAULTY(int, flock, (int fd, int how), (fd, how))
FAULTY(int, pipe, (int ends[2]), (ends))
FAULTY(int, pipe2, (int ends[2], int flags), (ends, flags))
FAULTY(pid_t, fork, (void), ())
FAULTY(pid_t, waitpid, (pid_t id, int *status, int flags), (id, status, flags))
FAULTY(pid_t, setsid, (void), ())
FAULTY(int, unshare, (int what), (what))
FAULTY(int, execvp, (const char *file, char *const argv[]), (file, argv))
FAULTY(int, dup2, (int from, int to), (from, to))
FAULTY(int, socket, (int domain, int type, int protocol), (domain, type, protocol))
FAULTY(int, setsockopt, (int fd, int level, int name, const void *value, socklen_t len), (fd, level, name, value, len))
FAULTY(int, getsockopt, (int fd, int level, int name, void *value, socklen_t *len), (fd, level, name, value, len))
FAULTY(ssize_t, sendto, (int fd, const void *b, size_t n, int flags, const struct sockaddr *to, socklen_t len),
       (fd, b, n, flags, to, len))
FAULTY(ssize_t, sendmsg, (int fd, const struct msghdr *m, int flags), (fd, m, flags))
FAULTY(ssize_t, recv, (int fd, void *b, size_t n, int flags), (fd, b, n, flags))
FAULTY(ssize_t, recvmsg, (int fd, struct msghdr *m, int flags), (fd, m, flags))

int close(int fd)
{
	int r;

	step();
	r = REAL(close)(fd);
	return fails("close") ? -1 : r;
}

static mode_t mode_of(int flags, va_list *ap)
{
	return flags & O_CREAT ? (mode_t)va_arg(*ap, int) : 0;
}

int open(const char *path, int flags, ...)
{
	va_list ap;

	va_start(ap, flags);
	mode_t mode = mode_of(flags, &ap);
	va_end(ap);
	step();
	return fails("open") ? -1 : REAL(open)(path, flags, mode);
}

int openat(int dir, const char *path, int flags, ...)
{
	va_list ap;

	va_start(ap, flags);
	mode_t mode = mode_of(flags, &ap);
	va_end(ap);
	step();
	return fails("openat") ? -1 : REAL(openat)(dir, path, flags, mode);
}
