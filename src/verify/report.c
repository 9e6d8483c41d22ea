/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "verify/report.h"

#include <string.h>
#include <linux/if_packet.h>
#include "ext.h"
#include "sim/describe.h"

void report_place(const struct verify *v, struct span at, struct buffer *b)
{
	struct place p;

	if (diag_place(&v->setup.ctx->diags, at, &p))
		buffer_printf(b, "%s:%u", p.source->name, p.line);
}

void report_line(const struct verify *v, struct span at, struct buffer *b)
{
	struct place p;

	if (!diag_place(&v->setup.ctx->diags, at, &p))
		return;
	for (uint32_t i = 0; i < p.text_len; i++) {
		uint8_t c = (uint8_t)p.text[i];

		if (c < 0x20 || c == 0x7f)
			buffer_printf(b, "\\x%02x", c);
		else
			buffer_char(b, (char)c);
	}
}

static void put_hex(struct buffer *b, const uint8_t *p, uint32_t n)
{
	static const char digits[] = "0123456789abcdef";

	for (uint32_t i = 0; i < n; i++) {
		buffer_char(b, digits[p[i] >> 4]);
		buffer_char(b, digits[p[i] & 15]);
	}
}

static void put_mac(struct buffer *b, const uint8_t *m)
{
	buffer_printf(b, "%02x:%02x:%02x:%02x:%02x:%02x", m[0], m[1], m[2], m[3], m[4], m[5]);
}

void report_spec(const struct verify *v, const struct verify_packet *p, struct buffer *b)
{
	static const char *const types[] = { [PACKET_BROADCAST] = "broadcast", [PACKET_MULTICAST] = "multicast",
					     [PACKET_OTHERHOST] = "otherhost" };

	(void)v;
	buffer_lit(b, "packet ");
	if (p->in) {
		buffer_printf(b, "in=%s smac=", p->in->name);
		put_mac(b, p->smac);
		if (p->pkttype && p->pkttype <= PACKET_OTHERHOST)
			buffer_printf(b, " pkttype=%s", types[p->pkttype]);
	} else {
		buffer_lit(b, "out");
		if (p->bound)
			buffer_printf(b, " out=%s", p->bound->name);
		if (p->mark)
			buffer_printf(b, " mark=%#x", p->mark);
		buffer_printf(b, " uid=%u gid=%u", p->uid, p->gid);
	}
	buffer_lit(b, " raw=");
	put_hex(b, p->bytes, p->len);
}

void report_bytes(const struct verify *v, const uint8_t *bytes, uint32_t len, struct buffer *b)
{
	struct sim_packet p = { 0 };

	packet_set(&p, v->arena, bytes, len);
	packet_parse(&p);
	describe_packet(b, &p);
}

const char *report_iface(const struct verify *v, uint32_t position)
{
	const struct host_iface *i = v->setup.plan->host->ifaces;

	while (position > 1 && i) {
		i = i->next;
		position--;
	}
	return position && i ? i->name : "";
}

static const struct record *record_at(const struct side *s, uint32_t at, uint32_t packet)
{
	while (at + sizeof(struct record) <= s->records_len) {
		const struct record *r = (const void *)(s->records + at);

		if (r->packet == packet)
			return r;
		at += r->size;
	}
	return NULL;
}

const struct record *report_first(const struct side *s, uint32_t packet)
{
	return record_at(s, 0, packet);
}

const struct record *report_next(const struct side *s, const struct record *r)
{
	return record_at(s, (uint32_t)((const uint8_t *)r - s->records) + r->size, r->packet);
}

static bool matched(const struct side *s, uint32_t packet, uint32_t rule)
{
	for (const struct record *r = report_first(s, packet); r; r = report_next(s, r))
		if (r->kind == SEEN_TRACE && r->rule == rule)
			return true;
	return false;
}

static unsigned add(uint32_t *out, unsigned n, unsigned max, uint32_t what)
{
	for (unsigned i = 0; i < n; i++)
		if (out[i] == what)
			return n;
	if (n < max)
		out[n++] = what;
	return n;
}

/* Has this side seen it too, but for its bytes? They may hold what the kernel chooses. */
static bool seen_too(const struct side *s, uint32_t packet, const struct record *what)
{
	for (const struct record *r = report_first(s, packet); r; r = report_next(s, r))
		if (r->kind == what->kind && r->hook == what->hook && r->group == what->group && r->in == what->in &&
		    r->out == what->out && r->mark == what->mark && r->len == what->len)
			return true;
	return false;
}

/* Both sides' rules matched alike: the last one before the reference shows what ours does not. */
static uint32_t last_before_difference(const struct verify *v, uint32_t packet, uint32_t last)
{
	uint32_t rule = RULE_NONE;

	for (const struct record *r = report_first(&v->pair[0], packet); r; r = report_next(&v->pair[0], r)) {
		if (r->kind == SEEN_TRACE && r->rule != RULE_NONE)
			rule = r->rule;
		else if (r->kind != SEEN_TRACE && rule != RULE_NONE && !seen_too(&v->pair[1], packet, r))
			return rule;
	}
	return last;
}

static bool logged_too(const struct side *s, uint32_t packet, const struct record *what)
{
	for (const struct record *r = report_first(s, packet); r; r = report_next(s, r))
		if (r->kind == SEEN_LOG && r->group == what->group && !strcmp(r->text, what->text))
			return true;
	return false;
}

static bool logs(const struct verify *v, uint32_t rule)
{
	const struct rule_spec *s = v->rules.rule[rule]->spec;

	return s->target == TARGET_EXT &&
	       (!strcmp(s->ext_target.ext->name, "NFLOG") || !strcmp(s->ext_target.ext->name, "LOG"));
}

/* One side logs what the other does not: the rules that log. The messages come in no order with the trace. */
static unsigned loggers(const struct verify *v, uint32_t packet, uint32_t *out, unsigned n, unsigned max)
{
	bool differ = false;

	for (unsigned side = 0; side < 2; side++)
		for (const struct record *r = report_first(&v->pair[side], packet); r; r = report_next(&v->pair[side], r))
			differ |= r->kind == SEEN_LOG && !logged_too(&v->pair[!side], packet, r);
	for (const struct record *r = report_first(&v->pair[0], packet); differ && r; r = report_next(&v->pair[0], r))
		if (r->kind == SEEN_TRACE && r->rule != RULE_NONE && logs(v, r->rule))
			n = add(out, n, max, r->rule);
	return n;
}

unsigned report_involved(const struct verify *v, uint32_t packet, uint32_t *out, unsigned max)
{
	unsigned n = 0;
	uint32_t last = RULE_NONE;

	for (unsigned side = 0; side < 2; side++) {
		const struct side *s = &v->pair[side];

		for (const struct record *r = report_first(s, packet); r; r = report_next(s, r)) {
			if (r->kind != SEEN_TRACE || r->rule == RULE_NONE)
				continue;
			last = r->rule;
			if (!matched(&v->pair[!side], packet, r->rule))
				n = add(out, n, max, r->rule);
		}
	}
	/* The same rules matched: it is what one of them does. */
	if (!n)
		n = loggers(v, packet, out, n, max);
	return n || last == RULE_NONE ? n : add(out, n, max, last_before_difference(v, packet, last));
}

static bool same_flow(const struct verify_packet *a, const struct verify_packet *b)
{
	uint32_t at = a->bytes[0] >> 4 == 6 ? 8 : 12, n = a->bytes[0] >> 4 == 6 ? 16 : 4;

	if (a->len < at + 2 * n || b->len < at + 2 * n || a->bytes[0] >> 4 != b->bytes[0] >> 4)
		return false;
	return !memcmp(a->bytes + at, b->bytes + at, 2 * n) ||
	       (!memcmp(a->bytes + at, b->bytes + at + n, n) && !memcmp(a->bytes + at + n, b->bytes + at, n));
}

unsigned report_before(const struct verify *v, uint32_t packet, uint32_t *out, unsigned max)
{
	const struct verify_packet *all = v->setup.plan->packets;
	unsigned n = 0;

	for (uint32_t i = 0; i < packet && n < max; i++)
		if (all[i].len && same_flow(&all[i], &all[packet]))
			out[n++] = i;
	return n;
}

const char *report_side(const struct verify *v, unsigned side)
{
	return side && !v->self ? "iptc2nft" : reference_names[v->setup.reference];
}
