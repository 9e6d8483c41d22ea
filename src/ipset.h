/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ipset: the sets that rules name, from the output of `ipset save` or from a list of their types.
 *
 * Elements are kept as keys of nft sets: one range a component, a port as protocol and number.
 */
#ifndef IPTC2NFT_IPSET_H
#define IPTC2NFT_IPSET_H

#include "ir.h"

#define IPSET_NAME_MAX 31 /* IPSET_MAXNAMELEN - 1 */
#define IPSET_KEY_MAX  5  /* components of the longest key: net, protocol, port, net */

enum ipset_part { IPSET_IP, IPSET_NET, IPSET_PORT, IPSET_MAC, IPSET_IFACE, IPSET_MARK, IPSET_SET };

struct ipset_type {
	const char *name;
	uint8_t dimension;
	uint8_t part[3];
	bool bitmap;
	bool nozero; /* adding the address 0 from a packet fails */
};

struct ipset_element {
	struct set_element e;
	bool nomatch;
	struct span at;
};

struct ipset {
	struct ipset *next;
	const char *name;
	const struct ipset_type *type;
	unsigned family;   /* FAMILY_*; FAMILY_BOTH: any */
	bool inferred;     /* nobody said what it is */
	bool timeouts;     /* elements have them; default_timeout 0: permanent */
	uint64_t default_timeout; /* ms */
	uint32_t maxelem;
	bool counters, skbinfo, forceadd;
	bool has_mask;     /* netmask, bitmask */
	struct addr mask;
	uint32_t markmask;
	struct addr range_lo, range_hi; /* bitmaps; ports in the first two bytes */
	struct ipset_element *elements;
	uint32_t nelements, cap;
	struct ipset_element *portless; /* protocols without ports; the port is not in the key */
	uint32_t nportless, portless_cap;
	struct ipset **members; /* list:set */
	uint32_t nmembers, members_cap;
	const char *reason; /* can't be carried over, or NULL */
	struct span at, reason_at;
	/* The lowering's: */
	bool added, deleted; /* a rule adds to it or deletes from it; deletes from it */
	struct ir_set *sets[2][2]; /* by nomatch and portless */
	uint32_t counts;           /* packets of elements are counted up to here */
	bool uncountable;          /* … or can't be */
	uint64_t count_timeout;    /* ms */
};

struct ipsets {
	struct arena *arena;
	struct diags *diags;
	struct ipset *first, **last;
	struct dict by_name;
	bool given; /* there was a text: sets that are not in it do not exist */
};

/* ipsets_load - read an `ipset save` and a list of types; either may be NULL. Reports errors. */
struct ipsets *ipsets_load(struct arena *a, struct diags *d, const char *save, const char *types);

struct ipset *ipset_find(const struct ipsets *all, const char *name, size_t len);
const struct ipset_type *ipset_type_find(const char *name, size_t len);
struct ipset *ipset_new(struct ipsets *all, const char *name, const struct ipset_type *type,
			struct span at);

/* Components of the set's keys: fields in the terms of @family's addresses. */
unsigned ipset_key(const struct ipset *s, unsigned family, enum field_id *out);

/* ipset_element_parse - "10.0.0.1,tcp:80"; adds it to the set. NULL: reported. The element returned
 * awaits its options. */
struct ipset_element *ipset_element_parse(struct ipsets *all, struct ipset *s, const char *text,
					  size_t len, struct span at);

/*
 * ipset_flatten - what of the set's elements (or of those @portless) matches or, @nomatch, is
 * excepted by the most specific one, as elements that do not overlap. With *reason: can't be done.
 */
struct set_element *ipset_flatten(struct arena *a, const struct ipset *s, bool nomatch,
				  bool portless, uint32_t *n, const char **reason);

/* Do packets of this protocol have what ipset calls a port? */
bool ipset_has_ports(unsigned proto);

#endif
