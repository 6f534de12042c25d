/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Runs each file of the target's directories (or of those that are named) through it, whole and cut short at many places. */
#include "fuzz.h"
#include "tap.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* All of the first 4 KB's beginnings are tried, then some. */
static void replay(const char *path)
{
	struct stat st;
	FILE *stream = fopen(path, "re");
	size_t length, got;
	char *text;

	if (!stream || fstat(fileno(stream), &st) < 0 || !S_ISREG(st.st_mode)) {
		if (stream)
			fclose(stream);
		return;
	}
	text = malloc((size_t)st.st_size + 1);
	got = length = text ? fread(text, 1, (size_t)st.st_size, stream) : 0;
	fclose(stream);
	printf("# %s\n", path);
	for (;;) {
		char *exact = tap_exact(text, got);

		LLVMFuzzerTestOneInput((const uint8_t *)exact, got);
		free(exact);
		if (got == 0)
			break;
		got -= got > 4096 ? (got - 4096) / 8 + 1 : 1;
	}
	tap_ok(length == (size_t)st.st_size, "%s", path);
	free(text);
}

static void replay_directory(const char *directory)
{
	struct dirent **entries = NULL;
	int count = scandir(directory, &entries, NULL, alphasort);

	tap_ok(count > 2, "%s has inputs", directory);
	for (int i = 0; i < count; i++) {
		char path[4096];

		snprintf(path, sizeof(path), "%s/%s", directory, entries[i]->d_name);
		replay(path);
		free(entries[i]);
	}
	free(entries);
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		replay_directory(argv[i]);
	for (size_t i = 0; argc == 1 && fuzz_corpus[i]; i++) {
		char *directory = tap_source(fuzz_corpus[i]);

		replay_directory(directory);
		free(directory);
	}
	return tap_done();
}
