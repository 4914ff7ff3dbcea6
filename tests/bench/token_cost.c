/* What token_read_all costs beside bare EVP_DigestVerify over the same bytes with the same key: both in one
 * run, in interleaved rounds, so that whatever else the machine does meets them alike. Ends with 1 where
 * reading takes more than COST_US_MOST microseconds longer than verifying. */
#include "token_signer.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { ROUNDS = 41, ROUND_NS = 25000000, COST_US_MOST = 20, NS_PER_S = 1000000000 };

struct subject {
    const struct signer *signer;
    EVP_PKEY *key;
    EVP_MD *digest;                            /* NULL: the key's own */
    struct text token, signed_part, signature; /* as OpenSSL takes it */
    struct arena arena;                        /* of the reader */
};

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * NS_PER_S + now.tv_nsec;
}

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void verify(struct subject *subject)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    require(EVP_DigestVerifyInit(context, NULL, subject->digest, NULL, subject->key) == 1 &&
            EVP_DigestVerify(context, (const unsigned char *)subject->signature.at, subject->signature.length,
                             (const unsigned char *)subject->signed_part.at,
                             subject->signed_part.length) == 1);
    EVP_MD_CTX_free(context);
}

static void read_token(struct subject *subject)
{
    const struct approval *tokens;
    arena_reset(&subject->arena);
    require(token_read_all(&subject->signer->rule, subject->token, text_of(SIGNER_NAMESPACE), &subject->arena,
                           &tokens) == 1 &&
            tokens[0].fault.length == 0);
}

/* Microseconds of one call. */
static double measure(void (*call)(struct subject *subject), struct subject *subject)
{
    int64_t begin_ns = now_ns(), end_ns;
    unsigned calls = 0;
    do {
        call(subject);
        calls++;
        end_ns = now_ns();
    } while (end_ns - begin_ns < ROUND_NS);
    return (double)(end_ns - begin_ns) / calls / 1000;
}

static int compare(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

static double median(double values[ROUNDS])
{
    qsort(values, ROUNDS, sizeof(*values), compare);
    return values[ROUNDS / 2];
}

/* The row of one algorithm; whether it keeps to the limit. */
static bool report(const char *name, struct subject *subject)
{
    double bare[ROUNDS], reading[ROUNDS], more[ROUNDS], ratio[ROUNDS];
    for (unsigned i = 0; i < ROUNDS; i++) {
        bare[i] = measure(verify, subject);
        reading[i] = measure(read_token, subject);
        more[i] = reading[i] - bare[i];
        ratio[i] = reading[i] / bare[i];
    }
    double more_us = median(more);
    printf("| %s | %.1f | %.1f | %.2f | %+.1f |\n", name, median(bare), median(reading), median(ratio),
           more_us);
    return more_us <= COST_US_MOST;
}

int main(void)
{
    static const char *const names[] = {"ES256", "EdDSA", "RS256"};
    struct signer signer;
    struct arena arena = {NULL, 0};
    bool good = true;
    signer_init(&signer);
    puts("| algorithm | EVP_DigestVerify, us | token_read_all, us | ratio | more, us "
         "|\n|---|--:|--:|--:|--:|");
    for (enum signer_key key = SIGNER_ES256; key < SIGNER_KEYS; key++) {
        struct subject subject = {.signer = &signer, .key = signer.keys[key]};
        subject.digest = key == SIGNER_EDDSA ? NULL : EVP_MD_fetch(NULL, "SHA256", NULL);
        subject.token = signer_token(&arena, subject.key, signer_header(key), SIGNER_CLAIMS);
        size_t end = subject.token.length;
        while (subject.token.at[--end] != '.')
            continue;
        subject.signed_part = text_slice(subject.token, 0, end);
        subject.signature = signer_sign_as_openssl(&arena, subject.key, subject.signed_part);
        good &= report(names[key], &subject);
        arena_done(&subject.arena);
        EVP_MD_free(subject.digest);
    }
    if (!good)
        printf("reading a token takes more than %d us longer than verifying it\n", COST_US_MOST);
    arena_done(&arena);
    signer_done(&signer);
    return good ? 0 : 1;
}
