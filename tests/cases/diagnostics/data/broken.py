def score(answer, row)
    return 1
