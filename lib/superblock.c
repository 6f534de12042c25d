/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "superblock.h"

#include "err.h"

#include <errno.h>
#include <string.h>

enum {
	SUPERBLOCK_OFFSET = 1024, /* of erofs and ext4; that of squashfs is at 0 */
	EXT4_64_BIT = 0x80,       /* in the incompatible features: block numbers have an upper half */
	BLOCK_BITS_MIN = 9,
	BLOCK_BITS_MAX = 16,
};

/* All three have their numbers in little-endian order. BYTES: 1 to 8. */
static uint64_t number(const unsigned char *at, size_t bytes)
{
	uint64_t value = 0;

	while (bytes--)
		value = value << 8 | at[bytes];
	return value;
}

/* COUNT blocks in bytes; all that there can be where that is no number of bytes. */
static uint64_t blocks(uint64_t count, uint64_t bits)
{
	if (bits < BLOCK_BITS_MIN || bits > BLOCK_BITS_MAX || count > UINT64_MAX >> bits)
		return UINT64_MAX;
	return count << bits;
}

/* Each says how many bytes the file system has. */
static bool is_squashfs(const unsigned char *head, size_t length, uint64_t *ret_bytes)
{
	if (length < 96 || memcmp(head, "hsqs", 4) != 0)
		return false;
	*ret_bytes = number(head + 40, 8);
	return true;
}

static bool is_erofs(const unsigned char *head, size_t length, uint64_t *ret_bytes)
{
	const unsigned char *block = head + SUPERBLOCK_OFFSET;

	if (length < SUPERBLOCK_OFFSET + 128 || number(block, 4) != 0xe0f5e1e2U)
		return false;
	*ret_bytes = blocks(number(block + 36, 4), block[12]);
	return true;
}

static bool is_ext4(const unsigned char *head, size_t length, uint64_t *ret_bytes)
{
	const unsigned char *block = head + SUPERBLOCK_OFFSET;
	uint64_t count;

	if (length < SUPERBLOCK_BYTES || number(block + 56, 2) != 0xef53)
		return false;
	count = number(block + 4, 4);
	if (number(block + 96, 4) & EXT4_64_BIT)
		count |= number(block + 336, 4) << 32;
	*ret_bytes = blocks(count, 10 + number(block + 24, 4));
	return true;
}

int superblock_type(
	const unsigned char *head, size_t length, uint64_t size, const char **ret_type, struct err *err)
{
	const char *type;
	uint64_t bytes = 0;

	if (is_squashfs(head, length, &bytes))
		type = "squashfs";
	else if (is_erofs(head, length, &bytes))
		type = "erofs";
	else if (is_ext4(head, length, &bytes))
		type = "ext4";
	else
		return err_set(err, EINVAL,
			"neither a directory nor an image: it has no super block of erofs, squashfs or ext4");
	if (bytes == 0 || bytes > size)
		return err_set(err, EINVAL,
			"damaged, or cut short: it has %llu bytes, its %s super block says %llu",
			(unsigned long long)size, type, (unsigned long long)bytes);
	*ret_type = type;
	return 0;
}

bool superblock_is_known(const char *type)
{
	return strcmp(type, "erofs") == 0 || strcmp(type, "squashfs") == 0 || strcmp(type, "ext4") == 0;
}
