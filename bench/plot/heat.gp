# heat.gp: pawl_mutex as a multiple of each peer, over the matrix.
# SPDX-License-Identifier: BSD-2-Clause
name = 'heat'
width = 1300
height = 700
load 'bench/plot/style.gp'
eval headline('pawl_mutex against each of the others: green is where it is faster, brown where it is slower')
eval subline('Throughput as a multiple of the peer in the same rounds, geometric mean over the pauses between sections.')
eval smallprint
set tmargin 5.5
set bmargin 6.5
set lmargin 20
set rmargin 14
unset grid
unset border
set palette defined (-2 '#8c510a', -1 '#d8b365', 0 '#f5f5f5', 1 '#5ab4ac', 2 '#01665e')
set cbrange [-2 : 2]
set cbtics ('4x slower' -2, '2x slower' -1, 'the same' 0, '2x faster' 1, '4x faster' 2) font ',11'
set xrange [0.5 : columns + 0.5]
set yrange [|rows| + 0.5 : 0.5]
set tics scale 0
set ytics font ',13'
do for [r = 1 : |rows|] { set ytics add (rows[r] r) }
unset xtics
set xlabel 'ns in the section, below it the number of threads' offset 0, -2.6
log2(x) = log(x) / log(2)
clip(x) = x > 2 ? 2 : x < -2 ? -2 : x
ink(x) = abs(clip(log2(x))) > 1.3 ? 0xffffff : 0x202020
number(x) = x >= 9.95 ? sprintf('%.0f', x) : x >= 1.995 ? sprintf('%.1f', x) : sprintf('%.2f', x)
do for [c = group : columns - 1 : group] { set arrow from c + 0.5, graph 0 to c + 0.5, graph 1 nohead front lw 3 lc rgb 'white' }
plot $heat using 1 : 2 : (clip(log2($3))) with image pixels, \
	$heat using 1 : 2 : ($3 == $3 ? number($3) : '-') : (ink($3)) with labels font ',13' textcolor rgb variable, \
	$ticks using 1 : (|rows| + 0.5) : (sprintf('%g', $3)) with labels offset 0, -0.9 font ',12', \
	$ticks using ($1 - 1 + (group + 1) / 2.0) : (|rows| + 0.5) : ((int($1) - 1) % group == 0 ? sprintf('%g thread%s', $2, $2 > 1 ? 's' : '') : '') \
		with labels offset 0, -2.2 font ',13'
