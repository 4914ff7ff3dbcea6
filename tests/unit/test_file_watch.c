/* Every way in which people and the kubelet renew a file is seen, once. */
#include "edge/file_watch.h"

#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

enum { BIT = 4, OTHER_BIT = 2, START_MS = 1000000 };

struct fixture {
    char directory[64], path[128], other[128];
    struct file_watch *files;
    int64_t now_ms;
};

static void in_directory(const struct fixture *fixture, const char *name, char path[128])
{
    snprintf(path, 128, "%s/%s", fixture->directory, name);
}

static void write_file(const char *path, const char *content)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(content, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static int setup(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));
    struct error error = {0};
    strcpy(fixture->directory, "/tmp/test_file_watch.XXXXXX");
    if (mkdtemp(fixture->directory) == NULL || !file_watch_new(&fixture->files, &error))
        return -1;
    in_directory(fixture, "policy.yaml", fixture->path);
    in_directory(fixture, "tls.crt", fixture->other);
    write_file(fixture->path, "one");
    write_file(fixture->other, "one");
    fixture->now_ms = START_MS;
    *state = fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    char command[128];
    file_watch_free(fixture->files);
    snprintf(command, sizeof(command), "rm -r %s", fixture->directory);
    int status = system(command);
    free(fixture);
    return status;
}

static void watch_both(struct fixture *fixture)
{
    file_watch_add(fixture->files, fixture->path, BIT);
    file_watch_add(fixture->files, fixture->other, OTHER_BIT);
    assert_int_equal(file_watch_take(fixture->files, fixture->now_ms), 0);
}

/* What is reported once it has been quiet long enough; nothing may be before. */
static unsigned settle(struct fixture *fixture)
{
    struct pollfd polled = {.fd = file_watch_fd(fixture->files), .events = POLLIN};
    assert_int_equal(poll(&polled, 1, 1000), 1);
    assert_int_equal(file_watch_take(fixture->files, ++fixture->now_ms), 0);
    assert_int_equal(file_watch_due_ms(fixture->files), fixture->now_ms + FILE_WATCH_QUIET_MS);
    fixture->now_ms += FILE_WATCH_QUIET_MS;
    unsigned changed = file_watch_take(fixture->files, fixture->now_ms);
    assert_int_equal(file_watch_take(fixture->files, fixture->now_ms + 1), 0);
    return changed;
}

static void test_written_in_place(void **state)
{
    struct fixture *fixture = *state;
    watch_both(fixture);
    write_file(fixture->path, "two!");
    assert_int_equal(settle(fixture), BIT);
    write_file(fixture->other, "two!");
    assert_int_equal(settle(fixture), OTHER_BIT);
}

static void test_renamed_over(void **state)
{
    struct fixture *fixture = *state;
    char next[128];
    watch_both(fixture);
    in_directory(fixture, ".policy.yaml.tmp", next);
    write_file(next, "two");
    assert_int_equal(rename(next, fixture->path), 0);
    assert_int_equal(settle(fixture), BIT);
}

static void test_removed_and_back(void **state)
{
    struct fixture *fixture = *state;
    watch_both(fixture);
    unlink(fixture->path);
    assert_int_equal(settle(fixture), BIT);
    write_file(fixture->path, "one");
    assert_int_equal(settle(fixture), BIT);
}

static void test_neighbours_do_not_count(void **state)
{
    struct fixture *fixture = *state;
    char neighbour[128];
    watch_both(fixture);
    in_directory(fixture, "neighbour", neighbour);
    write_file(neighbour, "noise");
    assert_int_equal(settle(fixture), 0);
}

/* As the kubelet does it: a new directory, then the link ..data is replaced by a rename. */
static void swap_data(struct fixture *fixture, const char *version, const char *content)
{
    char directory[128], file[160], link[128], data[128];
    in_directory(fixture, version, directory);
    assert_int_equal(mkdir(directory, 0700), 0);
    snprintf(file, sizeof(file), "%s/mounted.yaml", directory);
    write_file(file, content);
    in_directory(fixture, "..data_tmp", link);
    in_directory(fixture, "..data", data);
    assert_int_equal(symlink(version, link), 0);
    assert_int_equal(rename(link, data), 0);
}

static void test_mounted_config_map(void **state)
{
    struct fixture *fixture = *state;
    char path[128];
    in_directory(fixture, "mounted.yaml", path);
    swap_data(fixture, "..2026_1", "one");
    assert_int_equal(symlink("..data/mounted.yaml", path), 0);
    file_watch_add(fixture->files, path, BIT);
    assert_int_equal(file_watch_take(fixture->files, fixture->now_ms), 0);
    swap_data(fixture, "..2026_2", "one");
    assert_int_equal(settle(fixture), BIT);
    swap_data(fixture, "..2026_3", "one");
    assert_int_equal(settle(fixture), BIT);
}

static void test_target_of_a_link_elsewhere(void **state)
{
    struct fixture *fixture = *state;
    char path[128], directory[128], target[160];
    in_directory(fixture, "real", directory);
    assert_int_equal(mkdir(directory, 0700), 0);
    snprintf(target, sizeof(target), "%s/policy.yaml", directory);
    write_file(target, "one");
    in_directory(fixture, "link.yaml", path);
    assert_int_equal(symlink(target, path), 0); /* absolute */
    file_watch_add(fixture->files, path, BIT);
    assert_int_equal(file_watch_take(fixture->files, fixture->now_ms), 0);
    write_file(target, "two!");
    assert_int_equal(settle(fixture), BIT);
}

static void test_links_in_a_circle_end(void **state)
{
    struct fixture *fixture = *state;
    char a[128], b[128];
    in_directory(fixture, "a", a);
    in_directory(fixture, "b", b);
    assert_int_equal(symlink("b", a), 0);
    assert_int_equal(symlink("a", b), 0);
    file_watch_add(fixture->files, a, BIT);
    assert_int_equal(file_watch_take(fixture->files, fixture->now_ms), 0);
}

static void test_a_writer_that_never_rests(void **state)
{
    struct fixture *fixture = *state;
    unsigned changed = 0;
    watch_both(fixture);
    int64_t first_ms = fixture->now_ms + 10;
    for (int i = 0; changed == 0 && i < 100; i++) {
        write_file(fixture->path, i % 2 == 0 ? "odd" : "even");
        fixture->now_ms += 10;
        changed = file_watch_take(fixture->files, fixture->now_ms);
    }
    assert_int_equal(changed, BIT);
    assert_int_equal(fixture->now_ms - first_ms, FILE_WATCH_LATEST_MS);
}

static void test_slow_check_sees_what_no_event_told(void **state)
{
    struct fixture *fixture = *state;
    char directory[128], moved[128], path[192];
    in_directory(fixture, "mount", directory);
    in_directory(fixture, "old", moved);
    assert_int_equal(mkdir(directory, 0700), 0);
    snprintf(path, sizeof(path), "%s/sub", directory);
    assert_int_equal(mkdir(path, 0700), 0);
    snprintf(path, sizeof(path), "%s/sub/policy.yaml", directory);
    write_file(path, "one");
    file_watch_add(fixture->files, path, BIT);
    assert_int_equal(file_watch_take(fixture->files, fixture->now_ms), 0);
    assert_int_equal(rename(directory, moved), 0); /* two levels above the file */
    assert_int_equal(file_watch_due_ms(fixture->files), fixture->now_ms + FILE_WATCH_RECHECK_MS);
    assert_int_equal(file_watch_take(fixture->files, fixture->now_ms + FILE_WATCH_RECHECK_MS), BIT);
}

/* Names of files that a file says, and then says no longer, as often as it is read. */
static void test_forgotten_files_do_not_count(void **state)
{
    struct fixture *fixture = *state;
    char path[128];
    watch_both(fixture);
    for (unsigned i = 0; i < 40; i++) {
        file_watch_forget(fixture->files, OTHER_BIT);
        for (unsigned j = 0; j < 20; j++) {
            snprintf(path, sizeof(path), "%s/key%u", fixture->directory, j + i);
            file_watch_add(fixture->files, path, OTHER_BIT);
        }
    }
    write_file(fixture->other, "two!");
    in_directory(fixture, "key38", path);
    write_file(path, "one");
    assert_int_equal(settle(fixture), 0);
    in_directory(fixture, "key39", path);
    write_file(path, "one");
    assert_int_equal(settle(fixture), OTHER_BIT);
    write_file(fixture->path, "two!");
    assert_int_equal(settle(fixture), BIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_written_in_place, setup, teardown),
        cmocka_unit_test_setup_teardown(test_renamed_over, setup, teardown),
        cmocka_unit_test_setup_teardown(test_removed_and_back, setup, teardown),
        cmocka_unit_test_setup_teardown(test_neighbours_do_not_count, setup, teardown),
        cmocka_unit_test_setup_teardown(test_mounted_config_map, setup, teardown),
        cmocka_unit_test_setup_teardown(test_target_of_a_link_elsewhere, setup, teardown),
        cmocka_unit_test_setup_teardown(test_links_in_a_circle_end, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_writer_that_never_rests, setup, teardown),
        cmocka_unit_test_setup_teardown(test_forgotten_files_do_not_count, setup, teardown),
        cmocka_unit_test_setup_teardown(test_slow_check_sees_what_no_event_told, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
