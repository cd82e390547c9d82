# latency.gp: how long an acquisition takes, rank by rank.
# SPDX-License-Identifier: BSD-2-Clause
name = 'latency'
width = 1500
height = 760
load 'bench/plot/style.gp'
set logscale xy
set xrange [2 : 10000 * 22]
set xtics ('half' 2, '1 of 10' 10, '1 of 100' 100, '1 of 1000' 1000, '1 of 10 000' 10000)
set ytics ('10 ns' 10, '100 ns' 100, '1 us' 1e3, '10 us' 1e4, '100 us' 1e5, '1 ms' 1e6, '10 ms' 1e7, '100 ms' 1e8, '1 s' 1e9)
set multiplot
eval headline('How long a thread waits for the lock: lower is better')
eval subline('The unluckiest one in so many acquisitions waits at least this long (to the right: the rare long waits). Median of the rounds.')
eval smallprint
do for [panel = 1 : panels] {
	set size 0.96 / panels, 0.86
	set origin 0.02 + (panel - 1) * 0.96 / panels, 0.06
	set lmargin 9
	set rmargin 1
	set title head[panel] font ',12' offset 0, -0.6
	set yrange [10 : top[panel]]
	set xlabel 'share of the acquisitions that wait longer' offset 0, 0.2
	plot for [r = |rows| : 1 : -1] '$line'.panel.'_'.r using 1 : 2 with lines lw wide(rows[r]) lc rgb colour(rows[r]), \
		'$label'.panel using (10000) : 1 : (4000) : ($2 - $1) : (colour(rows[int($4)])) with vectors nohead lw 0.7 \
			lc rgb variable, \
		'$label'.panel using (10000 * 1.5) : 2 : 3 : (colour(rows[int($4)])) with labels left font ',11' \
			textcolor rgb variable
	unset label 1001
	unset label 1002
	unset label 1003
}
unset multiplot
