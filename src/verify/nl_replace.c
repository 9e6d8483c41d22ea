/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nl_replace.h"

#include <string.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include "nl_attr.h"

/* A chain, set or object of the table. */
struct thing {
	struct thing *next;
	const char *name;
	uint32_t hook, priority, kind; /* base chains; objects: their type */
	const char *type;	       /* of base chains; NULL: no base chain */
};

struct table {
	struct nl_socket *socket;
	struct arena *arena;
	uint8_t family;
	const char *name;
	bool unfit;
	struct thing *chains, *sets, *objects, **last;
	struct thing *wanted; /* base chains that the batch makes */
};

static bool ours(const struct table *t, const struct nlmsghdr *h)
{
	const struct nfgenmsg *g = mnl_nlmsg_get_payload(h);

	return g->nfgen_family == t->family && !strcmp(nl_text(h, 1), t->name); /* NFTA_…_TABLE are all 1 */
}

static struct thing *add(struct table *t, const char *name)
{
	struct thing *n = ARENA_NEW(t->arena, struct thing);

	n->name = arena_strdup(t->arena, name);
	*t->last = n;
	t->last = &n->next;
	return n;
}

static void read_hook(const struct nlattr *nest, struct thing *c)
{
	const struct nlattr *a;

	mnl_attr_for_each_nested(a, nest) {
		if (mnl_attr_get_type(a) == NFTA_HOOK_HOOKNUM)
			c->hook = ntohl(mnl_attr_get_u32(a));
		if (mnl_attr_get_type(a) == NFTA_HOOK_PRIORITY)
			c->priority = ntohl(mnl_attr_get_u32(a));
	}
}

static int on_chain(const struct nlmsghdr *h, void *data)
{
	struct table *t = data;
	const struct nlattr *a;
	struct thing *c;

	if (!ours(t, h))
		return MNL_CB_OK;
	c = add(t, nl_text(h, NFTA_CHAIN_NAME));
	mnl_attr_for_each(a, h, sizeof(struct nfgenmsg))
		if (mnl_attr_get_type(a) == NFTA_CHAIN_HOOK) {
			read_hook(a, c);
			c->type = arena_strdup(t->arena, nl_text(h, NFTA_CHAIN_TYPE));
		}
	return MNL_CB_OK;
}

static int on_set(const struct nlmsghdr *h, void *data)
{
	struct table *t = data;
	const struct nlattr *a;

	if (!ours(t, h))
		return MNL_CB_OK;
	mnl_attr_for_each(a, h, sizeof(struct nfgenmsg))
		if (mnl_attr_get_type(a) == NFTA_SET_FLAGS && ntohl(mnl_attr_get_u32(a)) & NFT_SET_ANONYMOUS)
			return MNL_CB_OK; /* goes with its rule */
	add(t, nl_text(h, NFTA_SET_NAME));
	return MNL_CB_OK;
}

static int on_object(const struct nlmsghdr *h, void *data)
{
	struct table *t = data;
	const struct nlattr *a;
	struct thing *o;

	if (!ours(t, h))
		return MNL_CB_OK;
	o = add(t, nl_text(h, NFTA_OBJ_NAME));
	mnl_attr_for_each(a, h, sizeof(struct nfgenmsg))
		if (mnl_attr_get_type(a) == NFTA_OBJ_TYPE)
			o->kind = ntohl(mnl_attr_get_u32(a));
	return MNL_CB_OK;
}

static int on_flowtable(const struct nlmsghdr *h, void *data)
{
	struct table *t = data;

	t->unfit |= ours(t, h);
	return MNL_CB_OK;
}

static bool dump(struct table *t, unsigned type, mnl_cb_t each, struct thing **to)
{
	t->last = to;
	return !nl_dump(t->socket, type, t->family, 0, NULL, NULL, each, t);
}

/* The base chains that the batch makes in the table; all messages of the batch. */
static void read_wanted(struct table *t, const struct buffer *batch)
{
	const struct nlmsghdr *h = (const struct nlmsghdr *)(const void *)batch->data;
	int left = (int)batch->len;

	t->last = &t->wanted;
	for (; mnl_nlmsg_ok(h, left); h = mnl_nlmsg_next(h, &left))
		if (h->nlmsg_type == (NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWCHAIN))
			on_chain(h, t);
}

static const struct thing *next_base(const struct thing *c)
{
	while (c && !c->type)
		c = c->next;
	return c;
}

/* The same base chains in the same order? That of the kernel is the order in which they are listed. */
static bool same_bases(const struct table *t)
{
	const struct thing *a = next_base(t->chains), *b = next_base(t->wanted);

	for (; a && b; a = next_base(a->next), b = next_base(b->next))
		if (strcmp(a->name, b->name) || strcmp(a->type, b->type) || a->hook != b->hook ||
		    a->priority != b->priority)
			return false;
	return !a && !b;
}

/* With the number of the message that it stands for, to which an error belongs. */
static size_t open_message(struct buffer *out, unsigned type, const struct nlmsghdr *of)
{
	size_t at = out->len;

	buffer_put(out, (const char *)of, NLMSG_HDRLEN + sizeof(struct nfgenmsg));
	((struct nlmsghdr *)(void *)(out->data + at))->nlmsg_type = (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | type);
	return at;
}

static void end_message(struct buffer *out, size_t at)
{
	((struct nlmsghdr *)(void *)(out->data + at))->nlmsg_len = (uint32_t)(out->len - at);
}

_Static_assert((int)NFTA_SET_NAME == (int)NFTA_OBJ_NAME, "one number");

/* @x: NULL: all rules */
static void put_delete(const struct table *t, struct buffer *out, unsigned type, const struct thing *x,
		       const struct nlmsghdr *of)
{
	size_t at = open_message(out, type, of);

	attr_string(out, NFTA_CHAIN_TABLE, t->name); /* 1, as is the table of rules, sets and objects */
	if (x)
		attr_string(out, type == NFT_MSG_DELCHAIN ? NFTA_CHAIN_NAME : NFTA_SET_NAME, x->name);
	if (type == NFT_MSG_DELOBJ)
		attr_u32(out, NFTA_OBJ_TYPE, x->kind);
	end_message(out, at);
}

/* Rules, then what they refer to. */
static void put_emptying(const struct table *t, struct buffer *out, const struct nlmsghdr *of)
{
	put_delete(t, out, NFT_MSG_DELRULE, NULL, of);
	for (const struct thing *s = t->sets; s; s = s->next)
		put_delete(t, out, NFT_MSG_DELSET, s, of);
	for (const struct thing *c = t->chains; c; c = c->next)
		if (!c->type)
			put_delete(t, out, NFT_MSG_DELCHAIN, c, of);
	for (const struct thing *o = t->objects; o; o = o->next)
		put_delete(t, out, NFT_MSG_DELOBJ, o, of);
}

static bool read_table(struct table *t, const struct buffer *batch)
{
	read_wanted(t, batch);
	return dump(t, NFT_MSG_GETCHAIN, on_chain, &t->chains) && dump(t, NFT_MSG_GETSET, on_set, &t->sets) &&
	       dump(t, NFT_MSG_GETOBJ, on_object, &t->objects) &&
	       dump(t, NFT_MSG_GETFLOWTABLE, on_flowtable, &t->objects) && !t->unfit && next_base(t->chains) &&
	       same_bases(t);
}

/* Is it made again? Else it is to go. */
static bool made_again(const struct buffer *batch, const struct nlmsghdr *deletion, const struct table *t)
{
	const struct nlmsghdr *h = deletion;
	int left = (int)(batch->data + batch->len - (const char *)deletion);

	for (; mnl_nlmsg_ok(h, left); h = mnl_nlmsg_next(h, &left))
		if (h->nlmsg_type == (NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWTABLE) && ours(t, h))
			return true;
	return false;
}

static bool put_table(struct nl_socket *s, const struct buffer *batch, const struct nlmsghdr *h, struct buffer *out)
{
	const struct nfgenmsg *g = mnl_nlmsg_get_payload(h);
	struct table t = { .socket = s, .arena = out->arena, .family = g->nfgen_family,
			   .name = nl_text(h, NFTA_TABLE_NAME) };

	if (!made_again(batch, h, &t) || !read_table(&t, batch))
		return false;
	put_emptying(&t, out, h);
	return true;
}

/* What becomes of the batch, while the new messages' buffer may still move. */
struct rewrite {
	const struct buffer *batch;
	struct buffer *fresh;
	size_t done;	 /* bytes of the batch that are in pieces, or have been replaced */
	size_t said;	 /* bytes of the new messages that are in pieces */
	struct piece {
		const struct buffer *of;
		size_t at, len;
	} pieces[NL_PIECES_MAX];
	unsigned n;
};

/* Each table that stays makes two: the batch up to its deletion, and what is said instead. */
static void add_piece(struct rewrite *w, const struct buffer *of, size_t *from, size_t to)
{
	if (to > *from)
		w->pieces[w->n++] = (struct piece){ of, *from, to - *from };
	*from = to;
}

/* The new messages since the last time stand for @h. */
static void replaced(struct rewrite *w, const struct nlmsghdr *h)
{
	size_t at = (size_t)((const char *)h - w->batch->data);

	add_piece(w, w->batch, &w->done, at);
	add_piece(w, w->fresh, &w->said, w->fresh->len);
	w->done = at + NLMSG_ALIGN(h->nlmsg_len);
}

static void put_begin(struct rewrite *w, const struct nlmsghdr *h, uint32_t generation)
{
	size_t at = w->fresh->len;

	buffer_put(w->fresh, h, h->nlmsg_len);
	attr_u32(w->fresh, NFNL_BATCH_GENID, generation);
	end_message(w->fresh, at);
	replaced(w, h);
}

/* The first message with the generation, and the tables' deletions; how many tables stay. */
static unsigned rewrite(struct nl_socket *s, struct rewrite *w, uint32_t generation)
{
	const struct nlmsghdr *h = (const struct nlmsghdr *)(const void *)w->batch->data;
	int left = (int)w->batch->len;
	unsigned n = 0;

	for (; mnl_nlmsg_ok(h, left); h = mnl_nlmsg_next(h, &left)) {
		if (h->nlmsg_type == NFNL_MSG_BATCH_BEGIN)
			put_begin(w, h, generation);
		if (h->nlmsg_type == (NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_DELTABLE) &&
		    w->n + 4 <= NL_PIECES_MAX && put_table(s, w->batch, h, w->fresh)) {
			replaced(w, h);
			n++;
		}
	}
	add_piece(w, w->batch, &w->done, w->batch->len);
	return n;
}

bool nl_replace(const struct buffer *batch, struct buffer *fresh, struct nl_pieces *out)
{
	struct rewrite w = { .batch = batch, .fresh = fresh };
	struct nl_socket s = { 0 };
	uint32_t generation = 0;
	bool some;

	fresh->len = 0;
	some = !nl_open(&s) && !nl_generation(&s, &generation) && rewrite(&s, &w, generation);
	nl_close(&s);
	out->n = w.n;
	for (unsigned i = 0; i < w.n; i++)
		out->iov[i] = (struct iovec){ w.pieces[i].of->data + w.pieces[i].at, w.pieces[i].len };
	return some;
}
