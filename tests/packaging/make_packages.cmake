# Packages of what lies in the build folder, and no older ones.
file(REMOVE_RECURSE ${folder}/packages)
execute_process(COMMAND ${CMAKE_CPACK_COMMAND} WORKING_DIRECTORY ${folder} COMMAND_ERROR_IS_FATAL ANY)
