/* What the tests of holds in reviews share: objects that are held, and the change between two objects. */
#ifndef CHANGEGATE_TESTS_REVIEW_FIXTURE_H
#define CHANGEGATE_TESTS_REVIEW_FIXTURE_H

#include "json_fixture.h"

#include "codec/hold.h"
#include "codec/review.h"

#define TEMPLATE(version) "\"template\":{\"spec\":{\"image\":\"" version "\"}}"
/* printf '{"spec":{"image":"0"}}' | sha256sum */
#define DIGEST_0  "sha256:d790d5bd47179cd328d66adcbb524415de6d57401d3eb5866f3925caf79b5223"
#define RUNS_0    "\\\"running\\\":{\\\"digest\\\":\\\"" DIGEST_0 "\\\"},"
#define PAUSED(v) "\\\"spec.paused\\\":" v

/* An annotation as a JSON string; `running` ends in a comma or is empty. */
#define HOLD(class, running, restore)                                                                    \
    "\"{\\\"since\\\":\\\"2026-11-20T11:00:00Z\\\",\\\"class\\\":\\\"" class "\\\"," running             \
                                                                             "\\\"restore\\\":{" restore \
                                                                             "}}\""
#define MARKS(hold) \
    "\"labels\":{\"changegate.dev/held\":\"true\"},\"annotations\":{\"changegate.dev/hold\":" hold "}"
#define OBJECT(metadata, spec)              "{\"metadata\":{\"generation\":2" metadata "},\"spec\":{" spec "}}"
#define HELD(class, running, restore, spec) OBJECT("," MARKS(HOLD(class, running, restore)), spec)

static struct arena arena;
static struct review review;

/* The change from `before` (NULL: a creation) to `after`. */
static inline struct change change_of(struct fixture *fixture, const char *group, const char *resource,
                                      const char *before, const char *after, const struct policy *policy)
{
    static char body[8192];
    struct change change = {0};
    struct text uid;
    struct error error;
    arena_reset(&arena);
    snprintf(body, sizeof(body),
             "{\"kind\":\"AdmissionReview\",\"apiVersion\":\"admission.k8s.io/"
             "v1\",\"request\":{\"uid\":\"1\",\"kind\":{"
             "\"kind\":\"X\"},\"resource\":{\"group\":\"%s\",\"version\":\"v1\",\"resource\":\"%s\"},"
             "\"namespace\":\"shop\","
             "\"operation\":\"%s\",\"userInfo\":{\"username\":\"ann\"},\"object\":%s,\"oldObject\":%s}}",
             group, resource, before == NULL ? "CREATE" : "UPDATE", after, before == NULL ? "null" : before);
    if (!review_open(fixture->reader, text_of(body), &review, &uid, &error) ||
        !review_read_change(&review, policy, false, &arena, &fixture->out, &change, &error))
        fail_msg("%s: %s", error.text, body);
    return change;
}

static inline struct change deployment(void **state, const char *before, const char *after)
{
    return change_of(*state, "apps", "deployments", before, after, NULL);
}

#define ROLLOUT CLASS_BIT(CLASS_ROLLOUT)
#define RESUME  CLASS_BIT(CLASS_RESUME)
#define NOTHING CLASS_BIT(CLASS_METADATA)

static const char held_1[] = HELD("Rollout", RUNS_0, PAUSED("null"), TEMPLATE("1") ",\"paused\":true");

static inline int done(void **state)
{
    arena_done(&arena);
    return teardown(state);
}

#define REVIEW(test) cmocka_unit_test_setup_teardown(test, setup, done)

#endif
