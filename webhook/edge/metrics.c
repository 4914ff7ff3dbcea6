#include "edge/metrics.h"

#include "codec/zones.h"

#include <stdalign.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    CACHE_LINE_BYTES = 64,
    VERDICT_COUNT = VERDICT_DENY + 1,
    KIND_COUNT = KIND_OTHER + 1,
    DRY_RUN_COUNT = 2,
};

#define NS_PER_S INT64_C(1000000000)

/* Upper bounds of the latency buckets; one more, without a bound, takes the rest. A decision takes tens of
 * microseconds, an API server's patience ends after seconds. */
static const struct {
    int64_t most_ns;
    const char *label; /* in seconds, as Prometheus wants it */
} buckets[] = {
    {50 * 1000, "5e-05"},
    {100 * 1000, "0.0001"},
    {250 * 1000, "0.00025"},
    {500 * 1000, "0.0005"},
    {1000 * 1000, "0.001"},
    {2500 * 1000, "0.0025"},
    {5 * 1000 * 1000, "0.005"},
    {10 * 1000 * 1000, "0.01"},
    {50 * 1000 * 1000, "0.05"},
    {100 * 1000 * 1000, "0.1"},
    {NS_PER_S, "1"},
};
enum { BUCKET_COUNT = sizeof(buckets) / sizeof(buckets[0]) };

/* What one serving loop adds to; on cache lines of its own. */
struct loop_metrics {
    alignas(CACHE_LINE_BYTES)
        atomic_uint_fast64_t decisions[VERDICT_COUNT][CLASS_COUNT][KIND_COUNT][DRY_RUN_COUNT];
    atomic_uint_fast64_t guard_decisions[METRICS_GUARDED_COUNT][VERDICT_COUNT][DRY_RUN_COUNT];
    atomic_uint_fast64_t latencies[BUCKET_COUNT + 1];
    atomic_uint_fast64_t latency_ns;
};

struct metrics {
    unsigned loop_count;
    struct loop_metrics *loops; /* owned */
    atomic_int_fast64_t gauges[METRICS_GAUGE_COUNT];
    atomic_uint_fast64_t counters[METRICS_COUNTER_COUNT];
    const char *tzdata_version; /* static */
};

static const struct {
    const char *name, *help;
} counter_texts[METRICS_COUNTER_COUNT] = {
    [METRICS_POLICY_RELOADS] = {"policy_reloads_total", "Policy files read after a change and put in force."},
    [METRICS_POLICY_RELOAD_FAILURES] =
        {"policy_reload_failures_total",
         "Changed policy files that could not be used; the last good one stays."},
    [METRICS_CERTIFICATE_RELOADS] = {"certificate_reloads_total",
                                     "Serving certificates read after a change and put in force."},
    [METRICS_CERTIFICATE_RELOAD_FAILURES] =
        {"certificate_reload_failures_total",
         "Changed certificates that could not be used; the last good one stays."},
    [METRICS_WATCH_ERRORS] = {"watch_errors_total",
                              "Lists or watches of the API server that failed or were cut."},
    [METRICS_BAD_REQUESTS] = {"bad_requests_total",
                              "Requests refused with a 4xx or 503 before any decision."},
    [METRICS_HANDSHAKE_FAILURES] = {"tls_handshake_failures_total",
                                    "TLS handshakes that either side refused."},
    [METRICS_SLOW_CLIENTS] =
        {"slow_clients_total",
         "Connections ended because a handshake, a request or its answer took too long."},
    [METRICS_CONNECTIONS_REFUSED] =
        {"accept_pauses_total", "Times that accepting paused: connection limit or file descriptors used up."},
    [METRICS_EXPIRED_REQUESTS] = {"expired_requests_total",
                                  "Requests decided after the caller's timeout had passed."},
    [METRICS_LOG_LINES_DROPPED] =
        {"log_lines_dropped_total",
         "Decisions not logged because the reader of standard output did not keep up."},
    [METRICS_RELEASES] = {"releases_total", "Held objects that this process released."},
    [METRICS_RELEASE_FAILURES] =
        {"release_failures_total",
         "Releases that this process asked for and that were refused or had no answer; each is tried again."},
    [METRICS_BREAK_GLASS_ALLOWED] = {"break_glass_total", "Changes that asked for break-glass, by outcome."},
    [METRICS_BREAK_GLASS_REFUSED] = {"break_glass_total", ""},
    [METRICS_OVERRIDE_EVENTS_DROPPED] = {"override_events_dropped_total",
                                         "Events about break-glass not written, since too many waited."},
};

/* Of those that share a name; they stand one behind the other. */
static const char *const counter_labels[METRICS_COUNTER_COUNT] = {
    [METRICS_BREAK_GLASS_ALLOWED] = "{outcome=\"allowed\"}",
    [METRICS_BREAK_GLASS_REFUSED] = "{outcome=\"refused\"}",
};

static const struct {
    const char *name, *help;
    enum {
        SHOWN_AS_IS,
        SHOWN_AS_AGE,
        SHOWN_AS_AGE_OR_0,
        SHOWN_AS_WAIT
    } shown; /* a unix time as the seconds since, or until then */
} gauge_texts[METRICS_GAUGE_COUNT] = {
    [METRICS_NAMESPACES] = {"namespaces", "Namespaces known.", SHOWN_AS_IS},
    [METRICS_NAMESPACES_GOVERNED] = {"governed_namespaces", "Namespaces that a policy governs.", SHOWN_AS_IS},
    [METRICS_NAMESPACES_FROZEN] = {"freezes_active", "Governed namespaces closed now, by label or window.",
                                   SHOWN_AS_IS},
    [METRICS_SYNCED] = {"synced", "1 once namespaces, freeze windows and approvals are known.", SHOWN_AS_IS},
    [METRICS_IN_TOUCH_S] =
        {"snapshot_age_seconds",
         "Seconds since the last word from the source of namespaces, windows and approvals.", SHOWN_AS_AGE},
    [METRICS_CERTIFICATE_EXPIRY_S] = {"certificate_expiry_timestamp_seconds",
                                      "When the serving certificate ends, in unix time.", SHOWN_AS_IS},
    [METRICS_POLICY_LOADED_S] = {"policy_loaded_timestamp_seconds",
                                 "When the policy in force was read, in unix time.", SHOWN_AS_IS},
    [METRICS_CONNECTIONS] = {"open_connections", "Open TLS connections.", SHOWN_AS_IS},
    [METRICS_WINDOWS] = {"windows", "Freeze windows, of policies and of the cluster.", SHOWN_AS_IS},
    [METRICS_WINDOWS_ACTIVE] = {"windows_active", "Freeze windows that are on now.", SHOWN_AS_IS},
    [METRICS_WINDOWS_UNUSABLE] = {"windows_unusable",
                                  "FreezeWindow objects that cannot be used and close nothing.", SHOWN_AS_IS},
    [METRICS_NEXT_TRANSITION_S] = {"next_transition_seconds",
                                   "Seconds until a freeze window starts or ends; +Inf: none is known.",
                                   SHOWN_AS_WAIT},
    [METRICS_HELD_OBJECTS] = {"held_objects",
                              "Objects held until a freeze ends, by the leader of the releases; 0 in others.",
                              SHOWN_AS_IS},
    [METRICS_RELEASING_OBJECTS] =
        {"releasing_objects",
         "Released objects whose rollouts are not finished, by the leader of the releases; 0 in others.",
         SHOWN_AS_IS},
    [METRICS_THAW_FAILED_OBJECTS] = {"thaw_failed_objects",
                                     "Released objects whose rollouts failed, which stops the releases of "
                                     "their namespaces; by the leader "
                                     "of the releases; 0 in others.",
                                     SHOWN_AS_IS},
    [METRICS_OLDEST_HOLD_S] =
        {"oldest_hold_age_seconds",
         "Seconds since the oldest hold began, by the leader of the releases; 0: none, and in others.",
         SHOWN_AS_AGE_OR_0},
    [METRICS_RELEASER_LEADER] = {"releaser_leader", "1 in the process that leads the releases.", SHOWN_AS_IS},
    [METRICS_APPROVALS] = {"approvals", "Approval objects that have not expired.", SHOWN_AS_IS},
};

/* The API's spelling, so that a series can be joined with others by kind. */
static const char *const kind_names[KIND_COUNT] = {
    [KIND_NONE] = "none",
    [KIND_DEPLOYMENT] = "Deployment",
    [KIND_STATEFULSET] = "StatefulSet",
    [KIND_DAEMONSET] = "DaemonSet",
    [KIND_REPLICASET] = "ReplicaSet",
    [KIND_REPLICATIONCONTROLLER] = "ReplicationController",
    [KIND_JOB] = "Job",
    [KIND_CRONJOB] = "CronJob",
    [KIND_POD] = "Pod",
    [KIND_OTHER] = "other",
};

struct metrics *metrics_new(unsigned loop_count)
{
    struct metrics *metrics = calloc(1, sizeof(*metrics));
    size_t bytes =
        loop_count * sizeof(struct loop_metrics); /* a multiple of the alignment, as its type says */
    struct loop_metrics *loops = aligned_alloc(CACHE_LINE_BYTES, bytes);
    if (metrics == NULL || loops == NULL)
        abort();
    memset(loops, 0, bytes);
    metrics->loop_count = loop_count;
    metrics->loops = loops;
    metrics->tzdata_version = zones_tzdata_version(); /* here, since a scrape must not read files */
    metrics_set(metrics, METRICS_NEXT_TRANSITION_S, INT64_MAX);
    return metrics;
}

void metrics_free(struct metrics *metrics)
{
    if (metrics == NULL)
        return;
    free(metrics->loops);
    free(metrics);
}

/* One thread alone adds to a loop's counter, so a load and a store do and no locked instruction is needed. */
static void add_own(atomic_uint_fast64_t *counter, uint64_t by)
{
    uint64_t value = atomic_load_explicit(counter, memory_order_relaxed);
    atomic_store_explicit(counter, value + by, memory_order_relaxed);
}

static uint64_t read_counter(const atomic_uint_fast64_t *counter)
{
    return atomic_load_explicit(counter, memory_order_relaxed);
}

static void add_latency(struct loop_metrics *loop, int64_t latency_ns)
{
    size_t bucket = 0;
    while (bucket < BUCKET_COUNT && latency_ns > buckets[bucket].most_ns)
        bucket++;
    add_own(&loop->latencies[bucket], 1);
    add_own(&loop->latency_ns, latency_ns > 0 ? (uint64_t)latency_ns : 0);
}

void metrics_decision(struct metrics *metrics, unsigned loop, enum verdict_kind verdict,
                      enum change_class class, enum workload_kind workload, bool dry_run, int64_t latency_ns)
{
    struct loop_metrics *own = &metrics->loops[loop];
    add_own(&own->decisions[verdict][class][workload][dry_run], 1);
    add_latency(own, latency_ns);
}

void metrics_guard_decision(struct metrics *metrics, unsigned loop, enum metrics_guarded guarded,
                            enum verdict_kind verdict, bool dry_run, int64_t latency_ns)
{
    struct loop_metrics *own = &metrics->loops[loop];
    add_own(&own->guard_decisions[guarded][verdict][dry_run], 1);
    add_latency(own, latency_ns);
}

void metrics_count(struct metrics *metrics, enum metrics_counter counter)
{
    atomic_fetch_add_explicit(&metrics->counters[counter], 1, memory_order_relaxed);
}

void metrics_set(struct metrics *metrics, enum metrics_gauge gauge, int64_t value)
{
    atomic_store_explicit(&metrics->gauges[gauge], value, memory_order_relaxed);
}

void metrics_add(struct metrics *metrics, enum metrics_gauge gauge, int64_t by)
{
    atomic_fetch_add_explicit(&metrics->gauges[gauge], by, memory_order_relaxed);
}

int64_t metrics_get(const struct metrics *metrics, enum metrics_gauge gauge)
{
    return atomic_load_explicit(&metrics->gauges[gauge], memory_order_relaxed);
}

static void print(struct json_text_buffer *out, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static void print(struct json_text_buffer *out, const char *format, ...)
{
    char line[512];
    va_list args;
    va_start(args, format);
    int length = vsnprintf(line, sizeof(line), format, args);
    va_end(args);
    if (length > 0 && (size_t)length < sizeof(line))
        json_text_raw(out, (struct text){line, (size_t)length});
}

static void write_head(struct json_text_buffer *out, const char *name, const char *type, const char *help)
{
    print(out, "# HELP changegate_%s %s\n# TYPE changegate_%s %s\n", name, help, name, type);
}

/* A series that never counted is left out: most combinations never happen. */
static void write_requests_of(struct json_text_buffer *out, enum verdict_kind verdict, const char *class,
                              const char *kind, bool dry_run, uint64_t count)
{
    if (count > 0)
        print(out, "changegate_requests_total{verdict=\"%s\",class=\"%s\",kind=\"%s\",dry_run=\"%s\"} %llu\n",
              verdict_kind_name(verdict), class, kind, dry_run ? "true" : "false", (unsigned long long)count);
}

static uint64_t sum_decisions(const struct metrics *metrics, enum verdict_kind verdict,
                              enum change_class class, enum workload_kind kind, unsigned dry_run)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < metrics->loop_count; i++)
        sum += read_counter(&metrics->loops[i].decisions[verdict][class][kind][dry_run]);
    return sum;
}

static void write_requests_by_kind(const struct metrics *metrics, enum verdict_kind verdict,
                                   enum change_class class, struct json_text_buffer *out)
{
    for (unsigned kind = 0; kind < KIND_COUNT; kind++) {
        for (unsigned dry_run = 0; dry_run < DRY_RUN_COUNT; dry_run++)
            write_requests_of(out, verdict, change_class_name(class), kind_names[kind], dry_run,
                              sum_decisions(metrics, verdict, class, kind, dry_run));
    }
}

/* Class and kind are the same word: what /guard decides on is no change to a workload. */
static void write_requests_of_guard(const struct metrics *metrics, enum verdict_kind verdict,
                                    struct json_text_buffer *out)
{
    static const char *const names[] = {[METRICS_GUARDED_NAMESPACE] = "Namespace",
                                        [METRICS_GUARDED_WINDOW] = "FreezeWindow",
                                        [METRICS_GUARDED_APPROVAL] = "Approval"};
    for (unsigned guarded = 0; guarded < METRICS_GUARDED_COUNT; guarded++)
        for (unsigned dry_run = 0; dry_run < DRY_RUN_COUNT; dry_run++) {
            uint64_t sum = 0;
            for (unsigned i = 0; i < metrics->loop_count; i++)
                sum += read_counter(&metrics->loops[i].guard_decisions[guarded][verdict][dry_run]);
            write_requests_of(out, verdict, names[guarded], names[guarded], dry_run != 0, sum);
        }
}

static void write_requests(const struct metrics *metrics, struct json_text_buffer *out)
{
    write_head(out, "requests_total", "counter", "Decisions, by verdict, class and kind of the change.");
    for (unsigned verdict = 0; verdict < VERDICT_COUNT; verdict++) {
        for (enum change_class class = 0; class < CLASS_COUNT; class ++)
            write_requests_by_kind(metrics, verdict, class, out);
        write_requests_of_guard(metrics, verdict, out);
    }
}

static void write_latencies(const struct metrics *metrics, struct json_text_buffer *out)
{
    static const char name[] = "request_duration_seconds";
    uint64_t count = 0, sum_ns = 0;
    write_head(out, name, "histogram", "From the first byte of a request to its decision.");
    for (size_t bucket = 0; bucket <= BUCKET_COUNT; bucket++) {
        for (unsigned i = 0; i < metrics->loop_count; i++)
            count += read_counter(&metrics->loops[i].latencies[bucket]);
        print(out, "changegate_%s_bucket{le=\"%s\"} %llu\n", name,
              bucket < BUCKET_COUNT ? buckets[bucket].label : "+Inf", (unsigned long long)count);
    }
    for (unsigned i = 0; i < metrics->loop_count; i++)
        sum_ns += read_counter(&metrics->loops[i].latency_ns);
    print(out, "changegate_%s_sum %llu.%09llu\nchangegate_%s_count %llu\n", name,
          (unsigned long long)(sum_ns / NS_PER_S), (unsigned long long)(sum_ns % NS_PER_S), name,
          (unsigned long long)count);
}

static void write_gauge(struct json_text_buffer *out, enum metrics_gauge gauge, int64_t value, int64_t now_s)
{
    const char *name = gauge_texts[gauge].name;
    write_head(out, name, "gauge", gauge_texts[gauge].help);
    switch (gauge_texts[gauge].shown) {
    case SHOWN_AS_IS: break;
    case SHOWN_AS_AGE:
        /* Never heard of: an age of half a century would only fire the wrong alert; see changegate_synced. */
        if (value == 0)
            return;
        value = now_s > value ? now_s - value : 0;
        break;
    case SHOWN_AS_AGE_OR_0: value = value != 0 && now_s > value ? now_s - value : 0; break;
    case SHOWN_AS_WAIT:
        if (value == INT64_MAX) {
            print(out, "changegate_%s +Inf\n", name);
            return;
        }
        value = value > now_s ? value - now_s : 0;
        break;
    }
    print(out, "changegate_%s %lld\n", name, (long long)value);
}

static void write_gauges(const struct metrics *metrics, int64_t now_s, struct json_text_buffer *out)
{
    for (enum metrics_gauge gauge = 0; gauge < METRICS_GAUGE_COUNT; gauge++)
        write_gauge(out, gauge, metrics_get(metrics, gauge), now_s);
    write_head(out, "tzdata_info", "gauge",
               "1, for the version of the tz database that windows are read with.");
    print(out, "changegate_tzdata_info{version=\"%s\"} 1\n", metrics->tzdata_version);
}

static void write_counters(const struct metrics *metrics, struct json_text_buffer *out)
{
    for (enum metrics_counter counter = 0; counter < METRICS_COUNTER_COUNT; counter++) {
        const char *name = counter_texts[counter].name, *labels = counter_labels[counter];
        if (counter == 0 || strcmp(counter_texts[counter - 1].name, name) != 0)
            write_head(out, name, "counter", counter_texts[counter].help);
        print(out, "changegate_%s%s %llu\n", name, labels == NULL ? "" : labels,
              (unsigned long long)read_counter(&metrics->counters[counter]));
    }
}

void metrics_write(const struct metrics *metrics, int64_t now_s, struct json_text_buffer *out)
{
    write_requests(metrics, out);
    write_latencies(metrics, out);
    write_gauges(metrics, now_s, out);
    write_counters(metrics, out);
}
