/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * load: the programs that load the original.
 *
 * Nothing is written to a file system: text comes from a memfd, and iptables' lock, which is for
 * the machine's own tables, is one too. A program that hangs is killed.
 */
#include "verify/load.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATIENCE_MS 60000

const char *const reference_names[REFERENCES] = { "iptables-legacy", "iptables-nft" };

bool load_finds(const char *program)
{
	const char *path = getenv("PATH");
	char all[4096], file[4096], *save = NULL;

	snprintf(all, sizeof(all), "%s", path ? path : "");
	for (char *dir = strtok_r(all, ":", &save); dir; dir = strtok_r(NULL, ":", &save)) {
		snprintf(file, sizeof(file), "%s/%s", dir, program);
		if (!access(file, X_OK))
			return true;
	}
	return false;
}

/* In the new process. */
static void become(const char *const argv[], int in, int out)
{
	char lock[64];
	int fd = memfd_create("lock", 0);

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	snprintf(lock, sizeof(lock), "/proc/self/fd/%d", fd);
	if (fd >= 0)
		setenv("XTABLES_LOCKFILE", lock, 1);
	setenv("LC_ALL", "C", 1);
	if (dup2(in, STDIN_FILENO) < 0 || dup2(out, STDERR_FILENO) < 0 || dup2(out, STDOUT_FILENO) < 0)
		_exit(126);
	execvp(argv[0], (char *const *)(uintptr_t)argv);
	dprintf(STDERR_FILENO, "%s", strerror(errno));
	_exit(127);
}

static long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* What the program says, until it ends or has had its time. Only the beginning is kept. */
static bool listen_to(int fd, char *why, size_t room)
{
	long end = now_ms() + PATIENCE_MS;
	size_t len = 0;
	char rest[512];

	for (;;) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		long left = end - now_ms();
		bool full = len + 1 >= room;
		ssize_t n;

		if (left <= 0 || (poll(&p, 1, (int)left) <= 0 && errno != EINTR))
			return false;
		n = read(fd, full ? rest : why + len, full ? sizeof(rest) : room - 1 - len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return true;
		if (!full)
			len += (size_t)n;
		why[len] = '\0';
	}
}

static int text_file(const char *text, size_t len)
{
	int fd = memfd_create("rules", MFD_CLOEXEC);
	size_t done = 0;

	while (fd >= 0 && done < len) {
		ssize_t n = write(fd, text + done, len - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			close(fd);
			return -1;
		}
		done += (size_t)n;
	}
	if (fd >= 0)
		lseek(fd, 0, SEEK_SET);
	return fd;
}

bool load_run(const char *const argv[], const char *text, size_t len, char *why, size_t room)
{
	int in = text_file(text, len), out[2], status = 0;
	bool ended;
	pid_t pid;

	why[0] = '\0';
	if (in < 0 || pipe2(out, O_CLOEXEC)) {
		snprintf(why, room, "%s: %s", argv[0], strerror(errno));
		return false;
	}
	fflush(NULL);
	pid = fork();
	if (!pid)
		become(argv, in, out[1]);
	close(in);
	close(out[1]);
	ended = pid > 0 && listen_to(out[0], why, room);
	close(out[0]);
	if (pid > 0 && !ended)
		kill(pid, SIGKILL);
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (pid > 0 && ended && WIFEXITED(status) && !WEXITSTATUS(status))
		return true;
	if (!why[0])
		snprintf(why, room, "%s", pid < 0 ? strerror(errno) : ended ? "it failed" : "it took too long");
	return false;
}

bool load_reference(enum verify_reference how, bool v6, const char *text, size_t len, char *why, size_t room)
{
	static const char *const programs[REFERENCES][2] = {
		{ "iptables-legacy-restore", "ip6tables-legacy-restore" },
		{ "iptables-nft-restore", "ip6tables-nft-restore" },
	};
	const char *const argv[] = { programs[how][v6], NULL };

	return load_run(argv, text, len, why, room);
}

/* In a process and a namespace that are for this only. */
bool load_legacy_works(bool v6)
{
	static const char text[] = "*filter\nCOMMIT\n";
	char why[512];
	int status = 1;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		_exit(unshare(CLONE_NEWNET) ||
		      !load_reference(REFERENCE_LEGACY, v6, text, sizeof(text) - 1, why, sizeof(why)));
	}
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return pid > 0 && WIFEXITED(status) && !WEXITSTATUS(status);
}

bool load_trace(bool v6, char *why, size_t room)
{
	const char *program = v6 ? "ip6tables-legacy-restore" : "iptables-legacy-restore";
	const char *const argv[] = { program, "--noflush", NULL };
	static const char text[] = "*raw\n-I PREROUTING -j TRACE\n-I OUTPUT -j TRACE\nCOMMIT\n";

	return load_run(argv, text, sizeof(text) - 1, why, room);
}
