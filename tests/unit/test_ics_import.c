/* Each calendars/NAME.ics is a test: NAME.expected says what it becomes, NAME.said what is said about it.
 * NAME.options holds the options where there are any, each "name value" on a line of its own. Of a file that
 * cannot be used NAME.said is the error, "LINE: text", and there is no NAME.expected.
 * CHANGEGATE_WRITE_EXPECTED=1 writes them anew, to be read in the diff. */
#include "manifest_windows.h"

#include "codec/ics_import.h"
#include "core/arena.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

struct calendar_case {
    char name[256];
};

static char *path_of(const char *name, const char *suffix)
{
    static char path[512];
    snprintf(path, sizeof(path), "%s/%s%s", CHANGEGATE_CALENDARS, name, suffix);
    return path;
}

/* Empty where there is no such file. */
static struct text read_file(struct arena *arena, const char *path)
{
    char *bytes = NULL;
    size_t length = 0, got = 0;
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return TEXT_EMPTY;
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

static void compare(struct arena *arena, const char *name, const char *suffix, struct text actual)
{
    const char *path = path_of(name, suffix);
    if (getenv("CHANGEGATE_WRITE_EXPECTED") != NULL)
        remove(path);
    if (getenv("CHANGEGATE_WRITE_EXPECTED") != NULL && actual.length > 0) {
        FILE *file = fopen(path, "wb");
        assert_non_null(file);
        fwrite(actual.at, 1, actual.length, file);
        fclose(file);
    }
    struct text expected = read_file(arena, path);
    if (!text_equal(actual, expected))
        fail_msg("%s is:\n%.*swanted:\n%.*s", path, TEXT_ARGS(actual), TEXT_ARGS(expected));
}

static void take_option(struct text line, struct ics_import_options *options, struct ics_zone_name *zone)
{
    struct text name = text_slice(line, 0, text_find(line, ' '));
    struct text value = text_slice(line, name.length + 1, line.length);
    if (text_is(name, "time-zone"))
        options->time_zone = value;
    else if (text_is(name, "action"))
        options->action = value;
    else if (text_is(name, "name-prefix"))
        options->name_prefix = value;
    else {
        size_t equals = text_find(value, '=');
        *zone =
            (struct ics_zone_name){text_slice(value, 0, equals), text_slice(value, equals + 1, value.length)};
        options->zones = zone;
        options->zone_count = 1;
    }
}

static void test_case(void **state)
{
    const struct calendar_case *it = *state;
    struct arena arena = {NULL, 0};
    struct json_text_buffer out = {NULL, 0, 0}, said = {NULL, 0, 0};
    struct ics_import_counts counts = {0, 0};
    struct ics_import_options options = {.action = TEXT("Deny")};
    struct ics_zone_name zone;
    struct error error = {0};
    struct text lines = read_file(&arena, path_of(it->name, ".options"));
    while (lines.length > 0) {
        struct text line = text_slice(lines, 0, text_find(lines, '\n'));
        lines = text_slice(lines, line.length + 1, lines.length);
        take_option(line, &options, &zone);
    }
    struct text bytes = read_file(&arena, path_of(it->name, ".ics"));
    char *exact = malloc(bytes.length); /* so that reading past the bytes is noticed */
    if (exact == NULL)
        abort();
    memcpy(exact, bytes.at, bytes.length);
    bool good = ics_import((struct text){exact, bytes.length}, &options, &out, &said, &counts, &error);
    free(exact);
    struct text failure = arena_printf(&arena, "%u: %s\n", error.line, error.text);
    compare(&arena, it->name, ".expected", json_text_view(&out));
    compare(&arena, it->name, ".said", good ? json_text_view(&said) : failure);
    assert_true(good || out.length == 0);
    size_t windows = 0;
    manifest_windows(&arena, json_text_view(&out), &windows);
    assert_true(windows == counts.windows);
    json_text_done(&out);
    json_text_done(&said);
    arena_done(&arena);
}

/* A calendar that was cut short might lack a freeze: it is refused as a whole wherever the cut is. */
static void test_a_cut_is_noticed(void **state)
{
    (void)state;
    struct arena arena = {NULL, 0};
    struct json_text_buffer out = {NULL, 0, 0}, said = {NULL, 0, 0};
    struct ics_import_counts counts = {7, 7};
    struct ics_import_options options = {.action = TEXT("Deny")};
    struct text bytes = read_file(&arena, path_of("google", ".ics"));
    for (size_t length = 0; length < bytes.length - strlen("\r\n"); length++) {
        struct error error = {0};
        char *exact = malloc(length == 0 ? 1 : length);
        if (exact == NULL)
            abort();
        memcpy(exact, bytes.at, length);
        bool good = ics_import((struct text){exact, length}, &options, &out, &said, &counts, &error);
        free(exact);
        assert_false(good);
        assert_true(error.kind == ERROR_INPUT && error.line > 0 && out.length == 0 && said.length == 0);
    }
    assert_true(counts.windows == 7 && counts.incomplete == 7);
    json_text_done(&out);
    json_text_done(&said);
    arena_done(&arena);
}

static int is_calendar(const struct dirent *entry)
{
    return text_ends_with(text_of(entry->d_name), text_of(".ics"));
}

static void test_name_prefixes(void **state)
{
    (void)state;
    static const char *const good[] = {"", "a", "a-", "a.", "a.b-", "9", "a--b."};
    static const char *const bad[] = {
        "-",   ".",   "a..",
        "a.-", "a-.", "A",
        "a_",  "a b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"};
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        assert_true(ics_name_prefix_fits(text_of(good[i])));
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(ics_name_prefix_fits(text_of(bad[i])));
}

int main(void)
{
    struct dirent **names;
    int count = scandir(CHANGEGATE_CALENDARS, &names, is_calendar, alphasort);
    if (count <= 0)
        return 1;
    struct calendar_case *cases = calloc((size_t)count, sizeof(*cases));
    struct CMUnitTest *tests = calloc((size_t)count + 2, sizeof(*tests));
    if (cases == NULL || tests == NULL)
        abort();
    for (int i = 0; i < count; i++) {
        struct text name = text_of(names[i]->d_name);
        snprintf(cases[i].name, sizeof(cases[i].name), "%.*s", (int)name.length - 4, name.at);
        tests[i] = (struct CMUnitTest){cases[i].name, test_case, NULL, NULL, &cases[i]};
        free(names[i]);
    }
    free(names);
    tests[count] = (struct CMUnitTest)cmocka_unit_test(test_name_prefixes);
    tests[count + 1] = (struct CMUnitTest)cmocka_unit_test(test_a_cut_is_noticed);

    int failed = _cmocka_run_group_tests("calendars", tests, (size_t)count + 2, NULL, NULL);
    free(tests);
    free(cases);
    return failed;
}
