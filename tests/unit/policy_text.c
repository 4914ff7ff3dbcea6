#include "policy_text.h"

#include "core/instant.h"

#include <inttypes.h>

/* Texts that grow are printed anew each time: policies are short. */
struct page {
    struct arena *arena;
    struct text text;
};

static void put(struct page *page, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void put(struct page *page, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    struct text more = arena_vprintf(page->arena, format, args);
    va_end(args);
    page->text = arena_printf(page->arena, "%.*s%.*s", TEXT_ARGS(page->text), TEXT_ARGS(more));
}

static void put_list(struct page *page, const char *before, const struct text *texts, size_t count)
{
    put(page, "%s[", before);
    for (size_t i = 0; i < count; i++)
        put(page, "%s%.*s", i == 0 ? "" : ", ", TEXT_ARGS(texts[i]));
    put(page, "]");
}

static void put_selector(struct page *page, const struct selector *selector)
{
    static const char *const operators[] = {"In", "NotIn", "Exists", "DoesNotExist"};
    for (size_t i = 0; i < selector->requirement_count; i++) {
        const struct selector_requirement *requirement = &selector->requirements[i];
        put(page, "  governs %.*s %s", TEXT_ARGS(requirement->key), operators[requirement->op]);
        if (requirement->value_count > 0)
            put_list(page, " ", requirement->values, requirement->value_count);
        put(page, "\n");
    }
}

static void put_approval(struct page *page, const struct policy *policy)
{
    put(page, "  approval %u of %.*s in %.*s\n", policy->approval.minimum,
        TEXT_ARGS(policy->approval.id_pattern.source), TEXT_ARGS(policy->approval_ids_key));
}

static void put_document(struct page *page, const struct policy *policy)
{
    put(page, "  document %s in %.*s\n", policy->document.required ? "required" : "not required",
        TEXT_ARGS(policy->change_document_key));
    for (size_t i = 0; i < policy->document.url_count; i++) {
        const struct url_pattern *url = &policy->document.urls[i];
        put(page, "    host %s%.*s port %u path %s %.*s\n", url->any_subdomain ? "below " : "",
            TEXT_ARGS(url->host), url->port, url->exact ? "is" : "starts with", TEXT_ARGS(url->path_prefix));
    }
}

static void put_needs(struct page *page, const struct policy *policy)
{
    for (unsigned class = 0; class < CLASS_COUNT; class ++) {
        const struct class_needs *needs = &policy->needs[class];
        if (needs->approval || needs->freeze)
            put(page, "  %s needs%s%s\n", change_class_name((enum change_class) class),
                needs->approval ? " approval" : "", needs->freeze ? " no freeze" : "");
    }
}

static void put_people(struct page *page, const struct policy *policy)
{
    put_list(page, "  operators groups ", policy->operators.groups, policy->operators.group_count);
    put_list(page, " users ", policy->operators.users, policy->operators.user_count);
    if (policy->trusted_controllers == policy_default_trusted_controllers)
        put(page, "\n  trusts by default\n");
    else {
        put_list(page, "\n  trusts ", policy->trusted_controllers, policy->trusted_controller_count);
        put(page, "\n");
    }
}

static void put_workloads(struct page *page, const struct policy *policy)
{
    for (size_t i = 0; i < policy->workload_count; i++) {
        const struct workload_type *type = &policy->workloads[i];
        put(page, "  workload %.*s/%.*s %.*s template %.*s", TEXT_ARGS(type->group), TEXT_ARGS(type->kind),
            TEXT_ARGS(type->resource), TEXT_ARGS(type->template_path.source));
        if (type->replicas_path.step_count > 0)
            put(page, " replicas %.*s", TEXT_ARGS(type->replicas_path.source));
        if (type->hold_path.step_count > 0)
            put(page, " stopped at %.*s %.*s", TEXT_ARGS(type->hold_path.source),
                TEXT_ARGS(type->hold_value));
        put(page, "\n");
    }
}

static struct text end_of(struct arena *arena, int64_t end_s)
{
    return end_s == FREEZE_NO_END ? text_of("no end") : instant_format(arena, end_s);
}

static void put_windows(struct page *page, const struct policy *policy)
{
    static const char *const actions[] = {"Suspended", "Warn", "Deny"};
    for (size_t i = 0; i < policy->window_count; i++) {
        const struct freeze_window *window = &policy->windows[i];
        put(page, "  window %.*s %s", TEXT_ARGS(window->name), actions[window->action]);
        const struct text notes[] = {window->time_zone, window->reason, window->contact, window->url,
                                     window->ticket};
        for (size_t n = 0; n < sizeof(notes) / sizeof(notes[0]); n++)
            if (notes[n].length > 0)
                put(page, " | %.*s", TEXT_ARGS(notes[n]));
        put(page, "\n");
        for (size_t n = 0; n < window->interval_count; n++)
            put(page, "    %.*s until %.*s\n",
                TEXT_ARGS(instant_format(page->arena, window->intervals[n].start_s)),
                TEXT_ARGS(end_of(page->arena, window->intervals[n].end_s)));
    }
}

/* What the windows come to together. */
static void put_timeline(struct page *page, const struct freeze_timeline *timeline)
{
    for (size_t i = 0; i < timeline->segment_count; i++) {
        const struct freeze_segment *segment = &timeline->segments[i];
        put(page, "  %s %.*s until %.*s", segment->action == FREEZE_DENY ? "closed" : "warns",
            TEXT_ARGS(instant_format(page->arena, segment->start_s)),
            TEXT_ARGS(end_of(page->arena, segment->end_s)));
        if (segment->action == FREEZE_DENY)
            put(page, " opens %.*s", TEXT_ARGS(end_of(page->arena, segment->opens_s)));
        for (uint32_t n = 0; n < segment->cause_count; n++)
            put(page, "%s%.*s", n == 0 ? " for " : ", ",
                TEXT_ARGS(timeline->causes[segment->first_cause + n]->name));
        if (segment->more_causes > 0)
            put(page, " and %" PRIu32 " more", segment->more_causes);
        put(page, "\n");
    }
}

struct text policy_text(struct arena *arena, const struct policy_set *set)
{
    static const char *const modes[] = {"Enforce", "Warn", "Audit"};
    struct page page = {arena, TEXT_EMPTY};
    for (size_t i = 0; i < set->count; i++) {
        const struct policy *policy = &set->items[i];
        put(&page, "policy %.*s %s\n", TEXT_ARGS(policy->name), modes[policy->mode]);
        put_selector(&page, &policy->namespace_selector);
        put_approval(&page, policy);
        put_document(&page, policy);
        put_needs(&page, policy);
        put_people(&page, policy);
        put_workloads(&page, policy);
        put_windows(&page, policy);
        put_timeline(&page, &policy->freeze);
    }
    return page.text;
}
