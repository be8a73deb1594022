# What the suites are run on: the stand-ins on every machine, and the real programs that it has.

# The real programs that this machine has. Sanitizers judge our code, for which the stand-ins will do, one of each.
set(real_programs "")
if(NOT BOUNDARY_LOKI_SANITIZE)
    execute_process(COMMAND bash ${CMAKE_CURRENT_SOURCE_DIR}/tools/real_programs.sh
        OUTPUT_VARIABLE real_programs OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
    string(REPLACE "\n" ";" real_programs "${real_programs}")
endif()

# Sets RESULT to the list of NAME|VERSION|PATH of each real NAME.
function(real_versions_of name result)
    set(found "")
    foreach(program IN LISTS real_programs)
        string(REPLACE "\t" "|" program "${program}")
        if(program MATCHES "^${name}[|]")
            list(APPEND found "${program}")
        endif()
    endforeach()
    set(${result} "${found}" PARENT_SCOPE)
endfunction()

set(tools_bin ${PROJECT_SOURCE_DIR}/build/tools/bin)
real_versions_of(loki lokis)
real_versions_of(boundary boundaries)

# What a suite is run on: NAME|LOKI|BOUNDARY, where NAME ends the names of its tests and stands in the report. A suite that
# needs a Loki runs on the stand-in, and on each real one; one that needs a Boundary runs on both versions of the stand-in as
# well, and on each real one, before the first real Loki.
set(loki_stand_in ${tools_bin}/loki-stand-in)
set(boundary_stand_in ${tools_bin}/boundary-stand-in)
set(runs_on_loki "stand-ins|${loki_stand_in}|${boundary_stand_in}")
set(runs_on_boundary "")
if(NOT BOUNDARY_LOKI_SANITIZE)
    set(runs_on_boundary "Boundary stand-in main|${loki_stand_in}|${boundary_stand_in}-main")
endif()
set(first_loki ${loki_stand_in})
set(and_first_loki "")
foreach(program IN LISTS lokis)
    string(REPLACE "|" ";" program "${program}")
    list(GET program 1 version)
    list(GET program 2 path)
    list(APPEND runs_on_loki "Loki ${version}|${path}|${boundary_stand_in}")
    if(and_first_loki STREQUAL "")
        set(first_loki ${path})
        set(and_first_loki ", Loki ${version}")
    endif()
endforeach()
foreach(program IN LISTS boundaries)
    string(REPLACE "|" ";" program "${program}")
    list(GET program 1 version)
    list(GET program 2 path)
    list(APPEND runs_on_boundary "Boundary ${version}${and_first_loki}|${first_loki}|${path}")
endforeach()

# The properties of a test on RUN. Two of them, as CMake does not keep a list in a property of discovered tests.
function(environment_of run result)
    string(REPLACE "|" ";" run "${run}")
    list(GET run 1 loki)
    list(GET run 2 boundary)
    set(${result} ENVIRONMENT "BOUNDARY_LOKI_TEST_LOKI=${loki}"
        ENVIRONMENT_MODIFICATION "BOUNDARY_LOKI_TEST_BOUNDARY=set:${boundary}" PARENT_SCOPE)
endfunction()

# discover_tests(NAME [ON WHAT | ON_LOKI [ON_BOUNDARY FILTER]] PROPERTIES ...): the tests of a binary. ON: what they run on.
# ON_LOKI: they need a Loki. ON_BOUNDARY: those that the filter names need a Boundary as well.
function(discover_tests name)
    cmake_parse_arguments(PARSE_ARGV 1 test "ON_LOKI" "ON;ON_BOUNDARY" "PROPERTIES")
    if(NOT test_ON_LOKI)
        set(suffix "")
        if(test_ON)
            set(suffix " [${test_ON}]")
        endif()
        gtest_discover_tests(${name} DISCOVERY_TIMEOUT 60 TEST_SUFFIX "${suffix}" PROPERTIES ${test_PROPERTIES})
        return()
    endif()
    set(runs ${runs_on_loki})
    set(all "*")
    if(BOUNDARY_LOKI_SANITIZE STREQUAL "thread")
        set(all "-ToolCall*:SuggestTest.*:VerifyTest.*:DocumentedCommandsTest.*")  # of programs with one thread
    endif()
    list(TRANSFORM runs REPLACE ".+" "${all}" OUTPUT_VARIABLE filters)
    if(test_ON_BOUNDARY)
        list(APPEND runs ${runs_on_boundary})
        foreach(run IN LISTS runs_on_boundary)
            list(APPEND filters "${test_ON_BOUNDARY}")
        endforeach()
    endif()
    foreach(run filter IN ZIP_LISTS runs filters)
        string(REGEX REPLACE "[|].*" "" on "${run}")
        environment_of("${run}" environment)
        gtest_discover_tests(${name} DISCOVERY_TIMEOUT 60 TEST_FILTER "${filter}" TEST_SUFFIX " [${on}]"
            TEST_LIST "${name} ${on}"
            PROPERTIES ${test_PROPERTIES} ${environment})
    endforeach()
endfunction()
