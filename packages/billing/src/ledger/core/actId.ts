import type { Operate } from '../commands.ts'

/** Returns the ID of the act's record. An act whose record exists isn't done again. */
export const actId = ({ id }: Operate): string => id
