from math import exp as spread


def score(answer, row):
    return spread(-len(answer))


if True:
    LATER = score
