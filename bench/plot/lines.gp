# lines.gp: small multiples against the number of threads, for throughput.gp and fairness.gp, which say what is on the axis.
# SPDX-License-Identifier: BSD-2-Clause
set logscale x 2
set xrange [least * 0.9 : most * (most / least) ** 0.62]
set xtics least, 2, most
shift(x) = x * (most / least) ** 0.08
set multiplot
eval headline(says)
eval subline(reads)
eval smallprint
left = 0.055
bottom = 0.10
do for [o = 1 : down] {
	do for [i = 1 : across] {
		panel = (o - 1) * across + i
		set size 0.94 / across, 0.86 / down
		set origin left - 0.035 + (i - 1) * 0.96 / across, bottom + (down - o) * 0.84 / down - 0.06
		set lmargin 8
		set rmargin 1
		set tmargin 2.4
		set bmargin 3
		set title head[panel] font ',12' offset 0, -0.6
		set yrange [0 : top[panel]]
		set xlabel o == down ? 'threads' : '' offset 0, 0.4
		set ylabel i == 1 ? unit : '' offset 1.2, 0
		plot for [r = |rows| : 1 : -1] '$panel'.panel using 1 : (column(r + 1)) with linespoints lw wide(rows[r]) pt point(rows[r]) \
				ps 0.6 lc rgb colour(rows[r]), \
			'$label'.panel using 1 : 2 : (shift($1) - $1) : ($3 - $2) : (colour(rows[int($5)])) with vectors nohead lw 0.7 \
				lc rgb variable, \
			'$label'.panel using (shift($1) * 1.04) : 3 : 4 : (colour(rows[int($5)])) with labels left font ',11' \
				textcolor rgb variable
		unset label 1001
		unset label 1002
		unset label 1003
	}
}
unset multiplot
