/* What the files of edge/admit share. Layer: edge. */
#ifndef CHANGEGATE_EDGE_ADMIT_PRIVATE_H
#define CHANGEGATE_EDGE_ADMIT_PRIVATE_H

#include "codec/review.h"
#include "edge/admit.h"

struct admit {
    unsigned loop;
    struct metrics *metrics;           /* borrowed */
    struct decision_log *log;          /* borrowed, or NULL */
    struct override_events *overrides; /* borrowed, or NULL */
    struct json_reader *reader;
    struct arena arena;              /* of the request in hand */
    struct json_text_buffer scratch; /* canonical templates */
    struct json_text_buffer answer, line;
};

/* One request on its way from the body to the answer. */
struct admission {
    struct admit *admit;
    const struct snapshot *snapshot;
    const struct admit_request *request;
    const char *path; /* static */
    struct review review;
    struct verdict verdict;
    enum metrics_guarded guarded; /* what /guard decides on */
    int64_t now_s;
    int64_t started_ns;
};

/* 200 with this body. */
void admission_answer(struct text body, struct admit_answer *ret_answer);

/* Write the answer for the verdict, count it, and put its line into the log. `change` is NULL for what /guard
 * decides on. */
void admission_conclude(struct admission *admission, const struct change *change, const struct user *user,
                        struct admit_answer *ret_answer);

/* What a decision of /validate says of break-glass: count it, and have an Event written. */
void admission_tell_override(const struct admission *admission, const struct change *change);

/* The route /guard. */
bool admission_guard(struct admission *admission, struct admit_answer *ret_answer, struct error *error);

bool admission_is_about_approval(const struct review *review);

/* /mutate for an Approval: who asks, and until when it counts. */
bool admission_stamp(struct admission *admission, struct admit_answer *ret_answer, struct error *error);

#endif
