#include "yaml_private.h"

#include <stdlib.h>
#include <string.h>

/* Turns libyaml's events into trees. Events, since libyaml's own documents no longer tell `!!str 1` from `1`,
 * and look every alias up in a list. An alias shares the children of what it names, so it costs nothing to
 * read; what walking the tree costs is counted, so that a few lines cannot become a billion nodes. */
struct weight {
    size_t nodes, bytes;
};

struct anchor {
    struct text name;
    struct yaml_node node;
    struct weight weight; /* of all that is below */
    unsigned height;      /* levels, itself included; 0 while it is being read */
};

struct builder {
    yaml_parser_t parser;
    struct text bytes;
    struct arena *arena;
    struct error *error;
    struct anchor anchors[YAML_ANCHORS_MOST]; /* of the document; a later one of the same name replaces */
    size_t anchor_count;
    struct weight weight, by_aliases; /* so far, aliases expanded */
    unsigned deepest;
    yaml_visit *visit; /* of each document, or NULL: all are collected */
    void *visit_context;
    struct yaml_node *stack; /* children of the lists and maps that are being read; owned */
    size_t stack_count, stack_capacity;
};

static unsigned line_of(yaml_mark_t mark)
{
    return (unsigned)mark.line + 1;
}

static unsigned column_of(yaml_mark_t mark)
{
    return (unsigned)mark.column + 1;
}

static bool fail_at(struct builder *builder, yaml_mark_t mark, enum error_kind kind, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

static bool fail_at(struct builder *builder, yaml_mark_t mark, enum error_kind kind, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    struct text what = arena_vprintf(builder->arena, format, args);
    va_end(args);
    return error_set_at(builder->error, kind, line_of(mark), column_of(mark), "%.*s", TEXT_ARGS(what));
}

/* The caller deletes the event. */
static bool next_event(struct builder *builder, yaml_event_t *ret_event)
{
    return yaml_parser_parse(&builder->parser, ret_event) ||
           yaml_fail_parse(&builder->parser, builder->bytes, builder->error);
}

static struct text text_of_bytes(const yaml_char_t *bytes)
{
    return text_of((const char *)bytes);
}

/* ---- anchors and aliases ---- */

static struct anchor *find_anchor(struct builder *builder, struct text name)
{
    for (size_t i = 0; i < builder->anchor_count; i++)
        if (text_equal(builder->anchors[i].name, name))
            return &builder->anchors[i];
    return NULL;
}

static bool open_anchor(struct builder *builder, yaml_mark_t mark, const yaml_char_t *written,
                        struct anchor **ret_anchor)
{
    struct text name = text_of_bytes(written);
    struct anchor *anchor = written == NULL ? NULL : find_anchor(builder, name);
    if (written != NULL && anchor == NULL) {
        if (builder->anchor_count == YAML_ANCHORS_MOST)
            return fail_at(builder, mark, ERROR_INPUT, "more than %d anchors; write the values out",
                           YAML_ANCHORS_MOST);
        anchor = &builder->anchors[builder->anchor_count++];
        anchor->name = arena_copy(builder->arena, name);
    }
    if (anchor != NULL)
        anchor->height = 0;
    *ret_anchor = anchor;
    return true;
}

static bool build_alias(struct builder *builder, const yaml_event_t *event, unsigned depth,
                        struct yaml_node *node)
{
    struct text name = text_of_bytes(event->data.alias.anchor);
    const struct anchor *anchor = find_anchor(builder, name);
    if (anchor == NULL)
        return fail_at(builder, event->start_mark, ERROR_INPUT, "there is no anchor &%.*s above",
                       TEXT_ARGS(name));
    if (anchor->height == 0)
        return fail_at(builder, event->start_mark, ERROR_INPUT,
                       "alias *%.*s stands inside of what it names; write the value out", TEXT_ARGS(name));
    if (depth + anchor->height - 1 > YAML_DEPTH_MOST)
        return fail_at(builder, event->start_mark, ERROR_INPUT,
                       "nested deeper than %d levels; write it flatter", YAML_DEPTH_MOST);
    builder->by_aliases.nodes += anchor->weight.nodes;
    builder->by_aliases.bytes += anchor->weight.bytes;
    if (builder->by_aliases.nodes > YAML_NODES_MOST || builder->by_aliases.bytes > YAML_ALIAS_BYTES_MOST)
        return fail_at(builder, event->start_mark, ERROR_INPUT,
                       "aliases add up to more than %d values or %d bytes; write the values out",
                       YAML_NODES_MOST, YAML_ALIAS_BYTES_MOST);
    builder->weight.nodes += anchor->weight.nodes;
    builder->weight.bytes += anchor->weight.bytes;
    if (builder->deepest < depth + anchor->height - 1)
        builder->deepest = depth + anchor->height - 1;
    *node = anchor->node;
    node->line = line_of(event->start_mark);
    node->column = column_of(event->start_mark);
    return true;
}

/* ---- scalars ---- */

static bool fail_tag(struct builder *builder, yaml_mark_t mark, struct text tag)
{
    return fail_at(builder, mark, ERROR_UNSUPPORTED, "tag %.*s has no JSON form; take it out",
                   TEXT_ARGS(text_quote(builder->arena, tag, 80)));
}

static bool apply_tag(struct builder *builder, yaml_mark_t mark, struct text tag, struct yaml_node *node)
{
    enum yaml_tag_fault fault = yaml_apply_tag(tag, node);
    if (fault == YAML_TAG_WRONG)
        return fail_at(builder, mark, ERROR_INPUT, "\"%.*s\" is not what its tag says; take the tag out",
                       TEXT_ARGS(text_quote(builder->arena, node->text, 80)));
    return fault == YAML_TAG_GOOD || fail_tag(builder, mark, tag);
}

static bool build_scalar(struct builder *builder, const yaml_event_t *event, struct yaml_node *node)
{
    struct text written = {(const char *)event->data.scalar.value, event->data.scalar.length};
    node->type = YAML_STRING;
    node->text = arena_copy(builder->arena, written);
    builder->weight.bytes += written.length;
    if (event->data.scalar.tag != NULL)
        return apply_tag(builder, event->start_mark, text_of_bytes(event->data.scalar.tag), node);
    if (event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE || yaml_resolve(written, node))
        return true;
    return fail_at(builder, event->start_mark, ERROR_INPUT, "%.*s has no JSON form; write a finite number",
                   TEXT_ARGS(written));
}

/* ---- lists and maps ---- */

static bool build_node(struct builder *builder, const yaml_event_t *event, unsigned depth,
                       struct yaml_node *node);

static void push(struct builder *builder, struct yaml_node node)
{
    if (builder->stack_count == builder->stack_capacity) {
        builder->stack_capacity = builder->stack_capacity == 0 ? 64 : builder->stack_capacity * 2;
        builder->stack = realloc(builder->stack, builder->stack_capacity * sizeof(*builder->stack));
        if (builder->stack == NULL)
            abort();
    }
    builder->stack[builder->stack_count++] = node;
}

/* What was pushed since `from` becomes the children of `node`. */
static void adopt(struct builder *builder, size_t from, struct yaml_node *node)
{
    node->child_count = builder->stack_count - from;
    node->children = arena_alloc_array(builder->arena, node->child_count, sizeof(*node->children));
    if (node->child_count > 0)
        memcpy(node->children, builder->stack + from, node->child_count * sizeof(*node->children));
    builder->stack_count = from;
}

/* Keys become text as kubectl makes it of them: `on:` is "true", `0x10:` is "16". */
static bool read_key(struct builder *builder, const yaml_event_t *event, struct yaml_node *child)
{
    child->key_line = line_of(event->start_mark);
    child->key_column = column_of(event->start_mark);
    if (event->type != YAML_SCALAR_EVENT)
        return fail_at(builder, event->start_mark, ERROR_INPUT,
                       "a list, a map or an alias cannot be a key; write a plain word");
    struct yaml_node key = {0};
    if (!build_scalar(builder, event, &key))
        return false;
    bool plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    if (plain && text_is(key.text, "<<"))
        return fail_at(builder, event->start_mark, ERROR_UNSUPPORTED,
                       "merge keys (<<) are not supported; write the keys out");
    if (key.type == YAML_NULL || key.type == YAML_REAL)
        return fail_at(builder, event->start_mark, ERROR_INPUT,
                       "\"%.*s\" is no text, so it cannot be a key; put it in quotes", TEXT_ARGS(key.text));
    if (key.type == YAML_BOOL)
        key.text = text_of(key.boolean ? "true" : "false");
    if (key.type == YAML_INTEGER)
        key.text = arena_printf(builder->arena, "%lld", (long long)key.integer);
    child->key = key.text;
    return true;
}

/* An entry of the list or map that is being read: pushed, or `ret_end` where it was the last. */
static bool build_child(struct builder *builder, enum yaml_type parent, unsigned depth, bool *ret_end)
{
    yaml_event_t event;
    struct yaml_node child = {0}, key = {0};
    if (!next_event(builder, &event))
        return false;
    *ret_end = event.type == YAML_SEQUENCE_END_EVENT || event.type == YAML_MAPPING_END_EVENT;
    if (!*ret_end && parent == YAML_MAP) {
        bool good = read_key(builder, &event, &key);
        yaml_event_delete(&event);
        if (!good || !next_event(builder, &event))
            return false;
    }
    bool good = *ret_end || build_node(builder, &event, depth, &child);
    yaml_event_delete(&event);
    if (!good || *ret_end)
        return good;
    child.key = key.key;
    child.key_line = key.key_line;
    child.key_column = key.key_column;
    push(builder, child);
    return true;
}

static bool build_collection(struct builder *builder, const yaml_event_t *event, unsigned depth,
                             struct yaml_node *node)
{
    bool is_map = event->type == YAML_MAPPING_START_EVENT, end = false;
    struct text tag = text_of_bytes(is_map ? event->data.mapping_start.tag : event->data.sequence_start.tag);
    if (tag.length > 0 && !text_is(tag, "!") && !text_is(tag, is_map ? YAML_MAP_TAG : YAML_SEQ_TAG))
        return fail_at(builder, event->start_mark, ERROR_UNSUPPORTED,
                       "tag %.*s has no JSON form; take it out",
                       TEXT_ARGS(text_quote(builder->arena, tag, 80)));
    node->type = is_map ? YAML_MAP : YAML_LIST;
    size_t from = builder->stack_count;
    while (!end)
        if (!build_child(builder, node->type, depth + 1, &end))
            return false;
    adopt(builder, from, node);
    return !is_map || yaml_refuse_duplicates(builder->arena, node, builder->error);
}

static const yaml_char_t *anchor_of(const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_SCALAR_EVENT: return event->data.scalar.anchor;
    case YAML_SEQUENCE_START_EVENT: return event->data.sequence_start.anchor;
    default: return event->data.mapping_start.anchor;
    }
}

static bool build_node(struct builder *builder, const yaml_event_t *event, unsigned depth,
                       struct yaml_node *node)
{
    if (depth > YAML_DEPTH_MOST)
        return fail_at(builder, event->start_mark, ERROR_INPUT,
                       "nested deeper than %d levels; write it flatter", YAML_DEPTH_MOST);
    if (event->type == YAML_ALIAS_EVENT)
        return build_alias(builder, event, depth, node);

    struct anchor *anchor = NULL;
    struct weight before = builder->weight;
    unsigned deepest_before = builder->deepest;
    if (!open_anchor(builder, event->start_mark, anchor_of(event), &anchor))
        return false;
    node->line = line_of(event->start_mark);
    node->column = column_of(event->start_mark);
    builder->weight.nodes++;
    builder->deepest = depth;
    bool is_scalar = event->type == YAML_SCALAR_EVENT;
    if (is_scalar ? !build_scalar(builder, event, node) : !build_collection(builder, event, depth, node))
        return false;
    if (anchor != NULL) {
        anchor->node = *node;
        anchor->weight.nodes = builder->weight.nodes - before.nodes;
        anchor->weight.bytes = builder->weight.bytes - before.bytes;
        anchor->height = builder->deepest - depth + 1;
    }
    if (builder->deepest < deepest_before)
        builder->deepest = deepest_before;
    return true;
}

/* ---- documents ---- */

static bool is_empty(const yaml_event_t *root)
{
    return root->type == YAML_SCALAR_EVENT && root->data.scalar.length == 0 &&
           root->data.scalar.tag == NULL && root->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
}

/* The root of the next document, pushed unless it is empty; or the end of the text. */
static bool read_root(struct builder *builder, const yaml_event_t *event)
{
    struct yaml_node node = {0};
    if (is_empty(event))
        return true;
    if (!build_node(builder, event, 1, &node))
        return false;
    if (builder->visit == NULL) {
        push(builder, node);
        return true;
    }
    bool good = builder->visit(builder->visit_context, &node, builder->error);
    arena_reset(builder->arena);
    return good;
}

static bool read_stream(struct builder *builder)
{
    for (;;) {
        yaml_event_t event;
        bool good = true;
        if (!next_event(builder, &event))
            return false;
        yaml_event_type_t type = event.type;
        if (type == YAML_DOCUMENT_START_EVENT)
            builder->anchor_count = 0;
        else if (type != YAML_STREAM_START_EVENT && type != YAML_STREAM_END_EVENT &&
                 type != YAML_DOCUMENT_END_EVENT)
            good = read_root(builder, &event);
        yaml_event_delete(&event);
        if (!good || type == YAML_STREAM_END_EVENT)
            return good;
    }
}

static struct builder *start_builder(struct arena *arena, struct text bytes, struct error *error)
{
    struct builder *builder = calloc(1, sizeof(*builder));
    if (builder == NULL || !yaml_parser_initialize(&builder->parser))
        abort();
    builder->arena = arena;
    builder->error = error;
    builder->bytes = bytes;
    yaml_parser_set_input_string(&builder->parser, (const unsigned char *)(bytes.at == NULL ? "" : bytes.at),
                                 bytes.length);
    yaml_parser_set_encoding(&builder->parser, YAML_UTF8_ENCODING);
    return builder;
}

static void end_builder(struct builder *builder)
{
    yaml_parser_delete(&builder->parser);
    free(builder->stack);
    free(builder);
}

bool yaml_read(struct arena *arena, struct text bytes, struct yaml_documents *ret_documents,
               struct error *error)
{
    struct builder *builder = start_builder(arena, yaml_prepare(arena, bytes), error);
    struct yaml_node root = {0};
    bool good = read_stream(builder);
    if (good) {
        adopt(builder, 0, &root);
        *ret_documents = (struct yaml_documents){root.children, root.child_count};
    }
    end_builder(builder);
    return good;
}

bool yaml_read_each(struct text bytes, yaml_visit *visit, void *context, struct error *error)
{
    struct arena whole, document;
    arena_init(&whole);
    arena_init(&document);
    struct builder *builder = start_builder(&document, yaml_prepare(&whole, bytes), error);
    builder->visit = visit;
    builder->visit_context = context;
    bool good = read_stream(builder);
    end_builder(builder);
    arena_done(&document);
    arena_done(&whole);
    return good;
}
