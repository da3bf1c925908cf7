/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The descriptor stores of systemd's units, and what becomes of them. */
#pragma once

struct survey;

/*
 * Where systemd is process 1, tell of each session for the next kernel whether it goes along
 * with systemctl kexec (carried), and of what process 1 holds of which unit it is.  Units are
 * asked by programs of systemd: only for the host that runs.
 */
void stores_ask(int rootfd, struct survey *survey);
