/* The policy file, and the YAML below it, fed with anything: no crash, no leak, no hang, and every failure is
 * one line with a place. */
#include "codec/policy_file.h"
#include "codec/timeline.h"
#include "codec/yaml_tree.h"
#include "core/requirement.h"

#include <stdlib.h>
#include <string.h>

enum { NOW_S = 1795172400 }; /* 2026-11-20T11:00:00Z */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

/* What an operator is told must fit one line of a terminal. */
static void require_message(const struct error *error)
{
    require(error->kind == ERROR_INPUT || error->kind == ERROR_UNSUPPORTED);
    require(error->line > 0 && error->column > 0);
    require(error->text[0] != '\0' && strlen(error->text) < sizeof(error->text));
    for (const char *c = error->text; *c != '\0'; c++)
        require((unsigned char)*c >= ' ' && *c != 0x7f);
}

/* A tree that could be read can be written. */
static void read_tree(struct text bytes)
{
    struct arena arena;
    struct yaml_documents documents;
    struct json_text_buffer json = {NULL, 0, 0};
    struct error error = {0};
    arena_init(&arena);
    if (yaml_read(&arena, bytes, &documents, &error)) {
        for (size_t i = 0; i < documents.count; i++)
            yaml_to_json(&documents.items[i], &json);
    } else {
        require_message(&error);
    }
    json_text_done(&json);
    arena_done(&arena);
}

/* Whatever is closed opens later, at an instant that is open, or never; and the reverse. */
static void ask_calendar(const struct policy *policy, struct arena *arena)
{
    const struct freeze_label no_label = {.action = FREEZE_OPEN, .until_s = FREEZE_NO_END};
    const struct window **windows = arena_alloc_array(arena, policy->window_count, sizeof(*windows));
    struct calendar calendar;
    for (size_t i = 0; i < policy->window_count; i++)
        windows[i] = &policy->windows[i];
    timeline_calendar(windows, policy->window_count, NOW_S, arena, &calendar);
    struct calendar_view view = calendar_view_whole(&calendar, &no_label);
    bool closed = freeze_closes(calendar_at(&view, NOW_S).action);
    int64_t opens_s = calendar_next_opening(&view, NOW_S), closes_s = calendar_next_closing(&view, NOW_S);
    require((opens_s == NOW_S) != closed && (closes_s == NOW_S) == closed);
    require(opens_s >= NOW_S && closes_s >= NOW_S);
    require(opens_s == FREEZE_NO_END || !freeze_closes(calendar_at(&view, opens_s).action));
    require(!closed || opens_s == FREEZE_NO_END || freeze_closes(calendar_at(&view, opens_s - 1).action));
    require(closes_s == FREEZE_NO_END || freeze_closes(calendar_at(&view, closes_s).action));
}

/* Whatever is asked of a change can be told, and is no less than the policy asks. */
static void ask_need(const struct policy *policy)
{
    const struct change change = {.has_annotations = true,
                                  .kind = TEXT("Deployment"),
                                  .classes = CLASS_BIT(CLASS_CREATE) | CLASS_BIT(CLASS_SCALE)};
    struct approval_need need;
    require(policy->approval.sources != 0 && policy->approval.minimum > 0);
    require(policy->requirement_count <= NEED_REQUIREMENTS_MOST);
    for (size_t i = 0; i < policy->requirement_count; i++)
        require(policy->requirements[i].name.length > 0);
    approval_need_of(policy, &change, &need);
    require(need.approval == (need.minimum > 0) && (need.sources & ~policy->approval.sources) == 0);
    require(!policy->needs[CLASS_CREATE].approval || need.minimum >= policy->approval.minimum);
    bool patterned = policy->break_glass.incident.matches != NULL;
    require(patterned == (policy->break_glass.group_count > 0));
}

/* A policy that was taken answers whatever it is asked. */
static void ask(const struct policy_set *set)
{
    static const struct label label = {TEXT("changegate.dev/tier"), TEXT("tier-1")};
    struct arena arena;
    require(set->count > 0);
    policy_for_namespace(set, (struct labels){&label, 1});
    arena_init(&arena);
    for (size_t i = 0; i < set->count; i++) {
        const struct policy *policy = &set->items[i];
        require(policy->name.length > 0 && policy->namespace_selector.requirement_count > 0);
        ask_calendar(policy, &arena);
        ask_need(policy);
        if (policy->approval.id_pattern.matches != NULL)
            policy->approval.id_pattern.matches(policy->approval.id_pattern.program,
                                                (struct text)TEXT("CHG0001234"));
    }
    arena_done(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct text bytes = {(const char *)data, size};
    struct policy_file *file;
    struct error error = {0};
    read_tree(bytes);
    if (policy_file_read(bytes, NULL, &file, &error)) {
        ask(policy_file_policies(file));
        policy_file_unref(file);
    } else {
        require_message(&error);
    }
    return 0;
}
