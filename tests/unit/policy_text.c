#include "policy_text.h"

#include "codec/token_keys.h"
#include "codec/window.h"
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

static void put_selector(struct page *page, const char *before, const struct selector *selector)
{
    static const char *const operators[] = {"In", "NotIn", "Exists", "DoesNotExist"};
    for (size_t i = 0; i < selector->requirement_count; i++) {
        const struct selector_requirement *requirement = &selector->requirements[i];
        put(page, "%s %.*s %s", before, TEXT_ARGS(requirement->key), operators[requirement->op]);
        if (requirement->value_count > 0)
            put_list(page, " ", requirement->values, requirement->value_count);
        put(page, "\n");
    }
}

/* Nothing where there is none. */
static void put_groups(struct page *page, const char *before, const struct text *texts, size_t count,
                       const char *behind)
{
    if (count == 0)
        return;
    put_list(page, before, texts, count);
    put(page, "%s", behind);
}

static void put_sources(struct page *page, approval_sources sources)
{
    static const char *const names[] = {"Annotation", "Approval", "Token"};
    put(page, " from");
    for (unsigned source = SOURCE_ANNOTATION; source <= SOURCE_TOKEN; source++)
        if (sources & SOURCE_BIT(source))
            put(page, " %s", names[source]);
}

static void put_approval(struct page *page, const struct policy *policy)
{
    const struct approval_rule *rule = &policy->approval;
    put(page, "  approval %u of %.*s in %.*s", rule->minimum, TEXT_ARGS(rule->id_pattern.source),
        TEXT_ARGS(policy->approval_ids_key));
    put_sources(page, rule->sources);
    put(page, rule->reuse_allowed ? ", ids again and again\n" : ", ids once\n");
    put_groups(page, "    by ", rule->approver_groups, rule->approver_group_count, "\n");
}

static void put_tokens(struct page *page, const struct token_rule *rule)
{
    if (rule->keys == NULL)
        return;
    put(page, "  tokens for %.*s by ", TEXT_ARGS(rule->audience));
    put_list(page, "", rule->issuers, rule->issuer_count);
    for (size_t i = 0; i < token_keys_count(rule->keys); i++) {
        const struct token_key *key = token_keys_at(rule->keys, i);
        put(page, "%s%.*s %.*s", i == 0 ? " with " : ", ", TEXT_ARGS(token_key_kid(key)),
            TEXT_ARGS(token_key_algorithm(key)));
    }
    put(page, "\n");
}

static void put_pair(struct page *page, const char *what, struct text key, struct text equals)
{
    if (key.length > 0)
        put(page, " %s %.*s", what, TEXT_ARGS(key));
    if (equals.at != NULL)
        put(page, " is \"%.*s\"", TEXT_ARGS(equals));
}

static void put_requirement(struct page *page, const struct requirement *requirement)
{
    char classes[96];
    put(page, "  requirement %.*s of", TEXT_ARGS(requirement->name));
    put_pair(page, "annotation", requirement->annotation, requirement->annotation_equals);
    put_pair(page, "label", requirement->label, requirement->label_equals);
    put_groups(page, " kinds ", requirement->kinds, requirement->kind_count, "");
    put_groups(page, " images ", requirement->image_prefixes, requirement->image_prefix_count, "");
    put_groups(page, " users in ", requirement->user_groups, requirement->user_group_count, "");
    put(page, " %s:",
        requirement->classes == 0 ? "what needs an approval"
                                  : change_classes_name(requirement->classes, classes, sizeof(classes)));
    if (requirement->minimum > 0)
        put(page, " approval %u", requirement->minimum);
    if (requirement->sources != 0)
        put_sources(page, requirement->sources);
    put_groups(page, " by ", requirement->approver_groups, requirement->approver_group_count, "");
    if (requirement->document)
        put(page, " document");
    if (requirement->minimum_age_s > 0)
        put(page, " age %" PRId64 " s", requirement->minimum_age_s);
    put(page, "\n");
}

static void put_requirements(struct page *page, const struct policy *policy)
{
    for (size_t i = 0; i < policy->requirement_count; i++)
        put_requirement(page, &policy->requirements[i]);
    if (policy->reads_labels || policy->reads_annotations || policy->reads_images)
        put(page, "  reads%s%s%s\n", policy->reads_labels ? " labels" : "",
            policy->reads_annotations ? " annotations" : "", policy->reads_images ? " images" : "");
}

static void put_break_glass(struct page *page, const struct policy *policy)
{
    const struct break_glass_rule *rule = &policy->break_glass;
    put_groups(page, "  break-glass by ", rule->groups, rule->group_count, "");
    if (rule->group_count > 0)
        put(page, " with %.*s, a reason of %" PRId64 " bytes, for %" PRId64 " s\n",
            TEXT_ARGS(rule->incident.source), rule->reason_bytes_least, rule->age_s_most);
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

static void put_delay(struct page *page, const struct policy *policy)
{
    static const char *const flights[] = {"finishes", "pauses"};
    static const char *const orders[] = {"oldest first", "by priority, then oldest first"};
    const struct delay_rule *delay = &policy->delay;
    const struct release_rule *release = &policy->release;
    put(page, "  retries below %" PRId64 " s, %s DaemonSets, what is in flight %s\n", delay->retry_below_s,
        delay->daemon_sets_on_delete ? "holds" : "denies", flights[delay->in_flight]);
    put(page, "  releases %" PRId64 " at a time within %" PRId64 " s, %s\n", release->concurrent_most,
        release->jitter_s, orders[release->order]);
}

static struct text end_of(struct arena *arena, int64_t end_s)
{
    return end_s == FREEZE_NO_END ? text_of("no end") : instant_format(arena, end_s);
}

static void put_day(struct page *page, const char *before, int64_t day)
{
    struct wall_time date = wall_time_from_seconds(day * 86400);
    put(page, "%s%04d-%02d-%02d", before, date.year, date.month, date.day);
}

/* "16:00", "16:00:30", "24:00" */
static void put_time_of_day(struct page *page, const char *before, int64_t time_s)
{
    put(page, "%s%02" PRId64 ":%02" PRId64, before, time_s / 3600, time_s / 60 % 60);
    if (time_s % 60 != 0)
        put(page, ":%02" PRId64, time_s % 60);
}

/* UNTIL is read in three ways; what follows says in which. */
static void put_until(struct page *page, const struct recurrence *rule)
{
    if (rule->until_form == UNTIL_DAY)
        put_day(page, " UNTIL day ", rule->until);
    else if (rule->until_form != UNTIL_NONE)
        put(page, " UNTIL %s %.*s", rule->until_form == UNTIL_WALL ? "wall clock" : "instant",
            TEXT_ARGS(instant_format(page->arena, rule->until)));
}

static void put_recurring(struct page *page, const struct recurring *recurring)
{
    put(page, "    on %.*s", TEXT_ARGS(recurring->rule.written));
    put_until(page, &recurring->rule);
    put_time_of_day(page, " at ", recurring->start_s);
    put_time_of_day(page, " until ", recurring->end_s);
    if (recurring->end_after_days > 0)
        put(page, " %" PRId64 " days later", recurring->end_after_days);
    if (recurring->from != WINDOW_NO_DAY)
        put_day(page, " from ", recurring->from);
    if (recurring->until != WINDOW_NO_DAY)
        put_day(page, " to ", recurring->until);
    for (size_t i = 0; i < recurring->exdate_count; i++)
        put_day(page, i == 0 ? " but not " : ", ", recurring->exdates[i]);
    put(page, "\n");
}

static void put_scope(struct page *page, const struct freeze_window *window)
{
    char classes[96];
    const struct freeze_scope *scope = &window->scope;
    put_selector(page, "    in namespaces", &window->namespaces);
    put_selector(page, "    for objects", &scope->objects);
    if (scope->kind_count > 0) {
        put_list(page, "    for kinds ", scope->kinds, scope->kind_count);
        put(page, "\n");
    }
    if (scope->classes != 0)
        put(page, "    for classes %s\n", change_classes_name(scope->classes, classes, sizeof(classes)));
    if (scope->exempt.user_count + scope->exempt.group_count > 0) {
        put_list(page, "    but not for users ", scope->exempt.users, scope->exempt.user_count);
        put_list(page, " groups ", scope->exempt.groups, scope->exempt.group_count);
        put(page, "\n");
    }
}

static void put_window(struct page *page, const struct window *window)
{
    static const char *const actions[] = {"Open", "Warn", "Delay", "Deny"};
    const struct freeze_window *said = &window->said;
    put(page, "  window %.*s %s %s%s", TEXT_ARGS(said->name),
        said->type == WINDOW_FREEZE ? "Freeze" : "Maintenance", actions[said->action],
        said->suspended ? " suspended" : "");
    const struct text notes[] = {said->zone == NULL ? TEXT_EMPTY : said->zone->name, said->reason,
                                 said->contact, said->url, said->ticket};
    for (size_t n = 0; n < sizeof(notes) / sizeof(notes[0]); n++)
        if (notes[n].length > 0)
            put(page, " | %.*s", TEXT_ARGS(notes[n]));
    put(page, "\n");
    put_scope(page, said);
    if (said->runway_s > 0)
        put(page, "    with a runway of %" PRId64 " s\n", said->runway_s);
    for (size_t i = 0; i < window->once_count; i++)
        put(page, "    %.*s until %.*s\n", TEXT_ARGS(instant_format(page->arena, window->once[i].start_s)),
            TEXT_ARGS(end_of(page->arena, window->once[i].end_s)));
    for (size_t i = 0; i < window->recurring_count; i++)
        put_recurring(page, &window->recurring[i]);
}

struct text policy_text(struct arena *arena, const struct policy_set *set)
{
    static const char *const modes[] = {"Enforce", "Warn", "Audit"};
    struct page page = {arena, TEXT_EMPTY};
    for (size_t i = 0; i < set->count; i++) {
        const struct policy *policy = &set->items[i];
        put(&page, "policy %.*s %s\n", TEXT_ARGS(policy->name), modes[policy->mode]);
        put_selector(&page, "  governs", &policy->namespace_selector);
        put_approval(&page, policy);
        put_tokens(&page, &policy->tokens);
        put_document(&page, policy);
        put_needs(&page, policy);
        put_requirements(&page, policy);
        put_break_glass(&page, policy);
        put_people(&page, policy);
        put_workloads(&page, policy);
        put_delay(&page, policy);
        put(&page, "  warns %" PRId64 " s ahead\n", policy->warn_ahead_s);
        for (size_t w = 0; w < policy->window_count; w++)
            put_window(&page, &policy->windows[w]);
    }
    return page.text;
}
