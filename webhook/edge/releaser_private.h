/* What the files of edge/releaser share.
 *
 *   releaser.c         the thread, its turns, and what begins and ends with leading
 *   releaser_kinds.c   a store and a watch for each kind that can be held
 *   releaser_read.c    one object: what it says, and what the decision says of it
 *   releaser_look.c    all objects: what is to be done about them now
 *   releaser_errand.c  the requests under way, and what came of them
 *   releaser_tell.c    Events
 *   releaser_pause.c   delay.inFlight: Pause
 *
 * All of it runs on the releaser's thread. */
#ifndef CHANGEGATE_EDGE_RELEASER_PRIVATE_H
#define CHANGEGATE_EDGE_RELEASER_PRIVATE_H

#include "codec/hold.h"
#include "core/thaw.h"
#include "edge/held_store.h"
#include "edge/kube_buffer.h"
#include "edge/kube_event_text.h"
#include "edge/kube_held.h"
#include "edge/kube_http.h"
#include "edge/kube_lease.h"
#include "edge/kube_watch.h"
#include "edge/releaser.h"

#include <pthread.h>
#include <stdatomic.h>

enum {
    RELEASER_ERRANDS = 8,             /* releases and labels under way at once */
    RELEASER_SIDE = RELEASER_ERRANDS, /* the number of the one more for all that can wait */
    RELEASER_KINDS_MOST = 64,
    RELEASER_TELLINGS_MOST = 4096,    /* Events that wait to be written */
    RELEASER_REFUSED_MS_MOST = 60000, /* the pause between two tries that the gate does not follow */
    /* What is unfinished for longer counts as failed, so that nobody keeps a place in the thaw for ever: of a
     * Deployment, whose own deadline is between two steps and may be any; of all others Kubernetes' default
     * for that deadline. */
    RELEASER_DEPLOYMENT_MS_MOST = 3600000,
    RELEASER_ROLLOUT_MS_MOST = 600000,
};

/* What the leader knows of one object beside what the object says: see edge/held_store.h. Zeroed at first. */
struct held_memory {
    /* as last read */
    bool known;
    enum thaw_stage stage;
    bool readable; /* of a held one: it carries a hold that can be read */
    bool stopped;  /* its field is at the value that stops it */
    enum rollout_progress progress;
    int64_t since_s, until_s, priority;

    /* as last decided */
    bool decided, may_go;
    int64_t decided_ms;
    int64_t opens_s;  /* it is asked again then; 0: time alone changes nothing */
    int64_t opened_s; /* when this leader first saw it open; 0: it never did */
    uint64_t refresh; /* what its annotation should say, where that is something else; 0: it says it */

    /* what is being done */
    bool busy;      /* a request about it is under way */
    bool releasing; /* ... its release, or the watch does not show it yet */
    char *awaited;  /* owned: the resourceVersion that the watch has to reach; NULL: none */
    int64_t awaited_until_ms;
    bool asks;                /* it is to change the stage, which was ... */
    enum thaw_stage asked_at; /* ... this */
    int64_t retry_ms, pause_ms;
    unsigned refusals;    /* of the gate, in a row */
    int64_t under_way_ms; /* its rollout, since this was first seen; 0: it is not */
    uint64_t poked;       /* for which `refresh` it was */
    int64_t poked_ms;
    uint64_t told_held, told_still; /* Events that were planned */
    char *windows;                  /* owned: the names of those that held it; NULL: none is known */
};

/* One kind that can be held. */
struct releaser_kind {
    struct kube_held_kind kind;
    struct held_store *store;
    struct kube_watch *watch; /* NULL: its version is not known yet */
    int64_t ask_ms;           /* when to ask for it again */
};

enum errand_what {
    ERRAND_NONE,
    ERRAND_RELEASE,
    ERRAND_FINISHED, /* the label goes: the rollout is finished */
    ERRAND_FAILED,   /* the label says that the rollout failed */
    ERRAND_POKE,
    ERRAND_TELL,
    ERRAND_DISCOVER, /* the version of a kind */
    ERRAND_LIST,     /* the Deployments of a namespace, for their rollouts */
    ERRAND_PAUSE,
};

/* One request under way. */
struct errand {
    struct kube_request *request;
    enum errand_what what;            /* ERRAND_NONE: free */
    size_t kind;                      /* number in releaser.kinds, where it is about an object */
    struct text namespace, name, uid; /* owned by the arena */
    int64_t since_s;                  /* of the hold */
    int64_t give_up_ms;
    struct arena arena;
    struct kube_buffer answer;
};

/* An Event that waits. */
struct telling {
    char *path, *body; /* owned */
};

struct releaser {
    struct kube_config config;
    struct kube_http *http;
    struct kube_lease *lease;
    struct metrics *metrics;
    _Atomic(struct snapshot *) published; /* nobody took it yet; one reference */
    struct snapshot *snapshot;            /* decided by; NULL: none yet */
    int64_t now_ms, now_s;                /* of the turn */

    bool leading;
    struct arena arena; /* while leading; owns the texts of kinds */
    struct releaser_kind kinds[RELEASER_KINDS_MOST];
    size_t kind_count;
    struct errand errands[RELEASER_ERRANDS + 1];
    bool look; /* something changed */
    int64_t look_due_ms;
    int64_t settled_ms; /* nothing is released before: the gate's replicas have to hear of a thaw as well */
    int64_t poke_due_ms;
    struct telling tellings[RELEASER_TELLINGS_MOST]; /* a ring */
    size_t first_telling, telling_count;
    int64_t tell_due_ms;
    bool said_tellings, said_forbidden, said_odd;
    struct releaser_pause *pause;

    struct json_reader *reader;
    struct json_text_buffer canonical, patch;
    struct arena scratch; /* of the object in hand */

    int wake_fd; /* eventfd: stop, or a snapshot */
    atomic_bool stopping;
    bool started;
    pthread_t thread;
};

/* ---- kinds ---- */

/* The built-in kinds, and those of the policies in force; what is there already stays. */
void releaser_kinds_add(struct releaser *releaser);
void releaser_kinds_step(struct releaser *releaser);
void releaser_kinds_drop(struct releaser *releaser);
int64_t releaser_kinds_due_ms(const struct releaser *releaser);
int64_t releaser_kinds_ask_ms(const struct releaser *releaser); /* when releaser_kinds_unknown is due */
uint64_t releaser_kinds_generation(const struct releaser *releaser);

/* Whether all that is held is known: without that the pace could not be kept. Kinds by policy do not count,
 * since one that may not be watched must not keep all others held. */
bool releaser_kinds_synced(const struct releaser *releaser);

/* A kind whose version is to be asked for now; NULL: none. */
struct releaser_kind *releaser_kinds_unknown(struct releaser *releaser);
void releaser_kinds_version(struct releaser *releaser, struct releaser_kind *kind, struct text version);

/* Deployments. */
enum { RELEASER_KIND_DEPLOYMENT = 0 };

/* ---- one object ---- */

/* Its JSON, parsed into `scratch`'s neighbour; ends with the next call. False: it cannot be read. */
bool releaser_parse(struct releaser *releaser, const struct held_object *object, struct json *ret_root);

const struct workload_type *releaser_type_of(const struct releaser *releaser,
                                             const struct kube_held_kind *kind,
                                             const struct snapshot_namespace *namespace);

/* Read it and decide on it, where that is due; tells what is new of it. */
void releaser_read(struct releaser *releaser, struct releaser_kind *kind, struct held_entry *entry);

/* Another snapshot than the one in releaser.snapshot is in force: what depends on it is decided anew. Whether
 * there is any. */
bool releaser_read_anew(struct releaser *releaser, const struct snapshot *next);

/* ---- all objects ---- */

/* Do what is to be done now, as far as requests are free. Sets look_due_ms. */
void releaser_look(struct releaser *releaser);

/* ---- requests ---- */

void errands_init(struct releaser *releaser);
void errands_drop(struct releaser *releaser); /* while it no longer leads: what is under way is dropped */
void errands_done(struct releaser *releaser);
void errands_step(struct releaser *releaser);
int64_t errands_due_ms(const struct releaser *releaser);

/* A free one; NULL: none. */
struct errand *errands_free(struct releaser *releaser);
struct errand *errands_free_side(struct releaser *releaser);

/* About an object; `call` is sent as it is. */
void errand_start(struct releaser *releaser, struct errand *errand, enum errand_what what,
                  const struct kube_call *call);
/* Not again before a pause, which doubles from 1 s up to `most_ms`. */
void errand_retry(struct releaser *releaser, struct held_memory *memory, int64_t most_ms);

void errand_start_object(struct releaser *releaser, struct errand *errand, enum errand_what what, size_t kind,
                         struct held_entry *entry, const char *content_type, struct text body);

/* ---- Events ---- */

void tell_held(struct releaser *releaser, const struct kube_held_kind *kind, const struct held_object *object,
               struct held_memory *memory, const struct hold *hold);
void tell_released(struct releaser *releaser, const struct kube_held_kind *kind,
                   const struct held_object *object, const struct held_memory *memory, int64_t since_s);
void tell_still_held(struct releaser *releaser, const struct kube_held_kind *kind,
                     const struct held_object *object, struct held_memory *memory, struct text why);
void tell_stopped(struct releaser *releaser, const struct errand *errand, const struct held_memory *memory,
                  struct text version);

/* The next one, if any, with the side errand if that is free. */
void tell_next(struct releaser *releaser);
void tell_done(struct releaser *releaser, unsigned status); /* 0: no answer */
int64_t tell_due_ms(const struct releaser *releaser);
void tell_drop(struct releaser *releaser);

/* ---- delay.inFlight: Pause ---- */

void pause_step(struct releaser *releaser); /* with the side errand, if that is free */
void pause_take_list(struct releaser *releaser, struct errand *errand, unsigned status);
void pause_done(struct releaser *releaser, unsigned status); /* 0: no answer */
void pause_drop(struct releaser *releaser);
int64_t pause_due_ms(const struct releaser *releaser);

#endif
