;;; emacs.el --- What `ftr-mode' makes of a recipe  -*- lexical-binding: t; -*-
;; Run by test_emacs.py: `emacs -Q --batch -L editors/emacs -l ftr-mode -l emacs.el -f ftr-test-FUNCTION FILES'.

(defun ftr-test-faces ()
  "Print the face of every symbol of a file: its line, the text, the face."
  (with-current-buffer (find-file-noselect (pop command-line-args-left))
    (font-lock-ensure)
    (goto-char (point-min))
    (while (re-search-forward "\\_<[A-Za-z_0-9]+\\_>\\|#+ \\|\"" nil t)
      (princ (format "%d %s %s\n" (line-number-at-pos) (string-trim (match-string 0))
                     (get-text-property (match-beginning 0) 'face))))))

(defun ftr-test-indent ()
  "Take the indentation of files away, indent them anew, and print the lines that differ."
  (dolist (file command-line-args-left)
    (with-temp-buffer
      (insert-file-contents file)
      (let ((wanted (split-string (buffer-string) "\n")))
        (ftr-mode)
        (goto-char (point-min))
        (while (not (eobp))
          (unless (nth 3 (syntax-ppss (line-beginning-position)))
            (delete-horizontal-space))
          (forward-line 1))
        (let ((inhibit-message t)) (indent-region (point-min) (point-max)))
        (cl-mapc (lambda (want got)
                   (unless (string= want got)
                     (princ (format "%s\n  wanted %S\n  got    %S\n" file want got))))
                 wanted (split-string (buffer-string) "\n")))))
  (setq command-line-args-left nil))
