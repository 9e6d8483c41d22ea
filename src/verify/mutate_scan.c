/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mutate_scan: which mutants a plan can tell, without the kernel.
 *
 * The kernel takes a second for each; the simulation takes some milliseconds. A mutant for which
 * each packet ends in the same way, and is counted by the same rules, as without damage is one that
 * --verify will hardly find: the plan lacks a packet, or the damage changes nothing.
 *
 * Each mutant is made and simulated in a process of its own, which inherits the undamaged ruleset.
 */
#include "verify/mutate.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include "sim/follow.h"
#include "sim/sim.h"
#include "verify/mutate_equal.h"
#include "verify/plan_make.h"

struct scan {
	const struct ir *ir;
	const struct verify_plan *plan;
	uint64_t *walks; /* of each packet, undamaged */
	uint64_t rules;	 /* of the packet that is being walked: those that count it, in any order */
	struct sim sim;
	struct sim_packet packet;
};

/*
 * The simulation takes a rule's clauses as alternatives. A guard that goes to a helper chain comes
 * back to the next clause, as to a rule of its own: let it be one.
 */
static void spread(struct ir *ir)
{
	for (struct ir_chain *c = ir->chains; c; c = c->next)
		for (struct ir_rule **p = &c->rules; *p; p = &(*p)->next) {
			struct ir_rule *r = *p, *guard;

			if (!r->clauses || !r->clauses->guard)
				continue;
			guard = ARENA_NEW(ir->arena, struct ir_rule);
			*guard = (struct ir_rule){ .next = r, .clauses = r->clauses };
			r->clauses = r->clauses->next;
			guard->clauses->next = NULL;
			*p = guard;
		}
}

static uint64_t mix(uint64_t h, const void *p, size_t n)
{
	const uint8_t *b = p;

	for (size_t i = 0; i < n; i++)
		h = (h ^ b[i]) * 0x100000001b3u;
	return h ^ h >> 29;
}

static void observe(void *arg, const struct sim *s, const struct sim_packet *p,
		    const struct sim_event *e)
{
	struct scan *c = arg;

	(void)s;
	(void)p;
	if (e->kind == EVENT_RULE)
		c->rules += mix(0xcbf29ce484222325u, &e->rule, sizeof(e->rule));
	else if (e->kind == EVENT_VERDICT) /* of what it provokes, too */
		c->rules += mix(0xcbf29ce484222325u, &e->verdict, sizeof(e->verdict));
}

/* What can be seen of a packet, as a number. */
static uint64_t walk(struct scan *c, const struct verify_packet *v)
{
	struct sim_packet *p = &c->packet;
	enum sim_verdict verdict;
	uint32_t seen[6];

	c->sim.now_ms += v->wait_ms;
	c->sim.npackets++;
	c->rules = 0;
	plan_dress(c->sim.arena, v, p);
	verdict = sim_walk(&c->sim, p);
	seen[0] = verdict;
	seen[1] = p->mark;
	seen[2] = c->sim.hook;
	seen[3] = c->sim.error.given;
	seen[4] = c->sim.error.reset;
	seen[5] = (uint32_t)c->sim.error.type << 8 | c->sim.error.code;
	c->rules = mix(mix(c->rules, seen, sizeof(seen)), p->data, p->len);
	sim_follow(&c->sim, p, verdict, true); /* its rules are added */
	return c->rules;
}

static void start(struct scan *c, struct arena *a)
{
	sim_init(&c->sim, a, c->ir, c->plan->host);
	c->sim.observer = observe;
	c->sim.observer_arg = c;
}

static bool told(struct scan *c, struct arena *a)
{
	start(c, a);
	for (uint32_t i = 0; i < c->plan->npackets; i++)
		if (walk(c, &c->plan->packets[i]) != c->walks[i])
			return true;
	return false;
}

/* In a process of its own. */
static void __attribute__((noreturn)) child(struct scan *c, struct ir *ir, uint32_t number)
{
	struct buffer *line = buffer_new(ir->arena);
	const char *equal = number ? verify_mutant_equal(ir, number) : NULL;
	struct arena a;

	arena_init(&a);
	a.on_oom = ir->arena->on_oom;
	if (number && !verify_mutate(ir, number, line))
		_exit(1);
	spread(ir);
	if (!number) {
		start(c, &a);
		for (uint32_t i = 0; i < c->plan->npackets; i++)
			c->walks[i] = walk(c, &c->plan->packets[i]);
	} else if (!told(c, &a)) {
		printf("%.*s\t%s\n", (int)line->len - 1, line->data, equal ? equal : "");
	} else if (equal) {
		printf("%.*s\tWRONG: told, but %s\n", (int)line->len - 1, line->data, equal);
	}
	fflush(stdout);
	_exit(0);
}

/* @number: 0: none. Returns how the process ended, or -1. */
static int one(struct scan *c, struct ir *ir, uint32_t number)
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid)
		child(c, ir, number);
	return pid < 0 || waitpid(pid, &status, 0) != pid ? -1 : status;
}

bool verify_mutants_untold(struct ir *ir, const struct verify_plan *plan, uint32_t from,
			   uint32_t every)
{
	struct scan c = { .ir = ir, .plan = plan };
	uint32_t n = verify_mutants(ir, NULL);
	size_t room = sizeof(*c.walks) * (plan->npackets + 1u);
	int status;

	c.walks = mmap(NULL, room, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (c.walks == MAP_FAILED)
		return false;
	status = one(&c, ir, 0);
	for (uint64_t i = from; i <= n && status >= 0; i += every) {
		status = one(&c, ir, (uint32_t)i);
		if (status > 0)
			printf("%u\t-\tended by signal %d\n", (unsigned)i, WTERMSIG(status));
	}
	fflush(stdout);
	munmap(c.walks, room);
	return status >= 0;
}
