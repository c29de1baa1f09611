/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMB_KUNIT_FIELDS_H
#define _VMB_KUNIT_FIELDS_H

#include <linux/types.h>

/**
 * struct vmb_test_field - a field of a structure of the stream
 * @name: for messages
 * @at: where in the structure
 * @bytes: its length
 */
struct vmb_test_field {
	const char *name;
	u16 at;
	u16 bytes;
};

/**
 * struct vmb_test_fields - the fields of a structure
 * @nr: how many
 * @field: the fields, in order
 */
struct vmb_test_fields {
	u32 nr;
	const struct vmb_test_field *field;
};

/**
 * enum vmb_test_damage - what is done to a field
 * @VMB_TEST_FIELD_ZERO: 0
 * @VMB_TEST_FIELD_MAX: all ones
 * @VMB_TEST_FIELD_PLUS: one more
 * @VMB_TEST_FIELD_MINUS: one less
 * @VMB_TEST_FIELD_SWAP: exchanged with the bytes behind it
 * @VMB_TEST_FIELD_REMOVE: not there; what follows moves up
 * @VMB_TEST_FIELD_DUPLICATE: there twice; what follows moves down
 * @VMB_TEST_NR_DAMAGES: how many there are
 */
enum vmb_test_damage {
	VMB_TEST_FIELD_ZERO,
	VMB_TEST_FIELD_MAX,
	VMB_TEST_FIELD_PLUS,
	VMB_TEST_FIELD_MINUS,
	VMB_TEST_FIELD_SWAP,
	VMB_TEST_FIELD_REMOVE,
	VMB_TEST_FIELD_DUPLICATE,
	VMB_TEST_NR_DAMAGES
};

extern const struct vmb_test_fields vmb_test_stream_header_fields;
extern const struct vmb_test_fields vmb_test_chunk_header_fields;
extern const struct vmb_test_fields vmb_test_record_header_fields;
extern const struct vmb_test_fields vmb_test_manifest_entry_fields;

const struct vmb_test_fields *vmb_test_record_fields(u16 type);
void vmb_test_damage(u8 *data, u32 *bytes, u32 at,
		     const struct vmb_test_field *field,
		     enum vmb_test_damage damage);

#endif /* _VMB_KUNIT_FIELDS_H */
