/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Prints the user that it counts as. busybox drops what a set-id bit gives. */
#include <stdio.h>
#include <unistd.h>

int main(void)
{
	printf("%u\n", geteuid());
	return 0;
}
