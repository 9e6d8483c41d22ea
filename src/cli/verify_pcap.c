/* SPDX-License-Identifier: GPL-2.0-or-later */
/* verify_pcap: the packets of a capture behind those of a plan. Their timing is not kept. */
#include "verify_pcap.h"

#include <stdio.h>
#include <string.h>
#include <linux/if_packet.h>
#include <linux/rtnetlink.h>
#include "capture.h"
#include "sim/packet.h"
#include "sim/route.h"

#define CAPTURE_MAX 1000000

struct taking {
	const struct cli_options *o;
	struct verify_plan *plan;
	unsigned family;
	struct host_iface *in;
	uint32_t cap, other;
};

static void bad_frame(void *arg, uint64_t number, const char *why)
{
	const struct taking *t = arg;

	fprintf(stderr, "%s: frame %llu: warning: %s\n", t->o->pcap, (unsigned long long)number, why);
}

/* Sent from here when the capture says so or its source is ours; as --explain has it. */
static void take(struct taking *t, const struct capture_packet *c)
{
	struct arena *a = t->plan->arena;
	unsigned family = c->ip[0] >> 4 == 6 ? FAMILY_IPV6 : FAMILY_IPV4;
	struct verify_packet *p;
	struct sim_packet s = { 0 };
	struct addr src, dst;

	if (family != t->family) {
		t->other++;
		return;
	}
	packet_set(&s, a, c->ip, c->len);
	packet_addrs(&s, &src, &dst);
	t->plan->packets = arena_grow(a, t->plan->packets, t->plan->npackets, &t->cap, sizeof(*p));
	p = &t->plan->packets[t->plan->npackets++];
	*p = (struct verify_packet){ .bytes = s.data, .len = s.len, .pkttype = c->pkttype };
	if (!c->outgoing && route_addr_type(t->plan->host, family, &src, NULL) != RTN_LOCAL)
		p->in = t->in;
	memcpy(p->smac, c->has_mac ? c->smac : (const uint8_t *)"\2\0\0\0\xff\1", 6);
}

static int take_all(struct taking *t, struct capture *c)
{
	struct capture_packet p;
	const char *why = "";
	int r;

	while ((r = capture_next(c, &p, bad_frame, t, &why)) == 1) {
		if (t->plan->npackets >= CAPTURE_MAX) {
			cli_error("%s: more than %d packets", t->o->pcap, CAPTURE_MAX);
			return IPTC2NFT_INPUT;
		}
		take(t, &p);
	}
	if (t->other)
		fprintf(stderr, "%s: warning: %u packet%s not of the ruleset's family\n", t->o->pcap, t->other,
			t->other == 1 ? " is" : "s are");
	if (r == 0)
		return IPTC2NFT_OK;
	cli_error("%s: %s", t->o->pcap, why);
	return IPTC2NFT_INPUT;
}

int verify_pcap(const struct cli_options *o, unsigned family, struct verify_plan *plan)
{
	struct taking t = { .o = o, .plan = plan, .family = family, .cap = plan->npackets };
	struct capture *c;
	const char *error;
	int st;

	if (!o->pcap)
		return IPTC2NFT_OK;
	t.in = o->in ? host_iface_find(plan->host, o->in, strlen(o->in)) : NULL;
	if (!t.in) {
		cli_error(o->in ? "--in: the host has no interface '%s'" : "--pcap needs --in%s",
			  o->in ? o->in : ", the interface of the capture");
		return IPTC2NFT_USAGE;
	}
	c = capture_open(o->pcap, &error);
	if (!c) {
		cli_error("%s: %s", o->pcap, error);
		return IPTC2NFT_INPUT;
	}
	st = take_all(&t, c);
	capture_close(c);
	return st;
}
