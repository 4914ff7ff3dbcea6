#include "keeper_private.h"

#include "edge/file_read.h"
#include "edge/kept_text.h"
#include "edge/message_log.h"

#include <stdlib.h>
#include <string.h>

enum { FILE_BYTES_MOST = 1 << 20, FAULTS_SAID_MOST = 3, MS_PER_S = 1000 };

/* ---- what they should be ---- */

/* Anew each time: the ConfigMap behind the file is renewed while we run. */
bool keeper_registrations_load(struct keeper *keeper, struct error *error)
{
    struct registrations fresh;
    struct text bytes;
    const char *path = keeper->options->registration_file;
    if (path == NULL)
        return true;
    if (!file_read(&keeper->turn, path, FILE_BYTES_MOST, &bytes, error))
        return false;
    if (keeper->desired_text != NULL && text_is(bytes, keeper->desired_text))
        return true;
    if (!registrations_read(bytes, &fresh, error))
        return error->line == 0 ? error_prefix(error, "%s: ", path)
                                : error_prefix(error, "%s:%u:%u: ", path, error->line, error->column);
    registrations_done(&keeper->desired);
    keeper->desired = fresh;
    kept_text_replace(&keeper->desired_text, bytes);
    return true;
}

static struct text read_bundle_file(struct keeper *keeper)
{
    struct text bytes;
    struct error error;
    const char *path = keeper->options->ca_bundle_file;
    if (file_read(&keeper->turn, path, FILE_BYTES_MOST, &bytes, &error))
        return bytes;
    keeper_failed(keeper, "reading the CA bundle", NULL, &error);
    return TEXT_EMPTY;
}

/* Another replica may still be serving what a CA signed that the file no longer has; not for ever, since a CA
 * that was taken out may have been taken out for a reason. */
static bool keeps_old_cas(struct keeper *keeper, struct text bytes)
{
    uint64_t hash = text_hash(bytes);
    if (hash != keeper->bundle_hash)
        keeper->bundle_changed_ms = keeper->now_ms;
    keeper->bundle_hash = hash;
    return keeper->now_ms - keeper->bundle_changed_ms < KEEPER_BUNDLE_MS;
}

/* What caBundle should be; empty: it is somebody else's. */
static struct text desired_bundle(struct keeper *keeper)
{
    if (keeper->options->secret_name.length > 0)
        return keeper->bundle;
    if (keeper->options->ca_bundle_file == NULL)
        return TEXT_EMPTY;
    struct text bytes = read_bundle_file(keeper);
    if (bytes.length == 0)
        return TEXT_EMPTY;
    struct text old = keeps_old_cas(keeper, bytes) ? keeper_registrations_bundle(keeper) : TEXT_EMPTY;
    return certificate_bundle(TEXT_EMPTY, bytes, old, keeper->now_s, &keeper->turn);
}

/* ---- what they are ---- */

/* "ValidatingWebhookConfiguration changegate" */
static const char *name_of(struct keeper *keeper, const struct registration *registration)
{
    return arena_printf(&keeper->turn, "%s %.*s", registration_kind_name(registration->kind),
                        TEXT_ARGS(registration->name))
        .at;
}

static enum keeper_matter matter_of(const struct registration *registration)
{
    return registration->kind == REGISTRATION_VALIDATING ? MATTER_VALIDATING : MATTER_MUTATING;
}

static void say_missing(struct keeper *keeper, const struct registration *registration)
{
    keeper_warn(keeper, matter_of(registration), "RegistrationMissing",
                "%s is not there, so the gate is not asked; `helm upgrade`, or `kubectl apply -f "
                "manifests/install.yaml`, turns it on again",
                name_of(keeper, registration));
}

/* Whether it is as it was written. */
static bool check(struct keeper *keeper, const struct registration *registration,
                  const struct keeper_seen *seen)
{
    struct text faults[REGISTRATION_FAULTS_MOST];
    if (!seen->live.is_ours || seen->live.webhook_count == 0)
        return true; /* it is to be written */
    size_t count = registration_compare(registration, seen->json, &keeper->turn, faults);
    if (count == 0) {
        keeper_settled(keeper, matter_of(registration));
        return true;
    }
    struct text told = TEXT_EMPTY;
    for (size_t i = 0; i < count && i < FAULTS_SAID_MOST; i++)
        told = arena_printf(&keeper->turn, "%.*s%s%.*s", TEXT_ARGS(told), i > 0 ? "; " : "",
                            TEXT_ARGS(faults[i]));
    keeper_warn(
        keeper, matter_of(registration), "RegistrationEdited",
        "%s was edited by hand: %.*s%s; it is left as it is: `kubectl annotate %s " REGISTRATION_DIGEST_KEY
        "-` has it written anew",
        name_of(keeper, registration), TEXT_ARGS(text_quote(&keeper->turn, told, 500)),
        count > FAULTS_SAID_MOST ? "; and more" : "", name_of(keeper, registration));
    return false;
}

static void look_at(struct keeper *keeper, const struct registration *registration,
                    struct keeper_seen *ret_seen)
{
    struct keeper_answer answer;
    struct error error;
    struct arena *arena = &keeper->turn;
    const char *what = arena_printf(arena, "reading %s", name_of(keeper, registration)).at;
    const struct kube_call call = {
        .method = KUBE_GET,
        .path = registration_path(registration, arena).at,
        .accept = "application/json",
    };
    *ret_seen = (struct keeper_seen){.present = false};
    if (!keeper_ask(keeper, &call, &answer, &error)) {
        keeper_failed(keeper, what, NULL, &error);
        return;
    }
    ret_seen->known = answer.status == 404;
    if (answer.status == 404)
        return;
    if (answer.status != 200) {
        keeper_failed(keeper, what, &answer, NULL);
        return;
    }
    ret_seen->json = arena_copy(arena, answer.body);
    ret_seen->present = registration_look(registration, ret_seen->json, arena, &ret_seen->live, &error);
    ret_seen->known = ret_seen->present;
    if (!ret_seen->present)
        keeper_failed(keeper, what, NULL, &error);
}

void keeper_registrations_look(struct keeper *keeper)
{
    struct error error;
    if (!keeper_registrations_load(keeper, &error))
        keeper_failed(keeper, "the registrations stay as they were", NULL, &error);
    for (size_t i = 0; i < keeper->desired.count; i++)
        look_at(keeper, &keeper->desired.items[i], &keeper->seen[i]);
}

void keeper_registrations_judge(struct keeper *keeper)
{
    int64_t missing = 0, edited = 0;
    for (size_t i = 0; i < keeper->desired.count; i++) {
        const struct registration *registration = &keeper->desired.items[i];
        const struct keeper_seen *seen = &keeper->seen[i];
        if (seen->known && !seen->present) {
            missing++;
            say_missing(keeper, registration);
        }
        edited += seen->present && !check(keeper, registration, seen);
    }
    metrics_set(keeper->metrics, METRICS_REGISTRATIONS_MISSING, missing);
    metrics_set(keeper->metrics, METRICS_REGISTRATIONS_EDITED, edited);
}

bool keeper_registrations_known(const struct keeper *keeper)
{
    bool known = true;
    for (size_t i = 0; i < keeper->desired.count; i++)
        known = known && keeper->seen[i].known;
    return known;
}

struct text keeper_registrations_bundle(struct keeper *keeper)
{
    struct text bundle = TEXT_EMPTY;
    for (size_t i = 0; i < keeper->desired.count; i++) {
        if (keeper->seen[i].present)
            bundle = certificate_bundle(TEXT_EMPTY, bundle, keeper->seen[i].live.ca_bundle, keeper->now_s,
                                        &keeper->turn);
    }
    return bundle;
}

bool keeper_registrations_would_trust(struct keeper *keeper, struct text certificate)
{
    bool trust = keeper_registrations_known(keeper);
    for (size_t i = 0; i < keeper->desired.count; i++) {
        const struct keeper_seen *seen = &keeper->seen[i];
        if (seen->present && seen->live.webhook_count > 0)
            trust = trust && seen->live.ca_bundles_agree &&
                    certificate_is_signed_by(certificate, seen->live.ca_bundle, NULL);
    }
    return trust;
}

void keeper_registrations_trust(struct keeper *keeper, struct text ca, struct renewal_state *state)
{
    struct certificate_facts facts = {.fingerprint = ""};
    struct error error;
    if (!certificate_read(ca, &facts, &error))
        facts.fingerprint[0] = '\0';
    state->registered = false;
    state->trusted = facts.fingerprint[0] != '\0';
    for (size_t i = 0; i < keeper->desired.count; i++) {
        const struct keeper_seen *seen = &keeper->seen[i];
        if (!seen->present || seen->live.webhook_count == 0)
            continue;
        state->registered = true;
        state->trusted &= seen->live.ca_bundles_agree && certificate_bundle_has(seen->live.ca_bundle, ca);
    }
    if (!state->trusted)
        keeper->trusted_ca[0] = '\0';
    else if (strcmp(keeper->trusted_ca, facts.fingerprint) != 0) {
        memcpy(keeper->trusted_ca, facts.fingerprint, sizeof(keeper->trusted_ca));
        keeper->trusted_since_ms = keeper->now_ms;
    }
    state->trusted_since_s = keeper->now_s - (keeper->now_ms - keeper->trusted_since_ms) / MS_PER_S;
}

/* ---- written ---- */

static void put(struct keeper *keeper, size_t index, struct text patch, bool fills)
{
    const struct registration *registration = &keeper->desired.items[index];
    struct keeper_answer answer;
    struct error error;
    struct arena *arena = &keeper->turn;
    const char *what = arena_printf(arena, "writing %s", name_of(keeper, registration)).at;
    keeper->hurry = true; /* to see what came of it */
    if (!keeper_write(keeper, true, registration_path(registration, arena).at, patch, &answer, &error)) {
        keeper_failed(keeper, what, NULL, &error);
    } else if (answer.status == 409) {
        return; /* somebody wrote in between */
    } else if (answer.status != 200) {
        keeper_failed(keeper, what, &answer, NULL);
    } else if (fills) {
        keeper_settled(keeper, MATTER_UNREACHABLE);
        keeper_note(keeper, "Registered", "%s is filled in: the API server asks %.*s",
                    name_of(keeper, registration), TEXT_ARGS(registration_url(registration, arena)));
    } else {
        message_info("%s: caBundle is as it should be again", name_of(keeper, registration));
    }
}

/* An unanswered webhook would refuse whatever it is registered for, so it has to answer first. */
static void fill_in(struct keeper *keeper, size_t index, struct text bundle)
{
    const struct registration *registration = &keeper->desired.items[index];
    const struct keeper_seen *seen = &keeper->seen[index];
    struct text url = registration_url(registration, &keeper->turn);
    if (keeper->options->secret_name.length > 0 && bundle.length == 0)
        return; /* there is no certificate yet */
    const char *why = keeper_probe(keeper, url, bundle);
    if (why != NULL) {
        keeper->hurry = true;
        keeper_warn(keeper, MATTER_UNREACHABLE, "NotRegistered",
                    "%s is not filled in yet, since %.*s does not answer: %s", name_of(keeper, registration),
                    TEXT_ARGS(url), why);
        return;
    }
    put(keeper, index, registration_write(registration, &seen->live, bundle, &keeper->turn), true);
}

/* Two that keep different bundles would undo each other's for ever, and one of them is not trusted at a time.
 */
static void note_repair(struct keeper *keeper)
{
    enum { REPAIRS_MOST = 6 };
    bool again = keeper->repairs > 0 && keeper->now_ms - keeper->repaired_ms < KEEPER_REPAIRS_MS;
    keeper->repairs = again ? keeper->repairs + 1 : 1;
    keeper->repaired_ms = keeper->now_ms;
    if (keeper->repairs > REPAIRS_MOST)
        keeper_warn(keeper, MATTER_BUNDLE, "CaBundleContested",
                    "caBundle is changed by somebody else again and again: find who writes it (`kubectl get "
                    "validatingwebhookconfiguration changegate -o yaml --show-managed-fields`); a second "
                    "changegate, or "
                    "an injector, has to leave it alone");
}

void keeper_registrations_write(struct keeper *keeper)
{
    struct text bundle = desired_bundle(keeper);
    for (size_t i = 0; i < keeper->desired.count; i++) {
        const struct keeper_seen *seen = &keeper->seen[i];
        if (!seen->present || !keeper_leads(keeper))
            continue;
        bool differs = bundle.length > 0 && seen->live.webhook_count > 0 &&
                       !(seen->live.ca_bundles_agree && text_equal(seen->live.ca_bundle, bundle));
        if (!seen->live.is_ours || seen->live.webhook_count == 0)
            fill_in(keeper, i, bundle.length > 0 ? bundle : seen->live.ca_bundle);
        else if (differs) {
            note_repair(keeper);
            put(keeper, i, registration_write_ca(seen->json, bundle, &keeper->turn), false);
        }
    }
}
