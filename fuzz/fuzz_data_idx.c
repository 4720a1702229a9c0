/* Any bytes as a file of the format idx. */
#include "fuzz_data.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return fuzz_reader("idx", data, size);
}
