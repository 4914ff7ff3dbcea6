#include "metrics_private.h"

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
    MS_PER_S = 1000,
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
    const char *name = metrics_gauge_texts[gauge].name;
    write_head(out, name, "gauge", metrics_gauge_texts[gauge].help);
    switch (metrics_gauge_texts[gauge].shown) {
    case SHOWN_AS_IS: break;
    case SHOWN_AS_AGE:
        /* Never heard of: an age of half a century would only fire the wrong alert; see changegate_synced. */
        if (value == 0)
            return;
        value = now_s > value ? now_s - value : 0;
        break;
    case SHOWN_AS_AGE_OR_0: value = value != 0 && now_s > value ? now_s - value : 0; break;
    case SHOWN_AS_SECONDS: print(out, "changegate_%s %.3f\n", name, (double)value / MS_PER_S); return;
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
        const char *name = metrics_counter_texts[counter].name,
                   *labels = metrics_counter_texts[counter].labels;
        if (counter == 0 || strcmp(metrics_counter_texts[counter - 1].name, name) != 0)
            write_head(out, name, "counter", metrics_counter_texts[counter].help);
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
