
Ä
!{job="boundary", owner="o'\"\\x"}
À€ ÑfirstB

À€ ÑÁ„=second,
session!boundary-2026-06-09_12-00-00-4242É
Á€ Ñ¬third third third third third third third third third third third third third third third third third third third third third third third third third third third third third third third third third third third third third third third third third third third third third third third third third third 
a1
b2