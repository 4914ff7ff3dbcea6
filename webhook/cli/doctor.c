#include "cli/doctor.h"

#include "cli/doctor_cluster.h"

enum { STATUS_WELL = 0, STATUS_FAULT = 1, STATUS_UNUSABLE = 2 };

static const char *help(void)
{
    return "usage: changegate doctor [-n NAMESPACE] [--registration FILE] [--policy FILE] [--user NAME]\n"
           "                         [-o text|json] [--kubeconfig FILE]\n"
           "\n"
           "What is wrong with an installation, and how to cure it. Asks the API server alone, changes "
           "nothing, and\n"
           "needs nothing of changegate to run. For somebody with an administrator's rights; what you may "
           "not look\n"
           "at is a warning that names the right. Works as `kubectl changegate doctor`, too.\n"
           "\n"
           "  -n, --namespace NS        where it is installed (changegate-system)\n"
           "      --registration FILE   what should be registered; default: ConfigMap "
           "changegate-registration\n"
           "      --policy FILE         the policies; default: ConfigMap changegate-policy\n"
           "      --user NAME           whom changegate asks as; default: the ServiceAccount of its "
           "Deployment\n"
           "  -o, --output text|json    default text\n"
           "      --kubeconfig FILE     default: $KUBECONFIG, then ~/.kube/config, then a pod's own "
           "credentials\n"
           "\n"
           "A line for each finding, `ok`, `warning` or `fault`, the check, and what was found; the cure "
           "below it.\n"
           "docs/doctor.md has a section for each check: api, clock, crds, policy, registration, "
           "deployment,\n"
           "reach, certificate, leases, rbac, labels, verdict.\n"
           "\n"
           "Exit status: 0 no fault; 1 a fault; 2 unusable input.\n"
           "\n"
           "JSON: {findings: [{level, check, text, cure}], faults, warnings}; cure is null where there is "
           "none.\n";
}

static void check_all(struct doctor *doctor)
{
    static void (*const checks[])(struct doctor *) = {
        doctor_check_crds,       doctor_check_policy, doctor_check_registration, doctor_check_agreement,
        doctor_check_deployment, doctor_check_reach,  doctor_check_certificate,  doctor_check_leases,
        doctor_check_rbac,       doctor_check_labels, doctor_check_verdict};
    if (!doctor_check_api(doctor))
        return;
    for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++)
        checks[i](doctor);
}

static int run(struct doctor *doctor)
{
    struct error error = {0};
    struct json_text_buffer out = {.length = 0};
    if (!held_cluster_open(doctor->options->kubeconfig, &doctor->cluster, &error) ||
        !held_cluster_keep(&doctor->cluster, &error)) {
        arguments_complain("", text_of(error.text));
        return STATUS_UNUSABLE;
    }
    check_all(doctor);
    if (doctor->options->json)
        doctor_write_json(&doctor->report, &out);
    else
        doctor_write_text(&doctor->report, &out);
    bool printed = arguments_print(json_text_view(&out));
    json_text_done(&out);
    if (!printed)
        return STATUS_UNUSABLE;
    return doctor_count(&doctor->report, DOCTOR_FAULT) > 0 ? STATUS_FAULT : STATUS_WELL;
}

int cli_doctor(int argc, char **argv)
{
    struct doctor_options options;
    struct error error = {0};
    if (!doctor_options_read(argc, argv, &options, &error)) {
        arguments_complain("", text_of(error.text));
        return STATUS_UNUSABLE;
    }
    if (options.help)
        return arguments_print(text_of(help())) ? STATUS_WELL : STATUS_UNUSABLE;
    struct doctor doctor = {.options = &options};
    doctor.report.arena = &doctor.cluster.arena;
    int status = run(&doctor);
    doctor_done(&doctor);
    return status;
}
