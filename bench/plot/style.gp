# style.gp: what the pictures share. They are drawn, from the top folder, by
#     gnuplot -e "dir='DIR'; format='svg'" bench/plot/NAME.gp
# which reads DIR/NAME.dat (pawl-bench --plot DIR writes it) and writes DIR/NAME.svg; or png.
# SPDX-License-Identifier: BSD-2-Clause
set encoding utf8
if (format eq 'png') {
	eval sprintf("set terminal pngcairo noenhanced size %d,%d font 'Sans,12' background '#ffffff'", width, height)
} else {
	eval sprintf("set terminal svg noenhanced size %d,%d font 'sans-serif,12' fontscale 1.25 background '#ffffff'", width, height)
}
set output dir.'/'.name.'.'.format
load dir.'/'.name.'.dat'

# pawl's rows are wide and saturated, the others thin and muted; each keeps its colour in all pictures.
colour(row) = row eq 'pawl_mutex' ? 0x0b5fc0 : row eq 'pawl_spin' ? 0xd1495b : row eq 'pawl_robust' ? 0x0b5fc0 : \
	row eq 'pawl_named' ? 0xd1495b : row eq 'pthread_normal' ? 0x9a7d5a : row eq 'pthread_adaptive' ? 0xc29a4b : \
	row eq 'nsync_mu' ? 0x5f9468 : row eq 'absl_mutex' ? 0x8a74a8 : row eq 'ck_fas' ? 0x5e97a6 : 0x8c8c8c
ours(row) = row[1:5] eq 'pawl_'
wide(row) = ours(row) ? 3.6 : 1.5
point(row) = ours(row) ? 7 : 6

set border 3 lc rgb '#808080' lw 0.8
set tics nomirror scale 0.5 textcolor rgb '#404040'
set grid y lc rgb '#e4e4e4' lw 0.7 lt 1
set key off
# a title, what to look for, and the machine in small print
headline(text) = sprintf("set label 1001 \"%s\" at screen 0.012, screen 0.972 left font ',18'", text)
subline(text) = sprintf("set label 1002 \"%s\" at screen 0.012, screen 0.93 left font ',12' textcolor rgb '#505050'", text)
smallprint = "set label 1003 machine at screen 0.012, screen 0.018 left font ',9' textcolor rgb '#707070'"
