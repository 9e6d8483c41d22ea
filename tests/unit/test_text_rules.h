/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rules of test_text.c, built by hand. */
static struct arena arena;
static struct diags diags;
static struct ir ir;
static struct ir_chain chain, other;
static struct ir_rule *rule;
static jmp_buf oom;

static void setup_family(unsigned family)
{
	arena_init(&arena);
	if (setjmp(oom))
		abort();
	arena.on_oom = &oom;
	diags_init(&diags, &arena);
	memset(&ir, 0, sizeof(ir));
	ir.arena = &arena;
	ir.diags = &diags;
	ir.family = family;
	ir.table_name = "t";
	ir.last_set = &ir.sets;
	ir.last_object = &ir.objects;
	memset(&chain, 0, sizeof(chain));
	memset(&other, 0, sizeof(other));
	chain.name = "filter-INPUT";
	chain.last = &chain.rules;
	chain.next = &other;
	other.name = "filter-a b";
	other.last = &other.rules;
	ir.chains = &chain;
}

static void teardown(void)
{
	arena_free(&arena);
}

static void new_rule(void)
{
	rule = ARENA_NEW(&arena, struct ir_rule);
	rule->clauses = ARENA_NEW(&arena, struct ir_clause);
	rule->clauses->last = &rule->clauses->first;
	*chain.last = rule;
	chain.last = &rule->next;
}

static struct inst *add(enum inst_kind kind)
{
	struct inst *i = inst_new(&arena, kind, (struct span){ 0, 0 });

	*rule->clauses->last = i;
	rule->clauses->last = &i->next;
	return i;
}

static struct operand *keep(struct operand o)
{
	struct operand *p = ARENA_NEW(&arena, struct operand);

	*p = o;
	return p;
}

static struct operand xf(struct operand o, enum xform_op op, uint64_t v)
{
	struct xform *x = arena_array(&arena, o.nxf + 1u, sizeof(*x));

	if (o.nxf)
		memcpy(x, o.xf, o.nxf * sizeof(*x));
	x[o.nxf++] = (struct xform){ .op = (uint8_t)op,
				     .shift = (uint8_t)v,
				     .value = value_num(v, operand_bytes(&o)) };
	o.xf = x;
	return o;
}

static struct operand hdr(enum field_id f, unsigned type, unsigned off, unsigned bits)
{
	struct operand o = operand_of(f);

	o.hdr.type = (uint8_t)type;
	o.hdr.off = (uint16_t)off;
	o.hdr.bits = (uint16_t)bits;
	return o;
}

static struct operand present(struct operand o)
{
	o.exists = true;
	return o;
}

static void cmp(struct operand o, enum test_op op, uint64_t v)
{
	struct inst *i = add(INST_TEST);

	i->test.lhs = o;
	i->test.op = (uint8_t)op;
	i->test.value = value_num(v, operand_bytes(&o));
}

static void eq(struct operand o, uint64_t v)
{
	cmp(o, TEST_EQ, v);
}

static void in(struct operand o, enum test_op op, unsigned n, const uint64_t *pairs)
{
	struct inst *i = add(INST_TEST);

	i->test.lhs = o;
	i->test.op = (uint8_t)op;
	i->test.n = n;
	i->test.ranges = arena_array(&arena, n, sizeof(*i->test.ranges));
	for (unsigned k = 0; k < n; k++) {
		i->test.ranges[k].lo = value_num(pairs[k * 2], operand_bytes(&o));
		i->test.ranges[k].hi = value_num(pairs[k * 2 + 1], operand_bytes(&o));
	}
}

#define IN(o, op, n, ...) in(o, op, n, (const uint64_t[]){ __VA_ARGS__ })

static struct inst *bytes(struct operand o, enum test_op op, const void *p, unsigned n)
{
	struct inst *i = add(INST_TEST);

	i->test.lhs = o;
	i->test.op = (uint8_t)op;
	i->test.value = value_bytes(p, n);
	return i;
}

static void name(enum field_id f, enum test_op op, const char *s, unsigned prefix)
{
	bytes(operand_of(f), op, s, (unsigned)strlen(s))->test.prefix = (uint8_t)prefix;
}

static void proto(unsigned n)
{
	eq(operand_of(FIELD_META_L4PROTO), n);
}

static struct addr address(const char *s)
{
	struct addr a = { 0 };

	if (inet_pton(AF_INET, s, a.b) != 1 && inet_pton(AF_INET6, s, a.b) != 1)
		abort();
	return a;
}

static struct ir_set *set(const char *set_name, unsigned flags, unsigned n,
			  const enum field_id *key)
{
	struct ir_set *s = ARENA_NEW(&arena, struct ir_set);

	s->name = set_name;
	s->flags = (uint8_t)flags;
	s->nkey = (uint8_t)n;
	s->key = arena_array(&arena, n, sizeof(*s->key));
	for (unsigned i = 0; i < n; i++)
		s->key[i].of = operand_of(key[i]);
	*ir.last_set = s;
	ir.last_set = &s->next;
	return s;
}

#define SET(n, f, c, ...) set(n, f, c, (const enum field_id[]){ __VA_ARGS__ })

static void element(struct ir_set *s, uint64_t lo, uint64_t hi, uint64_t timeout,
		    const char *comment)
{
	s->elements = arena_grow(&arena, s->elements, s->nelements, &s->cap, sizeof(*s->elements));

	struct set_element *e = &s->elements[s->nelements++];

	memset(e, 0, sizeof(*e));
	e->key = arena_array(&arena, 1, sizeof(*e->key));
	e->key->lo = value_num(lo, operand_bytes(&s->key->of));
	e->key->hi = value_num(hi, operand_bytes(&s->key->of));
	e->timeout = timeout;
	e->comment = comment;
}

static struct ir_object *object(enum object_kind kind, const char *object_name)
{
	struct ir_object *o = ARENA_NEW(&arena, struct ir_object);

	o->kind = kind;
	o->name = object_name;
	*ir.last_object = o;
	ir.last_object = &o->next;
	add(INST_OBJREF)->objref.object = o;
	return o;
}

#define F(f) operand_of(FIELD_##f)

/* --- the rules --- */

static void ports(void)
{
	proto(6);
	eq(F(TCP_DPORT), 22);
}
static void port_set(void)
{
	proto(17);
	IN(F(UDP_DPORT), TEST_IN, 2, 22, 22, 80, 90);
}
static void port_range(void)
{
	proto(6);
	IN(F(TCP_SPORT), TEST_NOTIN, 1, 1024, 65535);
}
static void port_raw(void)
{
	eq(F(TCP_DPORT), 22);
}
static void port_conflict(void)
{
	proto(6);
	proto(17);
	eq(F(TH_DPORT), 5);
}
static void port_any(void)
{
	IN(F(META_L4PROTO), TEST_IN, 2, 6, 6, 17, 17);
	cmp(F(TH_DPORT), TEST_GE, 5);
}
static void prefix8(void)
{
	eq(xf(F(IP_SADDR), XFORM_AND, 0xff000000), 0x0a000000);
}
static void prefix17(void)
{
	cmp(xf(F(IP_DADDR), XFORM_AND, 0xffff8000), TEST_NE, 0x0a010000);
}
static void holes(void)
{
	eq(xf(F(IP_SADDR), XFORM_AND, 0xff00ff00), 0x0a000500);
}
static void host(void)
{
	cmp(F(IP_SADDR), TEST_NE, 0xc0000201);
}
static void host_range(void)
{
	IN(F(IP_SADDR), TEST_IN, 1, 0x0a000001, 0x0a000009);
}
static void state(void)
{
	cmp(xf(F(CT_STATE), XFORM_AND, 0xa), TEST_NE, 0);
}
static void not_state(void)
{
	eq(xf(F(CT_STATE), XFORM_AND, 1), 0);
}
static void state_is(void)
{
	eq(F(CT_STATE), 2);
}
static void status(void)
{
	cmp(xf(F(CT_STATUS), XFORM_AND, 0x230), TEST_NE, 0);
}
static void flags(void)
{
	proto(6);
	eq(xf(F(TCP_FLAGS), XFORM_AND, 0x12), 2);
}
static void flags_any(void)
{
	proto(6);
	cmp(xf(F(TCP_FLAGS), XFORM_AND, 0x12), TEST_NE, 0);
}
static void flags_set(void)
{
	proto(6);
	IN(F(TCP_FLAGS), TEST_IN, 2, 2, 2, 0x12, 0x12);
}
static void flags_raw(void)
{
	eq(xf(F(TCP_FLAGS), XFORM_AND, 0x12), 2);
}
static void mark(void)
{
	eq(xf(F(META_MARK), XFORM_AND, 0xff00), 0x100);
}
static void mark_range(void)
{
	IN(xf(F(META_MARK), XFORM_AND, 0xff00), TEST_IN, 1, 0x100, 0x200);
}
static void mark_xor_and(void)
{
	eq(xf(xf(F(META_MARK), XFORM_XOR, 5), XFORM_AND, 0xff), 1);
}
static void ifname(void)
{
	name(FIELD_META_IIFNAME, TEST_EQ, "eth0", 0);
}
static void ifprefix(void)
{
	name(FIELD_META_OIFNAME, TEST_NE, "eth", 3);
}
static void ifstar(void)
{
	name(FIELD_META_IIFNAME, TEST_EQ, "eth*", 0);
}
static void ifspace(void)
{
	name(FIELD_META_IIFNAME, TEST_EQ, "a b*c", 0);
}
static void frag(void)
{
	cmp(xf(F(IP_FRAG_OFF), XFORM_AND, 0x1fff), TEST_NE, 0);
}
static void dscp(void)
{
	eq(F(IP_DSCP), 0x10);
}
static void tos(void)
{
	eq(xf(F(IP_TOS), XFORM_AND, 0x1e), 0x10);
}
static void ttl(void)
{
	cmp(F(IP_TTL), TEST_LT, 5);
}
static void length(void)
{
	IN(F(META_LENGTH), TEST_IN, 1, 100, 200);
}
static void never(void)
{
	eq(F(META_LENGTH), 0);
}
static void raw(void)
{
	eq(operand_raw(BASE_TH, 16, 16), 5);
}
static void raw_wide(void)
{
	bytes(operand_raw(BASE_NH, 64, 128), TEST_EQ,
	      "\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10", 16);
}
static void raw_shift(void)
{
	eq(xf(xf(operand_raw(BASE_TH, 0, 32), XFORM_SHR, 8), XFORM_AND, 0xff), 5);
}
static void mac(void)
{
	eq(F(META_IIFTYPE), 1);
	bytes(F(ETHER_SADDR), TEST_EQ, "\x00\x11\x22\x33\x44\x55", 6);
}
static void mac_raw(void)
{
	bytes(F(ETHER_SADDR), TEST_EQ, "\x00\x11\x22\x33\x44\x55", 6);
}
static void icmp(void)
{
	proto(1);
	eq(F(ICMP_TYPE), 8);
	eq(F(ICMP_CODE), 0);
}
static void spi(void)
{
	proto(51);
	IN(F(AH_SPI), TEST_IN, 1, 5, 6);
}
static void owner(void)
{
	IN(F(META_SKUID), TEST_IN, 1, 1000, 2000);
	eq(F(META_SKGID), 5);
}
static void times(void)
{
	cmp(F(META_TIME), TEST_GE, 1600000000000000000ull);
	IN(F(META_HOUR), TEST_IN, 1, 3600, 7200);
	IN(F(META_DAY), TEST_IN, 2, 1, 1, 3, 3);
}
static void misc_meta(void)
{
	eq(F(META_PKTTYPE), 2);
	eq(F(META_CPU), 3);
	eq(F(META_CGROUP), 5);
	eq(F(META_RTCLASSID), 7);
	eq(F(META_PRIORITY), 0x10020);
	eq(xf(F(META_IIFGROUP), XFORM_AND, 0xff), 5);
}
static void ct_dir(void)
{
	cmp(operand_ct(FIELD_CT_PACKETS, DIR_ORIGINAL), TEST_GT, 5);
	cmp(operand_ct(FIELD_CT_AVGPKT, DIR_NONE), TEST_LE, 7);
	eq(xf(operand_ct(FIELD_CT_SADDR, DIR_ORIGINAL), XFORM_AND, 0xff000000), 0x0a000000);
	eq(F(CT_DIRECTION), 1);
}
static void ct_proto(void)
{
	proto(6);
	eq(operand_ct(FIELD_CT_PROTO_SRC, DIR_REPLY), 5);
	eq(operand_ct(FIELD_CT_PROTOCOL, DIR_ORIGINAL), 6);
}
static void ct_port(void)
{
	proto(6);
	IN(operand_ct(FIELD_CT_PROTO_DST, DIR_ORIGINAL), TEST_IN, 1, 5, 9);
}
static void ct_misc(void)
{
	cmp(F(CT_EXPIRATION), TEST_LT, 93784005);
	name(FIELD_CT_HELPER, TEST_EQ, "ftp", 0);
	eq(operand_ct(FIELD_CT_ZONE, DIR_NONE), 5);
	eq(xf(F(CT_MARK), XFORM_AND, 0xf), 1);
}
static void ct_label(void)
{
	struct operand o = xf(F(CT_LABELS), XFORM_AND, 0);
	struct xform *x = ARENA_NEW(&arena, struct xform);
	x->value.b[15] = 32;
	o.xf = x;
	cmp(o, TEST_NE, 0);
}
static void fib(void)
{
	struct operand o = F(FIB_TYPE);
	o.fib.flags = 2;
	eq(o, 2);
	o.fib.flags = 10;
	IN(o, TEST_NOTIN, 2, 2, 2, 3, 3);
}
static void fib_oif(void)
{
	struct operand o = F(FIB_OIF);
	o.fib.flags = 13;
	eq(present(o), 1);
	o.fib.flags = 1;
	cmp(present(o), TEST_NE, 1);
}
static void socket_fields(void)
{
	eq(F(SOCKET_TRANSPARENT), 1);
	eq(F(SOCKET_WILDCARD), 0);
	eq(F(SOCKET_MARK), 5);
}
static void ipsec(void)
{
	struct operand o = F(IPSEC_REQID);
	eq(o, 5);
	o = F(IPSEC_SADDR);
	o.ipsec.out = 1;
	o.ipsec.spnum = 2;
	eq(o, 0x01020304);
}
static void numgen(void)
{
	static const struct operand_gen inc = { .modulus = 10, .offset = 5 };
	static const struct operand_gen any = { .modulus = 0x80000000 };
	struct operand o = F(NUMGEN_INC);
	o.gen = &inc;
	eq(o, 7);
	o = F(NUMGEN_RANDOM);
	o.gen = &any;
	cmp(o, TEST_LT, 5);
}
static void jhash(void)
{
	struct operand o = F(JHASH), *of = arena_array(&arena, 2, sizeof(*of));
	of[0] = F(IP_SADDR);
	of[1] = F(IP_DADDR);
	struct operand_gen *gen = ARENA_NEW(&arena, struct operand_gen);
	*gen = (struct operand_gen){ of, .modulus = 4, .seed = 0xdeadbeef, .seeded = true, .nof = 2 };
	o.gen = gen;
	cmp(o, TEST_LT, 3);
}
static void osf(void)
{
	struct operand o = F(OSF_NAME);
	o.osf.ttl = 1;
	bytes(o, TEST_EQ, "Linux", 5);
}
static void tcpopt(void)
{
	proto(6);
	IN(hdr(FIELD_TCP_OPTION, 2, 16, 16), TEST_IN, 1, 100, 200);
	eq(present(hdr(FIELD_TCP_OPTION, 4, 0, 0)), 1);
	eq(present(hdr(FIELD_TCP_OPTION, 30, 0, 0)), 0);
	eq(hdr(FIELD_TCP_OPTION, 30, 16, 16), 9);
}
static void ipopt(void)
{
	eq(present(hdr(FIELD_IP_OPTION, 131, 0, 0)), 1);
	eq(hdr(FIELD_IP_OPTION, 7, 16, 8), 5);
}
static void chunk(void)
{
	proto(132);
	eq(present(hdr(FIELD_SCTP_CHUNK, 0, 0, 0)), 1);
	eq(hdr(FIELD_SCTP_CHUNK, 1, 8, 8), 1);
}
static void limit(void)
{
	struct inst *i = add(INST_LIMIT);
	i->limit = (struct inst_limit){ 5, PER_MINUTE, 10, false, false };
}
static void limit_bytes(void)
{
	struct inst *i = add(INST_LIMIT);
	i->limit = (struct inst_limit){ 500, PER_SECOND, 700, true, true };
}
static void quota(void)
{
	struct inst *i = add(INST_QUOTA);
	i->quota = (struct inst_quota){ 500, true };
}
static void connlimit(void)
{
	struct inst *i = add(INST_CONNLIMIT);
	i->connlimit = (struct inst_connlimit){ 5, true };
}
static void counter(void)
{
	add(INST_COUNTER)->counter.initial = (struct counters){ 3, 180 };
	add(INST_VERDICT)->verdict.kind = VERDICT_ACCEPT;
}
static void jump(void)
{
	struct inst *i = add(INST_VERDICT);
	i->verdict.kind = VERDICT_JUMP;
	i->verdict.chain = &other;
}
static void comment(void)
{
	add(INST_COUNTER);
	rule->comment = "a \"b\" c";
	rule->comment_len = 7;
}
static void log_all(void)
{
	struct inst *i = add(INST_LOG);
	i->log = (struct inst_log){ .prefix = "x y: ", .level = 6, .flags = 0x1f };
}
static void log_some(void)
{
	struct inst *i = add(INST_LOG);
	i->log = (struct inst_log){ .prefix = "", .level = 4, .flags = NF_LOG_TCPOPT | NF_LOG_UID };
}
static void log_dollar(void)
{
	struct inst *i = add(INST_LOG);
	i->log = (struct inst_log){ .prefix = "$5 a$ \\", .level = 7 };
}
static void nflog(void)
{
	struct inst *i = add(INST_LOG);
	i->log = (struct inst_log){ .nflog = true,
				    .prefix = "a",
				    .group = 5,
				    .snaplen = 10,
				    .has_snaplen = true,
				    .threshold = 5 };
}
static struct inst_assign *assign(struct operand dst, unsigned from)
{
	struct inst *i = add(INST_ASSIGN);
	i->assign.dst = dst;
	i->assign.from = from;
	return &i->assign;
}
static void set_mark(void)
{
	assign(F(META_MARK), ASSIGN_VALUE)->value = value_num(0x12, 4);
	assign(F(META_PRIORITY), ASSIGN_VALUE)->value = value_num(0x10020, 4);
	assign(F(CT_EVENT), ASSIGN_VALUE)->value = value_num(5, 4);
}
static void copy_mark(void)
{
	assign(F(CT_MARK), ASSIGN_OPERAND)->src =
		xf(xf(F(META_MARK), XFORM_AND, 0xffffff00), XFORM_XOR, 0x12);
}
static void set_ttl(void)
{
	assign(F(IP_TTL), ASSIGN_VALUE)->value = value_num(64, 1);
	assign(F(IP_DSCP), ASSIGN_VALUE)->value = value_num(0x2e, 1);
	assign(F(IP_ECN), ASSIGN_VALUE)->value = value_num(0, 1);
}
static void clamp(void)
{
	proto(6);
	assign(hdr(FIELD_TCP_OPTION, 2, 16, 16), ASSIGN_OPERAND)->src = F(RT_TCPMSS);
	assign(hdr(FIELD_TCP_OPTION, 2, 16, 16), ASSIGN_VALUE)->value = value_num(1400, 2);
}
static void set_map(void)
{
	struct inst_assign *a = assign(F(META_MARK), ASSIGN_MAP);
	struct map_entry *e = arena_array(&arena, 2, sizeof(*e));
	a->src = F(NUMGEN_INC);
	static const struct operand_gen two = { .modulus = 2 };
	a->src.gen = &two;
	for (unsigned i = 0; i < 2; i++) {
		e[i].key.lo = e[i].key.hi = value_num(i, 4);
		e[i].data.lo = e[i].data.hi = value_num(i + 1, 4);
	}
	a->entries = e;
	a->nentries = 2;
}
static void set_label(void)
{
	assign(F(CT_LABELS), ASSIGN_VALUE)->value.b[15] = 32;
}
static void trace(void)
{
	assign(F(META_NFTRACE), ASSIGN_VALUE)->value = value_num(1, 1);
	assign(F(CT_ZONE), ASSIGN_VALUE)->value = value_num(7, 2);
}
static void reject(void)
{
	add(INST_REJECT)->reject = (struct inst_reject){ REJECT_ICMP, 3 };
}
static void reset(void)
{
	proto(6);
	add(INST_REJECT)->reject = (struct inst_reject){ REJECT_TCP_RESET, 0 };
}
static void queue(void)
{
	add(INST_QUEUE)->queue = (struct inst_queue){ 1, 5, true, true };
}
static void queue0(void)
{
	add(INST_QUEUE)->queue = (struct inst_queue){ 0, 1, false, false };
}
static void dup(void)
{
	add(INST_DUP)->dup = (struct inst_dup){ address("192.0.2.1"), "lo" };
}
static void synproxy(void)
{
	proto(6);
	add(INST_SYNPROXY)->synproxy = (struct inst_synproxy){ 1460, 7, 15 };
}
static void strip(void)
{
	proto(6);
	add(INST_TCPOPT_STRIP)->tcpopt_strip.kind = 5;
}
static struct ir_set *dynamic(const char *n)
{
	struct ir_set *s = SET(n, SET_DYNAMIC | SET_TIMEOUT, 1, FIELD_IP_SADDR);
	s->size = 100;
	return s;
}
static void lookup(void)
{
	struct ir_set *s = SET("drop", SET_INTERVAL, 1, FIELD_IP_SADDR);
	element(s, 0x0a000000, 0x0affffff, 0, "ten");
	element(s, 0xc0000201, 0xc0000207, 0, NULL);
	struct inst *i = add(INST_LOOKUP);
	i->lookup.set = s;
	i->lookup.key = keep(F(IP_SADDR));
	i->lookup.nkey = 1;
	i->lookup.invert = true;
}
static void lookup2(void)
{
	struct ir_set *s = SET("10 pairs", 0, 2, FIELD_IP_SADDR, FIELD_TCP_DPORT);
	struct inst *i = add(INST_LOOKUP);
	struct operand *k = arena_array(&arena, 2, sizeof(*k));
	k[0] = F(IP_SADDR);
	k[1] = F(TH_DPORT);
	i->lookup.set = s;
	i->lookup.key = k;
	i->lookup.nkey = 2;
}
static void dynset(void)
{
	struct inst *i = add(INST_DYNSET);
	i->dynset.set = dynamic("recent");
	i->dynset.op = DYNSET_UPDATE;
	i->dynset.key = keep(xf(F(IP_SADDR), XFORM_AND, 0xffffff00));
	i->dynset.nkey = 1;
	i->dynset.timeout = 90000;
	i->dynset.exprs = inst_new(&arena, INST_LIMIT, (struct span){ 0 });
	i->dynset.exprs->limit = (struct inst_limit){ 5, PER_SECOND, 3, false, true };
}
static void dynset_map(void)
{
	struct inst *i = add(INST_DYNSET);
	struct ir_set *s = SET("marks", SET_MAP | SET_DYNAMIC | SET_TIMEOUT, 1, FIELD_IP_SADDR);
	s->size = 50;
	s->data = F(META_MARK);
	i->dynset.set = s;
	i->dynset.op = DYNSET_ADD;
	i->dynset.key = keep(F(IP_SADDR));
	i->dynset.nkey = 1;
	i->dynset.data = keep(F(META_MARK));
}
static void objects(void)
{
	object(OBJECT_COUNTER, "c1")->counter.initial = (struct counters){ 1, 2 };
	object(OBJECT_QUOTA, "q1")->quota = (struct inst_quota){ 5000, false };
	object(OBJECT_LIMIT, "l1")->limit = (struct inst_limit){ 5, PER_HOUR, 6, false, false };
	struct ir_object *o = object(OBJECT_CT_HELPER, "h1");
	o->ct_helper.helper = "ftp";
	o->ct_helper.l4proto = 6;
}
static struct inst_nat *nat(unsigned kind, const char *lo, const char *hi)
{
	struct inst *i = add(INST_NAT);
	i->nat.kind = (uint8_t)kind;
	if (lo) {
		i->nat.has_addr = true;
		i->nat.addr_lo = address(lo);
		i->nat.addr_hi = address(hi ? hi : lo);
	}
	return &i->nat;
}
static void ports_of(struct inst_nat *n, unsigned lo, unsigned hi)
{
	n->has_port = true;
	n->port_lo = (uint16_t)lo;
	n->port_hi = (uint16_t)hi;
}
static void snat(void)
{
	nat(NAT_SNAT, "192.0.2.1", "192.0.2.9")->flags = NAT_PERSISTENT | NAT_FULLY_RANDOM;
}
static void dnat(void)
{
	proto(6);
	ports_of(nat(NAT_DNAT, "192.0.2.1", NULL), 80, 90);
}
static void masquerade(void)
{
	proto(6);
	struct inst_nat *n = nat(NAT_MASQUERADE, NULL, NULL);
	ports_of(n, 1024, 2000);
	n->flags = NAT_RANDOM;
}
static void masquerade0(void)
{
	nat(NAT_MASQUERADE, NULL, NULL);
}
static void redirect(void)
{
	proto(6);
	ports_of(nat(NAT_REDIRECT, NULL, NULL), 3128, 3128);
}
static void netmap(void)
{
	nat(NAT_DNAT, "192.0.2.0", "192.0.2.255")->flags = NAT_NETMAP;
}
static void port_map(void)
{
	proto(6);
	struct inst_nat *n = nat(NAT_DNAT, "192.0.2.1", NULL);
	struct map_entry *e = arena_array(&arena, 2, sizeof(*e));
	for (unsigned i = 0; i < 2; i++) {
		e[i].key.lo = e[i].key.hi = value_num(80 + i, 2);
		e[i].data.lo = e[i].data.hi = value_num(8080 + i, 2);
	}
	n->port_key = keep(F(TCP_DPORT));
	n->port_map = e;
	n->nport_map = 2;
}
static void tproxy(void)
{
	proto(6);
	add(INST_TPROXY)->tproxy = (struct inst_tproxy){ true, address("127.0.0.1"), 80 };
}
static void tproxy_port(void)
{
	proto(17);
	add(INST_TPROXY)->tproxy = (struct inst_tproxy){ .port = 80 };
}
static void notrack(void)
{
	add(INST_NOTRACK);
}

static void prefix64(void)
{
	struct operand o = xf(F(IP6_SADDR), XFORM_AND, 0);
	struct xform *x = ARENA_NEW(&arena, struct xform);
	memset(x->value.b, 0xff, 8);
	o.xf = x;
	struct addr a = address("2001:db8::");
	bytes(o, TEST_EQ, a.b, 16);
}
static void prefix3(void)
{
	struct operand o = xf(F(IP6_DADDR), XFORM_AND, 0);
	struct xform *x = ARENA_NEW(&arena, struct xform);
	x->value.b[0] = 0xe0;
	o.xf = x;
	struct addr a = address("2000::");
	bytes(o, TEST_NE, a.b, 16);
}
static void exthdr(void)
{
	eq(present(hdr(FIELD_EXTHDR, 0, 0, 0)), 1);
	cmp(present(hdr(FIELD_EXTHDR, 60, 0, 0)), TEST_NE, 1);
	eq(hdr(FIELD_EXTHDR, 44, 16, 13), 0);
	eq(hdr(FIELD_EXTHDR, 44, 31, 1), 1);
	IN(hdr(FIELD_EXTHDR, 44, 32, 32), TEST_IN, 1, 5, 9);
	eq(hdr(FIELD_EXTHDR, 43, 16, 8), 0);
	eq(hdr(FIELD_EXTHDR, 135, 16, 8), 5);
}
static void icmpv6(void)
{
	proto(58);
	IN(F(ICMPV6_TYPE), TEST_IN, 2, 133, 136, 1, 1);
}
static void tclass(void)
{
	eq(F(IP6_TCLASS), 0x10);
	eq(F(IP6_DSCP), 4);
	eq(F(IP6_HOPLIMIT), 255);
}
static void set_hoplimit(void)
{
	assign(F(IP6_HOPLIMIT), ASSIGN_VALUE)->value = value_num(64, 1);
	assign(F(IP6_DSCP), ASSIGN_VALUE)->value = value_num(4, 1);
}
static void reject6(void)
{
	add(INST_REJECT)->reject = (struct inst_reject){ REJECT_ICMP, 4 };
}
static void dnat6(void)
{
	proto(6);
	ports_of(nat(NAT_DNAT, "2001:db8::1", "2001:db8::9"), 80, 80);
}
static void snat6(void)
{
	nat(NAT_SNAT, "2001:db8::1", NULL);
}
static void netmap6(void)
{
	nat(NAT_SNAT, "2001:db8:1::", "2001:db8:1:ffff:ffff:ffff:ffff:ffff")->flags = NAT_NETMAP;
}

/* What nft's text can't say. */
static void no_quote(void)
{
	name(FIELD_META_IIFNAME, TEST_EQ, "a\"b", 0);
}
static void no_empty(void)
{
	name(FIELD_META_IIFNAME, TEST_EQ, "", 0);
}
static void no_backslash(void)
{
	name(FIELD_META_IIFNAME, TEST_EQ, "a\\", 2);
}
static void no_log_quote(void)
{
	struct inst *i = add(INST_LOG);
	i->log = (struct inst_log){ .prefix = "a\"$", .level = 7 };
}
static void no_tos(void)
{
	assign(F(IP_TOS), ASSIGN_VALUE)->value = value_num(4, 1);
}
static void no_raw_write(void)
{
	assign(F(TCP_SPORT), ASSIGN_VALUE)->value = value_num(4, 2);
}
static void no_proto(void)
{
	ports_of(nat(NAT_DNAT, "192.0.2.1", NULL), 80, 90);
}
static void no_prefix(void)
{
	nat(NAT_DNAT, "192.0.2.1", "192.0.2.9")->flags = NAT_NETMAP;
}
static void no_fraction(void)
{
	cmp(F(META_TIME), TEST_GE, 1500000000);
}
static void no_option(void)
{
	eq(hdr(FIELD_IP_OPTION, 68, 0, 8), 1);
}
static void no_exthdr(void)
{
	eq(hdr(FIELD_EXTHDR, 43, 32, 32), 1);
}
static void no_header_math(void)
{
	proto(6);
	assign(F(IP_TTL), ASSIGN_OPERAND)->src = xf(F(IP_TTL), XFORM_AND, 15);
}
