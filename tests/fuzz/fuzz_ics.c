/* A calendar, fed with anything: no crash, no leak, no hang; a failure is one line with its place and writes
 * nothing; what is written is YAML with windows that the gate's own reader takes. */
#include "codec/ics_import.h"
#include "codec/window.h"
#include "codec/yaml_tree.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

/* Every line is printable. */
static void require_lines(struct text said)
{
    for (size_t i = 0; i < said.length; i++)
        require((unsigned char)said.at[i] >= ' ' || said.at[i] == '\n');
    require(said.length == 0 || said.at[said.length - 1] == '\n');
}

static const struct yaml_node *get(const struct yaml_node *map, const char *key)
{
    const struct yaml_node *node = yaml_get(map, key);
    require(node != NULL);
    return node;
}

static void require_window(struct arena *arena, struct text name, const struct yaml_node *spec)
{
    struct json_text_buffer json = {NULL, 0, 0};
    struct window window;
    struct window_faults faults;
    yaml_to_json(spec, &json);
    require(window_read_object(name, json_text_view(&json), NULL, arena, &window, &faults));
    require(window.said.type == WINDOW_FREEZE && window.said.action == FREEZE_DELAY);
    require(window.once_count + window.recurring_count > 0);
    json_text_done(&json);
}

static void require_manifests(struct text yaml, size_t windows)
{
    struct arena arena = {NULL, 0};
    struct yaml_documents documents;
    struct error error = {0};
    require(yaml_read(&arena, yaml, &documents, &error));
    require(documents.count == windows);
    for (size_t i = 0; i < documents.count; i++) {
        struct text name = get(get(&documents.items[i], "metadata"), "name")->text;
        require(name.length > 0 && name.length <= 253 && ics_name_prefix_fits(text_slice(name, 0, 63)));
        require_window(&arena, name, get(&documents.items[i], "spec"));
    }
    arena_done(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct ics_zone_name zone = {TEXT("Eastern Standard Time"), TEXT("America/New_York")};
    const struct ics_import_options options = {
        .action = TEXT("Delay"),
        .name_prefix = TEXT("fuzz."),
        .time_zone = TEXT("Europe/Berlin"),
        .zones = &zone,
        .zone_count = size > 0 && (data[size - 1] & 1) != 0,
    };
    struct json_text_buffer out = {NULL, 0, 0}, said = {NULL, 0, 0};
    struct ics_import_counts counts;
    struct error error = {0};
    if (ics_import((struct text){(const char *)data, size}, &options, &out, &said, &counts, &error)) {
        require_lines(json_text_view(&said));
        require_manifests(json_text_view(&out), counts.windows);
    } else {
        require(error.kind == ERROR_INPUT && error.line > 0 && out.length == 0 && said.length == 0);
        for (const char *c = error.text; *c != '\0'; c++)
            require((unsigned char)*c >= ' ' && *c != 0x7f);
    }
    json_text_done(&out);
    json_text_done(&said);
    return 0;
}
