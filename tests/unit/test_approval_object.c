/* Each approvals/NAME.json is a review of an Approval; NAME.expected says what is read from it: its faults,
 * the patch that stamps it, and what it is once it is listed. Patches are applied to see that they settle. */
#include "assert_text.h"
#include "json_patch.h"

#include "approval_reading.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

static struct text read_file(struct arena *arena, const char *name, const char *suffix)
{
    char path[512], bytes[16384];
    snprintf(path, sizeof(path), "%s/%s%s", CHANGEGATE_APPROVALS, name, suffix);
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        fail_msg("%s cannot be opened", path);
    size_t length = fread(bytes, 1, sizeof(bytes), file);
    fclose(file);
    assert_true(length < sizeof(bytes));
    return arena_copy(arena, (struct text){bytes, length});
}

/* What /mutate makes of it, /mutate leaves as it is. */
static void assert_settled(struct arena *arena, struct text review, struct text patch)
{
    json_t *root = json_loadb(review.at, review.length, JSON_ALLOW_NUL, NULL);
    json_t *operations = json_loadb(patch.at, patch.length, JSON_ALLOW_NUL, NULL);
    assert_non_null(operations);
    assert_true(json_patch_apply(json_object_get(json_object_get(root, "request"), "object"), operations));
    char *patched = json_dumps(root, JSON_COMPACT);
    assert_text(approval_patch_of(arena, text_of(patched)), "");
    free(patched);
    json_decref(operations);
    json_decref(root);
}

static void test_case(void **state)
{
    struct arena arena = {NULL, 0};
    struct text review = read_file(&arena, *state, ".json");
    struct text expected = read_file(&arena, *state, ".expected");
    struct text actual = approval_reading_of(&arena, review), patch = approval_patch_of(&arena, review);
    if (!text_equal(actual, expected))
        fprintf(stderr, "is:\n%.*swanted:\n%.*s", TEXT_ARGS(actual), TEXT_ARGS(expected));
    bool same = text_equal(actual, expected);
    if (patch.length > 0)
        assert_settled(&arena, review, patch);
    arena_done(&arena);
    assert_true(same);
}

static int is_json(const struct dirent *entry)
{
    return text_ends_with(text_of(entry->d_name), text_of(".json"));
}

int main(void)
{
    struct dirent **entries;
    int count = scandir(CHANGEGATE_APPROVALS, &entries, is_json, alphasort);
    if (count <= 0)
        return 1;
    struct CMUnitTest *tests = calloc((size_t)count, sizeof(*tests));
    for (int i = 0; tests != NULL && i < count; i++) {
        char *name = entries[i]->d_name;
        name[strlen(name) - strlen(".json")] = '\0';
        tests[i] = (struct CMUnitTest){name, test_case, NULL, NULL, name};
    }
    int failed = _cmocka_run_group_tests("approvals", tests, (size_t)count, NULL, NULL);
    for (int i = 0; i < count; i++)
        free(entries[i]);
    free(entries);
    free(tests);
    return failed;
}
