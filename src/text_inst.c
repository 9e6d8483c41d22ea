/* SPDX-License-Identifier: GPL-2.0-or-later */
/* text_inst: one instruction of a rule. */
#include "text.h"

#include <string.h>
#include "ext.h"
#include "words.h"

static void put_limit(struct text *t, const struct inst_limit *l)
{
	if (l->over)
		buffer_lit(t->b, "over ");
	buffer_u64(t->b, l->rate);
	if (l->bytes)
		buffer_lit(t->b, " bytes");
	buffer_char(t->b, '/');
	buffer_puts(t->b, words_limit_unit(l->unit));
	buffer_lit(t->b, " burst ");
	buffer_u64(t->b, l->burst);
	buffer_puts(t->b, l->bytes ? " bytes" : " packets");
}

static void put_quota(struct text *t, const struct inst_quota *q)
{
	if (q->over)
		buffer_lit(t->b, "over ");
	buffer_u64(t->b, q->bytes);
	buffer_lit(t->b, " bytes");
}

static void put_counter(struct text *t, const struct inst_counter *c)
{
	buffer_lit(t->b, "packets ");
	buffer_u64(t->b, c->initial.packets);
	buffer_lit(t->b, " bytes ");
	buffer_u64(t->b, c->initial.bytes);
}

void text_stateful(struct text *t, const struct inst *i)
{
	if (i->kind == INST_LIMIT) {
		buffer_lit(t->b, "limit rate ");
		put_limit(t, &i->limit);
	} else if (i->kind == INST_QUOTA) {
		buffer_lit(t->b, "quota ");
		put_quota(t, &i->quota);
	} else if (i->kind == INST_CONNLIMIT) {
		buffer_puts(t->b, i->connlimit.over ? "ct count over " : "ct count ");
		buffer_u64(t->b, i->connlimit.count);
	} else if (i->kind == INST_COUNTER) {
		buffer_lit(t->b, "counter");
		if (i->counter.initial.packets || i->counter.initial.bytes) {
			buffer_char(t->b, ' ');
			put_counter(t, &i->counter);
		}
	}
}

static void put_lookup(struct text *t, const struct inst_lookup *l)
{
	text_concat(t, l->key, l->nkey);
	buffer_puts(t->b, l->invert ? " != @" : " @");
	buffer_puts(t->b, l->set->nft_name);
}

static void put_dynset(struct text *t, const struct inst_dynset *d)
{
	static const char *const ops[] = { "add @", "update @", "delete @" };

	if (d->invert)
		text_refuse(t, "nft's text has no form for an inverted set update");
	buffer_puts(t->b, ops[d->op]);
	buffer_puts(t->b, d->set->nft_name);
	buffer_lit(t->b, " { ");
	text_concat(t, d->key, d->nkey);
	if (d->timeout) {
		buffer_lit(t->b, " timeout ");
		text_time(t->b, d->timeout);
	}
	for (const struct inst *i = d->exprs; i; i = i->next) {
		buffer_char(t->b, ' ');
		text_stateful(t, i);
	}
	if (d->data) {
		buffer_lit(t->b, " : ");
		text_operand(t, d->data);
	}
	buffer_lit(t->b, " }");
}

static void put_objref(struct text *t, const struct ir_object *o)
{
	const char *how = NULL;

	switch (o->kind) {
	case OBJECT_COUNTER: how = "counter name "; break;
	case OBJECT_QUOTA: how = "quota name "; break;
	case OBJECT_LIMIT: how = "limit name "; break;
	case OBJECT_CT_HELPER: how = "ct helper set "; break;
	case OBJECT_CT_TIMEOUT: how = "ct timeout set "; break;
	case OBJECT_CT_EXPECT: how = "ct expectation set "; break;
	case OBJECT_SECMARK: how = "meta secmark set "; break;
	case OBJECT_SYNPROXY: how = "synproxy name "; break;
	case OBJECT_CONNLIMIT: break;
	}
	if (!how) {
		text_refuse(t, "nft's text has no named connection limits");
		return;
	}
	buffer_puts(t->b, how);
	buffer_char(t->b, '"');
	buffer_puts(t->b, o->nft_name);
	buffer_char(t->b, '"');
}

static void put_verdict(struct text *t, const struct inst_verdict *v)
{
	static const char *const words[] = { "accept", "drop", "return", "jump ", "goto " };

	buffer_puts(t->b, words[v->kind]);
	if (v->kind >= VERDICT_JUMP)
		buffer_puts(t->b, v->chain->nft_name);
}

void text_inst(struct text *t, const struct inst *i)
{
	t->inst = i;
	switch ((enum inst_kind)i->kind) {
	case INST_TEST: text_test(t, &i->test); break;
	case INST_LOOKUP: put_lookup(t, &i->lookup); break;
	case INST_NEED_HEADER: text_refuse(t, "a header check was left unexpanded"); break;
	case INST_LIMIT:
	case INST_QUOTA:
	case INST_CONNLIMIT:
	case INST_COUNTER: text_stateful(t, i); break;
	case INST_DYNSET: put_dynset(t, &i->dynset); break;
	case INST_OBJREF: put_objref(t, i->objref.object); break;
	case INST_LOG: text_log(t, &i->log); break;
	case INST_ASSIGN: text_assign(t, &i->assign); break;
	case INST_NAT: text_nat(t, &i->nat); break;
	case INST_REJECT: text_reject(t, &i->reject); break;
	case INST_TPROXY: text_tproxy(t, &i->tproxy); break;
	case INST_QUEUE: text_queue(t, &i->queue); break;
	case INST_DUP: text_dup(t, &i->dup); break;
	case INST_SYNPROXY: text_synproxy(t, &i->synproxy); break;
	case INST_NOTRACK: buffer_lit(t->b, "notrack"); break;
	case INST_TCPOPT_STRIP:
		buffer_lit(t->b, "reset tcp option ");
		buffer_u64(t->b, i->tcpopt_strip.kind);
		break;
	case INST_VERDICT: put_verdict(t, &i->verdict); break;
	case INST_COMPAT:
		text_refuse(t, "nft's text can't carry the xtables extension '%s'",
			    i->compat.ext->name);
		break;
	case INST_OPAQUE:
		text_refuse(t, "'%s' has no native form: %s", i->opaque.use->ext->name,
			    i->opaque.reason);
		break;
	case INST_COUNT: break;
	}
}

/* Bodies of named objects: the same words as in a rule. */
void text_object(struct text *t, const struct ir_object *o)
{
	struct buffer *b = t->b;
	const char *kind = NULL;

	switch (o->kind) {
	case OBJECT_COUNTER: kind = "counter "; break;
	case OBJECT_QUOTA: kind = "quota "; break;
	case OBJECT_LIMIT: kind = "limit "; break;
	case OBJECT_CT_HELPER: kind = "ct helper "; break;
	case OBJECT_SECMARK: kind = "secmark "; break;
	case OBJECT_CT_TIMEOUT:
	case OBJECT_CT_EXPECT:
	case OBJECT_SYNPROXY:
	case OBJECT_CONNLIMIT: break;
	}
	if (!kind) {
		text_refuse(t, "nft's text has no form for the object '%s'", o->name);
		return;
	}
	buffer_char(b, '\t');
	buffer_puts(b, kind);
	buffer_puts(b, o->nft_name);
	buffer_lit(b, " {\n\t\t");
	if (o->kind == OBJECT_COUNTER) {
		put_counter(t, &o->counter);
	} else if (o->kind == OBJECT_QUOTA) {
		put_quota(t, &o->quota);
	} else if (o->kind == OBJECT_LIMIT) {
		buffer_lit(b, "rate ");
		put_limit(t, &o->limit);
	} else if (o->kind == OBJECT_SECMARK) {
		text_quoted(t, o->secmark, strlen(o->secmark), "the security context");
	} else {
		buffer_lit(b, "type ");
		text_quoted(t, o->ct_helper.helper, strlen(o->ct_helper.helper),
			    "the helper's name");
		buffer_lit(b, " protocol ");
		text_value(t, TYPE_PROTO, 1, &(struct value){ { o->ct_helper.l4proto } });
		buffer_puts(b, t->ir->family == FAMILY_IPV4 ? "\n\t\tl3proto ip"
							    : "\n\t\tl3proto ip6");
	}
	buffer_lit(b, "\n\t}\n\n");
}
