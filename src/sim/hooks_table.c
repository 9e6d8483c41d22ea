/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hooks_table: the kernel's map, for --hooks.
 *
 * Tables and priorities come from hooks.def. What else runs at a hook: enum nf_ip_hook_priorities of
 * include/uapi/linux/netfilter_ipv4.h, nf_conntrack_proto.c, nf_defrag_ipv4.c, nf_nat_proto.c.
 */
#include "sim/hooks_table.h"

#include <stdlib.h>
#include "hooks.h"

/* How a packet gets to a hook and where it goes from there, by family. */
static const struct {
	const char *kernel, *before[2], *after[2], *leads_to;
} hooks[HOOK_COUNT] = {
	[HOOK_PREROUTING] = { "NF_INET_PRE_ROUTING", { "ip_rcv", "ipv6_rcv" },
			      { "ip_rcv_finish", "ip6_rcv_finish" },
			      "the routing decision: INPUT for this host, FORWARD for others" },
	[HOOK_INPUT] = { "NF_INET_LOCAL_IN", { "ip_local_deliver", "ip6_input" },
			 { "ip_local_deliver_finish", "ip6_input_finish" }, "the socket" },
	[HOOK_FORWARD] = { "NF_INET_FORWARD", { "ip_forward", "ip6_forward" },
			   { "ip_forward_finish", "ip6_forward_finish" }, "POSTROUTING" },
	[HOOK_OUTPUT] = { "NF_INET_LOCAL_OUT", { "__ip_local_out", "__ip6_local_out" },
			  { "dst_output", "dst_output" }, "POSTROUTING" },
	[HOOK_POSTROUTING] = { "NF_INET_POST_ROUTING", { "ip_output", "ip6_output" },
			       { "ip_finish_output", "ip6_finish_output" }, "the device" },
};

enum { BIT_PRE = 1 << HOOK_PREROUTING, BIT_IN = 1 << HOOK_INPUT, BIT_OUT = 1 << HOOK_OUTPUT,
       BIT_POST = 1 << HOOK_POSTROUTING };

static const struct other {
	int priority;
	unsigned hooks;
	const char *name, *function[2], *when;
} others[] = {
	{ -400, BIT_PRE | BIT_OUT, "defragmentation", { "ipv4_conntrack_defrag", "ipv6_defrag" },
	  "when connection tracking or TPROXY is used" },
	{ -200, BIT_PRE, "connection tracking", { "ipv4_conntrack_in", "ipv6_conntrack_in" },
	  "when a rule uses it" },
	{ -200, BIT_OUT, "connection tracking", { "ipv4_conntrack_local", "ipv6_conntrack_local" },
	  "when a rule uses it" },
	{ 2147483647, BIT_IN | BIT_POST, "confirmation", { "nf_confirm", "nf_confirm" },
	  "a new connection enters the table" },
};

static const char *const functions[TABLE_COUNT] = { "iptable_raw", "iptable_mangle", "iptable_nat",
						    "iptable_filter", "iptable_security" };

struct row {
	int priority;
	const char *name, *function[2], *note;
};

static int by_priority(const void *a, const void *b)
{
	const struct row *x = a, *y = b;

	return x->priority < y->priority ? -1 : x->priority > y->priority;
}

static const char *table_note(const struct hook_info *h)
{
	if (h->table == TABLE_NAT)
		return h->hook == HOOK_PREROUTING || h->hook == HOOK_OUTPUT
			       ? "destination NAT; the first packet of a connection only"
			       : "source NAT; the first packet of a connection only";
	if (h->type == CHAIN_ROUTE)
		return "routes again when mark, TOS or addresses changed";
	return "";
}

static unsigned rows_of(enum hook_id h, struct row *rows)
{
	unsigned n = 0;

	for (size_t i = 0; i < hook_row_count; i++)
		if (hook_rows[i].hook == h)
			rows[n++] = (struct row){ hook_rows[i].priority, table_names[hook_rows[i].table],
						  { functions[hook_rows[i].table], NULL },
						  table_note(&hook_rows[i]) };
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		if (others[i].hooks & 1u << h)
			rows[n++] = (struct row){ others[i].priority, others[i].name,
						  { others[i].function[0], others[i].function[1] },
						  others[i].when };
	qsort(rows, n, sizeof(*rows), by_priority);
	return n;
}

#define ROWS_MAX 16

static void functions_text(struct buffer *b, const struct row *r)
{
	if (r->function[1] && strcmp(r->function[0], r->function[1]) != 0)
		buffer_printf(b, "%s, %s", r->function[0], r->function[1]);
	else if (r->function[1])
		buffer_puts(b, r->function[0]);
	else
		buffer_printf(b, "%s, ip6%s", r->function[0], r->function[0] + 2);
}

void hooks_table_text(struct buffer *b)
{
	struct row rows[ROWS_MAX];

	buffer_lit(b, "On the way in, tcpdump sees a packet before PREROUTING (__netif_receive_skb_core): also one that is\n"
		      "dropped later, and as it came. On the way out it sees it after POSTROUTING (dev_queue_xmit_nit): as it\n"
		      "leaves, and never one that was dropped.\n");
	for (unsigned h = 0; h < HOOK_COUNT; h++) {
		unsigned n = rows_of((enum hook_id)h, rows);

		buffer_printf(b, "\n%s  %s\n", hook_names[h], hooks[h].kernel);
		buffer_printf(b, "  from %s, %s\n", hooks[h].before[0], hooks[h].before[1]);
		for (unsigned i = 0; i < n; i++) {
			size_t start = b->len;

			buffer_printf(b, "  %10d  %-20s ", rows[i].priority, rows[i].name);
			functions_text(b, &rows[i]);
			if (*rows[i].note) {
				while (b->len - start < 80)
					buffer_char(b, ' ');
				buffer_printf(b, " %s", rows[i].note);
			}
			buffer_char(b, '\n');
		}
		buffer_printf(b, "  then %s, %s: %s\n", hooks[h].after[0], hooks[h].after[1],
			      hooks[h].leads_to);
	}
}

void hooks_table_json(struct buffer *b)
{
	struct row rows[ROWS_MAX];

	buffer_lit(b, "[");
	for (unsigned h = 0; h < HOOK_COUNT; h++) {
		unsigned n = rows_of((enum hook_id)h, rows);

		buffer_printf(b,
			      "%s{\"chain\":\"%s\",\"hook\":\"%s\",\"from\":[\"%s\",\"%s\"],"
			      "\"then\":[\"%s\",\"%s\"],\"at\":[",
			      h ? ",\n" : "", hook_names[h], hooks[h].kernel, hooks[h].before[0],
			      hooks[h].before[1], hooks[h].after[0], hooks[h].after[1]);
		for (unsigned i = 0; i < n; i++)
			buffer_printf(b, "%s{\"priority\":%d,\"name\":\"%s\",\"note\":\"%s\"}",
				      i ? "," : "", rows[i].priority, rows[i].name, rows[i].note);
		buffer_lit(b, "]}");
	}
	buffer_lit(b, "]\n");
}
