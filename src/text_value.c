/* SPDX-License-Identifier: GPL-2.0-or-later */
/* text_value: values as nft reads them. */
#include "text.h"

#include <string.h>
#include <arpa/inet.h>
#include "words.h"

/* Some names of events are keywords behind ct. */
static bool is_keyword(const char *event)
{
	return !strcmp(event, "helper") || !strcmp(event, "mark") || !strcmp(event, "secmark") ||
	       !strcmp(event, "label");
}

static void put_flag(struct text *t, enum value_type type, const char *word)
{
	const char *quote = type == TYPE_CT_EVENT && is_keyword(word) ? "\"" : "";

	buffer_puts(t->b, quote);
	buffer_puts(t->b, word);
	buffer_puts(t->b, quote);
}

bool text_flags(struct text *t, enum value_type type, uint64_t v, const char *sep)
{
	const struct flag_word *f = words_flags(type);
	bool first = true;

	if (!words_cover(f, v))
		return false;
	for (; f->word; f++) {
		if (!(v & f->bit))
			continue;
		if (!first)
			buffer_puts(t->b, sep);
		put_flag(t, type, f->word);
		first = false;
	}
	return true;
}

static void put_flags(struct text *t, enum value_type type, uint64_t v)
{
	/* One flag needs no operator, and several would need parentheses in some places. */
	if ((v & (v - 1)) || !text_flags(t, type, v, ""))
		buffer_hex(t->b, v, 1);
}

static void put_ipv4(struct buffer *b, const uint8_t *a)
{
	char tmp[16], *end = tmp + sizeof(tmp), *s = end;

	for (unsigned i = 4; i-- > 0;) {
		s = buffer_digits(s, a[i]);
		if (i)
			*--s = '.';
	}
	buffer_put(b, s, (size_t)(end - s));
}

static void put_ipv6(struct buffer *b, const uint8_t *a)
{
	char s[INET6_ADDRSTRLEN];

	buffer_puts(b, inet_ntop(AF_INET6, a, s, sizeof(s)));
}

void text_address(struct buffer *b, unsigned family, const struct addr *a)
{
	if (family == FAMILY_IPV4)
		put_ipv4(b, a->b);
	else
		put_ipv6(b, a->b);
}

static void put_ether(struct buffer *b, const uint8_t *a)
{
	static const char hex[] = "0123456789abcdef";
	char s[17];

	for (unsigned i = 0; i < 6; i++) {
		s[i * 3] = hex[a[i] >> 4];
		s[i * 3 + 1] = hex[a[i] & 15];
		if (i < 5)
			s[i * 3 + 2] = ':';
	}
	buffer_put(b, s, sizeof(s));
}

/* @hex: raw bytes read better so; what is wider than a number has no other form. */
static void put_integer(struct buffer *b, unsigned bytes, const struct value *v, bool hex)
{
	static const char digits[] = "0123456789abcdef";

	if (bytes <= 8) {
		uint64_t n = value_get(v, bytes);

		if (hex)
			buffer_hex(b, n, 1);
		else
			buffer_u64(b, n);
		return;
	}
	buffer_lit(b, "0x");
	for (unsigned i = 0; i < bytes; i++) {
		buffer_char(b, digits[v->b[i] >> 4]);
		buffer_char(b, digits[v->b[i] & 15]);
	}
}

void text_time(struct buffer *b, uint64_t ms)
{
	static const struct {
		uint32_t ms;
		const char *unit;
	} units[] = {
		{ 86400000, "d" }, { 3600000, "h" }, { 60000, "m" }, { 1000, "s" }, { 1, "ms" }
	};

	if (!ms)
		buffer_lit(b, "0s");
	for (unsigned i = 0; i < 5; i++) {
		if (ms >= units[i].ms) {
			buffer_u64(b, ms / units[i].ms);
			buffer_puts(b, units[i].unit);
		}
		ms %= units[i].ms;
	}
}

void text_quoted(struct text *t, const char *s, size_t len, const char *what)
{
	if (memchr(s, '"', len))
		text_refuse(t, "nft's text has no form for the \" in %s (--format=json has)", what);
	buffer_char(t->b, '"');
	buffer_put(t->b, s, len);
	buffer_char(t->b, '"');
}

/*
 * A string at the end of which nft would see a wildcard gets a backslash, and nft then takes out all
 * backslashes that are in it (xstrunescape()).
 */
static void put_string(struct text *t, const struct value *v)
{
	const char *s = (const char *)v->b;
	size_t len = strnlen(s, sizeof(v->b));

	if (!len)
		text_refuse(t, "nft's text has no empty strings");
	if (len && s[len - 1] == '*') {
		char escaped[18];

		if (memchr(s, '\\', len))
			text_refuse(t, "nft's text has no form for a backslash in a name that ends in a *");
		memcpy(escaped, s, len - 1);
		memcpy(escaped + len - 1, "\\*", 2);
		text_quoted(t, escaped, len + 1, "the name");
	} else {
		text_quoted(t, s, len, "the name");
	}
}

static void put_word(struct text *t, enum value_type type, uint64_t n)
{
	const char *word = words_value(type, n);

	if (word)
		buffer_puts(t->b, word);
	else
		buffer_u64(t->b, n);
}

/* Connection labels are written by the number of their bit. */
static void put_label(struct text *t, const struct value *v)
{
	int bit = -1;

	for (unsigned i = 0; i < 128; i++)
		if (v->b[15 - i / 8] & 1 << i % 8) {
			if (bit >= 0)
				text_refuse(t, "nft's text can only name one connection label at a "
					       "time");
			bit = (int)i;
		}
	if (bit < 0)
		text_refuse(t, "nft's text has no form for an empty set of connection labels");
	else
		buffer_u64(t->b, (unsigned)bit);
}

static void put_date(struct text *t, uint64_t ns)
{
	if (ns % 1000000000)
		text_refuse(t, "nft's text has no fractions of a second");
	buffer_u64(t->b, ns / 1000000000);
}

void text_value(struct text *t, enum value_type type, unsigned bytes, const struct value *v)
{
	struct buffer *b = t->b;
	uint64_t n = value_get(v, bytes > 8 ? 8 : bytes);

	switch (type) {
	case TYPE_IPV4: put_ipv4(b, v->b); break;
	case TYPE_IPV6: put_ipv6(b, v->b); break;
	case TYPE_ETHER: put_ether(b, v->b); break;
	case TYPE_IFNAME:
	case TYPE_STRING: put_string(t, v); break;
	case TYPE_CT_STATE:
	case TYPE_CT_STATUS:
	case TYPE_CT_EVENT:
	case TYPE_TCP_FLAGS: put_flags(t, type, n); break;
	case TYPE_MARK:
	case TYPE_ETHERTYPE:
	case TYPE_DSCP: buffer_hex(b, n, 1); break;
	case TYPE_CLASSID:
		buffer_printf(b, "%x:%x", (unsigned)(n >> 16), (unsigned)(n & 0xffff));
		break;
	case TYPE_PROTO:
	case TYPE_PKTTYPE:
	case TYPE_ADDRTYPE:
	case TYPE_CT_DIR:
	case TYPE_ICMP_TYPE:
	case TYPE_ICMPV6_TYPE: put_word(t, type, n); break;
	case TYPE_MSEC: text_time(b, n); break;
	case TYPE_TIME: put_date(t, n); break;
	case TYPE_CT_LABEL: put_label(t, v); break;
	case TYPE_CGROUPV2:
		text_refuse(t, "nft's text can only name a control group by its path");
		break;
	case TYPE_INTEGER: put_integer(b, bytes, v, false); break;
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
	case TYPE_DCCP_TYPE: buffer_u64(b, n); break;
	}
}

void text_operand_value(struct text *t, const struct operand *o, const struct value *v)
{
	unsigned bytes = operand_bytes(o);
	const struct field_info *f = &field_table[o->field];

	if (o->exists || f->kind == KIND_RAW || !nft_view_named(&t->view, o))
		put_integer(t->b, bytes, v, true);
	else
		text_value(t, (enum value_type)f->type, bytes, v);
}

/* Most words hold a - themselves, which nft would not see as part of the word in a range. */
static void put_end(struct text *t, const struct operand *o, const struct value *v)
{
	unsigned bytes = operand_bytes(o);

	if (words_value((enum value_type)field_table[o->field].type,
			value_get(v, bytes > 8 ? 8 : bytes)))
		put_integer(t->b, bytes, v, false);
	else
		text_operand_value(t, o, v);
}

void text_range(struct text *t, const struct operand *o, const struct value_range *r)
{
	if (!memcmp(&r->lo, &r->hi, sizeof(r->lo))) {
		text_operand_value(t, o, &r->lo);
		return;
	}
	put_end(t, o, &r->lo);
	buffer_char(t->b, '-');
	put_end(t, o, &r->hi);
}
