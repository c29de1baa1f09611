// SPDX-License-Identifier: GPL-2.0-only
/*
 * What vsp_kmcl has in common with vsp_queue and what names nothing of either
 * interface: the records, and the states of packets. An object can be part of
 * one module only, so it is compiled for each.
 */
#include "vsp_queue_record.c"
#include "vsp_queue_state.c"
