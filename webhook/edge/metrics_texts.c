#include "metrics_private.h"

const struct metrics_counter_text metrics_counter_texts[METRICS_COUNTER_COUNT] = {
    [METRICS_POLICY_RELOADS] = {"policy_reloads_total", "Policy files read after a change and put in force.",
                                NULL},
    [METRICS_POLICY_RELOAD_FAILURES] =
        {"policy_reload_failures_total",
         "Changed policy files that could not be used; the last good one stays.", NULL},
    [METRICS_CERTIFICATE_RELOADS] = {"certificate_reloads_total",
                                     "Serving certificates read after a change and put in force.", NULL},
    [METRICS_CERTIFICATE_RELOAD_FAILURES] =
        {"certificate_reload_failures_total",
         "Changed certificates that could not be used; the last good one stays.", NULL},
    [METRICS_WATCH_ERRORS] = {"watch_errors_total",
                              "Lists or watches of the API server that failed or were cut.", NULL},
    [METRICS_BAD_REQUESTS] = {"bad_requests_total", "Requests refused with a 4xx or 503 before any decision.",
                              NULL},
    [METRICS_HANDSHAKE_FAILURES] = {"tls_handshake_failures_total",
                                    "TLS handshakes that either side refused.", NULL},
    [METRICS_SLOW_CLIENTS] = {"slow_clients_total",
                              "Connections ended because a handshake, a request or its answer took too long.",
                              NULL},
    [METRICS_CONNECTIONS_REFUSED] =
        {"accept_pauses_total", "Times that accepting paused: connection limit or file descriptors used up.",
         NULL},
    [METRICS_EXPIRED_REQUESTS] = {"expired_requests_total",
                                  "Requests decided after the caller's timeout had passed.", NULL},
    [METRICS_LOG_LINES_DROPPED] =
        {"log_lines_dropped_total",
         "Decisions not logged because the reader of standard output did not keep up.", NULL},
    [METRICS_RELEASES] = {"releases_total", "Held objects that this process released.", NULL},
    [METRICS_RELEASE_FAILURES] =
        {"release_failures_total",
         "Releases that this process asked for and that were refused or had no answer; each is tried again.",
         NULL},
    [METRICS_BREAK_GLASS_ALLOWED] = {"break_glass_total", "Changes that asked for break-glass, by outcome.",
                                     "{outcome=\"allowed\"}"},
    [METRICS_BREAK_GLASS_REFUSED] = {"break_glass_total", "", "{outcome=\"refused\"}"},
    [METRICS_CERTIFICATES_ISSUED] = {"certificates_issued_total",
                                     "CAs and serving certificates that this process made.", NULL},
    [METRICS_KEEPER_FAILURES] = {"keeper_failures_total",
                                 "Reads and writes of the keeper that failed; each is tried again.", NULL},
    [METRICS_OVERRIDE_EVENTS_DROPPED] = {"override_events_dropped_total",
                                         "Events about break-glass not written, since too many waited.",
                                         NULL},
};

const struct metrics_gauge_text metrics_gauge_texts[METRICS_GAUGE_COUNT] = {
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
    [METRICS_CLOCK_SKEW_MS] =
        {"clock_skew_seconds",
         "Seconds by which this machine's clock is ahead of the API server's, which counts.",
         SHOWN_AS_SECONDS},
    [METRICS_KEEPER_LEADER] = {"keeper_leader", "1 in the process that keeps certificates and registrations.",
                               SHOWN_AS_IS},
    [METRICS_AUTHORITY_EXPIRY_S] = {"certificate_authority_expiry_timestamp_seconds",
                                    "When the newest CA of our own ends, in unix time; 0: there is none.",
                                    SHOWN_AS_IS},
    [METRICS_REGISTRATIONS_MISSING] =
        {"registrations_missing",
         "Registrations that are not there, by the leader of the keepers; 0 in others.", SHOWN_AS_IS},
    [METRICS_REGISTRATIONS_EDITED] =
        {"registrations_edited",
         "Registrations that were edited by hand, by the leader of the keepers; 0 in others.", SHOWN_AS_IS},
};
