#include "core/text.h"
#include "tls_private.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* OpenSSL's oldest error is the cause, the later ones are its callers'. The reason of a system call's error
 * is an errno. */
static const char *openssl_reason(void)
{
    unsigned long code = ERR_get_error();
    ERR_clear_error();
    if (code == 0)
        return "cannot be used";
    if (ERR_SYSTEM_ERROR(code))
        return strerror(ERR_GET_REASON(code));
    const char *reason = ERR_reason_error_string(code);
    return reason == NULL ? "cannot be used" : reason;
}

/* "FILE: what OpenSSL or the system says; CURE" */
static bool file_error(struct error *error, const char *path, const char *cure)
{
    return error_set(error, ERROR_INPUT, "%s: %s; %s", path, openssl_reason(), cure);
}

/* Without one OpenSSL would ask for a passphrase on the terminal. */
static int no_passphrase(char *buffer, int size, int writing, void *context)
{
    (void)buffer;
    (void)size;
    (void)writing;
    (void)context;
    return -1;
}

/* Takes `file`, which may be NULL: it could not be opened. */
static bool read_chain(BIO *file, const char *path, struct certificate *certificate, struct error *error)
{
    static const char cure[] = "give the PEM certificate chain, the server's own certificate first";
    if (file == NULL)
        return file_error(error, path, cure);
    certificate->leaf = PEM_read_bio_X509(file, NULL, no_passphrase, NULL);
    certificate->chain = sk_X509_new_null();
    X509 *next = NULL;
    while (certificate->leaf != NULL && (next = PEM_read_bio_X509(file, NULL, no_passphrase, NULL)) != NULL)
        sk_X509_push(certificate->chain, next);
    BIO_free(file);
    /* "No more PEM here" is how a chain ends; anything else is a broken one. */
    if (certificate->leaf == NULL || ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
        return file_error(error, path, cure);
    ERR_clear_error();
    return true;
}

/* As above. */
static bool read_key(BIO *file, const char *path, struct certificate *certificate, struct error *error)
{
    static const char cure[] = "give the PEM private key of the certificate, without a passphrase";
    if (file == NULL)
        return file_error(error, path, cure);
    certificate->key = PEM_read_bio_PrivateKey(file, NULL, no_passphrase, NULL);
    BIO_free(file);
    return certificate->key != NULL || file_error(error, path, cure);
}

static bool read_client_authorities(const struct tls_options *options, struct certificate *certificate,
                                    struct error *error)
{
    const char *path = options->client_ca_file;
    if (path == NULL)
        return true;
    X509_STORE_free(certificate->client_authorities);
    certificate->client_authorities = X509_STORE_new();
    return X509_STORE_load_file(certificate->client_authorities, path) == 1 ||
           file_error(error, path, "give the PEM certificates of the authorities that sign clients");
}

/* Seconds since 1970 of an ASN.1 time that a certificate carries. */
static bool read_time(const ASN1_TIME *time, int64_t *ret_s)
{
    static const int s_per_day = 24 * 60 * 60;
    int days, seconds;
    ASN1_TIME *epoch = ASN1_TIME_set(NULL, 0);
    bool done = ASN1_TIME_diff(&days, &seconds, epoch, time) == 1;
    ASN1_TIME_free(epoch);
    if (done)
        *ret_s = (int64_t)days * s_per_day + seconds;
    return done;
}

static void note_fingerprint(struct certificate *certificate)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned length = 0;
    if (X509_digest(certificate->leaf, EVP_sha256(), digest, &length) != 1)
        abort();
    for (unsigned i = 0; i < length; i++)
        snprintf(certificate->fingerprint + 2 * (size_t)i, 3, "%02x", digest[i]);
}

/* Chain and key are read; whether they are of use. The names are for messages. */
static bool check(const char *chain_name, const char *key_name, struct certificate *certificate,
                  struct error *error)
{
    if (X509_check_private_key(certificate->leaf, certificate->key) != 1)
        return error_set(
            error, ERROR_INPUT,
            "%s: is not the key of the first certificate in %s; give a pair that belongs together", key_name,
            chain_name);
    if (!read_time(X509_get0_notBefore(certificate->leaf), &certificate->not_before_s) ||
        !read_time(X509_get0_notAfter(certificate->leaf), &certificate->not_after_s))
        return error_set(error, ERROR_INPUT, "%s: its time of validity cannot be read; issue it again",
                         chain_name);
    note_fingerprint(certificate);
    return true;
}

static struct certificate *certificate_new(void)
{
    struct certificate *certificate = calloc(1, sizeof(*certificate));
    if (certificate == NULL)
        abort();
    atomic_init(&certificate->references, 1);
    ERR_clear_error();
    return certificate;
}

/* Hands it out if it is good. */
static bool finish(struct certificate *certificate, bool good, struct certificate **ret_certificate)
{
    ERR_clear_error();
    if (good)
        *ret_certificate = certificate;
    else
        certificate_unref(certificate);
    return good;
}

bool certificate_load(const struct tls_options *options, struct certificate **ret_certificate,
                      struct error *error)
{
    const char *chain = options->certificate_file, *key = options->key_file;
    struct certificate *certificate = certificate_new();
    bool good = read_chain(BIO_new_file(chain, "r"), chain, certificate, error) &&
                read_key(BIO_new_file(key, "r"), key, certificate, error) &&
                check(chain, key, certificate, error) && read_client_authorities(options, certificate, error);
    return finish(certificate, good, ret_certificate);
}

bool certificate_take(const struct tls_options *options, struct text chain, struct text key,
                      const struct certificate *current, struct certificate **ret_certificate,
                      struct error *error)
{
    static const char chain_name[] = "the certificate", key_name[] = "its key";
    struct certificate *certificate = certificate_new();
    bool good = read_chain(BIO_new_mem_buf(chain.at, (int)chain.length), chain_name, certificate, error) &&
                read_key(BIO_new_mem_buf(key.at, (int)key.length), key_name, certificate, error) &&
                check(chain_name, key_name, certificate, error);
    if (good && !read_client_authorities(options, certificate, error)) {
        good = current != NULL && current->client_authorities != NULL;
        X509_STORE_free(certificate->client_authorities);
        certificate->client_authorities = good ? current->client_authorities : NULL;
        if (good)
            X509_STORE_up_ref(certificate->client_authorities);
    }
    return finish(certificate, good, ret_certificate);
}

bool certificate_renew(const struct tls_options *options, const struct certificate *current,
                       struct certificate **ret_certificate, struct error *error)
{
    struct certificate *certificate = certificate_new();
    certificate->leaf = current->leaf;
    X509_up_ref(certificate->leaf);
    certificate->key = current->key;
    EVP_PKEY_up_ref(certificate->key);
    certificate->chain = X509_chain_up_ref(current->chain);
    certificate->not_before_s = current->not_before_s;
    certificate->not_after_s = current->not_after_s;
    memcpy(certificate->fingerprint, current->fingerprint, sizeof(certificate->fingerprint));
    return finish(certificate, read_client_authorities(options, certificate, error), ret_certificate);
}

struct certificate *certificate_ref(struct certificate *certificate)
{
    atomic_fetch_add_explicit(&certificate->references, 1, memory_order_relaxed);
    return certificate;
}

void certificate_unref(struct certificate *certificate)
{
    if (certificate == NULL ||
        atomic_fetch_sub_explicit(&certificate->references, 1, memory_order_acq_rel) > 1)
        return;
    X509_free(certificate->leaf);
    sk_X509_pop_free(certificate->chain, X509_free);
    EVP_PKEY_free(certificate->key);
    X509_STORE_free(certificate->client_authorities);
    free(certificate);
}

static bool is_one_of(const ASN1_STRING *name, const char *const *names, size_t count, bool fold_case)
{
    unsigned char *utf8 = NULL;
    int length = ASN1_STRING_to_UTF8(&utf8, name);
    if (length < 0)
        return false;
    /* The whole length counts: a NUL inside must not cut the name. */
    struct text text = {(const char *)utf8, (size_t)length};
    bool found = false;
    for (size_t i = 0; i < count && !found; i++)
        found = fold_case ? text_equal_nocase(text, text_of(names[i])) : text_is(text, names[i]);
    OPENSSL_free(utf8);
    return found;
}

bool certificate_has_name(X509 *leaf, const char *const *names, size_t count)
{
    bool found = false;
    X509_NAME *subject = X509_get_subject_name(leaf);
    for (int at = -1; !found && (at = X509_NAME_get_index_by_NID(subject, NID_commonName, at)) >= 0;)
        found = is_one_of(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)), names, count, false);

    GENERAL_NAMES *others = X509_get_ext_d2i(leaf, NID_subject_alt_name, NULL, NULL);
    for (int i = 0; !found && i < sk_GENERAL_NAME_num(others); i++) {
        const GENERAL_NAME *other = sk_GENERAL_NAME_value(others, i);
        found = other->type == GEN_DNS && is_one_of(other->d.dNSName, names, count, true);
    }
    GENERAL_NAMES_free(others);
    return found;
}
