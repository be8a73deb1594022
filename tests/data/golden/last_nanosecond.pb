
6
!{decision="deny", job="boundary"}
ΐ€ Ρÿ“λάx