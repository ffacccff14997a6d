" Indents every file of the list g:files anew, from no indentation, and writes it beside itself.
for file in g:files
  execute 'silent edit ' . fnameescape(file)
  set filetype=ftr
  silent! %left
  silent! normal! gg=G
  execute 'silent write! ' . fnameescape(file . '.indented')
  bwipeout!
endfor
quitall!
