/* SipHash-2-4 against the vectors that its authors publish with it (SipHash paper, appendix A, and
 * vectors.h of the reference implementation). */
#include "edge/keyed_hash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* The key is the bytes 0 to 15, the input as many bytes 0, 1, 2, ... */
static const struct hash_key counting = {{0x0706050403020100, 0x0f0e0d0c0b0a0908}};
static const char input[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14};

static void test_published_vectors(void **state)
{
    (void)state;
    static const struct {
        size_t length;
        uint64_t hash;
    } rows[] = {
        {0, 0x726fdb47dd0e0e31}, {1, 0x74f839c593dc67fd},  {7, 0xab0200f58b01d137},
        {8, 0x93f5f5799a932462}, {15, 0xa129ca6149be45e5},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_true(keyed_hash(&counting, (struct text){input, rows[i].length}) == rows[i].hash);
}

static void test_borders_and_keys_count(void **state)
{
    (void)state;
    const struct text ab_c[] = {TEXT("ab"), TEXT("c")}, a_bc[] = {TEXT("a"), TEXT("bc")};
    struct hash_key one = hash_key_random(), other = hash_key_random();
    assert_true(keyed_hash_texts(&one, ab_c, 2) == keyed_hash_texts(&one, ab_c, 2));
    assert_true(keyed_hash_texts(&one, ab_c, 2) != keyed_hash_texts(&one, a_bc, 2));
    assert_true(keyed_hash_texts(&one, ab_c, 2) != keyed_hash_texts(&other, ab_c, 2));
    assert_true(keyed_hash_texts(&counting, ab_c, 2) ==
                keyed_hash(&counting, (struct text){"ab\0c\0", sizeof("ab\0c")}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_published_vectors),
        cmocka_unit_test(test_borders_and_keys_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
