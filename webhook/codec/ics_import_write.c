/* FreezeWindow manifests as YAML 1.1 and 1.2 alike. */
#include "ics_import_private.h"

#include "core/instant.h"

#include <openssl/sha.h>
#include <stdio.h>

enum { SLUG_BYTES_MOST = 40, HASH_BYTES = 5, PREFIX_BYTES_MOST = 63 };

/* ---- metadata.name ---- */

static bool is_lower_alnum(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool ics_name_prefix_fits(struct text prefix)
{
    char before = '.';
    for (size_t i = 0; i < prefix.length; i++) {
        char c = prefix.at[i];
        bool inside =
            is_lower_alnum(c) || (c == '-' && before != '.') || (c == '.' && is_lower_alnum(before));
        if (!inside)
            return false;
        before = c;
    }
    return prefix.length <= PREFIX_BYTES_MOST;
}

/* Letters and digits; what lies between becomes one '-'. */
static struct text slug(struct arena *arena, struct text summary)
{
    char *at = arena_alloc(arena, SLUG_BYTES_MOST + 1);
    size_t length = 0;
    for (size_t i = 0; i < summary.length && length < SLUG_BYTES_MOST; i++) {
        char c = summary.at[i];
        if (c >= 'A' && c <= 'Z')
            c = (char)(c - 'A' + 'a');
        if (is_lower_alnum(c))
            at[length++] = c;
        else if (c != '\'' && length > 0 && at[length - 1] != '-')
            at[length++] = '-';
    }
    while (length > 0 && at[length - 1] == '-')
        length--;
    return length == 0 ? text_of("event") : (struct text){at, length};
}

struct text ics_window_name(struct arena *arena, struct text prefix, struct text summary, struct text uid)
{
    unsigned char hash[SHA256_DIGEST_LENGTH];
    SHA256((const unsigned char *)uid.at, uid.length, hash);
    char hex[2 * HASH_BYTES + 1];
    for (size_t i = 0; i < HASH_BYTES; i++)
        snprintf(hex + 2 * i, 3, "%02x", hash[i]);
    return arena_printf(arena, "%.*s%.*s-%s", TEXT_ARGS(prefix), TEXT_ARGS(slug(arena, summary)), hex);
}

/* ---- YAML ---- */

static unsigned code_point(struct text character)
{
    static const unsigned char first_bits[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    unsigned code = (unsigned char)character.at[0] & first_bits[character.length];
    for (size_t i = 1; i < character.length; i++)
        code = code << 6 | ((unsigned char)character.at[i] & 0x3f);
    return code;
}

/* What YAML 1.1 (section 5.1) lets stand for itself, without its line breaks and the byte order mark. */
static bool is_plain(unsigned code)
{
    return (code >= ' ' && code < 0x7f) || (code >= 0xa0 && code < 0x2028) ||
           (code > 0x2029 && code < 0xd800) || (code >= 0xe000 && code < 0xfeff) ||
           (code > 0xfeff && code < 0xfffe) || code > 0xffff;
}

/* In double quotes; a value that is no text to YAML unquoted (no, 12:30, ~) stays one. What does not stand
 * for itself is left blank rather than escaped: JSON has it as it is, and not every reader takes that. */
static void write_string(struct json_text_buffer *out, struct text value)
{
    json_text_raw_str(out, "\"");
    for (size_t i = 0; i < value.length;) {
        struct text rest = text_slice(value, i, value.length);
        size_t length = text_utf8_length(rest);
        struct text character = text_slice(rest, 0, length == 0 ? 1 : length);
        if (rest.at[0] == '"' || rest.at[0] == '\\')
            json_text_raw_str(out, "\\");
        json_text_raw(out, length > 0 && is_plain(code_point(character)) ? character : text_of(" "));
        i += character.length;
    }
    json_text_raw_str(out, "\"");
}

static void write_member(struct json_text_buffer *out, const char *key, struct text value)
{
    if (value.length == 0)
        return;
    json_text_raw_str(out, key);
    write_string(out, value);
    json_text_raw_str(out, "\n");
}

static bool is_local(const struct ics_window *window, const struct ics_moment *moment)
{
    return text_equal(moment->zone, window->zone) && !ics_is_utc(window->zone);
}

static void write_time(struct json_text_buffer *out, int64_t time_s, bool local)
{
    char text[40];
    struct wall_time t = wall_time_from_seconds(time_s);
    snprintf(text, sizeof(text), "%04d-%02d-%02dT%02d:%02d:%02d%s", t.year, t.month, t.day, t.hour, t.minute,
             t.second, local ? "" : "Z");
    write_string(out, text_of(text));
}

static void write_span(struct json_text_buffer *out, const struct ics_window *window,
                       const struct ics_once *once)
{
    bool local_start = is_local(window, &once->start), local_end = is_local(window, &once->end);
    int64_t start_s = ics_instant(&once->start, OCCURRENCE_FIRST),
            end_s = ics_instant(&once->end, OCCURRENCE_SECOND);
    /* As a local start does that moves out of a DST gap onto or past its end. */
    if (end_s <= start_s)
        end_s = start_s + (once->end.wall_s - once->start.wall_s);
    json_text_raw_str(out, "    - {start: ");
    write_time(out, local_start ? once->start.wall_s : start_s, local_start);
    json_text_raw_str(out, ", end: ");
    write_time(out, local_end ? once->end.wall_s : end_s, local_end);
    json_text_raw_str(out, "}\n");
}

static void write_once(struct json_text_buffer *out, const struct ics_window *window)
{
    bool first = true;
    for (size_t i = 0; i < window->once_count; i++) {
        const struct ics_once *once = &window->once[i];
        if (once->start.zone.length == 0)
            continue;
        json_text_raw_str(out, first ? "  once:\n" : "");
        write_span(out, window, once);
        first = false;
    }
}

static void write_time_of_day(struct json_text_buffer *out, const char *key, int64_t time_s)
{
    char text[40];
    snprintf(text, sizeof(text), "%02d:%02d", (int)(time_s / 3600), (int)(time_s / 60 % 60));
    if (time_s % 60 != 0)
        snprintf(text + 5, sizeof(text) - 5, ":%02d", (int)(time_s % 60));
    write_member(out, key, text_of(text));
}

static void write_date(struct json_text_buffer *out, int64_t day_s)
{
    char text[40];
    struct wall_time t = wall_time_from_seconds(day_s);
    snprintf(text, sizeof(text), "%04d-%02d-%02d", t.year, t.month, t.day);
    write_string(out, text_of(text));
}

/* The end by the day's clock: midnight is the 24:00 of the day before. */
static void write_recurring(struct json_text_buffer *out, const struct ics_window *window)
{
    int64_t end_s = window->start_s + window->span_s, days = end_s / ICS_DAY_S;
    end_s -= days * ICS_DAY_S;
    if (end_s == 0) {
        end_s = ICS_DAY_S;
        days--;
    }
    write_member(out, "  recurring:\n    - rrule: ", window->rrule);
    write_time_of_day(out, "      start: ", window->start_s);
    write_time_of_day(out, "      end: ", end_s);
    /* An end that is not after the start is on the next day without saying. */
    if (days > 1 || (days == 1 && end_s > window->start_s)) {
        json_text_raw_str(out, "      endAfterDays: ");
        json_text_integer(out, days);
        json_text_raw_str(out, "\n");
    }
    json_text_raw_str(out, "      from: ");
    write_date(out, window->from_s);
    json_text_raw_str(out, "\n");
    for (size_t i = 0; i < window->exdate_count; i++) {
        json_text_raw_str(out, i == 0 ? "      exdates: [" : ", ");
        write_date(out, window->exdates[i]);
    }
    json_text_raw_str(out, window->exdate_count > 0 ? "]\n" : "");
}

static bool has_local_time(const struct ics_window *window)
{
    bool local = window->recurring;
    for (size_t i = 0; i < window->once_count && !ics_is_utc(window->zone); i++)
        local |= text_equal(window->once[i].start.zone, window->zone) ||
                 text_equal(window->once[i].end.zone, window->zone);
    return local;
}

void ics_write_window(const struct ics_window *window, struct text action, struct json_text_buffer *out)
{
    json_text_raw_str(out, "apiVersion: changegate.dev/v1alpha1\nkind: FreezeWindow\n");
    write_member(out, "metadata:\n  name: ", window->name);
    json_text_raw_str(out, "spec:\n  type: Freeze\n  action: ");
    json_text_raw(out, action);
    json_text_raw_str(out, "\n");
    if (has_local_time(window))
        write_member(out, "  timeZone: ", window->zone);
    write_once(out, window);
    if (window->recurring)
        write_recurring(out, window);
    write_member(out, "  reason: ", window->reason);
    write_member(out, "  contact: ", window->contact);
    write_member(out, "  url: ", window->url);
}
