/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ext: what an xtables extension (a match or a target) is to this program.
 *
 * One C file under src/ext/ holds one descriptor (or a few that are the same thing for two
 * families). The descriptor's option table is all that the parser, the help, the man page and the
 * negative tests know; check() adds what a table can't say; lower() turns typed arguments into
 * instructions. Nothing else in the program knows an extension by name.
 */
#ifndef IPTC2NFT_EXT_H
#define IPTC2NFT_EXT_H

#include <stdbool.h>
#include <stdint.h>
#include "ruleset.h"

struct lower;

enum arg_type {
	ARG_NONE,       /* a flag without value */
	ARG_U8,         /* numbers: decimal, 0x hex or 0 octal, within min..max */
	ARG_U16,
	ARG_U32,
	ARG_U64,
	ARG_U8_RANGE,   /* a[:b]; an absent end is min or max */
	ARG_U16_RANGE,
	ARG_U32_RANGE,
	ARG_U64_RANGE,
	ARG_U32_DASH,   /* a[-b], as owner's ids and statistic's */
	ARG_STRING,     /* at most max bytes, at least min */
	ARG_ENUM,       /* one of words (or a number within min..max when OPT_NUMBER) */
	ARG_FLAGS,      /* comma list of words: mark.value = OR of them */
	ARG_MARK,       /* value[/mask]: mark */
	ARG_TOS,        /* symbolic TOS, or value[/mask] */
	ARG_SYSLOG,     /* syslog level, name or number: num.lo */
	ARG_HOST,       /* one address as getaddrinfo() reads it, no mask: host.items[0] */
	ARG_HOSTMASK,   /* one address[/mask] */
	ARG_PREFIX,     /* length of a prefix, or a mask as an address: num.lo; above 128: is no prefix */
	ARG_ADDR_RANGE, /* a[-b]: addrs */
	ARG_PORT,       /* port number or service name */
	ARG_PORT_RANGE, /* port[:port] */
	ARG_PORTS,      /* comma list of port or port:port: list */
	ARG_ETHER,      /* aa:bb:cc:dd:ee:ff */
	ARG_ETHERMASK,  /* …[/mask] */
	ARG_PROTO,      /* protocol name or number */
	ARG_IFACE,      /* interface name, '+' wildcard allowed: custom → struct iface */
	ARG_CUSTOM,     /* parse() does it */
};

enum opt_flags {
	OPT_INVERT = 1 << 0,   /* `!` allowed */
	OPT_REQUIRED = 1 << 1, /* the extension needs it (or one of its `excl` partners) */
	OPT_MULTI = 1 << 2,    /* may be given several times */
	OPT_NUMBER = 1 << 3,   /* ARG_ENUM also takes a number */
	OPT_ALIAS = 1 << 4,    /* another name of the option with the same id; not in help */
	OPT_OPTARG = 1 << 5,   /* the value may be absent */
	OPT_TWO = 1 << 6,      /* takes two words (tcp-flags, add-set): custom parse gets both */
	OPT_NOCASE = 1 << 9,   /* ARG_ENUM takes words in either case */
	OPT_ORDERED = 1 << 7,  /* ranges: the first may not be above the last (else such a range is legal and empty) */
	OPT_SERVICE = 1 << 8,  /* ports: read with getaddrinfo(), as libxtables' own port types are */
	OPT_CUT = 1 << 11,     /* ARG_STRING: what is too long is cut off, as XTOPT_PUT does */
	OPT_NEXT = 1 << 10,    /* the next word is the value, unless it begins with - or ! */
};

struct ext_word {
	const char *name;
	uint64_t value;
};

/* How exactly an option is kept, for the documentation table (man page, --help-extension). */
enum support {
	NATIVE,  /* exact in nftables */
	PARTLY,  /* some values or combinations are refused: the note says which */
	COMPAT,  /* no native form: refused, kept by --unsupported=compat */
	REFUSED, /* refused, also by compat */
};

struct ext_parse; /* where a value's words are: see value.h */

struct ext_option {
	const char *name; /* long option, without the dashes */
	uint8_t id;       /* 0..31, the bit in also/excl and arg.id */
	uint8_t type;     /* enum arg_type */
	uint16_t flags;   /* enum opt_flags */
	uint64_t min, max; /* both 0: the type's own limits */
	uint32_t also;    /* bits of options that must be given with it */
	uint32_t excl;    /* bits of options that must not */
	const struct ext_word *words; /* ends with a NULL name */
	bool (*parse)(struct ext_parse *p, struct arg *out); /* ARG_CUSTOM; false: reported */
	const char *metavar;
	const char *help;
	enum support support;
	const char *implied; /* the value where the option is not given; "" for one without value. For -D */
	const char *note; /* with PARTLY, COMPAT and REFUSED: what and why; or versions needed */
};

enum ext_kind { EXT_MATCH, EXT_TARGET };

/* An xtables blob for nft_compat: struct xt_<name>_info of a revision. */
struct compat_blob {
	const char *name;
	uint32_t revision;
	void *data; /* in the arena, host byte order as the kernel's structure wants */
	uint32_t len;
};

struct ext {
	const char *name;
	const char *const *aliases; /* ends with NULL; may be NULL */
	enum ext_kind kind;
	unsigned families; /* FAMILY_* bits */
	unsigned tables;   /* IN_TABLE() bits; 0: all */
	unsigned hooks;    /* IN_HOOK() bits; 0: all. User chains are checked by who calls them */
	/* The protocol that -p must name (not inverted), 0: none. Up to four; 0 ends. */
	uint16_t protos[4];
	const struct ext_option *options; /* ends with a NULL name */
	/* Cross-option checks; false when reported. May normalise args (defaults are lower's). */
	bool (*check)(struct ruleset *rs, const struct rule *r, struct ext_use *u);
	/* Hooks where this use is legal (IN_HOOK() bits; 0: all), where options narrow `hooks`; may be
	 * NULL. */
	unsigned (*use_hooks)(const struct ext_use *u);
	/* Do two uses make one structure for the kernel? For -D, where the arguments may differ and
	 * yet mean the same; NULL: they are compared, what is not given as `implied`; then what
	 * compat() makes. */
	bool (*same)(struct ruleset *rs, const struct ext_use *a, const struct ext_use *b);
	void (*lower)(struct lower *l, const struct ext_use *u);
	/* Targets of raw: emit what is left to do behind connection tracking, see lower_late.c; false: nothing is.
	 * @l NULL: only answer. The packet's connection is not confirmed. May be NULL. */
	bool (*late)(struct lower *l, const struct ext_use *u);
	/* NULL: has no compat form. @blob->data is allocated from the lower's arena. */
	bool (*compat)(struct lower *l, const struct ext_use *u, struct compat_blob *blob);
	bool named_table; /* its compat form is valid only in an nft table that has the iptables table's name */
	bool terminal; /* targets: never XT_CONTINUE (REJECT, DNAT, …): a rule after it is not reached */
	const char *help; /* one line */
	bool nullary;     /* matches only: legal without options (most require at least one) */
};

/* All descriptors (src/ext/list.def), and look-up by name, kind and family. */
extern const struct ext *const ext_list[];
extern const size_t ext_list_count;
/* use_same - are the arguments of two uses of one extension the same, @but the options of these bits? */
bool use_same(struct ruleset *rs, const struct ext_use *a, const struct ext_use *b, uint32_t but);
/* use_any - a same() for matches whose userspacesize is 0 in libxtables: iptables compares nothing
 * of them */
bool use_any(struct ruleset *rs, const struct ext_use *a, const struct ext_use *b);

const struct ext *ext_find(const char *name, size_t len, enum ext_kind kind, unsigned family);

/*
 * What ARG_CUSTOM parsers and checks use.
 */
struct ext_parse {
	struct ruleset *rs;
	const struct rule *rule;
	const struct ext *ext;
	const struct ext_option *opt;
	struct span opt_at;
	const struct word *word;  /* the value */
	const struct word *word2; /* OPT_TWO: the second */
	bool invert;
	bool before_proto; /* the option came before -p: iptables' parsers that ask for ports refuse then */
	unsigned family;
	const struct rule_spec *spec; /* proto is settled when matches' options are parsed */
};

/* Report at the value: "iptables says" style message; returns false. */
bool ext_value_error(const struct ext_parse *p, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#endif
