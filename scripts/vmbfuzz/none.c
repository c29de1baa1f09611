#include "cases.h"
const size_t nr_cap_cases, nr_secret_cases;
const struct test_case cap_cases[1], secret_cases[1];
