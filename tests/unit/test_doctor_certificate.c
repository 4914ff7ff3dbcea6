/* What the doctor makes of certificates; those are made by codec/certificate. */
#include "doctor_fixture.h"

#include "codec/certificate.h"
#include "codec/tls_secret.h"

enum { MADE_S = 1795867200 /* 2026-11-28T12:00:00Z */, DAY_S = 86400 };

static struct certificate_pair make_ca(struct clinic *clinic, int64_t days)
{
    struct certificate_pair ca;
    struct error error = {.text = ""};
    if (!certificate_make_ca(text_of("ca"), (struct renewal_span){MADE_S, MADE_S + days * DAY_S},
                             &clinic->arena, &ca, &error))
        fail_msg("%s", error.text);
    return ca;
}

static struct certificate_pair issue(struct clinic *clinic, const struct certificate_pair *ca,
                                     const char *name)
{
    struct certificate_pair leaf;
    struct error error = {.text = ""};
    const struct text names[] = {text_of(name)};
    if (!certificate_issue(ca, names, 1, (struct renewal_span){MADE_S, MADE_S + 90 * DAY_S}, &clinic->arena,
                           &leaf, &error))
        fail_msg("%s", error.text);
    return leaf;
}

static void test_bundles(void **state)
{
    struct clinic *clinic = *state;
    const struct text one = make_ca(clinic, 100).certificate, other = make_ca(clinic, 100).certificate;
    const struct text same[] = {one, one}, two[] = {one, other, one}, none[] = {one, TEXT_EMPTY, one},
                      broken[] = {text_of("PEM")};
    doctor_judge_bundles(same, 2, MADE_S, &clinic->report);
    clinic_says(
        clinic,
        "ok       certificate   all 2 webhooks have the same caBundle, good until 2027-03-08T12:00:00Z\n");
    doctor_judge_bundles(same, 2, MADE_S + 100 * DAY_S + 1, &clinic->report);
    clinic_says(
        clinic,
        "fault    certificate   no CA of caBundle is in force: the first one ended at "
        "2027-03-08T12:00:00Z\n" CURE
        "the replica that leads makes a new one: see the check leases; else renew it where you made it\n");
    doctor_judge_bundles(two, 3, MADE_S, &clinic->report);
    clinic_says(
        clinic,
        "fault    certificate   1 of 3 webhooks have another caBundle than the first\n" CURE
        "the replica that leads puts it right within seconds (check leases); else write the same one into "
        "all of them\n");
    doctor_judge_bundles(none, 3, MADE_S, &clinic->report);
    clinic_says(
        clinic,
        "fault    certificate   1 of 3 webhooks have no caBundle that can be read: the API server trusts "
        "only "
        "public CAs there\n" CURE
        "the replica that leads puts it right within seconds (check leases); with cert-manager its injector "
        "does; else give webhook.caBundle of the chart\n");
    doctor_judge_bundles(broken, 1, MADE_S, &clinic->report);
    assert_int_equal(clinic->report.count, 1);
    assert_int_equal(clinic->report.items[0].level, DOCTOR_FAULT);
    assert_true(text_starts_with(clinic->report.items[0].text, text_of("caBundle cannot be read: ")));
}

static void judge(struct clinic *clinic, const struct tls_secret *secret, struct text bundle, int64_t now_s)
{
    doctor_judge_secret(secret, text_of("ops/changegate-tls"), bundle, text_of("changegate.ops.svc"), now_s,
                        &clinic->report);
}

static void test_secrets(void **state)
{
    struct clinic *clinic = *state;
    const struct certificate_pair ca = make_ca(clinic, 300), other = make_ca(clinic, 300);
    const struct certificate_pair leaf = issue(clinic, &ca, "changegate.ops.svc"),
                                  stranger = issue(clinic, &ca, "x.ops.svc");
    struct tls_secret secret = {.certificate = leaf.certificate, .key = leaf.key, .ca = ca.certificate};
    judge(clinic, &secret, ca.certificate, MADE_S + 60 * DAY_S);
    clinic_says(clinic, "ok       certificate   the certificate in Secret ops/changegate-tls is good until "
                        "2027-02-26T12:00:00Z\n");
    judge(clinic, &secret, TEXT_EMPTY, MADE_S); /* public CAs */
    assert_int_equal(clinic->report.items[0].level, DOCTOR_OK);
    clinic->report.count = 0;
    judge(clinic, &secret, ca.certificate, MADE_S + 61 * DAY_S);
    clinic_says(
        clinic,
        "warning  certificate   the certificate in Secret ops/changegate-tls is past two thirds of its life "
        "and not renewed; it ends at 2027-02-26T12:00:00Z\n" CURE
        "the replica that leads renews it: see the check leases; else renew it where you made it\n");
    judge(clinic, &secret, ca.certificate, MADE_S + 90 * DAY_S);
    clinic_says(clinic,
                "fault    certificate   the certificate in Secret ops/changegate-tls is not in force: from "
                "2026-11-28T12:00:00Z to 2027-02-26T12:00:00Z\n" CURE
                "the replica that leads renews it: see the check leases; else renew it where you made it\n");
    judge(clinic, &secret, ca.certificate, MADE_S - 1);
    assert_int_equal(clinic->report.items[0].level, DOCTOR_FAULT);
    clinic->report.count = 0;
    judge(clinic, &secret, other.certificate, MADE_S);
    clinic_says(
        clinic,
        "fault    certificate   no CA of caBundle signed the certificate in Secret ops/changegate-tls: the "
        "API "
        "server does not trust it\n" CURE
        "the replica that leads puts caBundle right within seconds (check leases); else write the CA of that "
        "certificate into it\n");
    secret.key = stranger.key;
    judge(clinic, &secret, ca.certificate, MADE_S);
    clinic_says(
        clinic,
        "fault    certificate   tls.key of Secret ops/changegate-tls is not the key of its tls.crt\n" CURE
        "the replica that leads restores it within seconds (check leases); else write it anew\n");
    secret.certificate = stranger.certificate;
    judge(clinic, &secret, ca.certificate, MADE_S);
    clinic_says(clinic,
                "fault    certificate   the certificate in Secret ops/changegate-tls is not for "
                "changegate.ops.svc, by "
                "which the API server calls\n" CURE
                "give serve --certificate-name changegate.ops.svc; else have one made for that name\n");
    secret.certificate = TEXT_EMPTY;
    judge(clinic, &secret, ca.certificate, MADE_S);
    assert_true(text_starts_with(clinic->report.items[0].text,
                                 text_of("tls.crt of Secret ops/changegate-tls cannot be read: ")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {DOCTOR(test_bundles), DOCTOR(test_secrets)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
