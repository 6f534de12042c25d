/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A program that only exits: linked statically, the least that a hook can cost. */
int main(void)
{
	return 0;
}
