/* Any windows at all, held against a slow scan that knows the rules of DESIGN section 4 and nothing of lanes
 * and timelines. Times are small numbers. */
#include "arena_fixture.h"
#include "assert_text.h"
#include "dated_windows.h"

static const change_classes stopped = CLASS_BIT(CLASS_ROLLOUT) | CLASS_BIT(CLASS_DELETE);

static void expect(const struct calendar_view *view, int64_t now_s, enum freeze_action action,
                   int64_t opens_s, int64_t closes_s)
{
    enum freeze_action is = calendar_at(view, now_s).action;
    int64_t opens = calendar_next_opening(view, now_s), closes = calendar_next_closing(view, now_s);
    if (is != action || opens != opens_s || closes != closes_s)
        fail_msg("at %lld: action %d, opens %lld, closes %lld; wanted %d, %lld, %lld", (long long)now_s, is,
                 (long long)opens, (long long)closes, action, (long long)opens_s, (long long)closes_s);
}

enum { SPAN_S = 48, SCAN_S = 3 * SPAN_S, WINDOWS_MOST = 16, INTERVALS_MOST = 3, ROUNDS = 6000 };

struct any_windows {
    struct dated_window windows[WINDOWS_MOST];
    struct interval intervals[WINDOWS_MOST][INTERVALS_MOST];
    int64_t known_until_s[WINDOWS_MOST];
    size_t count;
    struct freeze_label label;
    struct change change;
};

static uint64_t seed = 20261127;

static int64_t any(int64_t below)
{
    seed = seed * 6364136223846793005U + 1442695040888963407U;
    return (int64_t)((seed >> 33) % (uint64_t)below);
}

static bool one_of(int64_t many)
{
    return any(many) == 0;
}

static const struct text web[] = {TEXT("web")};
static const struct text kinds_pool[] = {TEXT("Deployment"), TEXT("StatefulSet"), TEXT("Job")};
static const struct text users_pool[] = {TEXT("ann"), TEXT("bob")};
static const struct text groups_pool[] = {TEXT("release"), TEXT("on-call")};
static const struct selector_requirement requirements_pool[] = {
    {TEXT("app"), SELECTOR_IN, web, 1}, {TEXT("canary"), SELECTOR_DOES_NOT_EXIST, NULL, 0}};
static const struct label labels_pool[] = {
    {TEXT("app"), TEXT("web")}, {TEXT("canary"), TEXT("yes")}, {TEXT("app"), TEXT("api")}};

/* Few different ones, so that windows share lanes; most are about all. */
static struct freeze_scope any_scope(struct arena *arena)
{
    struct freeze_scope scope = {.kinds = kinds_pool, .objects = {requirements_pool, 0}};
    scope.kind_count = one_of(3) ? (size_t)any(3) : 0;
    scope.classes = one_of(3) ? (change_classes)any(4) << CLASS_ROLLOUT : 0;
    scope.exempt = (struct principals){users_pool, groups_pool, one_of(4), one_of(4)};
    scope.objects.requirement_count = one_of(3) ? (size_t)any(3) : 0;
    scope.key =
        arena_printf(arena, "%zu %u %zu %zu %zu", scope.kind_count, scope.classes, scope.exempt.user_count,
                     scope.exempt.group_count, scope.objects.requirement_count);
    return scope;
}

static struct change any_change(void)
{
    struct change change = {.kind = kinds_pool[any(3)],
                            .user = {users_pool[any(2)], groups_pool + any(2), (size_t)any(2)},
                            .before.exists = any(3) != 0,
                            .has_labels = any(4) != 0,
                            .labels_before = {labels_pool + any(2), (size_t)any(2)},
                            .labels_after = {labels_pool + any(2), (size_t)any(3)},
                            .classes = (change_classes)(1 + any(7)) << CLASS_ROLLOUT};
    return change;
}

static void make_any(struct arena *arena, struct any_windows *set)
{
    set->count = (size_t)any(WINDOWS_MOST + 1);
    bool many_maintenance = one_of(3), few_scopes = one_of(3);
    for (size_t w = 0; w < set->count; w++) {
        struct dated_window *window = &set->windows[w];
        *window = (struct dated_window){
            {.action = (enum freeze_action)(FREEZE_WARN + any(3)), .suspended = one_of(12)},
            set->intervals[w],
            (size_t)any(INTERVALS_MOST + 1)};
        window->said.type = one_of(many_maintenance ? 1 : 4) ? WINDOW_MAINTENANCE : WINDOW_FREEZE;
        if (!few_scopes)
            window->said.scope = any_scope(arena);
        int64_t at_s = any(4);
        for (size_t i = 0; i < window->interval_count; i++) { /* sorted and apart */
            int64_t start_s = at_s + any(SPAN_S / 3), end_s = start_s + 1 + any(8);
            bool endless = i + 1 == window->interval_count && one_of(20);
            set->intervals[w][i] = (struct interval){start_s, endless ? FREEZE_NO_END : end_s};
            at_s = end_s + 1;
        }
        set->known_until_s[w] = one_of(30) ? 1 + any(SCAN_S) : FREEZE_NO_END;
    }
    set->label = (struct freeze_label){.action = one_of(2) ? FREEZE_OPEN : (enum freeze_action)any(4),
                                       .until_s = one_of(5) ? FREEZE_NO_END : any(SPAN_S + 8)};
    set->change = any_change();
}

static bool has_label(struct labels labels, const char *key, const char *value)
{
    for (size_t i = 0; i < labels.count; i++)
        if (text_is(labels.items[i].key, key) && (value == NULL || text_is(labels.items[i].value, value)))
            return true;
    return false;
}

/* DESIGN section 4, from scratch. */
static bool applies(const struct freeze_window *window, const struct change *change)
{
    const struct freeze_scope *scope = &window->scope;
    struct labels labels = change->before.exists ? change->labels_before : change->labels_after;
    bool kind = scope->kind_count == 0;
    for (size_t i = 0; i < scope->kind_count; i++)
        kind |= text_equal(kinds_pool[i], change->kind);
    bool exempt = scope->exempt.user_count == 1 && text_is(change->user.name, "ann");
    exempt |= scope->exempt.group_count == 1 && change->user.group_count == 1 &&
              text_is(change->user.groups[0], "release");
    bool selected =
        !change->has_labels || ((scope->objects.requirement_count < 1 || has_label(labels, "app", "web")) &&
                                (scope->objects.requirement_count < 2 || !has_label(labels, "canary", NULL)));
    change_classes classes = scope->classes == 0 ? stopped : scope->classes;
    return !window->suspended && kind && !exempt && selected && (classes & change->classes);
}

static bool is_on(const struct dated_window *window, int64_t now_s)
{
    for (size_t i = 0; i < window->interval_count; i++)
        if (now_s >= window->intervals[i].start_s && now_s < window->intervals[i].end_s)
            return true;
    return false;
}

struct scanned {
    enum freeze_action action, label, freezes, outside; /* all together, and each alone */
    bool is_cause[WINDOWS_MOST];
    size_t causes;
};

static enum freeze_action stricter(enum freeze_action a, enum freeze_action b)
{
    return a > b ? a : b;
}

static void scan_causes(const struct any_windows *set, int64_t now_s, struct scanned *scanned)
{
    bool closed = scanned->action == FREEZE_DELAY || scanned->action == FREEZE_DENY;
    for (size_t w = 0; w < set->count && scanned->action != FREEZE_OPEN; w++) {
        const struct freeze_window *said = &set->windows[w].said;
        bool acts =
            said->type == WINDOW_FREEZE ? is_on(&set->windows[w], now_s) : scanned->outside != FREEZE_OPEN;
        if (!acts || !applies(said, &set->change) || closed != (said->action != FREEZE_WARN))
            continue;
        scanned->is_cause[w] = true;
        scanned->causes++;
    }
}

static struct scanned scan(const struct any_windows *set, int64_t now_s)
{
    struct scanned scanned = {.action = FREEZE_OPEN};
    bool maintenance_on = false;
    if (now_s < set->label.until_s && (set->change.classes & stopped))
        scanned.label = set->label.action;
    for (size_t w = 0; w < set->count; w++) {
        const struct freeze_window *said = &set->windows[w].said;
        bool on = is_on(&set->windows[w], now_s);
        if (!applies(said, &set->change))
            continue;
        if (said->type == WINDOW_FREEZE && on)
            scanned.freezes = stricter(scanned.freezes, said->action);
        if (said->type == WINDOW_MAINTENANCE) {
            scanned.outside = stricter(scanned.outside, said->action);
            maintenance_on |= on;
        }
    }
    if (maintenance_on)
        scanned.outside = FREEZE_OPEN;
    scanned.action = stricter(stricter(scanned.label, scanned.freezes), scanned.outside);
    scan_causes(set, now_s, &scanned);
    return scanned;
}

struct visited {
    const struct any_windows *set;
    const struct scanned *scanned;
    bool seen[WINDOWS_MOST];
    size_t count;
    bool outside_begun;
};

static void visit(void *context, const struct freeze_spans *spans, bool is_outside)
{
    struct visited *visited = context;
    const struct dated_window *window =
        (const struct dated_window *)(const void *)spans->window; /* its first */
    size_t index = (size_t)(window - visited->set->windows);
    assert_true(index < visited->set->count && visited->scanned->is_cause[index]);
    assert_false(visited->seen[index]);
    assert_int_equal(is_outside, spans->window->type == WINDOW_MAINTENANCE);
    assert_true(is_outside || !visited->outside_begun);
    visited->outside_begun |= is_outside;
    visited->seen[index] = true;
    visited->count++;
}

/* Which of the three have part in the action. */
static bool has_part(enum freeze_action action, enum freeze_action of_all)
{
    return freeze_closes(of_all) ? freeze_closes(action) : action == of_all && action != FREEZE_OPEN;
}

static void check_at(const struct calendar_view *view, const struct any_windows *set, int64_t now_s,
                     const struct scanned *scanned)
{
    struct calendar_state state = calendar_at(view, now_s);
    assert_int_equal(state.action, scanned->action);
    assert_int_equal(state.label, has_part(scanned->label, scanned->action));
    assert_int_equal(state.freezes, has_part(scanned->freezes, scanned->action));
    assert_int_equal(state.outside, has_part(scanned->outside, scanned->action));
    struct visited visited = {.set = set, .scanned = scanned};
    assert_int_equal(calendar_causes(view, now_s, visit, &visited), scanned->causes);
    assert_int_equal(visited.count,
                     scanned->causes < FREEZE_CAUSES_MOST ? scanned->causes : FREEZE_CAUSES_MOST);
}

/* The first second from `from` on that is closed, or is not; only what is known counts. */
static int64_t scan_next(const struct scanned *seconds, int64_t from, bool closed, int64_t known_until_s)
{
    for (int64_t at_s = from; at_s < SCAN_S; at_s++)
        if ((seconds[at_s].action >= FREEZE_DELAY) == closed)
            return at_s == from || at_s < known_until_s ? at_s : FREEZE_NO_END;
    return FREEZE_NO_END;
}

static void check_steadiness(const struct calendar_view *view, const struct scanned *seconds, int64_t now_s)
{
    int64_t next_s = calendar_next_change(view, now_s), known_s = SCAN_S;
    if (view->calendar->known_until_s < known_s)
        known_s = view->calendar->known_until_s;
    assert_true(next_s > now_s);
    for (int64_t at_s = now_s + 1; at_s < next_s && at_s < known_s; at_s++)
        if (memcmp(&seconds[at_s], &seconds[now_s], sizeof(*seconds)) != 0)
            fail_msg("from %lld on nothing was to change before %lld", (long long)now_s, (long long)next_s);
}

static void check_round(struct arena *arena, const struct any_windows *set)
{
    static struct scanned seconds[SCAN_S];
    struct freeze_spans spans[WINDOWS_MOST];
    const struct freeze_spans *all[WINDOWS_MOST];
    struct calendar calendar;
    int64_t known_s = FREEZE_NO_END;
    for (size_t w = 0; w < set->count; w++) {
        const struct dated_window *window = &set->windows[w];
        spans[w] = (struct freeze_spans){&window->said, window->intervals, window->interval_count,
                                         set->known_until_s[w]};
        all[w] = &spans[w];
        if (!window->said.suspended && set->known_until_s[w] < known_s)
            known_s = set->known_until_s[w];
    }
    calendar_build(arena, all, set->count, &calendar);
    struct calendar_view view = calendar_view_of(&calendar, &set->label, &set->change, stopped, arena);
    for (int64_t now_s = 0; now_s < SCAN_S; now_s++)
        seconds[now_s] = scan(set, now_s);
    for (int64_t now_s = 0; now_s < 2 * SPAN_S; now_s++) {
        int64_t opens_s = scan_next(seconds, now_s, false, known_s);
        int64_t closes_s = scan_next(seconds, now_s, true, known_s);
        check_at(&view, set, now_s, &seconds[now_s]);
        expect(&view, now_s, seconds[now_s].action, opens_s, closes_s);
        check_steadiness(&view, seconds, now_s);
    }
}

static void test_any_windows_against_a_slow_scan(void **state)
{
    size_t closed = 0, mixed = 0;
    for (int round = 0; round < ROUNDS; round++) {
        static struct any_windows set;
        make_any(*state, &set);
        check_round(*state, &set);
        struct scanned scanned = scan(&set, SPAN_S / 2);
        closed += freeze_closes(scanned.action);
        mixed += scanned.freezes != FREEZE_OPEN && scanned.outside != FREEZE_OPEN;
        arena_reset(*state);
    }
    assert_true(closed > ROUNDS / 4 && closed < ROUNDS * 3 / 4); /* the dice are worth something */
    assert_true(mixed > ROUNDS / 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_any_windows_against_a_slow_scan, make_arena, free_arena),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
