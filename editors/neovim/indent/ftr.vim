" Recipes: two spaces a bracket that is open, and two for a step of a pipeline.
if exists('b:did_indent')
  finish
endif
let b:did_indent = 1

setlocal indentexpr=RecipeIndent(v:lnum) indentkeys=0{,0},0),0],0\|,!^F,o,O
let b:undo_indent = 'setlocal indentexpr< indentkeys<'

if exists('*RecipeIndent')
  finish
endif

" A bracket in a text, a name in backquotes or a comment is none.
let s:skip = 'synIDattr(synID(line("."), col("."), 1), "name") =~# ''\vftr%(String|Escape|Quoted|Comment|Doc|Unknown)'''

function s:IsStep(text) abort
  return a:text =~# '^\s*|'
endfunction

" The number of the line, or of the one that a comment stands above.
function s:Told(number) abort
  let number = a:number
  while number < line('$') && getline(number) =~# '^\s*#'
    let number = nextnonblank(number + 1)
  endwhile
  return number
endfunction

function RecipeIndent(number) abort
  call cursor(a:number, 1)
  let opener = searchpair('[[({]', '', '[])}]', 'bnW', s:skip)
  let base = opener > 0 ? indent(opener) : -shiftwidth()
  if getline(a:number) =~# '^\s*[])}]'
    return max([base, 0])
  endif
  return base + shiftwidth() * (s:IsStep(getline(s:Told(a:number))) ? 2 : 1)
endfunction
