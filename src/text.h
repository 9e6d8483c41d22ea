/* SPDX-License-Identifier: GPL-2.0-or-later */
/* text: what the files of the text backend share. */
#ifndef IPTC2NFT_TEXT_H
#define IPTC2NFT_TEXT_H

#include "emit.h"
#include "nft_view.h"
#include "split.h"

struct text {
	struct ir *ir;
	struct buffer *b;
	const struct inst *inst; /* the one being written, for diagnostics */
	struct nft_view view;
	bool refused;            /* the instruction can't be written, for this reason: */
	char why[240];
	uint32_t told;           /* the place of the last diagnostic */
	uint32_t nprefixes;      /* variables defined for log prefixes */
	uint32_t prefix;         /* the next of them to be used */
};

/* The instruction can't be written. The first reason is kept until text_report() makes it a
 * diagnostic, as its caller may hold what an allocation must not lose. */
void text_refuse(struct text *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void text_vrefuse(struct text *t, const char *fmt, va_list ap) __attribute__((format(printf, 2, 0)));
void text_report(struct text *t);
/* How many of at most @max bytes of @s to keep so that no UTF-8 sequence is cut. */
size_t text_whole_characters(const char *s, size_t len, size_t max);

/* text_value.c: a value of @bytes bytes as nft reads it for this type. */
void text_value(struct text *t, enum value_type type, unsigned bytes, const struct value *v);
void text_operand_value(struct text *t, const struct operand *o, const struct value *v);
void text_range(struct text *t, const struct operand *o, const struct value_range *r);
void text_address(struct buffer *b, unsigned family, const struct addr *a);
void text_time(struct buffer *b, uint64_t ms);
/* A quoted string; nft has no escape for ", so that one is refused. @what names it. */
void text_quoted(struct text *t, const char *s, size_t len, const char *what);
/* The bits of a bitmask type by name, separated by @sep; false (nothing written): not all have. */
bool text_flags(struct text *t, enum value_type type, uint64_t v, const char *sep);

/* text_operand.c */
void text_operand(struct text *t, const struct operand *o);
void text_concat(struct text *t, const struct operand *o, unsigned n);

/* text_test.c */
void text_test(struct text *t, const struct inst_test *test);

/* text_inst.c */
void text_inst(struct text *t, const struct inst *i);
void text_stateful(struct text *t, const struct inst *i); /* LIMIT, QUOTA, CONNLIMIT, COUNTER */

/* text_target.c: what changes or answers packets */
void text_log(struct text *t, const struct inst_log *l);
void text_assign(struct text *t, const struct inst_assign *a);
void text_nat(struct text *t, const struct inst_nat *n);
void text_reject(struct text *t, const struct inst_reject *r);
void text_tproxy(struct text *t, const struct inst_tproxy *p);
void text_queue(struct text *t, const struct inst_queue *q);
void text_dup(struct text *t, const struct inst_dup *d);
void text_synproxy(struct text *t, const struct inst_synproxy *s);

/* emit_text.c: comments; the name that a renamed thing has in the input */
void text_comment(struct text *t, const char *s, size_t len);
void text_renamed(struct text *t, const char *what, const char *name, const char *nft_name);

/* emit_text.c: from rule @r of chain @c to the table's last chain */
void text_rest(struct text *t, const struct split_part *p, const struct ir_chain *c,
	       const struct ir_rule *r);

/* text_set.c, text_inst.c: declarations */
void text_set(struct text *t, const struct ir_set *s);
void text_object(struct text *t, const struct ir_object *o);

#endif
