/* Delay as a whole: random edits, freezes, thaws, releases and crashes around one object, through the service
 * as the API server asks it, held against a model that knows DESIGN section 6 and nothing of the code. After
 * every step: nothing starts before its time, nothing that was applied is lost, nothing stays held once it
 * may go, and every owner finds his field as he last asked for it.
 *
 * CHANGEGATE_SEED=N repeats an episode, CHANGEGATE_TEST_LONG=1 makes sixty times as many. */
#include "hold_scan_scene.h"

#include "assert_text.h"

#include <stdio.h>
#include <stdlib.h>

enum { EPISODES = 320, STEPS = 40, LONG_FACTOR = 60, WORLDS = 28 };

static struct scan_world worlds[WORLDS]; /* the first is open, the second delays without end */

/* ---- worlds ---- */

static void make_world(struct scan_world *world)
{
    static const enum freeze_action actions[] = {FREEZE_DELAY, FREEZE_DELAY, FREEZE_DELAY, FREEZE_DENY,
                                                 FREEZE_WARN};
    *world = (struct scan_world){.minimum = scene_any(5) == 0 ? 2 : 1, .enforces = scene_any(12) != 0};
    world->daemon_sets = scene_any(3) != 0;
    world->pauses = scene_any(3) == 0;
    world->window_count = (size_t)scene_any(WINDOWS_MOST + 1);
    for (size_t i = 0; i < world->window_count; i++) {
        int64_t start_s = SCAN_START_S + 600 * (scene_any(30) - 10);
        world->windows[i] = (struct scan_window){
            .start_s = start_s,
            .end_s = start_s + 600 * (1 + scene_any(20)),
            .action = actions[scene_any(5)],
            .statefulsets_alone = scene_any(8) == 0,
        };
    }
    if (scene_any(4) == 0)
        world->label = actions[scene_any(5)];
}

static void make_worlds(void)
{
    scene_seed(1);
    for (size_t i = 0; i < WORLDS; i++)
        make_world(&worlds[i]);
    worlds[0] = (struct scan_world){.minimum = 1, .enforces = true, .daemon_sets = true};
    worlds[1] = worlds[0];
    worlds[1].label = FREEZE_DELAY;
    for (size_t i = 0; i < WORLDS; i++)
        scan_world_make(&worlds[i]);
}

/* ---- steps ---- */

static void set_template(struct scene *scene, json_t *sent, int version, bool restarted)
{
    static const char *const annotations[] = {"metadata", "annotations", NULL};
    const struct scan_kind *kind = scene->object.kind;
    json_t *pod_template = scan_at(sent, kind->template_path);
    json_t *spec = kind->shape == SHAPE_GATED ? pod_template : json_object_get(pod_template, "spec");
    json_object_set_new(spec, "containers",
                        json_pack("[{s:s,s:s+}]", "name", "main", "image", "web:",
                                  version == 0   ? "0"
                                  : version == 1 ? "1"
                                  : version == 2 ? "2"
                                                 : "3"));
    if (restarted && kind->shape != SHAPE_GATED)
        scan_put(pod_template, annotations,
                 json_pack("{s:s}", "kubectl.kubernetes.io/restartedAt", scene_any(2) ? "early" : "late"));
}

static json_t *make_manifest(struct scene *scene)
{
    const struct scan_kind *kind = scene->object.kind;
    json_t *manifest = json_pack("{s:s+++,s:s,s:{s:s,s:s,s:{s:s}}}", "apiVersion", kind->group,
                                 kind->group[0] == '\0' ? "" : "/", kind->version, "", "kind", kind->kind,
                                 "metadata", "name", "web", "namespace", "shop", "annotations",
                                 "changegate.dev/approval-ids", scene_any(12) ? "CHG1" : "CHG1 CHG2");
    json_object_set_new(manifest, "spec", scan_text(kind->spec));
    if (kind->shape != SHAPE_GATED)
        scan_put(manifest, kind->template_path,
                 scan_text("{\"metadata\":{\"labels\":{\"app\":\"web\"}},\"spec\":{}}"));
    set_template(scene, manifest, scene_any(3), false);
    return manifest;
}

/* What its owner writes into the field that a hold takes. */
static void set_field(struct scene *scene, json_t *sent)
{
    const struct scan_kind *kind = scene->object.kind;
    int dice = scene_any(4);
    if (!scan_has_field(kind, sent))
        return;
    if (kind->shape == SHAPE_PARTITION)
        scan_put(sent, kind->field, json_integer(scene_any(4)));
    else if (dice == 0 && !kind->optional)
        scan_put(sent, kind->field, NULL);
    else
        scan_put(sent, kind->field, scan_text(dice == 1 ? kind->stop : kind->go));
}

/* OnDelete, or back from it. */
static void set_strategy(struct scene *scene, json_t *sent)
{
    static const char *const path[] = {"spec", "updateStrategy", NULL};
    if (scene->object.kind->shape == SHAPE_PARTITION)
        scan_put(sent, path,
                 scan_has_field(scene->object.kind, sent)
                     ? json_pack("{s:s}", "type", "OnDelete")
                     : json_pack("{s:s,s:{s:i}}", "type", "RollingUpdate", "rollingUpdate", "partition", 0));
}

/* From what is there, as a patch is; or from the manifest. */
static json_t *start_edit(struct scene *scene, bool *ret_whole)
{
    *ret_whole = scene_any(3) == 0;
    return scan_copy(*ret_whole || scene->object.stored == NULL ? scene->manifest : scene->object.stored);
}

static void edit(struct scene *scene)
{
    bool whole;
    json_t *sent = start_edit(scene, &whole);
    int dice = scene_any(9);
    bool fixed = scene->object.kind->kind[0] == 'J' && scene->object.stored != NULL; /* a Job's template */
    if (dice < 4 && !fixed)
        set_template(scene, sent, scene_any(4), scene_any(4) == 0);
    else if (dice == 4 && !fixed && scene->object.pods[0] != NULL)
        scan_put(sent, scene->object.kind->template_path, scan_copy(scene->object.pods[0]));
    else if (dice == 5 && !fixed && scene->base != NULL)
        scan_put(sent, scene->object.kind->template_path,
                 scan_copy(scan_at(scene->base, scene->object.kind->template_path)));
    if (scene->object.kind->shape == SHAPE_GATED && scene->object.stored != NULL)
        scene_put_gates(scene, sent, scene_any(2) == 0); /* gates can only go */
    if (dice == 6 || scene_any(4) == 0)
        set_field(scene, sent);
    if (dice == 7 || scene_any(8) == 0)
        scene_scale(scene, sent);
    if (dice == 8 || scene_any(20) == 0)
        set_strategy(scene, sent);
    if (scene_any(6) == 0)
        scan_set_mark(sent, "annotations", "changegate.dev/approval-ids",
                      scene_any(4) == 0 ? NULL
                      : scene_any(2)    ? "CHG1 CHG2"
                                        : "CHG3");
    if (scene_any(10) == 0)
        scan_set_mark(sent, "annotations", "note", scene_any(2) ? "a" : "b");
    scene_write(scene, whole ? "put" : "edit", sent, "ann", "");
    if (whole && scene->outcome == SCAN_STORED)
        scene_apply_again(scene, sent);
    json_decref(sent);
}

/* An annotation as the gate writes it, and yet a lie: what is held runs already, or was never of a class. */
static void lie(struct scene *scene, json_t *sent)
{
    const char *is = scan_mark(sent, "annotations", HOLD_ANNOTATION);
    json_t *hold = json_loads(is != NULL ? is : scene->seen, 0, NULL);
    if (hold == NULL)
        return;
    if (scene_any(2))
        json_object_set_new(hold, "running", json_pack("{s:O}", "digest", json_object_get(hold, "digest")));
    else
        json_object_set_new(hold, "class", json_string(scene_any(2) ? "Resume" : "Create"));
    char *text = json_dumps(hold, JSON_COMPACT);
    scan_set_mark(sent, "annotations", HOLD_ANNOTATION, text);
    free(text);
    json_decref(hold);
}

/* Removing and forging, in every way. */
static void forge(struct scene *scene)
{
    static const char *const labels[] = {NULL, "true", "releasing", "failed", "pause", "x"};
    json_t *sent = scan_copy(scene->object.stored);
    int dice = scene_any(6);
    if (sent == NULL)
        return;
    if (dice < 2)
        scan_set_mark(sent, "annotations", HOLD_ANNOTATION, NULL);
    else if (dice == 2)
        scan_set_mark(sent, "annotations", HOLD_ANNOTATION, scene_any(2) ? "{}" : "nonsense");
    else if (dice == 3 && scene->seen[0] != '\0')
        scan_set_mark(sent, "annotations", HOLD_ANNOTATION, scene->seen);
    else if (dice == 4)
        lie(scene, sent);
    if (scene_any(3) != 0)
        scan_set_mark(sent, "labels", HOLD_LABEL, labels[scene_any(6)]);
    if (scene_any(3) == 0)
        set_field(scene, sent);
    if (scene->object.kind->shape == SHAPE_GATED)
        scene_put_gates(scene, sent, scene_any(3) != 0);
    if (scene_any(4) == 0 && scene->object.kind->kind[0] != 'J')
        set_template(scene, sent, scene_any(4), false);
    scene_write(scene, "forge", sent, scene_any(8) == 0 ? "boss" : "ann", "");
    json_decref(sent);
}

static void scale(struct scene *scene)
{
    json_t *sent = scan_copy(scene->object.stored);
    if (sent != NULL && json_object_get(json_object_get(sent, "spec"), "replicas") != NULL) {
        scene_scale(scene, sent);
        scene_write(scene, "scale", sent, "ann", "scale");
    }
    json_decref(sent);
}

/* Marks through the status, which is nobody's way. In mode Warn nothing stops that. */
static void write_status(struct scene *scene)
{
    json_t *sent = scene->world->enforces ? scan_copy(scene->object.stored) : NULL;
    scene->other = NULL;
    if (sent == NULL)
        return;
    if (scene_any(2))
        scan_set_mark(sent, "annotations", HOLD_ANNOTATION,
                      scene->seen[0] != '\0' && scene_any(2) ? scene->seen : NULL);
    else
        scan_set_mark(sent, "labels", HOLD_LABEL, scene_any(2) ? "releasing" : NULL);
    scene_write(scene, "status", sent, "ann", "status");
    json_decref(sent);
}

static void remove_object(struct scene *scene)
{
    if (scene->object.stored != NULL && scene_any(4) == 0)
        scene_write(scene, "delete", NULL, "ann", "");
}

static void move_clock(struct scene *scene)
{
    const struct scan_world *world = scene->world;
    int dice = scene_any(6);
    int64_t opens_s = scan_opening(world, scene->object.kind, scene->now_s);
    if (dice == 0 && opens_s != FREEZE_NO_END)
        scene->now_s = opens_s - scene_any(3); /* at the opening, or just not */
    else if (dice == 1 && opens_s != FREEZE_NO_END && opens_s > scene->now_s)
        scene->now_s = opens_s - 60 - scene_any(2);
    else if (dice == 2)
        scene->now_s -= scene_any(900);
    else
        scene->now_s += scene_any(3000);
    scene_trace(scene, "clock %lld\n", (long long)(scene->now_s - SCAN_START_S));
}

static void change_world(struct scene *scene)
{
    size_t index = scene_any(3) == 0 ? 1 : (size_t)scene_any(WORLDS);
    scene->world = &worlds[index];
    scene_trace(scene, "world %zu: action %d\n", index,
                (int)scan_action(scene->world, scene->object.kind, scene->now_s));
}

static void control(struct scene *scene)
{
    size_t most = (size_t)scene_any(PODS_MOST + 1);
    scan_control(&scene->object, most);
    scene_trace(scene, "control %zu\n", most);
}

static void step(struct scene *scene)
{
    scene->other = &worlds[scene_any(WORLDS)];
    int dice = scene_any(100);
    if (dice < 34)
        edit(scene);
    else if (dice < 44)
        forge(scene);
    else if (dice < 48)
        scale(scene);
    else if (dice < 50)
        write_status(scene);
    else if (dice < 52)
        remove_object(scene);
    else if (dice < 60)
        scene_release(scene, scene_any(3) == 0 ? "boss" : "releaser");
    else if (dice < 63)
        scene_drop(scene);
    else if (dice < 67)
        scene_relabel(scene);
    else if (dice < 75)
        move_clock(scene);
    else if (dice < 83)
        change_world(scene);
    else if (dice < 97)
        control(scene);
    else
        scene_must_go(scene, &worlds[0]);
}

static void run_episode(uint64_t seed, bool tells, struct admit *admit)
{
    struct scene scene = {
        .admit = admit, .seed = seed, .tells = tells, .world = &worlds[0], .now_s = SCAN_START_S};
    scene_seed(seed);
    scene.object.kind = &scan_kinds[scene_any(SCAN_KINDS)];
    scene.manifest = make_manifest(&scene);
    change_world(&scene);
    for (int i = 0; i < STEPS; i++) {
        if (scene_any(4) != 0)
            scan_control(&scene.object, PODS_MOST);
        step(&scene);
    }
    scene_must_go(&scene, &worlds[0]);
    scene_done(&scene);
}

static void test_any_order_of_things(void **state)
{
    const char *seed = getenv("CHANGEGATE_SEED"), *longer = getenv("CHANGEGATE_TEST_LONG");
    int episodes = longer != NULL && strcmp(longer, "1") == 0 ? EPISODES * LONG_FACTOR : EPISODES;
    struct metrics *metrics = metrics_new(1);
    struct admit *admit = admit_new(0, metrics, NULL, NULL);
    (void)state;
    make_worlds();
    if (seed != NULL)
        run_episode(strtoull(seed, NULL, 10), true, admit);
    for (int i = 0; seed == NULL && i < episodes; i++)
        run_episode((uint64_t)i + 2, false, admit);
    scene_assert_seen(seed == NULL);
    for (size_t i = 0; i < WORLDS; i++)
        snapshot_unref(worlds[i].snapshot);
    admit_free(admit);
    metrics_free(metrics);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_any_order_of_things)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
