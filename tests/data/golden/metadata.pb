
œ
!{decision="deny", job="boundary"}w
À€ Ñx
domainnpm.registry.example
http_methodGET+
matched_ruledomain=*.example path="/Ã©"
empty