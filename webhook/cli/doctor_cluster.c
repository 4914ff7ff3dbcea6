#include "cli/doctor_cluster.h"

#include "codec/policy_file.h"
#include "edge/clock.h"
#include "edge/kube_events.h"

#include <stdlib.h>

enum { PAGE_SIZE = 500, MESSAGE_BYTES_MOST = 1000 };

void doctor_done(struct doctor *doctor)
{
    for (size_t i = 0; i < doctor->reader_count; i++)
        json_reader_free(doctor->readers[i]);
    free(doctor->readers);
    policy_file_unref(doctor->policies);
    registrations_done(&doctor->desired);
    held_cluster_done(&doctor->cluster);
}

/* ---- JSON ---- */

bool doctor_read_json(struct doctor *doctor, struct text bytes, struct json *ret_root)
{
    struct error error;
    if (doctor->reader_count == doctor->reader_capacity) {
        doctor->reader_capacity = 2 * doctor->reader_capacity + 16;
        doctor->readers = realloc(doctor->readers,
                                  doctor->reader_capacity * sizeof(struct json_reader *)); /* of pointers */
        if (doctor->readers == NULL)
            abort();
    }
    struct json_reader *reader = json_reader_new();
    doctor->readers[doctor->reader_count++] = reader;
    return json_read(reader, bytes.at, bytes.length, ret_root, &error);
}

/* ---- asking ---- */

static bool ask(struct doctor *doctor, const struct doctor_question *question, const struct kube_call *call,
                struct kube_answer *ret_answer)
{
    struct error error = {.text = ""};
    if (held_cluster_ask(&doctor->cluster, call, ret_answer, &error)) {
        doctor->date_s = ret_answer->date_s;
        return true;
    }
    doctor_say(&doctor->report, DOCTOR_FAULT, question->check, "%s cannot be looked at: no answer: %s",
               question->what, error.text);
    doctor_cure(&doctor->report, "find out why the API server does not answer, and run the doctor again");
    return false;
}

int64_t doctor_now_s(const struct doctor *doctor)
{
    return doctor->date_s > 0 ? doctor->date_s : clock_wall_ms() / 1000;
}

void doctor_say_refused(struct doctor *doctor, const struct doctor_question *question,
                        const struct kube_answer *answer)
{
    struct kube_status status = {.message = TEXT_EMPTY};
    struct doctor_report *report = &doctor->report;
    if (answer->status == 403) {
        doctor_say(report, DOCTOR_WARNING, question->check, "%s cannot be looked at: you may not %s",
                   question->what, question->right);
        doctor_cure(report, "have it looked at by somebody who may %s", question->right);
        return;
    }
    if (!kube_status_decode(answer->body, report->arena, &status))
        status.message = text_of("no reason given");
    doctor_say(report, DOCTOR_WARNING, question->check,
               "%s cannot be looked at: the API server answered with HTTP %u: %.*s", question->what,
               answer->status, TEXT_ARGS(text_quote(report->arena, status.message, MESSAGE_BYTES_MOST)));
}

static void say_no_json(struct doctor *doctor, const struct doctor_question *question)
{
    doctor_say(&doctor->report, DOCTOR_WARNING, question->check,
               "%s cannot be looked at: the answer about it is no JSON", question->what);
    doctor_cure(&doctor->report, "is it an API server that the kubeconfig names?");
}

enum doctor_found doctor_get(struct doctor *doctor, const struct doctor_question *question,
                             struct json *ret_object, struct text *ret_text)
{
    const struct kube_call call = {.method = KUBE_GET, .path = question->path, .accept = "application/json"};
    struct kube_answer answer;
    if (!ask(doctor, question, &call, &answer))
        return DOCTOR_UNKNOWN;
    if (answer.status == 404)
        return DOCTOR_ABSENT;
    if (answer.status != 200) {
        doctor_say_refused(doctor, question, &answer);
        return DOCTOR_UNKNOWN;
    }
    if (ret_object != NULL && !doctor_read_json(doctor, answer.body, ret_object)) {
        say_no_json(doctor, question);
        return DOCTOR_UNKNOWN;
    }
    if (ret_text != NULL)
        *ret_text = answer.body;
    return DOCTOR_FOUND;
}

/* ---- lists ---- */

static void add_items(struct doctor *doctor, struct json page, struct doctor_items *items)
{
    struct json list = doctor_at(page, "items");
    size_t more = json_count(list);
    struct json *all = arena_alloc_array(&doctor->cluster.arena, items->count + more + 1, sizeof(*all));
    for (size_t i = 0; i < items->count; i++)
        all[i] = items->items[i];
    items->items = all;
    for (struct json_walk walk = json_walk_start(list); json_walk_next(&walk);)
        items->items[items->count++] = walk.value;
}

enum doctor_found doctor_list(struct doctor *doctor, const struct doctor_question *question,
                              const char *selector, bool metadata_alone, struct doctor_items *ret_items)
{
    struct arena *arena = &doctor->cluster.arena;
    struct doctor_items items = {NULL, 0};
    struct text token = TEXT_EMPTY;
    do {
        struct text escaped = kube_http_escape(arena, text_of(selector));
        struct text next = kube_http_escape(arena, token);
        struct doctor_question page = *question;
        struct json root;
        struct kube_answer answer;
        page.path = arena_printf(arena, "%s?labelSelector=%.*s&limit=%d&continue=%.*s", question->path,
                                 TEXT_ARGS(escaped), PAGE_SIZE, TEXT_ARGS(next))
                        .at;
        const struct kube_call call = {
            .method = KUBE_GET,
            .path = page.path,
            .accept = metadata_alone ? "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
                                     : "application/json",
        };
        if (!ask(doctor, question, &call, &answer))
            return DOCTOR_UNKNOWN;
        if (answer.status != 200) {
            doctor_say_refused(doctor, question, &answer);
            return DOCTOR_UNKNOWN;
        }
        if (!doctor_read_json(doctor, answer.body, &root)) {
            say_no_json(doctor, question);
            return DOCTOR_UNKNOWN;
        }
        add_items(doctor, root, &items);
        token = doctor_text_at(root, "metadata.continue");
    } while (token.length > 0);
    *ret_items = items;
    return DOCTOR_FOUND;
}

bool doctor_post(struct doctor *doctor, const struct doctor_question *question, struct text body,
                 struct kube_answer *ret_answer)
{
    const struct kube_call call = {.method = KUBE_POST,
                                   .path = question->path,
                                   .accept = "application/json",
                                   .content_type = "application/json",
                                   .body = body};
    return ask(doctor, question, &call, ret_answer);
}

enum doctor_found doctor_get_data(struct doctor *doctor, const char *check, const char *name,
                                  struct json *ret_data)
{
    struct arena *arena = &doctor->cluster.arena;
    const char *namespace = doctor->options->namespace;
    const struct doctor_question question = {
        .check = check,
        .path = arena_printf(arena, "/api/v1/namespaces/%s/configmaps/%s", namespace, name).at,
        .what = arena_printf(arena, "ConfigMap %s/%s", namespace, name).at,
        .right = arena_printf(arena, "get configmaps in namespace %s", namespace).at};
    struct json map;
    enum doctor_found found = doctor_get(doctor, &question, &map, NULL);
    if (found == DOCTOR_FOUND)
        *ret_data = json_get(map, text_of("data"));
    return found;
}

enum doctor_found doctor_get_config(struct doctor *doctor, const char *check, const char *name,
                                    const char *key, struct text *ret_text)
{
    struct json data;
    enum doctor_found found = doctor_get_data(doctor, check, name, &data);
    if (found != DOCTOR_FOUND)
        return found;
    *ret_text = json_as_text(json_get(data, text_of(key)));
    return ret_text->length > 0 ? DOCTOR_FOUND : DOCTOR_ABSENT;
}
