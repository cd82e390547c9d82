# throughput.gp: operations per second against threads.
# SPDX-License-Identifier: BSD-2-Clause
name = 'throughput'
width = 1500
height = 960
load 'bench/plot/style.gp'
says = 'How much gets through a contended lock: higher is better'
reads = 'Millions of sections per second, all threads together, median of the rounds. Each panel has its own scale.'
unit = 'million / s'
load 'bench/plot/lines.gp'
