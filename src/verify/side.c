/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * side: load, send, observe, count.
 *
 * The process has a copy of all that the parent has read and compiled, and nothing of it goes back
 * but struct side. Counters start from what they are after loading: what the kernel itself sends
 * when an interface comes up is not ours.
 */
#include "verify/draws.h"
#include "verify/side.h"

#include <errno.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <sys/prctl.h>
#include <unistd.h>
#include "verify/inject.h"
#include "verify/namespace.h"

#define AHEAD	    32 /* packets that a side may be ahead of the other */
#define DRAIN_EVERY 64
#define SHAKE_EVERY 16
#define SETTLE_MS   20

struct work {
	const struct verify_setup *s;
	const struct run_wish *w;
	enum side_kind kind;
	struct side *me, *peer;
	struct arena *arena;
	struct netns ns;
	struct observer observer;
	struct injector injector;
	struct kernel_rules kernel;
	uint64_t *base; /* counters before the first packet */
	uint32_t packet;
	bool keep;
	bool traced_legacy; /* two rules of our own are in raw */
	struct signature now;
	uint32_t ports; /* of the packet, as it was seen last */
	bool answered;	/* what is seen from now on is another packet */
};

static void fail(struct work *w, const char *fmt, ...) __attribute__((format(printf, 2, 3), noreturn));

static void fail(struct work *w, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(w->me->error, sizeof(w->me->error), fmt, ap);
	va_end(ap);
	atomic_store(&w->me->step, SIDE_FAILED);
	_exit(1);
}

static void pause_us(long us)
{
	struct timespec t = { us / 1000000, us % 1000000 * 1000 };

	while (nanosleep(&t, &t) && errno == EINTR)
		;
}

/*
 * The walk of legacy iptables: "TRACE: raw:PREROUTING:rule:3 ". Rules are counted from 1, the policy
 * or return of a chain as one more; unconditional verdicts are called policy and return, too. The
 * chain's name may hold colons itself.
 */
static uint32_t legacy_rule(const struct work *w, const char *prefix, struct record *r)
{
	const char *at = prefix + 7, *colon = strchr(at, ':'), *number, *kind;
	const struct ruleset *rs = &w->s->ctx->ruleset;
	size_t len = strlen(at);
	unsigned long n;

	while (len && at[len - 1] == ' ')
		len--;
	number = memrchr(at, ':', len);
	if (!colon || !number || number == colon)
		return RULE_NONE;
	kind = memrchr(at, ':', (size_t)(number - at));
	if (!kind || kind == colon)
		return RULE_NONE;
	snprintf(r->text, sizeof(r->text), "%.*s", (int)(kind - at), at);
	snprintf(r->verdict, sizeof(r->verdict), "%.*s", (int)(number - kind - 1), kind + 1);
	n = strtoul(number + 1, NULL, 10);
	for (unsigned t = 0; t < TABLE_COUNT; t++) {
		const struct chain *c;

		if (strlen(table_names[t]) != (size_t)(colon - at) || memcmp(table_names[t], at, (size_t)(colon - at)))
			continue;
		c = !rs->tables[t].present ? NULL : table_chain((struct table *)(uintptr_t)&rs->tables[t], colon + 1, (size_t)(kind - colon - 1));
		if (t == TABLE_RAW && (!c || c->hook >= 0))
			n--; /* that of load_trace() */
		if (!rs->tables[t].present || (c && n <= c->nrules))
			r->verdict[0] = '\0';
		return c && n && n <= c->nrules ? w->s->rules->first[rules_of(w->s->rules, c)] + (uint32_t)n - 1
						: RULE_NONE;
	}
	return RULE_NONE;
}

/* False: nothing worth a record. */
static bool trace_record(struct work *w, const struct seen *e, struct record *r)
{
	if (!e->table) {
		r->rule = legacy_rule(w, e->prefix, r);
		return r->rule != RULE_NONE || !strcmp(r->verdict, "policy");
	}
	snprintf(r->text, sizeof(r->text), "%s", e->chain);
	snprintf(r->verdict, sizeof(r->verdict), "%s", e->policy ? "policy" : e->verdict);
	if (!e->policy && e->handle)
		r->rule = kernel_rules_find(&w->kernel, e->table, e->chain, e->handle);
	return e->policy || r->rule != RULE_NONE;
}

static void keep(struct work *w, const struct seen *e)
{
	struct record r = { .packet = w->packet, .kind = e->kind, .hook = e->hook, .group = e->group,
			    .in = netns_iface(&w->ns, e->in), .out = netns_iface(&w->ns, e->out),
			    .mark = e->mark, .rule = RULE_NONE };
	struct side *me = w->me;

	if (e->kind == SEEN_TRACE) {
		if (!trace_record(w, e, &r) ||
		    (w->w->watch && (r.rule == RULE_NONE || !w->w->watch[r.rule])))
			return;
	} else if (w->w->watch) {
		return;
	} else {
		r.len = e->len;
		snprintf(r.text, sizeof(r.text), "%s", e->prefix);
	}
	r.size = (uint32_t)(sizeof(r) + r.len + 7) & ~7u;
	if (me->records_len + r.size > RECORDS_SIZE) {
		me->records_full = true;
		return;
	}
	memcpy(me->records + me->records_len, &r, sizeof(r));
	if (r.len)
		memcpy(me->records + me->records_len + sizeof(r), e->bytes, r.len);
	me->records_len += r.size;
}

/* Its ports behind all translations so far, until what it provokes, or it coming back, is seen. */
static void note_ports(struct work *w, const struct seen *e)
{
	const struct verify_packet *p = &w->s->plan->packets[w->packet];

	w->answered |= e->hook == (p->in ? HOOK_OUTPUT : HOOK_PREROUTING);
	if (p->draw && !w->answered)
		w->ports = draws_ports(e->bytes, e->len);
}

static void see(void *arg, const struct seen *e)
{
	struct work *w = arg;

	if (e->kind != SEEN_TRACE) {
		if (signature_noise(e, w->ns.family))
			return;
		if (e->kind == SEEN_HOOK)
			w->me->seen++;
		else
			w->me->logs++;
		if (e->kind == SEEN_HOOK)
			note_ports(w, e);
		signature_add(&w->now, e, netns_iface(&w->ns, e->in), netns_iface(&w->ns, e->out));
	}
	if (w->keep)
		keep(w, e);
}

static void read_all(struct work *w)
{
	int e = observer_read(&w->observer, see, w);

	if (e)
		fail(w, "observations were lost: %s", strerror(e));
}

static void load(struct work *w)
{
	struct iptc2nft *ctx = w->s->ctx;
	char why[3072];
	bool v6 = ctx->ruleset.family == FAMILY_IPV6;
	static const char *const ipset[] = { "ipset", "restore", NULL };

	if (w->s->ipset && (w->kind == SIDE_REFERENCE || ctx->opts.unsupported == IPTC2NFT_COMPAT) &&
	    !load_run(ipset, w->s->ipset, strlen(w->s->ipset), why, sizeof(why)))
		fail(w, "ipset restore: %s", why);
	if (w->kind == SIDE_OURS) {
		if (w->s->before_apply)
			w->s->before_apply(ctx, w->s->before_apply_arg);
		kernel_rules_ours(&w->kernel, w->arena, w->s->rules, ctx->ir);
		if (iptc2nft_apply(ctx, false) != IPTC2NFT_OK)
			fail(w, "the translation can't be loaded:\n%s", iptc2nft_render(ctx, false));
		return;
	}
	kernel_rules_iptables_nft(&w->kernel, w->arena, w->s->rules, &ctx->ruleset);
	if (!load_reference(w->s->reference, v6, w->s->text, w->s->text_len, why, sizeof(why))) {
		w->me->input = true;
		fail(w, "%s-restore can't load the original: %s", reference_names[w->s->reference], why);
	}
}

static void trace_on(struct work *w)
{
	char why[1024];

	if (!w->w->trace || w->kind != SIDE_REFERENCE || w->s->reference != REFERENCE_LEGACY)
		return;
	w->traced_legacy = load_trace(w->ns.family == FAMILY_IPV6, why, sizeof(why));
}

static void count(struct work *w, uint64_t *hits, uint64_t *policies)
{
	int e = w->kind == SIDE_REFERENCE && w->s->reference == REFERENCE_LEGACY
			? legacy_count(w->s->rules, &w->s->ctx->ruleset, hits, policies, w->me->says)
			: kernel_rules_count(&w->kernel, hits, w->me->says);

	if (e)
		fail(w, "the counters of the rules can't be read: %s",
		     e == EPROTO ? "the kernel has other rules than were loaded" : strerror(e));
}

static bool nft_trace(const struct work *w)
{
	return w->w->trace && (w->kind == SIDE_OURS || w->s->reference != REFERENCE_LEGACY);
}

static void prepare(struct work *w)
{
	const struct verify_plan *p = w->s->plan;
	uint32_t counters = w->s->rules->n + w->s->rules->nchains + 2;
	char why[512];

	if (setgroups(0, NULL))
		errno = 0;
	if (netns_make(&w->ns, w->arena, p->host, w->s->ctx->ruleset.family, why, sizeof(why)) ||
	    observer_open(&w->observer, w->arena, w->s->groups, nft_trace(w), why, sizeof(why)))
		fail(w, "%s", why);
	load(w);
	netns_conntrack(&w->ns);
	trace_on(w);
	injector_init(&w->injector, &w->ns);
	pause_us(SETTLE_MS * 1000);
	signature_init(&w->now);
	read_all(w);
	w->me->seen = w->me->logs = 0;
	w->base = arena_array(w->arena, counters, sizeof(*w->base));
	if (!w->traced_legacy)
		count(w, w->base, w->base + w->s->rules->n + 1);
}

/* The other side must not fall behind by more than AHEAD packets; nor must it have ended. */
static void keep_step(struct work *w, uint32_t i)
{
	while (!atomic_load(&w->me->peer_gone) && atomic_load(&w->peer->sent) + AHEAD < i &&
	       atomic_load(&w->peer->step) < SIDE_DONE)
		pause_us(50);
}

static void wait_for_peer(struct work *w)
{
	atomic_store(&w->me->step, SIDE_READY);
	while (!atomic_load(&w->me->peer_gone) && atomic_load(&w->peer->step) == SIDE_STARTING)
		pause_us(200);
}

static void shake(const struct work *w, uint32_t i)
{
	uint64_t x = (w->w->seed * 0x9e3779b97f4a7c15u) ^ (i * 0xbf58476d1ce4e5b9u);

	x ^= x >> 31;
	x *= 0x94d049bb133111ebu;
	pause_us((long)(x >> 33) % 3000);
}

static void send_all(struct work *w)
{
	const struct verify_plan *p = w->s->plan;
	uint64_t end = run_now_ms() + w->w->send_ms;
	uint32_t next = 0;

	for (uint32_t i = 0; i < w->w->packets; i++) {
		int e;

		keep_step(w, i);
		if (i % DRAIN_EVERY == 0) {
			netns_drain(&w->ns);
			if (run_now_ms() >= end || atomic_load(&w->me->peer_gone) ||
			    (atomic_load(&w->peer->step) == SIDE_DONE && w->peer->done < w->w->packets))
				break;
		}
		if (w->w->shake && i % SHAKE_EVERY == 0)
			shake(w, i);
		if (p->packets[i].wait_ms)
			pause_us((long)p->packets[i].wait_ms * 1000);
		while (next < w->w->nkeep && w->w->keep[next] < i)
			next++;
		w->packet = i;
		w->keep = w->w->watch || (next < w->w->nkeep && w->w->keep[next] == i);
		signature_init(&w->now);
		w->ports = 0;
		w->answered = false;
		e = inject(&w->injector, &p->packets[i]);
		if (e)
			fail(w, "packet %u can't be sent: %s", i + 1, strerror(e));
		read_all(w);
		w->me->signatures[i] = w->now;
		w->me->ports[i] = w->ports;
		w->me->done = i + 1;
		atomic_store(&w->me->sent, i + 1);
	}
}

static void finish(struct work *w)
{
	uint32_t n = w->s->rules->n;

	if (w->traced_legacy)
		return;
	count(w, w->me->hits, w->me->policies);
	for (uint32_t i = 0; i < n; i++)
		w->me->hits[i] -= w->base[i];
	for (uint32_t i = 0; i < w->s->rules->nchains; i++)
		w->me->policies[i] -= w->base[n + 1 + i];
}

void side_main(const struct verify_setup *s, const struct run_wish *wish, enum side_kind kind, struct side *me,
	       struct side *peer)
{
	struct work w = { .s = s, .w = wish, .kind = kind, .me = me, .peer = peer };
	struct arena a;
	jmp_buf oom;

	arena_init(&a);
	a.on_oom = &oom;
	w.arena = &a;
	if (setjmp(oom)) {
		strcpy(me->error, "out of memory");
		atomic_store(&me->step, SIDE_FAILED);
		_exit(1);
	}
	s->ctx->arena.on_oom = &oom;
	prepare(&w);
	wait_for_peer(&w);
	send_all(&w);
	finish(&w);
	atomic_store(&me->step, SIDE_DONE);
	_exit(0);
}
