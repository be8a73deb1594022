# Read by cpack once for each generator.
if(CPACK_GENERATOR STREQUAL "DEB")
    # The package manager brings the libraries, and their security updates.
    set(CPACK_COMPONENTS_ALL main)
    set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
else()
    set(CPACK_PACKAGING_INSTALL_PREFIX /)
    set(CPACK_COMPONENT_INCLUDE_TOPLEVEL_DIRECTORY ON)
endif()
