#include "edge/cluster_clock.h"

#include "edge/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* The machine was started 5,000 s ago; at the API server it is now 1,000,000 s. */
enum { BOOT_MS = 5000 * 1000, DATE_S = 1000000 };
static const int64_t true_offset_ms = INT64_C(1000000) * 1000 - BOOT_MS;

static struct cluster_clock_conclusion hear(int64_t in_force_ms, int64_t machine_ms)
{
    return cluster_clock_conclude(in_force_ms, machine_ms, DATE_S, BOOT_MS - 20, BOOT_MS + 30);
}

static void the_machines_clock_counts_while_it_agrees(void **state)
{
    (void)state;
    for (int64_t off_ms = -CLUSTER_CLOCK_TOLERANCE_MS; off_ms <= CLUSTER_CLOCK_TOLERANCE_MS; off_ms += 500) {
        struct cluster_clock_conclusion now = hear(0, true_offset_ms + off_ms);
        assert_true(now.offset_ms == true_offset_ms + off_ms && now.skew_ms == 0);
    }
}

static void a_clock_that_jumps_leaves_time_as_it_was(void **state)
{
    (void)state;
    const int64_t jumps_ms[] = {3600000, -3600000, 86400000LL * 365, 4000, -4000};
    for (size_t i = 0; i < sizeof(jumps_ms) / sizeof(jumps_ms[0]); i++) {
        /* 400 ms into the second that the Date was cut to. */
        struct cluster_clock_conclusion now = hear(true_offset_ms + 400, true_offset_ms + 400 + jumps_ms[i]);
        assert_true(now.offset_ms == true_offset_ms + 400);
        assert_true(now.skew_ms == jumps_ms[i]);
    }
}

static void a_clock_that_was_wrong_from_the_start_is_put_right(void **state)
{
    (void)state;
    int64_t wrong_ms = true_offset_ms - 7200000;
    struct cluster_clock_conclusion now = hear(wrong_ms, wrong_ms);
    assert_true(now.offset_ms >= true_offset_ms - 30 && now.offset_ms <= true_offset_ms + 1020);
    assert_true(now.skew_ms <= -7200000 + 30 && now.skew_ms >= -7200000 - 1020);
}

/* An answer that took long says little, and moves nothing that it does not contradict. */
static void a_slow_answer_moves_nothing(void **state)
{
    (void)state;
    int64_t in_force_ms = true_offset_ms + 900, machine_ms = true_offset_ms + 3600000;
    struct cluster_clock_conclusion now =
        cluster_clock_conclude(in_force_ms, machine_ms, DATE_S - 20, BOOT_MS - 30000, BOOT_MS);
    assert_true(now.offset_ms == in_force_ms);
}

/* The machine is 20 s ahead, which an answer that took 25 s does not contradict; a quick one did. */
static void a_slow_answer_does_not_bring_a_wrong_clock_back(void **state)
{
    (void)state;
    struct cluster_clock_conclusion now = cluster_clock_conclude(true_offset_ms + 500, true_offset_ms + 20000,
                                                                 DATE_S, BOOT_MS - 25000, BOOT_MS);
    assert_true(now.offset_ms == true_offset_ms + 500 && now.skew_ms == 19500);
}

static void what_was_heard_is_in_force(void **state)
{
    (void)state;
    assert_true(cluster_clock_skew_ms() == 0); /* nothing heard: the machine's */
    int64_t before_ms = cluster_clock_ms(), boot_ms = cluster_clock_boot_ms();
    cluster_clock_heard(clock_wall_ms() / 1000 + 3600, boot_ms, boot_ms, false);
    assert_true(cluster_clock_ms() - before_ms > 3590000 && cluster_clock_ms() - before_ms < 3610000);
    assert_true(cluster_clock_skew_ms() < -3590000 && cluster_clock_skew_ms() > -3610000);
    assert_true(cluster_clock_s() - clock_wall_ms() / 1000 > 3590);
    boot_ms = cluster_clock_boot_ms();
    cluster_clock_heard(clock_wall_ms() / 1000, boot_ms, boot_ms,
                        false); /* another connection, and too late */
    cluster_clock_heard(clock_wall_ms() / 1000, boot_ms - CLUSTER_CLOCK_SLOW_MS - 1, boot_ms,
                        true); /* too slow */
    assert_true(cluster_clock_skew_ms() < -3590000);
    cluster_clock_heard(clock_wall_ms() / 1000, boot_ms, boot_ms, true);
    assert_true(cluster_clock_skew_ms() == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_machines_clock_counts_while_it_agrees),
        cmocka_unit_test(a_clock_that_jumps_leaves_time_as_it_was),
        cmocka_unit_test(a_clock_that_was_wrong_from_the_start_is_put_right),
        cmocka_unit_test(a_slow_answer_moves_nothing),
        cmocka_unit_test(a_slow_answer_does_not_bring_a_wrong_clock_back),
        cmocka_unit_test(what_was_heard_is_in_force),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
