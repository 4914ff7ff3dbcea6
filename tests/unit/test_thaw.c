/* What is released now: order, pace, what stops it, and when to look again. */
#include "core/thaw.h"

#include "core/freeze.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { NOW = 1000 };

static struct arena arena;

static int free_arena(void **state)
{
    (void)state;
    arena_done(&arena);
    return 0;
}

static struct policy policy_of(int64_t most, enum release_order order)
{
    return (struct policy){.release = {.concurrent_most = most, .order = order}};
}

static struct thaw_item held(const struct policy *policy, const char *namespace, const char *name,
                             int64_t since_s)
{
    return (struct thaw_item){.policy = policy,
                              .namespace = text_of(namespace),
                              .name = text_of(name),
                              .stage = THAW_HELD,
                              .may_go = true,
                              .since_s = since_s};
}

/* The names of what is chosen, with a blank behind each. */
static const char *chosen(const struct thaw_item *items, size_t count, struct thaw *ret_thaw)
{
    struct text names = TEXT_EMPTY;
    thaw_choose(items, count, NOW, &arena, ret_thaw);
    for (size_t i = 0; i < ret_thaw->chosen_count; i++)
        names =
            arena_printf(&arena, "%.*s%.*s ", TEXT_ARGS(names), TEXT_ARGS(items[ret_thaw->chosen[i]].name));
    return names.at == NULL ? "" : names.at;
}

static void test_oldest_first(void **state)
{
    (void)state;
    struct policy policy = policy_of(10, RELEASE_OLDEST_FIRST);
    struct thaw thaw;
    struct thaw_item items[] = {
        held(&policy, "b", "young", 30), held(&policy, "b", "twin", 20), held(&policy, "a", "twin-a", 20),
        held(&policy, "z", "old", 10),   held(&policy, "b", "aunt", 20),
    };
    items[0].priority = 100; /* which this order does not look at */
    assert_string_equal(chosen(items, 5, &thaw), "old twin-a aunt twin young ");
    assert_true(thaw.next_s == FREEZE_NO_END);
}

static void test_priority_then_oldest(void **state)
{
    (void)state;
    struct policy policy = policy_of(3, RELEASE_PRIORITY_THEN_OLDEST);
    struct thaw thaw;
    struct thaw_item items[] = {held(&policy, "a", "old", 10), held(&policy, "a", "urgent", 30),
                                held(&policy, "a", "urgent-and-old", 20), held(&policy, "a", "last", 1)};
    items[1].priority = items[2].priority = 5;
    items[3].priority = -1;
    assert_string_equal(chosen(items, 4, &thaw), "urgent-and-old urgent old ");
}

/* Whoever puts what cannot be released in front of all others keeps nobody waiting. */
static void test_what_was_refused_goes_last(void **state)
{
    (void)state;
    struct policy policy = policy_of(1, RELEASE_PRIORITY_THEN_OLDEST);
    struct thaw_item items[] = {held(&policy, "a", "refused", 10), held(&policy, "b", "plain", 30)};
    items[0].priority = 9;
    struct thaw thaw;
    assert_string_equal(chosen(items, 2, &thaw), "refused ");
    items[0].refused = true;
    assert_string_equal(chosen(items, 2, &thaw), "plain ");
    policy.release.concurrent_most = 2;
    assert_string_equal(chosen(items, 2, &thaw), "plain refused ");
}

static void test_pace_of_each_policy(void **state)
{
    (void)state;
    struct policy slow = policy_of(2, RELEASE_OLDEST_FIRST), quick = policy_of(3, RELEASE_OLDEST_FIRST);
    struct thaw thaw;
    struct thaw_item items[] = {
        held(&slow, "a", "s1", 1),  held(&slow, "a", "s2", 2),  held(&slow, "b", "out", 0),
        held(&quick, "c", "q1", 1), held(&quick, "c", "q2", 2), held(NULL, "d", "free", 9),
    };
    items[2].stage = THAW_RELEASING;
    assert_string_equal(chosen(items, 6, &thaw), "s1 q1 q2 free ");
    items[0].stage = THAW_RELEASING; /* full */
    assert_string_equal(chosen(items, 6, &thaw), "q1 q2 free ");
    items[1].stage = THAW_RELEASING; /* more than full: the policy was edited meanwhile */
    assert_string_equal(chosen(items, 6, &thaw), "q1 q2 free ");
}

static void test_what_may_not_go(void **state)
{
    (void)state;
    struct policy policy = policy_of(1, RELEASE_OLDEST_FIRST);
    struct thaw thaw;
    struct thaw_item items[] = {held(&policy, "a", "closed", 1), held(&policy, "a", "later", 2),
                                held(&policy, "a", "now", 3), held(&policy, "a", "latest", 0)};
    items[0].may_go = false;
    items[0].due_s = NOW + 1; /* says nothing where it may not go */
    items[1].due_s = NOW + 5;
    items[2].due_s = NOW;
    items[3].due_s = NOW + 9;
    assert_string_equal(chosen(items, 4, &thaw), "now ");
    assert_true(thaw.next_s == NOW + 5);
}

static void test_a_failure_stops_its_namespace(void **state)
{
    (void)state;
    struct policy policy = policy_of(2, RELEASE_OLDEST_FIRST);
    struct thaw thaw;
    struct thaw_item items[] = {held(&policy, "b", "failed", 1), held(&policy, "b", "b1", 1),
                                held(&policy, "b", "b2", 2),     held(&policy, "a", "a1", 3),
                                held(&policy, "bb", "bb1", 4),   held(&policy, "c", "failed-too", 1),
                                held(&policy, "c", "c1", 0)};
    items[0].stage = items[5].stage = THAW_FAILED;
    items[2].due_s = NOW + 5;
    assert_string_equal(chosen(items, 7, &thaw), "a1 bb1 ");
    assert_true(thaw.next_s == FREEZE_NO_END);
}

static void test_nothing(void **state)
{
    (void)state;
    struct thaw thaw;
    assert_string_equal(chosen(NULL, 0, &thaw), "");
    assert_true(thaw.next_s == FREEZE_NO_END);
}

static void test_due(void **state)
{
    (void)state;
    enum { JITTER = 120, OBJECTS = 2000 };
    int first_half = 0;
    bool seen[JITTER + 1] = {false};
    assert_true(thaw_due(NOW, text_of("u-1"), 0) == NOW);
    assert_true(thaw_due(NOW, text_of("u-1"), JITTER) == thaw_due(NOW, text_of("u-1"), JITTER));
    assert_true(thaw_due(NOW, text_of("u-1"), JITTER) - NOW !=
                thaw_due(NOW + 1, text_of("u-1"), JITTER) - NOW - 1);
    for (int i = 0; i < OBJECTS; i++) {
        char uid[32];
        snprintf(uid, sizeof(uid), "6f6c0000-%d", i);
        int64_t late_s = thaw_due(NOW, text_of(uid), JITTER) - NOW;
        assert_in_range(late_s, 0, JITTER);
        seen[late_s] = true;
        first_half += late_s < JITTER / 2;
    }
    for (int i = 0; i <= JITTER; i++)
        assert_true(seen[i]);
    assert_in_range(first_half, OBJECTS * 4 / 10, OBJECTS * 6 / 10);
}

static void test_priority(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t priority;
    } cases[] = {{"10", 10},        {"-3", -3},
                 {"0", 0},          {"007", 7},
                 {"", 0},           {"-", 0},
                 {"high", 0},       {"1.5", 0},
                 {"+1", 0},         {" 1", 0},
                 {"1 ", 0},         {"--1", 0},
                 {"1e3", 0},        {"999999999", 999999999},
                 {"1000000000", 0}, {"-999999999", -999999999}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_true(thaw_priority(text_of(cases[i].text)) == cases[i].priority);
    assert_true(thaw_priority(TEXT_EMPTY) == 0);
}

/* ---- a whole thaw, by chance ---- */

enum { THINGS = 60, NAMESPACES = 5, TURNS = 4000 };

struct world {
    struct policy policies[2];
    struct thaw_item items[THINGS];
    bool gone[THINGS]; /* finished */
    int64_t now_s;
};

static unsigned dice(unsigned sides)
{
    return (unsigned)rand() % sides;
}

static struct world make_world(void)
{
    static const char *const namespaces[NAMESPACES] = {"a", "b", "c", "d", "e"};
    static const char *const names[] = {"w0", "w1", "w2", "w3", "w4", "w5",
                                        "w6", "w7", "w8", "w9", "x0", "x1"};
    struct world world = {.now_s = NOW};
    for (unsigned p = 0; p < 2; p++)
        world.policies[p] =
            policy_of(1 + dice(4), dice(2) ? RELEASE_PRIORITY_THEN_OLDEST : RELEASE_OLDEST_FIRST);
    for (unsigned i = 0; i < THINGS; i++) {
        world.items[i] = held(NULL, namespaces[i % NAMESPACES], names[i / NAMESPACES], dice(20));
        world.items[i].priority = dice(3);
        world.items[i].due_s = NOW + dice(50);
    }
    return world;
}

/* Policies lie in the world, so they are pointed to where it stays. A namespace has one. */
static void give_policies(struct world *world)
{
    for (unsigned i = 0; i < THINGS; i++)
        world->items[i].policy = &world->policies[i % NAMESPACES % 2];
}

static unsigned count_stage(const struct world *world, const struct policy *policy, enum thaw_stage stage)
{
    unsigned count = 0;
    for (unsigned i = 0; i < THINGS; i++)
        count += !world->gone[i] && world->items[i].policy == policy && world->items[i].stage == stage;
    return count;
}

static bool goes_before(const struct thaw_item *a, const struct thaw_item *b)
{
    if (a->policy->release.order == RELEASE_PRIORITY_THEN_OLDEST && a->priority != b->priority)
        return a->priority > b->priority;
    return a->since_s < b->since_s;
}

static bool stops(const struct world *world, const struct thaw_item *item)
{
    for (unsigned i = 0; i < THINGS; i++)
        if (!world->gone[i] && world->items[i].stage == THAW_FAILED &&
            text_equal(world->items[i].namespace, item->namespace))
            return true;
    return false;
}

static bool is_ready(const struct world *world, const struct thaw_item *item)
{
    return item->stage == THAW_HELD && item->may_go && item->due_s <= world->now_s && !stops(world, item);
}

/* By the rules as written, one by one: nobody who is ready waits while there is room, nor behind one that
 * should come later. */
static void check_left(const struct world *world, const struct thaw_item *released)
{
    for (unsigned i = 0; i < THINGS; i++) {
        const struct thaw_item *item = &world->items[i];
        if (world->gone[i] || !is_ready(world, item) || item->policy != released->policy)
            continue;
        assert_false(goes_before(item, released));
    }
}

static void release(struct world *world)
{
    struct thaw_item there[THINGS];
    unsigned numbers[THINGS];
    struct thaw thaw;
    size_t count = 0;
    for (unsigned i = 0; i < THINGS; i++)
        if (!world->gone[i]) {
            numbers[count] = i;
            there[count++] = world->items[i];
        }
    thaw_choose(there, count, world->now_s, &arena, &thaw);
    for (size_t i = 0; i < thaw.chosen_count; i++) {
        struct thaw_item *item = &world->items[numbers[thaw.chosen[i]]];
        assert_true(is_ready(world, item));
        item->stage = THAW_RELEASING;
        check_left(world, item);
    }
    for (unsigned p = 0; p < 2; p++) {
        unsigned under_way = count_stage(world, &world->policies[p], THAW_RELEASING);
        assert_true(under_way <= world->policies[p].release.concurrent_most);
        for (unsigned i = 0; i < THINGS && under_way < world->policies[p].release.concurrent_most; i++)
            assert_false(!world->gone[i] && world->items[i].policy == &world->policies[p] &&
                         is_ready(world, &world->items[i]));
    }
    arena_reset(&arena);
}

/* Rollouts finish or fail, failed ones are repaired, what was open closes again. */
static void happen(struct world *world)
{
    for (unsigned i = 0; i < THINGS; i++) {
        struct thaw_item *item = &world->items[i];
        unsigned fate = dice(20);
        if (item->stage == THAW_HELD)
            item->may_go = fate != 0;
        else if (fate < 4)
            world->gone[i] = true;
        else if (fate == 4 && item->stage == THAW_RELEASING)
            item->stage = THAW_FAILED;
    }
    world->now_s++;
}

static void test_a_thaw_by_chance(void **state)
{
    (void)state;
    srand(5);
    for (unsigned round = 0; round < 30; round++) {
        struct world world = make_world();
        unsigned turns = 0, left = THINGS;
        give_policies(&world);
        for (; left > 0 && turns < TURNS; turns++) {
            release(&world);
            happen(&world);
            left = 0;
            for (unsigned i = 0; i < THINGS; i++)
                left += !world.gone[i];
        }
        assert_int_equal(left, 0); /* nothing starves */
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_oldest_first, free_arena),
        cmocka_unit_test_teardown(test_priority_then_oldest, free_arena),
        cmocka_unit_test_teardown(test_what_was_refused_goes_last, free_arena),
        cmocka_unit_test_teardown(test_pace_of_each_policy, free_arena),
        cmocka_unit_test_teardown(test_what_may_not_go, free_arena),
        cmocka_unit_test_teardown(test_a_failure_stops_its_namespace, free_arena),
        cmocka_unit_test_teardown(test_nothing, free_arena),
        cmocka_unit_test(test_due),
        cmocka_unit_test(test_priority),
        cmocka_unit_test_teardown(test_a_thaw_by_chance, free_arena),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
