/* cli/held_cluster: the cluster of `changegate held`, `release` and `drop`.
 * Layer: cli.
 */
#ifndef CHANGEGATE_CLI_HELD_CLUSTER_H
#define CHANGEGATE_CLI_HELD_CLUSTER_H

#include "edge/kube_ask.h"

/* Embedded; ends with held_cluster_done, also where opening failed. */
struct held_cluster {
    struct kube_config config;
    struct arena arena;      /* owns what was read */
    struct kube_asker *kept; /* NULL: a connection for each request */
};

/* The kubeconfig that was given, or, as kubectl goes about it: the one of KUBECONFIG, ~/.kube/config, or a
 * pod's own credentials. */
bool held_cluster_open(const char *kubeconfig, struct held_cluster *ret_cluster,
                       struct error *error) MUST_USE;
/* For many requests in a row: one connection for all of them. */
bool held_cluster_keep(struct held_cluster *cluster, struct error *error) MUST_USE;
void held_cluster_done(struct held_cluster *cluster);

/* One request; the answer is owned by the cluster's arena. */
bool held_cluster_ask(struct held_cluster *cluster, const struct kube_call *call,
                      struct kube_answer *ret_answer, struct error *error) MUST_USE;

struct held_list {
    const struct text *items; /* JSON of objects; owned by the cluster's arena, as the array */
    size_t count;
};

/* All objects below `path` that `selector` matches, read page by page. `noun` is for messages:
 * "deployments". */
bool held_cluster_list(struct held_cluster *cluster, const char *path, const char *selector, const char *noun,
                       struct held_list *ret_list, struct error *error) MUST_USE;

/* Why an answer is no success, in one line: what the API server said, or what the gate said to it. Owned by
 * `arena`. */
struct text held_refusal(const struct kube_answer *answer, struct arena *arena);

#endif
