/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nl: what the files of the netlink backend share.
 *
 * The backend writes nfnetlink messages (net/netfilter/nf_tables_api.c) straight into one buffer:
 * table, objects, sets, chains, then rules, each behind the anonymous sets that it looks up.
 * Nothing is kept per message, so that the cost is linear in the rules and the memory is that of
 * the batch. Every message has a sequence number of its own; where an error names one, the ruleset
 * is walked again to find what the message was made of (struct nl_find).
 *
 * Register numbers, byte orders, the forms of sets and so on are those that nft 1.0.6 chooses for
 * the text of the same IR, so that both leave the same rules in the kernel, and nft lists them
 * alike.
 */
#ifndef IPTC2NFT_NL_H
#define IPTC2NFT_NL_H

#include "emit.h"
#include "nft_view.h"
#include "split.h"

/* Registers are counted in words of 4 bytes, as nft_regs has them, behind the verdict. */
#define NL_VERDICT 0xffu
#define NL_WORDS   16u /* NFT_REG32_15 is the last */
#define NL_WIDE    4u  /* words of a 128-bit register, nft's step from one to the next */

/* What an error's message is about. The nearest instruction before the offset is blamed. */
struct nl_find {
	uint32_t seq;    /* look for this message */
	uint32_t offset; /* of the attribute in it; 0: not known */
	bool found;
	struct span at;
	const char *what; /* "rule", "chain", … */
	const char *name; /* of the chain, set or object; a rule's chain */
	const char *expr; /* of a rule: the kernel's name of the expression, or NULL */
};

struct nl {
	struct ir *ir;
	struct buffer *b;
	uint8_t family; /* NFPROTO_* */
	const char *table;
	size_t message; /* where the open message starts */
	uint32_t seq;   /* its number */
	uint32_t set_id;
	uint32_t nexprs; /* in the open rule */
	struct nft_view view;
	const struct inst *inst; /* the one being written */
	bool refused;            /* the open message can't be, for this reason: */
	char why[240];
	struct nl_find *find;
	struct nl_pair *pairs; /* room that anonymous sets are sorted in */
	uint32_t npairs;
};

void nl_refuse(struct nl *n, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Messages: nl_batch.c. @what, @name and @at are what is said in an error. */
void nl_message(struct nl *n, unsigned type, unsigned flags, struct span at, const char *what,
		const char *name);
void nl_message_end(struct nl *n);
void nl_batch(struct ir *ir, struct buffer *out, struct nl_find *find);
/* The instruction is part of the open message from here on. */
void nl_inst_starts(struct nl *n, const struct inst *i);

/*
 * Expressions: nl_expr.c, one function for each of the kernel's. Registers are words.
 */
struct nl_nest {
	size_t outer, inner;
};
struct nl_nest nl_expr(struct nl *n, const char *name);
/* In another attribute than a list's element: a set's or an element's expression. */
struct nl_nest nl_expr_in(struct nl *n, unsigned attr, const char *name);
void nl_expr_end(struct nl *n, struct nl_nest e);
void nl_register(struct nl *n, unsigned attr, unsigned word);
void nl_data(struct nl *n, unsigned attr, const void *p, size_t len);

void nl_payload(struct nl *n, unsigned base, unsigned offset, unsigned bytes, unsigned word);
void nl_bitwise(struct nl *n, unsigned word, const void *mask, const void *flip, unsigned bytes);
void nl_shift(struct nl *n, unsigned word, bool left, uint32_t bits, unsigned bytes);
void nl_byteorder(struct nl *n, unsigned word, bool to_host, unsigned bytes);
void nl_cmp(struct nl *n, unsigned word, unsigned op, const void *p, unsigned bytes);
void nl_outside(struct nl *n, unsigned word, const void *from, const void *to, unsigned bytes);
/* @to: the word that gets a map's value, or NL_VERDICT. @id: of an anonymous set, else 0. */
void nl_lookup(struct nl *n, unsigned word, const char *set, uint32_t id, bool invert, unsigned to);
void nl_immediate(struct nl *n, unsigned word, const void *p, unsigned bytes);

/*
 * Operands: nl_operand.c. What a register holds after a load: @shift is how far the value still is
 * from its place: fields that are not whole bytes, where the caller of nl_load() may shift what it
 * compares with.
 */
struct nl_reg {
	unsigned word, bytes, shift;
	bool host; /* byte order */
};
struct nl_reg nl_load(struct nl *n, const struct operand *o, unsigned word, bool may_shift);
/* What nl_load() would leave, without loading. */
struct nl_reg nl_shape(const struct operand *o, bool may_shift);
/* The register in network byte order. */
void nl_to_network(struct nl *n, struct nl_reg *r);
/* Several operands side by side, each from a word of its own. With @net all of them in that
 * byte order. Returns the words used. */
unsigned nl_concat(struct nl *n, const struct operand *o, unsigned nops, unsigned word, bool net);
/* fib, rt, socket, xfrm, numgen, hash: the kernel's number of the field; -1: not one of these. */
int nl_key(const struct operand *o);

/* nl_value.c */
unsigned nl_words(unsigned bytes);
/* A value as the register holds it; @out has room for 16 bytes. */
void nl_value(const struct nl_reg *r, const struct operand *o, const struct value *v, uint8_t *out);
/* The machine's byte order is not the network's, and the register is in it. */
bool nl_swapped(const struct nl_reg *r);
void nl_reverse(uint8_t *p, unsigned n);
/* The bytes of a payload field: from, how many, and how far the value is from the right. */
struct nl_bits {
	unsigned offset, bytes, shift;
};
struct nl_bits nl_bits(unsigned offset, unsigned bits);
/* a << shift on @bytes bytes, from a value of @from bytes. */
void nl_shift_bytes(uint8_t *out, unsigned bytes, const uint8_t *in, unsigned from, unsigned shift);

/* nl_test.c */
void nl_test(struct nl *n, const struct inst_test *t);

/* nl_join.c: the tests of a clause that nft makes one of, adjacent header fields. */
#define NL_JOIN_MAX 16
struct nl_join {
	const struct inst *inst;
	unsigned base, offset, bytes; /* offset and bytes 0: the test is part of another */
	uint8_t value[16];
	bool wider;
};
struct nl_joins {
	struct nl_join all[NL_JOIN_MAX];
	unsigned count;
};
void nl_joins_find(struct nl_joins *j, const struct ir_clause *c);
/* True: written, or part of one that is. */
bool nl_joined(struct nl *n, const struct nl_joins *j, const struct inst *i);

/* nl_inst.c */
void nl_inst(struct nl *n, const struct inst *i);
/* What both expressions and objects say of themselves. */
void nl_put_limit(struct nl *n, const struct inst_limit *l);
void nl_put_quota(struct nl *n, const struct inst_quota *q);
void nl_put_counter(struct nl *n, const struct counters *c);
void nl_stateful(struct nl *n, const struct inst *i, struct nl_nest e);
const char *nl_stateful_name(const struct inst *i);
/* @attr holds one expression, @list_attr several. */
void nl_statefuls(struct nl *n, const struct inst *i, unsigned attr, unsigned list_attr);

/* nl_target.c */
void nl_log(struct nl *n, const struct inst_log *l);
void nl_nat(struct nl *n, const struct inst_nat *t);
void nl_reject(struct nl *n, const struct inst_reject *r);
void nl_tproxy(struct nl *n, const struct inst_tproxy *p);
void nl_queue(struct nl *n, const struct inst_queue *q);
void nl_dup(struct nl *n, const struct inst_dup *d);
void nl_synproxy(struct nl *n, const struct inst_synproxy *s);
void nl_strip(struct nl *n, const struct inst_tcpopt_strip *s);

/* nl_assign.c */
void nl_assign(struct nl *n, const struct inst_assign *a);

/*
 * Sets: nl_set.c and nl_element.c.
 * An anonymous set goes before the rule that uses it: nl_clause_sets() sends those of a clause
 * and numbers them from n->set_id + 1 on; the instructions count n->set_id up in the same order.
 */
void nl_set(struct nl *n, const struct ir_set *s);
void nl_clause_sets(struct nl *n, const struct ir_clause *c);
/* Does the test need an anonymous set, and one of intervals? */
bool nl_needs_set(const struct inst_test *t);
bool nl_ranges_wide(const struct value_range *r, uint32_t count);
bool nl_entries_wide(const struct map_entry *e, uint32_t count);

/* nl_element.c: the elements of a set, as many messages as it takes. */
struct nl_pair {
	struct value_range key;
	const struct value_range *data; /* or NULL */
};
struct nl_anonymous {
	const struct operand *key, *data; /* data: maps, or NULL */
	struct nl_reg shape;              /* of keys */
	struct nl_pair *pairs;
	uint32_t count;
	bool intervals;
	const char *name;
	uint32_t id;
};
/* For intervals: sorted, and where there is no data, overlapping and adjacent ones made one. */
void nl_merge(struct nl_anonymous *a);
/* How many elements there will be, as nft counts them. */
uint32_t nl_anonymous_size(const struct nl_anonymous *a);
void nl_anonymous_elements(struct nl *n, const struct nl_anonymous *a);
/* Has a set of intervals one that starts at zero? */
bool nl_starts_at_zero(const struct ir_set *s);
void nl_set_elements(struct nl *n, const struct ir_set *s, uint32_t id);

/* nl_udata.c: nft's own notes, which its listing needs; and its numbers of types. */
unsigned nl_type(const struct nl *n, const struct operand *o);
enum { NL_HOST_ORDER = 1, NL_BIG_ENDIAN = 2 }; /* nft's enum byteorder */
unsigned nl_byte_order(const struct operand *o);
struct nl_udata {
	uint8_t b[256]; /* NFT_USERDATA_MAXLEN */
	size_t len;
};
void udata_put(struct nl_udata *u, unsigned type, const void *p, size_t len);
void udata_u32(struct nl_udata *u, unsigned type, uint32_t v);
/* A comment as nft's text can hold it. */
void udata_comment(struct nl_udata *u, unsigned type, const char *s, size_t len);
void udata_typeof(const struct nl *n, struct nl_udata *u, unsigned type, const struct operand *o);
/* Of several fields; @count 0: nft notes only that there are several. */
void udata_typeof_concat(const struct nl *n, struct nl_udata *u, unsigned type,
			 const struct operand *o, unsigned count);

/* nl_object.c */
void nl_object(struct nl *n, const struct ir_object *o);
unsigned nl_object_type(enum object_kind k);

#endif
