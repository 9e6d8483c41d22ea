/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * handover_apart: what the rules become when they are loaded: by us, and by the programs of iptables. Each in a
 * child process with an empty network namespace, which sends what it finds through a pipe.
 */
#include "handover.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include "context.h"
#include "verify/listing.h"

struct apart {
	struct handover *h;
	struct iptc2nft *ctx;
	enum xtables_backend backend;
	bool (*find)(struct apart *a, struct buffer *out); /* false: said why */
};

static bool find_listing(struct apart *a, struct buffer *out)
{
	uint32_t generation;
	int e;

	if (iptc2nft_apply(a->ctx, false) != IPTC2NFT_OK) {
		cli_diagnose(a->ctx);
		return false;
	}
	e = listing_take(a->h->ours, a->h->nours, out, &generation);
	if (e)
		cli_error("the tables can't be listed: %s", strerror(e));
	return !e;
}

static bool put(int fd, const char *data, size_t len)
{
	for (size_t at = 0; at < len;) {
		ssize_t n = write(fd, data + at, len - at);

		if (n < 0 && errno != EINTR)
			return false;
		at += n > 0 ? (size_t)n : 0;
	}
	return true;
}

static bool find_saved(struct apart *a, struct buffer *out)
{
	char path[STATE_PATH_MAX];
	struct xtables_load how = { .silent = true };
	int fd = memfd_create("rules", MFD_CLOEXEC);
	bool written = fd >= 0;

	how.lock = state_path(&a->h->state, "xtables", path);
	for (const struct source *s = a->ctx->diags.sources; s && written; s = s->next)
		written = put(fd, s->text, s->len) && put(fd, "\n", 1);
	return written && !xtables_restore(a->h->restore[a->backend], fd, &how) &&
	       !xtables_save(a->h->program[a->backend], out);
}

static int child(struct apart *a, int fd)
{
	jmp_buf oom;

	a->h->arena->on_oom = &oom;
	if (setjmp(oom)) {
		cli_error("out of memory");
		return 1;
	}

	struct buffer *b = buffer_new(a->h->arena);

	if (unshare(CLONE_NEWNET)) {
		cli_error("no network namespace can be made: %s", strerror(errno));
		return 1;
	}
	if (!a->find(a, b))
		return 1;
	if (put(fd, b->data, b->len))
		return 0;
	cli_error("%s", strerror(errno));
	return 1;
}

/* 0; -1: said why; 1: the child has ended without an answer */
static int run(struct apart *a, struct buffer *out)
{
	char room[4096];
	ssize_t n;
	int ends[2], status = 1;
	pid_t id = pipe2(ends, O_CLOEXEC) ? -1 : fork();

	if (id < 0) {
		cli_error("no process can be started: %s", strerror(errno));
		return -1;
	}
	if (id == 0)
		_exit(child(a, ends[1]));
	close(ends[1]);
	while ((n = read(ends[0], room, sizeof(room))) > 0 || (n < 0 && errno == EINTR))
		if (n > 0)
			buffer_put(out, room, (size_t)n);
	close(ends[0]);
	while (waitpid(id, &status, 0) < 0 && errno == EINTR)
		;
	return n || !WIFEXITED(status) ? 1 : WEXITSTATUS(status) ? -1 : 0;
}

bool handover_wanted(struct handover *h, struct iptc2nft *ctx, struct buffer *out)
{
	struct apart a = { .h = h, .ctx = ctx, .find = find_listing };
	const void *batch;
	size_t len;
	int r;

	if (iptc2nft_emit(ctx, IPTC2NFT_NETLINK, &batch, &len) != IPTC2NFT_OK) {
		cli_diagnose(ctx);
		return false;
	}
	h->nours = snapshot_tables_of(batch, len, h->ours);
	r = run(&a, out);
	if (r > 0)
		cli_error("the tables that these rules make can't be listed");
	return !r;
}

bool handover_as_saved(struct handover *h, struct iptc2nft *ctx, enum xtables_backend b, struct buffer *out)
{
	struct apart a = { .h = h, .ctx = ctx, .backend = b, .find = find_saved };
	bool done = !run(&a, out);

	state_remove(&h->state, "xtables");
	return done;
}
