/* SPDX-License-Identifier: GPL-2.0-or-later */
/* capture: the IP packets of a capture file. */
#ifndef IPTC2NFT_CLI_CAPTURE_H
#define IPTC2NFT_CLI_CAPTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct capture;

struct capture_packet {
	const uint8_t *ip; /* from the IP header on */
	uint32_t len;
	uint64_t us;       /* when, since 1970 */
	bool outgoing;     /* the capture says that it was sent from here */
	bool has_mac;
	uint8_t smac[6], dmac[6];
	uint8_t pkttype;   /* PACKET_* */
};

/* NULL: *error says why, in memory that lives as long as the program. */
struct capture *capture_open(const char *path, const char **error);
void capture_close(struct capture *c);

/* 1: a packet; 0: the end; -1: the file is damaged, *why. Packets that hold no IP are counted and passed
 * over; those that can't be decoded are told to @bad. */
int capture_next(struct capture *c, struct capture_packet *p,
		 void (*bad)(void *arg, uint64_t number, const char *why), void *arg, const char **why);

uint64_t capture_other(const struct capture *c); /* frames without IP so far */

#endif
