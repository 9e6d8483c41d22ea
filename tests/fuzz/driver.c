/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * driver: a main() for a fuzz target where there is no libFuzzer.
 *
 * usage: replay [-s SECONDS] [-r SEED] FILE...
 *
 * Runs the target on each file, at each of several lengths of it (options follow from the length), then
 * for SECONDS on mutations: bytes changed, lines copied from one file to another, words swapped and cut.
 * The input of the moment is in the file `replay.input` when the process dies of it.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define INPUT_MAX (1u << 16)

struct file {
	uint8_t *bytes;
	size_t len;
};

static uint64_t state = 88172645463325252u;
static uint8_t input[INPUT_MAX + 64];
static size_t input_len;

static uint32_t dice(uint32_t n)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return n ? (uint32_t)(state >> 16) % n : 0;
}

/* Also called by the sanitizers, which end the process with abort() here. */
static void died(int signo)
{
	int fd = open("replay.input", O_WRONLY | O_CREAT | O_TRUNC, 0644);

	if (fd >= 0 && write(fd, input, input_len) >= 0)
		close(fd);
	signal(signo, SIG_DFL);
	raise(signo);
}

static bool load(const char *path, struct file *f)
{
	FILE *in = fopen(path, "rb");

	if (!in)
		return false;
	f->bytes = malloc(INPUT_MAX);
	f->len = f->bytes ? fread(f->bytes, 1, INPUT_MAX, in) : 0;
	fclose(in);
	return f->bytes != NULL;
}

static void run(const uint8_t *data, size_t len)
{
	memmove(input, data, len);
	input_len = len;
	LLVMFuzzerTestOneInput(input, len);
}

/* A line of @f, any. */
static void some_line(const struct file *f, size_t *from, size_t *len)
{
	size_t at = dice((uint32_t)f->len), end = at;

	while (at && f->bytes[at - 1] != '\n')
		at--;
	while (end < f->len && f->bytes[end] != '\n')
		end++;
	*from = at;
	*len = end < f->len ? end + 1 - at : end - at;
}

static void insert(size_t at, const uint8_t *s, size_t len)
{
	if (input_len + len > INPUT_MAX)
		return;
	memmove(input + at + len, input + at, input_len - at);
	memcpy(input + at, s, len);
	input_len += len;
}

static void cut(size_t at, size_t len)
{
	if (len > input_len - at)
		len = input_len - at;
	memmove(input + at, input + at + len, input_len - at - len);
	input_len -= len;
}

static void mutate(const struct file *files, uint32_t n)
{
	static const char *const pieces[] = { "! ", "\"", "\\", "0", "-1", "4294967295", "65536", ",", ":", "/", "-",
					      "\n", "\r\n", " ", "[0:0] ", "-j ", "-m ", "-p tcp ", "*nat\n",
					      "COMMIT\n", "--", "=", "\xff", "x", "0x", "/0", "::", "+" };
	const struct file *other = &files[dice(n)];
	size_t at = dice((uint32_t)input_len + 1), from, len;
	const char *piece;

	switch (dice(7)) {
	case 0:
		if (at < input_len)
			input[at] = (uint8_t)dice(256);
		break;
	case 1: cut(at, 1 + dice(8)); break;
	case 2:
		piece = pieces[dice(sizeof(pieces) / sizeof(pieces[0]))];
		insert(at, (const uint8_t *)piece, strlen(piece));
		break;
	case 3:
	case 4: /* a line of any file, behind the line here */
		if (!other->len)
			break;
		some_line(other, &from, &len);
		while (at < input_len && at && input[at - 1] != '\n')
			at++;
		insert(at, other->bytes + from, len);
		break;
	case 5: /* some bytes of any file */
		if (!other->len)
			break;
		from = dice((uint32_t)other->len);
		len = 1 + dice(24);
		insert(at, other->bytes + from, len < other->len - from ? len : other->len - from);
		break;
	default: /* the line gone */
		while (at && input[at - 1] != '\n')
			at--;
		len = 0;
		while (at + len < input_len && input[at + len] != '\n')
			len++;
		cut(at, len + 1);
		break;
	}
}

int main(int argc, char **argv)
{
	static const int signals[] = { SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGALRM };
	uint32_t n = 0, runs = 0;
	int seconds = 0, c;

	while ((c = getopt(argc, argv, "s:r:")) != -1) {
		if (c == 's')
			seconds = atoi(optarg);
		else if (c == 'r')
			state += (uint64_t)strtoull(optarg, NULL, 10) * 0x9e3779b97f4a7c15u;
		else
			return 2;
	}
	for (unsigned i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		signal(signals[i], died);

	struct file *files = calloc((size_t)(argc - optind) + 1, sizeof(*files));

	if (!files)
		return 4;
	for (; optind < argc; optind++) {
		if (!load(argv[optind], &files[n])) {
			perror(argv[optind]);
			return 4;
		}
		for (size_t less = 0; less < 8 && less <= files[n].len; less++, runs++)
			run(files[n].bytes, files[n].len - less);
		n++;
	}
	for (time_t end = time(NULL) + seconds; n && time(NULL) < end; runs++) {
		const struct file *f = &files[dice(n)];

		alarm(30); /* a run that does not end */
		memcpy(input, f->bytes, f->len);
		input_len = f->len;
		for (uint32_t k = 1 + dice(4); k; k--)
			mutate(files, n);
		LLVMFuzzerTestOneInput(input, input_len);
	}
	for (uint32_t i = 0; i < n; i++)
		free(files[i].bytes);
	free(files);
	printf("%u runs, %u files\n", runs, n);
	return 0;
}
