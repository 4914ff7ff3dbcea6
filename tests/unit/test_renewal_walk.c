/* Long lives of certificates, second by second, while things go wrong: leaders and replicas that restart, a
 * Secret deleted or spoilt, writes that fail, clocks that are set.
 *
 * What is asked is not which step is taken, but what an API server would find: at no second does a replica
 * serve a leaf that an API server does not trust, or that is expired. An API server knows a caBundle up to
 * RENEWAL_SETTLE_S after it was written, each at a time of its own; a replica knows the Secret up to POLL_S
 * late, and keeps what it has where the Secret has nothing good. */
#include "core/renewal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum {
    WALKS = 40,
    CAS = 64, /* in one walk: bits of a mask */
    SERVERS = 2,
    REPLICAS = 2,
    VERSIONS = 256, /* of the registration */
    POLL_S = 5,
    LOOK_S = 10,
    QUIET_S = 150, /* one thing goes wrong at a time */
    GRACE_S = 90,  /* after a clock was set so far that what is served cannot be valid */
    START_S = 1795777200,
    DAY_S = 86400,
};

struct leaf {
    int ca; /* -1: none */
    struct renewal_span span;
};

struct world {
    uint64_t dice;
    struct renewal_lives lives;
    bool faults;
    int64_t t_s, clock_s; /* on no clock; the API server's clock */
    struct renewal_span cas[CAS];
    int ca_count;
    /* the Secret */
    uint64_t bundle;
    bool has_key;
    struct leaf leaf;
    /* the registration, as it was written again and again, and when each API server knows of it */
    uint64_t versions[VERSIONS];
    int64_t known_s[VERSIONS][SERVERS];
    int version_count;
    struct leaf served[REPLICAS];
    int64_t leader_wakes_s, trusted_s /* -1: not seen */;
    int64_t quiet_until_s, grace_until_s;
    int issued, fault_count, failed_writes;
    int64_t gap_s, longest_gap_s;
};

static const struct leaf no_leaf = {.ca = -1};

static int64_t roll(struct world *world, int64_t below)
{
    world->dice = world->dice * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (int64_t)((world->dice >> 33) % (uint64_t)below);
}

static bool valid(struct renewal_span span, int64_t clock_s)
{
    return span.not_before_s <= clock_s && clock_s < span.not_after_s;
}

static uint64_t bit(int ca)
{
    return UINT64_C(1) << ca;
}

static uint64_t without_expired(const struct world *world, uint64_t bundle)
{
    for (int ca = 0; ca < world->ca_count; ca++)
        if (world->cas[ca].not_after_s <= world->clock_s)
            bundle &= ~bit(ca);
    return bundle;
}

static uint64_t registration(const struct world *world)
{
    return world->version_count == 0 ? 0 : world->versions[world->version_count - 1];
}

static bool leaf_is_good(const struct world *world)
{
    return world->leaf.ca >= 0 && (world->bundle & bit(world->leaf.ca)) != 0;
}

/* ---- the leader ---- */

static void write_registration(struct world *world)
{
    uint64_t wanted = without_expired(world, registration(world) | world->bundle);
    if (wanted == registration(world))
        return;
    int n = world->version_count++;
    assert_true(n < VERSIONS);
    world->versions[n] = wanted;
    for (int i = 0; i < SERVERS; i++) {
        world->known_s[n][i] = world->t_s + roll(world, RENEWAL_SETTLE_S + 1);
        if (n > 0 && world->known_s[n][i] < world->known_s[n - 1][i])
            world->known_s[n][i] = world->known_s[n - 1][i];
    }
}

static bool all_serve(const struct world *world)
{
    for (int i = 0; i < REPLICAS; i++)
        if (world->served[i].ca < 0)
            return false;
    return true;
}

/* Now and then, and a few times at the most, a write fails. */
static bool write_fails(struct world *world)
{
    bool fails = world->faults && world->failed_writes < 3 && roll(world, 10) < 4;
    world->failed_writes = fails ? world->failed_writes + 1 : 0;
    return fails;
}

/* The first time once they serve, and from then on whenever it is not right. */
static void keep_registration(struct world *world)
{
    bool filled = world->version_count > 0;
    if (world->bundle != 0 && (filled || all_serve(world)) && !write_fails(world))
        write_registration(world);
}

static struct renewal_state look(struct world *world)
{
    struct renewal_state state = {
        .has_ca = world->has_key,
        .has_leaf = leaf_is_good(world),
        .leaf = world->leaf.span,
        .leaf_is_of_ca = leaf_is_good(world) && world->leaf.ca == world->ca_count - 1,
        .registered = world->version_count > 0,
    };
    if (world->has_key)
        state.ca = world->cas[world->ca_count - 1];
    state.trusted =
        !state.registered || (world->ca_count > 0 && (registration(world) & bit(world->ca_count - 1)) != 0);
    if (!state.trusted)
        world->trusted_s = -1;
    else if (world->trusted_s < 0)
        world->trusted_s = world->t_s;
    state.trusted_since_s = world->clock_s - (world->t_s - world->trusted_s);
    return state;
}

static void make_ca(struct world *world)
{
    int ca = world->ca_count++;
    world->cas[ca] = renewal_ca_span(&world->lives, world->clock_s);
    world->bundle = without_expired(world, world->bundle) | bit(ca);
    world->has_key = true;
    world->trusted_s = -1;
}

static void issue(struct world *world)
{
    int ca = world->ca_count - 1;
    world->leaf = (struct leaf){ca, renewal_leaf_span(&world->lives, world->cas[ca], world->clock_s)};
    assert_true(world->leaf.span.not_after_s <= world->cas[ca].not_after_s);
    world->issued++;
}

static void lead(struct world *world)
{
    for (int steps = 0;; steps++) {
        assert_true(steps < 4); /* what is due is done, and not over and over */
        keep_registration(world);
        struct renewal_state state = look(world);
        int64_t due_s = 0;
        enum renewal_step step = renewal_next(&state, &world->lives, world->clock_s, &due_s);
        if (step == RENEWAL_KEEP) {
            assert_true(due_s > world->clock_s);
            int64_t wait_s = due_s - world->clock_s,
                    look_s = world->faults ? 1 + roll(world, LOOK_S) : LOOK_S;
            world->leader_wakes_s = world->t_s + (wait_s < look_s ? wait_s : look_s);
            return;
        }
        if (step == RENEWAL_ISSUE)
            issue(world);
        else if (world->ca_count < CAS)
            make_ca(world);
        else
            return; /* the walk is over */
    }
}

static void poll(struct world *world, int replica)
{
    if (leaf_is_good(world) && valid(world->leaf.span, world->clock_s))
        world->served[replica] = world->leaf;
}

/* ---- what goes wrong ---- */

static void set_clock(struct world *world)
{
    static const int64_t by_s[] = {-120, -30, 30, 120, -DAY_S, DAY_S};
    world->clock_s += by_s[roll(world, sizeof(by_s) / sizeof(by_s[0]))];
    for (int i = 0; i < REPLICAS; i++)
        if (!valid(world->served[i].span, world->clock_s) ||
            !valid(world->served[i].span, world->clock_s + GRACE_S))
            world->grace_until_s = world->t_s + GRACE_S;
}

static void go_wrong(struct world *world)
{
    world->quiet_until_s = world->t_s + QUIET_S;
    world->fault_count++;
    switch (roll(world, 5)) {
    case 0: /* the Secret is deleted */
        world->bundle = 0;
        world->has_key = false;
        world->leaf = no_leaf;
        break;
    case 1: world->leaf = no_leaf; break;
    case 2: world->has_key = false; break;
    case 3:
        world->served[roll(world, REPLICAS)] = no_leaf;
        world->leader_wakes_s = world->t_s + roll(world, 20);
        world->trusted_s = -1; /* another one leads, and knows nothing */
        break;
    default: set_clock(world); break;
    }
}

/* ---- what an API server finds ---- */

static uint64_t known_to(const struct world *world, int server)
{
    int n = world->version_count;
    while (n > 0 && world->known_s[n - 1][server] > world->t_s)
        n--;
    return n == 0 ? 0 : world->versions[n - 1];
}

static void check(struct world *world)
{
    bool gap = false;
    for (int i = 0; i < REPLICAS * SERVERS; i++) {
        const struct leaf *leaf = &world->served[i / SERVERS];
        uint64_t known = known_to(world, i % SERVERS);
        if (leaf->ca < 0 || known == 0) /* nobody calls it */
            continue;
        if (world->t_s >= world->grace_until_s && (known & bit(leaf->ca)) == 0 &&
            valid(leaf->span, world->clock_s))
            fail_msg("at %lld s replica %d serves a leaf of CA %d, which API server %d does not know yet",
                     (long long)world->t_s, i / SERVERS, leaf->ca, i % SERVERS);
        gap |= !valid(leaf->span, world->clock_s) || !valid(world->cas[leaf->ca], world->clock_s);
    }
    world->gap_s = gap && world->t_s >= world->grace_until_s ? world->gap_s + 1 : 0;
    if (world->gap_s > world->longest_gap_s)
        world->longest_gap_s = world->gap_s;
}

static void walk(struct world *world, int64_t length_s)
{
    world->clock_s = START_S;
    world->leaf = world->served[0] = world->served[1] = no_leaf;
    world->trusted_s = -1;
    world->quiet_until_s = QUIET_S;
    for (; world->t_s < length_s && world->ca_count < CAS; world->t_s++, world->clock_s++) {
        if (world->faults && world->t_s >= world->quiet_until_s && roll(world, 300) == 0)
            go_wrong(world);
        if (world->t_s >= world->leader_wakes_s)
            lead(world);
        for (int i = 0; i < REPLICAS; i++)
            if (world->t_s % POLL_S == i || world->served[i].ca < 0)
                poll(world, i);
        check(world);
    }
}

/* ---- the walks ---- */

static void test_no_admission_fails_whatever_goes_wrong(void **state)
{
    (void)state;
    int64_t walked_s = 0, fault_count = 0;
    for (uint64_t seed = 1; seed <= WALKS; seed++) {
        struct world world = {.dice = seed, .faults = true};
        world.lives.leaf_s = 900 + roll(&world, 1200);
        world.lives.ca_s = world.lives.leaf_s * (200 + roll(&world, 200)) / 100;
        walk(&world, 40000);
        if (world.longest_gap_s > 0)
            fail_msg("seed %d: %lld s without a valid certificate", (int)seed,
                     (long long)world.longest_gap_s);
        int64_t needed = world.t_s / world.lives.leaf_s;
        assert_true(world.issued >= needed);
        assert_true(world.issued <= 2 * needed + 2 * (world.fault_count + world.ca_count) + 2);
        walked_s += world.t_s;
        fault_count += world.fault_count;
    }
    assert_true(walked_s > WALKS * 10000 && fault_count > WALKS * 20);
}

static int64_t longest_gap_s(int64_t leaf_s, int64_t ca_s, uint64_t seed)
{
    struct world world = {.dice = seed, .lives = {ca_s, leaf_s}};
    walk(&world, 40000);
    assert_true(world.ca_count == CAS && world.issued >= CAS - 1);
    return world.longest_gap_s;
}

static void test_lives_of_a_minute_or_a_little_more(void **state)
{
    (void)state;
    for (int64_t leaf_s = RENEWAL_LEAF_S_LEAST; leaf_s < 2 * RENEWAL_LEAF_S_LEAST; leaf_s += 5)
        for (int64_t ca_s = 2 * leaf_s; ca_s <= 5 * leaf_s; ca_s += leaf_s / 3)
            if (longest_gap_s(leaf_s, ca_s, (uint64_t)ca_s) > 0)
                fail_msg("leaf of %d s, CA of %d s", (int)leaf_s, (int)ca_s);
}

/* Less than a CA takes to settle: it expires for a while, as has to be; it is never one that is not trusted,
 * and there is always the next one. */
static void test_lives_too_short(void **state)
{
    (void)state;
    bool any = false;
    for (int64_t leaf_s = RENEWAL_SETTLE_S + 1; leaf_s < RENEWAL_LEAF_S_LEAST; leaf_s++) {
        int64_t gap_s = longest_gap_s(leaf_s, 2 * leaf_s, (uint64_t)leaf_s);
        assert_true(gap_s <= RENEWAL_SETTLE_S + LOOK_S + POLL_S);
        any |= gap_s > 0;
    }
    assert_true(any);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_admission_fails_whatever_goes_wrong),
        cmocka_unit_test(test_lives_of_a_minute_or_a_little_more),
        cmocka_unit_test(test_lives_too_short),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
