/* Approvals as the API server lists them, for the tests of who keeps them. */
#ifndef CHANGEGATE_TESTS_APPROVAL_FIXTURE_H
#define CHANGEGATE_TESTS_APPROVAL_FIXTURE_H

#include "assert_text.h"

#include "codec/approval_object.h"

enum { NOW_S = 1795172400 }; /* 2026-11-20T11:00:00Z */

#define DIGEST(digit) \
    "sha256:" digit digit digit digit digit digit digit digit digit digit digit digit digit digit digit digit

static const struct text managers[] = {TEXT("change-managers"), TEXT("system:authenticated")};

/* By bob, of the Deployment `workload` in `shop`, until the usual time. */
static inline struct approval_listed listed_of(const char *name, const char *workload, const char *digest)
{
    return (struct approval_listed){
        .namespace = TEXT("shop"),
        .approval = {.source = SOURCE_APPROVAL,
                     .name = text_of(name),
                     .change_id = TEXT("CHG0000001"),
                     .kind = TEXT("Deployment"),
                     .workload = text_of(workload),
                     .digest = text_of(digest),
                     .approver = TEXT("bob"),
                     .groups = managers,
                     .group_count = 2,
                     .created_s = NOW_S,
                     .expires_s = NOW_S + APPROVAL_AGE_S_USUAL},
    };
}

#endif
