/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * logs: what LOG writes, as a number.
 *
 * Messages of LOG go to the kernel's log, which a network namespace of its own does not reach; so the
 * prefix, level and flags that the kernel has are compared, not the messages.
 */
#ifndef IPTC2NFT_VERIFY_LOGS_H
#define IPTC2NFT_VERIFY_LOGS_H

#include <stdint.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/x_tables.h>

#define LOGS_NONE 0u

/* Of an xtables target; LOGS_NONE: it is not LOG. */
uint64_t logs_of_target(const char *name, const void *info, size_t len);
/* Of one expression of nf_tables: log without a group, or xtables' LOG. */
uint64_t logs_of_expression(const char *name, const struct nlattr *data);

#endif
