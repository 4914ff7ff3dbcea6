/* Labels that do not do what somebody meant by them, and those that only look so. */
#include "doctor_fixture.h"

#include "cli/doctor_labels.h"

enum { NOW_S = 1795867200 /* 2026-11-28T12:00:00Z */ };

static const struct text tier_1 = TEXT("tier-1");
static const struct text prod[] = {TEXT("production"), TEXT("staging")};
static const struct selector_requirement by_tier[] = {
    {.key = TEXT("changegate.dev/tier"), .op = SELECTOR_IN, .values = &tier_1, .value_count = 1}};
static const struct selector_requirement by_stage[] = {
    {.key = TEXT("example.com/stage"), .op = SELECTOR_IN, .values = prod, .value_count = 2}};
static const struct text system_namespaces[] = {TEXT("kube-system"), TEXT("ops"), TEXT("quiet")};
static const struct selector_requirement as_registered[] = {
    {.key = TEXT("changegate.dev/tier"), .op = SELECTOR_EXISTS},
    {.key = TEXT("kubernetes.io/metadata.name"),
     .op = SELECTOR_NOT_IN,
     .values = system_namespaces,
     .value_count = 3}};
static const struct policy policies[] = {
    {.name = TEXT("tier-1"), .namespace_selector = {by_tier, 1}},
    {.name = TEXT("staged"), .namespace_selector = {by_stage, 1}},
};
static const struct policy_set set = {policies, 2};
static const struct selector asked = {as_registered, 2};

#define LABELS_MOST 3
struct written {
    const char *name;
    struct label labels[LABELS_MOST], annotations[LABELS_MOST];
};

static size_t count_of(const struct label *labels)
{
    size_t count = 0;
    while (count < LABELS_MOST && labels[count].key.at != NULL)
        count++;
    return count;
}

static void judge(struct clinic *clinic, const struct written *written, const struct doctor_scope *scope)
{
    const struct doctor_namespace namespace = {
        .name = text_of(written->name),
        .labels = {written->labels, count_of(written->labels)},
        .annotations = {written->annotations, count_of(written->annotations)}};
    doctor_judge_namespaces(&namespace, 1, scope, &clinic->report);
}

static const struct doctor_scope scope = {.policies = &set, .own_namespace = "ops", .now_s = NOW_S};
static const struct doctor_scope registered = {
    .policies = &set, .asked = &asked, .own_namespace = "ops", .now_s = NOW_S};

#define L(key, value)          \
    {                          \
        TEXT(key), TEXT(value) \
    }
#define TIER(value)    L("changegate.dev/tier", value)
#define FREEZE(value)  L("changegate.dev/freeze", value)
#define NAME_OF(value) L("kubernetes.io/metadata.name", value)

static void test_what_is_fine(void **state)
{
    static const struct {
        struct written written;
        const char *governed;
    } cases[] = {
        {{"a",
          {TIER("tier-1"), FREEZE("deny")},
          {L("changegate.dev/freeze-until", "2026-12-02T06:00:00-05:00")}},
         "1"},
        {{"a", {TIER("tier-1"), FREEZE("delay")}, {L("changegate.dev/freeze-reason", "peak")}}, "1"},
        {{"a", {L("example.com/stage", "production")}, {{TEXT_EMPTY, TEXT_EMPTY}}}, "1"},
        {{"a",
          {L("example.com/stage", "development"), L("tier", "1"), NAME_OF("a")},
          {{TEXT_EMPTY, TEXT_EMPTY}}},
         "0"},
        {{"a", {L("changegate.dev/zone", "x"), L("example.com/tier", "tier-1")}, {{TEXT_EMPTY, TEXT_EMPTY}}},
         "0"},
        {{"kube-system", {NAME_OF("kube-system")}, {{TEXT_EMPTY, TEXT_EMPTY}}}, "0"},
    };
    struct clinic *clinic = *state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        judge(clinic, &cases[i].written, &scope);
        clinic_says(clinic, arena_printf(&clinic->arena,
                                         "ok       labels        %s of 1 namespaces are governed, and no "
                                         "label looks mistyped\n",
                                         cases[i].governed)
                                .at);
    }
}

#define NS "namespace a has "
static void test_what_is_mistyped(void **state)
{
    static const struct {
        struct written written;
        const char *says;
    } cases[] = {
        {{"a", {TIER("Tier-1")}, {{TEXT_EMPTY, TEXT_EMPTY}}},
         "fault    labels        " NS
         "changegate.dev/tier=Tier-1, and no policy governs it: did somebody mean tier-1?\n" CURE
         "kubectl label namespace a --overwrite changegate.dev/tier=tier-1\n"},
        {{"a", {TIER("tier1")}, {{TEXT_EMPTY, TEXT_EMPTY}}},
         "fault    labels        " NS
         "changegate.dev/tier=tier1, and no policy governs it: did somebody mean tier-1?\n" CURE
         "kubectl label namespace a --overwrite changegate.dev/tier=tier-1\n"},
        {{"a", {TIER("tire-1")}, {{TEXT_EMPTY, TEXT_EMPTY}}},
         "fault    labels        " NS
         "changegate.dev/tier=tire-1, and no policy governs it: did somebody mean tier-1?\n" CURE
         "kubectl label namespace a --overwrite changegate.dev/tier=tier-1\n"},
        {{"a", {TIER("tier-2")}, {{TEXT_EMPTY, TEXT_EMPTY}}},
         "warning  labels        " NS "changegate.dev/tier=tier-2, and no policy governs it\n" CURE
         "give it a value that a policy selects, or write a policy for this one\n"},
        {{"a", {L("example.com/stage", "Prodution")}, {{TEXT_EMPTY, TEXT_EMPTY}}},
         "fault    labels        " NS
         "example.com/stage=Prodution, and no policy governs it: did somebody mean "
         "production?\n" CURE "kubectl label namespace a --overwrite example.com/stage=production\n"},
        {{"a", {L("changegate.dev/teir", "tier-1")}, {{TEXT_EMPTY, TEXT_EMPTY}}},
         "fault    labels        " NS
         "the label changegate.dev/teir, which looks like changegate.dev/tier and does "
         "nothing\n" CURE "kubectl label namespace a changegate.dev/teir- changegate.dev/tier=tier-1\n"},
        {{"a", {L("changegate.io/tier", "tier-1")}, {{TEXT_EMPTY, TEXT_EMPTY}}},
         "fault    labels        " NS
         "the label changegate.io/tier, which looks like changegate.dev/tier and does "
         "nothing\n" CURE "kubectl label namespace a changegate.io/tier- changegate.dev/tier=tier-1\n"},
        {{"a", {L("change-gate.dev/freeze", "deny")}, {{TEXT_EMPTY, TEXT_EMPTY}}},
         "fault    labels        " NS
         "the label change-gate.dev/freeze, which looks like changegate.dev/freeze and does "
         "nothing\n" CURE "kubectl label namespace a change-gate.dev/freeze- changegate.dev/freeze=deny\n"},
        {{"a", {L("changegate.dev/freeze-reason", "peak")}, {{TEXT_EMPTY, TEXT_EMPTY}}},
         "warning  labels        " NS "changegate.dev/freeze-reason as a label, where nobody reads it\n" CURE
         "make it an annotation: kubectl annotate namespace a changegate.dev/freeze-reason=...\n"},
        {{"a", {{TEXT_EMPTY, TEXT_EMPTY}}, {TIER("tier-1")}},
         "fault    labels        " NS "changegate.dev/tier as an annotation, where nobody reads it\n" CURE
         "make it a label: kubectl label namespace a changegate.dev/tier=tier-1\n"},
        {{"a", {TIER("tier-1"), FREEZE("deny")}, {L("changegate.dev/freeze-untill", "2026-12-02T06:00:00Z")}},
         "warning  labels        " NS "the annotation changegate.dev/freeze-untill, which looks like "
         "changegate.dev/freeze-until and does nothing\n" CURE "write changegate.dev/freeze-until\n"},
    };
    struct clinic *clinic = *state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        judge(clinic, &cases[i].written, &scope);
        clinic_says(clinic, cases[i].says);
    }
}

static void test_freezes(void **state)
{
    static const struct {
        struct written written;
        const char *says;
    } cases[] = {
        {{"a", {TIER("tier-1"), FREEZE("Deny")}, {{TEXT_EMPTY, TEXT_EMPTY}}},
         "warning  labels        " NS
         "changegate.dev/freeze=Deny, which is none of deny, delay, warn and denies\n" CURE
         "kubectl label namespace a --overwrite changegate.dev/freeze=deny\n"},
        {{"a", {TIER("tier-1"), FREEZE("true")}, {{TEXT_EMPTY, TEXT_EMPTY}}},
         "warning  labels        " NS
         "changegate.dev/freeze=true, which is none of deny, delay, warn and denies\n" CURE
         "say deny, delay or warn, or take it off: kubectl label namespace a changegate.dev/freeze-\n"},
        {{"a", {TIER("tier-1"), FREEZE("deny")}, {L("changegate.dev/freeze-until", "2026-12-02")}},
         "warning  labels        " NS
         "changegate.dev/freeze-until \"2026-12-02\", which is no time, and counts as no "
         "end\n" CURE "write it as RFC 3339, with an offset: 2026-12-02T06:00:00-05:00\n"},
        {{"a", {TIER("tier-1"), FREEZE("deny")}, {L("changegate.dev/freeze-until", "2026-11-28T12:00:00Z")}},
         "warning  labels        namespace a has been frozen until 2026-11-28T12:00:00Z, which is over\n" CURE
         "take it off: kubectl label namespace a changegate.dev/freeze-\n"},
        {{"a", {TIER("tier-1")}, {L("changegate.dev/freeze-until", "2026-12-02T06:00:00Z")}},
         "warning  labels        " NS
         "changegate.dev/freeze-until without the label changegate.dev/freeze: it is not "
         "frozen\n" CURE
         "kubectl label namespace a changegate.dev/freeze=deny, or take the annotation off\n"},
        {{"a", {FREEZE("deny")}, {{TEXT_EMPTY, TEXT_EMPTY}}},
         "warning  labels        " NS
         "the label changegate.dev/freeze, and no policy governs it: it is not frozen\n" CURE
         "give it the label of a policy, too\n"},
    };
    struct clinic *clinic = *state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        judge(clinic, &cases[i].written, &scope);
        clinic_says(clinic, cases[i].says);
    }
}

static void test_what_is_never_asked_about(void **state)
{
    static const struct written of_the_system = {
        "kube-system", {TIER("tier-1"), NAME_OF("kube-system")}, {{TEXT_EMPTY, TEXT_EMPTY}}};
    static const struct written mine = {"ops", {TIER("tier-1"), NAME_OF("ops")}, {{TEXT_EMPTY, TEXT_EMPTY}}},
                                left_out = {"quiet",
                                            {TIER("tier-1"), NAME_OF("quiet")},
                                            {{TEXT_EMPTY, TEXT_EMPTY}}},
                                good = {
                                    "shop", {TIER("tier-1"), NAME_OF("shop")}, {{TEXT_EMPTY, TEXT_EMPTY}}};
    struct clinic *clinic = *state;
    judge(clinic, &mine, &registered);
    clinic_says(clinic,
                "warning  labels        namespace ops is labelled as governed, and is never asked about: the "
                "cluster has to be able to repair itself\n" CURE
                "take the label off, so that nobody relies on it\n");
    judge(clinic, &of_the_system, &registered);
    assert_int_equal(clinic->report.items[0].level, DOCTOR_WARNING);
    clinic->report.count = 0;
    judge(clinic, &left_out, &registered);
    clinic_says(
        clinic,
        "fault    labels        namespace quiet is governed by policy tier-1, and the registration leaves "
        "it out\n" CURE "see the check policy, and excludedNamespaces of the chart\n");
    judge(clinic, &good, &registered);
    clinic_says(clinic,
                "ok       labels        1 of 1 namespaces are governed, and no label looks mistyped\n");
    judge(clinic, &left_out, &scope); /* where the registration is not known */
    clinic_says(clinic,
                "ok       labels        1 of 1 namespaces are governed, and no label looks mistyped\n");
}

static void test_distances(void **state)
{
    static const struct {
        const char *a, *b;
        unsigned distance;
    } cases[] = {
        {"", "", 0},         {"a", "a", 0},        {"", "ab", 2},        {"tier", "tire", 2},
        {"tier", "teer", 1}, {"tier", "tiers", 1}, {"abcdef", "xyz", 4}, {"kitten", "sitting", 3},
        {"ab", "", 2},
    };
    char long_text[200];
    (void)state;
    memset(long_text, 'a', sizeof(long_text));
    const struct text all = {long_text, sizeof(long_text)};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(doctor_edit_distance(text_of(cases[i].a), text_of(cases[i].b)), cases[i].distance);
        assert_int_equal(doctor_edit_distance(text_of(cases[i].b), text_of(cases[i].a)), cases[i].distance);
    }
    assert_int_equal(doctor_edit_distance(all, text_of("a")), 4);
    assert_int_equal(doctor_edit_distance(all, all), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {DOCTOR(test_what_is_fine), DOCTOR(test_what_is_mistyped),
                                       DOCTOR(test_freezes), DOCTOR(test_what_is_never_asked_about),
                                       DOCTOR(test_distances)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
