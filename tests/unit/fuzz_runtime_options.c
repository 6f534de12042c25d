/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A runtime's command line: words with blanks or newlines between. What is taken of it is one of its words, or the end of one. */
#include "../../runtime/options.h"
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

const char *const fuzz_corpus[] = {
	"tests/samples/docker",
	"tests/unit/corpus/runtime-options",
	NULL,
};

enum { WORDS = 256 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1), *words[WORDS] = {NULL}, *rest = text;
	const char *taken[4];
	struct options options;

	if (!text)
		abort();
	memcpy(text, data, size);
	text[size] = '\0';
	for (size_t i = 0; i < WORDS - 1 && rest; i++)
		words[i] = strsep(&rest, " \n");
	options_parse(words, &options);
	memcpy(taken, (const char *[]){options.id, options.bundle, options.root, options.log}, sizeof(taken));
	for (size_t i = 0; i < 4; i++)
		if (taken[i] && (taken[i] < text || taken[i] > text + size))
			abort();
	if (options.makes_container && (!options.id || !options.verb || options.doubt[0]))
		abort();
	free(text);
	return 0;
}
