/* What approvals in force cost a decision: one rollout decided with one Approval there is, and with
 * thousands, in turn, in one run. Prints nanoseconds a decision and the ratios.
 *
 * usage: approvals_cost REVIEW.json [ROUNDS]        the review is a Rollout of Deployment shop/web */
#include "codec/approval_object.h"
#include "edge/admit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MANY = 10000, BATCH = 500, ROUNDS_USUAL = 15 };

static const char policy_text[] =
    "apiVersion: changegate.dev/v1alpha1\nkind: ChangePolicy\nmetadata: {name: people}\nspec:\n"
    "  namespaceSelector: {matchLabels: {changegate.dev/tier: tier-1}}\n"
    "  approval: {sources: [Approval], reuse: Allow}\n";
static const char namespaces_text[] =
    "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {changegate.dev/tier: tier-1}}\n";
static const int64_t now_s = 1795172400;

/* Where the approvals are that are not the one. */
enum scene { SCENE_ONE, SCENE_OTHERS, SCENE_SAME, SCENE_COUNT };
static const char *const scene_names[] = {"1 approval", "10,000 of other workloads",
                                          "10,000 of this workload, for other templates"};

static void put(struct approval_store *store, unsigned number, struct text workload, struct text digest)
{
    char name[32], change[32];
    snprintf(name, sizeof(name), "approval-%u", number);
    snprintf(change, sizeof(change), "CHG%07u", number);
    struct approval_listed listed = {
        .namespace = TEXT("shop"),
        .approval = {.source = SOURCE_APPROVAL,
                     .name = text_of(name),
                     .change_id = text_of(change),
                     .kind = TEXT("Deployment"),
                     .workload = workload,
                     .digest = digest,
                     .approver = TEXT("bob"),
                     .created_s = now_s - 60,
                     .expires_s = now_s + 3600},
    };
    approval_store_put(store, &listed);
}

static struct approval_index *make_index(enum scene scene, struct text digest)
{
    struct approval_store *store = approval_store_new();
    put(store, 0, text_of("web"), digest);
    for (unsigned i = 1; scene != SCENE_ONE && i < MANY; i++) {
        char workload[32], other[DIGEST_TEXT_LENGTH + 1];
        snprintf(workload, sizeof(workload), "web-%u", i);
        snprintf(other, sizeof(other), "sha256:%064x", i);
        put(store, i, text_of(scene == SCENE_SAME ? "web" : workload), text_of(other));
    }
    struct approval_index *index = approval_index_build(store, now_s);
    approval_store_free(store);
    return index;
}

static struct snapshot *make_snapshot(enum scene scene, struct text digest)
{
    struct policy_file *policies;
    struct error error = {0};
    struct namespace_store *namespaces = namespace_store_new();
    if (!policy_file_read(text_of(policy_text), NULL, &policies, &error) ||
        !namespace_store_read(namespaces, text_of(namespaces_text), &error)) {
        fprintf(stderr, "approvals_cost: %s\n", error.text);
        exit(1);
    }
    struct calendars *calendars = calendars_build(policies, NULL, NULL, now_s);
    struct approval_index *index = digest.length == 0 ? NULL : make_index(scene, digest);
    struct snapshot *snapshot = snapshot_build(policies, calendars, index, namespaces);
    approval_index_unref(index);
    calendars_unref(calendars);
    namespace_store_free(namespaces);
    policy_file_unref(policies);
    return snapshot;
}

static struct text read_file(const char *path)
{
    enum { BYTES_MOST = 1 << 20 };
    char *bytes = malloc(BYTES_MOST);
    FILE *file = fopen(path, "rb");
    if (bytes == NULL || file == NULL) {
        fprintf(stderr, "approvals_cost: %s: cannot be read\n", path);
        exit(2);
    }
    size_t length = fread(bytes, 1, BYTES_MOST, file);
    fclose(file);
    return (struct text){bytes, length};
}

static struct text ask(struct admit *admit, struct snapshot *snapshot, struct text body)
{
    const struct admit_request request = {
        .method = TEXT("POST"),
        .path = TEXT("/validate"),
        .content_type = TEXT("application/json"),
        .body = body,
    };
    struct admit_answer answer;
    admit_handle(admit, snapshot, &request, now_s, &answer);
    return answer.body;
}

/* The digest to approve, as the refusal of an unapproved change says it. */
static struct text digest_of(struct admit *admit, struct text body)
{
    static char digest[DIGEST_TEXT_LENGTH];
    struct snapshot *snapshot = make_snapshot(SCENE_ONE, TEXT_EMPTY);
    struct text answer = ask(admit, snapshot, body);
    while (answer.length >= sizeof(digest) && !text_starts_with(answer, text_of("sha256:")))
        answer = text_slice(answer, 1, answer.length);
    if (answer.length < sizeof(digest)) {
        fputs("approvals_cost: the review is refused without a digest to approve\n", stderr);
        exit(1);
    }
    memcpy(digest, answer.at, sizeof(digest));
    snapshot_unref(snapshot);
    return (struct text){digest, sizeof(digest)};
}

/* What is refused is not what is to be measured. */
static void must_pass(struct text answer)
{
    static const struct text allowed = TEXT("\"allowed\":true");
    while (answer.length > 0 && !text_starts_with(answer, allowed))
        answer = text_slice(answer, 1, answer.length);
    if (answer.length == 0) {
        fputs("approvals_cost: the review is refused although it is approved\n", stderr);
        exit(1);
    }
}

static double batch_ns(struct admit *admit, struct snapshot *snapshot, struct text body)
{
    struct timespec begin, end;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &begin);
    for (int i = 0; i < BATCH; i++)
        (void)ask(admit, snapshot, body);
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &end);
    return ((double)(end.tv_sec - begin.tv_sec) * 1e9 + (double)(end.tv_nsec - begin.tv_nsec)) / BATCH;
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        fputs("usage: approvals_cost REVIEW.json [ROUNDS]\n", stderr);
        return 2;
    }
    struct metrics *metrics = metrics_new(1);
    struct admit *admit = admit_new(0, metrics, NULL, NULL);
    struct text body = read_file(argv[1]), digest = digest_of(admit, body);
    long rounds = argc > 2 ? strtol(argv[2], NULL, 10) : ROUNDS_USUAL;
    struct snapshot *snapshots[SCENE_COUNT];
    double best_ns[SCENE_COUNT];
    for (int scene = 0; scene < SCENE_COUNT; scene++) {
        snapshots[scene] = make_snapshot((enum scene)scene, digest);
        must_pass(ask(admit, snapshots[scene], body));
        best_ns[scene] = batch_ns(admit, snapshots[scene], body);
    }
    for (long round = 0; round < rounds; round++) {
        for (int scene = 0; scene < SCENE_COUNT; scene++) {
            double ns = batch_ns(admit, snapshots[scene], body);
            best_ns[scene] = ns < best_ns[scene] ? ns : best_ns[scene];
        }
    }
    puts("| approvals in force | ns a decision | of one |\n|---|--:|--:|");
    for (int scene = 0; scene < SCENE_COUNT; scene++) {
        printf("| %s | %.0f | %.2f |\n", scene_names[scene], best_ns[scene], best_ns[scene] / best_ns[0]);
        snapshot_unref(snapshots[scene]);
    }
    admit_free(admit);
    metrics_free(metrics);
    free((char *)(uintptr_t)body.at);
    return 0;
}
