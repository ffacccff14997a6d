;;; ftr-mode.el --- Recipes for fine-tuning language models  -*- lexical-binding: t; -*-

;; Version: 0.1.0
;; Package-Requires: ((emacs "27.1"))
;; Keywords: languages

;;; Commentary:

;; A major mode for the recipes of recipedsl (files that end in .ftr): colours, indentation,
;; `M-x compile' with `recipedsl check', and the language server through Eglot, which comes with
;; Emacs 29 and is a package before.

;;; Code:

(require 'compile)
(require 'ftr-words)

(defvar eglot-server-programs)

(defgroup ftr nil
  "Recipes for fine-tuning language models."
  :group 'languages)

(defcustom ftr-program "recipedsl"
  "The recipedsl program."
  :type 'string)

(defcustom ftr-indent-offset 2
  "Columns by which what stands inside of brackets, and steps, are indented."
  :type 'natnum
  :safe #'natnump)

(defvar ftr-mode-syntax-table
  (let ((table (make-syntax-table)))
    (modify-syntax-entry ?# "<" table)
    (modify-syntax-entry ?\n ">" table)
    (modify-syntax-entry ?\" "\"" table)
    (modify-syntax-entry ?` "$" table)
    (modify-syntax-entry ?_ "_" table)
    (dolist (sign '(?= ?< ?> ?+ ?- ?* ?/ ?% ?| ?? ?! ?: ?, ?.))
      (modify-syntax-entry sign "." table))
    table)
  "Syntax table of `ftr-mode'.")

(defconst ftr--name "\\_<[A-Za-z_][A-Za-z0-9_]*\\_>")

(defun ftr--any (words)
  "An expression for any of WORDS."
  (regexp-opt words 'symbols))

(defconst ftr-font-lock-keywords
  `((,(concat "^[ \t]*" (ftr--any ftr-words-kinds) "[ \t]*\\(" ftr--name
              "\\)?[ \t]*\\(?::[ \t]*" (ftr--any ftr-words-methods) "\\)?[ \t]*[:={]")
     (1 font-lock-keyword-face)
     (2 font-lock-variable-name-face nil t)
     (3 font-lock-type-face nil t))
    (,(concat (ftr--any ftr-words-naming) "[ \t]+\\(" ftr--name "\\)")
     (1 font-lock-keyword-face)
     (2 font-lock-variable-name-face))
    (,(concat "|[ \t]*" (ftr--any ftr-words-steps)) 1 font-lock-function-name-face)
    (,(concat (ftr--any ftr-words-functions) "[ \t]*(") 1 font-lock-builtin-face)
    (,(concat (ftr--any ftr-words-keywords)) . font-lock-keyword-face)
    (,(concat "\\_<\\(with\\)[ \t]*{") 1 font-lock-keyword-face)
    (,(ftr--any ftr-words-operators) . font-lock-keyword-face)
    (,(ftr--any ftr-words-constants) . font-lock-constant-face)
    (,(concat "\\(" ftr--name "\\)[ \t]*=\\(?:[^=]\\|$\\)") 1 font-lock-variable-name-face)
    (,(concat ":[ \t]*" (ftr--any ftr-words-types)) 1 font-lock-type-face))
  "What `ftr-mode' colours beside texts and comments.")

(defun ftr--syntactic-face (state)
  "The face of the text or comment that STATE is in."
  (cond ((nth 3 state) font-lock-string-face)
        ((save-excursion (goto-char (nth 8 state)) (looking-at-p "##\\(?:[^#]\\|$\\)"))
         font-lock-doc-face)
        (t font-lock-comment-face)))

(defun ftr--quotes (start end)
  "Mark the three quotes from START to END where they begin or end a text."
  (let ((state (save-excursion (syntax-ppss start))))
    (cond ((or (nth 4 state) (eq (char-before start) ?\\)))
          ((eq t (nth 3 state))
           (put-text-property (1- end) end 'syntax-table (string-to-syntax "|")))
          ((null (nth 3 state))
           (put-text-property start (1+ start) 'syntax-table (string-to-syntax "|"))))))

(defconst ftr--propertize
  (syntax-propertize-rules
   ("\"\"\"" (0 (ignore (save-match-data
                        (ftr--quotes (match-beginning 0) (match-end 0)))))))
  "Marks three quotes as the ends of a text that may span lines.")

;;; Indentation

(defun ftr--step-p ()
  "Whether the line of point begins with a step, or is a comment above one."
  (save-excursion
    (back-to-indentation)
    (when (eq (char-after) ?#)
      (forward-comment (point-max)))
    (eq (char-after) ?|)))

(defun ftr--indentation ()
  "The column to which the line of point belongs; nil inside of a text."
  (save-excursion
    (beginning-of-line)
    (let* ((state (syntax-ppss))
           (open (nth 1 state))
           (base (if open
                     (save-excursion (goto-char open) (current-indentation))
                   (- ftr-indent-offset))))
      (unless (nth 3 state)
        (back-to-indentation)
        (cond ((memq (char-after) '(?\) ?\] ?\})) (max base 0))
              ((ftr--step-p) (+ base (* 2 ftr-indent-offset)))
              (t (+ base ftr-indent-offset)))))))

(defun ftr-indent-line ()
  "Indent the line of point as `recipedsl fmt' would."
  (let ((column (ftr--indentation)))
    (if (null column)
        'noindent
      (save-excursion (indent-line-to column))
      (when (< (current-column) column)
        (move-to-column column)))))

;;; The mode

;;;###autoload
(define-derived-mode ftr-mode prog-mode "Recipe"
  "Major mode for recipes of recipedsl."
  (setq-local comment-start "# ")
  (setq-local comment-start-skip "#+[ \t]*")
  (setq-local indent-line-function #'ftr-indent-line)
  (setq-local indent-tabs-mode nil)
  (setq-local electric-indent-chars (append '(?\) ?\] ?\} ?|) electric-indent-chars))
  (setq-local syntax-propertize-function ftr--propertize)
  (setq-local parse-sexp-lookup-properties t)
  (setq-local font-lock-defaults
              '(ftr-font-lock-keywords
                nil nil nil
                (font-lock-syntactic-face-function . ftr--syntactic-face)))
  (setq-local imenu-generic-expression
              `((nil ,(concat "^[ \t]*" (ftr--any (append ftr-words-kinds ftr-words-naming))
                              "[ \t]+\\(" ftr--name "\\)")
                     2)))
  (when buffer-file-name
    (setq-local compile-command
                (mapconcat #'shell-quote-argument
                           (list ftr-program "check" "--format" "concise" buffer-file-name)
                           " "))))

;;;###autoload
(add-to-list 'auto-mode-alist '("\\.ftr\\'" . ftr-mode))

(with-eval-after-load 'eglot
  (add-to-list 'eglot-server-programs `(ftr-mode . (,ftr-program "lsp"))))

(provide 'ftr-mode)
;;; ftr-mode.el ends here
