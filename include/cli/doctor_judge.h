/* cli/doctor_judge: what `changegate doctor` makes of the answers it gets. No I/O, so that tests give it
 * texts. Layer: cli.
 *
 * Each says what it finds, good or bad, under the name of its check.
 */
#ifndef CHANGEGATE_CLI_DOCTOR_JUDGE_H
#define CHANGEGATE_CLI_DOCTOR_JUDGE_H

#include "cli/doctor_report.h"
#include "codec/json.h"
#include "codec/registration.h"
#include "core/policy.h"

/* api: what /version says. */
void doctor_judge_version(struct json version, struct text server, struct doctor_report *report);

/* clock: the wall clock before and after an answer that said it was date_s (0: it did not say). */
void doctor_judge_clock(int64_t asked_ms, int64_t heard_ms, int64_t date_s, struct doctor_report *report);

/* crds: the definition of `kind`. */
void doctor_judge_crd(struct json definition, const char *kind, struct doctor_report *report);

/* registration: a live one against the desired one; `keeper_holder` is who holds the Lease changegate-keeper
 * (NULL `at`: nobody, or it is not known). Where nothing is desired, `desired->tree` is NULL. */
void doctor_judge_registration(const struct registration *desired, struct text live_text, struct json live,
                               struct text keeper_holder, struct doctor_report *report);

/* policy: whether the registrations ask about what the policies govern. */
void doctor_judge_agreement(const struct policy_set *policies, struct json validating, struct json mutating,
                            struct doctor_report *report);

/* reach: the Service that a clientConfig names, by `name`, "NAMESPACE/NAME"; false: its endpoints need no
 * look. And how many of them are ready. */
bool doctor_judge_service(struct json service, struct text name, int64_t port, struct doctor_report *report);
size_t doctor_ready_endpoints(struct json slice);

/* What came of asking a URL that a clientConfig names: an answer, or what the library said. */
void doctor_judge_url(struct text url, bool answered, struct text said, struct doctor_report *report);

/* certificate: the caBundles of the registrations as PEM, `count` of them. */
void doctor_judge_bundles(const struct text *bundles, size_t count, int64_t now_s,
                          struct doctor_report *report);
/* And the serving certificate that is stored, for `name`, against the one bundle that counts. */
struct tls_secret;
void doctor_judge_secret(const struct tls_secret *secret, struct text secret_name, struct text bundle,
                         struct text name, int64_t now_s, struct doctor_report *report);

/* deployment */
void doctor_judge_deployment(struct json deployment, struct doctor_report *report);
void doctor_judge_pods(const struct json *pods, size_t count, struct doctor_report *report);
/* Whether it is started with "--no-releaser", also with "=...". */
bool doctor_has_argument(struct json deployment, const char *argument);
/* The name of the Secret that it serves the certificate of: by --certificate-secret, or mounted. */
struct text doctor_certificate_secret(struct json deployment);

/* leases: one, `absence` is what comes of nobody holding it. */
void doctor_judge_lease(struct json lease, const char *name, const char *absence, int64_t now_s,
                        struct doctor_report *report);

/* verdict: what came of creating a Deployment without approval, as a dry run, in `namespace`. `policy` NULL:
 * it is not known which governs. */
void doctor_judge_verdict(unsigned status, struct json answer, struct text namespace,
                          const struct policy *policy, struct doctor_report *report);

#endif
