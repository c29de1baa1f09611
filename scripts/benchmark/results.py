# SPDX-License-Identifier: GPL-2.0-only
"""What a run printed, taken apart, the statistics of it, and tables of them."""

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
        quartile = statistics.quantiles(values, n=4, method='inclusive')[0]
        return values[0], quartile, statistics.median(values)

    def median(self, expression):
        """The median over the rounds."""
        return statistics.median(self.values(expression))


class Run:
    """All series of one machine."""

    def __init__(self, path):
        self.name = 'unknown machine'
        self.series = []
        with open(path, encoding='utf-8') as lines:
            for line in lines:
                self.take(line.split())

    def take(self, words):
        """One line of what the machine printed."""
        if words[:1] == ['kernel']:
            count = 'one processor' if words[2] == '1' else f'{words[2]} processors'
            self.name = f'Linux {words[1]}, {count}'
        elif words[:1] == ['run']:
            self.series.append(Series(fields(words[1:])))
        elif words[:1] == ['round']:
            self.series[-1].rounds.append(fields(words[1:]))

    def moves(self):
        """Moves in the kernel."""
        return [series for series in self.series if series.facts.get('hint')]

    def unannounced(self):
        """Those whose VSP had not said how long the state of a packet is."""
        return [series for series in self.series if series.facts.get('hint') == 0]

    def costs(self):
        """Those with one channel, by the number of packets and their size."""
        return [series for series in self.moves()
                if series.facts['channels'] == 1 and series.facts['packets'] > 1]


def fields(words):
    """NAME=NUMBER words."""
    return {name: int(value) for name, value in (word.split('=') for word in words)}


def save(one):
    """STOP_COPY, and all read."""
    return one['save']


def restore(one):
    """RESUMING, all written, committed."""
    return one['write'] + one['commit']


def source(one):
    """From the call of STOP to the last byte read."""
    return one['stop'] + one['save']


def destination(one):
    """From the last byte written to the return of RUNNING."""
    return one['commit'] + one['run']


def whole(one):
    """Without what carries the bytes, which a VMM does meanwhile or not at all."""
    return source(one) + one['write'] + destination(one)


def table(title, heads, rows):
    """A simple table of reStructuredText."""
    cells = [heads] + [[str(cell) for cell in row] for row in rows]
    if len(cells) == 1:
        return
    widths = [max(len(row[i]) for row in cells) for i in range(len(heads))]
    rule = '  '.join('=' * width for width in widths)
    print(f"{title}\n{'-' * len(title)}\n\n{rule}")
    for number, row in enumerate(cells):
        print('  '.join(cell.rjust(width) for cell, width in zip(row, widths)).rstrip())
        if not number:
            print(rule)
    print(f'{rule}\n')


def three(series, expression, scale=1.0, digits=0):
    """Minimum, first quartile, median."""
    return ' / '.join(f'{value / scale:.{digits}f}' for value in series.summary(expression))


def ratio(series, expression, below):
    """First quartile and median of the ratios within each round."""
    _, quartile, median = series.summary(lambda one: expression(one) / one[below])
    return f'{quartile:.2f} / {median:.2f}'
