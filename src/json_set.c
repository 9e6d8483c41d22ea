/* SPDX-License-Identifier: GPL-2.0-or-later */
/* json_set: named sets, maps and objects. */
#include "json.h"

#include <string.h>
#include "words.h"

/* nft's JSON names sets by type only. */
static json_t *key_type(struct json *j, const struct ir_set *s)
{
	json_t *all = json_array();

	for (unsigned i = 0; i < s->nkey; i++) {
		const char *type = words_type(&s->key[i].of);

		if (!type)
			json_refuse(j, "nft's JSON has no type for the keys of set '%s'", s->name);
		json_array_append_new(all, json_string(type ? type : "integer"));
	}
	if (s->nkey > 1)
		return all;

	json_t *one = json_incref(json_array_get(all, 0));

	json_decref(all);
	return one;
}

static void put_flags(json_t *v, const struct ir_set *s)
{
	/* "dynamic" is what nft adds by itself for sets that rules update. */
	static const struct flag_word words[] = { { SET_CONSTANT, "constant" },
						  { SET_INTERVAL, "interval" },
						  { SET_TIMEOUT, "timeout" },
						  { 0, NULL } };
	json_t *list = json_array();

	for (const struct flag_word *f = words; f->word; f++)
		if (s->flags & f->bit)
			json_array_append_new(list, json_string(f->word));
	if (json_array_size(list))
		json_object_set(v, "flags", list);
	json_decref(list);
}

static json_t *key_range(struct json *j, const struct operand *o, const struct value_range *r)
{
	unsigned type = field_table[o->field].type, bytes = operand_bytes(o);
	int len = -1;

	if (type == TYPE_IPV4 || type == TYPE_IPV6)
		len = range_prefix_length(r->lo.b, r->hi.b, bytes);
	if (len < 0 || len == (int)bytes * 8)
		return json_range(j, o, r);
	return json_prefix(json_value(j, o, &r->lo), (unsigned)len);
}

static json_t *element_key(struct json *j, const struct ir_set *s, const struct set_element *e)
{
	json_t *all;

	if (s->nkey == 1)
		return key_range(j, &s->key[0].of, &e->key[0]);
	all = json_array();
	for (unsigned i = 0; i < s->nkey; i++)
		json_array_append_new(all, key_range(j, &s->key[i].of, &e->key[i]));
	return json_pack("{s:o}", "concat", all);
}

static json_t *element(struct json *j, const struct ir_set *s, const struct set_element *e)
{
	json_t *v = element_key(j, s, e);

	if (e->has_counters)
		json_refuse(j, "nft's JSON has no counters of elements");
	if (e->timeout || e->expires || (e->comment && *e->comment)) {
		v = json_pack("{s:{s:o}}", "elem", "val", v);

		json_t *elem = json_object_get(v, "elem");

		if (e->timeout % 1000 || e->expires % 1000)
			json_refuse(j, "nft's JSON has no timeouts of less than a second");
		if (e->timeout)
			json_object_set_new(elem, "timeout", json_number(e->timeout / 1000));
		if (e->expires)
			json_object_set_new(elem, "expires", json_number(e->expires / 1000));
		if (e->comment && *e->comment)
			json_object_set_new(elem, "comment",
					    json_comment(e->comment, strlen(e->comment)));
	}
	if (s->flags & SET_MAP)
		return json_pack("[o, o]", v, json_value(j, &s->data, &e->data));
	return v;
}

static json_t *elements(struct json *j, const struct ir_set *s)
{
	json_t *all = json_array();

	for (uint32_t i = 0; i < s->nelements; i++)
		json_array_append_new(all, element(j, s, &s->elements[i]));
	return all;
}

bool json_set_inline(const struct ir_set *s)
{
	bool typed = true;

	for (unsigned i = 0; i < s->nkey; i++)
		typed &= words_type(&s->key[i].of) != NULL;
	return !typed && s->flags & SET_CONSTANT && !(s->flags & SET_MAP) && !s->exprs && s->nelements;
}

json_t *json_set_elements(struct json *j, const struct ir_set *s)
{
	return json_pack("{s:o}", "set", elements(j, s));
}

static void put_times(struct json *j, json_t *v, const struct ir_set *s)
{
	if (s->timeout % 1000 || s->gc_interval % 1000)
		json_refuse(j, "nft's JSON has no timeouts of less than a second");
	if (s->timeout)
		json_object_set_new(v, "timeout", json_number(s->timeout / 1000));
	if (s->gc_interval)
		json_object_set_new(v, "gc-interval", json_integer(s->gc_interval / 1000));
}

json_t *json_set(struct json *j, const struct ir_set *s)
{
	json_t *v = json_pack("{s:o, s:o}", "name", json_word(j, s->name, strlen(s->name)), "type",
			      key_type(j, s));

	if (s->flags & SET_MAP) {
		const char *type = words_type(&s->data);

		if (!type)
			json_refuse(j, "nft's JSON has no type for the values of map '%s'",
				    s->name);
		json_object_set_new(v, "map", json_string(type ? type : "integer"));
	}
	put_flags(v, s);
	if (s->size)
		json_object_set_new(v, "size", json_integer(s->size));
	put_times(j, v, s);
	if (s->exprs) {
		json_t *list = json_array();

		for (const struct inst *i = s->exprs; i; i = i->next)
			json_array_append_new(list, json_stateful(i));
		json_object_set_new(v, "stmt", list);
	}
	if (s->nelements)
		json_object_set_new(v, "elem", elements(j, s));
	return v;
}

static json_t *ct_helper(struct json *j, const struct ir_object *o)
{
	const char *proto = words_value(TYPE_PROTO, o->ct_helper.l4proto);

	if (!proto)
		json_refuse(j, "nft's JSON has helpers for tcp and udp only");
	return json_pack("{s:s, s:s, s:s}", "type", o->ct_helper.helper, "protocol",
			 proto ? proto : "tcp", "l3proto",
			 j->ir->family == FAMILY_IPV4 ? "ip" : "ip6");
}

json_t *json_object_of(struct json *j, const struct ir_object *o)
{
	const char *kind = NULL;
	json_t *v = NULL;

	switch (o->kind) {
	case OBJECT_COUNTER:
		kind = "counter";
		v = json_pack("{s:o, s:o}", "packets", json_number(o->counter.initial.packets),
			      "bytes", json_number(o->counter.initial.bytes));
		break;
	case OBJECT_QUOTA:
		kind = "quota";
		v = json_pack("{s:o, s:b}", "bytes", json_number(o->quota.bytes), "inv",
			      o->quota.over);
		break;
	case OBJECT_LIMIT:
		kind = "limit";
		v = json_limit(&o->limit);
		break;
	case OBJECT_CT_HELPER:
		kind = "ct helper";
		v = ct_helper(j, o);
		break;
	case OBJECT_SECMARK:
		kind = "secmark";
		v = json_pack("{s:s}", "context", o->secmark);
		break;
	case OBJECT_CT_TIMEOUT:
	case OBJECT_CT_EXPECT:
	case OBJECT_SYNPROXY:
	case OBJECT_CONNLIMIT: break;
	}
	if (!kind) {
		json_refuse(j, "nft's JSON has no form for the object '%s'", o->name);
		return NULL;
	}
	json_object_set_new(v, "name", json_word(j, o->name, strlen(o->name)));
	return json_pack("{s:o}", kind, v);
}
