#include "certificate_private.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- what a certificate says of itself ---- */

static bool seconds_of(const ASN1_TIME *time, const ASN1_TIME *epoch, int64_t *ret_s)
{
    enum { S_PER_DAY = 86400 };
    int days, seconds;
    if (ASN1_TIME_diff(&days, &seconds, epoch, time) != 1)
        return false;
    *ret_s = (int64_t)days * S_PER_DAY + seconds;
    return true;
}

bool certificate_span_of(const X509 *certificate, struct renewal_span *ret_span)
{
    ASN1_TIME *epoch = ASN1_TIME_set(NULL, 0);
    if (epoch == NULL)
        abort();
    bool done = seconds_of(X509_get0_notBefore(certificate), epoch, &ret_span->not_before_s) &&
                seconds_of(X509_get0_notAfter(certificate), epoch, &ret_span->not_after_s);
    ASN1_TIME_free(epoch);
    return done;
}

/* Also a root of version 1, which has no extensions to say so. */
bool certificate_may_sign(X509 *certificate)
{
    return X509_check_ca(certificate) != 0;
}

static bool write_fingerprint(const X509 *certificate, char *hex)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned length = 0;
    if (X509_digest(certificate, EVP_sha256(), digest, &length) != 1)
        return false;
    for (unsigned i = 0; i < length; i++)
        snprintf(hex + (size_t)2 * i, 3, "%02x", digest[i]);
    return true;
}

bool certificate_read(struct text pem, struct certificate_facts *ret_facts, struct error *error)
{
    X509 *certificate = certificate_parse(pem);
    if (certificate == NULL)
        return error_set(error, ERROR_INPUT,
                         "holds no certificate; give one in PEM, which begins with -----BEGIN "
                         "CERTIFICATE-----");
    struct certificate_facts facts;
    ERR_set_mark();
    bool done =
        certificate_span_of(certificate, &facts.span) && write_fingerprint(certificate, facts.fingerprint);
    facts.is_ca = certificate_may_sign(certificate);
    ERR_pop_to_mark();
    X509_free(certificate);
    if (!done)
        return error_set(error, ERROR_INPUT,
                         "holds a certificate whose time of validity cannot be read; issue it again");
    *ret_facts = facts;
    return true;
}

/* ---- what goes with what ---- */

bool certificate_has_key(struct text certificate, struct text key)
{
    X509 *read = certificate_parse(certificate);
    EVP_PKEY *read_key = certificate_parse_key(key);
    ERR_set_mark();
    bool fits = read != NULL && read_key != NULL && X509_check_private_key(read, read_key) == 1;
    ERR_pop_to_mark();
    EVP_PKEY_free(read_key);
    X509_free(read);
    return fits;
}

static bool is_for(X509 *certificate, struct text name)
{
    ASN1_OCTET_STRING *address = certificate_address_of(name);
    bool found =
        address != NULL
            ? X509_check_ip(certificate, ASN1_STRING_get0_data(address), (size_t)ASN1_STRING_length(address),
                            0) == 1
            : certificate_is_dns_name(name) &&
                  X509_check_host(certificate, name.at, name.length,
                                  X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS,
                                  NULL) == 1;
    ASN1_OCTET_STRING_free(address);
    return found;
}

bool certificate_is_for(struct text certificate, const struct text *names, size_t name_count)
{
    X509 *read = certificate_parse(certificate);
    bool all = read != NULL;
    ERR_set_mark();
    for (size_t i = 0; all && i < name_count; i++)
        all = is_for(read, names[i]);
    ERR_pop_to_mark();
    X509_free(read);
    return all;
}

static bool is_signed_by(X509 *certificate, X509 *ca)
{
    EVP_PKEY *key = X509_get0_pubkey(ca);
    return certificate_may_sign(ca) && X509_check_issued(ca, certificate) == X509_V_OK && key != NULL &&
           X509_verify(certificate, key) == 1;
}

bool certificate_is_signed_by(struct text certificate, struct text bundle, size_t *ret_index)
{
    X509 *read = certificate_parse(certificate), *ca = NULL;
    size_t index = 0;
    bool found = false;
    ERR_set_mark();
    while (read != NULL && !found && (ca = certificate_next(&bundle)) != NULL) {
        found = is_signed_by(read, ca);
        index += found ? 0 : 1;
        X509_free(ca);
    }
    ERR_pop_to_mark();
    X509_free(read);
    if (found && ret_index != NULL)
        *ret_index = index;
    return found;
}
