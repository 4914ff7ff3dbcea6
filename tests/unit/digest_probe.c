/* Standard input: "KIND TEMPLATE", the template as JSON, a line each; standard output: its digest, "-" where
 * it is no JSON. For test_digest_oracle.py. */
#include "codec/digest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

static enum workload_kind kind_of(struct text name)
{
    return text_is(name, "Pod") ? KIND_POD : text_is(name, "Job") ? KIND_JOB : KIND_DEPLOYMENT;
}

static void answer(struct json_reader *reader, struct json_text_buffer *scratch, struct text line)
{
    struct arena arena;
    struct error error;
    struct json root;
    struct text name = text_slice(line, 0, text_find(line, ' '));
    struct text json = text_slice(line, name.length + 1, line.length);
    arena_init(&arena);
    if (json_read(reader, json.at, json.length, &root, &error))
        printf("%.*s\n", TEXT_ARGS(digest_template(root, kind_of(name), scratch, &arena)));
    else
        puts("-");
    arena_done(&arena);
}

int main(void)
{
    struct json_reader *reader = json_reader_new();
    struct json_text_buffer scratch = {NULL, 0, 0};
    char *line = NULL;
    size_t room = 0;
    ssize_t length;
    while ((length = getline(&line, &room, stdin)) > 0)
        answer(reader, &scratch, text_trim((struct text){line, (size_t)length}));
    free(line);
    json_text_done(&scratch);
    json_reader_free(reader);
    return 0;
}
