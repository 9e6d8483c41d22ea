/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * set_use: net/netfilter/ipset: what the *_kadt() functions take from a packet as the key, and
 * ip_set_getport.c.
 *
 * A "port" is one of TCP, SCTP, UDP and UDP-Lite, or the type and code of ICMP; ipset wants the
 * whole header to be there (but only fails, it does not drop) and no later fragment. Other
 * protocols have port 0: they are in a set of their own without the port, because a key of nft
 * can't hold a constant.
 */
#include "set_use.h"

#include <stddef.h>
#include <string.h>
#include <net/if_arp.h>
#include <netinet/in.h>
#include "set_count.h"

extern const struct ext match_set, target_set;

bool set_ref_parse(struct ext_parse *p, struct arg *out)
{
	struct set_ref *r = ARENA_NEW(p->rs->arena, struct set_ref);
	const char *s = p->word2->s, *end = s + p->word2->len;

	if (!p->word->len || p->word->len > IPSET_NAME_MAX)
		return ext_value_error(p, "a set's name has 1 to %d bytes", IPSET_NAME_MAX);
	memcpy(r->name, p->word->s, p->word->len);
	r->name_at = p->word->at;
	do { /* parse_dirs(): what follows the three letters is not looked at */
		const char *comma = memchr(s, ',', (size_t)(end - s)), *stop = comma ? comma : end;

		if (r->dimension == 6) /* IPSET_DIM_MAX */
			return ext_value_error(p, "more than 6 flags");
		if (stop - s >= 3 && !memcmp(s, "src", 3))
			r->src |= (uint8_t)(1u << r->dimension);
		else if (stop - s < 3 || memcmp(s, "dst", 3) != 0)
			return ext_value_error(p, "'%.*s' is neither src nor dst", (int)(stop - s),
					       s);
		r->dimension++;
		s = comma ? comma + 1 : NULL;
	} while (s);
	out->custom = r;
	out->custom_len = offsetof(struct set_ref, name_at);
	return true;
}

/* Sets that rules add to or delete from; those that nobody declared get the most likely type. */
static void look_at_rules(struct lower *l, struct ipsets *all)
{
	for (unsigned t = 0; t < TABLE_COUNT; t++) {
		if (!l->rs->tables[t].present)
			continue;
		for (const struct chain *c = l->rs->tables[t].chains; c; c = c->next)
			for (uint32_t i = 0; i < c->nrules; i++) {
				const struct rule_spec *s = c->rules[i]->spec;

				for (unsigned k = 0;
				     s && s->target == TARGET_EXT &&
				     s->ext_target.ext == &target_set && k < s->ext_target.nargs;
				     k++) {
					const struct arg *a = &s->ext_target.args[k];
					const struct set_ref *r = a->custom;
					struct ipset *set;

					if (!(target_set.options[a->id].flags & OPT_TWO))
						continue;
					set = ipset_find(all, r->name, strlen(r->name));
					if (!set && !all->given) {
						const char *type = r->dimension == 1 ? "hash:ip"
								   : r->dimension == 2
									   ? "hash:ip,port"
									   : "hash:ip,port,ip";

						set = ipset_new(all, r->name,
								ipset_type_find(type, strlen(type)),
								r->name_at);
						set->family = l->family;
						set->inferred = true;
					}
					if (!set)
						continue;
					set->added = true;
					set->deleted =
						set->deleted ||
						!strcmp(target_set.options[a->id].name, "del-set");
				}
			}
	}
}

static struct ipsets *all_sets(struct lower *l)
{
	void **note = lower_note(l, &match_set);

	if (!*note) {
		*note = ipsets_load(l->arena, l->ir->diags, l->opts->ipset, l->opts->ipset_types);
		l->ir->ipsets = *note;
		look_at_rules(l, *note);
		set_count_plan(l, *note);
	}
	return *note;
}

static struct ipset *infer(struct lower *l, struct ipsets *all, const struct set_ref *r)
{
	const char *type = r->dimension == 1   ? "hash:net"
			   : r->dimension == 2 ? "hash:ip,port"
					       : "hash:ip,port,ip";
	struct ipset *s = ipset_new(all, r->name, ipset_type_find(type, strlen(type)), r->name_at);

	s->family = l->family;
	s->inferred = true;
	return s;
}

struct ipset *set_ref_find(struct lower *l, const struct ext_use *u, const struct set_ref *r)
{
	struct ipsets *all = all_sets(l);
	struct ipset *s = ipset_find(all, r->name, strlen(r->name));

	if (!s && all->given) {
		diag_error(l->ir->diags, r->name_at, "the set '%s' does not exist", r->name);
		return NULL;
	}
	if (!s)
		s = infer(l, all, r);
	if (s->inferred && !s->sets[0][0])
		diag_add(l->ir->diags, IPTC2NFT_SEV_WARNING, r->name_at,
			 l->for_explain ? "the set '%s' is not known: what depends on it stays open (--ipset)"
					: "the set '%s' is not known: taken for an empty %s set (--ipset, "
					  "--ipset-types)",
			 s->name, s->type->name);
	if (!(s->family & l->family)) {
		diag_error(l->ir->diags, r->name_at, "the set '%s' is one of IPv%c addresses",
			   s->name, s->family == FAMILY_IPV6 ? '6' : '4');
		return NULL;
	}
	if (s->reason) {
		lower_refuse(l, u, r->name_at, NULL, "the set '%s' has no form in nftables: %s",
			     s->name, s->reason);
		return NULL;
	}
	return s;
}

static struct operand masked(struct lower *l, const struct ipset *s, struct operand o)
{
	return s->has_mask ? operand_and_bytes(l, o, s->mask.b) : o;
}

static struct operand part_of(struct lower *l, const struct ipset *s, unsigned part, bool src)
{
	switch ((enum ipset_part)part) {
	case IPSET_IP: return masked(l, s, operand_of(src ? field_saddr(l) : field_daddr(l)));
	case IPSET_NET: return operand_of(src ? field_saddr(l) : field_daddr(l));
	case IPSET_PORT: break;
	case IPSET_MAC: return operand_of(src ? FIELD_ETHER_SADDR : FIELD_ETHER_DADDR);
	case IPSET_IFACE: return operand_of(src ? FIELD_META_IIFNAME : FIELD_META_OIFNAME);
	case IPSET_MARK:
		return s->markmask == UINT32_MAX
			       ? operand_of(FIELD_META_MARK)
			       : operand_and(l, operand_of(FIELD_META_MARK), s->markmask);
	case IPSET_SET: break;
	}
	return operand_of(FIELD_META_LENGTH); /* not reached */
}

/* @port: FIELD_COUNT leaves the port away. */
static void fill_key(struct lower *l, const struct ipset *s, const struct set_ref *r,
		     enum field_id port, struct set_way *w)
{
	w->nkey = 0;
	for (unsigned i = 0; i < s->type->dimension; i++) {
		if (s->type->part[i] != IPSET_PORT) {
			w->key[w->nkey++] = part_of(l, s, s->type->part[i], r->src >> i & 1);
			w->ether = w->ether || s->type->part[i] == IPSET_MAC;
			continue;
		}
		if (!s->type->bitmap)
			w->key[w->nkey++] = operand_of(FIELD_META_L4PROTO);
		if (port != FIELD_COUNT)
			w->key[w->nkey++] = operand_of(port);
	}
}

/* Is the header known to be whole: by a match before, or by connection tracking. */
static bool header_known(const struct lower *l, unsigned proto, unsigned bytes)
{
	if (l->chain->table == TABLE_NAT)
		return true;
	for (const struct inst *i = l->out->clauses->first; i; i = i->next)
		if (i->kind == INST_NEED_HEADER && i->need_header.proto == proto &&
		    i->need_header.bytes >= bytes && i->need_header.hotdrop)
			return true;
	return false;
}

static bool same_way(const struct set_way *a, unsigned bytes, enum field_id port, unsigned at)
{
	return a->bytes == bytes && a->key[at].field == port && a->nprotos < sizeof(a->protos);
}

unsigned set_ways(struct lower *l, const struct ipset *s, const struct set_ref *r, bool any_proto,
		  struct set_way *out)
{
	/* Whole headers: struct tcphdr, sctphdr, udphdr, icmphdr. */
	static const struct {
		uint8_t proto, bytes;
	} groups[] = { { IPPROTO_TCP, 20 },    { IPPROTO_UDP, 8 },  { IPPROTO_UDPLITE, 8 },
		       { IPPROTO_SCTP, 12 },   { IPPROTO_ICMP, 8 }, { IPPROTO_ICMPV6, 8 } };
	unsigned n = 0, port_dim = 0, at = 0, ngroups = s->type->bitmap ? 2 : 6;
	bool only = !any_proto && l->spec->proto && !l->spec->proto_invert;

	while (port_dim < s->type->dimension && s->type->part[port_dim] != IPSET_PORT)
		port_dim++;
	memset(out, 0, SET_WAYS_MAX * sizeof(*out));
	if (port_dim == s->type->dimension) {
		fill_key(l, s, r, FIELD_COUNT, out);
		return 1;
	}
	at = port_dim + !s->type->bitmap;
	for (unsigned g = 0; g < ngroups; g++) {
		unsigned proto = groups[g].proto, k = 0;
		bool icmp = proto == IPPROTO_ICMP || proto == IPPROTO_ICMPV6;
		bool known = !any_proto && header_known(l, proto, groups[g].bytes);
		/* Type and code are where a source port is. */
		enum field_id port =
			icmp || r->src >> port_dim & 1 ? FIELD_TH_SPORT : FIELD_TH_DPORT;

		if (only && l->spec->proto != proto)
			continue;
		while (k < n && !same_way(&out[k], known ? 0 : groups[g].bytes, port, at))
			k++;
		if (k == n) {
			n++;
			out[k].bytes = known ? 0 : groups[g].bytes;
			fill_key(l, s, r, port, &out[k]);
		}
		out[k].protos[out[k].nprotos++] = (uint8_t)proto;
		out[k].proto_known = only;
	}
	if (!s->type->bitmap && (s->nportless || s->added) &&
	    (!only || !ipset_has_ports(l->spec->proto))) {
		out[n].others = !only;
		out[n].portless = true;
		fill_key(l, s, r, FIELD_COUNT, &out[n++]);
	}
	return n;
}

static void test_protos(struct lower *l, const uint8_t *protos, unsigned n, bool negate)
{
	struct arg_range list[6];

	for (unsigned i = 0; i < n; i++)
		list[i].lo = list[i].hi = protos[i];
	lower_in(l, operand_of(FIELD_META_L4PROTO), list, n, negate);
}

void set_way_tests(struct lower *l, const struct set_way *w)
{
	static const uint8_t all[] = { IPPROTO_TCP,  IPPROTO_UDP,  IPPROTO_UDPLITE,
				       IPPROTO_SCTP, IPPROTO_ICMP, IPPROTO_ICMPV6 };
	struct inst *need;

	if (w->ether)
		lower_eq(l, operand_of(FIELD_META_IIFTYPE), ARPHRD_ETHER, false);
	if (w->others)
		test_protos(l, all, sizeof(all), true);
	if (w->nprotos && !w->proto_known)
		test_protos(l, w->protos, w->nprotos, false);
	if (!w->bytes)
		return;
	need = lower_emit(l, INST_NEED_HEADER);
	need->need_header.bytes = w->bytes;
	lower_cmp(l, operand_raw(BASE_TH, (w->bytes - 1u) * 8, 8), TEST_GE,
		  0); /* true when it is there */
}

void set_declare(struct lower *l, const struct ipset *s, struct ir_set *set, bool portless)
{
	enum field_id key[IPSET_KEY_MAX];
	unsigned n = ipset_key(s, l->family, key), port = 0;

	set->key = arena_array(l->arena, n, sizeof(*set->key));
	for (unsigned i = 0; i < n; i++) {
		if (portless && key[i] == FIELD_TH_DPORT && !port++)
			continue;
		set->key[set->nkey++].of = operand_of(key[i]);
	}
	for (unsigned i = 0; i < s->type->dimension; i++)
		if (s->type->part[i] == IPSET_NET)
			set->flags |= SET_INTERVAL;
	/* What is deleted is freed by garbage collection, which only sets with timeouts have. */
	if (s->timeouts || s->deleted)
		set->flags |= SET_TIMEOUT;
	if (s->added) {
		set->flags |= SET_DYNAMIC;
		set->size = s->maxelem;
	}
	if (s->counters && !s->counts)
		set->exprs = inst_new(l->arena, INST_COUNTER, s->at);
	set->unknown = s->inferred;
	set->owner = (void *)(uintptr_t)s;
}

/* An element without timeout lives on, also in a set that has one by default. */
static void default_timeout(const struct ipset *s, struct ir_set *set)
{
	set->timeout = s->default_timeout;
	for (uint32_t i = 0; i < set->nelements; i++)
		if (!set->elements[i].timeout)
			set->timeout = 0;
}

struct ir_set *set_of(struct lower *l, struct ipset *s, bool nomatch, bool portless,
		      const char **reason)
{
	struct ir_set **place = &s->sets[nomatch][portless], *set;
	struct set_element *e;
	uint32_t n;
	bool fresh;

	if (*place)
		return *place;
	e = ipset_flatten(l->arena, s, nomatch, portless, &n, reason);
	if (*reason)
		return NULL;
	set = lower_set_named(l,
			      arena_printf(l->arena, "%s%s%s", s->name, nomatch ? ".nomatch" : "",
					   portless ? ".no-port" : ""),
			      &fresh);
	if (!fresh) {
		*reason = "another set has its name";
		return NULL;
	}
	set_declare(l, s, set, portless);
	set->elements = e;
	set->nelements = n;
	for (uint32_t i = 0; s->counts && i < n; i++)
		e[i].has_counters = false;
	default_timeout(s, set);
	return *place = set;
}

void set_lookup(struct lower *l, struct ir_set *set, const struct set_way *w, bool invert)
{
	struct inst *i = lower_emit(l, INST_LOOKUP);

	i->lookup.set = set;
	i->lookup.key = arena_array(l->arena, w->nkey, sizeof(*w->key));
	memcpy(i->lookup.key, w->key, w->nkey * sizeof(*w->key));
	i->lookup.nkey = w->nkey;
	i->lookup.invert = invert;
}
