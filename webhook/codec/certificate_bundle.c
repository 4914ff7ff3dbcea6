/* Several CAs in one text. */
#include "certificate_private.h"

#include <openssl/err.h>

struct bundle {
    X509 *items[CERTIFICATE_BUNDLE_MOST]; /* owned */
    size_t count;
};

static bool has(const struct bundle *bundle, const X509 *wanted)
{
    for (size_t i = 0; i < bundle->count; i++)
        if (X509_cmp(bundle->items[i], wanted) == 0)
            return true;
    return false;
}

static bool is_live(X509 *certificate, int64_t now_s)
{
    struct renewal_span span;
    return certificate_span_of(certificate, &span) && span.not_after_s > now_s;
}

static void add(struct bundle *bundle, struct text pem, int64_t now_s)
{
    for (X509 *next; (next = certificate_next(&pem)) != NULL;)
        if (bundle->count < CERTIFICATE_BUNDLE_MOST && certificate_may_sign(next) && is_live(next, now_s) &&
            !has(bundle, next))
            bundle->items[bundle->count++] = next;
        else
            X509_free(next);
}

struct text certificate_bundle(struct text first, struct text bundle, struct text more, int64_t now_s,
                               struct arena *arena)
{
    struct bundle all = {.count = 0};
    struct text blocks[CERTIFICATE_BUNDLE_MOST];
    ERR_set_mark();
    add(&all, first, now_s);
    add(&all, bundle, now_s);
    add(&all, more, now_s);
    for (size_t i = 0; i < all.count; i++) {
        blocks[i] = certificate_print(all.items[i], arena);
        X509_free(all.items[i]);
    }
    ERR_pop_to_mark();
    return all.count == 0 ? TEXT_EMPTY : arena_concat(arena, blocks, all.count);
}

static bool bundle_has(struct text bundle, const X509 *wanted)
{
    bool found = false;
    for (X509 *next; !found && (next = certificate_next(&bundle)) != NULL; X509_free(next))
        found = X509_cmp(next, wanted) == 0;
    return found;
}

bool certificate_bundle_has(struct text bundle, struct text wanted)
{
    bool all = true;
    ERR_set_mark();
    for (X509 *next; all && (next = certificate_next(&wanted)) != NULL; X509_free(next))
        all = bundle_has(bundle, next);
    ERR_pop_to_mark();
    return all;
}

struct text certificate_first(struct text bundle, struct arena *arena)
{
    X509 *first = certificate_parse(bundle);
    struct text block = first == NULL ? TEXT_EMPTY : certificate_print(first, arena);
    X509_free(first);
    return block;
}
