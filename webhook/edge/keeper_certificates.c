#include "keeper_private.h"

#include "core/instant.h"
#include "edge/cluster_clock.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

static const char *secret_name(struct keeper *keeper)
{
    return arena_printf(&keeper->turn, "Secret %.*s/%.*s", TEXT_ARGS(keeper->options->secret_namespace),
                        TEXT_ARGS(keeper->options->secret_name))
        .at;
}

static const char *action_on_secret(struct keeper *keeper, const char *action)
{
    return arena_printf(&keeper->turn, "%s %s", action, secret_name(keeper)).at;
}

/* ---- read and served ---- */

void keeper_wipe(struct text key)
{
    if (key.length > 0)
        OPENSSL_cleanse((char *)(uintptr_t)key.at, key.length);
}

/* An absent Secret is an empty one. False: it is not known what is there. */
static bool read_secret(struct keeper *keeper, struct tls_secret *ret_secret)
{
    struct keeper_answer answer;
    struct error error;
    const struct kube_call call = {
        .method = KUBE_GET, .path = keeper->secret_path, .accept = "application/json"};
    *ret_secret = (struct tls_secret){0};
    if (!keeper_ask(keeper, &call, &answer, &error)) {
        keeper_failed(keeper, action_on_secret(keeper, "reading"), NULL, &error);
        return false;
    }
    if (answer.status == 404)
        return true;
    if (answer.status != 200) {
        keeper_failed(keeper, action_on_secret(keeper, "reading"), &answer, NULL);
        return false;
    }
    bool decoded = tls_secret_decode(answer.body, &keeper->turn, ret_secret, &error);
    keeper_wipe(answer.body); /* the buffer is ours */
    if (decoded)
        return true;
    keeper_failed(keeper, action_on_secret(keeper, "reading"), NULL, &error);
    return false;
}

static bool is_valid(struct renewal_span span, int64_t now_s)
{
    return span.not_before_s <= now_s && now_s < span.not_after_s;
}

/* `for_names`: a certificate counts if it is for all the names that this process was given. */
static void look_at(struct keeper *keeper, const struct tls_secret *secret, bool for_names,
                    struct renewal_state *ret_state)
{
    *ret_state = (struct renewal_state){.has_ca = false};
    tls_secret_look(secret, keeper->options->names, for_names ? keeper->options->name_count : 0, ret_state);
    ret_state->has_leaf = ret_state->has_leaf && is_valid(ret_state->leaf, keeper->now_s);
}

/* What is good stays in memory: the Secret may be gone or spoilt at the next look. Not the CA's key: who
 * deletes the Secret wants another CA. */
static void remember(struct keeper *keeper, const struct tls_secret *secret)
{
    struct arena fresh;
    if (text_equal(keeper->kept_certificate, secret->certificate) && text_equal(keeper->kept_ca, secret->ca))
        return;
    arena_init(&fresh);
    if (!certificate_bundle_has(secret->ca, keeper->kept_ca)) {
        keeper->previous_ca = arena_copy(&fresh, keeper->kept_ca);
        keeper->previous_until_ms = keeper->now_ms + KEEPER_PREVIOUS_MS;
    } else {
        keeper->previous_ca = arena_copy(&fresh, keeper->previous_ca);
    }
    keeper->kept_certificate = arena_copy(&fresh, secret->certificate);
    struct text key = arena_copy(&fresh, secret->key);
    keeper->kept_ca = arena_copy(&fresh, secret->ca);
    keeper_wipe(keeper->kept_key);
    keeper->kept_key = key;
    arena_done(&keeper->kept);
    keeper->kept = fresh;
}

/* Whether to serve it. Where nothing is served, anything is better; otherwise it has to be for our names, and
 * what nobody trusts yet has to wait: the Secret may have been replaced as a whole, and the leader brings its
 * CA into caBundle first. */
static bool may_serve(struct keeper *keeper, const struct tls_secret *secret, bool serves_one)
{
    if (!serves_one)
        return true;
    if (!certificate_is_for(secret->certificate, keeper->options->names, keeper->options->name_count))
        return false;
    if (!keeper->leading)
        keeper_registrations_look(keeper);
    return keeper_registrations_would_trust(keeper, secret->certificate);
}

static void serve(struct keeper *keeper, const struct tls_secret *secret)
{
    struct renewal_state state;
    struct certificate_facts facts;
    struct error error;
    char served[TLS_FINGERPRINT_BYTES];
    look_at(keeper, secret, false, &state);
    tls_fingerprint(keeper->tls, served);
    if (!state.has_leaf || !certificate_read(secret->certificate, &facts, &error)) {
        tls_expect(keeper->tls, "");
        return;
    }
    bool differs = strcmp(served, facts.fingerprint) != 0;
    bool serves_one = served[0] != '\0' && tls_unready(keeper->tls, keeper->now_s) == NULL;
    if (differs && !may_serve(keeper, secret, serves_one)) {
        keeper->hurry = true;
        tls_expect(keeper->tls, "");
        return;
    }
    /* What cannot be used after all is no reason to be unready: it would be so in every replica. */
    bool used = !differs || tls_use(keeper->tls, secret->certificate, secret->key, &error);
    if (!used)
        keeper_failed(keeper, action_on_secret(keeper, "serving what is in"), NULL, &error);
    tls_expect(keeper->tls, used ? facts.fingerprint : "");
    if (used)
        remember(keeper, secret);
}

/* What caBundle should be where the Secret holds `ca`: what is served, here and elsewhere, stays trusted. */
static struct text bundle_by(struct keeper *keeper, struct text ca)
{
    struct text served = certificate_bundle_has(ca, keeper->kept_ca) ? TEXT_EMPTY : keeper->kept_ca;
    struct text before = keeper->now_ms < keeper->previous_until_ms ? keeper->previous_ca : TEXT_EMPTY;
    struct text both = certificate_bundle(TEXT_EMPTY, served, before, keeper->now_s, &keeper->turn);
    return certificate_bundle(TEXT_EMPTY, ca, both, keeper->now_s, &keeper->turn);
}

/* ---- made and renewed ---- */

static bool make_ca(struct keeper *keeper, struct tls_secret *draft, struct error *error)
{
    struct certificate_pair pair;
    struct renewal_span span = renewal_ca_span(&keeper->options->lives, keeper->now_s);
    if (!certificate_make_ca(text_of("changegate"), span, &keeper->turn, &pair, error))
        return false;
    /* Another replica may serve what a CA signed that only the registrations remember; where one is
     * remembered here, what somebody wrote into them is not taken over. */
    struct text more = keeper->kept_ca.length > 0 ? keeper->kept_ca : keeper_registrations_bundle(keeper);
    draft->ca = certificate_bundle(pair.certificate, draft->ca, more, keeper->now_s, &keeper->turn);
    draft->ca_key = pair.key;
    return true;
}

static bool issue(struct keeper *keeper, const struct renewal_state *state, struct tls_secret *draft,
                  struct error *error)
{
    struct certificate_pair ca = {certificate_first(draft->ca, &keeper->turn), draft->ca_key}, pair;
    struct renewal_span span = renewal_leaf_span(&keeper->options->lives, state->ca, keeper->now_s);
    if (!certificate_issue(&ca, keeper->options->names, keeper->options->name_count, span, &keeper->turn,
                           &pair, error))
        return false;
    draft->certificate = pair.certificate;
    draft->key = pair.key;
    return true;
}

/* The steps that are due now, on the draft. Their number; -1: OpenSSL failed, and it was said. */
static int take_steps(struct keeper *keeper, struct tls_secret *draft)
{
    enum { STEPS_MOST = 2 };
    int steps = 0;
    struct renewal_state state;
    struct error error;
    for (;;) {
        int64_t due_s;
        look_at(keeper, draft, true, &state);
        keeper_registrations_trust(keeper, certificate_first(draft->ca, &keeper->turn), &state);
        enum renewal_step step = renewal_next(&state, &keeper->options->lives, keeper->now_s, &due_s);
        metrics_set(keeper->metrics, METRICS_AUTHORITY_EXPIRY_S, state.has_ca ? state.ca.not_after_s : 0);
        if (step == RENEWAL_KEEP || steps == STEPS_MOST)
            return steps;
        bool made =
            step == RENEWAL_MAKE_CA ? make_ca(keeper, draft, &error) : issue(keeper, &state, draft, &error);
        if (!made) {
            keeper_failed(keeper, "making a certificate", NULL, &error);
            return -1;
        }
        steps++;
    }
}

/* 409: somebody wrote in between; the next look says what. */
static void write_secret(struct keeper *keeper, const struct tls_secret *draft, int steps)
{
    struct keeper_answer answer;
    struct error error;
    struct arena *arena = &keeper->turn;
    bool present = draft->resource_version.length > 0;
    struct renewal_state state;
    const char *name = arena_copy(arena, keeper->options->secret_name).at;
    struct text body =
        present ? tls_secret_write_patch(draft, arena) : tls_secret_write_new(name, draft, arena);
    keeper->hurry = true;
    bool answered = keeper_write(keeper, present, present ? keeper->secret_path : keeper->secrets_path, body,
                                 &answer, &error);
    keeper_wipe(body);
    if (!answered) {
        keeper_failed(keeper, action_on_secret(keeper, "writing"), NULL, &error);
        return;
    }
    if (answer.status == 409)
        return;
    if (answer.status != 200 && answer.status != 201) {
        keeper_failed(keeper, action_on_secret(keeper, "writing"), &answer, NULL);
        return;
    }
    for (int i = 0; i < steps; i++)
        metrics_count(keeper->metrics, METRICS_CERTIFICATES_ISSUED);
    look_at(keeper, draft, true, &state);
    serve(keeper, draft);
    keeper->bundle = bundle_by(keeper, draft->ca);
    keeper_note(keeper, "CertificateIssued", "%s holds a serving certificate until %.*s, and a CA until %.*s",
                secret_name(keeper), TEXT_ARGS(instant_format(arena, state.leaf.not_after_s)),
                TEXT_ARGS(instant_format(arena, state.ca.not_after_s)));
}

/* What was lost of the serving certificate comes from memory; what served until now goes on being good. */
static bool restore_leaf(struct keeper *keeper, struct tls_secret *draft)
{
    struct tls_secret restored = *draft;
    struct renewal_state state;
    restored.certificate = arena_copy(&keeper->turn, keeper->kept_certificate);
    restored.key =
        arena_copy(&keeper->turn, keeper->kept_key); /* what is kept may change before this is written */
    restored.ca = certificate_bundle(TEXT_EMPTY, draft->ca, keeper->kept_ca, keeper->now_s, &keeper->turn);
    look_at(keeper, &restored, true, &state);
    if (!state.has_leaf)
        return false;
    *draft = restored;
    return true;
}

/* The bundle without what expired. */
static bool prune(struct keeper *keeper, struct tls_secret *draft)
{
    struct text ca = certificate_bundle(TEXT_EMPTY, draft->ca, TEXT_EMPTY, keeper->now_s, &keeper->turn);
    bool pruned = !text_equal(ca, draft->ca);
    draft->ca = ca;
    return pruned;
}

static bool waits_after_deletion(struct keeper *keeper, const struct tls_secret *secret)
{
    bool present = secret->resource_version.length > 0;
    keeper->secret_was_there |= present;
    if (present || !keeper->secret_was_there) {
        keeper->secret_gone_ms = 0;
        return false;
    }
    if (keeper->secret_gone_ms == 0)
        keeper->secret_gone_ms = keeper->now_ms;
    return keeper->now_ms - keeper->secret_gone_ms < KEEPER_GONE_MS;
}

static void say_fault(struct keeper *keeper, const struct tls_secret *secret,
                      const struct renewal_state *state)
{
    bool present = secret->resource_version.length > 0;
    bool is_empty = secret->certificate.length + secret->key.length + secret->ca.length == 0;
    if (state->has_ca && state->has_leaf)
        keeper_settled(keeper, MATTER_SECRET);
    else if (keeper->kept_certificate.length > 0 && (!present || !is_empty))
        keeper_warn(keeper, MATTER_SECRET, "CertificateSecretFaulty",
                    "%s %s; what it held is served on, and the leader of the keepers writes it anew",
                    secret_name(keeper), present ? "holds no certificate that can be used" : "is gone");
}

static void renew(struct keeper *keeper, const struct tls_secret *secret, const struct renewal_state *state)
{
    struct tls_secret draft = *secret;
    bool restored = !state->has_leaf && restore_leaf(keeper, &draft);
    bool pruned = state->has_ca && prune(keeper, &draft);
    int steps = take_steps(keeper, &draft);
    if (steps > 0 || (steps == 0 && (restored || pruned)))
        write_secret(keeper, &draft, steps);
    keeper_wipe(draft.ca_key);
    keeper_wipe(draft.key);
}

/* A leader that was just started has nothing to put back, and would have everybody wait until a CA of its own
 * is trusted. Whoever remembers what is served may write that, and nothing else; the Secret's version keeps
 * two from doing it at once. */
static bool is_overdue(struct keeper *keeper, const struct renewal_state *state)
{
    if (state->has_leaf)
        keeper->faulty_since_ms = 0;
    else if (keeper->faulty_since_ms == 0)
        keeper->faulty_since_ms = keeper->now_ms;
    return !state->has_leaf && keeper->now_ms - keeper->faulty_since_ms >= KEEPER_FOLLOWER_MS;
}

static void put_back(struct keeper *keeper, const struct tls_secret *secret)
{
    struct tls_secret draft = *secret;
    if (restore_leaf(keeper, &draft))
        write_secret(keeper, &draft, 0);
    if (draft.key.at != secret->key.at)
        keeper_wipe(draft.key);
}

/* One API server whose clock is years ahead would have every certificate thrown away as expired. Where
 * nothing is served there is nothing to lose. */
static bool clock_is_sound(const struct keeper *keeper)
{
    int64_t skew_ms = cluster_clock_skew_ms();
    return keeper->kept_certificate.length == 0 ||
           (skew_ms > -KEEPER_SKEW_MS_MOST && skew_ms < KEEPER_SKEW_MS_MOST);
}

void keeper_certificates_turn(struct keeper *keeper)
{
    struct tls_secret secret;
    struct renewal_state state;
    keeper->bundle = TEXT_EMPTY;
    if (keeper->options->secret_name.length == 0 || !read_secret(keeper, &secret))
        return;
    look_at(keeper, &secret, true, &state);
    serve(keeper, &secret);
    say_fault(keeper, &secret, &state);
    keeper->bundle = bundle_by(keeper, state.has_ca ? secret.ca : keeper->kept_ca);
    keeper->hurry |= !state.has_leaf;
    bool waits = waits_after_deletion(keeper, &secret);
    bool overdue = is_overdue(keeper, &state);
    if (keeper->leading && !waits && keeper_registrations_known(keeper) && clock_is_sound(keeper))
        renew(keeper, &secret, &state);
    else if (!keeper->leading && overdue)
        put_back(keeper, &secret);
    keeper_wipe(secret.key);
    keeper_wipe(secret.ca_key);
}
