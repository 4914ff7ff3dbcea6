/* FreezeWindow manifests as the windows that the gate reads in them. */
#ifndef CHANGEGATE_TESTS_MANIFEST_WINDOWS_H
#define CHANGEGATE_TESTS_MANIFEST_WINDOWS_H

#include "assert_text.h"

#include "codec/window.h"
#include "codec/yaml_tree.h"

/* Fails where one cannot be read. Owned by `arena`. */
static inline const struct window *manifest_windows(struct arena *arena, struct text yaml, size_t *ret_count)
{
    struct yaml_documents documents;
    struct error error = {0};
    if (!yaml_read(arena, yaml, &documents, &error))
        fail_msg("%s", error.text);
    struct window *windows = arena_alloc_array(arena, documents.count, sizeof(*windows));
    for (size_t i = 0; i < documents.count; i++) {
        const struct yaml_node *manifest = &documents.items[i];
        struct window_faults faults;
        struct json_text_buffer spec = {NULL, 0, 0};
        yaml_to_json(yaml_get(manifest, "spec"), &spec);
        struct text kept = arena_copy(arena, json_text_view(&spec));
        json_text_done(&spec);
        if (!window_read_object(yaml_get(yaml_get(manifest, "metadata"), "name")->text, kept, NULL, arena,
                                &windows[i], &faults))
            fail_msg("%.*s", TEXT_ARGS(faults.items[0]));
    }
    *ret_count = documents.count;
    return windows;
}

#endif
