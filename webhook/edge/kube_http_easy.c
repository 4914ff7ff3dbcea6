/* How requests to the API server connect, whom they trust, and what they show. */
#include "kube_http_private.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

enum { CONNECT_MS_MOST = 5000 };

/* A watch sends nothing for a minute, so a peer that vanished is only seen by probes: 15 s idle, then three,
 * 5 s apart. */
enum {
    KEEPALIVE_IDLE_S = 15,
    KEEPALIVE_INTERVAL_S = 5,
    KEEPALIVE_PROBES = 3,
    UNACKNOWLEDGED_MS_MOST = 20000
};

static int on_socket(void *context, curl_socket_t fd, curlsocktype purpose)
{
    (void)context;
    (void)purpose;
    const int probes = KEEPALIVE_PROBES, unacknowledged_ms = UNACKNOWLEDGED_MS_MOST;
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof(probes));
    setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &unacknowledged_ms, sizeof(unacknowledged_ms));
    return CURL_SOCKOPT_OK;
}

static CURLcode set_pem(CURL *easy, CURLoption blob_option, CURLoption file_option,
                        const struct kube_pem *pem)
{
    if (pem->data.length == 0)
        return pem->file == NULL ? CURLE_OK : curl_easy_setopt(easy, file_option, pem->file);
    struct curl_blob blob = {(void *)(uintptr_t)pem->data.at, pem->data.length, CURL_BLOB_NOCOPY};
    return curl_easy_setopt(easy, blob_option, &blob);
}

static CURLcode set_trust(CURL *easy, const struct kube_config *config)
{
    CURLcode code = CURLE_OK;
    if (config->ca.file != NULL || config->ca.data.length > 0) {
        /* Otherwise the system's directory of certificates would be trusted as well. */
        curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
        curl_easy_setopt(easy, CURLOPT_CAINFO, NULL);
        code = set_pem(easy, CURLOPT_CAINFO_BLOB, CURLOPT_CAINFO, &config->ca);
    }
    if (config->skip_verify) {
        curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
        curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
    }
    return code;
}

static void configure_transport(CURL *easy)
{
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "https");
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "changegate");
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS_MOST);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPIDLE, (long)KEEPALIVE_IDLE_S);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPINTVL, (long)KEEPALIVE_INTERVAL_S);
    curl_easy_setopt(easy, CURLOPT_SOCKOPTFUNCTION, on_socket);
}

bool kube_http_configure(CURL *easy, const struct kube_config *config)
{
    configure_transport(easy);
    return set_trust(easy, config) == CURLE_OK &&
           set_pem(easy, CURLOPT_SSLCERT_BLOB, CURLOPT_SSLCERT, &config->client_certificate) == CURLE_OK &&
           set_pem(easy, CURLOPT_SSLKEY_BLOB, CURLOPT_SSLKEY, &config->client_key) == CURLE_OK;
}
