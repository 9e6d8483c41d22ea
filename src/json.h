/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * json: what the files of the JSON backend share. The schema is nft's own (libnftables-json(5)).
 *
 * Functions return new references; NULL means that memory ran out, which jansson's pack functions
 * pass on. Between the first object of a command and its end nothing is allocated from the arena:
 * what can't be said is noted and reported afterwards.
 */
#ifndef IPTC2NFT_JSON_H
#define IPTC2NFT_JSON_H

#include <jansson.h>
#include "names.h"
#include "text.h"

struct json {
	struct ir *ir;
	struct buffer *b;
	struct text text; /* values are nft's words here too; its buffer is a scratch */
	json_t *root;     /* the command that is being written; freed with the arena */
	bool first;
};

/* The instruction can't be written as JSON. */
void json_refuse(struct json *j, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* json_expr.c */
json_t *json_word(struct json *j, const char *s, size_t len); /* a string that nft takes as it is */
json_t *json_number(uint64_t n);
json_t *json_value(struct json *j, const struct operand *o, const struct value *v);
json_t *json_range(struct json *j, const struct operand *o, const struct value_range *r);
json_t *json_prefix(json_t *address, unsigned len);
json_t *json_address(struct json *j, const struct addr *a);
json_t *json_operand(struct json *j, const struct operand *o);
json_t *json_concat(struct json *j, const struct operand *o, unsigned n);
json_t *json_setref(struct json *j, const char *name);

/* json_stmt.c */
json_t *json_inst(struct json *j, const struct inst *i);
json_t *json_stateful(const struct inst *i);
json_t *json_limit(const struct inst_limit *l);
json_t *json_test(struct json *j, const struct inst_test *t); /* json_test.c */

/* json_target.c */
json_t *json_log(struct json *j, const struct inst_log *l);
json_t *json_assign(struct json *j, const struct inst_assign *a);
json_t *json_nat(struct json *j, const struct inst_nat *n);
json_t *json_reject(struct json *j, const struct inst_reject *r);
json_t *json_tproxy(struct json *j, const struct inst_tproxy *p);
json_t *json_queue(const struct inst_queue *q);
json_t *json_dup(struct json *j, const struct inst_dup *d);
json_t *json_synproxy(const struct inst_synproxy *s);

/* json_set.c: the object of an "add" command, without family and table */
json_t *json_set(struct json *j, const struct ir_set *s);
/* Constant sets of keys that nft's JSON has no type for stand in the rules that look into them. */
bool json_set_inline(const struct ir_set *s);
json_t *json_set_elements(struct json *j, const struct ir_set *s); /* {"set": […]} */
json_t *json_object_of(struct json *j, const struct ir_object *o); /* {"counter": {…}}; NULL too
								     when it was refused */
/* A comment of at most nft's length; bytes that are no UTF-8 become '?'. */
json_t *json_comment(const char *s, size_t len);
json_t *json_chain_name(struct json *j, const struct ir_chain *c);

#endif
