#include "cases.h"
const size_t nr_refuse_cases, nr_state_cases, nr_cap_cases, nr_secret_cases;
const struct test_case refuse_cases[1], state_cases[1], cap_cases[1], secret_cases[1];
