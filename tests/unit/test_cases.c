/* The corpus at its first depth: every case of tests/cases/ through admit_handle, without a network. One test
 * a case, so that one that fails fails alone. tests/cases/README.md says what a case is. */
#include "assert_text.h"

#include "core/instant.h"
#include "edge/admit.h"

#include <dirent.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { PATH_BYTES = 512, CASES_MOST = 4096 };

/* A case marked `any` must not depend on the time, so it is asked at these. */
static const char *const any_times[] = {"2026-11-20T11:00:00Z", "2031-06-01T00:00:00Z"};

/* The bytes of a file, NUL behind them; NULL: there is none. The caller frees. */
static char *read_file(const char *path, size_t *ret_length)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return NULL;
    struct stat status;
    if (fstat(fileno(file), &status) != 0)
        fail_msg("%s: cannot be read", path);
    char *bytes = malloc((size_t)status.st_size + 1);
    *ret_length = fread(bytes, 1, (size_t)status.st_size, file);
    bytes[*ret_length] = '\0';
    fclose(file);
    return bytes;
}

/* A file of the case, or else the one that all cases share; empty where there is neither. The caller frees.
 */
static struct text case_file(const char *name, const char *file)
{
    char path[PATH_BYTES];
    size_t length = 0;
    snprintf(path, sizeof(path), "%s/%s/%s", CHANGEGATE_CASES, name, file);
    char *bytes = read_file(path, &length);
    if (bytes == NULL) {
        snprintf(path, sizeof(path), "%s/%s", CHANGEGATE_CASES, file);
        bytes = read_file(path, &length);
    }
    return (struct text){bytes, length};
}

static void free_text(struct text text)
{
    free((char *)(uintptr_t)text.at);
}

static struct snapshot *make_snapshot(const char *name, int64_t now_s)
{
    struct text policy_bytes = case_file(name, "policy.yaml"),
                namespace_bytes = case_file(name, "namespaces.yaml");
    struct policy_file *policies;
    struct namespace_store *store = namespace_store_new();
    struct error error = {0};
    if (!policy_file_read(policy_bytes, NULL, &policies, &error))
        fail_msg("policy.yaml:%u:%u: %s", error.line, error.column, error.text);
    if (!namespace_store_read(store, namespace_bytes, &error))
        fail_msg("namespaces.yaml:%u:%u: %s", error.line, error.column, error.text);
    struct calendars *calendars = calendars_build(policies, NULL, NULL, now_s);
    struct snapshot *snapshot = snapshot_build(policies, calendars, NULL, store);
    calendars_unref(calendars);
    namespace_store_free(store);
    policy_file_unref(policies);
    free_text(policy_bytes);
    free_text(namespace_bytes);
    return snapshot;
}

/* Every value that is not as wanted, with its path; the number of them. */
static unsigned differences(const json_t *is, const json_t *wanted, const char *path)
{
    char below[PATH_BYTES];
    unsigned count = 0;
    if (json_is_object(is) && json_is_object(wanted)) {
        const char *key;
        json_t *value;
        json_object_foreach((json_t *)(uintptr_t)wanted, key, value)
        {
            snprintf(below, sizeof(below), "%s.%s", path, key);
            count += differences(json_object_get(is, key), value, below);
        }
        json_object_foreach((json_t *)(uintptr_t)is, key, value)
        {
            snprintf(below, sizeof(below), "%s.%s", path, key);
            if (json_object_get(wanted, key) == NULL)
                count += differences(value, NULL, below);
        }
        return count;
    }
    if (json_is_array(is) && json_is_array(wanted) && json_array_size(is) == json_array_size(wanted)) {
        for (size_t i = 0; i < json_array_size(is); i++) {
            snprintf(below, sizeof(below), "%s[%zu]", path, i);
            count += differences(json_array_get(is, i), json_array_get(wanted, i), below);
        }
        return count;
    }
    /* Not by json_equal: codec/json.h has one of its own, and the linker takes that. */
    char *is_text = is == NULL ? strdup("(absent)") : json_dumps(is, JSON_ENCODE_ANY | JSON_SORT_KEYS);
    char *wanted_text =
        wanted == NULL ? strdup("(absent)") : json_dumps(wanted, JSON_ENCODE_ANY | JSON_SORT_KEYS);
    count = strcmp(is_text, wanted_text) != 0;
    if (count > 0) /* print_error cuts at 1024 bytes */
        fprintf(stderr, "%s\n  is:     %s\n  wanted: %s\n", path, is_text, wanted_text);
    free(is_text);
    free(wanted_text);
    return count;
}

static unsigned compare(const struct admit_answer *answer, const json_t *wanted)
{
    unsigned status = (unsigned)json_integer_value(json_object_get(wanted, "status")), count = 0;
    if (answer->http_status != status) {
        print_error("status is %u, wanted %u\n", answer->http_status, status);
        count++;
    }
    const char *start = json_string_value(json_object_get(wanted, "bodyStartsWith"));
    if (start != NULL) {
        if (text_starts_with(answer->body, text_of(start)))
            return count;
        print_error("body\n  is:                 %.*s\n  wanted to start with: %s\n", TEXT_ARGS(answer->body),
                    start);
        return count + 1;
    }
    bool is_json = strcmp(answer->content_type, "application/json") == 0;
    json_t *body = is_json ? json_loadb(answer->body.at, answer->body.length, JSON_REJECT_DUPLICATES, NULL)
                           : json_stringn(answer->body.at, answer->body.length);
    count += differences(body, json_object_get(wanted, "body"), "body");
    json_decref(body);
    return count;
}

static unsigned run_at(const char *name, struct text now, const json_t *wanted)
{
    int64_t now_s;
    if (!instant_parse(now, &now_s))
        fail_msg("now: \"%.*s\" is neither `any` nor a time", TEXT_ARGS(now));
    struct snapshot *snapshot = make_snapshot(name, now_s);
    struct text path = case_file(name, "path"), body = case_file(name, "review.json");
    struct metrics *metrics = metrics_new(1);
    struct admit *admit = admit_new(0, metrics, NULL, NULL);
    const struct admit_request request = {
        .method = TEXT("POST"),
        .path = path.at == NULL ? text_of("/validate") : text_trim(path),
        .query = TEXT("timeout=3s"),
        .content_type = TEXT("application/json"),
        .body = body,
    };
    unsigned count = 0;
    for (int round = 0; round < 2 && count == 0; round++) {
        struct admit_answer answer; /* the second time it finds what the first left in its buffers */
        admit_handle(admit, snapshot, &request, now_s, &answer);
        count += compare(&answer, wanted);
    }
    admit_free(admit);
    metrics_free(metrics);
    snapshot_unref(snapshot);
    free_text(path);
    free_text(body);
    return count;
}

static void run_case(void **state)
{
    const char *name = *state;
    struct text now = case_file(name, "now"), answer = case_file(name, "answer.json");
    json_error_t fault;
    json_t *wanted = json_loadb(answer.at, answer.length, JSON_REJECT_DUPLICATES, &fault);
    if (wanted == NULL)
        fail_msg("answer.json:%d: %s", fault.line, fault.text);

    unsigned count = 0;
    if (text_is(text_trim(now), "any"))
        for (size_t i = 0; i < sizeof(any_times) / sizeof(any_times[0]) && count == 0; i++)
            count += run_at(name, text_of(any_times[i]), wanted);
    else
        count += run_at(name, text_trim(now), wanted);

    json_decref(wanted);
    free_text(now);
    free_text(answer);
    assert_int_equal(count, 0);
}

static int is_case(const struct dirent *entry)
{
    char path[PATH_BYTES];
    struct stat status;
    snprintf(path, sizeof(path), "%s/%s/review.json", CHANGEGATE_CASES, entry->d_name);
    return stat(path, &status) == 0;
}

/* All cases, or those whose names are given. */
int main(int argc, char **argv)
{
    struct dirent **entries = NULL;
    static struct CMUnitTest tests[CASES_MOST];
    size_t count = 0;
    int found = scandir(CHANGEGATE_CASES, &entries, is_case, alphasort);
    if (found <= 0 || found > CASES_MOST) {
        fprintf(stderr, "%s: no cases, or too many\n", CHANGEGATE_CASES);
        return 1;
    }
    for (int i = 0; i < found; i++) {
        bool asked_for = argc == 1;
        for (int k = 1; k < argc; k++)
            asked_for |= strcmp(argv[k], entries[i]->d_name) == 0;
        if (asked_for)
            tests[count++] = (struct CMUnitTest){
                .name = entries[i]->d_name, .test_func = run_case, .initial_state = entries[i]->d_name};
    }
    int failed = _cmocka_run_group_tests("cases", tests, count, NULL, NULL);
    for (int i = 0; i < found; i++)
        free(entries[i]);
    free(entries);
    return failed;
}
