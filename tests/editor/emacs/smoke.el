;;; smoke.el --- What a person does in Emacs, by Eglot  -*- lexical-binding: t; -*-
;; Opens a recipe, sees what is wrong with it, applies a fix, completes a column, renames a dataset, formats.
;; What was seen is written as JSON. Run by test_eglot.py: `emacs -Q --batch -L editors/emacs -l smoke.el'.
;; RECIPEDSL: the program; RECIPEDSL_SEEN: the file for what was seen.

(package-initialize)
(require 'eglot)
(require 'json)
(require 'ftr-mode)

(defvar smoke-seen nil "What was seen, as an alist.")
(defconst smoke-patience 150
  "Seconds; a busy machine is slow, and what never comes is told all the same.")

(defun smoke-see (name value)
  "Keep VALUE under NAME."
  (push (cons name value) smoke-seen))

(defun smoke-wait (what condition)
  "Let messages in until CONDITION holds; WHAT names it."
  (let ((end (+ (float-time) smoke-patience)))
    ;; What a command does when it is over: the text is sent, Flymake asks anew.
    (while (progn (eglot--signal-textDocument/didChange)
                  (flymake-start)
                  (not (funcall condition)))
      (when (> (float-time) end)
        (error "Nothing happened while waiting for %s" what))
      (accept-process-output nil 0.05))))

(defun smoke-problems ()
  "Where each problem stands that Flymake shows, and its first line, in the order of the text."
  (mapcar (lambda (each)
            `((line . ,(line-number-at-pos (flymake-diagnostic-beg each)))
              (message . ,(car (split-string (flymake-diagnostic-text each) "\n")))))
          (sort (flymake-diagnostics)
                (lambda (one other) (< (flymake-diagnostic-beg one) (flymake-diagnostic-beg other))))))

(defun smoke-error-p (problem)
  "Whether a PROBLEM of Flymake is an error."
  (eq (flymake-diagnostic-type problem) 'eglot-error))

(defun smoke-go (text &optional behind)
  "Put point on the first letter of TEXT, or BEHIND it."
  (goto-char (point-min))
  (search-forward text)
  (unless behind
    (goto-char (match-beginning 0))))

(defun smoke-has (text)
  "Whether TEXT stands in the recipe."
  (save-excursion (goto-char (point-min)) (search-forward text nil t)))

(defun smoke-replace (old new)
  "Put NEW in the place of OLD; point stays behind it."
  (smoke-go old)
  (delete-char (length old))
  (insert new))

(defun smoke-choose (start end candidates predicate)
  "Put `answer' between START and END, as one who picks it from CANDIDATES that fit PREDICATE."
  (let ((found (all-completions (buffer-substring start end) candidates predicate)))
    (smoke-see 'completed (vconcat (mapcar #'substring-no-properties found)))
    (let ((chosen (car (member "answer" found))))
      (delete-region start end)
      (insert chosen)
      (funcall (plist-get completion-extra-properties :exit-function) chosen 'finished))))

(defun smoke ()
  "All of it."
  (find-file "recipe.ftr")
  (smoke-see 'mode (symbol-name major-mode))
  (let ((eglot-sync-connect smoke-patience))
    (call-interactively #'eglot))
  (smoke-wait "diagnostics" (lambda () (>= (length (smoke-problems)) 3)))
  (smoke-see 'problems (vconcat (smoke-problems)))

  ;; A fix: the first that is offered for the misspelt setting.
  (smoke-go "epoch ")
  (let ((last-nonmenu-event t))
    (cl-letf (((symbol-function 'completing-read)
               (lambda (_ offered &rest _)
                 (smoke-see 'offered (vconcat (mapcar #'car offered)))
                 (caar offered))))
      (eglot-code-actions (point) (+ (point) 5) nil t)))
  (smoke-wait "the fix" (lambda () (smoke-has "epochs = 1")))

  ;; A column, completed where the misspelt one stands.
  (smoke-replace "answr" "ans")
  (let ((completion-in-region-function #'smoke-choose))
    (completion-at-point))
  (smoke-wait "the column" (lambda () (smoke-has "chars(answer)")))

  (smoke-go "lessons")
  (eglot-rename "worked")
  (smoke-wait "the new name" (lambda () (smoke-has "data = worked")))

  (smoke-replace "bacth" "batch")
  (eglot-format-buffer)
  (smoke-see 'text (buffer-string))
  (smoke-wait "no errors" (lambda () (not (seq-some #'smoke-error-p (flymake-diagnostics)))))
  (eglot-shutdown (eglot-current-server)))

(condition-case problem
    (smoke)
  (error (smoke-see 'problem (format "%S" problem))
         (smoke-see 'text (buffer-string))))
(with-temp-file (getenv "RECIPEDSL_SEEN")
  (insert (json-encode smoke-seen)))
;;; smoke.el ends here
