/* How `changegate doctor` writes what it found, byte for byte. */
#include "doctor_fixture.h"

static void say_three(struct doctor_report *report)
{
    doctor_say(report, DOCTOR_OK, "api", "it answers, %s", "v1.36.3");
    doctor_say(report, DOCTOR_FAULT, "registration", "first");
    doctor_cure(report, "put it back");
    doctor_say(report, DOCTOR_FAULT, "registration", "second");
    doctor_cure(report, "put it %s", "back");
    doctor_say(report, DOCTOR_WARNING, "labels", "\"third\"");
    doctor_cure(report, "put it back");
    doctor_say(report, DOCTOR_WARNING, "verdict", "fourth");
}

static void test_text(void **state)
{
    struct clinic *clinic = *state;
    doctor_write_text(&clinic->report, &clinic->out);
    assert_text(json_text_view(&clinic->out), "0 faults, 0 warnings\n");
    json_text_clear(&clinic->out);
    say_three(&clinic->report);
    doctor_write_text(&clinic->report, &clinic->out);
    /* A cure that neighbours share stands once, below the last of them. */
    assert_text(json_text_view(&clinic->out), "ok       api           it answers, v1.36.3\n"
                                              "fault    registration  first\n"
                                              "fault    registration  second\n" CURE "put it back\n"
                                              "warning  labels        \"third\"\n" CURE "put it back\n"
                                              "warning  verdict       fourth\n"
                                              "2 faults, 2 warnings\n");
}

static void test_json(void **state)
{
    struct clinic *clinic = *state;
    doctor_write_json(&clinic->report, &clinic->out);
    assert_text(json_text_view(&clinic->out), "{\"findings\":[],\"faults\":0,\"warnings\":0}\n");
    json_text_clear(&clinic->out);
    say_three(&clinic->report);
    clinic->report.count = 4;
    doctor_write_json(&clinic->report, &clinic->out);
    assert_text(
        json_text_view(&clinic->out),
        "{\"findings\":["
        "{\"level\":\"ok\",\"check\":\"api\",\"text\":\"it answers, v1.36.3\",\"cure\":null},"
        "{\"level\":\"fault\",\"check\":\"registration\",\"text\":\"first\",\"cure\":\"put it back\"},"
        "{\"level\":\"fault\",\"check\":\"registration\",\"text\":\"second\",\"cure\":\"put it back\"},"
        "{\"level\":\"warning\",\"check\":\"labels\",\"text\":\"\\\"third\\\"\",\"cure\":\"put it back\"}],"
        "\"faults\":2,\"warnings\":1}\n");
}

static void test_totals(void **state)
{
    struct clinic *clinic = *state;
    doctor_say(&clinic->report, DOCTOR_FAULT, "api", "a");
    doctor_say(&clinic->report, DOCTOR_WARNING, "api", "b");
    doctor_write_text(&clinic->report, &clinic->out);
    assert_text(json_text_view(&clinic->out),
                "fault    api           a\nwarning  api           b\n1 fault, 1 warning\n");
    assert_false(doctor_is_well(&clinic->report, 1));
    assert_true(doctor_is_well(&clinic->report, 2));
    for (int i = 0; i < 100; i++) /* past what was made room for at first */
        doctor_say(&clinic->report, DOCTOR_OK, "api", "%d", i);
    assert_int_equal(doctor_count(&clinic->report, DOCTOR_OK), 100);
    assert_true(doctor_is_well(&clinic->report, 2));
    assert_text(clinic->report.items[101].text, "99");
    assert_text(clinic->report.items[0].text, "a");
}

int main(void)
{
    const struct CMUnitTest tests[] = {DOCTOR(test_text), DOCTOR(test_json), DOCTOR(test_totals)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
