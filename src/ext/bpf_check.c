/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bpf_check: what net/core/filter.c asks of a classic BPF program, bpf_check_classic() and
 * check_load_and_stores(): known instructions, jumps that stay inside, a return at the end, and memory that
 * is written before it is read, whichever way the program takes.
 */
#include "bpf_check.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <linux/filter.h>
#include <linux/netfilter/xt_bpf.h>

static bool known_alu(uint16_t code)
{
	if (code & ~(BPF_ALU | BPF_OP(UINT16_MAX) | BPF_X))
		return false;
	switch (BPF_OP(code)) {
	case BPF_ADD:
	case BPF_SUB:
	case BPF_MUL:
	case BPF_DIV:
	case BPF_MOD:
	case BPF_AND:
	case BPF_OR:
	case BPF_XOR:
	case BPF_LSH:
	case BPF_RSH: return true;
	case BPF_NEG: return BPF_SRC(code) == BPF_K;
	default: return false;
	}
}

static bool known_jump(uint16_t code)
{
	if (code & ~(BPF_JMP | BPF_OP(UINT16_MAX) | BPF_X))
		return false;
	switch (BPF_OP(code)) {
	case BPF_JA: return BPF_SRC(code) == BPF_K;
	case BPF_JEQ:
	case BPF_JGT:
	case BPF_JGE:
	case BPF_JSET: return true;
	default: return false;
	}
}

static bool known(uint16_t code)
{
	switch (BPF_CLASS(code)) {
	case BPF_ALU: return known_alu(code);
	case BPF_JMP: return known_jump(code);
	}
	switch (code) {
	case BPF_LD | BPF_ABS | BPF_W:
	case BPF_LD | BPF_ABS | BPF_H:
	case BPF_LD | BPF_ABS | BPF_B:
	case BPF_LD | BPF_IND | BPF_W:
	case BPF_LD | BPF_IND | BPF_H:
	case BPF_LD | BPF_IND | BPF_B:
	case BPF_LD | BPF_LEN | BPF_W:
	case BPF_LD | BPF_IMM:
	case BPF_LD | BPF_MEM:
	case BPF_LDX | BPF_LEN | BPF_W:
	case BPF_LDX | BPF_MSH | BPF_B:
	case BPF_LDX | BPF_IMM:
	case BPF_LDX | BPF_MEM:
	case BPF_ST:
	case BPF_STX:
	case BPF_MISC | BPF_TAX:
	case BPF_MISC | BPF_TXA:
	case BPF_RET | BPF_K:
	case BPF_RET | BPF_A: return true;
	default: return false;
	}
}

static bool uses_memory(uint16_t code)
{
	return code == (BPF_LD | BPF_MEM) || code == (BPF_LDX | BPF_MEM) || code == BPF_ST || code == BPF_STX;
}

static bool returns(uint16_t code)
{
	return BPF_CLASS(code) == BPF_RET;
}

/* What is wrong with one instruction, @left before the end of the program. */
static const char *operands(const struct sock_filter *f, unsigned left)
{
	unsigned op = BPF_OP(f->code);

	if (BPF_CLASS(f->code) == BPF_ALU && BPF_SRC(f->code) == BPF_K) {
		if ((op == BPF_DIV || op == BPF_MOD) && !f->k)
			return "it divides by zero";
		if ((op == BPF_LSH || op == BPF_RSH) && f->k > 31)
			return "it shifts by more than 31 bits";
	}
	if (BPF_CLASS(f->code) == BPF_JMP &&
	    (op == BPF_JA ? f->k >= left : f->jt >= left || f->jf >= left))
		return "it jumps out of the program";
	if (uses_memory(f->code) && f->k >= BPF_MEMWORDS)
		return "there is no such cell of memory: 0 to 15";
	if ((f->code == (BPF_LD | BPF_ABS | BPF_W) || f->code == (BPF_LD | BPF_ABS | BPF_H) ||
	     f->code == (BPF_LD | BPF_ABS | BPF_B)) &&
	    f->k >= (uint32_t)SKF_AD_OFF && ((f->k - (uint32_t)SKF_AD_OFF) % 4 || f->k - (uint32_t)SKF_AD_OFF >= SKF_AD_MAX))
		return "it loads what the kernel does not have";
	return NULL;
}

/* Is a cell read that some way to it has not written? Jumps lead forward only. */
static const char *memory(const struct sock_filter *code, unsigned n, unsigned *where)
{
	uint16_t written[XT_BPF_MAX_NUM_INSTR + 1], now = 0; /* on all ways that lead to it */
	bool falls = true; /* from the instruction before */

	for (unsigned i = 0; i <= n; i++)
		written[i] = UINT16_MAX;
	for (unsigned i = 0; i < n; i++) {
		const struct sock_filter *f = &code[i];

		now = falls ? now & written[i] : written[i];
		falls = BPF_CLASS(f->code) != BPF_JMP;
		*where = i;
		if (f->code == BPF_ST || f->code == BPF_STX) {
			now |= (uint16_t)(1u << f->k);
		} else if (uses_memory(f->code)) {
			if (!(now & 1u << f->k))
				return "it reads a cell of memory that was not written";
		} else if (!falls) {
			bool always = BPF_OP(f->code) == BPF_JA;

			written[i + 1 + (always ? f->k : f->jt)] &= now;
			written[i + 1 + (always ? f->k : f->jf)] &= now;
		}
	}
	return NULL;
}

const char *bpf_check(const struct sock_filter *code, unsigned n, unsigned *where)
{
	for (unsigned i = 0; i < n; i++) {
		const char *problem = known(code[i].code) ? operands(&code[i], n - i - 1)
							  : "the kernel has no such instruction";

		*where = i;
		if (problem)
			return problem;
	}
	if (!returns(code[n - 1].code)) {
		*where = n - 1;
		return "the last one must return";
	}
	return memory(code, n, where);
}
