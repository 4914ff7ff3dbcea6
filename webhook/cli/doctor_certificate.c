/* The check certificate. */
#include "cli/doctor_cluster.h"
#include "cli/doctor_judge.h"
#include "cli/doctor_targets.h"
#include "codec/base64.h"
#include "codec/certificate.h"
#include "codec/tls_secret.h"
#include "core/instant.h"

#include <inttypes.h>
#include <openssl/crypto.h>

enum { DAY_S = 86400 };

/* ---- judging ---- */

static void say_no_bundle(size_t without, size_t count, struct doctor_report *report)
{
    doctor_say(
        report, DOCTOR_FAULT, "certificate",
        "%zu of %zu webhooks have no caBundle that can be read: the API server trusts only public CAs there",
        without, count);
    doctor_cure(report,
                "the replica that leads puts it right within seconds (check leases); with cert-manager its "
                "injector does; else give webhook.caBundle of the chart");
}

static bool judge_expiry(struct text bundle, int64_t now_s, struct doctor_report *report)
{
    struct certificate_facts facts;
    struct error error = {.text = ""};
    if (!certificate_read(bundle, &facts, &error)) {
        doctor_say(report, DOCTOR_FAULT, "certificate", "caBundle cannot be read: %s", error.text);
        doctor_cure(report, "the replica that leads puts it right within seconds: see the check leases");
        return false;
    }
    if (certificate_bundle(TEXT_EMPTY, bundle, TEXT_EMPTY, now_s, report->arena).length == 0) {
        doctor_say(report, DOCTOR_FAULT, "certificate",
                   "no CA of caBundle is in force: the first one ended at %.*s",
                   TEXT_ARGS(instant_format(report->arena, facts.span.not_after_s)));
        doctor_cure(report,
                    "the replica that leads makes a new one: see the check leases; else renew it where you "
                    "made it");
        return false;
    }
    return true;
}

void doctor_judge_bundles(const struct text *bundles, size_t count, int64_t now_s,
                          struct doctor_report *report)
{
    size_t without = 0, others = 0;
    for (size_t i = 0; i < count; i++) {
        without += bundles[i].length == 0 ? 1 : 0;
        others += text_equal(bundles[i], bundles[0]) ? 0 : 1;
    }
    if (without > 0) {
        say_no_bundle(without, count, report);
    } else if (others > 0) {
        doctor_say(report, DOCTOR_FAULT, "certificate",
                   "%zu of %zu webhooks have another caBundle than the first", others, count);
        doctor_cure(report,
                    "the replica that leads puts it right within seconds (check leases); else write the same "
                    "one into all of them");
    } else if (judge_expiry(bundles[0], now_s, report)) {
        struct certificate_facts facts;
        struct error error;
        if (certificate_read(bundles[0], &facts, &error))
            doctor_say(report, DOCTOR_OK, "certificate",
                       "all %zu webhooks have the same caBundle, good until %.*s", count,
                       TEXT_ARGS(instant_format(report->arena, facts.span.not_after_s)));
    }
}

static void judge_leaf_life(const struct certificate_facts *leaf, struct text secret_name, int64_t now_s,
                            struct doctor_report *report)
{
    enum { LATE_S = 600 };
    struct text end = instant_format(report->arena, leaf->span.not_after_s);
    if (now_s >= leaf->span.not_after_s || now_s < leaf->span.not_before_s) {
        doctor_say(report, DOCTOR_FAULT, "certificate",
                   "the certificate in Secret %.*s is not in force: from %.*s to %.*s",
                   TEXT_ARGS(secret_name), TEXT_ARGS(instant_format(report->arena, leaf->span.not_before_s)),
                   TEXT_ARGS(end));
        doctor_cure(
            report,
            "the replica that leads renews it: see the check leases; else renew it where you made it");
    } else if (now_s > renewal_due_s(leaf->span) + LATE_S) {
        doctor_say(
            report, DOCTOR_WARNING, "certificate",
            "the certificate in Secret %.*s is past two thirds of its life and not renewed; it ends at %.*s",
            TEXT_ARGS(secret_name), TEXT_ARGS(end));
        doctor_cure(
            report,
            "the replica that leads renews it: see the check leases; else renew it where you made it");
    } else {
        doctor_say(report, DOCTOR_OK, "certificate", "the certificate in Secret %.*s is good until %.*s",
                   TEXT_ARGS(secret_name), TEXT_ARGS(end));
    }
}

void doctor_judge_secret(const struct tls_secret *secret, struct text secret_name, struct text bundle,
                         struct text name, int64_t now_s, struct doctor_report *report)
{
    struct certificate_facts leaf;
    struct error error = {.text = ""};
    if (!certificate_read(secret->certificate, &leaf, &error)) {
        doctor_say(report, DOCTOR_FAULT, "certificate", "tls.crt of Secret %.*s cannot be read: %s",
                   TEXT_ARGS(secret_name), error.text);
        doctor_cure(report,
                    "the replica that leads restores it within seconds (check leases); else write it anew");
    } else if (!certificate_has_key(secret->certificate, secret->key)) {
        doctor_say(report, DOCTOR_FAULT, "certificate",
                   "tls.key of Secret %.*s is not the key of its tls.crt", TEXT_ARGS(secret_name));
        doctor_cure(report,
                    "the replica that leads restores it within seconds (check leases); else write it anew");
    } else if (bundle.length > 0 && !certificate_is_signed_by(secret->certificate, bundle, NULL)) {
        doctor_say(
            report, DOCTOR_FAULT, "certificate",
            "no CA of caBundle signed the certificate in Secret %.*s: the API server does not trust it",
            TEXT_ARGS(secret_name));
        doctor_cure(
            report,
            "the replica that leads puts caBundle right within seconds (check leases); else write the "
            "CA of that certificate into it");
    } else if (!certificate_is_for(secret->certificate, &name, 1)) {
        doctor_say(report, DOCTOR_FAULT, "certificate",
                   "the certificate in Secret %.*s is not for %.*s, by which the API server calls",
                   TEXT_ARGS(secret_name), TEXT_ARGS(name));
        doctor_cure(report, "give serve --certificate-name %.*s; else have one made for that name",
                    TEXT_ARGS(name));
    } else {
        judge_leaf_life(&leaf, secret_name, now_s, report);
    }
}

/* ---- asking ---- */

static size_t read_bundles(struct doctor *doctor, struct text **ret_bundles)
{
    struct arena *arena = &doctor->cluster.arena;
    size_t most = 0, count = 0;
    for (size_t i = 0; i < DOCTOR_KINDS; i++)
        most += json_count(doctor_at(doctor->live[i], "webhooks"));
    *ret_bundles = arena_alloc_array(arena, most + 1, sizeof(**ret_bundles));
    for (size_t i = 0; i < DOCTOR_KINDS; i++)
        for (struct json_walk w = json_walk_start(doctor_at(doctor->live[i], "webhooks"));
             json_walk_next(&w);)
            (*ret_bundles)[count++] = base64_decode(doctor_text_at(w.value, "clientConfig.caBundle"), arena);
    return count;
}

/* Keys are private, and the answer has them: gone as soon as they are judged. */
static void wipe(struct text text)
{
    OPENSSL_cleanse((char *)text.at, text.length);
}

static bool is_filled_in(const struct doctor *doctor)
{
    size_t webhooks = 0;
    for (size_t i = 0; i < DOCTOR_KINDS; i++)
        webhooks += json_count(doctor_at(doctor->live[i], "webhooks"));
    return webhooks > 0;
}

static void check_secret(struct doctor *doctor, const struct doctor_target *target)
{
    struct arena *arena = &doctor->cluster.arena;
    struct doctor_report *report = &doctor->report;
    const char *namespace = doctor->options->namespace;
    struct text secret_name = doctor_secret_name(doctor);
    struct text name =
        doctor_quote(report, arena_printf(arena, "%s/%.*s", namespace, TEXT_ARGS(secret_name)));
    const struct doctor_question question = {
        .check = "certificate",
        .path =
            arena_printf(arena, "/api/v1/namespaces/%s/secrets/%.*s", namespace, TEXT_ARGS(secret_name)).at,
        .what = arena_printf(arena, "Secret %.*s", TEXT_ARGS(name)).at,
        .right = arena_printf(arena, "get secrets in namespace %s", namespace).at};
    struct text answer;
    struct tls_secret secret;
    struct error error = {.text = ""};
    enum doctor_found found = doctor_get(doctor, &question, NULL, &answer);
    if (found == DOCTOR_ABSENT && (target->url.length == 0 || doctor_makes_certificate(doctor))) {
        /* Before anything is filled in, it is yet to be made. */
        doctor_say(report, is_filled_in(doctor) ? DOCTOR_FAULT : DOCTOR_WARNING, "certificate",
                   "there is no Secret %.*s, so what is served is not known", TEXT_ARGS(name));
        doctor_cure(report, "the replica that leads makes it within seconds (check leases); else make it");
    }
    if (found != DOCTOR_FOUND)
        return;
    if (!tls_secret_decode(answer, arena, &secret, &error)) {
        doctor_say(report, DOCTOR_FAULT, "certificate", "%s", error.text);
        return;
    }
    doctor_judge_secret(&secret, name, target->ca_bundle, target->host, doctor_now_s(doctor), report);
    wipe(secret.key);
    wipe(secret.ca_key);
    wipe(answer);
}

void doctor_check_certificate(struct doctor *doctor)
{
    struct text *bundles;
    struct doctor_targets targets = doctor_targets_of(doctor->called, DOCTOR_KINDS, &doctor->cluster.arena);
    size_t count = read_bundles(doctor, &bundles);
    bool has_bundle = false;
    for (size_t i = 0; i < count; i++)
        has_bundle = has_bundle || bundles[i].length > 0;
    if (targets.count == 0)
        return;
    if (count > 0 && !has_bundle && targets.items[0].url.length > 0)
        doctor_say(&doctor->report, DOCTOR_OK, "certificate",
                   "no webhook has a caBundle: public CAs count for %.*s", TEXT_ARGS(targets.items[0].url));
    else if (count > 0)
        doctor_judge_bundles(bundles, count, doctor_now_s(doctor), &doctor->report);
    check_secret(doctor, &targets.items[0]);
}
