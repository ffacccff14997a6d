from math import exp as spread


def score(answer, row):
    return spread(-len(answer))


if True:
    LATER = score


def short(answer):
    return len(answer)


def many(answer, row, weight):
    return weight


def named(answer, row, *, weight):
    return weight


def loose(*both, weight=1.0):
    return weight
