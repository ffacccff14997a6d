autocmd BufRead,BufNewFile *.ftr setfiletype ftr
