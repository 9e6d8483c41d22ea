/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "survey.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include "hooks.h"
#include "nl_table.h"

#define LINE_ROOM 4096

const char *const survey_kinds[] = { "nftables", "iptables-nft", "iptables-legacy" };

const char *survey_family(uint8_t family)
{
	switch (family) {
	case NFPROTO_IPV4: return "ip";
	case NFPROTO_IPV6: return "ip6";
	case NFPROTO_INET: return "inet";
	case NFPROTO_ARP: return "arp";
	case NFPROTO_BRIDGE: return "bridge";
	default: return "netdev";
	}
}

/* Names that programs give to their tables and chains. */
static const char *manager_of(const char *name)
{
	static const struct {
		const char *prefix, *manager;
	} known[] = {
		{ "DOCKER", "Docker" },		{ "KUBE-", "kube-proxy" },	{ "cali-", "Calico" },
		{ "CILIUM_", "Cilium" },	{ "FLANNEL-", "flannel" },	{ "LIBVIRT_", "libvirt" },
		{ "libvirt_", "libvirt" },	{ "firewalld", "firewalld" },	{ "IN_public", "firewalld" },
		{ "INPUT_ZONES", "firewalld" }, { "f2b-", "fail2ban" },		{ "fail2ban-", "fail2ban" },
		{ "ufw-", "ufw" },		{ "ufw6-", "ufw" },		{ "ts-", "Tailscale" },
		{ "shorewall", "Shorewall" },	{ "ISTIO_", "Istio" },		{ "NETAVARK", "Podman" },
		{ "CNI-", "CNI" },		{ "sshguard", "sshguard" },	{ "crowdsec", "CrowdSec" },
		{ "ANTREA-", "Antrea" },	{ "WEAVE", "Weave Net" },	{ "nm-shared", "NetworkManager" },
		{ "lxc", "LXC" },		{ "incus", "Incus" },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (!strncmp(name, known[i].prefix, strlen(known[i].prefix)))
			return known[i].manager;
	return NULL;
}

static struct survey_table *add_table(struct survey *s, enum survey_kind kind, uint8_t family, const char *name)
{
	struct survey_table *t = ARENA_NEW(s->arena, struct survey_table);

	t->kind = kind;
	t->family = family;
	t->name = arena_strdup(s->arena, name);
	t->manager = manager_of(name);
	*s->last_table = t;
	s->last_table = &t->next;
	return t;
}

static bool before(const struct survey_base *a, const struct survey_base *b)
{
	if (a->hook != b->hook)
		return a->hook < b->hook;
	return a->priority < b->priority;
}

static void add_base(struct survey *s, const struct survey_base *b)
{
	struct survey_base **p = &s->bases, *k = ARENA_NEW(s->arena, struct survey_base);

	*k = *b;
	while (*p && !before(k, *p))
		p = &(*p)->next;
	k->next = *p;
	*p = k;
}

static void note_chain(struct survey_table *t, const char *name)
{
	t->chains++;
	if (!t->manager)
		t->manager = manager_of(name);
}

/*
 * nf_tables
 */
static struct survey_table *find_table(struct survey *s, uint8_t family, const char *name)
{
	for (struct survey_table *t = s->tables; t; t = t->next)
		if (t->kind != SURVEY_LEGACY && t->family == family && !strcmp(t->name, name))
			return t;
	return NULL;
}

static const struct nlattr *attr_of(const struct nlmsghdr *h, unsigned type)
{
	const struct nlattr *a;

	mnl_attr_for_each(a, h, sizeof(struct nfgenmsg))
		if (mnl_attr_get_type(a) == type)
			return a;
	return NULL;
}

static uint8_t family_of(const struct nlmsghdr *h)
{
	return ((const struct nfgenmsg *)mnl_nlmsg_get_payload(h))->nfgen_family;
}

static int on_table(const struct nlmsghdr *h, void *data)
{
	add_table(data, SURVEY_NFT, family_of(h), nl_text(h, NFTA_TABLE_NAME));
	return MNL_CB_OK;
}

/* iptables-nft's tables have the names and base chains of iptables. */
static bool is_iptables_chain(const char *table, const char *chain)
{
	unsigned t = 0, k = 0;

	while (t < TABLE_COUNT && strcmp(table_names[t], table))
		t++;
	while (k < HOOK_COUNT && strcmp(hook_names[k], chain))
		k++;
	return t < TABLE_COUNT && k < HOOK_COUNT;
}

static int on_chain(const struct nlmsghdr *h, void *data)
{
	struct survey *s = data;
	struct survey_table *t = find_table(s, family_of(h), nl_text(h, NFTA_CHAIN_TABLE));
	const char *name = nl_text(h, NFTA_CHAIN_NAME);
	const struct nlattr *hook = attr_of(h, NFTA_CHAIN_HOOK), *policy = attr_of(h, NFTA_CHAIN_POLICY), *a;
	struct survey_base b = { .table = t };

	if (!t)
		return MNL_CB_OK;
	note_chain(t, name);
	if (!hook)
		return MNL_CB_OK;
	if (is_iptables_chain(t->name, name))
		t->kind = SURVEY_IPTABLES_NFT;
	b.name = arena_strdup(s->arena, name);
	b.type = arena_strdup(s->arena, nl_text(h, NFTA_CHAIN_TYPE));
	b.policy_drop = policy && ntohl(mnl_attr_get_u32(policy)) == NF_DROP;
	mnl_attr_for_each_nested(a, hook) {
		if (mnl_attr_get_type(a) == NFTA_HOOK_HOOKNUM)
			b.hook = (uint8_t)ntohl(mnl_attr_get_u32(a));
		if (mnl_attr_get_type(a) == NFTA_HOOK_PRIORITY)
			b.priority = (int32_t)ntohl(mnl_attr_get_u32(a));
	}
	add_base(s, &b);
	return MNL_CB_OK;
}

static int on_rule(const struct nlmsghdr *h, void *data)
{
	struct survey *s = data;
	struct survey_table *t = find_table(s, family_of(h), nl_text(h, NFTA_RULE_TABLE));
	const char *chain = nl_text(h, NFTA_RULE_CHAIN);
	const struct nlattr *list = attr_of(h, NFTA_RULE_EXPRESSIONS);

	if (!t)
		return MNL_CB_OK;
	t->rules++;
	t->blobs += list && nl_has_xtables(list);
	for (struct survey_base *b = s->bases; b; b = b->next)
		b->rules += b->table == t && !strcmp(b->name, chain);
	return MNL_CB_OK;
}

static int take_nft(struct survey *s)
{
	struct nl_socket n;
	int e = nl_open(&n);

	if (!e)
		e = nl_dump(&n, NFT_MSG_GETTABLE, NFPROTO_UNSPEC, 0, NULL, NULL, on_table, s);
	if (!e)
		e = nl_dump(&n, NFT_MSG_GETCHAIN, NFPROTO_UNSPEC, 0, NULL, NULL, on_chain, s);
	for (const struct survey_table *t = s->tables; t && !e; t = t->next)
		if (t->kind != SURVEY_LEGACY)
			e = nl_dump_rules(&n, s->arena, t->family, t->name, on_rule, s);
	nl_close(&n);
	return e;
}

/*
 * legacy iptables
 */
static void legacy_chain(struct survey *s, struct survey_table *t, const char *line)
{
	char name[64], policy[16];
	unsigned k = 0, table = 0;

	if (sscanf(line, ":%63s %15s", name, policy) != 2)
		return;
	note_chain(t, name);
	while (k < HOOK_COUNT && strcmp(hook_names[k], name))
		k++;
	while (table < TABLE_COUNT && strcmp(table_names[table], t->name))
		table++;
	if (k == HOOK_COUNT || table == TABLE_COUNT || *policy == '-')
		return;

	const struct hook_info *i = hook_find((enum table_id)table, (enum hook_id)k);

	if (i)
		add_base(s, &(struct survey_base){ .table = t,
						   .name = arena_strdup(s->arena, name),
						   .hook = (uint8_t)k,
						   .priority = i->priority,
						   .policy_drop = !strcmp(policy, "DROP"),
						   .type = chain_type_names[i->type] });
}

static void legacy_rule(struct survey *s, struct survey_table *t, const char *line)
{
	char name[64];

	if (sscanf(line, "-A %63s", name) != 1)
		return;
	t->rules++;
	for (struct survey_base *b = s->bases; b; b = b->next)
		b->rules += b->table == t && !strcmp(b->name, name);
}

static void legacy_table(struct survey *s, uint8_t family, const char *name)
{
	struct survey_table *t = add_table(s, SURVEY_LEGACY, family, name);
	const char *program = family == NFPROTO_IPV4 ? "iptables-legacy-save" : "ip6tables-legacy-save";
	const char *command = arena_printf(s->arena, "exec %s -t %s 2>/dev/null", program, name);
	char line[LINE_ROOM];
	FILE *f;

	if (strspn(name, "abcdefghijklmnopqrstuvwxyz") != strlen(name)) { /* nothing for a shell */
		t->unread = true;
		return;
	}
	f = popen(command, "re");
	while (f && fgets(line, sizeof(line), f)) {
		if (*line == ':')
			legacy_chain(s, t, line);
		else if (*line == '-')
			legacy_rule(s, t, line);
	}
	t->unread = !f || pclose(f) || !t->chains;
}

static void take_legacy(struct survey *s, uint8_t family, const char *path)
{
	FILE *f = fopen(path, "re");
	char name[64];

	while (f && fscanf(f, "%63s", name) == 1)
		legacy_table(s, family, name);
	if (f)
		fclose(f);
}

int survey_take(struct survey *s, struct arena *a)
{
	int e = EINTR;

	for (int i = 0; e == EINTR && i < NL_TRIES; i++) {
		*s = (struct survey){ .arena = a };
		s->last_table = &s->tables;
		take_legacy(s, NFPROTO_IPV4, "/proc/net/ip_tables_names");
		take_legacy(s, NFPROTO_IPV6, "/proc/net/ip6_tables_names");
		e = take_nft(s);
		if (e == ENOENT) /* a table went meanwhile */
			e = EINTR;
	}
	return e == EINTR ? EBUSY : e;
}
