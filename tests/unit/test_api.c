/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The public API, linked as others link it: wrong calls, options, diagnostics, contexts in threads,
 * and memory that runs out at every single allocation.
 */
#include <check.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <iptc2nft/iptc2nft.h>

static const char good[] = "*filter\n"
			   ":INPUT DROP [7:420]\n"
			   ":lan - [0:0]\n"
			   "[3:180] -A INPUT -p tcp -m multiport --dports 22,80 -j lan\n"
			   "-A INPUT -m conntrack --ctstate NEW -m limit --limit 3/min -j LOG --log-prefix \"new \"\n"
			   "-A lan -s 192.0.2.0/24 -m comment --comment \"our own\" -j ACCEPT\n"
			   "COMMIT\n";

/* Known to xtables, refused by nftables. */
static const char refused[] = "*filter\n"
			      ":INPUT ACCEPT [0:0]\n"
			      "-A INPUT -m string --string needle --algo bm -j DROP\n"
			      "COMMIT\n";

#define FORMATS (IPTC2NFT_BYTECODE + 1)

static struct iptc2nft *new_context(void)
{
	struct iptc2nft *ctx = iptc2nft_new(NULL);

	ck_assert_ptr_nonnull(ctx);
	return ctx;
}

static struct iptc2nft *compiled(const struct iptc2nft_options *opts, const char *text,
				 enum iptc2nft_status wanted)
{
	struct iptc2nft *ctx = iptc2nft_new(opts);

	ck_assert_ptr_nonnull(ctx);
	ck_assert_int_eq(iptc2nft_add(ctx, "rules", text, strlen(text)), IPTC2NFT_OK);
	ck_assert_int_eq(iptc2nft_compile(ctx), wanted);
	return ctx;
}

START_TEST(version)
{
	ck_assert_str_eq(iptc2nft_version(), PKGVERSION);
}
END_TEST

START_TEST(nothing_to_free)
{
	iptc2nft_free(NULL);
	iptc2nft_free(new_context());
}
END_TEST

/* Every format, in any order, as often as one likes. */
START_TEST(all_outputs)
{
	struct iptc2nft *ctx = compiled(NULL, good, IPTC2NFT_OK);
	const void *first[FORMATS], *again;
	size_t len[FORMATS], n;

	for (int f = 0; f < FORMATS; f++)
		ck_assert_int_eq(iptc2nft_emit(ctx, (enum iptc2nft_format)f, &first[f], &len[f]),
				 IPTC2NFT_OK);
	for (int f = FORMATS; f-- > 0;) {
		ck_assert_int_eq(iptc2nft_emit(ctx, (enum iptc2nft_format)f, &again, &n), IPTC2NFT_OK);
		ck_assert_uint_eq(n, len[f]);
		ck_assert_mem_eq(again, first[f], n);
		if (f != IPTC2NFT_NETLINK)
			ck_assert_uint_eq(strlen(again), n);
	}
	ck_assert_uint_eq(iptc2nft_diagnostics(ctx), 0);
	ck_assert_ptr_null(iptc2nft_diagnostic(ctx, 0));
	ck_assert_str_eq(iptc2nft_render(ctx, true), "");
	ck_assert_int_eq(iptc2nft_family(ctx), IPTC2NFT_IPV4);
	iptc2nft_free(ctx);
}
END_TEST

START_TEST(reports)
{
	struct iptc2nft *ctx = compiled(NULL, good, IPTC2NFT_OK);
	const char *out;
	size_t len;

	ck_assert_int_eq(iptc2nft_report(ctx, false, &out, &len), IPTC2NFT_OK);
	ck_assert_uint_eq(strlen(out), len);
	ck_assert_int_eq(iptc2nft_report(ctx, true, &out, &len), IPTC2NFT_OK);
	ck_assert_uint_eq(strlen(out), len);
	ck_assert_int_eq(out[0], '{');
	iptc2nft_free(ctx);
}
END_TEST

/* Calls out of order change nothing: what comes in order afterwards works. */
START_TEST(order_of_calls)
{
	struct iptc2nft *ctx = new_context();
	const void *out = "untouched";
	const char *text = out;
	size_t len = 42;

	ck_assert_int_eq(iptc2nft_emit(ctx, IPTC2NFT_NFT, &out, &len), IPTC2NFT_USAGE);
	ck_assert_int_eq(iptc2nft_report(ctx, false, &text, &len), IPTC2NFT_USAGE);
	ck_assert_int_eq(iptc2nft_apply(ctx, true), IPTC2NFT_USAGE);
	ck_assert_int_eq(iptc2nft_add(ctx, "rules", good, strlen(good)), IPTC2NFT_OK);
	ck_assert_int_eq(iptc2nft_emit(ctx, IPTC2NFT_NFT, &out, &len), IPTC2NFT_USAGE);
	ck_assert_str_eq(out, "untouched");
	ck_assert_str_eq(text, "untouched");
	ck_assert_uint_eq(len, 42);
	ck_assert_int_eq(iptc2nft_compile(ctx), IPTC2NFT_OK);
	ck_assert_int_eq(iptc2nft_compile(ctx), IPTC2NFT_USAGE);
	ck_assert_int_eq(iptc2nft_add(ctx, "rules", good, strlen(good)), IPTC2NFT_USAGE);
	ck_assert_int_eq(iptc2nft_emit(ctx, (enum iptc2nft_format)FORMATS, &out, &len), IPTC2NFT_USAGE);
	ck_assert_int_eq(iptc2nft_emit(ctx, IPTC2NFT_NFT, &out, &len), IPTC2NFT_OK);
	iptc2nft_free(ctx);
}
END_TEST

/* Nothing added is the empty ruleset: no error. */
START_TEST(nothing_added)
{
	struct iptc2nft *ctx = new_context();
	const void *out;
	size_t len;

	ck_assert_int_eq(iptc2nft_compile(ctx), IPTC2NFT_OK);
	ck_assert_int_eq(iptc2nft_emit(ctx, IPTC2NFT_NFT, &out, &len), IPTC2NFT_OK);
	iptc2nft_free(ctx);
}
END_TEST

START_TEST(several_rulesets)
{
	static const char one[] = "*filter\n:INPUT ACCEPT [0:0]\nCOMMIT\n",
			  two[] = "*nat\n:POSTROUTING ACCEPT [0:0]\n-A POSTROUTING -j MASQUERADE\nCOMMIT\n";
	struct iptc2nft *ctx = new_context();
	char name[] = "first", text[sizeof(one)];
	const void *out;
	size_t len;

	memcpy(text, one, sizeof(one));
	ck_assert_int_eq(iptc2nft_add(ctx, name, text, strlen(one)), IPTC2NFT_OK);
	memset(text, 'x', sizeof(text)); /* the library has its own copy */
	memset(name, 'x', 5);
	ck_assert_int_eq(iptc2nft_add(ctx, "second", two, strlen(two)), IPTC2NFT_OK);
	ck_assert_int_eq(iptc2nft_compile(ctx), IPTC2NFT_OK);
	ck_assert_int_eq(iptc2nft_emit(ctx, IPTC2NFT_NFT, &out, &len), IPTC2NFT_OK);
	ck_assert_ptr_nonnull(strstr(out, "chain filter-INPUT"));
	ck_assert_ptr_nonnull(strstr(out, "chain nat-POSTROUTING"));
	iptc2nft_free(ctx);
}
END_TEST

START_TEST(wrong_input)
{
	static const char text[] = "*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -p tcp --dprot 22 -j ACCEPT\n"
				   "-A INPUT -j nowhere\nCOMMIT\n";
	struct iptc2nft *ctx = compiled(NULL, text, IPTC2NFT_INPUT);
	const struct iptc2nft_diagnostic *d;
	const void *out;
	size_t len;

	ck_assert_uint_eq(iptc2nft_diagnostics(ctx), 2);
	d = iptc2nft_diagnostic(ctx, 0);
	ck_assert_int_eq(d->severity, IPTC2NFT_SEV_ERROR);
	ck_assert_str_eq(d->file, "rules");
	ck_assert_uint_eq(d->line, 3);
	ck_assert_uint_eq(d->column, 17);
	ck_assert_uint_eq(d->length, 7);
	ck_assert_ptr_nonnull(strstr(d->message, "--dprot"));
	ck_assert_uint_eq(d->source_len, strlen("-A INPUT -p tcp --dprot 22 -j ACCEPT"));
	ck_assert_mem_eq(d->source, "-A INPUT -p tcp --dprot 22 -j ACCEPT", d->source_len);
	ck_assert_uint_eq(iptc2nft_diagnostic(ctx, 1)->line, 4);
	ck_assert_ptr_null(iptc2nft_diagnostic(ctx, 2));
	ck_assert_ptr_nonnull(strstr(iptc2nft_render(ctx, false), "rules:3:17: error: "));
	ck_assert_ptr_null(strchr(iptc2nft_render(ctx, false), '\033'));
	ck_assert_ptr_nonnull(strchr(iptc2nft_render(ctx, true), '\033'));
	ck_assert_int_eq(iptc2nft_emit(ctx, IPTC2NFT_NFT, &out, &len), IPTC2NFT_USAGE);
	ck_assert_int_eq(iptc2nft_apply(ctx, true), IPTC2NFT_USAGE);
	iptc2nft_free(ctx);
}
END_TEST

/* What is refused gives no output, but a report that says why. */
START_TEST(unsupported)
{
	struct iptc2nft *ctx = compiled(NULL, refused, IPTC2NFT_UNSUPPORTED);
	const char *text;
	const void *out;
	size_t len;

	ck_assert_int_eq(iptc2nft_diagnostic(ctx, 0)->severity, IPTC2NFT_SEV_UNSUPPORTED);
	ck_assert_uint_eq(iptc2nft_diagnostic(ctx, 0)->line, 3);
	ck_assert_int_eq(iptc2nft_emit(ctx, IPTC2NFT_NFT, &out, &len), IPTC2NFT_USAGE);
	ck_assert_int_eq(iptc2nft_report(ctx, false, &text, &len), IPTC2NFT_OK);
	iptc2nft_free(ctx);
}
END_TEST

/* Text can't hold an xtables expression, netlink can; one failure does not spoil the other output. */
START_TEST(compat)
{
	struct iptc2nft_options opts = { .size = sizeof(opts), .unsupported = IPTC2NFT_COMPAT };
	struct iptc2nft *ctx = compiled(&opts, refused, IPTC2NFT_OK);
	const void *out;
	size_t len;

	ck_assert_int_eq(iptc2nft_emit(ctx, IPTC2NFT_NFT, &out, &len), IPTC2NFT_UNSUPPORTED);
	ck_assert_int_eq(iptc2nft_emit(ctx, IPTC2NFT_NETLINK, &out, &len), IPTC2NFT_OK);
	ck_assert_int_eq(iptc2nft_emit(ctx, IPTC2NFT_JSON, &out, &len), IPTC2NFT_UNSUPPORTED);
	ck_assert_int_eq(iptc2nft_emit(ctx, IPTC2NFT_BYTECODE, &out, &len), IPTC2NFT_OK);
	iptc2nft_free(ctx);
}
END_TEST

START_TEST(options_are_copied)
{
	char table[] = "mine", target[] = "nft-1.0.6,kernel-5.10";
	struct iptc2nft_options opts = { .size = sizeof(opts), .family = IPTC2NFT_IPV6,
					 .counters = IPTC2NFT_COUNTERS_NONE, .table = table,
					 .target = target };
	struct iptc2nft *ctx = iptc2nft_new(&opts);
	static const char text[] = "*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -j DROP\nCOMMIT\n";
	const void *out;
	size_t len;

	memset(table, 'x', strlen(table));
	memset(target, 'x', strlen(target));
	ck_assert_int_eq(iptc2nft_add(ctx, "rules", text, strlen(text)), IPTC2NFT_OK);
	ck_assert_int_eq(iptc2nft_compile(ctx), IPTC2NFT_OK);
	ck_assert_int_eq(iptc2nft_family(ctx), IPTC2NFT_IPV6);
	ck_assert_int_eq(iptc2nft_emit(ctx, IPTC2NFT_NFT, &out, &len), IPTC2NFT_OK);
	ck_assert_ptr_nonnull(strstr(out, "table ip6 mine {"));
	ck_assert_ptr_null(strstr(out, "counter"));
	iptc2nft_free(ctx);
}
END_TEST

/* An older caller's structure is shorter: what it does not have is the default. */
START_TEST(options_shorter)
{
	struct iptc2nft_options opts;
	struct iptc2nft *ctx;
	const void *out;
	size_t len;

	memset(&opts, 0xff, sizeof(opts));
	opts.size = offsetof(struct iptc2nft_options, counters);
	opts.family = IPTC2NFT_IPV4;
	ctx = compiled(&opts, good, IPTC2NFT_OK);
	ck_assert_int_eq(iptc2nft_emit(ctx, IPTC2NFT_NFT, &out, &len), IPTC2NFT_OK);
	ck_assert_ptr_nonnull(strstr(out, "table ip iptc2nft {"));
	iptc2nft_free(ctx);
}
END_TEST

/* A newer caller's is longer: what it asks for there must not be ignored. */
START_TEST(options_longer)
{
	struct {
		struct iptc2nft_options known;
		char more[8];
	} opts;

	memset(&opts, 0, sizeof(opts));
	opts.known.size = sizeof(opts);
	iptc2nft_free(compiled(&opts.known, good, IPTC2NFT_OK));
	opts.more[7] = 1;
	errno = 0;
	ck_assert_ptr_null(iptc2nft_new(&opts.known));
	ck_assert_int_eq(errno, EINVAL);
}
END_TEST

START_TEST(options_unknown)
{
	static const struct iptc2nft_options wrong[] = {
		{ .size = sizeof(*wrong), .family = (enum iptc2nft_family)7 },
		{ .size = sizeof(*wrong), .counters = (enum iptc2nft_counters)3 },
		{ .size = sizeof(*wrong), .unsupported = (enum iptc2nft_unsupported)2 },
		{ .size = sizeof(*wrong), .hotdrop = (enum iptc2nft_hotdrop)2 },
	};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		errno = 0;
		ck_assert_ptr_null(iptc2nft_new(&wrong[i]));
		ck_assert_int_eq(errno, EINVAL);
	}
}
END_TEST

START_TEST(nothing_emitted_for_explain)
{
	struct iptc2nft_options opts = { .size = sizeof(opts), .for_explain = true };
	struct iptc2nft *ctx = compiled(&opts, refused, IPTC2NFT_OK);
	const void *out;
	size_t len;

	ck_assert_int_eq(iptc2nft_emit(ctx, IPTC2NFT_NFT, &out, &len), IPTC2NFT_USAGE);
	ck_assert_int_eq(iptc2nft_apply(ctx, true), IPTC2NFT_USAGE);
	iptc2nft_free(ctx);
}
END_TEST

/* Text that is not NUL-clean, not terminated, or empty. */
START_TEST(bytes)
{
	static const char text[] = "*filter\n-A INPUT -m comment --comment a\0b -j DROP\nCOMMIT";
	struct iptc2nft *ctx = new_context();

	ck_assert_int_eq(iptc2nft_add(ctx, "", text, sizeof(text) - 1), IPTC2NFT_OK);
	ck_assert_int_eq(iptc2nft_compile(ctx), IPTC2NFT_INPUT);
	ck_assert_uint_eq(iptc2nft_diagnostic(ctx, 0)->line, 2);
	iptc2nft_free(ctx);

	ctx = new_context();
	ck_assert_int_eq(iptc2nft_add(ctx, "empty", NULL, 0), IPTC2NFT_OK);
	ck_assert_int_eq(iptc2nft_compile(ctx), IPTC2NFT_OK);
	iptc2nft_free(ctx);
}
END_TEST

struct job {
	const char *text;
	enum iptc2nft_status wanted;
	char *first; /* the first run's output or messages; all others must be the same */
	bool same;
};

static void *work(void *arg)
{
	struct job *job = arg;

	job->same = true;
	for (int i = 0; i < 200; i++) {
		struct iptc2nft *ctx = iptc2nft_new(NULL);
		const void *out;
		size_t len;

		iptc2nft_add(ctx, "rules", job->text, strlen(job->text));
		job->same &= iptc2nft_compile(ctx) == job->wanted;
		if (iptc2nft_emit(ctx, IPTC2NFT_JSON, &out, &len) != IPTC2NFT_OK)
			out = iptc2nft_render(ctx, false);
		if (!job->first)
			job->first = strdup(out);
		job->same &= !strcmp(job->first, out);
		iptc2nft_free(ctx);
	}
	return NULL;
}

START_TEST(two_threads)
{
	struct job jobs[] = { { .text = good, .wanted = IPTC2NFT_OK },
			      { .text = refused, .wanted = IPTC2NFT_UNSUPPORTED } };
	pthread_t threads[2];

	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, work, &jobs[i]), 0);
	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
	ck_assert(jobs[0].same && jobs[1].same);
	ck_assert_ptr_nonnull(strstr(jobs[0].first, "\"nftables\""));
	ck_assert_ptr_nonnull(strstr(jobs[1].first, "rules:3:"));
	free(jobs[0].first);
	free(jobs[1].first);
}
END_TEST

#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__)
#define CAN_FAIL_MALLOC 1
/* Our own, before libc's for all libraries: the allocation number `left` and all after it fail. */
static long left = -1;

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t size);

#define EXPORTED __attribute__((visibility("default")))

static bool spent(void)
{
	return left >= 0 && left-- <= 0 && (left = 0, true);
}

EXPORTED void *malloc(size_t size)
{
	return spent() ? (errno = ENOMEM, NULL) : __libc_malloc(size);
}

EXPORTED void *calloc(size_t n, size_t size)
{
	return spent() ? (errno = ENOMEM, NULL) : __libc_calloc(n, size);
}

EXPORTED void *realloc(void *p, size_t size)
{
	return spent() ? (errno = ENOMEM, NULL) : __libc_realloc(p, size);
}

/* A run in which memory runs out after @n allocations; true when it went through to the end. */
static bool run_short(long n, const char *text, enum iptc2nft_format format)
{
	enum iptc2nft_status st = IPTC2NFT_SYSTEM;
	const void *out;
	size_t len;

	left = n;
	errno = 0;

	struct iptc2nft *ctx = iptc2nft_new(NULL);
	int error = errno;

	if (ctx)
		st = iptc2nft_add(ctx, "rules", text, strlen(text));
	if (st == IPTC2NFT_OK)
		st = iptc2nft_compile(ctx);
	if (st == IPTC2NFT_OK)
		st = iptc2nft_emit(ctx, format, &out, &len);

	bool all = left > 0;

	left = -1; /* Check needs memory, too */
	if (!ctx) {
		ck_assert_int_eq(error, ENOMEM);
	} else if (st == IPTC2NFT_SYSTEM) {
		size_t i = iptc2nft_diagnostics(ctx);

		ck_assert_uint_gt(i, 0);
		ck_assert_str_eq(iptc2nft_diagnostic(ctx, i - 1)->message, "out of memory");
		ck_assert_ptr_nonnull(strstr(iptc2nft_render(ctx, false), "out of memory"));
		/* It stays so, memory or not. */
		ck_assert_int_ne(iptc2nft_emit(ctx, format, &out, &len), IPTC2NFT_OK);
	} else {
		ck_assert_int_eq(st, IPTC2NFT_OK);
	}
	iptc2nft_free(ctx);
	return all;
}

START_TEST(out_of_memory)
{
	long n = 0;

	while (!run_short(n, good, (enum iptc2nft_format)_i))
		n++;
	ck_assert_int_gt(n, 3);
}
END_TEST
#endif

int main(void)
{
	Suite *s = suite_create("api");
	TCase *t = tcase_create("api");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_set_timeout(t, 120);
	tcase_add_test(t, version);
	tcase_add_test(t, nothing_to_free);
	tcase_add_test(t, all_outputs);
	tcase_add_test(t, reports);
	tcase_add_test(t, order_of_calls);
	tcase_add_test(t, nothing_added);
	tcase_add_test(t, several_rulesets);
	tcase_add_test(t, wrong_input);
	tcase_add_test(t, unsupported);
	tcase_add_test(t, compat);
	tcase_add_test(t, options_are_copied);
	tcase_add_test(t, options_shorter);
	tcase_add_test(t, options_longer);
	tcase_add_test(t, options_unknown);
	tcase_add_test(t, nothing_emitted_for_explain);
	tcase_add_test(t, bytes);
	tcase_add_test(t, two_threads);
#ifdef CAN_FAIL_MALLOC
	tcase_add_loop_test(t, out_of_memory, 0, FORMATS);
#endif
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
