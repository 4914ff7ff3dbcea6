#include "edge/admit.h"

#include "admit_private.h"

#include <stdlib.h>
#include <time.h>

enum { TIMEOUT_S_MOST = 30, TEXT_KEPT_BYTES = 256 << 10 };

struct admit *admit_new(unsigned loop, struct metrics *metrics, struct decision_log *log,
                        struct override_events *overrides)
{
    struct admit *admit = calloc(1, sizeof(*admit));
    if (admit == NULL)
        abort();
    admit->loop = loop;
    admit->metrics = metrics;
    admit->log = log;
    admit->overrides = overrides;
    admit->reader = json_reader_new();
    return admit;
}

void admit_free(struct admit *admit)
{
    if (admit == NULL)
        return;
    json_reader_free(admit->reader);
    arena_done(&admit->arena);
    json_text_done(&admit->scratch);
    json_text_done(&admit->answer);
    json_text_done(&admit->line);
    free(admit);
}

static int64_t monotonic_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

/* A request that is no admission: plain text for a person, since no API server asks like this. */
static void refuse(struct admit *admit, unsigned status, const char *reason, struct text why,
                   struct admit_answer *ret_answer)
{
    metrics_count(admit->metrics, METRICS_BAD_REQUESTS);
    *ret_answer = (struct admit_answer){
        .http_status = status,
        .reason = reason,
        .content_type = "text/plain; charset=utf-8",
        .allow = status == 405 ? "POST" : NULL,
        .body = arena_printf(&admit->arena, "%.*s\n", TEXT_ARGS(why)),
    };
}

/* "application/json", with parameters or without (RFC 9110 section 8.3.1). */
static bool is_json_type(struct text content_type)
{
    struct text type = text_trim(text_slice(content_type, 0, text_find(content_type, ';')));
    return text_equal_nocase(type, text_of("application/json"));
}

/* One number with its unit of a Go duration ("3s", "500ms", "1m"), in nanoseconds; what is read leaves
 * `text`. 0: none. */
static int64_t take_duration(struct text *text)
{
    static const struct {
        const char *unit;
        int64_t ns;
    } units[] = {{"ms", 1000000}, {"s", 1000000000}, {"m", 60 * INT64_C(1000000000)}};
    int64_t number = 0;
    while (text->length > 0 && text->at[0] >= '0' && text->at[0] <= '9') {
        number = number < 100000 ? number * 10 + (text->at[0] - '0') : number;
        *text = text_slice(*text, 1, text->length);
    }
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (!text_starts_with(*text, text_of(units[i].unit)))
            continue;
        *text = text_slice(*text, text_of(units[i].unit).length, text->length);
        return number * units[i].ns;
    }
    return 0;
}

/* How long the caller waits, by `timeout` in the query; without one that can be read, the API server's own
 * limit. */
static int64_t deadline_ns(struct text query)
{
    static const struct text key = TEXT("timeout=");
    const int64_t most = TIMEOUT_S_MOST * INT64_C(1000000000);
    int64_t total = 0;
    while (query.length > 0 && total == 0) {
        struct text pair = text_slice(query, 0, text_find(query, '&'));
        query = text_slice(query, pair.length + 1, query.length);
        if (!text_starts_with(pair, key))
            continue;
        struct text value = text_slice(pair, key.length, pair.length);
        for (int64_t part = take_duration(&value); part > 0 && total < most; part = take_duration(&value))
            total += part;
    }
    return total > 0 && total < most ? total : most;
}

void admission_answer(struct text body, struct admit_answer *ret_answer)
{
    *ret_answer = (struct admit_answer){
        .http_status = 200,
        .reason = "OK",
        .content_type = "application/json",
        .body = body,
    };
}

void admission_conclude(struct admission *admission, const struct change *change, const struct user *user,
                        struct admit_answer *ret_answer)
{
    struct admit *admit = admission->admit;
    int64_t latency_ns = monotonic_ns() - admission->started_ns;
    review_write_answer(admission->review.uid, &admission->verdict, change, &admit->answer);
    admission_answer(json_text_view(&admit->answer), ret_answer);
    if (admission->request->waited_ns > deadline_ns(admission->request->query))
        metrics_count(admit->metrics, METRICS_EXPIRED_REQUESTS);
    if (change != NULL)
        metrics_decision(admit->metrics, admit->loop, admission->verdict.kind,
                         change_main_class(change->classes), change->workload, admission->review.dry_run,
                         latency_ns);
    else
        metrics_guard_decision(admit->metrics, admit->loop, admission->guarded, admission->verdict.kind,
                               admission->review.dry_run, latency_ns);
    if (admit->log == NULL)
        return;
    review_write_log_line(admission->path, &admission->review, change, user, &admission->verdict,
                          admission->now_s, latency_ns, &admit->line);
    decision_log_put(admit->log, json_text_view(&admit->line));
}

/* What is known of the namespace; an object without one (a cluster-scoped kind) is governed by nobody. */
static const struct policy *look_up(const struct admission *admission, struct facts *ret_facts)
{
    *ret_facts = (struct facts){.namespace_known = true};
    if (admission->review.namespace.length == 0)
        return NULL;
    const struct snapshot_namespace *known = snapshot_find(admission->snapshot, admission->review.namespace);
    if (known == NULL) {
        ret_facts->namespace_known = false;
        return NULL;
    }
    *ret_facts = known->facts;
    return known->policy;
}

/* What both passes do: read the change, decide, and say all that a hold needs to say. */
static bool decide_change(struct admission *admission, const struct policy **ret_policy,
                          struct change *ret_change, struct error *error)
{
    struct admit *admit = admission->admit;
    struct facts facts;
    const struct policy *policy = *ret_policy = look_up(admission, &facts);
    bool reads_labels = facts.calendar != NULL && facts.calendar->reads_labels;
    if (!review_read_change(&admission->review, policy, reads_labels, &admit->arena, &admit->scratch,
                            ret_change, error))
        return false;
    if (policy != NULL && ret_change->workload != KIND_NONE)
        facts.approvals = snapshot_approvals(admission->snapshot, ret_change->namespace, ret_change->kind,
                                             ret_change->name, &facts.approval_count);
    decision_make(policy, &facts, ret_change, admission->now_s, &admit->arena, &admission->verdict);
    review_complete_hold(&admission->review, policy, ret_change, &admit->arena, &admit->scratch,
                         &admission->verdict);
    if (admission->verdict
            .releases) /* on the record it is that change, however small the edit that brings it */
        ret_change->classes =
            (ret_change->classes & ~CLASS_BIT(CLASS_METADATA)) | ret_change->hold.held_classes;
    return true;
}

static bool validate(struct admission *admission, struct admit_answer *ret_answer, struct error *error)
{
    const struct policy *policy;
    struct change change;
    if (!decide_change(admission, &policy, &change, error))
        return false;
    decision_verify_hold(&change, admission->now_s, &admission->admit->arena, &admission->verdict);
    decision_verify_record(&change, &admission->admit->arena, &admission->verdict);
    admission_tell_override(admission, &change);
    admission_conclude(admission, &change, &change.user, ret_answer);
    return true;
}

/* The pass that writes. It refuses nothing and leaves no line: the pass that checks does, on the object as it
 * will be stored. */
static bool mutate(struct admission *admission, struct admit_answer *ret_answer, struct error *error)
{
    struct admit *admit = admission->admit;
    const struct policy *policy;
    struct change change;
    if (admission_is_about_approval(&admission->review))
        return admission_stamp(admission, ret_answer, error);
    if (!decide_change(admission, &policy, &change, error))
        return false;
    review_write_mutation(&admission->review, policy, &change, &admission->verdict, &admit->arena,
                          &admit->scratch, &admit->answer);
    admission_answer(json_text_view(&admit->answer), ret_answer);
    return true;
}

static const struct route {
    const char *path;
    bool (*run)(struct admission *admission, struct admit_answer *ret_answer, struct error *error);
} routes[] = {{"/validate", validate}, {"/mutate", mutate}, {"/guard", admission_guard}};

static const struct route *find_route(struct text path)
{
    for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++)
        if (text_is(path, routes[i].path))
            return &routes[i];
    return NULL;
}

static void decide(struct admission *admission, const struct route *route, struct admit_answer *ret_answer)
{
    struct admit *admit = admission->admit;
    struct error error;
    struct text uid;
    bool done = review_open(admit->reader, admission->request->body, &admission->review, &uid, &error) &&
                route->run(admission, ret_answer, &error);
    if (!done)
        refuse(admit, 400, "Bad Request", text_of(error.text), ret_answer);
}

/* Memory that one very large request took is given back at once; the usual request keeps its buffers. */
static void give_back(struct admit *admit)
{
    json_reader_trim(admit->reader);
    if (admit->scratch.capacity > TEXT_KEPT_BYTES)
        json_text_done(&admit->scratch);
}

void admit_handle(struct admit *admit, const struct snapshot *snapshot, const struct admit_request *request,
                  int64_t now_s, struct admit_answer *ret_answer)
{
    arena_reset(&admit->arena);
    const struct route *route = find_route(request->path);

    if (route == NULL) {
        refuse(admit, 404, "Not Found", text_of("no such path: use /validate, /mutate or /guard"),
               ret_answer);
    } else if (!text_is(request->method, "POST")) {
        refuse(admit, 405, "Method Not Allowed", text_of("use POST"), ret_answer);
    } else if (!is_json_type(request->content_type)) {
        refuse(admit, 415, "Unsupported Media Type", text_of("send Content-Type: application/json"),
               ret_answer);
    } else if (request->body_too_large || request->body.length > ADMIT_BODY_BYTES_MOST) {
        refuse(admit, 413, "Payload Too Large", text_of("the body is larger than 8 MiB"), ret_answer);
    } else if (snapshot == NULL) {
        refuse(admit, 503, "Service Unavailable", text_of("the namespaces are not known yet; see /readyz"),
               ret_answer);
    } else {
        struct admission admission = {
            .admit = admit,
            .snapshot = snapshot,
            .request = request,
            .path = route->path,
            .now_s = now_s,
            .started_ns = monotonic_ns() - request->waited_ns,
        };
        decide(&admission, route, ret_answer);
        give_back(admit);
    }
}
