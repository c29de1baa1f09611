/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMBSAVECTL_COMMAND_H
#define _VMBSAVECTL_COMMAND_H

/*
 * Each takes its own arguments, argv[0] being what stands before them in a
 * usage line, and returns an EXIT_*.
 */
int command_inspect(int argc, char **argv);
int command_verify(int argc, char **argv);
int command_diff(int argc, char **argv);
int command_list(int argc, char **argv);
int command_show(int argc, char **argv);
int command_stats(int argc, char **argv);
int command_save(int argc, char **argv);
int command_restore(int argc, char **argv);

#endif /* _VMBSAVECTL_COMMAND_H */
