/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A fuzz target: one function that takes any bytes and ends the program where something is wrong. Linked with replay.c
 * it runs recorded inputs; with `clang -fsanitize=fuzzer,address,undefined` instead, libFuzzer looks for new ones.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Where replay finds this target's inputs: directories of the source tree, ended by null. */
extern const char *const fuzz_corpus[];
