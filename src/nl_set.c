/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nl_set: declarations of sets, the named ones and those that single instructions need. */
#include "nl.h"

#include <string.h>
#include <libnftnl/udata.h>
#include <linux/netfilter/nf_tables.h>
#include "nl_attr.h"
#include "words.h"

#define TYPE_BITS 6 /* nft: of one field's type in that of a concatenation */

static void put_head(struct nl *n, struct span at, const char *name, uint32_t id, uint32_t flags)
{
	nl_message(n, NFT_MSG_NEWSET, NLM_F_CREATE, at, "set", name);
	attr_string(n->b, NFTA_SET_TABLE, n->table);
	attr_string(n->b, NFTA_SET_NAME, name);
	attr_u32(n->b, NFTA_SET_ID, id);
	attr_u32(n->b, NFTA_SET_FLAGS, flags);
}

static void put_size(struct nl *n, uint32_t size)
{
	size_t desc = attr_nest(n->b, NFTA_SET_DESC);

	attr_u32(n->b, NFTA_SET_DESC_SIZE, size);
	attr_end(n->b, desc);
}

static void put_udata(struct nl *n, const struct nl_udata *u)
{
	attr_put(n->b, NFTA_SET_USERDATA, u->b, u->len);
}

static void anonymous_udata(struct nl *n, const struct nl_anonymous *a)
{
	struct nl_udata u = { .len = 0 };

	udata_u32(&u, NFTNL_UDATA_SET_KEYBYTEORDER, nl_byte_order(a->key));
	if (a->data)
		udata_u32(&u, NFTNL_UDATA_SET_DATABYTEORDER, nl_byte_order(a->data));
	if (a->intervals)
		udata_u32(&u, NFTNL_UDATA_SET_MERGE_ELEMENTS, 1);
	if (a->data)
		udata_u32(&u, NFTNL_UDATA_SET_DATA_INTERVAL, 0);
	else
		udata_typeof(n, &u, NFTNL_UDATA_SET_KEY_TYPEOF, a->key);
	put_udata(n, &u);
}

static void anonymous(struct nl *n, struct nl_anonymous *a)
{
	uint32_t flags = NFT_SET_ANONYMOUS | NFT_SET_CONSTANT |
			 (a->intervals ? NFT_SET_INTERVAL : 0u) | (a->data ? NFT_SET_MAP : 0u);

	if (a->intervals) {
		a->shape.host = false;
		nl_merge(a);
	}
	put_head(n, n->inst->at, a->name, a->id, flags);
	attr_u32(n->b, NFTA_SET_KEY_TYPE, nl_type(n, a->key));
	attr_u32(n->b, NFTA_SET_KEY_LEN, a->shape.bytes);
	if (a->data) {
		attr_u32(n->b, NFTA_SET_DATA_TYPE, nl_type(n, a->data));
		attr_u32(n->b, NFTA_SET_DATA_LEN, nl_shape(a->data, false).bytes);
	}
	put_size(n, nl_anonymous_size(a));
	anonymous_udata(n, a);
	nl_message_end(n);
	nl_anonymous_elements(n, a);
}

static struct nl_pair *pairs(struct nl *n, uint32_t count)
{
	if (n->npairs < count) {
		n->npairs = count < 64 ? 64 : count * 2;
		n->pairs = arena_array(n->ir->arena, n->npairs, sizeof(*n->pairs));
	}
	return n->pairs;
}

static void set_of_test(struct nl *n, const struct inst_test *t, uint32_t id)
{
	struct nl_anonymous a = { .key = &t->lhs,
				  .shape = nl_shape(&t->lhs, true),
				  .pairs = pairs(n, t->n),
				  .count = t->n,
				  .intervals = nl_ranges_wide(t->ranges, t->n),
				  .name = "__set%d",
				  .id = id };

	for (uint32_t i = 0; i < t->n; i++)
		a.pairs[i] = (struct nl_pair){ t->ranges[i], NULL };
	anonymous(n, &a);
}

bool nl_entries_wide(const struct map_entry *e, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		if (nl_ranges_wide(&e[i].key, 1))
			return true;
	return false;
}

static void map_of(struct nl *n, const struct operand *key, const struct operand *data,
		   const struct map_entry *e, uint32_t count, uint32_t id)
{
	struct nl_anonymous a = { .key = key,
				  .data = data,
				  .shape = nl_shape(key, false),
				  .pairs = pairs(n, count),
				  .count = count,
				  .intervals = nl_entries_wide(e, count),
				  .name = "__map%d",
				  .id = id };

	for (uint32_t i = 0; i < count; i++) {
		a.pairs[i] = (struct nl_pair){ e[i].key, &e[i].data };
		if (nl_ranges_wide(&e[i].data, 1))
			nl_refuse(n, "nf_tables can't map to ranges here");
	}
	anonymous(n, &a);
}

void nl_clause_sets(struct nl *n, const struct ir_clause *c)
{
	static const struct operand port = { .field = FIELD_TH_DPORT };
	struct nft_view before = n->view;
	uint32_t id = n->set_id;

	for (const struct inst *i = c->first; i; i = i->next) {
		n->inst = i;
		if (i->kind == INST_TEST) {
			if (nl_needs_set(&i->test))
				set_of_test(n, &i->test, ++id);
			nft_view_note(&n->view, &i->test);
		} else if (i->kind == INST_ASSIGN && i->assign.from == ASSIGN_MAP) {
			map_of(n, &i->assign.src, &i->assign.dst, i->assign.entries,
			       i->assign.nentries, ++id);
		} else if (i->kind == INST_NAT && i->nat.port_key) {
			map_of(n, i->nat.port_key, &port, i->nat.port_map, i->nat.nport_map, ++id);
		}
	}
	n->view = before;
}

static uint32_t kernel_flags(const struct ir_set *s)
{
	static const struct {
		unsigned ours, kernels;
	} table[] = { { SET_INTERVAL, NFT_SET_INTERVAL }, { SET_TIMEOUT, NFT_SET_TIMEOUT },
		      { SET_DYNAMIC, NFT_SET_EVAL },	  { SET_MAP, NFT_SET_MAP },
		      { SET_CONSTANT, NFT_SET_CONSTANT } };
	uint32_t flags = 0;

	for (unsigned i = 0; i < 5; i++)
		if (s->flags & table[i].ours)
			flags |= table[i].kernels;
	if (s->timeout)
		flags |= NFT_SET_TIMEOUT;
	if (s->nkey > 1 && (s->flags & SET_INTERVAL))
		flags |= NFT_SET_CONCAT;
	return flags;
}

static uint32_t key_type(const struct nl *n, const struct ir_set *s)
{
	uint32_t type = 0;

	for (unsigned i = 0; i < s->nkey; i++)
		type = type << TYPE_BITS | nl_type(n, &s->key[i].of);
	return type;
}

static unsigned key_bytes(const struct ir_set *s)
{
	unsigned bytes = 0;

	if (s->nkey == 1)
		return operand_bytes(&s->key->of);
	for (unsigned i = 0; i < s->nkey; i++)
		bytes += nl_words(operand_bytes(&s->key[i].of)) * 4;
	return bytes;
}

/* Each field's own length. */
static void put_fields(struct nl *n, const struct ir_set *s)
{
	size_t list = attr_nest(n->b, NFTA_SET_DESC_CONCAT);

	for (unsigned i = 0; i < s->nkey; i++) {
		size_t e = attr_nest(n->b, NFTA_LIST_ELEM);

		attr_u32(n->b, NFTA_SET_FIELD_LEN, operand_bytes(&s->key[i].of));
		attr_end(n->b, e);
	}
	attr_end(n->b, list);
}

/* Of constant sets, nft tells the elements that they are made of; see nl_element.c. */
static uint32_t set_size(const struct ir_set *s)
{
	uint32_t size = s->nelements;

	if (!(s->flags & SET_CONSTANT))
		return s->size;
	if (s->nkey > 1 || !(s->flags & SET_INTERVAL) || !size)
		return size;
	return size * 2 + !nl_starts_at_zero(s);
}

static void put_desc(struct nl *n, const struct ir_set *s)
{
	uint32_t size = set_size(s);
	bool concat = s->nkey > 1 && (s->flags & SET_INTERVAL);
	size_t desc;

	if (!size && !concat)
		return;
	desc = attr_nest(n->b, NFTA_SET_DESC);
	if (size)
		attr_u32(n->b, NFTA_SET_DESC_SIZE, size);
	if (concat)
		put_fields(n, s);
	attr_end(n->b, desc);
}

static bool typed_by_name(const struct ir_set *s)
{
	for (unsigned i = 0; i < s->nkey; i++)
		if (!words_type(&s->key[i].of))
			return false;
	return !(s->flags & SET_MAP) || words_type(&s->data);
}

static void named_udata(struct nl *n, const struct ir_set *s)
{
	struct nl_udata u = { .len = 0 };
	bool map = s->flags & SET_MAP, named = typed_by_name(s);
	struct operand *keys = arena_array(n->ir->arena, s->nkey, sizeof(*keys));

	for (unsigned i = 0; i < s->nkey; i++)
		keys[i] = s->key[i].of;
	udata_u32(&u, NFTNL_UDATA_SET_KEYBYTEORDER, s->nkey > 1 ? 0 : nl_byte_order(keys));
	if (map)
		udata_u32(&u, NFTNL_UDATA_SET_DATABYTEORDER, nl_byte_order(&s->data));
	if (s->nkey > 1)
		udata_typeof_concat(n, &u, NFTNL_UDATA_SET_KEY_TYPEOF, keys, named ? 0 : s->nkey);
	else if (!named)
		udata_typeof(n, &u, NFTNL_UDATA_SET_KEY_TYPEOF, keys);
	if (map) {
		if (!named)
			udata_typeof(n, &u, NFTNL_UDATA_SET_DATA_TYPEOF, &s->data);
		udata_u32(&u, NFTNL_UDATA_SET_DATA_INTERVAL, 0);
	}
	if (s->comment && *s->comment)
		udata_comment(&u, NFTNL_UDATA_SET_COMMENT, s->comment, strlen(s->comment));
	put_udata(n, &u);
}

void nl_set(struct nl *n, const struct ir_set *s)
{
	uint32_t id = ++n->set_id;

	n->view.declaring = true;
	put_head(n, s->at, s->name, id, kernel_flags(s));
	attr_u32(n->b, NFTA_SET_KEY_TYPE, key_type(n, s));
	attr_u32(n->b, NFTA_SET_KEY_LEN, key_bytes(s));
	if (s->flags & SET_MAP) {
		attr_u32(n->b, NFTA_SET_DATA_TYPE, nl_type(n, &s->data));
		attr_u32(n->b, NFTA_SET_DATA_LEN, operand_bytes(&s->data));
	}
	if (s->timeout)
		attr_u64(n->b, NFTA_SET_TIMEOUT, s->timeout);
	if (s->gc_interval)
		attr_u32(n->b, NFTA_SET_GC_INTERVAL, s->gc_interval);
	put_desc(n, s);
	named_udata(n, s);
	nl_statefuls(n, s->exprs, NFTA_SET_EXPR, NFTA_SET_EXPRESSIONS);
	nl_message_end(n);
	nl_set_elements(n, s, id);
	n->view.declaring = false;
}
