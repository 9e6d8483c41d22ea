/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rules_legacy: the counters of legacy iptables, by IPT_SO_GET_ENTRIES (net/ipv4/netfilter/ip_tables.c,
 * net/ipv6/netfilter/ip6_tables.c: get_entries()).
 *
 * A table is one run of entries. The chain of a hook begins at hook_entry and ends with the policy,
 * at underflow; a user chain begins with an ERROR entry that holds its name and ends with a RETURN.
 */
#include "verify/rules.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <linux/netfilter_ipv4/ip_tables.h>
#include <linux/netfilter_ipv6/ip6_tables.h>
#include "verify/logs.h"

/* The two families' entries have the same members at other places. */
struct walk {
	bool v6;
	const struct rules *r;
	const struct table *table;
	struct ipt_getinfo info; /* struct ip6t_getinfo is the same */
	const uint8_t *entries;
	uint64_t *hits, *policies, *logs;
	uint32_t chain, rule, left; /* the chain that we are in, its next rule, rules to come */
	bool in_chain;
};

static uint32_t next_offset(const struct walk *w, uint32_t at)
{
	const void *e = w->entries + at;

	return w->v6 ? ((const struct ip6t_entry *)e)->next_offset : ((const struct ipt_entry *)e)->next_offset;
}

static uint64_t packets(const struct walk *w, uint32_t at)
{
	const void *e = w->entries + at;

	return w->v6 ? ((const struct ip6t_entry *)e)->counters.pcnt : ((const struct ipt_entry *)e)->counters.pcnt;
}

static const struct xt_entry_target *target(const struct walk *w, uint32_t at)
{
	const void *e = w->entries + at;
	uint32_t offset = w->v6 ? ((const struct ip6t_entry *)e)->target_offset
				: ((const struct ipt_entry *)e)->target_offset;

	return (const void *)(w->entries + at + offset);
}

static const struct xt_error_target *error_target(const struct walk *w, uint32_t at)
{
	const struct xt_entry_target *t = target(w, at);

	return strcmp(t->u.user.name, XT_ERROR_TARGET) ? NULL : (const void *)t;
}

static uint64_t logs(const struct walk *w, uint32_t at)
{
	const struct xt_entry_target *t = target(w, at);

	return logs_of_target(t->u.user.name, t->data, t->u.target_size - sizeof(*t));
}

static const struct chain *chain_at(const struct walk *w, uint32_t at)
{
	const struct xt_error_target *e;

	for (unsigned h = 0; h < HOOK_COUNT; h++)
		if (w->info.valid_hooks & 1u << h && w->info.hook_entry[h] == at)
			return w->table->builtin[h];
	e = error_target(w, at);
	return e ? table_chain((struct table *)(uintptr_t)w->table, e->errorname, strlen(e->errorname)) : NULL;
}

static bool begin_chain(struct walk *w, const struct chain *c)
{
	w->chain = rules_of(w->r, c);
	if (w->chain == RULE_NONE)
		return false;
	w->rule = w->r->first[w->chain];
	w->left = c->nrules;
	w->in_chain = true;
	return true;
}

static int one(struct walk *w, uint32_t at)
{
	if (!w->in_chain) {
		const struct chain *c = chain_at(w, at);

		if (!c) /* the ERROR at the table's end; a chain of a hook that the input does not name */
			return 0;
		if (!begin_chain(w, c))
			return EPROTO;
		if (c->hook < 0)
			return 0;
	}
	if (w->left) {
		w->logs[w->rule] = logs(w, at);
		w->hits[w->rule++] += packets(w, at);
		w->left--;
	} else {
		w->policies[w->chain] += packets(w, at);
		w->in_chain = false;
	}
	return 0;
}

static int walk(struct walk *w)
{
	int e = 0;

	for (uint32_t at = 0, step; at < w->info.size && !e; at += step) {
		step = next_offset(w, at);
		if (!step || step > w->info.size - at)
			return EPROTO;
		e = one(w, at);
	}
	return e || w->in_chain ? EPROTO : 0;
}

static int count_table(struct walk *w, int fd)
{
	int level = w->v6 ? SOL_IPV6 : SOL_IP, e = 0;
	socklen_t len = sizeof(w->info);
	struct ipt_get_entries *all;

	memset(&w->info, 0, sizeof(w->info));
	strcpy(w->info.name, table_names[w->table->id]);
	if (getsockopt(fd, level, IPT_SO_GET_INFO, &w->info, &len))
		return errno;
	len = (socklen_t)(sizeof(*all) + w->info.size);
	all = calloc(1, len);
	if (!all)
		return ENOMEM;
	strcpy(all->name, w->info.name);
	all->size = w->info.size;
	w->entries = (const uint8_t *)all->entrytable;
	if (getsockopt(fd, level, IPT_SO_GET_ENTRIES, all, &len))
		e = errno;
	else
		e = walk(w);
	free(all);
	return e;
}

int legacy_count(const struct rules *r, const struct ruleset *rs, uint64_t *hits, uint64_t *policies, uint64_t *logs)
{
	struct walk w = { .v6 = rs->family == FAMILY_IPV6, .r = r, .hits = hits, .policies = policies,
			  .logs = logs };
	int fd = socket(w.v6 ? AF_INET6 : AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW), e = 0;

	if (fd < 0)
		return errno;
	for (unsigned t = 0; t < TABLE_COUNT && !e; t++) {
		if (!rs->tables[t].present)
			continue;
		w.table = &rs->tables[t];
		e = count_table(&w, fd);
	}
	close(fd);
	return e;
}
