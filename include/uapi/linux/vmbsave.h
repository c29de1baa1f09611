/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
#ifndef _UAPI_LINUX_VMBSAVE_H
#define _UAPI_LINUX_VMBSAVE_H

#include <linux/ioctl.h>
#include <linux/types.h>

/**
 * DOC: /dev/vmbsave
 *
 * One open file is one VMBus instance, that is: one virtual machine. A VMM
 * gives it guest memory (SET_MEMORY_REGION), offers channels
 * (OFFER_CHANNEL), connects eventfds (SET_EVENTFDS), passes on what the guest
 * asks for (CREATE_GPADL, OPEN_CHANNEL, CLOSE_CHANNEL, TEARDOWN_GPADL) and
 * drives save and restore (SET_STATE, RESET) as in VFIO migration version 2.
 * Closing the file releases everything.
 *
 * An operator with CAP_SYS_ADMIN may make an open file that has done nothing
 * yet one more controller of a bus that another process has made (ATTACH): he
 * looks at it, saves and restores it. There is one at a time, and while he is
 * there he alone changes its state.
 *
 * Every ioctl takes a pointer to a structure that begins with its own size, as
 * the caller knows it. A structure that is shorter than the kernel's is filled
 * up with zeros; one that is longer must be zero behind what the kernel knows.
 * Reserved fields must be zero. On failure nothing has changed unless the
 * command says otherwise. Integers are in the byte order of the machine; GUIDs
 * are 16 bytes as in memory on VMBus.
 *
 * What an errno means, for all commands::
 *
 *   ENOTTY      unknown command
 *   E2BIG       a field that this kernel does not know is not zero
 *   EINVAL      a value is out of range, or a reserved field is not zero
 *   EOPNOTSUPP  the field is known, the value not supported; from a data fd: the
 *               stream needs something that this kernel does not know
 *   EFAULT      a pointer cannot be read or written, or guest pages are not
 *               backed by a memory region
 *   ENOENT      no such channel, GPADL or region; from RESUMING: the stream has
 *               a channel that the bus has not, or the other way round
 *   EEXIST      such a channel, GPADL or region is there already
 *   ENODEV      no VSP serves this type and no module that does was found; or it,
 *               the channel or the bus went away
 *   EBUSY       something holds it: a session, an open channel, an unread end,
 *               another controller
 *   EBADFD      the call is not legal in the present state
 *   EDQUOT      a cap is reached (the module's parameters)
 *   ENOBUFS     the room that was given is too small; what is needed is set
 *   EPERM       the caller has not the capability that it takes
 *   ENOMEM      no memory
 *   EMFILE, ENFILE  no room for a data fd
 *   EAGAIN      O_NONBLOCK: there is no event; of a data fd: another call on it is
 *               in progress
 *   EINTR       a fatal signal ended the wait
 *   ETIMEDOUT   the deadline ended the wait
 *   ESTALE      the data fd belongs to a session that is over; from RESUMING:
 *               guest memory and stream are not of one moment
 *   ECANCELED   a VSP disabled its channel during the session
 *   EBADMSG     the stream is damaged: a hash does not fit
 *   EPROTO      chunks of the stream are missing, repeated or out of order; of a
 *               channel: the guest wrote nonsense into its ring
 *   EUCLEAN     the stream is not damaged but says something that cannot be
 *   EPROTONOSUPPORT  the stream is of a version that is not known here
 *   EMSGSIZE    a length in the stream is above a cap
 *   ENODATA     the stream ended before its end record
 *   EOVERFLOW   a VSP claims to have saved more than there was room for
 *   ENOTRECOVERABLE  a VSP says that it has restored a packet and did not
 *
 * Anything else is what a VSP's callback returned. LAST_ERROR says of every call
 * that was refused which field it was and what is wrong with it.
 */

#define VMBSAVE_IOC	0xb6

/* Page frame numbers and page counts are of 4096 bytes, whatever the kernel's. */
#define VMBSAVE_PAGE_SIZE	4096

/* vmbsave_set_state.state; the numbers are VFIO's, 5 to 7 are kept for it */
#define VMBSAVE_STATE_ERROR	0	/* left by RESET only */
#define VMBSAVE_STATE_STOP	1	/* a new bus; no guest byte is written */
#define VMBSAVE_STATE_RUNNING	2
#define VMBSAVE_STATE_STOP_COPY	3	/* the state is read from the data fd */
#define VMBSAVE_STATE_RESUMING	4	/* the state is written to the data fd */

#define VMBSAVE_NAME_BYTES 64

/**
 * struct vmbsave_info - VMBSAVE_GET_INFO
 * @size: of this structure
 * @flags: zero
 * @state: [out] VMBSAVE_STATE_*
 * @stream_major: [out] of the streams that are written and read
 * @stream_minor: [out]
 * @nr_channels: [out] channels of this bus
 * @nr_gpadls: [out] GPADLs of all its channels
 * @nr_packets: [out] outgoing packets in use: queued or awaiting completion
 * @nr_held: [out] incoming packets that VSPs have not completed
 * @nr_completions: [out] completions that wait for ring space
 * @stream_bytes: [out] upper bound of the stream that a save of this bus would
 *	give if nothing changed, bytes; what VSPs add to a packet counts as the
 *	largest that they may
 * @attached: [out] 1: an operator is attached, else 0
 * @reserved: [out] zero
 * @name: [out] of the bus, as in sysfs and for ATTACH; ends with a NUL
 */
struct vmbsave_info {
	__u32 size;
	__u32 flags;
	__u32 state;
	__u16 stream_major;
	__u16 stream_minor;
	__u32 nr_channels;
	__u32 nr_gpadls;
	__u64 nr_packets;
	__u64 nr_held;
	__u64 nr_completions;
	__u64 stream_bytes;
	__u32 attached;
	__u32 reserved;
	__u8 name[VMBSAVE_NAME_BYTES];
};

/**
 * struct vmbsave_memory_region - VMBSAVE_SET_MEMORY_REGION
 * @size: of this structure
 * @flags: zero
 * @gpa: guest physical address, a multiple of 4096
 * @bytes: length, a multiple of 4096; 0 removes the region that starts at @gpa
 * @uaddr: where it is in the caller's address space, a multiple of 4096
 *
 * EEXIST if it overlaps another one. Removing one does not release pages that
 * a GPADL has pinned; they go with the GPADL.
 */
struct vmbsave_memory_region {
	__u32 size;
	__u32 flags;
	__u64 gpa;
	__u64 bytes;
	__u64 uaddr;
};

/**
 * struct vmbsave_offer_channel - VMBSAVE_OFFER_CHANNEL
 * @size: of this structure
 * @flags: zero
 * @type: interface type GUID; if no VSP serves it, the module with the alias
 *	"vmb:<type>" is loaded first
 * @instance: interface instance GUID
 * @subchannel: 0 = primary
 * @reserved: zero
 * @channel: [out] id of the channel on this bus, never used again
 *
 * States STOP and RUNNING. EEXIST if the bus has a channel of the same type,
 * instance and subchannel.
 */
struct vmbsave_offer_channel {
	__u32 size;
	__u32 flags;
	__u8 type[16];
	__u8 instance[16];
	__u16 subchannel;
	__u16 reserved;
	__u32 channel;
};

/* vmbsave_channel_info.state; the numbers are those of the save stream */
#define VMBSAVE_CHANNEL_STATE_DISABLED	0
#define VMBSAVE_CHANNEL_STATE_ENABLED	1
#define VMBSAVE_CHANNEL_STATE_STARTED	2
#define VMBSAVE_CHANNEL_STATE_PAUSED	3
#define VMBSAVE_CHANNEL_STATE_ACTIVE	4
#define VMBSAVE_CHANNEL_STATE_STOPPED	5

/* vmbsave_channel_info.offer_flags: what an offer says to the guest */
#define VMBSAVE_OFFER_LOOPBACK			0x1
#define VMBSAVE_OFFER_ENUMERATE_DEVICE_INTERFACE 0x2
#define VMBSAVE_OFFER_PIPE			0x4
#define VMBSAVE_OFFER_FORCE_NEW_CHANNEL		0x8
#define VMBSAVE_OFFER_TLNPI_PROVIDER		0x10

/**
 * struct vmbsave_channel_info - VMBSAVE_GET_CHANNEL
 * @size: of this structure
 * @channel: id of the channel
 * @type: [out] interface type GUID
 * @instance: [out] interface instance GUID
 * @subchannel: [out] 0 = primary
 * @mmio_megabytes: [out] guest MMIO space that it needs
 * @mmio_optional: [out] megabytes that it could use besides
 * @target_vtl: [out] virtual trust level to offer it to
 * @owned: [out] 1: its owner made it and offers it; 0: OFFER_CHANNEL did
 * @state: [out] VMBSAVE_CHANNEL_STATE_*
 * @max_packet_bytes: [out] largest payload in either direction
 * @offer_flags: [out] VMBSAVE_OFFER_*
 * @channel_flags: [out] 1: pipe framing
 * @reserved: zero
 * @name: [out] for people, ends with a NUL, may be empty
 */
struct vmbsave_channel_info {
	__u32 size;
	__u32 channel;
	__u8 type[16];
	__u8 instance[16];
	__u16 subchannel;
	__u16 mmio_megabytes;
	__u16 mmio_optional;
	__u8 target_vtl;
	__u8 owned;
	__u32 state;
	__u32 max_packet_bytes;
	__u32 offer_flags;
	__u32 channel_flags;
	__u64 reserved;
	__u8 name[VMBSAVE_NAME_BYTES];
};

/**
 * struct vmbsave_channel_id - VMBSAVE_RESCIND_CHANNEL, VMBSAVE_CLOSE_CHANNEL
 * @size: of this structure
 * @channel: id of the channel
 *
 * RESCIND_CHANNEL takes the offer back for good: closes the channel, discards
 * its packets, releases its GPADLs. States STOP and RUNNING. EBUSY if it has an
 * owner: the offer is his.
 *
 * CLOSE_CHANNEL: the guest closed it. Waits, killably, until the VSP has
 * completed what it holds (EINTR: the channel is still open). State RUNNING.
 */
struct vmbsave_channel_id {
	__u32 size;
	__u32 channel;
};

/**
 * struct vmbsave_eventfds - VMBSAVE_SET_EVENTFDS
 * @size: of this structure
 * @channel: id of the channel
 * @kick_fd: eventfd that the VMM signals when the guest signals the host; -1
 *	for none
 * @call_fd: eventfd that the kernel signals to interrupt the guest; -1 for
 *	none. A channel needs one to be opened.
 *
 * Replaces what was set before. Any state.
 */
struct vmbsave_eventfds {
	__u32 size;
	__u32 channel;
	__s32 kick_fd;
	__s32 call_fd;
};

/* vmbsave_create_gpadl.flags: the server may not map it to write */
#define VMBSAVE_GPADL_READ_ONLY	0x1

/**
 * struct vmbsave_create_gpadl - VMBSAVE_CREATE_GPADL
 * @size: of this structure
 * @channel: id of the channel
 * @gpadl: id that the guest chose, not 0
 * @flags: %VMBSAVE_GPADL_READ_ONLY or 0
 * @byte_count: length of the buffer, not 0; with @byte_offset below 2^32
 * @byte_offset: where it starts in its first page, 0..4095
 * @nr_pfns: pages that the buffer touches
 * @reserved: zero
 * @pfns: user address of @nr_pfns __u64 guest page frame numbers
 *
 * Pins the pages. State RUNNING or STOP.
 */
struct vmbsave_create_gpadl {
	__u32 size;
	__u32 channel;
	__u32 gpadl;
	__u32 flags;
	__u32 byte_count;
	__u32 byte_offset;
	__u32 nr_pfns;
	__u32 reserved;
	__aligned_u64 pfns;
};

/**
 * struct vmbsave_gpadl_id - VMBSAVE_TEARDOWN_GPADL
 * @size: of this structure
 * @channel: id of the channel
 * @gpadl: id of the GPADL; EBUSY while an open channel has its rings there, or
 *	another call waits for it. Waits, killably, while the VSP has it mapped
 *	(EINTR: it is still there; so it is if the channel is in a session when
 *	the wait is over: EBUSY or EBADFD)
 * @reserved: zero
 */
struct vmbsave_gpadl_id {
	__u32 size;
	__u32 channel;
	__u32 gpadl;
	__u32 reserved;
};

/**
 * struct vmbsave_open_channel - VMBSAVE_OPEN_CHANNEL
 * @size: of this structure
 * @channel: id of the channel
 * @gpadl: the GPADL that holds both rings; it starts at a page and is not
 *	read-only
 * @downstream_page: first page of the host-to-guest ring in it, at least 2; at
 *	least 2 pages follow from there
 * @target_vp: virtual processor to interrupt; kept for the VMM and saved
 * @reserved: zero
 * @user_data: what the guest passed; kept for the VSP and saved
 * @mmio_gpa: guest physical address of the MMIO space that was reserved for the
 *	channel, bytes; 0 = none. Kept for the VSP and saved
 * @mmio_bytes: its length; with @mmio_gpa below 2^64
 *
 * State RUNNING. EBADFD if it is not offered or open already. Fails with what
 * the VSP's opened callback returned.
 */
struct vmbsave_open_channel {
	__u32 size;
	__u32 channel;
	__u32 gpadl;
	__u32 downstream_page;
	__u32 target_vp;
	__u32 reserved;
	__u8 user_data[120];
	__aligned_u64 mmio_gpa;
	__aligned_u64 mmio_bytes;
};

/**
 * struct vmbsave_set_state - VMBSAVE_SET_STATE
 * @size: of this structure
 * @state: VMBSAVE_STATE_STOP, _RUNNING, _STOP_COPY or _RESUMING
 * @timeout_ms: deadline for VSPs to complete what they hold; 0 = the module's
 *	default
 * @data_fd: [out] entering STOP_COPY: to read the state from, up to the end
 *	of file; entering RESUMING: to write it to, in pieces of any size; else
 *	-1
 * @reached: [out] VMBSAVE_STATE_* in which the bus is now, also on failure
 * @reserved: zero
 *
 * Arcs, and where the bus is if one fails::
 *
 *   STOP -> RUNNING        cannot fail
 *   RUNNING -> STOP        RUNNING (ETIMEDOUT, EINTR; LAST_ERROR names what
 *                          is held)
 *   STOP -> STOP_COPY      STOP; ENOENT without channels, EBADFD if the traffic
 *                          of one has failed: close or rescind it first
 *   STOP_COPY -> STOP      cannot fail; an unfinished save is abandoned
 *   STOP -> RESUMING       STOP; EBADFD if a channel is or was open or has
 *                          outgoing packets
 *   RESUMING -> STOP       commits. ERROR: the stream or a VSP refused, all
 *                          channels are as they were before RESUMING. From
 *                          there each call answers the same until RESET.
 *                          RESUMING: a fatal signal came before the commit
 *                          began (EINTR), and nothing has happened
 *
 * RUNNING <-> STOP_COPY, RESUMING -> RUNNING and STOP_COPY <-> RESUMING go by
 * way of STOP; if the second step fails the bus stays in STOP, and @reached says
 * so. A state asked for again is left as it is, and data_fd is -1. Closing the
 * data fd before its end abandons a save and poisons a restore.
 */
struct vmbsave_set_state {
	__u32 size;
	__u32 state;
	__u32 timeout_ms;
	__s32 data_fd;
	__u32 reached;
	__u32 reserved;
};

/**
 * struct vmbsave_reset - VMBSAVE_RESET
 * @size: of this structure
 * @flags: zero
 *
 * From any state to STOP. A session is dropped: its data fd answers ESTALE from
 * then on, and the channels are as they were before RESUMING. From RUNNING it
 * stops as SET_STATE does and can fail as that does.
 */
struct vmbsave_reset {
	__u32 size;
	__u32 flags;
};

#define VMBSAVE_ERROR_TEXT 192

/* vmbsave_last_error.flags: ask for the error of the bus alone */
#define VMBSAVE_ERROR_OF_BUS	0x1
/* [out] it is a call of this file that was refused; no matter when asking */
#define VMBSAVE_ERROR_REFUSED	0x2

/**
 * struct vmbsave_last_error - VMBSAVE_LAST_ERROR
 * @size: of this structure
 * @flags: %VMBSAVE_ERROR_OF_BUS or 0; [out] %VMBSAVE_ERROR_REFUSED is set or
 *	cleared
 * @error: [out] errno, positive; 0 if there is neither error
 * @status: [out] the NTSTATUS that stands for it
 * @channel: [out] id of the channel concerned, 0 = none
 * @chunk: [out] number of the chunk in the stream, 0 = its header or none
 * @offset: [out] bytes from the start of the stream
 * @packet: [out] transaction id, 0 = none
 * @text: [out] one sentence, ends with a NUL
 *
 * There are two, and the later one is told:
 *
 * The error of the bus: the first one of the last session or change of state
 * that failed, and where the change left the bus. RESET forgets it, and so does a
 * change of state that succeeds.
 *
 * The refusal of this file: the last call of it, or of a data fd that it gave,
 * that was refused: "COMMAND: ", which field it was and what is wrong with it. No
 * other file sees it, and no call that succeeds clears it. A call that failed for
 * the error of the bus is none, and clears it.
 *
 * Answers on an attached file too whose bus has gone.
 */
struct vmbsave_last_error {
	__u32 size;
	__u32 flags;
	__u32 error;
	__u32 status;
	__u32 channel;
	__u32 chunk;
	__u64 offset;
	__u64 packet;
	char text[VMBSAVE_ERROR_TEXT];
};

/* vmbsave_stats.slowest_call: the VSP's callback */
#define VMBSAVE_CALL_NONE		0
#define VMBSAVE_CALL_SUSPEND		1
#define VMBSAVE_CALL_SAVE_PACKET	2
#define VMBSAVE_CALL_SAVE_STATE		3
#define VMBSAVE_CALL_RESTORE_PACKET	4
#define VMBSAVE_CALL_RESTORE_STATE	5
#define VMBSAVE_CALL_OPENED		6
#define VMBSAVE_CALL_STARTED		7

/**
 * struct vmbsave_stats - VMBSAVE_GET_STATS
 * @size: of this structure
 * @flags: zero
 * @nr_saves: [out] saves that reached their end since the bus was made
 * @nr_saves_failed: [out] saves that failed or were abandoned
 * @nr_restores: [out] restores that were committed
 * @nr_restores_failed: [out] restores that failed or were dropped
 * @save_bytes: [out] read of the last save so far, bytes
 * @save_packets: [out] packets in it so far
 * @save_chunks: [out] chunks in it so far
 * @save_ns: [out] time from the beginning of the last save to its last chunk so
 *	far, ns
 * @restore_bytes: [out] taken by the last restore so far, bytes
 * @restore_packets: [out] packets of it that were staged so far
 * @restore_chunks: [out] chunks of it that were verified so far
 * @restore_ns: [out] time from the beginning of the last restore to its last
 *	chunk so far, ns
 * @commit_ns: [out] time that the last commit took, failed or not, ns
 * @stop_ns: [out] time that the last stop took, failed or not, ns
 * @run_ns: [out] time that the last start took, ns
 * @slowest_ns: [out] time in the slowest callback of the last stop, save,
 *	restore, commit and start, ns
 * @slowest_packet: [out] transaction id of the packet that it was for, 0 = none
 * @slowest_call: [out] VMBSAVE_CALL_*
 * @slowest_channel: [out] id of its channel
 *
 * Times are of the monotonic clock, 0 = it did not happen yet. Any state. While
 * a save or a restore goes on, its time is looked at with every sixteenth chunk.
 *
 * Of the callbacks that come once for each packet (SAVE_PACKET, RESTORE_PACKET)
 * those that take less than two ticks of the kernel (CONFIG_HZ) are not seen,
 * and of the others the whole ticks are counted that they took at the least:
 * a clock would cost as much as saving a packet does. With the module's parameter
 * time_packets set they are timed by the clock. STARTED is all that starting a
 * channel calls. Saves and restores of single channels that somebody in the
 * kernel makes are in none of this.
 */
struct vmbsave_stats {
	__u32 size;
	__u32 flags;
	__u64 nr_saves;
	__u64 nr_saves_failed;
	__u64 nr_restores;
	__u64 nr_restores_failed;
	__u64 save_bytes;
	__u64 save_packets;
	__u64 save_chunks;
	__u64 save_ns;
	__u64 restore_bytes;
	__u64 restore_packets;
	__u64 restore_chunks;
	__u64 restore_ns;
	__u64 commit_ns;
	__u64 stop_ns;
	__u64 run_ns;
	__u64 slowest_ns;
	__u64 slowest_packet;
	__u32 slowest_call;
	__u32 slowest_channel;
};

/**
 * struct vmbsave_gpadl_pages - VMBSAVE_GET_GPADL_PAGES
 * @size: of this structure
 * @flags: zero
 * @nr_pages: room at @pfns, entries; [out] entries written, or needed (ENOBUFS)
 * @reserved: zero
 * @pfns: user address of an array of __u64: guest page frame numbers, in
 *	rising order, each once
 *
 * The guest pages that the host may have written without the VMM's seeing it:
 * those of every GPADL that was not read-only and of all external data that a
 * VSP was given to write, since the bus was made. They stay listed when the
 * GPADL is torn down or the channel goes, for nobody here knows when the VMM
 * copied them last. They count as dirty at all times: a VMM copies them after
 * STOP. Any state. While the bus runs there can be more at once.
 */
struct vmbsave_gpadl_pages {
	__u32 size;
	__u32 flags;
	__u32 nr_pages;
	__u32 reserved;
	__aligned_u64 pfns;
};

/* vmbsave_attach.flags: leave the bus in the state in which it is on closing */
#define VMBSAVE_ATTACH_KEEP_STATE	0x1

/**
 * struct vmbsave_attach - VMBSAVE_ATTACH
 * @size: of this structure
 * @flags: %VMBSAVE_ATTACH_KEEP_STATE or 0
 * @name: of the bus, "vmb" and a number, ends with a NUL
 *
 * Makes this open file, on which nothing was done yet, a controller of the bus
 * of that name; its own bus goes away. EPERM without CAP_SYS_ADMIN, ENOENT if
 * there is no such bus, EBUSY if it has an attached controller or this file has
 * been used, ENODEV if the bus goes away meanwhile, EINVAL if it is its own.
 * Only GET_INFO, GET_STATS, GET_CHANNEL, GET_GPADL_PAGES, LAST_ERROR and poll()
 * do not count as use.
 *
 * An attached file has GET_INFO, GET_STATS, GET_CHANNEL, GET_GPADL_PAGES,
 * LAST_ERROR, SET_STATE and RESET; the others answer EBADFD. As long as it is
 * there, SET_STATE and RESET of the VMM answer EBUSY; whatever else the VMM
 * does works as always, and if it closes its file the bus goes away: all calls
 * of the attached one but LAST_ERROR answer ENODEV then.
 *
 * On closing, or when its owner dies, an unfinished session of it is dropped as
 * by RESET, and if the bus was RUNNING when it was attached it is so again,
 * unless %VMBSAVE_ATTACH_KEEP_STATE is set and no session had to be dropped. A
 * save that was read to its end is finished. If it has changed no state, none is
 * changed.
 */
struct vmbsave_attach {
	__u32 size;
	__u32 flags;
	__u8 name[VMBSAVE_NAME_BYTES];
};

/* vmbsave_event.type */
#define VMBSAVE_EVENT_RESCINDED	1	/* the VSP went away; forget the channel */
#define VMBSAVE_EVENT_FAILED	2	/* the channel's traffic stopped for an error */
#define VMBSAVE_EVENT_OFFERED	3	/* its owner offers it: ask GET_CHANNEL */
/* After a restore: the guest's channel is to be rescinded, this one offered */
#define VMBSAVE_EVENT_REOFFERED	4

/**
 * struct vmbsave_event - what read() on the device returns, whole ones only
 * @type: VMBSAVE_EVENT_*
 * @channel: id of the channel
 * @error: errno, positive
 * @reserved: zero
 *
 * read() waits unless O_NONBLOCK is set; poll() says when there is one. At
 * most one of each type is pending for a channel.
 */
struct vmbsave_event {
	__u32 type;
	__u32 channel;
	__u32 error;
	__u32 reserved;
};

#define VMBSAVE_GET_INFO	_IO(VMBSAVE_IOC, 0)
#define VMBSAVE_SET_MEMORY_REGION _IO(VMBSAVE_IOC, 1)
#define VMBSAVE_OFFER_CHANNEL	_IO(VMBSAVE_IOC, 2)
#define VMBSAVE_RESCIND_CHANNEL	_IO(VMBSAVE_IOC, 3)
#define VMBSAVE_SET_EVENTFDS	_IO(VMBSAVE_IOC, 4)
#define VMBSAVE_CREATE_GPADL	_IO(VMBSAVE_IOC, 5)
#define VMBSAVE_TEARDOWN_GPADL	_IO(VMBSAVE_IOC, 6)
#define VMBSAVE_OPEN_CHANNEL	_IO(VMBSAVE_IOC, 7)
#define VMBSAVE_CLOSE_CHANNEL	_IO(VMBSAVE_IOC, 8)
#define VMBSAVE_SET_STATE	_IO(VMBSAVE_IOC, 9)
#define VMBSAVE_RESET		_IO(VMBSAVE_IOC, 10)
#define VMBSAVE_LAST_ERROR	_IO(VMBSAVE_IOC, 11)
#define VMBSAVE_GET_CHANNEL	_IO(VMBSAVE_IOC, 12)
#define VMBSAVE_GET_STATS	_IO(VMBSAVE_IOC, 13)
#define VMBSAVE_GET_GPADL_PAGES	_IO(VMBSAVE_IOC, 14)
#define VMBSAVE_ATTACH		_IO(VMBSAVE_IOC, 15)

#endif /* _UAPI_LINUX_VMBSAVE_H */
