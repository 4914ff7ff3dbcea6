# Every library the project uses, found in one place; headers are SYSTEM so that our warnings stay ours.
# Another build of h2o (a distribution may have none) can be given with -DCHANGEGATE_H2O_PREFIX=DIR.
find_package(PkgConfig REQUIRED)
find_package(OpenSSL 3.0 REQUIRED)
find_package(Threads REQUIRED)

function(changegate_library name pkg)
    pkg_check_modules(${name} REQUIRED IMPORTED_TARGET ${pkg})
    add_library(changegate::${name} ALIAS PkgConfig::${name})
endfunction()

set(CHANGEGATE_H2O_PREFIX "" CACHE PATH "Where another build of libh2o-evloop is installed")
if(CHANGEGATE_H2O_PREFIX)
    set(ENV{PKG_CONFIG_PATH} "${CHANGEGATE_H2O_PREFIX}/lib/pkgconfig:$ENV{PKG_CONFIG_PATH}")
endif()
changegate_library(h2o libh2o-evloop)
target_compile_definitions(PkgConfig::h2o INTERFACE H2O_USE_LIBUV=0)

changegate_library(simdjson simdjson)
changegate_library(jansson jansson)
changegate_library(yaml yaml-0.1)
changegate_library(ical libical)
changegate_library(pcre2 libpcre2-8)
changegate_library(curl libcurl)
if(CHANGEGATE_TESTS)
    changegate_library(cmocka cmocka)
endif()
