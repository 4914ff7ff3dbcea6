/* Each policies/NAME.yaml is a test: what NAME.expected says is the error it makes, "LINE:COLUMN: text", or,
 * for good-NAME.yaml, what the policies mean. */
#include "assert_text.h"
#include "policy_text.h"

#include "codec/policy_file.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct policy_case {
    char yaml[256], expected[256]; /* paths */
};

static struct text read_file(struct arena *arena, const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        fail_msg("%s cannot be opened", path);
    char *bytes = NULL;
    size_t length = 0, got;
    do {
        bytes = realloc(bytes, length + 4096);
        if (bytes == NULL)
            abort();
        got = fread(bytes + length, 1, 4096, file);
        length += got;
    } while (got > 0);
    fclose(file);
    struct text text = arena_copy(arena, (struct text){bytes, length});
    free(bytes);
    return text;
}

/* Relative to the directory of the cases. */
static bool read_named(void *context, struct text path, struct arena *arena, struct text *ret_bytes,
                       struct error *error)
{
    (void)context;
    const char *whole = arena_printf(arena, "%s/%.*s", CHANGEGATE_POLICIES, TEXT_ARGS(path)).at;
    if (access(whole, R_OK) != 0)
        return error_set(error, ERROR_SYSTEM, "%.*s: cannot be opened", TEXT_ARGS(path));
    *ret_bytes = read_file(arena, whole);
    return true;
}

static const struct policy_reading reading = {read_named, NULL};

static struct text read_policy(struct arena *arena, struct text bytes)
{
    struct error error = {0};
    struct policy_file *file;
    if (!policy_file_read(bytes, &reading, &file, &error))
        return arena_printf(arena, "%u:%u: %s\n", error.line, error.column, error.text);
    struct text text = policy_text(arena, policy_file_policies(file));
    policy_file_unref(file);
    return text;
}

/* The bytes end where the allocation ends, so that reading past them is noticed. */
static struct text without_slack(struct text bytes, char **ret_copy)
{
    *ret_copy = malloc(bytes.length == 0 ? 1 : bytes.length);
    if (*ret_copy == NULL)
        abort();
    memcpy(*ret_copy, bytes.at, bytes.length);
    return (struct text){*ret_copy, bytes.length};
}

static void test_case(void **state)
{
    const struct policy_case *it = *state;
    struct arena arena = {NULL, 0};
    char *copy;
    struct text actual = read_policy(&arena, without_slack(read_file(&arena, it->yaml), &copy));
    free(copy);
    struct text expected = read_file(&arena, it->expected);
    if (!text_equal(actual, expected))
        fprintf(stderr, "is:\n%.*swanted:\n%.*s", TEXT_ARGS(actual), TEXT_ARGS(expected)); /* may be long */
    bool same = text_equal(actual, expected);
    arena_done(&arena);
    assert_true(same);
}

static const struct text smallest =
    TEXT("{apiVersion: changegate.dev/v1alpha1, kind: ChangePolicy, metadata: {name: a}, "
         "spec: {approval: {idPattern: ^A$}}}");

/* A snapshot that is still used keeps the policies of a file that was replaced. */
static void test_the_last_reference_frees(void **state)
{
    (void)state;
    struct error error = {0};
    struct policy_file *file;
    assert_true(policy_file_read(smallest, NULL, &file, &error));
    assert_ptr_equal(policy_file_ref(file), file);
    policy_file_unref(file);
    const struct pattern *pattern = &policy_file_policies(file)->items[0].approval.id_pattern;
    assert_true(pattern->matches(pattern->program, text_of("A")));
    policy_file_unref(file);
    policy_file_unref(NULL);
}

static void test_a_failure_leaves_the_result_alone(void **state)
{
    (void)state;
    struct error error = {0};
    struct policy_file *file = NULL;
    for (size_t length = 0; length < smallest.length; length++) {
        if (policy_file_read(text_slice(smallest, 0, length), NULL, &file, &error))
            fail_msg("the first %zu bytes were taken for a policy", length);
        assert_null(file);
        assert_true(error.kind == ERROR_INPUT && error.line >= 1 && error.column >= 1);
    }
}

/* Where nothing reads files, a policy that names one says so. */
static void test_files_are_not_read(void **state)
{
    (void)state;
    static const struct text policy = TEXT(
        "{apiVersion: changegate.dev/v1alpha1, kind: ChangePolicy, metadata: {name: a}, spec: {approval: "
        "{sources: [Token]}, tokens: {audience: a, issuers: [b], keys: [{kid: k, pemFile: k.pem}]}}}");
    struct error error = {0};
    struct policy_file *file = NULL;
    assert_false(policy_file_read(policy, NULL, &file, &error));
    assert_string_equal(error.text,
                        "spec.tokens.keys[0].pemFile: is \"k.pem\", and no files are read here; write "
                        "the key itself, as pem or jwks");
}

static int is_yaml(const struct dirent *entry)
{
    return text_ends_with(text_of(entry->d_name), text_of(".yaml"));
}

static void add(struct CMUnitTest *test, const char *directory, const char *yaml, const char *expected)
{
    struct policy_case *it = calloc(1, sizeof(*it));
    if (it == NULL)
        abort();
    snprintf(it->yaml, sizeof(it->yaml), "%s/%s", directory, yaml);
    snprintf(it->expected, sizeof(it->expected), "%s/%s", CHANGEGATE_POLICIES, expected);
    *test = (struct CMUnitTest){strrchr(it->yaml, '/') + 1, test_case, NULL, NULL, it};
}

int main(void)
{
    enum { OTHERS = 3, REST = OTHERS + 2 }; /* beside the directory: two examples */
    struct dirent **names;
    int count = scandir(CHANGEGATE_POLICIES, &names, is_yaml, alphasort);
    if (count <= 0)
        return 1;
    const struct CMUnitTest others[OTHERS] = {cmocka_unit_test(test_the_last_reference_frees),
                                              cmocka_unit_test(test_a_failure_leaves_the_result_alone),
                                              cmocka_unit_test(test_files_are_not_read)};
    struct CMUnitTest *tests = calloc((size_t)count + REST, sizeof(*tests));
    if (tests == NULL)
        abort();
    memcpy(&tests[count], others, sizeof(others));
    add(&tests[count + OTHERS], CHANGEGATE_EXAMPLES, "policy.yaml", "good-example.expected");
    add(&tests[count + OTHERS + 1], CHANGEGATE_EXAMPLES, "policy-approvals.yaml",
        "good-example-approvals.expected");
    for (int i = 0; i < count; i++) {
        struct text name = text_of(names[i]->d_name);
        char expected[256];
        snprintf(expected, sizeof(expected), "%.*s.expected", (int)name.length - 5, name.at);
        add(&tests[i], CHANGEGATE_POLICIES, names[i]->d_name, expected);
        free(names[i]);
    }
    free(names);

    int failed = _cmocka_run_group_tests("policy files", tests, (size_t)count + REST, NULL, NULL);
    for (int i = 0; i < count + REST; i++)
        free(tests[i].initial_state);
    free(tests);
    return failed;
}
