-- For Neovim 0.11 and newer, without `setup`: `vim.lsp.enable("recipedsl")`.
return {
  cmd = { "recipedsl", "lsp" },
  filetypes = { "ftr" },
  root_markers = { "recipedsl.toml", ".recipedsl", "pyproject.toml", ".git" },
}
