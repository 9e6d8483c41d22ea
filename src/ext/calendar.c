/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "calendar.h"

static bool is_leap(unsigned year)
{
	return year % 4 == 0 && (year % 100 || year % 400 == 0);
}

static unsigned month_days(unsigned year, unsigned month)
{
	static const uint8_t days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

	return days[month - 1] + (month == 2 && is_leap(year));
}

static unsigned year_days(unsigned year)
{
	return is_leap(year) ? 366 : 365;
}

int64_t day_from_date(unsigned year, unsigned month, unsigned day)
{
	int64_t days = (int64_t)day - 1;

	if (!month) {
		month = 12;
		year--;
	}
	for (unsigned m = 1; m < month; m++)
		days += month_days(year, m);
	for (unsigned y = 1970; y < year; y++)
		days += year_days(y);
	return year < 1970 ? days - year_days(year) : days;
}

unsigned day_of_month(int64_t day)
{
	unsigned year = 1970, month = 1;

	while (day >= year_days(year))
		day -= year_days(year++);
	while (day >= month_days(year, month))
		day -= month_days(year, month++);
	return (unsigned)day + 1;
}

/* 1970-01-01 was a Thursday. */
unsigned day_of_week(int64_t day)
{
	return (unsigned)((day + 3) % 7) + 1;
}
