/* Certificates and keys as PEM (RFC 7468), read from whatever text they are in. */
#include "certificate_private.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdlib.h>

enum { BLOCK_BYTES_MOST = 64 << 10 };

/* The offset of the first `mark`; the text's length where there is none. */
static size_t find(struct text text, const char *mark)
{
    size_t length = strlen(mark), at = 0;
    while (at + length <= text.length && memcmp(text.at + at, mark, length) != 0)
        at++;
    return at + length <= text.length ? at : text.length;
}

/* From the last BEGIN in front of the first END: a block that was cut off does not swallow the next one. */
static bool next_block(struct text *rest, struct text *ret_block)
{
    static const char begin[] = "-----BEGIN CERTIFICATE-----", end[] = "-----END CERTIFICATE-----";
    size_t length = find(*rest, end);
    if (length == rest->length)
        return false;
    struct text block = text_slice(*rest, 0, length + strlen(end));
    *rest = text_slice(*rest, block.length, rest->length);
    *ret_block = block;
    for (size_t at; (at = find(block, begin)) < block.length; block = text_slice(block, 1, block.length))
        *ret_block = block = text_slice(block, at, block.length);
    return true;
}

/* Without one OpenSSL would ask for a passphrase on the terminal. */
static int refuse_passphrase(char *buffer, int size, int writing, void *context)
{
    (void)buffer;
    (void)size;
    (void)writing;
    (void)context;
    return -1;
}

static BIO *open_text(struct text text)
{
    BIO *bio = BIO_new_mem_buf(text.length == 0 ? "" : text.at, (int)text.length);
    if (bio == NULL)
        abort();
    return bio;
}

X509 *certificate_next(struct text *rest)
{
    X509 *certificate = NULL;
    struct text block = TEXT_EMPTY;
    ERR_set_mark();
    while (certificate == NULL && next_block(rest, &block)) {
        if (block.length > BLOCK_BYTES_MOST)
            continue;
        BIO *bio = open_text(block);
        certificate = PEM_read_bio_X509(bio, NULL, refuse_passphrase, NULL);
        BIO_free(bio);
    }
    ERR_pop_to_mark();
    return certificate;
}

X509 *certificate_parse(struct text pem)
{
    return certificate_next(&pem);
}

EVP_PKEY *certificate_parse_key(struct text pem)
{
    if (pem.length > BLOCK_BYTES_MOST)
        return NULL;
    ERR_set_mark();
    BIO *bio = open_text(pem);
    EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, refuse_passphrase, NULL);
    BIO_free(bio);
    ERR_pop_to_mark();
    return key;
}

/* ---- writing ---- */

/* OpenSSL wipes what such a BIO holds when it grows and when it goes. */
static BIO *open_buffer(void)
{
    BIO *bio = BIO_new(BIO_s_mem());
    if (bio == NULL)
        abort();
    return bio;
}

static struct text close_buffer(BIO *bio, struct arena *arena)
{
    char *bytes = NULL;
    long length = BIO_get_mem_data(bio, &bytes);
    struct text text = arena_copy(arena, (struct text){bytes, (size_t)length});
    BIO_free(bio);
    return text;
}

struct text certificate_print(X509 *certificate, struct arena *arena)
{
    BIO *bio = open_buffer();
    if (PEM_write_bio_X509(bio, certificate) != 1)
        abort();
    return close_buffer(bio, arena);
}

struct text certificate_print_key(EVP_PKEY *key, struct arena *arena)
{
    BIO *bio = open_buffer();
    if (PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) != 1)
        abort();
    return close_buffer(bio, arena);
}
