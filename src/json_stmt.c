/* SPDX-License-Identifier: GPL-2.0-or-later */
/* json_stmt: one instruction of a rule. */
#include "json.h"

#include <string.h>
#include "ext.h"
#include "words.h"

json_t *json_limit(const struct inst_limit *l)
{
	json_t *v = json_pack("{s:o, s:s, s:o, s:b}", "rate", json_number(l->rate), "per",
			      words_limit_unit(l->unit), "burst", json_number(l->burst), "inv",
			      l->over);

	if (l->bytes) {
		json_object_set_new(v, "rate_unit", json_string("bytes"));
		json_object_set_new(v, "burst_unit", json_string("bytes"));
	}
	return v;
}

static json_t *counter(const struct inst_counter *c)
{
	if (!c->initial.packets && !c->initial.bytes)
		return json_pack("{s:n}", "counter");
	/* nft reads them as signed numbers of 64 bits and takes them for unsigned ones. */
	return json_pack("{s:{s:I, s:I}}", "counter", "packets", (json_int_t)c->initial.packets, "bytes",
			 (json_int_t)c->initial.bytes);
}

json_t *json_stateful(const struct inst *i)
{
	if (i->kind == INST_LIMIT)
		return json_pack("{s:o}", "limit", json_limit(&i->limit));
	if (i->kind == INST_QUOTA)
		return json_pack("{s:{s:o, s:b}}", "quota", "val", json_number(i->quota.bytes),
				 "inv", i->quota.over);
	if (i->kind == INST_CONNLIMIT)
		return json_pack("{s:{s:i, s:b}}", "ct count", "val", (int)i->connlimit.count,
				 "inv", i->connlimit.over);
	return counter(&i->counter);
}

static json_t *lookup(struct json *j, const struct inst_lookup *l)
{
	json_t *key = json_concat(j, l->key, l->nkey);
	json_t *set = json_set_inline(l->set) ? json_set_elements(j, l->set) : json_setref(j, l->set->name);

	return json_pack("{s:{s:s, s:o, s:o}}", "match", "op", l->invert ? "!=" : "==", "left", key,
			 "right", set);
}

static json_t *dynset(struct json *j, const struct inst_dynset *d)
{
	static const char *const ops[] = { "add", "update", "delete" };
	json_t *elem = json_concat(j, d->key, d->nkey);
	json_t *v;

	if (d->invert)
		json_refuse(j, "nft's JSON has no form for an inverted set update");
	if (d->data)
		json_refuse(j, "nft's JSON has no form for the update of a map");
	if (d->timeout % 1000)
		json_refuse(j, "nft's JSON has no timeouts of less than a second");
	if (d->timeout)
		elem = json_pack("{s:{s:o, s:o}}", "elem", "val", elem, "timeout",
				 json_number(d->timeout / 1000));
	v = json_pack("{s:s, s:o, s:o}", "op", ops[d->op], "elem", elem, "set",
		      json_setref(j, d->set->name));
	if (d->exprs) {
		json_t *list = json_array();

		for (const struct inst *i = d->exprs; i; i = i->next)
			json_array_append_new(list, json_stateful(i));
		json_object_set_new(v, "stmt", list);
	}
	return json_pack("{s:o}", "set", v);
}

static json_t *objref(struct json *j, const struct ir_object *o)
{
	const char *kind = NULL;

	switch (o->kind) {
	case OBJECT_COUNTER: kind = "counter"; break;
	case OBJECT_QUOTA: kind = "quota"; break;
	case OBJECT_LIMIT: kind = "limit"; break;
	case OBJECT_CT_HELPER: kind = "ct helper"; break;
	case OBJECT_CT_TIMEOUT: kind = "ct timeout"; break;
	case OBJECT_CT_EXPECT: kind = "ct expectation"; break;
	case OBJECT_SECMARK: kind = "secmark"; break;
	case OBJECT_SYNPROXY: kind = "synproxy"; break;
	case OBJECT_CONNLIMIT: break;
	}
	if (!kind) {
		json_refuse(j, "nft's JSON has no named connection limits");
		return json_null();
	}
	return json_pack("{s:o}", kind, json_word(j, o->name, strlen(o->name)));
}

static json_t *verdict(struct json *j, const struct inst_verdict *v)
{
	static const char *const words[] = { "accept", "drop", "return", "jump", "goto" };

	if (v->kind < VERDICT_JUMP)
		return json_pack("{s:n}", words[v->kind]);

	size_t len = strlen(v->chain->name);

	if (len && v->chain->name[len - 1] == '*')
		json_refuse(j, "nft's JSON takes the * at the end of a chain name for a wildcard");
	return json_pack("{s:{s:o}}", words[v->kind], "target", json_chain_name(j, v->chain));
}

static json_t *strip(const struct inst_tcpopt_strip *s)
{
	return json_pack("{s:{s:{s:i, s:i, s:i}}}", "reset", "tcp option", "base", s->kind,
			 "offset", 0, "len", 8);
}

json_t *json_inst(struct json *j, const struct inst *i)
{
	j->text.inst = i;
	switch ((enum inst_kind)i->kind) {
	case INST_TEST: return json_test(j, &i->test);
	case INST_LOOKUP: return lookup(j, &i->lookup);
	case INST_NEED_HEADER: json_refuse(j, "a header check was left unexpanded"); break;
	case INST_LIMIT:
	case INST_QUOTA:
	case INST_CONNLIMIT:
	case INST_COUNTER: return json_stateful(i);
	case INST_DYNSET: return dynset(j, &i->dynset);
	case INST_OBJREF: return objref(j, i->objref.object);
	case INST_LOG: return json_log(j, &i->log);
	case INST_ASSIGN: return json_assign(j, &i->assign);
	case INST_NAT: return json_nat(j, &i->nat);
	case INST_REJECT: return json_reject(j, &i->reject);
	case INST_TPROXY: return json_tproxy(j, &i->tproxy);
	case INST_QUEUE: return json_queue(&i->queue);
	case INST_DUP: return json_dup(j, &i->dup);
	case INST_SYNPROXY: return json_synproxy(&i->synproxy);
	case INST_NOTRACK: return json_pack("{s:n}", "notrack");
	case INST_TCPOPT_STRIP: return strip(&i->tcpopt_strip);
	case INST_VERDICT: return verdict(j, &i->verdict);
	case INST_COMPAT:
		json_refuse(j, "nft's JSON can't carry the xtables extension '%s'",
			    i->compat.ext->name);
		break;
	case INST_OPAQUE:
		json_refuse(j, "'%s' has no native form: %s", i->opaque.use->ext->name,
			    i->opaque.reason);
		break;
	case INST_COUNT: break;
	}
	return json_null();
}
