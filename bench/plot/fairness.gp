# fairness.gp: the share of the thread that got least, against threads.
# SPDX-License-Identifier: BSD-2-Clause
name = 'fairness'
width = 1500
height = 960
load 'bench/plot/style.gp'
says = 'What the worst served thread gets: higher is fairer'
reads = 'Sections of the thread that got fewest, as a part of the mean: 1 if all are alike, 0 if one starves. Median of the rounds.'
unit = 'least / mean'
load 'bench/plot/lines.gp'
