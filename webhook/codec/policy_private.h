/* What the files that read a policy share: typed fields of a map, each error at its line and column.
 * Layer: codec. */
#ifndef CHANGEGATE_CODEC_POLICY_PRIVATE_H
#define CHANGEGATE_CODEC_POLICY_PRIVATE_H

#include "codec/policy_file.h"
#include "codec/yaml_tree.h"
#include "core/error.h"
#include "core/policy.h"

enum { POLICY_FAULTS_MOST = 16 };

struct policy_reader {
    struct arena *arena;                    /* owns what the policy set points to */
    struct error *error;                    /* the first fault; kind ERROR_NONE before it */
    const struct policy_reading *reading;   /* of files; NULL: none are read */
    struct text faults[POLICY_FAULTS_MOST]; /* "PATH: what; cure": all that were found before reading ended */
    size_t fault_count;
};

/* A map with its path in the document ("spec.approval"), for messages. node NULL: the map was not written. */
struct policy_map {
    const struct yaml_node *node;
    struct text path;
};

/* An error about `node`, "PATH: " and the text. Always false. */
bool policy_fail(struct policy_reader *reader, const struct yaml_node *node, struct text path,
                 const char *format, ...) __attribute__((format(printf, 4, 5)));

/* "path.key" and "path[index]" */
struct text policy_path(struct policy_reader *reader, struct text path, const char *key);
struct text policy_path_index(struct policy_reader *reader, struct text path, size_t index);

/* What stands under `node`, for messages: "a list", "a map", "true". */
const char *policy_type_name(const struct yaml_node *node);

/* Check that `node` is a map with none but these keys (`fields` ends with NULL). */
bool policy_check_map(struct policy_reader *reader, struct policy_map map,
                      const char *const *fields) MUST_USE;

/* The value under `key`, or NULL; a key with nothing behind it counts as not written. */
const struct yaml_node *policy_find(struct policy_map map, const char *key);

/* The map under `key`, checked; one that was not written has a NULL node. */
bool policy_get_map(struct policy_reader *reader, struct policy_map map, const char *key,
                    const char *const *fields, struct policy_map *ret_map) MUST_USE;

/* Each leaves *value as it is (its default) where the key was not written. */
bool policy_get_text(struct policy_reader *reader, struct policy_map map, const char *key,
                     struct text *value) MUST_USE;
bool policy_get_bool(struct policy_reader *reader, struct policy_map map, const char *key,
                     bool *value) MUST_USE;
bool policy_get_integer(struct policy_reader *reader, struct policy_map map, const char *key, int64_t least,
                        int64_t most, int64_t *value) MUST_USE;
/* A list of strings. */
bool policy_get_texts(struct policy_reader *reader, struct policy_map map, const char *key,
                      const struct text **values, size_t *count) MUST_USE;
/* A list of anything; the node, or NULL where it was not written. */
bool policy_get_list(struct policy_reader *reader, struct policy_map map, const char *key,
                     const struct yaml_node **ret_list) MUST_USE;
/* One of `names` (NULL at the end); the index. */
bool policy_get_choice(struct policy_reader *reader, struct policy_map map, const char *key,
                       const char *const *names, unsigned *value) MUST_USE;

/* A duration as Go writes it, "90s", "30m" or "1h30m", from 0s to `most_s`,
 * which is whole minutes. */
bool policy_get_duration(struct policy_reader *reader, struct policy_map map, const char *key, int64_t most_s,
                         int64_t *value_s) MUST_USE;

/* 1 to `most` bytes of these classes and, but for the first and the last byte, of `within`. */
enum { NAME_DIGITS = 1, NAME_SMALL = 2, NAME_CAPITALS = 4 };
bool policy_is_word(struct text text, unsigned classes, const char *within, size_t most);

/* A DNS subdomain, such as an API group. */
bool policy_is_subdomain(struct text text);

/* [prefix/]name of an annotation. */
bool policy_is_annotation_key(struct text key);

/* What could not be the key or the value of a label is an error. */
bool policy_expect_label_key(struct policy_reader *reader, struct text key, const struct yaml_node *node,
                             struct text path) MUST_USE;
bool policy_expect_label_value(struct policy_reader *reader, const struct yaml_node *node,
                               struct text path) MUST_USE;

/* `sources`: who vouches for a change. */
bool policy_get_sources(struct policy_reader *reader, struct policy_map map,
                        approval_sources *sources) MUST_USE;

/* An anchored pattern of whole ids; pattern_done frees its program. */
bool policy_get_pattern(struct policy_reader *reader, struct policy_map map, const char *key,
                        struct pattern *pattern) MUST_USE;

/* `kinds`: of workloads that one of `policies` knows; NULL: any name will do. */
bool policy_get_kinds(struct policy_reader *reader, struct policy_map map, const struct policy_set *policies,
                      const struct text **kinds, size_t *count) MUST_USE;

/* `classes`: of changes. */
bool policy_get_classes(struct policy_reader *reader, struct policy_map map,
                        change_classes *classes) MUST_USE;

/* A key that is about people is an error where nobody counts but ids in an annotation. */
bool policy_expect_people(struct policy_reader *reader, struct policy_map map, const char *key,
                          approval_sources sources) MUST_USE;

/* A LabelSelector; an empty one, and one that was not written (*ret_node NULL), has no requirement. */
bool policy_read_label_selector(struct policy_reader *reader, struct policy_map map, const char *key,
                                struct selector *ret, const struct yaml_node **ret_node) MUST_USE;

/* The parts of spec, each in the file of its name. */
bool policy_read_selector(struct policy_reader *reader, struct policy_map spec,
                          struct selector *ret) MUST_USE;
bool policy_read_approval(struct policy_reader *reader, struct policy_map spec,
                          struct policy *policy) MUST_USE;
/* Once all that can ask for an approval is read: where an id could be it, what one looks like is known. */
bool policy_expect_id_pattern(struct policy_reader *reader, struct policy_map spec,
                              const struct policy *policy) MUST_USE;
bool policy_read_requirements(struct policy_reader *reader, struct policy_map spec,
                              struct policy *policy) MUST_USE;
bool policy_read_break_glass(struct policy_reader *reader, struct policy_map spec,
                             struct policy *policy) MUST_USE;
/* Behind policy_read_approval. */
bool policy_read_tokens(struct policy_reader *reader, struct policy_map spec, struct policy *policy) MUST_USE;
bool policy_read_document(struct policy_reader *reader, struct policy_map spec,
                          struct policy *policy) MUST_USE;
bool policy_read_classes(struct policy_reader *reader, struct policy_map spec,
                         struct policy *policy) MUST_USE;
bool policy_read_people(struct policy_reader *reader, struct policy_map spec, struct policy *policy) MUST_USE;
bool policy_read_keys(struct policy_reader *reader, struct policy_map spec, struct policy *policy) MUST_USE;
bool policy_read_workloads(struct policy_reader *reader, struct policy_map spec,
                           struct policy *policy) MUST_USE;
bool policy_read_delay(struct policy_reader *reader, struct policy_map spec, struct policy *policy) MUST_USE;
bool policy_read_release(struct policy_reader *reader, struct policy_map spec,
                         struct policy *policy) MUST_USE;
bool policy_read_windows(struct policy_reader *reader, struct policy_map spec,
                         struct policy *policy) MUST_USE;

/* One window. All of its parts are read, whatever is wrong with some, so that each fault is told. `policies`:
 * a kind has to be known to one of them; NULL: any name will do. */
struct window;
bool window_read(struct policy_reader *reader, struct policy_map map, const struct policy_set *policies,
                 struct window *window) MUST_USE;
bool window_read_scope(struct policy_reader *reader, struct policy_map map, const struct policy_set *policies,
                       struct window *window) MUST_USE;
bool window_read_times(struct policy_reader *reader, struct policy_map map, struct window *window) MUST_USE;

#endif
