/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "needs.h"

#include "target.h"

#define BIT(f) ((uint64_t)1 << FEATURE_##f)

/* net/netfilter/Kconfig; nf_tables_core.c for those that are always there. */
const struct feature_info feature_table[FEATURE_COUNT] = {
	[FEATURE_BITWISE] = { "bitwise", NULL, 0 },
	[FEATURE_BYTEORDER] = { "byteorder", NULL, 0 },
	[FEATURE_CMP] = { "cmp", NULL, 0 },
	[FEATURE_CONNLIMIT] = { "connlimit", "NFT_CONNLIMIT", VERSION_OF(4, 18, 0) },
	[FEATURE_COUNTER] = { "counter", NULL, 0 },
	[FEATURE_CT] = { "ct", "NFT_CT", 0 },
	[FEATURE_DUP] = { "dup", "NFT_DUP_IPV4, NFT_DUP_IPV6", VERSION_OF(4, 3, 0) },
	[FEATURE_DYNSET] = { "dynset", NULL, VERSION_OF(4, 1, 0) },
	[FEATURE_EXTHDR] = { "exthdr", NULL, 0 },
	[FEATURE_FIB] = { "fib", "NFT_FIB_IPV4, NFT_FIB_IPV6", VERSION_OF(4, 10, 0) },
	[FEATURE_HASH] = { "hash", "NFT_HASH", VERSION_OF(4, 9, 0) },
	[FEATURE_IMMEDIATE] = { "immediate", NULL, 0 },
	[FEATURE_LIMIT] = { "limit", "NFT_LIMIT", 0 },
	[FEATURE_LOG] = { "log", "NFT_LOG", 0 },
	[FEATURE_LOOKUP] = { "lookup", NULL, 0 },
	[FEATURE_MASQ] = { "masq", "NFT_MASQ", VERSION_OF(3, 18, 0) },
	[FEATURE_MATCH] = { "match and target", "NFT_COMPAT", 0 },
	[FEATURE_META] = { "meta", NULL, 0 },
	[FEATURE_NAT] = { "nat", "NFT_NAT", 0 },
	[FEATURE_NOTRACK] = { "notrack", "NFT_CT", VERSION_OF(4, 10, 0) },
	[FEATURE_NUMGEN] = { "numgen", "NFT_NUMGEN", VERSION_OF(4, 9, 0) },
	[FEATURE_OBJREF] = { "objref", NULL, VERSION_OF(4, 10, 0) },
	[FEATURE_OSF] = { "osf", "NFT_OSF", VERSION_OF(4, 19, 0) },
	[FEATURE_PAYLOAD] = { "payload", NULL, 0 },
	[FEATURE_QUEUE] = { "queue", "NFT_QUEUE", VERSION_OF(3, 14, 0) },
	[FEATURE_QUOTA] = { "quota", "NFT_QUOTA", VERSION_OF(4, 9, 0) },
	[FEATURE_RANGE] = { "range", NULL, VERSION_OF(4, 9, 0) },
	[FEATURE_REDIR] = { "redir", "NFT_REDIR", VERSION_OF(3, 19, 0) },
	[FEATURE_REJECT] = { "reject", "NFT_REJECT", VERSION_OF(3, 14, 0) },
	[FEATURE_RT] = { "rt", NULL, VERSION_OF(4, 10, 0) },
	[FEATURE_SOCKET] = { "socket", "NFT_SOCKET", VERSION_OF(4, 18, 0) },
	[FEATURE_SYNPROXY] = { "synproxy", "NFT_SYNPROXY", VERSION_OF(5, 3, 0) },
	[FEATURE_TPROXY] = { "tproxy", "NFT_TPROXY", VERSION_OF(4, 19, 0) },
	[FEATURE_XFRM] = { "xfrm", "NFT_XFRM", VERSION_OF(4, 20, 0) },
};

static uint64_t of_operands(const struct operand *o, unsigned n);

static uint64_t of_operand(const struct operand *o)
{
	uint64_t need = o->nxf ? BIT(BITWISE) : 0;

	switch ((enum field_kind)field_table[o->field].kind) {
	case KIND_META: return need | BIT(META);
	case KIND_CT: return need | BIT(CT);
	case KIND_PAYLOAD:
	case KIND_RAW: return need | BIT(PAYLOAD);
	case KIND_EXTHDR:
	case KIND_TCPOPT:
	case KIND_IPOPT:
	case KIND_SCTPCHUNK: return need | BIT(EXTHDR);
	case KIND_FIB: return need | BIT(FIB);
	case KIND_RT: return need | BIT(RT);
	case KIND_SOCKET: return need | BIT(SOCKET);
	case KIND_IPSEC: return need | BIT(XFRM);
	case KIND_OSF: return need | BIT(OSF);
	case KIND_GEN: break;
	}
	if (o->field == FIELD_NUMGEN_INC || o->field == FIELD_NUMGEN_RANDOM)
		return need | BIT(NUMGEN);
	return need | BIT(HASH) | of_operands(o->gen->of, o->field == FIELD_JHASH ? o->gen->nof : 0);
}

static uint64_t of_operands(const struct operand *o, unsigned n)
{
	uint64_t need = 0;

	for (unsigned i = 0; i < n; i++)
		need |= of_operand(&o[i]);
	return need;
}

/* Ordered comparisons are made in network byte order. */
static uint64_t of_test(const struct inst_test *t)
{
	const struct field_info *f = &field_table[t->lhs.field];
	uint64_t need = of_operand(&t->lhs);
	bool ordered = t->op >= TEST_LT;

	if (ordered && f->order == ORDER_HOST && operand_bytes(&t->lhs) > 1 &&
	    (t->op < TEST_IN || t->n == 1))
		need |= BIT(BYTEORDER);
	if (operand_bits(&t->lhs) % 8)
		need |= BIT(BITWISE);
	if (t->op < TEST_IN)
		return need | BIT(CMP);
	if (t->n > 1)
		return need | BIT(LOOKUP);
	return need | (t->op == TEST_NOTIN ? BIT(RANGE) : BIT(CMP));
}

static uint64_t of_assign(const struct inst_assign *a)
{
	uint64_t need = of_operand(&a->dst);

	switch (a->from) {
	case ASSIGN_VALUE: return need | BIT(IMMEDIATE);
	case ASSIGN_OPERAND: return need | of_operand(&a->src);
	case ASSIGN_MAP: return need | of_operand(&a->src) | BIT(LOOKUP);
	case ASSIGN_LOOKUP: break;
	}
	need |= a->nkey ? of_operands(a->key, a->nkey) : of_operand(&a->src);
	return need | BIT(LOOKUP);
}

static uint64_t of_nat(const struct inst_nat *n)
{
	uint64_t need = n->has_addr || n->has_port ? BIT(IMMEDIATE) : 0;

	if (n->port_key)
		need |= of_operand(n->port_key) | BIT(LOOKUP);
	if (n->kind == NAT_MASQUERADE)
		return need | BIT(MASQ);
	return need | (n->kind == NAT_REDIRECT ? BIT(REDIR) : BIT(NAT));
}

static uint64_t of_inst(const struct inst *i);

static uint64_t of_list(const struct inst *i)
{
	uint64_t need = 0;

	for (; i; i = i->next)
		need |= of_inst(i);
	return need;
}

static uint64_t of_inst(const struct inst *i)
{
	switch ((enum inst_kind)i->kind) {
	case INST_TEST: return of_test(&i->test);
	case INST_LOOKUP: return of_operands(i->lookup.key, i->lookup.nkey) | BIT(LOOKUP);
	case INST_NEED_HEADER: return 0;
	case INST_LIMIT: return BIT(LIMIT);
	case INST_QUOTA: return BIT(QUOTA);
	case INST_CONNLIMIT: return BIT(CONNLIMIT);
	case INST_DYNSET:
		return BIT(DYNSET) | of_operands(i->dynset.key, i->dynset.nkey) |
		       of_list(i->dynset.exprs) | (i->dynset.data ? of_operand(i->dynset.data) : 0);
	case INST_OBJREF: return BIT(OBJREF);
	case INST_COUNTER: return BIT(COUNTER);
	case INST_LOG: return BIT(LOG);
	case INST_ASSIGN: return of_assign(&i->assign);
	case INST_NAT: return of_nat(&i->nat);
	case INST_REJECT: return BIT(REJECT);
	case INST_TPROXY: return BIT(TPROXY) | BIT(IMMEDIATE);
	case INST_QUEUE: return BIT(QUEUE);
	case INST_DUP: return BIT(DUP) | BIT(IMMEDIATE);
	case INST_SYNPROXY: return BIT(SYNPROXY);
	case INST_NOTRACK: return BIT(NOTRACK);
	case INST_TCPOPT_STRIP: return BIT(EXTHDR);
	case INST_VERDICT: return BIT(IMMEDIATE);
	case INST_COMPAT: return BIT(MATCH);
	case INST_OPAQUE:
	case INST_COUNT: break;
	}
	return 0;
}

uint64_t features_needed(const struct ir *ir)
{
	uint64_t need = 0;

	for (const struct ir_chain *c = ir->chains; c; c = c->next)
		for (const struct ir_rule *r = c->rules; r; r = r->next)
			for (const struct ir_clause *k = r->clauses; k; k = k->next)
				need |= of_list(k->first);
	for (const struct ir_set *s = ir->sets; s; s = s->next)
		need |= of_list(s->exprs);
	return need;
}

static const struct inst *first_use(const struct ir *ir, uint64_t bit)
{
	for (const struct ir_chain *c = ir->chains; c; c = c->next)
		for (const struct ir_rule *r = c->rules; r; r = r->next)
			for (const struct ir_clause *k = r->clauses; k; k = k->next)
				for (const struct inst *i = k->first; i; i = i->next)
					if (of_inst(i) & bit)
						return i;
	return NULL;
}

static unsigned newest_feature(void)
{
	unsigned newest = 0;

	for (unsigned f = 0; f < FEATURE_COUNT; f++)
		if (feature_table[f].since > newest)
			newest = feature_table[f].since;
	return newest;
}

void features_check(const struct ir *ir, unsigned version)
{
	uint64_t need = version < newest_feature() ? features_needed(ir) : 0;

	for (unsigned f = 0; f < FEATURE_COUNT; f++) {
		const struct feature_info *i = &feature_table[f];
		const struct inst *use;

		if (!(need & (uint64_t)1 << f) || version >= i->since)
			continue;
		use = first_use(ir, (uint64_t)1 << f);
		diag_add(ir->diags, IPTC2NFT_SEV_UNSUPPORTED, use ? use->at : (struct span){ 0 },
			 "this needs the '%s' expression of nf_tables, which kernels before %u.%u do not have",
			 i->name, i->since >> 16, i->since >> 8 & 0xff);
	}
}
