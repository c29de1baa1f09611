# SPDX-License-Identifier: GPL-2.0-only
"""What a run printed, taken apart, and the statistics of it."""

import statistics


class Series:
    """One line of the plan: what it was, and one value a round of each thing measured."""

    def __init__(self, facts):
        self.facts = facts
        self.rounds = []

    def values(self, expression):
        """One number a round; EXPRESSION is a function of the round's values."""
        return [expression(one) for one in self.rounds]

    def summary(self, expression):
        """(minimum, first quartile, median) over the rounds."""
        values = sorted(self.values(expression))
        if len(values) < 2:
            return (values[0],) * 3
        return values[0], statistics.quantiles(values, n=4, method='inclusive')[0], \
            statistics.median(values)

    def median(self, expression):
        return statistics.median(self.values(expression))


def fields(words):
    return {name: int(value) for name, value in (word.split('=') for word in words)}


def read(path):
    """All series of a file, in order."""
    series = []
    with open(path, encoding='utf-8') as lines:
        for line in lines:
            words = line.split()
            if not words:
                continue
            if words[0] == 'run':
                series.append(Series(fields(words[1:])))
            elif words[0] == 'round':
                series[-1].rounds.append(fields(words[1:]))
    return series
