/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nl_join: nft's stmt_reduce(): tests of adjacent header fields for equality become one load and
 * one comparison, in the place of the one that comes first in the header.
 *
 * nft 1.0.6 joins more than that, wrongly; unjoin.c has made such tests different before.
 */
#include "nl.h"

#include <string.h>
#include <linux/netfilter/nf_tables.h>

#define FAST_BYTES 4 /* nft_payload_fast_eval() */
#define WIDE_BYTES 16

static bool joinable(const struct inst *i, struct nl_join *j)
{
	if (i->kind != INST_TEST || i->test.op != TEST_EQ || i->test.lhs.nxf || i->test.prefix)
		return false;

	const struct operand *o = &i->test.lhs;
	const struct field_info *f = &field_table[o->field];
	bool raw = f->kind == KIND_RAW;
	unsigned offset = raw ? o->raw.off : f->off, bits = raw ? o->raw.bits : f->bits;

	if ((!raw && f->kind != KIND_PAYLOAD) || offset % 8 || bits % 8 || bits > WIDE_BYTES * 8)
		return false;
	j->inst = i;
	j->base = raw ? o->raw.base : f->base;
	j->offset = offset / 8;
	j->bytes = bits / 8;
	j->wider = false;
	memcpy(j->value, i->test.value.b, j->bytes);
	return true;
}

static bool can_join(const struct nl_join *a, const struct nl_join *b)
{
	unsigned total = a->bytes + b->bytes;

	if (a->base != b->base || a->offset + a->bytes != b->offset || total > WIDE_BYTES)
		return false;
	return total <= FAST_BYTES || a->base == BASE_LL || a->bytes > FAST_BYTES ||
	       b->bytes > FAST_BYTES;
}

static bool before(const struct nl_join *a, const struct nl_join *b)
{
	return a->base != b->base ? a->base < b->base : a->offset < b->offset;
}

/* The tests between two statements of other kinds. Few: an insertion sort. */
static void join_run(struct nl_join *j, unsigned count)
{
	struct nl_join *last = j;

	for (unsigned i = 1; i < count; i++)
		for (unsigned k = i; k && before(&j[k], &j[k - 1]); k--) {
			struct nl_join t = j[k];

			j[k] = j[k - 1];
			j[k - 1] = t;
		}
	for (unsigned i = 1; i < count; i++) {
		if (!can_join(last, &j[i])) {
			last = &j[i];
			continue;
		}
		memcpy(last->value + last->bytes, j[i].value, j[i].bytes);
		last->bytes += j[i].bytes;
		last->wider = true;
		j[i].bytes = 0;
	}
}

void nl_joins_find(struct nl_joins *j, const struct ir_clause *c)
{
	unsigned start = 0;

	j->count = 0;
	for (const struct inst *i = c->first; i && j->count < NL_JOIN_MAX; i = i->next) {
		if (joinable(i, &j->all[j->count]))
			j->count++;
		if (i->kind != INST_TEST && i->kind != INST_LOOKUP) {
			join_run(j->all + start, j->count - start);
			start = j->count;
		}
	}
	join_run(j->all + start, j->count - start);
}

bool nl_joined(struct nl *n, const struct nl_joins *j, const struct inst *i)
{
	for (unsigned k = 0; k < j->count; k++) {
		const struct nl_join *t = &j->all[k];

		if (t->inst != i)
			continue;
		if (t->bytes && !t->wider)
			return false;
		nl_inst_starts(n, i);
		if (t->wider) {
			nl_payload(n, t->base, t->offset, t->bytes, 0);
			nl_cmp(n, 0, NFT_CMP_EQ, t->value, t->bytes);
		}
		nft_view_note(&n->view, &i->test);
		return true;
	}
	return false;
}
