# death.gp: from SIGKILL of the holder until the next one owns the lock.
# SPDX-License-Identifier: BSD-2-Clause
name = 'death'
width = 1100
height = 680
load 'bench/plot/style.gp'
eval headline('How long the next one waits when the holder is killed: lower is better')
eval subline(sprintf('From kill -9 until a process that slept owns the lock, median. Left, pale: the holder had touched %g MiB of memory; right: %g MiB.', small, large))
eval smallprint
set tmargin 5.5
set bmargin 5.5
set lmargin 10
set logscale y
set ytics ('10 us' 10, '100 us' 100, '1 ms' 1e3, '10 ms' 1e4, '100 ms' 1e5, '1 s' 1e6)
set yrange [10 : top]
set xrange [0.4 : |rows| + 0.6]
set xtics scale 0 font ',13'
do for [r = 1 : |rows|] { set xtics add (rows[r] r) }
says(us) = us < 1000 ? sprintf('%.0f us', us) : sprintf('%.1f ms', us / 1000)
pale(c) = 0xffffff - (0xffffff - c & 0xfefefe) / 2
set style fill solid 1 noborder
plot $bars using ($1 - 0.2) : 2 : (0.36) : (pale(colour(rows[int($1)]))) with boxes lc rgb variable, \
	$bars using ($1 + 0.2) : 3 : (0.36) : (colour(rows[int($1)])) with boxes lc rgb variable, \
	$bars using ($1 - 0.2) : 2 : (says($2)) with labels offset 0, 0.7 font ',11', \
	$bars using ($1 + 0.2) : 3 : (says($3)) with labels offset 0, 0.7 font ',11'
