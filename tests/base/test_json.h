/* Between the two files of the JSON test. */
#ifndef ND_TEST_JSON_H
#define ND_TEST_JSON_H

#include "../support.h"
#include "base/json.h"
#include "base/memory.h"

void hostile_texts(void **state);
void deep_nesting(void **state);
void every_beginning(void **state);
void strings_go_round(void **state);
void every_allocation_of_ours(void **state);
void every_allocation_of_jansson(void **state);

#endif
