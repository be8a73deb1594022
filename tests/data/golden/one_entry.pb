
N
!{decision="deny", job="boundary"})
À€ ÑÀ©Ó:{"msg":"boundary_request"}