/* cli/doctor_report: what `changegate doctor` found, line by line.
 * Layer: cli. No I/O.
 *
 * The names of the checks are contract: docs/doctor.md has one section for each.
 */
#ifndef CHANGEGATE_CLI_DOCTOR_REPORT_H
#define CHANGEGATE_CLI_DOCTOR_REPORT_H

#include "codec/json_text.h"
#include "core/arena.h"

/* Helm 4 applies on the server's side, and leaves alone what kubectl has written since. */
#define DOCTOR_HELM_PUTS_BACK "helm upgrade (Helm 4: with --force-conflicts)"

enum doctor_level { DOCTOR_OK, DOCTOR_WARNING, DOCTOR_FAULT };

struct doctor_finding {
    enum doctor_level level;
    const char *check;
    struct text text, cure; /* one line each; an empty cure: there is none to give */
};

struct doctor_report {
    struct arena *arena; /* borrowed; owns all texts */
    struct doctor_finding *items;
    size_t count, capacity;
};

void doctor_say(struct doctor_report *report, enum doctor_level level, const char *check, const char *format,
                ...) __attribute__((format(printf, 4, 5)));

/* The cure of what was said last. */
void doctor_cure(struct doctor_report *report, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* What a cluster says, made fit for one line. */
struct text doctor_quote(const struct doctor_report *report, struct text text);

size_t doctor_count(const struct doctor_report *report, enum doctor_level level);

/* Whether nothing but good was said since there were `from` findings. */
bool doctor_is_well(const struct doctor_report *report, size_t from);

/* A line for each finding, and its cure below it: once, where neighbours have the same. */
void doctor_write_text(const struct doctor_report *report, struct json_text_buffer *out);
void doctor_write_json(const struct doctor_report *report, struct json_text_buffer *out);

#endif
