/* SPDX-License-Identifier: BSD-2-Clause */
/** family.h: all that a command has started, whatever it has done to get away: setsid, double forks, process groups. */
#ifndef PAWL__CLI_FAMILY_H
#define PAWL__CLI_FAMILY_H

/** From now on whatever our children leave behind becomes our child. */
void cli_family_begin(void);

/** Send a signal to every descendant of this process there is just now. */
void cli_family_signal(int signal_number);

#endif
