" Recipes: comments, words in backquotes, folding by blocks.
if exists('b:did_ftplugin')
  finish
endif
let b:did_ftplugin = 1

setlocal comments=:##,:# commentstring=#\ %s
setlocal formatoptions-=t formatoptions+=croql
setlocal expandtab shiftwidth=2 softtabstop=2
setlocal suffixesadd=.ftr include=^\\s*import\\s\\+\\h\\w*\\s*=\\s*
setlocal iskeyword=@,48-57,_

" `:make` fills the quickfix list with what `recipedsl check` finds.
if executable('recipedsl')
  compiler recipedsl
endif

let b:match_words = '(:),\[:\],{:}'
let b:undo_ftplugin = 'setlocal comments< commentstring< formatoptions< expandtab< shiftwidth< softtabstop<'
      \ . ' suffixesadd< include< iskeyword< makeprg< errorformat< | unlet! b:match_words'
