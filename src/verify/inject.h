/* SPDX-License-Identifier: GPL-2.0-or-later */
/* inject: packets into a namespace: arriving ones through TAP devices, local ones by raw sockets. */
#ifndef IPTC2NFT_VERIFY_INJECT_H
#define IPTC2NFT_VERIFY_INJECT_H

#include "verify/namespace.h"
#include "verify/plan.h"

#define INJECT_SOCKETS 64

struct injector {
	const struct netns *ns;
	struct {
		int fd;
		uint32_t uid, gid;
		const struct host_iface *bound;
	} sockets[INJECT_SOCKETS];
	unsigned n, next;
};

void injector_init(struct injector *i, const struct netns *ns);

/* The receive path of an arriving packet has been walked when this returns. What the kernel says to a
 * local one (EPERM where it is dropped) is no error. 0, or an errno: it could not even be tried. */
int inject(struct injector *i, const struct verify_packet *p);

#endif
