/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * value: the values of options: numbers, addresses, ports, names.
 *
 * Each takes text with a length (no NUL needed) and returns false where iptables would refuse it.
 * None reports: the caller knows what was expected. Number syntax is strtoul's base 0 as in
 * iptables' xtables_strtoul(): blanks and a plus may lead, no minus, whole text used.
 */
#ifndef IPTC2NFT_VALUE_H
#define IPTC2NFT_VALUE_H

#include <stdbool.h>
#include <stdint.h>
#include "ruleset.h"

bool value_u64(const char *s, size_t len, uint64_t min, uint64_t max, uint64_t *out);
/* A leading decimal number as atoll(), strtoul() and sscanf("%llu") take it: blanks, a sign, digits; too
 * large ones are UINT64_MAX. */
bool value_decimal(const char *s, size_t len, uint64_t *out, size_t *used);
/* A leading number; *used is how many bytes it took (for "40/sec", "5kb"). */
bool value_u64_prefix(const char *s, size_t len, uint64_t *out, size_t *used);
bool value_mark(const char *s, size_t len, uint32_t *value, uint32_t *mask);
bool value_port(const char *s, size_t len, unsigned proto, uint16_t *out); /* number or service */
/* As getaddrinfo() reads a service: the number is decimal and only its low 16 bits count; names of
 * any protocol. */
bool value_service(const char *s, size_t len, uint16_t *out);
bool value_proto(const char *s, size_t len, uint16_t *out);                /* number or name */
bool value_ipv4(const char *s, size_t len, struct in_addr *out); /* strict and iptables' short forms */
bool value_inet_aton(const char *s, size_t len, struct in_addr *out); /* as getaddrinfo() reads one */
bool value_ipv6(const char *s, size_t len, struct in6_addr *out);
/* /24, /255.255.255.0, /255.0.255.0, IPv6 likewise. */
bool value_mask(const char *s, size_t len, unsigned family, struct addr *out);
/* xtopt_parse_plen(): a length, or an address whose leading ones are counted. -1: neither. */
#define PREFIX_NONE UINT8_MAX /* an address that is no mask of a prefix */
int value_prefix(const char *s, size_t len, unsigned family);
bool value_ether(const char *s, size_t len, uint8_t out[6]);
bool value_syslog(const char *s, size_t len, uint8_t *level);

/* Look a host name up; at most @max addresses. Returns how many, 0: none. Asks the system's resolver. */
unsigned value_resolve(const char *s, size_t len, unsigned family, struct addr *out, unsigned max);

/* The usual name of a protocol of an IP header, or its number; a table string. */
const char *proto_name(unsigned proto);

/* The mask of a prefix; of no more bits than the family has. */
void prefix_fill(struct addr *mask, unsigned bits, unsigned family);

/* Prefix length of a contiguous mask, or -1. */
int mask_prefix(const struct addr *mask, unsigned family);

#endif
