" Writes, for every file of the list g:files, a file beside it with the syntax group of each byte, a line a line.
for file in g:files
  execute 'silent edit ' . fnameescape(file)
  set filetype=ftr syntax=ftr
  let lines = []
  for number in range(1, line('$'))
    let names = []
    for column in range(1, len(getline(number)))
      call add(names, synIDattr(synID(number, column, 1), 'name'))
    endfor
    call add(lines, join(names, ' '))
  endfor
  call writefile(lines, file . '.groups')
  bwipeout!
endfor
quitall!
