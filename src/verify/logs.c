/* SPDX-License-Identifier: GPL-2.0-or-later */
/* logs: struct xt_log_info (net/netfilter/xt_LOG.c) and nft_log's attributes say the same. */
#include "verify/logs.h"

#include <string.h>
#include <arpa/inet.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nf_tables_compat.h>
#include <linux/netfilter/xt_LOG.h>

#define LEVEL_WARNING 4

static uint64_t number(uint32_t level, uint32_t flags, const char *prefix, size_t len)
{
	uint64_t h = 0xcbf29ce484222325u ^ ((uint64_t)level << 32 | flags);

	for (size_t i = 0; i < len && prefix[i]; i++)
		h = (h ^ (uint8_t)prefix[i]) * 0x100000001b3u;
	return h * 0x9e3779b97f4a7c15u | 1;
}

uint64_t logs_of_target(const char *name, const void *info, size_t len)
{
	struct xt_log_info log;

	if (strcmp(name, "LOG") || len < sizeof(log))
		return LOGS_NONE;
	memcpy(&log, info, sizeof(log));
	return number(log.level, log.logflags, log.prefix, sizeof(log.prefix));
}

static uint64_t log_expression(const struct nlattr *data)
{
	uint32_t level = LEVEL_WARNING, flags = 0;
	const char *prefix = "";
	const struct nlattr *a;

	mnl_attr_for_each_nested(a, data) {
		switch (mnl_attr_get_type(a)) {
		case NFTA_LOG_GROUP: return LOGS_NONE;
		case NFTA_LOG_LEVEL: level = ntohl(mnl_attr_get_u32(a)); break;
		case NFTA_LOG_FLAGS: flags = ntohl(mnl_attr_get_u32(a)); break;
		case NFTA_LOG_PREFIX: prefix = mnl_attr_get_str(a); break;
		default: break;
		}
	}
	return number(level, flags, prefix, strlen(prefix));
}

uint64_t logs_of_expression(const char *name, const struct nlattr *data)
{
	const char *target = "";
	const struct nlattr *a, *info = NULL;

	if (!strcmp(name, "log"))
		return log_expression(data);
	if (strcmp(name, "target"))
		return LOGS_NONE;
	mnl_attr_for_each_nested(a, data) {
		if (mnl_attr_get_type(a) == NFTA_TARGET_NAME)
			target = mnl_attr_get_str(a);
		else if (mnl_attr_get_type(a) == NFTA_TARGET_INFO)
			info = a;
	}
	return info ? logs_of_target(target, mnl_attr_get_payload(info), mnl_attr_get_payload_len(info)) : LOGS_NONE;
}
