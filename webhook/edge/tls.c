#include "edge/tls.h"

#include "edge/cluster_clock.h"
#include "edge/message_log.h"
#include "tls_private.h"

#include <openssl/err.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct tls {
    const struct tls_options *options; /* borrowed */
    struct metrics *metrics;           /* borrowed */
    SSL_CTX *context;
    pthread_mutex_t renewing; /* held from reading to putting in force: files and keeper may come at once */
    pthread_mutex_t mutex;    /* held to copy, compare or swap, no longer; guards `current` */
    struct certificate *current;          /* NULL: none yet */
    char expected[TLS_FINGERPRINT_BYTES]; /* guarded, too; "": not known */
    atomic_llong refusal_logged_s;
};

static struct certificate *current_certificate(struct tls *tls)
{
    pthread_mutex_lock(&tls->mutex);
    struct certificate *certificate = tls->current == NULL ? NULL : certificate_ref(tls->current);
    pthread_mutex_unlock(&tls->mutex);
    return certificate;
}

/* Called in every handshake: h2o keeps the bare SSL_CTX of a connection until its ClientHello, so the context
 * must never change hands; what it serves may. */
static int use_current_certificate(SSL *ssl, void *context)
{
    struct certificate *certificate = current_certificate(context);
    if (certificate == NULL)
        return 0;
    /* Clients' certificates are valid by the same clock as everything else. */
    X509_VERIFY_PARAM_set_time(SSL_get0_param(ssl), (time_t)cluster_clock_s());
    int done = SSL_use_cert_and_key(ssl, certificate->leaf, certificate->key, certificate->chain, 1);
    if (certificate->client_authorities != NULL)
        done = done == 1 && SSL_set1_verify_cert_store(ssl, certificate->client_authorities) == 1;
    certificate_unref(certificate);
    return done;
}

/* Nothing but HTTP/1.1 (RFC 7301): HTTP/2 would only add ways to be attacked. A client that offers other
 * protocols alone is refused; one without the extension speaks HTTP/1.1 anyway. */
static int select_http1(SSL *ssl, const unsigned char **out, unsigned char *out_length,
                        const unsigned char *offered, unsigned int offered_length, void *context)
{
    static const unsigned char http1[] = "\x08http/1.1";
    unsigned char *chosen;
    (void)ssl;
    (void)context;
    if (SSL_select_next_proto(&chosen, out_length, http1, sizeof(http1) - 1, offered, offered_length) !=
        OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
}

/* One line a second at most: whoever can connect could fill the log otherwise. The metric counts them all. */
static bool may_log_refusal(struct tls *tls)
{
    long long now_s = (long long)time(NULL), last_s = atomic_load(&tls->refusal_logged_s);
    return now_s != last_s && atomic_compare_exchange_strong(&tls->refusal_logged_s, &last_s, now_s);
}

/* h2o tells nobody of a refused handshake and sends no alert, so this is where it becomes visible. */
static void on_tls_info(const SSL *ssl, int where, int result)
{
    if ((where & SSL_CB_ALERT) == 0 || (result >> 8) != SSL3_AL_FATAL || SSL_is_init_finished(ssl))
        return;
    struct tls *tls = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
    metrics_count(tls->metrics, METRICS_HANDSHAKE_FAILURES);
    if (!may_log_refusal(tls))
        return;
    long verified = SSL_get_verify_result(ssl);
    const char *alert = SSL_alert_desc_string_long(result);
    if (where & SSL_CB_READ)
        message_warning("TLS handshake refused by the client: %s; does its caBundle fit %s?", alert,
                        tls->options->certificate_file != NULL ? tls->options->certificate_file
                                                               : "the certificate that is stored");
    else if (verified != X509_V_OK)
        message_warning("TLS handshake refused: client certificate: %s",
                        X509_verify_cert_error_string(verified));
    else
        message_warning("TLS handshake refused: %s", alert);
}

/* Adds the allow-list to OpenSSL's own checks of the client's chain. */
static int verify_client(int chain_is_good, X509_STORE_CTX *store)
{
    if (!chain_is_good || X509_STORE_CTX_get_error_depth(store) > 0)
        return chain_is_good;
    SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
    struct tls *tls = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
    const struct tls_options *options = tls->options;
    X509 *leaf = X509_STORE_CTX_get_current_cert(store);
    if (options->client_name_count == 0 ||
        certificate_has_name(leaf, options->client_names, options->client_name_count))
        return 1;
    X509_STORE_CTX_set_error(store, X509_V_ERR_HOSTNAME_MISMATCH);
    return 0;
}

static bool configure(struct tls *tls, struct error *error)
{
    SSL_CTX *context = tls->context;
    int least = tls->options->allow_tls12 ? TLS1_2_VERSION : TLS1_3_VERSION;
    if (SSL_CTX_set_min_proto_version(context, least) != 1 ||
        SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20") != 1)
        return error_set(error, ERROR_SYSTEM, "this OpenSSL cannot do TLS 1.3 as changegate needs it");
    /* No resumption: the API server does not ask for it, and tickets would need keys to be rotated. */
    SSL_CTX_set_options(context,
                        SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_num_tickets(context, 0);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS); /* an idle connection costs half */
    SSL_CTX_set_app_data(context, tls);
    SSL_CTX_set_cert_cb(context, use_current_certificate, tls);
    SSL_CTX_set_alpn_select_cb(context, select_http1, NULL);
    SSL_CTX_set_info_callback(context, on_tls_info);
    if (tls->options->client_ca_file != NULL)
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, verify_client);
    return true;
}

bool tls_new(const struct tls_options *options, struct metrics *metrics, struct tls **ret_tls,
             struct error *error)
{
    struct tls *tls = calloc(1, sizeof(*tls));
    if (tls == NULL)
        abort();
    tls->options = options;
    tls->metrics = metrics;
    pthread_mutex_init(&tls->renewing, NULL);
    pthread_mutex_init(&tls->mutex, NULL);
    tls->context = SSL_CTX_new(TLS_server_method());
    if (tls->context == NULL)
        abort();
    bool has_files = options->certificate_file != NULL;
    if ((has_files && !certificate_load(options, &tls->current, error)) || !configure(tls, error)) {
        tls_free(tls);
        return false;
    }
    metrics_set(metrics, METRICS_CERTIFICATE_EXPIRY_S, has_files ? tls->current->not_after_s : 0);
    *ret_tls = tls;
    return true;
}

void tls_free(struct tls *tls)
{
    if (tls == NULL)
        return;
    SSL_CTX_free(tls->context);
    certificate_unref(tls->current);
    pthread_mutex_destroy(&tls->mutex);
    pthread_mutex_destroy(&tls->renewing);
    free(tls);
}

SSL_CTX *tls_context(struct tls *tls)
{
    return tls->context;
}

/* `fresh` may be gone a moment later, when another thread puts the next one in force. */
static void put_in_force(struct tls *tls, struct certificate *fresh)
{
    int64_t not_after_s = fresh->not_after_s;
    pthread_mutex_lock(&tls->mutex);
    struct certificate *stale = tls->current;
    tls->current = fresh;
    pthread_mutex_unlock(&tls->mutex);
    certificate_unref(stale);
    metrics_count(tls->metrics, METRICS_CERTIFICATE_RELOADS);
    metrics_set(tls->metrics, METRICS_CERTIFICATE_EXPIRY_S, not_after_s);
}

/* The certificate in force with the clients' authorities as they are in their file now; NULL: none is in
 * force. */
static bool take_authorities(struct tls *tls, struct certificate **ret_fresh, struct error *error)
{
    struct certificate *current = current_certificate(tls);
    *ret_fresh = NULL;
    bool good = current == NULL || certificate_renew(tls->options, current, ret_fresh, error);
    certificate_unref(current);
    return good;
}

/* Ends `renewing`. `fresh` NULL: there is nothing to renew. */
static bool finish_renewal(struct tls *tls, bool good, struct certificate *fresh)
{
    if (good && fresh != NULL)
        put_in_force(tls, fresh);
    pthread_mutex_unlock(&tls->renewing);
    if (!good)
        metrics_count(tls->metrics, METRICS_CERTIFICATE_RELOAD_FAILURES);
    return good;
}

bool tls_reload(struct tls *tls, struct error *error)
{
    struct certificate *fresh = NULL;
    pthread_mutex_lock(&tls->renewing);
    bool good = tls->options->certificate_file != NULL ? certificate_load(tls->options, &fresh, error)
                                                       : take_authorities(tls, &fresh, error);
    return finish_renewal(tls, good, fresh);
}

bool tls_use(struct tls *tls, struct text certificate, struct text key, struct error *error)
{
    struct certificate *fresh = NULL;
    pthread_mutex_lock(&tls->renewing);
    struct certificate *current = current_certificate(tls);
    bool good = certificate_take(tls->options, certificate, key, current, &fresh, error);
    certificate_unref(current);
    return finish_renewal(tls, good, fresh);
}

void tls_fingerprint(struct tls *tls, char ret_fingerprint[static TLS_FINGERPRINT_BYTES])
{
    struct certificate *current = current_certificate(tls);
    memcpy(ret_fingerprint, current == NULL ? "" : current->fingerprint,
           current == NULL ? 1 : TLS_FINGERPRINT_BYTES);
    certificate_unref(current);
}

void tls_expect(struct tls *tls, const char *fingerprint)
{
    pthread_mutex_lock(&tls->mutex);
    snprintf(tls->expected, sizeof(tls->expected), "%s", fingerprint);
    pthread_mutex_unlock(&tls->mutex);
}

const char *tls_unready(struct tls *tls, int64_t now_s)
{
    pthread_mutex_lock(&tls->mutex);
    const struct certificate *current = tls->current;
    const char *why = NULL;
    if (current == NULL)
        why = "not made yet";
    else if (now_s < current->not_before_s || now_s >= current->not_after_s)
        why = "expired or not valid yet";
    else if (tls->expected[0] != '\0' && strcmp(tls->expected, current->fingerprint) != 0)
        why = "not the one that is stored";
    pthread_mutex_unlock(&tls->mutex);
    return why;
}
