/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libiptc2nft: compile iptables-save rulesets to nftables, or refuse.
 *
 * One context is one compilation: feed it rulesets, compile, then ask for any of the outputs.
 * Everything a function returns belongs to the context and lives until iptc2nft_free().
 * The library never prints and never exits; what it has to say is in the list of diagnostics.
 * A context may be used by one thread at a time; different contexts are independent.
 */
#ifndef IPTC2NFT_H
#define IPTC2NFT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct iptc2nft;

/* Results of every call that can fail; the same numbers are the program's exit status. */
enum iptc2nft_status {
	IPTC2NFT_OK = 0,          /* done */
	IPTC2NFT_INPUT = 1,       /* the ruleset is wrong: iptables-restore would refuse it too */
	IPTC2NFT_USAGE = 2,       /* the call is wrong (bad option, wrong order of calls) */
	IPTC2NFT_UNSUPPORTED = 3, /* a rule can't be kept exactly; all such rules are listed */
	IPTC2NFT_SYSTEM = 4,      /* the kernel or the operating system refused, or memory ran out */
	IPTC2NFT_DIFFERENT = 5,   /* verification found a difference */
};

enum iptc2nft_family {
	IPTC2NFT_DETECT = 0, /* from the header comment, then from addresses and protocols */
	IPTC2NFT_IPV4 = 4,
	IPTC2NFT_IPV6 = 6,
};

enum iptc2nft_format {
	IPTC2NFT_NFT,      /* a script for `nft -f` */
	IPTC2NFT_JSON,     /* for `nft -j -f` */
	IPTC2NFT_NETLINK,  /* the raw netlink batch */
	IPTC2NFT_BYTECODE, /* a listing of the expressions, as `nft --debug=netlink` prints them */
};

enum iptc2nft_counters {
	IPTC2NFT_COUNTERS_ZERO, /* a counter per rule, starting at 0 */
	IPTC2NFT_COUNTERS_KEEP, /* a counter per rule, starting at the input's [packets:bytes] */
	IPTC2NFT_COUNTERS_NONE, /* no counters */
};

enum iptc2nft_unsupported {
	IPTC2NFT_REFUSE, /* an inexpressible rule is an error */
	IPTC2NFT_COMPAT, /* netlink only: keep it as an xtables expression (nft_compat) */
};

enum iptc2nft_hotdrop {
	IPTC2NFT_HOTDROP_EXACT, /* drop where xtables drops a packet with a truncated header */
	IPTC2NFT_HOTDROP_NONE,  /* go on to the next rule, as nft does */
};

/* Options of a compilation. `size` is sizeof(struct iptc2nft_options) of the caller, so that the
 * structure can grow; zero in every other member is the default. Strings are copied. */
struct iptc2nft_options {
	size_t size;
	enum iptc2nft_family family;
	enum iptc2nft_counters counters;
	enum iptc2nft_unsupported unsupported;
	enum iptc2nft_hotdrop hotdrop;
	const char *table;        /* nft table name; default "iptc2nft" */
	const char *target;       /* "nft-1.0.6,kernel-5.10"; default: the running machine */
	const char *ipset;        /* text of `ipset save`, or NULL */
	const char *ipset_types;  /* "NAME TYPE [family inet|inet6]" lines, or NULL */
	bool split_tables;        /* one nft table per iptables table (--layout=split) */
	bool source_lines;        /* `# file:line` above each rule of the text output */
	bool resolve;             /* resolve host names (otherwise an error) */
	bool for_explain;         /* inexpressible rules are kept for the simulator, not refused */
	enum iptc2nft_family family_hint; /* what to take where the ruleset gives no evidence */
};

enum iptc2nft_severity {
	IPTC2NFT_SEV_NOTE,
	IPTC2NFT_SEV_WARNING,
	IPTC2NFT_SEV_ERROR,       /* status IPTC2NFT_INPUT */
	IPTC2NFT_SEV_UNSUPPORTED, /* status IPTC2NFT_UNSUPPORTED */
	IPTC2NFT_SEV_SYSTEM,      /* status IPTC2NFT_SYSTEM */
};

/* One diagnostic. Line and column count from 1, in bytes; line 0: no place in the input. */
struct iptc2nft_diagnostic {
	enum iptc2nft_severity severity;
	const char *file;
	uint32_t line, column, length;
	const char *message;
	const char *source;    /* the input line, without its end; not NUL-clean, see source_len */
	size_t source_len;
};

/* iptc2nft_new - a new context; NULL with errno ENOMEM when memory ran out, EINVAL when an option has a
 * value that this library does not know. @opts may be NULL. */
struct iptc2nft *iptc2nft_new(const struct iptc2nft_options *opts);
void iptc2nft_free(struct iptc2nft *ctx);

/*
 * iptc2nft_add - add one ruleset in iptables-save format
 * @name: what diagnostics call it
 * @text: @len bytes, copied
 * Returns IPTC2NFT_OK also when the text is wrong: errors are reported by iptc2nft_compile(). Only
 * more than 2 GiB in all are refused here (IPTC2NFT_INPUT).
 */
enum iptc2nft_status iptc2nft_add(struct iptc2nft *ctx, const char *name, const void *text,
				  size_t len);

/* iptc2nft_compile - parse, check, lower and order all that was added. */
enum iptc2nft_status iptc2nft_compile(struct iptc2nft *ctx);

/* iptc2nft_emit - produce an output; *@out (NUL-terminated for texts) stays owned by @ctx. */
enum iptc2nft_status iptc2nft_emit(struct iptc2nft *ctx, enum iptc2nft_format format,
				   const void **out, size_t *len);

/* iptc2nft_report - the report on rules, reasons, sets and kernel features. @json: as JSON. */
enum iptc2nft_status iptc2nft_report(struct iptc2nft *ctx, bool json, const char **out,
				     size_t *len);

/* iptc2nft_apply - send the ruleset as one netlink transaction to the kernel of the current network
 * namespace. @check: validate only, commit nothing. */
enum iptc2nft_status iptc2nft_apply(struct iptc2nft *ctx, bool check);

/* The compiled family: IPTC2NFT_IPV4 or IPTC2NFT_IPV6. */
enum iptc2nft_family iptc2nft_family(const struct iptc2nft *ctx);

/* Diagnostics, in order of input position. */
size_t iptc2nft_diagnostics(const struct iptc2nft *ctx);
const struct iptc2nft_diagnostic *iptc2nft_diagnostic(struct iptc2nft *ctx, size_t index);

/* iptc2nft_render - all diagnostics as text, with source lines and carets. @color: for terminals. */
const char *iptc2nft_render(struct iptc2nft *ctx, bool color);

const char *iptc2nft_version(void);

#ifdef __cplusplus
}
#endif
#endif
