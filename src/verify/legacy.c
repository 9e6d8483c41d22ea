/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * legacy: net/ipv4/netfilter/ip_tables.c and its IPv6 copy: get_info(), get_entries(), do_replace().
 *
 * ipt_getinfo, ipt_get_entries and ipt_replace have the same layout for both families but for the
 * entries, of which only the offsets and the counters are looked at here. The kernel's answer leaves
 * out what a match keeps for itself; so entries that are equal, are of equal rules.
 */
#include "legacy.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <unistd.h>
#include <netinet/in.h>
#include <linux/netfilter.h>
#include <linux/netfilter_ipv4/ip_tables.h>
#include <linux/netfilter_ipv6/ip6_tables.h>

#define LOCK_FILE "/run/xtables.lock"
#define LOCK_POLL_MS 20
#define TRIES 5 /* while others change the table */
#define HEAD offsetof(struct ipt_get_entries, entrytable)

_Static_assert(sizeof(struct ipt_getinfo) == sizeof(struct ip6t_getinfo), "one layout");
_Static_assert(sizeof(struct ipt_replace) == sizeof(struct ip6t_replace), "one layout");
_Static_assert(HEAD == offsetof(struct ip6t_get_entries, entrytable), "one layout");

/* Where a family's entry has what. */
struct shape {
	size_t size, target, next, counters, comefrom;
};

static const struct shape shapes[] = {
	{ sizeof(struct ipt_entry), offsetof(struct ipt_entry, target_offset),
	  offsetof(struct ipt_entry, next_offset), offsetof(struct ipt_entry, counters),
	  offsetof(struct ipt_entry, comefrom) },
	{ sizeof(struct ip6t_entry), offsetof(struct ip6t_entry, target_offset),
	  offsetof(struct ip6t_entry, next_offset), offsetof(struct ip6t_entry, counters),
	  offsetof(struct ip6t_entry, comefrom) },
};

static int level(const struct legacy *l)
{
	return l->ipv6 ? IPPROTO_IPV6 : IPPROTO_IP;
}

static int get_info(const struct legacy *l, const char *name, struct ipt_getinfo *info)
{
	socklen_t len = sizeof(*info);

	*info = (struct ipt_getinfo){ .size = 0 };
	memcpy(info->name, name, sizeof(info->name));
	return getsockopt(l->fd, level(l), IPT_SO_GET_INFO, info, &len) ? errno : 0;
}

static void clear_counters(const struct legacy *l, char *entries, size_t size)
{
	const struct shape *s = &shapes[l->ipv6];
	uint16_t next;

	for (size_t at = 0; at + s->size <= size; at += next) {
		memcpy(&next, entries + at + s->next, sizeof(next));
		memset(entries + at + s->counters, 0, sizeof(struct xt_counters));
		memset(entries + at + s->comefrom, 0, sizeof(unsigned));
		if (next < s->size)
			return;
	}
}

/* Into @out, which has room for @info->size. EAGAIN: the table was replaced meanwhile. */
static int get_entries(const struct legacy *l, const struct ipt_getinfo *info, struct buffer *out)
{
	socklen_t len = (socklen_t)(HEAD + info->size);
	struct ipt_get_entries *g = (struct ipt_get_entries *)(void *)out->data;

	memset(out->data, 0, len);
	memcpy(g->name, info->name, sizeof(g->name));
	g->size = info->size;
	if (getsockopt(l->fd, level(l), IPT_SO_GET_ENTRIES, g, &len))
		return errno;
	out->len = HEAD + info->size;
	clear_counters(l, out->data + HEAD, info->size);
	return 0;
}

static unsigned hook_count(unsigned hooks)
{
	return (unsigned)__builtin_popcount(hooks);
}

static size_t standard_size(const struct legacy *l)
{
	return shapes[l->ipv6].size + XT_ALIGN(sizeof(struct xt_standard_target));
}

static size_t error_size(const struct legacy *l)
{
	return shapes[l->ipv6].size + XT_ALIGN(sizeof(struct xt_error_target));
}

static size_t empty_size(const struct legacy *l, unsigned hooks)
{
	return hook_count(hooks) * standard_size(l) + error_size(l);
}

static void put_entry(const struct legacy *l, char *entry, size_t size, const char *target)
{
	const struct shape *s = &shapes[l->ipv6];
	struct xt_entry_target t = { .u.user = { .target_size = (uint16_t)(size - s->size) } };
	uint16_t to = (uint16_t)s->size, next = (uint16_t)size;

	memcpy(t.u.user.name, target, strlen(target));
	memset(entry, 0, size);
	memcpy(entry + s->target, &to, sizeof(to));
	memcpy(entry + s->next, &next, sizeof(next));
	memcpy(entry + to, &t, sizeof(t));
}

/* The entries of a table without rules: a policy for each hook, and the end. */
static void put_empty(const struct legacy *l, unsigned hooks, char *entries)
{
	size_t head = shapes[l->ipv6].size;
	int accept = -NF_ACCEPT - 1;

	for (unsigned i = 0; i < hook_count(hooks); i++, entries += standard_size(l)) {
		put_entry(l, entries, standard_size(l), XT_STANDARD_TARGET);
		memcpy(entries + head + offsetof(struct xt_standard_target, verdict), &accept, sizeof(accept));
	}
	put_entry(l, entries, error_size(l), XT_ERROR_TARGET);
	memcpy(entries + head + offsetof(struct xt_error_target, errorname), XT_ERROR_TARGET,
	       sizeof(XT_ERROR_TARGET));
}

/* User chains have an entry of their own; so the number of entries tells whether there is anything. */
static bool is_empty(const struct legacy *l, const struct ipt_getinfo *info, const struct buffer *seen)
{
	const char *e = seen->data + HEAD;
	size_t at = shapes[l->ipv6].size + offsetof(struct xt_standard_target, verdict);
	int verdict;

	if (info->num_entries != hook_count(info->valid_hooks) + 1 || info->size != empty_size(l, info->valid_hooks))
		return false;
	for (unsigned i = 0; i < hook_count(info->valid_hooks); i++, at += standard_size(l)) {
		memcpy(&verdict, e + at, sizeof(verdict));
		if (verdict != -NF_ACCEPT - 1)
			return false;
	}
	return true;
}

static int read_table(const struct legacy *l, struct legacy_table *t, struct arena *a)
{
	struct ipt_getinfo info;
	int e = EAGAIN;

	t->seen = buffer_new(a);
	t->room = buffer_new(a);
	for (int i = 0; e == EAGAIN && i < TRIES; i++) {
		e = get_info(l, t->name, &info);
		if (e)
			return e;
		t->seen->len = t->room->len = 0;
		buffer_reserve(t->seen, HEAD + info.size);
		e = get_entries(l, &info, t->seen);
	}
	if (e)
		return e;

	/* the replacement too, and the old counters, which the kernel gives back */
	buffer_reserve(t->room, HEAD + info.size + sizeof(struct ipt_replace) + empty_size(l, info.valid_hooks) +
					info.num_entries * sizeof(struct xt_counters));
	t->empty = is_empty(l, &info, t->seen);
	return 0;
}

static void close_it(void *fd)
{
	close(*(int *)fd);
}

int legacy_read(struct legacy *l, bool ipv6, struct arena *a)
{
	FILE *f = fopen(ipv6 ? "/proc/net/ip6_tables_names" : "/proc/net/ip_tables_names", "re");
	struct legacy_table *t = l->tables;
	int e = 0, *fd = ARENA_NEW(a, int);

	*l = (struct legacy){ .fd = -1, .ipv6 = ipv6 };
	while (f && l->n < LEGACY_TABLES_MAX && fscanf(f, "%31s", t[l->n].name) == 1)
		l->n++;
	if (f)
		fclose(f);
	if (!l->n)
		return 0;
	l->fd = *fd = socket(ipv6 ? AF_INET6 : AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
	if (l->fd < 0)
		return errno;
	arena_defer(a, close_it, fd);
	for (unsigned i = 0; !e && i < l->n; i++)
		e = read_table(l, &t[i], a);
	return e;
}

bool legacy_same(const struct legacy *l, struct legacy_table *t)
{
	struct ipt_getinfo info;

	return !get_info(l, t->name, &info) && HEAD + info.size == t->seen->len &&
	       !get_entries(l, &info, t->room) && !memcmp(t->room->data + HEAD, t->seen->data + HEAD, info.size);
}

bool legacy_empty_now(const struct legacy *l, struct legacy_table *t)
{
	struct ipt_getinfo info;

	return !get_info(l, t->name, &info) && HEAD + info.size <= t->room->cap &&
	       !get_entries(l, &info, t->room) && is_empty(l, &info, t->room);
}

int legacy_empty(const struct legacy *l, struct legacy_table *t)
{
	struct ipt_getinfo info;
	struct ipt_replace *r = (struct ipt_replace *)(void *)t->room->data;
	int e = get_info(l, t->name, &info);
	size_t size;

	if (e)
		return e;
	size = empty_size(l, info.valid_hooks);
	if (!legacy_same(l, t))
		return ESTALE;
	*r = (struct ipt_replace){ .valid_hooks = info.valid_hooks, .num_entries = hook_count(info.valid_hooks) + 1,
				   .size = (unsigned)size, .num_counters = info.num_entries };
	memcpy(r->name, t->name, sizeof(r->name));
	for (unsigned h = 0, i = 0; h < NF_INET_NUMHOOKS; h++)
		if (info.valid_hooks & 1u << h)
			r->hook_entry[h] = r->underflow[h] = (unsigned)(i++ * standard_size(l));
	put_empty(l, info.valid_hooks, (char *)(r + 1));
	r->counters = (struct xt_counters *)(void *)((char *)(r + 1) + size);
	if (setsockopt(l->fd, level(l), IPT_SO_SET_REPLACE, r, (socklen_t)(sizeof(*r) + size)))
		return errno == EAGAIN ? ESTALE : errno;
	return 0;
}

int legacy_lock(unsigned seconds)
{
	const char *name = getenv("XTABLES_LOCKFILE");
	int fd = open(name && *name ? name : LOCK_FILE, O_RDONLY | O_CREAT | O_CLOEXEC, 0600);

	for (unsigned waited = 0; fd >= 0 && flock(fd, LOCK_EX | LOCK_NB); waited += LOCK_POLL_MS) {
		if ((errno != EWOULDBLOCK && errno != EINTR) || waited >= seconds * 1000) {
			int e = errno;

			close(fd);
			errno = e;
			return -1;
		}
		poll(NULL, 0, LOCK_POLL_MS);
	}
	return fd;
}
