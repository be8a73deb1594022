# An SPDX 2.3 document of the archive: the program, the Debian packages whose shared libraries it contains, and those whose
# code was compiled into it.

# Appends the Debian package to `packages` and `relationships` of the caller.
function(add_debian_package package relationship)
    execute_process(COMMAND dpkg-query --show
        --showformat "\${Package};\${Version};\${Architecture};\${source:Package};\${source:Version}" ${package}
        OUTPUT_VARIABLE fields COMMAND_ERROR_IS_FATAL ANY)
    list(POP_FRONT fields name version architecture source source_version)
    string(REPLACE "+" "%2B" url_version "${version}")
    string(REPLACE ":" "%3A" url_version "${url_version}")
    string(REPLACE "+" "%2B" url_name "${name}")
    string(REGEX REPLACE "[^A-Za-z0-9.-]" "-" id "SPDXRef-deb-${name}")
    string(APPEND packages ",
    {\"SPDXID\": \"${id}\", \"name\": \"${name}\", \"versionInfo\": \"${version}\",
     \"supplier\": \"Organization: Debian\", \"downloadLocation\": \"NOASSERTION\", \"filesAnalyzed\": false,
     \"licenseConcluded\": \"NOASSERTION\", \"licenseDeclared\": \"NOASSERTION\", \"copyrightText\": \"NOASSERTION\",
     \"sourceInfo\": \"built from Debian's source package ${source} ${source_version}\",
     \"externalRefs\": [{\"referenceCategory\": \"PACKAGE-MANAGER\", \"referenceType\": \"purl\",
       \"referenceLocator\": \"pkg:deb/debian/${url_name}@${url_version}?arch=${architecture}&distro=debian-${debian}&upstream=${source}\"}]}")
    string(APPEND relationships ",
    {\"spdxElementId\": \"SPDXRef-boundary-loki\", \"relationshipType\": \"${relationship}\", \"relatedSpdxElement\": \"${id}\"}")
    set(packages "${packages}" PARENT_SCOPE)
    set(relationships "${relationships}" PARENT_SCOPE)
endfunction()

# Of `bundled_packages` and `compiled_packages`.
function(write_spdx file)
    cmake_host_system_information(RESULT debian QUERY DISTRIB_VERSION_ID)
    set(packages "
    {\"SPDXID\": \"SPDXRef-boundary-loki\", \"name\": \"boundary-loki\", \"versionInfo\": \"${version}\",
     \"supplier\": \"NOASSERTION\", \"downloadLocation\": \"NOASSERTION\", \"filesAnalyzed\": false,
     \"licenseConcluded\": \"MIT\", \"licenseDeclared\": \"MIT\", \"copyrightText\": \"NOASSERTION\",
     \"primaryPackagePurpose\": \"APPLICATION\"}")
    set(relationships "
    {\"spdxElementId\": \"SPDXRef-DOCUMENT\", \"relationshipType\": \"DESCRIBES\", \"relatedSpdxElement\": \"SPDXRef-boundary-loki\"}")
    list(REMOVE_DUPLICATES bundled_packages)
    foreach(package IN LISTS bundled_packages)
        add_debian_package(${package} CONTAINS)
    endforeach()
    list(REMOVE_DUPLICATES compiled_packages)
    foreach(package IN LISTS compiled_packages)
        add_debian_package(${package} STATIC_LINK)
    endforeach()
    string(TIMESTAMP now "%Y-%m-%dT%H:%M:%SZ" UTC)
    set(title "boundary-loki-${version}-linux-${processor}")
    string(UUID id NAMESPACE 6ba7b811-9dad-11d1-80b4-00c04fd430c8 NAME "${title} ${now}" TYPE SHA1)
    file(WRITE ${file} "{
  \"spdxVersion\": \"SPDX-2.3\", \"dataLicense\": \"CC0-1.0\", \"SPDXID\": \"SPDXRef-DOCUMENT\", \"name\": \"${title}\",
  \"documentNamespace\": \"https://spdx.org/spdxdocs/${title}-${id}\",
  \"creationInfo\": {\"created\": \"${now}\", \"creators\": [\"Tool: boundary-loki-${version}\"]},
  \"packages\": [${packages}],
  \"relationships\": [${relationships}]
}
")
endfunction()
