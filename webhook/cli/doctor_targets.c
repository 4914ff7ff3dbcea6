#include "cli/doctor_targets.h"

#include "cli/doctor_json.h"
#include "codec/base64.h"

bool doctor_text_has(struct text text, const char *part)
{
    for (size_t i = 0; i < text.length; i++)
        if (text_starts_with(text_slice(text, i, text.length), text_of(part)))
            return true;
    return false;
}

/* "https://[::1]:9443/validate?x" is "https://[::1]:9443", of host "::1". */
static void read_url(struct text url, struct doctor_target *target, struct arena *arena)
{
    static const struct text scheme = TEXT("https://");
    struct text rest = text_starts_with(url, scheme) ? text_slice(url, scheme.length, url.length) : url;
    size_t end = text_find(rest, '/');
    end = text_find(rest, '?') < end ? text_find(rest, '?') : end;
    struct text authority = text_slice(rest, 0, end);
    struct text host = text_slice(authority, 0, text_find(authority, ':'));
    if (text_starts_with(authority, text_of("[")))
        host = text_slice(authority, 1, text_find(authority, ']') - 1);
    target->url = arena_printf(arena, "https://%.*s", TEXT_ARGS(authority));
    target->host = arena_copy(arena, host);
}

static struct doctor_target read_target(struct json webhook, struct arena *arena)
{
    enum { HTTPS_PORT = 443 };
    struct json client = doctor_at(webhook, "clientConfig");
    struct doctor_target target = {
        .namespace = doctor_text_at(client, "service.namespace"),
        .name = doctor_text_at(client, "service.name"),
        .port = json_as_integer(doctor_at(client, "service.port"), HTTPS_PORT),
        .ca_bundle = base64_decode(doctor_text_at(client, "caBundle"), arena),
    };
    struct text url = doctor_text_at(client, "url");
    if (url.length > 0)
        read_url(url, &target, arena);
    else
        target.host =
            arena_printf(arena, "%.*s.%.*s.svc", TEXT_ARGS(target.name), TEXT_ARGS(target.namespace));
    return target;
}

static bool is_same(const struct doctor_target *a, const struct doctor_target *b)
{
    return text_equal(a->url, b->url) && text_equal(a->host, b->host) && a->port == b->port;
}

struct doctor_targets doctor_targets_of(const struct json *registrations, size_t count, struct arena *arena)
{
    struct doctor_targets targets = {.count = 0};
    for (size_t i = 0; i < count; i++)
        for (struct json_walk w = json_walk_start(doctor_at(registrations[i], "webhooks"));
             json_walk_next(&w);) {
            struct doctor_target target = read_target(w.value, arena);
            bool known = false;
            for (size_t j = 0; j < targets.count; j++)
                known = known || is_same(&targets.items[j], &target);
            if (!known && targets.count < DOCTOR_TARGETS_MOST)
                targets.items[targets.count++] = target;
        }
    return targets;
}
