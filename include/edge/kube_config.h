/* edge/kube_config: where the API server is, how to know it, and how to prove who we are.
 * Layer: edge (files; no network).
 * Source: https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/ and
 *         https://kubernetes.io/docs/tasks/run-application/access-api-from-pod/
 *
 * Only the file given is read; the environment's KUBECONFIG is not. What cannot be honoured (exec plugins,
 * impersonation, proxies, ...) is refused, never skipped.
 */
#ifndef CHANGEGATE_EDGE_KUBE_CONFIG_H
#define CHANGEGATE_EDGE_KUBE_CONFIG_H

#include "core/arena.h"
#include "core/error.h"

#define KUBE_SERVICE_ACCOUNT_DIRECTORY "/var/run/secrets/kubernetes.io/serviceaccount"

/* PEM, either held here or in a file that others renew; neither: none. */
struct kube_pem {
    struct text data;
    const char *file;
};

struct kube_config {
    struct arena arena;          /* owns all below */
    struct text server;          /* "https://10.0.0.1:6443/prefix", no slash at the end */
    struct text tls_server_name; /* the name to ask for and to verify instead of the server's; empty: none */
    bool skip_verify;
    bool is_no_api_server; /* a webhook, say: its clock does not count */
    bool tells_time;       /* its answers lead the clock: see edge/cluster_clock.h */
    struct kube_pem ca, client_certificate, client_key;
    struct text token;      /* empty: none */
    const char *token_file; /* goes before `token`; NULL: none */
};

/* Read the kubeconfig file at `path`; its current context counts. Errors of content carry line and column;
 * the text starts with the path. */
bool kube_config_load(const char *path, struct kube_config *ret_config, struct error *error) MUST_USE;

/* The same of bytes; relative paths are relative to `directory`. */
bool kube_config_read(struct text bytes, const char *directory, struct kube_config *ret_config,
                      struct error *error) MUST_USE;

/* A pod's own credentials. `host` and `port` are KUBERNETES_SERVICE_HOST and _PORT as the environment has
 * them, or NULL; `directory` holds token and ca.crt. */
bool kube_config_in_cluster(const char *host, const char *port, const char *directory,
                            struct kube_config *ret_config, struct error *error) MUST_USE;

/* The file at `kubeconfig`; NULL: a pod's own credentials, where the kubelet puts them. */
bool kube_config_open(const char *kubeconfig, struct kube_config *ret_config, struct error *error) MUST_USE;

void kube_config_done(struct kube_config *config); /* accepts a zeroed one */

/* The bearer token as of now, owned by `arena`: a token file is read each time, since the kubelet renews it.
 * Empty where there is none. */
bool kube_config_token(const struct kube_config *config, struct arena *arena, struct text *ret_token,
                       struct error *error) MUST_USE;

#endif
