#include "edge/kube_resource.h"

#include "edge/kube_http.h"

const char *kube_resource_page_path(const struct kube_resource *resource, unsigned limit,
                                    const char *continue_token, struct arena *arena)
{
    struct text token = kube_http_escape(arena, text_of(continue_token));
    return arena_printf(arena, "%s?limit=%u&continue=%.*s%s%s", resource->path, limit, TEXT_ARGS(token),
                        resource->selector == NULL ? "" : "&",
                        resource->selector == NULL ? "" : resource->selector)
        .at;
}

const char *kube_resource_watch_path(const struct kube_resource *resource, const char *resource_version,
                                     unsigned timeout_s, struct arena *arena)
{
    struct text version = kube_http_escape(arena, text_of(resource_version));
    return arena_printf(arena,
                        "%s?watch=1&allowWatchBookmarks=true&resourceVersion=%.*s&timeoutSeconds=%u%s%s",
                        resource->path, TEXT_ARGS(version), timeout_s, resource->selector == NULL ? "" : "&",
                        resource->selector == NULL ? "" : resource->selector)
        .at;
}

bool kube_resource_take_page(const struct kube_resource *resource, struct text body, struct arena *arena,
                             struct kube_page *ret_page, struct error *error)
{
    struct kube_page page;
    if (!kube_page_decode(body, resource->noun, arena, &page, error))
        return false;
    for (size_t i = 0; i < page.count; i++)
        if (!resource->sink.put(resource->sink.context, page.items[i], error))
            return false;
    *ret_page = page;
    return true;
}

void kube_resource_take_absence(const struct kube_resource *resource)
{
    resource->sink.list_begin(resource->sink.context);
    resource->sink.list_end(resource->sink.context);
}

bool kube_resource_refused(const struct kube_resource *resource, const char *doing, unsigned status,
                           struct text body, struct error *error)
{
    struct arena scratch;
    struct kube_status said = {0};
    const char *cure = NULL;
    if (status == 401)
        cure = "the credentials are not accepted: check the kubeconfig's user, or the pod's service account "
               "and its token";
    if (status == 403)
        cure = resource->cure_forbidden;
    arena_init(&scratch);
    kube_status_decode(body, &scratch, &said);
    error_set(error, ERROR_SYSTEM, "%s %s was answered with HTTP %u%s%.*s%s%s", doing, resource->noun, status,
              said.message.length > 0 ? ": " : "", TEXT_ARGS(said.message), cure == NULL ? "" : "; ",
              cure == NULL ? "" : cure);
    arena_done(&scratch);
    return false;
}
