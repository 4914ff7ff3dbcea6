/* spec.delay and spec.release: how a change waits for the end of a freeze, and how what waited goes out. */
#include "policy_private.h"

enum {
    RETRY_BELOW_S_MOST = 5 * 60, /* Helm gives up after its --timeout, 5m unless it is told otherwise */
    JITTER_S_MOST = 3600,
    CONCURRENT_MOST = 1000,
};

bool policy_read_delay(struct policy_reader *reader, struct policy_map spec, struct policy *policy)
{
    static const char *const fields[] = {"retryBelow", "daemonSets", "inFlight", NULL};
    static const char *const daemon_sets[] = {"Deny", "OnDelete", NULL};
    static const char *const in_flight[] = {[IN_FLIGHT_FINISH] = "Finish", [IN_FLIGHT_PAUSE] = "Pause", NULL};
    struct policy_map map;
    struct delay_rule *delay = &policy->delay;
    *delay = policy_default_delay;
    unsigned on_delete = delay->daemon_sets_on_delete ? 1 : 0, flight = delay->in_flight;
    if (!policy_get_map(reader, spec, "delay", fields, &map) ||
        !policy_get_duration(reader, map, "retryBelow", RETRY_BELOW_S_MOST, &delay->retry_below_s) ||
        !policy_get_choice(reader, map, "daemonSets", daemon_sets, &on_delete) ||
        !policy_get_choice(reader, map, "inFlight", in_flight, &flight))
        return false;
    delay->daemon_sets_on_delete = on_delete == 1;
    delay->in_flight = (enum in_flight)flight;
    return true;
}

bool policy_read_release(struct policy_reader *reader, struct policy_map spec, struct policy *policy)
{
    static const char *const fields[] = {"maxConcurrent", "jitter", "order", NULL};
    static const char *const orders[] = {
        [RELEASE_OLDEST_FIRST] = "OldestFirst", [RELEASE_PRIORITY_THEN_OLDEST] = "PriorityThenOldest", NULL};
    struct policy_map map;
    struct release_rule *release = &policy->release;
    *release = policy_default_release;
    unsigned order = release->order;
    if (!policy_get_map(reader, spec, "release", fields, &map) ||
        !policy_get_integer(reader, map, "maxConcurrent", 1, CONCURRENT_MOST, &release->concurrent_most) ||
        !policy_get_duration(reader, map, "jitter", JITTER_S_MOST, &release->jitter_s) ||
        !policy_get_choice(reader, map, "order", orders, &order))
        return false;
    release->order = (enum release_order)order;
    return true;
}
