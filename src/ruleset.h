/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ruleset: an iptables-save ruleset as written, and its rules after the words have got meaning.
 *
 * The parser (grammar/) fills tables, chains and rules, applying -A -I -D -R -N -X -F -P -Z in the
 * order of the input, as iptables-restore does. Each rule keeps its words with their spans; what
 * the words mean (struct rule_spec) is found by spec.c with the option tables of the extensions.
 */
#ifndef IPTC2NFT_RULESET_H
#define IPTC2NFT_RULESET_H

#include <stdbool.h>
#include <stdint.h>
#include <netinet/in.h>
#include "diag.h"
#include "dict.h"
#include "hooks.h"

struct ext;

#define FAMILY_IPV4 1u
#define FAMILY_IPV6 2u
#define FAMILY_BOTH 3u

/* Bounds: what xtables or nft accept, or what no sane ruleset exceeds. */
#define CHAIN_NAME_MAX   28  /* XT_EXTENSION_MAXNAMELEN - 1: iptables refuses longer names */
#define RULE_WORDS_MAX   251   /* iptables: MAX_ARGC 255, less what it adds itself */
#define WORD_MAX_BYTES   1023  /* iptables: struct xt_param_buf */
#define LINE_MAX_BYTES   10239 /* iptables-restore: fgets() into char[10240] */
#define IFNAME_MAX_BYTES 15 /* IFNAMSIZ - 1 */

/* One word of a line, unquoted; points into the source text where nothing had to be unescaped. */
struct word {
	const char *s; /* not NUL-terminated */
	uint32_t len;
	bool quoted;
	struct span at;
};

struct counters {
	uint64_t packets, bytes;
};

struct addr {
	union {
		struct in_addr v4;
		struct in6_addr v6;
		uint8_t b[16]; /* network order; IPv4 in the first four */
	};
};

/* A value given to an option, after its type was checked. */
struct arg {
	uint8_t id;   /* ext_option.id */
	bool invert;  /* `!` before the option (or before its value, the old way) */
	struct span at;    /* the option word */
	struct span value; /* its value(s); = at when it has none */
	uint32_t custom_len; /* bytes at custom, for comparing rules; 0: the union holds the value itself */
	union {
		struct {
			uint64_t lo, hi; /* ARG_U*: lo == hi; ranges; ARG_ENUM: lo */
		} num;
		struct {
			uint32_t value, mask; /* ARG_MARK, ARG_TOS, ARG_FLAGS: set/mask */
		} mark;
		struct {
			const char *s; /* NUL-terminated copy or table string */
			uint32_t len;
		} str;
		struct {
			struct addr *items; /* pairs: address, mask */
			uint32_t n;
		} host;
		struct {
			struct addr lo, hi;
		} *addrs; /* ARG_ADDR_RANGE */
		struct {
			uint8_t mac[6], mask[6];
		} ether;
		struct {
			struct arg_range {
				uint64_t lo, hi;
			} *items;
			uint32_t n;
		} list; /* ARG_PORTS, ARG_U32_LIST, … */
		void *custom; /* ARG_CUSTOM: the extension's own structure, in the arena */
	};
};

/* One use of a match or target in a rule: its arguments in the order given. */
struct ext_use {
	const struct ext *ext;
	struct span at; /* the name after -m or -j (or the -p word that implied the match) */
	uint16_t nargs;
	bool dead_hook; /* not for a hook that leads here, but only through rules that no packet gets to */
	struct arg *args;
};

struct iface {
	const char *name; /* NUL-terminated; without the final '+' when a prefix */
	uint8_t len;
	bool given, invert, prefix; /* prefix: written with a final '+'; "+" alone: any */
	struct span at;
};

struct hostmask {
	struct addr addr, mask; /* addr is masked */
	bool given, invert;     /* given is also true for 0.0.0.0/0 as written; its mask is zero */
	struct span at;
};

enum target_kind {
	TARGET_NONE,   /* no -j: only counts */
	TARGET_ACCEPT,
	TARGET_DROP,
	TARGET_RETURN,
	TARGET_QUEUE,  /* -j QUEUE: removed from the kernel's legacy code? checked when lowering */
	TARGET_JUMP,   /* -j chain */
	TARGET_GOTO,   /* -g chain */
	TARGET_EXT,    /* -j extension */
};

struct chain;

/* The meaning of a rule. -s a,b -d c,d makes several rules, in order, as in iptables. */
struct rule_spec {
	struct hostmask src, dst;
	struct iface in, out;
	uint16_t proto; /* 0: any */
	bool proto_given, proto_invert;
	int8_t fragment; /* -f: 1, ! -f: -1, else 0 */
	bool has_counters;
	uint16_t nmatches;
	struct ext_use *matches;
	struct ext_use ext_target;
	struct chain *target_chain;
	enum target_kind target;
	struct span proto_at, fragment_at, target_at;
	struct counters set_counters; /* -c / --set-counters */
};

struct rule {
	struct chain *chain;
	struct span at;   /* the line, from its first byte that is not a counter */
	struct word *words;
	uint32_t nwords;
	bool has_counters;
	struct counters counters;
	struct rule_spec *spec; /* NULL until spec.c ran, or when the rule is in error */
};

struct chain {
	struct chain *next, **link; /* in order of declaration; while commands run, where it hangs */
	struct table *table;
	const char *name; /* NUL-terminated, may hold any byte but NUL */
	uint32_t name_len;
	struct span at;
	int hook;         /* enum hook_id, or -1: user chain */
	bool policy_drop; /* built-in chains */
	struct counters counters;
	struct rule **rules;
	uint32_t nrules, cap;
	bool jumps;  /* may have a rule that jumps or goes to a chain */
	bool choosy; /* may have a rule whose extensions are not for every hook */
	uint32_t references; /* -j and -g to it, filled by spec.c */
	unsigned hooks;      /* IN_HOOK() bits from which it can be reached, filled by callers.c */
	struct ir_chain *ir;
	struct chain_mark *mark; /* callers.c's own */
};

struct table {
	enum table_id id;
	bool present;
	struct span at; /* the *table line (the last one) */
	struct chain *chains, **last;
	struct chain *builtin[HOOK_COUNT]; /* NULL where the table has none */
	struct dict by_name;
	uint32_t nchains;
	uint32_t nrules;
};

struct ruleset {
	struct arena *arena;
	struct diags *diags;
	unsigned family; /* FAMILY_IPV4 or FAMILY_IPV6, FAMILY_BOTH until known */
	unsigned family_hint; /* where the input gives no evidence; 0: IPv4 */
	bool family_by_first; /* family.c: evidence against it was not looked for */
	struct diags before_rules; /* what had been reported by then */
	bool resolve;    /* host names may be looked up */
	bool ahead;      /* chains are not known: what is to be jumped to is looked up later (ahead.h) */
	bool counters;   /* counters matter (-c): malformed ones of chains are errors */
	struct ext_index *ext_index; /* ext_lookup()'s own */
	struct option_notes *option_notes; /* spec.c: options found so far */
	struct name_cache *name_cache; /* services and protocols looked up so far */
	struct table tables[TABLE_COUNT];
};

/* ruleset_parse - parse one source (grammar/parser.y); errors go to rs->diags, with recovery per
 * line. */
void ruleset_parse(struct ruleset *rs, struct source *src);

/* ruleset_init / ruleset_finish: before the first and after the last source. finish settles the
 * family, gives every rule its spec (spec.c), checks targets, loops and depths. */
void ruleset_init(struct ruleset *rs, struct arena *a, struct diags *d, unsigned family);
void ruleset_finish(struct ruleset *rs);

struct chain *table_chain(const struct table *t, const char *name, size_t len); /* NULL: none */

/*
 * Commands, as iptables-restore carries them out; called by the parser for each line. They report
 * to rs->diags and leave the ruleset usable.
 */
struct table *ruleset_table(struct ruleset *rs, const struct word *name);
void ruleset_chain(struct ruleset *rs, struct table *t, const struct word *words, uint32_t n);
void ruleset_command(struct ruleset *rs, struct table *t, const struct rule *line);

/*
 * The same in two steps, for a line that appends one rule. ruleset_rule() makes the rule, with what rs->ahead
 * says; false: it takes ruleset_command(). What it reports is said again there. ruleset_append() finds its chain and
 * what it jumps to, and appends it; false: nothing was done or said, it takes ruleset_command().
 */
struct ahead_rule;
bool ruleset_rule(struct ruleset *rs, struct table *t, const struct rule *line, struct ahead_rule *out);
bool ruleset_append(struct ruleset *rs, struct table *t, struct ahead_rule *r);

/* The family of all sources: from header comments, addresses and protocols (family.c). */
void ruleset_detect_family(struct ruleset *rs);

/* After errors: if the rules are of both families, that is the error. */
void ruleset_recheck_family(struct ruleset *rs);

/* Loops, reachability, and where extensions are legal (callers.c). */
void ruleset_check_callers(struct ruleset *rs);

/* One form of all that do the same by the same names; @tables: a bit each for those that stay
 * (ruleset_alike.c). Of a finished ruleset. */
void ruleset_alike(struct ruleset *rs, unsigned tables);

/* IN_HOOK() bits of the hooks that lead to a chain; of a finished ruleset. */
unsigned chain_hooks(const struct chain *c);

/* The arguments of a use: the first with this option id, or NULL. */
const struct arg *use_arg(const struct ext_use *u, unsigned id);

#endif
