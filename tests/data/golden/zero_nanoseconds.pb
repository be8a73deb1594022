
0
!{decision="deny", job="boundary"}
À€ Ñx