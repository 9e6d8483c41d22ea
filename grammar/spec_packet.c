/* SPDX-License-Identifier: GPL-2.0-or-later */
/* spec_packet: the keys of a packet line. */
#include "spec_file.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <linux/if_packet.h>
#include "ext.h"
#include "value.h"
#include "sim/packet.h"

enum key_type {
	T_IFACE, T_ADDRESS, T_PROTO, T_PORT, T_NUMBER, T_FLAGS, T_ICMP, T_FRAG, T_HEX, T_BYTES, T_MAC,
	T_PKTTYPE, T_STATE, T_TIME,
};

static const struct key_info {
	const char *name;
	uint8_t type;
	uint64_t min, max;
} keys[KEY_COUNT] = {
#define KEY(id, name, type, min, max) { name, T_##type, min, max },
#include "spec_key.def"
};

static bool wrong(const struct spec_line *l, const struct spec_word *w, const char *wanted)
{
	return spec_error(l, w->value_at, "%.*s: '%.*s' is not %s", (int)w->len, w->s,
			  (int)w->value_len, w->value, wanted);
}

static bool word_in(const struct spec_word *w, const char *name)
{
	return w->value_len == strlen(name) && !strncasecmp(w->value, name, w->value_len);
}

static bool iface(const struct spec_line *l, const struct spec_word *w, struct host_iface **out)
{
	*out = host_iface_find(l->spec->host, w->value, w->value_len);
	if (*out)
		return true;
	return spec_error(l, w->value_at,
			  "the host has no interface '%.*s': tell of it with --host, or a line "
			  "'interface NAME ADDRESS/LENGTH'",
			  (int)w->value_len, w->value);
}

static bool address(const struct spec_line *l, const struct spec_word *w, struct spec_packet *p,
		    struct addr *out)
{
	unsigned family;

	if (!spec_address(l, w->value, w->value_len, w->value_at, &family, out))
		return false;
	if (p->family && p->family != family)
		return spec_error(l, w->value_at, "source and destination are of different families");
	p->family = family;
	return true;
}

static bool flags(const struct spec_line *l, const struct spec_word *w, uint64_t *out)
{
	static const char *const names[] = { "fin", "syn", "rst", "psh", "ack", "urg", "ece", "cwr" };
	const char *s = w->value, *end = s + w->value_len;

	*out = 0;
	if (value_u64(w->value, w->value_len, 0, 255, out) || word_in(w, "none"))
		return true;
	while (s < end) {
		const char *comma = memchr(s, ',', (size_t)(end - s)), *stop = comma ? comma : end;
		unsigned i = 0;

		while (i < 8 && (strlen(names[i]) != (size_t)(stop - s) ||
				 strncasecmp(names[i], s, (size_t)(stop - s)) != 0))
			i++;
		if (i == 8)
			return wrong(l, w, "a list of fin, syn, rst, psh, ack, urg, ece, cwr, or none");
		*out |= 1u << i;
		s = comma ? comma + 1 : end;
	}
	return true;
}

static bool frag(const struct spec_line *l, const struct spec_word *w, uint64_t *out)
{
	bool more = w->value_len && w->value[w->value_len - 1] == '+';

	/* frag=OFFSET[+]: bytes from the start of the datagram; + when more follow */
	if (!value_u64(w->value, w->value_len - more, 0, 65528, out) || *out % 8)
		return wrong(l, w, "an offset that 8 divides, with + when more fragments follow");
	*out = *out / 8 | (more ? PACKET_MF : 0);
	return true;
}

static int nibble(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10
		: c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool hex(const struct spec_line *l, const struct spec_word *w, const char *s, uint32_t len,
		const struct key_info *k, struct spec_bytes *out)
{
	uint8_t *b = arena_bytes(l->spec->arena, len / 2 + 1);

	for (uint32_t i = 0; i + 1 < len; i += 2) {
		int hi = nibble(s[i]), lo = nibble(s[i + 1]);

		if (hi < 0 || lo < 0)
			return wrong(l, w, "hexadecimal");
		b[i / 2] = (uint8_t)(hi << 4 | lo);
	}
	if (len % 2 || len / 2 < k->min || len / 2 > k->max)
		return spec_error(l, w->value_at, "%.*s: want %u to %u bytes in hexadecimal", (int)w->len,
				  w->s, (unsigned)k->min, (unsigned)k->max);
	*out = (struct spec_bytes){ b, len / 2 };
	return true;
}

static bool bytes(const struct spec_line *l, const struct spec_word *w, const struct key_info *k,
		  struct spec_bytes *out)
{
	if (w->value_len > 2 && w->value[0] == '0' && w->value[1] == 'x')
		return hex(l, w, w->value + 2, w->value_len - 2, k, out);
	*out = (struct spec_bytes){ (const uint8_t *)w->value, w->value_len };
	return true;
}

static bool choice(const struct spec_line *l, const struct spec_word *w, const struct ext_word *words,
		   const char *wanted, uint64_t *out)
{
	for (; words->name; words++)
		if (word_in(w, words->name)) {
			*out = words->value;
			return true;
		}
	return wrong(l, w, wanted);
}

static bool pkttype(const struct spec_line *l, const struct spec_word *w, uint64_t *out)
{
	static const struct ext_word words[] = { { "host", PACKET_HOST },
						 { "broadcast", PACKET_BROADCAST },
						 { "multicast", PACKET_MULTICAST },
						 { "otherhost", PACKET_OTHERHOST },
						 { NULL, 0 } };

	return choice(l, w, words, "host, broadcast, multicast or otherhost", out);
}

static bool state(const struct spec_line *l, const struct spec_word *w, uint64_t *out)
{
	static const struct ext_word words[] = { { "NEW", PACKET_STATE_NEW },
						 { "ESTABLISHED", PACKET_STATE_ESTABLISHED },
						 { "RELATED", PACKET_STATE_RELATED },
						 { "INVALID", PACKET_STATE_INVALID },
						 { "UNTRACKED", PACKET_STATE_UNTRACKED },
						 { NULL, 0 } };

	return choice(l, w, words, "NEW, ESTABLISHED, RELATED, INVALID or UNTRACKED", out);
}

static bool icmp(const struct spec_line *l, const struct spec_word *w, uint64_t *out)
{
	/* A name's family is settled by its number: the v6 ones are kept apart by the prefix. */
	static const struct ext_word words[] = {
		{ "echo-reply", 0 }, { "destination-unreachable", 3 }, { "source-quench", 4 },
		{ "redirect", 5 }, { "echo-request", 8 }, { "router-advertisement", 9 },
		{ "router-solicitation", 10 }, { "time-exceeded", 11 }, { "parameter-problem", 12 },
		{ "timestamp-request", 13 }, { "timestamp-reply", 14 },
		{ "address-mask-request", 17 }, { "address-mask-reply", 18 }, { NULL, 0 }
	};

	if (value_u64(w->value, w->value_len, 0, 255, out))
		return true;
	return choice(l, w, words, "an ICMP type: a number or an IPv4 name such as echo-request", out);
}

/* time=2024-05-06T07:08:09 (UTC), or seconds since 1970 */
static bool when(const struct spec_line *l, const struct spec_word *w, uint64_t *out)
{
	char text[32];
	struct tm tm = { 0 };
	const char *end;

	if (value_u64(w->value, w->value_len, 0, UINT32_MAX, out))
		return true;
	snprintf(text, sizeof(text), "%.*s", (int)w->value_len, w->value);
	end = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
	if (!end || *end || w->value_len >= sizeof(text) || tm.tm_year < 70)
		return wrong(l, w, "a time such as 2024-05-06T07:08:09, or seconds since 1970");
	*out = (uint64_t)timegm(&tm);
	return true;
}

static bool proto(const struct spec_line *l, const struct spec_word *w, uint64_t *out)
{
	uint16_t n;

	if (!value_proto(w->value, w->value_len, &n) || n > 255)
		return wrong(l, w, "a protocol");
	*out = n;
	return true;
}

static bool port(const struct spec_line *l, const struct spec_word *w, uint64_t *out)
{
	uint16_t n;

	if (!value_port(w->value, w->value_len, 0, &n))
		return wrong(l, w, "a port");
	*out = n;
	return true;
}

static bool number(const struct spec_line *l, const struct spec_word *w, const struct key_info *k,
		   uint64_t *out)
{
	if (value_u64(w->value, w->value_len, k->min, k->max, out))
		return true;
	return spec_error(l, w->value_at, "%.*s: '%.*s' is not a number from %llu to %llu", (int)w->len,
			  w->s, (int)w->value_len, w->value, (unsigned long long)k->min,
			  (unsigned long long)k->max);
}

static bool mac(const struct spec_line *l, const struct spec_word *w, uint8_t out[6])
{
	return value_ether(w->value, w->value_len, out) || wrong(l, w, "a MAC address");
}

static bool value(const struct spec_line *l, const struct spec_word *w, enum spec_key key,
		  struct spec_packet *p)
{
	const struct key_info *k = &keys[key];
	uint64_t *n = &p->num[key];

	switch ((enum key_type)k->type) {
	case T_IFACE: return iface(l, w, key == KEY_IN ? &p->in : &p->oif);
	case T_ADDRESS: return address(l, w, p, key == KEY_SRC ? &p->src : &p->dst);
	case T_PROTO: return proto(l, w, n);
	case T_PORT: return port(l, w, n);
	case T_NUMBER: return number(l, w, k, n);
	case T_FLAGS: return flags(l, w, n);
	case T_ICMP: return icmp(l, w, n);
	case T_FRAG: return frag(l, w, n);
	case T_HEX:
		return hex(l, w, w->value, w->value_len, k, key == KEY_RAW ? &p->raw : &p->tcp_options);
	case T_BYTES: return bytes(l, w, k, &p->payload);
	case T_MAC: return mac(l, w, key == KEY_SMAC ? p->smac : p->dmac);
	case T_PKTTYPE: return pkttype(l, w, n);
	case T_STATE: return state(l, w, n);
	case T_TIME: return when(l, w, n);
	}
	return false;
}

static bool unknown_key(const struct spec_line *l, const struct spec_word *w)
{
	const char *names[KEY_COUNT], *near;

	for (unsigned i = 0; i < KEY_COUNT; i++)
		names[i] = keys[i].name;
	near = diag_nearest(w->s, w->len, names, KEY_COUNT);
	if (near)
		return spec_error(l, w->at, "a packet has no key '%.*s'; did you mean %s?", (int)w->len,
				  w->s, near);
	return spec_error(l, w->at, "a packet has no key '%.*s'", (int)w->len, w->s);
}

static bool one_key(const struct spec_line *l, const struct spec_word *w, struct spec_packet *p)
{
	unsigned k = 0;

	while (k < KEY_COUNT && (strlen(keys[k].name) != w->len || memcmp(keys[k].name, w->s, w->len) != 0))
		k++;
	if (k == KEY_COUNT)
		return unknown_key(l, w);
	if (spec_given(p, (enum spec_key)k))
		return spec_error(l, w->at, "%s is given twice", keys[k].name);
	if (!w->value_len && k != KEY_PAYLOAD)
		return spec_error(l, w->at, "%s needs a value", keys[k].name);
	p->given |= (uint64_t)1 << k;
	p->where[k] = w->at;
	if (k == KEY_OUT)
		p->out = true;
	return value(l, w, (enum spec_key)k, p);
}

static bool check(const struct spec_line *l, const struct spec_packet *p)
{
	/* What a packet in hex or a reply may still say: where it comes from and what the host thinks. */
	static const uint64_t beside = (uint64_t)1 << KEY_IN | (uint64_t)1 << KEY_OUT |
		(uint64_t)1 << KEY_RAW | (uint64_t)1 << KEY_SMAC | (uint64_t)1 << KEY_DMAC |
		(uint64_t)1 << KEY_PKTTYPE | (uint64_t)1 << KEY_MARK | (uint64_t)1 << KEY_UID |
		(uint64_t)1 << KEY_GID | (uint64_t)1 << KEY_STATE | (uint64_t)1 << KEY_CTMARK |
		(uint64_t)1 << KEY_TIME;

	if (p->out && spec_given(p, KEY_IN))
		return spec_error(l, p->where[KEY_IN], "a packet that is sent from here has no in=");
	if (spec_given(p, KEY_RAW))
		for (unsigned k = 0; k < KEY_COUNT; k++)
			if (p->given & ~beside & (uint64_t)1 << k)
				return spec_error(l, p->where[k], "%s contradicts raw=", keys[k].name);
	if (p->reply)
		return true;
	if (!p->out && !p->in)
		return spec_error(l, l->at, "say where the packet comes from: in=INTERFACE, or out");
	if (!spec_given(p, KEY_RAW) && !spec_given(p, KEY_DST) && p->out)
		return spec_error(l, l->at, "dst is missing");
	if (!spec_given(p, KEY_RAW) && !spec_given(p, KEY_SRC) && !p->out)
		return spec_error(l, l->at, "src is missing");
	return true;
}

void spec_packet_line(const struct spec_line *l, uint32_t first)
{
	struct spec_item *item = ARENA_NEW(l->spec->arena, struct spec_item);
	struct spec_packet *p = &item->packet;
	bool ok = true;

	item->kind = SPEC_PACKET;
	p->at = l->at;
	p->name = "";
	for (uint32_t i = first; i < l->n; i++) {
		const struct spec_word *w = &l->words[i];

		if (w->value)
			ok &= one_key(l, w, p);
		else if (w->quoted && i == first)
			p->name = arena_strndup(l->spec->arena, w->s, w->len);
		else if (spec_word_is(w, "reply"))
			p->reply = true;
		else if (spec_word_is(w, "out"))
			p->out = true;
		else
			ok = spec_error(l, w->at, "'%.*s' is not KEY=VALUE, reply or out", (int)w->len,
					w->s);
	}
	if (p->reply && !l->spec->npackets)
		ok = spec_error(l, l->at, "there is no packet before it to reply to");
	if (!ok || !check(l, p))
		return;
	l->spec->npackets++;
	*l->spec->last = item;
	l->spec->last = &item->next;
}
