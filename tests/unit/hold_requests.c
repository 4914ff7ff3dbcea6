#include "hold_requests.h"

#include "codec/hold.h"

#include <stdlib.h>

struct made {
    struct arena arena;
    struct json_reader *reader;
    struct json object;
    struct json_text_buffer out;
};

static void start(struct made *made, const char *object)
{
    struct error error;
    *made = (struct made){.reader = json_reader_new()};
    arena_init(&made->arena);
    if (!json_read(made->reader, object, strlen(object), &made->object, &error))
        abort();
}

static char *finish(struct made *made)
{
    char *text = strndup(made->out.length == 0 ? "" : made->out.bytes, made->out.length);
    json_text_done(&made->out);
    json_reader_free(made->reader);
    arena_done(&made->arena);
    return text;
}

char *hold_request_release(const char *object, const struct workload_type *type)
{
    struct made made;
    start(&made, object);
    hold_write_release(made.object, type, false, &made.arena, &made.out);
    return finish(&made);
}

char *hold_request_drop(const char *object, const struct workload_type *type, const char *running)
{
    struct made made;
    start(&made, object);
    hold_write_drop(made.object, type, text_of(running), &made.arena, &made.out);
    return finish(&made);
}

char *hold_request_label(const char *object, const char *from, const char *to)
{
    struct made made;
    start(&made, object);
    hold_write_label(made.object, from, to, &made.out);
    return finish(&made);
}
