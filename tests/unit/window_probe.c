/* Standard input {"from": T, "to": T, "spec": {...}}, a line each, to the intervals of that window or an
 * error. For test_window_oracle.py. */
#include "codec/timeline.h"
#include "codec/yaml_tree.h"
#include "core/instant.h"

#include <stdio.h>
#include <stdlib.h>

static int64_t instant_of(const struct yaml_node *request, const char *key)
{
    int64_t instant_s = 0;
    const struct yaml_node *node = yaml_get(request, key);
    if (node == NULL || !instant_parse(node->text, &instant_s))
        abort();
    return instant_s;
}

static void write_spans(const struct freeze_spans *spans, struct timeline_range range,
                        struct json_text_buffer *out)
{
    json_text_raw_str(out, "[");
    for (size_t i = 0; i < spans->interval_count; i++) {
        if (spans->intervals[i].end_s <= range.from_s || spans->intervals[i].start_s >= range.to_s)
            continue;
        json_text_element(out);
        json_text_raw_str(out, "[");
        json_text_integer(out, spans->intervals[i].start_s);
        json_text_raw_str(out, ",");
        if (spans->intervals[i].end_s == FREEZE_NO_END)
            json_text_raw_str(out, "null");
        else
            json_text_integer(out, spans->intervals[i].end_s);
        json_text_raw_str(out, "]");
    }
    json_text_raw_str(out, "]");
}

static void answer(const struct yaml_node *request, struct arena *arena, struct json_text_buffer *out)
{
    struct json_text_buffer spec = {NULL, 0, 0};
    struct window window;
    struct window_faults faults;
    yaml_to_json(yaml_get(request, "spec"), &spec);
    if (window_read_object(text_of("probe"), json_text_view(&spec), NULL, arena, &window, &faults)) {
        struct freeze_spans spans;
        struct timeline_range range = {instant_of(request, "from"), instant_of(request, "to")};
        timeline_expand(&window, range, arena, &spans);
        write_spans(&spans, range, out);
    } else {
        json_text_raw_str(out, "{");
        json_text_member(out, "error",
                         faults.count == 0 ? text_of("refused without a word") : faults.items[0]);
        json_text_raw_str(out, "}");
    }
    json_text_done(&spec);
}

int main(void)
{
    char *line = NULL;
    size_t room = 0;
    ssize_t length;
    while ((length = getline(&line, &room, stdin)) > 0) {
        struct arena arena = {NULL, 0};
        struct json_text_buffer out = {NULL, 0, 0};
        struct yaml_documents documents;
        struct error error = {0};
        if (!yaml_read(&arena, (struct text){line, (size_t)length}, &documents, &error) ||
            documents.count != 1)
            abort();
        answer(&documents.items[0], &arena, &out);
        printf("%.*s\n", TEXT_ARGS(json_text_view(&out)));
        json_text_done(&out);
        arena_done(&arena);
    }
    free(line);
    return 0;
}
