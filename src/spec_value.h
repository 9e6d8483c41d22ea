/* SPDX-License-Identifier: GPL-2.0-or-later */
/* spec_value: what the files that read an option's value by its type share. */
#ifndef IPTC2NFT_SPEC_VALUE_H
#define IPTC2NFT_SPEC_VALUE_H

#include "spec.h"

struct typed {
	const struct ext_parse *p;
	const struct ext_option *opt;
	const struct word *w;
	struct arg *out;
};

#define BAD(t, ...) ext_value_error((t)->p, __VA_ARGS__)
#define W(w)	    (int)(w)->len, (w)->s

/* spec_value_net.c. False: reported. */
bool typed_prefix(const struct typed *t);
bool typed_host(const struct typed *t, bool with_mask);
bool typed_addr_range(const struct typed *t);
bool typed_port(const struct typed *t, const char *s, size_t len, uint64_t *out);
bool typed_port_range(const struct typed *t, const char *s, size_t len, uint64_t *lo, uint64_t *hi);
bool typed_ports(const struct typed *t);
bool typed_ether(const struct typed *t, bool with_mask);
bool typed_proto(const struct typed *t);
bool typed_iface(const struct typed *t);

#endif
