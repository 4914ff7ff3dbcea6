#include "keeper_private.h"

#include "edge/clock.h"
#include "edge/cluster_clock.h"
#include "edge/message_log.h"
#include "edge/thread_share.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { SKEW_MS_SAID = 5000 };

static const struct kube_lease_role lease_role = {
    .name = "changegate-keeper",
    .noun = "Lease of the keeper",
    .does = "leads the keepers of certificates and registrations",
    .what = "certificates and registrations",
    .meanwhile = "this process renews no certificate without it",
};

static void find_paths(struct keeper *keeper)
{
    const struct keeper_options *options = keeper->options;
    struct text namespace = kube_http_escape(&keeper->life, options->secret_namespace);
    struct text name = kube_http_escape(&keeper->life, options->secret_name);
    keeper->secrets_path =
        arena_printf(&keeper->life, "/api/v1/namespaces/%.*s/secrets", TEXT_ARGS(namespace)).at;
    keeper->secret_path = arena_printf(&keeper->life, "%s/%.*s", keeper->secrets_path, TEXT_ARGS(name)).at;
}

/* Whoever stands between an API server that is not verified and us would be handed keys, and tell us the
 * time. */
static bool check_options(struct keeper *keeper, struct error *error)
{
    const struct keeper_options *options = keeper->options;
    keeper->config.tells_time = true;
    if (options->secret_name.length > 0 && keeper->config.skip_verify)
        return error_set(error, ERROR_INPUT,
                         "--certificate-secret: the kubeconfig does not verify the API server "
                         "(insecure-skip-tls-verify), which would be sent private keys; give its CA");
    for (size_t i = 0; i < options->name_count; i++) {
        if (!certificate_name_is_good(options->names[i]))
            return error_set(error, ERROR_INPUT, "--certificate-name: '%.*s' is no DNS name or IP address",
                             TEXT_ARGS(options->names[i]));
    }
    return true;
}

bool keeper_new(const struct keeper_options *options, struct tls *tls, struct metrics *metrics,
                struct keeper **ret_keeper, struct error *error)
{
    struct keeper *keeper = calloc(1, sizeof(*keeper));
    if (keeper == NULL)
        abort();
    keeper->options = options;
    keeper->tls = tls;
    keeper->metrics = metrics;
    keeper->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (keeper->wake_fd < 0)
        error_set(error, ERROR_SYSTEM, "eventfd: %s", strerror(errno));
    if (keeper->wake_fd < 0 || !kube_config_open(options->kubeconfig, &keeper->config, error) ||
        !check_options(keeper, error) || !kube_http_new(&keeper->config, &keeper->http, error) ||
        !keeper_registrations_load(keeper, error)) {
        keeper_free(keeper);
        return false;
    }
    find_paths(keeper);
    keeper->request = kube_request_new(keeper->http);
    if (options->secret_name.length > 0 || keeper->desired.count > 0)
        keeper->lease = kube_lease_new(keeper->http, options->lease_namespace, &lease_role);
    *ret_keeper = keeper;
    return true;
}

void keeper_stop(struct keeper *keeper)
{
    atomic_store(&keeper->stopping, true);
    eventfd_write(keeper->wake_fd, 1);
}

/* ---- one turn ---- */

void keeper_step(struct keeper *keeper)
{
    keeper->now_ms = clock_monotonic_ms();
    keeper->now_s = cluster_clock_s();
    if (keeper->lease != NULL)
        kube_lease_step(keeper->lease, keeper->now_ms, keeper->now_s);
}

int64_t keeper_due_ms(const struct keeper *keeper, int64_t at_most_ms)
{
    int64_t lease_ms = keeper->lease == NULL ? at_most_ms : kube_lease_due_ms(keeper->lease);
    return lease_ms < at_most_ms ? lease_ms : at_most_ms;
}

bool keeper_leads(const struct keeper *keeper)
{
    return keeper->lease != NULL && kube_lease_held(keeper->lease, keeper->now_ms);
}

static void note_leading(struct keeper *keeper)
{
    static const enum metrics_gauge of_the_leader[] = {
        METRICS_AUTHORITY_EXPIRY_S, METRICS_REGISTRATIONS_MISSING, METRICS_REGISTRATIONS_EDITED};
    if (keeper_leads(keeper) == keeper->leading)
        return;
    keeper->leading = !keeper->leading;
    keeper->trusted_ca[0] = '\0'; /* seen by another one, if at all */
    keeper->due_ms = keeper->now_ms;
    metrics_set(keeper->metrics, METRICS_KEEPER_LEADER, keeper->leading);
    for (size_t i = 0; i < sizeof(of_the_leader) / sizeof(of_the_leader[0]); i++)
        metrics_set(keeper->metrics, of_the_leader[i], 0);
}

/* Watches are quiet for minutes, and nothing else asks. Everybody may read this one. */
static void hear_the_time(struct keeper *keeper)
{
    const struct kube_call call = {.method = KUBE_GET, .path = "/version", .accept = "application/json"};
    struct keeper_answer answer;
    struct error error;
    if (!keeper_ask(keeper, &call, &answer, &error))
        metrics_count(keeper->metrics, METRICS_KEEPER_FAILURES);
}

static void look_at_the_clock(struct keeper *keeper)
{
    int64_t skew_ms = cluster_clock_skew_ms();
    metrics_set(keeper->metrics, METRICS_CLOCK_SKEW_MS, skew_ms);
    if (skew_ms > -SKEW_MS_SAID && skew_ms < SKEW_MS_SAID)
        keeper_settled(keeper, MATTER_CLOCK);
    else
        keeper_warn(
            keeper, MATTER_CLOCK, "ClockSkew",
            "the clock of this machine is %s the API server's by more than %d s (see "
            "changegate_clock_skew_seconds); decisions go by the API server's: set this machine's clock",
            skew_ms > 0 ? "ahead of" : "behind", SKEW_MS_SAID / 1000);
}

/* Soon while something is not as it should be, and less and less soon while that lasts. */
static int64_t pace_ms(struct keeper *keeper)
{
    if (!keeper->hurry)
        keeper->hurry_ms = 0;
    else
        keeper->hurry_ms = keeper->hurry_ms == 0 ? KEEPER_HURRY_MS : keeper->hurry_ms * 3 / 2;
    if (keeper->hurry_ms > KEEPER_LOOK_MS)
        keeper->hurry_ms = KEEPER_LOOK_MS;
    return keeper->hurry ? keeper->hurry_ms : KEEPER_LOOK_MS;
}

/* The registrations come first: when a certificate may change depends on them. */
static void take_turn(struct keeper *keeper)
{
    arena_reset(&keeper->turn);
    memset(keeper->seen, 0, sizeof(keeper->seen));
    keeper->hurry = false;
    if (keeper->leading) {
        keeper_registrations_look(keeper);
        keeper_registrations_judge(keeper);
    }
    keeper_certificates_turn(keeper);
    if (keeper->lease == NULL)
        hear_the_time(keeper);
    if (keeper->leading && keeper_leads(keeper))
        keeper_registrations_write(keeper);
    look_at_the_clock(keeper);
    keeper->due_ms = keeper->now_ms + pace_ms(keeper);
}

static void wait_for_something(struct keeper *keeper)
{
    int64_t left_ms = keeper_due_ms(keeper, keeper->due_ms) - clock_monotonic_ms();
    kube_http_wait(keeper->http, &keeper->wake_fd, 1, left_ms < 0 ? 0 : (int)left_ms);
}

static void *run(void *context)
{
    struct keeper *keeper = context;
    thread_share_background();
    while (!atomic_load(&keeper->stopping)) {
        kube_http_step(keeper->http);
        keeper_step(keeper);
        note_leading(keeper);
        if (keeper->now_ms >= keeper->due_ms)
            take_turn(keeper);
        wait_for_something(keeper);
    }
    if (keeper->lease != NULL)
        kube_lease_release(keeper->lease);
    return NULL;
}

void keeper_start(struct keeper *keeper)
{
    if (pthread_create(&keeper->thread, NULL, run, keeper) != 0)
        abort();
    keeper->started = true;
}

void keeper_free(struct keeper *keeper)
{
    if (keeper == NULL)
        return;
    if (keeper->started) {
        keeper_stop(keeper);
        pthread_join(keeper->thread, NULL);
    }
    keeper_wipe(keeper->kept_key);
    kube_request_free(keeper->request);
    kube_lease_free(keeper->lease);
    kube_http_free(keeper->http);
    kube_config_done(&keeper->config);
    kube_buffer_done(&keeper->answer);
    registrations_done(&keeper->desired);
    free(keeper->desired_text);
    arena_done(&keeper->kept);
    arena_done(&keeper->life);
    arena_done(&keeper->turn);
    if (keeper->wake_fd >= 0)
        close(keeper->wake_fd);
    free(keeper);
}
