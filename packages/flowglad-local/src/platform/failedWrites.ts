import type { z } from 'zod'
import { Problem, rejected, unexpected } from './problems.ts'

/** The kind of write that the platform's error message names. */
export type Write = 'insert' | 'bulk insert' | { update: string }

/**
 * The platform's error for a write that its database rejects. Most routes return the error's text with status
 * 500. A route that runs in `explained` returns `explanation` instead.
 */
class FailedWrite extends Problem {
  constructor(
    text: string,
    readonly explanation: Problem,
  ) {
    super('INTERNAL_SERVER_ERROR', text)
  }
}

/**
 * Returns the error for a write that the platform's database rejects.
 * @param reason the reason for the rejection. The platform's text contains the SQL statement instead.
 * @param explanation the error that routes in `explained` return
 */
export function failedWrite(write: Write, table: string, reason: string, explanation?: Problem): Problem {
  const { verb, text } = describe(write, table)
  return new FailedWrite(
    `${text}: ${reason}`,
    explanation ??
      rejected(`Unable to ${verb}. Please try again or contact support if the problem persists.`),
  )
}

/** Returns the error for a slug that another record of the table already has. */
export const duplicateSlug = (write: Write, table: string, slug: string, explanation?: Problem) =>
  failedWrite(
    write,
    table,
    `duplicate key value violates unique constraint, slug "${slug}" already exists`,
    explanation,
  )

function describe(write: Write, table: string): { verb: string; text: string } {
  if (typeof write === 'object')
    return { verb: 'update', text: `Failed to update ${table} with id ${write.update}` }
  if (write === 'insert')
    return {
      verb: 'insert',
      text: `Failed to insert item into ${table}: Failed to insert items into ${table}`,
    }
  // The platform uses the third word of this text as the verb of its message.
  return { verb: 'bulk', text: `Failed to bulk insert into ${table}` }
}

/** Returns the error for values that the platform checks only when it stores a record. */
export function refusedValues(write: Write, table: string, issues: readonly z.core.$ZodIssue[]): Problem {
  const fields = issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join(', ')
  // The platform looks for "Invalid input" in the text to decide whether a failed write has invalid input.
  const isInvalidInput = issues.some(({ message }) => message.startsWith('Invalid input'))
  return failedWrite(
    write,
    table,
    JSON.stringify(issues, null, 2),
    isInvalidInput ? new Problem('BAD_REQUEST', `Validation failed: ${fields}`) : undefined,
  )
}

/**
 * Runs a call on a route that explains its errors, as the platform's routes for products, usage meters and
 * customers do. A rejected write returns its `explanation`, and any other 500 has a generic message.
 */
export function explained<Answer>(call: () => Answer): Answer {
  try {
    return call()
  } catch (error) {
    if (error instanceof FailedWrite) throw error.explanation
    if (error instanceof Problem && error.code === 'INTERNAL_SERVER_ERROR') throw unexpected()
    throw error
  }
}
