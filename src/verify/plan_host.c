/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * plan_host: the host of a verification: what the ruleset's rules suppose of it.
 *
 * Interfaces that rules name, addresses that they expect to be the host's own, and routes that lead
 * networks to the interfaces that rules name them with. With --host the file says all that, and
 * only missing interfaces are added.
 */
#include "verify/plan_make.h"

#include <linux/rtnetlink.h>
#include <net/if.h>
#include "spec_file.h"

#define IFACES_MAX    100
#define ADDRESSES_MAX 48
#define ROUTES_MAX    300
#define ADDRS_MAX     20000

/* What one clause says of where packets come from and go to. */
struct hint {
	const struct host_iface *in, *out;
	struct addr net[2]; /* source, destination */
	uint8_t prefix[2];
	bool has[2];
};

const struct addr *plan_some_addr(struct planner *pl)
{
	return &pl->addrs[plan_below(&pl->random, pl->naddrs)];
}

struct addr plan_neighbour(struct planner *pl, const struct host_iface *dev, unsigned n)
{
	const struct host_address *own = host_address_of(pl->host, dev, pl->family);
	struct value v, by = { { 0 } };
	struct addr a;

	if (!own)
		own = pl->host->addresses;
	a = own->addr;
	v = value_bytes(a.b, 16);
	by.b[pl->abytes - 1] = (uint8_t)(1 + n);
	value_step(&v, pl->abytes, &by, false);
	memcpy(a.b, v.b, 16);
	return a;
}

/* The network behind an interface: no private one, and none that is kept for examples. */
static struct addr far_net(const struct planner *pl, const struct host_iface *dev)
{
	struct addr v6 = { .b = { 0x2a, 0x0e } }, v4 = { .b = { 51 } };
	unsigned n = 1;

	for (const struct host_iface *i = pl->host->ifaces; i && i != dev; i = i->next)
		n++;
	v6.b[3] = v4.b[1] = (uint8_t)n;
	return pl->family == FAMILY_IPV6 ? v6 : v4;
}

struct addr plan_far(struct planner *pl, const struct host_iface *dev)
{
	struct addr a = far_net(pl, dev);

	a.b[pl->abytes - 2] = (uint8_t)plan_below(&pl->random, 256);
	a.b[pl->abytes - 1] = (uint8_t)(1 + plan_below(&pl->random, 254));
	return a;
}

/* Names that the kernel makes itself in every namespace, or that can't be. */
static bool creatable(const char *name)
{
	static const char *const own[] = { "lo",      "all",	 "default", "tunl0",   "sit0",
					   "gre0",    "gretap0", "erspan0", "ip_vti0", "ip6_vti0",
					   "ip6tnl0", "ip6gre0", ".",	    ".." };

	for (unsigned i = 0; i < sizeof(own) / sizeof(*own); i++)
		if (!strcmp(name, own[i]))
			return false;
	for (const char *c = name; *c; c++)
		if (*c == '/' || *c == ':' || *c == '%' || (unsigned char)*c <= ' ')
			return false;
	return *name;
}

static struct host_iface *add_iface(struct planner *pl, const char *name)
{
	struct host_iface *i = host_iface_find(pl->host, name, strlen(name));

	if (i || !creatable(name) || pl->host->nifaces > IFACES_MAX)
		return i;
	return host_iface_new(pl->host, name, strlen(name));
}

/* For `eth+` another one that begins with `et`. */
static void almost(struct planner *pl, const char *name, unsigned len)
{
	char other[IFNAME_MAX_BYTES + 1];

	if (len < 2 || len >= IFNAME_MAX_BYTES || pl->host->nifaces > IFACES_MAX / 4)
		return;
	memcpy(other, name, len);
	other[len - 1] = other[len - 1] == 'x' ? 'y' : 'x';
	other[len] = '0';
	other[len + 1] = '\0';
	add_iface(pl, other);
}

/* The interface that a test names; `eth+` is eth0. */
static struct host_iface *named(struct planner *pl, const struct inst_test *t)
{
	char name[IFNAME_MAX_BYTES + 1];
	unsigned len = 0;

	if (t->op > TEST_NE)
		return NULL;
	while (len < IFNAME_MAX_BYTES && (!t->prefix || len < t->prefix) && t->value.b[len])
		len++;
	memcpy(name, t->value.b, len);
	name[len] = '\0';
	if (t->prefix && len < IFNAME_MAX_BYTES) {
		almost(pl, name, len);
		for (struct host_iface *i = pl->host->ifaces; i; i = i->next)
			if (!i->loopback && !strncmp(i->name, name, len))
				return i;
		name[len] = '0';
		name[len + 1] = '\0';
	}
	return add_iface(pl, name);
}

static void group(struct planner *pl, const struct inst_test *t)
{
	uint32_t n = (uint32_t)value_get(&t->value, 4);
	struct host_iface *i;

	if (t->op > TEST_NE)
		return;
	for (i = pl->host->ifaces; i; i = i->next)
		if (i->group == n)
			return;
	i = add_iface(pl, arena_printf(pl->arena, "grp%u", n % 100000));
	if (i)
		i->group = n;
}

static bool usable(const struct planner *pl, const struct addr *a)
{
	static const uint8_t zero[15];

	if (pl->family == FAMILY_IPV4)
		return a->b[0] && a->b[0] != 127 && a->b[0] < 224;
	return memcmp(a->b, zero, 15) != 0 && a->b[0] != 0xff && a->b[0] != 0xfe;
}

static void note_addr(struct planner *pl, const uint8_t *b)
{
	if (pl->naddrs == ADDRS_MAX)
		return;
	if (pl->naddrs == pl->addrs_cap)
		pl->addrs = arena_grow(pl->arena, pl->addrs, pl->naddrs, &pl->addrs_cap,
				       sizeof(*pl->addrs));
	memset(&pl->addrs[pl->naddrs], 0, sizeof(*pl->addrs));
	memcpy(pl->addrs[pl->naddrs++].b, b, pl->abytes);
}

/* The length of a mask's prefix; -1: it is none. */
static int prefix_of(const struct value *m, unsigned bytes)
{
	int n = 0;

	while (n < (int)bytes * 8 && m->b[n / 8] >> (7 - n % 8) & 1)
		n++;
	for (int i = n; i < (int)bytes * 8; i++)
		if (m->b[i / 8] >> (7 - i % 8) & 1)
			return -1;
	return n;
}

static void network(struct planner *pl, const struct inst_test *t, unsigned which, struct hint *h)
{
	int prefix = (int)pl->abytes * 8;

	if (t->op >= TEST_IN) {
		for (uint32_t i = 0; i < t->n && i < 32; i++) {
			note_addr(pl, t->ranges[i].lo.b);
			note_addr(pl, t->ranges[i].hi.b);
		}
		return;
	}
	note_addr(pl, t->value.b);
	if (t->lhs.nxf == 1 && t->lhs.xf->op == XFORM_AND)
		prefix = prefix_of(&t->lhs.xf->value, pl->abytes);
	if (t->op != TEST_EQ || prefix < 1 || t->lhs.nxf > 1)
		return;
	h->has[which] = true;
	h->prefix[which] = (uint8_t)prefix;
	memcpy(h->net[which].b, t->value.b, pl->abytes);
}

static void look_test(struct planner *pl, const struct inst_test *t, struct hint *h)
{
	switch (t->lhs.field) {
	case FIELD_META_IIFNAME: h->in = named(pl, t); break;
	case FIELD_META_OIFNAME: h->out = named(pl, t); break;
	case FIELD_META_IIFGROUP:
	case FIELD_META_OIFGROUP: group(pl, t); break;
	case FIELD_IP_SADDR:
	case FIELD_IP6_SADDR: network(pl, t, 0, h); break;
	case FIELD_IP_DADDR:
	case FIELD_IP6_DADDR: network(pl, t, 1, h); break;
	default: break;
	}
}

static void look(struct planner *pl, const struct ir_clause *k, struct hint *h)
{
	*h = (struct hint){ 0 };
	for (const struct inst *i = k->first; i; i = i->next)
		switch (i->kind) {
		case INST_TEST: look_test(pl, &i->test, h); break;
		case INST_NAT:
			if (i->nat.has_addr) {
				note_addr(pl, i->nat.addr_lo.b);
				note_addr(pl, i->nat.addr_hi.b);
			}
			break;
		default: break;
		}
}

static void route(struct planner *pl, const struct addr *net, unsigned prefix,
		  const struct host_iface *dev)
{
	const struct addr gateway = plan_neighbour(pl, dev, 0);
	struct host_route *r;

	if (!usable(pl, net) || pl->host->nroutes > ROUTES_MAX)
		return;
	for (r = pl->host->routes; r; r = r->next)
		if (r->family == pl->family && r->prefix == prefix && !memcmp(&r->dst, net, 16))
			return;
	r = host_route_new(pl->host, pl->family);
	r->dst = *net;
	r->prefix = (uint8_t)prefix;
	r->dev = host_iface_find(pl->host, dev->name, strlen(dev->name));
	r->has_via = true;
	r->via = gateway;
}

static uint32_t count_addresses(const struct planner *pl)
{
	uint32_t n = 0;

	for (const struct host_address *a = pl->host->addresses; a; a = a->next)
		n++;
	return n;
}

/* An address of the host's own, that rules of INPUT expect. */
static void own_address(struct planner *pl, const struct hint *h)
{
	struct addr a = h->net[1];
	const struct host_iface *dev = h->in ? h->in : pl->host->lo->next;
	unsigned width = pl->abytes * 8;

	if (!h->has[1] || !usable(pl, &a) || h->prefix[1] < 8 ||
	    count_addresses(pl) > pl->host->nifaces + ADDRESSES_MAX)
		return;
	for (const struct host_address *o = pl->host->addresses; o; o = o->next)
		if (o->family == pl->family && prefix_match(&o->addr, &a, h->prefix[1]))
			return;
	if (h->prefix[1] < width - 1)
		a.b[pl->abytes - 1] |= 1;
	host_address_add(pl->host, host_iface_find(pl->host, dev->name, strlen(dev->name)),
			 pl->family, &a, width);
}

static void subnets(struct planner *pl)
{
	unsigned n = 0;

	for (struct host_iface *i = pl->host->ifaces; i; i = i->next) {
		static const uint8_t net6[] = { 0x20, 1, 0x0d, 0xb8, 0, 0x99 };
		struct addr a = { .b = { 10, 213 } };
		bool v6 = pl->family == FAMILY_IPV6;

		if (i->loopback || host_address_of(pl->host, i, pl->family))
			continue;
		if (v6)
			memcpy(a.b, net6, sizeof(net6));
		a.b[v6 ? 7 : 2] = (uint8_t)n++;
		a.b[pl->abytes - 1] = 1;
		host_address_add(pl->host, i, pl->family, &a, v6 ? 64 : 24);
	}
}

/* Pass 0: interfaces; 1: the host's own addresses; 2: routes. */
static void gather(struct planner *pl, unsigned pass)
{
	for (const struct ir_chain *c = pl->ir->chains; c; c = c->next) {
		unsigned hooks = c->src ? chain_hooks(c->src) : 0;
		bool own = hooks && !(hooks & ~(IN_HOOK(INPUT) | IN_HOOK(PREROUTING)));

		for (const struct ir_rule *r = c->rules; r; r = r->next)
			for (const struct ir_clause *k = r->clauses; k; k = k->next) {
				struct hint h;

				look(pl, k, &h);
				if (pass == 1 && own)
					own_address(pl, &h);
				if (pass == 2 && h.has[1] && h.out && !h.out->loopback)
					route(pl, &h.net[1], h.prefix[1], h.out);
				if (pass == 2 && h.has[0] && h.in && !h.in->loopback)
					route(pl, &h.net[0], h.prefix[0], h.in);
			}
	}
}

static void set_addresses(struct planner *pl)
{
	for (const struct ir_set *s = pl->ir->sets; s; s = s->next)
		for (uint32_t i = 0; i < s->nelements && i < 64; i++)
			for (unsigned k = 0; k < s->nkey; k++)
				if (operand_bytes(&s->key[k].of) == pl->abytes)
					note_addr(pl, s->elements[i].key[k].lo.b);
}

static void default_route(struct planner *pl)
{
	struct addr any = { .b = { 0 } }, gateway;
	struct host_route *r;
	struct host_iface *dev = pl->host->lo->next;

	gateway = plan_neighbour(pl, dev, 0);
	r = host_route_new(pl->host, pl->family);
	r->dst = any;
	r->dev = dev;
	r->has_via = true;
	r->via = gateway;
}

static bool from_file(struct planner *pl, struct diags *d, const struct verify_wish *w)
{
	size_t len = strlen(w->host_text);
	char *text = arena_bytes(pl->arena, len + 2);
	const struct source *src;
	struct spec spec;

	memcpy(text, w->host_text, len);
	text[len] = text[len + 1] = '\0';
	src = diags_source(d, arena_strdup(pl->arena, w->host_name ? w->host_name : "host"), text,
			   len);
	if (!src) {
		diag_error(d, (struct span){ 0 }, "the inputs together are too large");
		return false;
	}
	spec_file_init(&spec, pl->arena, d, pl->host);
	spec.host_only = true;
	spec_file_parse(&spec, src);
	return diags_status(d) == IPTC2NFT_OK;
}

bool plan_host(struct planner *pl, struct diags *d, const struct verify_wish *w)
{
	static const char *const more[] = { "eth0", "eth1", "eth2" };

	pl->host = ARENA_NEW(pl->arena, struct host);
	host_init(pl->host, pl->arena);
	if (w->host_text && !from_file(pl, d, w))
		return false;
	gather(pl, 0);
	for (unsigned i = 0; i < 3 && pl->host->nifaces < 3; i++)
		add_iface(pl, more[i]);
	if (!w->host_text) /* one that no rule names, for those that ask for another than some */
		add_iface(pl, "other0");
	subnets(pl);
	if (!w->host_text) {
		gather(pl, 1);
		gather(pl, 2);
		for (const struct host_iface *i = pl->host->ifaces; i; i = i->next) {
			struct addr net = far_net(pl, i);

			if (!i->loopback)
				route(pl, &net, pl->family == FAMILY_IPV6 ? 32 : 16, i);
		}
		default_route(pl);
	}
	set_addresses(pl);
	host_finish(pl->host);
	return true;
}
