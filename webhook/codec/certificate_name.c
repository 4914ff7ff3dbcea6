/* The names that a certificate can be for. */
#include "certificate_private.h"

#include <openssl/err.h>
#include <stdio.h>
#include <string.h>

enum { NAME_BYTES_MOST = 253, LABEL_BYTES_MOST = 63, ADDRESS_BYTES_LEAST = 2, ADDRESS_BYTES_MOST = 39 };

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_hexadecimal(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* OpenSSL's own reader takes more than addresses: zeros in front, what is behind the fourth number; and a
 * single colon, whence the least length. */
static bool is_as_written(const ASN1_OCTET_STRING *address, const char *name)
{
    const unsigned char *byte = ASN1_STRING_get0_data(address);
    char again[sizeof("255.255.255.255")];
    if (ASN1_STRING_length(address) != 4)
        return true;
    snprintf(again, sizeof(again), "%u.%u.%u.%u", byte[0], byte[1], byte[2], byte[3]);
    return strcmp(again, name) == 0;
}

ASN1_OCTET_STRING *certificate_address_of(struct text name)
{
    char written[ADDRESS_BYTES_MOST + 1] = "";
    if (name.length < ADDRESS_BYTES_LEAST || name.length > ADDRESS_BYTES_MOST)
        return NULL;
    char separator = text_find(name, ':') < name.length ? ':' : '.';
    for (size_t i = 0; i < name.length; i++)
        if (name.at[i] != separator && !is_hexadecimal(name.at[i]))
            return NULL;
    memcpy(written, name.at, name.length);
    ERR_set_mark();
    ASN1_OCTET_STRING *address = a2i_IPADDRESS(written);
    ERR_pop_to_mark();
    if (address == NULL || is_as_written(address, written))
        return address;
    ASN1_OCTET_STRING_free(address);
    return NULL;
}

static bool is_label(struct text label, bool is_last)
{
    bool digits = true;
    if (label.length == 0 || label.length > LABEL_BYTES_MOST || label.at[0] == '-' ||
        label.at[label.length - 1] == '-')
        return false;
    for (size_t i = 0; i < label.length; i++) {
        char c = label.at[i];
        if (!is_digit(c) && c != '-' && !(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z'))
            return false;
        digits = digits && is_digit(c);
    }
    return !is_last || !digits;
}

bool certificate_is_dns_name(struct text name)
{
    if (name.length > NAME_BYTES_MOST)
        return false;
    for (;;) {
        size_t length = text_find(name, '.');
        bool is_last = length == name.length;
        if (!is_label(text_slice(name, 0, length), is_last))
            return false;
        if (is_last)
            return true;
        name = text_slice(name, length + 1, name.length);
    }
}

bool certificate_name_is_good(struct text name)
{
    ASN1_OCTET_STRING *address = certificate_address_of(name);
    ASN1_OCTET_STRING_free(address);
    return address != NULL || certificate_is_dns_name(name);
}
