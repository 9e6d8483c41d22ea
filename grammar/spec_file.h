/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * spec: a packet.spec file: the host, then packets and pauses in order.
 *
 * A line-oriented format without nesting, parsed by hand: each line is a keyword and words, so that
 * a generated parser would hold one rule a keyword and no more. Errors go to the diags with the
 * word's span; parsing goes on with the next line.
 */
#ifndef IPTC2NFT_SPEC_FILE_H
#define IPTC2NFT_SPEC_FILE_H

#include "diag.h"
#include "ruleset.h"
#include "sim/host.h"

enum spec_key {
#define KEY(id, name, type, min, max) KEY_##id,
#include "spec_key.def"
	KEY_COUNT
};

struct spec_bytes {
	const uint8_t *data;
	uint32_t len;
};

struct spec_packet {
	struct span at;
	const char *name;  /* "" when it has none */
	bool reply, out;
	uint64_t given;    /* 1 << enum spec_key */
	struct span where[KEY_COUNT];
	uint64_t num[KEY_COUNT];
	unsigned family;   /* of the addresses; 0: none given */
	struct addr src, dst;
	struct host_iface *in, *oif;
	uint8_t smac[6], dmac[6];
	struct spec_bytes raw, payload, tcp_options;
};

enum spec_item_kind { SPEC_PACKET, SPEC_WAIT };

struct spec_item {
	struct spec_item *next;
	uint8_t kind;
	union {
		struct spec_packet packet;
		uint64_t wait_ms;
	};
};

struct spec {
	struct arena *arena;
	struct diags *diags;
	struct host *host;
	struct spec_item *items, **last;
	uint32_t npackets;
	bool host_only; /* --host: packets are an error */
	bool in_packets; /* the host part is over */
	struct host_iface *current; /* whose lines `ip addr` is printing */
};

static inline bool spec_given(const struct spec_packet *p, enum spec_key k)
{
	return p->given >> k & 1;
}

void spec_file_init(struct spec *s, struct arena *a, struct diags *d, struct host *h);

/* Parse one source. Errors are in the diags. */
void spec_file_parse(struct spec *s, const struct source *src);

/* Parse what follows `packet` on a line, for --packet. */
void spec_parse_packet(struct spec *s, const struct source *src);

/* One word: KEY=VALUE has both, others only text. Quotes and escapes are undone. */
struct spec_word {
	const char *s;
	uint32_t len;
	const char *value; /* NULL: no '=' outside of quotes */
	uint32_t value_len;
	struct span at, value_at;
	bool quoted; /* begins with a quote */
};

/* For spec_host.c and spec_packet.c. */
struct spec_line {
	struct spec *spec;
	struct spec_word *words;
	uint32_t n;
	struct span at;
};

bool spec_word_is(const struct spec_word *w, const char *s);
bool spec_error(const struct spec_line *l, struct span at, const char *fmt, ...)
	__attribute__((format(printf, 3, 4))); /* returns false */
bool spec_address(const struct spec_line *l, const char *s, uint32_t len, struct span at,
		  unsigned *family, struct addr *out);
/* ADDRESS[/PREFIX]; without one the whole width. Not masked. */
bool spec_prefix(const struct spec_line *l, const char *s, uint32_t len, struct span at,
		 unsigned *family, struct addr *out, uint8_t *prefix);
bool spec_duration(const struct spec_line *l, const struct spec_word *w, uint64_t *ms);

/* The word behind word @i, which is a value of it; NULL, false: reported. */
const struct spec_word *spec_next(const struct spec_line *l, uint32_t i);
bool spec_number(const struct spec_line *l, uint32_t i, uint64_t max, uint64_t *out);
bool spec_iface(const struct spec_line *l, uint32_t i, struct host_iface **out);

#define SPEC_RULE_PRIORITY 32765
void spec_route_line(const struct spec_line *l, uint32_t first);
void spec_rule_line(const struct spec_line *l, uint32_t first, uint32_t priority);
/* spec_ip.c: a line of `ip addr`, `ip route` or `ip rule`; false: it is none. */
bool spec_ip_line(const struct spec_line *l);

bool spec_host_line(const struct spec_line *l); /* true: the keyword is a host one */
void spec_packet_line(const struct spec_line *l, uint32_t first);

#endif
