/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * phases: the share of each phase in the translation of a file, and its time for a rule. The best of
 * several runs of each phase counts.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "buffer.h"
#include "emit.h"
#include "long.h"
#include "lower.h"
#include "unjoin.h"

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static const char *const names[] = { "read", "parse", "check callers", "lower", "sets", "guards",
				     "joins", "depth", "text", "netlink" };
enum { NPHASES = sizeof(names) / sizeof(*names) };

enum { RUNS = 5 };

struct bench {
	struct arena arena;
	struct diags diags;
	struct ruleset rs;
	double best[NPHASES], last;
	uint32_t nrules;
	int phase;
};

/* The phase that began where the last one ended is over. */
static void over(struct bench *b)
{
	double t = now(), spent = t - b->last;

	if (!b->best[b->phase] || spent < b->best[b->phase])
		b->best[b->phase] = spent;
	b->phase++;
	b->last = t;
}

static char *read_file(struct bench *b, const char *path, size_t *len)
{
	FILE *f = fopen(path, "rb");
	char *text;

	if (!f || fseek(f, 0, SEEK_END) || (*len = (size_t)ftell(f), fseek(f, 0, SEEK_SET)))
		return NULL;
	text = arena_bytes(&b->arena, *len + 2);
	*len = fread(text, 1, *len, f);
	text[*len] = text[*len + 1] = '\0';
	fclose(f);
	return text;
}

static bool phases(struct bench *b, const char *path)
{
	const struct iptc2nft_options opts = { .size = sizeof(opts) };
	size_t len = 0;
	struct ir *ir;
	char *text;

	diags_init(&b->diags, &b->arena);
	ruleset_init(&b->rs, &b->arena, &b->diags, FAMILY_BOTH);
	b->last = now();
	text = read_file(b, path, &len);
	if (!text)
		return false;
	over(b);
	ruleset_parse(&b->rs, diags_source(&b->diags, path, text, len));
	over(b);
	ruleset_finish(&b->rs);
	over(b);
	ir = lower_ruleset(&b->rs, &opts);
	over(b);
	thin_sets(ir);
	over(b);
	guard_expand(ir);
	over(b);
	nft_unjoin(ir);
	split_long_rules(ir);
	over(b);
	lower_depth(ir);
	over(b);
	emit_text(ir, buffer_new(&b->arena));
	over(b);
	emit_netlink(ir, buffer_new(&b->arena));
	over(b);
	b->nrules = ir->nrules;
	return diags_status(&b->diags) == IPTC2NFT_OK;
}

/* Netlink is the other way out of what precedes it: shown against the rest. */
static void print(const struct bench *b)
{
	double total = 0, rules = b->nrules ? b->nrules : 1;

	for (int i = 0; i < NPHASES - 1; i++)
		total += b->best[i];
	for (int i = 0; i < NPHASES; i++)
		printf("%s%s %.0f%% (%.0f ns)%s", i < NPHASES - 1 ? "" : "instead of text ", names[i],
		       100 * b->best[i] / total, b->best[i] * 1e9 / rules, i < NPHASES - 1 ? ", " : "\n");
}

static bool run(struct bench *b, const char *path)
{
	jmp_buf oom;
	bool ok;

	b->phase = 0;
	arena_init(&b->arena);
	b->arena.on_oom = &oom;
	ok = !setjmp(oom) && phases(b, path);
	arena_free(&b->arena);
	return ok;
}

int main(int argc, char **argv)
{
	static struct bench b;

	if (argc != 2)
		return 2;
	for (int i = 0; i < RUNS; i++)
		if (!run(&b, argv[1])) {
			fprintf(stderr, "phases: %s can't be translated\n", argv[1]);
			return 1;
		}
	print(&b);
	return 0;
}
