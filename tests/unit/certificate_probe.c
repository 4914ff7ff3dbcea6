/* NOW_S NAME...: two CAs of one name and a certificate for the names by each, in PEM, each with its key
 * behind it: CA, CA, certificate, certificate. For test_certificate_openssl.py. */
#include "codec/certificate.h"

#include <stdio.h>
#include <stdlib.h>

enum { DAY_S = 86400, ARGUMENTS_BEFORE_NAMES = 2 };

static bool make(struct renewal_span span, const struct text *names, size_t count, struct arena *arena,
                 struct certificate_pair pairs[4], struct error *error)
{
    const struct text name = TEXT("changegate CA");
    return certificate_make_ca(name, span, arena, &pairs[0], error) &&
           certificate_make_ca(name, span, arena, &pairs[1], error) &&
           certificate_issue(&pairs[0], names, count, span, arena, &pairs[2], error) &&
           certificate_issue(&pairs[1], names, count, span, arena, &pairs[3], error);
}

int main(int argc, char **argv)
{
    if (argc <= ARGUMENTS_BEFORE_NAMES)
        return 2;
    struct text names[CERTIFICATE_NAMES_MOST];
    size_t count = 0;
    for (int i = ARGUMENTS_BEFORE_NAMES; i < argc && count < CERTIFICATE_NAMES_MOST; i++)
        names[count++] = text_of(argv[i]);
    int64_t now_s = strtoll(argv[1], NULL, 10);
    struct renewal_span span = {now_s - RENEWAL_BACKDATE_S, now_s + DAY_S};
    struct arena arena = {NULL, 0};
    struct certificate_pair pairs[4];
    struct error error;
    bool made = make(span, names, count, &arena, pairs, &error);
    for (size_t i = 0; made && i < sizeof(pairs) / sizeof(pairs[0]); i++)
        printf("%.*s%.*s", TEXT_ARGS(pairs[i].certificate), TEXT_ARGS(pairs[i].key));
    if (!made)
        fprintf(stderr, "%s\n", error.text);
    arena_done(&arena);
    return made ? 0 : 1;
}
