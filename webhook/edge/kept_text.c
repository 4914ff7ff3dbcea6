#include "edge/kept_text.h"

#include <stdlib.h>

char *kept_text(struct text text)
{
    char *copy = strndup(text.at == NULL ? "" : text.at, text.length);
    if (copy == NULL)
        abort();
    return copy;
}

void kept_text_replace(char **owned, struct text text)
{
    char *copy = text.length == 0 ? NULL : kept_text(text);
    free(*owned);
    *owned = copy;
}
