/* SPDX-License-Identifier: GPL-2.0-or-later */
/* verify: --verify: compile, plan, run, report. */
#include "cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "buffer.h"
#include "context.h"
#include "verify_pcap.h"
#include "verify/sets.h"
#include "verify/mutate.h"
#include "verify/verify.h"

#define SECONDS_DEFAULT 45

struct session {
	const struct cli_options *o;
	struct arena *arena;
	struct diags diags; /* of the host */
	struct cli_file *files, ipset, types;
	unsigned nfiles;
	struct iptc2nft *ctx, *plain; /* the translation; the same for the simulator, that the plan asks */
	struct verify_plan plan;
	struct verify v;
	bool bar;
	uint64_t bar_ms; /* when it is drawn again */
};

/* Each file is read once: standard input has no second time. */
static bool read_files(struct session *s)
{
	static const char *const standard_input[] = { "-" };
	const char *const *names = s->o->nfiles ? s->o->files : standard_input;

	s->nfiles = s->o->nfiles ? s->o->nfiles : 1;
	s->files = arena_array(s->arena, s->nfiles, sizeof(*s->files));
	for (unsigned i = 0; i < s->nfiles; i++)
		if (!cli_read(names[i], &s->files[i])) {
			s->nfiles = i;
			return false;
		}
	return true;
}

static int compile(struct session *s, bool for_explain, struct iptc2nft **out)
{
	struct iptc2nft_options o = s->o->compile;
	int st = IPTC2NFT_OK;

	o.counters = IPTC2NFT_COUNTERS_ZERO;
	o.for_explain = for_explain;
	o.ipset = s->ipset.text;
	o.ipset_types = s->types.text;
	if (for_explain)
		o.family = iptc2nft_family(s->ctx);
	*out = iptc2nft_new(&o);
	if (!*out) {
		cli_error("out of memory");
		return IPTC2NFT_SYSTEM;
	}
	for (unsigned i = 0; st == IPTC2NFT_OK && i < s->nfiles; i++)
		st = iptc2nft_add(*out, s->files[i].name, s->files[i].text, s->files[i].len);
	if (st == IPTC2NFT_OK)
		st = iptc2nft_compile(*out);
	if (!for_explain || st != IPTC2NFT_OK)
		cli_diagnose(*out);
	(*out)->arena.on_oom = s->arena->on_oom; /* lines of the input are looked up later */
	return st;
}

static const char *all_text(struct session *s, size_t *len)
{
	struct buffer *b = buffer_new(s->arena);

	for (unsigned i = 0; i < s->nfiles; i++) {
		buffer_put(b, s->files[i].text, s->files[i].len);
		if (s->files[i].len && s->files[i].text[s->files[i].len - 1] != '\n')
			buffer_char(b, '\n');
	}
	*len = b->len;
	return buffer_str(b);
}

static bool read_sets(struct session *s)
{
	const struct cli_options *o = s->o;

	return (!o->ipset_file || cli_read(o->ipset_file, &s->ipset)) &&
	       (!o->ipset_types_file || cli_read(o->ipset_types_file, &s->types));
}

/* What gives the original the sets that the translation knows. */
static bool make_sets(struct session *s)
{
	struct buffer *b = buffer_new(s->arena);

	if (!s->ctx->ir->ipsets)
		return true;
	if (!load_finds("ipset")) {
		cli_error("the program ipset is needed to give the original its sets");
		return false;
	}
	buffer_put(b, s->ipset.text, s->ipset.len);
	s->v.setup.ipset = buffer_str(b);
	return true;
}

/* Sets of which nobody said what they hold get some elements. */
static int fill_sets(struct session *s)
{
	struct buffer *b = buffer_new(s->arena);

	if (!s->ctx->ir->ipsets || s->ipset.text)
		return IPTC2NFT_OK;
	verify_sets(s->ctx->ir->ipsets, b);
	s->ipset.text = malloc(b->len + 1);
	if (!s->ipset.text) {
		cli_error("out of memory");
		return IPTC2NFT_SYSTEM;
	}
	memcpy(s->ipset.text, buffer_str(b), b->len + 1);
	s->ipset.len = b->len;
	free(s->types.text);
	s->types.text = NULL;
	iptc2nft_free(s->ctx);
	return compile(s, false, &s->ctx);
}

static int make_plan(struct session *s)
{
	struct verify_wish w = { .packets = s->o->packets_wanted, .seed = s->o->seed };
	struct cli_file host = { 0 };
	bool made;

	if (s->o->host && !cli_read(s->o->host, &host))
		return IPTC2NFT_SYSTEM;
	if (s->o->host) {
		w.host_text = arena_strndup(s->arena, host.text, host.len);
		w.host_name = s->o->host;
		free(host.text);
	}
	s->plan.arena = s->arena;
	made = verify_plan_make(s->arena, &s->diags, s->plain->ir, &w, &s->plan);
	if (s->diags.count) {
		struct buffer *b = buffer_new(s->arena);

		diags_sort(&s->diags);
		for (const struct diag *d = s->diags.first; d; d = d->next)
			diag_render(&s->diags, d, cli_color(STDERR_FILENO), b);
		fwrite(b->data, 1, b->len, stderr);
	}
	return made ? verify_pcap(s->o, s->ctx->ruleset.family, &s->plan) : IPTC2NFT_INPUT;
}

#define BAR	     40
#define BAR_EVERY_MS 100

static void progress(void *arg, unsigned round, uint32_t sent, uint32_t of)
{
	struct session *s = arg;
	unsigned filled = of ? (unsigned)((uint64_t)sent * BAR / of) : 0;

	if (!s->bar || run_now_ms() < s->bar_ms)
		return;
	s->bar_ms = run_now_ms() + BAR_EVERY_MS;
	fprintf(stderr, "\rround %u [%.*s%.*s] %u/%u ", round + 1, (int)filled,
		"########################################", (int)(BAR - filled),
		"                                        ", sent, of);
	fflush(stderr);
}

static int report(struct session *s, int st)
{
	struct buffer *b = buffer_new(s->arena);
	bool json = s->o->format && !strcmp(s->o->format, "json");

	if (s->bar)
		fputs("\r\033[K", stderr);
	if (st != IPTC2NFT_OK && st != IPTC2NFT_DIFFERENT) {
		cli_error("--verify: %s", s->v.error ? s->v.error : "it failed");
		return st;
	}
	if (json && !verify_json(&s->v, b)) {
		cli_error("out of memory");
		return IPTC2NFT_SYSTEM;
	}
	if (!json)
		verify_text(&s->v, b);
	return cli_write(s->o->output, b->data, b->len) ? st : IPTC2NFT_SYSTEM;
}

/*
 * For the tests, from the environment: IPTC2NFT_VERIFY_SELF has the original on both sides, which never
 * differ; IPTC2NFT_VERIFY_ORIGINAL names another original, with as many rules in the same chains, which
 * does differ.
 */
static bool read_original(struct session *s)
{
	const char *name = getenv("IPTC2NFT_VERIFY_ORIGINAL");
	struct cli_file f;

	if (!name)
		return true;
	if (!cli_read(name, &f))
		return false;
	s->v.setup.text = arena_strndup(s->arena, f.text, f.len);
	s->v.setup.text_len = f.len;
	free(f.text);
	return true;
}

static bool scans(const struct session *s)
{
	return s->o->mutant && !strncmp(s->o->mutant, "untold", 6);
}

/* Which of them the plan's packets don't tell. */
static int scan(struct session *s)
{
	unsigned from = 1, every = 1;

	if (s->o->mutant[6] && (sscanf(s->o->mutant + 6, "/%u/%u", &from, &every) != 2 || !from || !every)) {
		cli_error("--verify-mutant: untold/FROM/EVERY");
		return IPTC2NFT_USAGE;
	}
	return verify_mutants_untold(s->ctx->ir, &s->plan, from, every) ? IPTC2NFT_OK : IPTC2NFT_SYSTEM;
}

/*
 * For the tests: --verify-mutant=N damages the translation, =list says what there is to damage. =untold, or
 * =untold/FROM/EVERY, is for later: scan().
 */
static int mutate(struct session *s)
{
	struct buffer *b = buffer_new(s->arena);
	char *end;
	unsigned long n;

	if (!strcmp(s->o->mutant, "list")) {
		verify_mutants(s->ctx->ir, b);
		return cli_write(NULL, b->data, b->len) ? IPTC2NFT_OK : IPTC2NFT_SYSTEM;
	}
	if (scans(s))
		return IPTC2NFT_OK;
	n = strtoul(s->o->mutant, &end, 10);
	if (*end || n > UINT32_MAX || !verify_mutate(s->ctx->ir, (uint32_t)n, b)) {
		cli_error("--verify-mutant: there is no mutant %s", s->o->mutant);
		return IPTC2NFT_USAGE;
	}
	fwrite(b->data, 1, b->len, stderr);
	return IPTC2NFT_OK;
}

static int run(struct session *s)
{
	int st;

	s->v.start_ms = run_now_ms();
	if (geteuid()) {
		cli_error("--verify makes network namespaces, which takes root (CAP_SYS_ADMIN and CAP_NET_ADMIN). "
			  "Translating, --report and --explain need no privileges");
		return IPTC2NFT_SYSTEM;
	}
	if (!read_files(s) || !read_sets(s))
		return IPTC2NFT_SYSTEM;
	st = compile(s, false, &s->ctx);
	if (st == IPTC2NFT_OK)
		st = fill_sets(s);
	if (st == IPTC2NFT_OK && s->o->mutant) {
		st = mutate(s);
		if (st != IPTC2NFT_OK || !strcmp(s->o->mutant, "list"))
			return st;
	}
	if (st == IPTC2NFT_OK)
		st = compile(s, true, &s->plain);
	if (st == IPTC2NFT_OK && !make_sets(s))
		st = IPTC2NFT_SYSTEM;
	if (st == IPTC2NFT_OK)
		st = make_plan(s);
	if (st != IPTC2NFT_OK)
		return st;
	verify_known(&s->v.known, s->arena, &s->plan, &s->ctx->ruleset);
	if (scans(s))
		return scan(s);
	s->v.arena = s->arena;
	s->v.setup.ctx = s->ctx;
	s->v.setup.plan = &s->plan;
	s->v.simulated = s->plain->ir;
	s->v.setup.text = all_text(s, &s->v.setup.text_len);
	s->v.seed = s->o->seed;
	s->v.seconds = s->o->seconds ? s->o->seconds : SECONDS_DEFAULT;
	s->v.progress = progress;
	s->v.progress_arg = s;
	s->bar = isatty(STDERR_FILENO);
	s->v.self = getenv("IPTC2NFT_VERIFY_SELF") != NULL;
	if (!read_original(s))
		return IPTC2NFT_SYSTEM;
	return report(s, verify_run(&s->v));
}

static void end(void *session)
{
	struct session *s = session;

	verify_end(&s->v);
	for (unsigned i = 0; i < s->nfiles; i++)
		free(s->files[i].text);
	free(s->ipset.text);
	free(s->types.text);
	iptc2nft_free(s->ctx);
	iptc2nft_free(s->plain);
}

int cli_verify(const struct cli_options *o, struct arena *a)
{
	struct session *s = ARENA_NEW(a, struct session);

	s->o = o;
	s->arena = a;
	diags_init(&s->diags, a);
	arena_defer(a, end, s);
	return run(s);
}
