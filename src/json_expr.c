/* SPDX-License-Identifier: GPL-2.0-or-later */
/* json_expr: values and fields. */
#include "json.h"

#include <stdio.h>
#include <string.h>
#include "words.h"

/* json_parse_immediate() of nftables takes these for something else. */
static bool special(const char *s)
{
	static const char *const words[] = { "tcp",    "udp",  "udplite", "esp",  "ah",	     "icmp",
					     "icmpv6", "comp", "dccp",	  "sctp", "redirect" };

	if (s[0] == '@' || !strcmp(s, "*"))
		return true;
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (!strcmp(s, words[i]))
			return true;
	return false;
}

/* A string of bytes; JSON has no invalid UTF-8. */
static json_t *bytes_string(struct json *j, const char *s, size_t len)
{
	json_t *v = json_stringn(s, len);

	if (!v) {
		json_refuse(j, "nft's JSON has no form for bytes that are not UTF-8");
		return json_null();
	}
	return v;
}

json_t *json_word(struct json *j, const char *s, size_t len)
{
	if (special(s))
		json_refuse(j, "nft's JSON takes the name '%s' for something else", s);
	return bytes_string(j, s, len);
}

json_t *json_setref(struct json *j, const char *name)
{
	char ref[NAME_MAX_BYTES + 2];
	size_t len = strnlen(name, NAME_MAX_BYTES);

	ref[0] = '@';
	memcpy(ref + 1, name, len);
	return bytes_string(j, ref, len + 1);
}

json_t *json_number(uint64_t n)
{
	char s[24];

	if (n <= INT64_MAX)
		return json_integer((json_int_t)n);
	snprintf(s, sizeof(s), "%llu", (unsigned long long)n);
	return json_string(s);
}

/* As the text has it, without quotes. */
static json_t *from_text(struct json *j, enum value_type type, unsigned bytes,
			 const struct value *v)
{
	struct buffer *b = j->text.b;

	b->len = 0;
	text_value(&j->text, type, bytes, v);
	return json_stringn(b->data, b->len);
}

/* A star at the end means a wildcard, here as in text. */
static json_t *string_value(struct json *j, const struct value *v)
{
	const char *s = (const char *)v->b;
	size_t len = strnlen(s, sizeof(v->b));
	char escaped[18];

	if (!len)
		json_refuse(j, "nft has no form for an empty string");
	memcpy(escaped, s, len);
	if (len && s[len - 1] == '*') {
		if (memchr(s, '\\', len))
			json_refuse(j, "nft has no form for a backslash in a name that ends in a *");
		memcpy(escaped + len - 1, "\\*", 2);
		len++;
	}
	escaped[len] = '\0';
	return json_word(j, escaped, len);
}

static bool is_number(enum value_type type, unsigned bytes, uint64_t n)
{
	switch (type) {
	case TYPE_IPV4:
	case TYPE_IPV6:
	case TYPE_ETHER:
	case TYPE_IFNAME:
	case TYPE_STRING:
	case TYPE_CLASSID:
	case TYPE_MSEC:
	case TYPE_TIME:
	case TYPE_CT_LABEL:
	case TYPE_CGROUPV2: return false;
	case TYPE_PROTO:
	case TYPE_PKTTYPE:
	case TYPE_ADDRTYPE:
	case TYPE_CT_DIR:
	case TYPE_ICMP_TYPE:
	case TYPE_ICMPV6_TYPE: return !words_value(type, n);
	case TYPE_INTEGER: return bytes <= 8;
	case TYPE_CT_STATE:
	case TYPE_CT_STATUS:
	case TYPE_CT_EVENT:
	case TYPE_TCP_FLAGS:
	case TYPE_MARK:
	case TYPE_ETHERTYPE:
	case TYPE_DSCP:
	case TYPE_IFINDEX:
	case TYPE_IFTYPE:
	case TYPE_UID:
	case TYPE_GID:
	case TYPE_REALM:
	case TYPE_DEVGROUP:
	case TYPE_DAY:
	case TYPE_HOUR:
	case TYPE_NFPROTO:
	case TYPE_PORT:
	case TYPE_ECN:
	case TYPE_DCCP_TYPE: break;
	}
	return true;
}

static json_t *typed_value(struct json *j, enum value_type type, unsigned bytes,
			   const struct value *v)
{
	uint64_t n = value_get(v, bytes > 8 ? 8 : bytes);

	if (type == TYPE_IFNAME || type == TYPE_STRING)
		return string_value(j, v);
	return is_number(type, bytes, n) ? json_number(n) : from_text(j, type, bytes, v);
}

json_t *json_value(struct json *j, const struct operand *o, const struct value *v)
{
	enum value_type type = (enum value_type)field_table[o->field].type;

	if (o->exists || !nft_view_named(&j->text.view, o))
		type = TYPE_INTEGER;
	return typed_value(j, type, operand_bytes(o), v);
}

json_t *json_prefix(json_t *address, unsigned len)
{
	return json_pack("{s:{s:o, s:i}}", "prefix", "addr", address, "len", (int)len);
}

json_t *json_range(struct json *j, const struct operand *o, const struct value_range *r)
{
	json_t *lo = json_value(j, o, &r->lo);

	if (!memcmp(&r->lo, &r->hi, sizeof(r->lo)))
		return lo;
	return json_pack("{s:[o, o]}", "range", lo, json_value(j, o, &r->hi));
}

json_t *json_address(struct json *j, const struct addr *a)
{
	j->text.b->len = 0;
	text_address(j->text.b, j->ir->family, a);
	return json_stringn(j->text.b->data, j->text.b->len);
}

static json_t *raw_payload(unsigned base, unsigned off, unsigned bits)
{
	static const char *const bases[] = { "ll", "nh", "th" };

	return json_pack("{s:{s:s, s:i, s:i}}", "payload", "base", bases[base], "offset", (int)off,
			 "len", (int)bits);
}

/* "ip saddr" */
static json_t *named_payload(const char *name)
{
	const char *space = strchr(name, ' ');

	return json_pack("{s:{s:s%, s:s}}", "payload", "protocol", name, (size_t)(space - name),
			 "field", space + 1);
}

/* "ct %s packets": the key is what comes last */
static json_t *ct_field(const struct operand *o)
{
	static const char *const dirs[] = { NULL, "original", "reply" };
	const char *name = field_table[o->field].nft, *hole = strchr(name, '%');

	if (!hole || !o->dir)
		return json_pack("{s:{s:s}}", "ct", "key", hole ? hole + 3 : name + 3);
	return json_pack("{s:{s:s, s:s}}", "ct", "key", hole + 3, "dir", dirs[o->dir]);
}

static json_t *header(struct json *j, const struct operand *o)
{
	const char *word = words_header(o), *field = words_header_field(o);
	const char *kind = field_table[o->field].nft;

	if (word && field && *field)
		return json_pack("{s:{s:s, s:s}}", kind, "name", word, "field", field);
	if (word && field)
		return json_pack("{s:{s:s}}", kind, "name", word);
	if (field_table[o->field].kind == KIND_TCPOPT)
		return json_pack("{s:{s:i, s:i, s:i}}", kind, "base", o->hdr.type, "offset",
				 o->exists ? 0 : o->hdr.off, "len", o->exists ? 8 : o->hdr.bits);
	json_refuse(j, "nft's JSON has no name for these bytes of %s %u", kind, o->hdr.type);
	return json_null();
}

static json_t *fib(const struct operand *o)
{
	json_t *flags = json_array();

	for (unsigned i = 0; i < 5; i++)
		if (o->fib.flags & 1u << i)
			json_array_append_new(flags, json_string(words_fib_flag(i)));
	return json_pack("{s:{s:s, s:o}}", "fib", "result", field_table[o->field].nft, "flags",
			 flags);
}

static json_t *ipsec(const struct operand *o)
{
	const char *name = field_table[o->field].nft, *space = strchr(name, ' ');
	json_t *v = json_pack("{s:s, s:s, s:i}", "key", space ? space + 1 : name, "dir",
			      o->ipsec.out ? "out" : "in", "spnum", o->ipsec.spnum);

	if (space)
		json_object_set_new(v, "family", json_stringn(name, (size_t)(space - name)));
	return json_pack("{s:o}", "ipsec", v);
}

static json_t *osf(const struct operand *o)
{
	json_t *v = json_pack("{s:s}", "key", o->osf.flags ? "version" : "name");

	if (o->osf.ttl)
		json_object_set_new(v, "ttl", json_string(o->osf.ttl == 1 ? "loose" : "skip"));
	return json_pack("{s:o}", "osf", v);
}

/* nft reads these numbers into an int, whose bits it takes as unsigned. */
static json_t *generator(struct json *j, const struct operand *o)
{
	json_t *v = json_pack("{s:i}", "mod", (int)o->gen->modulus);
	const char *kind = "symhash";

	if (o->gen->offset)
		json_object_set_new(v, "offset", json_integer((int)o->gen->offset));
	if (o->field == FIELD_NUMGEN_INC || o->field == FIELD_NUMGEN_RANDOM) {
		kind = "numgen";
		json_object_set_new(v, "mode",
				    json_string(o->field == FIELD_NUMGEN_INC ? "inc" : "random"));
	} else if (o->field == FIELD_JHASH) {
		kind = "jhash";
		json_object_set_new(v, "expr", json_concat(j, o->gen->of, o->gen->nof));
		if (o->gen->seeded)
			json_object_set_new(v, "seed", json_integer((int)o->gen->seed));
	}
	return json_pack("{s:o}", kind, v);
}

static json_t *field(struct json *j, const struct operand *o)
{
	const struct field_info *f = &field_table[o->field];
	const char *space = strchr(f->nft, ' ');
	const char *last = space ? space + 1 : f->nft; /* "meta mark", but "iifname" */

	switch ((enum field_kind)f->kind) {
	case KIND_META: return json_pack("{s:{s:s}}", "meta", "key", last);
	case KIND_CT: return ct_field(o);
	case KIND_PAYLOAD:
		if (f->nft[0] == '@' || !nft_view_named(&j->text.view, o))
			return raw_payload(f->base, f->off, f->bits);
		return named_payload(f->nft);
	case KIND_RAW: return raw_payload(o->raw.base, o->raw.off, o->raw.bits);
	case KIND_EXTHDR:
	case KIND_TCPOPT:
	case KIND_IPOPT:
	case KIND_SCTPCHUNK: return header(j, o);
	case KIND_FIB: return fib(o);
	case KIND_RT: return json_pack("{s:{s:s}}", "rt", "key", last);
	case KIND_SOCKET:
		if (o->field == FIELD_SOCKET_CGROUPV2)
			json_refuse(j, "nft's JSON has no control groups");
		return json_pack("{s:{s:s}}", "socket", "key", last);
	case KIND_IPSEC: return ipsec(o);
	case KIND_OSF: return osf(o);
	case KIND_GEN: return generator(j, o);
	}
	return NULL;
}

static json_t *xform_value(struct json *j, const struct operand *o, const struct xform *x)
{
	enum value_type type = (enum value_type)field_table[o->field].type;

	if (x->op == XFORM_SHL || x->op == XFORM_SHR)
		return json_integer(x->shift);
	if (type != TYPE_IPV4 && type != TYPE_IPV6 && type != TYPE_ETHER)
		type = TYPE_INTEGER;
	if (!nft_view_named(&j->text.view, o))
		type = TYPE_INTEGER;
	return typed_value(j, type, operand_bytes(o), &x->value);
}

json_t *json_operand(struct json *j, const struct operand *o)
{
	static const char *const ops[] = {
		[XFORM_AND] = "&", [XFORM_XOR] = "^", [XFORM_SHL] = "<<", [XFORM_SHR] = ">>"
	};
	json_t *v = field(j, o);

	for (unsigned i = 0; i < o->nxf; i++)
		v = json_pack("{s:[o, o]}", ops[o->xf[i].op], v, xform_value(j, o, &o->xf[i]));
	return v;
}

json_t *json_concat(struct json *j, const struct operand *o, unsigned n)
{
	json_t *all;

	if (n == 1)
		return json_operand(j, o);
	all = json_array();
	for (unsigned i = 0; i < n; i++)
		json_array_append_new(all, json_operand(j, &o[i]));
	return json_pack("{s:o}", "concat", all);
}
