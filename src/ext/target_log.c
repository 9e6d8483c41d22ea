/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * LOG: net/netfilter/xt_LOG.c, log_tg(); NFLOG: net/netfilter/xt_NFLOG.c, nflog_tg().
 *
 * Both call the logger that nft_log.c calls, with the same parameters. A prefix that is too long is cut
 * by iptables, silently: libxt_LOG at 29 bytes, libxt_NFLOG at 63. --nflog-range sets a length that the
 * kernel ignores without the flag that only --nflog-size sets.
 */
#include "lower.h"

#include <string.h>
#include <linux/netfilter/nf_log.h>

enum { LEVEL, PREFIX, TCP_SEQ, TCP_OPTS, IP_OPTS, LOG_UID, MACDECODE };
enum { GROUP, NFPREFIX, RANGE, SIZE, THRESHOLD };

#define LEVEL_DEFAULT 4 /* LOG_DEFAULT_LEVEL of libxt_LOG.c: warning */
#define LOG_PREFIX_MAX 29   /* sizeof(struct xt_log_info.prefix) - 1 */
#define NFLOG_PREFIX_MAX 63 /* sizeof(struct xt_nflog_info.prefix) - 1 */

static bool parse_prefix(struct ext_parse *p, struct arg *out, uint32_t max)
{
	const struct word *w = p->word;

	if (!w->len)
		return ext_value_error(p, "the prefix is empty");
	if (memchr(w->s, '\n', w->len))
		return ext_value_error(p, "the prefix has more than one line");
	out->str.len = out->custom_len = w->len < max ? w->len : max;
	out->str.s = arena_strndup(p->rs->arena, w->s, out->str.len);
	return true;
}

static bool log_prefix(struct ext_parse *p, struct arg *out)
{
	return parse_prefix(p, out, LOG_PREFIX_MAX);
}

static bool nflog_prefix(struct ext_parse *p, struct arg *out)
{
	return parse_prefix(p, out, NFLOG_PREFIX_MAX);
}

static const struct ext_option log_options[] = {
	{ .name = "log-level", .id = LEVEL, .type = ARG_SYSLOG, .implied = "warning", .metavar = "level",
	  .help = "syslog level, name or number (default warning)" },
	{ .name = "log-prefix", .id = PREFIX, .type = ARG_CUSTOM, .parse = log_prefix, .metavar = "text",
	  .help = "begin the line with this (cut after 29 bytes)", .support = PARTLY,
	  .note = "a prefix that holds \" needs --apply, JSON or netlink output: nft's text has no way to write it" },
	{ .name = "log-tcp-sequence", .id = TCP_SEQ, .type = ARG_NONE, .help = "log TCP sequence numbers" },
	{ .name = "log-tcp-options", .id = TCP_OPTS, .type = ARG_NONE, .help = "log TCP options" },
	{ .name = "log-ip-options", .id = IP_OPTS, .type = ARG_NONE, .help = "log IP options" },
	{ .name = "log-uid", .id = LOG_UID, .type = ARG_NONE, .help = "log the user of the socket" },
	{ .name = "log-macdecode", .id = MACDECODE, .type = ARG_NONE, .help = "decode the MAC addresses" },
	{ .name = NULL },
};

static const struct ext_option nflog_options[] = {
	{ .name = "nflog-group", .id = GROUP, .type = ARG_U16, .implied = "0", .metavar = "group", .help = "netlink group (default 0)" },
	{ .name = "nflog-prefix", .id = NFPREFIX, .type = ARG_CUSTOM, .parse = nflog_prefix, .metavar = "text",
	  .help = "begin the message with this (cut after 63 bytes)" },
	{ .name = "nflog-range", .id = RANGE, .type = ARG_U32, .excl = 1u << SIZE, .metavar = "bytes",
	  .help = "accepted, and ignored as the kernel does" },
	{ .name = "nflog-size", .id = SIZE, .type = ARG_U32, .excl = 1u << RANGE, .metavar = "bytes",
	  .help = "bytes of the packet to copy (default all)" },
	{ .name = "nflog-threshold", .id = THRESHOLD, .type = ARG_U16, .metavar = "packets",
	  .help = "packets to queue before a message" },
	{ .name = NULL },
};

static uint8_t log_flag(unsigned id)
{
	switch (id) {
	case TCP_SEQ: return NF_LOG_TCPSEQ;
	case TCP_OPTS: return NF_LOG_TCPOPT;
	case IP_OPTS: return NF_LOG_IPOPT;
	case LOG_UID: return NF_LOG_UID;
	case MACDECODE: return NF_LOG_MACDECODE;
	default: return 0;
	}
}

static void lower_log(struct lower *l, const struct ext_use *u)
{
	const struct arg *level = use_arg(u, LEVEL), *prefix = use_arg(u, PREFIX);
	struct inst_log *log = &lower_emit(l, INST_LOG)->log;

	log->level = level ? (uint8_t)level->num.lo : LEVEL_DEFAULT;
	log->prefix = prefix ? prefix->str.s : "";
	for (unsigned i = 0; i < u->nargs; i++)
		log->flags |= log_flag(u->args[i].id);
}

static void lower_nflog(struct lower *l, const struct ext_use *u)
{
	const struct arg *group = use_arg(u, GROUP), *prefix = use_arg(u, NFPREFIX);
	const struct arg *size = use_arg(u, SIZE), *threshold = use_arg(u, THRESHOLD);
	struct inst_log *log = &lower_emit(l, INST_LOG)->log;

	log->nflog = true;
	log->group = group ? (uint16_t)group->num.lo : 0;
	log->prefix = prefix ? prefix->str.s : "";
	log->has_snaplen = size;
	log->snaplen = size ? (uint32_t)size->num.lo : 0;
	log->threshold = threshold ? (uint16_t)threshold->num.lo : 0;
}

const struct ext target_log = {
	.name = "LOG",
	.kind = EXT_TARGET,
	.families = FAMILY_BOTH,
	.options = log_options,
	.lower = lower_log,
	.help = "log to the kernel log, and go on",
};

const struct ext target_nflog = {
	.name = "NFLOG",
	.kind = EXT_TARGET,
	.families = FAMILY_BOTH,
	.options = nflog_options,
	.lower = lower_nflog,
	.help = "log to a netlink group, and go on",
};
