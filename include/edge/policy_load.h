/* edge/policy_load: a policy file with the key files that it names.
 * Layer: edge.
 */
#ifndef CHANGEGATE_EDGE_POLICY_LOAD_H
#define CHANGEGATE_EDGE_POLICY_LOAD_H

#include "codec/policy_file.h"
#include "edge/file_watch.h"

/* Read the policies in `bytes`, which came from the file `path`: names of files are relative to its
 * directory. With `watch` (NULL: no) each file that they name is watched as `bit` before it is read, whether
 * or not all is good in the end, and those that `bit` stood for until now no longer are. As policy_file_read
 * otherwise. */
bool policy_load(struct text bytes, const char *path, struct file_watch *watch, unsigned bit,
                 struct policy_file **ret_policies, struct error *error) MUST_USE;

#endif
