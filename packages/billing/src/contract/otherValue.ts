/**
 * The value under which units count if a call has no usable label for a dimension, or if the dimension's values are
 * used up.
 */
export const otherValue = 'other'
