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

" The line without texts, backquoted names and comments: what is left of brackets counts.
function s:Bare(number) abort
  return substitute(getline(a:number), '"\%([^"\\]\|\\.\)*"\|`[^`]*`\|#.*', '', 'g')
endfunction

function s:Count(text, marks) abort
  return len(substitute(a:text, '[^' . a:marks . ']', '', 'g'))
endfunction

" Brackets that a line opens and leaves open, less those of earlier lines that it closes.
function s:Balance(text) abort
  return s:Count(a:text, '[({') - s:Count(a:text, '\])}')
endfunction

function s:IsStep(text) abort
  return a:text =~# '^\s*|'
endfunction

function RecipeIndent(number) abort
  let above = prevnonblank(a:number - 1)
  if above == 0
    return 0
  endif
  let line = s:Bare(a:number)
  let last = s:Bare(above)
  " What a line closes before anything else was given back by its own indentation.
  let closing = len(matchstr(last, '^\s*\zs[\])}]*'))
  let indent = indent(above) + shiftwidth() * (s:Balance(last) + closing)
  let indent -= shiftwidth() * len(matchstr(line, '^\s*\zs[\])}]*'))
  if s:IsStep(line) && !s:IsStep(last)
    let indent += shiftwidth()
  elseif s:IsStep(last) && !s:IsStep(line) && s:Balance(last) <= 0
    let indent -= shiftwidth()
  endif
  return max([indent, 0])
endfunction
