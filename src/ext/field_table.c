/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * field_table: TOS is written as its two parts, `dscp` and `ecn`, since nft keeps the IPv4 checksum right
 * for these but not for the whole byte.
 */
#include "field_table.h"

#define ECN_BITS 0x03
#define TTL_MAX  255

/* One part of the byte: new = (old & keep) ^ flip. */
struct part {
	struct operand field;
	uint8_t keep, flip, all;
};

static bool part_changes(const struct part *p)
{
	return p->keep != p->all || p->flip;
}

/* Test the kept bits, both parts' in one test of the whole byte, only where there are some. (nft 1.0.6 gets
 * `ip6 dscp & mask` wrong: it shifts bytes in network order.) */
static void old_test(struct lower *l, const struct part *dscp, const struct part *ecn, uint8_t d, uint8_t e)
{
	uint8_t mask = (uint8_t)((part_changes(dscp) ? dscp->keep << 2 : 0) | (part_changes(ecn) ? ecn->keep : 0));

	if (mask)
		lower_masked(l, operand_of(lower_v6(l) ? FIELD_IP6_TCLASS : FIELD_IP_TOS), mask,
			     (uint64_t)(d << 2 | e), false);
}

static void part_set(struct lower *l, const struct part *p, uint8_t old)
{
	if (part_changes(p))
		lower_set(l, p->field, old ^ p->flip);
}

/* The values that the kept bits of a part can have, one after the other; ends at 0. */
static uint8_t next_kept(const struct part *p, uint8_t old)
{
	return part_changes(p) ? (uint8_t)((old - p->keep) & p->keep) : 0;
}

static void table(struct lower *l, const struct part *dscp, const struct part *ecn)
{
	uint8_t d = 0, e = 0;

	do {
		do {
			if (d || e)
				lower_next_rule(l);
			old_test(l, dscp, ecn, d, e);
			part_set(l, dscp, d);
			part_set(l, ecn, e);
			lower_verdict(l, VERDICT_RETURN);
			e = next_kept(ecn, e);
		} while (e);
		d = next_kept(dscp, d);
	} while (d);
}

void lower_ecn_dscp(struct lower *l, uint8_t value, uint8_t mask)
{
	bool v6 = lower_v6(l), fresh;
	struct part dscp = { operand_of(v6 ? FIELD_IP6_DSCP : FIELD_IP_DSCP), (uint8_t)~mask >> 2, value >> 2, 0x3f };
	struct part ecn = { operand_of(v6 ? FIELD_IP6_ECN : FIELD_IP_ECN), (uint8_t)~mask & ECN_BITS,
			    value & ECN_BITS, ECN_BITS };
	struct lower_saved saved;
	struct ir_chain *c;

	if ((!part_changes(&dscp) || !dscp.keep) && (!part_changes(&ecn) || !ecn.keep)) {
		part_set(l, &dscp, 0);
		part_set(l, &ecn, 0);
		return;
	}
	c = lower_helper_chain(l, arena_printf(l->arena, "tos-%02x-%02x", value, mask), &fresh);
	if (fresh) {
		lower_into(l, c, &saved);
		table(l, &dscp, &ecn);
		lower_back(l, &saved);
	}
	lower_jump(l, c);
}

void lower_hops(struct lower *l, int delta)
{
	struct operand hops = operand_of(lower_v6(l) ? FIELD_IP6_HOPLIMIT : FIELD_IP_TTL);
	struct lower_saved saved;
	struct ir_chain *c;
	bool fresh;

	c = lower_helper_chain(l, arena_printf(l->arena, "%s-%s-%d", lower_v6(l) ? "hl" : "ttl",
					       delta < 0 ? "dec" : "inc", delta < 0 ? -delta : delta), &fresh);
	if (fresh) {
		lower_into(l, c, &saved);
		for (int old = 0, n = 0; old <= TTL_MAX; old++) {
			int now = old + delta < 0 ? 0 : old + delta > TTL_MAX ? TTL_MAX : old + delta;

			if (now == old)
				continue;
			if (n++)
				lower_next_rule(l);
			lower_eq(l, hops, (uint64_t)old, false);
			lower_set(l, hops, (uint64_t)now);
			lower_verdict(l, VERDICT_RETURN);
		}
		lower_back(l, &saved);
	}
	lower_jump(l, c);
}
