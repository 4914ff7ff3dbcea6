#include "edge/kube_lease.h"

#include "edge/clock.h"
#include "edge/cluster_clock.h"
#include "edge/kube_buffer.h"
#include "edge/kube_events.h"
#include "edge/kube_outage.h"
#include "edge/message_log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    ANSWER_MS_MOST = 3000, /* the patience with one request: some fit into LEASE_HELD_MS */
    RETRY_MS_MOST = 1000,  /* between two tries of the holder */
    RELEASE_MS_MOST = 2000,
    GONE_MS = 8000,
    ANSWER_BYTES_MOST = 64 << 10,
    HOST_BYTES_MOST = 128,
};

enum step { STEP_LOOK, STEP_CREATE, STEP_TAKE, STEP_RENEW, STEP_GIVE_BACK };

struct kube_lease {
    struct kube_http *http;
    struct kube_request *request;
    const char *namespace;
    const struct kube_lease_role *role; /* borrowed */
    struct arena arena;                 /* owns the next two */
    const char *list_path, *path;
    char identity[HOST_BYTES_MOST + 64];

    bool under_way;
    enum step step;             /* under way, or the next one */
    int64_t now_ms, now_s;      /* of the step under way */
    int64_t due_ms;             /* when the next step begins; under way: when patience ends */
    int64_t began_ms;           /* of the request under way */
    int64_t held_until_ms;      /* 0: not held */
    struct lease_record record; /* as last read or written; owned by `known` */
    struct arena known;
    struct lease_seen seen;
    struct kube_outage outage;
    struct kube_buffer answer;
    struct arena scratch; /* of the request under way */
};

static void make_identity(struct kube_lease *lease)
{
    char host[HOST_BYTES_MOST] = "";
    if (gethostname(host, sizeof(host) - 1) != 0 || host[0] == '\0')
        snprintf(host, sizeof(host), "unknown");
    snprintf(lease->identity, sizeof(lease->identity), "%s_%ld_%08x", host, (long)getpid(), arc4random());
}

struct kube_lease *kube_lease_new(struct kube_http *http, const char *namespace,
                                  const struct kube_lease_role *role)
{
    struct kube_lease *lease = calloc(1, sizeof(*lease));
    if (lease == NULL)
        abort();
    lease->http = http;
    lease->request = kube_request_new(http);
    lease->namespace = namespace;
    lease->role = role;
    lease->outage.noun = role->noun;
    lease->outage.meanwhile = role->meanwhile;
    struct text escaped = kube_http_escape(&lease->arena, text_of(namespace));
    lease->list_path =
        arena_printf(&lease->arena, "/apis/coordination.k8s.io/v1/namespaces/%.*s/leases", TEXT_ARGS(escaped))
            .at;
    lease->path = arena_printf(&lease->arena, "%s/%s", lease->list_path, role->name).at;
    make_identity(lease);
    return lease;
}

void kube_lease_free(struct kube_lease *lease)
{
    if (lease == NULL)
        return;
    kube_request_free(lease->request);
    lease_seen_done(&lease->seen);
    kube_buffer_done(&lease->answer);
    arena_done(&lease->scratch);
    arena_done(&lease->known);
    arena_done(&lease->arena);
    free(lease);
}

const char *kube_lease_identity(const struct kube_lease *lease)
{
    return lease->identity;
}

bool kube_lease_held(const struct kube_lease *lease, int64_t now_ms)
{
    return now_ms < lease->held_until_ms;
}

int64_t kube_lease_due_ms(const struct kube_lease *lease)
{
    bool held = lease->held_until_ms != 0;
    return held && lease->held_until_ms < lease->due_ms ? lease->held_until_ms : lease->due_ms;
}

/* ---- one request ---- */

static bool receive(void *context, unsigned status, struct text bytes)
{
    (void)status;
    return kube_buffer_add(&((struct kube_lease *)context)->answer, bytes);
}

static void next(struct kube_lease *lease, enum step step, int64_t pause_ms)
{
    lease->under_way = false;
    lease->step = step;
    lease->due_ms = lease->now_ms + pause_ms;
}

static void fail(struct kube_lease *lease, const struct error *error, unsigned status)
{
    bool held = kube_lease_held(lease, lease->now_ms);
    int64_t pause_ms = kube_outage_fail(&lease->outage, error, status, held, lease->now_ms, lease->now_s);
    int64_t most_ms = held ? RETRY_MS_MOST : LEASE_LOOK_MS;
    next(lease, STEP_LOOK, pause_ms < most_ms ? pause_ms : most_ms); /* the answer may be what was lost */
}

static int64_t wall_us(void)
{
    return cluster_clock_ms() * 1000;
}

static struct text body_of(struct kube_lease *lease)
{
    struct arena *arena = &lease->scratch;
    switch (lease->step) {
    case STEP_LOOK: return TEXT_EMPTY;
    case STEP_CREATE: return lease_write_new(lease->role->name, lease->identity, wall_us(), arena);
    case STEP_TAKE: return lease_write_taken(&lease->record, lease->identity, wall_us(), arena);
    case STEP_RENEW:
        return lease_write_renewed(lease->record.resource_version, lease->identity, wall_us(), arena);
    case STEP_GIVE_BACK: return lease_write_empty(lease->record.resource_version, wall_us(), arena);
    }
    return TEXT_EMPTY;
}

static void start(struct kube_lease *lease)
{
    struct error error;
    bool creates = lease->step == STEP_CREATE, looks = lease->step == STEP_LOOK;
    arena_reset(&lease->scratch);
    kube_buffer_clear(&lease->answer, ANSWER_BYTES_MOST);
    struct kube_call call = {
        .method = looks     ? KUBE_GET
                  : creates ? KUBE_POST
                            : KUBE_PATCH,
        .path = creates ? lease->list_path : lease->path,
        .accept = "application/json",
        .content_type = looks     ? NULL
                        : creates ? "application/json"
                                  : "application/merge-patch+json",
        .body = body_of(lease),
    };
    lease->began_ms = lease->now_ms;
    lease->due_ms = lease->now_ms + ANSWER_MS_MOST;
    lease->under_way = kube_request_start(lease->request, &call, receive, lease, &error);
    if (!lease->under_way)
        fail(lease, &error, 0);
}

/* ---- what came of it ---- */

static bool read_record(struct kube_lease *lease, struct error *error)
{
    arena_reset(&lease->known);
    lease->record = (struct lease_record){.duration_s = LEASE_S};
    return lease_record_decode(kube_buffer_rest(&lease->answer), &lease->known, &lease->record, error);
}

static void lose(struct kube_lease *lease, const char *why)
{
    if (lease->held_until_ms == 0)
        return;
    lease->held_until_ms = 0;
    message_warning("no longer %s: %s", lease->role->does, why);
}

static void gain(struct kube_lease *lease)
{
    if (lease->held_until_ms == 0)
        message_info("%s as %s (Lease %s/%s)", lease->role->does, lease->identity, lease->namespace,
                     lease->role->name);
    lease->held_until_ms = lease->began_ms + LEASE_HELD_MS;
    next(lease, STEP_RENEW, LEASE_RENEW_MS - (lease->now_ms - lease->began_ms));
}

/* Somebody else holds it, or nobody. */
static void look_at_others(struct kube_lease *lease)
{
    bool was = lease->seen.holder != NULL && text_is(lease->record.holder, lease->seen.holder);
    lease_seen_note(&lease->seen, &lease->record, lease->now_ms);
    lose(lease, "another process took the Lease");
    if (!was && lease->record.holder.length > 0)
        message_info("%.*s %s", TEXT_ARGS(text_quote(&lease->scratch, lease->record.holder, 200)),
                     lease->role->does);
    int64_t free_ms = lease_seen_free_ms(&lease->seen);
    if (free_ms <= lease->now_ms)
        next(lease, STEP_TAKE, 0);
    else
        next(lease, STEP_LOOK,
             free_ms - lease->now_ms < LEASE_LOOK_MS ? free_ms - lease->now_ms : LEASE_LOOK_MS);
}

/* What a lost answer left behind is ours all the same; it is renewed before it counts. */
static void look(struct kube_lease *lease)
{
    if (text_is(lease->record.holder, lease->identity))
        next(lease, STEP_RENEW, 0);
    else
        look_at_others(lease);
}

static void refused(struct kube_lease *lease, unsigned status)
{
    struct error error;
    struct kube_status said = {0};
    const char *cure = "";
    kube_status_decode(kube_buffer_rest(&lease->answer), &lease->scratch, &said);
    if (status == 401)
        cure =
            "; the credentials are not accepted: check the kubeconfig's user, or the pod's service account";
    if (status == 403)
        cure = "; bind this user to the Role changegate-keep of charts/changegate";
    if (status == 404)
        cure = "; create that namespace, or name another one with --lease-namespace";
    error_set(&error, ERROR_SYSTEM, "Lease %s/%s was answered with HTTP %u%s%.*s%s", lease->namespace,
              lease->role->name, status, said.message.length > 0 ? ": " : "", TEXT_ARGS(said.message), cure);
    fail(lease, &error, status);
}

static void take_answer(struct kube_lease *lease)
{
    struct error error;
    unsigned status = kube_request_status(lease->request);
    lease->under_way = false;
    if (status == 404 && lease->step == STEP_LOOK) {
        /* One that was there may be gone for good: whoever uninstalls deletes it before the last pod has
         * ended. */
        bool was_there = lease->seen.holder != NULL || lease->held_until_ms != 0;
        lose(lease, "the Lease was deleted");
        next(lease, STEP_CREATE, was_there ? GONE_MS : 0);
        return;
    }
    if (status == 409 || (status == 404 && lease->step != STEP_CREATE)) { /* somebody was faster */
        next(lease, STEP_LOOK, lease->step == STEP_CREATE ? LEASE_LOOK_MS / 4 : 0);
        return;
    }
    if (status != 200 && status != 201) {
        refused(lease, status);
        return;
    }
    if (!read_record(lease, &error)) {
        fail(lease, &error, status);
        return;
    }
    kube_outage_heard(&lease->outage, true, lease->now_s);
    if (lease->step == STEP_LOOK)
        look(lease);
    else
        gain(lease);
}

static void follow(struct kube_lease *lease)
{
    struct error error;
    switch (kube_request_progress(lease->request, &error)) {
    case KUBE_UNDER_WAY:
        if (lease->now_ms < lease->due_ms)
            return;
        kube_request_cancel(lease->request);
        error_set(&error, ERROR_SYSTEM, "no answer about Lease %s/%s came within %d s", lease->namespace,
                  lease->role->name, ANSWER_MS_MOST / 1000);
        fail(lease, &error, 0);
        return;
    case KUBE_FAILED: fail(lease, &error, 0); return;
    case KUBE_ENDED: take_answer(lease); return;
    }
}

void kube_lease_step(struct kube_lease *lease, int64_t now_ms, int64_t now_s)
{
    lease->now_ms = now_ms;
    lease->now_s = now_s;
    if (lease->under_way)
        follow(lease);
    if (lease->held_until_ms != 0 && now_ms >= lease->held_until_ms)
        lose(lease, "the Lease could not be renewed");
    if (!lease->under_way && now_ms >= lease->due_ms)
        start(lease);
}

/* ---- hand over ---- */

/* One request from its start to its end; the status, 0: none came. */
static unsigned ask(struct kube_lease *lease, enum step step, int64_t until_ms)
{
    struct error error;
    lease->now_ms = clock_monotonic_ms();
    lease->step = step;
    start(lease);
    if (lease->under_way && kube_request_wait(lease->request, until_ms, &error) == KUBE_ENDED) {
        lease->under_way = false;
        return kube_request_status(lease->request);
    }
    lease->under_way = false;
    kube_request_cancel(lease->request);
    return 0;
}

void kube_lease_release(struct kube_lease *lease)
{
    struct error error;
    int64_t until_ms = clock_monotonic_ms() + RELEASE_MS_MOST;
    bool held = lease->held_until_ms != 0;
    kube_request_cancel(lease->request);
    lease->under_way = false;
    lease->held_until_ms = 0;
    if (!held)
        return;
    unsigned status = ask(lease, STEP_GIVE_BACK, until_ms);
    /* The renewal that was cancelled may have been written all the same. */
    if (status == 409 && ask(lease, STEP_LOOK, until_ms) == 200 && read_record(lease, &error) &&
        text_is(lease->record.holder, lease->identity))
        status = ask(lease, STEP_GIVE_BACK, until_ms);
    if (status == 200)
        message_info("handed %s over: Lease %s/%s is free", lease->role->what, lease->namespace,
                     lease->role->name);
    else
        message_warning("could not hand %s over (HTTP %u); another process takes over in %d s",
                        lease->role->what, status, LEASE_S);
}
