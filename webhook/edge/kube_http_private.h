/* edge/kube_http_private: what a client and its requests are; between kube_http.c and kube_http_easy.c.
 * Layer: edge (libcurl).
 */
#ifndef CHANGEGATE_EDGE_KUBE_HTTP_PRIVATE_H
#define CHANGEGATE_EDGE_KUBE_HTTP_PRIVATE_H

#include "edge/kube_http.h"

#include <curl/curl.h>

struct kube_http {
    const struct kube_config *config;
    struct arena arena; /* owns base_url */
    struct text base_url;
    struct curl_slist *connect_to; /* NULL: where base_url says */
    CURLM *multi;
};

struct kube_request {
    struct kube_http *http;
    CURL *easy;
    struct curl_slist *headers; /* of the request under way */
    bool under_way;             /* in the client's hands */
    bool ended;                 /* and nobody was told yet */
    CURLcode outcome;           /* of the one that ended */
    unsigned status;
    int64_t asked_ms; /* by cluster_clock_boot_ms */
    int64_t date_s;   /* what the answer said it is; 0: nothing */
    kube_request_receive *receive;
    void *receive_context;
    char fault[CURL_ERROR_SIZE];
};

/* How every request connects, whom it trusts, and what it shows. False: libcurl does not take the
 * credentials. */
bool kube_http_configure(CURL *easy, const struct kube_config *config);

#endif
