#include "manifest_windows.h"

#include "codec/ics_import.h"
#include "codec/ics_write.h"

#include <stdlib.h>
#include <string.h>

enum { NOW_S = 1794873600 }; /* 2026-11-17T00:00:00Z */

static const struct ics_event peak = {
    .start_s = 1795150800, /* 2026-11-20T05:00:00Z */
    .end_s = 1796209200,   /* 2026-12-02T11:00:00Z */
    .uid = TEXT("peak-season-1795150800@changegate.dev"),
    .summary = TEXT("Peak season"),
    .description = TEXT("Deny; ask #change-desk"),
    .url = TEXT("https://wiki.example.com/peak?a=1,2;b"),
};

static struct text write_one(struct json_text_buffer *out, struct ics_event event)
{
    json_text_clear(out);
    ics_write(&event, 1, text_of("freezes"), NOW_S, NOW_S + 365 * 86400, out);
    return json_text_view(out);
}

static bool holds(struct text text, const char *part)
{
    for (; text.length > 0; text = text_slice(text, 1, text.length))
        if (text_starts_with(text, text_of(part)))
            return true;
    return false;
}

static void test_the_whole(void **state)
{
    (void)state;
    struct json_text_buffer out = {NULL, 0, 0};
    assert_text(write_one(&out, peak), "BEGIN:VCALENDAR\r\n"
                                       "VERSION:2.0\r\n"
                                       "PRODID:-//changegate.dev//changegate//EN\r\n"
                                       "CALSCALE:GREGORIAN\r\n"
                                       "METHOD:PUBLISH\r\n"
                                       "X-WR-CALNAME:freezes\r\n"
                                       "REFRESH-INTERVAL;VALUE=DURATION:PT1H\r\n"
                                       "X-PUBLISHED-TTL:PT1H\r\n"
                                       "BEGIN:VEVENT\r\n"
                                       "UID:peak-season-1795150800@changegate.dev\r\n"
                                       "DTSTAMP:20261117T000000Z\r\n"
                                       "DTSTART:20261120T050000Z\r\n"
                                       "DTEND:20261202T110000Z\r\n"
                                       "SUMMARY:Peak season\r\n"
                                       "DESCRIPTION:Deny\\; ask #change-desk\r\n"
                                       "URL:https://wiki.example.com/peak?a=1,2;b\r\n"
                                       "TRANSP:OPAQUE\r\n"
                                       "END:VEVENT\r\n"
                                       "END:VCALENDAR\r\n");
    json_text_done(&out);
}

static void test_no_events(void **state)
{
    (void)state;
    struct json_text_buffer out = {NULL, 0, 0};
    ics_write(NULL, 0, TEXT_EMPTY, NOW_S, NOW_S, &out);
    assert_true(holds(json_text_view(&out), "X-WR-CALNAME:\r\n"));
    assert_false(holds(json_text_view(&out), "VEVENT"));
    json_text_done(&out);
}

static void test_no_known_end(void **state)
{
    (void)state;
    struct json_text_buffer out = {NULL, 0, 0};
    struct ics_event event = peak;
    event.end_s = ICS_NO_END;
    struct text text = write_one(&out, event);
    assert_true(holds(text, "DTEND:20271117T000000Z\r\n"));
    assert_true(holds(text, "DESCRIPTION:Deny\\; ask #change-desk\\nno known end\r\n"));
    event.description = TEXT_EMPTY;
    event.start_s = NOW_S + 400 * (int64_t)86400; /* past the horizon */
    text = write_one(&out, event);
    assert_true(holds(text, "DTSTART:20271222T000000Z\r\nDTEND:20271223T000000Z\r\n"));
    assert_true(holds(text, "DESCRIPTION:no known end\r\n"));
    json_text_done(&out);
}

static void test_texts_add_no_lines(void **state)
{
    (void)state;
    struct json_text_buffer out = {NULL, 0, 0};
    struct ics_event event = peak;
    event.summary = (struct text)TEXT("a\r\nEND:VEVENT\n\\ , \x01\x7f\t \xff\xc0\x80");
    event.url = (struct text)TEXT("https://x/\r\nEND:VCALENDAR \"\xc3\xa9");
    struct text text = write_one(&out, event);
    assert_true(
        holds(text, "SUMMARY:a\\nEND:VEVENT\\n\\\\ \\,   \t \xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\r\n"));
    assert_true(holds(text, "URL:https://x/%0D%0AEND:VCALENDAR%20%22%C3%A9\r\n"));
    json_text_done(&out);
}

static void test_years_that_cannot_be_written(void **state)
{
    (void)state;
    struct json_text_buffer out = {NULL, 0, 0};
    struct ics_event event = peak;
    event.start_s = INT64_MIN;
    event.end_s = INT64_MAX - 1;
    assert_true(holds(write_one(&out, event), "DTSTART:00010101T000000Z\r\nDTEND:99991231T235959Z\r\n"));
    json_text_done(&out);
}

/* No line over 75 octets, none that ends within a character, and unfolded the text is whole again. */
static void check_folding(struct text text, struct text summary)
{
    char *unfolded = malloc(text.length + 1);
    size_t length = 0;
    assert_non_null(unfolded);
    while (text.length > 0) {
        struct text line = text_slice(text, 0, text_find(text, '\n') + 1);
        text = text_slice(text, line.length, text.length);
        assert_true(line.length <= 77 && text_ends_with(line, text_of("\r\n")));
        line.length -= 2;
        for (struct text rest = line; rest.length > 0;) {
            size_t step = text_utf8_length(rest);
            assert_true(step > 0);
            rest = text_slice(rest, step, rest.length);
        }
        bool folded = line.at[0] == ' ';
        if (!folded)
            unfolded[length++] = '\n';
        memcpy(unfolded + length, line.at + folded, line.length - folded);
        length += line.length - folded;
    }
    unfolded[length] = '\0';
    const char *found = strstr(unfolded, "\nSUMMARY:");
    assert_non_null(found);
    assert_true(text_starts_with(text_of(found + strlen("\nSUMMARY:")), summary));
    free(unfolded);
}

static void test_folding(void **state)
{
    (void)state;
    static const char *const characters[] = {"a", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x9b\x91"};
    struct json_text_buffer out = {NULL, 0, 0}, summary = {NULL, 0, 0};
    for (size_t kind = 0; kind < 4; kind++)
        for (size_t offset = 0; offset < 4; offset++) {
            json_text_clear(&summary);
            for (size_t i = 0; i < offset; i++)
                json_text_raw_str(&summary, "-");
            for (size_t i = 0; i < 200; i++)
                json_text_raw_str(&summary, characters[kind]);
            struct ics_event event = peak;
            event.summary = json_text_view(&summary);
            check_folding(write_one(&out, event), event.summary);
        }
    json_text_done(&summary);
    json_text_done(&out);
}

/* What is written comes back as windows that are on for the same seconds. */
static void test_import_reads_it(void **state)
{
    (void)state;
    static const struct ics_event events[] = {
        {1795150800, 1796209200, TEXT("one"), TEXT("Peak season"), TEXT("ask"), TEXT("https://x/")},
        {1792890000, 1792893600, TEXT("two"), TEXT("an hour, that comes twice; in Europe"), TEXT(""),
         TEXT("")},
        {172800, 172801, TEXT("three\r\nEND:VEVENT"), TEXT("\\n \"\xf0\x9f\x9b\x91\" a\nb\x01\xff"), TEXT(""),
         TEXT("")},
        {NOW_S, ICS_NO_END, TEXT("four"), TEXT(""), TEXT("until it is removed"), TEXT("")},
        {4102444799, 32503507199, TEXT("five"), TEXT("nearly to the end of 2999"), TEXT(""), TEXT("")},
    };
    enum { EVENTS = sizeof(events) / sizeof(events[0]), HORIZON_S = NOW_S + 365 * 86400 };
    struct arena arena = {NULL, 0};
    struct json_text_buffer out = {NULL, 0, 0}, yaml = {NULL, 0, 0}, said = {NULL, 0, 0};
    struct ics_import_options options = {.action = TEXT("Deny")};
    struct ics_import_counts counts;
    struct error error = {0};
    size_t count;
    ics_write(events, EVENTS, text_of("freezes"), NOW_S, HORIZON_S, &out);
    assert_true(ics_import(json_text_view(&out), &options, &yaml, &said, &counts, &error));
    assert_text(json_text_view(&said), "");
    const struct window *windows = manifest_windows(&arena, json_text_view(&yaml), &count);
    assert_true(count == EVENTS && counts.windows == EVENTS && counts.incomplete == 0);
    for (size_t i = 0; i < EVENTS; i++) {
        int64_t end_s = events[i].end_s == ICS_NO_END ? HORIZON_S : events[i].end_s;
        assert_true(windows[i].once_count == 1 && windows[i].recurring_count == 0);
        assert_int_equal(windows[i].once[0].start_s, events[i].start_s);
        assert_int_equal(windows[i].once[0].end_s, end_s);
    }
    assert_text(windows[0].said.reason, "Peak season");
    assert_text(windows[0].said.url, "https://x/");
    assert_text(windows[2].said.reason, "\\n \"\xf0\x9f\x9b\x91\" a b \xef\xbf\xbd");
    json_text_done(&out);
    json_text_done(&yaml);
    json_text_done(&said);
    arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_whole),
        cmocka_unit_test(test_no_events),
        cmocka_unit_test(test_no_known_end),
        cmocka_unit_test(test_texts_add_no_lines),
        cmocka_unit_test(test_years_that_cannot_be_written),
        cmocka_unit_test(test_folding),
        cmocka_unit_test(test_import_reads_it),
    };
    return cmocka_run_group_tests_name("ics_write", tests, NULL, NULL);
}
