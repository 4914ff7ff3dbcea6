#include "keeper_private.h"

enum { PROBE_MS = 2000 };

/* About nothing that anybody governs, and dry: it is allowed, and leaves no trace but its line in the log. */
static const char review[] =
    "{\"apiVersion\":\"admission.k8s.io/v1\",\"kind\":\"AdmissionReview\",\"request\":{\"uid\":"
    "\"changegate-keeper\",\"operation\":\"CREATE\",\"dryRun\":true,\"name\":\"probe\",\"kind\":{\"group\":"
    "\"\","
    "\"version\":\"v1\",\"kind\":\"ConfigMap\"},\"resource\":{\"group\":\"\",\"version\":\"v1\",\"resource\":"
    "\"configmaps\"},\"userInfo\":{\"username\":\"changegate-keeper\"},\"object\":{}}}";

static bool receive(void *context, unsigned status, struct text bytes)
{
    (void)status;
    return kube_buffer_add(context, bytes);
}

/* "https://HOST:PORT" and "/PATH" */
static void split(struct text url, struct arena *arena, struct text *ret_server, const char **ret_path)
{
    static const size_t scheme_length = sizeof("https://") - 1;
    size_t slash = scheme_length + text_find(text_slice(url, scheme_length, url.length), '/');
    *ret_server = arena_copy(arena, text_slice(url, 0, slash));
    *ret_path = slash < url.length ? arena_copy(arena, text_slice(url, slash, url.length)).at : "/";
}

static const char *ask(struct keeper *keeper, struct kube_http *http, const char *path)
{
    struct kube_buffer answer = {0};
    struct error error;
    const char *why = NULL;
    const struct kube_call call = {
        .method = KUBE_POST,
        .path = path,
        .accept = "application/json",
        .content_type = "application/json",
        .body = text_of(review),
    };
    struct kube_request *request = kube_request_new(http);
    kube_buffer_clear(&answer, KEEPER_BYTES_MOST);
    enum kube_progress progress = kube_request_start(request, &call, receive, &answer, &error)
                                      ? keeper_await(keeper, http, request, PROBE_MS, &error)
                                      : KUBE_FAILED;
    /* Who asks for a certificate is there, and was verified; ours would not be the API server's. */
    if (progress == KUBE_FAILED && !kube_request_was_asked_for_certificate(request))
        why = arena_copy(&keeper->turn, text_of(error.text)).at;
    if (progress == KUBE_UNDER_WAY)
        why = arena_printf(&keeper->turn, "no answer within %d s", PROBE_MS / 1000).at;
    if (progress == KUBE_ENDED && kube_request_status(request) != 200)
        why = arena_printf(&keeper->turn, "HTTP %u", kube_request_status(request)).at;
    kube_request_free(request);
    kube_buffer_done(&answer);
    return why;
}

const char *keeper_probe(struct keeper *keeper, struct text url, struct text ca_bundle)
{
    struct kube_config config = {.ca = {.data = ca_bundle}, .is_no_api_server = true};
    struct kube_http *http;
    struct error error;
    const char *path;
    split(url, &keeper->turn, &config.server, &path);
    if (!kube_http_new(&config, &http, &error))
        return arena_copy(&keeper->turn, text_of(error.text)).at;
    const char *why = ask(keeper, http, path);
    kube_http_free(http);
    return why;
}
