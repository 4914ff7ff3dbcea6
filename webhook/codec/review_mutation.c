/* The answer of the mutating pass. */
#include "review_private.h"

/* RFC 4648 section 4 */
static void write_base64(struct json_text_buffer *out, struct text bytes)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < bytes.length; i += 3) {
        size_t left = bytes.length - i;
        uint32_t group = (uint32_t)(unsigned char)bytes.at[i] << 16;
        group |= left > 1 ? (uint32_t)(unsigned char)bytes.at[i + 1] << 8 : 0;
        group |= left > 2 ? (uint32_t)(unsigned char)bytes.at[i + 2] : 0;
        const char four[] = {digits[group >> 18], digits[group >> 12 & 63],
                             left > 1 ? digits[group >> 6 & 63] : '=', left > 2 ? digits[group & 63] : '='};
        json_text_raw(out, (struct text){four, sizeof(four)});
    }
}

void review_answer_mutation(struct text uid, struct text patch, struct text warning,
                            struct json_text_buffer *out)
{
    json_text_clear(out);
    json_text_raw_str(out, "{\"apiVersion\":\"admission.k8s.io/v1\",\"kind\":\"AdmissionReview\",");
    json_text_raw_str(out, "\"response\":{");
    json_text_member(out, "uid", uid);
    json_text_key(out, "allowed");
    json_text_bool(out, true);
    if (patch.length > 0) {
        json_text_raw_str(out, ",\"patchType\":\"JSONPatch\",\"patch\":\"");
        write_base64(out, patch);
        json_text_raw_str(out, "\"");
    }
    if (warning.length > 0) {
        json_text_key(out, "warnings");
        json_text_raw_str(out, "[");
        json_text_string(out, warning);
        json_text_raw_str(out, "]");
    }
    json_text_raw_str(out, "}}");
}
