# Warnings, sanitizers and hardening as one interface target: nothing is set globally, third-party code is not touched.
add_library(changegate_flags INTERFACE)

set(warnings -Wall -Wextra -Wconversion -Wshadow -Wformat=2 -Werror)
target_compile_options(changegate_flags INTERFACE
    ${warnings}
    $<$<COMPILE_LANGUAGE:C>:-Wstrict-prototypes>
    -ffile-prefix-map=${CMAKE_SOURCE_DIR}/=
)

if(CHANGEGATE_SANITIZE)
    target_compile_options(changegate_flags INTERFACE -fsanitize=${CHANGEGATE_SANITIZE} -fno-omit-frame-pointer
        -fno-sanitize-recover=all)
    target_link_options(changegate_flags INTERFACE -fsanitize=${CHANGEGATE_SANITIZE})
endif()

if(CHANGEGATE_FUZZ)
    target_compile_options(changegate_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()

if(CHANGEGATE_HARDEN)
    include(CheckPIESupported)
    check_pie_supported()
    set(CMAKE_POSITION_INDEPENDENT_CODE ON)
    target_compile_options(changegate_flags INTERFACE -fstack-protector-strong -fstack-clash-protection
        -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2
        $<$<STREQUAL:${CMAKE_SYSTEM_PROCESSOR},x86_64>:-fcf-protection=full>)
    target_link_options(changegate_flags INTERFACE -Wl,-z,relro,-z,now,-z,noexecstack)
endif()
