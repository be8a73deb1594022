
R
!{decision="deny", job="boundary"}-
À€ Ñ!Ã© æ—¥æœ¬èªž ðŸ˜€ â€¨ ï¿½ " \ 	 
