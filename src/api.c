/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * api: the public entry points. Each sets the recovery point to which the arena leaves when memory
 * runs out, and runs the phases in order: parse, lower, sets, guard, depth, emit.
 */
#include "iptc2nft/iptc2nft.h"

#include <errno.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include "apply.h"
#include "context.h"
#include "emit.h"
#include "long.h"
#include "lower.h"
#include "needs.h"
#include "report.h"
#include "target.h"
#include "unjoin.h"

#pragma GCC visibility push(default)

enum state { ADDING, COMPILED, FAILED };

/* From here on an exhausted arena makes the entry point return @result, and all later ones too:
 * a phase that was left half way can't be taken up again. */
#define RECOVER(ctx, result)                  \
	jmp_buf oom;                          \
	(ctx)->arena.on_oom = &oom;           \
	if ((ctx)->out_of_memory || setjmp(oom)) { \
		(ctx)->out_of_memory = true;  \
		return (result);              \
	}

static bool known_options(const struct iptc2nft_options *o)
{
	return (o->family == IPTC2NFT_DETECT || o->family == IPTC2NFT_IPV4 ||
		o->family == IPTC2NFT_IPV6) &&
	       (unsigned)o->counters <= IPTC2NFT_COUNTERS_NONE &&
	       (unsigned)o->unsupported <= IPTC2NFT_COMPAT &&
	       (unsigned)o->hotdrop <= IPTC2NFT_HOTDROP_NONE;
}

/* A newer caller's structure is longer; what it asks for there must not be ignored. */
static bool take_options(struct iptc2nft *ctx, const struct iptc2nft_options *opts)
{
	const unsigned char *bytes = (const unsigned char *)opts;

	if (!opts)
		return true;
	for (size_t i = sizeof(*opts); i < opts->size; i++)
		if (bytes[i])
			return false;
	memcpy(&ctx->opts, opts, opts->size < sizeof(*opts) ? opts->size : sizeof(*opts));
	return known_options(&ctx->opts);
}

static const char *keep(struct iptc2nft *ctx, const char *s)
{
	return s ? arena_strdup(&ctx->arena, s) : NULL;
}

static enum iptc2nft_status prepare(struct iptc2nft *ctx)
{
	static const unsigned families[] = { [IPTC2NFT_DETECT] = FAMILY_BOTH,
					     [IPTC2NFT_IPV4] = FAMILY_IPV4,
					     [IPTC2NFT_IPV6] = FAMILY_IPV6 };

	RECOVER(ctx, IPTC2NFT_SYSTEM)
	diags_init(&ctx->diags, &ctx->arena);
	ruleset_init(&ctx->ruleset, &ctx->arena, &ctx->diags, families[ctx->opts.family]);
	ctx->ruleset.family_hint = ctx->opts.family_hint ? families[ctx->opts.family_hint] : 0;
	ctx->ruleset.resolve = ctx->opts.resolve;
	ctx->ruleset.counters = ctx->opts.counters == IPTC2NFT_COUNTERS_KEEP;
	ctx->opts.table = keep(ctx, ctx->opts.table);
	ctx->opts.target = keep(ctx, ctx->opts.target);
	ctx->opts.ipset = keep(ctx, ctx->opts.ipset);
	ctx->opts.ipset_types = keep(ctx, ctx->opts.ipset_types);
	return IPTC2NFT_OK;
}

struct iptc2nft *iptc2nft_new(const struct iptc2nft_options *opts)
{
	struct iptc2nft *ctx = calloc(1, sizeof(*ctx));

	if (!ctx)
		return NULL;
	arena_init(&ctx->arena);
	if (!take_options(ctx, opts)) {
		iptc2nft_free(ctx);
		errno = EINVAL;
		return NULL;
	}
	if (prepare(ctx) != IPTC2NFT_OK) {
		iptc2nft_free(ctx);
		errno = ENOMEM;
		return NULL;
	}
	return ctx;
}

void iptc2nft_free(struct iptc2nft *ctx)
{
	if (!ctx)
		return;
	arena_free(&ctx->arena);
	free(ctx);
}

static bool size_ok(struct iptc2nft *ctx, const char *name, size_t len)
{
	if (len < DIAG_POS_MAX)
		return true;
	diag_add(&ctx->diags, IPTC2NFT_SEV_ERROR, (struct span){ 0 }, "%s: larger than %zu bytes", name,
		 DIAG_POS_MAX);
	return false;
}

/* Two NULs behind the text: the scanner works in place. */
static enum iptc2nft_status add(struct iptc2nft *ctx, const char *name, char *text, size_t len)
{
	text[len] = text[len + 1] = '\0';
	if (diags_source(&ctx->diags, name, text, len))
		return IPTC2NFT_OK;
	diag_add(&ctx->diags, IPTC2NFT_SEV_ERROR, (struct span){ 0 },
		 "%s: the inputs together are larger than %zu bytes", name, DIAG_POS_MAX);
	return IPTC2NFT_INPUT;
}

enum iptc2nft_status iptc2nft_add(struct iptc2nft *ctx, const char *name, const void *text,
				  size_t len)
{
	if (ctx->state != ADDING)
		return IPTC2NFT_USAGE;
	RECOVER(ctx, IPTC2NFT_SYSTEM)

	if (!size_ok(ctx, name, len))
		return IPTC2NFT_INPUT;

	char *copy = arena_bytes(&ctx->arena, len + 2);

	if (len)
		memcpy(copy, text, len);
	return add(ctx, name, copy, len);
}

static bool own(struct iptc2nft *ctx, void *text)
{
	RECOVER(ctx, false)

	arena_defer(&ctx->arena, free, text);
	return true;
}

enum iptc2nft_status context_add(struct iptc2nft *ctx, const char *name, char *text, size_t len)
{
	if (!own(ctx, text)) {
		free(text);
		return IPTC2NFT_SYSTEM;
	}
	if (ctx->state != ADDING)
		return IPTC2NFT_USAGE;
	RECOVER(ctx, IPTC2NFT_SYSTEM)

	return size_ok(ctx, name, len) ? add(ctx, name, text, len) : IPTC2NFT_INPUT;
}

/* One that is not understood has been reported. */
static void check_target(struct iptc2nft *ctx)
{
	struct target_version v;

	if (target_parse(ctx->opts.target, &v))
		features_check(ctx->ir, v.kernel);
}

enum iptc2nft_status iptc2nft_compile(struct iptc2nft *ctx)
{
	enum iptc2nft_status st;

	if (ctx->state != ADDING)
		return IPTC2NFT_USAGE;
	ctx->state = FAILED;
	RECOVER(ctx, IPTC2NFT_SYSTEM)

	for (struct source *s = ctx->diags.sources; s; s = s->next)
		ruleset_parse(&ctx->ruleset, s);
	ruleset_finish(&ctx->ruleset);
	st = diags_status(&ctx->diags);
	if (st != IPTC2NFT_OK)
		return st;
	if (ctx->alike)
		ruleset_alike(&ctx->ruleset, ctx->alike);
	ctx->ir = lower_ruleset(&ctx->ruleset, &ctx->opts);
	if (!ctx->opts.for_explain) {
		thin_sets(ctx->ir);
		guard_expand(ctx->ir);
		nft_unjoin(ctx->ir);
		split_long_rules(ctx->ir);
		lower_depth(ctx->ir);
		check_target(ctx);
	}
	st = diags_status(&ctx->diags);
	if (st == IPTC2NFT_OK)
		ctx->state = COMPILED;
	return st;
}

/* What @d says beyond @before: an output that failed does not spoil the next one. */
static enum iptc2nft_status status_since(const struct diags *d, const struct diags *before)
{
	struct diags fresh = *d;

	for (unsigned i = 0; i <= IPTC2NFT_SEV_SYSTEM; i++)
		fresh.n[i] -= before->n[i];
	return diags_status(&fresh);
}

enum iptc2nft_status iptc2nft_emit(struct iptc2nft *ctx, enum iptc2nft_format format,
				   const void **out, size_t *len)
{
	if (ctx->state != COMPILED || ctx->opts.for_explain)
		return IPTC2NFT_USAGE;

	struct diags before = ctx->diags;

	RECOVER(ctx, IPTC2NFT_SYSTEM)

	struct buffer *b = buffer_new(&ctx->arena);
	enum iptc2nft_status st;

	switch (format) {
	case IPTC2NFT_NFT: emit_text(ctx->ir, b); break;
	case IPTC2NFT_JSON: emit_json(ctx->ir, b); break;
	case IPTC2NFT_NETLINK: emit_netlink(ctx->ir, b); break;
	case IPTC2NFT_BYTECODE: emit_bytecode(ctx->ir, b); break;
	default: return IPTC2NFT_USAGE;
	}
	st = status_since(&ctx->diags, &before);
	if (st != IPTC2NFT_OK)
		return st;
	*out = buffer_str(b);
	*len = b->len;
	return IPTC2NFT_OK;
}

enum iptc2nft_status iptc2nft_report(struct iptc2nft *ctx, bool json, const char **out, size_t *len)
{
	if (!ctx->ir)
		return IPTC2NFT_USAGE;
	RECOVER(ctx, IPTC2NFT_SYSTEM)

	struct buffer *b = buffer_new(&ctx->arena);

	report_ruleset(ctx->ir, json, b);
	*out = buffer_str(b);
	*len = b->len;
	return IPTC2NFT_OK;
}

enum iptc2nft_status iptc2nft_apply(struct iptc2nft *ctx, bool check)
{
	if (ctx->state != COMPILED || ctx->opts.for_explain)
		return IPTC2NFT_USAGE;

	struct diags before = ctx->diags;

	RECOVER(ctx, IPTC2NFT_SYSTEM)

	apply_ruleset(ctx->ir, check);
	return status_since(&ctx->diags, &before);
}

enum iptc2nft_family iptc2nft_family(const struct iptc2nft *ctx)
{
	return ctx->ruleset.family == FAMILY_IPV6 ? IPTC2NFT_IPV6 : IPTC2NFT_IPV4;
}

size_t iptc2nft_diagnostics(const struct iptc2nft *ctx)
{
	return ctx->diags.count + (ctx->out_of_memory ? 1 : 0);
}

static const struct iptc2nft_diagnostic no_memory = { .severity = IPTC2NFT_SEV_SYSTEM,
						      .file = "",
						      .message = "out of memory",
						      .source = "" };

static const struct iptc2nft_diagnostic *describe(struct iptc2nft *ctx, const struct diag *d)
{
	struct place p;

	RECOVER(ctx, &no_memory)

	struct iptc2nft_diagnostic *out = ARENA_NEW(&ctx->arena, struct iptc2nft_diagnostic);
	bool placed = diag_place(&ctx->diags, d->at, &p);

	out->severity = d->severity;
	out->message = d->message;
	out->file = placed ? p.source->name : "";
	out->line = p.line;
	out->column = p.column;
	out->length = d->at.len;
	out->source = placed ? p.text : "";
	out->source_len = p.text_len;
	return out;
}

static bool sort(struct iptc2nft *ctx)
{
	RECOVER(ctx, false)

	diags_sort(&ctx->diags);
	return true;
}

const struct iptc2nft_diagnostic *iptc2nft_diagnostic(struct iptc2nft *ctx, size_t index)
{
	if (index >= ctx->diags.count)
		return index == ctx->diags.count && ctx->out_of_memory ? &no_memory : NULL;
	if (!sort(ctx))
		return &no_memory;

	const struct diag *d = ctx->diags.first;

	while (index--)
		d = d->next;
	return describe(ctx, d);
}

const char *iptc2nft_render(struct iptc2nft *ctx, bool color)
{
	if (ctx->out_of_memory)
		return "iptc2nft: error: out of memory\n";
	RECOVER(ctx, "iptc2nft: error: out of memory\n")

	struct buffer *b = buffer_new(&ctx->arena);

	diags_sort(&ctx->diags);
	for (const struct diag *d = ctx->diags.first; d; d = d->next)
		diag_render(&ctx->diags, d, color, b);
	if (ctx->diags.dropped)
		buffer_printf(b, "iptc2nft: %u more errors are not shown\n", ctx->diags.dropped);
	return buffer_str(b);
}

const char *iptc2nft_version(void)
{
	return PKGVERSION;
}
