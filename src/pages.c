/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pages.h"

#include <stdint.h>
#include <sys/mman.h>

void *pages_new(struct pages *p, size_t size)
{
	uintptr_t start;

	/* One huge page more than needed leaves room to align. */
	p->size = size + HUGE_PAGE;
	p->map = mmap(NULL, p->size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p->map == MAP_FAILED) {
		p->map = NULL;
		return NULL;
	}
	start = ((uintptr_t)p->map + HUGE_PAGE - 1) & ~(uintptr_t)(HUGE_PAGE - 1);
	madvise((void *)start, size, MADV_HUGEPAGE); /* refused: small pages it is */
	return (void *)start;
}

void pages_free(const struct pages *p)
{
	munmap(p->map, p->size);
}
