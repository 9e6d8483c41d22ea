/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ULOG: net/ipv4/netfilter/ipt_ULOG.c, which Linux 3.17 removed. NFLOG is its successor, but another program
 * listens to it, so it is not put in its place. */
#include "lower.h"

enum { GROUP, PREFIX, CPRANGE, QTHRESHOLD };

#define REASON "Linux has it no more since 3.17: NFLOG is its successor"

static const struct ext_option options[] = {
	{ .name = "ulog-nlgroup", .id = GROUP, .type = ARG_U8, .min = 1, .max = 32, .metavar = "group",
	  .help = "netlink group", .support = REFUSED, .note = REASON },
	{ .name = "ulog-prefix", .id = PREFIX, .type = ARG_STRING, .min = 1, .metavar = "text",
	  .max = WORD_MAX_BYTES, .help = "begin the message with this", .support = REFUSED, .note = REASON },
	{ .name = "ulog-cprange", .id = CPRANGE, .type = ARG_U64, .metavar = "bytes", .help = "bytes to copy",
	  .support = REFUSED, .note = REASON },
	{ .name = "ulog-qthreshold", .id = QTHRESHOLD, .type = ARG_U64, .min = 1, .max = 50,
	  .metavar = "packets", .help = "packets to queue", .support = REFUSED, .note = REASON },
	{ .name = NULL },
};

static void lower(struct lower *l, const struct ext_use *u)
{
	lower_refuse(l, u, u->at, NULL, "ULOG can't be kept: " REASON);
}

const struct ext target_ulog = {
	.name = "ULOG",
	.kind = EXT_TARGET,
	.families = FAMILY_IPV4,
	.options = options,
	.lower = lower,
	.help = "log to user space, of old kernels",
};
