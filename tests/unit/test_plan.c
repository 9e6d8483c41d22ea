/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The plan of --verify: what a rule can be hit by is found, and the same seed gives the same packets. */
#include <check.h>
#include <stdio.h>
#include <string.h>
#include "context.h"
#include "verify/plan.h"

struct sample {
	const char *name, *text;
	unsigned unhit; /* rules that can't be hit */
};

static const struct sample samples[] = {
	{ "ports", "*filter\n:INPUT DROP [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n"
		   "-A INPUT -i lo -j ACCEPT\n"
		   "-A INPUT -s 10.0.0.0/8 -i eth+ -p tcp -m multiport --dports 80,443,1000:2000 -j ACCEPT\n"
		   "-A INPUT -p udp -m udp --dport 53 -j ACCEPT\n"
		   "-A INPUT -p udp -m udp --dport 53 -j DROP\n"
		   "-A INPUT -p icmp -m icmp --icmp-type 8 -j ACCEPT\n"
		   "-A OUTPUT -o eth1 -p tcp -m owner --uid-owner 33 -j REJECT\n"
		   "-A FORWARD -i eth0 -o eth1 -m mac --mac-source 00:11:22:33:44:55 -j DROP\n"
		   "-A FORWARD -m iprange --src-range 1.1.1.1-1.1.1.9 -m ttl --ttl-lt 5 -j DROP\n"
		   "-A FORWARD -p tcp -m tcp --tcp-flags SYN,ACK SYN --tcp-option 5 -j DROP\n"
		   "-A FORWARD -m length --length 700:900 -m addrtype --src-type UNICAST -j DROP\nCOMMIT\n",
	  1 },
	{ "states", "*filter\n:INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT ACCEPT [0:0]\n"
		    "-A INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT\n"
		    "-A INPUT -m conntrack --ctstate RELATED -j ACCEPT\n"
		    "-A INPUT -m conntrack --ctstate INVALID -j DROP\n"
		    "-A INPUT -p tcp -m tcp --dport 22 -m conntrack --ctstate NEW -j ACCEPT\n"
		    "-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n"
		    "-A FORWARD -i eth1 -o eth0 -m conntrack --ctstate NEW -j ACCEPT\nCOMMIT\n",
	  0 },
	{ "marks", "*mangle\n:PREROUTING ACCEPT [0:0]\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n"
		   ":OUTPUT ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n:web - [0:0]\n"
		   "-A PREROUTING -p tcp -m tcp --dport 80 -g web\n"
		   "-A web -s 192.168.7.0/24 -j MARK --set-xmark 0x7/0xff\n"
		   "-A web -j CONNMARK --set-xmark 0x9/0xffffffff\nCOMMIT\n"
		   "*filter\n:INPUT ACCEPT [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT ACCEPT [0:0]\n"
		   "-A FORWARD -m mark --mark 0x7/0xff -j ACCEPT\n"
		   "-A INPUT -m connmark --mark 0x9 -j DROP\n"
		   "-A OUTPUT -m mark --mark 0x5 -j DROP\nCOMMIT\n"
		   "*nat\n:PREROUTING ACCEPT [0:0]\n:INPUT ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n"
		   ":POSTROUTING ACCEPT [0:0]\n-A POSTROUTING -s 192.168.7.0/24 -o eth1 -j MASQUERADE\nCOMMIT\n",
	  0 },
	{ "six", "*filter\n:INPUT DROP [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n"
		 "-A INPUT -p ipv6-icmp -m icmp6 --icmpv6-type 135 -m hl --hl-eq 255 -j ACCEPT\n"
		 "-A INPUT -s fe80::/10 -j ACCEPT\n-A FORWARD -m rt --rt-type 2 -j DROP\n"
		 "-A FORWARD -m frag --fragfirst -j DROP\n"
		 "-A FORWARD -d 2001:db8:5::/48 -p tcp -m tcp --dport 443 -j ACCEPT\nCOMMIT\n",
	  0 },
};

static struct arena arena;
static jmp_buf oom;

static struct iptc2nft *compiled(const struct sample *s)
{
	struct iptc2nft_options o = { .size = sizeof(o), .for_explain = true };
	struct iptc2nft *c = iptc2nft_new(&o);

	ck_assert_int_eq(iptc2nft_add(c, s->name, s->text, strlen(s->text)), IPTC2NFT_OK);
	ck_assert_int_eq(iptc2nft_compile(c), IPTC2NFT_OK);
	c->arena.on_oom = &oom;
	return c;
}

static void make(struct iptc2nft *c, uint32_t seed, uint32_t packets, struct verify_plan *p)
{
	const struct verify_wish w = { .seed = seed, .packets = packets };

	ck_assert(verify_plan_make(&arena, &c->diags, c->ir, &w, p));
}

START_TEST(rules_are_hit)
{
	const struct sample *s = &samples[_i];
	struct verify_plan p;
	struct iptc2nft *c;

	arena_init(&arena);
	arena.on_oom = &oom;
	if (setjmp(oom))
		ck_abort_msg("out of memory");
	c = compiled(s);
	make(c, 1, 0, &p);
	for (uint32_t i = 0; i < p.nunhit && p.nunhit != s->unhit; i++) {
		struct place at;

		diag_place(&c->diags, p.unhit[i]->at, &at);
		printf("%s: never hit: %.*s\n", s->name, (int)at.text_len, at.text);
	}
	ck_assert_uint_eq(p.nunhit, s->unhit);
	ck_assert_uint_eq(p.nhit + p.nunhit, p.nrules);
	iptc2nft_free(c);
	arena_free(&arena);
}
END_TEST

static bool equal(const struct verify_plan *a, const struct verify_plan *b)
{
	if (a->npackets != b->npackets)
		return false;
	for (uint32_t i = 0; i < a->npackets; i++)
		if (a->packets[i].len != b->packets[i].len || a->packets[i].mark != b->packets[i].mark ||
		    memcmp(a->packets[i].bytes, b->packets[i].bytes, a->packets[i].len) != 0)
			return false;
	return true;
}

START_TEST(seeds)
{
	struct verify_plan a, b, c;
	struct iptc2nft *ctx;

	arena_init(&arena);
	arena.on_oom = &oom;
	if (setjmp(oom))
		ck_abort_msg("out of memory");
	ctx = compiled(&samples[0]);
	make(ctx, 1, 400, &a);
	make(ctx, 1, 400, &b);
	make(ctx, 2, 400, &c);
	ck_assert(equal(&a, &b));
	ck_assert(!equal(&a, &c));
	ck_assert_uint_le(a.npackets, 400);
	iptc2nft_free(ctx);
	arena_free(&arena);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("plan");
	TCase *t = tcase_create("plan");

	tcase_add_loop_test(t, rules_are_hit, 0, sizeof(samples) / sizeof(*samples));
	tcase_add_test(t, seeds);
	suite_add_tcase(s, t);

	SRunner *r = srunner_create(s);

	srunner_run_all(r, CK_ENV);

	int failed = srunner_ntests_failed(r);

	srunner_free(r);
	return failed ? 1 : 0;
}
