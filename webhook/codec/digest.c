#include "codec/digest.h"

#include <openssl/evp.h>
#include <pthread.h>
#include <stdlib.h>

static const struct text restarted_at_path[] = {TEXT("metadata"), TEXT("annotations"),
                                                TEXT("kubectl.kubernetes.io/restartedAt")};
static const struct text gates_path[] = {TEXT("schedulingGates")};
/* The API server writes these into the template of a Job when it is created, between the mutating and the
 * validating pass, with a uid that no other Job has. */
static const struct text labels_path[] = {TEXT("metadata"), TEXT("labels")};
static const struct text job_labels[] = {TEXT("controller-uid"), TEXT("batch.kubernetes.io/controller-uid"),
                                         TEXT("job-name"), TEXT("batch.kubernetes.io/job-name")};

struct json digest_left_out(struct json pod_template, enum workload_kind workload)
{
    if (workload == KIND_POD)
        return json_get(pod_template, gates_path[0]);
    for (size_t i = 0; i < sizeof(restarted_at_path) / sizeof(restarted_at_path[0]); i++)
        pod_template = json_get(pod_template, restarted_at_path[i]);
    return pod_template;
}

/* EVP_sha256() would have OpenSSL look the algorithm up anew, under a lock, for every digest. */
static EVP_MD *sha256;

static void fetch_sha256(void)
{
    sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    if (sha256 == NULL)
        abort();
}

struct text digest_template(struct json pod_template, enum workload_kind workload,
                            struct json_text_buffer *scratch, struct arena *arena)
{
    static pthread_once_t fetched = PTHREAD_ONCE_INIT;
    static const char hex[] = "0123456789abcdef";
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned hash_bytes = 0;

    pthread_once(&fetched, fetch_sha256);
    json_text_clear(scratch);
    if (workload ==
        KIND_POD) /* a gate keeps a pod from starting; taking it away is a Resume, not another template */
        json_canonical(pod_template, gates_path, 1, scratch);
    else if (workload == KIND_JOB) /* whose template never changes, so nothing is restarted */
        json_canonical_without(pod_template, labels_path, 2, job_labels, 4, scratch);
    else
        json_canonical(pod_template, restarted_at_path, 3, scratch);
    struct text canonical = json_text_view(scratch);
    if (EVP_Digest(canonical.at, canonical.length, hash, &hash_bytes, sha256, NULL) != 1)
        abort();

    char digest[DIGEST_TEXT_LENGTH] = "sha256:";
    for (unsigned i = 0; i < hash_bytes; i++) {
        digest[7 + 2 * i] = hex[hash[i] >> 4];
        digest[8 + 2 * i] = hex[hash[i] & 15];
    }
    return arena_copy(arena, (struct text){digest, sizeof(digest)});
}

bool digest_is_text(struct text text)
{
    static const struct text prefix = TEXT("sha256:");
    if (text.length != DIGEST_TEXT_LENGTH || !text_starts_with(text, prefix))
        return false;
    for (size_t i = prefix.length; i < text.length; i++)
        if (!((text.at[i] >= '0' && text.at[i] <= '9') || (text.at[i] >= 'a' && text.at[i] <= 'f')))
            return false;
    return true;
}
