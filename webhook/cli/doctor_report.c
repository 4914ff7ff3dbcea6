#include "cli/doctor_report.h"

#include <stdio.h>

enum { QUOTE_BYTES_MOST = 1000, LEVEL_WIDTH = 9, CHECK_WIDTH = 14 };

static const char *const level_names[] = {"ok", "warning", "fault"};

void doctor_say(struct doctor_report *report, enum doctor_level level, const char *check, const char *format,
                ...)
{
    if (report->count == report->capacity) {
        report->capacity = 2 * report->capacity + 32;
        struct doctor_finding *more = arena_alloc_array(report->arena, report->capacity, sizeof(*more));
        for (size_t i = 0; i < report->count; i++)
            more[i] = report->items[i];
        report->items = more;
    }
    va_list args;
    va_start(args, format);
    report->items[report->count++] =
        (struct doctor_finding){level, check, arena_vprintf(report->arena, format, args), TEXT_EMPTY};
    va_end(args);
}

void doctor_cure(struct doctor_report *report, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    report->items[report->count - 1].cure = arena_vprintf(report->arena, format, args);
    va_end(args);
}

struct text doctor_quote(const struct doctor_report *report, struct text text)
{
    return text_quote(report->arena, text, QUOTE_BYTES_MOST);
}

size_t doctor_count(const struct doctor_report *report, enum doctor_level level)
{
    size_t count = 0;
    for (size_t i = 0; i < report->count; i++)
        count += report->items[i].level == level ? 1 : 0;
    return count;
}

bool doctor_is_well(const struct doctor_report *report, size_t from)
{
    for (size_t i = from; i < report->count; i++)
        if (report->items[i].level != DOCTOR_OK)
            return false;
    return true;
}

/* ---- text ---- */

static void pad(struct json_text_buffer *out, const char *word, size_t width)
{
    json_text_raw_str(out, word);
    for (size_t i = strlen(word); i < width; i++)
        json_text_raw_str(out, " ");
}

static bool cure_follows(const struct doctor_report *report, size_t i)
{
    return i + 1 < report->count && strcmp(report->items[i].check, report->items[i + 1].check) == 0 &&
           text_equal(report->items[i].cure, report->items[i + 1].cure);
}

static void write_totals(const struct doctor_report *report, struct json_text_buffer *out)
{
    char line[100];
    size_t faults = doctor_count(report, DOCTOR_FAULT), warnings = doctor_count(report, DOCTOR_WARNING);
    snprintf(line, sizeof(line), "%zu fault%s, %zu warning%s\n", faults, faults == 1 ? "" : "s", warnings,
             warnings == 1 ? "" : "s");
    json_text_raw_str(out, line);
}

void doctor_write_text(const struct doctor_report *report, struct json_text_buffer *out)
{
    for (size_t i = 0; i < report->count; i++) {
        const struct doctor_finding *finding = &report->items[i];
        pad(out, level_names[finding->level], LEVEL_WIDTH);
        pad(out, finding->check, CHECK_WIDTH);
        json_text_raw(out, finding->text);
        json_text_raw_str(out, "\n");
        if (finding->cure.length == 0 || cure_follows(report, i))
            continue;
        pad(out, "", LEVEL_WIDTH + CHECK_WIDTH);
        json_text_raw_str(out, "cure: ");
        json_text_raw(out, finding->cure);
        json_text_raw_str(out, "\n");
    }
    write_totals(report, out);
}

/* ---- JSON ---- */

void doctor_write_json(const struct doctor_report *report, struct json_text_buffer *out)
{
    json_text_raw_str(out, "{\"findings\":[");
    for (size_t i = 0; i < report->count; i++) {
        const struct doctor_finding *finding = &report->items[i];
        json_text_element(out);
        json_text_raw_str(out, "{");
        json_text_member(out, "level", text_of(level_names[finding->level]));
        json_text_member(out, "check", text_of(finding->check));
        json_text_member(out, "text", finding->text);
        json_text_key(out, "cure");
        if (finding->cure.length > 0)
            json_text_string(out, finding->cure);
        else
            json_text_raw_str(out, "null");
        json_text_raw_str(out, "}");
    }
    json_text_raw_str(out, "],\"faults\":");
    json_text_integer(out, (int64_t)doctor_count(report, DOCTOR_FAULT));
    json_text_raw_str(out, ",\"warnings\":");
    json_text_integer(out, (int64_t)doctor_count(report, DOCTOR_WARNING));
    json_text_raw_str(out, "}\n");
}
