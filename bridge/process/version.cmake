# Sets BOUNDARY_LOKI_VERSION. On a commit that is tagged vX.Y.Z that is X.Y.Z; on any other it names the
# commit as well, in a form that Debian sorts before the release (~) or after it (+). Without git, as in
# an unpacked source archive, it is the project's.
set(BOUNDARY_LOKI_VERSION ${PROJECT_VERSION})
find_package(Git QUIET)
if(Git_FOUND AND EXISTS ${PROJECT_SOURCE_DIR}/.git)
    execute_process(COMMAND ${GIT_EXECUTABLE} describe --tags --long --match "v[0-9]*"
        WORKING_DIRECTORY ${PROJECT_SOURCE_DIR} OUTPUT_VARIABLE described
        OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
    execute_process(COMMAND ${GIT_EXECUTABLE} rev-parse --short=9 HEAD
        WORKING_DIRECTORY ${PROJECT_SOURCE_DIR} OUTPUT_VARIABLE commit
        OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
    if(described MATCHES "^v([0-9.]+)-0-g[0-9a-f]+$")
        set(BOUNDARY_LOKI_VERSION ${CMAKE_MATCH_1})
    elseif(described MATCHES "^v([0-9.]+)-([0-9]+)-g[0-9a-f]+$")
        set(BOUNDARY_LOKI_VERSION "${CMAKE_MATCH_1}+${CMAKE_MATCH_2}.g${commit}")
    elseif(commit)
        set(BOUNDARY_LOKI_VERSION "${PROJECT_VERSION}~g${commit}")
    endif()
    # A new commit is a new version: configure again.
    if(EXISTS ${PROJECT_SOURCE_DIR}/.git/logs/HEAD)
        set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS
            ${PROJECT_SOURCE_DIR}/.git/logs/HEAD)
    endif()
endif()
