#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# nightly.sh: a job that is in the crontab of every host, and runs once a night, on one of them.
#
#   0 3 * * *  PAWL_REMOTE=redis://locks.example DONE=/shared/done nightly.sh ./backup --all
#
# The lock alone is not enough: a host whose clock is late comes when the first one has finished, finds the lock free, and does it
# all again. So who has the lock looks whether the night's work has been done, and says so when it has. Whoever waits is there to
# do it if the first one dies: `pawl run` ends the job of a host that loses its lease before another host can begin.
#
# DONE is a directory that the hosts share; what stands in its files is the token under which the work was done.
: "${DONE:?the directory, shared by the hosts, in which it is noted that a night is done}"
export DONE NIGHT="${NIGHT:-$(date +%F)}"
# shellcheck disable=SC2016 # for the shell that has the lock
exec pawl run -w 3600 nightly sh -c '
    [ ! -e "$DONE/$NIGHT" ] || exit 0
    "$@" && echo "$PAWL_FENCE" >"$DONE/$NIGHT.$PAWL_FENCE" && mv "$DONE/$NIGHT.$PAWL_FENCE" "$DONE/$NIGHT"' sh "$@"
