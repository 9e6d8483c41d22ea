/* SPDX-License-Identifier: GPL-2.0-or-later */
/* text_set: declarations of named sets and maps, with their elements. */
#include "text.h"

#include <string.h>
#include "words.h"

/* By type where that has a name: such sets can be listed and edited by any nft. */
static void put_key_type(struct text *t, const struct ir_set *s)
{
	bool named = true;

	for (unsigned i = 0; i < s->nkey; i++)
		named = named && words_type(&s->key[i].of);
	if ((s->flags & SET_MAP) && !words_type(&s->data))
		named = false;
	buffer_puts(t->b, named ? "\t\ttype " : "\t\ttypeof ");
	for (unsigned i = 0; i < s->nkey; i++) {
		if (i)
			buffer_lit(t->b, " . ");
		if (named)
			buffer_puts(t->b, words_type(&s->key[i].of));
		else
			text_operand(t, &s->key[i].of);
	}
	if (s->flags & SET_MAP) {
		buffer_lit(t->b, " : ");
		if (named)
			buffer_puts(t->b, words_type(&s->data));
		else
			text_operand(t, &s->data);
	}
	buffer_char(t->b, '\n');
}

static void put_set_flags(struct text *t, unsigned flags)
{
	static const struct {
		unsigned bit;
		const char *word;
	} words[] = { { SET_CONSTANT, "constant" },
		      { SET_INTERVAL, "interval" },
		      { SET_DYNAMIC, "dynamic" },
		      { SET_TIMEOUT, "timeout" } };
	const char *lead = "\t\tflags ";

	for (unsigned i = 0; i < 4; i++) {
		if (!(flags & words[i].bit))
			continue;
		buffer_puts(t->b, lead);
		buffer_puts(t->b, words[i].word);
		lead = ",";
	}
	if (*lead == ',')
		buffer_char(t->b, '\n');
}

/* A range that is a prefix reads better as one. */
static int range_prefix(const struct operand *o, const struct value_range *r)
{
	unsigned type = field_table[o->field].type, bytes = operand_bytes(o);
	int len = -1;

	if (type == TYPE_IPV4 || type == TYPE_IPV6)
		len = range_prefix_length(r->lo.b, r->hi.b, bytes);
	return len == (int)bytes * 8 ? -1 : len;
}

static void put_key_range(struct text *t, const struct operand *o, const struct value_range *r)
{
	int len = range_prefix(o, r);

	if (len < 0) {
		text_range(t, o, r);
		return;
	}
	text_operand_value(t, o, &r->lo);
	buffer_char(t->b, '/');
	buffer_u64(t->b, (unsigned)len);
}

static void put_element(struct text *t, const struct ir_set *s, const struct set_element *e)
{
	struct buffer *b = t->b;

	for (unsigned i = 0; i < s->nkey; i++) {
		if (i)
			buffer_lit(b, " . ");
		put_key_range(t, &s->key[i].of, &e->key[i]);
	}
	if (e->has_counters) {
		buffer_lit(b, " counter packets ");
		buffer_u64(b, e->counters.packets);
		buffer_lit(b, " bytes ");
		buffer_u64(b, e->counters.bytes);
	}
	if (e->timeout) {
		buffer_lit(b, " timeout ");
		text_time(b, e->timeout);
	}
	if (e->expires) {
		buffer_lit(b, " expires ");
		text_time(b, e->expires);
	}
	if (e->comment && *e->comment) {
		buffer_lit(b, " comment ");
		text_comment(t, e->comment, strlen(e->comment));
	}
	if (s->flags & SET_MAP) {
		buffer_lit(b, " : ");
		text_operand_value(t, &s->data, &e->data);
	}
}

static void put_elements(struct text *t, const struct ir_set *s)
{
	if (!s->nelements)
		return;
	buffer_lit(t->b, "\t\telements = {\n");
	for (uint32_t i = 0; i < s->nelements; i++) {
		buffer_lit(t->b, "\t\t\t");
		put_element(t, s, &s->elements[i]);
		buffer_lit(t->b, ",\n");
	}
	buffer_lit(t->b, "\t\t}\n");
}

void text_set(struct text *t, const struct ir_set *s)
{
	struct buffer *b = t->b;

	text_renamed(t, s->flags & SET_MAP ? "map" : "set", s->name, s->nft_name);
	buffer_puts(b, s->flags & SET_MAP ? "\tmap " : "\tset ");
	buffer_puts(b, s->nft_name);
	buffer_lit(b, " {\n");
	put_key_type(t, s);
	put_set_flags(t, s->flags);
	if (s->size) {
		buffer_lit(b, "\t\tsize ");
		buffer_u64(b, s->size);
		buffer_char(b, '\n');
	}
	if (s->timeout) {
		buffer_lit(b, "\t\ttimeout ");
		text_time(b, s->timeout);
		buffer_char(b, '\n');
	}
	if (s->gc_interval) {
		buffer_lit(b, "\t\tgc-interval ");
		text_time(b, s->gc_interval);
		buffer_char(b, '\n');
	}
	for (const struct inst *i = s->exprs; i; i = i->next) {
		buffer_lit(b, "\t\t");
		text_stateful(t, i);
		buffer_char(b, '\n');
	}
	if (s->comment && *s->comment) {
		buffer_lit(b, "\t\tcomment ");
		text_comment(t, s->comment, strlen(s->comment));
		buffer_char(b, '\n');
	}
	put_elements(t, s);
	buffer_lit(b, "\t}\n\n");
}
