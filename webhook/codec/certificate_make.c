/* Certificates made: a profile of RFC 5280 that both OpenSSL's -x509_strict and Go take. */
#include "certificate_private.h"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <stdlib.h>

enum { COMMON_NAME_BYTES_MOST = 64, /* RFC 5280 appendix A.1 */ SERIAL_BITS = 127, QUOTE_BYTES_MOST = 80 };
#define YEAR_9999_S INT64_C(253402300799) /* the last second that can be written */

/* One that is being made. */
struct draft {
    X509 *certificate; /* owned, as is the next */
    EVP_PKEY *key;
    X509 *issuer; /* borrowed; its own certificate, of a CA */
};

static void draft_done(struct draft *draft)
{
    X509_free(draft->certificate);
    EVP_PKEY_free(draft->key);
}

/* ---- the parts of every certificate ---- */

static bool set_serial(X509 *certificate)
{
    BIGNUM *number = BN_new();
    bool done = number != NULL && BN_rand(number, SERIAL_BITS, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) == 1 &&
                BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) != NULL;
    BN_free(number);
    return done;
}

static bool set_common_name(X509 *certificate, struct text name)
{
    return X509_NAME_add_entry_by_NID(X509_get_subject_name(certificate), NID_commonName, MBSTRING_ASC,
                                      (const unsigned char *)name.at, (int)name.length, -1, 0) == 1;
}

static bool add_extension(const struct draft *draft, int nid, const char *value)
{
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, draft->issuer, draft->certificate, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_nconf_nid(NULL, &context, nid, value);
    bool done = extension != NULL && X509_add_ext(draft->certificate, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    return done;
}

/* All but the subject and the extensions of its sort. */
static bool begin(struct draft *draft, X509 *issuer, struct renewal_span span)
{
    X509 *certificate = X509_new();
    if (certificate == NULL)
        abort();
    *draft = (struct draft){certificate, EVP_EC_gen("P-256"), issuer == NULL ? certificate : issuer};
    return draft->key != NULL && X509_set_version(certificate, X509_VERSION_3) == 1 &&
           set_serial(certificate) &&
           ASN1_TIME_set(X509_getm_notBefore(certificate), span.not_before_s) != NULL &&
           ASN1_TIME_set(X509_getm_notAfter(certificate), span.not_after_s) != NULL &&
           X509_set_pubkey(certificate, draft->key) == 1 &&
           add_extension(draft, NID_subject_key_identifier, "hash");
}

static bool finish(const struct draft *draft, EVP_PKEY *signer)
{
    return X509_set_issuer_name(draft->certificate, X509_get_subject_name(draft->issuer)) == 1 &&
           X509_sign(draft->certificate, signer, EVP_sha256()) > 0;
}

static struct certificate_pair print(const struct draft *draft, struct arena *arena)
{
    return (struct certificate_pair){certificate_print(draft->certificate, arena),
                                     certificate_print_key(draft->key, arena)};
}

/* ---- faults ---- */

static bool check_span(struct renewal_span span, struct error *error)
{
    return (span.not_before_s >= 0 && span.not_before_s < span.not_after_s &&
            span.not_after_s <= YEAR_9999_S) ||
           error_set(error, ERROR_INPUT,
                     "a certificate cannot be valid from %lld to %lld, in seconds since 1970; give a time "
                     "that ends after it begins, and before the year 10000",
                     (long long)span.not_before_s, (long long)span.not_after_s);
}

static bool fail_openssl(struct error *error, const char *what)
{
    const char *reason = ERR_reason_error_string(ERR_peek_last_error());
    return error_set(error, ERROR_SYSTEM, "OpenSSL made no %s: %s; look at its configuration", what,
                     reason == NULL ? "it does not say why" : reason);
}

static bool fail_name(struct error *error, struct text name, const char *clause)
{
    struct arena arena = {NULL, 0};
    error_set(error, ERROR_INPUT, "\"%.*s\" %s", TEXT_ARGS(text_quote(&arena, name, QUOTE_BYTES_MOST)),
              clause);
    arena_done(&arena);
    return false;
}

/* ---- a CA ---- */

static bool check_ca_name(struct text name, struct error *error)
{
    bool good = name.length > 0 && name.length <= COMMON_NAME_BYTES_MOST;
    for (size_t i = 0; good && i < name.length; i++)
        good = name.at[i] >= ' ' && name.at[i] <= '~';
    return good || fail_name(error, name, "is no name for a CA; write 1 to 64 printable ASCII characters");
}

static bool fill_ca(struct draft *draft, struct text name, struct renewal_span span)
{
    return begin(draft, NULL, span) && set_common_name(draft->certificate, name) &&
           add_extension(draft, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
           add_extension(draft, NID_key_usage, "critical,keyCertSign,cRLSign") && finish(draft, draft->key);
}

bool certificate_make_ca(struct text name, struct renewal_span span, struct arena *arena,
                         struct certificate_pair *ret_pair, struct error *error)
{
    if (!check_ca_name(name, error) || !check_span(span, error))
        return false;
    struct draft draft;
    ERR_set_mark();
    bool done = fill_ca(&draft, name, span) || fail_openssl(error, "CA");
    if (done)
        *ret_pair = print(&draft, arena);
    draft_done(&draft);
    ERR_pop_to_mark();
    return done;
}

/* ---- a serving certificate ---- */

static bool check_names(const struct text *names, size_t count, struct error *error)
{
    if (count == 0 || count > CERTIFICATE_NAMES_MOST)
        return error_set(error, ERROR_INPUT, "a certificate is for 1 to %d names, and not for %zu",
                         CERTIFICATE_NAMES_MOST, count);
    for (size_t i = 0; i < count; i++) {
        ASN1_OCTET_STRING *address = certificate_address_of(names[i]);
        bool good = address != NULL || certificate_is_dns_name(names[i]);
        ASN1_OCTET_STRING_free(address);
        if (!good)
            return fail_name(error, names[i],
                             "is no DNS name and no IP address; write one such as changegate.ops.svc, "
                             "without a port, a wildcard or a dot at the end");
    }
    return true;
}

static GENERAL_NAME *general_name(struct text name)
{
    ASN1_OCTET_STRING *address = certificate_address_of(name);
    ASN1_IA5STRING *dns = address == NULL ? ASN1_IA5STRING_new() : NULL;
    GENERAL_NAME *general = GENERAL_NAME_new();
    if (general == NULL || (address == NULL && dns == NULL))
        abort();
    if (dns != NULL && ASN1_STRING_set(dns, name.at, (int)name.length) != 1)
        abort();
    GENERAL_NAME_set0_value(general, dns == NULL ? GEN_IPADD : GEN_DNS,
                            dns == NULL ? (void *)address : (void *)dns);
    return general;
}

/* RFC 5280 section 4.2.1.6: critical, where there is no subject beside it. */
static bool add_names(X509 *certificate, const struct text *names, size_t count, bool is_critical)
{
    GENERAL_NAMES *all = GENERAL_NAMES_new();
    if (all == NULL)
        abort();
    for (size_t i = 0; i < count; i++)
        sk_GENERAL_NAME_push(all, general_name(names[i]));
    bool done = X509_add1_ext_i2d(certificate, NID_subject_alt_name, all, is_critical, 0) == 1;
    GENERAL_NAMES_free(all);
    return done;
}

static bool fill_leaf(struct draft *draft, X509 *ca, const struct text *names, size_t count,
                      struct renewal_span span)
{
    bool has_subject = names[0].length <= COMMON_NAME_BYTES_MOST;
    return begin(draft, ca, span) && (!has_subject || set_common_name(draft->certificate, names[0])) &&
           add_extension(draft, NID_basic_constraints, "critical,CA:FALSE") &&
           add_extension(draft, NID_key_usage, "critical,digitalSignature") &&
           add_extension(draft, NID_ext_key_usage, "serverAuth") &&
           add_extension(draft, NID_authority_key_identifier, "keyid:always") &&
           add_names(draft->certificate, names, count, !has_subject);
}

/* A CA by which nothing could be verified signs nothing. */
static bool check_ca(X509 *certificate, EVP_PKEY *key, struct error *error)
{
    const char *cure = "make the CA anew";
    if (certificate == NULL || !certificate_may_sign(certificate))
        return error_set(error, ERROR_INPUT, "the CA's certificate cannot be read, or is none of a CA; %s",
                         cure);
    if (key == NULL || X509_check_private_key(certificate, key) != 1)
        return error_set(error, ERROR_INPUT, "the CA's key cannot be read, or is not its certificate's; %s",
                         cure);
    return true;
}

bool certificate_issue(const struct certificate_pair *ca, const struct text *names, size_t name_count,
                       struct renewal_span span, struct arena *arena, struct certificate_pair *ret_pair,
                       struct error *error)
{
    if (!check_names(names, name_count, error) || !check_span(span, error))
        return false;
    struct draft draft = {NULL, NULL, NULL};
    ERR_set_mark();
    X509 *ca_certificate = certificate_parse(ca->certificate);
    EVP_PKEY *ca_key = certificate_parse_key(ca->key);
    bool done = check_ca(ca_certificate, ca_key, error) &&
                ((fill_leaf(&draft, ca_certificate, names, name_count, span) && finish(&draft, ca_key)) ||
                 fail_openssl(error, "certificate"));
    if (done)
        *ret_pair = print(&draft, arena);
    draft_done(&draft);
    EVP_PKEY_free(ca_key);
    X509_free(ca_certificate);
    ERR_pop_to_mark();
    return done;
}
