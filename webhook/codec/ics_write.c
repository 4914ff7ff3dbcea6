#include "codec/ics_write.h"

#include "core/instant.h"

#include <stdio.h>

enum { LINE_OCTETS_MOST = 75, DAY_S = 86400 };

/* A content line in the making (RFC 5545 section 3.1). */
struct line {
    struct json_text_buffer *out;
    size_t octets;
};

/* Bytes that stay together: one character, or an escape. */
static void put(struct line *line, struct text unit)
{
    if (line->octets + unit.length > LINE_OCTETS_MOST) {
        json_text_raw_str(line->out, "\r\n ");
        line->octets = 1;
    }
    json_text_raw(line->out, unit);
    line->octets += unit.length;
}

static struct line begin_line(struct json_text_buffer *out, const char *name)
{
    json_text_raw_str(out, name);
    return (struct line){out, strlen(name)};
}

static void end_line(struct line *line)
{
    json_text_raw_str(line->out, "\r\n");
}

/* The character at the start of `rest`; broken UTF-8 is U+FFFD for each byte. */
static struct text take_character(struct text *rest)
{
    size_t length = text_utf8_length(*rest);
    struct text character = length == 0 ? (struct text)TEXT("\xef\xbf\xbd") : text_slice(*rest, 0, length);
    *rest = text_slice(*rest, length == 0 ? 1 : length, rest->length);
    return character;
}

/* RFC 5545 section 3.3.11. CR vanishes, so that CR LF is one line break; of other control characters only the
 * tab may stand in a text. */
static struct text escape(struct text character)
{
    switch (character.at[0]) {
    case '\\': return text_of("\\\\");
    case ';': return text_of("\\;");
    case ',': return text_of("\\,");
    case '\n': return text_of("\\n");
    case '\r': return TEXT_EMPTY;
    case '\t': return character;
    default: break;
    }
    bool control = (unsigned char)character.at[0] < ' ' || character.at[0] == 0x7f;
    return control ? text_of(" ") : character;
}

static void put_text(struct line *line, struct text value)
{
    while (value.length > 0)
        put(line, escape(take_character(&value)));
}

static void write_text(struct json_text_buffer *out, const char *name, struct text value)
{
    struct line line = begin_line(out, name);
    put_text(&line, value);
    end_line(&line);
}

/* A URI has no escapes but its own (RFC 3986 section 2.1); what may not stand in one is written so. */
static void write_url(struct json_text_buffer *out, struct text url)
{
    struct line line = begin_line(out, "URL:");
    for (size_t i = 0; i < url.length; i++) {
        unsigned char c = (unsigned char)url.at[i];
        char encoded[4];
        bool bare = c > ' ' && c < 0x7f && strchr("\"<>\\^`{|}", c) == NULL;
        snprintf(encoded, sizeof(encoded), bare ? "%c" : "%%%02X", c);
        put(&line, text_of(encoded));
    }
    end_line(&line);
}

static void write_instant(struct json_text_buffer *out, const char *name, int64_t instant_s)
{
    static const int64_t first_s = -62135596800, last_s = 253402300799; /* years 1 to 9999 */
    char text[64];
    instant_s = instant_s < first_s ? first_s : instant_s > last_s ? last_s : instant_s;
    struct wall_time t = wall_time_from_seconds(instant_s);
    snprintf(text, sizeof(text), "%s%04d%02d%02dT%02d%02d%02dZ\r\n", name, t.year, t.month, t.day, t.hour,
             t.minute, t.second);
    json_text_raw_str(out, text);
}

static void write_description(struct json_text_buffer *out, struct text description, bool no_end)
{
    if (description.length == 0 && !no_end)
        return;
    struct line line = begin_line(out, "DESCRIPTION:");
    put_text(&line, description);
    if (no_end)
        put_text(&line, text_of(description.length > 0 ? "\nno known end" : "no known end"));
    end_line(&line);
}

static void write_event(struct json_text_buffer *out, const struct ics_event *event, int64_t now_s,
                        int64_t horizon_s)
{
    bool no_end = event->end_s == ICS_NO_END;
    int64_t end_s = event->end_s;
    if (no_end)
        end_s = horizon_s > event->start_s ? horizon_s : event->start_s + DAY_S;
    json_text_raw_str(out, "BEGIN:VEVENT\r\n");
    write_text(out, "UID:", event->uid);
    write_instant(out, "DTSTAMP:", now_s);
    write_instant(out, "DTSTART:", event->start_s);
    write_instant(out, "DTEND:", end_s);
    write_text(out, "SUMMARY:", event->summary);
    write_description(out, event->description, no_end);
    if (event->url.length > 0)
        write_url(out, event->url);
    json_text_raw_str(out, "TRANSP:OPAQUE\r\nEND:VEVENT\r\n");
}

void ics_write(const struct ics_event *events, size_t count, struct text calendar_name, int64_t now_s,
               int64_t horizon_s, struct json_text_buffer *out)
{
    json_text_raw_str(out, "BEGIN:VCALENDAR\r\n"
                           "VERSION:2.0\r\n"
                           "PRODID:-//changegate.dev//changegate//EN\r\n"
                           "CALSCALE:GREGORIAN\r\n"
                           "METHOD:PUBLISH\r\n");
    write_text(out, "X-WR-CALNAME:", calendar_name);
    json_text_raw_str(out, "REFRESH-INTERVAL;VALUE=DURATION:PT1H\r\n"
                           "X-PUBLISHED-TTL:PT1H\r\n");
    for (size_t i = 0; i < count; i++)
        write_event(out, &events[i], now_s, horizon_s);
    json_text_raw_str(out, "END:VCALENDAR\r\n");
}
