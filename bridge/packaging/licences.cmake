# At install time, with `prefix` set: beside each bundled library, the copyright file of the Debian
# package that it came from.
file(GLOB libraries LIST_DIRECTORIES false "$ENV{DESTDIR}${prefix}/lib/boundary-loki/*.so*")
foreach(library IN LISTS libraries)
    get_filename_component(name ${library} NAME)
    execute_process(COMMAND dpkg-query --search "*/${name}" OUTPUT_VARIABLE owners
        RESULT_VARIABLE failed ERROR_QUIET)
    if(failed)
        message(FATAL_ERROR "no Debian package owns the bundled ${name}: its licence is unknown")
    endif()
    string(REGEX MATCH "^[^:]+" package "${owners}")
    set(copyright /usr/share/doc/${package}/copyright)
    if(NOT EXISTS ${copyright})
        message(FATAL_ERROR "${copyright} is missing: ${name} cannot be bundled without its licence")
    endif()
    file(REAL_PATH ${copyright} copyright)
    file(COPY_FILE ${copyright} "$ENV{DESTDIR}${prefix}/lib/boundary-loki/${package}.copyright")
endforeach()
