#include "cli/held_cluster.h"

#include "codec/json_slice.h"
#include "edge/kube_events.h"

#include <stdlib.h>
#include <unistd.h>

enum { ANSWER_MS_MOST = 30000, PAGE_SIZE = 250, REFUSAL_BYTES_MOST = 3500 };

/* ---- which cluster ---- */

/* NULL: none of those. */
static const char *find_kubeconfig(const char *given, struct arena *arena)
{
    if (given != NULL)
        return given;
    const char *of_environment = getenv("KUBECONFIG"), *home = getenv("HOME");
    if (of_environment != NULL && of_environment[0] != '\0')
        return of_environment;
    if (home == NULL || home[0] == '\0')
        return NULL;
    const char *path = arena_printf(arena, "%s/.kube/config", home).at;
    return access(path, F_OK) == 0 ? path : NULL;
}

bool held_cluster_open(const char *kubeconfig, struct held_cluster *ret_cluster, struct error *error)
{
    *ret_cluster = (struct held_cluster){.config = {.skip_verify = false}};
    const char *path = find_kubeconfig(kubeconfig, &ret_cluster->arena);
    if (path != NULL && path != kubeconfig && strchr(path, ':') != NULL)
        return error_set(error, ERROR_UNSUPPORTED,
                         "KUBECONFIG: \"%s\" is several files; give one with --kubeconfig FILE", path);
    if (path == NULL && getenv("KUBERNETES_SERVICE_HOST") == NULL)
        return error_set(error, ERROR_INPUT,
                         "which cluster? give --kubeconfig FILE, or set KUBECONFIG (there is no "
                         "~/.kube/config, and this is not a pod)");
    return kube_config_open(path, &ret_cluster->config, error);
}

bool held_cluster_keep(struct held_cluster *cluster, struct error *error)
{
    return kube_asker_new(&cluster->config, &cluster->kept, error);
}

void held_cluster_done(struct held_cluster *cluster)
{
    kube_asker_free(cluster->kept);
    kube_config_done(&cluster->config);
    arena_done(&cluster->arena);
}

bool held_cluster_ask(struct held_cluster *cluster, const struct kube_call *call,
                      struct kube_answer *ret_answer, struct error *error)
{
    if (cluster->kept != NULL)
        return kube_asker_ask(cluster->kept, call, ANSWER_MS_MOST, &cluster->arena, ret_answer, error);
    return kube_ask(&cluster->config, call, ANSWER_MS_MOST, &cluster->arena, ret_answer, error);
}

/* ---- lists ---- */

struct listing {
    struct held_cluster *cluster;
    const char *path, *selector, *noun;
    struct text *items; /* owned by the cluster's arena */
    size_t count, capacity;
    struct text continue_token;
    bool complete;
};

static void add_items(struct listing *listing, const struct kube_page *page)
{
    if (listing->count + page->count > listing->capacity) {
        listing->capacity = 2 * listing->capacity + page->count;
        struct text *more = arena_alloc_array(&listing->cluster->arena, listing->capacity, sizeof(*more));
        for (size_t i = 0; i < listing->count; i++)
            more[i] = listing->items[i];
        listing->items = more;
    }
    for (size_t i = 0; i < page->count; i++)
        listing->items[listing->count++] = page->items[i];
}

static bool refuse(const struct listing *listing, const struct kube_answer *answer, struct error *error)
{
    struct text said = held_refusal(answer, &listing->cluster->arena);
    const char *cure = answer->status == 403 ? "; name a namespace in which you may" : "";
    return error_set(error, ERROR_SYSTEM, "listing %s: %.*s%s", listing->noun, TEXT_ARGS(said), cure);
}

static bool list_page(struct listing *listing, struct error *error)
{
    struct arena *arena = &listing->cluster->arena;
    struct text selector = kube_http_escape(arena, text_of(listing->selector));
    struct text token = kube_http_escape(arena, listing->continue_token);
    struct kube_call call = {.method = KUBE_GET, .accept = "application/json"};
    call.path = arena_printf(arena, "%s?labelSelector=%.*s&limit=%d&continue=%.*s", listing->path,
                             TEXT_ARGS(selector), PAGE_SIZE, TEXT_ARGS(token))
                    .at;
    struct kube_answer answer;
    struct kube_page page;
    if (!held_cluster_ask(listing->cluster, &call, &answer, error))
        return error_prefix(error, "listing %s: ", listing->noun);
    if (answer.status == 410 && token.length > 0) { /* the first pages are too long ago: from the start */
        listing->count = 0;
        listing->continue_token = TEXT_EMPTY;
        return true;
    }
    if (answer.status != 200)
        return refuse(listing, &answer, error);
    if (!kube_page_decode(answer.body, listing->noun, arena, &page, error))
        return error_prefix(error, "listing %s: ", listing->noun);
    add_items(listing, &page);
    listing->continue_token = page.continue_token;
    listing->complete = page.continue_token.length == 0;
    return true;
}

bool held_cluster_list(struct held_cluster *cluster, const char *path, const char *selector, const char *noun,
                       struct held_list *ret_list, struct error *error)
{
    struct listing listing = {.cluster = cluster, .path = path, .selector = selector, .noun = noun};
    while (!listing.complete)
        if (!list_page(&listing, error))
            return false;
    *ret_list = (struct held_list){listing.items, listing.count};
    return true;
}

/* ---- refusals ---- */

/* What the gate says stands behind what the API server says about who said it. */
static struct text of_the_gate(struct text message)
{
    static const struct text who = TEXT("admission webhook \""), said = TEXT("denied the request: ");
    if (text_starts_with(message, who))
        for (size_t i = who.length; i < message.length; i++)
            if (text_starts_with(text_slice(message, i, message.length), said))
                return text_slice(message, i + said.length, message.length);
    return message;
}

struct text held_refusal(const struct kube_answer *answer, struct arena *arena)
{
    struct text message = kube_string_decode(json_slice_member(answer->body, "message"), arena);
    struct text said = text_quote(arena, of_the_gate(message), REFUSAL_BYTES_MOST);
    const char *cure =
        answer->status == 401 ? "; the credentials are not accepted: check the kubeconfig's user" : "";
    if (said.length == 0)
        return arena_printf(arena, "the API server answered with HTTP %u%s", answer->status, cure);
    return arena_printf(arena, "%.*s%s", TEXT_ARGS(said), cure);
}
