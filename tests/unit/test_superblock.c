/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What an image holds, told by its super block; and whether all of it is there. */
#include "err.h"
#include "superblock.h"
#include "tap.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { SIZE = 8 * 4096 };

static unsigned char head[SUPERBLOCK_BYTES];

static void put(size_t at, uint64_t value, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		head[at + i] = (unsigned char)(value >> 8 * i);
}

static void make_erofs(void)
{
	memset(head, 0, sizeof(head));
	put(1024, 0xe0f5e1e2, 4);
	put(1024 + 12, 12, 1);
	put(1024 + 36, 8, 4);
}

static void make_squashfs(void)
{
	memset(head, 0, sizeof(head));
	memcpy(head, "hsqs", 4);
	put(40, SIZE, 8);
}

static void make_ext4(void)
{
	memset(head, 0, sizeof(head));
	put(1024 + 56, 0xef53, 2);
	put(1024 + 24, 2, 4);
	put(1024 + 4, 8, 4);
}

/* The type of HEAD, of which LENGTH bytes could be read, in an image of SIZE; null where it is refused. */
static const char *type_of(size_t length, uint64_t size, struct err *err)
{
	unsigned char *exact = (unsigned char *)tap_exact(head, length);
	const char *type = NULL;
	int rc;

	*err = (struct err){0};
	rc = superblock_type(exact, length, size, &type, err);
	free(exact);
	if (rc < 0 ? (rc != -EINVAL || err->number != EINVAL || !err->text[0] || type)
		   : (err->number || !type))
		abort();
	return type;
}

static void test_types(void)
{
	static void (*const make[])(void) = {make_erofs, make_squashfs, make_ext4};
	static const char *const names[] = {"erofs", "squashfs", "ext4"};
	struct err err;

	for (size_t i = 0; i < 3; i++) {
		make[i]();
		tap_string(type_of(sizeof(head), SIZE, &err), names[i], "%s is known", names[i]);
		tap_string(type_of(sizeof(head), SIZE + 1, &err), names[i], "%s in a larger file", names[i]);
		tap_string(type_of(sizeof(head), SIZE - 1, &err), NULL, "%s that is cut short", names[i]);
		tap_contains(err.text, names[i], "%s is named", names[i]);
		tap_contains(err.text, "32767 bytes", "what there is of %s", names[i]);
		tap_ok(superblock_is_known(names[i]), "%s by its name", names[i]);
	}
	tap_ok(!superblock_is_known("overlay") && !superblock_is_known("ext4x") && !superblock_is_known(""),
		"others by their names");
}

static void test_short(void)
{
	struct err err;
	size_t taken = 0;

	make_erofs();
	for (size_t length = 0; length < 1024 + 128; length++)
		taken += type_of(length, length, &err) != NULL;
	make_ext4();
	for (size_t length = 0; length < sizeof(head); length++)
		taken += type_of(length, length, &err) != NULL;
	make_squashfs();
	for (size_t length = 0; length < sizeof(head); length++)
		taken += type_of(length, length, &err) != NULL;
	tap_number((int64_t)taken, 0, "an image that ends in its head is none");
	type_of(0, 0, &err);
	tap_contains(err.text, "no super block", "an empty file is none");
}

static void refused(size_t at, uint64_t value, size_t bytes, const char *name)
{
	struct err err;

	put(at, value, bytes);
	tap_string(type_of(sizeof(head), SIZE, &err), NULL, "refused: %s", name);
	tap_contains(err.text, "damaged", "because: %s", name);
}

static void test_damaged(void)
{
	make_erofs();
	refused(1024 + 36, 0, 4, "erofs without blocks");
	make_erofs();
	refused(1024 + 36, UINT32_MAX, 4, "erofs with more than there is");
	make_erofs();
	refused(1024 + 12, 8, 1, "erofs with blocks too small");
	make_erofs();
	refused(1024 + 12, 255, 1, "erofs with blocks too large");
	make_squashfs();
	refused(40, 0, 8, "squashfs without bytes");
	make_squashfs();
	refused(40, UINT64_MAX, 8, "squashfs with a negative size");
	make_ext4();
	refused(1024 + 4, 0, 4, "ext4 without blocks");
	make_ext4();
	refused(1024 + 24, UINT32_MAX, 4, "ext4 with blocks too large");
	make_ext4();
	put(1024 + 96, 0x80, 4);
	refused(1024 + 336, 1, 4, "ext4 of 64 bits, with more than there is");
	make_ext4();
	put(1024 + 96, 0x80, 4);
	refused(1024 + 336, UINT32_MAX, 4, "ext4 of 64 bits, with more than can be");
}

static void test_others(void)
{
	struct err err;

	memset(head, 0, sizeof(head));
	tap_string(type_of(sizeof(head), SIZE, &err), NULL, "zeros are none");
	memset(head, 0xff, sizeof(head));
	tap_string(type_of(sizeof(head), SIZE, &err), NULL, "ones are none");
	make_squashfs();
	memcpy(head, "sqsh", 4);
	tap_string(type_of(sizeof(head), SIZE, &err), NULL, "squashfs of the other byte order is none");
	make_ext4();
	put(1024 + 336, 1, 4);
	tap_string(type_of(sizeof(head), SIZE, &err), "ext4", "ext4 of 32 bits has no upper half");
}

int main(void)
{
	test_types();
	test_short();
	test_damaged();
	test_others();
	return tap_done();
}
