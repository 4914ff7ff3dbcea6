/* Public keys from their numbers: RFC 7518 section 6, RFC 8037 section 2. */
#include "token_keys_private.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <stdlib.h>
#include <string.h>

enum {
    P256_NUMBER_BYTES = 32,
    ED25519_KEY_BYTES = 32,
    POINT_UNCOMPRESSED = 4, /* SEC 1 section 2.3.3 */
};

static EVP_PKEY *from_parameters(const char *type, OSSL_PARAM *parameters)
{
    EVP_PKEY *key = NULL;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    if (context == NULL)
        abort();
    if (EVP_PKEY_fromdata_init(context) != 1 ||
        EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, parameters) != 1)
        key = NULL;
    EVP_PKEY_CTX_free(context);
    return key;
}

EVP_PKEY *token_key_of_p256(struct text x, struct text y)
{
    unsigned char point[1 + 2 * P256_NUMBER_BYTES] = {POINT_UNCOMPRESSED};
    char group[] = "prime256v1";
    OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, sizeof(point)),
        OSSL_PARAM_construct_end()};
    if (x.length != P256_NUMBER_BYTES || y.length != P256_NUMBER_BYTES)
        return NULL;
    memcpy(point + 1, x.at, P256_NUMBER_BYTES);
    memcpy(point + 1 + P256_NUMBER_BYTES, y.at, P256_NUMBER_BYTES);
    ERR_set_mark();
    EVP_PKEY *key = from_parameters("EC", parameters);
    ERR_pop_to_mark();
    return key;
}

EVP_PKEY *token_key_of_ed25519(struct text x)
{
    if (x.length != ED25519_KEY_BYTES)
        return NULL;
    ERR_set_mark();
    EVP_PKEY *key =
        EVP_PKEY_new_raw_public_key_ex(NULL, "ED25519", NULL, (const unsigned char *)x.at, x.length);
    ERR_pop_to_mark();
    return key;
}

static BIGNUM *number_of(struct text bytes)
{
    BIGNUM *number = BN_bin2bn((const unsigned char *)bytes.at, (int)bytes.length, NULL);
    if (number == NULL)
        abort();
    return number;
}

EVP_PKEY *token_key_of_rsa(struct text n, struct text e)
{
    enum { BYTES_MOST = TOKEN_KEY_BITS_MOST / 8 + 1 }; /* some write a zero in front */
    if (n.length > BYTES_MOST || e.length > BYTES_MOST)
        return NULL;
    BIGNUM *modulus = number_of(n), *exponent = number_of(e);
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    if (builder == NULL || OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, modulus) != 1 ||
        OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, exponent) != 1)
        abort();
    OSSL_PARAM *parameters = OSSL_PARAM_BLD_to_param(builder);
    if (parameters == NULL)
        abort();
    ERR_set_mark();
    EVP_PKEY *key = from_parameters("RSA", parameters);
    ERR_pop_to_mark();
    OSSL_PARAM_free(parameters);
    OSSL_PARAM_BLD_free(builder);
    BN_free(modulus);
    BN_free(exponent);
    return key;
}
